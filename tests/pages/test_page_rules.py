"""Configure: rules found in the real rows, rules of one's own, and real rows that break them."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pandas as pd
import pytest
from streamlit.testing.v1 import AppTest

from engine import constraints
from engine.table.schema import Constraint
from pages.ui import cached, closeup, datasets
from pages.ui.datasets import Dataset
from pages.ui.rules import identity
from tests.pages.conftest import csv, text
from tests.pages.test_page_configure import edit

Open = Callable[..., AppTest]
STARTS, NET = 0, 2
ORDER = Constraint("order", ("starts", "ends"))
SUM = Constraint("sum", ("net", "tax", "gross"))


def orders(rows: int = 300) -> pd.DataFrame:
    rng = np.random.default_rng(1)
    start = pd.Timestamp("2023-01-01") + pd.to_timedelta(rng.integers(0, 700, rows), "D")
    end = start + pd.to_timedelta(rng.integers(0, 40, rows), "D")
    net, tax = rng.gamma(2, 50, rows).round(2), rng.gamma(2, 9, rows).round(2)
    frame = pd.DataFrame({"starts": start, "ends": end, "net": net, "tax": tax, "gross": (net + tax).round(2)})
    frame.loc[[7, 30], ["starts", "ends"]] = frame.loc[[7, 30], ["ends", "starts"]].to_numpy()
    frame.loc[7, "ends"] = pd.Timestamp("2022-12-01")
    frame.loc[30, "ends"] = pd.Timestamp("2022-12-02")
    return frame


@pytest.fixture
def table() -> Dataset:
    return datasets.add(csv(orders()), "orders.csv")


@pytest.fixture
def app(open_app: Open, table: Dataset) -> AppTest:
    app = open_app(table, page="configure")
    app.session_state["rules"] = True
    app.run()
    assert not app.exception
    return app


def rules(table: Dataset) -> tuple[Constraint, ...]:
    return cached.chosen_schema(table).constraints


def box(what: str, rule: Constraint) -> str:
    return f"rule-{what}-{identity(rule)}"


def test_nothing_is_looked_for_before_the_section_is_open(
    open_app: Open, table: Dataset, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(constraints, "find", None)
    app = open_app(table, page="configure")
    assert not app.exception
    assert rules(table) == ()


def test_what_was_found_holds_once_it_is_ticked(app: AppTest, open_app: Open, table: Dataset) -> None:
    assert rules(table) == ()
    app.checkbox(key=box("on", ORDER)).check().run()
    assert rules(table) == (ORDER,)
    assert "1 rule." in text(app)
    again = open_app(table, page="configure")
    assert again.checkbox(key=box("on", ORDER)).value, "open at once, since a rule is chosen"
    again.checkbox(key=box("on", ORDER)).uncheck().run()
    assert rules(table) == ()
    assert again.checkbox(key=box("on", ORDER)).value is False


def test_demand_06_real_rows_that_break_it_are_counted_shown_and_treated(app: AppTest, table: Dataset) -> None:
    assert "2 real rows of 300 break it" in text(app)
    assert not [s for s in app.selectbox if s.key == box("treat", ORDER)]
    app.checkbox(key=box("on", ORDER)).check().run()
    app.toggle(key=box("look", ORDER)).set_value(True).run()
    shown = app.dataframe[-1].value
    assert list(shown["Row"]) == [8, 31]
    assert list(shown.columns)[1:3] == ["starts", "ends"]
    app.selectbox(key=box("treat", ORDER)).set_value("repair").run()
    assert rules(table)[0].treat == "repair"
    assert not app.button(key="next").disabled


class TestOwn:
    def test_as_text(self, app: AppTest, table: Dataset) -> None:
        app.segmented_control(key="rule-how").set_value("As text").run()
        app.text_input(key="rule-text").set_value("net > kitten").run()
        app.button(key="rule-add").click().run()
        assert "kitten" in app.error[0].value
        assert app.text_input(key="rule-text").value == "net > kitten", "to be mended"
        app.text_input(key="rule-text").set_value("net > tax + 1 or tax < 3").run()
        app.button(key="rule-add").click().run()
        assert not app.error
        assert [rule.kind for rule in rules(table)] == ["expression"]
        assert app.text_input(key="rule-text").value == ""
        assert "Your rule. " in text(app)
        (rule,) = rules(table)
        assert "cannot be repaired" in app.selectbox(key=box("treat", rule)).help
        assert app.selectbox(key=box("treat", rule)).options == ["Leave them out", "Learn them as they are"]
        app.checkbox(key=box("on", rule)).uncheck().run()
        assert rules(table) == ()

    def test_by_a_form(self, app: AppTest, table: Dataset) -> None:
        app.button(key="rule-add").click().run()
        assert "Choose the columns" in app.error[0].value
        app.selectbox(key="rule-columns-range-0").set_value("net").run()
        app.text_input(key="rule-option-range-low").set_value("0").run()
        app.toggle(key="rule-option-range-open_low").set_value(True).run()
        app.button(key="rule-add").click().run()
        assert not app.error
        assert rules(table) == (Constraint("range", ("net",), {"low": 0, "open_low": True}),)
        assert app.selectbox(key="rule-columns-range-0").value is None
        app.selectbox(key="rule-kind").set_value("sum").run()
        app.multiselect(key="rule-columns-sum").set_value(["net", "tax"]).run()
        app.selectbox(key="rule-total-sum").set_value("gross").run()
        app.button(key="rule-add").click().run()
        assert rules(table)[1] == SUM
        assert app.checkbox(key=box("on", SUM)).value, "the same as the one that was found"

    def test_every_kind_has_a_form(self, app: AppTest) -> None:
        offered = [kind.label for key, kind in constraints.KINDS.items() if key != "expression"]
        assert app.selectbox(key="rule-kind").options == offered
        for key in constraints.KINDS:
            if key != "expression":
                app.selectbox(key="rule-kind").set_value(key).run()
                assert not app.exception

    def test_rules_that_exclude_each_other_are_refused(self, app: AppTest, table: Dataset) -> None:
        app.segmented_control(key="rule-how").set_value("As text").run()
        for rule in ("net < 50", "net > 60"):
            app.text_input(key="rule-text").set_value(rule).run()
            app.button(key="rule-add").click().run()
        assert len(app.error) == 1
        assert len(rules(table)) == 1


def test_a_rule_that_no_longer_fits_stands_in_the_way(app: AppTest, table: Dataset) -> None:
    app.checkbox(key=box("on", SUM)).check().run()
    edit(app, NET, kind="categorical")
    assert any("“net” is categorical" in error.value for error in app.error)
    assert app.button(key="next").disabled
    assert rules(table) == (SUM,), "a change of columns takes no rule away"
    app.button(key=box("off", SUM)).click().run()
    assert not app.error
    assert rules(table) == ()


def test_a_rule_of_a_column_left_out_is_told(app: AppTest) -> None:
    app.checkbox(key=box("on", ORDER)).check().run()
    edit(app, STARTS, keep=False)
    assert any("is left out" in warning.value for warning in app.warning)
    assert not app.button(key="next").disabled


def test_breaking_rows_are_counted_once_whatever_is_done_with_them(
    table: Dataset, monkeypatch: pytest.MonkeyPatch
) -> None:
    schema = cached.schema(table)
    first = closeup.breaking(table, schema, ORDER)
    assert (first.rows, first.broken, first.places) == (300, 2, (7, 30))
    monkeypatch.setattr(constraints, "breaking", None)
    assert closeup.breaking(table, schema, Constraint("order", ("starts", "ends"), treat="repair")) == first
