"""Compiled loops over binned features (numba). Imported only where rows are scored: compiling takes seconds.

All nodes of a tree are applied to all rows of a block, one node after the other: "rows that wait at leaf `source` and
lie beyond the threshold move to leaf `target`". That is more steps than walking each row down its own way, but a step
is a handful of instructions for 32 rows at once, without a branch that could be guessed wrong.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, TypeVar, cast

import numba
import numpy as np
from numpy.typing import NDArray

from engine.generators.boosted.layout import (
    BESIDE,
    BEYOND,
    BLOCK,
    CATEGORY,
    LOW,
    MISSING_BIN,
    NEAR_ZERO,
    PLAIN,
    ZERO_LOW,
    Columns,
    Trees,
)

Floats = NDArray[np.float64]
Bytes = NDArray[np.uint8]
Code = TypeVar("Code", bound=Callable[..., Any])

_VECTOR = 32  # rows in one instruction


def array(kind: Any, dimensions: int = 1) -> Any:
    return numba.types.Array(kind, dimensions, "C")


def tuple_of(*kinds: Any) -> Any:
    make: Any = numba.types.Tuple  # numba says nothing of its types
    return make(kinds)


COLUMNS = tuple_of(array(numba.i4), array(numba.u1), array(numba.i4), array(numba.i8), array(numba.f8))
TREES = tuple_of(
    *(array(numba.u1), array(numba.i4), array(numba.u1), array(numba.u1), array(numba.u1)),
    *(array(numba.i8), array(numba.i8), array(numba.f8)),
)


def compiled(signature: Any) -> Callable[[Code], Code]:
    """Compile at once for one signature, and keep the result on disk where there is a folder that takes it."""

    def decorate(function: Code) -> Code:
        try:
            return cast(Code, numba.njit(signature, nogil=True, cache=True)(function))
        except Exception:  # no folder, or what lies there cannot be read; a fault of the code itself comes up again
            return cast(Code, numba.njit(signature, nogil=True)(function))

    return decorate


def inlined(function: Code) -> Code:
    """Compiled as a part of what calls it."""
    return cast(Code, numba.njit(inline="always")(function))


@inlined
def binned(value: float, kind: int, byte: int, edges: Floats, start: int, end: int) -> int:
    """One value in one column of bins, as `layout` describes them."""
    if kind == CATEGORY:
        if not -1.0 < value < 2147483648.0:
            return 0
        level = int(value)
        return 1 << (level & 7) if level >> 3 == byte else 0
    missing = np.isnan(value)
    if missing or abs(value) <= NEAR_ZERO:
        missing = (missing and kind != PLAIN) or kind >= ZERO_LOW
        value = 0.0
    low = kind in (LOW, ZERO_LOW)
    if missing:
        return 0 if low else MISSING_BIN
    at, left = start, end - start
    while left > 0:  # count the thresholds below the value, without branches that depend on it
        half = (left + 1) >> 1
        at += half * (edges[at + half - 1] < value)
        left -= half
    return at - start + low


@inlined
def walk(bins: Bytes, rows: int, trees: Trees, place: Bytes, scores: Floats) -> None:
    """Add the trees' values of the first `rows` of (columns, BLOCK) bins to (classes, BLOCK) scores.

    place: (BLOCK,) room for the leaf of each row. Whole vectors are scored: some rows beyond the last, too.
    """
    test, column, operand, source, target, first_move, first_leaf, leaf = trees
    rows = (rows + _VECTOR - 1) // _VECTOR * _VECTOR
    for tree in range(len(first_leaf) - 1):
        place[:rows] = 0
        for move in range(first_move[tree], first_move[tree + 1]):
            seen, bound, here, there = bins[column[move]], operand[move], source[move], target[move]
            if test[move] == BEYOND:
                for i in range(rows):
                    place[i] = there if (place[i] == here) & (seen[i] > bound) else place[i]
            elif test[move] == BESIDE:
                for i in range(rows):
                    place[i] = there if (place[i] == here) & ((seen[i] & bound) == 0) else place[i]
            else:
                for i in range(rows):
                    place[i] = there if (place[i] == here) & ((seen[i] & bound) != 0) else place[i]
        own, offset = scores[tree % len(scores)], first_leaf[tree]
        for i in range(rows):
            own[i] += leaf[offset + place[i]]


@compiled(numba.void(array(numba.f4, 2), numba.i8, numba.i8, COLUMNS, TREES, array(numba.f8, 2)))
def score(features: NDArray[np.float32], begin: int, end: int, columns: Columns, trees: Trees, result: Floats) -> None:
    """Write the raw scores of rows begin .. end - 1 of (rows, features) into (rows, classes) `result`."""
    feature, kind, byte, first_edge, edges = columns
    classes = result.shape[1]
    bins = np.zeros((len(feature), BLOCK), np.uint8)
    place = np.empty(BLOCK, np.uint8)
    scores = np.empty((classes, BLOCK))
    for at in range(begin, end, BLOCK):
        rows = min(BLOCK, end - at)
        for c in range(len(feature)):
            for i in range(rows):
                value = np.float64(features[at + i, feature[c]])
                bins[c, i] = binned(value, kind[c], byte[c], edges, first_edge[c], first_edge[c + 1])
        scores[:] = 0.0
        walk(bins, rows, trees, place, scores)
        for k in range(classes):
            for i in range(rows):
                result[at + i, k] = scores[k, i]
