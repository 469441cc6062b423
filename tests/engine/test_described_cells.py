"""Descriptions as rows of an editor, and back."""

from __future__ import annotations

from typing import Any

import pytest

from engine import described
from engine.described import cells
from engine.errors import SchemaError
from engine.table.schema import Column, DateFormat, Description, Kind, NumberFormat, Schema

COLUMNS = (
    *cells.EXAMPLE,
    Column("key", Kind.IDENTIFIER, pattern="A9", description=Description(missing=0.5)),
    Column("n", Kind.INTEGER, description=Description("sequence", (5.0,), low="10")),
    Column(
        "d",
        Kind.DECIMAL,
        number=NumberFormat(3, decimal_mark=","),
        description=Description("beta", (2.0, 0.5), low="0", high="1"),
    ),
    Column("when", Kind.DATETIME, date=DateFormat("%d.%m.%Y %H:%M", "m"), description=Description(unique=True)),
    Column("odd", Kind.CATEGORICAL, description=Description(labels=("a, b", 'c: "d"', "e"), weights=(1.0, 2.5, 3.0))),
    Column("words", Kind.TEXT, locale="de_DE", description=Description(low="5", high="50")),
    Column("country", Kind.CONSTANT, value="NL"),
)


@pytest.mark.parametrize("column", described.complete(Schema(COLUMNS)), ids=lambda c: c.name)
def test_a_column_goes_there_and_back(column: Column) -> None:
    row = cells.cells_of(column)
    assert set(row) == set(cells.CELLS)
    assert cells.column_of(row, column) == column


def test_an_empty_row_but_for_name_and_kind() -> None:
    for kind in Kind:
        column = cells.column_of({"name": " c ", "kind": str(kind), "content": None, "missing": float("nan")})
        assert column.name == "c"
        assert len(described.make(Schema((column,)), 5)) == 5


def test_another_kind_leaves_the_formats_of_the_old_one() -> None:
    row = {**cells.cells_of(COLUMNS[-4]), "kind": "integer", "form": "", "unique": "True"}
    column = cells.column_of(row, COLUMNS[-4])
    assert column.date is None
    assert column.description is not None
    assert column.description.unique


@pytest.mark.parametrize(
    ("pattern", "unit"),
    [("%Y", "Y"), ("%b %Y", "M"), ("%-d/%-m/%y", "D"), ("%Y-%m-%d %H", "h"), ("%H:%M %d", "m"), ("%S.%f", "us")],
)
def test_the_resolution_of_a_pattern(pattern: str, unit: str) -> None:
    assert cells.resolution_of(pattern) == unit


@pytest.mark.parametrize(
    ("row", "why"),
    [
        ({"name": ""}, "needs a name"),
        ({"kind": "decimal", "parameters": "1, x"}, "parameters"),
        ({"kind": "decimal", "form": "many"}, "number of decimals"),
        ({"kind": "integer", "form": "9"}, "has no form"),
        ({"kind": "categorical", "labels": "a: 1, b"}, "all labels a weight"),
        ({"kind": "categorical", "labels": "a: 1, b: x"}, "must be a number"),
        ({"missing": "half"}, "share of missing"),
    ],
)
def test_what_cannot_be_read(row: dict[str, Any], why: str) -> None:
    with pytest.raises(SchemaError, match=why):
        cells.column_of({"name": "c", "kind": "text", **row})
