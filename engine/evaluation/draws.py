"""Rows drawn by what they hold, so that neither their order nor the table that they stand in decides.

Every row has a key, a number that is as good as random: a hash of its values, of how often the same row came before,
and of the seed. The rows of the smallest keys are a simple random sample without replacement. Equal rows of two tables
have equal keys, so that both are drawn, and fall into the same fold, or neither does: drawing thins out no copies, and
two tables of the same rows are never told apart by chance.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from engine.evaluation import columns
from engine.evaluation.columns import IntArray
from engine.table.schema import Schema

Keys = NDArray[np.uint64]

_ODD = np.uint64(0x9E3779B97F4A7C15)
_SHIFTS = (np.uint64(30), np.uint64(27), np.uint64(31))
_MIX = (np.uint64(0xBF58476D1CE4E5B9), np.uint64(0x94D049BB133111EB))


def keys(tables: Sequence[pd.DataFrame], schema: Schema, rng: np.random.Generator) -> list[Keys]:
    """(rows,) of each parsed table: each row's key, from its comparable columns and where the others have gaps."""
    seed = rng.integers(2**63, dtype=np.uint64)
    found = [np.zeros(len(table), dtype=np.uint64) for table in tables]
    comparable = {column.name for column in columns.comparable(schema)}
    for column in schema:
        if not column.selected:
            continue
        for side, values in zip(
            found, _values([t[column.name] for t in tables], column.name in comparable), strict=True
        ):
            side[:] = _mixed(side * _ODD + values)
    return [_mixed(_mixed(side + _before(side) * _ODD) ^ seed) for side in found]


def first(table: pd.DataFrame, schema: Schema, size: int, rng: np.random.Generator) -> IntArray:
    """Places of `size` rows drawn without replacement, by rising key; of all rows where there are no more."""
    (found,) = keys([table], schema, rng)
    return smallest(found, size)


def smallest(found: Keys, size: int) -> IntArray:
    """Places of the `size` smallest keys, by rising key."""
    return np.argsort(found, kind="stable")[:size]


def folds(found: Keys, count: int) -> IntArray:
    """(rows,) the fold of each row, 0 to count - 1, of about even sizes."""
    return np.asarray(_mixed(found ^ _ODD) % np.uint64(count), dtype=np.int64)


def _values(sides: list[pd.Series], comparable: bool) -> list[Keys]:
    """Equal values as equal whole numbers, in all tables."""
    if not comparable:
        return [side.isna().to_numpy().astype(np.uint64) for side in sides]
    if isinstance(sides[0].dtype, pd.CategoricalDtype) or not _numeric(sides[0]):
        found, _ = columns.codes(*sides)
        return [side.astype(np.uint64) for side in found]
    out = []
    for side in sides:
        numbers = columns.numbers(side) + 0.0  # one zero
        numbers[np.isnan(numbers)] = np.nan  # one missing
        out.append(numbers.view(np.uint64))
    return out


def _numeric(values: pd.Series) -> bool:
    if pd.api.types.is_bool_dtype(values.dtype):
        return False
    return pd.api.types.is_numeric_dtype(values.dtype) or pd.api.types.is_datetime64_any_dtype(values.dtype)


def _before(contents: Keys) -> Keys:
    """How many rows of the same content stand before each row."""
    order = np.argsort(contents, kind="stable")
    ordered = contents[order]
    starts = np.flatnonzero(np.concatenate([[True], ordered[1:] != ordered[:-1]])) if len(ordered) else order
    lengths = np.diff(np.append(starts, len(ordered)))
    out = np.empty(len(contents), dtype=np.uint64)
    out[order] = (np.arange(len(ordered)) - np.repeat(starts, lengths)).astype(np.uint64)
    return out


def _mixed(numbers: Keys) -> Keys:
    """Well-spread bits from any (Steele, Lea and Flood 2014, Fast splittable pseudorandom number generators)."""
    numbers = (numbers ^ (numbers >> _SHIFTS[0])) * _MIX[0]
    numbers = (numbers ^ (numbers >> _SHIFTS[1])) * _MIX[1]
    return np.asarray(numbers ^ (numbers >> _SHIFTS[2]))
