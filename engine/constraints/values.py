"""Cells of a parsed table as arrays that rules can compare and count with."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from engine.table.schema import Column, DateFormat, Kind

Mask = NDArray[np.bool_]
Floats = NDArray[np.float64]
Ints = NDArray[np.int64]

FULL = 15  # more decimals than that are not rounded to
_UNITS = {"Y": "M8[Y]", "M": "M8[M]", "D": "M8[D]", "h": "M8[h]", "m": "M8[m]", "s": "M8[s]", "ms": "M8[ms]"}


def missing(cells: pd.Series) -> Mask:
    """(rows,) which cells are missing."""
    return np.asarray(cells.isna().to_numpy(), dtype=bool)


def any_missing(table: pd.DataFrame, names: Sequence[str]) -> Mask:
    """(rows,) rows with a gap in one of these columns."""
    gaps = np.zeros(len(table), dtype=bool)
    for name in names:
        gaps |= missing(table[name])
    return gaps


def floats(cells: pd.Series) -> Floats:
    """(rows,) numbers as float64, NaN where missing."""
    return np.asarray(cells.to_numpy(dtype=np.float64, na_value=np.nan), dtype=np.float64)


def microseconds(cells: pd.Series) -> Ints:
    """(rows,) dates as microseconds since 1970 in UTC; 0 where missing (see `missing`)."""
    if getattr(cells.dtype, "tz", None) is not None:
        cells = cells.dt.tz_convert("UTC").dt.tz_localize(None)
    moments = cells.to_numpy(dtype="M8[us]")
    return np.where(np.isnat(moments), np.datetime64(0, "us"), moments).astype(np.int64)


def moments(micros: Ints, gaps: Mask, like: pd.Series) -> pd.Series:
    """The way back from `microseconds`: dates with the index and the time zone of `like`, missing at the gaps."""
    stamps = micros.astype("M8[us]")
    stamps[gaps] = np.datetime64("NaT")
    found = pd.Series(stamps, index=like.index)
    zone = getattr(like.dtype, "tz", None)
    return found if zone is None else found.dt.tz_localize("UTC").dt.tz_convert(zone)


def whole(cells: pd.Series) -> Ints:
    """(rows,) whole numbers; 0 where missing."""
    return np.asarray(cells.fillna(0).to_numpy(dtype=np.int64), dtype=np.int64)


def comparable(first: pd.Series, second: pd.Series) -> tuple[NDArray[Any], NDArray[Any]]:
    """Two columns of numbers or of dates as arrays whose order is that of the cells; missing cells hold anything."""
    if pd.api.types.is_datetime64_any_dtype(first.dtype):
        return microseconds(first), microseconds(second)
    if str(first.dtype) == str(second.dtype) == "Int64":
        return whole(first), whole(second)
    return floats(first), floats(second)


def codes(cells: pd.Series) -> tuple[Ints, list[Any]]:
    """(rows,) the number of each cell's value, -1 where missing; and the values as JSON has them (see `plain`)."""
    found, distinct = pd.factorize(cells)
    return np.asarray(found, dtype=np.int64), [plain(value) for value in distinct]


def plain(value: Any) -> Any:
    """One canonical value as JSON has it: numbers, truth values and text as they are, dates as ISO text."""
    if isinstance(value, np.generic):
        value = value.item()
    if isinstance(value, pd.Timestamp):
        return value.isoformat()
    return value


def from_plain(values: Sequence[Any], column: Column, like: pd.Series | None = None) -> pd.Series:
    """(rows,) values of `plain`, None for missing -> cells of the column in its canonical dtype."""
    if column.kind is Kind.INTEGER:
        return pd.Series(pd.array([None if v is None else int(v) for v in values], dtype="Int64"))
    if column.kind is Kind.DECIMAL:
        return pd.Series(np.array([np.nan if v is None else float(v) for v in values], dtype=np.float64))
    if column.kind is Kind.BOOLEAN:
        return pd.Series(pd.array(list(values), dtype="boolean"))
    if column.kind is Kind.DATETIME:
        zone = (column.date or DateFormat()).timezone if like is None else getattr(like.dtype, "tz", None)
        stamps = [pd.NaT if v is None else pd.Timestamp(v) for v in values]
        if zone is None:
            return pd.Series(stamps, dtype="datetime64[us]")
        aware = pd.to_datetime(pd.Series(stamps, dtype=object), utc=True)
        return aware.dt.as_unit("us").dt.tz_convert(zone)
    return pd.Series(list(values), dtype="str")


def step(column: Column) -> float:
    """Between neighbouring values: of numbers in their own units, of dates in microseconds; 0 where any may occur."""
    if column.kind is Kind.INTEGER:
        return 1.0
    if column.kind is Kind.DATETIME:
        return float(unit(column))
    decimals = column.decimals
    return 10.0**-decimals if 0 < decimals <= FULL or (column.number is not None and decimals == 0) else 0.0


def unit(column: Column) -> int:
    """Microseconds of a date column's resolution; a day for months and years, whose lengths differ."""
    resolution = (column.date or DateFormat()).resolution
    sizes = {"h": 3_600_000_000, "m": 60_000_000, "s": 1_000_000, "ms": 1_000, "us": 1}
    return sizes.get(resolution, 86_400_000_000)


def floored(micros: Ints, column: Column) -> Ints:
    """(rows,) microseconds -> the last moment of the column's resolution that is not later."""
    resolution = (column.date or DateFormat()).resolution
    if resolution not in _UNITS:
        return micros
    return micros.astype("M8[us]").astype(_UNITS[resolution]).astype("M8[us]").astype(np.int64)


def rounded(numbers: Floats, column: Column) -> Floats:
    """(rows,) numbers at the column's decimals."""
    return np.round(numbers, column.decimals) if column.decimals <= FULL and column.number is not None else numbers


def number_cells(numbers: Floats, column: Column, index: pd.Index) -> pd.Series:
    """(rows,) numbers, NaN where missing -> cells of an integer or decimal column."""
    if column.kind is Kind.INTEGER:
        gaps = np.isnan(numbers)
        found = np.rint(np.where(gaps, 0.0, numbers)).astype(np.int64)
        return pd.Series(pd.arrays.IntegerArray(found, gaps), index=index)
    return pd.Series(rounded(numbers, column), index=index)


def replaced(cells: pd.Series, where: Mask, with_: pd.Series) -> pd.Series:
    """The cells, with those at `where` taken from the (where.sum(),) cells of `with_`; the dtype stays."""
    found = cells.copy()
    if where.any():
        found.iloc[np.flatnonzero(where)] = with_.array
    return found


def listed(names: Sequence[str]) -> str:
    """Column names in a sentence."""
    quoted = [f"“{name}”" for name in names]
    return quoted[0] if len(quoted) == 1 else f"{', '.join(quoted[:-1])} and {quoted[-1]}"
