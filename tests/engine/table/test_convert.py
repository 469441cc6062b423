"""The three forms of a table: raw, parsed, restored; and back to text."""

from __future__ import annotations

import datetime as dt
import decimal
from typing import Any

import numpy as np
import pandas as pd
import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from engine.errors import DataError, SchemaError
from engine.table.convert import parse_value
from engine.table.infer import infer_schema
from engine.table.schema import CANONICAL_DTYPES, Column, DateFormat, Kind, NumberFormat, Schema
from tests.engine.tables import CLUB, club


def frame(cells: list[Any], dtype: Any = "str") -> pd.DataFrame:
    return pd.DataFrame({"x": pd.Series(cells, dtype=dtype)})


def one(kind: Kind, **facts: Any) -> Schema:
    return Schema((Column("x", kind, **facts),))


# Text and back


def test_each_kind_has_its_canonical_dtype() -> None:
    table = CLUB.parse(club())
    assert {c.name: str(table[c.name].dtype) for c in CLUB} == {c.name: CANONICAL_DTYPES[c.kind] for c in CLUB}


def test_text_comes_back_as_it_was() -> None:
    raw = club()
    pd.testing.assert_frame_equal(CLUB.to_text(CLUB.parse(raw)), raw.fillna(""))


def test_parsing_twice_changes_nothing() -> None:
    table = CLUB.parse(club())
    pd.testing.assert_frame_equal(CLUB.parse(table), table)
    pd.testing.assert_frame_equal(CLUB.parse(CLUB.restore(table)), table)
    pd.testing.assert_frame_equal(CLUB.parse(CLUB.to_text(table)), table)


def test_the_schemas_columns_in_its_order_and_the_frames_own_index() -> None:
    raw = club(20)[list(CLUB.names)[::-1]].assign(more=1).iloc[5:9]
    table = CLUB.parse(raw)
    assert tuple(table.columns) == CLUB.names
    assert list(table.index) == [5, 6, 7, 8]


def test_absent_and_doubled_columns() -> None:
    with pytest.raises(SchemaError, match="no column “age”") as caught:
        CLUB.parse(club().drop(columns="age"))
    assert caught.value.column == "age"
    with pytest.raises(SchemaError, match="two columns called “x”"):
        one(Kind.TEXT).parse(pd.DataFrame([["a", "b"]], columns=["x", "x"]))


def test_column_names_that_are_numbers() -> None:
    table = Schema((Column("0", Kind.INTEGER),)).parse(pd.DataFrame({0: ["1"]}))
    assert table["0"].tolist() == [1]


@pytest.mark.parametrize(
    ("schema", "cells", "row"),
    [
        (one(Kind.INTEGER), ["1", "x", "y"], 2),
        (one(Kind.INTEGER), ["1", "2.5"], 2),
        (one(Kind.INTEGER), ["9223372036854775808"], 1),
        (one(Kind.DECIMAL, number=NumberFormat(2)), ["1.5", None, "1,5"], 3),
        (one(Kind.DECIMAL, number=NumberFormat(2)), ["inf"], 1),
        (one(Kind.BOOLEAN, labels=("no", "yes")), ["yes", "maybe"], 2),
        (one(Kind.DATETIME, date=DateFormat("%d.%m.%Y")), ["05.01.2024", "32.01.2024"], 2),
        (one(Kind.INTEGER), [1.0, 2.5], 2),
        (one(Kind.INTEGER), [np.inf], 1),
        (one(Kind.INTEGER), [pd.Timestamp("2024-01-05")], 1),
    ],
)
def test_values_that_do_not_fit_are_named_with_their_row(schema: Schema, cells: list[Any], row: int) -> None:
    raw = frame(cells, "str" if any(isinstance(c, str) for c in cells) else None)
    with pytest.raises(DataError, match="Column “x” is") as caught:
        schema.parse(raw)
    assert (caught.value.column, caught.value.row) == ("x", row)


def test_missing_tokens_go_and_the_first_comes_back() -> None:
    schema = one(Kind.DECIMAL, number=NumberFormat(1), missing_tokens=("NA", "-"))
    table = schema.parse(frame(["1.5", "NA", "-", None]))
    assert table["x"].isna().tolist() == [False, True, True, True]
    assert schema.to_text(table)["x"].tolist() == ["1.5", "NA", "NA", "NA"]


