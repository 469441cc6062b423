"""Holes in a number's values: ranges without any, wide beside how densely the values on both sides lie."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]

_SIDE, _PART = 20, 64  # rows on either side: so many, or one in 64 of all where that is more
_WIDE = 1.0  # a hole is so many times as wide as the range of those rows
_DISTINCT = 5  # values that these rows must have: a number that is always told in tens has no holes


def find_holes(distinct: Floats, counts: Ints) -> NDArray[np.bool_]:
    """(values - 1,) whether a hole lies between each of the sorted values, which `counts` rows have, and the next.

    Beyond a hole there are at least 20 rows on either side, so that a lone far value does not make one. In tails,
    where values lie ever farther apart, those on the inner side lie about as far apart as those on the outer one.
    """
    found = np.zeros(max(len(distinct) - 1, 0), dtype=bool)
    reach = np.cumsum(counts)
    rows = int(reach[-1]) if len(reach) else 0
    side = max(_SIDE, rows // _PART)
    at = np.flatnonzero((reach[:-1] >= side) & (rows - reach[:-1] >= side))
    if not len(at):
        return found
    # The values that hold the `side` rows up to each place, and those after it.
    first = np.searchsorted(reach, reach[at] - side, side="right")
    last = np.searchsorted(reach, reach[at] + side)
    with np.errstate(over="ignore", invalid="ignore"):
        around = np.maximum(distinct[at] - distinct[first], distinct[last] - distinct[at + 1])
        wide = distinct[at + 1] - distinct[at] > _WIDE * around
    found[at] = wide & (at - first + 1 >= _DISTINCT) & (last - at >= _DISTINCT)
    return found
