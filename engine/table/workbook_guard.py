"""Checks an Excel workbook before it is parsed: a few kilobytes can describe more than any memory holds.

The parser is native code: where it asks for more memory than there is, the whole process ends. So every part is
unpacked once in pieces, counted, and looked through for what a parser would blow up: a real size beyond what the
directory declares, entities, cells far out, counts beyond what is there, and long shared strings in many cells.
"""

from __future__ import annotations

import re
import zipfile
from collections.abc import Iterator
from dataclasses import dataclass, field

import numpy as np

from engine.errors import LimitError, ReadError
from engine.limits import Limits
from engine.table.source import DAMAGED_ZIP, check_unpacked, limit_error, open_zip

_PIECE = 1 << 20
_LONGEST_TAG = 1 << 16
_DIRECTORY_END = re.compile(rb"PK\x05\x06(..)\1", re.DOTALL)  # with two equal numbers of disks
_ROW_TAG = re.compile(rb"<(?:\w+:)?row\b")
_ROW = re.compile(rb"<(?:\w+:)?row\b[^<>]*?\br\s*=\s*[\"']\s*\+?(\d+)[\"'](?:[^<>]*[^/])?>")
_CELL = re.compile(rb"<(?:\w+:)?c\b[^<>]*?\br\s*=\s*[\"']([^\"']*)[\"'](?:[^<>]*[^/])?>")
_PLACES = re.compile(rb"(?:[A-Za-z]{1,3}\d{1,7}(?: |$))*")
_DIGITS, _LETTERS = b"0123456789", bytes(range(65, 91)) + bytes(range(97, 123))
# What no spreadsheet writes, and what would end a tag elsewhere here than in a parser, or take long to look through.
_CUT = re.compile(rb"<(?:\w+:)?(?:c|row)\b(?:[^<>]{1000}|[^<>]*(?:<|>[^<\"']*[\"']))")
_BARE_CELL = re.compile(rb"<(?:\w+:)?c(?:>|\s(?![^<>]*\br\s*=))")
_SHARED = re.compile(rb"<(?:\w+:)?c\b[^<>]*?\bt=[\"']s[\"'][^<>]*>(?:<(?:\w+:)?v>(\d{1,9})<)?")
_STRINGS = re.compile(rb"<(?:\w+:)?sst\b")
_STRING_END = re.compile(rb"</(?:\w+:)?si>|<(?:\w+:)?si\s*/>")
_COUNT = re.compile(rb"\buniqueCount\s*=\s*[\"']\s*\+?(\d+)")
_TAG = re.compile(rb"<[^<>]*>")
_OPEN = re.compile(rb"<(?:\w+:)?(?:row|c)\b[^<>]*$")
_XML = (".xml", ".rels", ".vml")
_EXCEL_ROWS, _EXCEL_COLUMNS = 1_048_576, 16_384


@dataclass(slots=True)
class _Found:
    """What all parts together hold."""

    packed: int
    unpacked: int = 0
    string_sizes: list[int] = field(default_factory=list)
    uses: list[np.ndarray] = field(default_factory=list)  # numbers of shared strings, cell by cell


def check_workbook(data: bytes, limits: Limits) -> None:
    """Raises LimitError or ReadError when the workbook must not be given to a parser."""
    if len(_DIRECTORY_END.findall(data)) > 1:  # the parser may go by the one and these checks by the other
        raise ReadError("The Excel file holds a second zip directory, which no spreadsheet does; it was not opened.")
    found = _Found(len(data))
    with open_zip(data, limits) as archive:
        _check_kind(archive)
        for entry in archive.infolist():
            _check_part(archive, entry, found, limits)
    _check_repetition(found, limits)


def _check_kind(archive: zipfile.ZipFile) -> None:
    """The parser tries other kinds of workbooks by itself, which these checks do not know."""
    names = {name.lower() for name in archive.namelist()}
    if "xl/workbook.bin" in names:
        raise ReadError("The file is a binary Excel workbook (.xlsb); save it as .xlsx or CSV.")
    if "content.xml" in names or "mimetype" in names:
        raise ReadError("The file is an OpenDocument file; save it as .xlsx or CSV.")


def _check_part(archive: zipfile.ZipFile, entry: zipfile.ZipInfo, found: _Found, limits: Limits) -> None:
    area = _Area(limits)
    size, declared, strings, pending, string = 0, 0, False, b"", b""
    for piece in _pieces(archive, entry):
        size += len(piece)
        found.unpacked += len(piece)
        check_unpacked(found.unpacked, found.packed, limits)
        if size == len(piece):
            _check_encoding(entry.filename, piece)
        text = pending + piece
        _check_entities(text)
        strings = strings or _STRINGS.search(text) is not None
        if strings:
            string = _measure_strings(string + piece, found, limits)
        end = text.rfind(b">") + 1
        area.add(text[:end])
        found.uses.append(_string_numbers(text[:end]))
        declared = max(declared, max(map(_number, _COUNT.findall(text[:end])), default=0))
        pending = _unfinished(text[end:])
    if declared > max(size, _EXCEL_COLUMNS):
        raise ReadError(f"The Excel file declares {declared:,} entries in a part that cannot hold them; it is damaged.")


