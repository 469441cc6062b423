"""The switch beside the downloads: there only where it is needed, and its choice holds for files and certificate."""

from __future__ import annotations

import time
from collections.abc import Callable
from functools import cache

import numpy as np
import pandas as pd
from streamlit.testing.v1 import AppTest

from engine.results import store
from engine.run import RunRequest, RunResult, execute
from engine.runfolder import Record, RunFolder, State
from engine.table.infer import infer_schema
from pages.ui import cached, datasets
from tests.pages.conftest import csv

Open = Callable[..., AppTest]


def notes(formula: str) -> pd.DataFrame:
    rng = np.random.default_rng(0)
    return pd.DataFrame(
        {"note": rng.choice([formula, "fine", "good"], 120), "x": rng.normal(size=120).round(2)}, dtype="str"
    )


@cache
def carried_out(formula: str) -> RunResult:
    return execute(RunRequest(method="marginals"), notes(formula), infer_schema(notes(formula)))


def opened(open_app: Open, formula: str) -> tuple[AppTest, str]:
    table = datasets.add(csv(notes(formula)), "notes.csv")
    run, now = f"{7:032x}", time.time()
    folder = RunFolder(datasets.home() / "runs" / run)
    schema = infer_schema(notes(formula))
    folder.create(RunRequest(method="marginals"), schema.parse(notes(formula)), schema)
    store(carried_out(formula), folder.result)
    folder.write_state(Record(State.DONE, "", created=now, started=now, ended=now + 2))
    table.add_run(run)
    return open_app(table, run, page="compare"), run


def certified(app: AppTest) -> dict[str, bool]:
    app.button(key="certify").click().run()
    assert not app.exception
    checks = next(frame.value for frame in app.dataframe if "Passed" in frame.value)
    return dict(zip(checks["In words"], checks["Passed"], strict=True))


def test_the_switch_holds_for_certificate_and_after_another_page(open_app: Open) -> None:
    app, run = opened(open_app, "=1+1")
    key = f"formulas-switch-{run}"
    assert app.toggle(key=key).value
    said = certified(app)
    assert all(said.values())
    assert any("with an apostrophe" in sentence for sentence in said)
    app.toggle(key=key).set_value(False).run()
    said = certified(app)
    assert all(said.values())
    assert any("kept on request" in sentence for sentence in said)
    app.switch_page("pages/upload.py").run()
    app.switch_page("pages/compare.py").run()
    assert not app.toggle(key=key).value
    assert cached.certificate(run, "csv", "keep").sha256 != cached.certificate(run, "csv").sha256


def test_a_table_without_such_cells_has_no_switch(open_app: Open) -> None:
    app, _ = opened(open_app, "-1")
    assert not app.toggle
