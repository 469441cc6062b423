"""Which cells are missing together: a part of the distribution like any other.

Columns that are always missing in the same rows form one group. Groups whose gaps are associated form a block; the
patterns of a block are drawn as they were observed together, blocks are drawn independently of each other.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Self

import numpy as np
from numpy.typing import NDArray

Mask = NDArray[np.bool_]
Floats = NDArray[np.float64]
Ints = NDArray[np.int64]

_TIED = 4.0  # groups are in one block when the correlation of their gaps is that many standard errors from 0


@dataclass(frozen=True, slots=True)
class Block:
    """Groups of columns whose gaps belong together.

    groups: (groups,) their numbers; patterns: (patterns, groups) True where missing; counts: (patterns,) rows of each.
    """

    groups: Ints
    patterns: Mask
    counts: Ints


class MissingPatterns:
    """Learns joint missingness; draws (rows, columns) masks, also under demands on single columns.

    columns: number of columns; group_of: (columns,) group of each, -1 for columns without a missing cell;
    rates: (groups,) share of missing rows (1 for columns that are empty throughout).
    """

    columns: int
    group_of: Ints
    rates: Floats
    blocks: tuple[Block, ...]

    def fit(self, missing: Mask) -> Self:
        """Learn from (rows, columns), True where a cell is missing."""
        self.columns = missing.shape[1]
        self.group_of, masks = _groups(missing)
        self.rates = masks.mean(axis=0) if len(masks) else np.zeros(masks.shape[1])
        self.blocks = tuple(_block(masks, members) for members in _components(_tied(masks)))
        return self

    @property
    def groups(self) -> tuple[Ints, ...]:
        """Columns of each group."""
        return tuple(np.flatnonzero(self.group_of == g) for g in range(len(self.rates)))

    def masks(self, missing: Mask) -> Mask:
        """(rows, columns) -> (rows, groups) of training-like rows: the mask of each group's first column."""
        return missing[:, [int(columns[0]) for columns in self.groups]]

    def spread(self, masks: Mask) -> Mask:
        """(rows, groups) -> (rows, columns)."""
        padded = np.column_stack([masks, np.zeros(len(masks), dtype=bool)])  # group -1: never missing
        return padded[:, self.group_of]

    def draw(self, n: int, rng: np.random.Generator, weights: Mapping[int, tuple[float, float]] | None = None) -> Mask:
        """(n, columns) new masks.

        weights: for a column, how a pattern's probability is multiplied where it is present and where it is missing;
        (1, 0) demands a value, (0, 1) a gap. Raises ValueError when no pattern is left; `possible` tells before.
        """
        masks = np.zeros((n, len(self.rates)), dtype=bool)
        for block in self.blocks:
            chances = self._chances(block, weights or {})
            if not chances.sum() > 0:
                raise ValueError("no pattern of missing cells fulfils the demands")
            masks[:, block.groups] = block.patterns[rng.choice(len(chances), size=n, p=chances / chances.sum())]
        return self.spread(masks)

    def possible(self, weights: Mapping[int, tuple[float, float]]) -> bool:
        """Whether some pattern fulfils the demands."""
        absent = all(present > 0 for column, (present, _) in weights.items() if self.group_of[column] < 0)
        return absent and all(self._chances(block, weights).sum() > 0 for block in self.blocks)

    def _chances(self, block: Block, weights: Mapping[int, tuple[float, float]]) -> Floats:
        chances = block.counts.astype(np.float64)
        for column, (present, missing) in weights.items():
            at = np.flatnonzero(block.groups == self.group_of[column])
            if len(at):
                chances *= np.where(block.patterns[:, at[0]], missing, present)
        return chances

    def state(self) -> dict[str, Any]:
        blocks = [{"groups": b.groups, "patterns": b.patterns, "counts": b.counts} for b in self.blocks]
        return {"columns": self.columns, "group_of": self.group_of, "rates": self.rates, "blocks": blocks}

    @classmethod
    def from_state(cls, state: Mapping[str, Any]) -> Self:
        patterns = cls()
        patterns.columns, patterns.group_of, patterns.rates = int(state["columns"]), state["group_of"], state["rates"]
        patterns.blocks = tuple(Block(b["groups"], b["patterns"], b["counts"]) for b in state["blocks"])
        return patterns


def _groups(missing: Mask) -> tuple[Ints, Mask]:
    """(columns,) group of each column, and the (rows, groups) mask of each group."""
    group_of = np.full(missing.shape[1], -1, dtype=np.int64)
    found: dict[bytes, int] = {}
    first: list[int] = []
    for j in np.flatnonzero(missing.any(axis=0)):
        key = np.packbits(missing[:, j]).tobytes()
        if key not in found:
            found[key] = len(first)
            first.append(int(j))
        group_of[j] = found[key]
    return group_of, missing[:, first]


def _tied(masks: Mask) -> Mask:
    """(groups, groups), True where gaps are associated: phi coefficient at least _TIED standard errors from 0."""
    rows, groups = masks.shape
    centred = masks - masks.mean(axis=0) if rows else masks.astype(np.float64)
    spread = np.sqrt((centred**2).sum(axis=0))
    scale = np.outer(spread, spread)
    phi = np.divide(centred.T @ centred, scale, out=np.zeros((groups, groups)), where=scale > 0)
    return np.asarray(np.abs(phi) * np.sqrt(rows) >= _TIED)


def _components(tied: Mask) -> list[Ints]:
    """Connected components of a symmetric relation, each in ascending order."""
    left = set(range(len(tied)))
    components = []
    while left:
        pending, found = [min(left)], set[int]()
        while pending:
            at = pending.pop()
            if at in left:
                left.discard(at)
                found.add(at)
                pending.extend(np.flatnonzero(tied[at]).tolist())
        components.append(np.array(sorted(found), dtype=np.int64))
    return components


def _block(masks: Mask, members: Ints) -> Block:
    patterns, counts = np.unique(masks[:, members], axis=0, return_counts=True)
    return Block(members, patterns, counts.astype(np.int64))
