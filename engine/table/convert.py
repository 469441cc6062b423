"""Turns raw, parsed and restored tables into one another, as `engine.table.schema` describes the three forms.

Text is converted by its distinct values, so that a long column with few of them costs little.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from pandas.api import types as checks

from engine.errors import DataError, SchemaError
from engine.table import dates, dtypes, numbers
from engine.table.notes import excerpt
from engine.table.schema import TEXT, Column, DateFormat, Kind, NumberFormat, Schema

Mask = NDArray[np.bool_]
_WORDS = ({"false", "no", "n", "f", "0", "0.0"}, {"true", "yes", "y", "t", "1", "1.0"})
_LARGEST = 2**63


# Whole tables


def parse(frame: pd.DataFrame, schema: Schema) -> pd.DataFrame:
    """See `Schema.parse`."""
    places = positions(frame, schema)
    return _table({c.name: parse_column(frame.iloc[:, places[c.name]], c) for c in schema}, frame.index)


def restore(table: pd.DataFrame, schema: Schema) -> pd.DataFrame:
    """See `Schema.restore`."""
    places = positions(table, schema)
    columns = {}
    for column in schema:
        values = parse_column(table.iloc[:, places[column.name]], column)
        columns[column.name] = _restored(values, column)
    return _table(columns, table.index)


def to_text(table: pd.DataFrame, schema: Schema) -> pd.DataFrame:
    """See `Schema.to_text`. Missing cells stay missing in a column that has no token for them."""
    places = positions(table, schema)
    columns = {}
    for column in schema:
        values = parse_column(table.iloc[:, places[column.name]], column)
        cells = write_column(values, column)
        columns[column.name] = cells.fillna(column.missing_tokens[0]) if column.missing_tokens else cells
    return _table(columns, table.index)


def positions(frame: pd.DataFrame, schema: Schema) -> dict[str, int]:
    """Where the schema's columns stand in a frame. Raises SchemaError for one that is absent or there twice."""
    found: dict[str, int] = {}
    twice: set[str] = set()
    for place, name in enumerate(map(str, frame.columns)):
        if name in found:
            twice.add(name)
        found.setdefault(name, place)
    for name in schema.names:
        if name not in found:
            known = ", ".join(list(found)[:20]) or "none"
            raise SchemaError(f"The table has no column “{name}”. Its columns: {known}.", column=name)
        if name in twice:
            raise SchemaError(f"The table has two columns called “{name}”; rename one.", column=name)
    return found


def _table(columns: dict[str, pd.Series], index: pd.Index) -> pd.DataFrame:
    frame = pd.DataFrame(dict(enumerate(columns.values())), index=index)
    frame.columns = pd.Index(list(columns), dtype="str")
    return frame


# Parsing


def parse_column(values: pd.Series, column: Column) -> pd.Series:
    """(rows,) cells in any form -> the canonical dtype of the column's kind. Raises DataError (column, row)."""
    if isinstance(values.dtype, pd.CategoricalDtype) or checks.is_object_dtype(values.dtype):
        values = _unpacked(values)
    if dtypes.is_text(values.dtype):
        values = without_tokens(values, column.missing_tokens)
    return _PARSERS.get(column.kind, _labels)(values, column).rename(column.name)


def without_tokens(values: pd.Series, tokens: tuple[str, ...]) -> pd.Series:
    """Text cells in dtype "str", missing where a cell is one of the tokens."""
    values = values.astype("str")
    present = values.isin(tokens)
    return values.mask(present) if present.any() else values


def _unpacked(values: pd.Series) -> pd.Series:
    """Categories and objects as the plain dtype of their values; text where those are mixed or of no usual kind."""
    if isinstance(values.dtype, pd.CategoricalDtype):
        inner = values.astype(values.dtype.categories.dtype)
        if not checks.is_object_dtype(inner.dtype):
            return inner
        values = inner
    storage = dtypes.storage_of(values)
    cells = values.where(values.notna(), None)
    if storage in ("object:int", "object:float", "object:decimal"):
        numbers_ = [None if v is None else v for v in cells]
        try:
            return pd.Series(numbers_, index=values.index, dtype="Int64" if storage == "object:int" else "float64")
        except (OverflowError, TypeError, ValueError):
            return dtypes.labels(values)
    if storage == "object:bool":
        return pd.Series(list(cells), index=values.index, dtype="boolean")
    return dtypes.labels(values)


def _integers(values: pd.Series, column: Column) -> pd.Series:
    if checks.is_bool_dtype(values.dtype):
        return values.astype("Int64")
    if checks.is_integer_dtype(values.dtype):
        _refuse(values, column, _beyond(values))
        return values.astype("Int64")
    if checks.is_numeric_dtype(values.dtype):
        floats = values.to_numpy(dtype="float64", na_value=np.nan)
        missing = np.isnan(floats)
        whole = np.where(missing, 0.0, floats)
        _refuse(values, column, ~np.isfinite(whole) | (np.trunc(whole) != whole) | (np.abs(whole) >= _LARGEST))
        return pd.Series(pd.arrays.IntegerArray(whole.astype(np.int64), missing), index=values.index)
    cells = _as_cells(values, column)
    codes, distinct = pd.factorize(cells)
    whole_numbers, fits = numbers.to_integers(pd.Series(distinct, dtype="str"), column.number or NumberFormat())
    _refuse(cells, column, ~np.append(fits, True)[codes])
    found = np.append(whole_numbers, 0)[codes]
    return pd.Series(pd.arrays.IntegerArray(found, codes < 0), index=values.index)


