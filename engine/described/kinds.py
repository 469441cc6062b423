"""Cells of a described column, by kind."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from engine.described.describing import SEQUENCE, refuse
from engine.described.numbers import Spread
from engine.errors import DataError, SchemaError
from engine.fakers import pools
from engine.table.numbers import FULL
from engine.table.schema import Column, DateFormat, Description, Kind

_PIECES = {"A": 26, "a": 26, "9": 10, "*": 62}
_TEXT_LEAST, _TEXT_MOST = 1, 20_000  # characters


def check(column: Column, rows: int | None) -> None:
    """Raises SchemaError where the kind's own part of the description cannot be fulfilled."""
    told = column.description or Description()
    wanted = None if rows is None else present(told, rows)
    if told.labels and column.kind in (Kind.INTEGER, Kind.DECIMAL, Kind.DATETIME):
        for label in told.labels:
            read(column, label)
    elif column.kind in (Kind.INTEGER, Kind.DECIMAL, Kind.DATETIME) or told.distribution == SEQUENCE:
        spread(column).check(wanted)
    if column.kind is Kind.IDENTIFIER and told.distribution != SEQUENCE and wanted and wanted > room(column):
        refuse(column, f"the pattern “{column.pattern}” has room for {room(column):,} keys only, not {wanted:,}")
    if column.kind is Kind.PERSONAL:
        pools.check(column.provider, column.name)
    if column.kind in (Kind.PERSONAL, Kind.TEXT) and column.locale:
        pools.faker(column.locale)
    if column.kind is Kind.TEXT:
        lengths(column)
    if told.unique and column.kind is Kind.CONSTANT and wanted and wanted > 1:
        refuse(column, "a constant cannot differ from row to row")
    labels = 2 if column.kind is Kind.BOOLEAN else len(told.labels)
    if told.unique and wanted and labels and wanted > labels:
        refuse(column, f"{labels} labels cannot all differ in {wanted:,} rows")


def present(told: Description, rows: int) -> int:
    """Rows with a value."""
    return rows - round(rows * told.missing)


def room(column: Column) -> int:
    """How many keys a pattern allows."""
    size = 1
    for char in column.pattern or "":
        size *= _PIECES.get(char, 1)
    return size


def draw(column: Column, n: int, rng: np.random.Generator) -> pd.Series:
    """`n` cells without gaps, parsed, of a kind that needs no list of Faker."""
    told = column.description or Description()
    if column.kind is Kind.BOOLEAN:
        return pd.Series(_chosen([False, True], told, n, rng).astype(bool), dtype="boolean")
    if column.kind is Kind.CONSTANT:
        return pd.Series([column.value] * n, dtype="str")
    if told.labels:
        cells = [read(column, label) for label in told.labels]
        return _typed(column, _chosen(cells, told, n, rng).tolist())
    with np.errstate(over="ignore", invalid="ignore"):  # what comes of it is looked at
        numbers = spread(column).draw(n, rng)
    if column.kind is Kind.IDENTIFIER:
        return pd.Series([f"{value:.0f}" for value in numbers], dtype="str")
    if column.kind is Kind.DATETIME:
        return _dates(column, numbers)
    _check_size(column, numbers)
    if column.kind is Kind.INTEGER:
        return pd.Series(np.round(numbers).astype(np.int64), dtype="Int64")
    # More decimals than a number has leave it as it is; of hundreds, rounding would make nothing.
    return pd.Series(np.round(numbers, column.decimals) if column.decimals < FULL else numbers, dtype="float64")


def _check_size(column: Column, numbers: NDArray[np.float64]) -> None:
    most = 2.0**63 if column.kind is Kind.INTEGER else np.inf
    if not (np.abs(numbers) < most).all():
        refuse(
            column,
            f"some numbers would be larger than {'whole numbers' if most < np.inf else 'any'} can be; set bounds",
        )


def _chosen(cells: Sequence[Any], told: Description, n: int, rng: np.random.Generator) -> NDArray[Any]:
    weights = np.asarray(told.weights or [1.0] * len(cells), dtype=float)
    values = np.empty(len(cells), dtype=object)
    values[:] = cells
    return np.asarray(values[rng.choice(len(cells), size=n, replace=not told.unique, p=weights / weights.sum())])


