"""Where the options of all blocks stand side by side, and what a row looks like to the networks. Plain numpy.

A row is its options (one entry of 1 in each block), its places inside ranges, and its ranks: of each number where its
value lies among the training rows, -1..1, so that networks need not learn the order of options from their relations.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from engine.generators.deep.blocks import Encoded, TableBlocks

Floats = NDArray[np.float64]
Singles = NDArray[np.float32]
Ints = NDArray[np.int64]

_ENTRIES = 10_000_000  # of a matrix of rows, at most


class Layout:
    """sizes: (blocks,) options of each; start: (blocks + 1,) first option of each, numbered through all blocks;
    shares: (options,) of the training rows; wide: (scalars, options) 1 where the option is a range with that scalar.

    A rank is `middle` of the option plus `half` of it times the scalar: both (numbers, options); of: (numbers,) the
    scalar of each, -1 for none. home: (width,) the block that each entry of a row belongs to, the first of its column.
    """

    def __init__(self, blocks: TableBlocks, ordered: Sequence[bool]) -> None:
        """ordered: of each column whether its options are numbers in their order."""
        self.sizes = np.array([block.size for block in blocks.blocks], np.int64)
        self.start = np.r_[0, np.cumsum(self.sizes)]
        self.options, self.blocks, self.scalars = int(self.start[-1]), len(self.sizes), len(blocks.scalars)
        parts = [blocks.shares(i) for i in range(self.blocks)]
        self.shares = np.concatenate(parts) if parts else np.zeros(0)
        self.wide = np.zeros((self.scalars, self.options), np.float32)
        numbers = [i for i, block in enumerate(blocks.blocks) if block.digit == 0 and ordered[block.column]]
        self.middle = np.zeros((len(numbers), self.options), np.float32)
        self.half = np.zeros((len(numbers), self.options), np.float32)
        self.of = np.full(len(numbers), -1)
        first = [blocks.blocks_of(scalar.column)[0] for scalar in blocks.scalars]
        self.home = np.r_[np.repeat(np.arange(self.blocks), self.sizes), first, numbers].astype(np.int64)
        for place, i in enumerate(numbers):
            self._rank(blocks, place, i, parts[i])

    def _rank(self, blocks: TableBlocks, place: int, i: int, share: Floats) -> None:
        column = blocks.blocks[i].column
        own, at = blocks.columns[column], blocks.scalar_of(column)
        assert own is not None
        inside = slice(self.start[i], self.start[i + 1])
        known = share.copy()
        if own.cells.missing:
            known[0] = 0.0
        known /= max(known.sum(), 1e-12)
        self.middle[place, inside] = np.where(known > 0, 2 * np.cumsum(known) - known - 1, 0.0)
        if at is not None and len(blocks.blocks_of(column)) == 1:
            self.wide[at, inside] = own.wide
            self.half[place, inside] = known * own.wide
            self.of[place] = at
        elif at is not None:
            self.wide[at, inside] = 1.0  # told by several blocks: which options are ranges does not matter here

    @property
    def width(self) -> int:
        """Entries of a row as the networks see it."""
        return self.options + self.scalars + len(self.middle)

    def at_once(self, most: int) -> int:
        """Rows that are worked on at a time: `most`, fewer where rows are wide."""
        return max(min(most, _ENTRIES // max(self.width, 1)), 1)

    def hot(self, options: Ints) -> Singles:
        """(rows, blocks) -> (rows, options), 1 for each block's own."""
        found = np.zeros((len(options), self.options), np.float32)
        np.put_along_axis(found, options + self.start[:-1], 1.0, axis=1)
        return found

    def features(self, rows: Encoded) -> Singles:
        """(rows, width)."""
        return self.expected(self.hot(rows.options), np.where(rows.ranged, rows.scalars, np.float32(0.0)))

    def expected(self, chances: Singles, scalars: Singles) -> Singles:
        """(rows, width) features on average, of rows whose options are drawn by (rows, options) chances."""
        scalars = scalars * (chances @ self.wide.T)
        ranks = chances @ self.middle.T
        inner = self.of >= 0
        ranks[:, inner] += (chances @ self.half[inner].T) * scalars[:, self.of[inner]]
        return np.concatenate([chances, scalars, ranks], axis=1)

    def part(self, i: int) -> slice:
        """The options of block i."""
        return slice(int(self.start[i]), int(self.start[i + 1]))
