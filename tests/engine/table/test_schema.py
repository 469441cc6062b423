"""Schemas as plain data: JSON, selection, overrides, and what is refused."""

from __future__ import annotations

import json
from typing import Any

import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from engine.errors import DataError, SchemaError
from engine.table import dates
from engine.table.schema import (
    CANONICAL_DTYPES,
    COLUMN_METHODS,
    DATE_TOKENS,
    TREATMENTS,
    VERSION,
    Column,
    Constraint,
    DateFormat,
    Description,
    Kind,
    NumberFormat,
    Schema,
)
from tests.engine.tables import CLUB

_TEXT = st.text(max_size=6)
_PATTERNS = st.lists(st.sampled_from([*sorted(DATE_TOKENS), *"-./ é"]), max_size=6).map("".join)
_ZONES = ("UTC", "Europe/Rome", "+02:00")
_DESCRIPTIONS = st.builds(
    Description,
    distribution=_TEXT,
    parameters=st.lists(st.floats(-9, 9)).map(tuple),
    low=st.none() | _TEXT,
    labels=st.lists(_TEXT).map(tuple),
    weights=st.lists(st.floats(0, 1)).map(tuple),
    missing=st.floats(0, 1),
    unique=st.booleans(),
)
_CONSTRAINTS = st.builds(
    Constraint,
    kind=_TEXT,
    columns=st.lists(_TEXT, min_size=1, max_size=3).map(tuple),
    options=st.dictionaries(_TEXT, st.none() | st.integers() | _TEXT, max_size=2),
    treat=st.sampled_from(TREATMENTS),
)
_COLUMNS = st.builds(
    Column,
    name=st.text(min_size=1, max_size=8),
    kind=st.sampled_from(Kind),
    storage=st.sampled_from(["text", "int32", "category:str", "datetime64[us, Europe/Oslo]"]),
    selected=st.booleans(),
    number=st.none() | st.builds(NumberFormat, decimals=st.integers(0, 17), fixed=st.booleans(), prefix=_TEXT),
    date=st.none() | st.builds(DateFormat, _PATTERNS, st.sampled_from("YMDhms"), st.sampled_from([None, *_ZONES])),
    labels=st.none() | st.tuples(_TEXT, _TEXT),
    levels=st.none() | st.lists(_TEXT).map(tuple),
    value=st.none() | _TEXT,
    provider=st.none() | _TEXT,
    pattern=st.none() | _TEXT,
    missing_tokens=st.lists(_TEXT).map(tuple),
    reason=_TEXT,
    confidence=st.floats(0, 1),
    chosen=st.booleans(),
    method=st.sampled_from(COLUMN_METHODS),
    description=st.none() | _DESCRIPTIONS,
)  # fmt: skip


@settings(deadline=None)
@given(st.lists(_COLUMNS, max_size=5, unique_by=lambda c: c.name), _TEXT, st.lists(_CONSTRAINTS, max_size=3))
def test_json_and_back(columns: list[Column], name: str, constraints: list[Constraint]) -> None:
    schema = Schema(tuple(columns), name, tuple(constraints))
    assert Schema.loads(schema.dumps()) == schema
    assert Schema.loads(schema.dumps().encode()) == schema


def test_a_description_and_a_constraint_come_back() -> None:
    said = Description("normal", (0.0, 1.0), "1", "9", ("a", "b"), (0.25, 0.75), missing=0.5, unique=True)
    column = Column("a", Kind.DECIMAL, number=NumberFormat(2), labels=("n", "y"), levels=("x",), description=said)
    rule = Constraint("range", ("a",), {"low": 1}, "repair")
    schema = Schema((column,), "t", (rule,))
    assert Schema.loads(schema.dumps()) == schema
    assert rule.to_json() == {"kind": "range", "columns": ["a"], "options": {"low": 1}, "treat": "repair"}


def test_json_leaves_out_what_is_as_usual() -> None:
    assert Column("a", Kind.TEXT).to_json() == {"name": "a", "kind": "text"}


def test_json_says_its_version_and_keeps_letters_readable() -> None:
    schema = Schema((Column("größe", Kind.TEXT),))
    assert schema.to_json()["version"] == VERSION
    assert "größe" in schema.dumps()
    assert type(schema.to_json()["columns"][0]["kind"]) is str


