"""The order in which the kinds are tried on a column, from the surest to the vaguest."""

from __future__ import annotations

from collections.abc import Callable

import pandas as pd
from pandas.api import types as checks

from engine.table import dates, dtypes, guessnumbers, guesswords, tokens
from engine.table.cellfacts import Cells
from engine.table.dateguess import guess_date, swapped
from engine.table.notes import excerpt
from engine.table.numberguess import guess_number
from engine.table.personal import located, personal
from engine.table.schema import TEXT, Column, DateFormat, Kind

PAIRS = (
    ("false", "true"), ("no", "yes"), ("n", "y"), ("f", "t"), ("off", "on"), ("nein", "ja"), ("non", "oui"),
    ("no", "si"), ("no", "sí"), ("nee", "ja"), ("nej", "ja"), ("nie", "tak"), ("não", "sim"), ("нет", "да"),
    ("falsch", "wahr"), ("faux", "vrai"),
)  # fmt: skip
UNDECIDED = 0.6  # confidence in a date whose day and month may be the other way round
_LONE = {"true": ("False", "false", "FALSE"), "false": ("True", "true", "TRUE")}


def guess_column(cells: Cells) -> Column:
    """The kind of a column with all that is needed to write it, a reason and a confidence."""
    for attempt in _ATTEMPTS:
        column = attempt(cells)
        if column is not None:
            return column
    return guesswords.words(cells)


def _empty(cells: Cells) -> Column | None:
    if cells.known or (cells.storage != TEXT and "" in cells.found):
        return None
    missing = tokens.among_words(list(cells.found), cells.distinct)
    if len(missing) < len(cells.found):
        return None
    if cells.rows == 0:
        return _typed_empty(cells)
    return Column(
        cells.name,
        Kind.CONSTANT,
        cells.storage,
        value=None,
        levels=dtypes.levels_of(cells.values),
        missing_tokens=cells.token_tuple(missing),
        reason="every cell is missing",
        confidence=1.0 if cells.rows > 1 else 0.3,
    )


def _typed_empty(cells: Cells) -> Column:
    """A table without rows: what the dtype says, and that is little."""
    reason, dtype = "there are no rows to judge by", cells.values.dtype
    kind = Kind.CATEGORICAL
    if checks.is_bool_dtype(dtype):
        kind = Kind.BOOLEAN
    elif cells.storage != TEXT and checks.is_datetime64_any_dtype(dtype):
        return date_column(cells, reason, 0.3)
    elif checks.is_integer_dtype(dtype):
        kind = Kind.INTEGER
    elif checks.is_float_dtype(dtype):
        kind = Kind.DECIMAL
    levels = dtypes.levels_of(cells.values)
    return Column(cells.name, kind, cells.storage, levels=levels, reason=reason, confidence=0.1)


def _constant(cells: Cells) -> Column | None:
    """One value throughout, at least two rows of it."""
    if len(cells.distinct) != 1 or cells.gaps or cells.found or cells.rows < 2:
        return None
    value = str(cells.distinct.iloc[0])
    return Column(
        cells.name,
        Kind.CONSTANT,
        cells.storage,
        value=value,
        levels=dtypes.levels_of(cells.values),
        missing_tokens=cells.token_tuple([]),
        reason=f"every cell is “{excerpt(value)}”",
    )


def _category_dtype(cells: Cells) -> Column | None:
    levels = dtypes.levels_of(cells.values)
    if levels is None:
        return None
    reason = f"the source declares {len(levels):,} categories"
    return Column(cells.name, Kind.CATEGORICAL, cells.storage, levels=levels, missing_tokens=(), reason=reason)


def _bool_dtype(cells: Cells) -> Column | None:
    if not (checks.is_bool_dtype(cells.values.dtype) or cells.storage == "object:bool"):
        return None
    labels = ("false", "true")
    reason = "the source has it as true or false"
    return Column(cells.name, Kind.BOOLEAN, cells.storage, labels=labels, missing_tokens=(), reason=reason)


