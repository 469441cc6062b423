"""Train: start, watch, stop, find again; what failed says what to do."""

from __future__ import annotations

import time
from collections.abc import Callable
from pathlib import Path

import psutil
from streamlit.testing.v1 import AppTest

from engine import samples
from engine.reports import Fallback
from engine.runfolder import Record, RunFolder, State
from pages.ui import cached, datasets
from pages.ui.choices import Choices
from pages.ui.datasets import Dataset
from tests.pages.conftest import text

Open = Callable[..., AppTest]
SECONDS = 90.0


def until_ended(app: AppTest) -> AppTest:
    """Look again, as the page does by itself, until the run has ended."""
    deadline = time.monotonic() + SECONDS
    while cached.jobs().status(app.query_params["run"]).state in (State.QUEUED, State.RUNNING):
        assert time.monotonic() < deadline
        time.sleep(0.1)
    return app.run()


def workers(run_id: str) -> list[psutil.Process]:
    return [p for p in psutil.process_iter(["cmdline"]) if run_id in " ".join(p.info["cmdline"] or ())]


def quick(table: Dataset) -> Dataset:
    table.save_choices(Choices(method="marginals", rows=60).to_json())
    return table


def test_without_a_table_the_page_leads_to_one(open_app: Open) -> None:
    app = open_app(page="train")
    assert not app.exception
    assert app.button(key="to-upload")


def test_a_run_goes_from_start_to_the_way_to_the_comparison(open_app: Open, table: Dataset) -> None:
    app = open_app(quick(table), page="train")
    assert table.runs() == ()
    app.button(key="start").click().run()
    assert not app.exception
    assert len(table.runs()) == 1
    assert app.query_params["run"] == table.runs()[0]
    until_ended(app)
    assert not app.exception
    assert "60 synthetic rows" in app.success[0].value
    assert app.button(key="next").label == "Compare"
    assert app.metric


def test_coming_from_the_choices_starts_one_run_only(open_app: Open, table: Dataset) -> None:
    app = open_app(quick(table), page="configure")
    app.number_input(key="rows").set_value(40).run()
    app.segmented_control(key="method-family").set_value("Standard").run()
    app.radio(key="method").set_value("marginals").run()
    app.button(key="next").click().run()
    assert not app.exception
    assert len(table.runs()) == 1
    until_ended(app)
    app.run()
    assert len(table.runs()) == 1
    assert len(cached.result(table.runs()[0]).synthetic) == 40


def test_a_run_is_found_again_after_page_switch_and_refresh(open_app: Open) -> None:
    table = datasets.add(samples.get("census").path.read_bytes(), "census.csv.gz")
    table.save_choices(Choices(method="forest").to_json())  # takes long enough to look around
    app = open_app(table, page="train")
    app.button(key="start").click().run()
    run = app.query_params["run"]
    assert app.button(key="stop")
    app.switch_page("pages/upload.py").run().switch_page("pages/train.py").run()
    assert app.query_params["run"] == run
    fresh = open_app(table, run=run, page="train")
    without_run = open_app(table, page="train")
    for found in (app, fresh, without_run):
        assert found.query_params["run"] == run
        assert found.button(key="stop")
    assert workers(run)
    fresh.button(key="stop").click().run()
    assert not fresh.exception
    assert "Stopped" in fresh.info[0].value
    assert not workers(run)
    app.run()
    assert "Stopped" in app.info[0].value


def test_a_failure_is_a_sentence_with_a_way_on(open_app: Open, table: Dataset, finished: Callable[..., str]) -> None:
    run = finished(State.FAILED, "The computer's memory was not enough.")
    app = open_app(table, run, page="train")
    assert "memory was not enough" in app.error[0].value
    app.button(key="change").click().run()
    assert not app.exception
    assert app.button(key="next").label == "Train"


def test_a_fallback_is_said(open_app: Open, table: Dataset, finished: Callable[..., str]) -> None:
    run = finished(State.FELL_BACK, "“forest” failed: too few rows. The table was made by “marginals” instead.")
    app = open_app(table, run, page="train")
    assert "“forest” failed" in app.warning[0].value
    assert app.success


def test_a_waiting_run_says_so(open_app: Open, table: Dataset, home: Path, finished: Callable[..., str]) -> None:
    run = finished(State.CANCELLED)
    folder = RunFolder(home / "runs" / run)
    folder.write_state(Record(State.QUEUED, created=time.time()))
    folder.claim()  # by another server, so that this one does not start it
    app = open_app(table, run, page="train")
    assert "Waiting for its turn" in app.progress[0].text


def under_way(home: Path, run: str, trying: str, failed: tuple[Fallback, ...] = ()) -> None:
    """Make a run look as if this very process were its worker."""
    folder = RunFolder(home / "runs" / run)
    folder.write_attempts(trying, failed)
    folder.write_state(Record(State.QUEUED, created=time.time()))
    folder.claim()


def test_a_deep_training_can_be_ended_with_the_best_so_far(
    open_app: Open, table: Dataset, home: Path, finished: Callable[..., str]
) -> None:
    run = finished(State.CANCELLED)
    under_way(home, run, "transformer")
    app = open_app(table, run, page="train")
    assert app.button(key="stop").label == "Stop"
    app.button(key="keep-best").click().run()
    assert not app.exception
    assert RunFolder(home / "runs" / run).asked_to_finish
    assert "Ending with the best so far." in text(app)
    assert not [button for button in app.button if button.key == "keep-best"]


def test_other_methods_can_only_be_stopped(
    open_app: Open, table: Dataset, home: Path, finished: Callable[..., str]
) -> None:
    run = finished(State.CANCELLED)
    under_way(home, run, "forest", (Fallback("cascade", "The computer's memory was not enough."),))
    app = open_app(table, run, page="train")
    assert app.button(key="stop")
    assert not [button for button in app.button if button.key == "keep-best"]
    assert "memory was not enough" in app.warning[0].value
    assert "Now trying" in app.warning[0].value


def test_what_is_wrong_at_the_start_is_told(open_app: Open, table: Dataset) -> None:
    table.save_choices(Choices(method="no such method").to_json())
    app = open_app(table, page="train")
    app.button(key="start").click().run()
    assert not app.exception
    assert "no method" in app.error[0].value
    assert table.runs() == ()


def test_several_runs_can_be_chosen_from(open_app: Open, table: Dataset, finished: Callable[..., str]) -> None:
    first, second = finished(), finished(rows=30)
    app = open_app(table, page="train")
    assert app.query_params["run"] == second
    assert "30 synthetic rows" in text(app)
    app.selectbox(key="run-picker").set_value(first).run()
    assert app.query_params["run"] == first
    assert "200 synthetic rows" in text(app)


def test_losses_of_the_latest_training_are_drawn(
    open_app: Open, table: Dataset, home: Path, finished: Callable[..., str]
) -> None:
    from engine.progress import Progress
    from engine.runfolder import EventWriter

    run = finished()
    writer = EventWriter(RunFolder(home / "runs" / run))
    for stage, level in (("train", 9.0), ("train again", 1.0)):
        writer(Progress(stage, 1, 3, {"validation": level}))
        writer(Progress(stage, 3, 3, {"validation": level / 2}))
    writer.close()
    app = open_app(table, run, page="train")
    assert not app.exception
    assert len(app.get("vega_lite_chart")) == 1
