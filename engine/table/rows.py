"""The careful path: every record in turn, mended where needed, with a finding for each thing done.

Rows become Arrow columns in chunks, so that a large file needs little more memory than its own size.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence

import numpy as np
import pyarrow as pa

from engine.limits import Limits
from engine.table.cells import TEXT, look
from engine.table.ends import begins_like_footer, looks_like_footer, looks_like_total
from engine.table.fitting import Looks
from engine.table.layout import Layout, is_comment
from engine.table.mend import Mended, Mender
from engine.table.notes import Notes, counted, excerpt, line_ranges
from engine.table.oddrows import OddRows
from engine.table.records import Dialect, Field, Record, RecordReader, physical_lines
from engine.table.scan import TEXT_TYPE, blocks, fields_per_line, is_visible
from engine.table.source import limit_error
from engine.table.stretches import Stretches

_CHUNK = 20_000
_SUITS = 0.5  # a cell suits its column
_CLEARLY = 0.3  # by so much must a cell fit its column better without its stray quote


class Columns:
    """Rows in, Arrow columns out; watches the limits on the way."""

    def __init__(self, width: int, limits: Limits) -> None:
        self.width, self.rows = width, 0
        self._limits = limits
        self._waiting: list[Sequence[Field]] = []
        self._stretches: list[tuple[int, pa.Table]] = []  # ready rows, and how many of the waiting ones come before
        self._batches: list[pa.RecordBatch] = []
        self._names = [str(i) for i in range(width)]

    def add(self, cells: Sequence[Field], line: int) -> None:
        if len(self._waiting) >= _CHUNK:
            self._flush()  # not at once, so that the last row can still be replaced
        self._waiting.append(cells)
        self._count(1)

    def add_rows(self, table: pa.Table) -> None:
        """Rows that are Arrow columns already."""
        self._stretches.append((len(self._waiting), table))
        self._count(table.num_rows)

    def _count(self, rows: int) -> None:
        self.rows += rows
        if self.rows * self.width > self._limits.max_cells:
            raise limit_error(
                f"The table has more than {self._limits.max_cells:,} cells",
                self._limits.max_cells,
                "cells",
                "max_cells",
            )

    def replace_last(self, cells: Sequence[Field]) -> None:
        self._waiting[-1] = cells

    def _flush(self) -> None:
        columns = zip(*self._waiting, strict=True) if self._waiting else [()] * self.width
        arrays = [pa.array(column, TEXT_TYPE) for column in columns]
        rows = pa.RecordBatch.from_arrays(arrays, names=self._names)
        done = 0
        for before, table in self._stretches:
            self._batches += [rows.slice(done, before - done), *table.to_batches()]
            done = before
        self._batches.append(rows.slice(done))
        self._waiting, self._stretches = [], []

    def table(self) -> pa.Table:
        if self._waiting or self._stretches or not self._batches:
            self._flush()
        return pa.Table.from_batches(self._batches)


def count_widths(data: bytes, dialect: Dialect, width: int) -> Counter[int]:
    """How many lines have how many fields (none: a blank line), over the whole text.

    Lines on which a quote stays open are left out where enough others remain, since only those are quickly counted.
    """
    mark, quote = dialect.delimiter, dialect.quote or ""
    if len(mark) != 1 or not (mark + quote).isascii() or dialect.collapse or dialect.escape:
        return _count_records(data, dialect, width)
    counts: Counter[int] = Counter()
    passed = 0
    for block in blocks(data):
        fields, left_over = fields_per_line(block, ord(mark), ord(quote) if quote else None)
        for index in np.flatnonzero(~is_visible(block.codes[block.starts])):  # perhaps blank
            fields[index] *= bool(block.line(int(index)).decode().strip())
        counts.update(dict(enumerate(np.bincount(fields[~left_over]).tolist())))
        passed += int(np.count_nonzero(left_over))
    return _count_records(data, dialect, width) if passed > 9 * counts.total() else +counts


def _count_records(data: bytes, dialect: Dialect, width: int) -> Counter[int]:
    return Counter(len(r.fields) for r in RecordReader(physical_lines(data), dialect, width))


def _is_stray(cell: str, quote: str) -> bool:
    """Whether the one quote of a cell stands at its start, or behind a letter (inches follow a digit)."""
    if cell.count(quote) != 1:
        return False
    before, _, behind = cell.partition(quote)
    return not before or (before[-1].isalpha() and (not behind or behind[0].isalpha()))


class RowReader:
    """Reads the body of one table. `names` are final; `sample` are good rows that show what the columns hold."""

    def __init__(
        self,
        dialect: Dialect,
        layout: Layout,
        names: Sequence[str],
        sample: Sequence[Sequence[Field]],
        notes: Notes,
        limits: Limits,
        *,
        blank_is_missing: bool = False,
    ) -> None:
        self._dialect, self._layout, self._notes = dialect, layout, notes
        self._width, self._names = len(names), names
        self._looks = Looks(sample, self._width)
        typical = sum(map(self._looks.row, sample)) / len(sample) if sample else 0.0
        self._mender = Mender(dialect, names, self._looks, typical)
        self._odd_rows = OddRows(sample, dialect)
        self._columns = Columns(self._width, limits)
        self._header = [h.fields for h in layout.headers]
        self._blank_is_missing = blank_is_missing
        self._totals_inside = 0
        self._last: Record | None = None  # the row added last, if it was a good one
        # Odd records, blank lines and rows that may be totals wait here until a good row follows, or the file ends.
        self._tail: list[Record] = []
        self._blank_lines: list[int] = []
        self._beyond: list[int] | None = None  # lines of a second table

    def read(self, data: bytes, first_line: int) -> pa.Table:
        """All rows from line `first_line` on, after one that stood on the header's line."""
        if self._layout.first_row is not None:
            self._columns.add(self._layout.first_row, self._layout.headers[0].line)
        stretches = Stretches(data, self._dialect, self._width, self._header, self._odd_rows)
        records = RecordReader(physical_lines(data), self._dialect, self._width)
        for record in records:
            if record.line < first_line:
                continue
            self._take(record)
            settled = not self._tail and self._beyond is None
            if settled and (stretch := stretches.at(records.next_line)) is not None:
                self._columns.add_rows(stretch.rows)
                records.skip(stretch.rows.num_rows, stretch.end)
        self._end()
        if self._beyond:
            lines = f"lines {self._beyond[0]:,} to {self._beyond[-1]:,}"
            message = f"Another table follows in {lines}; it was set aside. Save it as a file of its own to use it."
            self._notes.warn("second_table", message, row=self._beyond[0])
        if self._blank_lines:
            lines = line_ranges(self._blank_lines)
            skipped = counted(len(self._blank_lines), "blank line was", "blank lines were")
            self._notes.add("blank_lines", f"{skipped} skipped (line {lines}).")
        return self._columns.table()

    def _take(self, record: Record) -> None:
        if self._beyond is not None:
            self._beyond.append(record.line)
            return
        if record.blank or len(record.fields) != self._width or record.empty or self._may_end(record):
            self._tail.append(record)
            return
        if self._tail and self._tail[-1].blank and self._begins_another_table(record):
            self._beyond = [record.line]
            return
        if self._tail:
            self._release(self._tail)
            self._tail = []
        self._good(record)

    def _may_end(self, record: Record) -> bool:
        """Whether a row of the right width may be a total, or a remark that does not suit the columns."""
        return looks_like_total(record.fields) or (
            begins_like_footer(record.fields) and not self._mender.fits(record.fields)
        )

    def _begins_another_table(self, record: Record) -> bool:
        """Names, other than this table's, behind a blank line: words in every column that holds numbers so far."""
        numeric = [c for c in range(self._width) if self._looks.number_like(c)]
        if not numeric or record.fields in self._header or not self._header:
            return False
        return all(look(f) == TEXT for f in record.fields)

    def _good(self, record: Record) -> None:
        if record.fields in self._header:
            self._notes.repaired(
                "repeated_header", "The header is repeated here; the line was skipped.", row=record.line
            )
            return
        if (mended := self._odd_rows.mend(record)) is not None:
            record.fields, done = mended
            self._notes.repaired("other_dialect", done, row=record.line)
        elif record.odd:
            self._odd_quote(record)
        self._columns.add(record.fields, record.line)
        self._last = record

    def _odd_quote(self, record: Record) -> None:
        """Quotes in odd places of a row that is otherwise in order: taken out where they spoil a value, else kept."""
        quote = str(self._dialect.quote)
        kept = False
        for column, cell in enumerate(record.fields):
            if cell is None or quote not in cell:
                continue
            bare = cell.replace(quote, "")
            lead = 0.0 if _is_stray(cell, quote) else _CLEARLY
            if self._looks.cell(bare or None, column) >= self._looks.cell(cell, column) + lead:
                record.fields[column] = bare or None
                message = f"A stray quote was taken out of “{excerpt(cell, most=40)}”."
                self._notes.repaired("stray_quote", message, row=record.line, column=self._names[column])
            else:
                kept = True
        if kept:
            self._notes.warn("stray_quote", "A quote inside a field was kept as text.", row=record.line)

    def _release(self, records: Sequence[Record]) -> None:
        """Odd records that turned out to stand inside the table."""
        waiting: Record | None = None  # a short one that the next may complete
        for record in records:
            if record.blank:
                self._blank(record)
            elif len(record.fields) == 1 < self._width and self._completes_last(record):
                continue
            elif is_comment(record, self._layout.comment, self._width):
                self._notes.add("comment", f"A comment was skipped: {excerpt(record.text)}", row=record.line)
            elif len(record.fields) == self._width:
                if waiting is not None:  # rows stay in their order
                    self._mended(waiting)
                    waiting = None
                self._totals_inside += self._may_end(record)
                self._good(record)
            elif waiting is not None and (whole := self._joined(waiting, record)) is not None:
                self._notes.repaired(
                    "broken_row",
                    f"The row was broken over lines {waiting.line:,} and {record.line:,}; it was joined.",
                    row=waiting.line,
                )
                self._columns.add(whole, waiting.line)
                waiting = self._last = None
            else:
                if waiting is not None:
                    self._mended(waiting)
                waiting = record if len(record.fields) < self._width else None
                if waiting is None:
                    self._mended(record)
        if waiting is not None:
            self._mended(waiting)

    def _joined(self, first: Record, second: Record) -> list[Field] | None:
        if second.line != first.line + first.lines or len(first.fields) + len(second.fields) - 1 != self._width:
            return None
        parts = [f for f in (first.fields[-1], second.fields[0]) if f is not None]
        whole = [*first.fields[:-1], "\n".join(parts) if parts else None, *second.fields[1:]]
        return whole if self._mender.fits(whole) else None

    def _completes_last(self, record: Record) -> bool:
        """Whether a line with one field is the last cell, so far empty, of the row above it; then it is put there."""
        last = self._last
        if last is None or last.fields[-1] is not None or record.line != last.line + last.lines:
            return False
        whole = [*last.fields[:-1], record.fields[0]]
        if not self._mender.fits(whole) or self._looks.cell(record.fields[0], self._width - 1) < _SUITS:
            return False
        self._columns.replace_last(whole)
        message = f"The row was broken over lines {last.line:,} and {record.line:,}; it was joined."
        self._notes.repaired("broken_row", message, row=last.line)
        self._last = None
        return True

    def _blank(self, record: Record) -> None:
        if self._blank_is_missing:
            self._notes.add("blank_lines", "A blank line was read as a missing value.", row=record.line)
            self._columns.add([None], record.line)
        else:
            self._blank_lines.append(record.line)

    def _mended(self, record: Record) -> None:
        mended = self._mender.mend(record)
        note = self._notes.repaired if mended.sure else self._notes.warn
        note(mended.code, mended.message, row=record.line)
        self._add_mended(mended, record.line)

    def _add_mended(self, mended: Mended, line: int) -> None:
        self._last = None
        cells = mended.cells or []
        for start in range(0, len(cells), self._width):
            self._columns.add(cells[start : start + self._width], line)

    # The end of the file: blank lines, empty rows, totals, footers, further tables.

    def _end(self) -> None:
        tail = self._tail
        blank: list[int] = []
        empty: list[int] = []
        while tail and (tail[-1].blank or tail[-1].empty):
            record = tail.pop()
            (blank if record.blank else empty).append(record.line)
        if empty:
            dropped = counted(len(empty), "row without any value was", "rows without any value were")
            self._notes.add("empty_rows", f"At the end {dropped} dropped.", row=empty[-1])
        if blank:
            skipped = counted(len(blank), "blank line at the end was", "blank lines at the end were")
            self._notes.add("blank_lines", f"{skipped} skipped.", row=blank[-1])
        start = self._footer_start(tail)
        self._release(tail[:start])
        below = [record for record in tail[start:] if not record.blank]
        if self._is_table(below):
            self._beyond = [record.line for record in below]
            return
        for record in below:
            self._notes.warn("footer", f"Set aside as a footer: {excerpt(record.text)}", row=record.line)

    def _footer_start(self, tail: Sequence[Record]) -> int:
        """Index in the tail from which nothing is a row any more: a foreign block behind a blank line, or remarks."""
        foreign = (
            index
            for index, record in enumerate(tail)
            if record.blank and self._is_foreign([r for r in tail[index:] if not r.blank])
        )
        start = next(foreign, len(tail))
        while start > 0 and (tail[start - 1].blank or self._is_footer(tail[start - 1])):
            start -= 1
        return start

    def _is_foreign(self, block: Sequence[Record]) -> bool:
        """Whether no line of a block could be a row of this table."""
        narrow = self._width if len(block) > 1 else self._width / 2
        return all(self._is_footer(r) or len(r.fields) > self._width or len(r.fields) < narrow for r in block)

    def _is_table(self, block: Sequence[Record]) -> bool:
        """Whether lines behind the table are one of their own: names and rows, all of one width."""
        widths = {len(record.fields) for record in block}
        return len(block) > 2 and len(widths) == 1 and max(widths) > 1 and not any(map(self._is_footer, block))

    def _is_footer(self, record: Record) -> bool:
        if len(record.fields) == self._width:
            return not self._totals_inside and self._may_end(record)
        return looks_like_footer(record.fields, self._width)
