"""Relatedness: is every two columns' strength of relation, strong or weak, as in the real table?

Associations: Pearson's r of two numbers or dates, the correlation ratio of a number and a category, Cramér's V of two
categories, as in the heat maps. Mutual information: of all pairs alike, also of relations that are not straight, on
numbers cut at the real deciles.
"""

from __future__ import annotations

from abc import abstractmethod
from itertools import combinations
from typing import ClassVar

import numpy as np
import pandas as pd

from engine.errors import NotApplicable
from engine.evaluation import columns, correlation, dependence, pairs
from engine.evaluation.associations import NAMES, RATIO, V
from engine.evaluation.base import FloatArray, Goal, Metric, MetricInfo, Part, Score, Tier
from engine.evaluation.columns import IntArray
from engine.evaluation.dependence import Dependence
from engine.evaluation.intervals import Influence, interval
from engine.table.schema import Column, Schema

MOST = 60  # columns of which all pairs are taken; of a wider table the first ones
INFORMATION = "Mutual information"


class _Relatedness(Metric):
    tier = Tier.FULL
    exact = False

    def sentence(self, score: Score) -> str:
        worst = min(score.parts, key=lambda part: part.value)
        return (
            f"How strongly columns are related agrees to {score.value:.1%} on average over {len(score.parts):,} pairs; "
            f"least for “{worst.columns[0]}” with “{worst.columns[1]}” ({worst.method} {worst.details['real']:.2f} in "
            f"the real table, {worst.details['other']:.2f} in the other)."
        )

    def _compute(self, real: pd.DataFrame, other: pd.DataFrame, schema: Schema, rng: np.random.Generator) -> Score:
        able = [c for c in columns.comparable(schema) if real[c.name].notna().any()]
        used = able[:MOST]
        skipped = (*columns.left_out(schema), *((c.name, f"only the first {MOST} are paired") for c in able[MOST:]))
        self._encode(real, other, used)
        influence, parts = Influence(len(real), len(other)), []
        for first, second in combinations(used, 2):
            method, span, sides = self._related(first, second)
            left, right = sides
            if np.isnan(left.value):
                continue
            known = 0.0 if np.isnan(right.value) else right.value  # a constant follows nothing
            gap = left.value - known
            side = np.sign(gap) / span
            influence.add(-side * left.rows, side * right.rows)
            details = {"real": left.value, "other": known}
            parts.append(Part((first.name, second.name), 1.0 - abs(gap) / span, method, details=details))
        self._forget()
        if not parts:
            raise NotApplicable("no two columns can be related")
        value, rows = float(np.mean([part.value for part in parts])), influence.mean()
        return Score(value, tuple(parts), interval(value, rows, 0.0, 1.0), skipped, rows)

    @abstractmethod
    def _encode(self, real: pd.DataFrame, other: pd.DataFrame, used: list[Column]) -> None:
        """Both tables' columns, as `_related` needs them."""

    @abstractmethod
    def _forget(self) -> None:
        """Many rows take much memory."""

    @abstractmethod
    def _related(self, first: Column, second: Column) -> tuple[str, float, list[Dependence]]:
        """The name of the figure, how far two of them can be apart, and both tables' figures."""


class Associations(_Relatedness):
    info: ClassVar[MetricInfo] = MetricInfo(
        key="associations",
        label="Associations",
        group="fidelity",
        goal=Goal.MAXIMIZE,
        low=0.0,
        high=1.0,
        meaning="How alike the strength of relation of every two columns is in both tables (correlation, correlation "
        "ratio, Cramér's V), on average: 1 is the same.",
        source="One less the difference; Kelley 1935, Bergsma 2013",
    )

    def _encode(self, real: pd.DataFrame, other: pd.DataFrame, used: list[Column]) -> None:
        self._numbers: dict[str, list[FloatArray]] = {}
        self._labels: dict[str, tuple[list[IntArray], int]] = {}
        for c in used:
            sides = real[c.name], other[c.name]
            if c.kind.numeric:
                self._numbers[c.name] = [correlation.scaled(columns.numbers(side)) for side in sides]
            else:
                self._labels[c.name] = columns.codes(*sides)

    def _forget(self) -> None:
        del self._numbers, self._labels

    def _related(self, first: Column, second: Column) -> tuple[str, float, list[Dependence]]:
        if first.kind.numeric and second.kind.numeric:
            both = zip(self._numbers[first.name], self._numbers[second.name], strict=True)
            return NAMES["pearson"], 2.0, [dependence.pearson(*side) for side in both]
        if first.kind.numeric or second.kind.numeric:
            number, label = (first, second) if first.kind.numeric else (second, first)
            found, k = self._labels[label.name]
            sides = zip(found, self._numbers[number.name], strict=True)
            return RATIO, 1.0, [dependence.ratio(codes, k, values) for codes, values in sides]
        (a, k1), (b, k2) = self._labels[first.name], self._labels[second.name]
        return V, 1.0, [dependence.contingency(x, k1, y, k2) for x, y in zip(a, b, strict=True)]


class MutualInformation(_Relatedness):
    info: ClassVar[MetricInfo] = MetricInfo(
        key="mutual_information",
        label="Mutual information",
        group="fidelity",
        goal=Goal.MAXIMIZE,
        low=0.0,
        high=1.0,
        meaning="How alike the share of one column that another tells is in both tables, for every two columns and "
        "relations of any shape, on average: 1 is the same.",
        source="One less the difference of mutual information over the smaller entropy (Shannon 1948; Miller 1955)",
    )

    def _encode(self, real: pd.DataFrame, other: pd.DataFrame, used: list[Column]) -> None:
        self._codes = {c.name: pairs.encode(c, real[c.name], other[c.name]) for c in used}

    def _forget(self) -> None:
        del self._codes

    def _related(self, first: Column, second: Column) -> tuple[str, float, list[Dependence]]:
        both = zip(self._codes[first.name], self._codes[second.name], strict=True)
        return INFORMATION, 1.0, [dependence.information(*a, *b) for a, b in both]
