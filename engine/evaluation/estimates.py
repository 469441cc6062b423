"""Estimates agree: would the same analysis of both tables come to the same estimates, within their intervals?

Interval overlap after Karr, Kohnen, Oganian, Reiter and Sanil (2006, The American Statistician 60), of the means of
numbers and dates, the shares of labels, and the coefficients of linear regressions of a column on all others.
"""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import ClassVar

import numpy as np
import pandas as pd

from engine.blas import one_thread
from engine.errors import NotApplicable
from engine.evaluation import columns, draws
from engine.evaluation.base import FloatArray, Goal, Metric, MetricInfo, Part, Score, Tier
from engine.evaluation.columns import IntArray
from engine.evaluation.features import affordable
from engine.evaluation.intervals import NORMAL_95
from engine.evaluation.overlap import GROUPS, Block, Means, Regression, block, overlap
from engine.table.schema import Kind, Schema

MEAN, COEFFICIENT = "Mean or share", "Coefficient"
OUTCOMES = 8  # columns that are regressed on the others, in turn, where none is named: the first numbers and dates
PREDICTORS = 30  # columns in a regression, the first ones
ROWS = 50_000  # of each table, at most
CELLS = 750_000  # the same, but for the thousand rows that every table may have

SOURCE = "Confidence interval overlap (Karr et al. 2006)"

# The overlaps of one part, with the real and with the other rows of a group left out (None: with all).
Overlaps = Callable[[int | None, int | None], FloatArray]


class _Agree(Metric):
    tier = Tier.FULL
    exact = False
    words: ClassVar[str]

    def sentence(self, score: Score) -> str:
        worst = min(score.parts, key=lambda part: part.value)
        return (
            f"The confidence intervals of {self.words} from both tables overlap to {score.value:.1%} on average; least "
            f"of {' on '.join(f'“{name}”' for name in worst.columns)}, {worst.value:.1%}."
        )

    def _compute(self, real: pd.DataFrame, other: pd.DataFrame, schema: Schema, rng: np.random.Generator) -> Score:
        used = columns.comparable(schema)
        most = affordable(ROWS, CELLS, max(len(used), 1))
        sides = [table.iloc[draws.first(table, schema, most, rng)] for table in (real, other)]
        groups = [np.arange(len(side)) % GROUPS for side in sides]  # rows come in random order
        found = [block(c, sides[0][c.name], sides[1][c.name]) for c in used if sides[0][c.name].notna().any()]
        with one_thread():
            estimates = self._estimates([one for one in found if one is not None], groups)
            if not estimates:
                raise NotApplicable(f"there are no {self.words} to estimate")
            return _score(estimates, columns.left_out(schema))

    @abstractmethod
    def _estimates(self, blocks: list[Block], groups: list[IntArray]) -> list[_Estimate]: ...


class MeansAgree(_Agree):
    words = "means and shares"
    info: ClassVar[MetricInfo] = MetricInfo(
        key="means_agree",
        label="Means agree",
        group="utility",
        goal=Goal.MAXIMIZE,
        low=0.0,
        high=1.0,
        meaning="How much the 95% confidence intervals of means of numbers and shares of labels from both tables "
        "overlap, on average: 1 is the same interval. The more rows, the harder it is; compare with fresh real rows.",
        source=SOURCE,
    )

    def _estimates(self, blocks: list[Block], groups: list[IntArray]) -> list[_Estimate]:
        out = []
        for one in blocks:
            means = [Means(one, side, groups[side]) for side in (0, 1)]
            out.append(_Estimate((one.column.name,), MEAN, _of_means(means), _details(one, means)))
        return out


class RegressionsAgree(_Agree):
    words = "regression coefficients"
    info: ClassVar[MetricInfo] = MetricInfo(
        key="regressions_agree",
        label="Regressions agree",
        group="utility",
        goal=Goal.MAXIMIZE,
        low=0.0,
        high=1.0,
        meaning="How much the 95% confidence intervals of the coefficients of linear regressions from both tables "
        "overlap, on average: 1 is the same interval. The more rows, the harder it is; compare with fresh real rows.",
        source=SOURCE,
    )

    def _estimates(self, blocks: list[Block], groups: list[IntArray]) -> list[_Estimate]:
        """Regressions of the named column, or of numbers and dates, on the other columns."""
        outcomes = [one for one in blocks if one.column.kind.numeric][:OUTCOMES]
        if self.options.target is not None:
            outcomes = [one for one in blocks if one.column.name == self.options.target]
        return [
            _Estimate(pair, COEFFICIENT, overlaps)
            for outcome in outcomes
            for pair, overlaps in _regressed(outcome, blocks[:PREDICTORS], groups).items()
        ]


