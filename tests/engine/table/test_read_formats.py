"""Files other than delimited text: which kind it is, and that types survive."""

from __future__ import annotations

import datetime as dt
import gzip
import io
import json
import zipfile
from decimal import Decimal
from pathlib import Path
from typing import Any

import numpy as np
import openpyxl
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from engine.errors import ReadError, TwinError
from engine.table.findings import Severity
from engine.table.read import Reading, ReadOptions, read_table

CSV = b"name,age\nAnn,31\nBo,45\n"


def codes(reading: Reading) -> set[str]:
    return {f.code for f in reading.findings}


def cells(reading: Reading) -> list[list[Any]]:
    frame = reading.frame.astype(object).where(reading.frame.notna(), None)
    return [list(reading.frame.columns), *frame.to_numpy().tolist()]


def dtypes(reading: Reading) -> dict[str, str]:
    return {str(name): str(dtype) for name, dtype in reading.frame.dtypes.items()}


# Sources and names


def test_bytes_path_and_open_file_give_the_same(tmp_path: Path) -> None:
    path = tmp_path / "some.people.csv"
    path.write_bytes(CSV)
    with path.open("rb") as stream:
        stream.seek(5)
        readings = [
            read_table(CSV, name="some.people.csv"),
            read_table(path),
            read_table(str(path)),
            read_table(stream),
        ]
    for reading in readings:
        pd.testing.assert_frame_equal(reading.frame, readings[0].frame)
        assert reading.name == "some.people"
    assert read_table(bytearray(CSV)).name == ""
    assert read_table(CSV, name="C:\\data\\people.csv.gz").name == "people"


def test_what_cannot_be_opened_is_one_sentence(tmp_path: Path) -> None:
    with pytest.raises(ReadError, match="There is no file"):
        read_table(tmp_path / "absent.csv")
    with pytest.raises(ReadError, match="is a folder"):
        read_table(tmp_path)
    with pytest.raises(ReadError, match="binary mode"):
        read_table(io.StringIO("a,b"))  # type: ignore[arg-type]
    with pytest.raises(ReadError, match="not from int"):
        read_table(5)  # type: ignore[arg-type]


def test_gzip_is_unpacked_also_of_several_members_and_under_a_wrong_name() -> None:
    assert read_table(gzip.compress(CSV), name="people.csv").frame.shape == (2, 2)
    two = gzip.compress(CSV) + gzip.compress(b"Cy,27\n")
    assert read_table(two).frame.shape == (3, 2)
    assert read_table(gzip.compress(json.dumps([{"a": 1}]).encode()), name="x.json.gz").format == "json"


def test_broken_gzip_files() -> None:
    packed = gzip.compress(CSV * 100)
    with pytest.raises(ReadError, match="ends too early"):
        read_table(packed[:-20])
    with pytest.raises(ReadError, match="damaged"):
        read_table(packed[:12] + b"\xff" * 20 + packed[32:])
    with pytest.raises(ReadError, match="gzip twice"):
        read_table(gzip.compress(packed))


def zipped(**files: bytes) -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, data in files.items():
            archive.writestr(name, data)
    return out.getvalue()


def test_a_zip_file_with_one_table_is_opened() -> None:
    reading = read_table(zipped(**{"people.csv": CSV, "readme.md": b"hello"}), name="download.zip")
    assert (reading.name, reading.frame.shape, codes(reading)) == ("people", (2, 2), {"zip"})
    with pytest.raises(ReadError, match="holds 2 tables"):
        read_table(zipped(**{"a.csv": CSV, "b.csv": CSV}))
    with pytest.raises(ReadError, match="holds no table"):
        read_table(zipped(**{"a.png": CSV}))


