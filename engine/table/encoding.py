"""Finds a text file's encoding and turns it into UTF-8 without byte order mark and NUL characters.

Certain signs come first (byte order mark, valid UTF-8, the zero bytes of UTF-16); only what is left is guessed by
looking at which letters each candidate would put next to each other.
"""

from __future__ import annotations

import codecs
import re
import unicodedata
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

import numpy as np

from engine.errors import ReadError
from engine.table.codepages import guess_encoding
from engine.table.notes import Notes

_BOMS = (
    (codecs.BOM_UTF32_LE, "utf-32-le"),
    (codecs.BOM_UTF32_BE, "utf-32-be"),
    (codecs.BOM_UTF8, "utf-8"),
    (codecs.BOM_UTF16_LE, "utf-16-le"),
    (codecs.BOM_UTF16_BE, "utf-16-be"),
)
_SAMPLE = 1 << 16
_PIECE = 1 << 22
_TOLD_BY_LINE = 5_000
_PADDING = 16  # zero bytes at the end, at least
_PLAIN = b"\0\t\n\r" + bytes(range(32, 127))
_LEAST_ZEROS = 0.3  # of the bytes of a wide text in ASCII, which has one in two
_LEAST_PLAIN = 0.03  # of a wide text are ASCII characters: delimiters and line ends at the least
# Control characters that no text has; tab, line ends, form feed, escape and the separators 1C to 1F may occur.
_CONTROLS = bytes(b for b in range(1, 32) if b not in b"\t\n\v\f\r\x1a\x1b\x1c\x1d\x1e\x1f\x01") + b"\x7f"
_ESCAPED = re.compile("[\udc80-\udcff]")
_LINE_END = re.compile(rb"\r\n|\n|\r")
_LABELS = {"cp932": "Shift-JIS", "cp1252": "Windows-1252", "latin-1": "Latin-1", "utf-8": "UTF-8", "cp949": "Korean"}


@dataclass(frozen=True, slots=True)
class Decoded:
    """A file's text as UTF-8, and the encoding it had (Python's name for it)."""

    data: bytes
    encoding: str


def to_utf8(data: bytes, asked: str | None, notes: Notes) -> Decoded:
    """Raises ReadError when the bytes are no text, or not in the encoding asked for."""
    if asked is not None:
        encoding, body = _checked_name(asked), data
        for mark, name in _BOMS:
            if data.startswith(mark) and codecs.lookup(name).name.split("-")[:2] == encoding.split("-")[:2]:
                encoding, body = name, data[len(mark) :]
                break
        decoded = Decoded(_transcode(body, encoding, asked=asked), encoding)
    else:
        decoded = _detect(data, notes)
    return Decoded(_without_marks(_without_nul(decoded.data, notes), notes), decoded.encoding)


def _checked_name(encoding: str) -> str:
    try:
        name = codecs.lookup(encoding).name
        "".encode(name)
    except (LookupError, ValueError, TypeError):
        raise ReadError(
            f"There is no text encoding “{encoding}”; try utf-8, latin-1, cp1252, utf-16 or cp932."
        ) from None
    return name


def _detect(data: bytes, notes: Notes) -> Decoded:
    for mark, encoding in _BOMS:
        if data.startswith(mark):
            body = data[len(mark) :]
            if encoding == "utf-8":
                return _utf8_or_guess(body, notes)
            notes.add("encoding", f"Read as {encoding.upper()}, as its byte order mark says.")
            return Decoded(_transcode(body, encoding), encoding)
    if wide := _wide_without_mark(data):
        notes.add("encoding", f"Read as {wide.upper()}: the zero bytes show it, although no byte order mark does.")
        return Decoded(_transcode(data, wide), wide)
    data = _without_padding(data, notes)
    _refuse_binary(data)
    return _utf8_or_guess(data, notes)


def _utf8_or_guess(data: bytes, notes: Notes) -> Decoded:
    if data.isascii():
        return _ascii(data, notes)
    if _is_utf8(data):
        return Decoded(data, "utf-8")
    if mended := _mostly_utf8(data, notes):
        return mended
    encoding = guess_encoding(data)
    try:
        text = _transcode(data, encoding)
    except ReadError:  # the guess was made by a sample
        encoding = "latin-1"
        text = _transcode(data, encoding)
    label = _LABELS.get(encoding, encoding)
    notes.add(
        "encoding", f"The file is not UTF-8; it was read as {label}. If letters look wrong, choose another encoding."
    )
    return Decoded(text, encoding)


