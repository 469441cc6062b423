"""Advice follows the table's facts, and `auto` follows advice."""

from __future__ import annotations

import pytest

from engine import advice
from engine.errors import MethodError
from engine.generators import registry
from engine.generators.base import Capability
from engine.table.profile import profile_table
from engine.table.schema import Column, Kind, Schema
from tests.engine.doubles import Rows
from tests.engine.tables import CLUB, club


def schema(columns: int) -> Schema:
    return Schema(tuple(Column(f"c{i}", Kind.INTEGER) for i in range(columns)))


def test_every_registered_method_is_judged_once() -> None:
    advised = advice.advise(CLUB, 1_000)
    assert sorted(a.method for a in advised) == sorted(registry.GENERATORS)
    assert all(a.reason.endswith(".") for a in advised)


def test_few_rows_get_a_statistical_method() -> None:
    assert advice.best(CLUB, 60) == "copula"
    assert advice.best(CLUB, 199) == "copula"


def test_enough_rows_get_the_ablest_trees() -> None:
    assert advice.best(CLUB, 200) == "cascade"
    assert advice.best(CLUB, 25_000) == "cascade"


def test_large_tables_get_the_quicker_trees() -> None:
    assert advice.best(CLUB, 50_000) == "forest"
    cascade = next(a for a in advice.advise(CLUB, 50_000) if a.method == "cascade")
    assert cascade.suited
    assert "slower than the forest" in cascade.reason


def test_one_column_has_no_relations_to_learn() -> None:
    assert advice.best(schema(1), 10_000) == "marginals"


def test_columns_that_are_not_learned_do_not_count() -> None:
    only_one = Schema((Column("n", Kind.INTEGER), Column("id", Kind.IDENTIFIER), Column("text", Kind.TEXT)))
    assert advice.best(only_one, 10_000) == "marginals"


def test_a_method_that_cannot_run_is_last_and_says_why(monkeypatch: pytest.MonkeyPatch) -> None:
    info = Rows.info
    absent = type(info)(**{**{f: getattr(info, f) for f in info.__dataclass_fields__}, "packages": ("no_such_thing",)})
    monkeypatch.setitem(registry.GENERATORS, "rows", type("Absent", (Rows,), {"info": absent}))
    last = advice.advise(CLUB, 1_000)[-1]
    assert (last.method, last.suited) == ("rows", False)
    assert "no_such_thing" in last.reason


def test_a_single_row_is_told_apart_from_a_bug() -> None:
    few = [a for a in advice.advise(CLUB, 1) if not a.suited]
    assert all("1" in a.reason for a in few)


def test_a_profile_adds_heavy_tails_and_missing_cells() -> None:
    frame = club(300)
    frame.loc[0, "fee"] = "1000000.00"
    known = advice.facts(CLUB, 300, profile_table(CLUB.parse(frame), CLUB))
    assert known.heavy_tails == ("fee",)
    assert known.missing is not None
    assert 0.01 < known.missing < 0.2


def test_capabilities_pick_a_method(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(registry, "GENERATORS", {"rows": Rows})
    assert advice.able(CLUB, 100, Capability.IMPUTE) == "rows"
    with pytest.raises(MethodError, match="No method"):
        advice.able(CLUB, 100, Capability.TRAIN_ON)