@dataclass(frozen=True, slots=True)
class _Estimate:
    """What is estimated of which columns (an outcome, and the predictor), and how much both intervals overlap."""

    columns: tuple[str, ...]
    method: str
    overlaps: Overlaps
    details: Mapping[str, float] = field(default_factory=dict)


def _of_means(means: list[Means]) -> Overlaps:
    return lambda first, second: overlap(means[0].estimates(first), means[1].estimates(second))


def _details(one: Block, means: list[Means]) -> dict[str, float]:
    """Both means and their errors, of numbers in their units; dates and labels have none to tell."""
    if one.column.kind not in (Kind.INTEGER, Kind.DECIMAL):
        return {}
    found = {}
    for name, side in zip(("real", "other"), means, strict=True):
        value, error = side.estimates()
        found[name], found[f"{name}_error"] = float(value[0] * one.scale + one.middle), float(error[0] * one.scale)
    return found


def _regressed(outcome: Block, blocks: list[Block], groups: list[IntArray]) -> dict[tuple[str, ...], Overlaps]:
    """By outcome and predictor, the overlaps of the coefficients; those of an outcome with several labels together."""
    predictors = [one for one in blocks if one is not outcome]
    owners = [one.column.name for one in predictors for _ in range(one.values[0].shape[1])]
    out: dict[tuple[str, ...], list[Overlaps]] = {}
    sides = []
    for side in (0, 1):
        known = [one.values[side] for one in predictors]
        gaps = [one.gaps[side][:, None].astype(np.float64) for one in predictors if any(g.any() for g in one.gaps)]
        sides.append(np.concatenate([np.ones((len(groups[side]), 1)), *known, *gaps], axis=1))
    for feature in range(outcome.values[0].shape[1]):
        fits = [
            Regression(
                np.column_stack([sides[side], outcome.values[side][:, feature]]),
                groups[side],
                ~outcome.gaps[side],
            )
            for side in (0, 1)
        ]
        kept = fits[0].useful()
        for name in dict.fromkeys(owners):
            own = [1 + place for place, owner in enumerate(owners) if owner == name]
            places = np.flatnonzero(np.isin(kept, own))
            if len(places):
                out.setdefault((outcome.column.name, name), []).append(_of_fits(fits, kept, places))
    return {pair: _joined(found) for pair, found in out.items()}


def _of_fits(fits: list[Regression], kept: IntArray, places: IntArray) -> Overlaps:
    def shares(first: int | None, second: int | None) -> FloatArray:
        left, right = fits[0].estimates(kept, first), fits[1].estimates(kept, second)
        return overlap((left[0][places], left[1][places]), (right[0][places], right[1][places]))

    return shares


def _joined(found: list[Overlaps]) -> Overlaps:
    return lambda first, second: np.concatenate([shares(first, second) for shares in found])


def _score(estimates: list[_Estimate], skipped: tuple[tuple[str, str], ...]) -> Score:
    """The mean over the columns or pairs, and its interval by a jackknife over groups of either table's rows."""
    values = [float(one.overlaps(None, None).mean()) for one in estimates]
    variance = 0.0
    for side in (0, 1):
        without = np.array([_mean(estimates, side, group) for group in range(GROUPS)])
        variance += (GROUPS - 1) / GROUPS * float(np.square(without - without.mean()).sum())
    value, reach = float(np.mean(values)), NORMAL_95 * float(np.sqrt(variance))
    parts = tuple(
        Part(one.columns, own, one.method, details=dict(one.details))
        for one, own in zip(estimates, values, strict=True)
    )
    return Score(value, parts, (max(value - reach, 0.0), min(value + reach, 1.0)), skipped)


def _mean(estimates: list[_Estimate], side: int, group: int) -> float:
    """The figure without a group of one table's rows."""
    left_out = (group, None) if side == 0 else (None, group)
    return float(np.mean([one.overlaps(*left_out).mean() for one in estimates]))
