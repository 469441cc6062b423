"""Missing cells given the others: rows that lack the same cells are drawn together from the centres that fit them."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import numpy as np
from numpy.typing import NDArray

from engine.generators.cells import Cells
from engine.generators.chain import Chain
from engine.generators.density.smoothed import Smoothed
from engine.generators.relations import Link, Relation
from engine.progress import Reporter

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]
Rows = NDArray[np.int32]


class Filling:
    """Of one table: codes (rows, columns), NaN where a cell is to be filled."""

    def __init__(self, cells: Sequence[Cells], chain: Chain, density: Smoothed, codes: Floats) -> None:
        self.cells, self.chain, self.density, self.codes = cells, chain, density, codes
        self.wanted = np.isnan(codes)

    def drawn(self, found: Rows, rng: np.random.Generator, reporter: Reporter) -> Rows:
        """(rows, columns) cells with those of columns that have a kernel filled; rows that no centre fits by shares."""
        result = found.copy()
        for rows, weights in self._patterns(found):
            known = [j for j in self.density.kernels if not self.wanted[rows[0], j]]
            made, reached = self.density.fill(found[rows], known, weights, rng)
            lost = np.flatnonzero(~reached)
            for j, weight in weights.items():
                made[lost, j] = _by_share(self.cells[j].counts * weight, len(lost), rng)
                result[rows, j] = made[:, j]
            reporter.step(len(rows))
        return result

    def _patterns(self, found: Rows) -> Iterator[tuple[Ints, dict[int, Floats]]]:
        """Rows that lack the same cells, with the weights of the columns to be drawn.

        Where a column that is lacking has a copy or follower that is known, only rows that agree in that are together.
        """
        hints = [
            (j, link)
            for j, link in self.chain.links.items()
            if link.relation is not Relation.GAPS and link.source in self.density.kernels
        ]
        keys = [self.wanted.astype(np.int64)]
        for j, link in hints:
            told = self.wanted[:, link.source] & ~self.wanted[:, j]
            keys.append(np.where(told, found[:, j] + 1, 0)[:, None])
        rows = np.flatnonzero(self.wanted.any(axis=1))
        if not len(rows):
            return
        unique, group = np.unique(np.hstack(keys)[rows], axis=0, return_inverse=True)
        for k, key in enumerate(unique):
            weights = {j: self._fillings(j) for j in self.density.kernels if key[j]}
            for (_, link), hint in zip(hints, key[len(self.cells) :], strict=True):
                if hint:
                    weights[link.source] = _agreeing(weights[link.source], link, int(hint) - 1)
            yield rows[group.reshape(-1) == k], weights

    def _fillings(self, j: int) -> Floats:
        """(cells,) 1 for the cells that a gap may be filled with."""
        own = self.cells[j]
        weight = (own.counts > 0).astype(np.float64)
        weight[:1] *= not own.missing
        return weight if weight.any() else np.ones(own.size)

    def known_again(self, drawn: Rows, found: Rows) -> Rows:
        """Drawn cells with the known ones as they were; a gap that followed from its source gets the commonest cell."""
        result = np.where(self.wanted, drawn, found)
        for j, own in enumerate(self.cells):
            usual = int(np.argmax(own.counts * self._fillings(j)))
            result[:, j] = np.where(self.wanted[:, j] & (result[:, j] < own.missing), usual, result[:, j])
        return result

    def copies_agree(self, values: Floats) -> Floats:
        """(rows, columns) values in which copies and their sources have the one value that is known of them."""
        for j in self.chain.links:
            source = self.chain.copied(j)
            if source is not None:
                value = np.where(np.isnan(self.codes[:, source]), self.codes[:, j], self.codes[:, source])
                values[:, j] = values[:, source] = np.where(np.isnan(value), values[:, source], value)
        return values


def _by_share(counts: Floats, n: int, rng: np.random.Generator) -> Ints:
    """n cells in proportion to counts."""
    return rng.choice(len(counts), size=n, p=counts / counts.sum()) if n else np.empty(0, dtype=np.int64)


def _agreeing(weight: Floats, link: Link, cell: int) -> Floats:
    """Weights of a source's cells that go with a known cell of what follows from it; all where none does."""
    states = np.arange(len(weight)) if link.relation is Relation.COPY else link.states
    narrowed = weight * (states == cell)
    return narrowed if narrowed.any() else weight