def _beyond(values: pd.Series) -> Mask:
    """Which unsigned numbers are too large for int64."""
    if not checks.is_unsigned_integer_dtype(values.dtype):
        return np.zeros(len(values), dtype=bool)
    return (values >= _LARGEST).fillna(False).to_numpy(dtype=bool)


def _decimals(values: pd.Series, column: Column) -> pd.Series:
    if checks.is_numeric_dtype(values.dtype) and not checks.is_complex_dtype(values.dtype):
        return pd.Series(values.to_numpy(dtype="float64", na_value=np.nan), index=values.index)
    cells = _as_cells(values, column)
    codes, distinct = pd.factorize(cells)
    floats = numbers.to_floats(pd.Series(distinct, dtype="str"), column.number or NumberFormat())
    found = np.append(floats, np.nan)[codes]
    _refuse(cells, column, np.isnan(found) & (codes >= 0))
    return pd.Series(found, index=values.index)


def _booleans(values: pd.Series, column: Column) -> pd.Series:
    if checks.is_bool_dtype(values.dtype):
        return values.astype("boolean")
    cells = dtypes.labels(values)
    codes, distinct = pd.factorize(cells)
    truth = np.array([truth_of(cell, column) for cell in distinct] + [None], dtype=object)
    known = np.array([t is not None for t in truth])
    _refuse(cells, column, ~known[codes] & (codes >= 0))
    flags = np.array([bool(t) for t in truth])[codes]
    return pd.Series(pd.arrays.BooleanArray(flags, codes < 0), index=values.index)


def truth_of(cell: str, column: Column) -> bool | None:
    """What a cell says by the column's labels, or else by common words; None when it says neither."""
    if column.labels and cell in column.labels:
        return cell == column.labels[1]
    plain = cell.strip().casefold()
    if column.labels:
        folded = [label.strip().casefold() for label in column.labels]
        if plain in folded:
            return folded.index(plain) == 1
    return True if plain in _WORDS[1] else False if plain in _WORDS[0] else None


def _dates(values: pd.Series, column: Column) -> pd.Series:
    fmt = column.date or DateFormat()
    try:
        if checks.is_datetime64_any_dtype(values.dtype) or _is_arrow_date(values.dtype):
            return dates.adapt(_pandas_dates(values), fmt)
        if checks.is_numeric_dtype(values.dtype) and fmt.pattern.startswith("epoch:"):
            return dates.from_epoch(_integers(values, column), fmt)
        cells = dtypes.labels(values)
        codes, distinct = pd.factorize(cells)
        known = dates.to_dates(pd.Series(distinct, dtype="str"), fmt)
    except ValueError as error:
        raise SchemaError(f"Column “{column.name}”: {error}.", column=column.name) from error
    found = known.take(np.where(codes < 0, 0, codes)) if len(known) else dates.empty(len(values), fmt)
    found = found.set_axis(values.index).mask(codes < 0)
    _refuse(cells, column, found.isna().to_numpy() & (codes >= 0))
    return found


def _is_arrow_date(dtype: Any) -> bool:
    return isinstance(dtype, pd.ArrowDtype) and str(dtype.pyarrow_dtype).startswith(("date", "timestamp"))


def _pandas_dates(values: pd.Series) -> pd.Series:
    if not isinstance(values.dtype, pd.ArrowDtype):
        return values
    zone = getattr(values.dtype.pyarrow_dtype, "tz", None)
    return values.astype("datetime64[us]" if zone is None else pd.DatetimeTZDtype("us", zone))


def _labels(values: pd.Series, column: Column) -> pd.Series:
    return dtypes.labels(values)


def _constant(values: pd.Series, column: Column) -> pd.Series:
    """What the person made constant has its value in every row, whatever the table holds."""
    if column.chosen and column.value is not None:
        return pd.Series([column.value] * len(values), index=values.index, dtype="str")
    return dtypes.labels(values)


def _as_cells(values: pd.Series, column: Column) -> pd.Series:
    """Text cells of a column that should hold numbers. Dates are refused: they are no numbers."""
    if checks.is_datetime64_any_dtype(values.dtype):
        _refuse(values, column, values.notna().to_numpy())
    return dtypes.labels(values)


_PARSERS: dict[Kind, Callable[[pd.Series, Column], pd.Series]] = {
    Kind.INTEGER: _integers,
    Kind.DECIMAL: _decimals,
    Kind.BOOLEAN: _booleans,
    Kind.DATETIME: _dates,
    Kind.CONSTANT: _constant,
}
_SHOULD_BE = {
    Kind.INTEGER: "a whole number",
    Kind.DECIMAL: "a number",
    Kind.BOOLEAN: "true or false",
    Kind.DATETIME: "a date",
}


