"""What a person is told of a delimited text as a whole: its dialect, its header, and the lines above the table."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from engine.table.layout import Layout, is_comment
from engine.table.notes import Notes, excerpt, line_ranges
from engine.table.records import Dialect, Record


def tell_dialect(notes: Notes, dialect: Dialect, line_ends: Mapping[str, int], *, given: bool) -> None:
    """The delimiter (unless it is a usual one, or `given`), the quote, the escape, and line ends that are mixed."""
    mark = dialect.delimiter
    if mark not in (",", "\t", "") and not given:
        title = "runs of blanks" if dialect.collapse else "blanks" if mark == " " else f"“{mark}”"
        notes.add("delimiter", f"The fields are set apart by {title}.")
    if dialect.quote not in ('"', None):
        notes.add("quote", f"Fields are quoted by {_QUOTES.get(dialect.quote, dialect.quote)}.")
    if dialect.escape:
        notes.add("escape", "A backslash escapes quotes and delimiters.")
    if len(line_ends) > 1:
        found = ", ".join(f"{count:,} of {name}" for name, count in line_ends.items())
        notes.add("line_ends", f"The line ends are mixed ({found}); each was taken as a line end.")


_QUOTES = {"'": "the apostrophe (')", "`": "the backtick (`)"}


def tell_header(notes: Notes, layout: Layout, first_line: int, *, nameless: bool) -> None:
    """Whether there are names, in how many lines, what was done to them, and whether some column has none."""
    headers = layout.headers
    if not headers:
        message = "No line of names was found; the columns are called column_1, column_2 and so on."
        notes.warn("no_header", message, row=1 if first_line == 1 else None)
        return
    line = headers[0].line
    if layout.mended:
        note = notes.warn if layout.first_row is not None else notes.repaired
        note("header", f"{layout.mended}.", row=line)
    elif len(headers) > 1:
        lines = line_ranges([h.line for h in headers])
        notes.add("header_rows", f"The names stand in several lines ({lines}); they were joined.", row=line)
    elif not layout.certain:
        notes.add(
            "header_assumed", "The first line was taken for the names, since nothing speaks against it.", row=line
        )
    if nameless and len(headers) == 1 and len(headers[0].fields) < layout.width:
        count = f"{len(headers[0].fields):,} of {layout.width:,} names"
        notes.warn(
            "missing_name", f"The line of names has {count}; check that they stand above the right columns.", row=line
        )


def tell_above(notes: Notes, records: Sequence[Record], layout: Layout, first_line: int) -> None:
    """Comments and other text before the first row."""
    begin = layout.headers[0].line if layout.headers else first_line
    before = [r for r in records if r.line < first_line and not r.blank]
    comments = [r for r in before if is_comment(r, layout.comment, layout.width)]
    preamble = [r for r in before if r.line < begin and r not in comments]
    if comments:
        lines = line_ranges([r.line for r in comments])
        notes.add("comment", f"Comments were skipped (line {lines}): {_quoted(comments)}", row=comments[0].line)
    if preamble:
        lines = line_ranges([r.line for r in preamble])
        message = f"Text above the table was set aside (line {lines}): {_quoted(preamble)}"
        notes.repaired("preamble", message, row=preamble[0].line)


def _quoted(records: Sequence[Record]) -> str:
    return "; ".join(excerpt(r.text, most=60) for r in records[:5])
