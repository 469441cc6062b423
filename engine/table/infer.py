"""Guesses what each column of a raw table is, with a reason and a confidence; the person may correct every guess.

Values decide, not dtypes: text columns of numbers, dates and truth values are found as such, and whole numbers may be
keys, truth values, codes or dates. A name only tips the scales where the values leave it open.
"""

from __future__ import annotations

from dataclasses import replace

import pandas as pd

from engine.table import convert, dateguess, dates, dtypes, guess, locales, personal
from engine.table.cellfacts import Cells
from engine.table.schema import TEXT, Column, Kind, Schema

__all__ = ["fix", "infer_column", "infer_schema", "recast", "validate"]


def infer_schema(frame: pd.DataFrame, name: str = "") -> Schema:
    """The schema of a raw table in any dtypes. A frame of nothing but strings is taken as read from a text file."""
    from_text = all(_is_text(frame.iloc[:, i]) for i in range(frame.shape[1]))
    columns = [_guess(frame.iloc[:, i], str(c), from_text=from_text) for i, c in enumerate(frame.columns)]
    return Schema(tuple(personal.beside_persons(_agreeing(columns, frame), frame)), name)


def _agreeing(columns: list[Column], frame: pd.DataFrame) -> list[Column]:
    """Dates whose day and month may be the other way round follow the dates of other columns that leave no doubt."""
    sure = {dateguess.day_first(c.date.pattern): c.name for c in columns if c.date and c.confidence > guess.UNDECIDED}
    sure.pop(None, None)
    if len(sure) != 1:
        return columns
    order, witness = next(iter(sure.items()))
    return [
        _turned(c, frame.iloc[:, i], order, witness) if c.date and c.confidence == guess.UNDECIDED else c
        for i, c in enumerate(columns)
    ]


def _turned(column: Column, values: pd.Series, order: bool | None, witness: str) -> Column:
    """The column with days and months in the order that another column, `witness`, has."""
    assert column.date is not None
    pattern = column.date.pattern
    if dateguess.day_first(pattern) is not order:
        pattern = dateguess.swapped(pattern)
    reason = f"dates of the form {pattern}; the order of day and month is that of “{witness}”"
    draft = replace(column, date=replace(column.date, pattern=pattern), reason=reason, confidence=0.85)
    finest = dates.resolution(convert.parse_column(values, draft))
    return replace(draft, date=replace(column.date, pattern=pattern, resolution=finest))


def infer_column(values: pd.Series, name: str, *, from_text: bool = True) -> Column:
    """One column of a raw table. from_text: strings are cells of a text file, else values of a typed one."""
    column = _guess(values, name, from_text=from_text)
    return replace(column, locale=locales.DEFAULT) if column.provider and not column.locale else column


def _guess(values: pd.Series, name: str, *, from_text: bool) -> Column:
    storage = TEXT if from_text and _is_text(values) else dtypes.storage_of(values)
    return guess.guess_column(Cells.of(values, name, storage))


def _is_text(values: pd.Series) -> bool:
    """Whether a column holds nothing but strings."""
    if dtypes.is_text(values.dtype):
        return True
    if not pd.api.types.is_object_dtype(values.dtype):
        return False
    return dtypes.storage_of(values) == "object:str" or bool(values.isna().all())


def recast(frame: pd.DataFrame, schema: Schema, name: str, kind: Kind | str) -> Schema:
    """A copy of the schema in which column `name` is of another kind, with the formats that its raw values show.

    Raises SchemaError for an unknown column, and DataError when the values do not fit the kind.
    """
    from engine.table.recast import recast_column

    place = convert.positions(frame, Schema((schema[name],)))[name]
    column = recast_column(frame.iloc[:, place], schema[name], Kind(kind))
    return replace(schema, columns=tuple(column if c.name == name else c for c in schema))


def fix(frame: pd.DataFrame, schema: Schema, name: str, value: str | None = None) -> Schema:
    """A copy of the schema in which column `name` has one value in every row; None: its most frequent one.

    Raises SchemaError for an unknown column, and DataError when the file's own type has no room for the value.
    """
    from engine.table.recast import fixed_column

    place = convert.positions(frame, Schema((schema[name],)))[name]
    column = fixed_column(frame.iloc[:, place], schema[name], value)
    return replace(schema, columns=tuple(column if c.name == name else c for c in schema))


def validate(schema: Schema, frame: pd.DataFrame) -> None:
    """Raises SchemaError or DataError, with column and row, when the schema does not fit the table."""
    for column in schema:
        dtypes.check(column)
    convert.parse(frame, schema)
