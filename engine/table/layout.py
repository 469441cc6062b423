"""Finds where the table begins in a list of records: preamble and comments, header rows, first row of the body."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise

from engine.table.cells import BOOLEAN, DATE, EMPTY, MISSING, NUMBER, TEXT, look
from engine.table.oddrows import unwrapped
from engine.table.records import Field, Record

COMMENT_MARKS = ("#", "//", "%", "--", ";")
JOINT = " / "  # between the names of several header rows
_MOST_HEADER_ROWS = 4
_LOOKED_AT = 200  # body rows that the header is compared with


@dataclass(frozen=True, slots=True)
class Layout:
    """headers: the header's records; body: index of the first body record; width: number of columns.

    comment: the mark of comment lines, or None; certain: whether the choice of header has evidence; mended: what was
    done to the header line, if anything; first_row: a row of the table that stood on that line.
    """

    headers: tuple[Record, ...]
    body: int
    width: int
    comment: str | None = None
    certain: bool = True
    mended: str = ""
    first_row: Sequence[Field] | None = None


def comment_mark(records: Sequence[Record], width: int) -> str | None:
    """The mark of comment lines: it begins few lines, and those do not have the table's number of fields.

    "#" where no line of the sample begins with it: later ones may.
    """
    filled = [r for r in records if not r.blank]
    for mark in COMMENT_MARKS:
        marked = [r for r in filled if _marked(r, mark)]
        strange = sum(len(r.fields) != width for r in marked)
        if strange and strange >= len(marked) - 1 and len(marked) <= 0.5 * len(filled) + 2:
            return mark
    return None if any(_marked(r, "#") for r in filled) else "#"


def _marked(record: Record, mark: str) -> bool:
    led_by_delimiter = record.fields[:1] == [None]  # then the mark, if it is there, is the delimiter itself
    return not record.quoted and not led_by_delimiter and record.text.lstrip().startswith(mark)


def is_comment(record: Record, mark: str | None, width: int) -> bool:
    """A line with the comment mark; one that has exactly the table's fields is a row (or header) all the same."""
    return mark is not None and _marked(record, mark) and len(record.fields) != width


def find_layout(records: Sequence[Record], width: int, header: str | int = "auto") -> Layout:
    """Where header and body begin. `header`: "auto", "none", or the number of header rows."""
    comment = comment_mark(records, width)
    rows = [i for i, r in enumerate(records) if not r.blank and not is_comment(r, comment, width)]
    start = _start(records, rows, width)
    table = [i for i in rows if i >= start]
    if header == "none":
        return Layout((), start, width, comment)
    if isinstance(header, int):
        return _fixed(records, rows, start, width, header, comment)
    return _automatic(records, rows, table, width, comment)


def _start(records: Sequence[Record], rows: Sequence[int], width: int) -> int:
    """Index of the first record of the right width that does not stand there alone, and is no text above the table."""
    right = [i for i in rows if len(records[i].fields) == width]
    prosaic = sum(is_prose(records[i]) for i in right) > 0.5 * len(right)  # then blanks behind delimiters say nothing
    fitting = [len(records[i].fields) == width and (prosaic or not is_prose(records[i])) for i in rows]
    for place, index in enumerate(rows):
        following = fitting[place + 1 : place + 11]
        if not fitting[place] or (is_title(records[index].fields) and _fuller_below(records, rows[place + 1 :], width)):
            continue
        if not following or following[0] or sum(following) >= 0.4 * len(following):
            return index
    return next((i for i, fits in zip(rows, fitting, strict=True) if fits), rows[0] if rows else 0)


def _fuller_below(records: Sequence[Record], rows: Sequence[int], width: int) -> bool:
    """Whether a full row of words follows within a few lines, so that what is above it is a title."""
    below = [records[i].fields for i in rows[:_MOST_HEADER_ROWS] if len(records[i].fields) == width]
    return any(all(look(f) == TEXT for f in fields) for fields in below)


def is_prose(record: Record) -> bool:
    """Whether a blank follows each delimiter of a line, as in a sentence with commas."""
    behind = [f for f in record.fields[1:] if f is not None]
    return not record.quoted and bool(behind) and all(f.startswith(" ") and f.strip() for f in behind)


def _fixed(
    records: Sequence[Record], rows: Sequence[int], start: int, width: int, count: int, comment: str | None
) -> Layout:
    """Exactly `count` header rows, beginning with the table (or one line above, when that is the narrower header)."""
    table = [i for i in rows if i >= start]
    chosen = table[:count]
    body = table[count] if len(table) > count else len(records)
    return Layout(tuple(records[i] for i in chosen), body, width, comment)


def _automatic(
    records: Sequence[Record], rows: Sequence[int], table: Sequence[int], width: int, comment: str | None
) -> Layout:
    if not table:
        return Layout((), len(records), width, comment)
    fitting = [records[i].fields for i in table if len(records[i].fields) == width]
    count, certain = count_header_rows(fitting, width)
    if count == 0:
        return _look_above(records, rows, table[0], width, comment)
    body = table[count] if len(table) > count else len(records)
    headers = [records[i] for i in table[:count]]
    while len(headers) > 1 and (headers[-1].odd or unwrapped(headers[-1].fields)):  # marks make text of a number
        body = _place(records, headers.pop())
    while len(headers) > 1 and (is_title(headers[0].fields) or headers[1].line > headers[0].line + headers[0].lines):
        del headers[0]
    return Layout(tuple(headers), body, width, comment, certain)


