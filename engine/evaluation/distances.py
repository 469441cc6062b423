"""Distances between two samples, each with the influence of every row on it."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from engine.evaluation.base import FloatArray
from engine.evaluation.columns import IntArray


@dataclass(frozen=True, slots=True)
class Likeness:
    """A likeness in [0, 1], 1 is the same, and what each real and each other row adds to it."""

    value: float
    real: FloatArray
    other: FloatArray


def ks_complement(real: FloatArray, other: FloatArray) -> Likeness:
    """One minus the largest gap between the two empirical distribution functions; NaN is left out.

    Both sides need at least one value. Two-sample statistic of Kolmogorov and Smirnov, exact with ties.
    """
    left, right = np.sort(real[~np.isnan(real)]), np.sort(other[~np.isnan(other)])
    points = np.concatenate([left, right])
    gaps = np.searchsorted(left, points, "right") / len(left) - np.searchsorted(right, points, "right") / len(right)
    at = int(np.argmax(np.abs(gaps)))
    sign = np.sign(gaps[at])
    return Likeness(
        1.0 - abs(float(gaps[at])),
        -sign * _below(real, points[at], len(left)),
        sign * _below(other, points[at], len(right)),
    )


def _below(values: FloatArray, point: float, present: int) -> FloatArray:
    """Influence of each row on the share of present values at or below `point`."""
    below = values <= point
    share = below.sum() / present
    return np.asarray(np.where(np.isnan(values), 0.0, below - share)) * (len(values) / present)


def tv_complement(real: IntArray, other: IntArray, k: int) -> Likeness:
    """One minus the total variation distance between two samples of codes 0..k-1; -1 is left out.

    Both sides need at least one value.
    """
    gap = _shares(real, k) - _shares(other, k)
    side = 0.5 * np.sign(gap)
    return Likeness(1.0 - 0.5 * float(np.abs(gap).sum()), -_weights(real, side), _weights(other, side))


def _shares(found: IntArray, k: int) -> FloatArray:
    counts = np.bincount(found[found >= 0], minlength=k)
    return np.asarray(counts / counts.sum())


def _weights(found: IntArray, side: FloatArray) -> FloatArray:
    """Influence of each row on the sum of shares times `side`."""
    present = found >= 0
    values = np.where(present, side[found], 0.0)
    count = present.sum()
    return np.asarray(np.where(present, values - values.sum() / count, 0.0) * (len(found) / count))


def cramers_v(first: IntArray, second: IntArray, k1: int, k2: int, *, corrected: bool = False) -> float:
    """Cramér's V of two coded columns (no missing codes); NaN when either has one state only.

    corrected: without its upward bias in small samples (Bergsma 2013, Journal of the Korean Statistical Society 42).
    """
    n = len(first)
    rows, columns = np.bincount(first, minlength=k1), np.bincount(second, minlength=k2)
    r, c = int((rows > 0).sum()), int((columns > 0).sum())
    if min(r, c) < 2:
        return float("nan")
    used, counts = _cell_counts(first * k2 + second, k1 * k2)
    phi = max(float((counts / rows[used // k2] * (counts / columns[used % k2])).sum()) - 1.0, 0.0)
    if not corrected:
        return float(min(np.sqrt(phi / (min(r, c) - 1)), 1.0))
    phi = max(phi - (r - 1) * (c - 1) / (n - 1), 0.0)
    r_, c_ = r - (r - 1) ** 2 / (n - 1), c - (c - 1) ** 2 / (n - 1)
    return float(min(np.sqrt(phi / (min(r_, c_) - 1)), 1.0)) if min(r_, c_) > 1 else 0.0


def _cell_counts(found: IntArray, size: int) -> tuple[IntArray, IntArray]:
    """The cells in use and how many rows each holds."""
    if size > max(1 << 20, 4 * len(found)):
        used, counts = np.unique(found, return_counts=True)
        return used, counts
    counts = np.bincount(found)
    used = np.flatnonzero(counts)
    return used, counts[used]