def _ascii(data: bytes, notes: Notes) -> Decoded:
    if b"\x1b$" in data[:_SAMPLE]:
        notes.add("encoding", "Read as ISO-2022-JP, as its escape sequences say.")
        return Decoded(_transcode(data, "iso2022_jp"), "iso2022_jp")
    return Decoded(data, "utf-8")


def _transcode(data: bytes, encoding: str, asked: str | None = None) -> bytes:
    """To UTF-8 in pieces, so that no second wide copy of a large file is made."""
    decoder = codecs.getincrementaldecoder(encoding)()
    out = bytearray()
    position = 0
    try:
        for position in range(0, max(len(data), 1), _PIECE):
            piece = data[position : position + _PIECE]
            out += decoder.decode(piece, final=position + _PIECE >= len(data)).encode("utf-8")
    except (UnicodeDecodeError, UnicodeEncodeError) as error:
        line = bytes(out).count(b"\n") + data[position : position + error.start].count(b"\n") + 1
        name = asked or encoding
        raise ReadError(
            f"The file cannot be read as {name}: line {line:,} has bytes that do not belong there."
        ) from None
    except UnicodeError:  # UTF-16 or UTF-32 without the mark that says in which order the bytes stand
        raise ReadError(f"The file cannot be read as {asked or encoding}: it lacks the mark at its start.") from None
    return bytes(out)


def _wide_without_mark(data: bytes) -> str | None:
    """UTF-16 or UTF-32: the one under which the zero bytes vanish and most letters, digits and marks are plain ones."""
    sample = data[:_SAMPLE]
    plain = not sample.translate(None, _PLAIN)  # beside the zero bytes; other alphabets have control characters there
    if b"\0" not in sample or (plain and sample.count(0) < _LEAST_ZEROS * len(sample)):
        return None
    shares = {c: _plain_share(sample, c) for c in ("utf-32-le", "utf-32-be", "utf-16-le", "utf-16-be")}
    best = max(shares, key=lambda c: shares[c])
    return best if shares[best] >= _LEAST_PLAIN else None


