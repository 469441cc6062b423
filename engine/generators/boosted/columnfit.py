"""Training of one column's model on the columns before it."""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from engine.codecs.numeric import FULL
from engine.generators.boosted.boosting import Boosted, Boosting, Watch, boost, twice
from engine.generators.boosted.columns import (
    Choice,
    ColumnModel,
    Copying,
    Distribution,
    Steady,
    copied_values,
    copy_features,
)
from engine.generators.boosted.encodings import Encodings, encode
from engine.generators.boosted.halves import Halves, Seen, terms
from engine.generators.boosted.halving import Halving, Steps
from engine.generators.boosted.levels import learn_levels
from engine.generators.boosted.related import copies, law, related
from engine.generators.boosted.view import FEW, Features, Look, Term, View
from engine.generators.cells import Cells, GridCells

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]
Mask = NDArray[np.bool_]

_FEW_NUMBERS = 8  # cells up to which a number is a choice
_FEW_LEVELS = 20
_LAWFUL = 20  # cells above which a column is looked at for a law
_HEAVY = 0.02  # share of rows from which a value is common, and no sign of a copy


@dataclass(frozen=True)
class Plan:
    """How columns are trained. steps: decisions that one model learns from, at most; a choice among k options is k."""

    halves: Boosting
    choice: Boosting
    steps: int = 1_500_000