def _place(records: Sequence[Record], record: Record) -> int:
    return next(i for i, r in enumerate(records) if r is record)


def _look_above(records: Sequence[Record], rows: Sequence[int], start: int, width: int, comment: str | None) -> Layout:
    """The table begins without names: lines right above it that are about as wide belong to it, perhaps as header."""
    near = [start]
    for index in reversed([i for i in rows if i < start]):
        if index != near[-1] - 1 or not _nearly(len(records[index].fields), width):
            break
        near.append(index)
    top = near[-1]
    if top == start or not _could_be_names(records[top].fields):
        return Layout((), top, width, comment)
    return Layout((records[top],), near[-2], width, comment)


def _nearly(count: int, width: int) -> bool:
    return count > 1 and (abs(count - width) <= 1 or count >= width / 2)


def _could_be_names(fields: Sequence[Field]) -> bool:
    names = [f for f in fields if f is not None]
    return len(set(names)) == len(names) > 0 and not any(cell_kind(n) in (NUMBER, DATE) for n in names)


def is_title(fields: Sequence[Field]) -> bool:
    """A line above the names with a single text in it names the whole table, not a column."""
    return len(fields) > 2 and sum(f is not None and bool(f.strip()) for f in fields) <= 1


def count_header_rows(rows: Sequence[Sequence[Field]], width: int) -> tuple[int, bool]:
    """How many of the first rows are names, and whether anything but habit says so."""
    if not rows:
        return 0, True
    names, *below = rows[: _LOOKED_AT + _MOST_HEADER_ROWS]
    kinds = [[cell_kind(f) for f in names], *([look(f) for f in row] for row in below)]
    if len(rows) == 1:
        return (0, True) if _has_value(kinds[0]) else (1, False)
    count = 0
    while count < min(_MOST_HEADER_ROWS, len(kinds) - 1) and _contrasts(kinds, count, width):
        count += 1
    if count > 1:
        return count, True
    if count == 1 or _looks_like_years(rows, kinds):
        upper = 1 + _grouped(rows, 1) if count == 1 else 1
        return upper, True
    if _grouped(rows, 0) and not _has_value(kinds[1]):
        return 2, True
    return _without_contrast(rows, kinds)


def cell_kind(cell: Field) -> str:
    """What a cell looks like, where a number needs a digit ("inf" may be a name)."""
    kind = look(cell)
    return TEXT if kind == NUMBER and not any(c.isdecimal() for c in cell or "") else kind


def _has_value(kinds: Sequence[str]) -> bool:
    return any(k in (NUMBER, DATE, BOOLEAN) for k in kinds)


def _contrasts(kinds: Sequence[Sequence[str]], index: int, width: int) -> bool:
    """Whether row `index` has words where the columns below have numbers or dates, and no number itself."""
    if any(k in (NUMBER, DATE) for k in kinds[index]):
        return False
    below = kinds[index + 1 :]
    typed = [c for c in range(width) if _mostly_typed([row[c] for row in below])]
    words = sum(kinds[index][c] in (TEXT, BOOLEAN) for c in typed)
    return bool(typed) and words >= max(1, 0.5 * len(typed))


def _mostly_typed(kinds: Sequence[str]) -> bool:
    filled = [k for k in kinds if k not in (EMPTY, MISSING)]
    return bool(filled) and sum(k in (NUMBER, DATE) for k in filled) >= max(0.7 * len(filled), 1)


def _looks_like_years(rows: Sequence[Sequence[Field]], kinds: Sequence[Sequence[str]]) -> bool:
    """A header such as country, 2001, 2002, 2003: words first, then whole numbers one apart, above other numbers."""
    numbers = [str(f).strip() for f, k in zip(rows[0], kinds[0], strict=True) if k == NUMBER]
    if len(numbers) < 2 or not all(n.isdecimal() for n in numbers):
        return False
    values = [int(n) for n in numbers]
    steps = {b - a for a, b in pairwise(values)}
    below = [str(f).strip() for f, k in zip(rows[1], kinds[0], strict=True) if k == NUMBER]
    leading = kinds[0][0] in (TEXT, EMPTY)
    return leading and steps in ({1}, {-1}) and not (all(b.isdecimal() and len(b) == len(numbers[0]) for b in below))


def _grouped(rows: Sequence[Sequence[Field]], index: int) -> int:
    """1 when row `index` leaves names out that the next row has, as a row of group titles does."""
    if index + 1 >= len(rows) or index > 0:
        return 0
    upper, lower = rows[index], rows[index + 1]
    gaps = sum(u is None for u in upper)
    return int(
        gaps >= 1
        and all(u is not None or v is not None for u, v in zip(upper, lower, strict=True))
        and gaps < len(upper)
        and None not in lower
    )


def _without_contrast(rows: Sequence[Sequence[Field]], kinds: Sequence[Sequence[str]]) -> tuple[int, bool]:
    """All columns are words, or the first row has numbers: names only when they could be names."""
    first = rows[0]
    names = [f.strip() for f in first if f is not None and f.strip()]
    if any(k in (NUMBER, DATE) for k in kinds[0]):
        return 0, True
    if len(set(names)) < len(names) or not names:
        return 0, True
    repeated = sum(any(row[c] == first[c] for row in rows[1:]) for c in range(len(first)) if first[c] is not None)
    if repeated:
        return 0, True
    return 1, False