def _refuse(values: pd.Series, column: Column, wrong: Mask) -> None:
    """Raises DataError for the first wrong cell."""
    where = np.flatnonzero(wrong)
    if not len(where):
        return
    row = int(where[0])
    more = f" ({len(where):,} such cells)" if len(where) > 1 else ""
    raise DataError(
        f"Column “{column.name}” is {column.kind}, but row {row + 1} holds “{excerpt(str(values.iloc[row]))}”, "
        f"which is not {_expected(column)}{more}. Correct the cell or choose another kind.",
        column=column.name,
        row=row + 1,
    )


def _expected(column: Column) -> str:
    what = _SHOULD_BE[column.kind]
    if column.kind is Kind.BOOLEAN and column.labels:
        return f"“{column.labels[0]}” or “{column.labels[1]}”"
    if column.kind is Kind.DATETIME and column.date is not None:
        return f"{what} of the form {column.date.pattern}"
    return what


# Writing


def write_column(values: pd.Series, column: Column) -> pd.Series:
    """(rows,) parsed values -> cells in the source's format, missing kept."""
    if column.kind not in _WRITERS:
        return values
    codes, distinct = pd.factorize(values)
    written = np.array([*_WRITERS[column.kind](pd.Series(distinct), column), None], dtype=object)
    return pd.Series(written[codes], index=values.index, dtype="str", name=column.name)


def _write_integers(distinct: pd.Series, column: Column) -> list[str]:
    return numbers.write_integers(distinct.to_numpy(dtype=np.int64), column.number or NumberFormat())


def _write_decimals(distinct: pd.Series, column: Column) -> list[str]:
    fmt = column.number or NumberFormat(numbers.FULL)
    return numbers.write_floats(distinct.to_numpy(dtype=np.float64), fmt)


def _write_booleans(distinct: pd.Series, column: Column) -> list[str]:
    labels = column.labels or ("false", "true")
    return [labels[bool(v)] for v in distinct]


def _write_dates(distinct: pd.Series, column: Column) -> list[str]:
    return dates.write(distinct, column.date or DateFormat())


_WRITERS: dict[Kind, Callable[[pd.Series, Column], list[str]]] = {
    Kind.INTEGER: _write_integers,
    Kind.DECIMAL: _write_decimals,
    Kind.BOOLEAN: _write_booleans,
    Kind.DATETIME: _write_dates,
}


def _restored(values: pd.Series, column: Column) -> pd.Series:
    if column.storage == TEXT:
        return values

    def text(cells: pd.Series) -> pd.Series:
        return write_column(cells, column)

    try:
        restored = dtypes.restore(values, column, text)
    except (ValueError, TypeError, OverflowError) as error:
        message = f"Column “{column.name}” cannot be stored as {column.storage} again ({error})."
        raise DataError(message, column=column.name) from error
    if dtypes.is_text(restored.dtype) and column.missing_tokens and column.missing_tokens[0]:
        restored = restored.fillna(column.missing_tokens[0])
    return restored


# Single values


def parse_value(value: Any, column: Column) -> Any:
    """One value, as text or as Python has it, in the canonical form of its column; None for a missing one.

    Numbers are int or float (a fraction is fine for a bound of an integer column), dates pd.Timestamp, truth values
    bool, everything else text. Raises DataError for what is no value of the kind.
    """
    if isinstance(value, np.generic):
        value = value.item()
    if value is None or value is pd.NaT or value is pd.NA or value != value:
        return None
    if isinstance(value, str) and value in column.missing_tokens:
        return None
    if column.kind in (Kind.INTEGER, Kind.DECIMAL):
        return _number(value, column)
    cells = pd.Series([value], dtype="str") if isinstance(value, str) else _single(value)
    return _scalar(parse_column(cells, column).iloc[0], column.kind)


def _single(value: Any) -> pd.Series:
    if isinstance(value, dt.date) and not isinstance(value, dt.datetime):
        value = pd.Timestamp(value)
    return pd.Series([value])


def _number(value: Any, column: Column) -> int | float:
    number = _read_number(value, column) if isinstance(value, str) else value
    if isinstance(number, bool) or not isinstance(number, (int, float)) or not numbers.finite(number):
        _refuse(pd.Series([str(value)], dtype="str"), column, np.ones(1, dtype=bool))
    if column.kind is Kind.DECIMAL:
        return float(number)
    return int(number) if number == int(number) else float(number)


def _read_number(text: str, column: Column) -> int | float:
    """A number as the column writes it, or written plainly; NaN when it is none."""
    cells = pd.Series([text], dtype="str")
    fmt = column.number or NumberFormat(numbers.FULL)
    whole, fits = numbers.to_integers(cells, fmt)
    return int(whole[0]) if fits[0] else float(numbers.to_floats(cells, fmt)[0])


def _scalar(value: Any, kind: Kind) -> Any:
    if kind is Kind.BOOLEAN:
        return bool(value)
    return value
