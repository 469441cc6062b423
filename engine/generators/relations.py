"""Exact relations between columns, found before anything is learned, so that they hold in every generated row."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

Ints = NDArray[np.int64]

_ROWS_PER_STATE = 5  # on average; below, "each state has one value" may be chance
_SPEAKING_ROWS = 20  # rows that do not carry the commonest value: a nearly constant column is determined by anything


def determined_by(source: Ints, target: Ints, sources: int) -> Ints | None:
    """(rows,) cells of two columns -> (sources,) the one target cell of each source cell, or None.

    None as well when the rows are too few to tell a rule from chance.
    """
    if len(source) < _ROWS_PER_STATE * sources or sources < 2:
        return None
    first = np.full(sources, -1, dtype=np.int64)
    first[source] = target  # any row of the state; all must agree
    if not np.array_equal(first[source], target):
        return None
    commonest = np.bincount(target).max()
    return first if len(target) - commonest >= _SPEAKING_ROWS else None
