"""Columns as numbers: the shared ground of all figures, so that tables are encoded once and compared alike."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from engine.evaluation.base import FloatArray
from engine.table.schema import Column, Kind, Schema

IntArray = NDArray[np.int64]

NOT_COMPARED = {
    Kind.IDENTIFIER: "identifiers are made up anew, so their values must differ from the real ones",
    Kind.PERSONAL: "personal values are made up anew, so they must differ from the real ones",
    Kind.TEXT: "free text is made up anew, not learned",
    Kind.CONSTANT: "a constant has no distribution to compare",
}


def comparable(schema: Schema) -> tuple[Column, ...]:
    """The selected columns whose distributions are learned, and so can be compared."""
    return tuple(c for c in schema if c.selected and c.kind not in NOT_COMPARED)


def left_out(schema: Schema) -> tuple[tuple[str, str], ...]:
    """The other selected columns, each with the reason."""
    return tuple((c.name, NOT_COMPARED[c.kind]) for c in schema if c.selected and c.kind in NOT_COMPARED)


def numbers(values: pd.Series) -> FloatArray:
    """A numeric or date column as (rows,) float64; missing is NaN; dates are microseconds since 1970."""
    if isinstance(values.dtype, pd.DatetimeTZDtype) or values.dtype.kind == "M":
        stamps = values.dt.as_unit("us")
        out: FloatArray = stamps.astype("int64").to_numpy().astype(np.float64)
        out[stamps.isna().to_numpy()] = np.nan
        return out
    return np.asarray(values.to_numpy(dtype=np.float64, na_value=np.nan))


def codes(*tables: pd.Series) -> tuple[list[IntArray], int]:
    """The same column of several tables as whole numbers 0..k-1 that mean the same label in each, and k.

    Missing is -1. Labels are sorted, so that the numbers do not depend on row order.
    """
    first = tables[0].dtype
    if isinstance(first, pd.CategoricalDtype) and all(t.dtype == first for t in tables):
        return [np.asarray(t.cat.codes, dtype=np.int64) for t in tables], len(first.categories)
    both = pd.concat([pd.Series(t.array) for t in tables], ignore_index=True)
    found, labels = pd.factorize(both, sort=True)
    cuts = np.cumsum([len(t) for t in tables])[:-1]
    return list(np.split(found.astype(np.int64), cuts)), len(labels)


def share_labels(tables: Sequence[pd.DataFrame], schema: Schema) -> list[pd.DataFrame]:
    """Copies whose categorical and boolean columns hold codes over common labels (pandas categoricals)."""
    out = [table.copy(deep=False) for table in tables]
    for column in comparable(schema):
        if column.kind.numeric:
            continue
        found, k = codes(*(table[column.name] for table in tables))
        dtype = pd.CategoricalDtype(pd.RangeIndex(k))
        for table, part in zip(out, found, strict=True):
            table[column.name] = pd.Categorical.from_codes(part, dtype=dtype)
    return out


def with_missing(found: IntArray, k: int) -> tuple[IntArray, int]:
    """Codes in which missing is a state of its own, the last."""
    return np.where(found < 0, k, found), k + 1


def binned(values: FloatArray, cuts: FloatArray) -> tuple[IntArray, int]:
    """Numbers as the index of their interval between `cuts` (closed on the left), missing as the last state."""
    found = np.searchsorted(cuts, values, side="right")
    return with_missing(np.where(np.isnan(values), -1, found), len(cuts) + 1)


def cells(
    first: Iterable[tuple[IntArray, int]], second: Iterable[tuple[IntArray, int]], *, dense: int = 1 << 20
) -> tuple[list[IntArray], int]:
    """Of each table, which cell of the two columns' cross table each row falls into, and the number of cells.

    `first` and `second` hold (codes, states) of the two columns, table by table. Large cross tables are numbered by
    the cells in use only, so that memory follows the rows, not the number of labels squared.
    """
    pairs = list(zip(first, second, strict=True))
    width = max(k for _, (_, k) in pairs)
    height = max(k for (_, k), _ in pairs)
    found = [a * width + b for (a, _), (b, _) in pairs]
    if height * width <= max(dense, 4 * max(map(len, found))):
        return found, height * width
    used, inverse = np.unique(np.concatenate(found), return_inverse=True)
    return list(np.split(inverse, np.cumsum([len(f) for f in found])[:-1])), len(used)
