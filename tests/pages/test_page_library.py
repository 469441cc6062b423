"""The library: saving from the comparison, finding, opening, more rows, the passport, renaming, deleting and back."""

from __future__ import annotations

import re
import time
from collections.abc import Callable
from pathlib import Path

import pandas as pd
import pytest
from streamlit.testing.v1 import AppTest

from engine.library import items, looking
from engine.library.entries import Entry, ItemKind
from engine.library.settings import FOLDER, LibrarySettings
from engine.library.store import Library
from engine.table.read import read_table
from pages.ui import cached, entrance, kept, shelf
from pages.ui.datasets import Dataset
from tests.engine.tables import CLUB
from tests.pages.conftest import text

Open = Callable[..., AppTest]
Finished = Callable[..., str]
ALL = tuple(ItemKind)


@pytest.fixture
def settings(home: Path, monkeypatch: pytest.MonkeyPatch) -> LibrarySettings:
    """A library on this server; models are looked into in this process."""
    monkeypatch.setenv(FOLDER, str(home / "library"))
    monkeypatch.setattr(looking, "look", looking.written)
    found = LibrarySettings.from_environment()
    assert found is not None
    return found


@pytest.fixture
def library(settings: LibrarySettings) -> Library:
    return Library(settings)


@pytest.fixture
def saved(library: Library, finished: Finished) -> dict[ItemKind, Entry]:
    """The three things that a run leaves, kept under the name “Club *1*”."""
    run = finished()
    drafts = items.of_run(ALL, cached.result(run), CLUB, run=run, source="club", name="Club *1*", note="For tests")
    return {entry.kind: entry for entry in library.save(drafts)}


def opened(open_app: Open, entry: Entry | None = None) -> AppTest:
    """The library's page, in a session that has no table."""
    app = open_app()
    app.switch_page("pages/library.py").run()
    if entry is not None:
        app.button(key=f"open-{entry.id}").click().run()
    assert not app.exception
    return app


def cards(app: AppTest) -> int:
    return len([b for b in app.button if (b.key or "").startswith("open-")])


def test_without_a_folder_there_is_no_library(open_app: Open, table: Dataset, finished: Finished) -> None:
    app = open_app(table, finished(), page="compare")
    assert not app.exception
    assert not [f for f in app.checkbox if (f.key or "").startswith("save-")]


def test_an_empty_library_says_what_to_do(open_app: Open, settings: LibrarySettings, table: Dataset) -> None:
    app = opened(open_app)
    assert "Nothing is kept here yet" in text(app)
    app.button(key="library-start").click().run()
    assert len(app.file_uploader) == 1
    assert not settings.folder.exists()


