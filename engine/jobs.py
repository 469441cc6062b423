"""Runs in processes of their own: queue, live progress, stop, and finding them again.

Each run is a folder (`engine.runfolder`) and, while it runs, one worker process. Nothing of a run lives in this process
alone, so a page that was refreshed finds its run by the id, and so does a server that was restarted: a worker outlives
its server on purpose (a training of minutes is worth keeping), ends by itself when done, and its pid is only trusted
while that process still has this run's random folder name on its command line. Queued runs wait on disk and go on
when a `Jobs` of the same root comes up again.

At most `limits.max_running_jobs` run at once; the others wait, in an order that is fair between their owners (see
`engine.turns`). A worker past a limit of memory or time is stopped alone (see `engine.watching`).
"""

from __future__ import annotations

import logging
import secrets
import shutil
import subprocess
import threading
import time
from contextlib import suppress
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

import pandas as pd
import psutil

from engine import clock, files, processes, results, room, run, summary, turns, watching
from engine.books import ID, Books, sound
from engine.errors import JobError
from engine.limits import Limits
from engine.results import StoredResult
from engine.run import RunRequest
from engine.runfolder import Record, RunFolder, State
from engine.runstatus import RunStatus
from engine.summary import Summary
from engine.table.schema import Schema

if TYPE_CHECKING:
    from engine.facts import Facts

log = logging.getLogger(__name__)

_TO_COME = 60.0  # seconds by which a time may lie ahead of the clock