def _check_encoding(name: str, piece: bytes) -> None:
    """Text in UTF-16 would pass these checks unseen; spreadsheets are UTF-8."""
    if name.lower().endswith(_XML) and b"\0" in piece[:200]:
        raise ReadError("The Excel file holds text in UTF-16, which no spreadsheet does; it was not opened.")


def _check_entities(text: bytes) -> None:
    if b"<!ENTITY" in text or b"<!DOCTYPE" in text:
        raise ReadError("The Excel file declares XML entities, which no spreadsheet does; it was not opened.")


def _unfinished(rest: bytes) -> bytes:
    """The beginning of a tag that goes on in the next piece."""
    begin = rest.rfind(b"<")
    if begin < 0:
        return b""
    if len(rest) - begin > _LONGEST_TAG:
        if _OPEN.search(rest[begin:]):
            raise ReadError("The Excel file has a cell without end; it is damaged.")
        return b""
    return rest[begin:]


def _pieces(archive: zipfile.ZipFile, entry: zipfile.ZipInfo) -> Iterator[bytes]:
    try:
        with archive.open(entry) as stream:
            while piece := stream.read(_PIECE):
                yield piece
    except DAMAGED_ZIP as error:
        raise ReadError(f"The Excel file is damaged ({error}).") from error
    except RuntimeError as error:
        raise ReadError("The Excel file is protected by a password; save it without one.") from error


class _Area:
    """How far the cells of one part reach. A parser lays out the whole rectangle from A1, however few are filled."""

    def __init__(self, limits: Limits) -> None:
        self._limits = limits
        self._rows, self._columns = 0, 0
        self._row_tags, self._bare = 0, 0  # rows so far; cells without a place in the row that is not over

    def add(self, text: bytes) -> None:
        """More of the part, cut behind a tag."""
        places = b"?" if _CUT.search(text) else b" ".join(_CELL.findall(text))
        if not _PLACES.fullmatch(places):
            raise ReadError("The Excel file has a cell at a place that does not exist; it is damaged.")
        if places:
            rows, columns = set(places.translate(None, _LETTERS).split()), set(places.translate(None, _DIGITS).split())
            self._reach(max(map(_number, rows)), max(map(_column_number, columns)))
        self._reach(max(map(_number, _ROW.findall(text)), default=0), 0)
        self._count(text)

    def _count(self, text: bytes) -> None:
        """Rows and cells that do not say where they are stand one behind the other."""
        rows = [m.start() for m in _ROW_TAG.finditer(text)]
        if _BARE_CELL.search(text):
            bare = np.array([m.start() for m in _BARE_CELL.finditer(text)], dtype=np.int64)
            in_row = np.diff(np.searchsorted(bare, rows), prepend=0, append=bare.size)
            in_row[0] += self._bare
            self._reach(0, int(in_row.max()))
            self._bare = int(in_row[-1])
        elif rows:
            self._bare = 0
        self._row_tags += len(rows)
        self._reach(self._row_tags, 0)

    def _reach(self, rows: int, columns: int) -> None:
        self._rows, self._columns = max(self._rows, rows), max(self._columns, columns)
        cells = self._rows * self._columns
        if cells > self._limits.max_cells:
            what = f"A sheet reaches to row {self._rows:,} and column {self._columns:,}, {cells:,} cells"
            raise limit_error(what, self._limits.max_cells, "cells", "max_cells")
        if self._rows > _EXCEL_ROWS or self._columns > _EXCEL_COLUMNS:
            raise ReadError("The Excel file has a cell beyond the last row or column of a sheet; it is damaged.")


def _number(digits: bytes) -> int:
    return int(digits.lstrip(b"0")[:18] or b"0")  # longer ones are as good as infinite


def _column_number(letters: bytes) -> int:
    number = 0
    for letter in letters.upper():
        number = number * 26 + letter - 64
    return number


def _measure_strings(text: bytes, found: _Found, limits: Limits) -> bytes:
    """Notes the length of each complete shared string; returns the beginning of the next."""
    most = limits.max_cell_characters
    *complete, rest = _STRING_END.split(text)
    for string in complete:
        size = len(string)
        if size > most:
            size = len(_TAG.sub(b"", string).decode("utf-8", "replace").strip())
        if size > most:
            raise _too_long(limits)
        found.string_sizes.append(size)
    if len(rest) > 16 * most + _PIECE:
        raise _too_long(limits)
    return rest


def _too_long(limits: Limits) -> LimitError:
    most = limits.max_cell_characters
    return limit_error(f"A cell has more than {most:,} characters", most, "characters", "max_cell_characters")


def _string_numbers(text: bytes) -> np.ndarray:
    """The shared strings that the cells of this piece show; -1 where the number cannot be told."""
    return np.array([int(n) if n else -1 for n in _SHARED.findall(text)], dtype=np.int64)


def _check_repetition(found: _Found, limits: Limits) -> None:
    sizes = np.array([*found.string_sizes, max(found.string_sizes, default=0)], dtype=np.int64)
    uses = np.concatenate(found.uses) if found.uses else np.empty(0, np.int64)
    known = np.where((uses >= 0) & (uses < len(sizes) - 1), uses, len(sizes) - 1)
    total = int(sizes[known].sum())
    if total > limits.max_unpacked_bytes:
        what = f"The texts of the Excel file, repeated as its cells show them, have more than {total:,} bytes"
        raise limit_error(what, limits.max_unpacked_bytes, "bytes once unpacked", "max_unpacked_bytes")
