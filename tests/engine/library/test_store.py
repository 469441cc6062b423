"""Saving whole or not at all, finding, renaming, deleting with a way back, the quota, and whose entries they are."""

from __future__ import annotations

import errno
import os
import stat
import time
from dataclasses import replace
from pathlib import Path

import pytest

from engine import clock
from engine.errors import LibraryError, SettingsError
from engine.library import owners
from engine.library.entries import Headline, file_stem, fit_name, fit_note
from engine.library.settings import FOLDER, UNDO_HOURS, LibrarySettings, is_on
from engine.library.store import Library, sweep_all
from tests.engine.library.conftest import QUOTA, draft, files_of


def test_there_is_no_library_unless_a_folder_is_set(tmp_path: Path) -> None:
    assert not is_on({})
    assert not is_on({FOLDER: " "})
    assert LibrarySettings.from_environment({}) is None
    found = LibrarySettings.from_environment({FOLDER: str(tmp_path), "TABULAR_TWIN_MAX_LIBRARY_BYTES": "7"})
    assert found == LibrarySettings(tmp_path, 7, 86_400)
    with pytest.raises(SettingsError, match=UNDO_HOURS):
        LibrarySettings.from_environment({FOLDER: str(tmp_path), UNDO_HOURS: "soon"})


def test_looking_at_a_library_that_was_never_used_makes_nothing(library: Library) -> None:
    assert library.entries() == library.trash() == ()
    assert library.used() == library.sweep() == 0
    assert not library.settings.folder.exists()
    with pytest.raises(LibraryError, match="not in your library"):
        library.entry("0" * 32)


def test_what_is_saved_is_found_with_all_its_facts(library: Library) -> None:
    about = replace(
        draft().about, figures=(Headline("overall", "Overall quality", 0.9, None),), facts={"given": ["a=1"], "seed": 3}
    )
    (saved,) = library.save([replace(draft(" A  name\n", note="of\nmine "), about=about)])
    (found,) = Library(library.settings).entries()
    assert found == saved == library.entry(saved.id)
    assert (found.name, found.note, found.bytes) == ("A name", "of\nmine", 1_000)
    assert found.about == about
    assert abs(found.created - time.time()) < 60
    assert library.used() == 1_000
    assert (library.folder(found) / "content.bin").stat().st_size == 1_000


def test_the_latest_comes_first_and_words_find_it(library: Library) -> None:
    for name in ("first", "Second", "third"):
        library.save([draft(name, note="Größe" if name == "third" else "")])
    assert [entry.name for entry in library.entries()] == ["third", "Second", "first"]
    assert [entry.name for entry in library.entries() if entry.mentions("CENSUS second")] == ["Second"]
    assert [entry.name for entry in library.entries() if entry.mentions("GRÖSSE forest")] == ["third"]
    assert not any(entry.mentions("census nowhere") for entry in library.entries())


def test_folders_are_for_this_user_only(library: Library) -> None:
    (saved,) = library.save([draft()])
    assert stat.S_IMODE(library.folder(saved).stat().st_mode) == 0o700
    assert stat.S_IMODE((library.settings.folder / "local").stat().st_mode) == 0o700
    assert stat.S_IMODE((library.settings.folder / "library.sqlite3").stat().st_mode) == 0o600


def test_renaming(library: Library) -> None:
    (saved,) = library.save([draft()])
    library.rename(saved.id, "Another", "With a note")
    assert library.entry(saved.id) == replace(saved, name="Another", note="With a note")
    with pytest.raises(LibraryError, match="name"):
        library.rename(saved.id, "  ", "")
    with pytest.raises(LibraryError, match="not in your library"):
        library.rename("0" * 32, "x", "")


