"""How much of each column the best single other column tells, at a glance."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]


def told_by_another(codes: Sequence[Ints], sizes: Sequence[int]) -> Floats:
    """(columns,) share of each column's entropy that the best other column tells, 0 to 1.

    codes: (rows,) small whole numbers of each column, from 0; sizes: how many each has. The information is corrected
    for the few rows of a table (Miller 1955), so that independent columns have about 0. A column without entropy has 0.
    """
    count, rows = len(codes), len(codes[0]) if codes else 0
    if count < 2 or not rows:
        return np.zeros(count)
    starts = np.concatenate([[0], np.cumsum(sizes)])
    ones = np.zeros((rows, int(starts[-1])), np.float32)
    for j, own in enumerate(codes):
        ones[np.arange(rows), starts[j] + own] = 1.0
    together = np.asarray(ones.T @ ones, dtype=np.float64)  # tables of all pairs of columns, side by side
    found = np.zeros((count, count))
    for j in range(count):
        for k in range(j):
            table = together[starts[j] : starts[j + 1], starts[k] : starts[k + 1]]
            found[j, k] = found[k, j] = _information(table)
    entropy = np.array([_entropy(np.diag(together)[starts[j] : starts[j + 1]]) for j in range(count)])
    shares = np.divide(found, entropy[:, None], out=np.zeros_like(found), where=entropy[:, None] > 1e-9)
    return np.asarray(np.clip(shares.max(axis=1), 0.0, 1.0))


def _entropy(counts: Floats) -> float:
    """Nats."""
    share = counts[counts > 0] / counts.sum()
    return float(-(share * np.log(share)).sum())


def _information(table: Floats) -> float:
    """Mutual information, in nats, of a table of counts, less what chance adds to it."""
    rows, columns = int((table.sum(axis=1) > 0).sum()), int((table.sum(axis=0) > 0).sum())
    raw = _entropy(table.sum(axis=1)) + _entropy(table.sum(axis=0)) - _entropy(table.ravel())
    chance = (rows - 1) * (columns - 1) / (2.0 * float(table.sum()))
    return max(raw - chance, 0.0)
