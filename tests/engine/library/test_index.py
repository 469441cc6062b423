"""The index: versions, two processes at once, a full disk, and files that are no index."""

from __future__ import annotations

import sqlite3
import subprocess
import sys
from contextlib import closing
from pathlib import Path

import pytest

from engine.errors import LibraryError
from engine.library import index
from engine.library.index import Index
from engine.library.settings import LibrarySettings
from engine.library.store import Library
from tests.engine.library.conftest import draft, files_of

ROOT = Path(__file__).resolve().parents[3]

# Saves, renames and deletes as quickly as it can, as a page of another server process would.
WRITER = """
import sys
from pathlib import Path
from engine.library.entries import About, Draft, ItemKind
from engine.library.settings import LibrarySettings
from engine.library.store import Library
from engine.errors import LibraryError

library = Library(LibrarySettings(Path(sys.argv[1]), int(sys.argv[3]), 3600))
write = lambda folder: (folder / "x").write_bytes(bytes(100))
sys.stdin.read(1)  # all begin together
for number in range(20):
    try:
        (saved,) = library.save([Draft(ItemKind.REPORT, f"{sys.argv[2]}-{number}", About("m", "s", 1, 1), write)])
    except LibraryError as error:
        print("full" if "would add" in str(error) else error)
        continue
    library.rename(saved.id, f"{sys.argv[2]}-{number}-again", "")
    if number % 2:
        library.delete(saved.id)
"""


def two_writers(folder: Path, quota: int) -> list[str]:
    """Two processes on one library, from its very beginning; what they say."""
    command = [sys.executable, "-c", WRITER, str(folder)]
    running = [
        subprocess.Popen(
            [*command, name, str(quota)], cwd=ROOT, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
        )
        for name in ("a", "b")
    ]
    for one in running:
        assert one.stdin is not None
        one.stdin.write("x")
        one.stdin.flush()
    said = [one.communicate(timeout=120)[0] for one in running]
    assert [one.returncode for one in running] == [0, 0]
    return "".join(said).split("\n")[:-1]


def test_two_processes_write_at_once_and_stay_under_the_quota_together(settings: LibrarySettings) -> None:
    """Each saves twenty entries of 100 bytes, and there is room for 25: no more, no less, and none is lost."""
    assert two_writers(settings.folder, 2_550) == ["full"] * 15
    library = Library(settings)
    found = (*library.entries(), *library.trash())
    assert library.used() == 2_500
    assert len({entry.name for entry in found}) == 25
    assert {entry.name.split("-")[2] for entry in found} == {"again"}
    assert all(int(entry.name.split("-")[1]) % 2 for entry in library.trash())
    assert not any(int(entry.name.split("-")[1]) % 2 for entry in library.entries())
    assert files_of(library) == {f"{entry.id}{end}" for entry in found for end in ("", "/x")}


def test_an_older_index_is_brought_up_and_keeps_its_entries(library: Library, monkeypatch: pytest.MonkeyPatch) -> None:
    (saved,) = library.save([draft("old")])
    step = ("ALTER TABLE entries ADD COLUMN colour TEXT NOT NULL DEFAULT 'red'",)
    monkeypatch.setattr(index, "MIGRATIONS", (*index.MIGRATIONS, step))
    assert library.entries() == (saved,)
    with library._index.reading() as connection:
        assert connection.execute("SELECT colour FROM entries").fetchall() == [("red",)]
        assert connection.execute("PRAGMA user_version").fetchone() == (len(index.MIGRATIONS),)
    library.save([draft("new")])


def test_a_step_that_fails_changes_nothing(library: Library, monkeypatch: pytest.MonkeyPatch) -> None:
    (saved,) = library.save([draft()])
    known = index.MIGRATIONS
    monkeypatch.setattr(index, "MIGRATIONS", (*known, ("ALTER TABLE entries ADD COLUMN colour TEXT", "no SQL")))
    with pytest.raises(LibraryError):
        library.entries()
    monkeypatch.setattr(index, "MIGRATIONS", known)
    assert library.entries() == (saved,)
    with library._index.reading() as connection:
        assert "colour" not in [row[1] for row in connection.execute("PRAGMA table_info(entries)")]


def test_the_index_of_a_later_version_is_left_alone(library: Library) -> None:
    library.save([draft()])
    with closing(sqlite3.connect(library._index.path)) as connection:
        connection.execute(f"PRAGMA user_version = {len(index.MIGRATIONS) + 1}")
    for use in (library.entries, lambda: library.save([draft()])):
        with pytest.raises(LibraryError, match="later version"):
            use()


def test_a_file_that_is_no_index_is_told(library: Library) -> None:
    library.settings.folder.mkdir()
    library._index.path.write_bytes(b"no database" * 100)
    with pytest.raises(LibraryError, match="index is damaged"):
        library.entries()


def test_readers_do_not_wait_for_a_writer(library: Library) -> None:
    (saved,) = library.save([draft()])
    with library._index.writing() as connection:
        connection.execute("DELETE FROM entries")
        assert library.entries() == (saved,)
    assert library.entries() == ()


def test_a_full_disk_under_the_index_leaves_nothing(library: Library, monkeypatch: pytest.MonkeyPatch) -> None:
    """SQLite's own bound on the file gives the very error of a full disk."""
    (saved,) = library.save([draft()])
    opened = Index._open

    def bounded(self: Index) -> sqlite3.Connection:
        connection = opened(self)
        pages = connection.execute("PRAGMA page_count").fetchone()[0]
        connection.execute(f"PRAGMA max_page_count = {pages}")
        return connection

    monkeypatch.setattr(Index, "_open", bounded)
    with pytest.raises(LibraryError, match="disk of this server is full; nothing was changed"):
        library.save([draft(note="x" * 2_000) for _ in range(20)])
    assert library.entries() == (saved,)
    assert files_of(library) == {saved.id, f"{saved.id}/content.bin"}
