"""Column shapes: is each column, taken alone, distributed as in the real table?"""

from __future__ import annotations

from typing import ClassVar

import numpy as np
import pandas as pd

from engine.errors import NotApplicable
from engine.evaluation import columns
from engine.evaluation.base import Goal, Metric, MetricInfo, Part, Score
from engine.evaluation.distances import Likeness, ks_complement, tv_complement
from engine.evaluation.intervals import Influence, interval
from engine.table.schema import Column, Schema

KS, TV = "KS complement", "TV complement"


class ColumnShapes(Metric):
    info: ClassVar[MetricInfo] = MetricInfo(
        key="column_shapes",
        label="Column shapes",
        group="fidelity",
        goal=Goal.MAXIMIZE,
        low=0.0,
        high=1.0,
        meaning="How alike a column's distribution is in both tables, averaged over columns: 1 is the same.",
        source="Kolmogorov-Smirnov and total variation complements, averaged as SDMetrics' Column Shapes",
    )

    def sentence(self, score: Score) -> str:
        worst = min(score.parts, key=lambda part: part.value)
        return (
            f"Taken one by one, the columns' distributions agree to {score.value:.1%} on average; "
            f"the least alike is “{worst.columns[0]}” with {worst.value:.1%}."
        )

    def _compute(self, real: pd.DataFrame, other: pd.DataFrame, schema: Schema, rng: np.random.Generator) -> Score:
        parts, skipped, influence = [], list(columns.left_out(schema)), Influence(len(real), len(other))
        for column in columns.comparable(schema):
            left, right = real[column.name], other[column.name]
            if not left.notna().any():
                skipped.append((column.name, "the real column is empty throughout"))
                continue
            like = _likeness(column, left, right)
            influence.add(like.real, like.other)
            parts.append(Part((column.name,), like.value, KS if column.kind.numeric else TV))
        if not parts:
            raise NotApplicable("no column has a distribution that can be compared")
        value = float(np.mean([part.value for part in parts]))
        rows = influence.mean()
        return Score(value, tuple(parts), interval(value, rows, 0.0, 1.0), tuple(skipped), rows)


def _likeness(column: Column, real: pd.Series, other: pd.Series) -> Likeness:
    """A twin that lacks a column's values altogether has nothing in common with it."""
    if not other.notna().any():
        return Likeness(0.0, np.zeros(len(real)), np.zeros(len(other)))
    if column.kind.numeric:
        return ks_complement(columns.numbers(real), columns.numbers(other))
    (left, right), k = columns.codes(real, other)
    return tv_complement(left, right, k)
