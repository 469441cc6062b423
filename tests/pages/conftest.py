"""What tests of the pages share: a home of their own, the app as a person opens it, tables and finished runs."""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Iterator
from functools import cache
from pathlib import Path
from typing import Any

import pandas as pd
import pytest
from streamlit.components.v2 import manifest_scanner
from streamlit.runtime.pages_manager import PagesManager
from streamlit.testing.v1 import AppTest

from engine.results import store
from engine.run import RunRequest, RunResult, execute
from engine.runfolder import Record, RunFolder, State
from pages.ui import cached, datasets
from pages.ui.datasets import Dataset
from pages.ui.views import parts
from tests.engine.tables import CLUB, club

APP = Path(__file__).resolve().parents[2] / "streamlit_app.py"


@pytest.fixture(autouse=True)
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """A folder for tables and runs; no answer of an earlier test is kept."""
    import streamlit as st

    monkeypatch.setenv(datasets.HOME, str(tmp_path))
    st.cache_resource.clear()
    st.cache_data.clear()
    yield tmp_path
    if (tmp_path / "runs").exists():
        for run_id in cached.jobs().ids():
            cached.jobs().delete(run_id)
    st.cache_resource.clear()


@pytest.fixture(autouse=True)
def _known_server(monkeypatch: pytest.MonkeyPatch) -> None:
    """Streamlit's page tester starts a fresh server for each run; real ones take the folder for their own only once.

    (tests/browser has the first visit of a real one.)
    """
    begin = PagesManager.__init__

    def init(self: PagesManager, *args: Any, **kwargs: Any) -> None:
        begin(self, *args, **kwargs)
        PagesManager.uses_pages_directory = False

    monkeypatch.setattr(PagesManager, "__init__", init)


@pytest.fixture(scope="session", autouse=True)
def _components_are_sought_once() -> Iterator[None]:
    """Each of the page tester's fresh servers would read about all installed packages, which takes half of a test."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(manifest_scanner, "scan_component_manifests", cache(manifest_scanner.scan_component_manifests))
        yield


@pytest.fixture(scope="session", autouse=True)
def _tidy() -> Iterator[None]:
    """Streamlit's page tester leaves the removal of its folder to the end of Python, which then complains."""
    yield
    from streamlit.testing.v1 import app_test

    app_test.TMP_DIR.cleanup()


@pytest.fixture
def open_app() -> Callable[..., AppTest]:
    """The app as one session sees it, with a table (and a run) named in the address; on a page of it."""

    def opened(table: Dataset | None = None, run: str | None = None, page: str | None = None) -> AppTest:
        app = AppTest.from_file(str(APP), default_timeout=60)
        if table is not None:
            app.query_params["data"] = table.id
        if run is not None:
            app.query_params["run"] = run
        app.run()
        return app if page is None else app.switch_page(f"pages/{page}.py").run()

    return opened


def csv(frame: pd.DataFrame) -> bytes:
    return frame.to_csv(index=False).encode()


@pytest.fixture
def table() -> Dataset:
    """The club's members, as uploaded."""
    return datasets.add(csv(club()), "club.csv")


@cache
def carried_out(wanted: str) -> RunResult:
    """The run that a request, as JSON, asks for. Tests only look at what is stored of it, so that one run is enough."""
    return execute(RunRequest.from_json(json.loads(wanted)), club(), CLUB)


@pytest.fixture
def finished(table: Dataset) -> Callable[..., str]:
    """A run on the table that has ended; its id. Carried out here, so that no process is needed."""

    def run(state: State = State.DONE, message: str = "", of: Dataset | None = None, **request: object) -> str:
        wanted = RunRequest(**{"method": "marginals", **request})  # type: ignore[arg-type]
        run_id = f"{len(list(datasets.home().glob('runs/*'))):032x}"
        folder = RunFolder(datasets.home() / "runs" / run_id)
        now = time.time()
        folder.create(wanted, CLUB.parse(club()), CLUB)
        if state.has_result:
            store(carried_out(json.dumps(wanted.to_json())), folder.result)
        folder.write_state(Record(state, message, created=now, started=now, ended=now + 2))
        (of or table).add_run(run_id)
        return run_id

    return run


def text(app: AppTest) -> str:
    """Everything that the page says, in one string."""
    kinds = ("title", "header", "subheader", "markdown", "caption", "info", "warning", "error", "success")
    return "\n".join(str(element.value) for kind in kinds for element in app.get(kind))


def small_table(element: Any) -> pd.DataFrame:
    """A table of words as it is read, without the marks that keep Markdown away."""
    frame: pd.DataFrame = element.value
    return frame.rename(columns=lambda name: name.replace("\\", "")).map(lambda cell: cell.replace("\\", ""))


def offered(app: AppTest) -> list[str]:
    """The views of the part of the compare page that is open, or that part where it has one view only."""
    part = app.segmented_control(key="view-part").value
    found = [c for c in app.segmented_control if c.key == parts.KEYS[part]]
    return list(found[0].options) if found else {"Runs": ["Runs", "Race"]}.get(part, [part])


def look_at(app: AppTest, view: str) -> AppTest:
    """The compare page with this view of it open."""
    for name in app.segmented_control(key="view-part").options:
        app.segmented_control(key="view-part").set_value(name).run()
        assert not app.exception
        if view in offered(app):
            several = any(control.key == parts.KEYS[name] for control in app.segmented_control)
            return app.segmented_control(key=parts.KEYS[name]).set_value(view).run() if several else app
    raise AssertionError(f"there is no view {view}")
