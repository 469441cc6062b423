"""Many large tables: an upload's bytes are not held twice, and what there is no room for is told."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from streamlit.runtime.memory_uploaded_file_manager import MemoryUploadedFileManager
from streamlit.testing.v1 import AppTest

from engine import room
from engine.limits import PREFIX
from pages.ui import cached, datasets
from pages.ui.datasets import Dataset
from tests.engine.tables import club
from tests.pages.conftest import csv, text

Open = Callable[..., AppTest]


@pytest.fixture
def handed(monkeypatch: pytest.MonkeyPatch) -> list[int]:
    """Bytes of each file that the server was given to hold for a session, one after another."""
    sizes: list[int] = []
    add = MemoryUploadedFileManager.add_file

    def noted(self: MemoryUploadedFileManager, session_id: str, file: object) -> None:
        sizes.append(len(file.data))  # type: ignore[attr-defined]
        add(self, session_id, file)  # type: ignore[arg-type]

    monkeypatch.setattr(MemoryUploadedFileManager, "add_file", noted)
    return sizes


def test_the_bytes_of_an_upload_are_let_go_of(open_app: Open, handed: list[int]) -> None:
    app = open_app()
    app.file_uploader[0].upload("club.csv", csv(club())).run()
    assert not app.exception
    assert app.title[0].value == "club"
    assert handed[-1] == 0
    assert cached.reading(datasets.find(app.query_params["data"])).frame.shape == club().shape  # type: ignore[arg-type]


def test_an_upload_without_room_is_refused_with_a_sentence(
    open_app: Open, handed: list[int], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(room, "LARGE", 0)
    monkeypatch.setenv(f"{PREFIX}MAX_SERVER_BYTES", "1000")
    app = open_app()
    app.file_uploader[0].upload("club.csv", csv(club())).run()
    assert "There is no room for this table now" in app.error[0].value
    assert handed[-1] == 0
    assert not list((datasets.home() / "datasets").iterdir())
    app.run()
    assert "There is no room for this table now" in app.error[0].value


def test_what_is_held_for_speed_is_let_go_of_and_read_again(
    open_app: Open, table: Dataset, monkeypatch: pytest.MonkeyPatch
) -> None:
    before = cached.reading(table)
    assert cached.reading(table) is before
    other = datasets.add(csv(club(50)), "other.csv")
    monkeypatch.setattr(room, "LARGE", 0)
    left = [0, 10**12]  # the first look finds no room
    monkeypatch.setattr(room, "most", lambda limits: left.pop(0) if len(left) > 1 else 10**12)
    assert len(cached.reading(other).frame) == 50
    assert cached.reading(table) is not before
    assert "200 rows" in text(open_app(table))


def test_a_full_home_takes_no_upload(open_app: Open, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(f"{PREFIX}MAX_HOME_BYTES", "1000")
    app = open_app()
    app.file_uploader[0].upload("club.csv", csv(club())).run()
    assert "No room is left on this server" in app.error[0].value
