"""What a column of numbers is: amounts, keys, codes, or dates in disguise."""

from __future__ import annotations

import numpy as np
import pandas as pd

from engine.table import keys, numbers, tokens
from engine.table.cellfacts import Cells
from engine.table.dateguess import guess_date, guess_epoch
from engine.table.names_hint import hints
from engine.table.numberguess import NumberGuess
from engine.table.schema import Column, DateFormat, Kind, NumberFormat

_KEY_ROWS = 5  # fewer unique numbers are no evidence of a key
_CODE_LEVELS = 60  # numeric codes with more values are modelled as numbers


def typed(cells: Cells) -> Column | None:
    """A column of a numeric dtype. None for one that is not finite throughout."""
    from engine.table.convert import parse_column

    draft = Column(cells.name, Kind.DECIMAL, cells.storage)
    floats = parse_column(cells.values, draft).dropna().to_numpy(dtype=np.float64)
    whole = bool((np.trunc(floats) == floats).all() and (np.abs(floats) < 2.0**63).all())
    if not whole:
        decimals = numbers.decimals_of(floats)
        fmt = NumberFormat(decimals, exponent="auto" if decimals == numbers.FULL else "")
        return _decimal(cells, NumberGuess(fmt, False, True), [])
    return _whole(cells, NumberGuess(NumberFormat(), True, True), [])


def written(cells: Cells, guess: NumberGuess) -> Column | None:
    """A column of text cells that are all numbers. None where they are better seen as words ("007")."""
    if guess.fmt.width and not guess.fmt.thousands:
        return None
    missing = tokens.among_values(list(cells.found))
    return _whole(cells, guess, missing) if guess.whole else _decimal(cells, guess, missing)


def _decimal(cells: Cells, guess: NumberGuess, missing: list[str]) -> Column:
    reason, confidence = _described(guess), 0.97
    if guess.ambiguous:
        mark = guess.fmt.thousands or guess.fmt.decimal_mark
        reason += f"; “{mark}” could also be the other mark"
        confidence = 0.7
    return _column(cells, Kind.DECIMAL, missing, reason, confidence, number=guess.fmt)


def _described(guess: NumberGuess) -> str:
    fmt = guess.fmt
    what = "whole numbers" if guess.whole else "numbers"
    if not guess.whole and fmt.decimals <= 15:
        what += f" with {'' if fmt.fixed else 'up to '}{fmt.decimals} decimal{'s' if fmt.decimals != 1 else ''}"
    details = []
    if fmt.decimal_mark != "." and not guess.whole:
        details.append("decimal comma")
    if fmt.thousands:
        details.append(f"thousands divided by “{fmt.thousands}”")
    if fmt.prefix.strip() or fmt.suffix.strip():
        details.append(f"with “{(fmt.prefix or fmt.suffix).strip()}”")
    text = ", ".join([what, *details])
    return text if guess.exact else f"{text}; some are written a little differently"


def _whole(cells: Cells, guess: NumberGuess, missing: list[str]) -> Column:
    """Whole numbers: dates, keys, codes or counts, in this order."""
    bare = not (guess.fmt.prefix or guess.fmt.suffix or guess.fmt.thousands or guess.fmt.fixed)
    if bare:
        for attempt in (_moment, _key, _shared_key, _code):
            column = attempt(cells, guess, missing)
            if column is not None:
                return column
    reason, confidence = _described(guess), 0.95
    if hints(cells).key and not cells.unique:
        reason, confidence = f"{reason}; the name speaks of a key, but rows share its values", 0.7
    if guess.ambiguous:
        reason += f"; “{guess.fmt.thousands}” could also be a decimal mark"
        confidence = 0.7
    if cells.rows == 1:
        confidence = 0.4
    return _column(cells, Kind.INTEGER, missing, reason, confidence, number=guess.fmt)


def _moment(cells: Cells, guess: NumberGuess, missing: list[str]) -> Column | None:
    """20240105, or a count of seconds, milliseconds, microseconds or nanoseconds since 1970."""
    texts = cells.distinct.str.strip()
    lengths = texts.str.len()
    if int(lengths.min()) == 8 and int(lengths.max()) == 8 and (len(texts) >= 5 or hints(cells).date):
        found = guess_date(texts)
        if found is not None and found.exact and _recent(texts):
            return _dated(cells, found.fmt, missing, "dates written as eight digits", 0.9)
    if int(lengths.min()) < 9:
        return None
    values, whole = numbers.to_integers(texts, guess.fmt)
    epoch = guess_epoch(pd.Series(values)) if whole.all() else None
    if epoch is None:
        return None
    unit = epoch.pattern.removeprefix("epoch:")
    surely = hints(cells).date
    if not surely and (unit in ("s", "ns") or hints(cells).key or len(values) < 5):
        return None
    long = {"s": "seconds", "ms": "milliseconds", "us": "microseconds", "ns": "nanoseconds"}[unit]
    return _dated(cells, epoch, missing, f"{long} since 1970, all between 1990 and 2035", 0.95 if surely else 0.75)


def _recent(eights: pd.Series) -> bool:
    years = pd.to_numeric(eights.str.slice(0, 4))
    return bool(years.min() >= 1850 and years.max() <= 2150)


def _dated(cells: Cells, fmt: DateFormat, missing: list[str], reason: str, confidence: float) -> Column:
    return _column(cells, Kind.DATETIME, missing, reason, confidence, date=fmt)


def _key(cells: Cells, guess: NumberGuess, missing: list[str]) -> Column | None:
    """Numbers that are all different, and are called a key or count the rows."""
    if not cells.unique or len(cells.distinct) < _KEY_ROWS or cells.gaps or missing:
        return None
    if not hints(cells).key and not _counts_rows(cells, guess):
        return None
    why = "the name says it is a key" if hints(cells).key else "they count the rows"
    return _column(
        cells,
        Kind.IDENTIFIER,
        missing,
        f"whole numbers, all different, and {why}",
        0.95 if hints(cells).key else 0.8,
        pattern=keys.pattern_of(cells.distinct),
    )


def _shared_key(cells: Cells, guess: NumberGuess, missing: list[str]) -> Column | None:
    """Numbers that are called a key, and that a few rows each have in common."""
    return keys.shared(cells, missing) if hints(cells).key and keys.is_shared(cells) else None


def _counts_rows(cells: Cells, guess: NumberGuess) -> bool:
    """Whether the numbers are 0, 1, 2, … or 1, 2, 3, … in order."""
    values = numbers.to_floats(cells.distinct, guess.fmt)
    return len(values) >= 10 and values[0] in (0, 1) and bool((np.diff(values) == 1).all())


def _code(cells: Cells, guess: NumberGuess, missing: list[str]) -> Column | None:
    """Numbers whose name says that they are codes, few enough to be categories."""
    few = 2 <= len(cells.distinct) <= _CODE_LEVELS and len(cells.distinct) * 5 <= cells.known
    if not (hints(cells).code or (hints(cells).key and few)) or not few:
        return None
    reason = f"{len(cells.distinct):,} whole numbers that name something rather than count it, by the column's name"
    return _column(cells, Kind.CATEGORICAL, missing, reason, 0.7)


def _column(cells: Cells, kind: Kind, missing: list[str], reason: str, confidence: float, **facts: object) -> Column:
    return Column(
        cells.name,
        kind,
        cells.storage,
        missing_tokens=cells.token_tuple(missing),
        reason=reason + cells.note(missing),
        confidence=confidence,
        **facts,  # type: ignore[arg-type]
    )
