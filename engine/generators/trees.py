"""Decision trees as flat arrays, walked by compiled code; leaves hold how often each cell occurred.

One `LeafTable` holds all trees of a column. Node arrays run over the nodes of all trees; `left` is -1 at a leaf, where
`right` is the leaf's number. The leaves' cells lie in one flat list (`cell`, with running counts `reach`) with starts.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
from numba import njit
from numpy.typing import NDArray

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]

_BACKGROUND = 1e-4  # share of the column's overall distribution mixed into each leaf where a cell's chance is asked for


@njit(cache=True, nogil=True)
def _walk(features, roots, tree, feature, threshold, left, right, missing_left):  # type: ignore[no-untyped-def]
    """(rows,) leaf that each row of `features` falls into in its tree."""
    rows = features.shape[0]
    leaf = np.empty(rows, np.int64)
    for i in range(rows):
        node = roots[tree[i]]
        while left[node] >= 0:
            x = features[i, feature[node]]
            if np.isnan(x):
                node = left[node] if missing_left[node] else right[node]
            elif x <= threshold[node]:
                node = left[node]
            else:
                node = right[node]
        leaf[i] = right[node]
    return leaf


@njit(cache=True, nogil=True)
def _pick(start, cell, reach, leaf, point):  # type: ignore[no-untyped-def]
    """(rows,) a cell of each row's leaf, at `point` (0 to 1) of the leaf's mass."""
    out = np.empty(len(leaf), np.int64)
    for i in range(len(leaf)):
        a, b = start[leaf[i]], start[leaf[i] + 1]
        target = point[i] * reach[b - 1]
        while a < b - 1:  # first entry whose running count passes the target
            middle = (a + b - 1) // 2
            if reach[middle] > target:
                b = middle + 1
            else:
                a = middle + 1
        out[i] = cell[a]
    return out


@njit(cache=True, nogil=True)
def _pick_within(start, cell, reach, leaf, weight, background, point, mixed):  # type: ignore[no-untyped-def]
    """Like `_pick` with each cell's count times its weight; also the share of the leaf's mass that is left.

    `background` (cells,) running weighted chances of the overall distribution, mixed in with share `mixed`.
    """
    rows = len(leaf)
    out = np.empty(rows, np.int64)
    mass = np.empty(rows)
    overall = background[-1]
    for i in range(rows):
        a, b = start[leaf[i]], start[leaf[i] + 1]
        own, before = 0.0, 0.0
        for e in range(a, b):
            own += (reach[e] - before) * weight[cell[e]]
            before = reach[e]
        own = own / reach[b - 1] * (1 - mixed)
        mass[i] = own + mixed * overall
        target = point[i] * mass[i]
        if target >= own:
            out[i] = np.searchsorted(background, min((target - own) / mixed, overall * (1 - 1e-12)), side="right")
            continue
        target = target / (1 - mixed) * reach[b - 1]
        run, before = 0.0, 0.0
        out[i] = -1
        for e in range(a, b):
            w = (reach[e] - before) * weight[cell[e]]
            before = reach[e]
            if w > 0:
                out[i] = cell[e]
                run += w
                if run > target:
                    break
    return out, mass


@njit(cache=True, nogil=True)
def _chance(start, cell, reach, leaf, wanted):  # type: ignore[no-untyped-def]
    """(rows,) share of each row's leaf that lies in its wanted cell (cells of a leaf are sorted)."""
    out = np.zeros(len(leaf))
    for i in range(len(leaf)):
        a, b = start[leaf[i]], start[leaf[i] + 1]
        e = a + np.searchsorted(cell[a:b], wanted[i])
        if e < b and cell[e] == wanted[i]:
            out[i] = (reach[e] - (reach[e - 1] if e > a else 0.0)) / reach[b - 1]
    return out


class LeafTable:
    """Trees of one column with the cells that fell into their leaves."""

    STATE = (
        "roots", "feature", "threshold", "left", "right", "missing_left",
        "start", "cell", "reach", "overall",
    )  # fmt: skip

    def __init__(self, arrays: Mapping[str, Any]) -> None:
        self.roots: Ints = arrays["roots"]
        self.feature: NDArray[np.int32] = arrays["feature"]
        self.threshold: NDArray[np.float32] = arrays["threshold"]
        self.left: NDArray[np.int32] = arrays["left"]
        self.right: NDArray[np.int32] = arrays["right"]
        self.missing_left: NDArray[np.bool_] = arrays["missing_left"]
        self.start: Ints = arrays["start"]
        self.cell: NDArray[np.int32] = arrays["cell"]
        self.reach: NDArray[np.float32] = arrays["reach"]
        self.overall: Floats = arrays["overall"]  # (cells,) share of each cell in all rows

    @property
    def leaves(self) -> int:
        return len(self.start) - 1

    def state(self) -> dict[str, Any]:
        return {name: getattr(self, name) for name in self.STATE}

    def _leaf(self, features: NDArray[np.float32], tree: Ints) -> Ints:
        leaf: Ints = _walk(
            features, self.roots, tree, self.feature, self.threshold, self.left, self.right, self.missing_left
        )
        return leaf

    def draw(self, features: NDArray[np.float32], rng: np.random.Generator) -> Ints:
        """(rows, features) -> (rows,) cells: a random tree for each row, then a random member of its leaf."""
        leaf = self._leaf(features, rng.integers(len(self.roots), size=len(features)))
        cells: Ints = _pick(self.start, self.cell, self.reach, leaf, rng.random(len(features)))
        return cells

    def draw_within(
        self, features: NDArray[np.float32], weight: Floats, rng: np.random.Generator
    ) -> tuple[Ints, Floats]:
        """Cells drawn with their chances times `weight` (cells,); and (rows,) log of the total chance left."""
        leaf = self._leaf(features, rng.integers(len(self.roots), size=len(features)))
        cells, mass = _pick_within(
            self.start, self.cell, self.reach, leaf, weight, np.cumsum(self.overall * weight),
            rng.random(len(features)), _BACKGROUND,
        )  # fmt: skip
        with np.errstate(divide="ignore"):
            return cells, np.log(mass)

    def log_chance(self, features: NDArray[np.float32], cells: Ints) -> Floats:
        """(rows,) log of the chance of each row's cell, averaged over the trees; never -inf for a known cell."""
        share = np.zeros(len(features))
        for tree in range(len(self.roots)):
            leaf = self._leaf(features, np.full(len(features), tree))
            share += _chance(self.start, self.cell, self.reach, leaf, cells)
        share = (1 - _BACKGROUND) * share / len(self.roots) + _BACKGROUND * self.overall[cells]
        with np.errstate(divide="ignore"):
            return np.asarray(np.log(share))


