"""The library's index: one SQLite file for all users, safe with several processes at once.

Each look and each change is a connection and a transaction of its own, of milliseconds: nothing is held open between
two runs of a page. Write-ahead logging lets people read while another writes; who wants to write waits for its turn.
"""

from __future__ import annotations

import json
import math
import re
import sqlite3
import time
from collections.abc import Iterator, Mapping
from contextlib import closing, contextmanager, suppress
from pathlib import Path
from typing import Any

from engine.errors import LibraryError
from engine.library.entries import About, Entry, Headline, ItemKind, figures_to_json

# Each step leads from one version of the index to the next; steps that have been given out never change.
MIGRATIONS: tuple[tuple[str, ...], ...] = (
    (
        "CREATE TABLE entries (id TEXT PRIMARY KEY, owner TEXT NOT NULL, kind TEXT NOT NULL, name TEXT NOT NULL,"
        " note TEXT NOT NULL, created REAL NOT NULL, bytes INTEGER NOT NULL, method TEXT NOT NULL,"
        " source TEXT NOT NULL, rows INTEGER NOT NULL, columns INTEGER NOT NULL, figures TEXT NOT NULL,"
        " facts TEXT NOT NULL, deleted REAL)",
        "CREATE INDEX entries_of_owner ON entries (owner, created)",
    ),
)
_ID = re.compile(r"[0-9a-f]{32}")  # names a folder, so nothing else may
_END = 250_000_000_000  # seconds since 1970; calendars end soon after
_WAIT = 20.0  # seconds for another writer
_READ_ONLY = ("readonly", "read-only", "unable to open")
_NO_ROOM = ("disk i/o error", "full")  # the first one where the log that readers share cannot grow


class Index:
    """Reads and writes rows. Raises LibraryError for all that goes wrong with the file."""

    def __init__(self, path: Path) -> None:
        self.path = path

    @contextmanager
    def writing(self) -> Iterator[sqlite3.Connection]:
        """A transaction that nobody else writes in; undone as a whole when anything is raised inside."""
        with _told(), closing(self._open()) as connection:
            connection.execute("BEGIN IMMEDIATE")
            try:
                yield connection
                connection.execute("COMMIT")
            except BaseException:
                with suppress(sqlite3.Error):  # a full disk may have undone it already
                    connection.execute("ROLLBACK")
                raise

    @contextmanager
    def reading(self) -> Iterator[sqlite3.Connection]:
        """A connection to look with. Where the folder cannot be written or is full, the file is read as it lies."""
        with _told():
            try:
                connection = self._open()
            except sqlite3.OperationalError as error:
                if not any(sign in str(error).lower() for sign in (*_READ_ONLY, *_NO_ROOM)):
                    raise
                connection = self._open_as_it_lies()
            with closing(connection):
                yield connection

    def _open(self) -> sqlite3.Connection:
        connection = sqlite3.connect(self.path, timeout=_WAIT, isolation_level=None)
        try:
            connection.execute("PRAGMA foreign_keys = ON")
            if _version(connection) != len(MIGRATIONS):
                self._bring_up(connection)
        except BaseException:
            connection.close()
            raise
        return connection

    def _open_as_it_lies(self) -> sqlite3.Connection:
        """Without the log that readers share, which is a file to write. Changes not yet merged are not seen."""
        connection = sqlite3.connect(f"{self.path.as_uri()}?mode=ro&immutable=1", uri=True, isolation_level=None)
        try:
            _check_known(_version(connection))
        except BaseException:
            connection.close()
            raise
        return connection

    def _bring_up(self, connection: sqlite3.Connection) -> None:
        """From the file's version to this one, in one transaction; another process may do the same at the same time."""
        _check_known(_version(connection))
        _use_log(connection)
        connection.execute("BEGIN IMMEDIATE")
        try:
            for step in MIGRATIONS[_version(connection) :]:
                for statement in step:
                    connection.execute(statement)
            connection.execute(f"PRAGMA user_version = {len(MIGRATIONS)}")
            connection.execute("COMMIT")
        except BaseException:
            with suppress(sqlite3.Error):
                connection.execute("ROLLBACK")
            raise
        self.path.chmod(0o600)


def _version(connection: sqlite3.Connection) -> int:
    return int(connection.execute("PRAGMA user_version").fetchone()[0])


def _check_known(version: int) -> None:
    if version > len(MIGRATIONS):
        raise LibraryError(
            f"The library was written by a later version of this program (its index has version {version}, this "
            f"program knows up to {len(MIGRATIONS)}). Update the program to open it."
        )


