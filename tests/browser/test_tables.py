"""Tables of several kinds on their whole way: what comes out of the browser is read again, and looked at."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pandas as pd

from engine import samples
from engine.table.infer import infer_schema
from engine.table.read import read_table
from tests.browser.driver import Visitor
from tests.engine.customers import PERSONAL, customers

Visit = Callable[..., Visitor]


def begin(visitor: Visitor) -> None:
    """From the opened table to a training by the quickest method."""
    visitor.click("next")
    visitor.heading("Configure the twin")
    visitor.choose("method-family", "Standard")
    visitor.choose("method", "Standard statistics")
    visitor.page.get_by_text("Settings of Standard statistics").wait_for()
    visitor.settle()
    visitor.click("next")
    visitor.heading("Train the twin")


def end(visitor: Visitor, folder: Path) -> pd.DataFrame:
    """From a training that runs or has ended to the table in the downloaded file, as text."""
    visitor.trained()
    visitor.click("next")
    found = visitor.download("download-csv")
    found.save_as(folder / found.suggested_filename)
    return read_table(folder / found.suggested_filename).frame


def upload(visitor: Visitor, frame: pd.DataFrame, path: Path) -> None:
    frame.to_csv(path, index=False)
    visitor.drop(path)
    visitor.heading(path.stem)


def test_gaps_and_dates_come_back_as_they_were(visit: Visit, tmp_path: Path) -> None:
    """Listings: a date, a rate and a name are missing in some rows, the first two in the same ones."""
    visitor = visit()
    visitor.click("sample-airbnb")
    visitor.heading("airbnb")
    begin(visitor)
    twin, real = end(visitor, tmp_path), read_table(samples.get("airbnb").path).frame
    assert (twin.shape, list(twin.columns)) == (real.shape, list(real.columns))
    assert infer_schema(twin)["last_review"] == infer_schema(real)["last_review"]
    for name in real:
        assert abs(twin[name].isna().mean() - real[name].isna().mean()) < 0.01, name


def test_two_people_with_the_same_columns_train_at_once(visit: Visit, tmp_path: Path) -> None:
    """Customers of two shops, three hundred and twenty of them: no row, label or name crosses over or comes out."""
    many, few = customers(300, seed=1), customers(20, seed=2)
    few = few.assign(segment=few["segment"].map({"basic": "bronze", "plus": "silver", "gold": "silver"}))
    first, second = visit(), visit()
    upload(first, many, tmp_path / "many.csv")
    upload(second, few, tmp_path / "few.csv")
    begin(first)
    begin(second)
    own, other = end(first, tmp_path), end(second, tmp_path)
    assert (len(own), len(other)) == (300, 20)
    assert list(own.columns) == list(other.columns) == list(many.columns)
    assert set(own["segment"]) <= {"basic", "plus", "gold"}
    assert set(other["segment"]) <= {"bronze", "silver"}
    for column in ("member", *PERSONAL):  # first names of others are made up by chance
        assert not {*many[column].dropna()} & {*own[column].dropna()}, column
        assert not {*few[column].dropna()} & {*other[column].dropna()}, column
    for column in ("email", "street", "phone", "iban", "SSN"):
        assert not {*few[column].dropna()} & {*own[column].dropna()}, column
        assert not {*many[column].dropna()} & {*other[column].dropna()}, column
