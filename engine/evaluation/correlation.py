"""Correlations of many columns at once, over the rows in which both of a pair are present, in bounded memory."""

from __future__ import annotations

import numpy as np

from engine.evaluation.base import FloatArray

CHUNK = 65_536  # rows at a time


def scaled(values: FloatArray) -> FloatArray:
    """A column moved and stretched to about mean 0 and spread 1, which leaves correlations as they are.

    Steps keep clear of overflow (1e308) and of cancellation (dates are large numbers close together).
    """
    present = values[~np.isnan(values)]
    if not len(present):
        return values
    middle = float(np.median(present))
    moved = values / 2 - middle / 2
    top = np.nanmax(np.abs(moved))
    moved = moved / top if top > 0 else moved
    spread = np.nanstd(moved)
    return np.asarray((moved - np.nanmean(moved)) / spread if spread > 0 else moved, dtype=np.float64)


def ranks(values: FloatArray) -> FloatArray:
    """Mid-ranks among the present values; ties share the mean rank; missing stays NaN."""
    out = np.full(len(values), np.nan)
    present = ~np.isnan(values)
    _, inverse, counts = np.unique(values[present], return_inverse=True, return_counts=True)
    last = np.cumsum(counts)
    out[present] = (last - (counts - 1) / 2.0)[inverse]
    return out


def pearson(columns: list[FloatArray]) -> FloatArray:
    """The (k, k) matrix of Pearson's r; NaN where a column is constant among the pair's rows.

    columns: k arrays of (rows,), as `scaled` gives them. Sums are taken over chunks of rows.
    """
    k = len(columns)
    count, sums, squares, products = (np.zeros((k, k)) for _ in range(4))
    for start in range(0, len(columns[0]) if k else 0, CHUNK):
        block = np.stack([c[start : start + CHUNK] for c in columns], axis=1)  # (chunk, k)
        there = ~np.isnan(block)
        present, filled = there.astype(np.float64), np.where(there, block, 0.0)
        count += present.T @ present
        sums += filled.T @ present
        squares += (filled**2).T @ present
        products += filled.T @ filled
    with np.errstate(invalid="ignore", divide="ignore"):
        spread = squares - sums**2 / count
        spread[spread < 1e-12 * np.maximum(squares, 1e-300)] = np.nan
        r = (products - sums * sums.T / count) / np.sqrt(spread * spread.T)
    return np.asarray(np.clip(r, -1.0, 1.0))


def influence(x: FloatArray, y: FloatArray, r: float) -> FloatArray:
    """Influence of each row on Pearson's r (Devlin, Gnanadesikan, Kettenring 1975, Biometrika 62)."""
    present = ~(np.isnan(x) | np.isnan(y))
    a, b = _standard(x[present]), _standard(y[present])
    out = np.zeros(len(x))
    out[present] = (a * b - r / 2 * (a**2 + b**2)) * (len(x) / max(int(present.sum()), 1))
    return out


def _standard(values: FloatArray) -> FloatArray:
    return np.asarray((values - values.mean()) / values.std())
