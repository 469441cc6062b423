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

    features: (rows, width) of rows that are not learned from; unit: squared distance of columns drawn one by one.
    """

    def __init__(self, layout: Layout, features: Singles, rng: np.random.Generator) -> None:
        self.chosen = np.sort(rng.permutation(layout.blocks)[:_BLOCKS])
        self.entries = np.flatnonzero(np.isin(layout.home, self.chosen))
        block, hot = layout.home[self.entries], self.entries < layout.options
        # A pair within one block says nothing; a lone block is judged by its own averages instead.
        self.lone = len(self.chosen) == 1
        apart = np.eye(len(block), dtype=bool) if self.lone else block[:, None] != block[None, :]
        self.wanted = self._averages(features)
        alone = features[:, self.entries].mean(axis=0)
        start = np.square((np.diag(alone) if self.lone else np.outer(alone, alone)) - self.wanted)
        # Options are many and seldom 1, places and ranks few and large: each kind has its own unit.
        kinds = [apart & np.logical_and.outer(hot, hot), apart & ~np.logical_and.outer(hot, hot)]
        self.kinds = [kind for kind in kinds if kind.any()]
        self.units = [max(float(start[kind].sum()), UNRELATED) for kind in self.kinds]
        self.unit = max(float(start[apart].sum()), UNRELATED)

    def _averages(self, features: Singles) -> Singles:
        own = features[:, self.entries]
        if self.lone:
            return np.asarray(np.diag(own.mean(axis=0)))
        return np.asarray(own.T @ own / np.float32(max(len(own), 1)))

    def far(self, features: Singles) -> float:
        """(rows, width) features of made rows, drawn or on average -> squared distance from the wanted products, of
        pairs of options and of all others by half each, in units of the squared distance of columns drawn one by one:
        0 is the same, 1 knows no relation. Squares, unlike sizes, add only a constant to the noise of few held-out
        rows.
        """
        off = np.square(self._averages(features) - self.wanted)
        found = [
            float(off[kind].sum(dtype=np.float64)) / unit for kind, unit in zip(self.kinds, self.units, strict=True)
        ]
        return float(np.mean(found)) if found else 0.0
