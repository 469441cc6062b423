"""All strings that a pattern allows, numbered, and the parts of them in which no real value lies."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any, Self

import numpy as np
from numpy.typing import NDArray

HIDING = 2  # real values hide in a part of the space at least this many times as large as they are many
_ROOM = 5  # blocks get finer until there is room for this many made values for each real one
_LEAST_ROOM = 100_000
_BLOCKS = 2  # of the first, coarsest cut
LARGEST = 4 * 10**18  # numbers beyond do not fit 64 bits
_SPARSE = 10**13  # a space this many times larger than the real values are many is drawn from freely

Ints = NDArray[np.int64]


@dataclass(frozen=True)
class Space:
    """Strings made of one piece of each slot, numbered like the digits of a number, the last slot fastest.

    With `digits_from` a space of plain numbers instead, `digits_from` the first, `numbers` of them.
    free: (runs, 2) first number and end of each run without a real value; None: the whole, too large for numbers.
    """

    slots: tuple[tuple[str, ...], ...] = ()
    free: Ints | None = None
    digits_from: int | None = None

    @property
    def room(self) -> int:
        """How many different values can be drawn."""
        if self.free is None:
            return capacity(self.slots)
        return int((self.free[:, 1] - self.free[:, 0]).sum())

    def draw(self, n: int, rng: np.random.Generator, *, rising: bool = False, counting: bool = False) -> NDArray[Any]:
        """`n` different strings. rising: in the order of the space; counting: one after the other."""
        if n > self.room:
            raise ValueError(f"{n} values asked of a space with room for {self.room}")
        if self.free is None:
            return self._write(self._freely(n, rng))
        picked = self._counted(n, rng) if counting else distinct(self.room, n, rng)
        if rising:
            picked = np.sort(picked)
        numbers = self.numbered(picked)
        if self.digits_from is not None:
            return np.asarray(numbers + self.digits_from).astype("U")
        return self._write(indices(numbers, self.slots))

    def numbered(self, picked: Ints) -> Ints:
        """Number in the space of each of the free values, `picked` by their rank among these."""
        assert self.free is not None
        lengths = self.free[:, 1] - self.free[:, 0]
        ends = np.cumsum(lengths)
        run = np.searchsorted(ends, picked, side="right")
        numbers: Ints = self.free[run, 0] + picked - (ends[run] - lengths[run])
        return numbers

    def _counted(self, n: int, rng: np.random.Generator) -> Ints:
        return np.arange(n, dtype=np.int64) + int(rng.integers(self.room - n + 1))

    def _freely(self, n: int, rng: np.random.Generator) -> Ints:
        """(n, slots) piece of each slot; all rows differ."""
        rows = np.empty((0, len(self.slots)), dtype=np.int64)
        sizes = [len(slot) for slot in self.slots]
        while len(rows) < n:
            rows = np.concatenate([rows, rng.integers(sizes, size=(n - len(rows), len(sizes)))])
            rows = rows[np.sort(np.unique(rows, axis=0, return_index=True)[1])]
        return rows

    def _write(self, rows: Ints) -> NDArray[Any]:
        text: NDArray[Any] = np.full(len(rows), "", dtype="U1")
        for position, slot in enumerate(self.slots):
            text = np.strings.add(text, np.asarray(slot, dtype="U")[rows[:, position]])
        return text

    def state(self) -> dict[str, Any]:
        free = None if self.free is None else self.free.tolist()
        return {"slots": [list(slot) for slot in self.slots], "free": free, "digits_from": self.digits_from}

    @classmethod
    def from_state(cls, state: dict[str, Any]) -> Self:
        """Raises ValueError when the parts do not fit together."""
        slots = tuple(tuple(str(piece) for piece in slot) for slot in state["slots"])
        first = None if state["digits_from"] is None else int(state["digits_from"])
        free = None if state["free"] is None else np.asarray(state["free"], dtype=np.int64).reshape(-1, 2)
        if not all(slots) or (free is None and (first is not None or not slots)):
            raise ValueError("an empty space of values")
        if free is not None:
            end = LARGEST if first is not None else capacity(slots)
            edges = free.ravel()
            if len(edges) and (edges[0] < 0 or edges[-1] > end or (np.diff(edges) < 0).any()):
                raise ValueError("runs of values out of their space")
        return cls(slots, free, first)


def capacity(slots: tuple[tuple[str, ...], ...]) -> int:
    return math.prod(len(slot) for slot in slots)


def numbers_of(rows: Ints, slots: tuple[tuple[str, ...], ...]) -> Ints:
    """(n,) number in the space of each row of (n, slots) pieces."""
    numbers = np.zeros(len(rows), dtype=np.int64)
    for position, slot in enumerate(slots):
        numbers = numbers * len(slot) + rows[:, position]
    return numbers


def indices(numbers: Ints, slots: tuple[tuple[str, ...], ...]) -> Ints:
    """The inverse of `numbers_of`."""
    rows = np.empty((len(numbers), len(slots)), dtype=np.int64)
    for position in range(len(slots) - 1, -1, -1):
        numbers, rows[:, position] = np.divmod(numbers, len(slots[position]))
    return rows


def distinct(room: int, n: int, rng: np.random.Generator) -> Ints:
    """`n` different whole numbers below `room`, in random order."""
    if room < 4 * n:
        return rng.permutation(room)[:n].astype(np.int64)
    picked = np.empty(0, dtype=np.int64)
    while len(picked) < n:
        more = rng.integers(room, size=n + n // 8 + 8, dtype=np.int64)
        picked = np.concatenate([picked, more])
        picked = picked[np.sort(np.unique(picked, return_index=True)[1])]
    return picked[:n]


def is_sparse(size: int, real: int) -> bool:
    """Whether a space is so large that a free draw never meets a real value (10 million draws: one in a million)."""
    return size > LARGEST or size > _SPARSE * max(real, 1)


def free_runs(size: int, real: Ints) -> Ints:
    """(runs, 2) parts of the numbers 0 to `size` without a number of `real`; none when the real ones could not hide.

    Blocks are cut by halves until there is room enough, and never so fine that the blocks with a real number
    would hold fewer than HIDING numbers for each.
    """
    real = np.unique(real)
    if not len(real):
        return np.array([[0, size]], dtype=np.int64)
    wanted = min(size // 2, max(_ROOM * len(real), _LEAST_ROOM))
    best, most, blocks = np.empty((0, 2), dtype=np.int64), 0, _BLOCKS
    while True:
        block = max(1, math.ceil(size / blocks))
        runs = _between(np.unique(real // block), block, size)
        room = int((runs[:, 1] - runs[:, 0]).sum())
        if size - room < HIDING * len(real):  # the last block may be cut short by the end
            return best
        if room > most:
            best, most = runs, room
        if room >= wanted or block == 1:
            return best
        blocks *= 2


def _between(hit: Ints, block: int, size: int) -> Ints:
    starts = np.concatenate([[0], np.minimum((hit + 1) * block, size)])
    ends = np.concatenate([hit * block, [size]])
    runs = np.stack([starts, ends], axis=1).astype(np.int64)
    return runs[runs[:, 1] > runs[:, 0]]
