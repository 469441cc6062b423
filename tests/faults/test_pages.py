"""What the pages do when something is missing or broken, and that sessions see nothing of each other."""

from __future__ import annotations

import ast
import logging
import os
import secrets
import stat
import sys
import tempfile
import threading
import time
from collections.abc import Callable, Iterator
from functools import cache
from pathlib import Path
from typing import Any

import pandas as pd
import pytest
from streamlit import error_util
from streamlit.testing.v1 import AppTest

from engine import privatelog
from engine.errors import JobError, TwinError
from engine.generators import registry
from engine.library import looking
from engine.library.owners import owner_of
from engine.library.settings import FOLDER, UNDO_HOURS, LibrarySettings
from engine.library.store import Library
from engine.results import store
from engine.run import RunResult, execute
from engine.runfolder import Record, RunFolder, State
from engine.table.schema import Column, Kind, Schema
from pages.ui import cached, datasets, entrance, private, shelf
from pages.ui.choices import Choices
from pages.ui.datasets import Dataset
from tests.engine.library.conftest import draft
from tests.engine.tables import CLUB, club
from tests.faults.conftest import BARE, NEED
from tests.faults.disk import full
from tests.pages.conftest import *  # noqa: F403  the app, as a person opens it
from tests.pages.conftest import APP, csv, text

PAGES = APP.parent / "pages"


@pytest.mark.usefixtures("hidden")
def test_the_page_without_them(open_app: Callable[..., AppTest], table: Dataset) -> None:
    app = open_app(table, page="configure")
    assert not app.exception
    for family in ("Standard", "Advanced"):
        app.segmented_control(key="method-family").set_value(family).run()
        assert not app.exception
        shown = dict(zip(app.radio(key="method").options, app.radio(key="method").proto.captions, strict=True))
        for key, package in NEED.items():
            label = registry.GENERATORS[key].info.label
            if label in shown:
                assert f"Needs {package}" in shown[label]
                assert "not installed" in shown[label]
    app.radio(key="method").set_value("gan").run()
    assert not app.exception
    assert "needs torch, which is not installed on this server" in text(app)
    app.radio(key="method").set_value("vae").run()
    assert "needs tensorflow and keras" in text(app)


def test_a_full_disk_is_told_whatever_is_pressed(open_app: Callable[..., AppTest], table: Dataset) -> None:
    app = open_app(table, page="configure")
    with full(table.folder):
        app.button(key="keep-none").click().run()
        assert not app.exception
        assert "its disk is full" in plainly(app.error[0].value)
        app.number_input(key="rows").set_value(7).run()
        assert not app.exception
        assert "its disk is full" in plainly(app.error[0].value)
    app.button(key="keep-none").click().run()
    assert not app.exception
    assert not any("full" in e.value for e in app.error)


def plainly(markdown: str) -> str:
    return markdown.replace("\\", "")


# Two sessions with equal names and different data


CITIES = {"ALPHA": ("ALPHAton", "ALPHAfield", "ALPHAbury"), "BRAVO": ("BRAVOton", "BRAVOfield", "BRAVObury")}


def members(word: str) -> pd.DataFrame:
    """The club's members in cities of one's own: the same columns for everybody."""
    frame = club()
    cities = {city: CITIES[word][number % 3] for number, city in enumerate(sorted(frame["city"].dropna().unique()))}
    return frame.assign(city=frame["city"].map(cities))


def everything(app: AppTest) -> str:
    """All that a session is sent, tables and charts included."""

    def all_of(block: Any) -> Iterator[str]:
        yield str(getattr(block, "proto", ""))
        for child in getattr(block, "children", {}).values():
            yield from all_of(child)

    return "\n".join(all_of(app._tree)) + str(dict(app.query_params))


@cache
def twin(word: str) -> RunResult:
    """Made of these members."""
    return execute(BARE, members(word), CLUB)


def with_run(word: str) -> tuple[Dataset, str]:
    """A table, the same name for everybody, and a finished run on it."""
    frame = members(word)
    table = datasets.add(csv(frame), "members.csv")
    folder = RunFolder(datasets.home() / "runs" / secrets.token_hex(16))
    folder.create(BARE, CLUB.parse(frame), CLUB)
    store(twin(word), folder.result)
    folder.write_state(Record(State.DONE, created=1.0, started=1.0, ended=time.time()))
    table.add_run(folder.path.name)
    return table, folder.path.name


