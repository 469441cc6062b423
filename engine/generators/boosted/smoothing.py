"""A grid without the accidents of its training rows: smoothed edges of cells, fewer values that come back as they are.

512 cells of equal mass follow every accident of the training rows: a cell of 20 rows is a fifth too narrow or too wide
by chance, and made rows repeat that. Here the quantile function of each run of neighbouring intervals is drawn through
fewer knots by monotone cubic interpolation (Fritsch and Carlson 1980). How many knots is decided by the likelihood
that half of the values give the other half: steps and heaps keep all of them.
"""

from __future__ import annotations

from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

from engine.codecs.grid import Grid

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]

STRIDES = (32, 16, 8, 4, 2, 1)  # cells from knot to knot
_TIMES = 5  # different frequencies that a slope is drawn through
_FEWEST = 16  # cells of a run that is worth it
_POPULAR = 0.2  # share of shared values above which a run stays as it is
_MOST = 50_000  # values that are compared


def smooth(grid: Grid, codes: Floats, rng: np.random.Generator) -> None:
    """Move the inner edges of the grid's intervals, whose masses stay what they were, and discount shared values."""
    values = np.sort(codes[~np.isnan(codes)])
    _discount(grid, values)
    moved = False
    for first, end in _runs(grid):
        edges = np.r_[grid.low[first:end], grid.high[end - 1]]
        inside = values[(values > edges[0]) & (values < edges[-1])]
        popular = slice(grid.popular_start[first], grid.popular_start[end])
        if len(np.unique(inside)) < 2 * len(edges) or grid.popular_share[popular].sum() > _POPULAR * (end - first):
            continue
        reach = np.r_[0.0, np.cumsum(grid.mass[first:end])]
        stride = _stride(edges, reach / reach[-1], inside, rng)
        if stride > 1:
            new = _through(edges, reach, stride)
            grid.low[first:end], grid.high[first:end] = new[:-1], new[1:]
            moved = True
    if moved:
        grid._index()


def _discount(grid: Grid, values: Floats) -> None:
    """Values that were shared by chance are shared by fewer fresh rows: simple Good-Turing (Gale and Sampson 1995).

    log of "how many values occur r times" is taken as linear in log r, with slope b < -1; r occurrences then promise
    r (1 + 1 / r) ** (b + 1) among as many fresh rows. Heaps, whose frequencies do not fall that way, keep theirs.
    """
    if not len(grid.popular_value):
        return
    counts = np.unique(values, return_counts=True)[1]
    times, how_many = np.unique(counts, return_counts=True)
    if len(times) < _TIMES:
        return
    gap = np.diff(np.r_[0, times, 2 * times[-1] - times[-2]])
    spread = how_many / (0.5 * (gap[:-1] + gap[1:]))
    slope = float(np.polyfit(np.log(times), np.log(spread), 1)[0])
    left, right = np.searchsorted(values, grid.popular_value), np.searchsorted(values, grid.popular_value, side="right")
    seen = np.maximum(right - left, 1)
    grid.popular_share = grid.popular_share * (1 + 1 / seen) ** min(slope + 1, 0.0)


def _runs(grid: Grid) -> list[tuple[int, int]]:
    """(first, end) of neighbouring intervals without a hole or an atom between them."""
    joined = ~grid.atom[:-1] & ~grid.atom[1:] & (grid.high[:-1] == grid.low[1:])
    breaks = np.r_[0, np.flatnonzero(~joined) + 1, len(grid.atom)]
    return [(int(a), int(b)) for a, b in pairwise(breaks) if b - a >= _FEWEST]


def _knots(size: int, stride: int) -> Ints:
    """Places 0 .. size - 1 of the knots, both ends among them."""
    return np.unique(np.r_[np.arange(0, size, stride), size - 1])


def _through(edges: Floats, reach: Floats, stride: int) -> Floats:
    from scipy.interpolate import PchipInterpolator

    knots = _knots(len(edges), stride)
    if len(knots) < 3:
        return edges
    drawn = np.asarray(PchipInterpolator(reach[knots], edges[knots])(reach), dtype=np.float64)
    return np.maximum.accumulate(np.clip(drawn, edges[0], edges[-1]))


def _stride(edges: Floats, share: Floats, values: Floats, rng: np.random.Generator) -> int:
    """The widest stride at which half of the values are as likely under the other half as at the best one."""
    if len(values) > _MOST:
        values = np.sort(rng.choice(values, _MOST, replace=False))
    own = rng.random(len(values)) < 0.5
    learned, told = values[own], values[~own]
    places = np.r_[edges[0], np.quantile(learned, share[1:-1]), edges[-1]]
    scores = [_likelihood(_through(places, share, stride), share, told) for stride in STRIDES]
    return STRIDES[int(np.argmax(scores))]


def _likelihood(edges: Floats, share: Floats, values: Floats) -> float:
    """Mean log density of the values when mass is even inside each cell."""
    width = np.maximum(np.diff(edges), (edges[-1] - edges[0]) * 1e-9)
    at = np.clip(np.searchsorted(edges, values, side="right") - 1, 0, len(width) - 1)
    return float(np.log(np.diff(share)[at] / width[at]).mean())
