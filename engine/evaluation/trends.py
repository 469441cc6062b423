"""Pair trends: are columns that are strongly related in the real table related in the same way in the other?"""

from __future__ import annotations

from functools import cached_property
from itertools import combinations
from typing import ClassVar

import numpy as np
import pandas as pd

from engine.errors import NotApplicable
from engine.evaluation import columns, correlation
from engine.evaluation.base import FloatArray, Goal, Metric, MetricInfo, Part, Score
from engine.evaluation.columns import IntArray
from engine.evaluation.distances import Likeness, cramers_v, tv_complement
from engine.evaluation.intervals import Influence, interval
from engine.table.schema import Column, Schema

CORRELATION, CONTINGENCY = "Correlation similarity", "Contingency similarity"
STRONG_CORRELATION = 0.5  # |Pearson's r| in the real table, above which a pair of numbers counts
STRONG_ASSOCIATION = 0.3  # Cramér's V in the real table, above which any other pair counts
BINS = 10  # of equal width, for a number or date beside a category


class PairTrends(Metric):
    info: ClassVar[MetricInfo] = MetricInfo(
        key="pair_trends",
        label="Pair trends",
        group="fidelity",
        goal=Goal.MAXIMIZE,
        low=0.0,
        high=1.0,
        meaning="How alike the relations of strongly related columns are in both tables, on average: 1 is the same.",
        source="Correlation and contingency similarity over strongly related pairs, as SDMetrics' Column Pair Trends",
    )

    def sentence(self, score: Score) -> str:
        worst = min(score.parts, key=lambda part: part.value)
        count = len(score.parts)
        which = (
            f"The {count} strongly related pairs of columns agree" if count > 1 else "The one strong relation agrees"
        )
        return (
            f"{which} to {score.value:.1%} on average; the least alike is "
            f"“{worst.columns[0]}” with “{worst.columns[1]}” at {worst.value:.1%}."
        )

    def _compute(self, real: pd.DataFrame, other: pd.DataFrame, schema: Schema, rng: np.random.Generator) -> Score:
        used = [c for c in columns.comparable(schema) if real[c.name].notna().any()]
        if len(used) < 2:
            raise NotApplicable("fewer than two columns can be compared")
        both = Both(real, other, used)
        influence = Influence(len(real), len(other))
        parts = []
        for pair in combinations(used, 2):
            found = both.numeric_pair(*pair) if all(c.kind.numeric for c in pair) else both.other_pair(*pair)
            if found is not None:
                part, like = found
                parts.append(part)
                influence.add(like.real, like.other)
        if not parts:
            raise NotApplicable(
                f"no two columns of the real table are strongly related (|r| above {STRONG_CORRELATION} "
                f"or Cramér's V above {STRONG_ASSOCIATION})"
            )
        value = float(np.mean([part.value for part in parts]))
        rows = influence.mean()
        return Score(value, tuple(parts), interval(value, rows, 0.0, 1.0), columns.left_out(schema), rows)


class Both:
    """The two tables, encoded once: numbers, their correlations, and every column as codes."""

    def __init__(self, real: pd.DataFrame, other: pd.DataFrame, used: list[Column]) -> None:
        self._tables = (real, other)
        self._numeric = {c.name: i for i, c in enumerate(c for c in used if c.kind.numeric)}
        self._codes = {c.name: self._encode(c) for c in used}

    @cached_property
    def _numbers(self) -> tuple[list[FloatArray], list[FloatArray]]:
        real, other = (
            [correlation.scaled(columns.numbers(table[name])) for name in self._numeric] for table in self._tables
        )
        return real, other

    @cached_property
    def _correlations(self) -> tuple[FloatArray, FloatArray]:
        real, other = self._numbers
        return correlation.pearson(real), correlation.pearson(other)

    def _encode(self, column: Column) -> list[tuple[IntArray, int]]:
        """(codes, states) of a column in both tables; each table's numbers are cut over its own range."""
        sides = [table[column.name] for table in self._tables]
        if column.kind.numeric:
            return [columns.binned(values, equal_width(values)) for values in map(columns.numbers, sides)]
        found, k = columns.codes(*sides)
        return [columns.with_missing(codes, k) for codes in found]

    def numeric_pair(self, first: Column, second: Column) -> tuple[Part, Likeness] | None:
        """Likeness of Pearson's r; None where the real one is weak or undefined."""
        i, j = self._numeric[first.name], self._numeric[second.name]
        real, other = (float(matrix[i, j]) for matrix in self._correlations)
        if not abs(real) > STRONG_CORRELATION:
            return None
        known = 0.0 if np.isnan(other) else other  # a constant follows nothing
        side = -0.5 * np.sign(real - known)
        rows = [
            np.zeros(len(table)) if np.isnan(r) else side * sign * correlation.influence(values[i], values[j], r)
            for table, values, r, sign in zip(self._tables, self._numbers, (real, other), (1.0, -1.0), strict=True)
        ]
        value = 1.0 - abs(real - known) / 2.0
        part = Part((first.name, second.name), value, CORRELATION, details={"real": real, "other": known})
        return part, Likeness(value, *rows)

    def other_pair(self, first: Column, second: Column) -> tuple[Part, Likeness] | None:
        """Likeness of the cross tables; None where the real columns are only weakly related."""
        a, b = self._codes[first.name], self._codes[second.name]
        association = cramers_v(a[0][0], b[0][0], a[0][1], b[0][1])
        if not association > STRONG_ASSOCIATION:
            return None
        (left, right), k = columns.cells(a, b)
        like = tv_complement(left, right, k)
        return Part((first.name, second.name), like.value, CONTINGENCY, details={"cramers_v": association}), like


def equal_width(values: FloatArray) -> FloatArray:
    """The inner edges of `BINS` intervals of equal width over the range of the present values."""
    present = values[~np.isnan(values)]
    if not len(present):
        return np.zeros(0)
    low, high = float(present.min()), float(present.max())
    if low == high:
        low, high = low - 0.5, high + 0.5
    steps = np.arange(1, BINS) / BINS
    return np.asarray(low * (1 - steps) + high * steps)
