"""Training by sampling (Xu et al. 2019): each made row is asked for one option, and stands beside a real row with it.

A block is drawn evenly, its option by the logarithm of how many rows have it, so that rare options are practised. When
rows are made for the person, options are asked for as often as they occur.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from engine.generators.deep.gan.layout import Layout

Floats = NDArray[np.float64]
Singles = NDArray[np.float32]
Ints = NDArray[np.int64]

_TABLED = 1_500  # options up to which all pairs of them are counted
_PRIOR, _FEWEST = (
    0.5,
    5,
)  # rows of the columns on their own that each option's rows are mixed with; rarer ones are not told
_UNMET, _HARDLY = 3.0, 0.02  # a pair met in no row where three were to be expected is that much less likely still
_LEAST = 1e-6  # share of what is told to be impossible


@dataclass(frozen=True, slots=True)
class Asked:
    """block, option: (rows,) what each made row is asked for, option within its block; row: a real row that has it."""

    block: Ints
    option: Ints
    row: Ints


class Conditions:
    """options: (rows, blocks) of the training rows, at least one."""

    def __init__(self, options: Ints, sizes: Ints) -> None:
        rows = np.int32 if len(options) < 2**31 else np.int64
        self._order = [np.argsort(own, kind="stable").astype(rows) for own in options.T]
        self._start = [
            np.r_[0, np.cumsum(np.bincount(own, minlength=size))] for own, size in zip(options.T, sizes, strict=True)
        ]
        self._reach = [np.cumsum(np.log1p(np.diff(start))) for start in self._start]

    def draw(self, rows: int, rng: np.random.Generator) -> Asked:
        block = rng.integers(0, len(self._order), rows)
        point, place = rng.random(rows), rng.random(rows)
        option, row = np.zeros(rows, np.int64), np.zeros(rows, np.int64)
        for i in np.unique(block):
            own = np.flatnonzero(block == i)
            reach, start = self._reach[i], self._start[i]
            found = np.searchsorted(reach, point[own] * reach[-1], side="right")
            found = np.minimum(found, np.flatnonzero(np.diff(start))[-1])
            at = start[found] + (place[own] * (start[found + 1] - start[found])).astype(np.int64)
            option[own], row[own] = found, self._order[i][at]
        return Asked(block, option, row)


def as_they_occur(layout: Layout, rows: int, rng: np.random.Generator) -> Ints:
    """(rows,) options, numbered through all blocks, each as often as it occurs."""
    block = rng.integers(0, layout.blocks, rows)
    reach = np.cumsum(layout.shares)
    low = np.r_[0.0, reach][layout.start[block]]
    high = reach[layout.start[block + 1] - 1]
    found = np.searchsorted(reach, low + rng.random(rows) * (high - low), side="right")
    return np.asarray(np.clip(found, layout.start[block], layout.start[block + 1] - 1), dtype=np.int64)


def first_guess(layout: Layout, options: Ints) -> Singles | None:
    """(options, options) log chances of all options (second axis) when one is asked for (first axis).

    (rows, blocks) `options` of the training rows. Of an option that fewer than five rows have, nothing is told, so that
    no single row is. Where the generator starts: rows then keep the relations of the block that is asked
    for, and training has to learn those of the others. None above 1,500 options, where the table would be too large
    and one block among so many says little.
    """
    if layout.options > _TABLED:
        return None
    met = np.zeros((layout.options, layout.options))
    step = layout.at_once(len(options))
    for at in range(0, len(options), step):
        hot = layout.hot(options[at : at + step])
        met += hot.T @ hot
    met[np.diag(met) < _FEWEST] = 0.0
    shares = (met + _PRIOR * layout.shares) / (np.diag(met)[:, None] + _PRIOR)
    expected = np.outer(np.diag(met), layout.shares)
    shares[(met == 0) & (expected > _UNMET)] *= _HARDLY
    for i in range(layout.blocks):
        own = layout.part(i)
        shares[own, own] = np.eye(own.stop - own.start)
    return np.log(np.maximum(shares, _LEAST)).astype(np.float32)
