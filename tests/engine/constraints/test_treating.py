"""Real rows that break a rule: counted, and dropped, repaired or left, as each rule says."""

from __future__ import annotations

from dataclasses import replace

import pandas as pd
import pytest

from engine import constraints
from engine.errors import ConstraintError
from engine.protection import Protection
from engine.table.schema import Column, Constraint, Kind, NumberFormat, Schema
from tests.engine.constraints.orders import RULES, SCHEMA, broken, orders

BREAKING = broken(orders(300))


def treated(how: str, *kinds: str) -> constraints.Treated:
    rules = tuple(replace(rule, treat=how) for rule in RULES if not kinds or rule.kind in kinds)
    return constraints.treat(BREAKING, replace(SCHEMA, constraints=rules))


def test_dropped_rows_are_counted_by_rule_and_named() -> None:
    found = treated("drop", "order", "sum")
    assert len(found.table) == 298
    assert found.dropped == {"“start” is never after “end”": 1, "“net” and “tax” add up to “gross”": 1}
    assert [t.examples for t in found.treatments] == [(2,), (3,)]
    assert found.told()[0] == "1 real row breaks a rule, “start” is never after “end”: 1 left out."


def test_repaired_rows_stay() -> None:
    found = treated("repair", "order", "sum", "one_to_one", "null_together", "unique")
    assert len(found.table) == 300
    assert sum(found.repaired.values()) == 5
    assert not found.dropped
    for rule in RULES[1:4]:
        assert not constraints.breaking(rule, found.table, SCHEMA).any()


def test_what_cannot_be_repaired_is_left_out_and_said_so() -> None:
    found = treated("repair", "pattern", "expression")
    assert len(found.table) == 297
    assert [t.dropped for t in found.treatments] == [1, 2]
    assert "does not say what the text should have been" in found.told()[0]


def test_ignored_rows_are_learned_as_they_are() -> None:
    found = treated("ignore")
    pd.testing.assert_frame_equal(found.table, BREAKING)
    assert sum(found.ignored.values()) == 9  # combinations are all seen; row 0 breaks two rules


def test_a_repair_that_breaks_another_rule_is_not_kept() -> None:
    rules = (
        Constraint("order", ("age", "income"), treat="repair"),
        Constraint("range", ("income",), {"low": 90}, treat="repair"),
    )
    schema = Schema(tuple(Column(n, Kind.INTEGER, number=NumberFormat()) for n in ("age", "income")), "", rules)
    table = schema.parse(pd.DataFrame({"age": [80, 20], "income": [5, 100]}))
    found = constraints.treat(table, schema)
    assert found.table["income"].tolist() == [90, 100]  # first turned to 5 and 80, then raised to 90
    assert not any(constraints.breaking(rule, found.table, schema).any() for rule in rules)


def test_an_empty_rest_is_an_error_that_names_the_rule() -> None:
    rules = (Constraint("range", ("age",), {"high": 5}), Constraint("range", ("age",), {"low": 500}))
    with pytest.raises(ConstraintError, match=r"No row would be left.*“age” is 500 or more"):
        constraints.treat(orders(50), replace(SCHEMA, constraints=rules))


def test_the_table_itself_is_not_changed() -> None:
    before = BREAKING.copy()
    treated("repair")
    pd.testing.assert_frame_equal(BREAKING, before)


def test_rows_whose_replaced_category_breaks_a_rule_are_left_out() -> None:
    rules = (Constraint("combinations", ("city", "state")),)
    schema = replace(SCHEMA, constraints=rules)
    table = orders(300)
    table.loc[0, ["city", "state"]] = ["Atlantis", "IL"]
    moved = table.assign(city=table["city"].replace({"Atlantis": "Reno"}))  # which lies in Nevada
    kept = constraints.after(table, moved, schema, pooled=False)
    assert len(kept) == 299
    pooled = table.assign(city=table["city"].replace({"Atlantis": "Other"}))
    assert len(constraints.after(table, pooled, schema, pooled=True)) == 300
    protected, _ = Protection(rows=5).applied(table, schema.selected, 0)
    left = constraints.after(table, protected, schema, pooled=False)
    assert not constraints.breaking(rules[0], left, schema, real=table).any()
