"""Limits bite with the setting's name, and small files that describe huge tables are refused before they are parsed."""

from __future__ import annotations

import gzip
import io
import json
import struct
import zipfile
from dataclasses import replace
from pathlib import Path

import pandas as pd
import pytest

from engine.errors import LimitError, ReadError
from engine.limits import Limits
from engine.table.read import read_table

SMALL = Limits(max_bytes=100_000, max_unpacked_bytes=300_000, max_cells=1_000, max_columns=20, max_cell_characters=500)
MAIN = "http://schemas.openxmlformats.org/spreadsheetml/2006/main"


def csv(rows: int, columns: int) -> bytes:
    return b"\n".join([b",".join(b"c%d" % i for i in range(columns)), *[b",".join([b"1"] * columns)] * rows])


def as_parquet(rows: int, columns: int) -> bytes:
    out = io.BytesIO()
    pd.DataFrame({f"c{i}": range(rows) for i in range(columns)}).to_parquet(out)
    return out.getvalue()


def as_json(rows: int, columns: int) -> bytes:
    return json.dumps([{f"c{i}": 1 for i in range(columns)}] * rows).encode()


def as_excel(rows: int, columns: int) -> bytes:
    out = io.BytesIO()
    pd.DataFrame({f"c{i}": range(rows) for i in range(columns)}).to_excel(out, index=False, engine="xlsxwriter")
    return out.getvalue()


@pytest.mark.parametrize("make", [csv, as_parquet, as_json, as_excel])
def test_cells_and_columns(make: object) -> None:
    assert callable(make)
    assert read_table(make(90, 10), limits=SMALL).frame.shape == (90, 10)
    with pytest.raises(LimitError, match="TABULAR_TWIN_MAX_CELLS"):
        read_table(make(101, 10), limits=SMALL)
    with pytest.raises(LimitError, match="TABULAR_TWIN_MAX_COLUMNS"):
        read_table(make(3, 21), limits=SMALL)


@pytest.mark.parametrize("body", [b"1,2,3", b'"1",2,3', b'1,"2,2",3,'])
def test_cells_on_every_path_of_the_reader(body: bytes) -> None:
    with pytest.raises(LimitError, match="TABULAR_TWIN_MAX_CELLS"):
        read_table(b"a,b,c\n" + b"\n".join([body] * 400), limits=SMALL)


def test_bytes_of_every_kind_of_source(tmp_path: Path) -> None:
    data = b"a,b\n" + b"1,2\n" * 30_000
    path = tmp_path / "t.csv"
    path.write_bytes(data)
    for source in (data, path, str(path), io.BytesIO(data)):
        with pytest.raises(LimitError, match="TABULAR_TWIN_MAX_BYTES"):
            read_table(source, limits=SMALL)


def test_limits_come_from_the_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TABULAR_TWIN_MAX_BYTES", "10")
    with pytest.raises(LimitError, match="the limit is 10 bytes"):
        read_table(b"a,b\n1,2\n3,4\n")


@pytest.mark.parametrize("quoted", [True, False])
@pytest.mark.parametrize("ragged", [True, False])
def test_a_cell_of_ten_million_characters(quoted: bool, ragged: bool) -> None:
    cell = b"x" * 10_000_000
    cell = b'"' + cell + b'"' if quoted else cell
    data = b"a,b,c\n1,2,3\n4," + cell + b",6\n7,8,9\n" + (b"1,2\n" if ragged else b"")
    with pytest.raises(LimitError, match="TABULAR_TWIN_MAX_CELL_CHARACTERS") as caught:
        read_table(data)
    assert caught.value.column == "b"


def test_long_cells_in_other_formats() -> None:
    long = "x" * 501
    with pytest.raises(LimitError, match="MAX_CELL_CHARACTERS"):
        read_table(json.dumps([{"a": long}]).encode(), limits=SMALL)
    frame = pd.DataFrame({"a": [long]})
    for write in (frame.to_parquet, lambda out: frame.to_excel(out, index=False)):
        out = io.BytesIO()
        write(out)
        with pytest.raises(LimitError, match="MAX_CELL_CHARACTERS"):
            read_table(out.getvalue(), limits=SMALL)


