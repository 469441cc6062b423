"""A kernel density over rows of cells: its centres are training rows, its kernel the product of the columns' own.

As the kernel is a product, everything that one would ask of the density is exact: rows under conditions on any columns
(each centre counts by the mass that it has inside), the chance of a row, and missing cells given the others.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

import numpy as np
from numpy.typing import NDArray

from engine.generators.density.kernels import Kernel

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]
Cells = NDArray[np.int32]

_PAIRS = 4_000_000  # (row, centre) pairs looked at together
_NEAR = 1e-9  # a centre of that ratio in the sharpest column, or less, is passed over
_FLOOR = -700.0


class Smoothed:
    """centres: (rows, columns) cells; kernels: of each column that has one of its own (others follow from these)."""

    def __init__(self, centres: Cells, kernels: Mapping[int, Kernel]) -> None:
        self.centres, self.kernels = centres, dict(kernels)

    def draw(self, n: int, weights: Mapping[int, Floats], rng: np.random.Generator) -> Cells | None:
        """(n, columns) cells under `weights` (cells,) of columns; None where no row can fulfil them.

        Centres are taken evenly (systematic sampling), each in proportion to its mass under the weights.
        """
        chance = np.ones(len(self.centres))
        for j, weight in weights.items():
            chance *= self.kernels[j].mass(weight)[self.centres[:, j]]
        if not chance.sum() > 0:
            return None
        reach = np.cumsum(chance / chance.sum())
        points = (np.arange(n) + rng.random()) / max(n, 1)
        chosen = np.minimum(np.searchsorted(reach, points, side="right"), len(reach) - 1)
        chosen = rng.permutation(np.where(chance[chosen] > 0, chosen, int(chance.argmax())))
        return self._around(chosen, weights, rng)

    def _around(self, chosen: Ints, weights: Mapping[int, Floats], rng: np.random.Generator) -> Cells:
        made = self.centres[chosen]
        for j, kernel in self.kernels.items():
            own = made[:, j].astype(np.int64)
            made[:, j] = kernel.draw(own, rng) if j not in weights else kernel.draw_within(own, weights[j], rng)
        return made

    def log_ratio(self, cells: Cells) -> Floats:
        """(rows,) log of each row's chance over that of independent columns; -inf where no centre reaches the row."""
        result = np.full(len(cells), -np.inf)
        for rows, near in self._neighbours(cells, list(self.kernels)):
            logs = self._logs(cells[rows], near, list(self.kernels))
            top = np.maximum(logs.max(axis=1, initial=-np.inf), _FLOOR)
            with np.errstate(divide="ignore"):
                result[rows] = np.log(np.exp(logs - top[:, None]).sum(axis=1) / len(self.centres)) + top
        return result

    def fill(
        self, cells: Cells, known: Sequence[int], weights: Mapping[int, Floats], rng: np.random.Generator
    ) -> tuple[Cells, NDArray[np.bool_]]:
        """(rows, columns) draws of rows given their cells in the columns `known` and `weights` on others.

        Also returns (rows,) whether any centre reaches the row; draws of the others are rows at random.
        """
        prior = np.zeros(len(self.centres))
        with np.errstate(divide="ignore"):
            for j, weight in weights.items():
                prior += np.log(self.kernels[j].mass(weight))[self.centres[:, j]]
        chosen = np.zeros(len(cells), dtype=np.int64)
        reached = np.zeros(len(cells), dtype=bool)
        for rows, near in self._neighbours(cells, known):
            logs = self._logs(cells[rows], near, known) + prior[near]
            reached[rows] = np.isfinite(logs.max(axis=1, initial=-np.inf))
            if len(near):
                chosen[rows] = near[(logs + rng.gumbel(size=logs.shape)).argmax(axis=1)]
        made = self.centres[chosen]
        made[reached] = self._around(chosen[reached], weights, rng)
        return made, reached

    def _logs(self, cells: Cells, near: Ints, columns: Sequence[int]) -> Floats:
        """(rows, near) log of the product of the columns' ratios."""
        total = np.zeros((len(cells), len(near)))
        with np.errstate(divide="ignore"):
            for j in columns:
                centre, own = (part[:, j].astype(np.int64) for part in (self.centres[near], cells))
                total += np.log(self.kernels[j].ratio(centre[None, :], own[:, None]))
        return total

    def _neighbours(self, cells: Cells, columns: Sequence[int]) -> Iterator[tuple[Ints, Ints]]:
        """Rows in groups, each with the centres that may matter to it: those near it in the sharpest of `columns`."""
        everyone = np.arange(len(self.centres))
        if not columns:
            yield from ((rows, everyone) for rows in _parts(np.arange(len(cells)), len(everyone)))
            return
        sharpest = max(columns, key=lambda j: self._sharpness(j))
        kernel, own = self.kernels[sharpest], self.centres[:, sharpest].astype(np.int64)
        for cell in np.unique(cells[:, sharpest]):
            ratio = kernel.ratio(own, np.full(len(own), cell, dtype=np.int64))
            near = np.flatnonzero(ratio > _NEAR)
            yield from ((rows, near) for rows in _parts(np.flatnonzero(cells[:, sharpest] == cell), len(near)))

    def _sharpness(self, j: int) -> float:
        """Mean log ratio of cells that stay where they are: how few centres matter to a row."""
        kernel = self.kernels[j]
        seen = np.flatnonzero(kernel.shares > 0)
        return float(kernel.shares[seen] @ np.log(np.maximum(kernel.ratio(seen, seen), _NEAR)))


def _parts(rows: Ints, each: int) -> Iterator[Ints]:
    """Rows in runs, so that not too many pairs are looked at together."""
    run = max(_PAIRS // max(each, 1), 1)
    yield from (rows[at : at + run] for at in range(0, len(rows), run))
