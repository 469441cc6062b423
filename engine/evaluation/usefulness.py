"""Usefulness: what models that learned from a table say of fresh real rows, beside models that learned from real rows.

Train on synthetic, test on real (Esteban, Hyland and Rätsch 2017, arXiv:1706.02633), with a linear model and boosted
trees. Both learn from as many rows, and are asked about the rows that were held out.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

import numpy as np
import pandas as pd

from engine.errors import NotApplicable
from engine.evaluation import columns, draws, targets
from engine.evaluation.base import Against, FloatArray, Goal, Metric, MetricInfo, Part, Score, Tier
from engine.evaluation.features import affordable
from engine.evaluation.intervals import NORMAL_95
from engine.evaluation.learners import BOOSTED, LINEAR, Task, task
from engine.evaluation.linear import fitting
from engine.table.schema import Column, Schema

ROWS = {False: 6_000, True: 20_000}  # that a model learns from at most, for several columns, and for the one named
CELLS = 400_000  # that a model learns from, but for the thousand rows that every table may have
TESTED = 5_000  # fresh rows, at most
_TREES = 50
_QUARTERS = 4  # of the rows, that models learn from to tell how much other rows would change


@dataclass(frozen=True, slots=True)
class _Reached:
    """One model of one column. influence: of each tested row on `skill`; quarters: skills of models of a quarter."""

    part: Part
    influence: FloatArray
    quarters: FloatArray


class Usefulness(Metric):
    tier = Tier.FULL
    against = Against.UNSEEN
    exact = False
    beside = "Models that learned from {rows:,} training rows get {fresh:.1%}, from as many of the twin's {twin:.1%}"
    info: ClassVar[MetricInfo] = MetricInfo(
        key="usefulness",
        label="Usefulness",
        group="utility",
        goal=Goal.MAXIMIZE,
        low=0.0,
        high=1.0,
        meaning="How well models that learned from the table foretell a column of real rows that were held out (R², or "
        "2 AUC − 1 for categories), on average: 0 is a guess, 1 is always right. Compare with models of real rows.",
        source="Train on synthetic, test on real (Esteban et al. 2017); linear or logistic regression, boosted trees",
    )

    def sentence(self, score: Score) -> str:
        names = list(dict.fromkeys(part.columns[0] for part in score.parts))
        listed = ", ".join(f"“{name}”" for name in names)
        rows = max(int(part.details["rows"]) for part in score.parts)
        return f"Models that learned from {rows:,} rows foretell {listed} with a skill of {score.value:.1%} on average."

    def _compute(self, real: pd.DataFrame, other: pd.DataFrame, schema: Schema, rng: np.random.Generator) -> Score:
        used = self._targets(real, schema, rng)
        most = affordable(ROWS[self.options.target is not None], CELLS, len(columns.comparable(schema)))
        places = draws.first(real, schema, TESTED, rng)
        learned, fresh = other.iloc[draws.first(other, schema, most, rng)], real.iloc[places]
        seed = int(rng.integers(2**31))
        found, error = [], 0.0
        influence = np.zeros(len(real))
        with fitting():
            for column in used:
                made = task(column, learned, fresh, schema)
                reached = _both(column, made, seed)
                error += float(np.mean([r.quarters for r in reached], axis=0).var(ddof=1)) / _QUARTERS
                known = places[fresh[column.name].notna().to_numpy()]
                for one in reached:
                    if made is not None:
                        influence[known] += one.influence * len(real) / len(known)
                    found.append(one.part)
        value = float(np.mean([part.value for part in found]))
        tested = float(np.var(influence / len(found)) / len(real))
        reach = NORMAL_95 * float(np.sqrt(tested + error / len(used) ** 2))
        bounds = max(value - reach, 0.0), min(value + reach, 1.0)
        return Score(value, tuple(found), bounds, columns.left_out(schema))

    def _targets(self, real: pd.DataFrame, schema: Schema, rng: np.random.Generator) -> tuple[Column, ...]:
        """The columns to tell, chosen once by the rows held out."""
        if getattr(self, "_seen", None) is not real:
            self._seen, self._chosen = real, targets.chosen(real, schema, self.options.target, rng)
        for column in self._chosen:
            if real[column.name].notna().sum() < 2 or real[column.name].nunique() < 2:
                raise NotApplicable(f"“{column.name}” does not vary among the rows held out")
        return self._chosen


def _both(column: Column, made: Task | None, seed: int) -> list[_Reached]:
    """The linear model and the trees; of a table that lacks the column they know nothing."""
    if made is None:
        none = [Part((column.name,), 0.0, kind, details={"rows": 0.0}) for kind in (LINEAR, BOOSTED)]
        return [_Reached(part, np.zeros(0), np.zeros(_QUARTERS)) for part in none]
    return [_reached(column, made, kind, seed) for kind in (LINEAR, BOOSTED)]


def _reached(column: Column, made: Task, kind: str, seed: int) -> _Reached:
    rows, fresh = len(made.outcomes[0]), made.features[kind][1]
    told = made.models(kind, None, _TREES, seed)(fresh)
    skill, influence = made.skill(told)
    quarters = [
        made.skill(made.models(kind, np.arange(i, rows, _QUARTERS), _TREES, seed)(fresh))[0] for i in range(_QUARTERS)
    ]
    details = {**made.figures(told), "rows": float(rows)}
    return _Reached(Part((column.name,), skill, kind, details=details), influence, np.array(quarters))
