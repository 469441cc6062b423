"""Another kind for a column, at the person's wish, with the formats that its raw values show."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
import pandas as pd

from engine.errors import DataError
from engine.table import convert, dates, guess, keys, locales, numbers, tokens
from engine.table.cellfacts import Cells
from engine.table.dateguess import guess_date, guess_epoch
from engine.table.notes import excerpt
from engine.table.numberguess import guess_number
from engine.table.personal import personal
from engine.table.schema import Column, DateFormat, Kind, NumberFormat, Schema

_VALUE_KINDS = frozenset({Kind.INTEGER, Kind.DECIMAL, Kind.BOOLEAN, Kind.DATETIME})


def recast_column(values: pd.Series, before: Column, kind: Kind) -> Column:
    """The column as `kind`. Raises DataError (column, row) when its values do not fit."""
    cells = Cells.of(values, before.name, before.storage)
    among = tokens.among_values if kind in _VALUE_KINDS else lambda found: tokens.among_words(found, cells.distinct)
    missing = among(list(cells.found))
    column = Column(
        before.name,
        kind,
        before.storage,
        selected=before.selected,
        levels=before.levels,
        missing_tokens=cells.token_tuple(missing),
        reason="chosen by you",
        chosen=True,
    )
    known = cells.text[~cells.text.isin(missing)].dropna()
    column = replace(column, **_FACTS[kind](cells, known, column))
    convert.parse_column(values, column)
    return column


def fixed_column(values: pd.Series, before: Column, value: str | None = None) -> Column:
    """The column with one value in every row, whatever it holds now; None: its most frequent one, as it is written.

    Raises DataError for a blank value, and where the file's own type has no room for it.
    """
    if value is not None and not value.strip():
        raise DataError(f"Column “{before.name}” needs a value to stay at; to leave it out, do not keep it.")
    cells = Cells.of(values, before.name, before.storage)
    known = cells.text[~cells.text.isin(before.missing_tokens)].dropna()
    if value is None:
        value = str(known.value_counts().sort_index(kind="stable").idxmax()) if len(known) else ""
    column = Column(
        before.name,
        Kind.CONSTANT,
        before.storage,
        selected=before.selected,
        levels=before.levels,
        value=value,
        missing_tokens=before.missing_tokens,
        reason="one value, chosen by you",
        chosen=True,
    )
    made = convert.restore(pd.DataFrame({column.name: pd.Series([value], dtype="str")}), Schema((column,)))
    if made[column.name].isna().any():
        message = f"Column “{column.name}” is stored as {column.storage}, which cannot hold “{excerpt(value)}”."
        raise DataError(message, column=column.name)
    return column


def _integer(cells: Cells, known: pd.Series, column: Column) -> dict[str, Any]:
    guess_ = guess_number(cells.distinct)
    return {"number": guess_.fmt if guess_ is not None and guess_.whole else NumberFormat()}


def _decimal(cells: Cells, known: pd.Series, column: Column) -> dict[str, Any]:
    guess_ = guess_number(cells.distinct)
    return {"number": guess_.fmt if guess_ is not None else NumberFormat(numbers.FULL)}


def _boolean(cells: Cells, known: pd.Series, column: Column) -> dict[str, Any]:
    distinct = cells.distinct.tolist()
    labels = guess.truth_labels(distinct)
    if labels is None and len(distinct) == 2:
        first, second = sorted(distinct)
        labels = (first, second)
    if labels is None and len(distinct) == 1:
        truth = convert.truth_of(distinct[0], column)
        labels = ("false", distinct[0]) if truth is not False else (distinct[0], "true")
    if labels is None:
        shown = ", ".join(f"“{excerpt(d)}”" for d in distinct[:3])
        message = (
            f"Column “{column.name}” cannot be boolean: it has {len(distinct):,} different values ({shown}…), not two."
            if distinct
            else f"Column “{column.name}” cannot be boolean: every cell is missing."
        )
        raise DataError(message, column=column.name)
    return {"labels": labels}


def _datetime(cells: Cells, known: pd.Series, column: Column) -> dict[str, Any]:
    if pd.api.types.is_datetime64_any_dtype(cells.values.dtype) or column.storage in ("object:date", "object:datetime"):
        return {"date": guess.date_column(cells, "", 1.0).date}
    found = guess_date(cells.distinct)
    if found is not None:
        return {"date": found.fmt}
    whole, fits = numbers.to_integers(cells.distinct, NumberFormat())
    if len(whole) and fits.all() and (epoch := guess_epoch(pd.Series(whole))) is not None:
        return {"date": epoch}
    if len(cells.distinct) and cells.distinct.str.fullmatch(r"[12][0-9]{3}").all():
        return {"date": DateFormat("%Y", "Y")}
    return {"date": _loosest(cells)}


def _loosest(cells: Cells) -> DateFormat:
    """The format that most cells have, so that the error names a cell that is really odd."""
    for text in cells.distinct.head(50):
        found = guess_date(pd.Series([text], dtype="str"))
        if found is not None:
            return found.fmt
    return DateFormat("%Y-%m-%d", dates.RESOLUTIONS[2])


def _personal(cells: Cells, known: pd.Series, column: Column) -> dict[str, Any]:
    found = personal(cells, beside=True)
    if found is not None:
        return {"provider": found.provider, "locale": found.locale or locales.DEFAULT}
    return {"provider": "name", "locale": locales.guess(cells.distinct, "name") or locales.DEFAULT}


def _identifier(cells: Cells, known: pd.Series, column: Column) -> dict[str, Any]:
    twice = known[known.duplicated()]
    if len(twice):
        row = int(np.flatnonzero(cells.text.index == twice.index[0])[0]) + 1
        raise DataError(
            f"Column “{column.name}” cannot be an identifier: “{excerpt(str(twice.iloc[0]))}” appears more than once. "
            "Choose categorical or text.",
            column=column.name,
            row=row,
        )
    return {"pattern": keys.pattern_of(cells.distinct)}


def _constant(cells: Cells, known: pd.Series, column: Column) -> dict[str, Any]:
    distinct = known.unique()
    if len(distinct) > 1 or (len(distinct) == 1 and len(known) < cells.rows):
        what = "missing cells as well" if len(distinct) == 1 else f"{len(distinct):,} different values"
        message = f"Column “{column.name}” cannot be constant: it has {what}. Choose categorical."
        raise DataError(message, column=column.name)
    return {"value": str(distinct[0]) if len(distinct) else None}


def _plain(cells: Cells, known: pd.Series, column: Column) -> dict[str, Any]:
    return {}


_FACTS = {
    Kind.INTEGER: _integer,
    Kind.DECIMAL: _decimal,
    Kind.BOOLEAN: _boolean,
    Kind.DATETIME: _datetime,
    Kind.CATEGORICAL: _plain,
    Kind.TEXT: _plain,
    Kind.IDENTIFIER: _identifier,
    Kind.PERSONAL: _personal,
    Kind.CONSTANT: _constant,
}
