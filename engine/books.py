"""The books of all runs under one root folder: what is known of each, and what became of those whose worker is gone."""

from __future__ import annotations

import logging
import re
import subprocess
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path

from engine import fallback, files, processes, rows_of_model, watching
from engine.errors import JobError
from engine.progress import Progress
from engine.reports import Fallback
from engine.run import RunRequest
from engine.runfolder import Record, RunFolder, State
from engine.stages import stages as run_stages

log = logging.getLogger(__name__)

ID = re.compile(r"[0-9a-f]{32}")
_START_SECONDS = 60.0  # a claimed run whose worker has not appeared by then never will


@dataclass(slots=True)
class _Seen:
    """What has been read of a run's progress, and what never changes about it."""

    request: RunRequest
    stages: tuple[str, ...]
    history: list[Progress] = field(default_factory=list)
    offset: int = 0


class Books:
    """Reading the folders of runs, and settling those that nobody works on any more. Safe to use from several threads.

    root: the folder of all runs, which exists.
    """

    def __init__(self, root: Path) -> None:
        self.root = root
        self._lock = threading.RLock()
        self._children: dict[str, subprocess.Popen[bytes]] = {}
        self._seen: dict[str, _Seen] = {}
        self._unwritten: dict[str, Record] = {}  # the present word on runs that a full disk would not take

    def _folder(self, run_id: str) -> RunFolder:
        folder = RunFolder(self.root / run_id)
        if not ID.fullmatch(run_id) or not (folder.path / "state.json").exists():
            raise JobError("There is no such run; it may have been deleted.")
        return folder

    def _records(self) -> list[tuple[str, Record]]:
        """Every readable run with its present state, the oldest first."""
        found = []
        with self._lock:
            for path in self.root.iterdir():
                if not ID.fullmatch(path.name):
                    continue
                try:
                    found.append((path.name, self._record(self._folder(path.name))))
                except JobError:
                    log.debug("Passing over %s, which is no readable run.", path.name)
        return sorted(found, key=lambda entry: (entry[1].created, entry[0]))

    def _record(self, folder: RunFolder) -> Record:
        """The present state of a run; one whose worker died without a word is marked as failed on the way."""
        try:
            record = folder.state()
            outcome = folder.outcome()
        except files.DAMAGED as error:
            raise JobError("The files of this run are damaged.") from error
        if record is None:
            raise JobError("There is no such run; it may have been deleted.")
        record = self._unwritten.get(folder.path.name, record)
        if record.state.ended:
            return record
        if outcome is None and not self._living(record, folder):
            outcome = folder.outcome()  # it may have spoken between the two looks
            if outcome is None:
                return self._lost(folder, record)
        if outcome is None:
            return record
        return replace(record, state=outcome.state, message=outcome.message, ended=outcome.ended)

    def _living(self, record: Record, folder: RunFolder) -> bool:
        """Whether a run without an outcome may still get one."""
        if record.state is State.RUNNING:
            return record.pid is not None and processes.alive(record.pid, folder.path)
        claimed = folder.claimed()
        return claimed is None or abs(time.time() - claimed) < _START_SECONDS

    def _lost(self, folder: RunFolder, record: Record) -> Record:
        """The state of a run whose worker is gone without a word."""
        code, stop = _exit_status(self._children.get(folder.path.name)), folder.stopped()
        if stop is None and code and fallback.speaks_of_memory(folder.last_words()):
            stop = watching.STARVED
        reason = processes.end_reason(code) if stop is None else stop.reason
        handed = not stop.final if stop is not None else code not in {None, 0, processes.DISK_FULL}
        if handed and self._hand_over(folder, reason):
            again = replace(record, state=State.QUEUED, pid=None)
            self._settle(folder, again)
            folder.begin_anew()
            return again
        log.warning("Run %s ended without an outcome (exit status %s).", folder.path.name, code)
        message = processes.end_sentence(code) if folder.trains else rows_of_model.ENDED
        message = message if stop is None else stop.sentence
        failed = replace(record, state=State.FAILED, message=message, ended=time.time())
        self._settle(folder, failed)
        return failed

    def _settle(self, folder: RunFolder, record: Record) -> None:
        """Write down how a run stands; kept in mind where the disk is full, for a stopped run must not go on."""
        try:
            folder.write_state(record)
            self._unwritten.pop(folder.path.name, None)
        except OSError:
            log.exception("The state of run %s cannot be written.", folder.path.name)
            self._unwritten[folder.path.name] = record

    def _hand_over(self, folder: RunFolder, reason: str) -> bool:
        """Whether another method is to go on where the worker was killed in training; the failed one is written down.

        The run goes back to the head of the queue: whoever watched the worker starts the next one.
        """
        trying, failed = self._attempts(folder)
        try:
            allowed = folder.request().fallback
        except files.DAMAGED:
            return False
        failed = (*failed, Fallback(trying, reason))
        left = set(fallback.after(trying)) - {f.method for f in failed}
        if not trying or not allowed or not left:
            return False
        log.warning("Run %s was killed while it trained %s.", folder.path.name, trying)
        try:
            folder.write_attempts("", failed)
        except OSError:
            log.exception("What run %s tried cannot be written.", folder.path.name)
            return False
        return True

    def _attempts(self, folder: RunFolder) -> tuple[str, tuple[Fallback, ...]]:
        try:
            return folder.attempts()
        except files.DAMAGED as error:
            raise JobError("The files of this run are damaged.") from error

    def _read_on(self, folder: RunFolder) -> _Seen:
        """The progress so far; only what is new is read."""
        run_id = folder.path.name
        try:
            if run_id not in self._seen:
                request = folder.request()
                rows = _rows(folder.path / "table.parquet")
                stages = run_stages(request, rows) if folder.trains else rows_of_model.STAGES
                self._seen[run_id] = _Seen(request, stages)
            seen = self._seen[run_id]
            new, seen.offset = folder.events(seen.offset)
        except files.DAMAGED as error:
            raise JobError("The files of this run are damaged.") from error
        seen.history.extend(new)
        return seen


@contextmanager
def sound() -> Iterator[None]:
    """Turns what damaged files cause into a sentence for the person."""
    try:
        yield
    except JobError:
        raise
    except files.DAMAGED as error:
        raise JobError("The files of this run are damaged.") from error


def _exit_status(child: subprocess.Popen[bytes] | None) -> int | None:
    """Of a worker that is gone. Not `poll`, which says nothing while the watching thread is about to fetch it."""
    if child is None:
        return None
    try:
        return child.wait(timeout=2.0)
    except subprocess.TimeoutExpired:
        return None


def _rows(path: Path) -> int:
    """Rows of a Parquet file, without reading them."""
    import pyarrow.parquet as pq

    return int(pq.ParquetFile(path).metadata.num_rows)
