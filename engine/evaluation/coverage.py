"""Coverage: does the table reach as far as the real one, and has it all of its categories?

Both are figures of the rarest rows, so they rise with the number of rows; compare at equal size only. How far they
would move with other rows follows from how likely a label of that share is to be missed altogether, and from the
distribution of the largest of as many draws.
"""

from __future__ import annotations

from typing import ClassVar

import numpy as np
import pandas as pd

from engine.errors import NotApplicable
from engine.evaluation import columns
from engine.evaluation.base import FloatArray, Goal, Metric, MetricInfo, Part, Score
from engine.evaluation.columns import IntArray
from engine.evaluation.intervals import NORMAL_95
from engine.table.schema import Column, Schema

RANGE, LABELS = "Range coverage", "Category coverage"
_DEEP = float(-np.log(0.025))  # places below the largest of n values at which the 2.5% quantile of the largest lies


class Coverage(Metric):
    info: ClassVar[MetricInfo] = MetricInfo(
        key="coverage",
        label="Coverage",
        group="fidelity",
        goal=Goal.MAXIMIZE,
        low=0.0,
        high=1.0,
        meaning="How much of each column's real range, or how many of its real categories, the table has too, averaged "
        "over columns: 1 is all. More rows cover more, and rare values are the ones to protect, so 1 is not the aim.",
        source="Range and category coverage, as SDMetrics' RangeCoverage and CategoryCoverage",
    )

    def sentence(self, score: Score) -> str:
        worst = min(score.parts, key=lambda part: part.value)
        what = "range" if worst.method == RANGE else "categories"
        return (
            f"On average {score.value:.1%} of the real ranges and categories occur; least of “{worst.columns[0]}”, "
            f"with {worst.value:.1%} of its {what}."
        )

    def _compute(self, real: pd.DataFrame, other: pd.DataFrame, schema: Schema, rng: np.random.Generator) -> Score:
        parts, errors, skipped = [], [], list(columns.left_out(schema))
        for column in columns.comparable(schema):
            if not real[column.name].notna().any():
                skipped.append((column.name, "the real column is empty throughout"))
                continue
            part, error = _covered(column, real[column.name], other[column.name])
            parts.append(part)
            errors.append(error)
        if not parts:
            raise NotApplicable("no column has values to cover")
        value = float(np.mean([part.value for part in parts]))
        reach = NORMAL_95 * float(np.sqrt(np.square(errors).sum())) / len(errors)
        return Score(value, tuple(parts), (max(value - reach, 0.0), min(value + reach, 1.0)), tuple(skipped))


def _covered(column: Column, real: pd.Series, other: pd.Series) -> tuple[Part, float]:
    """The figure of a column and its standard error."""
    if column.kind.numeric:
        there, here = columns.numbers(real), columns.numbers(other)
        value, details, error = of_range(np.sort(there[~np.isnan(there)]), np.sort(here[~np.isnan(here)]))
        return Part((column.name,), value, RANGE, details=details), error
    (left, right), k = columns.codes(real, other)
    value, details, error = of_labels(left, right, k)
    return Part((column.name,), value, LABELS, details=details), error


def of_labels(real: IntArray, other: IntArray, k: int) -> tuple[float, dict[str, float], float]:
    """The share of real labels that occur in `other`, what stands behind it, and its standard error.

    The error is that of the number of labels met when as many rows are drawn with the shares of both tables together.
    """
    counts = [np.bincount(side[side >= 0], minlength=k) for side in (real, other)]
    known, met = counts[0] > 0, counts[1] > 0
    value = float((known & met).sum() / known.sum())
    shares = (counts[0] + counts[1])[known] / (counts[0].sum() + counts[1].sum())
    missed = (1.0 - shares) ** int(counts[1].sum())
    error = float(np.sqrt((missed * (1 - missed)).sum()) / known.sum())
    return value, {"labels": float(known.sum()), "invented": float((met & ~known).sum())}, error


def of_range(real: FloatArray, other: FloatArray) -> tuple[float, dict[str, float], float]:
    """The share of the real range that lies between the ends of `other` (both sorted), the same, the same."""
    low, high = float(real[0]) / 2, float(real[-1]) / 2  # halves, clear of overflow
    if not len(other):
        return 0.0, {}, 0.0
    if low == high:
        return float(other[0] <= real[0] <= other[-1]), {}, 0.0
    below, above = (np.clip(gap / (high - low), 0.0, 1.0) for gap in (other[0] / 2 - low, high - other[-1] / 2))
    value = float(max(1.0 - below - above, 0.0))
    outside = float(np.mean((other < real[0]) | (other > real[-1])))
    error = float(np.hypot(_wander(other, high - low, 0), _wander(other, high - low, -1)))
    return value, {"missed_below": float(below), "missed_above": float(above), "outside": outside}, error


def _wander(values: FloatArray, width: float, end: int) -> float:
    """The standard error of an end (0 or -1) of sorted values, as a share of the range (`width` is half of it)."""
    deep = min(int(np.ceil(_DEEP)) - 1, len(values) - 1)
    inner = values[deep] if end == 0 else values[-1 - deep]
    return float(min(abs(values[end] / 2 - inner / 2) / width, 1.0) / NORMAL_95)
