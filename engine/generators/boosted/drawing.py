"""Random decisions of many rows with as little noise as can be: each row has its chance, the sum hardly strays.

Independent draws would stray from the expected number of rows by its square root, on top of what the training rows
stray anyway. Systematic sampling (Madow 1949) strays by less than one row. Rows are taken in the order of their
chances, so that the number hardly strays among the likely ones, the unlikely ones, or any other stretch of chances
either, and what the model knows of the rows comes out as it says (implicit stratification; Cochran 1977, chapter 8).
Among neighbours in that order chance decides: two columns that order the rows alike would else take every second row
together, although they have nothing to do with each other.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]
Mask = NDArray[np.bool_]

_BLOCK = 2.0  # expected rows of the rarer side among neighbours whose order is left to chance
_FINE = 65_535  # steps in which chances are told apart


def decided(chance: Floats, rng: np.random.Generator, group: Ints | None = None) -> Mask:
    """(rows,) true with each row's chance; their number is the sum of chances, but for less than one.

    The same holds for the least likely rows, the next ones, and so on, but for about the size of a block.
    group: (rows,) within each of these all that holds, too.
    """
    order = _order(chance, np.zeros(len(chance), np.int64) if group is None else group, rng)
    found = np.empty(len(chance), dtype=bool)
    found[order] = np.diff(np.floor(np.cumsum(np.r_[rng.random(), chance[order]]))) > 0
    return found


def _order(chance: Floats, group: Ints, rng: np.random.Generator) -> Ints:
    """(rows,) group by group, blocks of rows by their chances, and at random inside a block."""
    order = _sorted(group, _sorted((chance * _FINE).astype(np.int64), rng.permutation(len(chance))))
    rarer = np.minimum(chance, 1 - chance)[order]
    reach = np.cumsum(rarer) - rarer
    first = np.r_[True, np.diff(group[order]) != 0] if len(order) else np.zeros(0, dtype=bool)
    part = np.floor((reach - np.maximum.accumulate(np.where(first, reach, 0.0))) / _BLOCK)
    block = np.cumsum(first | np.r_[True, np.diff(part) != 0][: len(order)])
    return order[_sorted(block, rng.permutation(len(order)))]


def _sorted(key: Ints, order: Ints) -> Ints:
    """`order` by the (rows,) whole numbers from 0 in `key`; those with the same one stay in the order they are in."""
    small = key.astype(np.uint16) if key.max(initial=0) <= _FINE else key  # numpy sorts 16 bits by radix
    return np.asarray(order[np.argsort(small[order], kind="stable")])


def shared_out(share: Floats, rows: int, rng: np.random.Generator) -> Ints:
    """(rows,) options by the same (options,) shares for every row, not all 0; each as often as its share says."""
    reach = np.cumsum(share)
    points = (rng.permutation(rows) + rng.random()) / max(rows, 1) * reach[-1]
    last = np.flatnonzero(share)[-1]
    return np.asarray(np.minimum(np.searchsorted(reach, points, side="right"), last), dtype=np.int64)


def drawn(chances: Floats, rng: np.random.Generator, group: Ints | None = None) -> Ints:
    """(rows, options) chances, not all 0 in a row -> (rows,) options, one option decided on after the other.

    group: (rows,) as of `decided`.
    """
    left = np.arange(len(chances))
    rest = chances.sum(axis=1)
    found = np.zeros(len(chances), dtype=np.int64)
    possible = chances > 0
    last = chances.shape[1] - 1 - np.argmax(possible[:, ::-1], axis=1)
    for option in range(chances.shape[1]):
        own = chances[left, option]
        sure = last[left] == option
        chance = np.where(sure, 1.0, np.minimum(own / np.where(rest > 0, rest, 1.0), 1.0))
        took = decided(chance, rng, None if group is None else group[left]) | sure
        took &= own > 0
        found[left[took]] = option
        left, rest = left[~took], (rest - own)[~took]
        if not len(left):
            break
    return found
