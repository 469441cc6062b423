"""Worker, server and library killed at any point: each run ends in one state, nothing half done is taken for whole."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from contextlib import suppress
from pathlib import Path

import pytest

from engine import clock, worker
from engine.errors import JobError, LibraryError
from engine.jobs import Jobs, State
from engine.library import index
from engine.library.settings import LibrarySettings
from engine.library.store import Library
from engine.limits import Limits
from engine.run import RunRequest
from engine.runfolder import Record, RunFolder
from engine.stages import stages
from tests.engine.library.conftest import draft
from tests.engine.tables import CLUB, club
from tests.faults.conftest import BARE
from tests.faults.disk import every_point, full

ROOT = Path(__file__).resolve().parents[2]
QUICK = RunRequest("marginals", rows=20)
NOBODY = 2**22 + 1  # larger than any pid


def left(root: Path, number: int, request: RunRequest = BARE, pid: int = NOBODY) -> RunFolder:
    """A run whose worker is at work, as its server has stored it."""
    folder = RunFolder(root / f"{number:032x}")
    folder.create(request, CLUB.parse(club()), CLUB)
    folder.claim()
    folder.write_state(Record(State.RUNNING, created=1.0, started=1.0, pid=pid))
    return folder


@pytest.mark.skipif(not hasattr(os, "fork"), reason="needs POSIX processes")
def test_a_worker_that_is_killed_in_any_stage_has_failed(tmp_path: Path) -> None:
    every = stages(QUICK, len(club()))
    folders = [left(tmp_path, number, QUICK) for number in range(len(every))]
    arguments = [part for folder, stage in zip(folders, every, strict=True) for part in (str(folder.path), stage)]
    command = [sys.executable, "-m", "tests.faults.dying_workers", *arguments]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=True)
    assert done.stdout.split() == [str(-signal.SIGKILL)] * len(every), done.stderr
    jobs = Jobs(tmp_path, Limits())
    for folder, stage in zip(folders, every, strict=True):
        status = jobs.status(folder.path.name)
        assert status.state is State.FAILED, stage
        assert "restarted" in status.message
        assert status.progress is not None
        assert status.progress.stage == stage
        with pytest.raises(JobError, match="no result"):
            jobs.result(folder.path.name)
    assert jobs.sweep(-1) == len(every)
    assert not list(tmp_path.iterdir())


@pytest.mark.usefixtures("at_once")
def test_a_worker_that_is_killed_at_any_operation_has_failed_or_is_done(tmp_path: Path) -> None:
    """A result is there from the moment on at which the last word is, and then it is whole."""
    jobs = Jobs(tmp_path, Limits())
    folder = left(tmp_path, 1)
    seen = []

    def work() -> None:
        with suppress(OSError):  # not a word gets out after the kill
            worker._tell(folder, *worker.run(folder))

    def look(after: int) -> None:
        status = jobs.status(folder.path.name)
        seen.append(status.state)
        if status.state.has_result:
            assert len(jobs.result(folder.path.name).synthetic) == 20, after
        else:
            assert status.state is State.FAILED, after
        jobs.delete(folder.path.name)
        assert not folder.path.exists()
        left(tmp_path, 1)

    every_point(folder.path, work, look, still=True)
    assert seen[0] is State.FAILED
    assert jobs.status(folder.path.name).state is State.DONE


def test_a_server_that_is_killed_while_it_stores_a_run(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(Jobs, "_pump", lambda self: None)  # no worker: only what is stored is looked at

    def start() -> None:
        with suppress(JobError):
            Jobs(tmp_path, Limits()).start(BARE, club(), CLUB)

    def look(after: int) -> None:
        again = Jobs(tmp_path, Limits())
        assert again.ids() == (), after
        assert again.sweep(3600) == 0  # it may be another server's, which is at it just now
        halves = list(tmp_path.iterdir())
        for half in halves:
            os.utime(half, (0, 0))
        assert again.sweep(3600) == len(halves), after
        assert not list(tmp_path.iterdir())

    every_point(tmp_path, start, look, still=True)
    assert len(Jobs(tmp_path, Limits()).ids()) == 1


def test_a_library_whose_server_is_killed_while_it_saves(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    library = Library(LibrarySettings(tmp_path / "library", 10**9))
    (first,) = library.save([draft("first")])
    home = tmp_path / "library" / "local"

    def save() -> None:
        with suppress(Exception):
            library.save([draft("a"), draft("b")])

    def look(after: int) -> None:
        assert library.entries() == (first,), after
        for path in home.iterdir():
            if path.name != first.id:
                os.utime(path, (0, 0))
        library.sweep()
        assert [path.name for path in home.iterdir()] == [first.id], after

    assert every_point(home, save, look, still=True) >= 6
    assert len(library.entries()) == 3


def test_who_waits_too_long_for_another_writer_is_told(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    library = Library(LibrarySettings(tmp_path / "library", 10**9))
    (entry,) = library.save([draft()])
    monkeypatch.setattr(index, "_WAIT", 0.05)
    with library._index.writing(), pytest.raises(LibraryError, match="in use by somebody else for too long; try again"):
        library.rename(entry.id, "other", "")
    library.rename(entry.id, "other", "")
    Library(library.settings).delete(entry.id)
    with pytest.raises(LibraryError, match="not in your library"):  # the other writer was the first to delete it
        library.delete(entry.id)


def test_what_a_killed_worker_had_in_temporary_files_goes_with_its_run(tmp_path: Path) -> None:
    folder = left(tmp_path, 1)
    code = (
        "import os, sys, tempfile, pathlib; from engine import processes\n"
        "with processes.own_temporary(pathlib.Path(sys.argv[1])):\n"
        "    print(tempfile.mkdtemp(), flush=True); os.kill(os.getpid(), 9)"
    )
    done = subprocess.run(
        [sys.executable, "-c", code, str(folder.path)], cwd=ROOT, capture_output=True, text=True, check=False
    )
    made = Path(done.stdout.strip())
    assert made.exists()
    assert folder.path in made.parents
    Jobs(tmp_path, Limits()).delete(folder.path.name)
    assert not made.exists()


class TestClocks:
    """The computer's clock jumps."""

    DAY = 86_400.0

    def test_a_run_lasts_no_negative_time(self, tmp_path: Path) -> None:
        jobs = Jobs(tmp_path, Limits())
        folder = left(tmp_path, 1)
        ahead = time.time() + self.DAY
        folder.write_state(Record(State.DONE, created=ahead, started=ahead, ended=time.time()))
        assert jobs.status(folder.path.name).seconds == 0.0
        folder.write_state(Record(State.RUNNING, created=ahead, started=ahead, pid=os.getpid()))
        with full(tmp_path):  # a state that cannot be written is kept in mind
            assert jobs.status(folder.path.name).seconds == 0.0

    def test_a_jump_ahead_makes_nothing_old(self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        jobs = Jobs(tmp_path / "runs", Limits())
        folder = left(tmp_path / "runs", 1)
        folder.write_state(Record(State.FAILED, created=1.0, ended=time.time()))
        library = Library(LibrarySettings(tmp_path / "library", 10**9))
        (entry,) = library.save([draft()])
        library.delete(entry.id)
        now = time.time()
        monkeypatch.setattr(time, "time", lambda: now + 30 * self.DAY)
        assert jobs.sweep(self.DAY) == 0
        assert library.sweep() == 0
        library.restore(entry.id)
        monkeypatch.setattr(clock, "now", lambda: now + 30 * self.DAY)  # a server that was started after the jump
        assert jobs.sweep(self.DAY) == 1

    def test_after_a_jump_back_times_ahead_begin_anew(self, tmp_path: Path) -> None:
        jobs = Jobs(tmp_path, Limits())
        folder = left(tmp_path, 1)
        folder.write_state(Record(State.FAILED, created=1.0, ended=time.time() + 365 * self.DAY))
        assert jobs.sweep(self.DAY) == 0
        record = folder.state()
        assert record is not None
        assert record.ended is not None
        assert abs(record.ended - time.time()) < 60
