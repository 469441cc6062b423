"""A binary tree over the cells of a column, halved by mass: a cell is its path of left and right decisions.

The tree turns the question "which of 512 cells?" into nine questions "left or right?", and one binary model answers
them all. Related: McCarter 2024, Unmasking Trees (a classifier per node).
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]
Mask = NDArray[np.bool_]

_TRACE = 1e-9  # mass of a cell that no training row fell into


class Steps(NamedTuple):
    """Decisions that rows took on their way: (steps,) row, node, and whether the way went right."""

    row: Ints
    node: Ints
    right: Mask


class Halving:
    """All arrays run over inner nodes; node 0 is the root.

    left, right: child node, or ~cell; first, middle, end: cells first..middle-1 lie left, middle..end-1 right;
    mass: (cells,) as given; odds: log of right against left mass; share: (cells + 1,) share of mass below each cell.
    """

    def __init__(self, mass: NDArray[np.generic]) -> None:
        self.mass = np.asarray(mass, dtype=np.float64)
        filled = self.mass + _TRACE
        total = np.r_[0.0, np.cumsum(filled)]
        self.share = total / total[-1]
        first, middle, end, left, right = _halved(total)
        self.first, self.middle, self.end, self.left, self.right = first, middle, end, left, right
        self.odds = np.log((total[end] - total[middle]) / (total[middle] - total[first]))

    @property
    def size(self) -> int:
        """Number of inner nodes: one less than cells."""
        return len(self.middle)

    def steps(self, cells: Ints) -> Steps:
        """(rows,) cells -> every decision on the rows' ways, level by level."""
        row, node = np.arange(len(cells)), np.zeros(len(cells), dtype=np.int64)
        met: list[Steps] = []
        while len(row) and self.size:
            right = cells[row] >= self.middle[node]
            met.append(Steps(row, node, right))
            node = np.where(right, self.right[node], self.left[node])
            row, node = row[node >= 0], node[node >= 0]
        if not met:
            return Steps(row[:0], node[:0], np.zeros(0, dtype=bool))
        return Steps(*(np.concatenate(parts) for parts in zip(*met, strict=True)))

    def mixed(self, weight: Floats) -> Ints:
        """Nodes, parents first, whose cells differ in `weight` (cells,): the only ones that a condition bears on."""
        found: list[int] = []
        pending = [0] if self.size else []
        while pending:
            node = pending.pop()
            own = weight[self.first[node] : self.end[node]]
            if (own != own[0]).any():
                found.append(node)
                pending += [child for child in (int(self.left[node]), int(self.right[node])) if child >= 0]
        return np.array(found, dtype=np.int64)


def _halved(total: Floats) -> tuple[Ints, Ints, Ints, Ints, Ints]:
    """(cells + 1,) cumulated mass -> first, middle, end, left, right of the nodes, parents first."""
    cells = len(total) - 1
    nodes = np.zeros((max(cells - 1, 0), 5), dtype=np.int64)
    pending = [(0, cells, -1, 0)] if cells > 1 else []
    made = 0
    while pending:
        first, end, parent, side = pending.pop()
        middle = _middle(total, first, end)
        nodes[made] = first, middle, end, ~first, ~(end - 1)
        if parent >= 0:
            nodes[parent, 3 + side] = made
        if end - middle > 1:
            pending.append((middle, end, made, 1))
        if middle - first > 1:
            pending.append((first, middle, made, 0))
        made += 1
    first_, middle_, end_, left, right = nodes.T.copy()
    return first_, middle_, end_, left, right


def _middle(total: Floats, first: int, end: int) -> int:
    """The cell that splits first..end most evenly by mass."""
    half = (total[first] + total[end]) / 2
    middle = int(np.clip(np.searchsorted(total, half), first + 1, end - 1))
    if middle - 1 > first and abs(total[middle - 1] - half) < abs(total[middle] - half):
        middle -= 1
    return middle
