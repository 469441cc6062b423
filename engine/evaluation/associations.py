"""How strongly any two columns are related, in one matrix of mixed types, for both tables and their difference.

Two numbers or dates: Pearson's or Spearman's correlation, -1 to 1. Two categories: Cramér's V with its bias corrected
(Bergsma 2013), 0 to 1. A number and a category: the correlation ratio with its bias corrected (Kelley 1935, PNAS 21),
0 to 1. Each pair is measured over the rows in which both columns have a value.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Literal

import numpy as np
import pandas as pd

from engine.errors import NotApplicable
from engine.evaluation import columns, correlation
from engine.evaluation.base import FloatArray
from engine.evaluation.columns import IntArray
from engine.evaluation.distances import cramers_v
from engine.table.schema import Schema

Coefficient = Literal["pearson", "spearman"]
NAMES: Mapping[str, str] = {"pearson": "Pearson’s r", "spearman": "Spearman’s ρ"}
V, RATIO = "Cramér’s V", "Correlation ratio"


@dataclass(frozen=True, slots=True, eq=False)
class AssociationMatrix:
    """values: symmetric (k, k), 1 on the diagonal, NaN where undefined (a constant, too few rows in common)."""

    names: tuple[str, ...]
    numeric: tuple[bool, ...]
    values: FloatArray
    coefficient: Coefficient = "pearson"

    def method(self, i: int, j: int) -> str:
        """What the figure of columns i and j is."""
        if self.numeric[i] and self.numeric[j]:
            return NAMES[self.coefficient]
        return RATIO if self.numeric[i] or self.numeric[j] else V

    def to_json(self) -> dict[str, Any]:
        values = [[None if np.isnan(v) else float(v) for v in row] for row in self.values]
        return {
            "names": list(self.names),
            "numeric": list(self.numeric),
            "values": values,
            "coefficient": self.coefficient,
        }

    @classmethod
    def from_json(cls, data: Mapping[str, Any]) -> AssociationMatrix:
        """Raises KeyError, TypeError or ValueError when `data` is no matrix."""
        k = len(data["names"])
        values = np.array([[np.nan if v is None else v for v in row] for row in data["values"]], dtype=np.float64)
        return cls(tuple(data["names"]), tuple(data["numeric"]), values.reshape(k, k), data["coefficient"])


@dataclass(frozen=True, slots=True, eq=False)
class AssociationComparison:
    """The matrices of both tables over the same columns."""

    real: AssociationMatrix
    synthetic: AssociationMatrix

    @property
    def names(self) -> tuple[str, ...]:
        return self.real.names

    @property
    def difference(self) -> FloatArray:
        """Synthetic less real, (k, k); NaN where either is undefined."""
        return np.asarray(self.synthetic.values - self.real.values)

    @property
    def mean_gap(self) -> float:
        """The mean absolute difference over pairs of different columns; NaN when there is none."""
        above = np.abs(self.difference[np.triu_indices(len(self.names), 1)])
        return float(np.nanmean(above)) if np.isfinite(above).any() else float("nan")

    def gaps(self) -> list[tuple[str, str]]:
        """All pairs of different columns that are defined in both tables, the largest difference first."""
        first, second = np.triu_indices(len(self.names), 1)
        sizes = np.abs(self.difference[first, second])
        order = [at for at in np.argsort(-sizes, kind="stable") if np.isfinite(sizes[at])]
        return [(self.names[first[at]], self.names[second[at]]) for at in order]

    def to_json(self) -> dict[str, Any]:
        return {"real": self.real.to_json(), "synthetic": self.synthetic.to_json()}

    @classmethod
    def from_json(cls, data: Mapping[str, Any]) -> AssociationComparison:
        return cls(AssociationMatrix.from_json(data["real"]), AssociationMatrix.from_json(data["synthetic"]))


def compare_associations(
    real: pd.DataFrame, synthetic: pd.DataFrame, schema: Schema, *, coefficient: Coefficient = "pearson"
) -> AssociationComparison:
    """Both tables' matrices; parsed tables. Raises NotApplicable when fewer than two columns can be related."""
    return AssociationComparison(
        association_matrix(real, schema, coefficient=coefficient),
        association_matrix(synthetic, schema, coefficient=coefficient),
    )


def association_matrix(
    table: pd.DataFrame, schema: Schema, *, coefficient: Coefficient = "pearson"
) -> AssociationMatrix:
    """The matrix of one parsed table. Raises NotApplicable when fewer than two columns can be related."""
    used = columns.comparable(schema)
    if len(used) < 2:
        raise NotApplicable("fewer than two columns can be related")
    numeric = tuple(c.kind.numeric for c in used)
    numbers = {i: _number(table[c.name], coefficient) for i, c in enumerate(used) if numeric[i]}
    labels = {i: _labels(table[c.name]) for i, c in enumerate(used) if not numeric[i]}
    values = np.eye(len(used))
    places = np.array(list(numbers), dtype=np.intp)
    if len(places):
        values[np.ix_(places, places)] = correlation.pearson(list(numbers.values()))
        values[places, places] = 1.0
    for i, label in labels.items():
        for j, other in labels.items():
            if i < j:
                values[i, j] = values[j, i] = _cramer(*label, *other)
        for j, number in numbers.items():
            values[i, j] = values[j, i] = correlation_ratio(*label, number)
    return AssociationMatrix(tuple(c.name for c in used), numeric, values, coefficient)


def _number(values: pd.Series, coefficient: Coefficient) -> FloatArray:
    found = columns.numbers(values)
    return correlation.scaled(correlation.ranks(found) if coefficient == "spearman" else found)


def _labels(values: pd.Series) -> tuple[IntArray, int]:
    (found,), k = columns.codes(values)
    return found, k


def _cramer(first: IntArray, k1: int, second: IntArray, k2: int) -> float:
    both = (first >= 0) & (second >= 0)
    if both.sum() < 2:
        return float("nan")
    return cramers_v(first[both], second[both], k1, k2, corrected=True)


def correlation_ratio(labels: IntArray, k: int, values: FloatArray) -> float:
    """Square root of the share of the numbers' variance that lies between the labels, bias corrected, 0 to 1.

    NaN when the numbers or the labels are constant, or every row has a label of its own.
    """
    both = (labels >= 0) & ~np.isnan(values)
    found, x = labels[both], values[both]
    n = len(x)
    counts = np.bincount(found, minlength=k)
    groups = int((counts > 0).sum())
    if groups < 2 or n <= groups or np.ptp(x) == 0:
        return float("nan")
    x = x - x.mean()
    sums = np.bincount(found, weights=x, minlength=k)
    between = float((sums[counts > 0] ** 2 / counts[counts > 0]).sum())
    within = 1.0 - between / float((x**2).sum())
    return float(np.sqrt(np.clip(1.0 - within * (n - 1) / (n - groups), 0.0, 1.0)))