def _typed(column: Column, cells: list[Any]) -> pd.Series:
    if column.kind is Kind.INTEGER:
        return pd.Series(cells, dtype="Int64")
    if column.kind is Kind.DECIMAL:
        return pd.Series(cells, dtype="float64")
    if column.kind is Kind.DATETIME:
        from engine.table import dates

        fmt = column.date or DateFormat()
        return pd.Series(cells, dtype=dates.dtype_of(fmt)) if cells else dates.empty(0, fmt)
    return pd.Series(cells, dtype="str")


# Bounds


def read(column: Column, text: str) -> Any:
    """A bound or label as a value of the column. Raises SchemaError."""
    if column.kind is Kind.CATEGORICAL:
        return text
    from engine.table import convert

    try:
        return convert.parse_value(text, column)
    except (DataError, SchemaError, ValueError):
        if column.kind is Kind.DATETIME:
            moment = pd.to_datetime(text, errors="coerce", format="ISO8601")
            if not pd.isna(moment):
                return _in_zone(column, moment)
        refuse(column, f"“{text}” is no value of kind {column.kind}")


def _in_zone(column: Column, moment: pd.Timestamp) -> pd.Timestamp:
    zone = (column.date or DateFormat()).timezone
    if zone is None:
        return moment.tz_localize(None) if moment.tzinfo else moment
    from engine.table import dates

    return moment.tz_convert(dates.zone_of(zone)) if moment.tzinfo else moment.tz_localize(dates.zone_of(zone))


def spread(column: Column) -> Spread:
    """The column's numbers; of dates counts of its resolution since 1970 on the clock of its zone."""
    told = column.description or Description()
    bounds = [None if text in (None, "") else read(column, str(text)) for text in (told.low, told.high)]
    if column.kind is Kind.DATETIME:
        unit = (column.date or DateFormat()).resolution
        counts = [None if b is None else float(_count(b, unit)) for b in bounds]
        return Spread(column, told, counts[0], counts[1], 1.0)
    if column.kind is Kind.IDENTIFIER:
        bounds = [
            b if b is None else float(b) if str(b).isdecimal() else refuse(column, f"“{b}” is no number")
            for b in bounds
        ]
        return Spread(column, told, 1.0 if bounds[0] is None else bounds[0], bounds[1], 1.0)
    step = 1.0 if column.kind is Kind.INTEGER else 10.0 ** -min(column.decimals, 12)
    low, high = (None if b is None else float(b) for b in bounds)
    return Spread(column, told, low, high, step)


def _count(moment: pd.Timestamp, unit: str) -> int:
    return int(np.datetime64(moment.tz_localize(None).to_datetime64()).astype(f"datetime64[{unit}]").astype(np.int64))


def _dates(column: Column, counts: NDArray[np.float64]) -> pd.Series:
    from engine.table import dates

    fmt = column.date or DateFormat()
    earliest, latest = np.array(["0001-01-01", "9999-12-31"], dtype=f"datetime64[{fmt.resolution}]").astype(np.int64)
    if len(counts) and not (np.isfinite(counts).all() and counts.min() >= earliest and counts.max() <= latest):
        refuse(column, "some dates would lie before the year 1 or after the year 9999; set bounds")
    moments = np.round(counts).astype(np.int64).astype(f"datetime64[{fmt.resolution}]").astype("datetime64[us]")
    made = pd.Series(moments)
    if fmt.timezone is None:
        return made
    doubtful: Any = np.zeros(len(made), dtype=bool)  # an hour that comes twice is the later one
    zoned = made.dt.tz_localize(dates.zone_of(fmt.timezone), nonexistent="shift_forward", ambiguous=doubtful)
    return zoned.dt.as_unit("us")


def lengths(column: Column) -> tuple[int, int]:
    """Fewest and most characters of a text."""
    told = column.description or Description()
    try:
        low = int(told.low) if told.low else _TEXT_LEAST
        high = int(told.high) if told.high else max(low, 120)
    except ValueError:
        refuse(column, "the bounds of a text are numbers of characters")
    if not _TEXT_LEAST <= low <= high <= _TEXT_MOST:
        refuse(column, f"a text has {_TEXT_LEAST} to {_TEXT_MOST:,} characters, and at least as many as the low bound")
    return low, high
