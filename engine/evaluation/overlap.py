"""Estimates with their confidence intervals, from two tables, and how much the intervals overlap.

Both tables become the same features (numbers standardised by the real ones, labels as columns of their own, gaps
marked). Means and regressions come from sums over ten groups of rows, so that they are also known without each group.
Standard errors of coefficients are the classical ones of least squares.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from engine.evaluation import columns
from engine.evaluation.base import FloatArray
from engine.evaluation.columns import IntArray
from engine.evaluation.features import frequent
from engine.evaluation.intervals import NORMAL_95
from engine.evaluation.linear import label_features
from engine.table.schema import Column

LABELS = 12  # of a column that are told apart, the most frequent real ones
GROUPS = 10
_SAME = 1e-6  # share of a feature's variance that others leave, from which it says nothing new

Estimates = tuple[FloatArray, FloatArray]  # values and their standard errors


@dataclass(frozen=True, slots=True, eq=False)
class Block:
    """One column of both tables. values: (rows, features) of each, 0 where missing; gaps: (rows,) of each.

    middle and scale turn a standardised number into one in the column's units.
    """

    column: Column
    values: tuple[FloatArray, FloatArray]
    gaps: tuple[NDArray[np.bool_], NDArray[np.bool_]]
    middle: float = 0.0
    scale: float = 1.0


def block(column: Column, real: pd.Series, other: pd.Series) -> Block | None:
    """None where the real column does not vary. Labels: all but the most frequent real one, the rarest together."""
    if not column.kind.numeric:
        found, k = columns.codes(real, other)
        kept = min(LABELS, k)
        named = frequent(found, k, kept, by=found[0])
        common = int(np.bincount(named[0][named[0] >= 0], minlength=kept).argmax()) if (named[0] >= 0).any() else 0
        values = [np.delete(label_features(side, kept), common, axis=1) for side in named]
        gaps = [side < 0 for side in named]
        return Block(column, (values[0], values[1]), (gaps[0], gaps[1])) if values[0].any() else None
    numbers = [columns.numbers(side) for side in (real, other)]
    with np.errstate(over="ignore"):
        middle, scale = float(np.nanmean(numbers[0])), float(np.nanstd(numbers[0]))
    if not np.isfinite(middle) or not np.isfinite(scale) or scale <= 1e-12 * abs(middle):
        return None
    scaled = [np.clip((side - middle) / scale, -1e6, 1e6) for side in numbers]
    known = [np.isnan(side) for side in scaled]
    filled = [np.where(gap, 0.0, side)[:, None] for gap, side in zip(known, scaled, strict=True)]
    return Block(column, (filled[0], filled[1]), (known[0], known[1]), middle, scale)


class Means:
    """The means of a block's features in one table (side 0 is the real one), also without each group of rows."""

    def __init__(self, found: Block, side: int, groups: IntArray) -> None:
        values, there = found.values[side], ~found.gaps[side]
        self._counts = np.bincount(groups[there], minlength=GROUPS).astype(np.float64)
        self._sums, self._squares = (
            np.stack([np.bincount(groups[there], column[there], GROUPS) for column in part.T], axis=1)
            for part in (values, values**2)
        )
        self._labels = not found.column.kind.numeric

    def estimates(self, without: int | None = None) -> Estimates:
        """A share of labels is that of a row more with the label and one without it (Agresti and Coull 1998)."""
        kept = np.delete(np.arange(GROUPS), [] if without is None else [without])
        n = max(float(self._counts[kept].sum()), 1.0)
        sums, squares = self._sums[kept].sum(axis=0), self._squares[kept].sum(axis=0)
        if self._labels:
            share = (sums + 1.0) / (n + 2.0)
            return share, np.sqrt(share * (1.0 - share) / (n + 2.0))
        mean = sums / n
        return mean, np.sqrt(np.maximum(squares / n - mean**2, 0.0) / max(n - 1.0, 1.0))


class Regression:
    """Least squares of one feature on those of the other columns, in one table, also without each group of rows."""

    def __init__(self, rows: FloatArray, groups: IntArray, there: NDArray[np.bool_]) -> None:
        """rows: (rows, 1 + predictors + 1), a 1 in front and the outcome last; there: rows that have the outcome."""
        self._counts = np.bincount(groups[there], minlength=GROUPS)
        parts = [rows[there & (groups == group)] for group in range(GROUPS)]
        self._products = np.stack([part.T @ part for part in parts])

    @cached_property
    def _whole(self) -> FloatArray:
        return np.asarray(self._products.sum(axis=0))

    def useful(self) -> IntArray:
        """Predictors (with the 1) that no earlier ones fix, by Gram and Schmidt."""
        left = self._whole[:-1, :-1].copy()
        size, kept = np.diag(left).copy(), []
        for j in range(len(left)):
            if left[j, j] > _SAME * max(size[j], 1e-300):
                kept.append(j)
                left -= np.outer(left[:, j], left[j]) / left[j, j]
        return np.array(kept, dtype=np.int64)

    def estimates(self, kept: IntArray, without: int | None = None) -> Estimates:
        """Of the coefficients `kept`. Where the table cannot tell them their errors are without bounds."""
        whole, n = self._whole, int(self._counts.sum())
        if without is not None:
            whole, n = whole - self._products[without], n - int(self._counts[without])
        normal, outcome = whole[np.ix_(kept, kept)], whole[kept, -1]
        inverse = np.linalg.pinv(normal, rcond=1e-10, hermitian=True)
        found = inverse @ outcome
        rest = max(float(whole[-1, -1] - found @ outcome), 0.0) / max(n - len(kept), 1)
        errors = np.sqrt(np.maximum(np.diag(inverse), 0.0) * rest)
        unknown = np.diag(normal) <= 0
        return np.where(unknown, 0.0, found), np.where(unknown, np.inf, errors)


def overlap(real: Estimates, other: Estimates) -> FloatArray:
    """Of each estimate the mean share of both 95% intervals that they have in common; 0 where they are apart."""
    (a, s), (b, t) = real, other
    low = np.maximum(a - NORMAL_95 * s, b - NORMAL_95 * t)
    high = np.minimum(a + NORMAL_95 * s, b + NORMAL_95 * t)
    shares = []
    for error in (s, t):
        with np.errstate(divide="ignore", invalid="ignore"):
            share = np.maximum(high - low, 0.0) / (2.0 * NORMAL_95 * error)
        share = np.where(error == 0, high >= low, share)  # a point lies inside or not
        shares.append(np.where(np.isinf(error), 0.0, share))
    return np.clip((shares[0] + shares[1]) / 2.0, 0.0, 1.0)
