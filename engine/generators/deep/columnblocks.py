"""One column as choices for a neural network: blocks of options, and a place inside those options that are ranges.

The options of a number or date are "missing", the values that many rows share, and its modes: ranges of the grid's
intervals that hold about equally many rows. Inside a mode a value is its place in quantile space, 0 to 1, so that the
column's own distribution is met where places are even. The options of a category are its levels. More than `most`
options are told by two or more blocks, like the digits of a number: neighbours (in value, or alike over the other
columns) share their first digits.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Self

import numpy as np
from numpy.typing import NDArray

from engine.generators import cells as cell_kinds
from engine.generators.cells import Cells, GridCells

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]
Mask = NDArray[np.bool_]

DIGIT = 32  # options of a digit, at most, where an option is told by several


class ColumnBlocks:
    """Codes of one column <-> (rows, blocks) digits and (rows,) places.

    members: cells that training met, those of one option side by side; start: (options + 1,) where each option's
    members begin; counts: (options,) training rows; reach: (members,) share of the option's mass that lies before each.
    Option 0 is "missing" where the cells know it. sizes: (blocks,) options of each block; a column that never varies
    has no block.
    """

    counts: Ints

    def __init__(self, cells: Cells, members: Ints, start: Ints, most: int) -> None:
        self.cells, self.members, self.start, self.most = cells, members, start, most
        self.options = len(start) - 1
        self.owner = np.repeat(np.arange(self.options), np.diff(start))
        self.wide = np.diff(start) > 1
        mass = np.maximum(cells.counts[members], 1).astype(np.float64)
        total = np.bincount(self.owner, weights=mass, minlength=self.options)
        before = np.cumsum(mass) - mass
        self.reach = (before - before[start[:-1]][self.owner]) / total[self.owner]
        self.share = mass / total[self.owner]
        self._member = _nearest_member(members, cells.size)
        self._digits, self.sizes = self._numbered()

    @classmethod
    def fit(cls, cells: Cells, codes: Floats, *, modes: int, most: int) -> Self:
        """codes: (rows,) the training rows' own; modes: ranges into which the intervals of a number are gathered;
        most: options of a lone block."""
        members, start = cls._options(cells, modes)
        own = cls(cells, members, start, most)
        # Smoothed grids have moved their edges, so that their masses are no longer the rows.
        own.counts = np.bincount(own.encode(codes)[0], minlength=own.options)
        return own

    @staticmethod
    def _options(cells: Cells, modes: int) -> tuple[Ints, Ints]:
        """The members of all options in order, and where each option's begin."""
        seen = np.flatnonzero(cells.counts > 0)
        if not isinstance(cells, GridCells):
            return seen, np.arange(len(seen) + 1)
        inner = seen - cells.missing
        interval = (inner >= 0) & ~np.append(cells.grid.atom, False)[inner]  # the missing cell is no interval
        group = np.where(interval, -1, np.arange(len(seen)))
        own = seen[interval] - cells.missing
        hole = np.r_[False, (cells.grid.low[own[1:]] > cells.grid.high[own[:-1]]) & (np.diff(own) == 1)]
        group[interval] = len(seen) + _gathered(cells.counts[seen[interval]], modes, np.cumsum(hole))
        first = np.full(3 * len(seen) + modes, len(seen))
        np.minimum.at(first, group, np.arange(len(seen)))
        order = np.lexsort((np.arange(len(seen)), first[group]))  # options by their lowest cell
        starts = np.flatnonzero(np.r_[True, np.diff(group[order]) != 0])
        return seen[order], np.r_[starts, len(seen)]

    @property
    def ranged(self) -> bool:
        """Whether any option is a range, with places inside."""
        return bool(self.wide.any())

    def encode(self, codes: Floats) -> tuple[Ints, Floats]:
        """(rows,) codes -> (rows,) options and (rows,) places in 0..1; .5 where the option is no range."""
        found = self.cells.cell(codes)
        member = self._member[found]
        option = self.owner[member]
        place = self.reach[member] + self.share[member] * self._within(codes, found)
        return option, np.where(self.wide[option], np.clip(place, 0.0, 1.0), 0.5)

    def _within(self, codes: Floats, found: Ints) -> Floats:
        """(rows,) how far into its cell each value lies, a little inside of 0..1 so that rounding moves no cell."""
        if not isinstance(self.cells, GridCells) or not len(self.cells.grid.low):
            return np.full(len(codes), 0.5)
        at = np.maximum(found - self.cells.missing, 0)
        low, high = self.cells.grid.low[at], self.cells.grid.high[at]
        with np.errstate(over="ignore", invalid="ignore"):
            part = (codes - low) / np.where(high > low, high - low, 1.0)
        return np.clip(np.nan_to_num(part, nan=0.5), 0.02, 0.98)

    def cell(self, option: Ints, place: Floats) -> Ints:
        """(rows,) options and places -> (rows,) cells."""
        last = self.start[option + 1] - 1
        member = np.searchsorted(self.owner + self.reach, option + np.clip(place, 0.0, 1.0), side="right") - 1
        return self.members[np.clip(member, self.start[option], last)]

    # Options told by digits

    def _numbered(self) -> tuple[Ints, tuple[int, ...]]:
        """(options, blocks) digits, and the options of each block."""
        count = self.options - self.cells.missing
        if self.options <= 1:
            return np.zeros((self.options, 0), np.int64), ()
        if count <= self.most:
            return np.arange(self.options)[:, None], (self.options,)
        blocks = 1
        while DIGIT**blocks < count:
            blocks += 1
        self._base = int(np.ceil(count ** (1 / blocks) - 1e-9))
        digits = np.zeros((count, blocks), np.int64)
        place, low, width = np.arange(count), np.zeros(count, np.int64), np.full(count, count)
        for i in range(blocks):
            parts = np.minimum(self._base, width)
            digits[:, i] = (place - low) * parts // width
            low, width = _part(low, width, parts, digits[:, i])
        if self.cells.missing:
            digits[:, 0] += 1
            digits = np.vstack([np.zeros((1, blocks), np.int64), digits])
        return digits, tuple(int(n) + 1 for n in digits.max(axis=0))

    def digits(self, option: Ints) -> Ints:
        """(rows,) options -> (rows, blocks) digits."""
        return self._digits[option]

    def option(self, digits: Ints) -> Ints:
        """(rows, blocks) digits -> (rows,) options; digits of no option are taken down to the last that have one."""
        if len(self.sizes) <= 1:
            return digits[:, 0] if self.sizes else np.zeros(len(digits), np.int64)
        missing = int(self.cells.missing)
        gap = (digits[:, 0] == 0) & bool(missing)
        low = np.zeros(len(digits), np.int64)
        width = np.full(len(digits), self.options - missing)
        for i in range(digits.shape[1]):
            parts = np.minimum(self._base, width)
            digit = digits[:, i] - (missing if i == 0 else 0)
            low, width = _part(low, width, parts, np.clip(digit, 0, parts - 1))
        return np.where(gap, 0, low + missing)

    def state(self) -> dict[str, Any]:
        return {
            "cells": self.cells.state(),
            "members": self.members,
            "start": self.start,
            "most": self.most,
            "counts": self.counts,
        }

    @classmethod
    def from_state(cls, state: Mapping[str, Any]) -> Self:
        own = cls(cell_kinds.from_state(state["cells"]), state["members"], state["start"], int(state["most"]))
        own.counts = state["counts"]
        if len(own.counts) != own.options:
            raise ValueError("options and counts do not agree")
        return own