def grow(
    features: NDArray[np.float32],
    cells: Ints,
    size: int,
    rng: np.random.Generator,
    *,
    trees: int,
    leaf_rows: int,
    split_rows: int,
) -> LeafTable:
    """Grow `trees` trees on bootstrap samples that tell the cells apart by entropy, and fill their leaves with cells.

    At most `split_rows` rows are used to find the splits; all rows fill the leaves. Many cells are first pooled to
    neighbouring groups of equal mass, which is what the splits tell apart.
    """
    groups = _grouped(cells, size)
    parts: list[dict[str, NDArray[Any]]] = []
    nodes = leaves = 0
    for _ in range(trees):
        part = _grow_one(features, groups, rng, leaf_rows, split_rows, bootstrap=trees > 1)
        inner = part["left"] >= 0
        part["left"][inner] += nodes
        part["right"][inner] += nodes
        part["right"][~inner] += leaves
        part["roots"] = np.array([nodes])
        nodes += len(part["left"])
        leaves += int((~inner).sum())
        parts.append(part)
    flat = {name: np.concatenate([p[name] for p in parts]) for name in parts[0]}
    return _fill(flat, features, cells, size, leaves, trees)


_GROUPS = 32


def _grouped(cells: Ints, size: int) -> Ints:
    """Cells pooled to at most `_GROUPS` runs of neighbours with about equal mass."""
    if size <= _GROUPS:
        return cells
    counts = np.bincount(cells, minlength=size)
    middle = (np.cumsum(counts) - counts / 2) / max(counts.sum(), 1)
    group = np.minimum((middle * _GROUPS).astype(np.int64), _GROUPS - 1)
    return group[cells]


def _grow_one(
    features: NDArray[np.float32],
    groups: Ints,
    rng: np.random.Generator,
    leaf_rows: int,
    split_rows: int,
    *,
    bootstrap: bool,
) -> dict[str, NDArray[Any]]:
    from sklearn.tree import DecisionTreeClassifier

    rows = len(features)
    if bootstrap:
        weight = np.bincount(rng.integers(rows, size=min(rows, split_rows)), minlength=rows)
        used = np.flatnonzero(weight)
    else:
        used = np.arange(rows) if rows <= split_rows else np.sort(rng.choice(rows, split_rows, replace=False))
        weight = np.ones(rows)
    # Fewer rows to split on have proportionally fewer in each final leaf.
    smallest = max(int(np.ceil(leaf_rows * min(split_rows / rows, 1.0))), 1)
    model = DecisionTreeClassifier(
        criterion="entropy", min_samples_leaf=smallest, random_state=int(rng.integers(2**31))
    ).fit(features[used], groups[used], sample_weight=weight[used].astype(np.float64))
    tree = model.tree_
    inner = tree.children_left >= 0
    right = np.where(inner, tree.children_right, np.cumsum(~inner) - 1)
    return {
        "feature": tree.feature.astype(np.int32),
        "threshold": tree.threshold.astype(np.float32),
        "left": np.where(inner, tree.children_left, -1).astype(np.int32),
        "right": right.astype(np.int32),
        "missing_left": np.asarray(tree.missing_go_to_left, dtype=bool),
    }


def _fill(
    flat: dict[str, NDArray[Any]], features: NDArray[np.float32], cells: Ints, size: int, leaves: int, trees: int
) -> LeafTable:
    """Send all rows down all trees and count the cells in each leaf."""
    empty = {
        "start": np.zeros(1, np.int64),
        "cell": np.empty(0, np.int32),
        "reach": np.empty(0, np.float32),
        "overall": np.bincount(cells, minlength=size) / max(len(cells), 1),
    }
    table = LeafTable({**flat, **empty})
    pairs = [table._leaf(features, np.full(len(features), t)) * size + cells for t in range(trees)]
    met, counts = np.unique(np.concatenate(pairs), return_counts=True)
    leaf = met // size
    table.start = np.searchsorted(leaf, np.arange(leaves + 1)).astype(np.int64)
    table.cell = (met % size).astype(np.int32)
    running = np.cumsum(counts)
    before = np.r_[0, running][table.start[leaf]]
    table.reach = (running - before).astype(np.float32)
    return table
