"""The library itself: saving whole or not at all, finding, renaming, deleting with a way back, and the quota.

An entry is a row of the index and a folder of files. Files are first written beside their place; then, in one
transaction of the index, the quota is checked, the folder gets its name, and the row is added. What a crash leaves in
between (a folder without a row) is cleared away later, and nothing ever has a row without its files.
"""

from __future__ import annotations

import logging
import math
import secrets
import shutil
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

from engine import clock, files
from engine.errors import LibraryError, TwinError
from engine.library import index
from engine.library.entries import Draft, Entry, fit_name, fit_note
from engine.library.index import Index
from engine.library.owners import LOCAL, OWNER
from engine.library.settings import LibrarySettings

log = logging.getLogger(__name__)

INDEX = "library.sqlite3"
_PART = ".part-"  # a folder that is still written
_DAMAGED = "This entry of the library is damaged; its row of the index has to be restored from a copy."
_FULL = "The disk of this server is full; nothing was saved."
_LEFT_OVER = 3600.0  # seconds after which what a crash left behind is cleared away


class Library:
    """One user's entries. Holds nothing open: may be made anew for every look, in any number of processes.

    owner: see `engine.library.owners.owner_of`. Every method raises LibraryError with a sentence for the person.
    """

    def __init__(self, settings: LibrarySettings, owner: str = LOCAL) -> None:
        if not OWNER.fullmatch(owner):
            raise ValueError(f"no owner's key: {owner!r}")
        self.settings, self.owner = settings, owner
        self._home = settings.folder / owner
        self._index = Index(settings.folder / INDEX)

    # Looking

    def entries(self) -> tuple[Entry, ...]:
        """What is kept and can be read, the latest first."""
        return tuple(entry for entry in self._all() if entry.deleted is None)

    def damaged(self) -> int:
        """How many entries cannot be read: their rows are damaged, or another version wrote them."""
        return len(self._rows()[1])

    def trash(self) -> tuple[Entry, ...]:
        """What was deleted and can be brought back still, the latest deleted first."""
        since = clock.now() - self.settings.undo
        gone = [entry for entry in self._all() if entry.deleted is not None and entry.deleted >= since]
        return tuple(sorted(gone, key=lambda entry: -(entry.deleted or 0.0)))

    def entry(self, identity: str) -> Entry:
        """One that is kept. Raises LibraryError when there is none of this id, or it was deleted."""
        if self._index.path.exists():
            with self._index.reading() as connection:
                found, damaged = index.select(connection, self.owner, identity)
            if damaged:
                raise LibraryError(_DAMAGED)
            if found and found[0].deleted is None:
                return found[0]
        raise LibraryError("This is not in your library (any more).")

    def used(self) -> int:
        """Bytes that the entries take, deleted ones included until they are removed for good."""
        if not self._index.path.exists():
            return 0
        with self._index.reading() as connection:
            return index.used(connection, self.owner)

    def folder(self, entry: Entry) -> Path:
        """Where an entry's files lie. Raises LibraryError when they are gone."""
        path = self._home / entry.id
        if not path.is_dir():
            raise LibraryError(f"The files of “{entry.name}” are gone from this server.")
        return path

    def _all(self) -> tuple[Entry, ...]:
        return self._rows()[0]

    def _rows(self) -> tuple[tuple[Entry, ...], tuple[str, ...]]:
        """Every entry, deleted ones included, and the ids of those that cannot be read."""
        if not self._index.path.exists():
            return (), ()
        with self._index.reading() as connection:
            return index.select(connection, self.owner)

    # Changing

    def save(self, drafts: Sequence[Draft]) -> tuple[Entry, ...]:
        """Keep all of them, or none. Raises LibraryError for an unfit name, a full quota, or a folder that cannot be
        written; whatever a draft's `write` raises passes through."""
        named = [(draft, fit_name(draft.name), fit_note(draft.note)) for draft in drafts]
        made: list[Entry] = []
        parts: list[Path] = []
        try:
            with _writable():
                self._home.mkdir(mode=0o700, parents=True, exist_ok=True)
                for draft, name, note in named:
                    identity = secrets.token_hex(16)
                    parts.append(self._home / f"{_PART}{identity}")
                    size = _written(draft, parts[-1])
                    made.append(Entry(identity, draft.kind, name, note, time.time(), size, draft.about))
                self._enter(made, parts)
        except BaseException:
            for path in (*parts, *(self._home / entry.id for entry in made)):
                shutil.rmtree(path, ignore_errors=True)
            raise
        return tuple(made)

    def _enter(self, made: Sequence[Entry], parts: Sequence[Path]) -> None:
        with self._index.writing() as connection:
            self._check_room(sum(entry.bytes for entry in made), index.used(connection, self.owner))
            for entry, part in zip(made, parts, strict=True):
                part.rename(self._home / entry.id)
                index.insert(connection, self.owner, entry)

    def _check_room(self, wanted: int, used: int) -> None:
        quota = self.settings.quota
        if used + wanted <= quota:
            return
        raise LibraryError(
            f"Your library holds {_size(used)} of {_size(quota)}, and this would add {_size(wanted)}. Nothing was "
            "saved. Delete what you do not need any more, and remove it for good under “Deleted”."
        )

    def rename(self, identity: str, name: str, note: str) -> None:
        """Give an entry another name and note."""
        self._update("name = ?, note = ?", (fit_name(name), fit_note(note)), identity, "deleted IS NULL")

    def delete(self, identity: str) -> None:
        """Take an entry away; `restore` brings it back until the time for that is over."""
        self._update("deleted = ?", (time.time(),), identity, "deleted IS NULL")

    def restore(self, identity: str) -> None:
        """Bring a deleted entry back. Raises LibraryError when it was removed for good."""
        since = clock.now() - self.settings.undo
        self._update("deleted = NULL", (), identity, "deleted >= ?", since)

    def _update(self, change: str, values: tuple[object, ...], identity: str, only: str, *more: object) -> None:
        """Change the row of one entry of this owner. Raises LibraryError when there is none that fulfils `only`."""
        if not self._index.path.exists():
            raise LibraryError("This is not in your library (any more).")
        with self._index.writing() as connection:
            done = connection.execute(
                f"UPDATE entries SET {change} WHERE id = ? AND owner = ? AND {only}",  # our own words  # nosec B608
                (*values, identity, self.owner, *more),
            )
            if done.rowcount != 1:
                raise LibraryError("This is not in your library (any more).")

    def empty_trash(self) -> int:
        """Remove what was deleted for good, now; how many."""
        return self._remove(before=math.inf)

    def sweep(self) -> int:
        """Remove what was deleted too long ago to be brought back, and what a crash left behind; how many entries."""
        removed = self._remove(before=clock.now() - self.settings.undo)
        self._clear_up()
        return removed

    def _remove(self, before: float) -> int:
        old = [entry for entry in self._all() if entry.deleted is not None and entry.deleted < before]
        if not old:
            return 0
        removed = []
        with self._index.writing() as connection:
            for entry in old:  # one that was brought back in the meantime stays
                done = connection.execute(
                    "DELETE FROM entries WHERE id = ? AND owner = ? AND deleted < ?", (entry.id, self.owner, before)
                )
                if done.rowcount:
                    removed.append(entry)
        for entry in removed:
            shutil.rmtree(self._home / entry.id, ignore_errors=True)
        return len(removed)

    def _clear_up(self) -> None:
        """Folders that belong to no entry and that nobody has written for an hour."""
        try:
            folders = list(self._home.iterdir())
        except OSError:
            return
        entries, damaged = self._rows()
        known = {*(entry.id for entry in entries), *damaged}  # what cannot be read may still be mended
        for path in folders:
            try:
                forgotten = path.name not in known and path.stat().st_mtime < clock.now() - _LEFT_OVER
            except OSError:
                continue
            if forgotten:
                shutil.rmtree(path, ignore_errors=True)


