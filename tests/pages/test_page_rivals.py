"""Several runs on one table, side by side on the compare page."""

from __future__ import annotations

from collections.abc import Callable

from streamlit.testing.v1 import AppTest

from engine.run import RunRequest
from pages.ui import runs
from pages.ui.datasets import Dataset
from tests.pages.conftest import look_at

Open = Callable[..., AppTest]
Finished = Callable[..., str]


def test_one_run_has_nothing_to_be_compared_with(open_app: Open, table: Dataset, finished: Finished) -> None:
    app = open_app(table, finished(), "compare")
    assert not any("Runs" in part for part in app.segmented_control(key="view-part").options)


def test_runs_stand_side_by_side_the_best_first(open_app: Open, table: Dataset, finished: Finished) -> None:
    finished(method="marginals")
    run = finished(method="copula")
    app = open_app(table, run, "compare")
    look_at(app, "Runs")
    assert not app.exception
    ranked = next(frame.value for frame in app.dataframe if "Verdict" in frame.value)
    assert ranked[""].tolist() == ["1", "2"]
    assert len(set(ranked["Run"])) == 2
    assert ranked["Alike"].str.contains("%").all()
    assert set(ranked["Recognised"]) == {"not attacked"}
    app.multiselect(key="rivals").set_value([run]).run()
    assert "Choose two to 4 runs" in app.info[0].value


def test_runs_of_one_method_are_told_apart_by_what_was_chosen() -> None:
    requests = [
        RunRequest("copula"),
        RunRequest("copula", seed=7, rows=20),
        RunRequest("copula", seed=7, depth="full"),
        RunRequest("marginals", seed=9),
    ]
    assert runs.apart(requests) == [
        "as many rows as the table, seed 0, quick figures",
        "20 rows, seed 7, quick figures",
        "as many rows as the table, seed 7, full figures",
        "",
    ]
    wider, usual = RunRequest("vae", {"latent": 3}), RunRequest("vae")
    (first, second) = runs.apart([wider, usual])
    assert first != second
    assert first.endswith(" 3")
    assert runs.apart([usual, usual]) == ["", ""]


def test_the_titles_on_the_page_tell_them_apart(open_app: Open, table: Dataset, finished: Finished) -> None:
    finished(method="marginals", seed=3)
    run = finished(method="marginals")
    app = open_app(table, run, "compare")
    assert [option.split(",")[0] for option in app.selectbox(key="run-picker").options] == [
        "Run 2. Standard statistics (seed 0)",
        "Run 1. Standard statistics (seed 3)",
    ]
