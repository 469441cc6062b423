"""Where the values of a number lie within each level of a category of many levels: quantiles as features of the trees.

Two hundred neighbourhoods each have their own stretch of latitudes. Trees see the levels as one long order and need
some eight splits to single one out, again at every node of the number. Its shrunk quantiles, compared with the node's
split like any related number, say the same in one split (target encoding, Micci-Barreca 2001, by quantiles). Rows are
encoded out of fold, so that no row sees its own value.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Self

import numpy as np
from numpy.typing import NDArray

from engine.generators.boosted.view import Features

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]

_SHARES = np.array([0.02, 0.2, 0.5, 0.8, 0.98])
_PRIOR = 5.0  # rows that the whole column's quantiles are worth
_FEWEST = 5  # rows of a level that has quantiles of its own
_FOLDS = 5


class Levels:
    """sources: categories; tables: for each a (levels + 1, quantiles) table, missing last."""

    def __init__(self, sources: Sequence[int], tables: Sequence[Features]) -> None:
        self.sources, self.tables = list(sources), list(tables)

    def values(self, codes: Floats) -> Floats:
        """(rows, all columns) codes -> (rows, sources x quantiles)."""
        return np.hstack(
            [
                table[_places(codes[:, j], len(table))].astype(np.float64)
                for j, table in zip(self.sources, self.tables, strict=True)
            ]
        )

    def state(self) -> dict[str, Any]:
        return {"sources": self.sources, "tables": self.tables}

    @classmethod
    def from_state(cls, state: Mapping[str, Any]) -> Self:
        tables = [np.asarray(table, dtype=np.float32) for table in state["tables"]]
        if len(tables) != len(state["sources"]) or any(t.ndim != 2 or t.shape[1] != len(_SHARES) for t in tables):
            raise ValueError("the tables of quantiles do not agree")
        return cls([int(j) for j in state["sources"]], tables)


def learn_levels(
    codes: Floats, target: Floats, sizes: Mapping[int, int], rng: np.random.Generator
) -> tuple[Levels, Floats] | None:
    """Quantiles of the (rows,) target in the levels of each category, and the rows' own features, out of fold.

    codes: (rows, all columns); sizes: levels of each category that is looked at. None without any.
    """
    known = ~np.isnan(target)
    if not sizes or not known.any():
        return None
    fold = rng.integers(_FOLDS, size=len(target))
    tables, features = [], []
    for j, size in sizes.items():
        place = _places(codes[:, j], size + 1)
        parts = [
            _table(place[own], target[own], size + 1, target[known])
            for own in (known & (fold != k) for k in range(_FOLDS))
        ]
        features.append(np.array(parts)[fold, place])
        tables.append(_table(place[known], target[known], size + 1, target[known]).astype(np.float32))
    return Levels(list(sizes), tables), np.hstack(features)


def _places(codes: Floats, size: int) -> Ints:
    """(rows,) codes of a category -> rows of its table."""
    return np.where(np.isnan(codes), size - 1, np.nan_to_num(codes)).astype(np.int64)


def _table(place: Ints, target: Floats, size: int, everything: Floats) -> Floats:
    """(size, quantiles): each level's quantiles, shrunk towards those of the whole column."""
    whole = np.quantile(everything, _SHARES)
    order = np.lexsort([target, place])
    place, target = place[order], target[order]
    start, end = (np.searchsorted(place, np.arange(size), side=side) for side in ("left", "right"))
    rows = (end - start)[:, None]
    at = start[:, None] + _SHARES * np.maximum(rows - 1, 0)
    low = np.minimum(np.floor(at).astype(np.int64), max(len(target) - 1, 0))
    high = np.minimum(low + 1, np.maximum(end - 1, 0)[:, None])
    own = target[low] + (at - low) * (target[high] - target[low]) if len(target) else np.zeros(at.shape)
    weight = np.where(rows >= _FEWEST, rows / (rows + _PRIOR), 0.0)
    return np.asarray(weight * own + (1 - weight) * whole)