def test_two_sessions_see_nothing_of_each_other(open_app: Callable[..., AppTest]) -> None:
    tables = {word: with_run(word) for word in CITIES}
    sessions = {word: open_app(table) for word, (table, _) in tables.items()}
    other = {"ALPHA": "BRAVO", "BRAVO": "ALPHA"}
    shown = dict.fromkeys(CITIES, "")
    for page in ("upload", "configure", "train", "compare"):
        for word, app in sessions.items():
            app.switch_page(f"pages/{page}.py").run()
            assert not app.exception
            shown[word] += everything(app)
    for word, (table, run) in tables.items():
        assert word in shown[word]
        assert table.id in shown[word]
        assert run in shown[word]
        for secret in (other[word], tables[other[word]][0].id, tables[other[word]][1]):
            assert secret not in shown[word], (word, secret)
    assert cached.profile(tables["ALPHA"][0], CLUB) != cached.profile(tables["BRAVO"][0], CLUB)


def test_a_run_of_another_table_is_not_shown(open_app: Callable[..., AppTest]) -> None:
    """Not even where its id is known, and never by a table's content or name."""
    (table, own), (_, others) = with_run("ALPHA"), with_run("BRAVO")
    app = open_app(table, run=others, page="compare")
    assert not app.exception
    assert app.query_params["run"] == own
    assert "BRAVO" not in everything(app)
    for guess in ("members.csv", table.digest, "", f"../datasets/{table.id}", str(table.folder)):
        visitor = AppTest.from_file(str(APP), default_timeout=60)
        visitor.query_params["data"] = guess
        assert "ALPHA" not in everything(visitor.run())


# A log-in before everything


