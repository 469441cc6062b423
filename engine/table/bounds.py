"""Bounds on lines and cells of text, checked before or while they cost much."""

from __future__ import annotations

from collections.abc import Sequence

import pyarrow as pa
import pyarrow.compute as pc

from engine.errors import LimitError
from engine.limits import Limits
from engine.table.notes import excerpt
from engine.table.source import limit_error

_CELLS_A_LINE = 200  # a line is at most so many times as long as a cell may be
_TIMES_TOO_WIDE = 100  # and has at most so many times as many fields as a table may have


def check_lines(data: bytes, limits: Limits) -> None:
    """Raises LimitError for a line so long that looking for its fields would already take minutes and gigabytes."""
    most, start = _CELLS_A_LINE * limits.max_cell_characters, 0
    while start + most < len(data):
        end = max(data.rfind(b"\n", start, start + most), data.rfind(b"\r", start, start + most))
        if end < 0:
            number = data.count(b"\n", 0, start) + 1
            what = f"Line {number:,} of the file has more than {most:,} bytes, so a cell must be too long"
            raise limit_error(what, limits.max_cell_characters, "characters", "max_cell_characters")
        start = end + 1


def check_delimiters(lines: Sequence[str], limits: Limits) -> None:
    """The same for a line of far too many fields, by the usual delimiters."""
    most = _TIMES_TOO_WIDE * limits.max_columns
    for number, line in enumerate(lines, start=1):
        if max(map(line.count, ",;\t|")) > most:
            what = f"Line {number:,} of the file has more than {most:,} fields"
            raise limit_error(what, limits.max_columns, "columns", "max_columns")


def over_long(column: pa.ChunkedArray, most: int) -> int | None:
    """The table row (from 1) of a text longer than `most` characters, or None."""
    longest = pc.max(pc.binary_length(column)).as_py()
    if longest is None or longest <= most:
        return None
    lengths = pc.utf8_length(column)
    if pc.max(lengths).as_py() <= most:
        return None
    return int(pc.index(pc.greater(lengths, most), True).as_py()) + 1


def cell_error(row: int | None, column: str, limits: Limits) -> LimitError:
    most = limits.max_cell_characters
    where = f"row {row:,} of the table, column “{excerpt(column, most=40)}”" if row else f"the name “{column}”"
    error = limit_error(
        f"A cell has more than {most:,} characters ({where})", most, "characters", "max_cell_characters"
    )
    error.column, error.row = column, row
    return error
