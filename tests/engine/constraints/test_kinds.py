"""Every kind of rule: what breaks it, how it is told, written and mended, and what it refuses."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
import pandas as pd
import pytest

from engine import constraints
from engine.constraints.registry import rule_of
from engine.errors import ConstraintError
from engine.table.schema import Column, Constraint, DateFormat, Kind, NumberFormat, Schema
from tests.engine.constraints.orders import COLUMNS, RULES, SCHEMA, broken, orders

KEEPING = orders(300)
BREAKING = broken(KEEPING)
SENTENCES = {
    "range": "“age” is 0 or more and 99 or less",
    "order": "“start” is never after “end”",
    "sum": "“net” and “tax” add up to “gross”",
    "unique": "no value of “rank” comes twice",
    "combinations": "“city” and “state” have only values seen together",
    "one_to_one": "each value of “grade” goes with one of “level”, and back",
    "null_together": "“visit” and “score” are missing in the same rows",
    "pattern": "“code” has the form [A-Z]{2}-[0-9]{2}",
    "expression": "if age < 18 then income = 0",
}
IDS = [rule.kind for rule in RULES]


def test_the_made_up_table_has_a_rule_of_every_kind() -> None:
    assert set(IDS) == set(constraints.KINDS) == set(SENTENCES)


@pytest.mark.parametrize("rule", RULES, ids=IDS)
def test_a_rule_is_told_in_a_sentence(rule: Constraint) -> None:
    assert constraints.describe(rule, SCHEMA) == SENTENCES[rule.kind]


@pytest.mark.parametrize("rule", RULES, ids=IDS)
def test_a_rule_as_text_is_read_back(rule: Constraint) -> None:
    again = constraints.parse_rule(constraints.write_rule(rule, SCHEMA), SCHEMA)
    assert (again.kind, again.columns, dict(again.options)) == (rule.kind, rule.columns, dict(rule.options))


@pytest.mark.parametrize(("place", "rule"), list(enumerate(RULES)), ids=IDS)
def test_just_the_rows_that_break_a_rule_are_marked(place: int, rule: Constraint) -> None:
    assert not constraints.breaking(rule, KEEPING, SCHEMA).any()
    marked = np.flatnonzero(constraints.breaking(rule, BREAKING, SCHEMA, real=KEEPING)).tolist()
    assert marked == ([0, 8] if rule.kind == "expression" else [place])  # row 0 is -1 years old, and earns something


@pytest.mark.parametrize("rule", [r for r in RULES if r.kind != "null_together"], ids=lambda r: r.kind)
def test_missing_cells_break_no_rule(rule: Constraint) -> None:
    table = KEEPING.copy()
    for name in rule.columns:
        table[name] = table[name].where(np.zeros(len(table), dtype=bool))
    assert not constraints.breaking(rule, table, SCHEMA).any()


@pytest.mark.parametrize("rule", [r for r in RULES if constraints.KINDS[r.kind].repairs], ids=lambda r: r.kind)
def test_a_repaired_row_keeps_the_rule_and_the_other_rows_stay(rule: Constraint) -> None:
    bound = rule_of(rule, SCHEMA)
    bound.learn(KEEPING)
    rows = bound.breaking(BREAKING)
    mended = bound.repair(BREAKING, rows, np.random.default_rng(0))
    assert not bound.breaking(mended).any()
    pd.testing.assert_frame_equal(mended[~rows], BREAKING[~rows])
    pd.testing.assert_series_equal(mended.dtypes, BREAKING.dtypes)


def test_kinds_that_cannot_be_repaired_say_why() -> None:
    for kind in constraints.KINDS.values():
        assert bool(kind.repairs) != bool(kind.unrepairable)


@pytest.mark.parametrize(
    ("kind", "columns", "options", "says"),
    [
        ("range", ("city",), {"low": 1}, "is categorical"),
        ("range", ("age",), {}, "at least one bound"),
        ("range", ("age",), {"low": 5, "high": 3}, "above the highest"),
        ("range", ("age",), {"low": 3, "high": 3, "open_low": True}, "no value lies between"),
        ("range", ("start",), {"low": "soon"}, "no value of a column that is datetime"),
        ("range", ("age",), {"lowest": 3}, "no option “lowest”"),
        ("range", ("nobody",), {"low": 3}, "does not have"),
        ("order", ("age", "start"), {}, "is integer"),
        ("order", ("age", "age"), {}, "named twice"),
        ("order", ("age",), {}, "needs 2 columns"),
        ("order", ("age", "income"), {"strict": "yes"}, "true or false"),
        ("sum", ("net", "gross"), {}, "needs 3 to 20 columns"),
        ("sum", ("net", "tax", "gross"), {"tolerance": -1}, "0 or more"),
        ("combinations", ("key", "city"), {}, "is identifier"),
        ("combinations", ("city", "state"), {"least": 0}, "1 or more"),
        ("combinations", ("city", "state"), {"values": [["Reno"]]}, "lists of 2 values"),
        ("combinations", ("grade", "level"), {"values": [["low", "many"]]}, "does not fit"),
        ("one_to_one", ("city", "state", "grade"), {}, "needs 2 columns"),
        ("pattern", ("age",), {"regex": "a"}, "is integer"),
        ("pattern", ("code",), {}, "must be a regular expression"),
        ("pattern", ("code",), {"regex": "("}, "cannot be used"),
        ("pattern", ("code",), {"regex": "a)|(b"}, "cannot be used"),
        ("pattern", ("code",), {"regex": r"(a)\1"}, "cannot be used"),
        ("pattern", ("code",), {"regex": "(?=a)b"}, "cannot be used"),
        ("pattern", ("code",), {"regex": "((a{1000}){1000}){1000}"}, "cannot be used"),
        ("pattern", ("code",), {"regex": "a" * 301}, "300 characters at most"),
        ("expression", ("age",), {}, "must be the rule as text"),
        ("expression", ("age",), {"text": "age > income"}, "other columns"),
        ("nothing", ("age",), {}, "no kind of rule “nothing”"),
    ],
)
def test_what_does_not_hold_together_is_refused(
    kind: str, columns: tuple[str, ...], options: dict[str, Any], says: str
) -> None:
    with pytest.raises(ConstraintError, match=says):
        constraints.check_all(replace(SCHEMA, constraints=(Constraint(kind, columns, options),)))


def test_no_expression_runs_away() -> None:
    # A backtracking matcher would need 2 ** 40 steps.
    rule = Constraint("pattern", ("code",), {"regex": "(a+)+b"})
    table = KEEPING.assign(code=pd.Series(["a" * 40] * len(KEEPING), dtype="str"))
    assert constraints.breaking(rule, table, SCHEMA).all()


def test_the_whole_text_has_to_match() -> None:
    table = KEEPING.head(3).assign(code=pd.Series(["AB-10", "xAB-10", "AB-10\n"], dtype="str"))
    assert constraints.breaking(RULES[7], table, SCHEMA).tolist() == [False, True, True]


def test_open_bounds_exclude_the_bound() -> None:
    rule = Constraint("range", ("score",), {"low": 0, "open_low": True})
    table = KEEPING.head(3).assign(score=[0.0, 0.1, -3.0])
    bound = rule_of(rule, SCHEMA)
    assert bound.breaking(table).tolist() == [True, False, True]
    mended = bound.repair(table, bound.breaking(table), np.random.default_rng(0))
    assert mended["score"].tolist() == pytest.approx([0.1, 0.1, 0.1])  # the nearest value of one decimal


def test_a_range_of_dates_moves_to_the_next_day() -> None:
    bound = rule_of(Constraint("range", ("start",), {"high": "2022-05-05", "open_high": True}), SCHEMA)
    table = KEEPING.head(2).assign(start=pd.to_datetime(["2022-05-05", "2022-05-01"]).astype("datetime64[us]"))
    mended = bound.repair(table, bound.breaking(table), np.random.default_rng(0))
    assert mended["start"].dt.day.tolist() == [4, 1]


def test_a_strict_order_refuses_ties() -> None:
    table = KEEPING.head(2).assign(age=pd.array([3, 3], dtype="Int64"), income=pd.array([3, 4], dtype="Int64"))
    broken_ = constraints.breaking(Constraint("order", ("age", "income"), {"strict": True}), table, SCHEMA)
    assert broken_.tolist() == [True, False]


def test_whole_numbers_are_compared_exactly() -> None:
    table = KEEPING.head(2).assign(
        age=pd.array([2**60 + 1, 2**60], dtype="Int64"), income=pd.array([2**60, 2**60 + 1], dtype="Int64")
    )
    assert constraints.breaking(Constraint("order", ("age", "income")), table, SCHEMA).tolist() == [True, False]


def test_dates_with_and_without_zone_are_not_compared() -> None:
    zoned = Column("at", Kind.DATETIME, date=DateFormat("%Y-%m-%dT%H:%M:%S%z", "s", "Europe/Berlin"))
    schema = Schema((*COLUMNS, zoned))
    with pytest.raises(ConstraintError, match="time zone"):
        constraints.check_all(replace(schema, constraints=(Constraint("order", ("start", "at")),)))


def test_zoned_dates_are_compared_as_moments() -> None:
    zones = {"a": "Europe/Berlin", "b": "America/New_York"}
    columns = [Column(n, Kind.DATETIME, date=DateFormat("%Y-%m-%dT%H:%M%z", "m", z)) for n, z in zones.items()]
    moment = pd.Series(pd.to_datetime(["2024-01-05 12:00"], utc=True)).dt.as_unit("us")
    table = pd.DataFrame({n: moment.dt.tz_convert(z) for n, z in zones.items()})
    assert not constraints.breaking(Constraint("order", ("a", "b")), table, Schema(tuple(columns))).any()
    assert constraints.breaking(Constraint("order", ("a", "b"), {"strict": True}), table, Schema(tuple(columns))).all()


@pytest.mark.parametrize(("decimals", "off", "breaks"), [(2, 0.004, False), (2, 0.01, True), (0, 0.4, False)])
def test_sums_may_miss_by_half_of_the_last_digit_of_the_total(decimals: int, off: float, breaks: bool) -> None:
    parts = [Column(n, Kind.DECIMAL, number=NumberFormat(4)) for n in "ab"]
    schema = Schema((*parts, Column("c", Kind.DECIMAL, number=NumberFormat(decimals))))
    table = pd.DataFrame({"a": [1.0], "b": [2.0], "c": [3.0 + off]})
    assert constraints.breaking(Constraint("sum", ("a", "b", "c")), table, schema).tolist() == [breaks]
    wide = Constraint("sum", ("a", "b", "c"), {"tolerance": 1})
    assert not constraints.breaking(wide, table, schema).any()


def test_listed_combinations_count_instead_of_those_seen() -> None:
    rule = Constraint("combinations", ("city", "state"), {"values": [["Chicago", "IL"], ["Reno", "NV"]]})
    marked = constraints.breaking(rule, KEEPING, SCHEMA)
    allowed = KEEPING["city"].isin(["Chicago", "Reno"]).to_numpy()
    assert marked.tolist() == (~allowed).tolist()


def test_rare_combinations_do_not_count_where_a_number_is_asked_for() -> None:
    marked = constraints.breaking(Constraint("combinations", ("city", "state"), {"least": 2}), BREAKING, SCHEMA)
    assert np.flatnonzero(marked).tolist() == [4]


def test_what_belongs_follows_the_majority() -> None:
    rule = Constraint("combinations", ("grade", "level"), {"functional": True})
    assert np.flatnonzero(constraints.breaking(rule, BREAKING, SCHEMA)).tolist() == [5]
    assert constraints.write_rule(rule, SCHEMA) == "belongs(grade, level)"


def test_names_with_blanks_stand_between_backticks() -> None:
    schema = Schema((Column("net price", Kind.INTEGER), Column("a`b", Kind.INTEGER), Column("if", Kind.INTEGER)))
    rule = Constraint("sum", ("net price", "a`b", "if"))
    assert constraints.write_rule(rule, schema) == "`net price` + `a``b` = `if`"
    assert constraints.parse_rule("`net price` + `a``b` = `if`", schema) == rule


def test_a_schema_carries_rules_as_json() -> None:
    assert Schema.loads(SCHEMA.dumps()) == SCHEMA
    assert [dict(c.options) for c in Schema.loads(SCHEMA.dumps()).constraints] == [dict(c.options) for c in RULES]
