"""Checks an Excel workbook before it is parsed: a few kilobytes can describe more than any memory holds.

Every part is unpacked once in pieces, counted, and looked through for what a parser would blow up: a real size beyond
what the directory declares, entities, sheets whose used area is huge, and long shared strings repeated in many cells.
"""

from __future__ import annotations

import re
import zipfile
from collections.abc import Iterator
from dataclasses import dataclass, field

import numpy as np

from engine.errors import LimitError, ReadError
from engine.limits import Limits
from engine.table.source import DAMAGED_ZIP, limit_error, open_zip

_PIECE = 1 << 20
_OVERLAP = 512  # longer than any tag that is looked for
_ROW = re.compile(rb"<(?:\w+:)?row\b[^>]*?\br=[\"'](\d{1,9})[\"'](?:[^>]*[^/])?>")
_CELL = re.compile(rb"<(?:\w+:)?c\b[^>]*?\br=[\"']([A-Za-z]{1,4})\d[^>]*[^/>]>")
_BARE_CELL = re.compile(rb"<(?:\w+:)?c(?:>|\s(?![^>]*\br=))")
_SHARED = re.compile(rb"<(?:\w+:)?c\b[^>]*?\bt=[\"']s[\"'][^>]*>(?:<(?:\w+:)?v>(\d{1,9})<)?")
_STRING_END = re.compile(rb"</(?:\w+:)?si>|<(?:\w+:)?si\s*/>")
_TAG = re.compile(rb"<[^>]*>")
_EXCEL_COLUMNS = 16_384


@dataclass(slots=True)
class _Found:
    """What all parts together hold."""

    unpacked: int = 0
    string_sizes: list[int] = field(default_factory=list)
    uses: list[np.ndarray] = field(default_factory=list)  # numbers of shared strings, cell by cell


def check_workbook(data: bytes, limits: Limits) -> None:
    """Raises LimitError or ReadError when the workbook must not be given to a parser."""
    found = _Found()
    with open_zip(data, limits) as archive:
        for entry in archive.infolist():
            _check_part(archive, entry, found, limits)
    _check_repetition(found, limits)


def _check_part(archive: zipfile.ZipFile, entry: zipfile.ZipInfo, found: _Found, limits: Limits) -> None:
    rows, columns, bare, before, pending = 0, 0, 0, b"", b""
    for index, piece in enumerate(_pieces(archive, entry)):
        found.unpacked += len(piece)
        if found.unpacked > limits.max_unpacked_bytes:
            what = f"The Excel file unpacks to more than {limits.max_unpacked_bytes:,} bytes"
            raise limit_error(what, limits.max_unpacked_bytes, "bytes once unpacked", "max_unpacked_bytes")
        text = before + piece
        if b"<!ENTITY" in text or (index == 0 and b"<!DOCTYPE" in text):
            raise ReadError("The Excel file declares XML entities, which no spreadsheet does; it was not opened.")
        if index == 0:
            strings = b"<sst" in text or b":sst" in text[:2000]
        if strings:
            pending = _measure_strings(pending + piece, found, limits)
        else:
            # A tag cut by the end of the piece is found again with the next one; counts of bare cells only grow so.
            rows = max(rows, max(map(int, _ROW.findall(text)), default=0))
            columns = max(columns, max(map(_column_number, set(_CELL.findall(text))), default=0))
            bare += len(_BARE_CELL.findall(text))
            found.uses.append(_string_numbers(text))
            _check_area(rows, max(columns, min(bare, _EXCEL_COLUMNS)), limits)
        before = piece[-_OVERLAP:]


def _pieces(archive: zipfile.ZipFile, entry: zipfile.ZipInfo) -> Iterator[bytes]:
    try:
        with archive.open(entry) as stream:
            while piece := stream.read(_PIECE):
                yield piece
    except DAMAGED_ZIP as error:
        raise ReadError(f"The Excel file is damaged ({error}).") from error
    except RuntimeError as error:
        raise ReadError("The Excel file is protected by a password; save it without one.") from error


def _column_number(letters: bytes) -> int:
    number = 0
    for letter in letters.upper():
        number = number * 26 + letter - 64
    return number


def _check_area(rows: int, columns: int, limits: Limits) -> None:
    """A parser lays out the whole rectangle from A1 to the last cell, however few cells are filled."""
    if rows * columns > limits.max_cells:
        what = f"A sheet reaches to row {rows:,} and column {columns:,}, {rows * columns:,} cells"
        raise limit_error(what, limits.max_cells, "cells", "max_cells")


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
