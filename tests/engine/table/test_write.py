"""Written files: the same bytes for the same table, and the same table again when they are read."""

from __future__ import annotations

import datetime as dt
import gzip
import io
import json
import math
from pathlib import Path
from typing import Any

import numpy as np
import openpyxl
import pandas as pd
import pytest

from engine.errors import WriteError
from engine.table.read import read_table
from engine.table.schema import Column, DateFormat, Kind, NumberFormat, Schema
from engine.table.write import FORMATS, format_of, to_bytes, write_file
from engine.table.writeexcel import xlsx_bytes
from engine.table.writetext import delimited_bytes, quoted
from engine.table.writetyped import json_bytes, parquet_bytes

SCHEMA = Schema(
    (
        Column("id", Kind.IDENTIFIER),
        Column("count", Kind.INTEGER, number=NumberFormat()),
        Column("price", Kind.DECIMAL, number=NumberFormat(decimals=2, fixed=True)),
        Column("city", Kind.CATEGORICAL),
        Column("member", Kind.BOOLEAN, labels=("no", "yes")),
        Column("day", Kind.DATETIME, date=DateFormat("%d.%m.%Y", "D")),
    )
)


@pytest.fixture
def table() -> pd.DataFrame:
    return pd.DataFrame(
        {
            "id": pd.Series(["007", "008", "009"], dtype="str"),
            "count": pd.Series([1, None, 3], dtype="Int64"),
            "price": [1.5, np.nan, 3.25],
            "city": pd.Series(["São Paulo, BR", None, 'the "old" town'], dtype="str"),
            "member": pd.Series([True, None, False], dtype="boolean"),
            "day": pd.Series([dt.datetime(2024, 1, 5), None, dt.datetime(1850, 2, 3)], dtype="datetime64[us]"),
        }
    )


def texts(**columns: list[str | None]) -> tuple[pd.DataFrame, Schema]:
    frame = pd.DataFrame({name: pd.Series(cells, dtype="str") for name, cells in columns.items()})
    return frame, Schema(tuple(Column(name, Kind.TEXT) for name in columns))


def csv(delimiter: str = ",", **columns: list[str | None]) -> str:
    return delimited_bytes(*texts(**columns), delimiter).decode()


# All formats


@pytest.mark.parametrize("key", list(FORMATS))
def test_equal_tables_give_equal_bytes_and_read_back_equal(key: str, table: pd.DataFrame) -> None:
    data = to_bytes(table, SCHEMA, key)
    assert data == to_bytes(table.copy(), SCHEMA, key)
    reading = read_table(data, name=f"t{FORMATS[key].suffix}")
    assert reading.format == key.removesuffix(".gz")
    pd.testing.assert_frame_equal(SCHEMA.parse(reading.frame), table)


@pytest.mark.parametrize("key", list(FORMATS))
def test_a_table_without_rows_keeps_its_names(key: str, table: pd.DataFrame) -> None:
    data = to_bytes(table.iloc[:0], SCHEMA, key)
    if key in ("json", "jsonl"):  # they have no place for names without rows
        assert data.strip() in (b"[]", b"")
    else:
        assert list(read_table(data, name=f"t{FORMATS[key].suffix}").frame.columns) == list(SCHEMA.names)


def test_text_has_the_sources_own_formats(table: pd.DataFrame) -> None:
    assert to_bytes(table, SCHEMA, "csv").decode().splitlines() == [
        "id,count,price,city,member,day",
        '007,1,1.50,"São Paulo, BR",yes,05.01.2024',
        "008,,,,,",
        '009,3,3.25,"the ""old"" town",no,03.02.1850',
    ]


def test_columns_come_in_the_schemas_order_and_may_be_fewer(table: pd.DataFrame) -> None:
    data = to_bytes(table[["city", "id"]], SCHEMA, "tsv").decode()
    assert data.splitlines()[0] == "id\tcity"
    with pytest.raises(WriteError, match="“alien” is not in the schema") as caught:
        to_bytes(table.assign(alien=1), SCHEMA, "csv")
    assert caught.value.column == "alien"
    with pytest.raises(WriteError, match="no columns"):
        to_bytes(table[[]], SCHEMA, "csv")


def test_unknown_formats(table: pd.DataFrame) -> None:
    with pytest.raises(WriteError, match=r"no format “doc”; choose one of csv, csv\.gz"):
        to_bytes(table, SCHEMA, "doc")
    with pytest.raises(WriteError, match="names no format"):
        format_of("table.doc")


@pytest.mark.parametrize(
    ("name", "key"),
    [
        ("a.csv", "csv"),
        ("A.CSV.GZ", "csv.gz"),
        ("x/y.tsv", "tsv"),
        ("a.pq", "parquet"),
        ("a.ndjson", "jsonl"),
        ("a.b.xlsx", "xlsx"),
    ],
)
def test_the_ending_names_the_format(name: str, key: str) -> None:
    assert format_of(name) == key


def test_write_file_replaces_whole_files_and_leaves_nothing_behind(tmp_path: Path, table: pd.DataFrame) -> None:
    path = tmp_path / "out.csv"
    path.write_text("old")
    write_file(table, path, SCHEMA)
    assert path.read_bytes() == to_bytes(table, SCHEMA, "csv")
    assert [p.name for p in tmp_path.iterdir()] == ["out.csv"]
    with pytest.raises(WriteError, match="cannot be written"):
        write_file(table, tmp_path / "absent" / "out.csv", SCHEMA)


# Delimited text


