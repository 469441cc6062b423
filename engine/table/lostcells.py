"""Cells of a worksheet that have something in them, but come out empty: errors, and formulas without a saved result.

The parser of workbooks shows neither, so the sheet's own text is looked through for them.
"""

from __future__ import annotations

import re
import zipfile
from collections.abc import Iterator
from xml.etree import ElementTree  # entities were refused by `check_workbook`  # nosec B405

from engine.errors import ReadError
from engine.limits import Limits
from engine.table.notes import Notes, counted
from engine.table.source import open_zip, unzip_member

_PIECE = 1 << 20
_BOOK = 4_000_000  # bytes of the list of sheets; as a tree it takes many times as much
_SHOWN = 12  # places in a message
_ERROR = re.compile(rb"<(?:\w+:)?c\b(?=[^<>]*\bt\s*=\s*[\"']e[\"'])[^<>]*?\br\s*=\s*[\"']([A-Za-z]{1,3}\d{1,7})[\"']")
_FORMULA = re.compile(
    rb"<(?:\w+:)?c\b([^<>]*)>\s*<(?:\w+:)?f\b(?:[^<>]*/>|[^<>]*>[^<]*</(?:\w+:)?f>)\s*"
    rb"(<(?:\w+:)?v\s*(?:/>|>\s*</(?:\w+:)?v>)\s*)?</(?:\w+:)?c>"
)
_PLACE = re.compile(rb"\br\s*=\s*[\"']([A-Za-z]{1,3}\d{1,7})[\"']")
_TEXT = re.compile(rb"\bt\s*=\s*[\"']str[\"']")


def tell(data: bytes, sheet: str, notes: Notes, limits: Limits) -> None:
    """Warn of such cells on the sheet of a workbook that `check_workbook` has passed."""
    errors: list[str] = []
    formulas: list[str] = []
    with open_zip(data, limits) as archive:
        part = _part_of(archive, sheet, limits)
        for text in _cells(archive, part) if part else ():
            errors += [m[1].decode() for m in _ERROR.finditer(text)]
            formulas += [place for m in _FORMULA.finditer(text) if (place := _without_result(m))]
    if errors:
        message = (
            f"{counted(len(errors), 'cell shows', 'cells show')} an error of the spreadsheet, such as #DIV/0! or #N/A, "
            f"and {'counts' if len(errors) == 1 else 'count'} as missing: {_listed(errors)}."
        )
        notes.warn("error_cells", message, row=_row(errors[0]))
    if formulas:
        message = (
            f"{counted(len(formulas), 'formula has', 'formulas have')} no saved result, so a value is missing there: "
            f"{_listed(formulas)}. Open the file in a spreadsheet program and save it; that saves the results."
        )
        notes.warn("formulas_without_results", message, row=_row(formulas[0]))


def _without_result(match: re.Match[bytes]) -> str | None:
    """The cell's place, unless its result is the empty text."""
    place = _PLACE.search(match[1])
    return None if place is None or (match[2] and _TEXT.search(match[1])) else place[1].decode()


def _listed(places: list[str]) -> str:
    more = len(places) - _SHOWN
    shown = places if more <= 0 else [*places[:_SHOWN], f"{more:,} more"]
    return shown[0] if len(shown) == 1 else f"{', '.join(shown[:-1])} and {shown[-1]}"


def _row(place: str) -> int:
    return int(place.lstrip("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"))


def _part_of(archive: zipfile.ZipFile, sheet: str, limits: Limits) -> str | None:
    """The member of the archive that holds the sheet; None where the workbook does not say it as usual."""
    try:
        if any(archive.getinfo(name).file_size > _BOOK for name in ("xl/workbook.xml", "xl/_rels/workbook.xml.rels")):
            return None
        book = ElementTree.fromstring(unzip_member(archive, "xl/workbook.xml", limits))  # nosec B314
        targets = ElementTree.fromstring(unzip_member(archive, "xl/_rels/workbook.xml.rels", limits))  # nosec B314
    except (KeyError, ElementTree.ParseError, ReadError):
        return None
    called = next((e for e in book.iter() if e.tag.endswith("}sheet") and e.get("name") == sheet), None)
    known = {} if called is None else dict(called.attrib)
    number = next((value for name, value in known.items() if name.endswith("}id")), None)
    target = next((str(e.get("Target")) for e in targets.iter() if e.get("Id") == number), "")
    part = target.removeprefix("/") if target.startswith("/") else f"xl/{target}"
    return part if number is not None and part in archive.namelist() else None


def _cells(archive: zipfile.ZipFile, part: str) -> Iterator[bytes]:
    """The text of the part, cut between cells."""
    rest = b""
    with archive.open(part) as stream:
        while piece := stream.read(_PIECE):
            text = rest + piece
            end = text.rfind(b"c>") + 2
            if end > 1:
                yield text[:end]
                rest = text[end:]
            else:
                rest = text[-_PIECE:]
    yield rest
