"""Rows as numbers that a distance can be taken of, learned from the synthetic rows and the reference only.

Numbers and dates become their mid-rank among known values, 0 to 1, as the average of the ranks in both tables, so
that neither outweighs the other by its size. Categories become codes, equal for the same label; missing is a state
of its own. Then one formula serves all columns: |a - b|, but at most 1. Two numbers differ by their ranks, two labels
or a value and a gap by 1. A row of the synthetic or the reference table is at distance 0 only from its exact copies.
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

Matrix = NDArray[np.float32]  # (columns, rows), so that a column lies in one piece
_MISSING = np.float32(2.0)  # 1 or more from every rank

FITTED = ("synthetic", "reference")


@dataclass(frozen=True)
class Encoded:
    """The compared columns of several tables as (columns, rows) matrices, by the table's name."""

    names: tuple[str, ...]
    numeric: tuple[bool, ...]
    tables: Mapping[str, Matrix]

    def __getitem__(self, table: str) -> Matrix:
        return self.tables[table]

    @cached_property
    def pool(self) -> Matrix:
        """The records that are attacked: members, then controls."""
        return np.concatenate([self.tables["members"], self.tables["controls"]], axis=1)


def encode(tables: Mapping[str, pd.DataFrame], schema: Schema) -> Encoded:
    """Encode parsed tables, "synthetic" and "reference" among them, over the schema's comparable columns."""
    used = columns.comparable(schema)
    out = {name: np.empty((len(used), len(table)), dtype=np.float32) for name, table in tables.items()}
    for at, column in enumerate(used):
        sides = {name: table[column.name] for name, table in tables.items()}
        found = _ranks(sides) if column.kind.numeric else _codes(sides)
        for name, values in found.items():
            out[name][at] = values
    return Encoded(tuple(c.name for c in used), tuple(c.kind.numeric for c in used), out)


def _codes(sides: Mapping[str, pd.Series]) -> dict[str, Matrix]:
    found, _ = columns.codes(*sides.values())
    return {name: codes.astype(np.float32) for name, codes in zip(sides, found, strict=True)}  # missing: -1


def _ranks(sides: Mapping[str, pd.Series]) -> dict[str, Matrix]:
    values = {name: columns.numbers(side) for name, side in sides.items()}
    known = [np.sort(values[name][~np.isnan(values[name])]) for name in FITTED]
    known = [side for side in known if len(side)]
    out = {}
    for name, side in values.items():
        ranks = sum((_mid_ranks(side, order) for order in known), np.zeros(len(side))) / max(len(known), 1)
        out[name] = np.where(np.isnan(side), _MISSING, ranks).astype(np.float32)
    return out


def _mid_ranks(values: FloatArray, order: FloatArray) -> FloatArray:
    low, high = np.searchsorted(order, values, "left"), np.searchsorted(order, values, "right")
    return np.asarray((low + high) / (2.0 * len(order)))


def ordered(rows: Matrix) -> NDArray[np.intp]:
    """An order of the rows that depends on what they hold, not on where they stand."""
    key = np.zeros(rows.shape[1], dtype=np.uint64)
    for column in rows:
        bits = (column + np.float32(0.0)).view(np.uint32).astype(np.uint64)  # one zero only, not two
        key = (key ^ bits) * np.uint64(0x9E3779B97F4A7C15)
        key ^= key >> np.uint64(29)
    return np.argsort(key, kind="stable")
