"""Smooth curves of a column: a density by kernels on a fine grid, and the cumulative share, both quick at any size."""

from __future__ import annotations

import numpy as np

from engine.evaluation.base import FloatArray

FINE = 1024  # grid of the convolution
POINTS = 257  # drawn
REACH = 4.0  # bandwidths


def bandwidth(values: FloatArray, low: float, high: float) -> float:
    """Silverman's rule (1986, eq. 3.31), narrowed by a third so that several modes stay apart."""
    # In units of the range, so that squares of huge and of tiny numbers stay within float64.
    unit = (values / 2 - low / 2) / (high / 2 - low / 2)
    spread = float(unit.std())
    quartiles = np.quantile(unit, [0.25, 0.75])
    inner = float(quartiles[1] - quartiles[0]) / 1.34
    spread = min(spread, inner) if inner > 0 else spread
    width = 0.6 * spread * len(values) ** -0.2
    return float(np.clip(width, 1 / 300, 1 / 10)) * (high - low)


def density(values: FloatArray, low: float, high: float, width: float, total: int) -> FloatArray:
    """A Gaussian kernel density at `POINTS` even places from low to high; it integrates to len(values) / total.

    What the kernels would put beyond the ends is reflected, so that a bound such as 0 stays one. Values are counted
    on a fine grid first, whose error is far below the line's width.
    """
    step = (high - low) / FINE
    counts, _ = np.histogram(np.clip(values, low, high), bins=FINE, range=(low, high))
    half = max(int(np.ceil(REACH * width / step)), 1)
    kernel = np.exp(-0.5 * (np.arange(-half, half + 1) * step / width) ** 2)
    full = np.convolve(counts, kernel / kernel.sum())  # (FINE + 2 half,)
    inside = full[half : half + FINE].copy()
    reach = min(half, FINE)
    inside[:reach] += full[half - reach : half][::-1]
    inside[-reach:] += full[half + FINE : half + FINE + reach][::-1]
    centres = (np.arange(FINE) + 0.5) / FINE  # in units of the range, where slopes stay within float64
    return np.interp(np.linspace(0.0, 1.0, POINTS), centres, inside / max(total, 1)) / step


def places(both: FloatArray) -> FloatArray:
    """Where cumulative shares are read: even quantiles of all values, both ends included."""
    return np.unique(np.quantile(both, np.linspace(0.0, 1.0, POINTS), method="inverted_cdf"))


def cumulative(values: FloatArray, at: FloatArray) -> FloatArray:
    """The exact share of values at or below each place; zeros where there are no values."""
    if not len(values):
        return np.zeros(len(at))
    return np.searchsorted(np.sort(values), at, side="right") / len(values)
