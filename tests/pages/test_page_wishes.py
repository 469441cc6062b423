"""Configure: given values and rebalancing; what the request holds of them, and what is told when they do not fit."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable

import pandas as pd
import pytest
from streamlit.testing.v1 import AppTest

from engine.conditions import parse_condition
from engine.generators import registry
from engine.run import RunRequest
from pages.ui import cached, datasets
from pages.ui.choices import Choices
from pages.ui.datasets import Dataset
from tests.engine.doubles import Rows
from tests.engine.tables import CLUB, club
from tests.pages.conftest import csv, text
from tests.pages.test_page_configure import AGE, CITY, edit

Open = Callable[..., AppTest]
Run = Callable[..., str]


@pytest.fixture
def app(open_app: Open, table: Dataset) -> AppTest:
    return open_app(table, page="configure")


def request(table: Dataset) -> RunRequest:
    return Choices.from_json(table.load_choices()).request()


def give(app: AppTest, *columns: str) -> AppTest:
    app.multiselect(key="given-columns").set_value(list(columns)).run()
    assert not app.exception
    return app


class TestGiven:
    def test_values_of_a_category_and_gaps(self, app: AppTest, table: Dataset) -> None:
        give(app, "city", "active")
        assert request(table).given == ()
        assert "Nothing is given yet" in text(app)
        assert app.multiselect(key="given-categorical-city").options == ["Amsterdam", "Utrecht", "Delft", "(missing)"]
        app.multiselect(key="given-categorical-city").set_value(["Delft", ""]).run()
        app.multiselect(key="given-boolean-active").set_value(["yes"]).run()
        assert request(table).given == ("city=Delft|", "active=yes")
        real = CLUB.parse(club())
        rows = int((real["city"].isna() | (real["city"] == "Delft")).sum())
        assert f"{rows} of 200 real rows" in text(app)
        assert "given city=Delft|(missing), active=yes" in text(app).replace("\\", "")
        assert not app.button(key="next").disabled

    def test_ranges_of_numbers_and_dates(self, app: AppTest, table: Dataset) -> None:
        give(app, "age", "fee", "joined")
        app.number_input(key="given-from-integer-age").set_value(30).run()
        app.number_input(key="given-to-integer-age").set_value(40).run()
        app.number_input(key="given-from-decimal-fee").set_value(25.5).run()
        app.date_input(key="given-to-datetime-joined").set_value(dt.date(2021, 3, 1)).run()
        assert not app.exception
        assert request(table).given == ("age=30..40", "fee>=25.5", "joined<=2021-03-01")
        request(table).check(CLUB)
        assert "All of it together" in text(app)

    def test_moments_and_times_of_day(self, open_app: Open) -> None:
        moments = pd.date_range("2024-01-01 06:00", periods=60, freq="61min")
        frame = pd.DataFrame({"at": moments.strftime("%Y-%m-%d %H:%M"), "clock": moments.strftime("%H:%M")})
        table = datasets.add(csv(frame), "moments.csv")
        app = give(open_app(table, page="configure"), "at", "clock")
        app.get("datetime_input")[0].set_value(dt.datetime(2024, 1, 2, 7, 30)).run()
        app.get("time_input")[1].set_value(dt.time(12, 0)).run()
        assert not app.exception
        assert request(table).given == ("at>=2024-01-02T07:30:00", "clock<=1970-01-01T12:00:00")
        assert "No real row" not in text(app)
        back = app.switch_page("pages/upload.py").run().switch_page("pages/configure.py").run()
        assert not back.exception
        assert back.get("datetime_input")[0].value == dt.datetime(2024, 1, 2, 7, 30)
        assert back.get("time_input")[1].value == dt.time(12, 0)

    def test_awkward_labels_reach_the_request_whole(self, open_app: Open) -> None:
        labels = ["a|b", 'say "x"', "c, d", "e:f"]
        table = datasets.add(csv(pd.DataFrame({"tag=": labels * 30, "n": range(120)})), "tags.csv")
        app = give(open_app(table, page="configure"), "tag=")
        app.multiselect(key="given-categorical-tag=").set_value(labels[:2]).run()
        assert parse_condition(request(table).given[0], cached.schema(table)).values == ("a|b", 'say "x"')
        assert "60 of 120 real rows" in text(app)

    def test_it_survives_leaving_the_page_and_a_refresh(self, app: AppTest, open_app: Open, table: Dataset) -> None:
        give(app, "city", "age")
        app.multiselect(key="given-categorical-city").set_value(["Utrecht"]).run()
        app.number_input(key="given-to-integer-age").set_value(50).run()
        app.selectbox(key="balance-column").set_value("active").run()
        back = app.switch_page("pages/upload.py").run().switch_page("pages/configure.py").run()
        for found in (back, open_app(table, page="configure")):
            assert found.multiselect(key="given-columns").value == ["city", "age"]
            assert found.multiselect(key="given-categorical-city").value == ["Utrecht"]
            assert found.number_input(key="given-from-integer-age").value is None
            assert found.number_input(key="given-to-integer-age").value == 50
            assert found.selectbox(key="balance-column").value == "active"
        assert request(table).given == ("city=Utrecht", "age<=50")
        assert request(table).balance == "active=equal"

    def test_it_can_be_taken_off(self, app: AppTest, table: Dataset) -> None:
        give(app, "city")
        app.multiselect(key="given-categorical-city").set_value(["Utrecht"]).run()
        give(app)
        assert request(table).given == ()
        give(app, "city")
        assert app.multiselect(key="given-categorical-city").value == []

    def test_another_table_begins_with_nothing(self, app: AppTest, table: Dataset) -> None:
        give(app, "city")
        app.multiselect(key="given-categorical-city").set_value(["Utrecht"]).run()
        app.switch_page("pages/upload.py").run()
        app.button(key="another").click().run()
        app.button(key="sample-penguins").click().run()
        app.switch_page("pages/configure.py").run()
        assert not app.exception
        assert app.multiselect(key="given-columns").value == []
        assert not app.button(key="next").disabled
        assert request(table).given == ("city=Utrecht",)  # of the first table, still kept with it

    def test_a_column_that_is_left_out_stands_in_the_way(self, app: AppTest, table: Dataset) -> None:
        give(app, "city")
        app.multiselect(key="given-categorical-city").set_value(["Delft"]).run()
        edit(app, CITY, keep=False)
        assert any("left out of the twin" in warning.value for warning in app.warning)
        assert app.button(key="next").disabled
        edit(app, CITY, keep=True)
        assert not app.warning
        assert not app.button(key="next").disabled
        assert request(table).given == ("city=Delft",)

    def test_another_kind_begins_anew(self, app: AppTest, table: Dataset) -> None:
        give(app, "age")
        app.number_input(key="given-from-integer-age").set_value(30).run()
        edit(app, AGE, kind="categorical")
        assert not app.exception
        for _ in range(2):  # it is told until something else is chosen
            assert ["does not fit the column any more" in error.value for error in app.error] == [True]
            assert app.button(key="next").disabled
            app.run()
        app.multiselect(key="given-categorical-age").set_value(["30"]).run()
        assert not app.error
        assert request(table).given == ("age=30",)
        edit(app, AGE, kind="integer")
        assert app.number_input(key="given-from-integer-age").value == 30
        assert request(table).given == ("age=30..30",)

    def test_an_empty_range_is_told_once_and_stops_the_way_on(self, app: AppTest) -> None:
        give(app, "age")
        app.number_input(key="given-from-integer-age").set_value(40).run()
        app.number_input(key="given-to-integer-age").set_value(30).run()
        assert ["range is empty" in error.value for error in app.error] == [True]
        assert app.button(key="next").disabled

    def test_what_no_real_row_has_is_told(self, app: AppTest) -> None:
        give(app, "age")
        app.number_input(key="given-from-integer-age").set_value(200).run()
        assert any("No real row" in warning.value for warning in app.warning)


class TestBalance:
    @pytest.fixture
    def app(self, app: AppTest) -> AppTest:
        app.selectbox(key="balance-column").set_value("city").run()
        assert not app.exception
        return app

    def test_only_columns_of_few_values_are_offered(self, app: AppTest) -> None:
        assert app.selectbox(key="balance-column").options == ["city", "active"]

    def test_equal_shares(self, app: AppTest, table: Dataset) -> None:
        assert request(table).balance == "city=equal"
        shown = app.dataframe[-1].value.set_index("Value")
        assert shown["Rows"].to_dict() == {"Amsterdam": 67, "Utrecht": 67, "Delft": 66, "(missing)": 0}
        assert "rebalanced city\\=equal" in text(app)

    def test_as_in_the_data(self, app: AppTest, table: Dataset) -> None:
        app.segmented_control(key="balance-preset").set_value("data").run()
        assert request(table).balance == "city=data"
        shown = app.dataframe[-1].value.set_index("Value")
        assert shown["Rows"]["(missing)"] == CLUB.parse(club())["city"].isna().sum()

    def test_own_shares_begin_as_in_the_data_and_have_to_add_up(self, app: AppTest, table: Dataset) -> None:
        app.segmented_control(key="balance-preset").set_value("own").run()
        assert not app.error
        inputs = {v: app.number_input(key=f"share-city-{v}") for v in ("Amsterdam", "Utrecht", "Delft", "")}
        assert sum(found.value for found in inputs.values()) == pytest.approx(100)
        for value, percent in zip(inputs, (60.0, 30.0, 20.0, 10.0), strict=True):
            app.number_input(key=f"share-city-{value}").set_value(percent)
        app.run()
        assert [error.value for error in app.error] == ["The shares add up to 120%, not to 100%."]
        assert app.button(key="next").disabled
        app.button(key="scale-shares").click().run()
        assert not app.error
        assert request(table).balance == 'city=Amsterdam:50,Utrecht:25,Delft:16.67,"":8.33'
        assert not app.button(key="next").disabled
        request(table).check(CLUB)

    def test_it_can_be_taken_off(self, app: AppTest, table: Dataset) -> None:
        app.selectbox(key="balance-column").set_value(None).run()
        assert request(table).balance == ""

    def test_a_column_both_given_and_balanced_is_refused(self, app: AppTest) -> None:
        give(app, "city")
        app.multiselect(key="given-categorical-city").set_value(["Delft"]).run()
        assert "both given and balanced" in app.error[0].value
        assert app.button(key="next").disabled

    def test_a_column_that_is_left_out_stands_in_the_way(self, app: AppTest) -> None:
        edit(app, CITY, keep=False)
        assert any("left out of the twin" in warning.value for warning in app.warning)
        assert app.button(key="next").disabled


def test_a_method_that_cannot_says_so_and_ignores_nothing(
    open_app: Open, table: Dataset, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(registry.GENERATORS, "rows", Rows)
    table.save_choices(Choices(method="rows").to_json())
    app = open_app(table, page="configure")
    assert not app.exception
    assert "Rows can neither make rows with given values" in text(app)
    assert not app.button(key="next").disabled
    table.save_choices(Choices(method="rows", given={"city": "city=Delft"}).to_json())
    app = open_app(table, page="configure")
    assert "city\\=Delft" in app.warning[0].value
    assert app.button(key="next").disabled
    app.button(key="take-back").click().run()
    assert not app.warning
    assert not app.button(key="next").disabled
    assert request(table).given == ()


def test_a_run_says_what_was_asked_of_its_rows(open_app: Open, table: Dataset, finished: Run) -> None:
    run = finished(given=("age=30..50",), balance="city=equal")
    for page in ("train", "compare"):
        app = open_app(table, run, page)
        assert not app.exception
        said = text(app)
        assert "Given: **age\\=30\\.\\.50**" in said
        assert "Rebalanced: **city\\=equal**" in said
        assert "without given values and rebalancing" in said
    assert any("with what you asked of its rows" in info.value for info in app.info)
    plain = open_app(table, finished(), "compare")
    assert "Given:" not in text(plain)
    assert not plain.info