@pytest.mark.parametrize(
    "date",
    [
        *({"pattern": pattern} for pattern in ("%Q", "%s", "%c %x", "epoch:x", "epoch:", "%Y" * 201)),
        *({"timezone": zone} for zone in ("../../etc/passwd", "Europe/../Rome", "\x00", "+99:99", "")),
        *({"resolution": unit} for unit in ("x", "", "ns", "M8")),
    ],
    ids=str,
)
def test_dates_that_nothing_reads_or_writes_are_refused(date: dict[str, str]) -> None:
    with pytest.raises(SchemaError, match="Column “a”: the schema entry cannot be read"):
        Schema.from_json({"columns": [{"name": "a", "kind": "datetime", "date": date}]})


def test_a_date_that_names_a_part_twice_is_read_as_iso() -> None:
    schema = Schema.from_json({"columns": [{"name": "a", "kind": "datetime", "date": {"pattern": "%d %d"}}]})
    with pytest.raises(DataError, match="row 2"):
        schema.parse(pd.DataFrame({"a": ["2024-01-05", "5 5"]}))


def test_what_a_date_may_hold_is_what_is_written() -> None:
    assert set(dates._WRITERS) == DATE_TOKENS


def test_a_pattern_of_keys_is_bounded() -> None:
    with pytest.raises(SchemaError, match="at most 10,000 characters"):
        Schema.from_json({"columns": [{"name": "a", "kind": "identifier", "pattern": "A" * 10_001}]})


@pytest.mark.parametrize("half", ["\\ud800", "\\uDFFF x", "\ud800"])
@pytest.mark.parametrize("encoding", ["utf-8", "utf-16"])
def test_half_a_character_which_nothing_can_show_is_refused(half: str, encoding: str) -> None:
    text = f'{{"columns": [{{"name": "a{half}", "kind": "text"}}]}}'
    with pytest.raises(SchemaError, match="not valid JSON"):
        Schema.loads(text.encode(encoding, "surrogatepass"))
    assert Schema.loads(text.replace(half, "\\ud83e\\udd8a").encode(encoding)).names == ("a🦊",)


def test_whatever_a_file_says_an_error_is_one_line_that_can_be_shown() -> None:
    with pytest.raises(SchemaError, match=r"^There is no column “x x\?x+ … x*”\. Columns: a\.$") as caught:
        Schema.from_json({"columns": [{"name": "a", "kind": "text"}]})["x\nx\ud800" + "x" * 5_000]
    assert len(caught.value.message) == 1_000


@pytest.mark.parametrize("version", range(1, VERSION + 1))
def test_every_version_so_far_is_read(version: int) -> None:
    assert Schema.from_json({"version": version, "columns": [{"name": "a", "kind": "text"}]}).names == ("a",)


@pytest.mark.parametrize("version", [0, VERSION + 1, -1, "1", None, True, 1.0])
def test_other_versions_are_refused(version: Any) -> None:
    with pytest.raises(SchemaError, match=f"has version {version}"):
        Schema.from_json({"version": version, "columns": []})


def test_a_schema_without_a_name() -> None:
    assert Schema.from_json({"columns": []}).name == ""


@pytest.mark.parametrize("digits", [0, 400])
def test_as_many_digits_as_a_number_can_have(digits: int) -> None:
    assert NumberFormat.from_json({"decimals": digits}).decimals == digits
    for wrong in (-1, 401):
        with pytest.raises(ValueError, match="from 0 to 400 digits"):
            NumberFormat.from_json({"decimals": wrong})


@pytest.mark.parametrize(
    "entry",
    [
        {"confidence": 2},
        {"confidence": -0.1},
        {"method": "magic"},
        {"text": "magic"},
        {"colour": 1},
        {"number": {"digits": 1}},
    ],
)
def test_an_error_says_which_column(entry: dict[str, Any]) -> None:
    with pytest.raises(SchemaError, match=r"^Column “a”: ") as caught:
        Schema.from_json({"columns": [{"name": "a", "kind": "text", **entry}]})
    assert caught.value.column == "a"


