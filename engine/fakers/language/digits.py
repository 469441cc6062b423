"""Numbers in texts: a shape whose holes get made digits."""

from __future__ import annotations

import re
import string
from dataclasses import dataclass
from typing import Any, Self

import numpy as np
from numpy.typing import NDArray

from engine.fakers import spaces
from engine.fakers.language.counting import SHARED, Ints, shared
from engine.fakers.language.tokens import DATED, DIGIT, LOWER, UPPER, is_short
from engine.fakers.spaces import Space

_GROUP = re.compile(f"{DIGIT}+")
_LETTERS = {LOWER: string.ascii_lowercase, UPPER: string.ascii_uppercase}
_LEADING = 2  # digits of a longer number that follow the real ones, such as those of a year


@dataclass(frozen=True)
class Digits:
    """Made numbers of one shape.

    Short ones are drawn group by group: the first digits (one, or two of three and more) as often as at least `SHARED`
    texts have them, the others evenly; they may meet a real number by chance. Long ones, and codes, come from a part of
    all that the shape allows in which no real one lies.
    """

    shape: str
    leading: tuple[tuple[tuple[str, int], ...], ...] = ()
    space: Space | None = None

    @classmethod
    def of(cls, shape: str, written: list[str], texts: Ints) -> Self:
        """From all numbers of this shape as written, and the text of each."""
        if is_short(shape):
            leading = []
            for group in _GROUP.finditer(shape):
                many = _first(len(group[0]), shape)
                heads, which = np.unique(
                    [w[group.start() : group.start() + many] for w in written], return_inverse=True
                )
                found, often = shared(which.astype(np.int64), texts)
                leading.append(tuple((str(heads[i]), int(n)) for i, n in zip(found, often, strict=True)))
            return cls(shape, tuple(leading))
        return cls(*_room(shape, sorted(set(written))))

    @property
    def short(self) -> bool:
        return self.space is None

    def draw(self, n: int, rng: np.random.Generator, evenly: bool = False) -> NDArray[Any]:
        """evenly: short ones without regard to how numbers begin, save dates."""
        if self.space is not None:
            room = min(n, self.space.room)
            drawn = [self.space.draw(min(room, n - at), rng) for at in range(0, n, max(room, 1))]
            return np.concatenate(drawn).astype(object) if drawn else np.empty(0, dtype=object)
        made = np.full(n, "", dtype=object)
        end = 0
        for group, leading in zip(_GROUP.finditer(self.shape), self.leading, strict=True):
            heads = () if evenly and not DATED.fullmatch(self.shape) else leading
            first = _first(len(group[0]), self.shape)
            made = made + self.shape[end : group.start()] + _group(n, len(group[0]), first, heads, rng)
            end = group.end()
        return np.asarray(made + self.shape[end:], dtype=object)

    def state(self) -> dict[str, Any]:
        space = None if self.space is None else self.space.state()
        return {"shape": self.shape, "leading": [[list(p) for p in part] for part in self.leading], "space": space}

    @classmethod
    def from_state(cls, state: dict[str, Any]) -> Self:
        shape = str(state["shape"])
        leading = tuple(tuple((str(head), int(n)) for head, n in part) for part in state["leading"])
        space = None if state["space"] is None else Space.from_state(state["space"])
        groups = [len(g[0]) for g in _GROUP.finditer(shape)]
        if space is None and (len(groups) != len(leading) or not groups):
            raise ValueError("digits that do not fit the shape of a number")
        for size, part in zip(groups, leading, strict=False):
            if any(len(head) != _first(size, shape) or not head.isdecimal() or n < 1 for head, n in part):
                raise ValueError("digits that do not fit the shape of a number")
        return cls(shape, leading, space)


def _first(size: int, shape: str) -> int:
    """How many leading digits of a group follow the real ones: of dates day and month, of a year the century."""
    return min(size, _LEADING) if size > _LEADING or DATED.fullmatch(shape) else 1


def _group(
    n: int, size: int, many: int, leading: tuple[tuple[str, int], ...], rng: np.random.Generator
) -> NDArray[Any]:
    if leading:
        often = np.array([count for _, count in leading], dtype=float)
        heads = np.array([head for head, _ in leading], dtype=object)[rng.choice(len(often), n, p=often / often.sum())]
    else:
        heads = np.array([str(v) for v in rng.integers(10 ** (many - 1), 10**many, n)], dtype=object)
    rest = size - many
    if not rest:
        return heads
    return np.asarray(heads + np.array([f"{v:0{rest}d}" for v in rng.integers(10**rest, size=n)], dtype=object))


def _room(shape: str, real: list[str]) -> tuple[str, tuple[()], Space]:
    """The shape and the part of its space without a real value; a longer shape where the real ones fill it."""
    slots: list[tuple[str, ...]] = []
    for at, char in enumerate(shape):
        if char == DIGIT:
            leads = at == 0 and not any(value.startswith("0") for value in real)
            slots.append(tuple("123456789" if leads else string.digits))
        else:
            seen = {value[at] for value in real if len(value) == len(shape)}
            fixed = len(seen) == 1 and len(real) >= SHARED
            slots.append(tuple(_LETTERS[char]) if char in _LETTERS and not fixed else tuple(seen or char))
    size = spaces.capacity(tuple(slots))
    if spaces.is_sparse(size, len(real)):
        return shape, (), Space(tuple(slots))
    rows = np.array([_places(value, slots) for value in real], dtype=np.int64).reshape(len(real), len(slots))
    inside = (rows >= 0).all(axis=1)
    free = spaces.free_runs(size, spaces.numbers_of(rows[inside], tuple(slots)))
    if len(free):
        return shape, (), Space(tuple(slots), free)
    return _room(shape + DIGIT, [])


def _places(value: str, slots: list[tuple[str, ...]]) -> list[int]:
    return [slot.index(char) if char in slot else -1 for char, slot in zip(value, slots, strict=True)]