def test_where_a_log_in_is_required_nobody_gets_past_it(
    open_app: Callable[..., AppTest], table: Dataset, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv(entrance.LOGIN, "maybe")
    assert "must be “required”" in open_app(table).error[0].value
    monkeypatch.setenv(entrance.LOGIN, "required")
    assert "auth" in open_app(table).error[0].value
    monkeypatch.setattr(shelf, "claims", dict)
    monkeypatch.setattr(entrance, "find_spec", lambda name: None)
    assert "the package streamlit" in open_app(table).error[0].value
    monkeypatch.setattr(entrance, "find_spec", lambda name: name)
    app = open_app(table)
    assert app.button(key="enter")
    assert "club" not in everything(app)
    monkeypatch.setattr(shelf, "claims", lambda: {"email": "a@b.org", "email_verified": False})
    assert "no confirmed address" in text(open_app(table))
    monkeypatch.setattr(shelf, "claims", lambda: {"iss": "x", "sub": "1"})
    app = open_app(table)
    assert app.button(key="leave")
    assert "club" in everything(app)


# What lies on disk and in logs


CANARY = "Xq7CanaryZw"


def unreadable(frame: pd.DataFrame) -> str:
    """A run that fails by an error which quotes a cell and its column."""
    schema = Schema((Column(f"{CANARY} city", Kind.INTEGER),))
    folder = RunFolder(datasets.home() / "runs" / secrets.token_hex(16))
    folder.create(BARE, frame[list(schema.names)], schema)
    folder.write_state(Record(State.QUEUED, created=time.time()))
    cached.jobs()._pump()
    return folder.path.name


def test_files_are_private_and_logs_quote_nothing(
    open_app: Callable[..., AppTest], home: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    before = os.umask(0o022)
    home.chmod(0o755)  # as a mounted folder may be
    open_app()
    frame = club().rename(columns={"city": f"{CANARY} city"})
    frame[f"{CANARY} city"] = CANARY + frame[f"{CANARY} city"].astype(str)
    table = datasets.add(csv(frame), f"{CANARY}.csv")
    table.save_choices(Choices(method="marginals", rows=20, charts=False).to_json())
    app = open_app(table, page="train")
    app.button(key="start").click().run()
    (run,) = table.runs()
    failing = unreadable(frame)
    deadline = time.monotonic() + 90
    while not all(cached.jobs().status(one).state.ended for one in (run, failing)):
        assert time.monotonic() < deadline
        time.sleep(0.1)
    assert cached.jobs().status(run).state is State.DONE
    assert cached.jobs().status(failing).state is State.FAILED
    assert CANARY in cached.jobs().status(failing).message  # the person is told
    logs = {path: path.read_text() for path in home.rglob("*.log")}
    assert len(logs) == 2
    assert "Traceback" in "".join(logs.values())
    out, err = capfd.readouterr()
    assert CANARY not in "".join(logs.values()) + out + err
    modes = {path: stat.S_IMODE(path.stat().st_mode) for path in home.rglob("*")}
    assert len(modes) > 20
    assert {path: oct(mode) for path, mode in modes.items() if mode & 0o077} == {}
    assert not [path for path in modes if path.name == "tmp"]
    os.umask(before)


class Written(logging.Handler):
    """What a log says, as text."""

    said = ""

    def emit(self, record: logging.LogRecord) -> None:
        self.said += self.format(record)


def test_an_error_in_the_server_is_logged_without_what_it_says(open_app: Callable[..., AppTest]) -> None:
    open_app()
    log, last = Written(), logging.lastResort
    assert last is not None
    error_util._LOGGER.addHandler(log)
    try:
        try:
            int(CANARY)
        except ValueError as error:
            raise KeyError(CANARY) from error
    except KeyError as error:
        error_util._log_uncaught_app_exception(error)
        record = logging.LogRecord("engine", logging.ERROR, "", 0, "A run ended.", (), (KeyError, error, None))
    error_util._LOGGER.removeHandler(log)
    for said in (log.said, last.format(record)):
        assert "builtins.ValueError\n" in said
        assert "builtins.KeyError\n" in said
        assert "test_an_error_in_the_server" in said
        assert CANARY not in said


def test_an_error_that_ends_a_thread_is_told_without_what_it_says(
    monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(sys, "excepthook", sys.__excepthook__)
    monkeypatch.setattr(threading, "excepthook", threading.__excepthook__)  # as where no test looks on
    private.begin()
    thread = threading.Thread(target=int, args=(CANARY,))
    thread.start()
    thread.join()
    said = capfd.readouterr().err
    assert "builtins.ValueError\n" in said
    assert CANARY not in said


# Caches


def named(path: Path) -> str:
    """A module of the pages as callers name it: `cached` hands out what its modules have."""
    return "cached" if path.parent.name == "cached" else path.stem


def caches() -> Iterator[tuple[str, ast.FunctionDef]]:
    """Every function of the pages whose answers are kept for all sessions."""
    for path in sorted(PAGES.rglob("*.py")):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.FunctionDef) and any("cache_" in ast.unparse(d) for d in node.decorator_list):
                yield f"{named(path)}.{node.name}", node


KEYS = {"version", "run_id", "entry_id"}  # hash of the content, and ids that cannot be guessed
WHOLE = {"described.schema", "described_profile.schema"}  # all of what the answer is made of
OF_THE_SERVER = {  # know no table
    *("cached.warm_up", "cached.jobs", "cached.housekeep", "closeup.providers", "closeup.locales", "keptfiles.tidy"),
    "private.begin",
}


def test_whatever_is_kept_for_all_sessions_is_kept_by_what_cannot_be_guessed() -> None:
    found = dict(caches())
    assert len(found) > 25
    assert set(found) >= OF_THE_SERVER
    for name, function in found.items():
        names = {argument.arg for argument in (*function.args.args, *function.args.kwonlyargs)}
        hashed = {argument for argument in names if not argument.startswith("_")}
        whole = any(f"{function.name}.{argument}" in WHOLE for argument in hashed)
        assert hashed & KEYS or whole or name in OF_THE_SERVER, f"{name} is kept by {sorted(hashed)}"
        assert not (name in OF_THE_SERVER and names - {"folder"}), name


GIVEN = {  # what callers hand over as such a key; `identity`: of a run or an entry, in `formulas.draw`
    "version": {"dataset.version", "identity"},
    "entry_id": {"entry.id"},
    "run_id": {"run_id", "run", "now.id", "identity"},
}


def test_callers_hand_over_nothing_else_as_such_a_key() -> None:
    keys = {name: function.args.args[0].arg for name, function in caches() if function.args.args}
    called = []
    for path in PAGES.rglob("*.py"):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.Call) and node.args:
                name = ".".join(ast.unparse(node.func).split(".")[-2:])
                name = name if "." in name else f"{named(path)}.{name}"
                if keys.get(name) in KEYS:
                    called.append(name)
                    assert ast.unparse(node.args[0]) in GIVEN[keys[name]], (path.name, node.lineno)
    assert len(set(called)) > 25


def test_what_is_kept_for_all_sessions_is_let_go_of() -> None:
    assert (cached.TIME, cached.TABLES) == (1800.0, 3)
    for name, function in caches():
        (how,) = [ast.unparse(d) for d in function.decorator_list if "cache_" in ast.unparse(d)]
        if name not in OF_THE_SERVER:
            assert "ttl=TIME" in how.replace("cached.", ""), name
            assert "max_entries=" in how, name
            marks = {ast.unparse(d).removeprefix("cached.") for d in function.decorator_list}
            assert "kept" in marks, f"{name} is not emptied where memory is wanted"


def test_the_version_of_a_table_is_its_content() -> None:
    one, other = datasets.add(b"a,b\n1,2\n", "x.csv"), datasets.add(b"a,b\n1,3\n", "x.csv")
    same = datasets.add(b"a,b\n1,2\n", "x.csv")
    assert one.version != other.version
    assert one.version == same.version
    assert one.id != same.id
    assert len(one.id) >= 24


def test_what_is_old_goes_where_nobody_comes(table: Dataset, home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(FOLDER, str(home / "library"))
    settings = LibrarySettings(home / "library", 10**9)
    library = Library(settings, owner_of(settings.folder, "Ada"))
    (deleted,) = library.save([draft()])
    library.delete(deleted.id)
    (_, old), (fresh, new) = with_run("ALPHA"), with_run("BRAVO")
    folder = RunFolder(home / "runs" / old)
    folder.write_state(Record(State.DONE, created=1.0, started=1.0, ended=2.0))
    os.utime(table.folder, (0, 0))
    monkeypatch.setenv(UNDO_HOURS, "0")
    private.tidy()
    assert datasets.find(table.id) is None
    assert datasets.find(fresh.id) == fresh
    assert cached.jobs().ids() == (new,)
    assert not folder.path.exists()
    assert library.used() == 0
    assert not (home / "library" / library.owner / deleted.id).exists()
    assert private._tidier() is private._tidier()


def test_a_table_from_ahead_of_the_clock_begins_to_age_now(table: Dataset) -> None:
    ahead = time.time() + 365 * 86_400
    os.utime(table.folder, (ahead, ahead))
    datasets.sweep()
    assert abs(table.folder.stat().st_mtime - time.time()) < 3600


def test_a_deleted_run_is_in_no_memory() -> None:
    table, run = with_run("ALPHA")
    asked = (cached.result, cached.real, cached.summary)
    for ask in asked:
        ask(run)
    cached.delete_run(table, run)
    for ask in asked:
        with pytest.raises(JobError):
            ask(run)
    assert table.runs() == ()


def test_a_refused_upload_leaves_nothing(home: Path) -> None:
    with pytest.raises(TwinError):
        cached.take(b"", "empty.csv")
    assert not list((home / "datasets").iterdir())


def test_a_model_that_cannot_be_looked_into_is_logged_without_what_it_says(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sys, "excepthook", sys.__excepthook__)
    monkeypatch.setattr(threading, "excepthook", threading.__excepthook__)
    monkeypatch.setattr(looking, "written", lambda folder: int(CANARY))
    monkeypatch.setenv("TMPDIR", str(tmp_path))
    monkeypatch.setattr(tempfile, "tempdir", None)
    with pytest.raises(ValueError, match=CANARY):
        looking.main([str(tmp_path)])
    assert sys.excepthook is privatelog._hook


def test_a_running_server_tidies_up_by_itself_also_after_an_error(monkeypatch: pytest.MonkeyPatch) -> None:
    private._tidier.cache_clear()
    tidied, done = [], threading.Event()

    def tidy() -> None:
        tidied.append(len(tidied))
        if len(tidied) == 1:
            raise OSError("the first time")
        monkeypatch.setattr(private, "_TIDY_SECONDS", 3600.0)  # this thread lives as long as the tests do
        done.set()

    monkeypatch.setattr(private, "tidy", tidy)
    monkeypatch.setattr(private, "_TIDY_SECONDS", 0.01)
    private.begin.clear()
    private.begin()
    assert done.wait(30)
    assert tidied == [0, 1]
