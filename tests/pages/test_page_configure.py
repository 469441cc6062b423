"""Configure: columns, kinds, method and what to make; kept on disk, checked as a whole."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import replace

import pytest
from streamlit.testing.v1 import AppTest

from engine import estimates, machine
from engine.errors import SettingsError
from engine.generators import registry
from engine.generators.costs import Work
from engine.machine import REFERENCE
from engine.run import RunRequest
from engine.table.schema import Kind, Schema
from pages.ui import state
from pages.ui.choices import Choices
from pages.ui.datasets import Dataset
from tests.engine.doubles import Big
from tests.engine.tables import club
from tests.pages.conftest import text

Open = Callable[..., AppTest]
WORK = Work.uncounted(2_000, 5, 5)
MEMBER, AGE, FEE, CITY = range(4)  # rows of the table of columns


def edit(app: AppTest, row: int, **changes: object) -> AppTest:
    """Change cells of the table of columns that is on the page now, as a person does."""
    drawn = getattr(app.session_state, "twin-editor", 0)
    app.session_state[f"columns-{drawn}"] = {
        "edited_rows": {row: changes},
        "added_rows": [],
        "deleted_rows": [],
    }
    return app.run()


@pytest.fixture
def app(open_app: Open, table: Dataset) -> AppTest:
    return open_app(table, page="configure")


def choices(table: Dataset) -> Choices:
    return Choices.from_json(table.load_choices())


def test_without_a_table_the_page_leads_to_one(open_app: Open) -> None:
    app = open_app(page="configure")
    assert not app.exception
    assert "no table" in app.info[0].value
    app.button(key="to-upload").click().run()
    assert len(app.file_uploader) == 1


def test_the_defaults_are_enough_to_go_on(app: AppTest, table: Dataset) -> None:
    assert not app.exception
    assert not app.error
    assert not app.button(key="next").disabled
    assert choices(table) == Choices()
    assert choices(table).request().rows is None


def test_every_column_is_listed_with_kind_and_reason(app: AppTest) -> None:
    shown = app.data_editor[0].value
    assert list(shown["name"]) == list(club().columns)
    assert shown["keep"].all()
    assert list(shown["kind"])[MEMBER] == "identifier"
    assert shown["why"].str.len().min() > 0
    assert shown["missing"][AGE] == pytest.approx(100 * club()["age"].isna().mean())


def test_a_column_can_be_left_out(app: AppTest, table: Dataset) -> None:
    edit(app, CITY, keep=False)
    saved = table.load_schema()
    assert saved is not None
    assert not saved["city"].selected
    assert sum(c.selected for c in saved) == len(saved) - 1
    assert "7 columns of 8" in text(app)


def test_another_kind_brings_its_formats(app: AppTest, table: Dataset) -> None:
    edit(app, FEE, kind="categorical")
    saved = table.load_schema()
    assert saved is not None
    assert saved["fee"].kind is Kind.CATEGORICAL
    assert saved["fee"].chosen
    assert saved["fee"].number is None
    assert saved.parse(club())["fee"].dtype == "str"
    assert not app.error


def test_a_kind_that_does_not_fit_is_told_and_stops_the_way_on(app: AppTest, table: Dataset) -> None:
    edit(app, CITY, kind="integer")
    assert not app.exception
    assert len(app.error) == 1
    assert "city" in app.error[0].value
    assert app.button(key="next").disabled
    assert "city" in app.container(key="action").markdown[0].value  # what stands in the way is told beside the button
    saved = table.load_schema()
    assert saved is None or saved["city"].kind is Kind.CATEGORICAL


def test_at_least_one_column_is_needed(app: AppTest, table: Dataset) -> None:
    app.button(key="keep-none").click().run()
    assert app.button(key="next").disabled
    assert "at least one column" in app.error[0].value
    app.button(key="keep-all").click().run()
    assert not app.error
    assert not app.button(key="next").disabled


def test_kinds_can_be_put_back(app: AppTest, table: Dataset) -> None:
    edit(app, FEE, kind="categorical")
    app.button(key="kinds-found").click().run()
    saved = table.load_schema()
    assert saved is not None
    assert saved["fee"].kind is Kind.DECIMAL
    assert app.data_editor[0].value["kind"][FEE] == "decimal"


def test_what_is_made_anew_is_said(app: AppTest) -> None:
    said = next(c.value for c in app.caption if "Made anew" in c.value)
    assert "member" in said
    assert "age" not in said
    assert any(m.value.startswith("**e\\-mail** :gray[e\\-mail addresses") for m in app.markdown)


def test_automatic_says_what_it_takes_and_why(app: AppTest) -> None:
    assert app.segmented_control(key="method-family").value == "Automatic"
    labels = [info.label for info in registry.infos()]
    assert any(f"**{label}**" in text(app) for label in labels)


@pytest.mark.parametrize("family", ["Standard", "Advanced"])
def test_every_method_of_a_family_is_offered_with_its_settings(app: AppTest, table: Dataset, family: str) -> None:
    app.segmented_control(key="method-family").set_value(family).run()
    keys = [i.key for i in registry.infos() if i.advanced == (family == "Advanced")]
    assert app.radio(key="method").options == [registry.GENERATORS[k].info.label for k in keys]
    for key in keys:
        app.radio(key="method").set_value(key).run()
        assert not app.exception
        assert not app.error
        assert choices(table).method == key
        assert app.expander(key=f"settings-{key}")


def test_what_a_run_takes_stands_beside_each_choice(app: AppTest) -> None:
    told = re.compile(r"Takes (about|less than) .+ here, with both trainings and the figures, and .+ of memory")
    assert told.search(text(app).replace("\\", ""))
    told = re.compile(r"(About|Less than) .+, \d+ (MB|GB)\.")
    for family in ("Standard", "Advanced"):
        app.segmented_control(key="method-family").set_value(family).run()
        captions = app.radio(key="method").proto.captions
        assert captions
        assert all(told.search(caption.replace("\\", "")) or "not known" in caption for caption in captions)
        assert any(told.search(caption.replace("\\", "")) for caption in captions)


def test_what_is_not_known_is_not_told(app: AppTest, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(registry.GENERATORS["marginals"], "cost", lambda settings, work: None)
    app.segmented_control(key="method-family").set_value("Standard").run()
    keys = [info.key for info in registry.infos() if not info.advanced]
    assert "not known" in app.radio(key="method").proto.captions[keys.index("marginals")]


def test_rows_and_settings_change_what_a_run_takes() -> None:
    def seconds(request: RunRequest) -> float:
        found = estimates.of_run(request, "copula", WORK, REFERENCE)
        assert found is not None
        return found.seconds

    plain = Choices(method="copula")
    assert seconds(replace(plain, rows=4_000_000).request()) > seconds(plain.request())
    assert seconds(plain.with_settings("copula", {"sweeps": 2_000}).request()) > seconds(plain.request())


def test_a_run_that_does_not_fit_offers_a_smaller_setting(
    open_app: Open, table: Dataset, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(registry.GENERATORS, "big", Big)
    monkeypatch.setattr(machine, "memory_left", lambda: 300_000_000)
    app = open_app(table, page="configure")
    app.segmented_control(key="method-family").set_value("Standard").run()
    app.radio(key="method").set_value("big").run()
    assert "would need about 400 MB" in app.warning[0].value.replace("\\", "")
    assert app.number_input(key="set-big-width").value == 64
    app.button(key="smaller").click().run()
    assert not app.exception
    assert not app.warning
    assert app.number_input(key="set-big-width").value == 32
    assert choices(table).request().settings == {"width": 32, "depth": 4}
    assert choices(table).method == "big"


def test_where_no_setting_fits_that_is_told(open_app: Open, table: Dataset, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(machine, "memory_left", lambda: 1_000)
    app = open_app(table, page="configure")
    assert not app.exception
    assert len(app.warning) == 1
    assert any("No smaller setting" in caption.value for caption in app.caption)
    assert not app.button(key="next").disabled


def test_settings_are_kept_by_method(app: AppTest, table: Dataset) -> None:
    app.segmented_control(key="method-family").set_value("Standard").run()
    app.radio(key="method").set_value("marginals").run()
    app.selectbox(key="set-marginals-numbers").set_value("empirical").run()
    app.radio(key="method").set_value("copula").run()
    app.radio(key="method").set_value("marginals").run()
    assert app.selectbox(key="set-marginals-numbers").value == "empirical"
    assert choices(table).request().settings["numbers"] == "empirical"


def test_a_request_that_cannot_be_carried_out_is_told(
    open_app: Open, table: Dataset, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(self: RunRequest, schema: Schema, limits: object = None) -> None:
        raise SettingsError("That is too many rows.")

    monkeypatch.setattr(RunRequest, "check", refuse)
    app = open_app(table, page="configure")
    assert not app.exception
    assert "too many rows" in app.error[0].value
    assert app.button(key="next").disabled


def test_choices_beyond_a_lowered_limit_come_back_within_it(
    open_app: Open, table: Dataset, monkeypatch: pytest.MonkeyPatch
) -> None:
    table.save_choices(Choices(rows=90_000).to_json())
    monkeypatch.setenv("TABULAR_TWIN_MAX_ROWS_TO_MAKE", "1000")
    app = open_app(table, page="configure")
    assert not app.exception
    assert app.number_input(key="rows").value == 1_000


def test_choices_survive_going_back_and_a_refresh(app: AppTest, open_app: Open, table: Dataset) -> None:
    app.number_input(key="seed").set_value(7).run()
    app.number_input(key="rows").set_value(50).run()
    app.toggle(key="charts").set_value(False).run()
    app.slider(key="holdout").set_value(30).run()
    edit(app, CITY, keep=False)
    back = app.switch_page("pages/upload.py").run().switch_page("pages/configure.py").run()
    fresh = open_app(table, page="configure")
    for found in (back, fresh):
        assert found.number_input(key="seed").value == 7
        assert found.number_input(key="rows").value == 50
        assert found.toggle(key="charts").value is False
        assert found.slider(key="holdout").value == 30
        assert not found.data_editor[0].value["keep"][CITY]
    assert choices(table).request().holdout == 0.3


def test_a_small_table_holds_nothing_out_by_itself(open_app: Open) -> None:
    from pages.ui import datasets
    from tests.pages.conftest import csv

    app = open_app(datasets.add(csv(club(40)), "small.csv"), page="configure")
    assert app.slider(key="holdout").value == 0
    assert any("No rows are held out" in caption.value for caption in app.caption)


SEEDED = Choices(
    method="copula",
    budget=60.0,
    given={"age": "age=30..40"},
    balance={"column": "city", "preset": "own", "own": {"Amsterdam": 50.0, "Utrecht": 50.0, "Delft": 0.0}},
)


def seeded(app: AppTest) -> dict[str, tuple[object, bool]]:
    """What each input with a first value of its own shows, and whether the browser is sent that in this run."""
    own = [i for i in app.number_input if i.key == "budget" or i.key.startswith(("given-", "share-"))]
    own += [i for i in app.selectbox if i.key == "balance-column"]
    return {str(i.key): (i.value, bool(i.proto.set_value)) for i in own}


def test_a_quick_click_cannot_put_first_values_back(
    open_app: Open, table: Dataset, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The browser may lose what an interrupted run sent: values are sent again until it must have heard of them."""
    now = 100.0
    monkeypatch.setattr(state.time, "monotonic", lambda: now)
    table.save_choices(SEEDED.to_json())
    app = open_app(table, page="configure")
    first = seeded(app)
    assert {"budget", "given-from-integer-age", "given-to-integer-age", "balance-column"} < set(first)
    assert first["budget"] == (60.0, True)
    now += state.HEARD / 2
    assert seeded(app.run()) == first
    now += state.HEARD
    assert seeded(app.run()) == {key: (value, False) for key, (value, _) in first.items()}
    assert choices(table).budget == 60.0


