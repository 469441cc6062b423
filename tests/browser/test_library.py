"""The library in a real browser: what was kept is opened, makes more rows, goes, and comes back."""

from __future__ import annotations

from pathlib import Path

import pandas as pd
import pytest
from playwright.sync_api import Browser

from engine import results
from engine.library import items, looking
from engine.library.entries import ItemKind
from engine.library.settings import FOLDER, LibrarySettings
from engine.library.store import Library
from engine.run import RunRequest, execute
from pages.ui import datasets
from tests.browser.driver import Visitor, serving
from tests.engine.tables import CLUB, club


def test_a_kept_model_makes_more_rows(browser: Browser, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(datasets.HOME, str(tmp_path))
    monkeypatch.setenv(FOLDER, str(tmp_path / "library"))
    monkeypatch.setattr(looking, "look", looking.written)
    settings = LibrarySettings.from_environment()
    assert settings is not None
    execute(RunRequest("marginals", figures=False), club(), CLUB, folder=tmp_path / "run")
    result = results.load(tmp_path / "run", CLUB)
    kinds = (ItemKind.DATASET, ItemKind.MODEL)
    Library(settings).save(items.of_run(kinds, result, CLUB, run="run", source="club", name="Members"))
    with serving(tmp_path) as address:
        context = browser.new_context(viewport={"width": 390, "height": 844}, accept_downloads=True)
        visitor = Visitor(context.new_page())
        visitor.page.set_default_timeout(60_000)
        visitor.page.goto(f"{address}/library")
        visitor.heading("Library")
        visitor.shoot("library-390-light")
        assert visitor.overflow() <= 0
        card = visitor.page.locator('[class*="st-key-kept-card"]')
        card.filter(has_text="Model").get_by_role("button", name="Open").click()
        visitor.heading("Members")
        visitor.control("kept-many").locator("input").fill("50")
        visitor.control("kept-many").locator("input").press("Enter")
        visitor.settle()
        visitor.click("make-rows")
        visitor.page.get_by_text("50 rows made").wait_for()
        visitor.download("made-csv").save_as(tmp_path / "made.csv")
        made = pd.read_csv(tmp_path / "made.csv", dtype="str")
        assert (len(made), list(made.columns)) == (50, list(CLUB.names))
        visitor.page.reload()
        visitor.page.get_by_text("50 rows made").wait_for()
        visitor.shoot("library-model-390-light")
        assert visitor.overflow() <= 0
        visitor.click("delete")
        visitor.control("library-undo").wait_for()
        visitor.settle()
        assert card.count() == 1
        visitor.click("undo")
        card.nth(1).wait_for()
        context.close()
