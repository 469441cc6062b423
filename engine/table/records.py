"""Splits lines of delimited text into fields, forgiving what can be understood.

A quote opens a field only at its start, and closes it only before a delimiter or the line's end; any other quote is
text. A field may span lines, if the quote is closed later and the record then makes sense.
"""

from __future__ import annotations

import csv
import io
import re
from collections import deque
from collections.abc import Iterator
from dataclasses import dataclass, field
from functools import lru_cache

_RULE = re.compile(r"(?=.*[|+])(?=.*--|.*==)[-+=|: ]+")
RULE_MARKS = frozenset("|+-=: ")

Field = str | None  # None: nothing between two delimiters; "": an empty pair of quotes

_LOOKAHEAD_LINES = 2_000
_LOOKAHEAD_UNKNOWN = 50
_LOOKAHEAD_TIRED = 10
_PATIENCE = 50
_CSV_FIELD_LIMIT = 100_000  # of the standard library's parser, nearly
_NO_DELIMITER = "\n\n\n"  # cannot occur in a record
_MAX_OPEN_CHARACTERS = 20_000_000


@dataclass(frozen=True, slots=True)
class Dialect:
    """How fields are set apart.

    delimiter: one or several characters, "" when each line is one field; quote: a character or None;
    escape: "\\\\" when a backslash takes the next character's meaning away, else quotes are doubled;
    collapse: any run of blanks is one delimiter (aligned columns).
    """

    delimiter: str
    quote: str | None = '"'
    escape: str | None = None
    collapse: bool = False


@dataclass(slots=True)
class Record:
    """One row as found: first line (from 1), fields (none for a blank line), its text, and what was odd about it.

    odd: a quote stood where none belongs; lines: how many lines of the file it spans.
    """

    line: int
    fields: list[Field]
    text: str
    odd: bool = False
    lines: int = 1
    quoted: bool = field(default=False)  # whether the first field was quoted, so that "#" is no comment

    @property
    def blank(self) -> bool:
        return not self.fields

    @property
    def empty(self) -> bool:
        """Nothing but delimiters and blanks (a pair of quotes counts as something)."""
        return all(f is None or (f != "" and not f.strip()) for f in self.fields)


class _Unclosed(Exception):
    """A quote opens a field behind `fields` others and is not closed on this text."""

    def __init__(self, fields: int) -> None:
        self.fields = fields


def split(text: str, dialect: Dialect, *, cautious: bool = False) -> tuple[list[Field], bool]:
    """The fields of one record, and whether a quote stood in an odd place. Raises _Unclosed.

    cautious: a quote that opens a field is text when it stays open, or when another field is opened before it is
    closed; nothing is raised then.
    """
    quote = dialect.quote
    if (quote is None or quote not in text) and (dialect.escape is None or dialect.escape not in text):
        return _split_plain(text, dialect), False
    if _is_regular(text, dialect):
        row = next(csv.reader([text], delimiter=dialect.delimiter, quotechar=quote))
        return [f or None for f in row], False
    if dialect.collapse:
        squeezed = re.sub(r"[ \t]+", " ", text.strip())
        return _Splitter(squeezed, dialect, " ", cautious).run()
    return _Splitter(text, dialect, dialect.delimiter or _NO_DELIMITER, cautious).run()


def _is_regular(text: str, dialect: Dialect) -> bool:
    """Whether the standard library's quick parser gives what `_Splitter` would."""
    if dialect.escape or dialect.collapse or len(dialect.delimiter) != 1 or dialect.quote is None:
        return False
    if len(text) > _CSV_FIELD_LIMIT or dialect.quote * 2 in text or "\n" in text or "\r" in text:
        return False
    return _regular_line(dialect.delimiter, dialect.quote).fullmatch(text) is not None


@lru_cache(maxsize=64)
def _regular_line(delimiter: str, quote: str) -> re.Pattern[str]:
    """Fields that are wholly quoted, or have no quote at all."""
    d, q = re.escape(delimiter), re.escape(quote)
    cell = rf"(?:{q}[^{q}]+{q}|[^{q}{d} ][^{q}{d}]*|)"
    return re.compile(rf"{cell}(?:{d}{cell})*")


@lru_cache(maxsize=64)
def _runs_of(quote: str, delimiter: str) -> re.Pattern[str]:
    """Quotes in a row, and the blanks behind them where a field can end there."""
    return re.compile(rf"({re.escape(quote)}+)(?P<boundary> *?(?:(?={re.escape(delimiter)})|\Z))?")