def test_without_tokens_an_empty_text_is_a_label() -> None:
    schema = one(Kind.CATEGORICAL, missing_tokens=())
    text = schema.to_text(schema.parse(frame(["", None])))["x"]
    assert text[0] == ""
    assert pd.isna(text[1])


def test_truth_is_read_in_any_usual_way_and_written_in_one() -> None:
    schema = one(Kind.BOOLEAN, labels=("N", "Y"))
    table = schema.parse(frame(["Y", "n", "true", "0", None]))
    assert table["x"].tolist() == [True, False, True, False, pd.NA]
    assert schema.to_text(table)["x"].tolist() == ["Y", "N", "Y", "N", ""]


def test_labels_decide_before_usual_words() -> None:
    schema = one(Kind.BOOLEAN, labels=("1", "0"))
    assert schema.parse(frame(["0", "1"]))["x"].tolist() == [True, False]


def test_a_table_without_rows() -> None:
    empty = club().iloc[:0]
    table = CLUB.parse(empty)
    assert len(table) == 0
    assert {c.name: str(table[c.name].dtype) for c in CLUB} == {c.name: CANONICAL_DTYPES[c.kind] for c in CLUB}
    assert len(CLUB.to_text(table)) == len(CLUB.restore(table)) == 0


# Typed sources


TYPED: dict[str, pd.Series] = {
    "int8": pd.Series([1, -128, 127], dtype="int8"),
    "Int32": pd.Series([1, None, 3], dtype="Int32"),
    "uint64": pd.Series([1, 2**40, 3], dtype="uint64"),
    "whole floats": pd.Series([1.0, np.nan, 3.0]),
    "float32": pd.Series([0.1, 2.5, np.nan], dtype="float32"),
    "float64": pd.Series([0.1, 1e-300, np.nan]),
    "Float64": pd.Series([0.1, None, 2.5], dtype="Float64"),
    "bool": pd.Series([True, False, True]),
    "boolean": pd.Series([True, None, False], dtype="boolean"),
    "zeros and ones": pd.Series([0, 1, 1], dtype="int16"),
    "str": pd.Series(["a", None, "b"], dtype="str"),
    "string": pd.Series(["a", None, "b"], dtype="string"),
    "numbers in text": pd.Series(["1,5", "2,25", "3,0"], dtype="str"),
    "dates in text": pd.Series(["05.01.2024", "31.01.2024", None], dtype="str"),
    "tokens in text": pd.Series(["1.5", "2.5", "n/a"], dtype="str"),
    "category": pd.Series(["b", "a", None], dtype=pd.CategoricalDtype(["b", "a", "unused"])),
    "ordered": pd.Series(["low", "high", "low"], dtype=pd.CategoricalDtype(["low", "mid", "high"], ordered=True)),
    "category of numbers": pd.Series([3, 1, 3], dtype=pd.CategoricalDtype([1, 2, 3])),
    "category of floats": pd.Series([0.5, 1.0, None], dtype=pd.CategoricalDtype([0.5, 1.0])),
    "category of truth": pd.Series([True, False, None], dtype=pd.CategoricalDtype([False, True])),
    "category of dates": pd.Series(pd.to_datetime(["2024-01-05", "2024-01-06"] * 2)).astype("category"),
    "datetime64[ns]": pd.Series(pd.to_datetime(["2024-01-05 10:00", None])).astype("datetime64[ns]"),
    "datetime64[s]": pd.Series(pd.to_datetime(["2024-01-05", "2024-01-06", "1850-01-01"])).astype("datetime64[s]"),
    "zoned": pd.Series(pd.to_datetime(["2024-01-05 10:00", "2024-07-05 12:00", None])).dt.tz_localize("Europe/Oslo"),
    "empty": pd.Series([None, None, None], dtype="float64"),
    "constant": pd.Series([7, 7, 7], dtype="int32"),
    "constant date": pd.Series(pd.to_datetime(["2024-01-05"] * 3)),
    "objects: text": pd.Series(["a", None, "b"], dtype=object),
    "objects: bool": pd.Series([True, None, False], dtype=object),
    "objects: int": pd.Series([1, None, 2**60], dtype=object),
    "objects: date": pd.Series([dt.date(2024, 1, 5), None, dt.date(2024, 1, 6)], dtype=object),
    "objects: time": pd.Series([dt.time(10, 30), None, dt.time(11, 15)], dtype=object),
    "objects: decimal": pd.Series([decimal.Decimal("1.50"), None, decimal.Decimal("2.25")], dtype=object),
    "date32": pd.Series([dt.date(2024, 1, 5), None, dt.date(2024, 1, 6)], dtype=pd.ArrowDtype(pa.date32())),
    "decimal128": pd.Series([decimal.Decimal("1.50"), None], dtype=pd.ArrowDtype(pa.decimal128(9, 2))),
    "timestamp": pd.Series([dt.datetime(2024, 1, 5, 10), None], dtype=pd.ArrowDtype(pa.timestamp("ms"))),
    "arrow int": pd.Series([1, None, 3], dtype="int32[pyarrow]"),
    "arrow bool": pd.Series([True, None, False], dtype="bool[pyarrow]"),
    "arrow text": pd.Series(["a", None, "b"], dtype=pd.ArrowDtype(pa.string())),
}  # fmt: skip