class TestSaving:
    def test_what_is_ticked_is_kept_with_name_and_note(
        self, open_app: Open, table: Dataset, finished: Finished, library: Library
    ) -> None:
        run = finished()
        app = open_app(table, run, page="compare")
        app.checkbox(key=f"save-model-{run}").uncheck()
        app.text_input(key=f"save-name-{run}").set_value("My twin")
        app.text_area(key=f"save-note-{run}").set_value("of the club")
        app.button(key="save").click().run()
        assert not app.exception
        kept = library.entries()
        assert {entry.kind for entry in kept} == {ItemKind.DATASET, ItemKind.REPORT}
        assert {(entry.name, entry.note, entry.about.source) for entry in kept} == {("My twin", "of the club", "club")}
        assert app.checkbox(key=f"save-dataset-{run}-again").label.endswith("(saved already)")
        assert not app.checkbox(key=f"save-dataset-{run}-again").value
        app.checkbox(key=f"save-model-{run}").check()
        app.button(key="save").click().run()
        assert {entry.kind for entry in library.entries()} == set(ALL)

    def test_what_stands_in_the_way_is_told(
        self, open_app: Open, table: Dataset, finished: Finished, library: Library, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        run = finished()
        monkeypatch.setenv("TABULAR_TWIN_MAX_LIBRARY_BYTES", "1000")
        app = open_app(table, run, page="compare")
        app.button(key="save").click().run()
        assert "Nothing was saved" in app.error[0].value
        for kind in ALL:
            app.checkbox(key=f"save-{kind}-{run}").uncheck()
        app.button(key="save").click().run()
        assert "Tick what you want" in app.error[0].value
        assert library.entries() == ()

    def test_where_nothing_was_measured_there_is_no_report_to_keep(
        self, open_app: Open, table: Dataset, finished: Finished, library: Library
    ) -> None:
        run = finished(figures=False)
        app = open_app(table, run, page="compare")
        assert [box.label for box in app.checkbox if (box.key or "").startswith("save-")] == [
            "The synthetic table",
            "The model",
        ]


class TestTheList:
    def test_cards_show_what_each_is(self, open_app: Open, saved: dict[ItemKind, Entry]) -> None:
        app = opened(open_app)
        assert cards(app) == 3
        said = text(app)
        assert said.count(r"**Club \*1\***") == 3
        assert said.count("For tests") == 3
        assert "Overall quality **" in said
        assert "Fresh real rows: " in said
        assert "Learned 200 rows, 8 columns" in said
        assert re.search(r"[\d.]+ kB of 2 GB used", said)

    def test_search_kind_and_order(self, open_app: Open, saved: dict[ItemKind, Entry], library: Library) -> None:
        library.rename(saved[ItemKind.REPORT].id, "Another", "")
        app = opened(open_app)
        app.selectbox(key="library-order").set_value("By name").run()
        first = next(b.key for b in app.button if (b.key or "").startswith("open-"))
        assert first == f"open-{saved[ItemKind.REPORT].id}"
        app.text_input(key="library-search").set_value("ANOTHER club").run()
        assert cards(app) == 1
        app.segmented_control(key="library-kind").set_value(ItemKind.MODEL).run()
        assert cards(app) == 0
        assert "Nothing here is called so" in app.info[0].value

    def test_many_are_shown_page_by_page(
        self, open_app: Open, saved: dict[ItemKind, Entry], monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(shelf, "PAGE", 2)
        app = opened(open_app)
        assert cards(app) == 2
        assert "3 entries, 2 on a page" in text(app)


class TestAnEntry:
    def test_a_refresh_finds_it_and_the_way_back(self, open_app: Open, saved: dict[ItemKind, Entry]) -> None:
        entry = saved[ItemKind.REPORT]
        app = opened(open_app, entry)
        assert app.query_params["kept"] == entry.id
        again = open_app()
        again.query_params["kept"] = entry.id
        again.switch_page("pages/library.py").run()
        app.button(key="back").click().run()
        assert cards(app) == 3
        assert "kept" not in app.query_params

    def test_one_that_is_not_there_is_told(self, open_app: Open, saved: dict[ItemKind, Entry]) -> None:
        app = opened(open_app, saved[ItemKind.REPORT])
        app.query_params["kept"] = "0" * 32
        app.run()
        assert not app.exception
        assert "not in your library" in app.error[0].value
        assert cards(app) == 3

    def test_renaming(self, open_app: Open, saved: dict[ItemKind, Entry], library: Library) -> None:
        entry = saved[ItemKind.DATASET]
        app = opened(open_app, entry)
        app.text_input(key=f"name-{entry.id}").set_value("Members")
        app.text_area(key=f"note-{entry.id}").set_value("two\nlines")
        app.button(key="rename").click().run()
        assert not app.exception
        assert app.title[0].value == "Members"
        assert (library.entry(entry.id).name, library.entry(entry.id).note) == ("Members", "two\nlines")

    def test_deleting_and_undo(self, open_app: Open, saved: dict[ItemKind, Entry], library: Library) -> None:
        entry = saved[ItemKind.MODEL]
        app = opened(open_app, entry)
        app.button(key="delete").click().run()
        assert not app.exception
        assert cards(app) == 2
        assert r"**Club \*1\*** was deleted" in text(app)
        app.button(key="undo").click().run()
        assert cards(app) == 3
        assert library.trash() == ()
        assert "was deleted" not in text(app)

    def test_the_trash_gives_back_and_is_emptied(
        self, open_app: Open, saved: dict[ItemKind, Entry], library: Library
    ) -> None:
        library.delete(saved[ItemKind.MODEL].id)
        library.delete(saved[ItemKind.DATASET].id)
        app = opened(open_app)
        assert "removed for good on" in text(app)
        app.button(key=f"restore-{saved[ItemKind.MODEL].id}").click().run()
        assert cards(app) == 2
        app.button(key="empty-trash").click().run()
        assert not app.exception
        assert library.trash() == ()
        assert {entry.kind for entry in library.entries()} == {ItemKind.MODEL, ItemKind.REPORT}

    def test_a_dataset_is_shown_and_taken_away_as_in_the_source(
        self, open_app: Open, saved: dict[ItemKind, Entry], library: Library
    ) -> None:
        entry = saved[ItemKind.DATASET]
        app = opened(open_app, entry)
        made = items.table_of(library, entry)
        shown = app.dataframe[0].value
        assert shown["joined"].dropna().str.fullmatch(r"(\d\d\.\d\d\.\d{4})?").all()
        assert len(shown) == len(made) == 200
        for key in ("csv", "xlsx", "parquet", "json"):
            assert app.get_by_key(f"kept-{key}")
        content = kept._file_of(library, entry, CLUB)("csv")()
        again = CLUB.parse(read_table(content, name="x.csv").frame)
        pd.testing.assert_frame_equal(again[["age", "fee", "city"]], made[["age", "fee", "city"]])

    def test_a_dataset_becomes_the_table_that_is_worked_on(self, open_app: Open, saved: dict[ItemKind, Entry]) -> None:
        app = opened(open_app, saved[ItemKind.DATASET])
        app.button(key="work-on").click().run()
        assert not app.exception
        assert app.title[0].value == r"Club \-1"
        assert "200 rows, 8 columns" in text(app)
        app.switch_page("pages/configure.py").run()
        assert list(app.data_editor[0].value["kind"]) == [str(column.kind) for column in CLUB]

    def test_a_report_shows_all_figures(self, open_app: Open, saved: dict[ItemKind, Entry], library: Library) -> None:
        entry = saved[ItemKind.REPORT]
        app = opened(open_app, entry)
        evaluation, _, page = items.report_of(library, entry)
        assert list(app.dataframe[0].value["Figure"]) == [result.info.label for result in evaluation.results]
        assert len(app.metric) == len(entry.about.figures)
        assert b"Overall quality" in page
        assert app.get_by_key("kept-report-file")

    def test_files_that_are_gone_are_told(self, open_app: Open, saved: dict[ItemKind, Entry], library: Library) -> None:
        entry = saved[ItemKind.DATASET]
        (library.folder(entry) / "schema.json").unlink()
        app = opened(open_app, entry)
        assert "damaged or gone" in app.error[0].value


class TestAModel:
    def test_its_passport_lists_every_real_value(
        self, open_app: Open, saved: dict[ItemKind, Entry], library: Library
    ) -> None:
        app = opened(open_app, saved[ItemKind.MODEL])
        app.segmented_control(key="kept-view").set_value("Passport").run()
        assert not app.exception
        held = items.passport_of(library, saved[ItemKind.MODEL])
        assert f"**{held.total:,} real values**" in text(app)
        counts = app.dataframe[0].value
        assert dict(zip(counts["Column"], counts["Real values"], strict=True)) == dict(held.counts)
        app.selectbox(key="passport-column").set_value("city").run()
        assert list(app.dataframe[1].value["city"]) == held.values("city")
        assert set(held.values("city")) == {"Amsterdam", "Delft", "Utrecht"}
        assert "member" not in app.selectbox(key="passport-column").options

    def test_more_rows_with_given_values_and_shares(
        self, open_app: Open, saved: dict[ItemKind, Entry], library: Library
    ) -> None:
        """In the real worker, since that is what a person gets."""
        app = opened(open_app, saved[ItemKind.MODEL])
        app.number_input(key="kept-many").set_value(300).run()
        app.multiselect(key="kept-given-columns").set_value(["city"]).run()
        assert app.multiselect(key="kept-given-categorical-city").options[:3] == ["Amsterdam", "Utrecht", "Delft"]
        app.multiselect(key="kept-given-categorical-city").set_value(["Delft"]).run()
        assert "rows of the model’s sample" in text(app)
        app.selectbox(key="kept-balance-column").set_value("active").run()
        assert app.segmented_control(key="kept-balance-preset").options == ["Equal shares", "Own shares"]
        app.button(key="make-rows").click().run()
        assert not app.exception
        run = app.query_params["rows"]
        end = time.monotonic() + 120
        while not cached.jobs().status(run).state.ended:
            assert time.monotonic() < end
            time.sleep(0.05)
        app.run()
        assert not app.exception
        made = cached.result(run).synthetic
        assert set(made["city"]) == {"Delft"}
        assert made["active"].value_counts().tolist() == [150, 150]
        assert "**300 rows** made" in text(app)
        assert app.get_by_key("made-csv")
        app.button(key="made-certify").click().run()
        assert not app.exception
        assert next(frame.value for frame in app.dataframe if "Passed" in frame.value)["Passed"].all()
        assert app.number_input(key="kept-many").value == 300
        assert app.number_input(key="kept-seed").value == 2
        assert app.multiselect(key="kept-given-categorical-city").value == ["Delft"]
        assert app.selectbox(key="kept-balance-column").value == "active"
        app.button(key="keep-made").click().run()
        assert not app.exception
        kept = library.entries()[0]
        assert (kept.kind, kept.about.rows, kept.about.facts["given"]) == (ItemKind.DATASET, 300, ["city=Delft"])
        assert "Saved to the library" in text(app)
        app.button(key="back").click().run()
        app.button(key=f"open-{saved[ItemKind.MODEL].id}").click().run()
        assert "**300 rows** made" in text(app)

    def test_a_run_of_something_else_in_the_address_is_passed_over(
        self, open_app: Open, saved: dict[ItemKind, Entry], finished: Finished
    ) -> None:
        app = opened(open_app, saved[ItemKind.MODEL])
        app.query_params["rows"] = finished()
        app.run()
        assert not app.exception
        assert app.button(key="make-rows")
        assert "made in" not in text(app)


class TestLogIn:
    @pytest.fixture
    def visitor(self, settings: LibrarySettings, monkeypatch: pytest.MonkeyPatch) -> Callable[..., None]:
        def become(**said: object) -> None:
            monkeypatch.setattr(shelf, "claims", lambda: said)

        return become

    def test_there_is_one_button_to_log_out(
        self, open_app: Open, visitor: Callable[..., None], monkeypatch: pytest.MonkeyPatch
    ) -> None:
        visitor(iss="https://id.example", sub="1", name="Ann")
        monkeypatch.setattr(entrance, "find_spec", lambda name: name)
        for wanted in ("", "required"):
            monkeypatch.setenv(entrance.LOGIN, wanted)
            assert [button.label for button in opened(open_app).button].count("Log out") == 1

    def test_one_has_to_log_in_first(
        self,
        open_app: Open,
        visitor: Callable[..., None],
        saved: dict[ItemKind, Entry],
        table: Dataset,
        monkeypatch: pytest.MonkeyPatch,
    ) -> None:
        visitor()
        monkeypatch.setattr(kept, "find_spec", lambda name: None)
        assert "not installed" in opened(open_app).error[0].value
        monkeypatch.setattr(kept, "find_spec", lambda name: name)
        app = opened(open_app)
        assert app.button(key="log-in")
        assert cards(app) == 0
        run = table.runs()[-1]
        compare = open_app(table, run, page="compare")
        assert not compare.exception
        assert not [box for box in compare.checkbox if (box.key or "").startswith("save-")]

    def test_each_sees_only_their_own(
        self, open_app: Open, visitor: Callable[..., None], table: Dataset, finished: Finished
    ) -> None:
        run = finished(figures=False)
        visitor(iss="https://x.example", sub="1", name="Ada")
        app = open_app(table, run, page="compare")
        app.button(key="save").click().run()
        app = opened(open_app)
        assert cards(app) == 2
        assert "as **Ada**" in text(app)
        entry = next((b.key or "")[5:] for b in app.button if (b.key or "").startswith("open-"))
        visitor(iss="https://x.example", sub="2", name="Bea")
        other = open_app()
        other.switch_page("pages/library.py").run()
        assert cards(other) == 0
        other.query_params["kept"] = entry
        other.run()
        assert "not in your library" in other.error[0].value

    def test_who_cannot_be_told_apart_has_no_library(self, open_app: Open, visitor: Callable[..., None]) -> None:
        visitor(email="ada@example.org", email_verified=False)
        assert "does not say who you are" in opened(open_app).error[0].value

    @pytest.mark.parametrize(
        ("said", "identity"),
        [
            ({"iss": "i", "sub": "s", "email": "a@b"}, "i s"),
            ({"email": " Ada@Example.org "}, "ada@example.org"),
            ({"email": "a@b", "email_verified": True}, "a@b"),
            ({"email": "a@b", "email_verified": False}, ""),
            ({"email": "a@b", "email_verified": "false"}, ""),
            ({"sub": "s"}, ""),
        ],
    )
    def test_people_are_known_by_their_account_and_else_by_a_confirmed_address(
        self, said: dict[str, object], identity: str
    ) -> None:
        assert shelf.identity(said) == identity
