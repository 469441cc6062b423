"""Told apart: classifiers that learn to tell the rows of two tables, and what gives the made ones away.

Two classifiers, a linear one and boosted trees, learn from rows of both tables and are asked about others
(cross-validation). The figure is the area under the ROC curve; 0.5 is chance (Lopez-Paz and Oquab 2017, Revisiting
Classifier Two-Sample Tests). What gives a table away is told in three ways: by how much the trees lose when a column is
shuffled among the rows they are asked about (Breiman 2001), and by how well one column alone, or two, tell the tables,
with the counts of their values in the other folds.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from itertools import combinations

import numpy as np
import pandas as pd

from engine.errors import NotApplicable
from engine.evaluation import columns, draws, linear
from engine.evaluation.base import FloatArray
from engine.evaluation.columns import IntArray
from engine.evaluation.features import Features, affordable, encode, frequent, learnable
from engine.evaluation.twosample import placements
from engine.table.schema import Column, Schema

ROWS = 8_000  # of each side at most; more are drawn from
CELLS = 400_000  # of each side at most, but for the thousand rows that every table may have
FEWEST = 50  # of each side at least
FOLDS = 5
LINEAR, BOOSTED = "Logistic regression", "Boosted trees"
PAIRED = 30  # columns of which all pairs are tried: those that alone tell the tables best
ALONE, PAIR = (8, 100), (4, 20)  # bins of a number at least and at most, where it is looked at alone, and in pairs
LABELS = {ALONE: 250, PAIR: 40}  # of a column that are told apart
_TREES, _LEAVES, _RATE = 50, 31, 0.1
_STRETCH = float(np.sqrt(1 + FOLDS / (FOLDS - 1)))
_STILL = 9  # decimals of a probability; finer differences are arithmetic

Fit = Callable[[FloatArray, IntArray], Callable[[FloatArray], FloatArray]]


@dataclass(frozen=True, slots=True)
class Told:
    """auc: area under the ROC curve. influence: of each real and each other row on it.

    The rows' own influence (DeLong et al. 1988) leaves out that other rows would also have trained other models, so it
    is stretched as Nadeau and Bengio (2003, Machine Learning 52) do: by √(1 + folds · asked / learned).
    """

    auc: float
    influence: tuple[FloatArray, FloatArray]


@dataclass(frozen=True, slots=True)
class Detection:
    """What the classifiers reach, by name; losses: of the trees' area by column when it is shuffled; alone and pairs:
    the area by column and by two columns; rows: of each side that were compared."""

    told: dict[str, Told]
    losses: dict[str, float]
    alone: dict[str, float]
    pairs: dict[tuple[str, str], float]
    rows: int


def detect(real: pd.DataFrame, other: pd.DataFrame, schema: Schema, rng: np.random.Generator) -> Detection:
    """Tell `other` from `real`: parsed tables, over the comparable columns.

    Raises NotApplicable where there are too few rows, or no column to tell them by.
    """
    used = columns.comparable(schema)
    if not used:
        raise NotApplicable("no column can be compared")
    size = min(len(real), len(other), affordable(ROWS, CELLS, len(used)))
    if size < FEWEST:
        raise NotApplicable(f"a classifier needs at least {FEWEST} rows of each table")
    keys = draws.keys([real, other], schema, rng)
    chosen = [draws.smallest(side, size) for side in keys]
    parts = [table.iloc[rows] for table, rows in zip((real, other), chosen, strict=True)]
    folds = [draws.folds(side[rows], FOLDS) for side, rows in zip(keys, chosen, strict=True)]
    judge = _Judge(folds, chosen, (len(real), len(other)))
    features, losses = encode(parts, schema), np.zeros(len(used))
    trees = _trees(features, int(rng.integers(2**31)))
    with linear.fitting():
        told = {LINEAR: judge.told(judge.scores(linear.design(parts, schema), _logistic))}
        scores = judge.scores(features.tables, trees, lambda *at: _shuffled(losses, judge, rng, *at))
        told[BOOSTED] = judge.told(scores)
    alone = {c.name: judge.by_cells(_coded(c, parts, ALONE)) for c in used}
    able = sorted(used, key=lambda c: (-alone[c.name], c.name))[:PAIRED]
    coded = {c.name: _coded(c, parts, PAIR) for c in used if c in able}
    pairs = {(a, b): judge.by_cells(columns.cells(*_turned(coded[a], coded[b]))) for a, b in combinations(coded, 2)}
    return Detection(told, dict(zip(features.names, losses.tolist(), strict=True)), alone, pairs, size)


@dataclass(frozen=True, slots=True)
class _Judge:
    """Folds of both sides' chosen rows. rows: of the whole tables."""

    folds: list[IntArray]
    chosen: list[IntArray]
    rows: tuple[int, int]

    def usable(self) -> list[int]:
        """The folds that have rows of both sides, and leave some to learn from."""
        return [f for f in range(FOLDS) if all(0 < (side == f).sum() < len(side) for side in self.folds)]

    def scores(
        self,
        tables: Sequence[FloatArray],
        fit: Fit,
        after: Callable[[Callable[[FloatArray], FloatArray], list[FloatArray]], None] | None = None,
    ) -> list[FloatArray]:
        """(chosen rows,) of each side: the chance of being real, by a model of the other folds.

        after: called with each fold's model and rows.
        """
        out = [np.full(len(side), np.nan) for side in self.folds]
        for fold in self.usable():
            held = [side == fold for side in self.folds]
            own = [table[~mask] for table, mask in zip(tables, held, strict=True)]
            model = fit(np.concatenate(own), np.repeat([1, 0], [len(side) for side in own]))
            fresh = [table[mask] for table, mask in zip(tables, held, strict=True)]
            for side, mask, rows in zip(out, held, fresh, strict=True):
                side[mask] = model(rows)
            if after is not None:
                after(model, fresh)
        return out

    def told(self, scores: list[FloatArray]) -> Told:
        """The area over all folds, each by its share of rows, and the rows' influence."""
        folds = self.usable()
        sizes = np.array([[(side == f).sum() for f in folds] for side in self.folds])  # (sides, folds)
        weights = sizes.sum(axis=0) / sizes.sum()
        auc, sides = 0.0, [np.zeros(n) for n in self.rows]
        for place, fold in enumerate(folds):
            held = [side == fold for side in self.folds]
            placed = placements(*(score[mask] for score, mask in zip(scores, held, strict=True)))
            area = float(placed[0].mean())
            auc += weights[place] * area
            for out, rows, mask, found in zip(sides, self.chosen, held, placed, strict=True):
                out[rows[mask]] = _STRETCH * (found - area) * weights[place] * len(out) / len(found)
        return Told(float(auc), (sides[0], sides[1]))

    def by_cells(self, found: tuple[list[IntArray], int]) -> float:
        """The area that the cells' counts in the other folds reach."""
        (left, right), k = found
        folds = self.usable()
        counts = [
            np.stack([np.bincount(side[own == f], minlength=k) for f in folds])
            for side, own in zip((left, right), self.folds, strict=True)
        ]  # two of (folds, cells)
        learned = [side.sum(axis=0) - side for side in counts]
        score = (learned[0] + 0.5) / (learned[0] + learned[1] + 1.0)
        areas = [_area(score[f], counts[0][f], counts[1][f]) for f in range(len(folds))]
        return float(np.average(areas, weights=sum(side.sum(axis=1) for side in counts)))


