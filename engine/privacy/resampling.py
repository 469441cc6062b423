"""Intervals and one p-value for the attacks' figures: a stratified bootstrap, and shuffled coins.

Units are resampled and shuffled, not rows: the rows of one person had one coin. Members and controls (of each split,
where there are several) are resampled apart. The p-value is that of the largest of all standardised figures among its
values under shuffled coins (max-T: Westfall and Young 1993, Resampling-Based Multiple Testing), so that trying several
attacks costs nothing in honesty; the true coins are counted among the shuffles (Phipson and Smyth 2010, Permutation
P-values Should Never Be Zero).
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property

import numpy as np

from engine.evaluation.base import FloatArray
from engine.privacy.nearest import Check, no_check
from engine.privacy.roc import Ranking, Weights, advantage, auc_and_tpr
from engine.privacy.scores import Trial
from engine.privacy.split import Rows

RESAMPLES = 1_000
SHUFFLES = 2_000
_CELLS = 1 << 20  # weights held at a time

FIGURES = ("auc", "tpr", "advantage")


@dataclass(frozen=True)
class Units:
    """The units of a trial: whether each was a member, its split, and how to spread its weight over its records."""

    trial: Trial

    @cached_property
    def first(self) -> Rows:
        return np.unique(self.trial.unit, return_index=True)[1]

    @cached_property
    def member(self) -> np.ndarray:
        return np.asarray(self.trial.member[self.first])

    @cached_property
    def groups(self) -> list[Rows]:
        """Units by split and coin."""
        stratum = self.trial.stratum[self.first]
        return [np.flatnonzero((stratum == s) & (self.member == m)) for s in np.unique(stratum) for m in (True, False)]

    def resampled(self, draws: int, rng: np.random.Generator) -> Weights:
        """(draws, records) how often each record is in a bootstrap sample."""
        counts = np.zeros((draws, len(self.first)))
        for group in self.groups:
            if not len(group):
                continue
            picked = rng.integers(len(group), size=(draws, len(group))) + np.arange(draws)[:, None] * len(group)
            counts[:, group] = np.bincount(picked.ravel(), minlength=draws * len(group)).reshape(draws, -1)
        return counts[:, self.trial.unit]

    def shuffled(self, draws: int, rng: np.random.Generator) -> Weights:
        """(draws, records) 1 where a shuffled coin makes the record a member."""
        labels = np.zeros((draws, len(self.first)))
        for own, others in zip(self.groups[::2], self.groups[1::2], strict=True):
            both = np.concatenate([own, others])
            coins = np.repeat([1.0, 0.0], [len(own), len(others)])
            labels[:, both] = rng.permuted(np.broadcast_to(coins, (draws, len(both))), axis=1)
        return labels[:, self.trial.unit]


def blocks(draws: int, records: int, check: Check) -> Iterator[int]:
    """Numbers of draws that fit into memory at a time, which together are `draws`."""
    step = max(_CELLS // max(records, 1), 1)
    for at in range(0, draws, step):
        check()
        yield min(step, draws - at)


def plain(trial: Trial, rng: np.random.Generator) -> dict[str, dict[str, float]]:
    """The figures of each attack: by its key, then "auc", "tpr" and "advantage"."""
    half = _half(Units(trial), rng)
    weights = trial.member[None, :].astype(np.float64)
    return {key: _row(Ranking.of(s), weights, 1.0 - weights, half) for key, s in trial.scores.items()}


def _row(ranking: Ranking, members: Weights, controls: Weights, half: np.ndarray) -> dict[str, float]:
    values = (*auc_and_tpr(ranking, members, controls), advantage(ranking, members, controls, half))
    return {name: float(value[0]) for name, value in zip(FIGURES, values, strict=True)}


def bootstrapped(
    trial: Trial,
    rng: np.random.Generator,
    half_rng: np.random.Generator,
    draws: int = RESAMPLES,
    check: Check = no_check,
) -> dict[str, dict[str, FloatArray]]:
    """(draws,) each figure of each attack over bootstrap samples, keyed as by `plain`."""
    units = Units(trial)
    half = _half(units, half_rng)
    rankings = {key: Ranking.of(scores) for key, scores in trial.scores.items()}
    found: dict[str, list[tuple[FloatArray, ...]]] = {key: [] for key in rankings}
    for size in blocks(draws, len(trial.member), check):
        weights = units.resampled(size, rng)
        members, controls = weights * trial.member, weights * ~trial.member
        for key, ranking in rankings.items():
            own = auc_and_tpr(ranking, members, controls)
            found[key].append((*own, advantage(ranking, members, controls, half)))
    return {
        key: {name: np.concatenate([part[i] for part in parts]) for i, name in enumerate(FIGURES)}
        for key, parts in found.items()
    }


def _half(units: Units, rng: np.random.Generator) -> np.ndarray:
    """(records,) whether a record is in the first of two random halves of the units, of either coin."""
    first = np.zeros(len(units.first), dtype=np.bool_)
    for group in units.groups:
        first[rng.permutation(group)[: len(group) // 2]] = True
    return np.asarray(first[units.trial.unit])


def interval(draws: FloatArray) -> tuple[float, float]:
    """95%, by percentiles; figures that could not be computed in a sample are left out."""
    known = draws[np.isfinite(draws)]
    if not len(known):
        return float("nan"), float("nan")
    low, high = np.quantile(known, [0.025, 0.975])
    return float(low), float(high)


def p_value(trial: Trial, rng: np.random.Generator, draws: int = SHUFFLES, check: Check = no_check) -> float:
    """How often shuffled coins give as large a figure, of any attack, among all and among the most unusual tenth."""
    units = Units(trial)
    sets = [np.ones(len(trial.member), dtype=np.bool_)] + ([trial.tenth] if trial.has_tenth else [])
    rankings = [(mask, Ranking.of(scores[mask])) for mask in sets for scores in trial.scores.values()]
    own = trial.member[None, :].astype(np.float64)
    rows = [_statistics(rankings, own)]
    for size in blocks(draws, len(trial.member), check):
        rows.append(_statistics(rankings, units.shuffled(size, rng)))
    values = np.concatenate(rows)
    spread = np.std(values, axis=0)
    spread[~(spread > 1e-9)] = np.nan  # a figure that is the same for all coins says nothing
    values = (values - values.mean(axis=0)) / spread
    largest = np.where(np.isfinite(values), values, -np.inf).max(axis=1)
    return float((largest >= largest[0] - 1e-9).mean())  # the true coins are one of the shuffles


def _statistics(rankings: list[tuple[np.ndarray, Ranking]], members: Weights) -> FloatArray:
    """(draws, figures)."""
    found: list[FloatArray] = []
    for mask, ranking in rankings:
        found.extend(auc_and_tpr(ranking, members[:, mask], 1.0 - members[:, mask]))
    return np.column_stack(found)
