"""Identifiers, and other codes such as phone numbers: in the form of the real ones, none of them real.

The form is learned by position: which characters stand there. Keys of different lengths or with separators elsewhere
are learned apart. A position keeps one fixed character, or the few seen, only when enough keys show that it is so.
"""

from __future__ import annotations

import math
import re
import string
from dataclasses import dataclass, replace
from typing import Any, Self

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from engine.errors import DataError
from engine.fakers import checks, pools, spaces
from engine.fakers.spaces import Space
from engine.table.schema import Column, Kind

_SHAPES = 50  # forms kept, the most frequent
_FIXED = 10  # so many keys with the same character at a position make it part of the form
_SEEN = 5  # so many keys for each possible character make those seen the only ones
_ROOM = 20  # possible keys wanted for each real one before digits seen at a place are set free
_FIXED_ROOM = 4  # the same for letters, and for a digit that never varies, which say more (a prefix, a year)
_GROWTH = 10  # times its share a form may be drawn where a commoner one has no room
_NUMBER = re.compile(r"0|[1-9][0-9]{0,16}")
_ALPHANUMERIC = re.compile(r"[^\W_]")
_PATTERN = {
    "A": string.ascii_uppercase,
    "a": string.ascii_lowercase,
    "9": string.digits,
    "*": string.ascii_letters + string.digits,
}
_HEX = re.compile(r"[0-9a-f]+|[0-9A-F]+")
_HEX_LENGTH = 8

Slots = tuple[tuple[str, ...], ...]


