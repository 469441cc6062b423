"""Every page and every view of the comparison, one after another."""

from __future__ import annotations

from collections.abc import Iterator

from engine.library import items
from engine.library.entries import ItemKind
from engine.library.settings import LibrarySettings
from engine.library.store import Library
from pages.ui import cached
from pages.ui.datasets import Dataset
from tests.browser.driver import Visitor

PAGES = {
    "configure": "Configure the twin",
    "train": "Train the twin",
    "describe": "Describe a table",
    "library": "Library",
    "guide": "Guide",
}


def keep(table: Dataset, run_id: str) -> None:
    """The table and the report of a run in the library that the environment names."""
    settings = LibrarySettings.from_environment()
    assert settings is not None
    kinds = (ItemKind.DATASET, ItemKind.REPORT)
    result, schema = cached.jobs().result(run_id), cached.jobs().schema(run_id)
    Library(settings).save(items.of_run(kinds, result, schema, run=run_id, source=table.title, name=table.title))


def stops(visitor: Visitor, address: str, table: Dataset, run_id: str) -> Iterator[str]:
    """The name of what is to be seen now, drawn whole."""
    known = f"?data={table.id}&run={run_id}"
    visitor.page.goto(address)
    visitor.page.get_by_text("Or try a sample").wait_for()
    yield _drawn(visitor, "upload")
    visitor.page.goto(f"{address}/{known}")
    visitor.heading(table.title)
    yield _drawn(visitor, "table")
    visitor.choose("portrait", "Columns")
    visitor.page.locator('[data-testid="stVegaLiteChart"]').first.wait_for()
    yield _drawn(visitor, "columns")
    for page, title in PAGES.items():
        visitor.page.goto(f"{address}/{page}{known}")
        visitor.heading(title)
        yield _drawn(visitor, page)
    visitor.page.goto(f"{address}/compare{known}")
    visitor.control("large").locator(".main-svg").first.wait_for()
    for part in _options(visitor, "view-part"):
        visitor.look_at(part)
        visitor.settle()
        views = _options(visitor, "view" if part == "Look" else f"view-{part.lower()}")
        for view in views or [""]:
            if view:
                visitor.look_at(part, view)
            yield _drawn(visitor, f"compare-{(view or part).lower().replace(' ', '-')}")


def _options(visitor: Visitor, key: str) -> list[str]:
    """What can be chosen, without the icons before; nothing where there is no such choice."""
    return [text.splitlines()[-1] for text in visitor.control(key).get_by_role("radio").all_inner_texts()]


def _drawn(visitor: Visitor, name: str) -> str:
    visitor.settle()
    visitor.still()
    return name
