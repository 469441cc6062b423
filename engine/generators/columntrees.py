"""One column's distribution given the earlier ones, by trees: first a group of neighbouring cells, then a cell of it.

The trees of the first step are grown on bootstrap samples and are used as a mixture: each new row takes one of them at
random. The second step has one tree per group, grown on the group's rows only; where those are too few to show a
relation it is a single leaf, so that the detail of a value comes from many rows and not from a few like ones.
"""

from __future__ import annotations

import warnings
from collections.abc import Callable, Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from engine.generators.trees import BACKGROUND, Cells, Growth, LeafTable, filled, grow_one, joined

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]

GROUPS = 32


class ColumnTrees:
    """group_of: (cells,) group of each cell; coarse: trees over groups; fine: a tree of cells for each group, or None
    where every group is a single cell; sources: (features,) the columns that the trees look at."""

    def __init__(self, sources: Ints, group_of: Ints, coarse: LeafTable, fine: LeafTable | None) -> None:
        self.sources, self.group_of, self.coarse, self.fine = sources, group_of, coarse, fine

    def _features(self, earlier: Cells) -> Cells:
        return np.ascontiguousarray(earlier[:, self.sources])

    def draw(self, earlier: Cells, rng: np.random.Generator) -> Ints:
        """(rows, columns) cells of the table, of which the earlier ones are filled -> (rows,) cells."""
        features = self._features(earlier)
        groups = self.coarse.draw(features, rng.integers(self.coarse.trees, size=len(features)), rng)
        if self.fine is None:
            return self._only_cell[groups]
        return self.fine.draw(features, groups, rng)

    def draw_within(self, earlier: Cells, weight: Floats, rng: np.random.Generator) -> tuple[Ints, Floats]:
        """Cells drawn with their chances times `weight` (cells,), and (rows,) importance of each draw.

        The importance, on average over draws, is the total chance of the weighted cells in the row; 0: none was found.
        """
        features = self._features(earlier)
        tree = rng.integers(self.coarse.trees, size=len(features))
        if self.fine is None:
            groups, mass = self.coarse.draw_within(features, tree, weight[self._only_cell], rng)
            return self._only_cell[groups], mass
        expected = self.fine.share @ weight  # (groups,) weighted share of each group's rows
        groups, mass = self.coarse.draw_within(features, tree, expected, rng)
        cells, inner = self.fine.draw_within(features, groups, weight, rng)
        return cells, mass * inner / np.maximum(expected[groups], 1e-300)

    def chance(self, earlier: Cells, cells: Ints) -> Floats:
        """(rows,) chance of each row's cell, averaged over the trees; above 0 for every cell that training met."""
        features, groups = self._features(earlier), self.group_of[cells]
        chances = np.zeros(len(features))
        for t in range(self.coarse.trees):
            chances += self.coarse.chance(features, np.full(len(features), t), groups)
        chances /= self.coarse.trees
        return chances if self.fine is None else chances * self.fine.chance(features, groups, cells)

    @property
    def _only_cell(self) -> Ints:
        """(groups,) the cell of each group, where groups are single cells."""
        return np.argsort(self.group_of)

    def state(self) -> dict[str, Any]:
        fine = None if self.fine is None else self.fine.state()
        return {"sources": self.sources, "group_of": self.group_of, "coarse": self.coarse.state(), "fine": fine}

    @classmethod
    def from_state(cls, state: Mapping[str, Any]) -> ColumnTrees:
        fine = None if state["fine"] is None else LeafTable(state["fine"])
        return cls(state["sources"], state["group_of"], LeafTable(state["coarse"]), fine)


@contextmanager
def _many_states() -> Iterator[None]:
    """No warning that more than half of the rows have a state of their own: scikit-learn takes it for a mistake."""
    with warnings.catch_warnings():
        warnings.filterwarnings("ignore", "The number of unique classes", UserWarning)
        yield


@_many_states()
def fit_column(
    earlier: Cells,
    sources: Ints,
    cells: Ints,
    counts: Ints,
    *,
    first_alone: bool,
    trees: int,
    growth: Growth,
    rng: np.random.Generator,
    done: Callable[[], bool],
) -> ColumnTrees:
    """Learn (rows,) cells, `counts` rows of each, from the `sources` among the (rows, columns) earlier cells.

    first_alone: cell 0 is "missing" and shares its group with none. done: asked between trees; True ends growing.
    """
    features = np.ascontiguousarray(earlier[:, sources])
    group_of = grouped(counts, first_alone=first_alone)
    groups = group_of[cells]
    parts = _grown(features, groups, trees, growth, rng, done)
    coarse = filled(joined(parts), features, groups, int(group_of.max()) + 1, None)
    if len(group_of) == coarse.share.shape[1]:
        return ColumnTrees(sources, group_of, coarse, None)
    fine = []
    by_group = np.split(np.argsort(groups, kind="stable"), np.cumsum(np.bincount(groups))[:-1])
    for rows in by_group:
        seed = int(rng.integers(2**31))
        fine.append(grow_one(features, cells, rows, seed, replace(growth, leaf_rows=2 * growth.leaf_rows)))
    return ColumnTrees(sources, group_of, coarse, filled(joined(fine), features, cells, len(counts), groups))


def _grown(
    features: Cells, groups: Ints, trees: int, growth: Growth, rng: np.random.Generator, done: Callable[[], bool]
) -> list[dict[str, NDArray[Any]]]:
    """Trees on bootstrap samples, two at a time; at least one, even when the time is up."""
    rows = len(features)
    if features.shape[1] == 0:
        return [grow_one(features, groups, np.arange(rows), 0, growth)]
    size = min(rows, growth.split_rows)
    jobs = [(np.sort(rng.integers(rows, size=size)), int(rng.integers(2**31))) for _ in range(trees)]
    # Fewer rows to split on have proportionally fewer in each final leaf.
    scaled = replace(growth, leaf_rows=max(int(np.ceil(growth.leaf_rows * size / rows)), 2))
    parts: list[dict[str, NDArray[Any]]] = []
    with ThreadPoolExecutor(2) as pool:
        for k in range(0, trees, 2):
            if parts and done():
                break
            grown = [pool.submit(grow_one, features, groups, some, seed, scaled) for some, seed in jobs[k : k + 2]]
            parts += [tree.result() for tree in grown]
    return parts


def grouped(counts: Ints, *, first_alone: bool) -> Ints:
    """(cells,) groups 0, 1, ... of neighbouring cells with about equal mass; every cell alone where there are few."""
    if len(counts) <= GROUPS:
        return np.arange(len(counts))
    own = counts.astype(np.float64)
    if first_alone:
        own[0] = 0.0
    middle = (np.cumsum(own) - own / 2) / max(own.sum(), 1.0)
    group = np.minimum((middle * GROUPS).astype(np.int64), GROUPS - 1)
    if first_alone:
        group[0] = -1
    return np.unique(group, return_inverse=True)[1].astype(np.int64)


__all__ = ["BACKGROUND", "ColumnTrees", "fit_column", "grouped"]
