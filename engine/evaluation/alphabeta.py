"""Alpha-precision and beta-recall as figures (see `support` for what they are)."""

from __future__ import annotations

from typing import ClassVar

import numpy as np
import pandas as pd

from engine.evaluation import columns
from engine.evaluation.base import Goal, Metric, MetricInfo, Part, Score, Tier
from engine.evaluation.intervals import NORMAL_95, interval
from engine.evaluation.support import Places, places, precision, recall
from engine.table.schema import Schema

_PAPER = "Alaa et al. 2022, How Faithful is your Synthetic Data? (ICML)"


class AlphaPrecision(Metric):
    tier = Tier.FULL
    exact = False
    info: ClassVar[MetricInfo] = MetricInfo(
        key="alpha_precision",
        label="Alpha-precision",
        group="fidelity",
        goal=Goal.MAXIMIZE,
        low=0.0,
        high=1.0,
        meaning="Whether rows are as usual and as unusual as real ones: how alike the distances of rows from the "
        "middle of the real rows are. 1 is the same.",
        source=_PAPER,
    )

    def sentence(self, score: Score) -> str:
        return (
            f"Rows lie as near to the middle of the real rows, and as far from it, to {score.value:.1%} "
            f"({_rows(score):,} rows of each table)."
        )

    def _compute(self, real: pd.DataFrame, other: pd.DataFrame, schema: Schema, rng: np.random.Generator) -> Score:
        found = places(real, other, schema, rng)
        value, *sides = precision(found)
        spread = [np.zeros(len(real)), np.zeros(len(other))]
        for out, rows, own in zip(spread, found.chosen, sides, strict=True):
            out[rows] = own * len(out) / len(rows)
        influence = spread[0], spread[1]
        value = float(np.clip(value, 0.0, 1.0))
        parts = (_part(value, self.info, found),)
        return Score(value, parts, interval(value, influence, 0.0, 1.0), columns.left_out(schema), influence)


class BetaRecall(Metric):
    tier = Tier.FULL
    exact = False
    info: ClassVar[MetricInfo] = MetricInfo(
        key="beta_recall",
        label="Beta-recall",
        group="fidelity",
        goal=Goal.MAXIMIZE,
        low=0.0,
        high=1.0,
        meaning="Whether all sorts of real rows, usual and unusual ones, have a row of the table near them: 1 is all. "
        "Copies of the real rows get 1; fresh real rows get less.",
        source=_PAPER,
    )

    def sentence(self, score: Score) -> str:
        return (
            f"Real rows, usual and unusual ones, have a row of the table near them to {score.value:.1%} "
            f"({_rows(score):,} rows of each table)."
        )

    def _compute(self, real: pd.DataFrame, other: pd.DataFrame, schema: Schema, rng: np.random.Generator) -> Score:
        found = places(real, other, schema, rng)
        value, error = recall(found)
        value, reach = float(np.clip(value, 0.0, 1.0)), NORMAL_95 * error
        bounds = max(value - reach, 0.0), min(value + reach, 1.0)
        return Score(value, (_part(value, self.info, found),), bounds, columns.left_out(schema))


def _part(value: float, info: MetricInfo, found: Places) -> Part:
    """The figure itself, with how many rows of each table it is of."""
    return Part((), value, info.label, details={"rows": float(len(found.real))})


def _rows(score: Score) -> int:
    return int(score.parts[0].details["rows"])
