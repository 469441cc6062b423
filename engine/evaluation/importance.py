"""Importance: do models of the table lean on the same columns as models of real rows, when asked about real rows?

Of each target the trees' permutation importances (Breiman 2001: how much larger the squared error is when a column is
shuffled among the rows asked about) are ranked and compared by Spearman's correlation: those of models that learned
from the table, with those of a model that learned from one half of the rows that were held out. All are asked about the
other half.
"""

from __future__ import annotations

from typing import ClassVar

import numpy as np
import pandas as pd

from engine.errors import NotApplicable
from engine.evaluation import columns, draws, targets
from engine.evaluation.base import Against, FloatArray, Goal, Metric, MetricInfo, Part, Score, Tier
from engine.evaluation.correlation import ranks
from engine.evaluation.features import affordable
from engine.evaluation.intervals import NORMAL_95
from engine.evaluation.learners import BOOSTED, task
from engine.evaluation.linear import fitting
from engine.table.schema import Column, Schema

METHOD = "Rank correlation of importances"
ROWS = 4_000  # that a model learns from, at most
CELLS = 200_000  # the same, but for the thousand rows that every table may have
TESTED = 1_500  # rows asked about, at most
FEWEST = 3  # columns to rank
_TREES = 40
_GROUPS = 5  # of the rows asked about, for the jackknife


class Importance(Metric):
    tier = Tier.FULL
    against = Against.UNSEEN
    exact = False
    beside = "Models of {rows:,} training rows get {fresh:.2f}, of as many of the twin's {twin:.2f}"
    info: ClassVar[MetricInfo] = MetricInfo(
        key="importance",
        label="Importances agree",
        group="utility",
        goal=Goal.MAXIMIZE,
        low=-1.0,
        high=1.0,
        meaning="Whether models that learned from the table lean on the same columns as models of real rows: the rank "
        "correlation of both importances, on average; 1 is the same order, 0 is none.",
        source="Spearman's correlation of permutation importances (Breiman 2001)",
    )

    def sentence(self, score: Score) -> str:
        worst = min(score.parts, key=lambda part: part.value)
        return (
            f"Which columns models lean on agrees with models of unseen real rows to {score.value:.2f} on average "
            f"(1 is the same order); least for “{worst.columns[0]}”, {worst.value:.2f}."
        )

    def _compute(self, real: pd.DataFrame, other: pd.DataFrame, schema: Schema, rng: np.random.Generator) -> Score:
        used = self._targets(real, schema, rng)
        most = affordable(ROWS, CELLS, len(columns.comparable(schema)))
        rows = draws.first(real, schema, most + TESTED, rng)
        asked = real.iloc[rows[: min(TESTED, len(rows) // 2)]]
        unseen, learned = real.iloc[rows[len(asked) :]], other.iloc[draws.first(other, schema, 2 * most, rng)]
        halves = learned.iloc[::2], learned.iloc[1::2]
        seed, parts, variance = int(rng.integers(2**31)), [], 0.0
        with fitting():
            for column in used:
                yardstick = _importances(column, unseen, asked, schema, seed)
                if yardstick is None:
                    continue
                found = [_importances(column, half, asked, schema, seed) for half in halves]
                values = [_correlation(one, yardstick) for one in found]
                variance += (values[0][0] - values[1][0]) ** 2 / 4.0
                variance += float(np.mean([error for _, error in values]))
                parts.append(Part((column.name,), float(np.mean([value for value, _ in values])), METHOD))
        if not parts:
            raise NotApplicable("too few of the rows held out have a value of the columns that could be told")
        value = float(np.mean([part.value for part in parts]))
        reach = NORMAL_95 * float(np.sqrt(variance)) / len(parts)
        bounds = max(value - reach, -1.0), min(value + reach, 1.0)
        return Score(value, tuple(parts), bounds, columns.left_out(schema))

    def _targets(self, real: pd.DataFrame, schema: Schema, rng: np.random.Generator) -> tuple[Column, ...]:
        if len(columns.comparable(schema)) <= FEWEST:
            raise NotApplicable(f"there are no {FEWEST} columns to rank")
        if getattr(self, "_seen", None) is not real:
            self._seen, self._chosen = real, targets.chosen(real, schema, self.options.target, rng)
        return self._chosen


def _importances(
    column: Column, learned: pd.DataFrame, asked: pd.DataFrame, schema: Schema, seed: int
) -> FloatArray | None:
    """(1 + groups, columns): squared error won by shuffling each column, over all rows, and without each group."""
    made = task(column, learned, asked, schema, kinds=(BOOSTED,))
    if made is None:
        return None
    model = made.models(BOOSTED, None, _TREES, seed)
    fresh, rng = made.features[BOOSTED][1].copy(), np.random.default_rng(seed)
    errors = made.errors(model(fresh))
    lost = np.zeros((_GROUPS + 1, fresh.shape[1]))
    for j in range(fresh.shape[1]):
        kept = fresh[:, j].copy()
        fresh[:, j] = kept[rng.permutation(len(kept))]
        lost[:, j] = _means(made.errors(model(fresh)) - errors)
        fresh[:, j] = kept
    return lost


def _means(rows: FloatArray) -> FloatArray:
    """(1 + groups,) the mean over all rows, and over those without each group."""
    groups = np.arange(len(rows)) % _GROUPS
    return np.array([rows.mean(), *(rows[groups != group].mean() for group in range(_GROUPS))])


def _correlation(found: FloatArray | None, yardstick: FloatArray) -> tuple[float, float]:
    """Spearman's correlation of the importances, and its variance by the rows asked about.

    0 where the model knows nothing, so that no column matters.
    """
    if found is None:
        return 0.0, 0.0
    values = [_spearman(own, other) for own, other in zip(found, yardstick, strict=True)]
    without = np.array(values[1:])
    return values[0], (_GROUPS - 1) / _GROUPS * float(np.square(without - without.mean()).sum())


def _spearman(first: FloatArray, second: FloatArray) -> float:
    a, b = ranks(np.round(first, 9)), ranks(np.round(second, 9))
    if a.std() == 0 or b.std() == 0:
        return 0.0
    return float(np.clip(np.corrcoef(a, b)[0, 1], -1.0, 1.0))