def test_only_what_could_be_misunderstood_is_quoted() -> None:
    for plain in ("abc", "New York", "1.5", "it's", "São", "a-b", "a#b", "50 %"):
        assert quoted(plain) == plain
    for unsafe in ("a,b", "a;b", "a|b", "a\tb", "a\nb", "a\rb", 'a"b', " a", "a ", "#a", "'a", "//a", "--a", ""):
        assert quoted(unsafe) == '"' + unsafe.replace('"', '""') + '"'


def test_missing_and_empty_cells_differ_where_the_schema_says_so() -> None:
    frame, _ = texts(a=["", None, "x"], b=["", None, "NA"])
    schema = Schema((Column("a", Kind.TEXT), Column("b", Kind.TEXT, missing_tokens=("NA",))))
    assert delimited_bytes(frame, schema, ",") == b'a,b\n,""\n"",\nx,NA\n'


def test_an_empty_row_cannot_pass_for_a_blank_line() -> None:
    assert csv(a=["1", None, None]) == 'a\n1\n""\n""\n'
    assert csv(a=["1", None], b=["2", None]) == 'a,b\n1,2\n"",\n'
    assert read_table(csv(a=["1", None, None]).encode()).frame.shape == (3, 1)
    assert read_table(csv(a=["1", None, None], b=["2", None, None]).encode()).frame.shape == (3, 2)


def test_compressed_csv_holds_no_time(table: pd.DataFrame) -> None:
    data = to_bytes(table, SCHEMA, "csv.gz")
    assert data[4:8] == b"\0\0\0\0"
    assert gzip.decompress(data) == to_bytes(table, SCHEMA, "csv")


# JSON


def typed(values: Any, dtype: str, **column: Any) -> tuple[pd.DataFrame, Schema]:
    frame = pd.DataFrame({"x": pd.Series(values, dtype=dtype)})
    return frame, Schema((Column("x", **{"kind": Kind.TEXT, **column}),))


@pytest.mark.parametrize(
    ("values", "dtype", "expected"),
    [
        ([1, None], "Int64", [1, None]),
        ([2**62], "int64", [2**62]),
        ([1.5, math.nan, 0.1], "float64", [1.5, None, 0.1]),
        ([0.1], "float32", [0.1]),
        ([math.inf, -math.inf], "float64", [math.inf, -math.inf]),
        ([True, None], "boolean", [True, None]),
        (['a"\\\n\u2028', None], "str", ['a"\\\n\u2028', None]),
        ([dt.datetime(2024, 1, 5, 1, 2, 3)], "datetime64[us]", ["2024-01-05T01:02:03"]),
    ],
)
@pytest.mark.parametrize("lines", [True, False])
def test_json_values(values: list[Any], dtype: str, expected: list[Any], lines: bool) -> None:
    data = json_bytes(*typed(values, dtype), lines=lines)
    records = [json.loads(line) for line in data.decode().split("\n") if line] if lines else json.loads(data)
    assert [r["x"] for r in records] == expected


def test_json_dates_without_time_of_day() -> None:
    day = typed([dt.datetime(2024, 1, 5)], "datetime64[us]", kind=Kind.DATETIME, date=DateFormat())
    assert json.loads(json_bytes(*day, lines=False)) == [{"x": "2024-01-05"}]


# Parquet


def test_parquet_keeps_dtypes_and_no_notes_of_pandas() -> None:
    frame = pd.DataFrame({"a": np.array([1, 2], "int16"), "b": pd.Series(["x", None], dtype="str"), "c": [1.5, np.nan]})
    data = parquet_bytes(frame)
    assert b"pandas" not in data
    pd.testing.assert_frame_equal(read_table(data).frame, frame)


# Excel


def sheet(frame: pd.DataFrame, schema: Schema) -> list[list[Any]]:
    book = openpyxl.load_workbook(io.BytesIO(xlsx_bytes(frame, schema)))
    assert book.active is not None
    return [[cell.value for cell in row] for row in book.active.iter_rows()]


@pytest.mark.parametrize(
    ("values", "dtype", "expected"),
    [
        (["=1+1", "http://x.y", "007", "+5"], "str", ["=1+1", "http://x.y", "007", "+5"]),
        ([1, None, 3], "Int64", [1, None, 3]),
        ([2**53 + 1, 1], "int64", [str(2**53 + 1), "1"]),
        ([1.5, math.nan, math.inf], "float64", [1.5, None, "inf"]),
        ([None, True], "boolean", [None, True]),
        ([dt.datetime(2024, 1, 5, 1, 2, 3)], "datetime64[us]", [dt.datetime(2024, 1, 5, 1, 2, 3)]),
        ([None, dt.datetime(1850, 1, 5)], "datetime64[us]", [None, "1850-01-05 00:00:00"]),
        (
            [pd.Timestamp("2024-01-05 01:00", tz="Europe/Oslo")],
            "datetime64[us, Europe/Oslo]",
            ["2024-01-05 01:00:00+01:00"],
        ),
    ],
)
def test_excel_cells(values: list[Any], dtype: str, expected: list[Any]) -> None:
    got = sheet(*typed(values, dtype))
    assert [row[0] for row in got] == ["x", *expected]


def test_text_that_begins_like_a_formula_is_stored_as_text() -> None:
    book = openpyxl.load_workbook(io.BytesIO(xlsx_bytes(*typed(["=1+1"], "str"))))
    assert book.active is not None
    assert book.active["A2"].data_type == "s"


def test_what_excel_cannot_hold_is_one_sentence() -> None:
    with pytest.raises(WriteError, match="at most 1,048,575 rows"):
        xlsx_bytes(*typed(np.zeros(1_048_576), "float64"))
    with pytest.raises(WriteError, match="at most 32,767 characters") as caught:
        xlsx_bytes(*typed(["x" * 32_768], "str"))
    assert caught.value.column == "x"