def sweep_all(settings: LibrarySettings) -> None:
    """`Library.sweep` for every user; what goes wrong with one is told in the log, and the others go on."""
    if not settings.folder.is_dir():
        return
    for path in settings.folder.iterdir():
        if OWNER.fullmatch(path.name):
            try:
                Library(settings, path.name).sweep()
            except LibraryError as error:
                log.warning("The library of %s cannot be tidied: %s", path.name, error)


def _written(draft: Draft, part: Path) -> int:
    """Have a draft write its files; their bytes."""
    part.mkdir(mode=0o700)
    draft.write(part)
    return sum(path.stat().st_size for path in part.rglob("*") if path.is_file())


@contextmanager
def _writable() -> Iterator[None]:
    """Turns what the disk says into a sentence for the person."""
    try:
        yield
    except OSError as error:
        if files.no_room(error):
            raise LibraryError(_FULL) from error
        why = error.strerror or str(error)
        raise LibraryError(f"The library's folder cannot be written, so nothing was saved ({why}).") from error
    except TwinError as error:  # of a draft, which has turned it into a sentence of its own
        if files.no_room(error):
            raise LibraryError(_FULL) from error
        raise


def _size(number: int) -> str:
    """Bytes for people."""
    for unit, scale in (("GB", 1e9), ("MB", 1e6), ("kB", 1e3)):
        if number >= scale:
            return f"{number / scale:.3g} {unit}"
    return f"{number} bytes"