def _part(low: Ints, width: Ints, parts: Ints, digit: Ints) -> tuple[Ints, Ints]:
    """Ranges low .. low + width, cut into even parts: the part of each row's digit, as (low, width)."""
    first, end = -(-digit * width // parts), -(-(digit + 1) * width // parts)
    return low + first, end - first


def _gathered(counts: Ints, modes: int, run: Ints) -> Ints:
    """(cells,) the mode of each of some intervals in order, so that modes hold about equally many rows.

    run: (cells,) number of the run without a hole that the interval belongs to; no mode reaches over a hole.
    """
    if len(counts) <= modes:
        return np.arange(len(counts))
    found, begun = np.zeros(len(counts), np.int64), 0
    for part in np.split(np.arange(len(counts)), np.flatnonzero(np.diff(run)) + 1):
        own = counts[part]
        several = max(round(modes * float(own.sum()) / float(counts.sum())), 1)
        middle = np.cumsum(own) - own / 2
        found[part] = begun + np.minimum(middle * several // own.sum(), several - 1)
        begun += several
    return found


def _nearest_member(members: Ints, cells: int) -> Ints:
    """(cells,) index of each cell's member; of a cell that training did not meet, the nearest one's."""
    order = np.argsort(members)
    known = members[order]
    right = np.clip(np.searchsorted(known, np.arange(cells)), 0, len(known) - 1)
    left = np.maximum(right - 1, 0)
    nearer = np.abs(known[left] - np.arange(cells)) <= np.abs(known[right] - np.arange(cells))
    return order[np.where(nearer, left, right)]
