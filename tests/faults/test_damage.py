"""State files that are empty, cut off, of other shapes or no files at all: a sentence, and everything else goes on."""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path

import pytest

from engine import results
from engine.errors import JobError, LibraryError, TwinError
from engine.jobs import Jobs
from engine.library import items
from engine.library.entries import ItemKind
from engine.library.settings import LibrarySettings
from engine.library.store import Library
from engine.limits import Limits
from engine.run import RunResult
from engine.runfolder import Record, RunFolder, State
from pages.ui import datasets
from pages.ui.choices import Choices
from tests.engine.tables import CLUB, club
from tests.faults.conftest import BARE

DEEP = "[" * 100_000 + "]" * 100_000
WRONG = ("", "{", "null", "[]", "7", '"text"', "[[1]]", '{"a": 1}', DEEP, "\x00\xff")


def other_values(data: object) -> Iterator[object]:
    """The same JSON object with one of its values of another kind, or gone."""
    if isinstance(data, dict):
        for key in data:
            yield from ({**data, key: value} for value in (None, "x", []))
            yield {k: v for k, v in data.items() if k != key}


def damages(path: Path) -> Iterator[None]:
    """Damage a file in every way, one after the other; as it was in the end."""
    whole = path.read_bytes()
    bodies = [text.encode("utf-8", "surrogateescape") for text in WRONG] + [whole[: len(whole) // 2], whole[1:]]
    if path.suffix == ".json" and path.parent.name != "result":
        bodies += [json.dumps(other).encode() for other in other_values(json.loads(whole))]
    for body in bodies:
        path.write_bytes(body)
        yield
    path.unlink()
    path.mkdir()
    yield
    path.rmdir()
    yield
    path.write_bytes(whole)


def only(error: type[TwinError], *asked: Callable[[], object]) -> None:
    """Each answers, or raises this error, whose text is for people; anything else is a bug and passes through."""
    for ask in asked:
        try:
            ask()
        except error:
            continue


@pytest.fixture
def run(tmp_path: Path, made: RunResult) -> RunFolder:
    folder = RunFolder(tmp_path / ("a" * 32))
    folder.create(BARE, CLUB.parse(club()), CLUB)
    results.store(made, folder.result)
    folder.write_attempts("", ())
    (folder.path / "progress.jsonl").write_text('{"stage": "train", "step": 1, "total": 2}\n')
    folder.write_state(Record(State.RUNNING, created=2.0, started=2.0, pid=2**22 + 1))
    folder.write_outcome(State.DONE)
    return folder


def test_files_of_a_run(tmp_path: Path, run: RunFolder) -> None:
    other = RunFolder(tmp_path / ("b" * 32))
    shutil.copytree(run.path, other.path)
    for path in sorted(p for p in run.path.rglob("*") if p.is_file() and p.suffix in {".json", ".jsonl", ".parquet"}):
        for _ in damages(path):
            jobs = Jobs(tmp_path, Limits())
            every = [jobs.status, jobs.schema, jobs.finish, jobs.cancel]
            every += [] if path.name in ("request.json", "attempts.json") else [jobs.result, jobs.table]
            only(JobError, *(partial(ask, run.path.name) for ask in every))
            assert other.path.name in jobs.ids()
            assert jobs.status(other.path.name).state is State.DONE, path
            assert jobs.sweep(10**12) == 0
        shutil.rmtree(run.path)
        shutil.copytree(other.path, run.path)


def test_a_damaged_run_goes_in_time(tmp_path: Path, run: RunFolder) -> None:
    (run.path / "state.json").write_text("{")
    assert Jobs(tmp_path, Limits()).sweep(-60) == 1
    assert not run.path.exists()


def test_files_of_a_table(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(datasets.HOME, str(tmp_path))
    table = datasets.add(b"a\n1\n", "a.csv")
    table.save_schema(CLUB)
    table.save_choices(Choices().to_json())
    table.add_run("0" * 32)
    for name in ("about", "schema", "choices", "runs"):
        for _ in damages(table.folder / f"{name}.json"):
            found = datasets.find(table.id)
            assert found is not None or name == "about"
            table.load_schema()
            assert isinstance(table.runs(), tuple)
            only(TwinError, lambda: Choices.from_json(table.load_choices()).request().check(CLUB, Limits()))
            datasets.sweep()


def test_files_of_the_library(tmp_path: Path, run: RunFolder, made: RunResult) -> None:
    library = Library(LibrarySettings(tmp_path / "library", 10**9))
    result = results.load(run.result, CLUB)
    about = items.about_run(result, CLUB, "run", "club")
    (entry,) = library.save([items.dataset("mine", result.synthetic, CLUB, about)])
    assert entry.kind is ItemKind.DATASET
    for path in sorted(library.folder(entry).iterdir()):
        for _ in damages(path):
            only(LibraryError, *(partial(ask, library, entry) for ask in (items.schema_of, items.table_of)))
            assert library.entries() == (entry,)
