"""What is kept in memory for all sessions, asked for by two with equal names and different values, in turn."""

from __future__ import annotations

import os
import re
import secrets
import stat
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pandas as pd
import pytest

from engine.jobs import Jobs
from engine.library.owners import owner_of
from engine.library.settings import LibrarySettings
from engine.library.store import INDEX, Library
from engine.run import RunRequest
from engine.runfolder import RunFolder
from engine.table.schema import Column, Kind, Schema
from pages.ui import cached, datasets
from pages.ui.datasets import Dataset
from tests.engine.library.conftest import draft
from tests.pages.conftest import *  # noqa: F403  a home of its own, and nothing kept of other tests
from tests.pages.conftest import csv

CITY = Column("city", Kind.CATEGORICAL)
SCHEMA = Schema((CITY, Column("club", Kind.CATEGORICAL), Column("size", Kind.CATEGORICAL)), "members")
ASKED: dict[str, Callable[[Dataset], Any]] = {
    "reading": lambda table: cached.reading(table).frame.to_csv(),
    "schema": lambda table: cached.schema(table).to_json(),
    "chosen schema": lambda table: cached.chosen_schema(table).to_json(),
    "found": lambda table: cached.found(table, "ALPHA", 5),
    "infinite": cached.infinite,
    "recast": lambda table: cached.recast(table, "club", Kind.CONSTANT),
    "profile": lambda table: cached.profile(table, SCHEMA).to_json(),
    "facts": lambda table: cached.facts(table, SCHEMA),
    "cells": lambda table: list(cached.cells(table, CITY)),
    "values": lambda table: dict(cached.values(table, CITY)),
}


def members(word: str, rows: int, odd: str) -> Dataset:
    sizes = [*(f"{number}.5" for number in range(rows - 1)), odd]
    frame = pd.DataFrame({"club": word, "city": [f"{word}-{n % 4}" for n in range(rows)], "size": sizes})
    return datasets.add(csv(frame), "members.csv")


@pytest.mark.parametrize("asked", ASKED)
def test_equal_names_share_no_answer(asked: str) -> None:
    one, other = members("ALPHA", 60, "inf"), members("BRAVO", 80, "1.5")
    ask = ASKED[asked]
    first, second = ask(one), ask(other)
    assert first != second
    assert (ask(one), ask(other)) == (first, second)


def test_ids_have_128_bits_and_more(monkeypatch: pytest.MonkeyPatch) -> None:
    """As text: four bits for each of a run's characters, six for each of a table's; and they come from `secrets`."""
    monkeypatch.setattr(Jobs, "_pump", lambda self: None)  # nothing is trained
    first, second = (members("ALPHA", 10, "1.5") for _ in range(2))
    assert first.id != second.id
    assert 6 * len(first.id) >= 128
    known = (cached.reading(first).frame, cached.schema(first))
    runs = [cached.jobs().start(RunRequest("marginals", rows=5), *known) for _ in range(2)]
    assert len(set(runs)) == 2
    assert all(re.fullmatch("[0-9a-f]{32}", run) for run in runs)
    monkeypatch.setattr(secrets, "token_hex", lambda number: "a" * 2 * number)
    monkeypatch.setattr(secrets, "token_urlsafe", lambda number: "a" * (4 * number // 3))
    assert (
        set(members("ALPHA", 10, "1.5").id)
        == set(cached.jobs().start(RunRequest("marginals", rows=5), *known))
        == {"a"}
    )


@pytest.mark.skipif(os.name != "posix", reason="modes are POSIX")
def test_folders_are_private_whatever_the_server_allows(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The server's own mask is one bound, and this the other: a command or a script has no such mask."""
    monkeypatch.setattr(Jobs, "_pump", lambda self: None)
    monkeypatch.setenv(datasets.HOME, str(tmp_path / "new" / "home"))
    before = os.umask(0)
    try:
        table = members("ALPHA", 10, "1.5")
        run = cached.jobs().start(RunRequest("marginals", rows=5), cached.reading(table).frame, cached.schema(table))
        assert RunFolder(datasets.home() / "runs" / run).claim()
        library = Library(LibrarySettings(tmp_path / "library", 10**9), owner_of(tmp_path / "library", "Ada"))
        (entry,) = library.save([draft()])
    finally:
        os.umask(before)
    home = datasets.home()
    folders = (home, table.folder.parent, table.folder, home / "runs", home / "runs" / run, library.folder(entry))
    files = (home / "runs" / run / "claim", tmp_path / "library" / "key", tmp_path / "library" / INDEX)
    for path in (*folders, library.folder(entry).parent, *files):
        assert stat.S_IMODE(path.stat().st_mode) & 0o077 == 0, path.name
