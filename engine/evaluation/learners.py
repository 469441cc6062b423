"""Models that learn a column from the others: a linear one and boosted trees, and what they reach on fresh rows.

A number or date is foretold as it is (R², mean absolute error), a label by the chances of the most frequent ones (area
under the ROC curve of each against the others, accuracy, F1, log loss). The skill is R², or 2 AUC − 1: 0 is a guess
that knows nothing of the row, 1 is always right; a model worse than that guess counts as 0.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd

from engine.evaluation import columns
from engine.evaluation.base import FloatArray
from engine.evaluation.columns import IntArray
from engine.evaluation.features import encode, frequent, learnable
from engine.evaluation.linear import design
from engine.evaluation.twosample import placements
from engine.evaluation.units import DAY
from engine.table.schema import Column, Kind, Schema

LINEAR, BOOSTED = "Linear model", "Boosted trees"
CLASSES = 6  # labels that are told apart, the most frequent real ones; the rarer ones share the last
FEWEST = 25  # rows with a value of the column, on each side
_LEAVES, _RATE = 15, 0.1
_LEAST = 1e-6  # chance that a model gives a label

Model = Callable[[FloatArray], FloatArray]


@dataclass(frozen=True, slots=True, eq=False)
class Task:
    """Rows to learn a column from, and fresh rows to foretell it in; both have a value of it.

    features: (rows, features) by model, of both; outcomes: (rows,) numbers in units of `scale`, or codes 0..classes-1;
    classes: 0 for a number.
    """

    features: dict[str, tuple[FloatArray, FloatArray]]
    outcomes: tuple[FloatArray, FloatArray]
    classes: int
    categorical: tuple[bool, ...]
    names: tuple[str, ...]
    scale: float = 1.0

    def models(self, kind: str, rows: IntArray | None, trees: int, seed: int) -> Model:
        """A model of `rows` to learn from, all by default; it foretells (rows,) or (rows, classes)."""
        own, learned = self.features[kind][0], self.outcomes[0]
        if rows is not None:
            own, learned = own[rows], learned[rows]
        if self.classes:
            return _classifier(kind, own, learned.astype(np.int64), self.classes, self.categorical, trees, seed)
        return _regressor(kind, own, learned, self.categorical, trees, seed)

    def skill(self, told: FloatArray) -> tuple[float, FloatArray]:
        """The skill of what was told of the fresh rows, and each fresh row's influence on it (mean about 0)."""
        truth = self.outcomes[1]
        value, rows = _gini(truth.astype(np.int64), told) if self.classes else _r2(truth, told)
        return (value, rows) if value > 0 else (0.0, np.zeros(len(rows)))

    def errors(self, told: FloatArray) -> FloatArray:
        """(fresh rows,) squared errors; of labels summed over their chances (Brier 1950)."""
        truth = self.outcomes[1]
        if not self.classes:
            return np.asarray((truth - told) ** 2)
        wrong = (truth[:, None] == np.arange(self.classes)) - told  # (rows, classes)
        return np.asarray((wrong**2).sum(axis=1))

    def figures(self, told: FloatArray) -> dict[str, float]:
        """Proper figures of the fresh rows; errors in the column's own units, of dates in days."""
        truth = self.outcomes[1]
        if self.classes:
            return _class_figures(truth.astype(np.int64), told)
        found = {"r2": _r2(truth, told)[0], "mae": float(np.abs(truth - told).mean() * self.scale)}
        return {key: value for key, value in found.items() if np.isfinite(value)}


def task(
    column: Column, learned: pd.DataFrame, fresh: pd.DataFrame, schema: Schema, kinds: Sequence[str] = (LINEAR, BOOSTED)
) -> Task | None:
    """`column` as a task, of parsed tables; None where too few rows have it, or it does not vary in the fresh ones."""
    sides = [table[table[column.name].notna()] for table in (learned, fresh)]
    if min(map(len, sides)) < FEWEST or sides[1][column.name].nunique() < 2:
        return None
    values = [side[column.name] for side in sides]
    scale, classes = 1.0, 0
    if column.kind.numeric:
        outcomes, scale = _scaled(columns.numbers(values[0]), columns.numbers(values[1]))
        scale = scale / DAY if column.kind is Kind.DATETIME else scale
    else:
        found, k = columns.codes(*values)
        outcomes, classes = _classes(found, k)
    encoded = encode(sides, schema).without(column.name)
    features = {BOOSTED: (encoded.tables[0], encoded.tables[1])}
    if LINEAR in kinds:
        left, right = design(sides, schema, without=column.name, by=1)
        features[LINEAR] = left, right
    return Task(features, outcomes, classes, encoded.categorical, encoded.names, scale)


