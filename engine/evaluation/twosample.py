"""A classifier two-sample test: can boosted trees tell made rows from real rows that nobody trained on?

Lopez-Paz and Oquab 2017, Revisiting Classifier Two-Sample Tests (ICLR). Real and made rows in equal numbers are told
apart by scikit-learn's histogram gradient boosting, cross-validated; the figure is the area under the ROC curve of
rows that the classifier has not seen, averaged over the folds, and the share of it that is beyond chance. Measured
against rows that the generator has seen, the figure can be bought by copying them; so give it rows that it has not.

Numbers and dates go in as they are, categories as codes, missing cells as missing (the trees have a branch for them).
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import pandas as pd

from engine.blas import one_thread
from engine.errors import NotApplicable
from engine.evaluation import columns
from engine.evaluation.base import FloatArray
from engine.evaluation.columns import IntArray
from engine.evaluation.features import affordable, drawn, encode, learnable
from engine.evaluation.intervals import interval
from engine.table.schema import Schema

ROWS = 10_000  # of each side at most; more are drawn from
CELLS = 500_000  # of each side at most, so that wide tables take no longer; but for the thousand rows that all may have
FEWEST = 20  # of each side at least
FOLDS = 5
_TREES, _LEAVES, _RATE = 60, 31, 0.1


@dataclass(frozen=True, slots=True)
class TwoSample:
    """auc: 0.5 is chance; score: 1 − 2 (auc − 0.5), 1 is not to be told apart, 0 is always told; never above 1.

    interval: 95%, of the score. rows: of each side that were compared. influence: of each real and each other row on
    the score (see `engine.evaluation.base.Score`; DeLong et al. 1988 for the area under the curve). How the classifier
    itself would vary is not in it.
    """

    auc: float
    score: float
    interval: tuple[float, float]
    rows: int
    influence: tuple[FloatArray, FloatArray]


def two_sample(
    real: pd.DataFrame,
    other: pd.DataFrame,
    schema: Schema,
    rng: np.random.Generator,
    check: Callable[[], None] = lambda: None,
) -> TwoSample:
    """Tell `other` from `real`: parsed tables, over the comparable columns. check: asked between folds; may raise.

    Raises NotApplicable where there are too few rows, or no column to tell them by.
    """
    if not columns.comparable(schema):
        raise NotApplicable("no column can be compared")
    size = min(len(real), len(other), affordable(ROWS, CELLS, len(columns.comparable(schema))))
    if size < FEWEST:
        raise NotApplicable(f"a classifier needs at least {FEWEST} rows of each table")
    chosen = [drawn(np.arange(len(table)), size, rng) for table in (real, other)]
    encoded = encode([real.iloc[chosen[0]], other.iloc[chosen[1]]], schema)
    folds = [_folds(size, rng) for _ in range(2)]
    seed = int(rng.integers(2**31))
    placed = [np.empty(size), np.empty(size)]
    for fold in range(FOLDS):
        check()
        held = [side == fold for side in folds]
        own = [t[~h] for t, h in zip(encoded.tables, held, strict=True)]
        fresh = [t[h] for t, h in zip(encoded.tables, held, strict=True)]
        scores = _scores(own, fresh, encoded.categorical, seed)
        for side, mask, found in zip(placed, held, placements(*scores), strict=True):
            side[mask] = found
    return _result(placed, chosen, (len(real), len(other)), folds)


def _folds(size: int, rng: np.random.Generator) -> IntArray:
    """The fold of each row, as even as can be."""
    return rng.permutation(np.arange(size) % FOLDS)


def _scores(
    own: list[FloatArray], fresh: list[FloatArray], categorical: tuple[bool, ...], seed: int
) -> list[FloatArray]:
    """Of each side's fresh rows, the chance of being real after both sides' own rows were seen."""
    from sklearn.ensemble import HistGradientBoostingClassifier

    model = HistGradientBoostingClassifier(
        max_iter=_TREES,
        max_leaf_nodes=_LEAVES,
        learning_rate=_RATE,
        categorical_features=list(categorical),
        early_stopping=False,
        random_state=seed,
    )
    labels = np.repeat([1, 0], [len(side) for side in own])
    with one_thread("openmp"):
        model.fit(learnable(np.concatenate(own)), labels)
        return [np.asarray(model.predict_proba(side)[:, 1]) for side in fresh]


def placements(real: FloatArray, other: FloatArray) -> tuple[FloatArray, FloatArray]:
    """Of each row, the share of the other side's rows that are rightly placed to it; ties count half.

    Both means are the area under the ROC curve of scores that should be higher on the real side.
    """
    from scipy.stats import rankdata

    both = rankdata(np.concatenate([real, other]))
    first = (both[: len(real)] - rankdata(real)) / len(other)
    second = 1.0 - (both[len(real) :] - rankdata(other)) / len(real)
    return np.asarray(first), np.asarray(second)


def _result(
    placed: list[FloatArray], chosen: list[IntArray], rows: tuple[int, int], folds: list[IntArray]
) -> TwoSample:
    """The figure from each row's placement among the rows of its fold."""
    by_fold = [np.bincount(fold, side, FOLDS) / np.bincount(fold) for fold, side in zip(folds, placed, strict=True)]
    auc = float(np.mean(by_fold[0]))
    score = 1.0 - 2.0 * max(auc - 0.5, 0.0)
    sides = []
    for side, fold, means, own, all_rows in zip(placed, folds, by_fold, chosen, rows, strict=True):
        found = np.zeros(all_rows)
        found[own] = -2.0 * (side - means[fold]) * all_rows / len(own)
        sides.append(found)
    influence = (sides[0], sides[1])
    return TwoSample(auc, score, interval(score, influence, 0.0, 1.0), len(chosen[0]), influence)