def test_long_names() -> None:
    with pytest.raises(LimitError, match="MAX_CELL_CHARACTERS"):
        read_table(b"a," + b"n" * 600 + b"\n1,2\n", limits=SMALL)


def test_gzip_bombs_stop_at_the_limit() -> None:
    bomb = gzip.compress(b"1,2\n" * 50_000_00, 9)
    assert len(bomb) < 100_000
    with pytest.raises(LimitError, match="TABULAR_TWIN_MAX_UNPACKED_BYTES"):
        read_table(bomb, limits=SMALL)
    with pytest.raises(LimitError, match="TABULAR_TWIN_MAX_UNPACKED_BYTES"):
        read_table(gzip.compress(b"a,b\n") * 10 + gzip.compress(b"\0" * 400_000), limits=SMALL)


# Excel: a few kilobytes that unfold


def workbook(sheet: bytes, strings: bytes = b"", **more: bytes) -> bytes:
    """A minimal workbook with the sheet's inner XML and shared strings as given."""
    parts = {
        "[Content_Types].xml": b'<Types xmlns="http://schemas.openxmlformats.org/package/2006/content-types"/>',
        "_rels/.rels": b'<Relationships xmlns="http://schemas.openxmlformats.org/package/2006/relationships">'
        b'<Relationship Id="rId1" Target="xl/workbook.xml" Type="http://schemas.openxmlformats.org/officeDocument/2006/'
        b'relationships/officeDocument"/></Relationships>',
        "xl/workbook.xml": f'<workbook xmlns="{MAIN}" xmlns:r="http://schemas.openxmlformats.org/officeDocument/2006/'
        'relationships"><sheets><sheet name="S" sheetId="1" r:id="rId1"/></sheets></workbook>'.encode(),
        "xl/_rels/workbook.xml.rels": b'<Relationships xmlns="http://schemas.openxmlformats.org/package/2006/'
        b'relationships"><Relationship Id="rId1" Type="http://schemas.openxmlformats.org/officeDocument/2006/'
        b'relationships/worksheet" Target="worksheets/sheet1.xml"/><Relationship Id="rId2" Type="http://schemas.'
        b'openxmlformats.org/officeDocument/2006/relationships/sharedStrings" Target="sharedStrings.xml"/>'
        b"</Relationships>",
        "xl/worksheets/sheet1.xml": f'<worksheet xmlns="{MAIN}"><sheetData>'.encode()
        + sheet
        + b"</sheetData></worksheet>",
        "xl/sharedStrings.xml": f'<sst xmlns="{MAIN}">'.encode() + strings + b"</sst>",
        **more,
    }
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, data in parts.items():
            archive.writestr(name, data)
    return out.getvalue()


def row(number: int, *values: int) -> bytes:
    letters = "ABCDEFGH"
    inner = "".join(f'<c r="{letters[i]}{number}"><v>{v}</v></c>' for i, v in enumerate(values))
    return f'<row r="{number}">{inner}</row>'.encode()


def test_the_minimal_workbook_is_readable() -> None:
    strings = b"<si><t>a</t></si><si><t>b</t></si>"
    header = b'<row r="1"><c r="A1" t="s"><v>0</v></c><c r="B1" t="s"><v>1</v></c></row>'
    reading = read_table(workbook(header + row(2, 1, 2) + row(3, 3, 4), strings), limits=SMALL)
    assert reading.frame.to_dict("list") == {"a": [1, 3], "b": [2, 4]}


def test_a_zip_bomb_is_refused_by_its_directory() -> None:
    bomb = workbook(row(1, 1), **{"xl/media/x.bin": b"\0" * 400_000})
    assert len(bomb) < 10_000
    with pytest.raises(LimitError, match="TABULAR_TWIN_MAX_UNPACKED_BYTES"):
        read_table(bomb, limits=SMALL, name="t.xlsx")


