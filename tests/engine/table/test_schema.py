"""Schemas as plain data: JSON, selection, overrides, and what is refused."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from engine.errors import SchemaError
from engine.table.schema import CANONICAL_DTYPES, Column, DateFormat, Kind, NumberFormat, Schema
from tests.engine.tables import CLUB

_TEXT = st.text(max_size=6)
_COLUMNS = st.builds(
    Column,
    name=st.text(min_size=1, max_size=8),
    kind=st.sampled_from(Kind),
    storage=st.sampled_from(["text", "int32", "category:str", "datetime64[us, Europe/Oslo]"]),
    selected=st.booleans(),
    number=st.none() | st.builds(NumberFormat, decimals=st.integers(0, 17), fixed=st.booleans(), prefix=_TEXT),
    date=st.none() | st.builds(DateFormat, _TEXT, st.sampled_from("YMDhms"), st.none() | _TEXT),
    labels=st.none() | st.tuples(_TEXT, _TEXT),
    levels=st.none() | st.lists(_TEXT).map(tuple),
    value=st.none() | _TEXT,
    provider=st.none() | _TEXT,
    pattern=st.none() | _TEXT,
    missing_tokens=st.lists(_TEXT).map(tuple),
    reason=_TEXT,
    confidence=st.floats(0, 1),
    chosen=st.booleans(),
)  # fmt: skip


@settings(deadline=None)
@given(st.lists(_COLUMNS, max_size=5, unique_by=lambda c: c.name), _TEXT)
def test_json_and_back(columns: list[Column], name: str) -> None:
    schema = Schema(tuple(columns), name)
    assert Schema.loads(schema.dumps()) == schema
    assert Schema.loads(schema.dumps().encode()) == schema


def test_json_leaves_out_what_is_as_usual() -> None:
    assert Column("a", Kind.TEXT).to_json() == {"name": "a", "kind": "text"}


def test_every_kind_has_a_dtype() -> None:
    assert set(CANONICAL_DTYPES) == set(Kind)


@pytest.mark.parametrize(
    ("data", "message"),
    [
        ([], "This is not a schema"),
        ({"columns": 3}, "This is not a schema"),
        ({"version": 99, "columns": []}, "version 99"),
        ({"columns": [{"name": "a"}]}, "at least a “name” and a “kind”"),
        ({"columns": [3]}, "at least a “name” and a “kind”"),
        ({"columns": [{"name": "a", "kind": "magic"}]}, "“a”.*cannot be read"),
        ({"columns": [{"name": "a", "kind": "text", "colour": 1}]}, "unknown entry “colour”"),
        ({"columns": [{"name": "a", "kind": "text", "number": {"digits": 1}}]}, "“a”.*cannot be read"),
        ({"columns": [{"name": "a", "kind": "text", "confidence": 2}]}, "between 0 and 1"),
        ({"columns": [{"name": "a", "kind": "text"}] * 2}, "appears twice"),
    ],
)
def test_what_is_no_schema(data: Any, message: str) -> None:
    with pytest.raises(SchemaError, match=message):
        Schema.loads(json.dumps(data))


def test_text_that_is_no_json() -> None:
    with pytest.raises(SchemaError, match="not valid JSON"):
        Schema.loads("{")
    with pytest.raises(SchemaError, match="not valid JSON"):
        Schema.loads(b"\xff\xfe\xfa")


def test_selecting() -> None:
    schema = CLUB.select(["fee", "age"])
    assert schema.selected.names == ("age", "fee")
    assert schema.names == CLUB.names
    assert schema.select(CLUB.names) == CLUB
    with pytest.raises(SchemaError, match="at least one"):
        CLUB.select([])
    with pytest.raises(SchemaError, match="“colour”"):
        CLUB.select(["colour"])


def test_what_is_learned() -> None:
    assert CLUB.modelled.names == ("age", "fee", "city", "active", "joined", "country")
    assert CLUB.select(["member", "fee"]).modelled.names == ("fee",)


def test_overrides_are_marked() -> None:
    schema = CLUB.override("age", kind=Kind.CATEGORICAL, number=None)
    assert (schema["age"].kind, schema["age"].chosen, schema["age"].confidence) == (Kind.CATEGORICAL, True, 1.0)
    assert CLUB["age"].kind is Kind.INTEGER
    with pytest.raises(SchemaError, match="“colour”"):
        CLUB.override("colour", kind=Kind.TEXT)
