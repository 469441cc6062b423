"""Repeated values move to the nearest free ones: in wide ranges, in pairs of columns, in dates, and around gaps."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from engine import constraints
from engine.constraints import registry
from engine.errors import ConstraintError
from engine.table.schema import Column, Constraint, DateFormat, Kind, NumberFormat, Schema

NUMBER = Column("n", Kind.INTEGER, number=NumberFormat())
DAY = Column("day", Kind.DATETIME, date=DateFormat("%Y-%m-%d", "D"))
TOWN = Column("town", Kind.CATEGORICAL)


def repaired(frame: pd.DataFrame, *columns: Column, names: tuple[str, ...]) -> tuple[pd.DataFrame, pd.DataFrame]:
    """The parsed table, and that in which repeats were mended; no row may be lost."""
    rule = Constraint("unique", names, treat="repair")
    schema = Schema(columns, "t", (rule,))
    table = schema.parse(frame)
    treated = constraints.treat(table, schema, 0)
    assert len(treated.table) == len(table)
    assert treated.treatments[0].repaired == treated.treatments[0].broken > 0
    assert not constraints.breaking(rule, treated.table, schema).any()
    return table, treated.table


def test_in_a_range_of_millions_a_repeat_moves_by_little() -> None:
    far = np.r_[0, 10_000_000, np.repeat(5_000_000, 9), np.repeat(0, 3)]
    table, made = repaired(pd.DataFrame({"n": far}), NUMBER, names=("n",))
    moved = (made["n"] - table["n"]).abs()
    assert moved.max() <= 4
    assert made["n"].between(0, 10_000_000).all()


def test_of_a_pair_only_the_number_moves_and_only_among_its_like() -> None:
    frame = pd.DataFrame({"town": ["a"] * 4 + ["b"] * 4, "n": [1, 1, 5, 9, 1, 5, 5, 9]})
    table, made = repaired(frame, TOWN, NUMBER, names=("town", "n"))
    assert list(made["town"]) == list(table["town"])
    assert list((made["n"] != table["n"]).to_numpy().nonzero()[0]) == [1, 6]


def test_dates_move_to_the_next_free_day_and_gaps_stay() -> None:
    frame = pd.DataFrame({"day": ["2024-01-01", "2024-01-31", "2024-01-10", "2024-01-10", None, None]})
    _, made = repaired(frame, DAY, names=("day",))
    assert abs((made["day"][3] - pd.Timestamp("2024-01-10")).days) == 1
    assert made["day"].isna().sum() == 2


def test_where_no_value_is_free_the_rest_is_left_out_and_told() -> None:
    rule = Constraint("unique", ("n",), treat="repair")
    schema = Schema((NUMBER,), "t", (rule,))
    treated = constraints.treat(schema.parse(pd.DataFrame({"n": [1, 2, 3, 3, 3, 2]})), schema, 0)
    assert sorted(treated.table["n"]) == [1, 2, 3]
    assert treated.treatments[0].dropped == 3


def test_a_column_of_one_value_cannot_be_unique() -> None:
    rule = Constraint("unique", ("k",))
    schema = Schema((Column("k", Kind.CONSTANT, value="x"),), "t")
    with pytest.raises(ConstraintError, match=r"unique\(k\): a column of one value cannot be unique"):
        registry.rule_of(rule, schema)
