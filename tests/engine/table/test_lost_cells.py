"""Cells of workbooks that come out empty though something is in them: told, with their places."""

from __future__ import annotations

import io
import re
import zipfile

import openpyxl
import pytest
import xlsxwriter

from engine.table import lostcells
from engine.table.findings import Finding
from engine.table.read import read_table

CODES = ("error_cells", "formulas_without_results")


def told(data: bytes) -> list[Finding]:
    return [finding for finding in read_table(data).findings if finding.code in CODES]


def written(rows: int = 5, sheets: tuple[str, ...] = ("Data",)) -> bytes:
    """Numbers, formulas with results, one of them an empty text as Excel saves it, and an error in C4 at last."""
    target = io.BytesIO()
    with xlsxwriter.Workbook(target) as book:
        for name in sheets:
            sheet = book.add_worksheet(name)
            sheet.write_row(0, 0, ["n", "twice", "share", "word"])
            for row in range(1, rows + 1):
                sheet.write_row(row, 0, [row])
                sheet.write_formula(row, 1, f"=A{row + 1}*2", value=2 * row)
                error = name == sheets[-1] and row == 3
                sheet.write_formula(row, 2, f"=1/A{row + 1}", value="#DIV/0!" if error else 1 / row)
                sheet.write_formula(row, 3, f'=IF(A{row + 1}>1,"big","")', value="big" if row > 1 else "none")
    return edited(target.getvalue(), rb"<v>none</v>", b"<v></v>")


def edited(data: bytes, old: bytes, new: bytes) -> bytes:
    """The workbook with every part's text changed."""
    target = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(data)) as source, zipfile.ZipFile(target, "w") as changed:
        for name in source.namelist():
            changed.writestr(name, re.sub(old, new, source.read(name)))
    return target.getvalue()


def test_an_error_is_told_by_its_place_and_results_are_read() -> None:
    reading = read_table(written())
    assert reading.frame["twice"].tolist() == [2, 4, 6, 8, 10]
    (finding,) = told(written())
    assert (finding.code, finding.row) == ("error_cells", 4)
    assert "1 cell shows" in finding.message
    assert finding.message.endswith("missing: C4.")


def test_only_the_sheet_that_is_read_counts() -> None:
    assert told(written(sheets=("Read & kept", "Other"))) == []


@pytest.mark.parametrize("piece", [100, 333, 1 << 20])
def test_formulas_without_results_are_told_however_the_part_is_cut(piece: int, monkeypatch: pytest.MonkeyPatch) -> None:
    """openpyxl writes formulas alone."""
    monkeypatch.setattr(lostcells, "_PIECE", piece)
    book = openpyxl.Workbook()
    sheet = book.active
    assert sheet is not None
    sheet.append(["n", "twice"])
    for row in range(2, 42):
        sheet.append([row, f"=A{row}*2"])
    target = io.BytesIO()
    book.save(target)
    (finding,) = told(target.getvalue())
    assert (finding.code, finding.row) == ("formulas_without_results", 2)
    assert finding.message.startswith("40 formulas have no saved result")
    assert "B2, B3, B4" in finding.message
    assert "B13 and 28 more. Open the file" in finding.message


def test_a_workbook_that_names_its_parts_otherwise_is_read_all_the_same() -> None:
    moved = edited(written(), rb'Target="worksheets', b'Target="/xl/worksheets')
    assert [finding.row for finding in told(moved)] == [4]
    prefixed = edited(written(), rb"<(/?)(c|f|v)\b", rb"<\1x:\2")
    prefixed = edited(
        prefixed, rb"<worksheet ", b'<worksheet xmlns:x="http://schemas.openxmlformats.org/spreadsheetml/2006/main" '
    )
    assert [finding.row for finding in told(prefixed)] == [4]
