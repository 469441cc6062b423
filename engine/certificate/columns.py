"""What is checked of one column: types, forms, missing cells, and values."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, Any

from engine.certificate import spreadsheets
from engine.certificate.result import Check, Expected, What
from engine.errors import DataError, TwinError
from engine.table.schema import TEXT, Column, Kind, Schema

if TYPE_CHECKING:
    import pandas as pd

_ISO = r"-?\d{4,}-\d{2}-\d{2}(T\d{2}:\d{2}:\d{2}(\.\d+)?([+-]\d{2}:\d{2}(:\d{2})?)?)?"  # as JSON holds dates
_SPELLED = (Kind.INTEGER, Kind.DECIMAL, Kind.DATETIME, Kind.BOOLEAN)  # kinds whose values text can hold in many ways
_POINTS, _ERRORS = 0.02, 4.0  # how far a missing rate may be off: in all, and in standard errors


def check(
    cells: pd.Series, column: Column, format: str, expected: Expected
) -> tuple[tuple[Check, ...], pd.Series | None]:
    """The checks of one column, and its values; None for these where they cannot be read as its kind."""
    from engine.table.convert import parse_column

    bare, marked, open_ = spreadsheets.unmarked(cells, column, format, expected)
    try:
        values = parse_column(bare, column)
    except (DataError, TwinError) as error:
        return (Check(What.TYPE, False, str(error)),), None
    real = None if expected.real is None else expected.real[column.name]
    checks = [_type(cells, column, format, values if real is None else real), *_format(bare, values, column, format)]
    checks += [] if real is None else [_missing(values, real), *_values(values, column, real, expected)]
    checks += spreadsheets.check(marked, open_, "cells", expected)
    return tuple(checks), values


def _type(cells: pd.Series, column: Column, format: str, real: pd.Series) -> Check:
    from engine.table.convert import restore

    if format != "parquet" or column.storage == TEXT:
        return Check(What.TYPE, True, f"Every cell is {_AS[column.kind]}.")
    wanted = restore(real.head(1).to_frame(), Schema((column,)))[column.name].dtype
    same = _nullable(cells.dtype) == _nullable(wanted)
    return Check(What.TYPE, same, f"Stored as {cells.dtype}{'' if same else f'; the real column is {wanted}'}.")


def _nullable(dtype: Any) -> str:
    """The name of a dtype, with a place for missing cells or without: in Parquet every column has one."""
    return {"boolean": "bool"}.get(str(dtype).lower(), str(dtype).lower())


_AS: Mapping[Kind, str] = {
    Kind.INTEGER: "a whole number",
    Kind.DECIMAL: "a number",
    Kind.CATEGORICAL: "a label",
    Kind.BOOLEAN: "a truth value",
    Kind.DATETIME: "a date",
    Kind.TEXT: "text",
    Kind.IDENTIFIER: "a key",
    Kind.PERSONAL: "text",
    Kind.CONSTANT: "the constant",
}


def _format(cells: pd.Series, values: pd.Series, column: Column, format: str) -> Iterator[Check]:
    """Whether text cells are written as the source writes them, and numbers have no more decimals than there."""
    import pandas as pd

    from engine.table.convert import write_column

    if column.kind is Kind.DATETIME and column.storage == TEXT and format in ("json", "jsonl"):
        off = int((~cells.dropna().astype("str").str.fullmatch(_ISO)).sum())
        yield Check(What.FORMAT, not off, f"{f'{off:,} cells are not written' if off else 'Written'} in ISO form.")
    elif column.kind in _SPELLED and pd.api.types.is_string_dtype(cells):
        known = values.notna().to_numpy()
        again = write_column(values, column)
        off = int((again[known].to_numpy(dtype=object) != cells[known].to_numpy(dtype=object)).sum())
        how = f"as {_written(column)}"
        yield Check(What.FORMAT, not off, f"Written {how}." if not off else f"{off:,} cells are not written {how}.")
    elif column.kind is Kind.DECIMAL and column.number is not None and column.number.decimals < 17:
        exact = values.dropna()
        fine = 1e-6 if "float32" in column.storage else 1e-12  # what the storage itself cannot tell apart
        off = int((exact.round(column.decimals) - exact).abs().gt(fine * exact.abs() + 1e-12).sum())
        many = f"{off:,} numbers have more" if off else "At most"
        yield Check(What.FORMAT, not off, f"{many} {'than ' if off else ''}{column.decimals} decimals.")


def _written(column: Column) -> str:
    if column.date is not None:
        return f"{column.date.pattern}, as in the real table"
    if column.kind is Kind.DECIMAL:
        return f"in the real table, with at most {column.decimals} decimals"
    return "in the real table"


def _missing(values: pd.Series, real: pd.Series) -> Check:
    made, own = float(values.isna().mean()) if len(values) else 0.0, float(real.isna().mean())
    error = (own * (1 - own) * (1 / max(len(values), 1) + 1 / max(len(real), 1))) ** 0.5
    fits = abs(made - own) <= max(_POINTS, _ERRORS * error)
    return Check(What.MISSING, fits, f"{made:.1%} missing; {own:.1%} in the real table.")


def _values(values: pd.Series, column: Column, real: pd.Series, expected: Expected) -> Iterator[Check]:
    known = values.dropna()
    if column.kind in (Kind.CATEGORICAL, Kind.BOOLEAN, Kind.CONSTANT):
        allowed = set(real.dropna()) | ({expected.label} if expected.label is not None else set())
        strange = sorted({str(value) for value in set(known) - allowed})
        told = f"{known.nunique():,} of {real.nunique():,} real categories, no other."
        wrong = f"{len(strange):,} categories that the real table does not have."
        yield Check(What.CATEGORIES, not strange, wrong if strange else told)
    elif column.kind.numeric:
        yield from _range(known, column, real.dropna(), expected)
    else:
        yield from _made_anew(known, column, real.dropna())


def _range(known: pd.Series, column: Column, real: pd.Series, expected: Expected) -> Iterator[Check]:
    if not len(known) or not len(real):
        return
    out = int(((known < real.min()) | (known > real.max())).sum())
    if column.name in expected.going_on:
        yield Check(What.RANGE, True, f"{out:,} values beyond the real range: time goes on.")
        return
    told = "All values within the real range." if not out else f"{out:,} values outside the real range."
    yield Check(What.RANGE, not out, told)


def _made_anew(known: pd.Series, column: Column, real: pd.Series) -> Iterator[Check]:
    same = int(known.isin(set(real)).sum())
    yield Check(What.NEW, not same, f"{same:,} cells hold a real value." if same else "No cell holds a real value.")
    if column.kind is not Kind.IDENTIFIER or not len(real) or not len(known):
        return
    if real.is_unique:
        twice = int(known.duplicated().sum())
        yield Check(
            What.KEYS, not twice, f"{twice:,} keys come twice." if twice else "All keys differ, as the real ones."
        )
    widths, wanted = known.str.len(), real.str.len()
    fits = bool(widths.min() >= wanted.min() and widths.max() <= wanted.max())
    seen = f"{widths.min()} to {widths.max()}" if widths.min() != widths.max() else f"{widths.min()}"
    yield Check(What.KEYS, fits, f"Keys of {seen} characters{'' if fits else ', unlike the real ones'}.")
