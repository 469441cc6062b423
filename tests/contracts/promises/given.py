"""Rows under conditions (`Capability.GIVEN`)."""

from __future__ import annotations

import pandas as pd
import pytest

from engine.conditions import Condition
from engine.errors import ConditionError
from engine.table.schema import Column, Kind
from tests.contracts.promises.case import Case


def check_given_each_column(case: Case) -> None:
    """For each column alone: a value or a range that training saw holds in every row."""
    for column in case.animal.schema:
        known = case.animal.table[column.name].dropna().sort_values()
        for condition in _conditions(column, known):
            table = case.model.sample(40, seed=0, given=[condition])
            assert len(table) == 40
            assert condition.holds(table[column.name]).all(), condition.describe()
            assert table.dtypes.to_dict() == case.animal.table.dtypes.to_dict()
        if case.animal.table[column.name].isna().any():
            gap = case.model.sample(20, seed=0, given=[Condition(column.name, values=(None,))])
            assert gap[column.name].isna().all()


def _conditions(column: Column, known: pd.Series) -> list[Condition]:
    if not len(known):
        return []
    first, middle, last = known.iloc[0], known.iloc[len(known) // 2], known.iloc[-1]
    if not column.kind.numeric:
        found = [(first,), (first, last)]
        return [Condition(column.name, values=values) for values in found]
    return [
        Condition(column.name, low=middle, high=last),
        Condition(column.name, low=middle),
        Condition(column.name, high=middle),
    ]


def check_given_what_was_never_seen(case: Case) -> None:
    for column in case.animal.schema:
        known = case.animal.table[column.name].dropna()
        if column.kind is Kind.CATEGORICAL:
            impossible = Condition(column.name, values=("no such label",))
        elif column.kind is Kind.INTEGER and (not len(known) or known.max() < 2**61):
            impossible = Condition(column.name, low=2**62)
        else:
            continue
        with pytest.raises(ConditionError, match="cannot be fulfilled"):
            case.model.sample(5, seed=0, given=[impossible])


def check_given_several(case: Case) -> None:
    """Conditions of every kind at once."""
    given = [
        Condition("age", low=30, high=45),
        Condition("income", low=900.0, open_low=True),
        Condition("city", values=("Bern", "Genève")),
        Condition("active", values=(True, False)),
        Condition("seen", low=pd.Timestamp("2020-03-01")),
        Condition("country", values=("CH",)),
    ]
    table = case.model.sample(50, seed=0, given=given)
    for condition in given:
        assert condition.holds(table[condition.column]).all(), condition.describe()
    assert (table["income"] > 900).all()


def check_given_with_gaps(case: Case) -> None:
    wanted = Condition("active", values=(None, True))
    table = case.model.sample(300, seed=0, given=[wanted])
    assert wanted.holds(table["active"]).all()
    assert table["active"].isna().any()
    assert table["active"].notna().any()


def check_given_is_refused_by_name(case: Case) -> None:
    for given, words in (
        ([Condition("colour", values=("red",))], "colour"),
        ([Condition("age", low=200)], "age"),
        ([Condition("age", values=(30,)), Condition("age", low=3)], "twice"),
        ([Condition("country", values=("NL",))], "country"),
        ([Condition("age", values=(None,))], "age"),
    ):
        with pytest.raises(ConditionError, match=words):
            case.model.sample(3, seed=0, given=given)


def check_given_no_rows(case: Case) -> None:
    assert len(case.model.sample(0, seed=0, given=[Condition("city", values=("Bern",))])) == 0
