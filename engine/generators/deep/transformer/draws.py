"""One column of many rows is drawn token by token, perhaps within weights of its leaves."""

from __future__ import annotations

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from engine.generators.boosted.drawing import drawn
from engine.generators.deep.torchtools import to_torch
from engine.generators.deep.transformer.model import TableModel
from engine.generators.deep.transformer.paths import Paths

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]


class Draw:
    """Column j of some rows. hidden: (rows, width) what the network has gathered for it."""

    def __init__(self, model: TableModel, j: int, hidden: Tensor) -> None:
        assert model.network is not None
        self.model, self.network, self.hidden = model, model.network, hidden
        self.k = model.place[j]
        self.paths: Paths = model.layout.columns[self.k]

    def leaves(self, rng: np.random.Generator, weight: Floats | None = None) -> tuple[Ints, Floats]:
        """(rows,) leaves of the column, from 0, and the chance that the demand was met.

        weight: (leaves,) the demand; leaves without weight are never drawn.
        """
        weighed = None if weight is None else _Weighed(self, weight)
        at = np.zeros(len(self.hidden), np.int64)
        for level in range(self.paths.levels):
            chances = self.chances(level, at)
            if weighed is not None:
                chances = weighed.narrowed(chances, level, at)
            digit = drawn(chances, rng, at if level else None)
            at = self.paths.child[level][at, digit]
        return at, np.ones(len(at)) if weighed is None else weighed.mass(0, 0)

    def chances(self, level: int, node: Ints, rows: slice | Ints = slice(None)) -> Floats:
        """(rows, tokens) at the (rows,) nodes of the level; 0 where there is no such token."""
        layout = self.model.layout
        member = to_torch(np.flatnonzero(layout.members[level] == self.k), self.model.where)
        nodes = to_torch((node + layout.node_start[level, self.k])[:, None], self.model.where)
        with torch.no_grad():
            logits = self.network.logits(level, self.hidden[rows][:, None], nodes, member)[:, 0]
            found = logits[:, : self.paths.width(level)].double().softmax(dim=1).cpu().numpy()
        return np.asarray(np.where(self.paths.child[level][node] >= 0, found, 0.0))


class _Weighed:
    """A demand on a column, row by row: only nodes whose leaves differ in weight are looked at."""

    def __init__(self, draw: Draw, weight: Floats) -> None:
        self.draw = draw
        paths = draw.paths
        self._low, self._high = [], []
        for level in range(paths.levels):
            low, high = np.full(paths.nodes(level), np.inf), np.zeros(paths.nodes(level))
            np.minimum.at(low, paths.node[:, level], weight)
            np.maximum.at(high, paths.node[:, level], weight)
            self._low.append(low)
            self._high.append(high)
        self._low.append(weight)
        self._high.append(weight)
        self._known: dict[tuple[int, int], Floats] = {}

    def mass(self, level: int, node: int) -> Floats:
        """(rows,) mean weight below a node of the level (a leaf where there are no more levels)."""
        rows = len(self.draw.hidden)
        if self._low[level][node] == self._high[level][node]:
            return np.full(rows, self._high[level][node])
        if (level, node) not in self._known:
            chances = self.draw.chances(level, np.full(rows, node))
            self._known[level, node] = (chances * self._tokens(level, node)).sum(axis=1)
        return self._known[level, node]

    def _tokens(self, level: int, node: int) -> Floats:
        """(rows, tokens) mass below each token of a node."""
        children = self.draw.paths.child[level][node]
        found = np.zeros((len(self.draw.hidden), len(children)))
        for token in np.flatnonzero(children >= 0).tolist():
            if self._high[level + 1][children[token]] > 0:
                found[:, token] = self.mass(level + 1, int(children[token]))
        return found

    def narrowed(self, chances: Floats, level: int, node: Ints) -> Floats:
        """(rows, tokens) chances within the demand; where it has none, every token that may fulfil it counts alike."""
        found = np.zeros_like(chances)
        for own in np.unique(node).tolist():
            rows = node == own
            found[rows] = chances[rows] * self._tokens(level, own)[rows]
            children = self.draw.paths.child[level][own]
            possible = (children >= 0) & (self._high[level + 1][np.maximum(children, 0)] > 0)
            none = rows & (found.sum(axis=1) <= 0)
            found[none] = possible if possible.any() else children >= 0
        return found
