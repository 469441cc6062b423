"""Infinite numbers of a table, told before a training would refuse them or after reading took them as missing."""

from __future__ import annotations

from collections.abc import Iterable

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from engine.table.findings import Finding, Severity
from engine.table.notes import counted, excerpt
from engine.table.schema import Column, Kind, Schema

CODE = "infinite"
_LISTED = 3  # rows that a sentence names
_WORDS = frozenset(
    sign + word for sign in ("", "+", "-", "−") for word in ("inf", "infinity", "∞", "1.#inf", "1.#infinity")
)


def find(frame: pd.DataFrame, schema: Schema) -> tuple[Finding, ...]:
    """One finding for each column of numbers that holds infinite ones, by the kinds of `schema`.

    frame: as read, before parsing. Repaired are those whose words the schema counts as missing; a warning is what a
    training will refuse (see `engine.codecs.numeric`), with what to do.
    """
    return tuple(told for place, column in enumerate(schema) if (told := _of(frame.iloc[:, place], column)))


def beside(read: Iterable[Finding], found: tuple[Finding, ...]) -> tuple[Finding, ...]:
    """What reading found, and what `find` did: where that names the columns, the reader's own count says no more."""
    return *(finding for finding in read if not found or finding.code != CODE), *found


def _of(cells: pd.Series, column: Column) -> Finding | None:
    if not _number(column):
        return None
    if pd.api.types.is_float_dtype(cells.dtype):
        numbers = cells.to_numpy(dtype=np.float64, na_value=np.nan)
        return _told(column.name, np.flatnonzero(np.isinf(numbers)), missing=False)
    tokens = [token for token in column.missing_tokens if token.strip().casefold() in _WORDS]
    if not tokens:
        return None
    return _told(column.name, np.flatnonzero(cells.isin(tokens).to_numpy(dtype=bool)), missing=True)


def _told(name: str, places: NDArray[np.intp], *, missing: bool) -> Finding | None:
    if not len(places):
        return None
    what = f"{counted(len(places), 'infinite number', 'infinite numbers')} ({_rows(places)})"
    if missing:
        done = "which is taken as a missing cell" if len(places) == 1 else "which are taken as missing cells"
        return Finding(CODE, f"Column “{excerpt(name, most=40)}” has {what}, {done}.", Severity.REPAIRED, column=name)
    it, its = ("it", "its") if len(places) == 1 else ("them", "their")
    message = (
        f"Column “{excerpt(name, most=40)}” has {what}. No method can learn {it}: leave the column out on Configure, "
        f"or put a number or nothing in {its} place in the file."
    )
    return Finding(CODE, message, Severity.WARNING, column=name)


def _rows(places: NDArray[np.intp]) -> str:
    """Rows of the table, counted from 1; the first ones where there are many."""
    listed = [f"{place + 1:,}" for place in places[:_LISTED].tolist()]
    if len(places) == 1:
        return f"row {listed[0]}"
    if len(places) > _LISTED:
        return f"the first in rows {', '.join(listed)}"
    return f"rows {', '.join(listed[:-1])} and {listed[-1]}"


def refused(found: tuple[Finding, ...], schema: Schema) -> tuple[str, ...]:
    """The sentences that stand in the way of a training on the selected columns, as their kinds are now."""
    return tuple(
        finding.message
        for finding in found
        if finding.severity is Severity.WARNING
        and finding.column is not None
        and finding.column in schema
        and schema[finding.column].selected
        and _number(schema[finding.column])
    )


def _number(column: Column) -> bool:
    return column.kind in (Kind.INTEGER, Kind.DECIMAL)
