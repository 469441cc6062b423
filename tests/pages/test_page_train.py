"""Train: start, watch, stop, find again; what failed says what to do."""

from __future__ import annotations

import time
from collections.abc import Callable
from pathlib import Path

import psutil
import pytest
from streamlit.testing.v1 import AppTest

from engine import samples
from engine.jobs import Jobs, RunStatus
from engine.progress import Progress
from engine.reports import Fallback
from engine.run import RunRequest
from engine.runfolder import Record, RunFolder, State
from pages.ui import cached, datasets, live
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


@pytest.fixture
def ended(open_app: Open, table: Dataset, finished: Callable[..., str]) -> tuple[AppTest, list[str]]:
    """The page with a run looked at and one of each kind beside it; their ids, the latest last."""
    runs = [
        finished(),
        finished(State.FAILED, "The computer's memory was not enough.", fallback=False),
        finished(State.FELL_BACK, "“forest” failed: too few rows. The table was made by “marginals” instead."),
        finished(State.CANCELLED),
        finished(rows=30),
    ]
    return open_app(table, page="train"), runs


def test_other_runs_are_cards_with_what_came_of_them(ended: tuple[AppTest, list[str]]) -> None:
    app, (done, failed, other, stopped, _) = ended
    assert not app.exception
    keys = [button.key for button in app.button if button.key.startswith("again-")]
    assert keys == [f"again-{run}" for run in (stopped, other, failed, done)]  # the latest first
    assert "memory was not enough" in text(app)
    assert "Another method may take over when you allow it" in text(app)
    assert "“forest” failed" in text(app)
    comparable = {button.key for button in app.button if button.key.startswith("compare-")}
    assert comparable == {f"compare-{run}" for run in (done, other)}
    shown = [metric for metric in app.metric if metric.label == "Least alike column"]
    assert len(shown) == 2


def test_a_card_opens_its_run_and_deletes_it(ended: tuple[AppTest, list[str]], table: Dataset) -> None:
    app, (done, *_, latest) = ended
    assert app.query_params["run"] == latest
    assert "30 synthetic rows" in text(app)
    app.button(key=f"open-{done}").click().run()
    assert app.query_params["run"] == done
    assert "200 synthetic rows" in text(app)
    app.button(key=f"sure-{latest}").click().run()
    assert not app.exception
    assert latest not in table.runs()
    assert latest not in cached.jobs().ids()
    assert app.query_params["run"] == done
    app.button(key="sure-run").click().run()
    assert not app.exception
    assert done not in table.runs()
    assert app.query_params["run"] == table.runs()[-1]


def test_many_runs_come_in_pages(open_app: Open, table: Dataset, finished: Callable[..., str]) -> None:
    runs = [finished(State.CANCELLED) for _ in range(8)]
    app = open_app(table, page="train")
    assert len([b for b in app.button if b.key.startswith("again-")]) == 5
    app.get("pagination")[0].set_value(2).run()
    assert [b.key for b in app.button if b.key.startswith("again-")] == [f"again-{run}" for run in runs[1::-1]]


def test_several_methods_are_queued_at_once_and_stopped_together(
    open_app: Open, table: Dataset, monkeypatch: pytest.MonkeyPatch
) -> None:
    table.save_choices(Choices(method="marginals", rows=60, also=("copula", "forest")).to_json())
    monkeypatch.setattr(Jobs, "_pump", lambda self: None)  # all wait
    app = open_app(table, page="train")
    assert "Gaussian copula" in text(app)
    app.button(key="start").click().run()
    assert not app.exception
    runs = table.runs()
    asked = [cached.jobs().status(run).request for run in runs]
    assert [request.method for request in asked] == ["marginals", "copula", "forest"]
    assert {(request.rows, request.seed) for request in asked} == {(60, 0)}
    assert app.query_params["run"] == runs[0]
    waiting = [bar.text for bar in app.progress]
    assert "It is next" in waiting[0]
    assert "number 3 in line" in waiting[2]
    app.button(key=f"stop-{runs[1]}").click().run()
    assert [str(cached.jobs().status(run).state) for run in runs] == ["queued", "cancelled", "queued"]
    app.button(key="stop-all").click().run()
    assert not app.exception
    assert all(cached.jobs().status(run).state is State.CANCELLED for run in runs)
    assert "Stopped" in app.info[0].value


def test_a_full_line_is_told_and_the_runs_before_it_go_their_way(
    open_app: Open, table: Dataset, monkeypatch: pytest.MonkeyPatch
) -> None:
    table.save_choices(Choices(method="marginals", also=("copula", "forest")).to_json())
    monkeypatch.setattr(Jobs, "_pump", lambda self: None)
    monkeypatch.setenv("TABULAR_TWIN_MAX_WAITING_JOBS_PER_OWNER", "2")
    app = open_app(table, page="train")
    app.button(key="start").click().run()
    assert not app.exception
    assert "did not start: 2 runs of yours are waiting already" in app.error[0].value.replace("\\", "")
    assert len(table.runs()) == 2


def test_the_log_tells_each_message_once_with_its_time() -> None:
    history = (
        Progress("train", 0, 2, seconds=0.0, message="Learning."),
        Progress("train", 1, 2, seconds=3.0, message="Learning."),
        Progress("train", 2, 2, seconds=4.0, message="Best so far."),
        Progress("sample", 0, 1, seconds=0.5, message="Making rows."),
    )
    lines = live.log_lines(RunStatus("0" * 32, State.RUNNING, RunRequest(), history=history))
    assert lines == ["- `0.0 s` **Learn the table**", "- `4.0 s` Best so far\\.", "- `4.0 s` **Make rows**"]


def test_losses_of_the_latest_training_are_drawn(
    open_app: Open, table: Dataset, home: Path, finished: Callable[..., str]
) -> None:
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
