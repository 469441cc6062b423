"""Reads delimited text (CSV and its kin): finds dialect and layout on a sample, then takes the fast or careful path."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc

from engine.errors import ReadError
from engine.limits import Limits
from engine.table.bounds import cell_error, check_delimiters, check_lines, over_long
from engine.table.clean import read_clean
from engine.table.dialect import Sniffed, sniff
from engine.table.ends import begins_like_footer, looks_like_total
from engine.table.headers import mend_header
from engine.table.layout import Layout, find_layout
from engine.table.names import clean_names, join_headers
from engine.table.notes import Notes, excerpt
from engine.table.oddrows import has_blank_led_rows
from engine.table.records import Dialect, Field, Record, RecordReader, physical_lines
from engine.table.rows import RowReader, count_widths
from engine.table.scan import TEXT_TYPE, line_ends
from engine.table.source import limit_error
from engine.table.textnotes import tell_above, tell_dialect, tell_header

_SAMPLE_LINES = 400
_SNIFFED_LINES = 200  # enough for the dialect; the header is compared with more
_SAMPLE_CHARACTERS = 1 << 18
_LEAST_LINES = 8  # sampled even when they are very long
_ENOUGH_ROWS = 5  # to know what the columns hold
_SEP_LINE = re.compile(rb'"?sep=(.{1,3}?)"?[ \t]*(?=[\r\n])', re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class DelimitedOptions:
    """What the person prescribes instead of having it found out."""

    delimiter: str | None = None
    quote: str | None = None
    header: str | int = "auto"
    decimal: str | None = None


def read_delimited(
    data: bytes, options: DelimitedOptions, notes: Notes, limits: Limits
) -> tuple[pd.DataFrame, dict[str, Any]]:
    """The table in `data` (UTF-8) with every cell as text, and the facts found. Raises ReadError and LimitError."""
    if not data or data.isspace():
        raise ReadError("The file is empty: it has no text at all.")
    check_lines(data, limits)
    data, delimiter = _separator_line(data, options.delimiter, notes)
    lines = sample_lines(data)
    check_delimiters(lines, limits)
    options = replace(options, delimiter=delimiter)
    sniffed = sniff(lines[:_SNIFFED_LINES], delimiter=delimiter, decimal=options.decimal, quote=options.quote)
    return _Delimited(data, lines, sniffed, options, notes, limits).read()


def sample_lines(data: bytes) -> list[str]:
    """The first lines, as many as a decision needs."""
    lines: list[str] = []
    size = 0
    for line in physical_lines(data):
        lines.append(line)
        size += len(line)
        if len(lines) >= _SAMPLE_LINES or (size > _SAMPLE_CHARACTERS and len(lines) >= _LEAST_LINES):
            break
    return lines


def _separator_line(data: bytes, delimiter: str | None, notes: Notes) -> tuple[bytes, str | None]:
    """Excel's own "sep=;" in the first line: obeyed, and blanked so that lines keep their numbers."""
    match = _SEP_LINE.match(data)
    if match is None:
        return data, delimiter
    named = match.group(1).decode("utf-8", "replace")
    notes.add("delimiter", f"The first line names “{named}” as the delimiter.", row=1)
    return data[match.end() :], delimiter or named


