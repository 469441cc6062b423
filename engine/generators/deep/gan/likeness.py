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


class PairShares:
    """Shares of rows with each pair of options, over all pairs of at most 30 blocks drawn at random.

    options: (rows, blocks) of rows that are not learned from.
    """

    def __init__(self, layout: Layout, options: Ints, rng: np.random.Generator) -> None:
        self.chosen = np.sort(rng.permutation(layout.blocks)[:_BLOCKS])
        parts = [layout.part(i) for i in self.chosen]
        self.entries = np.concatenate([np.arange(part.start, part.stop) for part in parts])
        block = np.repeat(np.arange(len(parts)), [part.stop - part.start for part in parts])
        # A pair within one block says nothing; a lone block is judged by its own shares instead.
        self.apart = block[:, None] != block[None, :] if len(parts) > 1 else np.eye(len(block), dtype=bool)
        self.lone = len(parts) == 1
        self.wanted = self._shares(layout.hot(options))
        alone = layout.shares[self.entries]
        start = np.diag(alone) if self.lone else np.outer(alone, alone)
        self.unit = max(float(np.square(start - self.wanted)[self.apart].sum()), UNRELATED)

    def _shares(self, chances: Singles) -> Singles:
        own = chances[:, self.entries]
        if self.lone:
            return np.asarray(np.diag(own.mean(axis=0)))
        return np.asarray(own.T @ own / np.float32(max(len(own), 1)))

    def far(self, chances: Singles) -> float:
        """(rows, options) chances of made rows -> squared distance from the wanted shares, in units of the squared
        distance of columns drawn one by one: 0 is the same, 1 knows no relation. Squares, unlike sizes, add to the
        noise of few held-out rows only a constant."""
        apart = (self._shares(chances) - self.wanted)[self.apart]
        return float(np.square(apart).sum(dtype=np.float64) / self.unit)
