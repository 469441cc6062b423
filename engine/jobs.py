"""Runs in processes of their own: queue, live progress, stop, and finding them again.

Each run is a folder (`engine.runfolder`) and, while it runs, one worker process. Nothing of a run lives in this process
alone, so a page that was refreshed finds its run by the id, and so does a server that was restarted: a worker outlives
its server on purpose (a training of minutes is worth keeping), ends by itself when done, and its pid is only trusted
while that process still has this run's random folder name on its command line. Queued runs wait on disk and go on
when a `Jobs` of the same root comes up again.

At most `limits.max_running_jobs` run at once; the others wait in the order of their start.
"""

from __future__ import annotations

import logging
import re
import secrets
import shutil
import subprocess
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field, replace
from pathlib import Path

import pandas as pd
import psutil

from engine import clock, fallback, files, processes, results, rows_of_model, run
from engine.errors import JobError
from engine.limits import Limits
from engine.progress import Progress
from engine.reports import Fallback
from engine.results import StoredResult
from engine.run import RunRequest
from engine.runfolder import Record, RunFolder, State
from engine.table.schema import Schema

log = logging.getLogger(__name__)

_ID = re.compile(r"[0-9a-f]{32}")
_TO_COME = 60.0  # seconds by which a time may lie ahead of the clock
_START_SECONDS = 60.0  # a claimed run whose worker has not appeared by then never will


@dataclass(frozen=True, slots=True)
class RunStatus:
    """A run at one moment. Times are seconds since 1970.

    progress: the last event; history: all of them; stages: the names of the stages that the run goes through, in order;
    place: 1 for the next in the queue, None when not queued; message: for an ended run the sentence for the person;
    trying: the method in training, "" for none; failed: those that were given up before it;
    finishing: whether the training was asked to end with the best so far; trains: whether anything is trained, or rows
    are made from a saved model.
    """

    id: str
    state: State
    request: RunRequest
    message: str = ""
    created: float = 0.0
    started: float | None = None
    ended: float | None = None
    progress: Progress | None = None
    history: tuple[Progress, ...] = ()
    stages: tuple[str, ...] = ()
    place: int | None = None
    trying: str = ""
    failed: tuple[Fallback, ...] = ()
    finishing: bool = False
    trains: bool = True

    @property
    def seconds(self) -> float:
        """How long it has been running, or ran."""
        if self.started is None:
            return 0.0
        return max((time.time() if self.ended is None else self.ended) - self.started, 0.0)  # clocks are set back

    @property
    def seconds_left(self) -> float | None:
        """An estimate for the whole run, None while it cannot be told."""
        return run.seconds_left(self.stages, self.history) if self.state is State.RUNNING else None


@dataclass(slots=True)
class _Seen:
    """What has been read of a run's progress, and what never changes about it."""

    request: RunRequest
    stages: tuple[str, ...]
    history: list[Progress] = field(default_factory=list)
    offset: int = 0