def _date_dtype(cells: Cells) -> Column | None:
    arrow = isinstance(cells.values.dtype, pd.ArrowDtype) and cells.storage.startswith(("date", "timestamp"))
    objects = cells.storage in ("object:date", "object:datetime")
    if arrow or objects or checks.is_datetime64_any_dtype(cells.values.dtype):
        return date_column(cells, "the source has it as dates", 1.0)
    return None


def date_column(cells: Cells, reason: str, confidence: float) -> Column:
    from engine.table.convert import parse_column

    dtype = cells.values.dtype
    zone = getattr(dtype, "tz", None) or getattr(getattr(dtype, "pyarrow_dtype", None), "tz", None)
    zone_name = None if zone is None else str(zone)
    draft = Column(cells.name, Kind.DATETIME, cells.storage, date=DateFormat(timezone=zone_name))
    finest = dates.resolution(parse_column(cells.values, draft))
    fmt = DateFormat(dates.iso_pattern(finest, zoned=zone is not None), finest, zone_name)
    return Column(
        cells.name, Kind.DATETIME, cells.storage, date=fmt, missing_tokens=(), reason=reason, confidence=confidence
    )


def _truth(cells: Cells) -> Column | None:
    """Two words that mean no and yes, or the numbers 0 and 1."""
    if not 1 <= len(cells.distinct) <= 2 or cells.rows < 2:
        return None
    labels = truth_labels(cells.distinct.tolist())
    if labels is None:
        return None
    missing = tokens.among_values(list(cells.found))
    digits = labels == ("0", "1")
    reason = f"two values that mean no and yes: “{labels[0]}” and “{labels[1]}”"
    if digits:
        reason = "only 0 and 1 occur"
    return Column(
        cells.name,
        Kind.BOOLEAN,
        cells.storage,
        labels=labels,
        missing_tokens=cells.token_tuple(missing),
        reason=reason + cells.note(missing),
        confidence=0.8 if digits else 0.97,
    )


def truth_labels(distinct: list[str]) -> tuple[str, str] | None:
    """How false and true are written, when the distinct cells say just that."""
    folded = {cell.strip().casefold(): cell for cell in distinct}
    if len(folded) < len(distinct):
        return None
    if set(folded) == {"0", "1"}:
        return folded["0"], folded["1"]
    for false, true in PAIRS:
        if set(folded) == {false, true}:
            return folded[false], folded[true]
    if len(folded) == 1 and (only := next(iter(folded))) in _LONE:
        written = folded[only]
        other = next((w for w in _LONE[only] if _case(w) == _case(written)), _LONE[only][1])
        return (other, written) if only == "true" else (written, other)
    return None


def _case(word: str) -> tuple[bool, bool]:
    return word.isupper(), word[:1].isupper()


def _number(cells: Cells) -> Column | None:
    if cells.storage != TEXT and checks.is_numeric_dtype(cells.values.dtype):
        return _located(cells, guessnumbers.typed(cells))
    if cells.storage in ("object:int", "object:float", "object:decimal"):
        return _located(cells, guessnumbers.typed(cells))
    found = guess_number(cells.distinct)
    return None if found is None else _located(cells, guessnumbers.written(cells, found))


def _located(cells: Cells, column: Column | None) -> Column | None:
    return None if column is None else located(cells, column)


def _date(cells: Cells) -> Column | None:
    found = guess_date(cells.distinct)
    if found is None:
        return None
    missing = tokens.among_values(list(cells.found))
    reason, confidence = f"dates of the form {found.fmt.pattern}", 0.97 if found.exact else 0.9
    if not found.exact:
        reason += "; some are written a little differently"
    if found.ambiguous:
        reason += f"; {swapped(found.fmt.pattern)} would fit as well, no day is beyond the 12th"
        confidence = UNDECIDED
    return Column(
        cells.name,
        Kind.DATETIME,
        cells.storage,
        date=found.fmt,
        missing_tokens=cells.token_tuple(missing),
        reason=reason + cells.note(missing),
        confidence=confidence,
    )


_ATTEMPTS: tuple[Callable[[Cells], Column | None], ...] = (
    _empty,
    _category_dtype,
    _constant,
    _bool_dtype,
    _date_dtype,
    _truth,
    personal,
    _number,
    _date,
)