@dataclass(frozen=True)
class Keys:
    """Where made keys come from: one space for each form, drawn by `weights`."""

    spaces: tuple[Space, ...]
    weights: tuple[float, ...]
    longest: int  # characters of the longest real key: whatever is longer is new
    most: int  # the largest number that the column's storage takes
    rising: bool = False
    counting: bool = False
    check: str = ""  # which check character follows each key, one of `checks.CHECKS`

    @classmethod
    def of(cls, values: pd.Series, column: Column, whole: pd.Series | None = None) -> Self:
        """From the column's values, missing ones left out; of `whole`, all values of the column, none returns."""
        distinct = pd.Series(values.unique(), dtype="str")
        real = distinct if whole is None else pd.Series(whole.unique(), dtype="str")
        most, check = _largest(column.storage), "" if column.pattern and column.chosen else checks.found(real)
        if check:
            shorter = replace(column, pattern=column.pattern[:-1] if column.pattern else None)
            return replace(cls._formed(distinct.str[:-1], real.str[:-1], shorter, most // 10), check=check)
        return cls._formed(distinct, real, column, most)

    @classmethod
    def _formed(cls, distinct: pd.Series, real: pd.Series, column: Column, most: int) -> Self:
        longest = int(real.str.len().max()) if len(real) else 0
        pattern = column.pattern
        if pattern and (column.chosen or not len(distinct)):
            slots = _from_pattern(pattern)
            return cls((_space(slots, real),), (1.0,), max(longest, len(pattern)), most)
        if not len(distinct):
            return cls((_space(_from_pattern("*" * 8), real),), (1.0,), max(longest, 8), most)
        if (column.kind is Kind.IDENTIFIER or column.provider == pools.KEY) and all(
            _NUMBER.fullmatch(key) for key in distinct
        ):
            return cls._numbers(distinct.to_numpy(dtype=np.int64), longest, most)
        shapes = shapes_of(distinct)
        common = shapes.value_counts().sort_index(kind="stable").sort_values(ascending=False, kind="stable")[:_SHAPES]
        found = tuple(_space(_learned(distinct[shapes == shape], str(shape), pattern), real) for shape in common.index)
        rising = len(common) == 1 and bool(distinct.is_monotonic_increasing)
        return cls(found, tuple((common / common.sum()).tolist()), longest, most, rising, rising and _dense(distinct))

    @classmethod
    def _numbers(cls, real: NDArray[np.int64], longest: int, most: int) -> Self:
        first = 10 ** (len(str(real.min())) - 1)
        first = 0 if first == 1 and real.min() == 0 else first
        end = min(10**longest, most + 1)
        rising = bool((np.diff(real) > 0).all()) and len(real) > 1
        counting = rising and int(real[-1] - real[0]) < 2 * len(real)
        free = spaces.free_runs(max(end - first, 1), real - first)
        return cls((Space(free=free, digits_from=first),), (1.0,), longest, most, rising, counting)

    def draw(self, n: int, rng: np.random.Generator) -> NDArray[Any]:
        """`n` different keys. Raises DataError when the column's storage has no room for so many."""
        shares = np.asarray(self.weights) / sum(self.weights)
        counts = self._with_room(rng.multinomial(n, shares), n * shares)
        parts: list[NDArray[Any]] = []
        for number, (space, count) in enumerate(zip(self.spaces, counts, strict=True)):
            if count > space.room:
                space = self._wider(space, int(count), number)
            parts.append(space.draw(int(count), rng, rising=self.rising, counting=self.counting))
        drawn = np.concatenate(parts) if parts else np.empty(0, dtype="U1")
        if self.check:
            drawn = np.array([checks.ended(str(key), self.check) for key in drawn], dtype="U")
        return drawn if self.rising or len(parts) == 1 else rng.permutation(drawn)

    def _with_room(self, counts: NDArray[np.int64], expected: NDArray[np.float64]) -> NDArray[np.int64]:
        """What a form has no room for, moved to others that have: better in a real form than longer than any real key.

        A rarer form takes no more than _GROWTH times its share; what is left then stays where it was.
        """
        rooms = np.array([min(space.room, int(counts.sum())) for space in self.spaces], dtype=np.int64)
        left = int(np.maximum(counts - rooms, 0).sum())
        if not left:
            return counts
        taken = counts.copy()
        commonest_first = np.argsort(-expected, kind="stable")
        for to in commonest_first:
            more = max(0, min(left, int(rooms[to] - counts[to]), math.ceil(_GROWTH * expected[to]) - int(counts[to])))
            taken[to] += more
            left -= more
        for source in commonest_first[::-1]:  # the rarest gives first
            less = int(min(max(counts[source] - rooms[source], 0), taken.sum() - counts.sum()))
            taken[source] -= less
        return taken

    def _wider(self, space: Space, n: int, number: int) -> Space:
        """A space of longer keys than any real one, with room for `n`."""
        if space.digits_from is not None:
            first = 10**self.longest
            end = first
            while end - first < n:
                end *= 10
            end = min(end, self.most + 1, spaces.LARGEST)
            if end - first < n:
                raise DataError(
                    f"There are not enough free numbers for {n:,} new keys in this column. "
                    "Make it a text column, or ask for fewer rows."
                )
            return Space(free=np.array([[0, end - first]], dtype=np.int64), digits_from=first)
        # Forms that are widened keep apart from each other by their length.
        added = self.longest - len(space.slots) + 1 + number
        while spaces.capacity(space.slots) * 10**added < n * spaces.HIDING:
            added += len(self.spaces)
        number_at = [i for i, slot in enumerate(space.slots) if set(slot) <= set(string.digits)]
        at = number_at[-1] + 1 if number_at else len(space.slots)
        slots = (*space.slots[:at], *[tuple(string.digits)] * added, *space.slots[at:])
        size = spaces.capacity(slots)
        free = None if size > spaces.LARGEST else np.array([[0, size]], dtype=np.int64)
        return Space(slots, free)

    def state(self) -> dict[str, Any]:
        return {
            "spaces": [space.state() for space in self.spaces],
            "weights": list(self.weights),
            "longest": self.longest,
            "most": self.most,
            "rising": self.rising,
            "counting": self.counting,
            "check": self.check,
        }

    @classmethod
    def from_state(cls, state: dict[str, Any]) -> Self:
        found = tuple(Space.from_state(space) for space in state["spaces"])
        weights = tuple(float(w) for w in state["weights"])
        if not found or len(found) != len(weights) or not all(w > 0 for w in weights):
            raise ValueError("forms of keys without a share")
        longest, most, check = int(state["longest"]), int(state["most"]), str(state.get("check", ""))
        if check and check not in checks.CHECKS:
            raise ValueError("keys with an unknown check digit")
        return cls(found, weights, longest, most, bool(state["rising"]), bool(state["counting"]), check)


def shapes_of(values: pd.Series) -> pd.Series:
    """Each value with every letter and digit as "*": its separators and its length."""
    return pd.Series([_ALPHANUMERIC.sub("*", value) for value in values], dtype="str")


def _largest(storage: str) -> int:
    """The largest whole number that a column of this storage takes."""
    bits = re.fullmatch(r"(u?)int(8|16|32|64)", storage.lower())
    if not bits:
        return spaces.LARGEST
    return min(int(np.iinfo(bits.group(0)).max), spaces.LARGEST)


def _from_pattern(pattern: str) -> Slots:
    return tuple(tuple(sorted(_PATTERN.get(char, char))) for char in pattern)


def _learned(keys: pd.Series, shape: str, pattern: str | None) -> Slots:
    """The characters of each position of keys of one shape, with fixed positions set free until there is room.

    Where the keys have the column's pattern, no position leaves it.
    """
    chars = np.asarray(keys.tolist(), dtype=f"U{len(shape)}").view("U1").reshape(len(keys), len(shape))
    seen = [set(np.unique(chars[:, position]).tolist()) for position in range(len(shape))]
    base16 = len(keys) >= _FIXED and _is_hexadecimal(seen)
    allowed = [_class(some, base16) | some for some in seen]
    if pattern and len(pattern) == len(shape):
        limits = [set(_PATTERN.get(char, char)) for char in pattern]
        if all(some <= limit for some, limit in zip(seen, limits, strict=True)):
            allowed = [full & limit for full, limit in zip(allowed, limits, strict=True)]
    slots = [some if _is_known(some, full, len(keys)) else full for some, full in zip(seen, allowed, strict=True)]
    backwards = range(len(shape) - 1, -1, -1)
    digits = [p for p in backwards if all(char.isdecimal() for char in seen[p])]
    others = sorted((p for p in backwards if p not in digits), key=lambda p: len(seen[p]) == 1)
    varying, fixed = ([p for p in digits if (len(seen[p]) == 1) is same] for same in (False, True))
    for positions, room in ((varying, _ROOM), (fixed, _FIXED_ROOM), (others, _FIXED_ROOM)):
        for position in positions:
            if spaces.capacity(_ordered(slots)) >= room * len(keys):
                break
            slots[position] = allowed[position]
    return _ordered(slots)


def _is_hexadecimal(seen: list[set[str]]) -> bool:
    """Whether digits and letters up to F mix, at half of the positions at least."""
    used = [some for some in seen if all(char.isalnum() for char in some)]
    letters = "".join(char for some in used for char in some if char.isalpha())
    mixed = sum(any(c.isdecimal() for c in some) and any(c.isalpha() for c in some) for some in used)
    return len(used) >= _HEX_LENGTH and mixed >= len(used) / 2 and _HEX.fullmatch(letters) is not None


def _is_known(seen: set[str], allowed: set[str], keys: int) -> bool:
    """Whether enough keys show that a position takes the seen characters only."""
    return keys >= (_FIXED if len(seen) == 1 else _SEEN * len(allowed))


def _class(seen: set[str], base16: bool) -> set[str]:
    """All characters of the kinds seen: digits, small or capital letters, others as they are."""
    full: set[str] = set()
    for char in seen:
        if char.isdecimal():
            full |= set(string.digits)
        elif char.isalpha():
            upper = char.isupper()
            full |= set(string.ascii_uppercase if upper else string.ascii_lowercase) if not base16 else set()
            full |= set("ABCDEF" if upper else "abcdef") | set(string.digits) if base16 else set()
        elif char.isalnum():
            full |= set(string.digits)
        else:
            full.add(char)
    return full


def _ordered(slots: list[set[str]]) -> Slots:
    return tuple(tuple(sorted(slot)) for slot in slots)


def _space(slots: Slots, real: pd.Series) -> Space:
    """The space of `slots` with what is free of the real keys."""
    size = spaces.capacity(slots)
    if spaces.is_sparse(size, len(real)):
        return Space(slots)
    inside = [key for key in real if len(key) == len(slots)]
    rows = np.full((len(inside), len(slots)), -1, dtype=np.int64)
    if inside:
        chars = np.asarray(inside, dtype=f"U{len(slots)}").view("U1").reshape(rows.shape)
        for position, slot in enumerate(slots):
            found = np.searchsorted(slot, chars[:, position]).clip(max=len(slot) - 1)
            rows[:, position] = np.where(np.asarray(slot)[found] == chars[:, position], found, -1)
    known = rows[(rows >= 0).all(axis=1)]
    return Space(slots, spaces.free_runs(size, spaces.numbers_of(known, slots)))


def _dense(keys: pd.Series) -> bool:
    """Whether keys in rising order count up by one, mostly, in their last digits."""
    ends = [re.search(r"[0-9]+(?=[^0-9]*$)", key) for key in keys]
    if len(ends) < 2 or not all(ends):
        return False
    steps = np.diff(np.array([int(end.group()[-15:]) for end in ends if end], dtype=np.int64))
    return bool((steps == 1).mean() > 0.5)
