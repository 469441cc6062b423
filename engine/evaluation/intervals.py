"""Intervals from influence: how far a figure would move had other rows been drawn from the same two populations.

Each figure is a smooth function of the two empirical distributions (away from ties), so its first-order expansion
gives every row an influence on it, and the variance of the figure is the sum of the rows' variances (the infinitesimal
jackknife; Efron 1982, The Jackknife, the Bootstrap and Other Resampling Plans, ch. 6). Averages over columns or pairs
average the influences row by row, so that the dependence between columns is kept, which a bootstrap over columns
would lose. Where two tables agree down to noise the expansion overstates the variance: such intervals are wide
rather than narrow.
"""

from __future__ import annotations

import numpy as np

from engine.evaluation.base import FloatArray

NORMAL_95 = 1.959963984540054


class Influence:
    """Collects, row by row, what the parts of an averaged figure owe to each row of the two tables."""

    def __init__(self, real: int, other: int) -> None:
        self._real, self._other, self._parts = np.zeros(real), np.zeros(other), 0

    def add(self, real: FloatArray, other: FloatArray) -> None:
        self._real += real
        self._other += other
        self._parts += 1

    def mean(self) -> tuple[FloatArray, FloatArray]:
        """Influences on the average of the parts added."""
        parts = max(self._parts, 1)
        return self._real / parts, self._other / parts


def spread(influence: tuple[FloatArray, FloatArray]) -> float:
    """The standard error that the influences imply."""
    return float(np.sqrt(sum(np.var(side) / len(side) for side in influence)))


def interval(value: float, influence: tuple[FloatArray, FloatArray], low: float, high: float) -> tuple[float, float]:
    """The 95% interval, kept inside the figure's range."""
    reach = NORMAL_95 * spread(influence)
    return max(value - reach, low), min(value + reach, high)
