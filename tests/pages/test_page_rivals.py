"""Several runs on one table, side by side on the compare page."""

from __future__ import annotations

from collections.abc import Callable

from streamlit.testing.v1 import AppTest

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
