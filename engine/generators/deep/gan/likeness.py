"""The figure by which the best epoch is chosen. A critic's loss tells who is winning, not how good the rows are."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from engine.generators.deep.gan.layout import Layout

Floats = NDArray[np.float64]
Singles = NDArray[np.float32]
Ints = NDArray[np.int64]

_BLOCKS = 30  # of which pairs are looked at


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
        self.pairs = max(len(parts) * (len(parts) - 1), 1)
        self.wanted = self._shares(layout.hot(options))

    def _shares(self, chances: Singles) -> Singles:
        own = chances[:, self.entries]
        if self.pairs == 1:
            return np.asarray(np.diag(own.mean(axis=0)))
        return np.asarray(own.T @ own / np.float32(max(len(own), 1)))

    def far(self, chances: Singles) -> float:
        """(rows, options) chances of made rows -> mean total variation distance of a pair's table."""
        apart = np.abs(self._shares(chances) - self.wanted)
        return float(apart[self.apart].sum(dtype=np.float64) / self.pairs / 2)
