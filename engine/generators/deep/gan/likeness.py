"""The figure by which the best epoch is chosen. A critic's loss tells who is winning, not how good the rows are."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from engine.generators.deep.gan.layout import Layout

Floats = NDArray[np.float64]
Singles = NDArray[np.float32]
Ints = NDArray[np.int64]

_BLOCKS = 30  # of which pairs are looked at
UNRELATED = 0.01  # distance from unrelated columns that chance brings about


class Products:
    """Averages of the products of two entries of a row, over all pairs of at most 30 blocks drawn at random.

    features: (rows, width) of rows that are not learned from.
    """

    def __init__(self, layout: Layout, features: Singles, rng: np.random.Generator) -> None:
        self.chosen = np.sort(rng.permutation(layout.blocks)[:_BLOCKS])
        self.entries = np.flatnonzero(np.isin(layout.home, self.chosen))
        block = layout.home[self.entries]
        # A pair within one block says nothing; a lone block is judged by its own averages instead.
        self.lone = len(self.chosen) == 1
        self.apart = np.eye(len(block), dtype=bool) if self.lone else block[:, None] != block[None, :]
        self.wanted = self._averages(features)
        alone = features[:, self.entries].mean(axis=0)
        start = np.diag(alone) if self.lone else np.outer(alone, alone)
        self.unit = max(float(np.square(start - self.wanted)[self.apart].sum()), UNRELATED)

    def _averages(self, features: Singles) -> Singles:
        own = features[:, self.entries]
        if self.lone:
            return np.asarray(np.diag(own.mean(axis=0)))
        return np.asarray(own.T @ own / np.float32(max(len(own), 1)))

    def far(self, features: Singles) -> float:
        """(rows, width) features of made rows, drawn or on average -> squared distance from the wanted products, in
        units of the squared distance of columns drawn one by one: 0 is the same, 1 knows no relation. Squares, unlike
        sizes, add to the noise of few held-out rows only a constant."""
        apart = (self._averages(features) - self.wanted)[self.apart]
        return float(np.square(apart).sum(dtype=np.float64) / self.unit)
