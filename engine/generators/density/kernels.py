"""Kernels on the cells of one column: where a row's cell may go when it is smoothed, and how likely.

Both kinds keep the column's own distribution: smoothed rows have, on average, the same share in each cell as the rows
they come from. Width 0 leaves a cell where it is, width 1 forgets it. Cells of different classes never mix: missing
and known cells, and cells that different gaps of other columns follow from.
"""

from __future__ import annotations

from abc import ABC, abstractmethod

import numpy as np
from numpy.typing import NDArray
from scipy.special import ndtr, ndtri

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]

_POINTS = 16  # places within a cell that its kernel is averaged over
_FITS = 60  # passes that fit a kernel's rows and columns to the cells' shares
_CLOSE = 1e-10
_TINY = 1e-300


class Kernel(ABC):
    """shares: (cells,) of the training rows; classes: (cells,) of cells that may mix."""

    def __init__(self, shares: Floats, classes: Ints) -> None:
        self.shares, self.classes = shares, classes

    @abstractmethod
    def draw(self, cells: Ints, rng: np.random.Generator) -> Ints:
        """(rows,) cells -> (rows,) smoothed ones."""

    @abstractmethod
    def draw_within(self, cells: Ints, weight: Floats, rng: np.random.Generator) -> Ints:
        """The same with chances times `weight` (cells,); the mass of every given cell must be above 0."""

    @abstractmethod
    def mass(self, weight: Floats) -> Floats:
        """(cells,) mean of `weight` over where each cell goes."""

    @abstractmethod
    def ratio(self, cells: Ints, others: Ints) -> Floats:
        """Chance that a cell goes to another, over the other's share: 1 where the cell tells nothing. Broadcasts."""


class LevelKernel(Kernel):
    """A category stays with chance 1 - width, else it is drawn anew from its class (Aitchison and Aitken 1976, with
    the levels' own shares in place of even ones, so that the distribution is kept)."""

    def __init__(self, shares: Floats, classes: Ints, width: float) -> None:
        super().__init__(shares, classes)
        self.width = width
        self._class_share = np.bincount(classes, shares)
        self._order = np.argsort(classes, kind="stable")

    def draw(self, cells: Ints, rng: np.random.Generator) -> Ints:
        return self._moved(cells, rng.random(len(cells)) < self.width, self.shares, rng)

    def draw_within(self, cells: Ints, weight: Floats, rng: np.random.Generator) -> Ints:
        stay = (1 - self.width) * weight[cells]
        move = self.width * self._fresh(weight)[cells]
        return self._moved(cells, rng.random(len(cells)) * (stay + move) >= stay, self.shares * weight, rng)

    def _moved(self, cells: Ints, moves: NDArray[np.bool_], chances: Floats, rng: np.random.Generator) -> Ints:
        rows = np.flatnonzero(moves)
        reach = np.r_[0.0, np.cumsum(chances[self._order])]
        classes = self.classes[cells[rows]]
        start = np.searchsorted(self.classes[self._order], classes, side="left")
        end = np.searchsorted(self.classes[self._order], classes, side="right")
        point = reach[start] + rng.random(len(rows)) * (reach[end] - reach[start])
        place = np.clip(np.searchsorted(reach, point, side="right") - 1, start, end - 1)
        result = cells.copy()
        result[rows] = self._order[place]
        return result

    def _fresh(self, weight: Floats) -> Floats:
        """(cells,) mean weight of each cell's class."""
        total = np.bincount(self.classes, self.shares * weight)
        return np.asarray((total / np.maximum(self._class_share, _TINY))[self.classes])

    def mass(self, weight: Floats) -> Floats:
        return (1 - self.width) * weight + self.width * self._fresh(weight)

    def ratio(self, cells: Ints, others: Ints) -> Floats:
        alike = (self.classes[cells] == self.classes[others]) / np.maximum(self._class_share, _TINY)[
            self.classes[others]
        ]
        same = (cells == others) / np.maximum(self.shares[others], _TINY)
        return np.asarray((1 - self.width) * same + self.width * alike)


class GridKernel(Kernel):
    """A number moves as one of two normal variables of correlation sqrt(1 - width²) goes with the other, on normal
    scores: wide where values are sparse, narrow where they are dense, and never beyond the ends (the probit
    transformation: Geenens, Charpentier and Paindaveine 2017)."""

    def __init__(self, shares: Floats, classes: Ints, width: float) -> None:
        super().__init__(shares, classes)
        self.width = width
        self.chances = _balanced(_normal_chances(shares, width), shares, classes)  # (cells, cells)
        self._reach = np.cumsum(self.chances, axis=1)
        self._reach[:, -1] = 1.0

    def draw(self, cells: Ints, rng: np.random.Generator) -> Ints:
        return _drawn(self._reach, cells, rng)

    def draw_within(self, cells: Ints, weight: Floats, rng: np.random.Generator) -> Ints:
        reach = np.cumsum(self.chances * weight, axis=1)
        reach /= np.maximum(reach[:, -1:], _TINY)
        return _drawn(reach, cells, rng)

    def mass(self, weight: Floats) -> Floats:
        return np.asarray(self.chances @ weight)

    def ratio(self, cells: Ints, others: Ints) -> Floats:
        return np.asarray(self.chances[cells, others] / np.maximum(self.shares[others], _TINY))


def _drawn(reach: Floats, cells: Ints, rng: np.random.Generator) -> Ints:
    """One cell per row by (cells, cells) cumulated chances; all rows of the matrix laid end to end are one search."""
    size = reach.shape[1]
    ends = (reach + np.arange(len(reach))[:, None]).ravel()
    found = np.searchsorted(ends, cells + rng.random(len(cells)), side="right") - cells * size
    return np.asarray(np.clip(found, 0, size - 1), dtype=np.int64)


def _normal_chances(shares: Floats, width: float) -> Floats:
    """(cells, cells) chance that the second of two normal scores lies in a cell when the first lies in another."""
    if width >= 1:
        return np.tile(shares, (len(shares), 1))
    slope, spread = np.sqrt(1 - width**2), max(width, 1e-6)
    ends = np.r_[0.0, np.cumsum(shares)]
    within = (np.arange(_POINTS) + 0.5) / _POINTS
    scores = ndtri(np.clip(ends[:-1, None] + shares[:, None] * within, 1e-12, 1 - 1e-12))
    bounds = ndtri(np.clip(ends, 0, 1))
    chances = np.zeros((len(shares), len(shares)))
    for place in scores.T:  # one place in every cell at a time keeps memory at the size of the matrix
        chances += np.diff(ndtr((bounds - slope * place[:, None]) / spread), axis=1)
    return chances / _POINTS


def _balanced(chances: Floats, shares: Floats, classes: Ints) -> Floats:
    """Chances within classes whose rows sum to 1 and which leave the shares as they are (iterative scaling)."""
    joint = shares[:, None] * chances
    joint = np.where(classes[:, None] == classes, joint + joint.T, 0.0)
    joint[np.diag_indices_from(joint)] += _TINY**0.5 * (shares > 0)  # a cell may always stay
    for _ in range(_FITS):
        scale = np.sqrt(shares / np.maximum(joint.sum(axis=1), _TINY))
        joint *= scale[:, None] * scale
        if np.abs(joint.sum(axis=1) - shares).max() < _CLOSE:
            break
    rows = joint.sum(axis=1, keepdims=True)
    return np.where(rows > 0, joint / np.maximum(rows, _TINY), np.eye(len(shares)))
