"""Whether the rows of a table are a series in time, and which of its numbers go on from row to row or come round."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from scipy.special import ndtri

Floats = NDArray[np.float64]

_FEWEST = 40  # rows of a series
_EVEN = 0.9  # share of steps that are as long as the usual one
_GOES_ON = 0.5  # correlation of a row with the next from which a number goes on
_CHANCE = 1e-6  # of a peak of the periodogram as high by chance
_COMES_ROUND = 0.2  # share of the variance that one period and its neighbours tell
_ROUNDS = 3  # times that a period comes round, at least
_STANDS_OUT = 4.0  # times the power of any slower period


def even_order(moments: Floats) -> NDArray[np.intp] | None:
    """The order in which (rows,) moments, all known, rise in even steps; None where they do not."""
    if len(moments) < _FEWEST or not np.isfinite(moments).all():
        return None
    order = np.argsort(moments, kind="stable")
    steps = np.diff(moments[order])
    usual = float(np.median(steps))
    if usual <= 0 or np.mean(np.abs(steps - usual) <= 0.15 * usual) < _EVEN:  # months differ by a tenth
        return None
    return order


def goes_on(values: Floats) -> bool:
    """Whether values in their order, gaps NaN, are like the ones before: their ranks correlate by half and more."""
    ranks = normal_ranks(values)
    one, other = ranks[:-1], ranks[1:]
    both = np.isfinite(one) & np.isfinite(other)
    if both.sum() < _FEWEST or one[both].std() == 0 or other[both].std() == 0:
        return False
    return float(np.corrcoef(one[both], other[both])[0, 1]) >= _GOES_ON


def period(values: Floats) -> float | None:
    """Rows after which values in their order come round again, or None where they do not.

    From the periodogram of the ranks without their straight trend: its highest peak, if Fisher's test (1929) finds it
    beyond chance, if it tells a fifth of the variance, comes round three times, and stands out of the slower periods:
    a series that merely wanders has most of its variance in the slowest ones.
    """
    ranks = normal_ranks(values)
    known = np.isfinite(ranks)
    if known.sum() < _FEWEST or known.mean() < _EVEN:
        return None
    ranks = np.where(known, ranks, 0.0)
    place = np.arange(len(ranks), dtype=np.float64)
    ranks = ranks - np.polyval(np.polyfit(place, ranks, 1), place)
    power = np.abs(np.fft.rfft(ranks)[1 : (len(ranks) + 1) // 2]) ** 2
    total = float(power.sum())
    if not total > 0:
        return None
    at = int(power.argmax())
    share = float(power[at]) / total
    near = float(power[max(at - 1, 0) : at + 2].sum()) / total
    beyond = len(power) * (1.0 - share) ** (len(power) - 1) < _CHANCE
    slower = float(power[: max(at - 1, 0)].max(initial=0.0))
    stands_out = at + 1 >= _ROUNDS and power[at] >= _STANDS_OUT * slower
    return len(ranks) / (at + 1) if beyond and near >= _COMES_ROUND and stands_out else None


def normal_ranks(values: Floats) -> Floats:
    """Ranks among the known values as normal scores, equal values alike; NaN stays."""
    found = np.full(len(values), np.nan)
    known = np.isfinite(values)
    distinct, place, counts = np.unique(values[known], return_inverse=True, return_counts=True)
    if len(distinct):
        middle = np.cumsum(counts) - counts / 2.0
        found[known] = ndtri(middle[place] / known.sum())
    return found
