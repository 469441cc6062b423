"""Advice follows the table's facts, and `auto` follows advice."""

from __future__ import annotations

import importlib.util
from dataclasses import replace

import pytest

from engine import advice, facts, machine, samples
from engine.errors import MethodError
from engine.generators import registry
from engine.generators.base import Capability, Family
from engine.generators.costs import Work
from engine.machine import Machine
from engine.run import RunRequest
from engine.table.schema import Column, Kind, Schema
from tests.engine.doubles import Rows
from tests.engine.tables import CLUB


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


def test_a_table_for_which_people_would_wait_too_long_gets_the_quicker_trees() -> None:
    huge = facts.Facts(Work.uncounted(500_000, 20, 20))
    assert advice.best(CLUB, huge.rows, huge) == "forest"
    cascade = next(a for a in advice.advise(CLUB, huge.rows, huge) if a.method == "cascade")
    assert cascade.suited
    assert "minutes" in cascade.reason


def test_the_whole_census_gets_the_closest_method() -> None:
    sample = samples.get("census")
    numbers = (74, 28_523, 16, 123, 99, 96)
    census = facts.Facts(Work(sample.rows, numbers, (9, 16, 7, 15, 6, 5, 2, 42, 2), sample.rows))
    assert advice.best(CLUB, sample.rows, census) == "cascade"


def test_the_choice_does_not_depend_on_the_machine(monkeypatch: pytest.MonkeyPatch) -> None:
    works = [Work.uncounted(rows, 6, 9) for rows in (150, 2_000, 50_000, 400_000)]
    chosen = [advice.best(CLUB, work.rows, facts.Facts(work)) for work in works]
    monkeypatch.setattr(machine, "this", lambda: Machine(0.02, 0.02, 1))
    monkeypatch.setattr(machine, "memory_left", lambda: 1)
    assert [advice.best(CLUB, work.rows, facts.Facts(work)) for work in works] == chosen


def test_each_method_has_a_time_where_a_run_is_asked_about() -> None:
    told = advice.advise(CLUB, 1_000, request=RunRequest())
    assert told[0].estimate is not None
    assert all(a.estimate is None or a.estimate.seconds > 0 for a in told)
    assert [a.method for a in told] == [a.method for a in advice.advise(CLUB, 1_000)]
    assert told[0].to_json()["estimate"]["seconds"] > 0


@pytest.mark.skipif(importlib.util.find_spec("torch") is None, reason="PyTorch is not installed")
def test_structure_brings_the_transformer_forward() -> None:
    work = Work.uncounted(3_000, 3, 5)
    plain = [a.method for a in advice.advise(CLUB, 3_000, facts.Facts(work))]
    tied = advice.advise(CLUB, 3_000, facts.Facts(work, tied=("a", "b", "c", "d")))
    assert plain.index("transformer") > plain.index("forest")
    methods = [a.method for a in tied]
    assert methods.index("cascade") < methods.index("transformer") < methods.index("forest")
    assert "“a”, “b”, “c” and 1 more" in tied[methods.index("transformer")].reason


@pytest.mark.parametrize("rows", [60, 99])
def test_under_a_hundred_rows_only_statistical_methods_suit(rows: int) -> None:
    suited = [registry.GENERATORS[a.method].info for a in advice.advise(CLUB, rows) if a.suited]
    assert {info.family for info in suited} == {Family.STATISTICAL}


@pytest.mark.skipif(importlib.util.find_spec("tensorflow") is None, reason="TensorFlow is not installed")
def test_some_hundred_rows_are_enough_for_one_deep_method_and_a_thousand_for_all() -> None:
    some = [a.method for a in advice.advise(CLUB, 500) if a.suited]
    deep = [key for key in some if registry.GENERATORS[key].info.family is Family.DEEP]
    assert deep[0] == "vae"
    assert all(a.suited for a in advice.advise(CLUB, 1_500) if a.method != "pattern")  # which is for rows in time


def test_a_rule_waits_for_its_method(monkeypatch: pytest.MonkeyPatch) -> None:
    """What is not registered is promised nowhere; once it is, the table's facts decide."""
    series = facts.Facts(Work.uncounted(1_000, 4, 0), sequential=("temp",), cyclical=("temp",))
    assert "pattern" not in registry.GENERATORS or advice.best(CLUB, 1_000, series) == "pattern"
    info = replace(Rows.info, key="pattern")
    monkeypatch.setitem(registry.GENERATORS, "pattern", type("Pattern", (Rows,), {"info": info}))
    assert advice.best(CLUB, 1_000, series) == "pattern"
    assert advice.best(CLUB, 1_000, facts.Facts(series.work)) != "pattern"


def test_what_was_seen_is_told() -> None:
    seen = facts.Facts(Work.uncounted(1_000, 4, 2), multimodal=("size",), cyclical=("temp",), tied=("city",))
    told = " ".join(advice.remarks(seen))
    assert all(f"“{name}”" in told for name in ("size", "temp", "city"))
    assert advice.remarks(facts.Facts(seen.work)) == ()


def test_one_column_has_no_relations_to_learn() -> None:
    assert advice.best(schema(1), 10_000) == "marginals"


def test_columns_that_are_not_learned_do_not_count() -> None:
    only_one = Schema((Column("n", Kind.INTEGER), Column("id", Kind.IDENTIFIER), Column("text", Kind.TEXT)))
    assert advice.best(only_one, 10_000) == "marginals"


def test_a_method_that_cannot_run_is_last_and_says_why(monkeypatch: pytest.MonkeyPatch) -> None:
    info = Rows.info
    absent = replace(info, packages=("no_such_thing",))
    monkeypatch.setitem(registry.GENERATORS, "rows", type("Absent", (Rows,), {"info": absent}))
    last = advice.advise(CLUB, 1_000)[-1]
    assert (last.method, last.suited) == ("rows", False)
    assert "no_such_thing" in last.reason


def test_a_single_row_is_told_apart_from_a_bug() -> None:
    few = [a for a in advice.advise(CLUB, 1) if not a.suited]
    assert all("1" in a.reason for a in few)


def test_capabilities_pick_a_method(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(registry, "GENERATORS", {"rows": Rows})
    assert advice.able(CLUB, 100, Capability.IMPUTE) == "rows"
    with pytest.raises(MethodError, match="No method"):
        advice.able(CLUB, 100, Capability.TRAIN_ON)
