"""What single earlier columns say at each node: shrunk log odds of going right, as features of the trees.

Where a node parts common values or categories, hundreds of small facts count ("15,024 dollars of gains: hardly ever
below 50K"), each at its own node. A tree needs a split on the node and one on the row for every one of them; a table
of odds by node and bin holds them all, and one split on it serves all nodes (target encoding, Micci-Barreca 2001).
Rows are encoded out of fold, so that no row sees its own outcome; what tells nothing out of fold is left out. Nodes
inside an interval of numbers stay silent: there the columns' values serve better, and counts would be noise.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Self

import numpy as np
from numpy.typing import NDArray

from engine.generators.boosted.halving import Halving, Steps
from engine.generators.boosted.view import Features, View

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]
Mask = NDArray[np.bool_]

_BINS = 32  # of an earlier column, about; missing and common values are bins of their own
_PRIORS = (5.0, 20.0, 80.0)  # decisions that the node's own odds may be worth
_GAIN = 3.0  # nats that an encoding must tell of the outcomes out of fold
_FOLDS = 5
_SINGLE = 0.5  # share of a node's mass in cells of one value, from which it speaks


class Encodings:
    """sources: (columns,) earlier columns; groups: for each, the bin of every cell; place: (nodes,) row of the table,
    0 where the node is silent; table: (columns, rows, bins) log odds beyond the node's own."""

    def __init__(self, sources: Ints, groups: Sequence[Ints], place: Ints, table: Features) -> None:
        self.sources, self.groups, self.place, self.table = sources, list(groups), place, table

    def bins(self, view: View) -> Ints:
        """(rows, columns)."""
        return _bins(view, self.sources, self.groups)

    def at(self, bins: Ints, node: Ints) -> Features:
        """(pairs, columns) bins of the pairs' rows, (pairs,) nodes -> (pairs, columns)."""
        return self.table[np.arange(len(self.sources)), self.place[node][:, None], bins]

    def state(self) -> dict[str, Any]:
        return {
            "sources": self.sources,
            "groups": np.concatenate(self.groups),
            "sizes": np.array([len(group) for group in self.groups], dtype=np.int64),
            "place": self.place,
            "table": self.table,
        }

    @classmethod
    def from_state(cls, state: Mapping[str, Any]) -> Self:
        groups = np.split(state["groups"], np.cumsum(state["sizes"])[:-1])
        found = cls(state["sources"], groups, state["place"], np.asarray(state["table"], dtype=np.float32))
        columns, rows, bins = found.table.shape
        inside = len(groups) == columns == len(found.sources) and all(
            len(part) and part.min() >= 0 and part.max() < most
            for part, most in [(found.place, rows), *((group, bins) for group in groups)]
        )
        if not inside:
            raise ValueError("the tables of odds do not agree")
        return found


def encode(
    view: View, sources: Ints, halving: Halving, single: Mask, steps: Steps, held: Mask, rng: np.random.Generator
) -> tuple[Encodings, Features] | None:
    """Encodings learned from the decisions of rows that are not held, and the (steps, columns) features of all.

    single: (cells,) whether a cell is one value; held: (rows,). Features of rows that taught the encodings are out of
    fold. None where every node is silent.
    """
    place = _places(halving, single)
    if not place.any() or not len(sources):
        return None
    groups = [_grouped(np.bincount(view.cells[:, j])) for j in sources]
    bins = _bins(view, sources, groups)
    fold = np.where(held, _FOLDS, rng.integers(_FOLDS, size=len(view)))[steps.row]
    shape = (int(place.max()) + 1, 1 + max(int(group.max()) for group in groups))
    base = np.zeros(shape[0])
    base[place] = halving.odds
    taught = fold < _FOLDS
    found: list[tuple[int, Features, Features]] = []
    for c in range(len(sources)):
        at = np.ravel_multi_index((place[steps.node], bins[steps.row, c]), shape)
        counts = np.array([_counts(at[fold == k], steps.right[fold == k], shape) for k in range(_FOLDS)])
        best = max((_encoded(counts, base, prior, at, fold, steps.right, taught) for prior in _PRIORS), key=_gain)
        if best[0] > _GAIN:
            found.append((c, best[1], best[2]))
    if not found:
        return None
    kept = [c for c, _, _ in found]
    encodings = Encodings(sources[kept], [groups[c] for c in kept], place, np.array([table for _, _, table in found]))
    return encodings, np.column_stack([features for _, features, _ in found])


def _gain(entry: tuple[float, Features, Features]) -> float:
    return entry[0]


def _encoded(
    counts: Floats, base: Floats, prior: float, at: Ints, fold: Ints, right: Mask, taught: Mask
) -> tuple[float, Features, Features]:
    """(folds, 2, rows, bins) counts -> nats gained out of fold, (steps,) features, (rows, bins) table."""
    total = counts.sum(axis=0)
    tables = np.array([_odds(total - own, base, prior) for own in counts] + [_odds(total, base, prior)])
    features = tables.reshape(len(tables), -1)[fold, at].astype(np.float32)
    own = np.broadcast_to(base[:, None], total.shape[1:]).ravel()[at]
    sign = np.where(right, -1.0, 1.0)
    gained = np.logaddexp(0, sign * own) - np.logaddexp(0, sign * (own + features))
    return float(gained[taught].sum()), features, tables[-1].astype(np.float32)


def _places(halving: Halving, single: Mask) -> Ints:
    """(nodes,) 1, 2, ... for nodes of which at least half of the mass is in cells of one value, 0 for others."""
    total = np.r_[0.0, np.cumsum(halving.mass)]
    alone = np.r_[0.0, np.cumsum(halving.mass * single)]
    share = alone[halving.end] - alone[halving.first]
    speaks = (share > 0) & (share >= _SINGLE * (total[halving.end] - total[halving.first]))
    return np.where(speaks, np.cumsum(speaks), 0)


def _grouped(counts: Ints) -> Ints:
    """(cells,) rows -> (cells,) bins: each cell its own where they are few, else neighbours of about equal mass."""
    if len(counts) <= _BINS:
        return np.arange(len(counts))
    middle = np.cumsum(counts) - counts / 2
    bins = np.floor(middle / max(counts.sum(), 1) * (_BINS - 1)).astype(np.int64) + 1
    heavy = counts > counts.sum() / _BINS
    new = np.r_[True, (np.diff(bins) > 0) | heavy[1:] | heavy[:-1]]
    new[1] = True  # cell 0 may be "missing"
    return np.cumsum(new) - 1


def _bins(view: View, sources: Ints, groups: Sequence[Ints]) -> Ints:
    return np.column_stack(
        [group[np.minimum(view.cells[:, j], len(group) - 1)] for j, group in zip(sources, groups, strict=True)]
    )


def _counts(at: Ints, right: Mask, shape: tuple[int, int]) -> Floats:
    """(2, rows, bins) decisions for left and right."""
    size = shape[0] * shape[1]
    found = [np.bincount(at[right == side], minlength=size).reshape(shape) for side in (False, True)]
    return np.array(found, dtype=np.float64)


def _odds(counts: Floats, base: Floats, prior: float) -> Floats:
    """(2, rows, bins) counts, (rows,) log odds of the node -> (rows, bins) shrunk log odds beyond it; row 0 silent."""
    chance = 1 / (1 + np.exp(-base))[:, None]
    odds = np.log(counts[1] + prior * chance) - np.log(counts[0] + prior * (1 - chance)) - base[:, None]
    odds[0] = 0.0
    return np.asarray(odds)