class _Delimited:
    """One reading: what is known about the text, step by step."""

    def __init__(
        self,
        data: bytes,
        lines: Sequence[str],
        sniffed: Sniffed,
        options: DelimitedOptions,
        notes: Notes,
        limits: Limits,
    ) -> None:
        self._data, self._lines, self._options = data, lines, options
        self._notes, self._limits = notes, limits
        self._dialect: Dialect = sniffed.dialect
        self._width = sniffed.width
        self._line_ends = line_ends(data)
        self._records: list[Record] = []
        self._layout = Layout((), 0, 0)

    def read(self) -> tuple[pd.DataFrame, dict[str, Any]]:
        self._check_columns()
        self._lay_out()
        table = self._fast()
        path = "fast"
        if table is None:
            path = "careful"
            table = self._careful()
        frame = self._framed(table)
        return frame, self._facts(path)

    def _check_columns(self) -> None:
        if self._width > self._limits.max_columns:
            raise limit_error(
                f"The table has {self._width:,} columns", self._limits.max_columns, "columns", "max_columns"
            )

    def _lay_out(self) -> None:
        self._records = list(RecordReader(iter(self._lines), self._dialect, self._width))
        layout = find_layout(self._records, self._width, self._options.header)
        automatic = self._options.header == "auto"
        self._layout = mend_header(self._records, layout, self._dialect) if automatic else layout

    @property
    def _first_line(self) -> int:
        """The line (from 1) with which the body begins."""
        if self._layout.body < len(self._records):
            return self._records[self._layout.body].line
        last = self._records[-1]
        return last.line + last.lines

    def _fast(self) -> pa.Table | None:
        if self._layout.first_row is not None:
            return None
        start = sum(len(line.encode()) for line in self._lines[: self._first_line - 1])
        self._check_cells_early(start)
        table = read_clean(self._data, start, self._dialect, self._width)
        if table is None or not self._ends_cleanly(table):
            return None
        return None if has_blank_led_rows(table, self._data, start, self._dialect) else table

    def _check_cells_early(self, start: int) -> None:
        if self._dialect.quote and self._data.find(self._dialect.quote.encode(), start) >= 0:
            return  # lines are not rows then; the rows are counted after reading
        rows = sum(self._line_ends.values()) - self._first_line + 1
        if rows * self._width > self._limits.max_cells:
            what = f"The table has about {rows:,} rows of {self._width:,} columns, {rows * self._width:,} cells"
            raise limit_error(what, self._limits.max_cells, "cells", "max_cells")

    def _ends_cleanly(self, table: pa.Table) -> bool:
        """Whether no header is repeated inside, and no empty row or total stands at the end."""
        headers = [h.fields for h in self._layout.headers if len(h.fields) == self._width]
        for header in headers:
            if header[0] is not None and pc.any(pc.equal(table.column(0), header[0])).as_py():
                return False
        last = [list(row.values()) for row in table.slice(max(table.num_rows - 3, 0)).to_pylist()]
        return not any(all(f is None for f in row) or looks_like_total(row) or begins_like_footer(row) for row in last)

    def _careful(self) -> pa.Table:
        counts = count_widths(self._data, self._dialect, self._width)
        self._widen(counts)
        reader = RowReader(
            self._dialect,
            self._layout,
            [n or f"column {i}" for i, n in enumerate(self._raw_names(), start=1)][: self._width],
            self._good_rows(),
            self._notes,
            self._limits,
            blank_is_missing=self._width == 1 and counts[0] < 0.8 * counts[1],
        )
        return reader.read(self._data, self._first_line)

    def _good_rows(self) -> list[list[Field]]:
        """Rows of the sample without fault, up to a blank line behind which something else may follow."""
        good: list[list[Field]] = []
        for record in self._records[self._layout.body :]:
            if record.blank and len(good) >= _ENOUGH_ROWS:
                break
            if len(record.fields) == self._width and not record.odd:
                good.append(record.fields)
        return good

    def _widen(self, counts: dict[int, int]) -> None:
        """The whole text may have another usual width than its first lines."""
        usual = max((n for n in counts if n > 0), key=lambda n: counts[n], default=self._width)
        headed = max((len(h.fields) for h in self._layout.headers), default=0)
        if headed > self._width and counts[headed] - 1 >= max(1, 0.01 * counts[self._width]):
            self._width = headed  # the header says that the longer rows are right
        elif usual > self._width and counts[usual] > counts[self._width]:
            self._width = usual
        else:
            return
        self._check_columns()
        self._lay_out()

    # Names and frame

    def _raw_names(self) -> list[str]:
        """A name per column as the header has it; more than `width` when the header is longer than the rows."""
        headers = [self._fitted(h.fields) for h in self._layout.headers]
        if not headers:
            return [""] * self._width
        widest = max(map(len, headers))
        return join_headers([[*h, *[None] * (widest - len(h))] for h in headers])

    def _fitted(self, fields: Sequence[Field]) -> list[Field]:
        short = self._width - len(fields)
        if short == 1 and self._has_row_names():
            return [None, *fields]  # row names without a title, as R writes them
        return [*fields, *[None] * max(short, 0)]

    def _has_row_names(self) -> bool:
        """Whether the last column is filled and the first tells the rows apart."""
        body = [r.fields for r in self._records[self._layout.body :] if len(r.fields) == self._width]
        first = [fields[0] for fields in body]
        return any(fields[-1] is not None for fields in body) and None not in first and len(set(first)) == len(first)

    def _framed(self, table: pa.Table) -> pd.DataFrame:
        self._check_cells(table)
        raw = self._raw_names()
        kept = self._kept_columns(table, raw)
        self._tell(nameless=any(not raw[i] for i in kept))
        row = self._layout.headers[-1].line if self._layout.headers else None
        notes = self._notes if self._layout.headers else Notes()
        names = clean_names([raw[i] for i in kept], notes, row=row)
        missing = pa.nulls(table.num_rows, TEXT_TYPE)
        columns = [table.column(i) if i < self._width else missing for i in kept]
        self._tell_missing_columns(names, kept)
        frame: pd.DataFrame = pa.table(columns, names=[str(i) for i in range(len(kept))]).to_pandas()
        frame = frame.astype("str") if len(frame) == 0 else frame
        frame.columns = pd.Index(names, dtype="str")
        return frame

    def _kept_columns(self, table: pa.Table, raw: Sequence[str]) -> list[int]:
        """All columns but those that have neither a name nor a value."""
        if not self._layout.headers:
            return list(range(self._width))
        kept = []
        for index, name in enumerate(raw):
            hollow = index >= self._width or table.column(index).null_count == table.num_rows
            if name or not hollow or table.num_rows == 0:
                kept.append(index)
            elif index < self._width:
                message = f"Column {index + 1} has neither a name nor a value; it was left out."
                self._notes.repaired("empty_column", message)
        return kept or [0]

    def _tell_missing_columns(self, names: Sequence[str], kept: Sequence[int]) -> None:
        for name, index in zip(names, kept, strict=True):
            if index >= self._width:
                message = f"The header names “{excerpt(name)}”, but the rows end before it; the column is empty."
                self._notes.warn("missing_column", message, row=self._layout.headers[-1].line, column=name)

    def _check_cells(self, table: pa.Table) -> None:
        if table.num_rows * self._width > self._limits.max_cells:
            what = f"The table has {table.num_rows:,} rows of {self._width:,} columns"
            raise limit_error(what, self._limits.max_cells, "cells", "max_cells")
        for index, column in enumerate(table.columns):
            if row := over_long(column, self._limits.max_cell_characters):
                raise cell_error(row, self._raw_names()[index] or f"column {index + 1}", self._limits)
        for name in self._raw_names():
            if len(name) > self._limits.max_cell_characters:
                raise cell_error(None, excerpt(name, most=30), self._limits)

    def _tell(self, *, nameless: bool) -> None:
        given = self._options.delimiter is not None
        tell_dialect(self._notes, self._dialect, self._line_ends, given=given)
        if self._options.header == "auto":
            tell_header(self._notes, self._layout, self._first_line, nameless=nameless)
        tell_above(self._notes, self._records, self._layout, self._first_line)

    def _facts(self, path: str) -> dict[str, Any]:
        return {
            "delimiter": self._dialect.delimiter,
            "quote": self._dialect.quote,
            "escape": self._dialect.escape,
            "header_rows": [h.line for h in self._layout.headers],
            "first_row": self._first_line,
            "line_ends": self._line_ends,
            "path": path,
        }