def split_literal(text: str, dialect: Dialect) -> list[Field]:
    """The fields when quotes are ordinary characters, except around whole fields."""
    quote = dialect.quote
    fields = _split_plain(text, dialect)
    if quote is None:
        return fields
    return [_bare(f, quote) if f is not None else None for f in fields]


def _bare(cell: str, quote: str) -> str:
    inner = cell.strip()
    if len(inner) >= 2 and inner[0] == inner[-1] == quote:
        return inner[1:-1].replace(quote * 2, quote)
    return cell


def _split_plain(text: str, dialect: Dialect) -> list[Field]:
    if dialect.collapse:
        return list(text.split())
    if not dialect.delimiter:
        return [text or None]
    return [f or None for f in text.split(dialect.delimiter)]


class _Splitter:
    """Walks over one record's text field by field."""

    def __init__(self, text: str, dialect: Dialect, delimiter: str, cautious: bool) -> None:
        self.text, self.delimiter, self.cautious = text, delimiter, cautious
        self.quote, self.escape = dialect.quote, dialect.escape
        self.odd = False

    def run(self) -> tuple[list[Field], bool]:
        fields: list[Field] = []
        position = 0
        while True:
            if (found := self._field(position)) is None:
                raise _Unclosed(len(fields))
            value, position = found
            fields.append(value)
            if position >= len(self.text):
                return fields, self.odd
            position += len(self.delimiter)

    def _field(self, start: int) -> tuple[Field, int] | None:
        """The field that begins at `start`, and where it ends; None when its quote stays open."""
        opening = start
        while opening < len(self.text) and self.text[opening] == " " and self.delimiter != " ":
            opening += 1
        if self.quote and self.text.startswith(self.quote, opening):
            closing = self._closing(opening + 1)
            if closing >= 0:
                return self._unescape(self.text[opening + 1 : closing]), self._boundary(closing + 1)
            if not self.cautious:
                return None
            self.odd = True
        end = self._next_delimiter(start)
        cell = self.text[start:end]
        self.odd |= bool(self.quote) and str(self.quote) in cell
        return (self._unescape_bare(cell) or None), end

    def _next_delimiter(self, start: int) -> int:
        position = self.text.find(self.delimiter, start)
        while position > 0 and self.escape and self._escaped(position, start):
            position = self.text.find(self.delimiter, position + 1)
        return len(self.text) if position < 0 else position

    def _boundary(self, position: int) -> int:
        """The end of a quoted field behind trailing blanks: the delimiter or the end, or -1."""
        stop = position
        while stop < len(self.text) and self.text[stop] == " " and not self.text.startswith(self.delimiter, stop):
            stop += 1
        return stop if stop == len(self.text) or self.text.startswith(self.delimiter, stop) else -1

    def _closing(self, start: int) -> int:
        """Where the quote stands that closes the field of which the text begins at `start`, or -1."""
        for run in _runs_of(str(self.quote), self.delimiter).finditer(self.text, start):
            first, behind = run.span(1)
            if self.escape and self._escaped(first, start):
                first += 1
            if (behind - first) % 2 == 0:
                continue  # quotes doubled inside the field
            if run["boundary"] is not None:
                return behind - 1
            if self.cautious and self.text.endswith(self.delimiter, start, first):
                return -1
            self.odd = True
        return -1

    def _escaped(self, position: int, start: int) -> bool:
        escapes = 0
        while position - escapes - 1 >= start and self.text[position - escapes - 1] == self.escape:
            escapes += 1
        return escapes % 2 == 1

    def _unescape(self, text: str) -> str:
        quote = str(self.quote)
        if quote in text:
            text = text.replace(quote * 2, quote)
        return self._unescape_bare(text)

    def _unescape_bare(self, text: str) -> str:
        """Backslashes vanish before the quote, the delimiter and themselves; other sequences stay as written."""
        if not self.escape or self.escape not in text:
            return text
        special = "|".join(re.escape(s) for s in (self.quote, self.delimiter, self.escape) if s)
        return re.sub(rf"{re.escape(self.escape)}({special})", r"\1", text)


