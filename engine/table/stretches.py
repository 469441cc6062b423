"""Stretches of plain good rows inside a text that is not clean as a whole, read by Arrow.

A stretch is what the careful path would take row by row without a thought: each line is one row of the right width,
every quote opens or closes a whole field, and no row looks like a header, total, footer, or one written in another way.
Any doubt ends the stretch; then the careful path looks at that line itself.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import partial

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from engine.table.clean import read_rows
from engine.table.ends import may_be_ends
from engine.table.oddrows import OddRows
from engine.table.records import RULE_MARKS, Dialect, Field
from engine.table.scan import (
    TEXT_TYPE,
    Block,
    Mask,
    blocks,
    fields_per_line,
    matching,
    misplaced_quotes,
    number_on_line,
)

LEAST = 4  # rows that are worth the trouble
_RULE_CODES = [ord(c) for c in RULE_MARKS]
_NOTHING = pa.array([None, ""], TEXT_TYPE)


@dataclass(frozen=True, slots=True)
class Stretch:
    """Good rows, as many as lines, and the byte of the text with which the line behind them begins."""

    rows: pa.Table
    end: int


class Stretches:
    """Goes through a text once, in step with the careful path."""

    def __init__(
        self, data: bytes, dialect: Dialect, width: int, headers: Sequence[Sequence[Field]], odd_rows: OddRows
    ) -> None:
        self._dialect, self._width = dialect, width
        self._headers, self._odd_rows = headers, odd_rows
        mark, quote = dialect.delimiter, dialect.quote or ""
        simple = width > 1 and len(mark) == 1 and (mark + quote).isascii() and not (dialect.escape or dialect.collapse)
        self._blocks: Iterator[Block] = blocks(data) if simple else iter(())
        self._block: Block | None = None
        self._line, self._behind = 1, 1  # the block's first line, and the one behind its last
        self._start, self._end = 0, 0  # its bytes in the text
        self._good: Mask = np.zeros(0, bool)
        self._doubtful = np.zeros(0, np.int64)  # its other lines, in order
        self._row = np.zeros(0, np.int64)  # of each good line in the table
        self._table: pa.Table | None = None

    def at(self, line: int) -> Stretch | None:
        """The good rows from a line (from 1, never before the one asked for last) on, all but the last of them."""
        while line >= self._behind:
            block = next(self._blocks, None)
            if block is None:
                return None
            self._line, self._start = self._behind, self._end
            self._behind, self._end = self._line + block.starts.size, self._start + block.codes.size
            self._block, self._table = block, None
            if line < self._behind:
                self._look_at(block)
        if self._block is None or self._table is None:
            return None
        first = line - self._line
        place = np.searchsorted(self._doubtful, first)
        behind = self._doubtful[place] if place < self._doubtful.size else self._good.size
        count = int(behind) - first - 1  # the careful path takes the last one, so that it knows what came before
        if count < LEAST:
            return None
        rows = self._table.slice(int(self._row[first]), count)
        return Stretch(rows, self._start + int(self._block.starts[first + count]))

    def _look_at(self, block: Block) -> None:
        good = self._well_formed(block)
        if good.all():
            text = block.codes.tobytes()
        else:
            edges = np.flatnonzero(np.diff(good.astype(np.int8), prepend=0, append=0))
            starts = np.append(block.starts, block.codes.size)
            kept = zip(edges[::2], edges[1::2], strict=True)
            text = b"".join(block.codes[starts[a] : starts[b]].tobytes() for a, b in kept)
        if not text:
            return
        table = read_rows(text, 0, self._dialect.delimiter, self._dialect.quote, None, self._width, breaks_inside=False)
        if table is None or table.num_rows != np.count_nonzero(good):
            return
        self._row = np.cumsum(good) - 1
        good[np.flatnonzero(good)[self._is_doubtful(table)]] = False
        self._good, self._table = good, table
        self._doubtful = np.flatnonzero(~good)

    def _well_formed(self, block: Block) -> Mask:
        """The lines that are one row each, by where delimiters and quotes stand."""
        mark = ord(self._dialect.delimiter)
        quote = ord(self._dialect.quote) if self._dialect.quote else None
        fields, left_over = fields_per_line(block, mark, quote)
        codes = block.codes
        rule = np.isin(codes[block.starts], _RULE_CODES) & np.isin(codes[np.maximum(block.ends - 1, 0)], _RULE_CODES)
        good: Mask = (fields == self._width) & ~left_over & ~rule
        quotes = np.flatnonzero(codes == quote) if quote is not None else np.zeros(0, np.int64)
        if quotes.size:
            bad = misplaced_quotes(codes, quotes, number_on_line(block.per_line(quotes)), mark)
            led = quotes[codes[np.maximum(quotes - 1, 0)] == ord(" ")]  # as in a row with blanks behind delimiters
            for places in (bad, led):
                good[np.searchsorted(block.starts, places, side="right") - 1] = False
        return good

    def _is_doubtful(self, table: pa.Table) -> Mask:
        """The rows at which the careful path may do more than to take them."""
        doubtful = may_be_ends(table) | self._odd_rows.suspects(table)
        doubtful |= matching(table.columns, _is_hollow)
        for header in self._headers:
            if len(header) == self._width:
                doubtful |= matching(table.columns, partial(_equals, header))
        return doubtful


def _is_hollow(_: int, cells: pa.ChunkedArray) -> pa.ChunkedArray:
    return pc.is_in(pc.utf8_trim_whitespace(cells), _NOTHING)


def _equals(header: Sequence[Field], index: int, cells: pa.ChunkedArray) -> pa.ChunkedArray:
    value = header[index]
    return pc.is_null(cells) if value is None else pc.fill_null(pc.equal(cells, value), False)
