"""Columns as paths of tokens: few choices at each step, however many cells a column has.

The cells that training met are a column's leaves, in the order of their values (categories: alike ones side by side).
Up to `WIDE` leaves are one choice. More are cut into even ranges of ranges, so that 512 cells of a number are two
choices among 23, and 20,000 categories three among 28. Missing is a leaf that the first choice decides.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]

WIDE = 64  # leaves that are told by one token
BASE = 32  # options of a token, at most, where there are several


class Paths:
    """One column. cells: (leaves,) cells that training met, rising; digits: (leaves, levels) its token at each level;
    node: (leaves, levels) where it stands before that token, numbered within the level; counts: (leaves,) rows."""

    def __init__(self, counts: NDArray[np.generic], missing: bool) -> None:
        self.cells = np.flatnonzero(np.asarray(counts) > 0)
        self.counts = np.asarray(counts, dtype=np.float64)[self.cells]
        self.gap = bool(missing and len(self.cells) and self.cells[0] == 0)
        self.digits = _digits(len(self.cells), self.gap)
        self.node = _nodes(self.digits)
        self.leaf = _nearest(self.cells, len(counts))
        self.child = [self._children(level) for level in range(self.levels)]

    @property
    def size(self) -> int:
        """Leaves."""
        return len(self.cells)

    @property
    def levels(self) -> int:
        return int(self.digits.shape[1])

    def nodes(self, level: int) -> int:
        return int(self.node[:, level].max(initial=0)) + 1

    def width(self, level: int) -> int:
        return int(self.digits[:, level].max(initial=0)) + 1

    def _children(self, level: int) -> Ints:
        """(nodes, width) the node, or at the last level the leaf, that each token leads to; -1 where there is none."""
        found = np.full((self.nodes(level), self.width(level)), -1)
        after = self.node[:, level + 1] if level + 1 < self.levels else np.arange(self.size)
        found[self.node[:, level], self.digits[:, level]] = after
        return found

    def shares(self, level: int) -> Floats:
        """(nodes, width) share of a node's rows with each token; 0 where there is no such token."""
        found = np.zeros((self.nodes(level), self.width(level)))
        np.add.at(found, (self.node[:, level], self.digits[:, level]), self.counts)
        return np.asarray(found / found.sum(axis=1, keepdims=True))


def _digits(leaves: int, gap: bool) -> Ints:
    inner = leaves - gap
    if inner + gap <= WIDE:
        return np.arange(leaves)[:, None]
    levels = 2
    while BASE**levels < inner:
        levels += 1
    base = int(np.ceil(inner ** (1 / levels) - 1e-9))
    found = np.zeros((inner, levels), np.int64)
    parts = [(0, inner)]
    for level in range(levels):
        finer: list[tuple[int, int]] = []
        for low, high in parts:
            size = min(base, high - low)
            edges = low + (high - low) * np.arange(size + 1) // size
            found[low:high, level] = np.repeat(np.arange(size), np.diff(edges))
            finer += zip(edges[:-1].tolist(), edges[1:].tolist(), strict=True)
        parts = finer
    if gap:
        found[:, 0] += 1
        found = np.vstack([np.zeros((1, levels), np.int64), found])
    return found


def _nodes(digits: Ints) -> Ints:
    """(leaves, levels) number, within its level, of the tokens before each token."""
    found = np.zeros_like(digits)
    for level in range(1, digits.shape[1]):
        step = np.diff(digits[:, :level], axis=0).any(axis=1)
        found[1:, level] = np.cumsum(step)
    return found


def _nearest(cells: Ints, size: int) -> Ints:
    """(size,) the leaf of each cell; of a cell that training did not meet, the nearest one."""
    if not len(cells):
        return np.zeros(size, np.int64)
    wanted = np.arange(size)
    right = np.clip(np.searchsorted(cells, wanted), 0, len(cells) - 1)
    left = np.maximum(right - 1, 0)
    return np.where(np.abs(cells[left] - wanted) <= np.abs(cells[right] - wanted), left, right)


class Layout:
    """The tokens of several columns side by side. All leaves are numbered through, column by column.

    start: (columns + 1,) first leaf of each column; members: (levels,) columns that have a token at the level;
    digit, node: (levels, leaves) of every leaf, node numbered through all members; 0 where its column has fewer levels;
    bias: (levels,) (nodes, width) log share of each token, -inf where there is none.
    """

    def __init__(self, columns: Sequence[Paths]) -> None:
        self.columns = list(columns)
        self.start = np.cumsum([0, *(own.size for own in columns)])
        levels = max((own.levels for own in columns), default=0)
        self.members = [np.array([j for j, own in enumerate(columns) if own.levels > level]) for level in range(levels)]
        self.digit = np.zeros((levels, self.start[-1]), np.int64)
        self.node = np.zeros((levels, self.start[-1]), np.int64)
        self.node_start = np.zeros((levels, len(columns)), np.int64)
        self.bias = [self._level(level) for level in range(levels)]

    @property
    def levels(self) -> int:
        return len(self.bias)

    def _level(self, level: int) -> Floats:
        members = self.members[level].tolist()
        width = max(self.columns[j].width(level) for j in members)
        shares = []
        nodes = 0
        for j in members:
            own, leaves = self.columns[j], slice(self.start[j], self.start[j + 1])
            self.digit[level, leaves] = own.digits[:, level]
            self.node[level, leaves] = nodes + own.node[:, level]
            self.node_start[level, j] = nodes
            share = own.shares(level)
            shares.append(np.pad(share, ((0, 0), (0, width - share.shape[1]))))
            nodes += len(share)
        with np.errstate(divide="ignore"):
            return np.asarray(np.log(np.concatenate(shares)))