@pytest.mark.parametrize("name", TYPED)
def test_typed_columns_come_back_as_they_were(name: str) -> None:
    raw = pd.DataFrame({"x": TYPED[name], "typed": pd.Series(range(len(TYPED[name])))})
    schema = Schema.loads(infer_schema(raw).dumps())
    table = schema.parse(raw)
    assert str(table["x"].dtype) in (CANONICAL_DTYPES[schema["x"].kind], "datetime64[us, Europe/Oslo]")
    restored = schema.restore(table)
    pd.testing.assert_series_equal(restored["x"], raw["x"])
    pd.testing.assert_frame_equal(schema.parse(restored), table)


@pytest.mark.parametrize("name", TYPED)
def test_typed_columns_survive_text(name: str) -> None:
    raw = pd.DataFrame({"x": TYPED[name], "typed": pd.Series(range(len(TYPED[name])))})
    schema = infer_schema(raw)
    table = schema.parse(raw)
    pd.testing.assert_frame_equal(schema.parse(schema.to_text(table)), table)


_WORDS = st.text(st.characters(codec="utf-8", categories=["L"]), min_size=3, max_size=9)
_SECONDS = st.datetimes(dt.datetime(1700, 1, 1), dt.datetime(2200, 1, 1)).map(lambda d: d.replace(microsecond=0))
_CELLS: dict[str, st.SearchStrategy[Any]] = {
    **dict.fromkeys(["int8", "uint8", "int16", "int64", "Int16", "Int64"], st.integers(0, 100)),
    **dict.fromkeys(["float64", "Float64"], st.floats(allow_nan=False, allow_infinity=False)),
    "float32": st.floats(allow_nan=False, allow_infinity=False, width=32),
    **dict.fromkeys(["bool", "boolean"], st.booleans()),
    **dict.fromkeys(["datetime64[s]", "datetime64[ms]", "datetime64[us]"], _SECONDS),
    "str": _WORDS,
}
_COLUMNS = st.sampled_from(list(_CELLS)).flatmap(
    lambda dtype: st.tuples(st.just(dtype), st.lists(_CELLS[dtype], min_size=4, max_size=4))
)


@settings(max_examples=60, deadline=None)
@given(st.lists(_COLUMNS, min_size=1, max_size=4))
def test_any_typed_table_comes_back_as_it_was(columns: list[tuple[str, list[Any]]]) -> None:
    raw = pd.DataFrame({f"c{i}": pd.Series(cells, dtype=dtype) for i, (dtype, cells) in enumerate(columns)})
    raw["typed"] = range(4)
    schema = infer_schema(raw)
    table = schema.parse(raw)
    pd.testing.assert_frame_equal(schema.restore(table), raw)
    pd.testing.assert_frame_equal(schema.parse(table), table)


def test_missing_cells_in_a_dtype_without_room_for_them() -> None:
    schema = one(Kind.INTEGER, storage="int32")
    restored = schema.restore(schema.parse(frame([1, None], "Int64")))
    assert str(restored["x"].dtype) == "Int32"


