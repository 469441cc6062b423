"""The race on the pages: chosen on Configure, told on Train and Compare."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from streamlit.testing.v1 import AppTest

from engine import advice
from engine.advice import Advice
from engine.generators import registry
from engine.race import RACE, running, telling
from engine.run import RunRequest
from pages.ui import cached
from pages.ui.choices import Choices
from pages.ui.datasets import Dataset
from tests.engine.race.judges import NoJudge
from tests.pages.conftest import look_at, text

Open = Callable[..., AppTest]
Finished = Callable[..., str]


def test_it_is_a_choice_like_the_others(open_app: Open, table: Dataset) -> None:
    app = open_app(table, page="configure")
    app.segmented_control(key="method-family").set_value("Race").run()
    assert not app.exception
    assert not app.error
    assert Choices.from_json(table.load_choices()).request() == RunRequest(RACE)
    assert registry.GENERATORS["forest"].info.label in text(app)
    assert "5 minutes for the race" in text(app)
    assert not app.button(key="next").disabled
    again = open_app(table, page="configure")
    assert again.segmented_control(key="method-family").value == "Race"


@pytest.fixture
def raced(finished: Finished, monkeypatch: pytest.MonkeyPatch) -> str:
    """A run with a race of one quick method and one that does not suit."""
    advised = (Advice("marginals", True, ""), Advice("forest", False, "Too few rows."))
    monkeypatch.setattr(advice, "advise", lambda *args: advised)
    monkeypatch.setattr(running, "Judge", NoJudge)
    return finished(method=RACE, release="audited")


def test_train_and_compare_tell_who_won_and_why(open_app: Open, table: Dataset, raced: str) -> None:
    app = open_app(table, raced, page="train")
    assert not app.exception
    assert any("has a mark of" in info.value for info in app.info)
    app = open_app(table, raced, page="compare")
    look_at(app, "Race")
    assert not app.exception
    shown = app.dataframe[0].value
    assert list(shown.columns) == list(telling.HEADER)
    assert shown["Method"].tolist()[:2] == [telling.FRESH, registry.GENERATORS["marginals"].info.label]
    assert "Not raced: Too few rows." in shown[telling.HEADER[-1]].tolist()
    assert cached.result(raced).figures["race"]["winner"] == "marginals"