def _area(score: FloatArray, real: IntArray, other: IntArray) -> float:
    """The area under the ROC curve where so many rows of each side have each score; ties count half."""
    values, place = np.unique(score, return_inverse=True)
    up, down = (np.bincount(place, side, len(values)) for side in (real, other))
    below = np.cumsum(down) - down / 2.0
    return float((up * below).sum() / (up.sum() * down.sum()))


def _shuffled(
    losses: FloatArray,
    judge: _Judge,
    rng: np.random.Generator,
    model: Callable[[FloatArray], FloatArray],
    fresh: list[FloatArray],
) -> None:
    """Add to `losses` what the fold's model loses when a column is shuffled among both sides' rows."""
    both = np.concatenate(fresh)
    cut = len(fresh[0])

    def area(rows: FloatArray) -> float:
        found = model(rows)
        return float(placements(found[:cut], found[cut:])[0].mean())

    whole, folds = area(both), len(judge.usable())
    for j in range(both.shape[1]):
        kept = both[:, j].copy()
        both[:, j] = kept[rng.permutation(len(kept))]
        losses[j] += (whole - area(both)) / folds
        both[:, j] = kept


def _logistic(own: FloatArray, labels: IntArray) -> Callable[[FloatArray], FloatArray]:
    from sklearn.linear_model import LogisticRegression

    if not own.shape[1]:
        return lambda rows: np.full(len(rows), 0.5)
    model = LogisticRegression(C=1.0, solver="newton-cholesky", max_iter=100, tol=1e-3).fit(own, labels)
    return lambda rows: np.round(model.predict_proba(rows)[:, 1], _STILL)


def _trees(features: Features, seed: int) -> Fit:
    def fit(own: FloatArray, labels: IntArray) -> Callable[[FloatArray], FloatArray]:
        from sklearn.ensemble import HistGradientBoostingClassifier

        model = HistGradientBoostingClassifier(
            max_iter=_TREES,
            max_leaf_nodes=_LEAVES,
            learning_rate=_RATE,
            categorical_features=list(features.categorical),
            early_stopping=False,
            random_state=seed,
        )
        model.fit(learnable(own), labels)
        return lambda rows: np.asarray(np.round(model.predict_proba(rows)[:, 1], _STILL))

    return fit


def _coded(column: Column, parts: Sequence[pd.DataFrame], bins: tuple[int, int]) -> tuple[list[IntArray], int]:
    """A column of both sides as codes over common bins or labels; missing is a state. Few rows get few bins."""
    sides = [part[column.name] for part in parts]
    if column.kind.numeric:
        numbers = [columns.numbers(side) for side in sides]
        both = np.concatenate(numbers)
        both = both[~np.isnan(both)]
        rows = len(sides[0])
        count = int(np.clip(rows / 40 if bins == ALONE else np.sqrt(rows / 10), *bins))
        cuts = np.unique(np.quantile(both, np.arange(1, count) / count, method="inverted_cdf")) if len(both) else both
        found = [columns.binned(side, cuts) for side in numbers]
    else:
        codes, k = columns.codes(*sides)
        found = [columns.with_missing(c, LABELS[bins]) for c in frequent(codes, k, LABELS[bins])]
    return [codes for codes, _ in found], found[0][1]


def _turned(
    first: tuple[list[IntArray], int], second: tuple[list[IntArray], int]
) -> tuple[list[tuple[IntArray, int]], list[tuple[IntArray, int]]]:
    """As `columns.cells` takes them: (codes, states) table by table."""
    left, right = ([(codes, k) for codes in found] for found, k in (first, second))
    return left, right