def test_numbers_too_large_for_the_source_are_kept_in_a_larger_dtype() -> None:
    schema = one(Kind.INTEGER, storage="int8")
    assert schema.restore(schema.parse(frame([1, 300])))["x"].tolist() == [1, 300]


def test_labels_that_the_source_never_declared_are_kept() -> None:
    schema = one(Kind.CATEGORICAL, storage="category:str", levels=("a", "b"))
    restored = schema.restore(frame(["b", "c"]))["x"]
    assert restored.tolist() == ["b", "c"]
    assert list(restored.cat.categories) == ["a", "b", "c"]


def test_categories_of_integers_are_labels_and_come_back_as_integers() -> None:
    schema = one(Kind.CATEGORICAL, storage="int64")
    table = schema.parse(frame([3, 1], "int64"))
    assert table["x"].tolist() == ["3", "1"]
    pd.testing.assert_frame_equal(schema.restore(table), frame([3, 1], "int64"))


def test_unknown_storage() -> None:
    with pytest.raises(SchemaError, match="no dtype “int7”"):
        one(Kind.INTEGER, storage="int7").restore(frame(["1"]))


def test_mixed_objects_become_text() -> None:
    raw = frame([1, "a", None, 2.5, dt.date(2024, 1, 5)], object).assign(typed=range(5))
    schema = infer_schema(raw)
    assert schema["x"].kind is Kind.CATEGORICAL
    assert schema.restore(schema.parse(raw))["x"].dropna().tolist() == ["1", "a", "2.5", "2024-01-05"]


def test_durations_become_text() -> None:
    raw = frame([1, 2, 3], "timedelta64[s]").assign(typed=range(3))
    table = infer_schema(raw).parse(raw)
    assert table["x"].notna().all()


# Single values


@pytest.mark.parametrize(
    ("value", "column", "expected"),
    [
        ("5", Column("x", Kind.INTEGER), 5),
        ("1.234", Column("x", Kind.INTEGER, number=NumberFormat(thousands=".", decimal_mark=",")), 1234),
        (5.0, Column("x", Kind.INTEGER), 5),
        ("5.5", Column("x", Kind.INTEGER), 5.5),
        (np.int64(3), Column("x", Kind.DECIMAL), 3.0),
        ("$1,234.50", Column("x", Kind.DECIMAL, number=NumberFormat(2, thousands=",", prefix="$")), 1234.5),
        ("1234.5", Column("x", Kind.DECIMAL, number=NumberFormat(2, thousands=".", decimal_mark=",")), 1234.5),
        ("05.01.2024", Column("x", Kind.DATETIME, date=DateFormat("%d.%m.%Y")), pd.Timestamp("2024-01-05")),
        ("2024-01-05", Column("x", Kind.DATETIME, date=DateFormat("%d.%m.%Y")), pd.Timestamp("2024-01-05")),
        (dt.date(2024, 1, 5), Column("x", Kind.DATETIME), pd.Timestamp("2024-01-05")),
        (pd.Timestamp("2024-01-05"), Column("x", Kind.DATETIME), pd.Timestamp("2024-01-05")),
        ("ja", Column("x", Kind.BOOLEAN, labels=("nein", "ja")), True),
        (np.bool_(False), Column("x", Kind.BOOLEAN, labels=("nein", "ja")), False),
        (3, Column("x", Kind.CATEGORICAL), "3"),
        ("a", Column("x", Kind.CATEGORICAL), "a"),
        (None, Column("x", Kind.INTEGER), None),
        ("?", Column("x", Kind.CATEGORICAL, missing_tokens=("?",)), None),
    ],
)  # fmt: skip
def test_parse_value(value: Any, column: Column, expected: Any) -> None:
    found = parse_value(value, column)
    assert found == expected
    assert type(found) is type(expected)


@pytest.mark.parametrize(
    ("value", "kind"),
    [
        ("x", Kind.INTEGER), ("1,5", Kind.DECIMAL), (True, Kind.INTEGER), ("soon", Kind.DATETIME),
        ("perhaps", Kind.BOOLEAN), (np.inf, Kind.DECIMAL),
    ],
)  # fmt: skip
def test_values_that_are_none(value: Any, kind: Kind) -> None:
    with pytest.raises(DataError, match="Column “x”"):
        parse_value(value, Column("x", kind))
