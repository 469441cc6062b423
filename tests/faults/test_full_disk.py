"""A disk that fills up at any point of saving: the sentence says so, nothing half written is taken for whole."""

from __future__ import annotations

import re
import shutil
import subprocess
import sys
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest

from engine import processes, worker
from engine.errors import JobError, LibraryError, StorageError
from engine.jobs import Jobs, State
from engine.library import items
from engine.library.settings import LibrarySettings
from engine.library.store import Library
from engine.limits import Limits
from engine.progress import Progress
from engine.runfolder import EventWriter, Record, RunFolder
from pages.ui import datasets
from tests.engine.library.conftest import draft
from tests.engine.tables import CLUB, club
from tests.faults.conftest import BARE
from tests.faults.disk import every_point, full

FULL = re.compile("disk.* is full")


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv(datasets.HOME, str(tmp_path / "home"))
    return datasets.home()


def refused(error: type[Exception], act: Callable[[], object]) -> Callable[[], object]:
    """The act, which either succeeds or says that the disk is full."""

    def tried() -> None:
        try:
            act()
        except error as told:
            if not FULL.search(str(told)):
                raise

    return tried


def names(folder: Path) -> set[str]:
    return {str(path.relative_to(folder)) for path in folder.rglob("*")}


def test_an_upload_is_kept_whole_or_not_at_all(home: Path) -> None:
    (home / "datasets").mkdir()

    def look(after: int) -> None:
        assert names(home) == {"datasets"}, after

    assert every_point(home, refused(StorageError, lambda: datasets.add(b"a\n1\n", "a.csv")), look) >= 4
    (kept,) = (home / "datasets").iterdir()
    assert datasets.find(kept.name) is not None


def test_choices_stay_as_they_were(home: Path) -> None:
    table = datasets.add(b"a\n1\n", "a.csv")
    table.save_choices({"rows": 1})
    before = names(home)

    def look(after: int) -> None:
        assert table.load_choices() == {"rows": 1}, after
        assert names(home) == before

    every_point(home, refused(StorageError, lambda: table.save_choices({"rows": 2})), look)
    assert table.load_choices() == {"rows": 2}


def test_a_run_is_stored_whole_or_not_at_all(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    jobs = Jobs(tmp_path / "runs", Limits())
    monkeypatch.setattr(jobs, "_pump", lambda: None)  # no worker: only what is stored is looked at

    def look(after: int) -> None:
        assert jobs.ids() == (), after
        assert names(jobs.root) == set()

    every_point(jobs.root, refused(JobError, lambda: jobs.start(BARE, club(), CLUB)), look)
    assert len(jobs.ids()) == 1


@pytest.mark.usefixtures("at_once")
def test_a_worker_says_that_the_disk_is_full_wherever_it_fills_up(tmp_path: Path) -> None:
    folder = RunFolder(tmp_path / ("0" * 32))
    folder.create(BARE, CLUB.parse(club()), CLUB)
    own = names(folder.path)

    def work() -> None:
        state, message = worker.run(folder)
        assert state is (State.DONE if not message else State.FAILED)
        assert message in ("", processes.NO_ROOM)
        if message:
            assert worker._tell(folder, state, message) in (0, processes.DISK_FULL)

    def look(after: int) -> None:
        assert not folder.result.exists(), after
        assert names(folder.path) - own <= {"outcome.json", "attempts.json", "progress.jsonl"}
        (folder.path / "outcome.json").unlink(missing_ok=True)

    assert every_point(folder.path, work, look) > 10


def test_a_worker_that_cannot_even_say_so_is_understood(tmp_path: Path) -> None:
    assert processes.end_sentence(processes.DISK_FULL) == processes.NO_ROOM
    jobs = Jobs(tmp_path / "runs", Limits())
    folder = RunFolder(jobs.root / ("1" * 32))
    folder.create(BARE, CLUB.parse(club()), CLUB)
    folder.write_attempts("forest", ())  # another method could take over, but finds the same disk
    folder.write_state(Record(State.RUNNING, created=1.0, started=1.0, pid=2**22 + 1))
    ended = subprocess.Popen([sys.executable, "-c", f"raise SystemExit({processes.DISK_FULL})"])
    jobs._children[folder.path.name] = ended
    status = jobs.status(folder.path.name)
    assert (status.state, status.message) == (State.FAILED, processes.NO_ROOM)


def test_a_run_can_be_stopped_on_a_full_disk(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(processes, "start", waiting)
    jobs = Jobs(tmp_path / "runs", Limits())
    run_id = jobs.start(replace(BARE, method="forest"), club(), CLUB)
    record = RunFolder(jobs.root / run_id).state()
    assert record is not None
    assert record.pid is not None
    with full(jobs.root):
        assert jobs.cancel(run_id)
        assert not processes.alive(record.pid, jobs.root / run_id)
        assert jobs.status(run_id).state is State.CANCELLED
    assert jobs.status(run_id).state is State.CANCELLED
    jobs.delete(run_id)


def waiting(folder: Path, log: Path) -> subprocess.Popen[bytes]:
    """In a worker's place: a process that knows its run and does nothing."""
    command = [sys.executable, "-c", "import time; time.sleep(60)", str(folder)]
    return subprocess.Popen(command, start_new_session=True)


def test_progress_that_cannot_be_written_stops_no_training(tmp_path: Path) -> None:
    folder = RunFolder(tmp_path)
    events = EventWriter(folder)
    events(Progress("first", 1, 1))
    assert events._file is not None
    real = events._file

    class Half:
        """Takes half of a line, as a disk that fills up does."""

        def write(self, line: bytes) -> int:
            return real.write(line[: len(line) // 2])

        def __getattr__(self, name: str) -> object:
            return getattr(real, name)

    events._file = Half()  # type: ignore[assignment]
    events(Progress("second", 1, 1))
    events._file = real
    events(Progress("third", 1, 1))
    events.close()
    assert [event.stage for event in folder.events()[0]] == ["first", "third"]


def test_an_entry_of_the_library_is_kept_whole_or_not_at_all(tmp_path: Path) -> None:
    library = Library(LibrarySettings(tmp_path / "library", 10**9))
    (first,) = library.save([draft("first")])
    before = names(tmp_path / "library" / "local")
    table = items.dataset("second", CLUB.parse(club()), CLUB, first.about)

    def look(after: int) -> None:
        assert library.entries() == (first,), after
        assert names(tmp_path / "library" / "local") == before

    every_point(tmp_path / "library", refused(LibraryError, lambda: library.save([draft("more"), table])), look)
    assert len(library.entries()) == 3


def own_disk(folder: Path, size: str) -> list[str]:
    """The beginning of a command that has a small disk of its own at `folder`; empty where that is not allowed."""
    if sys.platform != "linux" or not shutil.which("unshare"):
        return []
    begin = ["unshare", "--user", "--map-root-user", "--mount", "sh", "-c"]
    begin += [f'mount -t tmpfs -o size={size} none "$0" && exec "$@"', str(folder)]
    tried = subprocess.run([*begin, "true"], capture_output=True, check=False)
    return begin if tried.returncode == 0 else []


def test_on_a_disk_that_is_really_full(tmp_path: Path) -> None:
    """Parquet and SQLite write past Python, so that only a real disk shows what they do."""
    begin = own_disk(tmp_path, "300k")
    if not begin:
        pytest.skip("no file system of one's own here")
    command = [*begin, sys.executable, "-m", "tests.faults.on_a_small_disk", str(tmp_path)]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    assert done.stdout.splitlines() == ["start", "worker", "library", "upload", "command line"], done.stderr
