"""Columns on normal scores: each cell of a column is a stretch of a standard normal variable, as wide as its share.

Where a cell holds many rows (no rain on half of all days), the place within its stretch is not observed. `motion`
draws it given the row's other scores and the rows before and after.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.special import ndtri

from engine.generators.cells import Cells, GridCells

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]


@dataclass(frozen=True, slots=True)
class Score:
    """One latent: the values of a column, or its gaps. ends: (cells + 1,) of the stretches, infinite at both ends.

    column: whose; gaps: whether the two stretches are "there" and "missing" instead of the known cells.
    """

    column: int
    gaps: bool
    ends: Floats

    def cells(self, scores: Floats) -> Ints:
        """(rows,) scores -> the cell that each lies in; cells without rows are never met."""
        at = np.searchsorted(self.ends[1:-1], scores, side="right")
        return np.asarray(at, dtype=np.int64)


def bounds(ends: Floats, cells: Ints) -> tuple[Floats, Floats]:
    """(rows,) ends of each cell's stretch; everything for a cell of -1 (not known)."""
    known, at = cells >= 0, np.maximum(cells, 0)
    return np.where(known, ends[at], -np.inf), np.where(known, ends[at + 1], np.inf)


def plain_ends(score: Score, cells: Cells) -> Floats | None:
    """(cells + 1,) the same stretches in the column's own unit, centred and scaled; None where it has none.

    Normal scores pull groups of values apart into one bell: a season that lifts all values far out of the others' range
    is drawn together with them. In the column's own unit it stays as far away as it is.
    """
    if score.gaps or not isinstance(cells, GridCells):
        return None
    grid = cells.grid
    between = (grid.high[:-1] + grid.low[1:]) / 2
    middle, mass = (grid.low + grid.high) / 2, grid.mass / max(int(grid.mass.sum()), 1)
    centre = float(mass @ middle)
    spread = float(np.sqrt(mass @ (middle - centre) ** 2))
    if not np.isfinite(spread) or spread <= 0:
        return None
    return np.asarray(np.r_[-np.inf, (between - centre) / spread, np.inf], dtype=np.float64)


def scores_of(cells: Sequence[Cells], columns: Sequence[int]) -> list[Score]:
    """Latents of the `columns`: one for their values where these vary, one for their gaps where there are some."""
    found = []
    for j in columns:
        counts = cells[j].counts
        known = counts[1:] if cells[j].missing else counts
        if (known > 0).sum() > 1:
            found.append(Score(j, False, _ends(known)))
        if cells[j].missing and 0 < counts[0] < counts.sum():
            found.append(Score(j, True, _ends(np.array([counts.sum() - counts[0], counts[0]]))))
    return found


def _ends(counts: Ints) -> Floats:
    reach = np.r_[0, np.cumsum(counts)] / counts.sum()
    return np.asarray(ndtri(reach))


def observed(scores: Sequence[Score], cells: Sequence[Cells], found: Sequence[Ints]) -> Ints:
    """(rows, latents) cell of each latent, -1 where a value is missing. found: (rows,) cells of each column."""
    own = []
    for score in scores:
        missing = cells[score.column].missing
        cell = found[score.column]
        if score.gaps:
            own.append((cell == 0).astype(np.int64))
        else:
            own.append(np.where(cell == 0, -1, cell - 1) if missing else cell)
    return np.column_stack(own) if own else np.empty((len(found[0]) if found else 0, 0), dtype=np.int64)


def columns_of(scores: Sequence[Score], cells: Sequence[Cells], latents: Floats) -> dict[int, Ints]:
    """(rows, latents) -> (rows,) cells of each column that has a latent, or varies not at all."""
    made: dict[int, Ints] = {}
    for k, score in enumerate(scores):
        if not score.gaps:
            made[score.column] = score.cells(latents[:, k]) + cells[score.column].missing
    for k, score in enumerate(scores):
        if score.gaps:
            plain = int(np.argmax(cells[score.column].counts[1:])) + 1
            own = made.get(score.column, np.full(len(latents), plain))
            made[score.column] = np.where(score.cells(latents[:, k]) == 1, 0, own)
    return made
