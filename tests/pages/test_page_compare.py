"""Compare: figures beside their yardstick, charts, rows, and files to take away."""

from __future__ import annotations

import io
import json
import zipfile
from collections.abc import Callable
from typing import Any

import pandas as pd
import pytest
from streamlit.testing.v1 import AppTest

from engine import files
from engine.evaluation import evaluate
from engine.results import EVALUATION
from engine.runfolder import RunFolder, State
from engine.table.read import read_table
from engine.table.schema import Kind
from pages.ui import cached, datasets, downloads
from pages.ui.datasets import Dataset
from pages.ui.views import correlations, pairs
from tests.engine.tables import CLUB, club
from tests.pages.conftest import csv, look_at, text

Open = Callable[..., AppTest]
Finished = Callable[..., str]


@pytest.fixture
def app(open_app: Open, table: Dataset, finished: Finished) -> AppTest:
    return open_app(table, finished(), page="compare")


def test_without_a_table_the_page_leads_to_one(open_app: Open) -> None:
    app = open_app(page="compare")
    assert not app.exception
    assert app.button(key="to-upload")


def test_without_a_run_the_page_leads_to_training(open_app: Open, table: Dataset) -> None:
    app = open_app(table, page="compare")
    app.button(key="to-train").click().run()
    assert not app.exception
    assert app.button(key="start")


@pytest.mark.parametrize("state", [State.FAILED, State.CANCELLED])
def test_a_run_without_a_result_leads_back(open_app: Open, table: Dataset, finished: Finished, state: State) -> None:
    app = open_app(table, finished(state, "It did not work."), page="compare")
    assert not app.exception
    assert "no result" in app.info[0].value
    app.button(key="to-train").click().run()
    assert app.button(key="change")


def test_figures_stand_beside_those_of_fresh_real_rows(app: AppTest) -> None:
    assert not app.exception
    evaluation = cached.result(app.query_params["run"]).evaluation
    assert evaluation is not None
    shown = {metric.label: metric.value for metric in app.metric}
    assert shown["Overall quality"] == f"{evaluation.overall.value:.1%}"
    references = [c.value for c in app.caption if c.value.startswith("Fresh real rows:")]
    assert len(references) == len(shown)
    assert f"{evaluation.overall.reference:.1%}" in references[0]


def test_without_rows_held_out_the_page_says_so(open_app: Open, table: Dataset, finished: Finished) -> None:
    app = open_app(table, finished(holdout=0.0), page="compare")
    assert not app.exception
    assert "No yardstick" in text(app)


def test_every_column_is_drawn_large_and_small(app: AppTest) -> None:
    columns = [c.name for c in CLUB if c.modelled and c.kind is not Kind.CONSTANT]
    assert len(app.get("plotly_chart")) == 1
    small = [element.proto.body for element in app.get("html") if 'class="twin-mini"' in element.proto.body]
    assert len(small) == len(columns)
    assert len(app.selectbox(key="column").options) == len(columns)
    for name in columns:
        app.selectbox(key="column").set_value(name).run()
        assert not app.exception
        chart = json.loads(app.get("plotly_chart")[0].proto.spec)
        assert chart["layout"]["title"]["text"] == name
        assert {trace["name"] for trace in chart["data"] if trace.get("name")} == {"Real", "Synthetic"}


def test_the_name_of_a_small_chart_draws_its_column_large(app: AppTest) -> None:
    button = app.button(key="enlarge-2")
    button.click().run()
    assert not app.exception
    chosen = app.selectbox(key="column").value
    assert f"**{chosen}**" in button.label
    assert json.loads(app.get("plotly_chart")[0].proto.spec)["layout"]["title"]["text"] == chosen


def test_the_axis_can_be_logarithmic_where_values_allow_it(app: AppTest, monkeypatch: pytest.MonkeyPatch) -> None:
    app.selectbox(key="column").set_value("age").run()
    assert not [c for c in app.segmented_control if c.label == "Axis"]  # ages differ too little
    monkeypatch.setattr("engine.evaluation.binning.WIDE", 2.0)
    cached.distribution.clear()
    app.selectbox(key="column").set_value("fee").run()
    control = app.segmented_control(key="scale-fee")
    assert (control.options, control.value) == (["Linear", "Logarithmic"], "linear")
    control.set_value("log").run()
    assert not app.exception
    assert json.loads(app.get("plotly_chart")[0].proto.spec)["layout"]["xaxis"]["type"] == "log"


