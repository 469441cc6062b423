"""A column as cells: what sequential methods predict. Numbers use the grid, everything else its levels."""

from __future__ import annotations

from abc import ABC, abstractmethod
from typing import Any, ClassVar

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from engine.codecs.base import Codec
from engine.codecs.grid import CodeCondition, Grid
from engine.codecs.table import TableCodec
from engine.conditions import Condition
from engine.errors import ConditionError, DataError
from engine.generators.levels import order_levels
from engine.table.schema import CANONICAL_DTYPES, Column, Kind

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]

FEW_LEVELS = 20  # up to here levels keep the codec's order; above they are ordered by likeness
_PROFILE_LEVELS = 30  # categories with at most that many levels take part in the others' profiles


class Cells(ABC):
    """Encoded values of one column <-> whole numbers 0 .. size-1; cell 0 is "missing" where `missing` is set."""

    missing: bool
    exact: bool  # every cell but "missing" stands for one single value

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
    def feature(self, codes: Floats) -> NDArray[np.float32]:
        """(rows,) codes as a feature of later columns: ordered, NaN where missing."""

    @abstractmethod
    def state(self) -> dict[str, Any]: ...


class GridCells(Cells):
    """A number's or date's cells."""

    kind: ClassVar[str] = "grid"

    def __init__(self, grid: Grid) -> None:
        self.grid = grid
        self.missing = grid.missing
        self.exact = bool(grid.atom.all())

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

    def feature(self, codes: Floats) -> NDArray[np.float32]:
        return codes.astype(np.float32)

    def state(self) -> dict[str, Any]:
        return {"kind": self.kind, "grid": self.grid.state()}


class LevelCells(Cells):
    """A category's levels, in an order that may differ from the codec's: `order[place]` is the codec's code."""

    kind: ClassVar[str] = "levels"

    def __init__(self, order: Ints, level_counts: Ints, missing_rows: int) -> None:
        self.order, self.level_counts, self.missing_rows = order, level_counts, missing_rows
        self.missing = missing_rows > 0
        self.exact = True
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

    def feature(self, codes: Floats) -> NDArray[np.float32]:
        if not len(self.order):
            return np.full(len(codes), np.nan, dtype=np.float32)
        places = self._place[np.nan_to_num(codes).astype(np.int64)]
        return np.where(np.isnan(codes), np.nan, places).astype(np.float32)

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


def fit_cells(codec: TableCodec, codes: Floats, *, resolution: int = 512) -> list[Cells]:
    """Cells of every column of (rows, columns) codes; numbers get about `resolution` of them."""
    profile = _profiles(codec, codes)
    cells: list[Cells] = []
    for j, column in enumerate(codec.codecs):
        own = codes[:, j]
        if column.discrete:
            cells.append(_fit_levels(column, own, profile, j))
        else:
            cells.append(GridCells(Grid().fit(own, decimals=_decimals(column.column), cells=resolution)))
    return cells


def _fit_levels(codec: Codec, codes: Floats, profile: dict[int, Floats], j: int) -> LevelCells:
    known = codes[~np.isnan(codes)].astype(np.int64)
    counts = np.bincount(known, minlength=codec.size)
    order = np.arange(codec.size)
    others = [block for i, block in profile.items() if i != j]
    if codec.size > FEW_LEVELS and others:
        order = order_levels(codes, np.hstack(others))
        order = np.r_[order, np.setdiff1d(np.arange(codec.size), order)]
    return LevelCells(order, counts, len(codes) - len(known))


def _profiles(codec: TableCodec, codes: Floats) -> dict[int, Floats]:
    """Centred features per column that levels are compared by; only made when some category has many levels."""
    if not any(c.discrete and c.size > FEW_LEVELS for c in codec.codecs):
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


def _decimals(column: Column) -> int:
    return column.decimals if column.kind is Kind.DECIMAL else 0


def encode_condition(condition: Condition, codec: Codec) -> CodeCondition:
    """A condition on values as one on the codec's numbers. ConditionError for a value that the column does not know."""
    missing = condition.values is not None and None in condition.values
    if condition.values is not None:
        values = [v for v in condition.values if v is not None]
        return CodeCondition(values=_codes(values, condition, codec), missing=missing)
    low, high = -np.inf, np.inf
    step = 10.0 ** -_decimals(codec.column)
    if condition.low is not None:
        low = float(_codes([condition.low], condition, codec)[0]) + step * condition.open_low
    if condition.high is not None:
        high = float(_codes([condition.high], condition, codec)[0]) - step * condition.open_high
    return CodeCondition(low=low, high=high)


def _codes(values: list[Any], condition: Condition, codec: Codec) -> Floats:
    if not values:
        return np.empty(0)
    try:
        dtype = CANONICAL_DTYPES[codec.column.kind]
        series = pd.Series(values) if codec.column.kind is Kind.DATETIME else pd.Series(values, dtype=dtype)  # type: ignore[call-overload]
        return codec.encode(series)
    except (DataError, TypeError, ValueError) as error:
        raise ConditionError(
            f"“{condition.describe()}”: column “{condition.column}” has no such value in the table.",
            column=condition.column,
        ) from error