def test_a_zip_bomb_that_declares_a_small_size_is_refused_all_the_same() -> None:
    size = 400_000
    bomb = workbook(row(1, 1), **{"xl/media/x.bin": b"\0" * size})
    assert bomb.count(struct.pack("<I", size)) == 2
    lying = bomb.replace(struct.pack("<I", size), struct.pack("<I", 1000))
    with pytest.raises(ReadError):
        read_table(lying, limits=SMALL, name="t.xlsx")


@pytest.mark.parametrize(
    "sheet",
    [
        row(1, 1, 2) + b'<row r="1048576"><c r="B1048576"><v>1</v></c></row>',
        row(1, 1, 2) + row(2, 3, 4) + b'<row r="200"><c r="XFD200"><v>1</v></c></row>',
        b"<x:row r='1048576'><x:c r='XFD1048576'><x:v>1</x:v></x:c></x:row>",
        b"".join(b"<row>" + b"<c><v>1</v></c>" * 40 + b"</row>" for _ in range(60)),
    ],
)
def test_a_far_cell_does_not_make_a_huge_sheet(sheet: bytes) -> None:
    with pytest.raises(LimitError, match="TABULAR_TWIN_MAX_C"):
        read_table(workbook(sheet), limits=SMALL)


def test_far_but_empty_cells_do_no_harm() -> None:
    sheet = row(1, 1, 2) + b'<row r="2"><c r="A2"><v>3</v></c><c r="B2"><v>4</v></c><c r="XFD2" s="1"/></row>'
    assert read_table(workbook(sheet + b'<row r="1048576" s="1"/>'), limits=SMALL).frame.shape == (2, 2)


def test_a_long_shared_string_in_many_cells() -> None:
    strings = b"<si><t>" + b"x" * 400 + b"</t></si>"
    cells = "".join(f'<row r="{i}"><c r="A{i}" t="s"><v>0</v></c></row>' for i in range(1, 900))
    limits = replace(SMALL, max_unpacked_bytes=300_000)
    assert (
        read_table(workbook(cells[: cells.index('<row r="500"')].encode(), strings), limits=limits).frame.shape[1] == 1
    )
    with pytest.raises(LimitError, match="TABULAR_TWIN_MAX_UNPACKED_BYTES"):
        read_table(workbook(cells.encode(), strings), limits=limits)


def test_a_long_shared_string_is_refused_before_parsing() -> None:
    with pytest.raises(LimitError, match="TABULAR_TWIN_MAX_CELL_CHARACTERS"):
        read_table(workbook(row(1, 1), b"<si><t>" + b"x" * 501 + b"</t></si>"), limits=SMALL)


def test_entities_are_refused() -> None:
    laughs = b'<!DOCTYPE x [<!ENTITY a "ha"><!ENTITY b "&a;&a;&a;">]>'
    data = workbook(row(1, 1), **{"xl/sharedStrings.xml": laughs + b"<sst><si><t>&b;</t></si></sst>"})
    with pytest.raises(ReadError, match="XML entities"):
        read_table(data, limits=SMALL)


def test_zip_members_of_other_files_are_bounded_too() -> None:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("t.csv", b"1,2\n" * 100_000)
    with pytest.raises(LimitError, match="TABULAR_TWIN_MAX_UNPACKED_BYTES"):
        read_table(out.getvalue(), limits=SMALL)


def test_json_that_widens_with_every_record() -> None:
    with pytest.raises(LimitError, match="TABULAR_TWIN_MAX_COLUMNS"):
        read_table(json.dumps([{f"c{i}": 1} for i in range(30)]).encode(), limits=SMALL)


def test_parquet_that_declares_more_rows_than_allowed_is_not_unpacked() -> None:
    out = io.BytesIO()
    pd.DataFrame({"a": [7] * 200_000}).to_parquet(out)
    assert len(out.getvalue()) < 100_000
    with pytest.raises(LimitError, match="TABULAR_TWIN_MAX_CELLS"):
        read_table(out.getvalue(), limits=SMALL)
