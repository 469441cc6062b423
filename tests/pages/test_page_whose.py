"""Whose runs are in the queue: a session is one person, also after a refresh; who logged in is one everywhere."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from streamlit.testing.v1 import AppTest

from pages.ui import datasets, shelf
from pages.ui.choices import Choices
from pages.ui.datasets import Dataset
from tests.engine.tables import club
from tests.pages.conftest import csv

Open = Callable[..., AppTest]


@pytest.fixture
def owners(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """Of the runs that are started, one after another; nothing is trained."""
    found: list[str] = []

    def start(self: object, *args: object, owner: str, **how: object) -> str:
        found.append(owner)
        return f"{len(found):032x}"

    monkeypatch.setattr("engine.jobs.Jobs.start", start)
    return found


def brought(app: AppTest, sample: str) -> Dataset:
    """A table that this session brings to the server."""
    app.switch_page("pages/upload.py").run()
    if "data" in app.query_params:
        app.button(key="another").click().run()
    app.button(key=f"sample-{sample}").click().run()
    assert not app.exception
    found = datasets.find(app.query_params["data"])
    assert found is not None
    found.save_choices(Choices(method="marginals", rows=10).to_json())
    return found


def train(app: AppTest) -> None:
    app.switch_page("pages/train.py").run()
    app.button(key="start").click().run()
    assert not app.exception


def test_two_tables_of_a_session_are_one_persons(open_app: Open, owners: list[str]) -> None:
    one, other = open_app(), open_app()
    for app, sample in ((one, "penguins"), (one, "census"), (other, "penguins")):
        brought(app, sample)
        train(app)
    assert owners[0] == owners[1] != owners[2]
    assert all(owners)


def test_a_refresh_changes_nothing(open_app: Open, owners: list[str]) -> None:
    app = open_app()
    table = brought(app, "penguins")
    train(app)
    fresh = open_app(table)
    brought(fresh, "census")
    train(fresh)
    assert owners[0] == owners[1]


def test_other_ways_of_reading_keep_the_owner(table: Dataset) -> None:
    own = datasets.add(csv(club()), "club.csv", "somebody")
    datasets.read_as(own, {"header": True})
    found = datasets.find(own.id)
    assert found is not None
    assert found.owner == "somebody"


def test_who_logged_in_is_one_person_everywhere(
    open_app: Open, owners: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    who = {"is_logged_in": True, "iss": "https://accounts.example.org", "sub": "ada"}
    monkeypatch.setattr(shelf, "claims", lambda: who)
    for sub in ("ada", "ada", "grace"):
        who["sub"] = sub
        app = open_app()
        brought(app, "penguins")
        train(app)
    assert owners[0] == owners[1] != owners[2]
    assert "ada" not in owners[0]
