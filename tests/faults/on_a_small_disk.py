"""`python -m tests.faults.on_a_small_disk FOLDER`: each way of saving on a real disk, with less and less room.

Prints the name of each way that held: it said that the disk is full, and left nothing half written. FOLDER: where a
disk of some hundred kilobytes is mounted, and nothing else.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pandas as pd

from engine import cli, processes, worker
from engine.errors import JobError, LibraryError, StorageError
from engine.jobs import Jobs
from engine.library import items
from engine.library.settings import LibrarySettings
from engine.library.store import Library
from engine.limits import Limits
from engine.run import RunRequest
from engine.runfolder import RunFolder
from engine.table.schema import Schema
from pages.ui import datasets
from tests.engine.library.conftest import draft
from tests.engine.tables import CLUB, club

BARE = RunRequest("marginals", rows=200, figures=False)
ROOM = (0, 4, 12, 24)  # kilobytes that are free


@contextmanager
def filled(folder: Path, room: int) -> Iterator[None]:
    """Only so many kilobytes are free."""
    junk = folder / "junk"
    with junk.open("wb", buffering=0) as file:
        free = os.statvfs(folder).f_bavail * os.statvfs(folder).f_frsize
        wanted = free - room * 1024
        file.write(bytes(wanted))
    yield
    junk.unlink()


def told(error: type[Exception], act: object, say: str = "full") -> None:
    try:
        act()  # type: ignore[operator]
    except error as said:
        if say not in str(said):
            raise AssertionError(str(said)) from said
    else:
        raise AssertionError("it succeeded")


def start(folder: Path) -> None:
    jobs = Jobs(folder / "runs", Limits())
    jobs._pump = lambda: None  # type: ignore[method-assign]
    for room in ROOM[:-1]:
        with filled(folder, room):
            told(JobError, lambda: jobs.start(BARE, club(), CLUB))
            assert not list(jobs.root.iterdir())


def work(folder: Path) -> None:
    run = RunFolder(folder / "runs" / ("0" * 32))
    run.create(BARE, CLUB.parse(club()), CLUB)
    for room in ROOM:
        with filled(folder, room):
            code = worker.main([str(run.path)])
            outcome = run.outcome()
        assert not run.result.exists()
        if outcome is None:
            assert code == processes.DISK_FULL, (code, room)
        else:
            assert outcome.message == processes.NO_ROOM, outcome
        (run.path / "outcome.json").unlink(missing_ok=True)


def keep(folder: Path, schema: Schema, table: pd.DataFrame) -> None:
    library = Library(LibrarySettings(folder / "library", 10**9))
    (first,) = library.save([draft("first", 10)])
    entry = items.dataset("second", table, schema, first.about)
    for room in ROOM[:-1]:
        with filled(folder, room):
            told(LibraryError, lambda: library.save([draft("more", 5_000), entry]))
            assert library.entries() == (first,)
        assert len(list((folder / "library" / "local").iterdir())) == 1


def upload(folder: Path) -> None:
    os.environ[datasets.HOME] = str(folder / "home")
    content = club().to_csv().encode()
    for room in ROOM[:-2]:
        with filled(folder, room):
            told(StorageError, lambda: datasets.add(content, "club.csv"))
        assert not list(folder.glob("home/datasets/*"))


def main(folder: Path) -> None:
    start(folder)
    print("start")
    work(folder)
    print("worker")
    keep(folder, CLUB, CLUB.parse(club()))
    print("library")
    upload(folder)
    print("upload")
    source = folder / "club.csv"
    club().to_csv(source, index=False)
    with filled(folder, 4):
        assert cli.main(["generate", str(source), "--out", str(folder / "twin.csv"), "--method", "marginals"]) == 2
    assert not (folder / "twin.csv").exists()
    print("command line")


if __name__ == "__main__":
    main(Path(sys.argv[1]))