class Jobs(Books):
    """All runs under one root folder. Safe to use from several threads; one per server is enough.

    home: the folder that is held to `max_home_bytes`; the root itself unless it lies in a larger one.
    """

    def __init__(self, root: Path | str, limits: Limits | None = None, *, home: Path | None = None) -> None:
        super().__init__(Path(root).absolute())
        self._home = home or self.root
        self.root.mkdir(mode=0o700, parents=True, exist_ok=True)
        self.limits = limits or Limits.from_environment()
        self._last_created = 0.0
        self._watched: dict[str, tuple[int, int]] = {}  # running here: the worker's pid, and the memory reserved for it
        self._one_by_one = threading.Lock()  # what one run gives back is seen before another one is stopped for it
        self._adopt()
        self._pump()

    # What a page asks for

    def start(
        self,
        request: RunRequest,
        table: pd.DataFrame,
        schema: Schema,
        *,
        owner: str = "",
        secret: bytes | None = None,
        known: Facts | None = None,
    ) -> str:
        """Queue a run on a table in any form, and start it when there is room; returns its id.

        owner: who shares the server with the other owners, in turns. secret: of pseudonyms; these are made here, so
        that neither it nor the values they replace reach the disk. known: facts of the table, where they were looked
        up before; they tell the memory to reserve.
        Raises what is wrong with request or table at once, before anything is started; JobError where the line is full
        or the memory could never be enough, StorageError where there is no room on disk.
        """
        request.check(schema, self.limits)
        parsed, schema = run.with_pseudonyms(schema.selected.parse(table), schema, request.seed, secret)
        memory = turns.reserve(request, parsed, schema, self.limits, known)
        return self._take(request, parsed, schema, owner, memory)

    def start_rows(
        self, request: RunRequest, model: Path, schema: Schema, preview: pd.DataFrame, *, owner: str = ""
    ) -> str:
        """Queue the making of rows from a saved model; returns its id.

        request: rows, seed, given values and balance count; schema: of the model; preview: parsed rows that it made
        earlier; owner as of `start`. Raises what is wrong with the request at once; JobError when there is no such
        model any more, or the line is full.
        """
        request.check(schema, self.limits)
        return self._take(request, preview, schema, owner, turns.unknown(self.limits), model)

    def _take(
        self,
        request: RunRequest,
        parsed: pd.DataFrame,
        schema: Schema,
        owner: str,
        memory: int,
        model: Path | None = None,
    ) -> str:
        """Store a run, put it in the queue, and start it when there is room; its id."""
        turns.check_line(self._records(), owner, self.limits)
        room.check_disk(self._home, 0, self.limits)
        run_id = secrets.token_hex(16)
        folder = RunFolder(self.root / run_id)
        try:
            folder.create(request, parsed, schema, model)
            with self._lock:
                self._enqueue(folder, owner, memory)
        except JobError:  # the line has filled up meanwhile
            shutil.rmtree(folder.path, ignore_errors=True)
            raise
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
            place, short = self._place(run_id, record) if record.state is State.QUEUED else (None, False)
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
            short_of_memory=short,
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

    def summary(self, run_id: str) -> Summary:
        """A finished run in a few figures, without reading its tables. Raises JobError when it has no result."""
        with sound():
            return summary.load(self._folder(run_id).result)

    def schema(self, run_id: str) -> Schema:
        """The schema that the run was started with."""
        with sound():
            return self._folder(run_id).schema()

    def table(self, run_id: str) -> pd.DataFrame:
        """The real table that the run was started with: parsed, the selected columns."""
        with sound():
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
                if ID.fullmatch(path.name) and path.name not in known and path.stat().st_mtime < limit:
                    shutil.rmtree(path)
                    gone += 1
        return gone

    def ids(self) -> tuple[str, ...]:
        """All runs, the oldest first."""
        return tuple(run_id for run_id, _ in self._records())

    def _place(self, run_id: str, record: Record) -> tuple[int, bool]:
        """A queued run's place in line, and whether it is the first and waits for memory only."""
        runs = self._records()
        place = turns.in_turn(runs).index(run_id) + 1
        running = sum(other.state is State.RUNNING for _, other in runs)
        short = place == 1 and running < self.limits.max_running_jobs and not turns.fits(record, runs, self.limits)
        return place, short

    # The queue

    def _enqueue(self, folder: RunFolder, owner: str, memory: int) -> None:
        """Put a stored run at the end of its owner's line; no two have the same place in time."""
        turns.check_line(self._records(), owner, self.limits)
        self._last_created = max(time.time(), self._last_created + 1e-6)
        folder.write_state(Record(State.QUEUED, created=self._last_created, owner=owner, memory=memory))

    def _pump(self) -> None:
        """Start queued runs while there is room."""
        with self._lock:
            while (found := self._next()) is not None:
                self._launch(*found)

    def _next(self) -> tuple[str, Record] | None:
        """The run to start now, None where none waits or there is no room."""
        runs = self._records()
        busy = [run_id for run_id, record in runs if record.state is State.RUNNING or self._elsewhere(run_id, record)]
        waiting = [r for r in turns.in_turn(runs) if r not in busy and turns.may_start(r, runs, self.limits)]
        if not waiting or len(busy) >= self.limits.max_running_jobs:
            return None
        record = dict(runs)[waiting[0]]
        return (waiting[0], record) if turns.fits(record, runs, self.limits) else None

    def _elsewhere(self, run_id: str, record: Record) -> bool:
        """Whether another server of the same root is just starting a run."""
        return record.state is State.QUEUED and RunFolder(self.root / run_id).claimed() is not None

    def _launch(self, run_id: str, record: Record) -> None:
        folder = RunFolder(self.root / run_id)
        if not folder.claim():
            return  # another server was quicker
        try:
            child = processes.start(folder.path, folder.log)
        except OSError as error:
            log.exception("The worker of run %s cannot be started.", run_id)
            message = f"The training process could not be started ({error.strerror or error})."
            self._settle(folder, replace(record, state=State.FAILED, message=message, ended=time.time()))
            return
        started = replace(record, state=State.RUNNING, started=record.started or time.time(), pid=child.pid)
        self._settle(folder, started)
        self._children[run_id] = child
        self._watch(run_id, started, child)

    def _adopt(self) -> None:
        """Watch the workers that an earlier server of this root left running."""
        for run_id, record in self._records():
            if record.state is State.RUNNING and record.pid is not None:
                try:
                    self._watch(run_id, record, psutil.Process(record.pid))
                except psutil.NoSuchProcess:
                    continue

    def _watch(self, run_id: str, record: Record, worker: subprocess.Popen[bytes] | psutil.Process) -> None:
        """Stop the worker when it is past a limit; when it has ended, settle its run and let the next one start."""
        guard = watching.Guard(worker.pid, record.started or time.time(), self.limits, turns.each(self.limits))

        self._watched[run_id] = (worker.pid, record.memory)

        def watch() -> None:
            while not _gone(worker):
                with self._one_by_one:
                    stop = guard.look() or self._crowding(run_id)
                    if stop is not None:
                        self._stop(run_id, worker.pid, stop)
            self._watched.pop(run_id, None)
            try:
                self._pump()
            except OSError:
                log.exception("The queue could not be looked through after run %s.", run_id)

        threading.Thread(target=watch, name=f"run {run_id[:8]}", daemon=True).start()

    def _stop(self, run_id: str, pid: int, stop: watching.Stop) -> None:
        """Stop a run's worker. What becomes of the run is seen where it is looked at next."""
        log.warning("Run %s is stopped. %s", run_id, stop.reason)
        folder = RunFolder(self.root / run_id)
        try:
            folder.stop_for(stop)
        except OSError:
            log.exception("Why run %s is stopped cannot be written.", run_id)
        processes.kill(pid, folder.path)

    def _crowding(self, run_id: str) -> watching.Stop | None:
        """Why this run has to make way for the others: all take too much together, and it most beyond its own."""
        running = self._watched.copy()
        taken = {i: used.memory for i, (pid, _) in running.items() if (used := processes.usage(pid)) is not None}
        if run_id not in taken or sum(taken.values()) <= turns.together(self.limits):
            return None
        return watching.CROWDED if max(taken, key=lambda i: taken[i] - running[i][1]) == run_id else None


def _gone(worker: subprocess.Popen[bytes] | psutil.Process) -> bool:
    """Whether a worker has ended by the time of the next look."""
    try:
        worker.wait(watching.LOOK)
    except (subprocess.TimeoutExpired, psutil.TimeoutExpired):
        return False
    return True


__all__ = ["Jobs", "RunStatus", "State"]