class Jobs:
    """All runs under one root folder. Safe to use from several threads; one per server is enough."""

    def __init__(self, root: Path | str, limits: Limits | None = None) -> None:
        self.root = Path(root).absolute()
        self.root.mkdir(mode=0o700, parents=True, exist_ok=True)
        self.limits = limits or Limits.from_environment()
        self._lock = threading.RLock()
        self._children: dict[str, subprocess.Popen[bytes]] = {}
        self._seen: dict[str, _Seen] = {}
        self._unwritten: dict[str, Record] = {}  # the present word on runs that a full disk would not take
        self._last_created = 0.0
        self._adopt()
        self._pump()

    # What a page asks for

    def start(self, request: RunRequest, table: pd.DataFrame, schema: Schema, *, secret: bytes | None = None) -> str:
        """Queue a run on a table in any form, and start it when there is room; returns its id.

        secret: of pseudonyms; these are made here, so that neither it nor the values they replace reach the disk.
        Raises what is wrong with request or table at once, before anything is started.
        """
        request.check(schema, self.limits)
        parsed, schema = run.with_pseudonyms(schema.selected.parse(table), schema, request.seed, secret)
        return self._take(request, parsed, schema)

    def start_rows(self, request: RunRequest, model: Path, schema: Schema, preview: pd.DataFrame) -> str:
        """Queue the making of rows from a saved model; returns its id.

        request: rows, seed, given values and balance count; schema: of the model; preview: parsed rows that it made
        earlier. Raises what is wrong with the request at once; JobError when there is no such model any more.
        """
        request.check(schema, self.limits)
        return self._take(request, preview, schema, model)

    def _take(self, request: RunRequest, parsed: pd.DataFrame, schema: Schema, model: Path | None = None) -> str:
        """Store a run, put it in the queue, and start it when there is room; its id."""
        run_id = secrets.token_hex(16)
        folder = RunFolder(self.root / run_id)
        try:
            folder.create(request, parsed, schema, model)
            with self._lock:
                self._enqueue(folder)
        except OSError as error:
            shutil.rmtree(folder.path, ignore_errors=True)
            why = "its disk is full" if files.no_room(error) else error.strerror or str(error)
            raise JobError(f"The run cannot be stored on this server: {why}. Nothing was started.") from error
        self._pump()
        return run_id

    def status(self, run_id: str) -> RunStatus:
        """Raises JobError when there is no such run."""
        folder = self._folder(run_id)
        with self._lock:
            record = self._record(folder)
            seen = self._read_on(folder)
            place = self._place(run_id) if record.state is State.QUEUED else None
            history = tuple(seen.history)
            trying, failed = self._attempts(folder)
        return RunStatus(
            run_id,
            record.state,
            seen.request,
            message=record.message,
            created=record.created,
            started=record.started,
            ended=record.ended,
            progress=history[-1] if history else None,
            history=history,
            stages=seen.stages,
            place=place,
            trying=trying,
            failed=failed,
            finishing=folder.asked_to_finish,
            trains=folder.trains,
        )

    def cancel(self, run_id: str) -> bool:
        """Stop a run at once; False when it had ended already. Its worker is gone when this returns."""
        folder = self._folder(run_id)
        with self._lock:
            record = self._record(folder)
            if record.state.ended:
                return False
            self._settle(
                folder, replace(record, state=State.CANCELLED, message="Stopped on request.", ended=time.time())
            )
            if record.pid is not None:
                processes.kill(record.pid, folder.path)
        self._pump()
        return True

    def finish(self, run_id: str) -> bool:
        """Let a training that goes in steps end with the best so far, and the run go on; False when it had ended."""
        folder = self._folder(run_id)
        with self._lock:
            if self._record(folder).state.ended:
                return False
            folder.ask_to_finish()
        return True

    def result(self, run_id: str) -> StoredResult:
        """What a finished run made. Raises JobError when it has no result."""
        folder = self._folder(run_id)
        with self._lock:
            record = self._record(folder)
        if not record.state.has_result:
            raise JobError(f"This run has no result: it is {record.state}. {record.message}".strip())
        try:
            return results.load(folder.result, folder.schema())
        except files.DAMAGED as error:
            raise JobError("The result of this run is damaged; run it again.") from error

    def schema(self, run_id: str) -> Schema:
        """The schema that the run was started with."""
        with _sound():
            return self._folder(run_id).schema()

    def table(self, run_id: str) -> pd.DataFrame:
        """The real table that the run was started with: parsed, the selected columns."""
        with _sound():
            return self._folder(run_id).table()

    def delete(self, run_id: str) -> None:
        """Stop the run if need be, and remove all that it left."""
        folder = self._folder(run_id)
        self.cancel(run_id)
        with self._lock:
            shutil.rmtree(folder.path, ignore_errors=True)
            self._seen.pop(run_id, None)
            self._children.pop(run_id, None)
            self._unwritten.pop(run_id, None)

    def sweep(self, older_than: float) -> int:
        """Delete runs that ended more than `older_than` seconds ago, and as old folders that are no run; how many."""
        limit = clock.now() - older_than
        old = 0
        for run_id, record in self._records():
            if record.ended is None:
                continue
            if record.ended < limit:
                self.delete(run_id)
                old += 1
            elif record.ended > time.time() + _TO_COME:  # the clock was set back: its time begins now
                self._settle(RunFolder(self.root / run_id), replace(record, ended=time.time()))
        return old + self._clear_up(limit)

    def _clear_up(self, limit: float) -> int:
        """Remove what a crash left half stored, and damaged runs, when nobody has written there since `limit`."""
        known = set(self.ids())
        gone = 0
        for path in self.root.iterdir():
            with suppress(OSError):  # another server of the same root may do the same
                if _ID.fullmatch(path.name) and path.name not in known and path.stat().st_mtime < limit:
                    shutil.rmtree(path)
                    gone += 1
        return gone

    def ids(self) -> tuple[str, ...]:
        """All runs, the oldest first."""
        return tuple(run_id for run_id, _ in self._records())

    # The books

    def _folder(self, run_id: str) -> RunFolder:
        folder = RunFolder(self.root / run_id)
        if not _ID.fullmatch(run_id) or not (folder.path / "state.json").exists():
            raise JobError("There is no such run; it may have been deleted.")
        return folder

    def _records(self) -> list[tuple[str, Record]]:
        """Every readable run with its present state, the oldest first."""
        found = []
        with self._lock:
            for path in self.root.iterdir():
                if not _ID.fullmatch(path.name):
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
        code = _exit_status(self._children.get(folder.path.name))
        if code and code != processes.DISK_FULL and self._hand_over(folder, code):
            again = replace(record, state=State.QUEUED, pid=None)
            self._settle(folder, again)
            folder.release()
            return again
        log.warning("Run %s ended without an outcome (exit status %s).", folder.path.name, code)
        message = processes.end_sentence(code) if folder.trains else rows_of_model.ENDED
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

    def _hand_over(self, folder: RunFolder, code: int) -> bool:
        """Whether another method is to go on where the worker was killed in training; the failed one is written down.

        The run goes back to the head of the queue: whoever watched the worker starts the next one.
        """
        trying, failed = self._attempts(folder)
        try:
            allowed = folder.request().fallback
        except files.DAMAGED:
            return False
        failed = (*failed, Fallback(trying, processes.end_reason(code)))
        left = set(fallback.after(trying)) - {f.method for f in failed}
        if not trying or not allowed or not left:
            return False
        log.warning("Run %s was killed while it trained %s (exit status %s).", folder.path.name, trying, code)
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
                stages = run.stages(request, rows) if folder.trains else rows_of_model.STAGES
                self._seen[run_id] = _Seen(request, stages)
            seen = self._seen[run_id]
            new, seen.offset = folder.events(seen.offset)
        except files.DAMAGED as error:
            raise JobError("The files of this run are damaged.") from error
        seen.history.extend(new)
        return seen

    def _place(self, run_id: str) -> int:
        queued = [other for other, record in self._records() if record.state is State.QUEUED]
        return queued.index(run_id) + 1

    # The queue

    def _enqueue(self, folder: RunFolder) -> None:
        """Put a stored run at the end of the queue; no two have the same place in time."""
        self._last_created = max(time.time(), self._last_created + 1e-6)
        folder.write_state(Record(State.QUEUED, created=self._last_created))

    def _pump(self) -> None:
        """Start queued runs while there is room."""
        with self._lock:
            live = [(run_id, record) for run_id, record in self._records() if not record.state.ended]
            room = self.limits.max_running_jobs - sum(record.state is State.RUNNING for _, record in live)
            for run_id, record in live:
                if room > 0 and record.state is State.QUEUED and self._launch(run_id, record):
                    room -= 1

    def _launch(self, run_id: str, record: Record) -> bool:
        folder = RunFolder(self.root / run_id)
        if not folder.claim():
            return True  # another server of the same root is starting it, so it takes up room
        try:
            child = processes.start(folder.path, folder.log)
        except OSError as error:
            log.exception("The worker of run %s cannot be started.", run_id)
            message = f"The training process could not be started ({error.strerror or error})."
            self._settle(folder, replace(record, state=State.FAILED, message=message, ended=time.time()))
            return False
        self._settle(folder, replace(record, state=State.RUNNING, started=record.started or time.time(), pid=child.pid))
        self._children[run_id] = child
        self._watch(run_id, child.wait)
        return True

    def _adopt(self) -> None:
        """Watch the workers that an earlier server of this root left running."""
        for run_id, record in self._records():
            if record.state is State.RUNNING and record.pid is not None:
                try:
                    self._watch(run_id, psutil.Process(record.pid).wait)
                except psutil.NoSuchProcess:
                    continue

    def _watch(self, run_id: str, wait: Callable[[], object]) -> None:
        """When the worker ends, settle its run and let the next one start."""

        def watch() -> None:
            wait()
            try:
                self._pump()
            except OSError:
                log.exception("The queue could not be looked through after run %s.", run_id)

        threading.Thread(target=watch, name=f"run {run_id[:8]}", daemon=True).start()


@contextmanager
def _sound() -> Iterator[None]:
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


__all__ = ["Jobs", "RunStatus", "State"]
