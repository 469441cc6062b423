"""Missing values: as many, in the same columns, and missing together in the same rows?"""

from __future__ import annotations

from typing import ClassVar

import numpy as np
import pandas as pd

from engine.errors import NotApplicable
from engine.evaluation.base import Goal, Metric, MetricInfo, Part, Score
from engine.evaluation.columns import IntArray
from engine.evaluation.distances import tv_complement
from engine.evaluation.intervals import interval
from engine.table.schema import Schema

RATE = "Missing-rate similarity"


class MissingSimilarity(Metric):
    nothing: ClassVar[float | None] = 1.0
    info: ClassVar[MetricInfo] = MetricInfo(
        key="missing_similarity",
        label="Missing values",
        group="fidelity",
        goal=Goal.MAXIMIZE,
        low=0.0,
        high=1.0,
        meaning="How alike both tables are in which cells of a row are missing together: 1 is the same.",
        source="Total variation complement of missing patterns; per column, one minus the gap between the rates",
    )

    def sentence(self, score: Score) -> str:
        worst = min(score.parts, key=lambda part: part.value)
        return (
            f"Which cells are missing agrees to {score.value:.1%}; the largest gap between missing rates is "
            f"{1 - worst.value:.1%}, in “{worst.columns[0]}”."
        )

    def _compute(self, real: pd.DataFrame, other: pd.DataFrame, schema: Schema, rng: np.random.Generator) -> Score:
        names = [c.name for c in schema if c.selected and (real[c.name].isna().any() or other[c.name].isna().any())]
        if not names:
            raise NotApplicable("no value is missing in either table")
        left, right = real[names].isna().to_numpy(), other[names].isna().to_numpy()
        parts = tuple(
            Part((name,), 1.0 - abs(float(a - b)), RATE, details={"real": float(a), "other": float(b)})
            for name, a, b in zip(names, left.mean(axis=0), right.mean(axis=0), strict=True)
        )
        (first, second), k = patterns(left, right)
        like = tv_complement(first, second, k)
        rows = like.real, like.other
        return Score(like.value, parts, interval(like.value, rows, 0.0, 1.0), influence=rows)


def patterns(*masks: np.ndarray) -> tuple[list[IntArray], int]:
    """Each row's pattern of missing cells as a number that means the same in all tables, and how many there are."""
    packed = np.packbits(np.concatenate(masks), axis=1)  # (rows, bytes)
    keys = np.ascontiguousarray(packed).view(np.dtype((np.void, packed.shape[1]))).ravel()
    used, inverse = np.unique(keys, return_inverse=True)
    return list(np.split(inverse.astype(np.int64), np.cumsum([len(m) for m in masks])[:-1])), len(used)