@pytest.mark.parametrize(
    ("start", "what"),
    [
        (b"%PDF-1.7", "PDF"),
        (b"\x89PNG\r\n\x1a\n", "picture"),
        (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1", "old or password-protected Excel"),
        (b"<!DOCTYPE html><html>", "web page"),
        (b"<?xml version='1.0'?><a/>", "XML"),
        (b"SQLite format 3\0", "SQLite"),
        (b"\x80\x04\x95\x10\0\0", "pickle"),
        (b"BZh9", "bzip2"),
    ],
)
def test_foreign_files_are_named_for_what_they_are(start: bytes, what: str) -> None:
    with pytest.raises(ReadError, match=what):
        read_table(start + b"\0\1\2" * 50, name="table.csv")


def test_the_content_decides_before_the_name(tmp_path: Path) -> None:
    frame = pd.DataFrame({"a": [1, 2]})
    path = tmp_path / "t.csv"
    frame.to_parquet(path)
    assert read_table(path).format == "parquet"
    assert read_table(b'[{"a": 1}]', name="t.csv").format == "json"
    assert read_table(b"[a],[b]\n1,2\n3,4\n", name="t.csv").format == "csv"
    assert read_table(b"a\tb\n1\t2\n", name="t.csv").format == "tsv"


# Parquet


def parquet(table: pa.Table) -> bytes:
    out = io.BytesIO()
    pq.write_table(table, out)
    return out.getvalue()


def test_parquet_keeps_its_types() -> None:
    table = pa.table(
        {
            "i32": pa.array([1, 2, 3], pa.int32()),
            "u8": pa.array([1, None, 3], pa.uint8()),
            "f32": pa.array([1.5, None, 2.5], pa.float32()),
            "b": pa.array([True, None, False]),
            "s": pa.array(["x", None, ""]),
            "d": pa.array([dt.date(2024, 1, 5), None, dt.date(1, 1, 1)]),
            "t": pa.array([dt.datetime(2024, 1, 5, 1, 2, 3, 4)] * 3, pa.timestamp("us", "Europe/Oslo")),
            "c": pa.array(["k", "l", "k"]).dictionary_encode(),
            "n": pa.nulls(3),
        }
    )
    reading = read_table(parquet(table))
    assert dtypes(reading) == {
        "i32": "int32",
        "u8": "UInt8",
        "f32": "float32",
        "b": "boolean",
        "s": "str",
        "d": "datetime64[ms]",
        "t": "datetime64[us, Europe/Oslo]",
        "c": "category",
        "n": "str",
    }
    assert reading.frame["s"].tolist()[2] == ""
    assert reading.frame["d"][2].year == 1
    assert reading.format == "parquet"


def test_unusual_parquet_columns_become_plain_ones_with_findings() -> None:
    table = pa.table(
        {
            "r": pa.array([{"x": 1, "y": "a"}, {"x": 2, "y": "b"}]),
            "l": pa.array([[1, 2], None]),
            "m": pa.array([Decimal("1"), None], pa.decimal128(10, 2)),
            "o": pa.array([dt.time(1, 2), None]),
            "e": pa.array([dt.timedelta(seconds=90), None]),
            "h": pa.array([b"\xff\x00", None]),
            "u": pa.array([b"abc", None]),
        }
    )
    reading = read_table(parquet(table))
    assert cells(reading) == [
        ["r.x", "r.y", "l", "m", "o", "e", "h", "u"],
        [1, "a", "[1, 2]", 1.0, "01:02:00", 90.0, "ff00", "abc"],
        [2, "b", None, None, None, None, None, None],
    ]
    assert codes(reading) == {"nested", "decimal", "time", "duration", "binary"}


def test_row_names_stored_by_pandas_become_a_column() -> None:
    out = io.BytesIO()
    pd.DataFrame({"a": [1, 2]}, index=["x", "y"]).to_parquet(out)
    reading = read_table(out.getvalue())
    assert cells(reading) == [["a", "index"], [1, "x"], [2, "y"]]


def test_damaged_parquet_files() -> None:
    data = parquet(pa.table({"a": list(range(1000))}))
    with pytest.raises(ReadError, match="ends too early"):
        read_table(data[:-10])
    with pytest.raises(ReadError, match="damaged"):
        read_table(data[:40] + b"PAR1")
    with pytest.raises(ReadError, match="damaged"):
        read_table(data[:4] + b"\xff" * (len(data) - 300) + data[-296:])


# Excel


def workbook(*rows: list[Any], title: str = "Sheet", more: dict[str, list[list[Any]]] | None = None) -> bytes:
    book = openpyxl.Workbook()
    sheet = book.active
    assert sheet is not None
    sheet.title = title
    for row in rows:
        sheet.append(row)
    for name, content in (more or {}).items():
        other = book.create_sheet(name)
        for row in content:
            other.append(row)
    return saved(book)


def saved(book: openpyxl.Workbook) -> bytes:
    out = io.BytesIO()
    book.save(out)
    return out.getvalue()


def test_excel_keeps_numbers_dates_truth_values_and_text() -> None:
    day, moment = dt.date(2024, 1, 5), dt.datetime(2024, 1, 5, 13, 45, 10)
    reading = read_table(
        workbook(
            ["i", "f", "s", "b", "d", "t", "m"],
            [1, 1.5, "007", True, day, moment, 3],
            [2, 2, "x", False, day, None, None],
        )
    )
    assert dtypes(reading) == {
        "i": "int64",
        "f": "float64",
        "s": "str",
        "b": "bool",
        "d": "datetime64[us]",
        "t": "datetime64[us]",
        "m": "Int64",
    }
    assert reading.frame.loc[0].tolist() == [1, 1.5, "007", True, pd.Timestamp(day), pd.Timestamp(moment), 3]
    assert (reading.format, reading.findings) == ("xlsx", [])


def test_mixed_cells_become_text_with_a_finding() -> None:
    reading = read_table(workbook(["a", "b"], [1, "x"], ["n/a", "y"], [2.5, "z"]))
    assert reading.frame["a"].tolist() == ["1", "n/a", "2.5"]
    assert [(f.code, f.column) for f in reading.findings] == [("mixed_types", "a")]


def test_the_table_on_a_sheet_is_found() -> None:
    rows = [["Report 2024"], [], [None, "name", "age"], [None, "Ann", 31], [], [None, "Bo", 45], ["Source: the office"]]
    reading = read_table(workbook(*rows))
    assert cells(reading)[0][-2:] == ["name", "age"]
    assert reading.frame["age"].tolist() == [31, 45]
    assert {("preamble", 1), ("footer", 7), ("blank_lines", 5)} <= {(f.code, f.row) for f in reading.findings}


def test_two_header_rows_with_merged_cells() -> None:
    book = openpyxl.Workbook()
    sheet = book.active
    assert sheet is not None
    for row in (["id", "size", None], [None, "low", "high"], [1, 2, 3], [4, 5, 6]):
        sheet.append(row)
    sheet.merge_cells("A1:A2")
    sheet.merge_cells("B1:C1")
    assert cells(read_table(saved(book))) == [["id", "size / low", "size / high"], [1, 2, 3], [4, 5, 6]]


def test_a_merged_cell_stands_for_all_its_rows() -> None:
    book = openpyxl.Workbook()
    sheet = book.active
    assert sheet is not None
    for row in (["group", "n"], ["a", 1], [None, 2], ["b", 3]):
        sheet.append(row)
    sheet.merge_cells("A2:A3")
    reading = read_table(saved(book))
    assert reading.frame["group"].tolist() == ["a", "a", "b"]
    assert [(f.code, f.severity, f.row) for f in reading.findings] == [("merged_cells", Severity.REPAIRED, 2)]


def test_sheets_are_chosen_by_name_or_number_and_guessed_with_a_finding() -> None:
    data = workbook(title="Cover", more={"Data": [["a", "b"], [1, 2], [3, 4]], "More": [["c"], ["x"]]})
    reading = read_table(data)
    assert (reading.facts["sheet"], codes(reading)) == ("Data", {"sheet"})
    assert list(read_table(data, options=ReadOptions(sheet="More")).frame.columns) == ["c"]
    assert list(read_table(data, options=ReadOptions(sheet=3)).frame.columns) == ["c"]
    with pytest.raises(ReadError, match=r"no sheet “Nope”.*“Cover”, “Data”, “More”"):
        read_table(data, options=ReadOptions(sheet="Nope"))
    with pytest.raises(ReadError, match="The sheet is empty"):
        read_table(data, options=ReadOptions(sheet=1))


def test_excel_header_none_and_prescribed() -> None:
    data = workbook(["a", "b"], ["c", "d"], ["e", "f"])
    assert read_table(data, options=ReadOptions(header="none")).frame.shape == (3, 2)
    assert list(read_table(data, options=ReadOptions(header=2)).frame.columns) == ["a / c", "b / d"]
    assert read_table(workbook([1, 2.5], [2, 3.5])).frame.columns.tolist() == ["column_1", "column_2"]


def test_damaged_and_foreign_workbooks() -> None:
    data = workbook(["a"], [1])
    with pytest.raises(ReadError, match="damaged"):
        read_table(data[: len(data) // 2])
    with pytest.raises(ReadError, match="OpenDocument"):
        read_table(zipped(**{"mimetype": b"application/vnd.oasis", "content.xml": b"<x/>"}))
    with pytest.raises(ReadError, match="damaged or of an unknown kind"):
        read_table(zipped(**{"xl/workbook.xml": b"<nonsense"}))


# JSON


def as_json(value: Any) -> bytes:
    return json.dumps(value).encode()


RECORDS = [{"a": 1, "b": "x", "c": 1.5, "d": True}, {"a": None, "b": "y", "c": 2, "d": False}]
SAME = [["a", "b", "c", "d"], [1, "x", 1.5, True], [None, "y", 2.0, False]]


@pytest.mark.parametrize(
    "value",
    [
        RECORDS,
        {"a": [1, None], "b": ["x", "y"], "c": [1.5, 2], "d": [True, False]},
        {k: {str(i): r[k] for i, r in enumerate(RECORDS)} for k in "abcd"},
        {str(i): r for i, r in enumerate(RECORDS)},
        {"columns": list("abcd"), "index": [0, 1], "data": [list(r.values()) for r in RECORDS]},
        {"meta": "x", "data": RECORDS},
        [list("abcd"), *[list(r.values()) for r in RECORDS]],
    ],
)
def test_json_layouts(value: Any) -> None:
    reading = read_table(as_json(value), name="t.json")
    assert cells(reading) == SAME
    assert dtypes(reading) == {"a": "Int64", "b": "str", "c": "float64", "d": "bool"}
    assert reading.format == "json"


def test_json_lines() -> None:
    data = b"\n".join(map(as_json, RECORDS)) + b"\n\n"
    reading = read_table(data)
    assert (cells(reading), reading.format) == (SAME, "jsonl")
    assert read_table("\r\n".join(json.dumps(r) for r in RECORDS).encode("utf-16")).format == "jsonl"


def test_a_broken_json_line_is_set_aside() -> None:
    lines = [as_json(r) for r in RECORDS]
    reading = read_table(b"\n".join([lines[0], lines[1], b'{"a": 3, "b"', lines[1]]))
    assert len(reading.frame) == 3
    assert [(f.code, f.row, f.severity) for f in reading.findings] == [("set_aside", 3, Severity.WARNING)]


def test_records_with_different_keys() -> None:
    reading = read_table(as_json([{"a": 1}, {"b": "x"}, {"a": 2, "b": "y"}]))
    assert cells(reading) == [["a", "b"], [1, None], [None, "x"], [2, "y"]]


def test_nested_json_is_flattened_one_level() -> None:
    reading = read_table(as_json([{"p": {"x": 1, "q": {"y": 2}}, "l": [1, "z"], "e": {}}]))
    assert cells(reading) == [["p.x", "p.q", "l", "e"], [1, '{"y": 2}', '[1, "z"]', "{}"]]
    assert codes(reading) == {"nested"}


def test_json_oddities_are_reported() -> None:
    reading = read_table(b'[{"a": NaN, "b": 1, "b": 2},\n {"a": Infinity, "b": 3}]')
    assert reading.frame["b"].tolist() == [2, 3]
    assert reading.frame["a"].isna().tolist() == [True, False]
    assert {("duplicate_key", "b"), ("nan", None), ("infinite", None)} == {(f.code, f.column) for f in reading.findings}


def test_large_whole_numbers_stay_exact() -> None:
    reading = read_table(as_json([{"a": 2**53 + 1, "b": 2**70}, {"a": 1.5, "b": 1}, {"a": 2, "b": 2}]))
    assert reading.frame["a"].tolist() == [str(2**53 + 1), "1.5", "2"]
    assert reading.frame["b"].tolist() == [str(2**70), "1", "2"]
    assert codes(reading) == {"large_numbers"}


@pytest.mark.parametrize(
    ("data", "message"),
    [
        (b'[{"a": 1}, {"a": 2}', r"breaks off or is not valid at line 1"),
        (b'{"a": 1,}', r"not valid at line 1"),
        (b"[]", "empty list"),
        (b"[1, 2]", "element 1 is no record but 1"),
        (b"{}", "holds no table"),
        (b'{"a": [1, 2], "b": [1]}', "different lengths"),
        (b'{"columns": ["a"], "data": [[1, 2]]}', "row 1 does not have 1 values"),
        (b"[" * 100_000, "nested too deeply"),
        (b'{"a":' * 100_000, "nested too deeply"),
        (b'[{"a": 1}] x', "not valid"),
    ],
)
def test_bad_json_is_one_sentence(data: bytes, message: str) -> None:
    with pytest.raises(ReadError, match=message) as caught:
        read_table(data, name="t.json")
    assert "\n" not in str(caught.value)


# Damage


def seeds() -> dict[str, bytes]:
    frame = pd.DataFrame({"a": range(20), "b": [f"x{i}" for i in range(20)], "c": pd.date_range("2020", periods=20)})
    excel, parquet_file = io.BytesIO(), io.BytesIO()
    frame.to_excel(excel, index=False)
    frame.to_parquet(parquet_file)
    text = frame.astype(str)
    return {
        "xlsx": excel.getvalue(),
        "parquet": parquet_file.getvalue(),
        "gz": gzip.compress(frame.to_csv(index=False).encode(), mtime=0),
        "json": text.to_json().encode(),
        "jsonl": text.to_json(orient="records", lines=True).encode(),
    }


def damaged(data: bytes, rng: np.random.Generator) -> bytes:
    """A few bytes changed, cut out, put in, or everything behind a place lost."""
    out = bytearray(data)
    for _ in range(int(rng.integers(1, 5))):
        place, action = int(rng.integers(len(out))), int(rng.integers(6))
        if action <= 2:
            out[place] = int(rng.integers(256))
        elif action == 3:
            out[place:place] = rng.bytes(9)
        elif action == 4:
            out[place : place + 30] = b""
        else:
            del out[place + 1 :]
        out = out or bytearray(b"x")
    return bytes(out)


def damaged_part(data: bytes, rng: np.random.Generator) -> bytes:
    """An Excel file with damage inside one of its parts, which its checksums therefore do not show."""
    out = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(data)) as source, zipfile.ZipFile(out, "w") as target:
        names = source.namelist()
        victim = names[int(rng.integers(len(names)))]
        for name in names:
            content = source.read(name)
            target.writestr(name, damaged(content, rng) if name == victim else content)
    return out.getvalue()


@pytest.mark.parametrize("kind", ["xlsx", "xlsx part", "parquet", "gz", "json", "jsonl"])
def test_damaged_files_end_in_a_table_or_in_one_sentence(kind: str) -> None:
    rng = np.random.default_rng(7)
    seed = seeds()[kind.split()[0]]
    for _ in range(150):
        data = damaged_part(seed, rng) if kind.endswith("part") else damaged(seed, rng)
        try:
            assert read_table(data).frame.columns.is_unique
        except TwinError as error:
            sentence = str(error)
            assert "\n" not in sentence
