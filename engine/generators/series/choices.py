"""Categories in time: redrawn given the rest of their row and their own value in the rows before and after.

One score orders the levels of a category, which is right for grades and wrong for kinds of weather. Its draws are
where this starts: each category is drawn anew from trees a few times, every other row at a time (a dependency network:
Heckerman et al. 2000).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
from numpy.typing import NDArray

from engine.generators.cells import Cells, LevelCells
from engine.generators.columntrees import ColumnTrees, fit_column
from engine.generators.trees import Growth

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]
Rows = NDArray[np.int32]

_LEVELS = 3  # from which an order may be wrong
_TREES, _CAUTION, _SPLIT_ROWS = 10, 1.0, 100_000
_LEAF = 15
_SWEEPS = 12
_STRETCHES = 16  # of the time that the table covers
_SHY = 0.5  # rows added to each level


def learn_choices(
    cells: Sequence[Cells],
    found: Rows,
    columns: Sequence[int],
    still: set[int],
    series: Ints,
    when: Floats,
    rng: np.random.Generator,
) -> dict[int, ColumnTrees]:
    """Trees of each category of three and more levels. found: (rows, columns) cells in order of series and time;
    columns: all but time and key; still: those that do not change within a series, and are left alone; when: (rows,)
    place in the time that the table covers, 0 to 1."""
    trees = {}
    for j in columns:
        own = cells[j]
        if j in still or not isinstance(own, LevelCells) or (own.counts[own.missing :] > 0).sum() < _LEVELS:
            continue
        known = np.flatnonzero(found[:, j] >= own.missing)
        seen = _features(found, j, own.size, series, when)[known]
        counts = own.counts.copy()
        counts[: own.missing] = 0
        trees[j] = fit_column(
            seen,
            _sources(columns, j, found.shape[1]),
            found[known, j].astype(np.int64),
            counts,
            first_alone=own.missing,
            trees=_TREES,
            growth=Growth(_LEAF, _CAUTION, _SPLIT_ROWS),
            rng=rng,
            done=lambda: False,
        )
    return trees


def redraw(
    trees: Mapping[int, ColumnTrees],
    cells: Sequence[Cells],
    made: Rows,
    series: Ints,
    when: Floats,
    rng: np.random.Generator,
) -> Rows:
    """(rows, columns) made cells with the categories drawn anew where they are known; gaps stay."""
    weights = {j: _known(cells[j]) for j in trees}
    for _ in range(_SWEEPS if trees else 0):
        for j, own in trees.items():
            for half in (0, 1):
                rows = np.arange(half, len(made), 2)
                rows = rows[made[rows, j] >= cells[j].missing]
                if len(rows):
                    seen = _features(made, j, cells[j].size, series, when)[rows]
                    made[rows, j] = own.draw_within(seen, weights[j], rng)[0]
            weights[j] = _towards(weights[j], cells[j], made[:, j])
    return made


def _known(own: Cells) -> Floats:
    """(cells,) 1 for levels, 0 for missing."""
    return (np.arange(own.size) >= own.missing).astype(np.float64)


def _towards(weight: Floats, own: Cells, made: NDArray[np.int32]) -> Floats:
    """Weights under which the next draws come closer to the levels' real shares: neighbours that copy each other
    would let the commonest levels grow."""
    known = made[made >= own.missing]
    real = own.counts * _known(own)
    share = (np.bincount(known, minlength=own.size) + 1.0) / (len(known) + own.size)
    wanted = (real + _SHY) / (real.sum() + _SHY * own.size)
    return np.where(_known(own) > 0, weight * np.sqrt(wanted / share), 0.0)


def _sources(columns: Sequence[int], j: int, width: int) -> Ints:
    return np.array([*(i for i in columns if i != j), width, width + 1, width + 2], dtype=np.int64)


def _features(cells: Rows, j: int, size: int, series: Ints, when: Floats) -> Rows:
    """(rows, columns + 3): the row's cells, column j's before and after it (`size` at the ends of a series), and the
    stretch of time: what is called rain in one year may be called fog in another."""
    own = cells[:, j]
    same = series[1:] == series[:-1]
    before = np.full(len(cells), size, dtype=np.int32)
    after = before.copy()
    before[1:] = np.where(same, own[:-1], size)
    after[:-1] = np.where(same, own[1:], size)
    stretch = np.clip((when * _STRETCHES).astype(np.int32), 0, _STRETCHES - 1)
    return np.column_stack([cells, before, after, stretch]).astype(np.int32)
