"""Looks over delimited text as bytes, some megabytes of whole lines at a time: where lines, fields and quotes are.

What NumPy can tell of a whole block at once need not be found out line by line.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import pyarrow as pa

BLOCK = 1 << 21
_CACHED = 1 << 18  # bytes that stay in the processor's cache
LINE_FEED, CARRIAGE_RETURN = 10, 13
_LINE_END = re.compile(rb"\r\n|\n|\r")

# What pandas keeps text as; read as plain strings, all cells would be indexed a second time on the way to it.
TEXT_TYPE = pa.large_string()

Bytes = npt.NDArray[np.uint8]
Places = npt.NDArray[np.int64]
Mask = npt.NDArray[np.bool_]


@dataclass(frozen=True, slots=True)
class Block:
    """Whole lines of a text: their bytes, and where in them each line begins, and ends without its line end."""

    codes: Bytes
    starts: Places
    ends: Places

    def line(self, index: int) -> bytes:
        return self.codes[self.starts[index] : self.ends[index]].tobytes()

    def per_line(self, places: Places) -> npt.NDArray[np.int64]:
        """How many of the places (in rising order) lie on each line."""
        return np.diff(np.searchsorted(places, self.starts), append=places.size)


def blocks(data: bytes, start: int = 0) -> Iterator[Block]:
    """The text from byte `start` on, which begins a line."""
    codes = np.frombuffer(data, np.uint8)
    while start < len(data):
        match = _LINE_END.search(data, start + BLOCK)
        end = match.end() if match else len(data)
        yield _block(codes[start:end])
        start = end


def _block(codes: Bytes) -> Block:
    breaks = np.flatnonzero(codes == LINE_FEED)
    returns = codes == CARRIAGE_RETURN
    carriage = bool(returns.any())
    if carriage:
        returns[:-1] &= codes[1:] != LINE_FEED  # those that end a line by themselves
        breaks = np.union1d(breaks, np.flatnonzero(returns))
    starts = np.concatenate(([0], breaks + 1))
    if starts[-1] == codes.size:
        starts = starts[:-1]
    ends = breaks if breaks.size == starts.size else np.append(breaks, codes.size)
    if carriage:
        windows = (ends > starts) & (codes[np.maximum(ends - 1, 0)] == CARRIAGE_RETURN)
        ends = ends - (windows & (codes[np.minimum(ends, codes.size - 1)] == LINE_FEED))
    return Block(codes, starts, ends)


def fields_per_line(block: Block, delimiter: int, quote: int | None) -> tuple[npt.NDArray[np.int64], Mask]:
    """The number of fields of each line when pairs of quotes shield delimiters, and the lines with a quote left over.

    The numbers of the latter lines mean nothing.
    """
    marks = np.cumsum(block.codes == delimiter, dtype=np.int32)  # so many up to each byte
    before = marks[np.maximum(block.starts - 1, 0)]
    before[0] = 0
    fields = np.diff(before, append=marks[-1]).astype(np.int64) + 1
    quotes = np.flatnonzero(block.codes == quote) if quote is not None else np.empty(0, np.int64)
    if not quotes.size:
        return fields, np.zeros(fields.size, bool)
    counts = block.per_line(quotes)
    left_over = counts % 2 == 1
    opening = np.flatnonzero(number_on_line(counts) % 2 == 0)
    line = np.repeat(np.arange(counts.size), (counts + 1) // 2)
    opening, line = opening[~left_over[line]], line[~left_over[line]]
    shielded = marks[quotes[opening + 1]] - marks[quotes[opening]]
    fields -= np.bincount(line, shielded, fields.size).astype(np.int64)
    return fields, left_over


def number_on_line(counts: npt.NDArray[np.int64]) -> npt.NDArray[np.int64]:
    """For marks of which each line has so many: how many stand before each on its own line."""
    return np.arange(counts.sum()) - np.repeat(np.cumsum(counts) - counts, counts)


def misplaced_quotes(codes: Bytes, quotes: Places, before: Places, delimiter: int) -> Places:
    """Those quotes that neither open nor close a whole field, nor stand doubled inside one; each run by its first.

    before: how many quotes lie before each, from a place outside of quotes on.
    """
    first = np.flatnonzero(np.diff(quotes, prepend=-2) > 1)
    lengths = np.diff(first, append=quotes.size)
    starts, ends = quotes[first], quotes[first] + lengths
    outside = before[first] % 2 == 0
    opens = is_boundary(codes[np.maximum(starts - 1, 0)], delimiter) | (starts == 0)
    ends_field = is_boundary(codes[np.minimum(ends, codes.size - 1)], delimiter) | (ends == codes.size)
    closes = outside == (lengths % 2 == 0)
    misplaced: Places = starts[(outside & ~opens) | (closes & ~ends_field)]
    return misplaced


def is_boundary(codes: Bytes, delimiter: int) -> Mask:
    found: Mask = (codes == delimiter) | (codes == LINE_FEED) | (codes == CARRIAGE_RETURN)
    return found


def is_visible(codes: Bytes) -> Mask:
    """Whether a byte is a printable ASCII character other than a blank."""
    return (codes > ord(" ")) & (codes < 0x7F)


def line_ends(data: bytes) -> dict[str, int]:
    """How often each kind of line end occurs, the kinds that do not left out."""
    windows = feeds = returns = 0
    codes = np.frombuffer(data, np.uint8)
    carriage = b"\r" in data
    for start in range(0, codes.size, _CACHED):
        part = codes[start : start + _CACHED + 1]  # one more, so that no pair is cut
        feeds += int(np.count_nonzero(part[:_CACHED] == LINE_FEED))
        if carriage:
            is_return = part[:_CACHED] == CARRIAGE_RETURN
            returns += int(np.count_nonzero(is_return))
            windows += int(np.count_nonzero(is_return[: part.size - 1] & (part[1:] == LINE_FEED)))
    counts = {"\\n": feeds - windows, "\\r\\n": windows, "\\r": returns - windows}
    return {name: count for name, count in counts.items() if count}


def matching(columns: Sequence[pa.ChunkedArray], test: Callable[[int, pa.ChunkedArray], pa.ChunkedArray]) -> Mask:
    """The rows in which each column passes the test (given its index and its cells); stops where none is left."""
    found: Mask = np.ones(len(columns[0]), bool)
    for index, cells in enumerate(columns):
        found &= test(index, cells).to_numpy()
        if not found.any():
            break
    return found
