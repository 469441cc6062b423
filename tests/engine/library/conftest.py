"""What tests of the library share: one finished run, and libraries in folders of their own."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from engine import results
from engine.library import items, looking
from engine.library.entries import About, Draft, ItemKind
from engine.library.settings import LibrarySettings
from engine.library.store import Library
from engine.results import StoredResult
from engine.run import RunRequest, execute
from tests.engine.tables import CLUB, club

QUOTA = 50_000_000


@pytest.fixture(scope="package")
def result(tmp_path_factory: pytest.TempPathFactory) -> StoredResult:
    """A run on the club's members, as a page finds it."""
    folder = tmp_path_factory.mktemp("run")
    execute(RunRequest("marginals", rows=150, release="audited", charts=False), club(), CLUB, folder=folder)
    return results.load(folder, CLUB)


@pytest.fixture
def settings(tmp_path: Path) -> LibrarySettings:
    return LibrarySettings(tmp_path / "library", QUOTA, 3600)


@pytest.fixture
def library(settings: LibrarySettings) -> Library:
    return Library(settings)


def draft(name: str = "thing", size: int = 1_000, write: Callable[[Path], None] | None = None, note: str = "") -> Draft:
    """An entry of so many bytes."""

    def fill(folder: Path) -> None:
        (folder / "content.bin").write_bytes(bytes(size))

    return Draft(ItemKind.REPORT, name, About("Forest", "census", 10, 3), write or fill, note)


def files_of(library: Library) -> set[str]:
    """All that lies in a user's folder."""
    home = library.settings.folder / library.owner
    return {str(path.relative_to(home)) for path in home.rglob("*")} if home.exists() else set()


def drafts(result: StoredResult, *kinds: ItemKind) -> tuple[Draft, ...]:
    """As the compare page asks for them, with the model looked into in this process."""
    about = items.about_run(result, CLUB, "run-1", "club")
    made = {
        ItemKind.DATASET: lambda: items.dataset("Club", result.synthetic, CLUB, about),
        ItemKind.MODEL: lambda: items.model("Club", result.model, about, look=looking.written),
        ItemKind.REPORT: lambda: items.report("Club", result, about),
    }
    return tuple(made[kind]() for kind in kinds)
