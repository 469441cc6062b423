"""The cascade proper: one boosted binary model for all nodes of a column's halving."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray

from engine.generators.boosted.boosting import Boosted
from engine.generators.boosted.drawing import decided
from engine.generators.boosted.encodings import Encodings
from engine.generators.boosted.halving import Halving
from engine.generators.boosted.levels import Levels
from engine.generators.boosted.view import Features, Term, View, shrunk

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]

_BATCH = 100_000  # decisions taken at a time


class Halves:
    """A row's way down the halving.

    What the trees see at a node: the earlier columns (`sources`), the node's place in rank space (first, split, end),
    how far each related term (`near`) and the quantiles of the levels that a row has (`levels`) lie above the split, in
    the column's own `unit`, and perhaps what each earlier column says at the node (`encodings`). `splits` (nodes,) is
    the value at which each node splits.
    """

    def __init__(
        self,
        halving: Halving,
        sources: Ints,
        near: list[Term],
        splits: Floats,
        unit: float,
        levels: Levels | None,
        encodings: Encodings | None,
        boosted: Boosted,
    ) -> None:
        self.halving, self.sources, self.near, self.levels = halving, sources, near, levels
        self.splits, self.unit, self.encodings, self.boosted = splits, unit, encodings, boosted

    def draw(self, view: View, rng: np.random.Generator) -> Ints:
        """(rows,) cells."""
        return np.concatenate(
            [self._drawn(view.take(part), None, rng)[0] for part in _parts(len(view))] or [np.zeros(0, np.int64)]
        )

    def draw_within(self, view: View, weight: Floats, rng: np.random.Generator) -> tuple[Ints, Floats]:
        """(rows,) cells drawn by their chances times `weight` (cells,), and (rows,) the sum of those."""
        parts = [self._drawn(view.take(part), weight, rng) for part in _parts(len(view))]
        if not parts:
            return np.zeros(0, np.int64), np.zeros(0)
        return np.concatenate([p[0] for p in parts]), np.concatenate([p[1] for p in parts])

    def chance(self, view: View, cells: Ints) -> Floats:
        """(rows,) chance of each row's cell."""
        logs = np.zeros(len(view))
        for part in _parts(len(view)):
            own = Way(self, view.take(part))
            row, node, right = self.halving.steps(cells[part])
            raw = own.odds(row, node)
            np.add.at(logs, part[row], -np.logaddexp(0.0, np.where(right, -raw, raw)))
        return np.exp(logs)

    def _drawn(self, view: View, weight: Floats | None, rng: np.random.Generator) -> tuple[Ints, Floats]:
        way = Way(self, view)
        halving = self.halving
        values = way.expected(weight) if weight is not None else None
        row, node = np.arange(len(view)), np.zeros(len(view), dtype=np.int64)
        cells = np.zeros(len(view), dtype=np.int64)
        while len(row) and halving.size:
            chance = _logistic(way.odds(row, node))
            if values is not None:
                right, left = values.below(row, halving.right[node]), values.below(row, halving.left[node])
                total = chance * right + (1 - chance) * left
                chance = np.where(total > 0, chance * right / np.where(total > 0, total, 1.0), chance)
            node = np.where(decided(chance, rng, node), halving.right[node], halving.left[node])
            ended = node < 0
            cells[row[ended]] = ~node[ended]
            row, node = row[~ended], node[~ended]
        root = np.zeros(len(view), dtype=np.int64) if halving.size else np.full(len(view), ~0)
        mass = values.below(np.arange(len(view)), root) if values is not None else np.ones(len(view))
        return cells, mass

    def state(self) -> dict[str, Any]:
        return {
            "mass": self.halving.mass,
            "sources": self.sources,
            "near": [term.state() for term in self.near],
            "splits": self.splits,
            "unit": self.unit,
            "levels": None if self.levels is None else self.levels.state(),
            "encodings": None if self.encodings is None else self.encodings.state(),
            "boosted": self.boosted.state(),
        }

    @classmethod
    def from_state(cls, state: Mapping[str, Any]) -> Halves:
        return cls(
            Halving(state["mass"]),
            state["sources"],
            [Term.from_state(term) for term in state["near"]],
            state["splits"],
            float(state["unit"]),
            None if state.get("levels") is None else Levels.from_state(state["levels"]),
            None if state.get("encodings") is None else Encodings.from_state(state["encodings"]),
            Boosted.from_state(state["boosted"]),
        )


