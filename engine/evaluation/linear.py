"""Tables as features for a linear model: numbers as normal scores, labels as columns of their own, gaps marked.

A number stands as the normal score of its rank, and that score's square, so that a linear model sees places and spreads
but no extreme value rules it. Ranks are those among one table's numbers, or among all.
"""

from __future__ import annotations

import warnings
from collections.abc import Iterator, Sequence
from contextlib import contextmanager

import numpy as np
import pandas as pd

from engine.blas import one_thread
from engine.evaluation import columns
from engine.evaluation.base import FloatArray
from engine.evaluation.columns import IntArray
from engine.evaluation.features import frequent
from engine.table.schema import Column, Schema

LEVELS = 30  # labels of a column that are told apart; the rarer ones share one


def design(
    tables: Sequence[pd.DataFrame], schema: Schema, *, without: str | None = None, by: int | None = None
) -> list[FloatArray]:
    """(rows, features) of each parsed table, from its comparable columns but `without`; features vary.

    by: the table whose ranks and frequent labels count, all together by default.
    """
    blocks = [
        _block(column, [table[column.name] for table in tables], by)
        for column in columns.comparable(schema)
        if column.name != without
    ]
    if not blocks:
        return [np.empty((len(table), 0)) for table in tables]
    whole = np.concatenate(blocks, axis=1)
    whole = whole[:, np.ptp(whole, axis=0) > 0] if len(whole) else whole
    return list(np.split(whole, np.cumsum([len(table) for table in tables])[:-1]))


def _block(column: Column, sides: list[pd.Series], by: int | None) -> FloatArray:
    """(rows of all tables, features) of one column."""
    if column.kind.numeric:
        numbers = [columns.numbers(side) for side in sides]
        whole = np.concatenate(numbers)
        scores = normal_scores(whole, whole if by is None else numbers[by])
        gaps = np.isnan(scores)
        square = np.where(gaps, 0.0, (scores**2 - 1.0) / np.sqrt(2.0))
        return np.stack([np.where(gaps, 0.0, scores), square, gaps.astype(np.float64)], axis=1)
    found, k = columns.codes(*sides)
    merged = np.concatenate(frequent(found, k, LEVELS, by=None if by is None else found[by]))
    return label_features(merged, min(k, LEVELS))


def normal_scores(values: FloatArray, among: FloatArray) -> FloatArray:
    """Mid-ranks among the present values of `among` as quantiles of the normal distribution; missing stays NaN.

    What lies beyond them is as far out as half a value of them would be.
    """
    from scipy.special import ndtri

    order = np.sort(among[~np.isnan(among)])
    most = max(len(order), 1)
    ranks = (np.searchsorted(order, values, "left") + np.searchsorted(order, values, "right")) / (2.0 * most)
    return np.where(np.isnan(values), np.nan, ndtri(np.clip(ranks, 0.5 / most, 1.0 - 0.5 / most)))


def label_features(found: IntArray, k: int) -> FloatArray:
    """(rows, k): 1 in the place of the row's label, none where it is missing."""
    return np.asarray(found[:, None] == np.arange(k), dtype=np.float64)


@contextmanager
def fitting() -> Iterator[None]:
    """Scikit-learn's models on one thread, and no warning where classes can be told for certain: Newton's method then
    stops early and another one goes on.

    Looking for the threads takes a while, so enter it once for many models.
    """
    import sklearn.ensemble  # loaded before its threads are looked for
    import sklearn.linear_model  # noqa: F401
    from sklearn.exceptions import ConvergenceWarning

    with one_thread(), one_thread("openmp"), warnings.catch_warnings():
        warnings.simplefilter("ignore", ConvergenceWarning)
        yield