def test_without_charts_there_are_none_but_the_rest_is_there(
    open_app: Open, table: Dataset, finished: Finished
) -> None:
    app = open_app(table, finished(charts=False), page="compare")
    assert not app.exception
    assert "Distributions" not in app.segmented_control(key="view").options
    assert len(app.get("plotly_chart")) == 4
    assert app.metric


def test_correlations_of_both_tables_and_their_difference(app: AppTest) -> None:
    look_at(app, "Correlations")
    assert not app.exception
    titles = [json.loads(c.proto.spec)["layout"]["title"]["text"] for c in app.get("plotly_chart")]
    gaps = app.dataframe[0].value
    spread = (gaps["Real"] - gaps["Synthetic"]).abs()
    assert spread.is_monotonic_decreasing
    first, second = (app.selectbox(key=key).value for key in (pairs.FIRST, pairs.SECOND))
    assert gaps["Columns"][0] == f"{first} × {second}"
    assert titles[:3] == ["Real", "Synthetic", "Synthetic − real"]
    assert set(titles[3].split(" × ")) == {first, second}


def test_any_two_columns_are_drawn_together(app: AppTest) -> None:
    look_at(app, "Correlations")
    for first, second, forms in (
        ("age", "fee", ["Points", "Heat map"]),
        ("city", "age", ["Quantiles", "Heat map"]),
        ("city", "active", ["Heat map", "Bars"]),
    ):
        app.selectbox(key=pairs.FIRST).set_value(first)
        app.selectbox(key=pairs.SECOND).set_value(second).run()
        assert not app.exception
        (control,) = [c for c in app.segmented_control if c.key and c.key.startswith("pair-form")]
        assert control.options == forms
        control.set_value(control.options[1]).run()
        assert not app.exception
        title = json.loads(app.get("plotly_chart")[3].proto.spec)["layout"]["title"]["text"]
        assert set(title.split(" × ")) == {first, second}
    app.selectbox(key=pairs.SECOND).set_value("city").run()
    assert "two different columns" in app.info[0].value


def test_a_cell_or_a_row_that_is_clicked_chooses_its_pair(monkeypatch: pytest.MonkeyPatch) -> None:
    held: dict[str, Any] = {
        "heat": {"selection": {"points": [{"x": 2, "y": 0, "curve_number": 1}]}},
        "gaps": {"selection": {"rows": [], "cells": [(1, "Real")]}},
        "nothing": {"selection": {"points": [], "rows": []}},
    }
    monkeypatch.setattr("streamlit.session_state", held)
    correlations._of_cell("heat", ("a", "b", "c"))
    assert (held[pairs.FIRST], held[pairs.SECOND]) == ("a", "c")
    correlations._of_cell("nothing", ("a", "b", "c"))
    assert (held[pairs.FIRST], held[pairs.SECOND]) == ("a", "c")
    held |= {"heat": held["nothing"], pairs.FIRST: "b"}  # the same cell again, which takes its selection back
    correlations._of_cell("heat", ("a", "b", "c"))
    assert (held[pairs.FIRST], held[pairs.SECOND]) == ("a", "c")
    correlations._of_row([("a", "b"), ("b", "c")])
    assert (held[pairs.FIRST], held[pairs.SECOND]) == ("b", "c")


def test_what_is_missing_together(app: AppTest) -> None:
    look_at(app, "Missing values")
    assert not app.exception
    titles = [json.loads(c.proto.spec)["layout"]["title"]["text"] for c in app.get("plotly_chart")]
    assert titles[:2] == ["How much is missing", "What is missing together"]
    assert len(titles) == 5


def test_all_columns_in_one_plane(app: AppTest) -> None:
    look_at(app, "All columns at once")
    assert not app.exception
    app.segmented_control(key="projection-layout").set_value("overlaid").run()
    titles = [json.loads(c.proto.spec)["layout"]["title"]["text"] for c in app.get("plotly_chart")]
    assert titles == ["All columns at once", "Axis 1", "Axis 2"]


def test_a_number_is_drawn_over_the_dates_of_both_tables(app: AppTest) -> None:
    look_at(app, "In time")
    assert not app.exception
    titles = [json.loads(c.proto.spec)["layout"]["title"]["text"] for c in app.get("plotly_chart")]
    assert titles[0].endswith("over time")
    other = app.selectbox(key="time-column").options[-1]
    app.selectbox(key="time-column").set_value(other).run()
    assert not app.exception
    assert json.loads(app.get("plotly_chart")[0].proto.spec)["layout"]["title"]["text"] == f"{other} over time"