def physical_lines(data: bytes) -> io.TextIOWrapper:
    """The lines of UTF-8 text with their ends; \\n, \\r\\n and \\r end a line, other separators do not."""
    return io.TextIOWrapper(io.BytesIO(data), encoding="utf-8", newline="")


class RecordReader:
    """Groups lines into records.

    `width` is the usual number of fields (None while it is unknown): a field over several lines is believed when the
    record then has that many, and not when each of its lines has that many by itself.
    """

    def __init__(self, lines: Iterator[str], dialect: Dialect, width: int | None = None) -> None:
        self._lines = lines
        self._ahead: deque[str] = deque()
        self._number = 0
        self._dialect = dialect
        self._width = width
        self._failures = 0

    def __iter__(self) -> Iterator[Record]:
        while (line := self._next()) is not None:
            yield self._record(line)

    @property
    def next_line(self) -> int:
        """The line (from 1) with which the next record begins."""
        return self._number + 1

    def skip(self, count: int, end: int) -> None:
        """Passes over lines, of a text as `physical_lines` gives it, behind which byte `end` comes."""
        self._number += count
        if count < len(self._ahead):
            for _ in range(count):
                self._ahead.popleft()
            return
        if count > len(self._ahead) and isinstance(self._lines, io.TextIOWrapper):
            self._lines.seek(end)
        self._ahead.clear()

    def _next(self) -> str | None:
        line = self._ahead.popleft() if self._ahead else next(self._lines, None)
        self._number += line is not None
        return line

    def _record(self, line: str) -> Record:
        text = line.rstrip("\r\n")
        number = self._number
        if text[:1] in RULE_MARKS and _RULE.fullmatch(text):
            return Record(number, [], text)  # drawn between the rows of tables for the eye
        if not text or (text.isspace() and (not self._dialect.delimiter.isspace() or self._dialect.collapse)):
            return Record(number, [], text)
        quoted = self._dialect.quote is not None and text.lstrip(" ").startswith(self._dialect.quote)
        try:
            fields, odd = split(text, self._dialect)
        except _Unclosed:
            return self._spanning(line, number, quoted) or self._stray(text, number)
        if odd and len(fields) != self._width:
            return self._stray(text, number)
        return Record(number, fields, text, odd, quoted=quoted)

    def _stray(self, text: str, number: int) -> Record:
        """A line with a quote that leads nowhere: that quote is text, or if this does not help, all quotes are."""
        fields, _ = split(text, self._dialect, cautious=True)
        if self._width is not None and len(fields) != self._width:
            literal = split_literal(text, self._dialect)
            fields = literal if len(literal) == self._width else fields
        return Record(number, fields, text, odd=True)

    def _spanning(self, line: str, number: int, quoted: bool) -> Record | None:
        """A record over several lines, or None when the quote is a stray one."""
        parts, size = [line], len(line)
        quote = str(self._dialect.quote)
        for index in range(self._lookahead()):
            more = self._peek(index)
            if more is None or size > _MAX_OPEN_CHARACTERS:
                break
            parts.append(more)
            size += len(more)
            if quote not in more:
                continue
            text = "".join(parts).rstrip("\r\n")
            try:
                fields, odd = split(text, self._dialect)
            except _Unclosed as unclosed:
                if self._width is not None and unclosed.fields >= self._width > 1:
                    break
                continue
            if odd or not self._believable(fields, parts):
                break
            self._consume(index + 1)
            return Record(number, fields, text, odd, index + 2, quoted)
        self._failures += 1
        return None

    def _lookahead(self) -> int:
        """How many lines to search for a closing quote; few once the file has shown that its quotes lead nowhere."""
        if self._width is None:
            return _LOOKAHEAD_UNKNOWN
        return _LOOKAHEAD_LINES if self._failures < _PATIENCE else _LOOKAHEAD_TIRED

    def _believable(self, fields: list[Field], parts: list[str]) -> bool:
        if self._width is None or self._width < 3:
            return self._width is None or len(fields) == self._width
        if len(fields) != self._width:
            return False
        alone = (split_literal(p.rstrip("\r\n"), self._dialect) for p in parts)
        return not all(len(f) == self._width for f in alone)

    def _peek(self, index: int) -> str | None:
        while len(self._ahead) <= index:
            line = next(self._lines, None)
            if line is None:
                return None
            self._ahead.append(line)
        return self._ahead[index]

    def _consume(self, count: int) -> None:
        for _ in range(count):
            self._next()
