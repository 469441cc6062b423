"""Rows that have the right number of fields, and yet were written in another way than the rest.

Such rows are not seen by counting fields: each delimiter is followed by a blank, or all fields stand in quotes that
this file does not use (apostrophes, or those of a word processor). The marks would become part of the values.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from engine.table.cells import TYPED, look
from engine.table.records import Dialect, Field, Record
from engine.table.scan import TEXT_TYPE, Block, Mask, matching

WRAPPERS = (("'", "'"), ("`", "`"), ("“", "”"), ("„", "“"), ("„", "”"), ("«", "»"), ("‘", "’"), ('"', '"'))
_OPENINGS = frozenset(opening for opening, _ in WRAPPERS)
_USUAL = 0.2  # of the rows are written in a way: then it is the file's own way


def unwrapped(fields: Sequence[Field]) -> list[Field] | None:
    """The fields without quotes of another kind, where all that are filled, two or more, stand in the same ones."""
    filled = [f for f in fields if f]
    if len(filled) < 2 or filled[0][0] not in _OPENINGS:
        return None
    for opening, closing in WRAPPERS:
        if all(len(f) >= 2 and f[0] == opening and f[-1] == closing for f in filled):
            return [f[1:-1] or None if f else f for f in fields]
    return None


def unblanked(fields: Sequence[Field], text: str, dialect: Dialect) -> list[Field] | None:
    """The fields without the blank behind each delimiter; None where one has none, or where too few tell.

    text: the line; a field that was quoted has lost its blank already. In a table of two columns one field alone is
    evidence only when it is a number, a date or the like.
    """
    behind = [f for f in fields[1:] if f]
    blank = f"{dialect.delimiter} "
    if blank not in text or not any(f[0] == " " and f.strip() for f in behind):
        return None
    opening = f"{blank}{dialect.quote or ''}"
    if not all(f[0] == " " or (dialect.quote and f"{opening}{f[:8]}" in text) for f in behind):
        return None
    if len(behind) < 2 and look(behind[0]) not in TYPED:
        return None
    return [fields[0], *((f.removeprefix(" ") or None) if f else f for f in fields[1:])]


class OddRows:
    """Knows from good rows which ways of writing are this file's own."""

    def __init__(self, sample: Sequence[Sequence[Field]], dialect: Dialect) -> None:
        self._dialect = dialect
        most = _USUAL * len(sample)
        self._marks_are_odd = sum(unwrapped(row) is not None for row in sample) <= most
        self._blanks_are_odd = sum(_led_by_blanks(row) for row in sample) <= most

    def mend(self, record: Record) -> tuple[list[Field], str] | None:
        """The row as the others are written, and what was done; None for a row that is like the others."""
        if self._marks_are_odd and (cells := unwrapped(record.fields)) is not None:
            return cells, "This line has quotes of another kind around its fields; they were taken off."
        if self._blanks_are_odd and (cells := unblanked(record.fields, record.text, self._dialect)) is not None:
            return cells, "This line has a blank behind each delimiter; it was taken out."
        return None

    def suspects(self, table: pa.Table) -> Mask:
        """The rows that `mend` may change, and some more; those with a blank before a quote are not looked for."""
        found = np.zeros(table.num_rows, bool)
        if self._marks_are_odd:
            found |= _all_begin_with(sorted(_OPENINGS), table.columns)
        if self._blanks_are_odd and table.num_columns > 1:
            found |= _all_begin_with([" "], table.columns[1:])
        return found


def _all_begin_with(marks: Sequence[str], columns: Sequence[pa.ChunkedArray]) -> Mask:
    """The rows in which some cell is filled, and each that is begins with one of the marks."""
    first = pa.array(marks, TEXT_TYPE)
    or_none = pa.array([None, "", *marks], TEXT_TYPE)
    found = matching(columns, lambda _, cells: _begins_with(cells, or_none))
    if found.any():
        rows = pa.array(np.flatnonzero(found))
        none = matching([c.take(rows) for c in columns], lambda _, cells: pc.invert(_begins_with(cells, first)))
        found[np.flatnonzero(found)[none]] = False
    return found


def _begins_with(cells: pa.ChunkedArray, marks: pa.Array) -> pa.ChunkedArray:
    return pc.is_in(pc.utf8_slice_codeunits(cells, 0, 1), marks)


def _led_by_blanks(row: Sequence[Field]) -> bool:
    behind = [f for f in row[1:] if f]
    return bool(behind) and all(f.startswith(" ") for f in behind)


def has_wrapped_line(block: Block, dialect: Dialect) -> bool:
    """Whether a line of the text is wholly in quotes that are not the dialect's."""
    pairs = [(o.encode(), c.encode()) for o, c in WRAPPERS if o != dialect.quote]
    begins = np.isin(block.codes[block.starts], [opening[0] for opening, _ in pairs])
    for index in np.flatnonzero(begins).tolist():
        line = block.line(index)
        if any(len(line) >= len(o + c) and line.startswith(o) and line.endswith(c) for o, c in pairs):
            return True
    return False


def has_blank_led_rows(table: pa.Table, data: bytes, start: int, dialect: Dialect) -> bool:
    """Whether some rows, not most, have a blank behind each of their delimiters; the table's text begins at `start`."""
    if table.num_columns < 2:
        return False
    led = None
    for column in table.columns[1:]:
        blank = pc.fill_null(pc.starts_with(column, " "), True)
        led = blank if led is None else pc.and_(led, blank)
        if not pc.any(led).as_py():
            return False
    rows = table.filter(led)
    if rows.num_rows > 0.5 * table.num_rows or data.find(f"{dialect.delimiter} ".encode(), start) < 0:
        return False
    found = [list(row.values()) for row in rows.slice(0, 1_000).to_pylist()]
    return any(unblanked(row, dialect.delimiter.join(f or "" for f in row), dialect) is not None for row in found)
