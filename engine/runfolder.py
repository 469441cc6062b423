"""The private folder of one run, through which the page and its worker talk.

request.json schema.json table.parquet   written once, by the page
model.zip                                only in a run that makes rows from a saved model: nothing is trained, and
                                         table.parquet holds some rows that the model made earlier
state.json                               the page's word: queued, running (with the worker's pid), cancelled, failed
claim                                    made by whoever starts a worker, so that only one does
stopped.json                             why a worker is stopped that is past a limit (see `engine.watching`)
finish                                   made by the page: end training, and go on with the best so far
progress.jsonl                           one line per event, added by the worker
outcome.json                             the worker's last word: done, fell_back, failed or cancelled
attempts.json                            the method in training, and those that failed before it (see `engine.fallback`)
result/                                  see `engine.results`; complete before outcome.json appears
worker.log                               the worker's output, tracebacks included
"""

from __future__ import annotations

import contextlib
import json
import os
import sys
import time
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from enum import StrEnum
from pathlib import Path
from typing import IO, Any

import pandas as pd

from engine import files
from engine.fallback import Attempts
from engine.progress import CancelToken, Progress
from engine.reports import Fallback
from engine.run import RunRequest
from engine.table.schema import Schema
from engine.watching import Stop

_EVENT_SECONDS = 0.1  # events within a stage are written at most this often
_LOOK_SECONDS = 0.2  # the worker looks for the page's wish at most this often


class State(StrEnum):
    QUEUED = "queued"
    RUNNING = "running"
    DONE = "done"
    FELL_BACK = "fell_back"  # done, by another method than the chosen one
    FAILED = "failed"
    CANCELLED = "cancelled"

    @property
    def ended(self) -> bool:
        return self not in {State.QUEUED, State.RUNNING}

    @property
    def has_result(self) -> bool:
        return self in {State.DONE, State.FELL_BACK}


@dataclass(frozen=True, slots=True)
class Record:
    """state.json or outcome.json. Times are seconds since 1970.

    created, owner: order the queue (see `engine.turns`); memory: bytes that the run has for itself, 0 where there is no
    limit.
    """

    state: State
    message: str = ""
    created: float = 0.0
    started: float | None = None
    ended: float | None = None
    pid: int | None = None
    owner: str = ""
    memory: int = 0

    @classmethod
    def from_json(cls, data: dict[str, Any]) -> Record:
        """Raises TypeError or ValueError for what is none."""
        record = cls(**{**data, "state": State(data["state"])})
        times = (record.created, record.started, record.ended)
        if not (isinstance(record.message, str) and isinstance(record.owner, str) and isinstance(record.memory, int)):
            raise TypeError("a record's message and owner are text, its memory is a number")
        if not all(t is None or isinstance(t, (int, float)) for t in times):
            raise TypeError("a record's times are numbers")
        if record.created is None or not (record.pid is None or type(record.pid) is int):
            raise TypeError("a record has a time of creation, and its pid is a whole number")
        return record


