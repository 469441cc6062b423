"""The certificate of a download on the compare page."""

from __future__ import annotations

from collections.abc import Callable

import streamlit as st
from streamlit.testing.v1 import AppTest

from engine.certificate import What
from engine.table.formulas import NEUTRALISE
from pages.ui import cached, certified
from pages.ui.datasets import Dataset
from tests.engine.tables import CLUB

Open = Callable[..., AppTest]
Finished = Callable[..., str]


def test_a_download_is_checked_when_it_is_asked_for(open_app: Open, table: Dataset, finished: Finished) -> None:
    app = open_app(table, finished(), "compare")
    assert not [frame for frame in app.dataframe if "Passed" in frame.value]
    app.button(key="certify").click().run()
    assert not app.exception
    checks = next(frame.value for frame in app.dataframe if "Passed" in frame.value)
    assert checks["Passed"].all()
    assert set(CLUB.names) <= set(checks["Column"])
    assert "checks passed" in app.success[0].value


def test_what_fails_stands_first(open_app: Open, table: Dataset, finished: Finished) -> None:
    """Asked for gaps throughout, the twin has more of them than the real table."""
    run = finished(rows=50, given=("city=",))
    app = open_app(table, run, "compare")
    app.button(key="certify").click().run()
    checks = next(frame.value for frame in app.dataframe if "Passed" in frame.value)
    first = checks.iloc[0]
    assert (first["Column"], first["Check"], first["Passed"]) == ("city", "missing", False)
    assert "1 of" in app.warning[0].value


def test_a_kept_table_is_checked_against_the_real_one_while_that_is_here(finished: Finished) -> None:
    run = finished(rows=60)
    made = cached.result(run).synthetic
    found = certified.check_kept(made, CLUB, "csv", NEUTRALISE, run)
    assert found.compared
    assert {check.what for check in found.columns["age"]} >= {What.RANGE, What.MISSING}
    cached.jobs().delete(run)
    st.cache_resource.clear()
    later = certified.check_kept(made, CLUB, "csv", NEUTRALISE, run)
    assert not later.compared
    assert not later.failed
    assert later.sha256 == found.sha256
    assert {check.what for check in later.columns["age"]} == {What.TYPE, What.FORMAT}
