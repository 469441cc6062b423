"""How strongly two columns hang together in one table, with each row's influence on it.

The values have their bias corrected for the number of rows, so that unrelated columns get about 0. Influences (mean
about 0; see `engine.evaluation.base.Score`) are those of the uncorrected figure; rows that lack a value have none.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from engine.evaluation import associations, correlation
from engine.evaluation.base import FloatArray
from engine.evaluation.columns import IntArray
from engine.evaluation.distances import cramers_v

_WEAK = 0.05  # below, the slope of a square root is that at this value: near 0 it has no bounds


@dataclass(frozen=True, slots=True)
class Dependence:
    """value: NaN where it is not defined (a constant, too few rows); rows: (rows,) influences."""

    value: float
    rows: FloatArray


def pearson(first: FloatArray, second: FloatArray) -> Dependence:
    """Pearson's r, -1 to 1. Columns as `correlation.scaled` gives them."""
    value = float(correlation.pearson([first, second])[0, 1])
    if np.isnan(value):
        return Dependence(value, np.zeros(len(first)))
    return Dependence(value, correlation.influence(first, second, value))


def ratio(labels: IntArray, k: int, numbers: FloatArray) -> Dependence:
    """The correlation ratio, 0 to 1: the root of the share of the numbers' variance that lies between labels."""
    value = associations.correlation_ratio(labels, k, numbers)
    both = (labels >= 0) & ~np.isnan(numbers)
    out = np.zeros(len(labels))
    if np.isnan(value):
        return Dependence(value, out)
    found, x = labels[both], numbers[both]
    counts = np.maximum(np.bincount(found, minlength=k), 1)
    within = (x - (np.bincount(found, x, k) / counts)[found]) ** 2
    whole = (x - x.mean()) ** 2
    share = within.mean() / whole.mean()
    moved = ((within - within.mean()) - share * (whole - whole.mean())) / whole.mean()
    out[both] = -moved / (2.0 * max(value, _WEAK)) * (len(out) / len(x))
    return Dependence(value, out)


def contingency(first: IntArray, k1: int, second: IntArray, k2: int) -> Dependence:
    """Cramér's V, 0 to 1."""
    both = (first >= 0) & (second >= 0)
    out = np.zeros(len(first))
    if both.sum() < 2:
        return Dependence(float("nan"), out)
    a, b = first[both], second[both]
    value = cramers_v(a, b, k1, k2, corrected=True)
    if np.isnan(value):
        return Dependence(value, out)
    n, (p, q) = len(a), (np.bincount(side, minlength=k) / len(a) for side, k in ((a, k1), (b, k2)))
    used, place, counts = _cells(a * k2 + b, k1 * k2)
    cell = counts / n
    left, right = used // k2, used % k2
    strength = cell / (p[left] * q[right])
    by_left = np.bincount(left, cell * strength, k1) / np.maximum(p, 1e-300)
    by_right = np.bincount(right, cell * strength, k2) / np.maximum(q, 1e-300)
    moved = 2.0 * strength[place] - by_left[a] - by_right[b]
    fewest = min(int((p > 0).sum()), int((q > 0).sum())) - 1
    out[both] = moved / (2.0 * max(value, _WEAK) * fewest) * (len(out) / n)
    return Dependence(value, out)


def information(first: IntArray, k1: int, second: IntArray, k2: int) -> Dependence:
    """Mutual information as a share of the smaller entropy, 0 to 1, with every state known (missing is one).

    Its bias is corrected as by Miller (1955) and Madow; 0 where a column is constant.
    """
    n = len(first)
    p, q = (np.bincount(side, minlength=k) / n for side, k in ((first, k1), (second, k2)))
    used, place, counts = _cells(first * k2 + second, k1 * k2)
    surprise = np.log(counts / n / (p[used // k2] * q[used % k2]))
    entropies = [float(-(share[share > 0] * np.log(share[share > 0])).sum()) for share in (p, q)]
    at = int(np.argmin(entropies))
    least = entropies[at]
    if least <= 1e-12:
        return Dependence(0.0, np.zeros(n))
    whole = float((counts / n * surprise).sum())
    excess = (len(used) - int((p > 0).sum()) - int((q > 0).sum()) + 1) / (2.0 * n)
    own = -np.log((p[first], q[second])[at]) - least
    moved = (surprise[place] - whole - whole / least * own) / least
    return Dependence(float(np.clip((whole - excess) / least, 0.0, 1.0)), moved)


def _cells(found: IntArray, size: int) -> tuple[IntArray, IntArray, IntArray]:
    """The cells in use, of each row which of these it is in, and how many rows each holds."""
    if size > max(1 << 20, 4 * len(found)):
        return np.unique(found, return_inverse=True, return_counts=True)
    counts = np.bincount(found, minlength=size)
    used = np.flatnonzero(counts)
    place = np.zeros(size, dtype=np.int64)
    place[used] = np.arange(len(used))
    return used, place[found], counts[used]