class RunFolder:
    """Typed access to one folder. Writes are whole or absent; reading needs no lock."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self.log = path / "worker.log"
        self.result = path / "result"
        self.model = path / "model.zip"
        self._progress = path / "progress.jsonl"

    def create(self, request: RunRequest, table: pd.DataFrame, schema: Schema, model: Path | None = None) -> None:
        """Make the folder, for this user's eyes only. It becomes a run with its first `write_state`.

        model: a saved model to make rows from, instead of training one.
        """
        self.path.mkdir(mode=0o700, parents=True)
        files.write_json(self.path / "request.json", request.to_json())
        files.write_json(self.path / "schema.json", schema.to_json())
        files.write_table(self.path / "table.parquet", table)
        if model is not None:
            files.link(model, self.model)

    @property
    def trains(self) -> bool:
        """Whether the run learns a table; else it makes rows from a saved model."""
        return not self.model.exists()

    def request(self) -> RunRequest:
        return RunRequest.from_json(files.read_json(self.path / "request.json"))

    def schema(self) -> Schema:
        return Schema.from_json(files.read_json(self.path / "schema.json"))

    def table(self) -> pd.DataFrame:
        """The real table, parsed, with the selected columns."""
        return files.read_table(self.path / "table.parquet", self.schema().selected)

    def state(self) -> Record | None:
        return self._record("state.json")

    def write_state(self, record: Record) -> None:
        files.write_json(self.path / "state.json", asdict(record))

    def outcome(self) -> Record | None:
        return self._record("outcome.json")

    def write_outcome(self, state: State, message: str = "") -> None:
        files.write_json(self.path / "outcome.json", asdict(Record(state, message, ended=time.time())))

    def claim(self) -> bool:
        """Whether the caller is the one to start this run's worker."""
        try:
            os.close(os.open(self.path / "claim", os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o600))
        except FileExistsError:
            return False
        return True

    def claimed(self) -> float | None:
        """When the run was claimed (seconds since 1970), None while it is not."""
        try:
            return (self.path / "claim").stat().st_mtime
        except OSError:
            return None

    def release(self) -> None:
        """Undo `claim`, so that another worker can be started."""
        (self.path / "claim").unlink(missing_ok=True)

    def stop_for(self, stop: Stop) -> None:
        """Leave word of why the worker is about to be stopped."""
        files.write_json(self.path / "stopped.json", stop.to_json())

    def stopped(self) -> Stop | None:
        """Why the worker was stopped; None where it was not, or nobody could say."""
        try:
            return Stop.from_json(files.read_json(self.path / "stopped.json"))
        except files.DAMAGED:
            return None

    def last_words(self) -> str:
        """The end of the worker's log: what a library says that ends its process."""
        try:
            with self.log.open("rb") as file:
                file.seek(max(self.log.stat().st_size - 2_000, 0))
                return file.read().decode("utf-8", "replace")
        except OSError:
            return ""

    def begin_anew(self) -> None:
        """Undo `claim` and `stop_for`, so that another worker can be started."""
        (self.path / "stopped.json").unlink(missing_ok=True)
        self.release()

    def attempts(self) -> tuple[str, tuple[Fallback, ...]]:
        """The method in training ("" for none), and those that failed before it."""
        try:
            data = files.read_json(self.path / "attempts.json")
        except FileNotFoundError:
            return "", ()
        return str(data["trying"]), tuple(Fallback(str(f["method"]), str(f["reason"])) for f in data["failed"])

    def write_attempts(self, trying: str, failed: Sequence[Fallback]) -> None:
        files.write_json(self.path / "attempts.json", {"trying": trying, "failed": [asdict(f) for f in failed]})

    def ask_to_finish(self) -> None:
        """Let the worker's training end with the best that it has."""
        (self.path / "finish").touch(mode=0o600)

    @property
    def asked_to_finish(self) -> bool:
        return (self.path / "finish").exists()

    def events(self, offset: int = 0) -> tuple[list[Progress], int]:
        """Whole progress lines from byte `offset` on, and where to go on next time."""
        try:
            with self._progress.open("rb") as file:
                file.seek(offset)
                body = file.read()
        except FileNotFoundError:
            return [], offset
        whole = body[: body.rfind(b"\n") + 1]
        return [Progress.from_json(json.loads(line)) for line in whole.splitlines()], offset + len(whole)

    def _record(self, name: str) -> Record | None:
        try:
            return Record.from_json(files.read_json(self.path / name))
        except FileNotFoundError:
            return None


class FolderAttempts(Attempts):
    """The worker's books of what it tries, written down so that they outlive it."""

    def __init__(self, folder: RunFolder, *, allowed: bool) -> None:
        super().__init__(folder.attempts()[1], allowed=allowed)
        self._folder = folder

    def begins(self, method: str) -> None:
        self._folder.write_attempts(method, self.failed)

    def ran_out(self) -> None:
        """Begin the run anew in the same process with an empty memory; what failed is written down and passed over.

        A framework keeps most of what it took, so that the next method would fail for want of memory as well.
        """
        self._folder.write_attempts("", self.failed)
        if os.name == "posix":
            sys.stdout.flush()
            sys.stderr.flush()
            os.execv(sys.executable, [sys.executable, *sys.orig_argv[1:]])  # this very process anew  # nosec B606

    def ends(self) -> None:
        self._folder.write_attempts("", self.failed)


class FolderToken(CancelToken):
    """The worker's ear for `ask_to_finish`. Stopping needs none: the page ends the worker."""

    def __init__(self, folder: RunFolder) -> None:
        super().__init__()
        self._folder = folder
        self._looked = -_LOOK_SECONDS

    @property
    def finishing(self) -> bool:
        now = time.monotonic()
        if not self._finishing and now - self._looked >= _LOOK_SECONDS:
            self._looked = now
            self._finishing = self._folder.asked_to_finish
        return self._finishing


class EventWriter:
    """A progress listener that adds lines to a run's progress.jsonl.

    Events that open or close a stage are always written; those between at most every tenth of a second, and as often
    those with losses, which would else be crowded out by the batches before them.
    """

    def __init__(self, folder: RunFolder) -> None:
        self._path = folder.path / "progress.jsonl"
        self._file: IO[bytes] | None = None
        self._stage = ""
        self._written = 0.0
        self._losses = 0.0

    def __call__(self, event: Progress) -> None:
        now = time.monotonic()
        telling = event.stage != self._stage or (event.total > 0 and event.step >= event.total)
        telling = telling or (bool(event.losses) and now - self._losses >= _EVENT_SECONDS)
        if not telling and now - self._written < _EVENT_SECONDS:
            return
        self._stage, self._written = event.stage, now
        if event.losses:
            self._losses = now
        if self._file is None:
            self._file = self._path.open("ab", buffering=0)
        self._add(self._file, json.dumps(event.to_json(), ensure_ascii=False).encode() + b"\n")

    @staticmethod
    def _add(file: IO[bytes], line: bytes) -> None:
        """A whole line or nothing: on a full disk the training goes on untold."""
        before = os.fstat(file.fileno()).st_size
        with contextlib.suppress(OSError):
            if file.write(line) == len(line):
                return
        file.truncate(before)

    def close(self) -> None:
        if self._file is not None:
            with contextlib.suppress(OSError):
                self._file.close()
