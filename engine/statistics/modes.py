"""How many peaks the distribution of a number clearly has."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]

_LOOKED = 5_000  # values that are looked at: so many of all, in even steps of their order
_FEWEST = 50
_POINTS = 256  # of the density
_SPIKE = 0.05  # share of rows from which a single value is a spike, and for which it then counts: it is no peak
_WIDTH = 1.35  # of the smoothing, in standard deviations of n to the power -1/5
_VALLEY = 0.8  # between two peaks the density is at most that much of the lower one
_MASS = 0.1  # share of rows that each peak has at least
_SURE = 3.0  # standard errors by which a valley lies below its lower peak


def peaks(values: Floats) -> int:
    """Clear peaks of the density of (rows,) finite values; 0 where there are too few values to tell.

    The density is a histogram smoothed by a normal curve, half as wide again as Silverman's (1986, eq. 3.31) and by the
    standard deviation, which is wide for long tails: few peaks rather than false ones, as round numbers would make.
    Values shared by many rows are spikes of a number that is otherwise continuous, and count for a part. Two peaks
    count as two where each has a tenth of the rows and the valley between them is clearly deeper than chance makes it.
    """
    values = _continuous(values)
    values = values / (float(np.abs(values).max(initial=0.0)) or 1.0)  # squares of huge numbers have no float
    spread = float(values.std()) if len(values) else 0.0
    if len(values) < _FEWEST or not spread > 0:
        return 0
    width = _WIDTH * spread * len(values) ** -0.2
    low, high = float(values.min()) - 3 * width, float(values.max()) + 3 * width
    step = (high - low) / _POINTS
    counts, _ = np.histogram(values, bins=_POINTS, range=(low, high))
    reach = int(np.ceil(4 * width / step))
    curve = np.exp(-0.5 * (np.arange(-reach, reach + 1) * step / width) ** 2)
    density = np.convolve(counts, curve, mode="same")  # rows within about 2.5 widths
    return len(_clear(density, np.cumsum(counts) / len(values)))


def _continuous(values: Floats) -> Floats:
    """Sorted values with their spikes cut, at most `_LOOKED` of them."""
    distinct, counts = np.unique(values, return_counts=True)
    usual = int(counts[counts <= max(_SPIKE * len(values), 1)].sum())
    kept = np.repeat(distinct, np.minimum(counts, max(int(_SPIKE * usual), 1)))
    if len(kept) <= _LOOKED:
        return kept
    return kept[np.linspace(0, len(kept) - 1, _LOOKED).round().astype(np.int64)]


def _clear(density: Floats, below: Floats) -> list[int]:
    """Places of the clear peaks. below: share of rows up to each place.

    Peaks are taken from the left; one that no clear valley parts from the last is merged with it.
    """
    rising = np.diff(density, prepend=-1.0) > 0
    tops = np.flatnonzero(rising & (np.diff(density, append=-1.0) <= 0))
    kept: list[int] = []
    start = 0.0  # share of rows up to the last valley
    for top in tops.tolist():
        if not kept:
            kept.append(top)
            continue
        last = kept[-1]
        valley = last + int(density[last : top + 1].argmin())
        lower = min(density[last], density[top])
        deep = density[valley] <= _VALLEY * lower and lower - density[valley] >= _SURE * np.sqrt(lower)
        if deep and below[valley] - start >= _MASS and 1.0 - below[valley] >= _MASS:
            kept.append(top)
            start = float(below[valley])
        elif density[top] > density[last]:
            kept[-1] = top
    return kept
