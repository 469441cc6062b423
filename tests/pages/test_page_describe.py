"""Describe: a table without a real one."""

from __future__ import annotations

import io
from collections.abc import Callable
from typing import Any

import pandas as pd
import pytest
from streamlit.testing.v1 import AppTest

from engine.described.cells import EXAMPLE
from engine.table.schema import Column, Constraint, Description, Kind, Schema
from pages.ui.datasets import Dataset
from tests.pages.conftest import text

EDITOR = "describe-0"


@pytest.fixture
def page(open_app: Callable[..., AppTest]) -> AppTest:
    return open_app(page="describe")


def edit(app: AppTest, key: str = EDITOR, **changes: Any) -> AppTest:
    """As a person who edits cells, adds or deletes rows of the table of columns."""
    app.session_state[key] = {"edited_rows": {}, "added_rows": [], "deleted_rows": [], **changes}
    app.run()
    assert not app.exception, app.exception[0].message
    return app


def downloaded(app: AppTest) -> pd.DataFrame:
    return pd.read_csv(io.BytesIO(app.get("download_button")[1].proto and _csv(app)))


def _csv(app: AppTest) -> bytes:
    from engine.table.write import to_bytes
    from pages.ui import cached

    asked = app.session_state["twin-described-made"]
    return to_bytes(cached.described(*asked), Schema.loads(asked[0]), "csv")


def test_the_example_is_made_and_shown(page: AppTest) -> None:
    assert not page.exception
    page.number_input(key="describe-rows").set_value(50).run()
    page.button(key="describe-make").click().run()
    assert not page.exception
    assert "50 rows, 9 columns" in text(page)
    table = page.dataframe[-1].value
    assert list(table.columns) == list(EXAMPLE.names)
    assert table["customer"].is_unique
    assert {b.proto.label for b in page.get("download_button")} >= {"Download CSV", "Excel", "Parquet", "JSON"}
    assert downloaded(page).shape == (50, 9)


def test_a_wrong_cell_is_told_by_its_row_and_blocks(page: AppTest) -> None:
    edit(page, edited_rows={4: {"low": "99", "high": "10"}})
    assert [e.value for e in page.error] == [r"Row 5\: Column “age”\: the low bound 99 lies above the high bound 10\."]
    assert page.button(key="describe-make").disabled
    edit(page, edited_rows={4: {"low": "20", "high": "30"}})
    assert not page.error
    assert not page.button(key="describe-make").disabled


def test_rows_are_added_and_deleted(page: AppTest) -> None:
    edit(page, deleted_rows=[1, 2, 3], added_rows=[{"name": "visits", "kind": "integer", "content": "poisson"}])
    page.button(key="describe-make").click().run()
    assert not page.exception
    table = page.dataframe[-1].value
    assert list(table.columns) == ["customer", "age", "segment", "joined", "spent", "active", "visits"]
    edit(page, added_rows=[{"name": "age", "kind": "integer"}])
    assert "already" in page.error[0].value


def test_rules(page: AppTest) -> None:
    page.text_area(key="describe-rules-0").set_value("age >= 40\nage > nobody").run()
    assert len(page.error) == 1
    assert "nobody" in page.error[0].value
    page.text_area(key="describe-rules-0").set_value("age >= 40").run()
    page.button(key="describe-make").click().run()
    assert page.dataframe[-1].value["age"].astype(int).min() >= 40


def test_a_schema_is_loaded(page: AppTest) -> None:
    schema = Schema(
        (Column("a", Kind.INTEGER, description=Description(labels=("1", "2"))), Column("b", Kind.CATEGORICAL)),
        "loaded",
        (Constraint("combinations", ("a", "b"), {"values": [["1", "A"], ["2", "B"]]}),),
    )
    page.file_uploader[0].upload("schema.json", schema.dumps().encode(), "application/json").run()
    assert not page.exception
    assert "1 rule of the schema" in text(page)
    page.button(key="describe-make").click().run()
    table = page.dataframe[-1].value
    assert set(zip(table["a"], table["b"], strict=True)) == {("1", "A"), ("2", "B")}


def test_kinds_of_a_table_go_over_and_no_value(open_app: Callable[..., AppTest], table: Dataset) -> None:
    app = open_app(table, page="describe")
    app.button(key="describe-table").click().run()
    assert not app.exception
    app.button(key="describe-make").click().run()
    made = app.dataframe[-1].value
    assert list(made.columns) == ["member", "age", "fee", "city", "active", "joined", "e-mail", "country"]
    assert not set(made["city"]) & {"Amsterdam", "Utrecht", "Delft"}
    assert made["joined"].str.fullmatch(r"\d\d\.\d\d\.\d{4}").all()