def test_other_errors_of_a_column() -> None:
    with pytest.raises(SchemaError, match=r"one of marginals, .*, or empty") as caught:
        Column("a", Kind.TEXT, method="magic")
    assert all(method in caught.value.message for method in COLUMN_METHODS)
    with pytest.raises(SchemaError, match=r"^Column “a”: text must be own or faker\.$"):
        Column("a", Kind.TEXT, text="magic")
    with pytest.raises(SchemaError, match=r"twice") as caught:
        Schema((Column("a", Kind.TEXT), Column("a", Kind.TEXT)))
    assert caught.value.column == "a"
    with pytest.raises(SchemaError, match=r"There is no column “z”. Columns: a, b.") as caught:
        Schema((Column("a", Kind.TEXT), Column("b", Kind.TEXT)))["z"]
    assert caught.value.column == "z"
    wide = Schema(tuple(Column(str(i), Kind.TEXT) for i in range(30)))
    with pytest.raises(SchemaError, match=r"Columns: 0, .*, 18, 19\.$"):  # the first twenty, not all
        wide["z"]


@pytest.mark.parametrize(
    ("constraint", "message"),
    [
        (3, "^Each constraint of a schema needs a “kind” and a list “columns”.$"),
        ({"columns": ["a"]}, "^Each constraint of a schema needs a “kind”"),
        ({"kind": 1, "columns": ["a"]}, "^Each constraint of a schema needs a “kind”"),
        ({"kind": "order"}, "^Constraint “order”: “columns” must be a list of column names.$"),
        ({"kind": "order", "columns": []}, "^Constraint “order”: “columns” must"),
        ({"kind": "order", "columns": "a"}, "^Constraint “order”: “columns” must"),
        ({"kind": "order", "columns": ["a", 1]}, "^Constraint “order”: “columns” must"),
        ({"kind": "order", "columns": ["a"], "options": [1]}, "^Constraint “order”: “options” must be an object.$"),
        ({"kind": "order", "columns": ["a"], "treat": "x"}, "^Constraint “order”: “treat” must be one of drop, repair"),
    ],
)
def test_what_is_no_constraint(constraint: Any, message: str) -> None:
    with pytest.raises(SchemaError, match=message):
        Schema.from_json({"columns": [], "constraints": [constraint]})


def test_what_is_no_list_of_constraints() -> None:
    with pytest.raises(SchemaError, match=r"^The “constraints” of a schema must be a list.$"):
        Schema.from_json({"columns": [], "constraints": {}})


def test_a_constraint_with_what_is_usual() -> None:
    made = Constraint.from_json({"kind": "order", "columns": ["a", "b"]})
    assert made == Constraint("order", ("a", "b"), {}, "drop")


def test_every_kind_has_a_dtype() -> None:
    assert set(CANONICAL_DTYPES) == set(Kind)


@pytest.mark.parametrize(
    ("data", "message"),
    [
        ([], "^This is not a schema: an object with a list “columns” is needed.$"),
        ({"columns": 3}, "This is not a schema"),
        ({"version": 99, "columns": []}, "version 99"),
        ({"columns": [{"name": "a"}]}, "^Each column of a schema needs at least a “name” and a “kind”.$"),
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
    with pytest.raises(SchemaError, match=r"^Choose at least one column\.$"):
        CLUB.select([])
    with pytest.raises(SchemaError, match="“colour”"):
        CLUB.select(["colour"])


def test_a_part_keeps_the_name_and_the_constraints_of_its_columns() -> None:
    inside, across = Constraint("order", ("age", "fee")), Constraint("order", ("age", "city"))
    schema = Schema(CLUB.columns, "club", (inside, across))
    part = schema.select(["age", "fee"]).selected
    assert (part.name, part.constraints) == ("club", (inside,))
    assert schema.select(["age", "fee"]).constraints == (inside, across)
    assert "age" in schema
    assert "colour" not in schema


def test_what_is_learned() -> None:
    assert CLUB.modelled.names == ("age", "fee", "city", "active", "joined", "country")
    assert CLUB.select(["member", "fee"]).modelled.names == ("fee",)


def test_overrides_are_marked() -> None:
    schema = CLUB.override("age", kind=Kind.CATEGORICAL, number=None)
    assert (schema["age"].kind, schema["age"].chosen, schema["age"].confidence) == (Kind.CATEGORICAL, True, 1.0)
    assert schema["age"].reason == "chosen by you"
    assert CLUB["age"].kind is Kind.INTEGER
    assert [c for c in schema if c.name != "age"] == [c for c in CLUB if c.name != "age"]
    unsure = Schema((Column("a", Kind.TEXT, confidence=0.2),)).override("a", kind=Kind.CATEGORICAL)
    assert unsure["a"].confidence == 1.0
    with pytest.raises(SchemaError, match="“colour”"):
        CLUB.override("colour", kind=Kind.TEXT)