def test_what_is_typed_at_once_is_kept(open_app: Open, table: Dataset) -> None:
    table.save_choices(SEEDED.to_json())
    app = open_app(table, page="configure")
    app.number_input(key="budget").set_value(None).run()
    assert app.number_input(key="budget").value is None
    assert choices(table).budget is None
    app.number_input(key="given-to-integer-age").set_value(None).run()
    assert choices(table).given["age"] == "age>=30"


def test_further_methods_can_be_trained_as_well(open_app: Open, table: Dataset) -> None:
    app = open_app(table, page="configure")
    app.segmented_control(key="method-family").set_value("Standard").run()
    app.radio(key="method").set_value("copula").run()
    also = app.multiselect(key="also")
    assert "Gaussian copula" not in {label.removesuffix(" (suits less)") for label in also.options}
    also.set_value(["marginals", "forest"]).run()
    assert not app.exception
    assert "3 runs, each with the same rows held out" in text(app)
    kept = Choices.from_json(table.load_choices())
    assert [request.method for request in kept.requests()] == ["copula", "marginals", "forest"]
    again = open_app(table, page="configure")
    assert again.multiselect(key="also").value == ["marginals", "forest"]
    again.segmented_control(key="method-family").set_value("Race").run()
    assert [request.method for request in Choices.from_json(table.load_choices()).requests()] == ["race"]


def test_only_methods_that_can_do_what_is_asked_of_the_rows_go_along() -> None:
    choices = Choices(method="cascade", also=("vae", "forest", "gone"))
    assert [request.method for request in choices.requests()] == ["cascade", "vae", "forest"]
    given = replace(choices, given={"age": "age>30"})
    assert [request.method for request in given.requests()] == ["cascade", "forest"]