def _use_log(connection: sqlite3.Connection) -> None:
    """Switch to write-ahead logging. SQLite does not wait by itself where two do that at once."""
    end = time.monotonic() + _WAIT
    while True:
        try:
            connection.execute("PRAGMA journal_mode = WAL")
            return
        except sqlite3.OperationalError as error:
            if "locked" not in str(error) or time.monotonic() > end:
                raise
            time.sleep(0.02)


@contextmanager
def _told() -> Iterator[None]:
    """Turns what SQLite says into a sentence for the person."""
    try:
        yield
    except sqlite3.DatabaseError as error:
        text = str(error).lower()
        if any(sign in text for sign in _NO_ROOM):
            raise LibraryError("The disk of this server is full; nothing was changed in the library.") from error
        if "locked" in text or "busy" in text:
            raise LibraryError("The library is in use by somebody else for too long; try again.") from error
        if any(sign in text for sign in _READ_ONLY):
            raise LibraryError("The library's folder cannot be written, so nothing was changed in it.") from error
        if isinstance(error, sqlite3.OperationalError):
            raise LibraryError(f"The library's index cannot be used at present ({error}); try again.") from error
        raise LibraryError(f"The library's index is damaged ({error}); it has to be restored from a copy.") from error


# Rows

_COLUMNS = "id, kind, name, note, created, bytes, method, source, rows, columns, figures, facts, deleted"


def insert(connection: sqlite3.Connection, owner: str, entry: Entry) -> None:
    about = entry.about
    values = (
        *(entry.id, str(entry.kind), entry.name, entry.note, entry.created, entry.bytes),
        *(about.method, about.source, about.rows, about.columns),
        *(json.dumps(figures_to_json(about.figures)), json.dumps(dict(about.facts)), entry.deleted, owner),
    )
    marks = ", ".join("?" * len(values))
    connection.execute(f"INSERT INTO entries ({_COLUMNS}, owner) VALUES ({marks})", values)  # our own names  # nosec B608


def select(
    connection: sqlite3.Connection, owner: str, identity: str | None = None
) -> tuple[tuple[Entry, ...], tuple[str, ...]]:
    """All entries of an owner, or the one of this id, the latest first; and the ids of rows that cannot be read."""
    where, values = ("", (owner,)) if identity is None else (" AND id = ?", (owner, identity))
    rows = connection.execute(
        f"SELECT {_COLUMNS} FROM entries WHERE owner = ?{where} ORDER BY created DESC, id",  # our own names  # nosec B608
        values,
    ).fetchall()
    found, damaged = [], []
    for row in rows:
        try:
            found.append(_entry(dict(zip(_COLUMNS.split(", "), row, strict=True))))
        except (ValueError, TypeError, RecursionError):
            damaged.append(str(row[0]))
    return tuple(found), tuple(damaged)


def _entry(row: Mapping[str, Any]) -> Entry:
    """Raises ValueError, TypeError or RecursionError for a row that this version did not write."""
    figures = tuple(Headline(**figure) for figure in json.loads(row["figures"]))
    about = About(row["method"], row["source"], row["rows"], row["columns"], figures, json.loads(row["facts"]))
    entry = Entry(
        *(row["id"], ItemKind(row["kind"]), row["name"], row["note"], row["created"], row["bytes"]),
        about,
        row["deleted"],
    )
    texts = (entry.name, entry.note, about.method, about.source, *(t for f in figures for t in (f.key, f.label)))
    numbers = (entry.created, entry.bytes, about.rows, about.columns)
    perhaps = (entry.deleted, *(number for f in figures for number in (f.value, f.reference)))
    if not (isinstance(entry.id, str) and _ID.fullmatch(entry.id) and isinstance(about.facts, dict)):
        raise ValueError("no entry's id, or no facts")
    if not (all(isinstance(text, str) for text in texts) and all(map(_finite, numbers))):
        raise TypeError("a text or a number is none")
    if not all(number is None or _finite(number) for number in perhaps):
        raise TypeError("a number is none")
    if not all(0 <= moment < _END for moment in (entry.created, entry.deleted or 0.0)):
        raise ValueError("a time is none that a calendar knows")
    return entry


def _finite(value: object) -> bool:
    return isinstance(value, (int, float)) and math.isfinite(value)


def used(connection: sqlite3.Connection, owner: str) -> int:
    """Bytes of an owner's entries, deleted ones included."""
    total = connection.execute("SELECT COALESCE(SUM(bytes), 0) FROM entries WHERE owner = ?", (owner,))
    return int(total.fetchone()[0])