class Way:
    """Some rows at the nodes of a column: features and scores."""

    def __init__(self, model: Halves, view: View) -> None:
        self.model = model
        earlier = np.ascontiguousarray(view.features[:, model.sources])
        related = terms(model.near, view.codes)
        if model.levels is not None:
            related = np.hstack([related, model.levels.values(view.codes)])
        self._seen = Seen(model.halving, earlier, related, model.splits, model.unit)
        self._coded = None if model.encodings is None else (model.encodings, model.encodings.bins(view))
        self._rows = len(view)

    def odds(self, row: Ints, node: Ints) -> Floats:
        """Log of the odds of going right."""
        features = self._seen.at(row, node)
        if self._coded is not None:
            encodings, bins = self._coded
            features = np.hstack([features, encodings.at(bins[row], node)])
        return np.asarray(self.model.boosted.raw(features) + self.model.halving.odds[node])

    def expected(self, weight: Floats) -> Expected:
        """The expected weight below each mixed node, children before parents."""
        halving = self.model.halving
        mixed = halving.mixed(weight)
        expected = Expected(halving, weight, mixed, self._rows)
        rows = np.arange(self._rows)
        for node in mixed[::-1]:
            chance = _logistic(self.odds(rows, np.full(self._rows, node)))
            left = expected.below(rows, np.full(self._rows, halving.left[node]))
            right = expected.below(rows, np.full(self._rows, halving.right[node]))
            expected.put(int(node), (1 - chance) * left + chance * right)
        return expected


class Expected:
    """Expected weight of what lies below a node, for each row."""

    def __init__(self, halving: Halving, weight: Floats, mixed: Ints, rows: int) -> None:
        self._weight = weight
        self._first = halving.first
        self._place = np.full(halving.size, -1, dtype=np.int64)
        self._place[mixed] = np.arange(len(mixed))
        self._values = np.zeros((len(mixed), rows))

    def put(self, node: int, values: Floats) -> None:
        self._values[self._place[node]] = values

    def below(self, row: Ints, child: Ints) -> Floats:
        """child: node, or ~cell."""
        inner = np.maximum(child, 0)
        if not len(self._place):
            return np.asarray(self._weight[~child])
        plain = self._weight[np.where(child < 0, ~child, self._first[inner])]
        place = np.where(child < 0, -1, self._place[inner])
        if not len(self._values):
            return np.asarray(plain)
        return np.where(place < 0, plain, self._values[place, row])


class Seen:
    """Features of (row, node) pairs."""

    def __init__(self, halving: Halving, earlier: Features, related: Floats, splits: Floats, unit: float) -> None:
        self._earlier, self._related, self._splits, self._unit = earlier, related, splits, unit
        share = halving.share
        places = [share[halving.first], share[halving.middle], share[halving.end]]
        self._node = np.column_stack(places).astype(np.float32)

    def at(self, row: Ints, node: Ints) -> Features:
        """(pairs, features)."""
        with np.errstate(over="ignore"):
            apart = (self._related[row] - self._splits[node][:, None]) / self._unit
        return np.hstack([self._earlier[row], self._node[node], shrunk(apart)])


def terms(near: list[Term], codes: Floats) -> Floats:
    """(rows, terms)."""
    return np.column_stack([term.value(codes) for term in near]) if near else np.zeros((len(codes), 0))


def _logistic(odds: Floats) -> Floats:
    return np.asarray(1.0 / (1.0 + np.exp(-np.clip(odds, -500, 500))))


def _parts(rows: int) -> list[Ints]:
    return [np.arange(at, min(at + _BATCH, rows)) for at in range(0, rows, _BATCH)]