class TestDeleting:
    def test_a_deleted_entry_can_be_brought_back(self, library: Library) -> None:
        kept, gone = library.save([draft("kept"), draft("gone")])
        library.delete(gone.id)
        assert library.entries() == (kept,)
        assert [entry.id for entry in library.trash()] == [gone.id]
        with pytest.raises(LibraryError, match="not in your library"):
            library.entry(gone.id)
        with pytest.raises(LibraryError, match="not in your library"):
            library.rename(gone.id, "x", "")
        assert library.sweep() == 0
        library.restore(gone.id)
        assert library.entry(gone.id) == gone
        assert (library.folder(gone) / "content.bin").exists()
        assert library.trash() == ()

    def test_deleting_twice_and_restoring_what_is_kept_are_told(self, library: Library) -> None:
        (saved,) = library.save([draft()])
        with pytest.raises(LibraryError):
            library.restore(saved.id)
        library.delete(saved.id)
        with pytest.raises(LibraryError):
            library.delete(saved.id)

    def test_after_a_while_it_is_gone_for_good(self, library: Library, monkeypatch: pytest.MonkeyPatch) -> None:
        kept, gone = library.save([draft("kept"), draft("gone")])
        library.delete(gone.id)
        now = time.time()
        monkeypatch.setattr(clock, "now", lambda: now + 3601)
        assert library.trash() == ()
        with pytest.raises(LibraryError):
            library.restore(gone.id)
        assert library.sweep() == 1
        assert files_of(library) == {kept.id, f"{kept.id}/content.bin"}
        assert library.used() == 1_000

    def test_the_trash_can_be_emptied_at_once(self, library: Library) -> None:
        kept, gone = library.save([draft("kept"), draft("gone")])
        library.delete(gone.id)
        assert library.used() == 2_000
        assert library.empty_trash() == 1
        assert library.used() == 1_000
        assert library.entries() == (kept,)
        assert gone.id not in files_of(library)

    def test_everybodys_trash_is_emptied_in_time(
        self, settings: LibrarySettings, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        sweep_all(settings)  # nothing is there yet
        people = [Library(settings, owners.owner_of(settings.folder, who)) for who in (None, "a", "b")]
        for library in people:
            _, gone = library.save([draft("kept"), draft("gone")])
            library.delete(gone.id)
        (settings.folder / "of somebody else").mkdir()
        sweep_all(settings)
        assert [len(library.trash()) for library in people] == [1, 1, 1]
        now = time.time()
        monkeypatch.setattr(clock, "now", lambda: now + 3601)
        sweep_all(settings)
        assert [library.used() for library in people] == [1_000] * 3
        assert (settings.folder / "of somebody else").exists()

    def test_what_a_crash_left_is_cleared_away_but_not_what_is_being_written(self, library: Library) -> None:
        (saved,) = library.save([draft()])
        home = library.settings.folder / "local"
        for name, age in ((".part-old", 7200), ("f" * 32, 7200), (".part-new", 0)):
            (home / name).mkdir()
            os.utime(home / name, (time.time() - age, time.time() - age))
        os.utime(home / saved.id, (0, 0))
        library.sweep()
        assert {path.name for path in home.iterdir()} == {saved.id, ".part-new"}


class TestQuota:
    def test_it_bites_with_a_sentence_and_nothing_is_half_written(self, library: Library) -> None:
        library.save([draft(size=QUOTA - 1_500)])
        before = files_of(library)
        with pytest.raises(LibraryError, match=r"50 MB of 50 MB, and this would add 2 kB.*Nothing was saved"):
            library.save([draft("a", 1_000), draft("b", 1_000)])
        assert files_of(library) == before
        assert len(library.entries()) == 1
        library.save([draft(size=1_500)])
        assert library.used() == QUOTA

    def test_what_can_be_brought_back_counts_still(self, library: Library) -> None:
        (saved,) = library.save([draft(size=QUOTA)])
        library.delete(saved.id)
        with pytest.raises(LibraryError, match="remove it for good"):
            library.save([draft()])
        library.empty_trash()
        library.save([draft()])

    def test_it_is_of_each_user_alone(self, settings: LibrarySettings) -> None:
        one, other = (Library(settings, owners.owner_of(settings.folder, who)) for who in ("a", "b"))
        one.save([draft(size=QUOTA)])
        other.save([draft(size=QUOTA)])


class TestTrouble:
    def test_a_full_disk_leaves_nothing(self, library: Library) -> None:
        (kept,) = library.save([draft("kept")])

        def fill(folder: Path) -> None:
            (folder / "half.bin").write_bytes(b"x")
            raise OSError(errno.ENOSPC, "No space left on device")

        with pytest.raises(LibraryError, match="disk of this server is full; nothing was saved"):
            library.save([draft(), draft(write=fill)])
        assert files_of(library) == {kept.id, f"{kept.id}/content.bin"}
        assert library.entries() == (kept,)

    def test_a_bug_stays_loud_and_leaves_nothing(self, library: Library) -> None:
        def fail(folder: Path) -> None:
            raise ZeroDivisionError

        with pytest.raises(ZeroDivisionError):
            library.save([draft(), draft(write=fail)])
        assert files_of(library) == set()

    def test_a_folder_that_cannot_be_made_is_told(self, tmp_path: Path) -> None:
        (tmp_path / "file").write_text("")
        with pytest.raises(LibraryError, match="cannot be written, so nothing was saved"):
            Library(LibrarySettings(tmp_path / "file", QUOTA)).save([draft()])

    def test_files_that_are_gone_are_told(self, library: Library) -> None:
        (saved,) = library.save([draft("mine")])
        (library.folder(saved) / "content.bin").unlink()
        library.folder(saved).rmdir()
        with pytest.raises(LibraryError, match="files of “mine” are gone"):
            library.folder(saved)

    def test_a_read_only_folder_can_be_looked_at(self, library: Library) -> None:
        (saved,) = library.save([draft()])
        with read_only(library.settings.folder):
            assert library.entries() == (saved,)
            assert (library.folder(saved) / "content.bin").read_bytes()
            for change in (
                lambda: library.save([draft()]),
                lambda: library.delete(saved.id),
                lambda: library.rename(saved.id, "x", ""),
            ):
                with pytest.raises(LibraryError, match=r"cannot be written, so nothing was (saved|changed)"):
                    change()
        assert library.entries() == (saved,)


class read_only:
    """A folder that nobody may write to. The system's administrator may anyway, so that one steps down meanwhile."""

    NOBODY = 65534

    def __init__(self, folder: Path) -> None:
        self.paths = [folder, *folder.rglob("*")]
        self.above = [path for path in folder.parents if path.stat().st_uid == os.geteuid()]
        self.root = os.geteuid() == 0

    def __enter__(self) -> None:
        self.modes = {path: stat.S_IMODE(path.stat().st_mode) for path in (*self.paths, *self.above)}
        for path in self.paths:
            path.chmod(0o555 if path.is_dir() else 0o444)
        if self.root:
            for path in self.above:
                path.chmod(self.modes[path] | 0o111)
            os.seteuid(self.NOBODY)

    def __exit__(self, *_: object) -> None:
        if self.root:
            os.seteuid(0)
        for path, mode in self.modes.items():
            path.chmod(mode)


class TestOwners:
    def test_each_user_sees_and_changes_only_their_own(self, settings: LibrarySettings) -> None:
        one, other = (Library(settings, owners.owner_of(settings.folder, who)) for who in ("a@x.org", "b@x.org"))
        (saved,) = one.save([draft()])
        assert other.entries() == ()
        assert other.used() == 0
        for reach in (other.entry, other.delete, other.restore, lambda i: other.rename(i, "x", "")):
            with pytest.raises(LibraryError, match="not in your library"):
                reach(saved.id)
        one.delete(saved.id)
        assert other.empty_trash() == 0
        with pytest.raises(LibraryError, match="not in your library"):
            other.restore(saved.id)
        one.restore(saved.id)
        assert one.entries() == (saved,)
        assert Library(settings).entries() == ()

    def test_the_same_user_has_the_same_key_and_it_tells_nothing(self, tmp_path: Path) -> None:
        first, second = tmp_path / "one", tmp_path / "two"
        key = owners.owner_of(first, "ada@example.org")
        assert key == owners.owner_of(first, "ada@example.org")
        assert key != owners.owner_of(first, "bea@example.org")
        assert key != owners.owner_of(second, "ada@example.org")
        assert owners.OWNER.fullmatch(key)
        assert stat.S_IMODE((first / "key").stat().st_mode) == 0o600

    def test_of_two_keys_made_at_once_one_holds(self, tmp_path: Path) -> None:
        owners._make(tmp_path / "key")
        first = (tmp_path / "key").read_bytes()
        owners._make(tmp_path / "key")
        assert (tmp_path / "key").read_bytes() == first
        assert [path.name for path in tmp_path.iterdir()] == ["key"]

    def test_a_damaged_key_and_an_unknown_user_are_told(self, tmp_path: Path) -> None:
        (tmp_path / "key").write_bytes(b"short")
        with pytest.raises(LibraryError, match="key is damaged"):
            owners.owner_of(tmp_path, "ada")
        with pytest.raises(LibraryError, match="who you are"):
            owners.owner_of(tmp_path, " ")
        assert owners.owner_of(tmp_path, None) == "local"

    @pytest.mark.parametrize("owner", ["", "..", "../x", "u-1", "LOCAL", "local/x"])
    def test_no_other_text_becomes_a_folder(self, settings: LibrarySettings, owner: str) -> None:
        with pytest.raises(ValueError, match="owner"):
            Library(settings, owner)


class TestNames:
    @pytest.mark.parametrize(
        ("name", "stem"),
        [
            ("Census, forest (2)", "Census, forest (2)"),
            ("../../etc/passwd", "etc-passwd"),
            ("C:\\temp\\x", "C-temp-x"),
            ("a\x00b\nc", "a-b-c"),
            ("...", "entry"),
            ("", "entry"),
            ("NUL", "_NUL"),
            ("Größe 表", "Größe 表"),
            ("x" * 300, "x" * 80),
        ],
    )
    def test_files_have_names_that_no_system_trips_over(self, name: str, stem: str) -> None:
        assert file_stem(name) == stem

    def test_names_are_one_line_and_notes_several(self) -> None:
        assert fit_name("a\tb\r\n c\u202e\x07") == "a b c"
        assert fit_note("one\r\n\ttwo\x07\n") == "one\n two"
        with pytest.raises(LibraryError, match=r"121 characters; at most 120"):
            fit_name("x" * 121)
        with pytest.raises(LibraryError, match=r"2,001 characters; at most 2,000"):
            fit_note("x" * 2_001)
