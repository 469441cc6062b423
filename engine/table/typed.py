"""Columns from values that have types already (spreadsheets, JSON): one dtype each, or text where they are mixed."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from typing import Any

import pandas as pd

from engine.table.notes import Notes, excerpt

_EXACT = 2**53  # whole numbers beyond this cannot stand beside decimals without loss
_INT64 = 2**63
_NUMBERS = ({int}, {float}, {int, float})


def typed_column(values: Sequence[Any], name: str, notes: Notes) -> pd.Series:
    """The values (None is missing) with the one dtype that holds all of them; text, with a finding, when none does."""
    types = {type(v) for v in values if v is not None}
    missing = any(v is None for v in values)
    if types == {bool}:
        return pd.Series(values, dtype="boolean" if missing else "bool")
    if types in _NUMBERS and (numbers := _numbers(values, types, missing)) is not None:
        return numbers
    if types and types <= {dt.date, dt.datetime} and (dates := _dates(values)) is not None:
        return dates
    if not types <= {str}:
        _tell(types, name, notes)
    return pd.Series([None if v is None else as_text(v) for v in values], dtype="str")


def _numbers(values: Sequence[Any], types: set[type], missing: bool) -> pd.Series | None:
    """int64, Int64 or float64; None when whole numbers are too large to be kept exactly."""
    largest = max(abs(v) for v in values if type(v) is int) if int in types else 0
    if types == {int}:
        return pd.Series(values, dtype="Int64" if missing else "int64") if largest < _INT64 else None
    return pd.Series(values, dtype="float64") if largest <= _EXACT else None


def _dates(values: Sequence[Any]) -> pd.Series | None:
    whole = [v if v is None or isinstance(v, dt.datetime) else dt.datetime(v.year, v.month, v.day) for v in values]
    try:
        return pd.Series(whole, dtype="datetime64[us]")
    except (ValueError, TypeError, OverflowError):
        return None


_TITLES = {
    int: "whole numbers",
    float: "numbers",
    str: "text",
    bool: "true or false",
    dt.date: "dates",
    dt.datetime: "dates",
    dt.time: "times of day",
    dt.timedelta: "durations",
}


def _tell(types: set[type], name: str, notes: Notes) -> None:
    if types <= {int, float}:
        message = f"Column “{excerpt(name)}” holds whole numbers too large to stay exact; it was read as text."
        notes.add("large_numbers", message, column=name)
        return
    titles = " and ".join(sorted({_TITLES.get(t, t.__name__) for t in types}))
    notes.add("mixed_types", f"Column “{excerpt(name)}” holds {titles}; it was read as text.", column=name)


def as_text(value: Any) -> str:
    """A value as text that reads back as the same value."""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, float):
        return str(int(value)) if value.is_integer() and abs(value) < _EXACT else repr(value)
    if isinstance(value, dt.datetime):
        return value.date().isoformat() if value.time() == dt.time() else value.isoformat(sep=" ")
    if isinstance(value, dt.timedelta):
        return str(value)
    return value.isoformat() if isinstance(value, (dt.date, dt.time)) else str(value)
