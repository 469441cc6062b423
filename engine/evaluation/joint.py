"""Two columns together in both tables: a joint distribution as plain data that charts draw, whatever their kinds.

Both columns are cut as their own distributions are (see `engine.evaluation.distributions`), so that a cell means the
same in both tables and on every chart. Rows in which either column is missing are left out, as of associations.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Literal

import numpy as np
import pandas as pd

from engine.errors import NotApplicable
from engine.evaluation.base import FloatArray
from engine.evaluation.columns import IntArray, numbers
from engine.evaluation.distributions import ColumnComparison, compare_column, spelled, wall_time
from engine.evaluation.features import drawn
from engine.table.schema import Column

LABELS = 12  # labels told apart on an axis, the most frequent real ones; the rest are one
CELLS = 40  # stretches of a number's or date's axis
POINTS = 1500  # rows of each table drawn one by one
QUANTILES = (0.05, 0.25, 0.5, 0.75, 0.95)

Sort = Literal["numbers", "labels", "mixed"]


@dataclass(frozen=True, slots=True)
class Axis:
    """One column of a pair, cut into cells: labels, or values drawn apart and then stretches between edges.

    source: the column's entry of the schema; column: its distribution, with so many labels or edges as are drawn;
    merged: how many bins of the whole distribution a stretch takes in; pooled: labels beyond those named, which share
    the last cell.
    """

    source: Column
    column: ColumnComparison
    merged: int = 1
    pooled: int = 0

    @classmethod
    def of(cls, source: Column, column: ColumnComparison) -> Axis:
        if not column.numeric:
            shown = len(column.labels) if len(column.labels) <= LABELS + 1 else LABELS
            rest = any(side.rest for side in column.sides.values())
            return cls(source, replace(column, labels=column.labels[:shown]), pooled=len(column.labels) - shown + rest)
        merged = -(-(len(column.edges) - 1) // CELLS)
        edges = column.edges[:-1:merged] + column.edges[-1:]
        unit = "range" if column.unit == "integer" and merged > 1 else column.unit
        return cls(source, replace(column, edges=edges, unit=unit), merged)

    @property
    def name(self) -> str:
        return self.column.name

    @property
    def numeric(self) -> bool:
        return self.column.numeric

    @property
    def size(self) -> int:
        """How many cells there are."""
        if self.numeric:
            return len(self.column.atoms) + len(self.column.edges) - 1
        return len(self.column.labels) + (self.pooled > 0)

    def cells(self, values: pd.Series) -> IntArray:
        """(rows,) the cell of each row of a parsed table's column; -1 where it is missing."""
        return self._stretches(numbers(wall_time(values))) if self.numeric else self._labels(values)

    def _stretches(self, values: FloatArray) -> IntArray:
        apart, edges = self.column.atoms, np.asarray(self.column.edges)
        found = np.clip(np.searchsorted(edges, values, side="right") - 1, 0, len(edges) - 2) + len(apart)
        for place, atom in enumerate(apart):
            found[values == atom] = place
        return np.where(np.isnan(values), -1, found).astype(np.int64)

    def _labels(self, values: pd.Series) -> IntArray:
        found, known = pd.factorize(values)  # missing is -1
        places = {label: place for place, label in enumerate(self.column.labels)}
        named = [places.get(label, self.size - 1) for label in spelled(known, self.source)]
        return np.asarray([*named, -1], dtype=np.int64)[found]


@dataclass(frozen=True, slots=True, eq=False)
class JointSide:
    """One table's rows with a value in both columns.

    counts: (y cells, x cells) rows; points: (m, 2) x and y of sampled rows, two numbers only; quantiles:
    (y cells, 5) of x at `QUANTILES` by label, a number by label only, NaN where a label has no row.
    """

    rows: int
    counts: IntArray
    points: FloatArray | None = None
    quantiles: FloatArray | None = None


@dataclass(frozen=True, slots=True, eq=False)
class JointComparison:
    """Two columns in both tables, cut at the same places. Of a number and a category, x is the number."""

    x: Axis
    y: Axis
    real: JointSide
    synthetic: JointSide

    @property
    def sort(self) -> Sort:
        if self.x.numeric and self.y.numeric:
            return "numbers"
        return "mixed" if self.x.numeric else "labels"

    @property
    def sides(self) -> dict[str, JointSide]:
        return {"real": self.real, "synthetic": self.synthetic}


def compare_pair(
    real: pd.DataFrame,
    synthetic: pd.DataFrame,
    pair: tuple[Column, Column],
    rng: np.random.Generator,
    *,
    known: Mapping[str, ColumnComparison] | None = None,
) -> JointComparison:
    """The joint distribution of two columns of parsed tables; `rng` draws the rows that are shown as points.

    known: distributions of the columns in these tables, where they are at hand. Raises NotApplicable for columns
    without a distribution, and where no row of a table has a value in both.
    """
    pair = (pair[1], pair[0]) if pair[1].kind.numeric and not pair[0].kind.numeric else pair
    x, y = (Axis.of(c, _distribution(real, synthetic, c, known or {})) for c in pair)
    tables = {"real": real, "synthetic": synthetic}
    found = {name: _placed(table, x, y) for name, table in tables.items()}
    rows = {name: np.flatnonzero((at_x >= 0) & (at_y >= 0)) for name, (at_x, at_y) in found.items()}
    for name, present in rows.items():
        if not len(present):
            raise NotApplicable(f"no row of the {name} table has a value in both columns")
    shown = min(POINTS, *map(len, rows.values()))  # as many of each, so that clouds are equally dense
    sides = {name: _side(tables[name], x, y, found[name], rows[name], shown, rng) for name in tables}
    return JointComparison(x, y, sides["real"], sides["synthetic"])


def _distribution(
    real: pd.DataFrame, synthetic: pd.DataFrame, column: Column, known: Mapping[str, ColumnComparison]
) -> ColumnComparison:
    return known.get(column.name) or compare_column(real[column.name], synthetic[column.name], column)


def _placed(table: pd.DataFrame, x: Axis, y: Axis) -> tuple[IntArray, IntArray]:
    return x.cells(table[x.name]), y.cells(table[y.name])


def _side(
    table: pd.DataFrame,
    x: Axis,
    y: Axis,
    places: tuple[IntArray, IntArray],
    rows: IntArray,
    shown: int,
    rng: np.random.Generator,
) -> JointSide:
    at_x, at_y = places[0][rows], places[1][rows]
    counts = np.bincount(at_y * x.size + at_x, minlength=x.size * y.size).reshape(y.size, x.size)
    points = quantiles = None
    if y.numeric:
        some = table.iloc[drawn(rows, shown, rng)]
        points = np.column_stack([numbers(wall_time(some[axis.name])) for axis in (x, y)])
    elif x.numeric:
        quantiles = _by_label(numbers(wall_time(table[x.name]))[rows], at_y, y.size)
    return JointSide(len(rows), counts, points, quantiles)


def _by_label(values: FloatArray, labels: IntArray, k: int) -> FloatArray:
    """(k, 5) quantiles of the values of each label."""
    groups = np.split(values[np.argsort(labels, kind="stable")], np.cumsum(np.bincount(labels, minlength=k))[:-1])
    empty = np.full(len(QUANTILES), np.nan)
    return np.stack([np.quantile(group, QUANTILES) if len(group) else empty for group in groups])
