"""The fast path: clean delimited text read by Arrow, after proof that it is clean.

Clean means: every row has the same number of fields (Arrow stops otherwise), every quote opens or closes a whole field,
and no line is blank. Anything else is None here and goes to the careful path in `engine.table.rows`.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.csv as arrow_csv

from engine.table.records import Dialect

_BLOCK = 1 << 21
_UNUSED = "\x1f"
_BLANK_LINE = re.compile(rb"\n(?=\r?\n)|\r(?=\r)")
Bytes = npt.NDArray[np.uint8]


def read_clean(body: bytes, dialect: Dialect, width: int) -> pa.Table | None:
    """All rows of `body` (UTF-8 without header) as text columns "0", "1", ...; None when they are not clean."""
    if dialect.collapse or not body:
        return None
    quote = dialect.quote if dialect.quote and dialect.quote.encode() in body else None
    delimiter = dialect.delimiter
    escape = dialect.escape if dialect.escape and dialect.escape.encode() in body else None
    if len(delimiter) != 1 or not delimiter.isascii():
        if quote or escape or _UNUSED.encode() in body:
            return None
        body = body.replace(delimiter.encode(), _UNUSED.encode()) if delimiter else body
        delimiter = _UNUSED
    visible = _without_escaped(body, escape, delimiter, quote) if escape else body
    if visible is None or not quotes_are_clean(visible, quote, delimiter, width):
        return None
    table = _read(body, delimiter, quote, escape, width)
    return None if table is None or (width > 1 and _has_hollow_row(table)) else table


def _has_hollow_row(table: pa.Table) -> bool:
    """Whether some row has no value at all."""
    hollow = None
    for column in table.columns:
        if column.null_count == 0:
            return False
        hollow = pc.is_null(column) if hollow is None else pc.and_(hollow, pc.is_null(column))
    return bool(pc.any(hollow).as_py())


def _without_escaped(body: bytes, escape: str, delimiter: str, quote: str | None) -> bytes | None:
    """The text with escaped characters masked, as long as before; None when a backslash stands before another one."""
    special = "".join(re.escape(c) for c in (escape, delimiter, quote or ""))
    masked, count = re.subn(rf"{re.escape(escape)}[{special}]".encode(), b"xx", body)
    return None if count == 0 or escape.encode() in masked else masked


def _read(body: bytes, delimiter: str, quote: str | None, escape: str | None, width: int) -> pa.Table | None:
    names = [str(i) for i in range(width)]
    try:
        return arrow_csv.read_csv(
            pa.BufferReader(body),
            read_options=arrow_csv.ReadOptions(column_names=names, block_size=_BLOCK),
            parse_options=arrow_csv.ParseOptions(
                delimiter=delimiter,
                quote_char=quote or False,
                escape_char=escape or False,
                newlines_in_values=quote is not None,
                ignore_empty_lines=width < 2,  # with more columns a blank line comes out as a row without any value
            ),
            convert_options=arrow_csv.ConvertOptions(
                column_types=dict.fromkeys(names, pa.string()),
                null_values=[""],
                strings_can_be_null=True,
                quoted_strings_can_be_null=False,
                check_utf8=False,
            ),
        )
    except pa.ArrowInvalid:
        return None


def quotes_are_clean(body: bytes, quote: str | None, delimiter: str, width: int) -> bool:
    """Every quote where it belongs, and in texts of one column no blank line outside quotes."""
    blank = _blank_lines(body) if width < 2 else np.empty(0, np.int64)
    if quote is None or body[:1] in (b"\n", b"\r"):
        return not blank.size and body[:1] not in (b"\n", b"\r")
    codes = np.frombuffer(body, np.uint8)
    boundary = np.zeros(256, bool)
    boundary[[ord(delimiter), 10, 13]] = True
    inside = 0
    for low, high in _blocks(codes, ord(quote)):
        quotes = np.flatnonzero(codes[low:high] == ord(quote)) + low
        gaps = blank[(blank >= low) & (blank < high)]
        if np.any((inside + np.searchsorted(quotes, gaps)) % 2 == 0):
            return False
        if not _runs_are_clean(codes, quotes, inside, boundary):
            return False
        if width >= 3 and _swallows_rows(body, codes, quotes, inside, (low, high), delimiter, width):
            return False
        inside = (inside + quotes.size) % 2
    return inside == 0


def _blank_lines(body: bytes) -> npt.NDArray[np.int64]:
    """Where a blank line begins."""
    suspects = (b"\n\n", b"\n\r\n", b"\r\r") if b"\r" in body else (b"\n\n",)
    if not any(suspect in body for suspect in suspects):  # much quicker than the search for all
        return np.empty(0, np.int64)
    return np.fromiter((m.start() for m in _BLANK_LINE.finditer(body)), np.int64)


def _blocks(codes: Bytes, quote: int) -> Iterator[tuple[int, int]]:
    """Ranges of a few megabytes whose ends do not cut a run of quotes."""
    low = 0
    while low < codes.size:
        high = min(low + _BLOCK, codes.size)
        while high < codes.size and quote in (codes[high - 1], codes[high]):
            high += 1
        yield low, high
        low = high


def _runs_are_clean(codes: Bytes, quotes: npt.NDArray[np.int64], inside: int, boundary: npt.NDArray[np.bool_]) -> bool:
    """Each run of neighbouring quotes: what it does follows from how many quotes came before, and its length."""
    if not quotes.size:
        return True
    first = np.flatnonzero(np.diff(quotes, prepend=-2) > 1)
    lengths = np.diff(first, append=quotes.size)
    starts, ends = quotes[first], quotes[first] + lengths
    outside = (inside + first) % 2 == 0
    before = np.where(starts > 0, boundary[codes[np.maximum(starts - 1, 0)]], True)
    behind = np.where(ends < codes.size, boundary[codes[np.minimum(ends, codes.size - 1)]], True)
    closes = outside == (lengths % 2 == 0)
    return not np.any((outside & ~before) | (closes & ~behind))


def _swallows_rows(
    body: bytes,
    codes: Bytes,
    quotes: npt.NDArray[np.int64],
    inside: int,
    block: tuple[int, int],
    delimiter: str,
    width: int,
) -> bool:
    """Whether a field over several lines could as well be two stray quotes: each of its lines is a full row."""
    part = codes[block[0] : block[1]]
    breaks = np.flatnonzero((part == 10) | (part == 13)) + block[0]
    behind = np.searchsorted(quotes, breaks)
    within = behind[((inside + behind) % 2 == 1) & (behind > 0) & (behind < quotes.size)]
    mark = delimiter.encode()
    for index in np.unique(within):
        opened, closed = int(quotes[index - 1]), int(quotes[index])
        start = max(body.rfind(b"\n", 0, opened), body.rfind(b"\r", 0, opened)) + 1
        end = body.find(b"\n", closed)
        lines = body[start : end if end >= 0 else len(body)].splitlines()
        if all(line.count(mark) == width - 1 for line in lines):
            return True
    return False