@dataclass
class ColumnFit:
    """One column. view: all rows with the earlier columns filled; held: (rows,) rows that decide when to stop."""

    view: View
    codes: Floats
    found: Ints
    cells: Cells
    sources: Ints
    looks: list[Look]
    numbers: list[int]  # earlier columns whose values can be compared with this one's
    levels: dict[int, int]  # number of levels of the columns that are categories
    held: Mask
    plan: Plan
    rng: np.random.Generator
    watch: Watch
    decimals: int = FULL
    loss: float = field(default=float("nan"), init=False)  # held-out, of the column, in nats

    def fit(self) -> ColumnModel:
        known = self.codes[~np.isnan(self.codes)]
        low, high = (float(known.min()), float(known.max())) if len(known) else (0.0, -1.0)
        fixed = self._law()
        if fixed is not None:
            counts = self.cells.counts.astype(np.float64)
            return ColumnModel(Steady(counts / counts.sum()), None, low, high, self.decimals, fixed)
        copying, rows = self._copying()
        return ColumnModel(self._inner(rows), copying, low, high, self.decimals)

    def _law(self) -> Term | None:
        """A sum or difference of earlier columns that the column equals in every row."""
        if not isinstance(self.cells, GridCells) or len(self.cells.counts) <= _LAWFUL or len(self.numbers) < 2:
            return None
        return law(self.view.codes, self.codes, self.numbers, self.decimals)

    @property
    def _categories(self) -> list[int]:
        """Places among the features that are categories."""
        return [place for place, j in enumerate(self.sources) if self.looks[j].category]

    def _copying(self) -> tuple[Copying | None, Ints]:
        """The model of copies, and the rows that are none."""
        everything = np.arange(len(self.codes))
        if not isinstance(self.cells, GridCells) or not self.numbers:
            return None, everything
        grid = self.cells.grid
        heavy = grid.low[grid.atom & (grid.mass > _HEAVY * len(self.codes))]
        terms, source = copies(self.view.codes, self.codes, self.numbers, heavy, self.decimals)
        if not terms:
            return None, everything
        values = copied_values(terms, self.view.codes, self.decimals)
        features = copy_features(self.view, self.sources, values, heavy)
        boosted = self._boost_classes(features, source, len(terms) + 1, self.held)
        return Copying(terms, heavy, self.sources, boosted), np.flatnonzero(source == 0)

    def _boost_classes(self, features: Features, labels: Ints, classes: int, held: Mask) -> Boosted:
        part = self._part(len(labels), self.plan.steps // classes)
        features, labels, held = features[part], labels[part], held[part]

        def train(held: Mask, how: Boosting) -> tuple[Boosted, None]:
            boosted = boost(
                features,
                labels,
                held,
                how,
                objective="binary" if classes == 2 else "multiclass",
                classes=classes,
                categories=self._categories,
                watch=self.watch,
            )
            return boosted, None

        held = held & np.isin(labels, np.unique(labels[~held]))  # a class that only held-out rows have trains, too
        return twice(train, held, self.plan.choice, self.watch)[0]

    def _inner(self, rows: Ints) -> Distribution:
        found = self.found[rows]
        labels, place = np.unique(found, return_inverse=True)
        if len(labels) < 2 or not len(self.sources):
            counts = self._mass(found)
            return Steady(counts / max(counts.sum(), 1.0))
        few = _FEW_NUMBERS if isinstance(self.cells, GridCells) else _FEW_LEVELS
        if len(labels) <= few:
            features = np.ascontiguousarray(self.view.features[rows][:, self.sources])
            boosted = self._boost_classes(features, place, len(labels), self.held[rows])
            self.loss = boosted.loss
            return Choice(self.cells.size, labels, self.sources, boosted)
        return self._halves(rows, found)

    def _mass(self, found: Ints) -> Floats:
        """(cells,) rows of each cell: those that the grid was laid for, whose chance ups and downs it has smoothed."""
        laid = self.cells.counts.astype(np.float64)
        own = np.bincount(found, minlength=self.cells.size).astype(np.float64)
        return laid if not len(found) or len(found) == laid.sum() else own

    def _halves(self, rows: Ints, found: Ints) -> Halves:
        halving = Halving(self._mass(found))
        view = self.view.take(rows)
        earlier = np.ascontiguousarray(view.features[:, self.sources])
        near, splits, unit = self._near(rows, halving)
        learned = learn_levels(view.codes, self.codes[rows], self._many, self.rng)
        levels, own = learned or (None, np.zeros((len(rows), 0)))
        seen = Seen(halving, earlier, np.hstack([terms(near, view.codes), own]), splits, unit)
        everything = halving.steps(found)
        steps = self._some(everything)
        features = seen.at(steps.row, steps.node)

        def train(held: Mask, how: Boosting) -> tuple[Boosted, Encodings | None]:
            coded = encode(view, self.sources, halving, self._single, steps, held, self.rng)
            encodings = None if coded is None else coded[0]
            boosted = boost(
                features if coded is None else np.hstack([features, coded[1]]),
                steps.right.astype(np.int8),
                held[steps.row],
                how,
                objective="binary",
                start=halving.odds[steps.node],
                categories=self._categories,
                watch=self.watch,
            )
            return boosted, encodings

        boosted, encodings = twice(train, self.held[rows], self.plan.halves, self.watch)
        self.loss = boosted.loss * len(everything.row) / max(len(rows), 1)
        return Halves(halving, self.sources, near, splits, unit, levels, encodings, boosted)

    @property
    def _many(self) -> dict[int, int]:
        """Number of levels of each earlier category of many, where this column is a number."""
        if not isinstance(self.cells, GridCells):
            return {}
        return {int(j): self.levels[j] for j in self.sources if self.levels.get(int(j), 0) > FEW}

    def _some(self, steps: Steps) -> Steps:
        part = self._part(len(steps.row), self.plan.steps)
        return Steps(steps.row[part], steps.node[part], steps.right[part])

    def _part(self, size: int, most: int) -> Ints | slice:
        """At most `most` of `size` places, in order."""
        return slice(None) if size <= most else np.sort(self.rng.choice(size, most, replace=False))

    @property
    def _single(self) -> Mask:
        """(cells,) whether a cell is one value."""
        if not isinstance(self.cells, GridCells):
            return np.ones(self.cells.size, dtype=bool)
        grid = self.cells.grid
        return np.asarray(np.r_[np.ones(int(grid.missing), dtype=bool), grid.atom])

    def _near(self, rows: Ints, halving: Halving) -> tuple[list[Term], Floats, float]:
        if not isinstance(self.cells, GridCells):
            return [], np.zeros(halving.size), 1.0
        grid = self.cells.grid
        edges = np.r_[[grid.low[0] - 1] if grid.missing else [], grid.low]
        part = self.rng.permutation(rows)
        near = related(self.view.codes[part], self.codes[part], self.numbers)
        return near, edges[halving.middle], self._unit()

    def _unit(self) -> float:
        return Look.of(self.cells, self.codes).unit
