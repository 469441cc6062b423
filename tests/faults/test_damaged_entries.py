"""A library with damaged, foreign and half written entries beside good ones: the good ones are listed and work."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable
from contextlib import closing
from functools import partial
from pathlib import Path

import pytest
from streamlit.testing.v1 import AppTest

from engine import results
from engine.errors import LibraryError, TwinError
from engine.library import items, looking
from engine.library.entries import Entry, ItemKind
from engine.library.settings import FOLDER, LibrarySettings
from engine.library.store import INDEX, Library
from engine.run import RunRequest, execute
from tests.engine.library.conftest import draft, drafts
from tests.engine.tables import CLUB, club
from tests.faults.test_damage import damages, only
from tests.pages.conftest import *  # noqa: F403  the app, as a person opens it

DEEP = "[" * 100_000 + "]" * 100_000
ROWS = {  # what a row may hold after damage, or by another version's hand
    "id": ("", "..", "../local", "A" * 32, 7),
    "kind": ("painting", "", 3),
    "name": (b"\xff\xfe",),
    "note": (b"\xff",),
    "created": ("yesterday", -1.0, 1e300, float("inf"), b""),
    "bytes": ("many", b""),
    "method": (b"\xff",),
    "rows": ("many",),
    "columns": ("many",),
    "figures": ("", "{", "7", "null", '[{"a": 1}]', "[[]]", '[{"key": 1, "label": "x", "value": "much"}]', DEEP),
    "facts": ("", "[]", "null", "7", DEEP),
    "deleted": ("never", 1e300),
}


@pytest.fixture
def library(home: Path, monkeypatch: pytest.MonkeyPatch) -> Library:
    monkeypatch.setenv(FOLDER, str(home / "library"))
    monkeypatch.setattr(looking, "look", looking.written)
    settings = LibrarySettings.from_environment()
    assert settings is not None
    return Library(settings)


def damage(library: Library, entry: Entry, column: str, value: object) -> None:
    with closing(sqlite3.connect(library.settings.folder / INDEX)) as connection, connection:
        changed = connection.execute(f"UPDATE entries SET {column} = ? WHERE id = ?", (value, entry.id))
        assert changed.rowcount == 1


@pytest.mark.parametrize("column", ROWS)
def test_a_damaged_row_hides_no_other_and_its_files_stay(library: Library, column: str) -> None:
    (good,) = library.save([draft("good")])
    for number, value in enumerate(ROWS[column], start=1):
        (bad,) = library.save([draft(f"bad {number}")])
        damage(library, bad, column, value)
        assert library.entries() == (good,), value
        assert library.trash() == ()
        assert library.damaged() == number
        if column != "id":
            with pytest.raises(LibraryError, match="entry of the library is damaged"):
                library.entry(bad.id)
    folders = {path.name for path in (library.settings.folder / "local").iterdir()}
    library.empty_trash()
    library.sweep()
    assert {path.name for path in (library.settings.folder / "local").iterdir()} == folders
    library.rename(good.id, "still", "")
    assert library.entry(good.id).name == "still"


def test_the_page_lists_the_good_ones_and_tells_of_the_others(
    open_app: Callable[..., AppTest], library: Library
) -> None:
    good, bad, foreign = library.save([draft("good"), draft("bad"), draft("foreign")])
    damage(library, bad, "figures", "{")
    damage(library, foreign, "kind", "painting")
    app = open_app()
    app.switch_page("pages/library.py").run()
    assert not app.exception
    assert [b.key for b in app.button if (b.key or "").startswith("open-")] == [f"open-{good.id}"]
    assert "2 entries cannot be read, so they are not shown" in app.warning[0].value
    app.query_params["kept"] = bad.id
    app.run()
    assert not app.exception
    assert "damaged" in app.error[0].value
    assert f"open-{good.id}" in [b.key for b in app.button]


@pytest.mark.parametrize("kind", ItemKind)
def test_damaged_files_of_an_entry_are_told_where_it_is_opened(
    library: Library, tmp_path: Path, kind: ItemKind
) -> None:
    request = RunRequest("marginals", rows=20, figures=kind is ItemKind.REPORT, charts=False)
    execute(request, club(), CLUB, folder=tmp_path / "result")
    (good,) = library.save([draft("good")])
    (entry,) = library.save(drafts(results.load(tmp_path / "result", CLUB), kind))
    ways = {
        ItemKind.DATASET: (items.schema_of, items.table_of),
        ItemKind.MODEL: (items.schema_of, items.table_of, items.passport_of, items.model_of),
        ItemKind.REPORT: (items.report_of,),
    }
    for path in sorted(library.folder(entry).iterdir()):
        for _ in damages(path):
            only(TwinError, *(partial(way, library, entry) for way in ways[kind]))
            assert library.entries() == (entry, good)
