"""Compiled search for nearest rows (numba). Imported only where rows are searched: compiling takes seconds.

Every row is compared with every other; nothing is skipped, so the answer is exact. A block of rows stays in the cache
while all queries pass over it, and the distance of a query to the block is summed column by column, some rows in
one instruction.
"""

from __future__ import annotations

import numba
import numpy as np

from engine.generators.boosted.kernels import array, compiled, inlined
from engine.privacy.encoding import Matrix
from engine.privacy.split import Rows

_BLOCK = 1_024
_LEAST = np.float32(1 / 1_024)  # of the ranks that is left where values hardly differ
_ONE = np.float32(1.0)
_ROWS, _VECTOR = array(numba.f4, 3), array(numba.f4)


@inlined
def between(ranks: np.float32, values: np.float32) -> np.float32:
    """The difference of two cells by those of their ranks and their values (see `encoding`)."""
    values += ranks * _LEAST
    least = ranks if ranks < values else values
    return least if least < _ONE else _ONE


@compiled(numba.void(_ROWS, _ROWS, array(numba.f4, 2)))
def nearest(queries: Matrix, rows: Matrix, best: Matrix) -> None:
    """Fill (queries, k) `best` with the k smallest distances of each query to `rows`, rising.

    queries: (queries, columns, 2); rows: (columns, 2, rows); best: holds infinity, or what is known from other rows.
    """
    width, _, count = rows.shape
    k = best.shape[1]
    far = np.empty(_BLOCK, np.float32)
    for at in range(0, count, _BLOCK):
        size = min(_BLOCK, count - at)
        for q in range(queries.shape[0]):
            far[:size] = np.float32(0.0)
            for c in range(width):
                ranks, values = rows[c, 0, at : at + size], rows[c, 1, at : at + size]
                rank, value = queries[q, c, 0], queries[q, c, 1]
                for i in range(size):
                    far[i] += between(abs(ranks[i] - rank), abs(values[i] - value))
            own = best[q]
            worst = own[k - 1]
            for i in range(size):
                if far[i] < worst:
                    place = k - 1
                    while place > 0 and own[place - 1] > far[i]:
                        own[place] = own[place - 1]
                        place -= 1
                    own[place] = far[i]
                    worst = own[k - 1]


@compiled(numba.void(_ROWS, _ROWS, numba.i8, _VECTOR, _VECTOR, array(numba.i8)))
def nearest_by(queries: Matrix, rows: Matrix, first: int, near: Matrix, rest: Matrix, which: Rows) -> None:
    """Of each query the row nearest by the first `first` columns; of several, the one nearest by the other columns.

    Fills (queries,) `near` and `rest` with its two distances and `which` with its number; of equal ones the first.
    """
    width, _, count = rows.shape
    far, other = np.empty(_BLOCK, np.float32), np.empty(_BLOCK, np.float32)
    for at in range(0, count, _BLOCK):
        size = min(_BLOCK, count - at)
        for q in range(queries.shape[0]):
            far[:size] = np.float32(0.0)
            other[:size] = np.float32(0.0)
            for c in range(width):
                ranks, values = rows[c, 0, at : at + size], rows[c, 1, at : at + size]
                rank, value = queries[q, c, 0], queries[q, c, 1]
                goal = far if c < first else other
                for i in range(size):
                    goal[i] += between(abs(ranks[i] - rank), abs(values[i] - value))
            for i in range(size):
                if far[i] < near[q] or (far[i] == near[q] and other[i] < rest[q]):
                    near[q], rest[q], which[q] = far[i], other[i], at + i
