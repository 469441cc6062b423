"""Compare: the verdict, what gives the twin away, and the game of real and made rows."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
from streamlit.testing.v1 import AppTest

from engine.evaluation.verdicts import Standing, sentence, standing
from pages.ui import cached, giveaway, spot, verdicts
from pages.ui.datasets import Dataset
from tests.pages.conftest import look_at, text

Open = Callable[..., AppTest]
Finished = Callable[..., str]


@pytest.fixture
def app(open_app: Open, table: Dataset, finished: Finished) -> AppTest:
    return open_app(table, finished(), page="compare")


def on(app: AppTest, view: str) -> AppTest:
    look_at(app, view)
    assert not app.exception
    return app


def test_the_verdict_comes_first_and_says_what_is_not_known(app: AppTest) -> None:
    evaluation = cached.result(app.query_params["run"]).evaluation
    assert evaluation is not None
    told = sentence(evaluation.results)
    assert "column shapes" in told
    assert told.replace(",", "\\,").replace(";", "\\;").replace(".", "\\.") in text(app)
    for label in ("Usefulness", "Privacy"):
        assert f":small[{label}]  \n:material/help: **Not known**" in text(app)
    for figure in evaluation.results:
        if figure.info.key in ("overall", "pair_trends"):
            found = standing(figure)
            assert isinstance(found, Standing)
            assert verdicts._STANDINGS[found][1] in text(app)


def test_without_rows_held_out_there_is_no_verdict(open_app: Open, table: Dataset, finished: Finished) -> None:
    run = finished(holdout=0.0)
    evaluation = cached.result(run).evaluation
    assert evaluation is not None
    assert sentence(evaluation.results) == ""
    assert not any(standing(figure) for figure in evaluation.results)
    assert not open_app(table, run, page="compare").exception


def test_what_gives_it_away_is_measured_when_asked_for(app: AppTest) -> None:
    on(app, giveaway.GIVEAWAY)
    assert not app.get("plotly_chart")
    app.button(key="giveaway-go").click().run()
    assert not app.exception
    found = cached.given_away(app.query_params["run"])
    charts = len(app.get("plotly_chart"))
    assert charts == 2 + bool(found.pairs)
    assert ("age", "fee") in {one.columns for one in found.pairs}, "fees rise with age, but not in the twin"
    app.selectbox(key="giveaway-chosen").set_value(("age", "fee")).run()
    assert not app.exception
    assert len(app.get("plotly_chart")) == charts
    assert "Together the made row is found" in text(app)
    on(app, spot.SPOT)
    app.checkbox(key="spot-0-0").check().run()
    app.button(key="spot-check").click().run()
    shown = {metric.label: metric.value for metric in app.metric}
    assert shown["Classifier"] == f"{found.auc:.1%}"


def test_a_round_is_kept_while_one_looks_elsewhere_and_counted(app: AppTest, home: Path) -> None:
    on(app, spot.SPOT)
    assert app.button(key="spot-check").disabled
    for place in (1, 4):
        app.checkbox(key=f"spot-0-{place}").check().run()
    cards = [m.value for m in app.markdown if "city" in m.value]
    app.switch_page("pages/configure.py").run()
    app.switch_page("pages/compare.py").run()
    on(app, spot.SPOT)
    assert [m.value for m in app.markdown if "city" in m.value] == cards
    assert [app.checkbox(key=f"spot-0-{place}").value for place in range(8)] == [p in (1, 4) for p in range(8)]
    app.button(key="spot-check").click().run()
    assert not app.exception
    right = sum("right" in m.value for m in app.markdown if "-badge" in m.value)
    assert f"**{right} of 8 right in this round.**" in text(app)
    assert "After one round" in text(app)
    app.button(key="spot-next").click().run()
    app.checkbox(key="spot-1-0").check().run()
    app.button(key="spot-check").click().run()
    assert "After 2 rounds" in text(app)
    assert "of 16 right" in text(app)
    app.button(key="spot-anew").click().run()
    assert "rounds" not in text(app)


def test_keys_and_personal_data_are_on_no_card(app: AppTest) -> None:
    on(app, spot.SPOT)
    cards = "\n".join(m.value for m in app.markdown if "city" in m.value)
    assert "member" not in cards
    assert "mail" not in cards
