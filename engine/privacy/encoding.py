"""Rows as numbers that a distance can be taken of, learned from the synthetic rows and the reference only.

A cell becomes two numbers, a and b. Of numbers and dates a is the mid-rank among known values, 0 to 1, as the average
of the ranks in both tables, so that neither outweighs the other by its size; b is the value itself, in units in which
evenly spread values would fill a length of 1. Of categories both are a code, equal for the same label; missing is a
state of its own. One formula serves all columns: the lesser of |a - a'| and |b - b'| + |a - a'| / 1024, at most 1.

So two labels, or a value and a gap, differ by 1, and two numbers by their ranks or their values, whichever is less.
Ranks alone would tear apart numbers that hardly differ where many rows share one value (nine in ten are 0, and 1 has a
rank far above them), and would not see copies with a little noise; values alone would see nothing but outliers where
there are some. A thousandth of the ranks is always left, so that a row of the synthetic or the reference table is at
distance 0 only from its copies.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from engine.evaluation import columns
from engine.evaluation.base import FloatArray
from engine.table.schema import Schema

Matrix = NDArray[np.float32]  # (columns, 2, rows), so that a column's a and b lie in one piece each
MISSING = np.float32(2.0)  # as a rank: 1 or more from every other
_FAR = 1e4  # values beyond are as far
_MISSING_VALUE = 2 * _FAR
_TAILS = (0.01, 0.99)  # values beyond these quantiles count as if there, so that a few do not set the unit for all

FITTED = ("synthetic", "reference")


@dataclass(frozen=True)
class Encoded:
    """The compared columns of several tables as (columns, 2, rows) matrices, by the table's name."""

    names: tuple[str, ...]
    numeric: tuple[bool, ...]
    tables: Mapping[str, Matrix]

    def __getitem__(self, table: str) -> Matrix:
        return self.tables[table]

    @cached_property
    def pool(self) -> Matrix:
        """The records that are attacked: members, then controls."""
        return np.concatenate([self.tables["members"], self.tables["controls"]], axis=-1)


def encode(tables: Mapping[str, pd.DataFrame], schema: Schema) -> Encoded:
    """Encode parsed tables, "synthetic" and "reference" among them, over the schema's comparable columns."""
    used = columns.comparable(schema)
    out = {name: np.empty((len(used), 2, len(table)), dtype=np.float32) for name, table in tables.items()}
    for at, column in enumerate(used):
        sides = {name: table[column.name] for name, table in tables.items()}
        found = _numbers(sides) if column.kind.numeric else _codes(sides)
        for name, values in found.items():
            out[name][at] = values
    return Encoded(tuple(c.name for c in used), tuple(c.kind.numeric for c in used), out)


def _codes(sides: Mapping[str, pd.Series]) -> dict[str, Matrix]:
    found, _ = columns.codes(*sides.values())
    return {name: codes.astype(np.float32) for name, codes in zip(sides, found, strict=True)}  # missing: -1


def _numbers(sides: Mapping[str, pd.Series]) -> dict[str, Matrix]:
    """(2, rows) ranks and values."""
    values = {name: columns.numbers(side) for name, side in sides.items()}
    known = [np.sort(values[name][~np.isnan(values[name])]) for name in FITTED]
    known = [side for side in known if len(side)]
    middle = float(np.mean([side[len(side) // 2] for side in known])) if known else 0.0
    unit = _unit(known)
    out = {}
    for name, side in values.items():
        ranks = sum((_mid_ranks(side, order) for order in known), np.zeros(len(side))) / max(len(known), 1)
        scaled = np.clip((side - middle) / unit, -_FAR, _FAR) if unit else ranks
        gap = np.isnan(side)
        both = [np.where(gap, MISSING, ranks), np.where(gap, _MISSING_VALUE, scaled)]
        out[name] = np.asarray(both, dtype=np.float32)
    return out


def _unit(known: list[FloatArray]) -> float:
    """The length that evenly spread values of the same standard deviation would fill; 0 where all are equal."""
    trimmed = [np.clip(side, *np.quantile(side, _TAILS)) for side in known]
    for sides in (trimmed, known):  # where all but a few are equal, these few set the unit
        deviation = float(np.mean([side.std() for side in sides])) if sides else 0.0
        if deviation > 0:
            return deviation * float(np.sqrt(12.0))
    return 0.0


def _mid_ranks(values: FloatArray, order: FloatArray) -> FloatArray:
    low, high = np.searchsorted(order, values, "left"), np.searchsorted(order, values, "right")
    return np.asarray((low + high) / (2.0 * len(order)))


def ordered(rows: Matrix, chosen: NDArray[np.intp] | None = None) -> NDArray[np.intp]:
    """An order of the rows, or of those chosen, that depends on what they hold, not on where they stand."""
    key = np.zeros(rows.shape[-1] if chosen is None else len(chosen), dtype=np.uint64)
    for column in rows[:, 0]:
        own = column if chosen is None else column[chosen]
        bits = (own + np.float32(0.0)).view(np.uint32).astype(np.uint64)  # one zero only, not two
        key = (key ^ bits) * np.uint64(0x9E3779B97F4A7C15)
        key ^= key >> np.uint64(29)
    return np.argsort(key, kind="stable")
