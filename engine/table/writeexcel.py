"""Excel workbooks with real numbers, dates and truth values, and text that is never taken for a formula or a link."""

from __future__ import annotations

import datetime as dt
import io
import math
from collections.abc import Callable
from typing import Any

import pandas as pd

from engine.errors import WriteError
from engine.table.convert import write_column
from engine.table.formulas import NEUTRALISE, is_formula
from engine.table.schema import Column, Schema

_MOST_ROWS = 1_048_576
_MOST_COLUMNS = 16_384
_MOST_CHARACTERS = 32_767
_EXACT = 2**53  # Excel keeps every number as a 64-bit float
_EPOCH = pd.Timestamp(1900, 3, 1)  # before, Excel's calendar has a day too many
_CREATED = dt.datetime(2000, 1, 1)  # the same for every file, so that equal tables give equal bytes


def xlsx_bytes(frame: pd.DataFrame, schema: Schema, formulas: str = NEUTRALISE) -> bytes:
    """One sheet with the names in the first row. Raises WriteError when Excel cannot hold the table.

    formulas: whether text that would be a formula if somebody edited its cell is marked as text for good (see
    `engine.table.formulas`); it is written as text in either case.
    """
    import xlsxwriter

    _check_size(frame)
    out = io.BytesIO()
    settings = {"in_memory": True, "strings_to_formulas": False, "strings_to_urls": False, "strings_to_numbers": False}
    book = xlsxwriter.Workbook(out, settings)
    book.set_properties({"created": _CREATED})
    sheet = book.add_worksheet("Table")
    text = _text_writer(sheet, book, formulas == NEUTRALISE)
    bold, marked = book.add_format({"bold": True}), book.add_format({"bold": True, "quote_prefix": True})
    for place, name in enumerate(frame.columns):
        head = marked if formulas == NEUTRALISE and is_formula(str(name)) else bold
        sheet.write_string(0, place, _short(str(name), str(name)), head)
        column = schema[str(name)]
        values = _held(frame.iloc[:, place], column)
        write = _writer(sheet, book, values, column, text)
        missing = values.isna().to_numpy()
        for row, (value, absent) in enumerate(zip(values.to_list(), missing, strict=True), start=1):
            if not absent:
                write(row, place, value)
    sheet.freeze_panes(1, 0)
    book.close()
    return out.getvalue()


def _check_size(frame: pd.DataFrame) -> None:
    rows, columns = frame.shape
    if rows + 1 > _MOST_ROWS or columns > _MOST_COLUMNS:
        raise WriteError(
            f"Excel holds at most {_MOST_ROWS - 1:,} rows and {_MOST_COLUMNS:,} columns; this table has {rows:,} and "
            f"{columns:,}. Choose CSV or Parquet."
        )


def _short(text: str, column: str) -> str:
    if len(text) > _MOST_CHARACTERS:
        message = f"Excel holds at most {_MOST_CHARACTERS:,} characters in a cell; column “{column[:60]}” has more."
        raise WriteError(f"{message} Choose CSV or Parquet.", column=column)
    return text


def _text_writer(sheet: Any, book: Any, neutralise: bool) -> Callable[[int, int, str], None]:
    """Writes text as text; what looks like a formula with Excel's “quote prefix” where that is wanted."""
    marked = book.add_format({"quote_prefix": True})

    def write(row: int, place: int, text: str) -> None:
        sheet.write_string(row, place, text, marked if neutralise and is_formula(text) else None)

    return write


def _held(values: pd.Series, column: Column) -> pd.Series:
    """The values; dates in a zone, and dates before Excel's calendar, as text in the column's own form."""
    zoned = isinstance(values.dtype, pd.DatetimeTZDtype)
    return write_column(values, column) if column.date is not None and (zoned or _early(values)) else values


def _early(values: pd.Series) -> bool:
    return pd.api.types.is_datetime64_dtype(values.dtype) and bool((values.dropna() < _EPOCH).any())


def _writer(
    sheet: Any, book: Any, values: pd.Series, column: Column, text: Callable[[int, int, str], None]
) -> Callable[[int, int, Any], None]:
    """How the cells of one column are written: as what they are where Excel can hold all of them, else as text."""
    kind = values.dtype
    if pd.api.types.is_bool_dtype(kind):
        return lambda row, place, value: sheet.write_boolean(row, place, bool(value))
    if pd.api.types.is_numeric_dtype(kind):
        return _number_writer(sheet, values)
    if pd.api.types.is_datetime64_dtype(kind) and not _early(values):
        return _date_writer(sheet, book, column)
    return lambda row, place, value: text(row, place, _short(_text(value), column.name))


def _number_writer(sheet: Any, values: pd.Series) -> Callable[[int, int, Any], None]:
    if pd.api.types.is_integer_dtype(values.dtype) and any(abs(int(v)) > _EXACT for v in values.dropna()):
        return lambda row, place, value: sheet.write_string(row, place, str(value))

    def write(row: int, place: int, value: float) -> None:
        if math.isinf(value):
            sheet.write_string(row, place, str(value))
        else:
            sheet.write_number(row, place, value)

    return write


def _date_writer(sheet: Any, book: Any, column: Column) -> Callable[[int, int, Any], None]:
    days = column.date is not None and column.date.resolution in ("Y", "M", "D")
    form = book.add_format({"num_format": "yyyy-mm-dd" if days else "yyyy-mm-dd hh:mm:ss"})
    return lambda row, place, value: sheet.write_datetime(row, place, value.to_pydatetime(), form)


def _text(value: Any) -> str:
    return str(value.isoformat(sep=" ")) if isinstance(value, (pd.Timestamp, dt.datetime)) else str(value)
