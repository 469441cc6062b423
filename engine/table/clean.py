"""The fast path: clean delimited text read by Arrow, after proof that it is clean.

Clean means: every row has the same number of fields (Arrow stops otherwise), every quote opens or closes a whole field,
no line is blank, and none is wholly in quotes of another kind. Anything else is None here and goes to the careful path
in `engine.table.rows`.
"""

from __future__ import annotations

import re
from itertools import repeat

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.csv as arrow_csv

from engine.table.oddrows import has_wrapped_line
from engine.table.records import Dialect
from engine.table.scan import TEXT_TYPE, Block, Mask, Places, blocks, is_boundary, misplaced_quotes

_AT_ONCE = 1 << 21  # bytes that Arrow parses
_UNUSED = "\x1f"


def read_clean(data: bytes, start: int, dialect: Dialect, width: int) -> pa.Table | None:
    """All rows from byte `start` on (UTF-8 without header) as text columns "0", "1", ...; None when not clean."""
    if dialect.collapse or start >= len(data) or not (dialect.quote or "").isascii():
        return None
    quote = dialect.quote if dialect.quote and data.find(dialect.quote.encode(), start) >= 0 else None
    escape = dialect.escape if dialect.escape and data.find(dialect.escape.encode(), start) >= 0 else None
    delimiter = dialect.delimiter
    text, first = data, start
    if len(delimiter) != 1 or not delimiter.isascii():
        if quote or escape or data.find(_UNUSED.encode(), start) >= 0:
            return None
        if delimiter:
            text, first = data[start:].replace(delimiter.encode(), _UNUSED.encode()), 0
        delimiter = _UNUSED
    visible = _without_escaped(text[first:], escape, delimiter, quote) if escape else None
    if escape and visible is None:
        return None
    proof = _Proof(delimiter, quote, width)
    shown = blocks(visible) if visible is not None else repeat(None)
    for block, masked in zip(blocks(text, first), shown, strict=False):
        if has_wrapped_line(block, dialect) or not proof.holds_for(masked or block):
            return None
    if proof.inside:
        return None
    table = read_rows(text, first, delimiter, quote, escape, width, breaks_inside=proof.breaks_inside)
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


def read_rows(
    data: bytes,
    start: int,
    delimiter: str,
    quote: str | None,
    escape: str | None,
    width: int,
    *,
    breaks_inside: bool,
) -> pa.Table | None:
    """The rows from byte `start` on by Arrow; None when not all have so many fields.

    breaks_inside: whether line ends may stand inside quotes, which takes half as long again.
    """
    names = [str(i) for i in range(width)]
    try:
        return arrow_csv.read_csv(
            pa.BufferReader(pa.py_buffer(data).slice(start)),
            read_options=arrow_csv.ReadOptions(column_names=names, block_size=_AT_ONCE),
            parse_options=arrow_csv.ParseOptions(
                delimiter=delimiter,
                quote_char=quote or False,
                escape_char=escape or False,
                newlines_in_values=breaks_inside,
                ignore_empty_lines=width < 2,  # with more columns a blank line comes out as a row without any value
            ),
            convert_options=arrow_csv.ConvertOptions(
                column_types=dict.fromkeys(names, TEXT_TYPE),
                null_values=[""],
                strings_can_be_null=True,
                quoted_strings_can_be_null=False,
                check_utf8=False,
            ),
        )
    except pa.ArrowInvalid:
        return None


class _Proof:
    """Looks at a text block by block: every quote where it belongs, and no blank line outside of quotes."""

    def __init__(self, delimiter: str, quote: str | None, width: int) -> None:
        self._delimiter, self._quote, self._width = delimiter, quote, width
        self.inside = 0  # 1 while a quote is open at the end of a block
        self.breaks_inside = False
        self._full_so_far = False  # whether all lines of the field that a block leaves open are full rows

    def holds_for(self, block: Block) -> bool:
        blank = block.ends == block.starts
        if self._quote is None:
            return not blank.any()
        quotes = np.flatnonzero(block.codes == ord(self._quote))
        before = np.searchsorted(quotes, block.starts)
        open_lines = (before + self.inside) % 2 == 1  # lines that begin inside quotes
        if np.any(blank & ~open_lines) or not self._quotes_are_clean(block, quotes):
            return False
        self.breaks_inside |= bool(open_lines.any())
        if self._width >= 3 and self._swallows_rows(block, before, open_lines, quotes.size):
            return False
        self.inside = (self.inside + quotes.size) % 2
        return True

    def _quotes_are_clean(self, block: Block, quotes: Places) -> bool:
        mark = ord(self._delimiter)
        if quotes.size and np.any(np.diff(quotes) == 1):
            before = np.arange(self.inside, self.inside + quotes.size)
            return not misplaced_quotes(block.codes, quotes, before, mark).size
        opening, closing = quotes[self.inside :: 2], quotes[1 - self.inside :: 2]  # no two stand side by side
        opening = opening[opening > 0]
        closing = closing[closing < block.codes.size - 1]
        opens = is_boundary(block.codes[opening - 1], mark)
        closes = is_boundary(block.codes[closing + 1], mark)
        return bool(opens.all() and closes.all())

    def _swallows_rows(self, block: Block, before: Places, open_lines: Mask, quotes: int) -> bool:
        """Whether a field over several lines could as well be two stray quotes: each of its lines is a full row."""
        mark = self._delimiter.encode()
        fields = set(before[open_lines].tolist())
        if (self.inside + quotes) % 2 == 1:
            fields.add(quotes)  # it goes on in the next block
        for opened in sorted(fields):
            # One field: the line before the first of these has its opening quote, the last one its closing quote.
            first, behind = np.searchsorted(before, [opened, opened + 1])
            full = all(block.line(i).count(mark) == self._width - 1 for i in range(max(first - 1, 0), behind))
            full &= first > 0 or self._full_so_far
            if opened == quotes:
                self._full_so_far = full
            elif full:
                return True
        return False