def _scaled(learned: FloatArray, fresh: FloatArray) -> tuple[tuple[FloatArray, FloatArray], float]:
    """Both moved by the fresh median and divided by the largest fresh distance from it, which is the scale."""
    middle = float(np.median(fresh))
    moved = [side / 2 - middle / 2 for side in (learned, fresh)]
    top = float(np.abs(moved[1]).max())
    return (np.clip(moved[0] / top, -1e6, 1e6), moved[1] / top), 2.0 * min(top, 8e307)


def _classes(found: list[IntArray], k: int) -> tuple[tuple[FloatArray, FloatArray], int]:
    """Codes of the most frequent fresh labels, from 0 on; the others share the last."""
    counts = np.bincount(found[1], minlength=k)
    kept = min(CLASSES, int((counts > 0).sum()))
    named = frequent(found, k, kept, by=found[1]) if k > kept else found
    return (named[0].astype(np.float64), named[1].astype(np.float64)), min(k, kept)


def _classifier(
    kind: str, own: FloatArray, learned: IntArray, k: int, categorical: tuple[bool, ...], trees: int, seed: int
) -> Model:
    present = np.unique(learned)
    if len(present) == 1 or not own.shape[1]:
        shares = np.bincount(learned, minlength=k) / len(learned)
        return lambda rows: np.tile(shares, (len(rows), 1))
    if kind == LINEAR:
        from sklearn.linear_model import LogisticRegression

        solver = "newton-cholesky" if len(present) == 2 else "lbfgs"
        model = LogisticRegression(C=1.0, solver=solver, max_iter=60, tol=1e-3).fit(own, learned)
    else:
        from sklearn.ensemble import HistGradientBoostingClassifier

        rounds = max(trees * 2 // max(len(present), 2), 10)
        model = HistGradientBoostingClassifier(max_iter=rounds, **_how(categorical, seed)).fit(learnable(own), learned)

    def chances(rows: FloatArray) -> FloatArray:
        out = np.zeros((len(rows), k))
        out[:, present] = model.predict_proba(rows)
        return out

    return chances


def _regressor(
    kind: str, own: FloatArray, learned: FloatArray, categorical: tuple[bool, ...], trees: int, seed: int
) -> Model:
    if not own.shape[1]:
        return lambda rows: np.full(len(rows), learned.mean())
    if kind == LINEAR:
        from sklearn.linear_model import Ridge

        ridge = Ridge(alpha=1.0).fit(own, learned)
        return lambda rows: np.asarray(ridge.predict(rows))
    from sklearn.ensemble import HistGradientBoostingRegressor

    model = HistGradientBoostingRegressor(max_iter=trees, **_how(categorical, seed)).fit(learnable(own), learned)
    return lambda rows: np.asarray(model.predict(rows))


def _how(categorical: tuple[bool, ...], seed: int) -> dict[str, object]:
    return {
        "max_leaf_nodes": _LEAVES,
        "learning_rate": _RATE,
        "categorical_features": list(categorical),
        "early_stopping": False,
        "random_state": seed,
    }


def _r2(truth: FloatArray, told: FloatArray) -> tuple[float, FloatArray]:
    """R², and each row's influence on it."""
    errors, base = (truth - told) ** 2, (truth - truth.mean()) ** 2
    share = float(errors.mean() / base.mean())
    return 1.0 - share, np.asarray((share * (base - base.mean()) - (errors - errors.mean())) / base.mean())


def _gini(truth: IntArray, chances: FloatArray) -> tuple[float, FloatArray]:
    """2 AUC − 1, the mean over the labels, each against the others; and each row's influence on it."""
    n, areas, rows = len(truth), [], np.zeros(len(truth))
    for label in range(chances.shape[1]):
        own = truth == label
        if not 0 < own.sum() < n:
            continue
        up, down = placements(chances[own, label], chances[~own, label])
        area = float(up.mean())
        areas.append(area)
        rows[own] += 2.0 * (up - area) * n / len(up)
        rows[~own] += 2.0 * (down - area) * n / len(down)
    return 2.0 * float(np.mean(areas)) - 1.0, rows / len(areas)


def _class_figures(truth: IntArray, chances: FloatArray) -> dict[str, float]:
    guess = chances.argmax(axis=1)
    scores = []
    for label in np.unique(truth):
        hit = float(((guess == label) & (truth == label)).sum())
        scores.append(2.0 * hit / max(float((guess == label).sum() + (truth == label).sum()), 1.0))
    known = np.clip(chances, _LEAST, None)
    known = known / known.sum(axis=1, keepdims=True)
    return {
        "auc": (_gini(truth, chances)[0] + 1.0) / 2.0,
        "accuracy": float((guess == truth).mean()),
        "f1_macro": float(np.mean(scores)),
        "log_loss": float(-np.log(known[np.arange(len(truth)), truth]).mean()),
    }
