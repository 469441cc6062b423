"""Tables as features for a tree model: numbers as they are, categories as codes, missing as missing.

Trees need no scaling. A label has the same code in every table that is encoded together.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd

from engine.evaluation import columns
from engine.evaluation.base import FloatArray
from engine.evaluation.columns import IntArray
from engine.table.schema import Column, Schema

LEVELS = 250  # labels of a column that are told apart, the most frequent ones; scikit-learn takes no more than 255


@dataclass(frozen=True, slots=True)
class Features:
    """The tables as (rows, columns) each; missing is NaN. categorical: of each column, whether it holds codes."""

    names: tuple[str, ...]
    tables: tuple[FloatArray, ...]
    categorical: tuple[bool, ...]

    def without(self, name: str) -> Features:
        """All columns but one."""
        kept = [i for i, other in enumerate(self.names) if other != name]
        return Features(
            tuple(self.names[i] for i in kept),
            tuple(table[:, kept] for table in self.tables),
            tuple(self.categorical[i] for i in kept),
        )


def encode(tables: Sequence[pd.DataFrame], schema: Schema) -> Features:
    """The comparable columns of parsed tables."""
    used = columns.comparable(schema)
    by_column = [_encode(column, [table[column.name] for table in tables]) for column in used]
    return Features(
        tuple(column.name for column in used),
        tuple(
            np.column_stack([found[i] for found in by_column]) if used else np.empty((len(table), 0))
            for i, table in enumerate(tables)
        ),
        tuple(not column.kind.numeric for column in used),
    )


def _encode(column: Column, sides: list[pd.Series]) -> list[FloatArray]:
    if column.kind.numeric:
        return [columns.numbers(side) for side in sides]
    found, k = columns.codes(*sides)
    return [np.where(side < 0, np.nan, side.astype(np.float64)) for side in frequent(found, k, LEVELS)]


def frequent(found: Sequence[IntArray], k: int, most: int, by: IntArray | None = None) -> list[IntArray]:
    """Codes 0..k-1 as at most `most` codes: the less frequent labels share the last one, missing stays -1.

    Frequent is what is so in `by`, or in all tables together.
    """
    if k <= most:
        return list(found)
    judged = np.concatenate(found) if by is None else by
    counts = np.bincount(judged[judged >= 0], minlength=k)
    kept = np.argsort(-counts, kind="stable")[: most - 1]
    renamed = np.full(k + 1, most - 1, dtype=np.int64)
    renamed[kept] = np.arange(most - 1)
    renamed[k] = -1  # where the index is -1
    return [renamed[side] for side in found]


def drawn(rows: IntArray, most: int, rng: np.random.Generator) -> IntArray:
    """`rows`, or `most` of them without replacement where there are more, in their order."""
    return np.sort(rng.choice(rows, most, replace=False)) if len(rows) > most else rows


def learnable(rows: FloatArray) -> FloatArray:
    """Rows to learn from, in which a column without any value holds 0: scikit-learn cannot bin an empty one."""
    return np.where(np.isnan(rows).all(axis=0), 0.0, rows)


def affordable(rows: int, cells: int, width: int) -> int:
    """How many rows of so many columns may be learned from: `rows`, fewer in wide tables, but at least 1,000."""
    return min(rows, max(cells // max(width, 1), 1_000))
