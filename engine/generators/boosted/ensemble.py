"""A trained ensemble of trees as arrays, with scores equal to LightGBM's own, many times quicker."""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping
from concurrent.futures import ThreadPoolExecutor
from functools import cache
from types import ModuleType
from typing import Any

import numpy as np
from numpy.typing import NDArray

from engine.generators.boosted.layout import (
    BESIDE,
    BEYOND,
    BLOCK,
    CATEGORY,
    LOW,
    MISSING_BIN,
    MOST_EDGES,
    MOST_LEAVES,
    NEAR_ZERO,
    PLAIN,
    WITHIN,
    ZERO_LOW,
    Columns,
    Trees,
)
from engine.generators.boosted.modeltext import read_model

Floats = NDArray[np.float64]
Features = NDArray[np.float32]
Bytes = NDArray[np.uint8]

_SHARED = 16 * BLOCK  # rows from which several threads score
_PLAIN_BLOCK = 16_384  # rows at a time without numba
_COLUMN_KEYS: dict[str, type[np.generic]] = {
    "feature": np.int32,
    "kind": np.uint8,
    "byte": np.int32,
    "first_edge": np.int64,
    "edges": np.float64,
}
_TREE_KEYS: dict[str, type[np.generic]] = {
    "test": np.uint8,
    "column": np.int32,
    "operand": np.uint8,
    "source": np.uint8,
    "target": np.uint8,
    "first_move": np.int64,
    "first_leaf": np.int64,
    "leaf": np.float64,
}


class Ensemble:
    """features: how many it was trained on; classes: scores of a row. `columns` and `trees` as in `layout`."""

    def __init__(self, features: int, classes: int, columns: Columns, trees: Trees) -> None:
        self.features, self.classes, self.columns, self.trees = features, classes, columns, trees

    @classmethod
    def of_text(cls, text: str) -> Ensemble:
        """From LightGBM's text of a model."""
        return cls(*read_model(text))

    @property
    def rounds(self) -> int:
        return (len(self.trees[6]) - 1) // self.classes

    def raw(self, features: Features) -> Floats:
        """(rows, features) -> (rows,) scores before the link function, or (rows, classes)."""
        features = np.ascontiguousarray(features, dtype=np.float32)
        if features.ndim != 2 or features.shape[1] != self.features:
            raise ValueError(f"the trees take {self.features} features, not {features.shape[1:]}")
        result = np.zeros((len(features), self.classes))
        kernels = compiled_kernels()
        if kernels is None:
            _score_plainly(features, self.columns, self.trees, result)
        else:
            in_parts(len(features), lambda at, end: kernels.score(features, at, end, self.columns, self.trees, result))
        return result if self.classes > 1 else result[:, 0]

    def state(self) -> dict[str, Any]:
        return {
            "features": self.features,
            "classes": self.classes,
            **dict(zip(_COLUMN_KEYS, self.columns, strict=True)),
            **dict(zip(_TREE_KEYS, self.trees, strict=True)),
        }

    @classmethod
    def from_state(cls, state: Mapping[str, Any] | NDArray[Any]) -> Ensemble:
        """Raises ValueError for arrays that compiled code must not be given.

        An array holds LightGBM's text of the model byte by byte, as the first saved models have it.
        """
        if isinstance(state, np.ndarray):
            of_old = cls.of_text(np.asarray(state, dtype=np.uint8).tobytes().decode())
            of_old._check()
            return of_old
        columns: Any = tuple(_array(state, key, kind) for key, kind in _COLUMN_KEYS.items())
        trees: Any = tuple(_array(state, key, kind) for key, kind in _TREE_KEYS.items())
        ensemble = cls(int(state["features"]), int(state["classes"]), columns, trees)
        ensemble._check()
        return ensemble

    def _check(self) -> None:
        feature, kind, byte, first_edge, edges = self.columns
        test, column, operand, source, target, first_move, first_leaf, leaf = self.trees
        count, moves = len(feature), len(test)
        sound = (
            len(kind) == len(byte) == count
            and _starts(first_edge, count, len(edges), 0, MOST_EDGES)
            and len(column) == len(operand) == len(source) == len(target) == moves
            and _starts(first_leaf, len(first_leaf) - 1, len(leaf), 1, MOST_LEAVES)
            and _starts(first_move, len(first_leaf) - 1, moves, 0, moves)
            and self.classes >= 1
            and (len(first_leaf) - 1) % self.classes == 0
            and _within(feature, 0, self.features)
            and _within(kind, 0, CATEGORY + 1)
            and _within(byte, 0, 2**28)
            and _within(column, 0, count)
            and _within(test, 0, WITHIN + 1)
            and bool(np.isfinite(leaf).all() and not np.isnan(edges).any())
        )
        if not sound:
            raise ValueError("the trees are damaged")
        leaves = np.repeat(np.diff(first_leaf), np.diff(first_move))
        if (source >= leaves).any() or (target >= leaves).any():
            raise ValueError("the trees are damaged")


