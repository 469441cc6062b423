"""Configure, column by column: methods of their own, details, personal data, rare categories, a secret."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import pandas as pd
import pytest
from streamlit.testing.v1 import AppTest

from engine.protection import Protection
from engine.table.schema import Column, Kind, Schema
from pages.ui import cached, closeup, datasets
from pages.ui.choices import Choices
from pages.ui.datasets import Dataset
from tests.engine.tables import club
from tests.pages.conftest import csv, text
from tests.pages.test_page_configure import AGE, CITY, MEMBER, edit

Open = Callable[..., AppTest]
MAIL = 6


@pytest.fixture
def app(open_app: Open, table: Dataset) -> AppTest:
    return open_app(table, page="configure")


def saved(table: Dataset, name: str) -> Column:
    schema = table.load_schema()
    assert schema is not None
    return schema[name]


def choose(app: AppTest, table: Dataset, **columns: dict[str, object]) -> None:
    """What was chosen on an earlier visit."""
    schema = cached.schema(table)
    for name, changes in columns.items():
        schema = schema.override(name, **changes)
    table.save_schema(schema)


class TestMethods:
    def test_each_column_tells_how_it_is_made(self, app: AppTest) -> None:
        shown = list(app.data_editor[0].value["method"])
        assert shown[AGE] == "With the others"
        assert shown[MEMBER] == shown[MAIL] == "Made anew"
        assert shown[-1] == "One value"

    def test_a_column_can_be_learned_on_its_own(self, app: AppTest, open_app: Open, table: Dataset) -> None:
        edit(app, AGE, method="Alone, smoothed")
        assert not app.error
        assert saved(table, "age").method == "kde"
        assert saved(table, "age").reason, "its kind is still the one found"
        back = app.switch_page("pages/upload.py").run().switch_page("pages/configure.py").run()
        for found in (back, open_app(table, page="configure")):
            assert list(found.data_editor[0].value["method"])[AGE] == "Alone, smoothed"

    def test_what_does_not_go_with_the_kind_is_told(self, app: AppTest) -> None:
        for row, method, says in (
            (MEMBER, "With the others", "made anew. To have it learned"),
            (CITY, "Made anew", "To have it made anew, choose personal"),
            (len(club().columns) - 1, "Alone, smoothed", "constant; to have it learned"),
        ):
            edit(app, row, method=method)
            assert [says in error.value.replace("\\", "") for error in app.error] == [True]
            assert app.button(key="next").disabled

    def test_another_kind_keeps_what_still_fits(self, app: AppTest, table: Dataset) -> None:
        choose(app, table, age={"method": "marginals", "distribution": "normal"})
        app.switch_page("pages/upload.py").run().switch_page("pages/configure.py").run()
        edit(app, AGE, kind="decimal")
        assert (saved(table, "age").method, saved(table, "age").distribution) == ("marginals", "normal")
        edit(app, AGE, kind="categorical")
        assert (saved(table, "age").method, saved(table, "age").distribution) == ("marginals", "")
        edit(app, AGE, kind="text")
        assert saved(table, "age").method == ""
        assert list(app.data_editor[0].value["method"])[AGE] == "Made anew"
        assert not app.error

    def test_one_value_for_all_rows(self, app: AppTest, table: Dataset) -> None:
        edit(app, CITY, method="One value")
        assert saved(table, "city").kind is Kind.CONSTANT
        assert saved(table, "city").value == "Amsterdam"
        assert list(app.data_editor[0].value["kind"])[CITY] == "constant"
        edit(app, CITY, kind="categorical")
        assert saved(table, "city").kind is Kind.CATEGORICAL
        assert not app.error


BODY = """
from pages.ui import details, state
state.sync()
details.body(state.dataset())
"""


def look(table: Dataset, name: str) -> AppTest:
    """What the dialog of details holds; opened and closed in tests/browser."""
    app = AppTest.from_string(BODY, default_timeout=60)
    app.query_params["data"] = table.id
    app.session_state["detail-column"] = name
    app.run()
    assert not app.exception
    return app


class TestDetails:
    def test_it_opens_at_the_table_of_columns(self, app: AppTest) -> None:
        app.button(key="details").click().run()
        assert not app.exception
        assert app.selectbox(key="detail-column").options == list(club().columns)

    def test_every_column_has_details(self, table: Dataset) -> None:
        app = look(table, "member")
        for name in club().columns:
            app.selectbox(key="detail-column").set_value(name).run()
            assert not app.exception
            assert not app.error
            assert app.selectbox(key=f"detail-kind-{name}").value == cached.schema(table)[name].kind

    def test_a_distribution_is_chosen_and_shown_with_its_fit(self, table: Dataset) -> None:
        app = look(table, "fee")
        app.selectbox(key="detail-method-fee").set_value("Alone, by distribution").run()
        options = app.selectbox(key="detail-distribution-fee").options
        assert options[0].startswith("Best-fitting (here: ")
        assert any(option.startswith("Normal: distance 0.") for option in options)
        app.selectbox(key="detail-distribution-fee").set_value("uniform").run()
        assert saved(table, "fee").distribution == "uniform"
        assert "Drawn from the uniform distribution" in text(app)
        assert not app.error
        app.selectbox(key="detail-method-fee").set_value("With the others").run()
        assert saved(table, "fee").distribution == ""

    def test_a_kind_that_does_not_fit_is_told_and_changes_nothing(self, table: Dataset) -> None:
        app = look(table, "city")
        app.selectbox(key="detail-kind-city").set_value("integer").run()
        assert ["city" in error.value for error in app.error] == [True]
        assert app.selectbox(key="detail-kind-city").value == "categorical"
        app.run()
        assert not app.error
        schema = table.load_schema()
        assert schema is None or schema["city"].kind is Kind.CATEGORICAL

    def test_personal_data(self, table: Dataset) -> None:
        app = look(table, "e-mail")
        app.selectbox(key="detail-provider-e-mail").set_value("user_name").run()
        app.selectbox(key="detail-locale-e-mail").set_value("de_DE").run()
        app.toggle(key="detail-pseudonym-e-mail").set_value(True).run()
        assert not app.error
        column = saved(table, "e-mail")
        assert (column.provider, column.locale, column.pseudonym) == ("user_name", "de_DE", True)
        made = next(c.value for c in app.caption if "for example" in c.value)
        assert made.count("`") == 8
        assert not any(mail in made for mail in club()["e-mail"])

    def test_a_pattern_of_keys(self, table: Dataset) -> None:
        app = look(table, "member")
        app.text_input(key="detail-pattern-member").set_value("ZZ-9999-A").run()
        assert saved(table, "member").pattern == "ZZ-9999-A"
        app.text_input(key="detail-pattern-member").set_value("").run()
        assert saved(table, "member") == cached.schema(table)["member"]

    def test_the_value_of_a_constant(self, table: Dataset) -> None:
        app = look(table, "country")
        app.text_input(key="detail-value-country").set_value("BE").run()
        assert saved(table, "country").value == "BE"
        app.text_input(key="detail-value-country").set_value(" ").run()
        assert "needs a value" in app.error[0].value
        assert saved(table, "country").value == "BE"

    def test_where_texts_come_from(self) -> None:
        notes = [f"Member number {i} called about a letter that went astray in {1990 + i % 30}." for i in range(60)]
        table = datasets.add(csv(club(60).assign(note=notes)), "notes.csv")
        app = look(table, "note")
        app.radio(key="detail-text-note").set_value("faker").run()
        assert saved(table, "note").text == "faker"

    def test_a_series_takes_its_date_along(self) -> None:
        days = pd.date_range("2022-01-03", periods=200)
        frame = pd.DataFrame(
            {"day": days.strftime("%Y-%m-%d"), "sales": [100 + 50 * (d.day_of_week > 4) for d in days]}
        )
        table = datasets.add(csv(frame.assign(sales=frame["sales"] + frame.index % 3)), "sales.csv")
        app = look(table, "sales")
        assert "comes round" not in text(app)
        app.toggle(key="detail-in-time--sales").set_value(True).run()
        assert "It comes round every week" in text(app)
        app.selectbox(key="detail-method-sales").set_value("Alone, in time").run()
        assert "It comes round every week" in text(app), "what the method looks for is shown by itself"
        app.button(key="take-along").click().run()
        assert saved(table, "day").method == saved(table, "sales").method == "pattern"
        assert not any(info.icon == ":material/schedule:" for info in app.info)


class TestPersonal:
    def test_it_is_shown_at_a_glance(self, app: AppTest) -> None:
        assert "1 personal column" in text(app)
        assert any("e-mail addresses, en_US" in m.value.replace("\\", "") for m in app.markdown)

    def test_one_click_keeps_it_as_it_is(self, app: AppTest, table: Dataset) -> None:
        app.button(key="as-it-is-e-mail").click().run()
        assert not app.exception
        assert saved(table, "e-mail").kind is Kind.CATEGORICAL
        assert "personal column" not in text(app)
        assert list(app.data_editor[0].value["method"])[MAIL] == "With the others"

    def test_one_click_opens_its_details(self, app: AppTest) -> None:
        app.button(key="look-at-e-mail").click().run()
        assert app.selectbox(key="detail-column").value == "e-mail"


class TestRareCategories:
    @pytest.fixture
    def table(self) -> Dataset:
        frame = club()
        frame.loc[:2, "city"] = ["Hoorn", "Edam", "Edam"]
        return datasets.add(csv(frame), "club.csv")

    def test_how_many_it_concerns_is_told(self, app: AppTest) -> None:
        assert "1 label in “city”, in 1 cell, are replaced" in text(app).replace("\\", "")
        app.number_input(key="rare-rows").set_value(3).run()
        assert "2 labels in “city”, in 3 cells, are replaced" in text(app).replace("\\", "")

    def test_the_choice_reaches_the_run(self, app: AppTest, open_app: Open, table: Dataset) -> None:
        def asked() -> Protection:
            return Choices.from_json(table.load_choices()).request().protection

        assert asked() == Protection()
        app.radio(key="rare-how").set_value("pool").run()
        app.number_input(key="rare-rows").set_value(7).run()
        app.text_input(key="rare-label").set_value("Elsewhere").run()
        assert asked() == Protection("pool", 7, "Elsewhere")
        again = open_app(table, page="configure")
        assert again.text_input(key="rare-label").value == "Elsewhere"
        assert again.number_input(key="rare-rows").value == 7
        again.radio(key="rare-how").set_value("keep").run()
        assert asked().how == "keep"
        assert "are left as they are" in text(again)

    def test_what_cannot_be_protected_is_told(self, open_app: Open) -> None:
        frame = club().rename(columns={"city": "team"})
        frame["team"] = [f"team {i // 3}" for i in range(len(frame))]
        table = datasets.add(csv(frame), "club.csv")
        schema = cached.schema(table)
        assert schema["team"].kind is Kind.CATEGORICAL
        app = open_app(table, page="configure")
        app.number_input(key="rare-rows").set_value(10).run()
        assert "no label is shared by 10 rows" in app.warning[0].value


def test_what_was_done_is_told_with_the_result(open_app: Open, table: Dataset, finished: Callable[..., str]) -> None:
    run = finished(protection=Protection("keep"))
    for page in ("train", "compare"):
        app = open_app(table, run, page)
        assert not app.exception
        assert "Rare categories were kept, as you chose" in text(app)
        assert app.expander(key="how-made")


class TestSecret:
    @pytest.fixture
    def app(self, open_app: Open, table: Dataset) -> AppTest:
        table.save_schema(cached.schema(table).override("e-mail", pseudonym=True))
        return open_app(table, page="configure")

    def test_it_is_asked_for_only_with_pseudonyms(self, open_app: Open, app: AppTest) -> None:
        assert len([t for t in app.text_input if t.key.startswith("secret-")]) == 1
        other = open_app(datasets.add(csv(club()), "other.csv"), page="configure")
        assert not [t for t in other.text_input if t.key.startswith("secret-")]

    def test_it_reaches_the_run_and_no_file(
        self, app: AppTest, table: Dataset, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        given: list[bytes | None] = []

        def start(
            self: object, request: object, frame: object, schema: Schema, *, secret: bytes | None = None, **how: object
        ) -> str:
            given.append(secret)
            return "0" * 32

        monkeypatch.setattr("engine.jobs.Jobs.start", start)
        field = f"secret-{table.id}"
        app.text_input(key=field).set_value("short").run()
        assert "8 characters" in app.error[0].value
        assert app.button(key="next").disabled
        app.text_input(key=field).set_value("correct horse").run()
        app.switch_page("pages/upload.py").run().switch_page("pages/configure.py").run()
        assert app.text_input(key=field).value == "correct horse"
        app.button(key="next").click().run()
        assert given == [b"correct horse"]
        for path in datasets.home().rglob("*"):
            assert path.is_dir() or b"correct horse" not in path.read_bytes()
        assert "correct horse" not in str(dict(app.query_params))


def test_a_look_at_a_column_is_computed_once(table: Dataset, monkeypatch: pytest.MonkeyPatch) -> None:
    """However it is made: what does not change its values changes nothing of what was found."""
    column = cached.schema(table)["fee"]
    first = closeup.fits(table, column), closeup.shape(table, column)
    monkeypatch.setattr("engine.columnfit.fits", None)
    monkeypatch.setattr("engine.columnfit.shape", None)
    other = replace(column, method="marginals", distribution="normal", selected=False, reason="chosen by you")
    assert (closeup.fits(table, other), closeup.shape(table, other)) == first
