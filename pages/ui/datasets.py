"""Uploaded tables on disk: one private folder each, under an id that cannot be guessed.

The id stands in the page's address, so that a browser refresh finds the table again, and nobody else can.

    <home>/datasets/<id>/source.bin     the bytes as uploaded
                        /about.json     name of the file, hash of its content, how it is to be read, and the session
                                        that brought it, by a random name (see `whose`)
                        /schema.json    the schema with the person's changes, once there are any
                        /choices.json   method, settings, rows, ... once chosen
                        /runs.json      ids of the runs on this table, the latest last
    <home>/runs/                        the runs, see engine.jobs
"""

from __future__ import annotations

import contextlib
import hashlib
import json
import os
import re
import secrets
import shutil
import time
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any, ClassVar

from engine import clock, files, room
from engine.errors import StorageError, TwinError
from engine.library.entries import file_stem
from engine.limits import Limits, hours
from engine.table.schema import Schema

HOME = "TABULAR_TWIN_HOME"  # environment variable: where tables and runs are kept
KEEP_HOURS = "TABULAR_TWIN_KEEP_HOURS"  # environment variable: how long after the last use
_TO_COME = 60.0  # seconds by which a time may lie ahead of the clock
_ID = re.compile(r"[A-Za-z0-9_-]{20,64}")


def home() -> Path:
    """The folder for tables and runs, made private on first use. Raises StorageError where it cannot be made."""
    folder = Path(os.environ.get(HOME) or Path(__file__).resolve().parents[2] / "runs")
    try:
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    except OSError as error:
        raise StorageError(f"The folder for tables ({HOME}) cannot be made: {error.strerror or error}.") from error
    return folder


def keep_seconds() -> float:
    """How long an unused table stays on disk; a day unless the environment says otherwise."""
    return 3600 * hours(os.environ, KEEP_HOURS, 24.0)


@dataclass(frozen=True, slots=True)
class Dataset:
    """One uploaded table."""

    id: str
    name: str  # of the file, as the person called it
    digest: str  # of the content
    folder: Path
    options: Mapping[str, Any] = field(default_factory=dict)  # of engine.table.read.ReadOptions, where prescribed
    owner: str = ""  # the session that brought it, see `pages.ui.whose`; "" where nobody knows
    scope: ClassVar[str] = ""  # before the keys of inputs for its columns, see `pages.ui.sampled`
    row_is: ClassVar[str] = "real row"
    rows_are: ClassVar[str] = "real rows"

    @property
    def version(self) -> str:
        """The same for tables that are read alike, and for no others."""
        return f"{self.digest} {self.name} {json.dumps(dict(self.options), sort_keys=True)}"

    @property
    def source(self) -> Path:
        return self.folder / "source.bin"

    @property
    def bytes(self) -> int:
        """Size of the file; 0 where it was cleared away."""
        try:
            return self.source.stat().st_size
        except OSError:
            return 0

    @property
    def title(self) -> str:
        """The name without its endings: "census.csv.gz" -> "census"."""
        return (
            re.sub(r"(\.(gz|csv|tsv|txt|parquet|pq|xlsx|xls|jsonl|ndjson|json))+$", "", self.name, flags=re.I)
            or "table"
        )

    @property
    def stem(self) -> str:
        """The title as files are called that are downloaded."""
        return file_stem(self.title)

    def load_schema(self) -> Schema | None:
        """The schema with the person's changes, or None before any. A damaged file counts as none."""
        path = self.folder / "schema.json"
        try:
            return Schema.loads(path.read_bytes()) if path.exists() else None
        except (OSError, TwinError):
            return None

    def save_schema(self, schema: Schema) -> None:
        _write(self.folder / "schema.json", schema.dumps().encode())

    def load_choices(self) -> dict[str, Any]:
        try:
            data = files.read_json(self.folder / "choices.json")
        except (OSError, ValueError):
            return {}
        return data if isinstance(data, dict) else {}

    def save_choices(self, choices: dict[str, Any]) -> None:
        _write(self.folder / "choices.json", json.dumps(choices).encode())

    def runs(self) -> tuple[str, ...]:
        """Ids of the runs that were started on this table, the latest last."""
        try:
            data = files.read_json(self.folder / "runs.json")
        except (OSError, ValueError):
            return ()
        return tuple(str(run) for run in data) if isinstance(data, list) else ()

    def add_run(self, identity: str) -> None:
        _write(self.folder / "runs.json", json.dumps([*self.runs(), identity]).encode())

    def drop_run(self, identity: str) -> None:
        """Forget a run, which was deleted."""
        _write(self.folder / "runs.json", json.dumps([run for run in self.runs() if run != identity]).encode())

    def touch(self) -> None:
        """Mark as in use, so that the sweep leaves it."""
        with contextlib.suppress(OSError):  # it was cleared away, or the disk cannot be written
            os.utime(self.folder)


