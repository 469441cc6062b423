"""Overall quality: the average of column shapes and pair trends."""

from __future__ import annotations

from collections.abc import Mapping
from typing import ClassVar

import numpy as np
import pandas as pd

from engine.errors import NotApplicable
from engine.evaluation.base import Goal, Metric, MetricInfo, Part, Score
from engine.evaluation.intervals import interval
from engine.evaluation.shapes import ColumnShapes
from engine.evaluation.trends import PairTrends
from engine.table.schema import Schema


class Overall(Metric):
    of: ClassVar[tuple[type[Metric], ...]] = (ColumnShapes, PairTrends)
    info: ClassVar[MetricInfo] = MetricInfo(
        key="overall",
        label="Overall quality",
        group="fidelity",
        goal=Goal.MAXIMIZE,
        low=0.0,
        high=1.0,
        meaning="The average of column shapes and pair trends: 1 is the same. It says nothing about privacy.",
        source="Average of the two properties, as SDMetrics' Quality Report",
    )

    def sentence(self, score: Score) -> str:
        parts = " and ".join(f"{part.method.lower()} {part.value:.1%}" for part in score.parts)
        return f"Distributions and relations agree to {score.value:.1%} ({parts})."

    def _compute(self, real: pd.DataFrame, other: pd.DataFrame, schema: Schema, rng: np.random.Generator) -> Score:
        scores: dict[str, Score] = {}
        for metric in self.of:
            try:
                scores[metric.info.key] = metric().compute(real, other, schema, rng)
            except NotApplicable:
                continue
        return self.combine(scores)

    @classmethod
    def combine(cls, scores: Mapping[str, Score]) -> Score:
        """The figure from those of the metrics in `of`, by key; those that are not applicable are absent."""
        infos = [metric.info for metric in cls.of if metric.info.key in scores]
        found = [scores[info.key] for info in infos]
        if not found:
            raise NotApplicable("neither column shapes nor pair trends can be measured")
        value = float(np.mean([score.value for score in found]))
        parts = tuple(Part((), score.value, info.label) for info, score in zip(infos, found, strict=True))
        sides = [score.influence for score in found if score.influence is not None]
        if len(sides) < len(found):
            return Score(value, parts, skipped=found[0].skipped)
        rows = np.mean([real for real, _ in sides], axis=0), np.mean([other for _, other in sides], axis=0)
        return Score(value, parts, interval(value, rows, 0.0, 1.0), found[0].skipped, rows)
