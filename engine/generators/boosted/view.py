"""Rows under construction: codes, cells, and what the trees see of the columns that are filled already."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from engine.generators.cells import Cells, GridCells

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]
Features = NDArray[np.float32]

FEW = 20  # levels up to which a category is a category to the trees; more are taken in their order
_FAR = 1e30  # what a feature may be at most, so that float32 holds it


@dataclass(frozen=True, slots=True)
class Look:
    """How one column looks to the trees: a category, or a number in units of its own spread."""

    category: bool
    centre: float = 0.0
    unit: float = 1.0

    @classmethod
    def of(cls, cells: Cells, codes: Floats) -> Look:
        if not isinstance(cells, GridCells):
            return cls(cells.size <= FEW)
        known = codes[~np.isnan(codes)]
        if not len(known):
            return cls(False)
        centre = float(np.median(known))
        unit = float(np.median(np.abs(known - centre))) or float(np.max(np.abs(known / 2 - centre / 2))) or 1.0
        return cls(False, centre, unit)

    def features(self, codes: Floats, cells: Cells, found: NDArray[np.int32]) -> Features:
        """(rows,) codes and cells of the column -> (rows,)."""
        if not isinstance(cells, GridCells):
            return found.astype(np.float32)
        with np.errstate(over="ignore"):
            return shrunk(codes / self.unit - self.centre / self.unit)

    def state(self) -> dict[str, Any]:
        return {"category": self.category, "centre": self.centre, "unit": self.unit}

    @classmethod
    def from_state(cls, state: Mapping[str, Any]) -> Look:
        return cls(bool(state["category"]), float(state["centre"]), float(state["unit"]))


def shrunk(values: Floats) -> Features:
    """As float32, without infinities; NaN stays."""
    return np.clip(values, -_FAR, _FAR).astype(np.float32)


class View:
    """codes: (rows, columns) NaN where missing; cells: (rows, columns); features: (rows, columns)."""

    def __init__(self, codes: Floats, cells: NDArray[np.int32], features: Features) -> None:
        self.codes, self.cells, self.features = codes, cells, features

    @classmethod
    def empty(cls, rows: int, columns: int) -> View:
        shape = (rows, columns)
        return cls(np.full(shape, np.nan), np.zeros(shape, np.int32), np.zeros(shape, np.float32))

    @classmethod
    def joined(cls, views: Sequence[View]) -> View:
        return cls(*(np.concatenate([getattr(v, part) for v in views]) for part in ("codes", "cells", "features")))

    def __len__(self) -> int:
        return len(self.codes)

    def take(self, rows: Ints | NDArray[np.bool_]) -> View:
        return View(self.codes[rows], self.cells[rows], self.features[rows])


@dataclass(frozen=True, slots=True)
class Term:
    """An earlier column, or the sum (sign 1) or difference (sign -1) of two."""

    first: int
    second: int = -1
    sign: int = 1

    def value(self, codes: Floats) -> Floats:
        """(rows, columns) codes -> (rows,)."""
        if self.second < 0:
            return codes[:, self.first]
        with np.errstate(over="ignore"):
            return codes[:, self.first] + self.sign * codes[:, self.second]

    def state(self) -> list[int]:
        return [self.first, self.second, self.sign]

    @classmethod
    def from_state(cls, state: Sequence[int]) -> Term:
        return cls(*(int(part) for part in state))
