"""Utility: what a model that learned from made rows can say about fresh real rows, beside one that learned from real.

Train on synthetic, test on real (Esteban, Hyland and Rätsch 2017, arXiv:1706.02633), for several target columns in
turn. A target is told from all other columns by scikit-learn's histogram gradient boosting. The skill on fresh rows is
one minus the squared error over that of a guess which knows the target's distribution only: for numbers and dates of
their ranks among the real rows that were learned from (so that no extreme value rules the figure), for categories of
the chances of all labels (Brier 1950). Skill is thus at most 1; a model that is worse than the guess counts as 0.

Targets are the columns that a model of real rows tells best, but for those that follow from another column (a code
beside its label), which say nothing of a relation. Where nothing can be told, there is no utility to keep.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd

from engine.blas import one_thread
from engine.errors import NotApplicable
from engine.evaluation import columns
from engine.evaluation.base import FloatArray
from engine.evaluation.columns import IntArray
from engine.evaluation.features import affordable, drawn, encode, frequent, learnable
from engine.seeds import framework_seed, stream
from engine.table.schema import Column, Schema

TARGETS = 3  # columns that are told in turn, at most
CANDIDATES = 12  # columns that are tried as targets, at most; of more some are drawn
ROWS = 5_000  # rows that a model learns from, at most; more are drawn from
CELLS = 250_000  # cells that it learns from, at most, but for the thousand rows that every table may have
TESTED = 5_000  # fresh rows that it is tested on, at most
SKILL = 0.05  # of a model of real rows, from which a column is a target
FOLLOWS = 0.98  # skill from which a column is taken to follow from the others
CLASSES = 8  # labels that are told apart; of more the rarer ones share one
_FEWEST = 25  # rows with a value of the target, on each side
_LEAVES = 15


@dataclass(frozen=True, slots=True)
class _Effort:
    """How much a model may learn: trees, from at most so many rows."""

    trees: int
    rows: int


_FULL = _Effort(50, ROWS)
_TRIAL = _Effort(20, 2_000)  # to find the targets

Check = Callable[[], None]


@dataclass(frozen=True, slots=True, eq=False)
class _Target:
    """A column to tell. errors: of the model of real rows, base: of the guess; per fresh row, 0 where it is missing."""

    column: Column
    errors: FloatArray
    base: FloatArray

    @property
    def skill(self) -> float:
        return self.skill_of(self.errors)

    def skill_of(self, errors: FloatArray) -> float:
        return max(1.0 - float(errors.sum() / self.base.sum()), 0.0)

    def influence(self, errors: FloatArray) -> FloatArray:
        """Of each fresh row on the skill."""
        if not self.skill_of(errors):
            return np.zeros(len(errors))
        base = float(self.base.mean())
        return np.asarray((errors.mean() / base * (self.base - base) - (errors - errors.mean())) / base)


@dataclass(frozen=True, slots=True)
class Told:
    """One target: the skill of the models that learned from made and from real rows."""

    column: str
    made: float
    real: float


@dataclass(frozen=True, slots=True)
class Utility:
    """value: the mean skill of models of made rows over that of models of real rows; 1 is as good, it can be above.

    influence: of each fresh row on the value (mean about 0); how the models themselves would vary is not in it.
    """

    value: float
    targets: tuple[Told, ...]
    influence: FloatArray


class UtilityTest:
    """The targets of a table, with what models of its real rows reach; then made tables are held against them."""

    def __init__(
        self, learned: pd.DataFrame, fresh: pd.DataFrame, schema: Schema, seed: int, check: Check = lambda: None
    ) -> None:
        """Parsed tables. check: asked between models; may raise. Raises NotApplicable where no column can be told."""
        self._learned, self._schema, self._seed, self._check = learned, schema, seed, check
        self._fresh_rows = len(fresh)
        self._places = drawn(np.arange(len(fresh)), TESTED, stream(seed, "utility", "fresh"))
        self._fresh = fresh.iloc[self._places]
        tried = [t for t in (self._target(column, _TRIAL) for column in self._candidates()) if t is not None]
        able = sorted((t for t in tried if SKILL <= t.skill < FOLLOWS), key=lambda t: -t.skill)
        found = [self._target(t.column, _FULL) for t in able[:TARGETS]]
        self.targets = tuple(t for t in found if t is not None and t.skill >= SKILL)
        if not self.targets:
            raise NotApplicable("no column can be told from the others")

    def measure(self, made: pd.DataFrame) -> Utility:
        """What models of `made` (parsed) reach on the same fresh rows."""
        errors = [self._errors(target.column, made, _FULL) for target in self.targets]
        told = tuple(
            Told(target.column.name, target.skill_of(own), target.skill)
            for target, own in zip(self.targets, errors, strict=True)
        )
        real, value = sum(t.real for t in told), sum(t.made for t in told)
        influence = np.zeros(len(self._fresh))
        for target, own in zip(self.targets, errors, strict=True):
            influence += (target.influence(own) - value / real * target.influence(target.errors)) / real
        return Utility(value / real, told, self._spread(influence))

    def _spread(self, influence: FloatArray) -> FloatArray:
        """Influences of the tested rows as those of all fresh rows."""
        out = np.zeros(self._fresh_rows)
        out[self._places] = influence * self._fresh_rows / len(self._places)
        return out

    def _candidates(self) -> Sequence[Column]:
        used = columns.comparable(self._schema)
        if len(used) < 2:
            raise NotApplicable("there is only one column to compare")
        return [used[i] for i in drawn(np.arange(len(used)), CANDIDATES, stream(self._seed, "utility", "targets"))]

    def _target(self, column: Column, effort: _Effort) -> _Target | None:
        """The column as a target, by a model of real rows; None where too few rows have it, or it does not vary."""
        sides = self._learned[column.name], self._fresh[column.name]
        if any(side.notna().sum() < _FEWEST or side.nunique() < 2 for side in sides):
            return None
        learned, truth = self._outcomes(column, self._learned)
        guess = np.nanmean(learned, axis=0)
        base = np.nan_to_num(((truth - guess) ** 2).sum(axis=1))
        return _Target(column, self._errors(column, self._learned, effort), base) if base.any() else None

    def _errors(self, column: Column, table: pd.DataFrame, effort: _Effort) -> FloatArray:
        """(tested rows,) the squared error of a model that learned the column from `table`; 0 where it is missing."""
        self._check()
        rng = stream(self._seed, "utility", column.name, "learned")
        has = np.flatnonzero(table[column.name].notna().to_numpy())
        most = affordable(effort.rows, CELLS, len(columns.comparable(self._schema)))
        part = table.iloc[drawn(has, most, rng)]
        learned, truth = self._outcomes(column, part)
        features = encode([part, self._fresh], self._schema).without(column.name)
        seed = framework_seed(self._seed, "utility", column.name)
        model = _Model(effort.trees, features.categorical, column.kind.numeric, seed)
        guess = model.guesses(features.tables[0], learned, features.tables[1])
        return np.asarray(np.nan_to_num(((truth - guess) ** 2).sum(axis=1)))

    def _outcomes(self, column: Column, table: pd.DataFrame) -> tuple[FloatArray, FloatArray]:
        """(rows, outcomes) of the target in `table` and in the fresh rows: its rank, or 0 and 1 for each label.

        Rows without a value are NaN. Ranks, and which labels are told apart, are those of the learned real rows.
        """
        first, fresh, made = (part[column.name] for part in (self._learned, self._fresh, table))
        if column.kind.numeric:
            order = np.sort(columns.numbers(first.dropna()))
            return _ranks(columns.numbers(made), order), _ranks(columns.numbers(fresh), order)
        found, k = columns.codes(first, fresh, made)
        _, here, there = frequent(found, k, CLASSES, by=found[0])
        return _one_hot(there, min(k, CLASSES)), _one_hot(here, min(k, CLASSES))


def _ranks(values: FloatArray, order: FloatArray) -> FloatArray:
    """(rows, 1) mid-ranks among `order`, 0 to 1."""
    ranks = (np.searchsorted(order, values, "left") + np.searchsorted(order, values, "right")) / (2.0 * len(order))
    return np.where(np.isnan(values), np.nan, ranks)[:, None]


def _one_hot(found: IntArray, k: int) -> FloatArray:
    """(rows, k)"""
    return np.where(found[:, None] < 0, np.nan, found[:, None] == np.arange(k))


@dataclass(frozen=True, slots=True)
class _Model:
    """Trees that learn a target."""

    trees: int
    categorical: tuple[bool, ...]
    numeric: bool
    seed: int

    def guesses(self, own: FloatArray, learned: FloatArray, fresh: FloatArray) -> FloatArray:
        """(fresh rows, outcomes) as expected after `learned` was seen beside `own`."""
        from sklearn.ensemble import HistGradientBoostingClassifier, HistGradientBoostingRegressor

        out = np.zeros((len(fresh), learned.shape[1]))
        if not len(own):
            return out
        own = learnable(own)
        how = {
            "max_iter": self.trees,
            "max_leaf_nodes": _LEAVES,
            "categorical_features": list(self.categorical),
            "early_stopping": False,
            "random_state": self.seed,
        }
        with one_thread("openmp"):
            if self.numeric:
                out[:, 0] = HistGradientBoostingRegressor(**how).fit(own, learned[:, 0]).predict(fresh)
                return out
            labels = learned.argmax(axis=1)
            present = np.unique(labels)
            if len(present) == 1:
                out[:, present] = 1.0
            else:
                out[:, present] = HistGradientBoostingClassifier(**how).fit(own, labels).predict_proba(fresh)
        return out