def _array(state: Mapping[str, Any], key: str, kind: type[np.generic]) -> NDArray[Any]:
    """A copy of its own, in the layout that compiled code was made for."""
    found = np.asarray(state[key])
    if found.ndim != 1 or (found.dtype != kind and found.size):
        raise ValueError(f"the trees are damaged: {key}")
    return np.array(found, dtype=kind, order="C")


def _starts(found: NDArray[np.int64], parts: int, total: int, least: int, most: int) -> bool:
    """Whether `found` cuts 0 .. total into so many parts of that size."""
    if not len(found) or len(found) != parts + 1 or found[0] != 0 or found[-1] != total:
        return False
    return _within(found, 0, total + 1) and _within(np.diff(found), least, most + 1)


def _within(found: NDArray[Any], low: int, end: int) -> bool:
    return bool(((found >= low) & (found < end)).all())


@cache
def compiled_kernels() -> ModuleType | None:
    """None without numba, which may lack for a new Python: then numpy does the same, some times slower."""
    try:
        import numba  # noqa: F401
    except ImportError:
        return None
    from engine.generators.boosted import kernels

    return kernels


def in_parts(rows: int, work: Callable[[int, int], None]) -> None:
    """Call work(begin, end) for parts of the rows, on several threads where there are many rows."""
    threads = min(allowed_threads(), -(-rows // _SHARED))
    if threads <= 1:
        work(0, rows)
        return
    size = -(-rows // (threads * BLOCK)) * BLOCK
    with ThreadPoolExecutor(threads) as pool:
        for done in [pool.submit(work, at, min(at + size, rows)) for at in range(0, rows, size)]:
            done.result()


def allowed_threads() -> int:
    """As many as LightGBM's: what the environment allows, else all cores that this process may use."""
    allowed = os.environ.get("OMP_NUM_THREADS", "")
    if allowed.isdigit() and int(allowed) > 0:
        return int(allowed)
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


def _score_plainly(features: Features, columns: Columns, trees: Trees, result: Floats) -> None:
    test, column, operand, source, target, first_move, first_leaf, leaf = trees
    for at in range(0, len(features), _PLAIN_BLOCK):
        bins = _binned(features[at : at + _PLAIN_BLOCK], columns)
        scores = result[at : at + _PLAIN_BLOCK]
        for tree in range(len(first_leaf) - 1):
            place = np.zeros(len(scores), dtype=np.uint8)
            for move in range(first_move[tree], first_move[tree + 1]):
                seen, bound = bins[column[move]], operand[move]
                beyond = seen > bound if test[move] == BEYOND else ((seen & bound) == 0) == (test[move] == BESIDE)
                np.putmask(place, beyond & (place == source[move]), target[move])
            scores[:, tree % scores.shape[1]] += leaf[first_leaf[tree] : first_leaf[tree + 1]][place]


def _binned(features: Features, columns: Columns) -> Bytes:
    """(columns, rows)."""
    feature, kind, byte, first_edge, edges = columns
    bins = np.zeros((len(feature), len(features)), dtype=np.uint8)
    for c in range(len(feature)):
        values = features[:, feature[c]].astype(np.float64)
        if kind[c] == CATEGORY:
            level = np.where((values > -1) & (values < 2.0**31), values, -8).astype(np.int64)
            bins[c] = np.where(level >> 3 == byte[c], 1 << (level & 7), 0)
            continue
        zero = np.abs(values) <= NEAR_ZERO
        missing = (np.isnan(values) & (kind[c] != PLAIN)) | ((zero | np.isnan(values)) & (kind[c] >= ZERO_LOW))
        values[zero | np.isnan(values)] = 0.0
        low = kind[c] in (LOW, ZERO_LOW)
        found = np.searchsorted(edges[first_edge[c] : first_edge[c + 1]], values) + low
        bins[c] = np.where(missing, 0 if low else MISSING_BIN, found)
    return bins
