"""No name and no value of a table is taken for markup by a page, whatever it looks like."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from functools import cache
from html import escape
from html.parser import HTMLParser
from pathlib import Path

import pytest
import streamlit as st
from streamlit.testing.v1 import AppTest

from engine.library import items, looking
from engine.library.entries import ItemKind
from engine.library.settings import FOLDER, LibrarySettings
from engine.library.store import Library
from engine.results import store
from engine.run import RunRequest, RunResult, execute
from engine.runfolder import Record, RunFolder, State
from pages.ui import cached, datasets
from pages.ui.datasets import Dataset
from tests.hostile.markup import CHART_RAW, MARK, NAMES, RAW, SHOP, charts, drawn, helps, shop
from tests.pages.conftest import csv

Open = Callable[..., AppTest]
# The markup that pages write themselves: the theme's rules and the small charts.
ELEMENTS, ATTRIBUTES = {"style", "div", "span", "img"}, {"class", "style", "title", "role", "aria-label", "src", "alt"}
PICTURE = "data:image/svg+xml;base64,"
FILE = "<b>zqa</b>[zqd](http:evil.example).csv"


@cache
def carried_out() -> RunResult:
    return execute(RunRequest(method="marginals"), shop(), SHOP)


@pytest.fixture
def table() -> Dataset:
    found = datasets.add(csv(shop()), FILE)
    found.save_schema(SHOP)
    return found


@pytest.fixture
def run(table: Dataset) -> str:
    name = f"{1:032x}"
    folder = RunFolder(datasets.home() / "runs" / name)
    now = time.time()
    folder.create(RunRequest(method="marginals"), SHOP.parse(shop()), SHOP)
    store(carried_out(), folder.result)
    folder.write_state(Record(State.DONE, "", created=now, started=now, ended=now + 2))
    table.add_run(name)
    return name


class Markup(HTMLParser):
    """Collects what our own markup does not consist of."""

    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.found: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        strange = [name for name, _ in attrs if name not in ATTRIBUTES]
        loaded = [value or "" for name, value in attrs if name == "src" and not (value or "").startswith(PICTURE)]
        self.found += [tag] * (tag not in ELEMENTS) + strange + loaded


def foreign(text: str) -> list[str]:
    """Elements, attributes and addresses in HTML of a page that are not its own."""
    markup = Markup()
    markup.feed(text)
    markup.close()
    return markup.found


def risky(app: AppTest) -> Iterator[str]:
    """What a page would draw as markup."""
    assert not app.exception
    for message, field, text in drawn(app):
        if message == "Html":
            yield from (f"Html: {found[:120]}" for found in foreign(text))
        elif RAW.search(text):
            yield f"{message}.{field}: {text[:120]}"
    yield from (f"help: {text[:120]}" for text in helps(app) if RAW.search(text))
    yield from (f"chart: {text[:120]}" for text in charts(app) if CHART_RAW.search(text))


@pytest.mark.parametrize("name", NAMES.values(), ids=NAMES)
def test_the_search_finds_each_name_where_it_is_drawn_raw(name: str) -> None:
    def page(name: str) -> None:
        import streamlit as st

        st.markdown(name)
        st.button("Go", help=name, key="go")
        with st.expander(name):
            st.info(name)

    found = list(risky(AppTest.from_function(page, args=(name,)).run()))
    assert {line.partition(":")[0] for line in found} == {
        "Markdown.body",
        "Button.help",
        "Expandable.label",
        "Alert.body",
    }


@pytest.mark.parametrize("name", ["tag", "script", "image", "anchor", "svg"])
def test_the_search_finds_what_is_raw_in_html_and_no_more(name: str) -> None:
    assert foreign(f"<div>{NAMES[name]}</div>")
    assert not foreign(f'<div title="{escape(NAMES[name])}">{escape(NAMES[name])}</div>')
    assert foreign('<img src="http:evil.example">')
    assert foreign('<div onclick="run()">')


def test_a_table_is_seen_and_set_up_as_plain_text(open_app: Open, table: Dataset) -> None:
    for page in ("upload", "configure", "train"):
        app = open_app(table, page=page)
        assert list(drawn(app))  # names do stand there
        assert list(risky(app)) == []


def test_a_comparison_is_plain_text_in_every_view(open_app: Open, table: Dataset, run: str) -> None:
    app = open_app(table, run, page="compare")
    assert list(drawn(app))
    assert any(MARK.search(text) for text in charts(app))
    for view in app.segmented_control(key="view").options:
        app.segmented_control(key="view").set_value(view).run()
        assert list(risky(app)) == []


def test_files_to_download_have_names_that_every_system_takes_as_names(
    open_app: Open,
    table: Dataset,
    run: str,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    names: list[str] = []
    button = st.download_button
    monkeypatch.setattr(st, "download_button", lambda *a, **k: (names.append(k["file_name"]), button(*a, **k))[1])
    assert not open_app(table, run, page="compare").exception
    assert len(names) >= 8
    assert [name for name in names if set(name) & set('<>:"/\\|?*') or not name.isprintable()] == []


def test_columns_are_looked_at_as_plain_text(open_app: Open, table: Dataset, run: str) -> None:
    app = open_app(table, run, page="compare")
    for name in list(NAMES.values())[:6]:
        app.selectbox(key="column").set_value(name).run()
        assert list(risky(app)) == []


def test_the_library_is_plain_text(
    open_app: Open,
    table: Dataset,
    run: str,
    home: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv(FOLDER, str(home / "library"))
    monkeypatch.setattr(looking, "look", looking.written)
    settings = LibrarySettings.from_environment()
    assert settings is not None
    drafts = items.of_run(
        tuple(ItemKind),
        cached.result(run),
        SHOP,
        run=run,
        source=NAMES["tag"],
        name=NAMES["strong"],
        note=f"{NAMES['picture']}\n{NAMES['heading']}",
    )
    entries = Library(settings).save(drafts)
    app = open_app()
    app.switch_page("pages/library.py").run()
    assert list(risky(app)) == []
    for entry in entries:
        app.button(key=f"open-{entry.id}").click().run()
        assert list(risky(app)) == []
        app.button(key="back").click().run()