def _plain_share(sample: bytes, encoding: str) -> float:
    """The share of ASCII characters when the sample is read so; 0 when it is no text then."""
    width = 4 if "32" in encoding else 2
    if len(sample) % width and len(sample) < _SAMPLE:
        return 0.0
    text = sample[: len(sample) // width * width].decode(encoding, "replace")
    odd = sum(unicodedata.category(c) in ("Cn", "Co", "Cs") or (c < " " and c not in "\t\r\n\f") for c in text)
    odd += text.count("\ufffd")
    if not text or "\0" in text or odd > len(text) * 0.02:
        return 0.0
    return sum(" " <= c <= "~" or c in "\t\r\n" for c in text) / len(text)


def _refuse_binary(data: bytes) -> None:
    sample = data[:_SAMPLE]
    zeros = sample.count(0)
    controls = len(sample) - len(sample.translate(None, _CONTROLS))
    if zeros > len(sample) * 0.2 or controls > max(3, len(sample) * 0.01):
        raise ReadError(
            "The file is not a text table: it holds binary data. Export the table as CSV, Excel or Parquet."
        )


def _is_utf8(data: bytes) -> bool:
    """Checked in pieces, so that no second copy of a large file is made."""
    decoder = codecs.getincrementaldecoder("utf-8")()
    view = memoryview(data)
    try:
        for start in range(0, len(data), _PIECE):
            decoder.decode(view[start : start + _PIECE], final=start + _PIECE >= len(data))
    except UnicodeDecodeError:
        return False
    return True


def _mostly_utf8(data: bytes, notes: Notes) -> Decoded | None:
    """UTF-8 with a few foreign bytes: those are read as Windows-1252, one by one, and reported by line."""
    sequences, foreign = _count_sequences(data)
    if sequences < 3 or foreign * 3 > sequences:
        return None
    return _with_foreign_bytes(data, notes)


def _count_sequences(data: bytes) -> tuple[int, int]:
    """How many characters of several bytes the text has as UTF-8, and how many bytes belong to none."""
    codes = np.frombuffer(data, np.uint8)
    sequences = foreign = 0
    for start in range(0, codes.size, _PIECE):
        part = codes[start : start + _PIECE]
        foreign += int(np.count_nonzero(part >= 0x80))
        lead = np.flatnonzero((part >= 0xC3) & (part <= 0xF4)) + start
        more = 1 + (codes[lead] >= 0xE0).astype(np.int64) + (codes[lead] >= 0xF0)  # bytes that must follow
        whole = lead + more < codes.size
        for behind in (1, 2, 3):
            follower = codes[np.minimum(lead + behind, codes.size - 1)]
            whole &= (more < behind) | ((follower >= 0x80) & (follower <= 0xBF))
        sequences += int(np.count_nonzero(whole))
        foreign -= int(np.sum(more[whole] + 1))
    return sequences, foreign


def _with_foreign_bytes(data: bytes, notes: Notes) -> Decoded:
    out, line, told = bytearray(), 1, 0
    for piece in _pieces_of_lines(data):
        text = piece.decode("utf-8", "surrogateescape")
        counted = 0
        for match in _ESCAPED.finditer(text):
            line += _ends(text, counted, match.start())
            counted = match.start()
            if line != told:
                message = "Characters of Windows-1252 in a UTF-8 file were read as such."
                notes.repaired("encoding_mixed", message, row=line)
                told = line
        line += _ends(text, counted, len(text))
        out += text.translate(_FOREIGN).encode("utf-8")
    return Decoded(bytes(out), "utf-8")


def _pieces_of_lines(data: bytes) -> Iterator[bytes]:
    """Pieces of some megabytes that end with a line."""
    start = 0
    while start < len(data):
        match = _LINE_END.search(data, start + _PIECE)
        end = match.end() if match else len(data)
        yield data[start:end]
        start = end


def _ends(text: str, start: int, end: int) -> int:
    """How many lines end in a part of the text, by any usual line end."""
    carriage = text.count("\r", start, end) - text.count("\r\n", start, end)
    return text.count("\n", start, end) + carriage


def _foreign(byte: int) -> str:
    try:
        return bytes([byte]).decode("cp1252")
    except UnicodeDecodeError:
        return "\ufffd"


_FOREIGN = {
    0xDC00 + byte: _foreign(byte) for byte in range(0x80, 0x100)
}  # what "surrogateescape" makes of foreign bytes


def lines_of(data: bytes, positions: Iterable[int]) -> Iterator[int]:
    """The lines (from 1) of bytes in rising order, counting every usual line end."""
    line, counted = 1, 0
    for position in positions:
        carriage = data.count(b"\r", counted, position) - data.count(b"\r\n", counted, position)
        line += data.count(b"\n", counted, position) + carriage
        counted = position
        yield line


def _without_nul(data: bytes, notes: Notes) -> bytes:
    data = data.rstrip(b"\x1a") if data.endswith(b"\x1a") else data  # the end mark of old DOS files
    return _without(data, b"\0", "nul", "NUL characters were removed.", notes)


def _without_marks(data: bytes, notes: Notes) -> bytes:
    """Without byte order marks inside, as files put together have them."""
    if b"\xef" not in data:  # much quicker than the search
        return data
    return _without(data, codecs.BOM_UTF8, "byte_order_mark", "A byte order mark inside the file was removed.", notes)


def _without(data: bytes, what: bytes, code: str, message: str, notes: Notes) -> bytes:
    """The text without all that is `what`, told line by line where that is not too often."""
    if what not in data:
        return data
    if (count := data.count(what)) < _TOLD_BY_LINE:
        for line in sorted(set(lines_of(data, (m.start() for m in re.finditer(re.escape(what), data))))):
            notes.repaired(code, message, row=line)
    else:
        notes.repaired(code, f"{message} It occurred {count:,} times.")
    return data.replace(what, b"")


def _without_padding(data: bytes, notes: Notes) -> bytes:
    """Without the zero bytes with which some programs and disks fill a file up at its end."""
    stripped = data.rstrip(b"\0")
    if len(data) - len(stripped) < _PADDING or not stripped:
        return data
    message = f"{len(data) - len(stripped):,} zero bytes at the end of the file were cut off."
    notes.repaired("nul", message, row=next(lines_of(data, [len(stripped)])))
    return stripped
