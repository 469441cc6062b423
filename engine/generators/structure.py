"""Which latents a table's columns get: an order for categories, options for their levels, and which of both fits.

A category of three or more levels can be cut from one ordered variable, or be a choice among utilities. Neither is
right for all: education follows its number of years in order; family status, sex and occupation have no common order.
So both are fitted on a part of the rows, tables of pairs are made from each, and the closer one is taken, column by
column.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from engine.codecs.grid import Grid
from engine.codecs.numeric import NumericCodec
from engine.codecs.table import TableCodec
from engine.generators.cells import Cells, GridCells, LevelCells
from engine.generators.latents import Choice, LatentColumn, Ordered
from engine.generators.levels import order_levels

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]

_PRIOR_ROWS = 5.0  # a level's mean is drawn towards 0 as if by that many rows
_LEAST_ROWS, _LEAST_SHARE = 20, 0.002  # an option of a choice has at least that many rows
_LIKE_LEVELS = 30  # most frequent levels that others are compared by
_ORDER_ROWS = 10_000  # rows that orders of levels are found on
_ORDER_CANDIDATES = 8
_GROUPS = 10  # of a number, in tables of pairs
_PARTNERS = 40  # columns that a category's tables are made with


@dataclass(frozen=True, slots=True)
class Views:
    """Each column as centred features (rows, features) of unit size, by which levels of others are compared.

    scores: the columns with an order (numbers, dates): (rows, ordered columns) normal scores, 0 where missing.
    """

    blocks: tuple[Floats, ...]
    numeric: Ints


def view(codec: TableCodec, codes: Floats, rng: np.random.Generator) -> tuple[Views, Ints]:
    """Features of a sample of at most 10,000 rows, and which rows those are."""
    rows = np.arange(len(codes))
    if len(rows) > _ORDER_ROWS:
        rows = np.sort(rng.choice(rows, size=_ORDER_ROWS, replace=False))
    blocks = [
        _scores(codes[rows, j])[:, None] if isinstance(c, NumericCodec) else _indicators(codes[rows, j], c.size)
        for j, c in enumerate(codec.codecs)
    ]
    numeric = np.flatnonzero([isinstance(c, NumericCodec) for c in codec.codecs])
    return Views(tuple(blocks), numeric), rows


def _scores(codes: Floats) -> Floats:
    """Ranks of the values, centred and scaled to variance 1; 0 where missing."""
    rank = pd.Series(codes).rank().to_numpy()
    centred = rank - np.nanmean(rank) if np.isfinite(rank).any() else rank
    spread = float(np.nanstd(centred)) if np.isfinite(rank).any() else 0.0
    return np.nan_to_num(centred / spread) if spread > 0 else np.zeros(len(codes))


def _indicators(codes: Floats, size: int) -> Floats:
    """Indicators of the most frequent levels (codes are ranks of frequency), centred, divided by their root share."""
    hot = (codes[:, None] == np.arange(min(size, _LIKE_LEVELS))).astype(np.float64)
    share = hot.mean(axis=0)
    return np.asarray((hot - share)[:, share > 0] / np.sqrt(share[share > 0]))


def level_order(codes: Floats, size: int, views: Views, own: int) -> Ints:
    """(rows,) codes of a category -> its levels in the order that tells most about the other columns.

    Candidates are the leading components of the levels' mean features, and their means on single numbers; the best
    one has the largest sum of -log(1 - R²) / 2, the information that its scores carry about each column.
    """
    others = [block for j, block in enumerate(views.blocks) if j != own and block.shape[1]]
    if not others or size <= 2:
        return np.arange(size)
    known = ~np.isnan(codes)
    at = codes[known].astype(np.int64)
    counts = np.bincount(at, minlength=size).astype(np.float64)
    means = [_level_means(at, block[known], counts) for block in others]
    weights = np.sqrt(counts / max(counts.sum(), 1))
    vectors, _, _ = np.linalg.svd(np.hstack(means) * weights[:, None], full_matrices=False)
    candidates = [vectors[:, i] / np.maximum(weights, 1e-9) for i in range(min(3, vectors.shape[1]))]
    singles = [m[:, 0] for m in means if m.shape[1] == 1]
    candidates += sorted(singles, key=lambda m: -float(counts @ m**2))[:_ORDER_CANDIDATES]
    fair = (counts + _PRIOR_ROWS) / np.maximum(counts, 1)  # an order needs no caution with rare levels
    candidates = [candidate * fair for candidate in candidates]
    orders = [np.argsort(candidate, kind="stable") for candidate in candidates]
    return max(orders, key=lambda order: _information(order, counts, means))


def _level_means(at: Ints, block: Floats, counts: Floats) -> Floats:
    sums = np.column_stack([np.bincount(at, block[:, i], len(counts)) for i in range(block.shape[1])])
    return np.asarray(sums / (counts + _PRIOR_ROWS)[:, None])


def _information(order: Ints, counts: Floats, means: Sequence[Floats]) -> float:
    share = counts[order] / counts.sum()
    score = np.empty(len(order))
    score[order] = np.cumsum(share) - share / 2
    weights = counts / counts.sum()
    score -= weights @ score
    score /= max(float(np.sqrt(weights @ score**2)), 1e-12)
    total = 0.0
    for block in means:
        # Features are scaled so that the sum of squared covariances with them is the R² of the column given the score.
        explained = float((((weights * score) @ block) ** 2).sum())
        total -= 0.5 * float(np.log(max(1 - explained, 1e-3)))
    return total


def ordered_column(codec: TableCodec, codes: Floats, j: int, views: Views, rows: Ints, detail: int) -> LatentColumn:
    """Column j on one ordered variable."""
    column, own = codec.codecs[j], codes[:, j]
    cells: Cells
    if isinstance(column, NumericCodec):
        cells = GridCells(Grid().fit(own[~np.isnan(own)], decimals=column.decimals, cells=detail))
    else:
        cells = _level_cells(own, level_order(own[rows], column.size, views, j))
    return LatentColumn(cells, Ordered.of(cells.counts), np.arange(cells.size))


def _level_cells(codes: Floats, order: Ints) -> LevelCells:
    known = codes[~np.isnan(codes)].astype(np.int64)
    counts = np.bincount(known, minlength=len(order))
    seen = order[counts[order] > 0]
    return LevelCells(order if len(seen) == len(order) else np.r_[seen, np.setdiff1d(order, seen)], counts, 0)


def choice_column(codes: Floats, size: int, views: Views, rows: Ints, own: int, most: int) -> LatentColumn | None:
    """A category as a choice among at most `most` options; alike levels share one. None when only one would be left."""
    cells = _level_cells(codes, np.arange(size))
    others = [block for j, block in enumerate(views.blocks) if j != own and block.shape[1]]
    likeness = np.arange(size)
    if size > 2 and others:
        found = order_levels(codes[rows], np.hstack(others))
        likeness = np.r_[found, np.setdiff1d(np.arange(size), found)]
    options = _merged(likeness, cells.counts, most)
    if len(options) < 3:
        return None
    options.sort(key=lambda members: -int(cells.counts[members].sum()))  # the most frequent is the one of utility 0
    option_of = np.empty(size, dtype=np.int64)
    for k, members in enumerate(options):
        option_of[members] = k
    counts = np.bincount(option_of, cells.counts, len(options))
    return LatentColumn(cells, Choice.of(counts), option_of)


def _merged(order: Ints, counts: Ints, most: int) -> list[list[int]]:
    """Levels in order of likeness, the lightest option merged into its lighter neighbour until all are heavy enough."""
    least = max(_LEAST_ROWS, _LEAST_SHARE * counts.sum())
    options = [[int(level)] for level in order]
    weights = [int(counts[level]) for level in order]
    while len(options) > 1:
        light = int(np.argmin(weights))
        if weights[light] >= least and len(options) <= most:
            break
        sides = [i for i in (light - 1, light + 1) if 0 <= i < len(options)]
        side = min(sides, key=lambda i: weights[i])
        first, second = sorted((light, side))
        options[first] += options.pop(second)
        weights[first] += weights.pop(second)
    return options


def pair_errors(real: Ints, made: Ints, which: Sequence[int], strength: Floats) -> dict[int, float]:
    """For each category of `which`: how far its tables with other columns are off, in all.

    real, made: (rows, columns) groups (see `grouped`), 0 for missing; strength: (columns, columns) by which at most
    40 partners are chosen. The error of a pair is the total variation distance of the two tables, 0 to 1.
    """
    errors = {}
    for j in which:
        partners = [i for i in np.argsort(-strength[j], kind="stable") if i != j][:_PARTNERS]
        errors[j] = sum(_table_distance(real[:, j], real[:, i], made[:, j], made[:, i]) for i in partners)
    return errors


def _table_distance(real_a: Ints, real_b: Ints, made_a: Ints, made_b: Ints) -> float:
    width = int(max(real_b.max(initial=0), made_b.max(initial=0))) + 1
    size = (int(max(real_a.max(initial=0), made_a.max(initial=0))) + 1) * width
    real = np.bincount(real_a * width + real_b, minlength=size) / max(len(real_a), 1)
    made = np.bincount(made_a * width + made_b, minlength=size) / max(len(made_a), 1)
    return float(np.abs(real - made).sum() / 2)


def grouped(codec: TableCodec, codes: Floats, reference: Floats) -> Ints:
    """(rows, columns) codes as small groups: numbers by tenths of `reference`, levels by themselves; 0 is missing."""
    groups = np.zeros(codes.shape, dtype=np.int64)
    for j, column in enumerate(codec.codecs):
        own = codes[:, j]
        if isinstance(column, NumericCodec):
            known = reference[~np.isnan(reference[:, j]), j]
            if not len(known):
                continue
            edges = np.unique(np.quantile(known, np.arange(1, _GROUPS) / _GROUPS))
            groups[:, j] = np.where(np.isnan(own), 0, np.searchsorted(edges, own) + 1)
        else:
            groups[:, j] = np.where(np.isnan(own), -1, np.minimum(np.nan_to_num(own), _LIKE_LEVELS)) + 1
    return groups
