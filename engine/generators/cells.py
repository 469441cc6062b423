"""A column as cells: what sequential methods predict. Numbers use the grid, everything else its levels."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable
from typing import Any, ClassVar

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from engine.codecs.base import Codec
from engine.codecs.grid import CodeCondition, Grid
from engine.codecs.numeric import NumericCodec
from engine.codecs.table import TableCodec
from engine.generators.levels import order_levels

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]

_ORDER_ROWS = 20_000
_PROFILE_LEVELS = 30  # categories with at most that many levels take part in the others' profiles


class Cells(ABC):
    """Encoded values of one column <-> whole numbers 0 .. size-1; cell 0 is "missing" where `missing` is set."""

    missing: bool

    @property
    @abstractmethod
    def size(self) -> int: ...

    @property
    @abstractmethod
    def counts(self) -> Ints:
        """(size,) training rows in each cell."""

    @abstractmethod
    def cell(self, codes: Floats) -> Ints: ...

    @abstractmethod
    def value(self, cells: Ints, rng: np.random.Generator, condition: CodeCondition | None = None) -> Floats: ...

    @abstractmethod
    def weights(self, condition: CodeCondition) -> Floats:
        """(size,) share of each cell that fulfils the condition."""

    @abstractmethod
    def held(self) -> list[float]:
        """Codes of the real values that are kept: levels that were seen, numbers that several rows share."""

    @abstractmethod
    def state(self) -> dict[str, Any]: ...


class GridCells(Cells):
    """A number's or date's cells."""

    kind: ClassVar[str] = "grid"

    def __init__(self, grid: Grid) -> None:
        self.grid = grid
        self.missing = grid.missing

    @property
    def size(self) -> int:
        return self.grid.size

    @property
    def counts(self) -> Ints:
        return self.grid.counts

    def cell(self, codes: Floats) -> Ints:
        return self.grid.cell(codes)

    def value(self, cells: Ints, rng: np.random.Generator, condition: CodeCondition | None = None) -> Floats:
        return self.grid.value(cells, rng, condition)

    def weights(self, condition: CodeCondition) -> Floats:
        return self.grid.weights(condition)

    def held(self) -> list[float]:
        return self.grid.held()

    def state(self) -> dict[str, Any]:
        return {"kind": self.kind, "grid": self.grid.state()}


class LevelCells(Cells):
    """A category's levels, in an order that may differ from the codec's: `order[place]` is the codec's code."""

    kind: ClassVar[str] = "levels"

    def __init__(self, order: Ints, level_counts: Ints, missing_rows: int) -> None:
        self.order, self.level_counts, self.missing_rows = order, level_counts, missing_rows
        self.missing = missing_rows > 0
        self._place = np.empty(len(order), dtype=np.int64)
        self._place[order] = np.arange(len(order))

    @property
    def size(self) -> int:
        return len(self.order) + self.missing

    @property
    def counts(self) -> Ints:
        placed = self.level_counts[self.order]
        return np.r_[[self.missing_rows], placed] if self.missing else placed

    def cell(self, codes: Floats) -> Ints:
        if not len(self.order):
            return np.zeros(len(codes), dtype=np.int64)
        places = self._place[np.nan_to_num(codes).astype(np.int64)]
        return np.where(np.isnan(codes), 0, places + 1) if self.missing else places

    def value(self, cells: Ints, rng: np.random.Generator, condition: CodeCondition | None = None) -> Floats:
        if not len(self.order):
            return np.full(len(cells), np.nan)
        codes = self.order[np.maximum(cells - self.missing, 0)].astype(np.float64)
        return np.where(cells == 0, np.nan, codes) if self.missing else codes

    def weights(self, condition: CodeCondition) -> Floats:
        if condition.values is not None:
            inside = np.isin(self.order, condition.values)
        else:
            inside = (self.order >= condition.low) & (self.order <= condition.high)
        return np.r_[[float(condition.missing)], inside] if self.missing else inside.astype(np.float64)

    def held(self) -> list[float]:
        return np.flatnonzero(self.level_counts > 0).astype(np.float64).tolist()

    def state(self) -> dict[str, Any]:
        return {
            "kind": self.kind,
            "order": self.order,
            "level_counts": self.level_counts,
            "missing_rows": self.missing_rows,
        }


def from_state(state: dict[str, Any]) -> Cells:
    if state["kind"] == GridCells.kind:
        return GridCells(Grid.from_state(state["grid"]))
    return LevelCells(state["order"], state["level_counts"], int(state["missing_rows"]))


def fit_cells(
    codec: TableCodec,
    codes: Floats,
    rng: np.random.Generator,
    *,
    resolution: int,
    step: Callable[[], None],
) -> list[Cells]:
    """Cells of every column of (rows, columns) codes; numbers get about `resolution` of them.

    The order of levels is found on at most 20,000 rows, drawn at random. step: called once a column.
    """
    part = codes if len(codes) <= _ORDER_ROWS else codes[np.sort(rng.choice(len(codes), _ORDER_ROWS, replace=False))]
    profile = _profiles(codec, part)
    cells: list[Cells] = []
    for j, column in enumerate(codec.codecs):
        if isinstance(column, NumericCodec):
            cells.append(GridCells(Grid().fit(codes[:, j], decimals=column.decimals, cells=resolution)))
        else:
            cells.append(_fit_levels(column, codes[:, j], part[:, j], profile, j))
        step()
    return cells


def _fit_levels(codec: Codec, codes: Floats, part: Floats, profile: dict[int, Floats], j: int) -> LevelCells:
    known = codes[~np.isnan(codes)].astype(np.int64)
    counts = np.bincount(known, minlength=codec.size)
    order = np.arange(codec.size)
    others = [block for i, block in profile.items() if i != j]
    if codec.size > 2 and others:
        found = order_levels(part, np.hstack(others))
        order = np.r_[found, np.setdiff1d(order, found)]
    return LevelCells(order, counts, len(codes) - len(known))


def _profiles(codec: TableCodec, codes: Floats) -> dict[int, Floats]:
    """Centred features per column that levels are compared by; only made when some category has three levels."""
    if not any(c.discrete and c.size > 2 for c in codec.codecs):
        return {}
    blocks: dict[int, Floats] = {}
    for j, column in enumerate(codec.codecs):
        own = codes[:, j]
        if not column.discrete:
            rank = pd.Series(own).rank(pct=True).fillna(0.5).to_numpy()
            blocks[j] = (rank - rank.mean())[:, None]
        elif 1 < column.size <= _PROFILE_LEVELS:
            hot = (own[:, None] == np.arange(column.size)) * 0.7
            blocks[j] = hot - hot.mean(0)
    return blocks
