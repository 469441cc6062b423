"""Mends a header line that does not have the rows' number of fields, where its names can be told all the same.

A fault in the header costs more than one in a row: all names are lost, or stand above the wrong columns. The same
faults occur there as in rows (another delimiter, a stray quote, a field too many, a broken line), but names look alike,
so what suits a column says nothing; a reading counts when it gives one name for each column.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace

from engine.table.cells import DATE, NUMBER
from engine.table.layout import Layout, cell_kind, is_comment, is_prose
from engine.table.oddrows import unwrapped
from engine.table.records import Dialect, Field, Record, split, split_literal

_OTHER_DELIMITERS = (",", ";", "\t", "|", ":", "^", "~")


def mend_header(records: Sequence[Record], layout: Layout, dialect: Dialect) -> Layout:
    """The layout with a mended header, what was done in `mended`; as it was where nothing was to be done."""
    width, headers = layout.width, layout.headers
    if len(headers) > 1 or width < 2 or not records:
        return layout
    if headers and len(headers[0].fields) == width:
        return _completed(records, layout) or _without_marks(layout, dialect)
    index = _place(records, headers[0]) if headers else _above(records, layout)
    if index is None:
        return layout
    for first, count in ((index, 1), (index - 1, 2), (index, 2)):
        lines = records[max(first, 0) : first + count]
        usable = first >= 0 and len(lines) == count and not any(r.blank or len(r.fields) == width for r in lines)
        if usable and (found := _read(lines, width, dialect)):
            header = Record(lines[0].line, found[0], lines[0].text, lines=sum(r.lines for r in lines))
            return replace(layout, headers=(header,), body=first + count, mended=found[1], first_row=found[2])
    return layout if headers else _cut_short(records, layout, index)


def _place(records: Sequence[Record], record: Record) -> int:
    return next(i for i, r in enumerate(records) if r is record)


def _above(records: Sequence[Record], layout: Layout) -> int | None:
    """The line that may hold the names of a body without header: its first if that is no row, or the one above."""
    ragged = layout.body < len(records) and len(records[layout.body].fields) != layout.width
    index = layout.body if ragged else layout.body - 1
    if index < 0 or records[index].blank or is_comment(records[index], layout.comment, layout.width):
        return None
    return index


Reading = tuple[list[Field], str, list[Field] | None]  # names, what was done, a row that stood on the same line


def _read(lines: Sequence[Record], width: int, dialect: Dialect) -> Reading | None:
    """The first way to read the line (or the two) that gives a name for each column."""
    readings = _of_two(*lines) if len(lines) == 2 else _of_one(lines[0], width, dialect)
    return next((r for r in readings if are_names(r[0], width)), None)


def _of_two(first: Record, second: Record) -> Iterator[Reading]:
    if second.line == first.line + first.lines:
        parts = [f for f in (first.fields[-1], second.fields[0]) if f is not None]
        joined: list[Field] = [*first.fields[:-1], " ".join(parts) or None, *second.fields[1:]]
        yield joined, f"The names were broken over lines {first.line:,} and {second.line:,}; they were joined", None


def _of_one(record: Record, width: int, dialect: Dialect) -> Iterator[Reading]:
    if record.odd:
        literal = [_bare(f) for f in split_literal(record.text, dialect)]
        yield literal, "A quote without its partner was taken out of the names", None
    for mark in _OTHER_DELIMITERS:
        if mark != dialect.delimiter and record.text.count(mark) >= width - 1:
            other = replace(dialect, delimiter=mark, collapse=False)
            yield split(record.text, other, cautious=True)[0], f"The names are set apart by “{mark}” here", None
    fields = record.fields
    yield [f for f in fields if f], "Delimiters too many between the names were dropped", None
    yield _rejoined(fields, dialect.delimiter), "A name that holds a delimiter was joined again", None
    if len(fields) == 2 * width:
        yield list(fields[:width]), "The first row stood on the line of the names", list(fields[width:])
    if len(fields) == 2 * width - 1:
        row: list[Field] = [None, *fields[width:]]
        yield list(fields[:width]), "The line end behind the names is missing, and one cell with it", row


def _bare(cell: Field) -> Field:
    return cell.replace('"', "").strip() or None if cell else cell


def _rejoined(fields: Sequence[Field], delimiter: str) -> list[Field]:
    """Fields that begin with a blank joined to the one before: "last, first" was one name."""
    out: list[Field] = []
    for field in fields:
        if out and field is not None and field.startswith(" ") and out[-1] is not None:
            out[-1] = f"{out[-1]}{delimiter}{field}"
        else:
            out.append(field)
    return out


def are_names(fields: Sequence[Field], width: int) -> bool:
    """One name for each column: none empty, none twice, no numbers or dates."""
    names = [f.strip() for f in fields if f is not None and f.strip()]
    plain = not any(cell_kind(n) in (NUMBER, DATE) for n in names)
    return len(fields) == len(names) == len(set(names)) == width and plain


def _cut_short(records: Sequence[Record], layout: Layout, index: int) -> Layout:
    """A first line with too few names right above the table: they are the first columns'."""
    record = records[index]
    names = [f for f in record.fields if f is not None]
    only = all(r.blank or is_comment(r, layout.comment, layout.width) for r in records[:index])
    fitting = 2 <= len(names) == len(record.fields) < layout.width and not is_prose(record)
    if not (only and fitting and are_names(names, len(names))):
        return layout
    return replace(layout, headers=(record,), body=index + 1)


def _completed(records: Sequence[Record], layout: Layout) -> Layout | None:
    """The last name, so far empty, stands alone on the next line."""
    header, index = layout.headers[0], layout.body
    if header.fields[-1] is not None or index >= len(records) or len(records[index].fields) != 1:
        return None
    names = [*header.fields[:-1], records[index].fields[0]]
    if not are_names(names, layout.width) or records[index].line != header.line + header.lines:
        return None
    done = f"The names were broken over lines {header.line:,} and {records[index].line:,}; they were joined"
    return replace(layout, headers=(replace(header, fields=names),), body=index + 1, mended=done)


def _without_marks(layout: Layout, dialect: Dialect) -> Layout:
    """Names without a stray quote, and without quotes of another kind around all of them."""
    header = layout.headers[0]
    bare = unwrapped(header.fields)
    if bare is not None:
        done = "Quotes of another kind around the names were taken off"
    elif header.odd and dialect.quote:
        quote = dialect.quote
        bare = [f.replace(quote, "").strip() or None if f and f.count(quote) % 2 else f for f in header.fields]
        done = "A stray quote was taken out of the names"
    if bare is None or sum(f is not None for f in bare) < sum(f is not None for f in header.fields):
        return layout
    return replace(layout, headers=(replace(header, fields=bare),), mended=done)