def test_all_figures_are_in_a_table_with_their_sentences(app: AppTest) -> None:
    look_at(app, "Figures")
    assert not app.exception
    evaluation = cached.result(app.query_params["run"]).evaluation
    assert evaluation is not None
    shown = app.dataframe[0].value
    assert list(shown["Figure"]) == [result.info.label for result in evaluation.results]
    assert list(shown["Twin"].dropna()) == [100 * r.value for r in evaluation.results if r.value is not None]


def test_the_full_figures_stand_in_the_same_table(open_app: Open, table: Dataset, finished: Finished) -> None:
    run = finished()
    found = evaluate(club(), club(seed=1), CLUB, holdout=club(seed=2), full=True, target="city")
    files.write_json(RunFolder(datasets.home() / "runs" / run).result / EVALUATION, found.to_json())
    app = open_app(table, run, page="compare")
    look_at(app, "Figures")
    assert not app.exception
    shown = app.dataframe[0].value
    assert list(shown["Figure"]) == [result.info.label for result in found.results]
    assert "Not told from unseen rows" in set(shown["Figure"])
    assert "Usefulness" in downloads._report("club", run)().decode()


def test_rows_of_both_tables_are_written_as_in_the_source(app: AppTest) -> None:
    look_at(app, "Rows")
    assert not app.exception
    real, synthetic = (frame.value for frame in app.dataframe)
    assert real["joined"].dropna().iloc[0] == club()["joined"].dropna().iloc[0]
    assert list(real.columns) == list(synthetic.columns)
    assert synthetic["joined"].dropna().str.fullmatch(r"(\d\d\.\d\d\.\d{4})?").all()


@pytest.mark.parametrize("key", downloads.TABLES)
def test_the_twin_can_be_taken_away_and_reads_back(app: AppTest, key: str) -> None:
    assert app.get_by_key(f"download-{key}")
    made = downloads._table(app.query_params["run"], key)()
    again = CLUB.parse(read_table(made, name=f"twin.{key}").frame)
    expected = cached.result(app.query_params["run"]).synthetic
    pd.testing.assert_frame_equal(again[["age", "fee", "city"]], expected[["age", "fee", "city"]])


def test_report_and_model_can_be_taken_away(app: AppTest) -> None:
    run = app.query_params["run"]
    assert app.get_by_key("download-report")
    assert app.get_by_key("download-model")
    page = downloads._report("club", run)().decode()
    assert "Overall quality" in page
    assert "club" in page
    with zipfile.ZipFile(io.BytesIO(cached.result(run).model.read_bytes())) as model:
        assert "manifest.json" in model.namelist()


def test_two_sessions_see_only_their_own(open_app: Open, table: Dataset, finished: Finished) -> None:
    """Also when one names the other's run in its address."""
    mine = finished()
    other = datasets.add(csv(pd.DataFrame({"secret": ["x", "y"] * 60})), "other.csv")
    theirs = open_app(other, run=mine, page="compare")
    assert not theirs.exception
    assert theirs.button(key="to-train")
    assert "age" not in text(theirs)
    assert theirs.query_params.get("run") != mine
    own = open_app(table, mine, page="compare")
    assert "other" not in text(own)
    assert own.get_by_key("download-csv")


def test_another_run_may_lack_what_was_looked_at(open_app: Open, table: Dataset, finished: Finished) -> None:
    """The view and the column chosen for one run are not there in the other."""
    first, second = finished(charts=False), finished()
    app = open_app(table, second, page="compare")
    app.selectbox(key="column").set_value("fee").run()
    app.selectbox(key="run-picker").set_value(first).run()
    assert not app.exception
    assert app.segmented_control(key="view").value == "Correlations"
    app.selectbox(key="run-picker").set_value(second).run()
    assert not app.exception


def test_in_a_wide_table_one_chooses_what_to_relate(app: AppTest, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("pages.ui.views.correlations.RELATED", 3)
    look_at(app, "Correlations")
    assert not app.exception
    assert len(app.multiselect(key="related").value) == 3
    app.multiselect(key="related").set_value(["age", "fee"]).run()
    heat = json.loads(app.get("plotly_chart")[0].proto.spec)
    assert heat["layout"]["xaxis"]["ticktext"] == ["age", "fee"]
    app.multiselect(key="related").set_value(["age"]).run()
    assert not app.exception
    assert "nothing to relate" in app.info[0].value
