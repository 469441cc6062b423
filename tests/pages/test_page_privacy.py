"""Full figures on the configure page, and what attacks found on the compare page."""

from __future__ import annotations

import json
from collections.abc import Callable

import pytest
from streamlit.testing.v1 import AppTest

from engine.privacy import Audit, Step, Verdict
from engine.privacy.planted import SelfTest
from engine.privacy.result import Attack, Figure
from engine.results import AUDIT
from engine.runfolder import RunFolder
from pages.ui import datasets
from pages.ui.choices import Choices
from pages.ui.datasets import Dataset
from pages.ui.words import share
from tests.pages.conftest import look_at, small_table, text

Open = Callable[..., AppTest]
Finished = Callable[..., str]


def audited(step: Step) -> Audit:
    figures = {"tpr": Figure(0.06, (0.05, 0.07), 0.01), "auc": Figure(0.54, (0.52, 0.56), 0.5)}
    return Audit(
        {"train": 900, "members": 100, "controls": 100, "reference": 100, "synthetic": 900},
        Verdict(step, ("Copies were found.",), "We ran 1 attack."),
        (Attack("copies", "nearest synthetic row", figures, {}),),
        0.001,
        self_test=(SelfTest(0.02, 18, 0.0005, 0.51, 0.03, None),),
    )


@pytest.fixture
def privacy(open_app: Open, table: Dataset, finished: Finished) -> Callable[[Audit | None], AppTest]:
    """The compare page's view of privacy, for a run with this audit."""

    def opened(found: Audit | None) -> AppTest:
        run = finished()
        path = RunFolder(datasets.home() / "runs" / run).result / AUDIT
        path.write_text(json.dumps(None if found is None else found.to_json()))
        app = open_app(table, run, "compare")
        look_at(app, "Privacy")
        assert not app.exception
        return app

    return opened


def test_without_attacks_nothing_is_claimed(privacy: Callable[[Audit | None], AppTest]) -> None:
    said = text(privacy(None))
    assert "nothing is known of the risk" in said
    assert "No excess risk" not in said


def test_where_attacks_are_impossible_it_is_said_why(privacy: Callable[[Audit | None], AppTest]) -> None:
    app = privacy(Audit({}, None, not_applicable="this table has 90 rows"))
    assert "Not attacked, because this table has 90 rows" in text(app)


@pytest.mark.parametrize("step", list(Step))
def test_the_verdict_stands_with_its_reasons_and_the_meters_own_test(
    privacy: Callable[[Audit | None], AppTest], step: Step
) -> None:
    app = privacy(audited(step))
    kind = {Step.STOP: "error", Step.LOOK: "warning", Step.NOTHING: "info"}[step]
    assert [str(step).capitalize() in box.value for box in app.get(kind)] == [True]
    assert "Copies were found" in text(app)
    assert "The meter tests itself" in text(app)
    attacks = next(found for found in map(small_table, app.table) if "Attack by" in found)
    assert attacks["Attack by"].tolist() == ["nearest synthetic row", "chance alone"]
    told = [f"{share(0.06)} ({share(0.05)} to {share(0.07)})", share(0.01)]
    assert attacks["Recognised at 1% false alarms"].tolist() == told
    assert attacks["Area under the curve"].tolist() == [f"{share(0.54)} ({share(0.52)} to {share(0.56)})", share(0.5)]


def test_full_figures_are_asked_for_with_what_they_need(open_app: Open, table: Dataset) -> None:
    app = open_app(table, page="configure")
    assert Choices.from_json(table.load_choices()).request().depth == "quick"
    app.radio(key="depth").set_value("full").run()
    app.multiselect(key="guess").set_value(["city"]).run()
    app.multiselect(key="known").set_value(["age"]).run()
    app.selectbox(key="target").set_value("active").run()
    assert not app.exception
    request = Choices.from_json(table.load_choices()).request()
    assert (request.depth, request.guess, request.known, request.target) == ("full", ("city",), ("age",), "active")
    again = open_app(table, page="configure")
    assert again.multiselect(key="guess").value == ["city"]
    assert again.radio(key="depth").value == "full"
    again.radio(key="depth").set_value("quick").run()
    assert Choices.from_json(table.load_choices()).request().guess == ()


def test_dropping_rows_needs_the_measured_model(open_app: Open, table: Dataset) -> None:
    app = open_app(table, page="configure")
    app.radio(key="depth").set_value("full").run()
    assert app.toggle(key="drop-near").disabled
    app.radio(key="release").set_value("audited").run()
    app.toggle(key="drop-near").set_value(True).run()
    assert Choices.from_json(table.load_choices()).request().drop_near