def add(content: bytes, name: str, owner: str = "") -> Dataset:
    """Keep an upload under a new id. Raises StorageError, and then keeps nothing."""
    identity = secrets.token_urlsafe(18)
    folder = home() / "datasets" / identity
    dataset = Dataset(identity, name, hashlib.blake2b(content, digest_size=16).hexdigest(), folder, owner=owner)
    room.check_disk(home(), len(content), Limits.from_environment())
    try:
        with _stored():
            folder.parent.mkdir(mode=0o700, exist_ok=True)
            folder.mkdir(mode=0o700)
            _write(dataset.source, content)
            _tell_about(dataset)
    except BaseException:
        remove(dataset)
        raise
    return dataset


def read_as(dataset: Dataset, options: Mapping[str, Any]) -> None:
    """Have the table be read by other options from now on. What was chosen for its columns is forgotten."""
    _tell_about(replace(dataset, options=dict(options)))
    with _stored():
        (dataset.folder / "schema.json").unlink(missing_ok=True)


def _tell_about(dataset: Dataset) -> None:
    about = {
        "name": dataset.name,
        "digest": dataset.digest,
        "options": dict(dataset.options),
        "owner": dataset.owner,
    }
    _write(dataset.folder / "about.json", json.dumps(about).encode())


def find(identity: str) -> Dataset | None:
    """The table of an id from the address, or None when it is not (or no longer) here."""
    if not _ID.fullmatch(identity):
        return None
    folder = home() / "datasets" / identity
    try:
        about = files.read_json(folder / "about.json")
        options, owner = dict(about.get("options", {})), str(about.get("owner", ""))
        return Dataset(identity, str(about["name"]), str(about["digest"]), folder, options, owner)
    except files.DAMAGED:
        return None


def remove(dataset: Dataset) -> None:
    shutil.rmtree(dataset.folder, ignore_errors=True)


def sweep() -> None:
    """Remove tables that nobody has used for a while."""
    folder = home() / "datasets"
    if not folder.exists():
        return
    oldest = clock.now() - keep_seconds()
    for entry in folder.iterdir():
        with contextlib.suppress(OSError):  # another server of the same home may sweep, too
            used = entry.stat().st_mtime
            if used < oldest:
                shutil.rmtree(entry, ignore_errors=True)
            elif used > time.time() + _TO_COME:  # the clock was set back: its time begins now
                os.utime(entry)


def _write(path: Path, content: bytes) -> None:
    """Replace a file in one step, so that a reader never sees half of it."""
    with _stored(), files.replacing(path) as part:
        part.write_bytes(content)


@contextlib.contextmanager
def _stored() -> Iterator[None]:
    """Turns what the disk says into a sentence for the person."""
    try:
        yield
    except FileNotFoundError as error:
        raise StorageError("This table was cleared away from the server; upload it again.") from error
    except OSError as error:
        why = "its disk is full" if files.no_room(error) else error.strerror or str(error)
        raise StorageError(f"This server cannot keep the table: {why}. Nothing was changed.") from error
