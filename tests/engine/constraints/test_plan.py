"""Made rows keep every rule, exactly as many as asked, or an error names the rule that blocks."""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import Any

import numpy as np
import pandas as pd
import pytest

from engine import constraints, parts
from engine.conditions import Condition, parse_condition
from engine.constraints.making import Ruled, complete, renewed
from engine.constraints.order import Order
from engine.constraints.plan import Plan
from engine.errors import ConditionError, ConstraintError
from engine.generators import registry
from engine.parts import Parts
from engine.progress import Budget
from engine.table.schema import Column, Constraint, Kind, NumberFormat, Schema
from tests.engine.constraints.orders import CITIES, COLUMNS, RULES, orders

LEARNED = Schema(COLUMNS[1:], "orders", RULES)  # without the keys, which are made anew
REAL = orders(1_500).drop(columns="key")


def learned(plan: Plan, table: pd.DataFrame, method: str = "marginals") -> Parts:
    def joint(own: pd.DataFrame, schema: Schema) -> Any:
        return registry.get(method)({}).fit(own, schema, seed=0)

    return parts.fit(plan.reduced(table), plan.reduced_schema, joint, seed=0, cancel=None, budget=Budget())


@pytest.fixture(scope="module")
def plan() -> Plan:
    return Plan.of(REAL, LEARNED)


@pytest.fixture(scope="module")
def made_of(plan: Plan) -> Callable[..., tuple[pd.DataFrame, Ruled]]:
    generators = learned(plan, REAL)

    def made(n: int, given: Sequence[str] = (), seed: int = 1) -> tuple[pd.DataFrame, Ruled]:
        ruled = Ruled(generators, plan)
        wanted = [parse_condition(text, LEARNED) for text in given]
        return ruled.sample(n, seed=seed, given=wanted), ruled

    return made


def assert_kept(table: pd.DataFrame, schema: Schema = LEARNED, real: pd.DataFrame = REAL) -> None:
    for rule in schema.constraints:
        assert not constraints.breaking(rule, table, schema, real).any(), rule.kind


@pytest.mark.parametrize("method", ["marginals", "copula"])
def test_every_kind_holds_in_all_rows(method: str, plan: Plan) -> None:
    table = Ruled(learned(plan, REAL, method), plan).sample(3_000, seed=1)
    assert len(table) == 3_000
    assert list(table.columns) == list(LEARNED.names)
    pd.testing.assert_series_equal(table.dtypes, REAL.dtypes)
    assert_kept(table)
    for name in ("gross", "end"):  # put together from what was learned, but within what was seen
        assert table[name].between(REAL[name].min(), REAL[name].max()).all()


def test_what_follows_is_not_learned(plan: Plan) -> None:
    names = plan.reduced_schema.names
    assert "gross" not in names  # a sum
    assert "level" not in names  # one for each grade
    assert "state" not in names  # learned with the city as one
    assert plan.reduced_schema["end"].kind is Kind.INTEGER  # days behind the start
    assert plan.reduced_schema["city"].kind is Kind.CATEGORICAL


def test_the_way_back_gives_the_same_rows(plan: Plan) -> None:
    back = plan.expand(plan.reduced(REAL), np.random.default_rng(0))
    pd.testing.assert_frame_equal(back, REAL)


def test_shares_of_combinations_and_distances_are_kept(made_of: Any) -> None:
    table, _ = made_of(3_000)
    for name in ("city", "state", "grade", "level"):
        real, made = (t[name].value_counts(normalize=True) for t in (REAL, table))
        assert made.reindex(real.index).sub(real).abs().max() < 0.04
    days = [(t["end"] - t["start"]).dt.days.mean() for t in (REAL, table)]
    assert days[1] == pytest.approx(days[0], rel=0.1)
    assert table["visit"].isna().mean() == pytest.approx(REAL["visit"].isna().mean(), abs=0.04)


def test_how_many_rows_were_drawn_again_is_told(made_of: Any) -> None:
    _, ruled = made_of(500)
    books = ruled.books
    assert books.rows == 500
    assert books.redrawn > 0
    assert set(books.again) <= {"if age < 18 then income = 0", "no value of “rank” comes twice"}
    assert books.drawn >= 500 + books.redrawn
    assert f"Of 500 rows, {books.redrawn} were drawn again because of rules" in books.told()


def test_the_same_seed_makes_the_same_rows(made_of: Any) -> None:
    pd.testing.assert_frame_equal(made_of(200)[0], made_of(200)[0])
    assert not made_of(200)[0].equals(made_of(200, seed=2)[0])


def test_no_rows_are_no_rows(made_of: Any) -> None:
    table, _ = made_of(0)
    assert list(table.columns) == list(LEARNED.names)
    assert len(table) == 0


def test_a_plan_is_json(plan: Plan) -> None:
    again = Plan.from_state(json.loads(json.dumps(plan.state())), LEARNED)
    assert again.reduced_schema == plan.reduced_schema
    assert again.state() == plan.state()
    pd.testing.assert_frame_equal(again.expand(again.reduced(REAL), np.random.default_rng(0)), REAL)


@pytest.mark.parametrize(
    "change",
    [
        {"dropped": [["nobody", 0]]},
        {"dropped": [["gross", 99]]},
        {"units": [{"names": ["city", "state"], "rows": [["Reno"]]}]},
        {"gaps": [{"low": "start"}]},
    ],
)
def test_a_damaged_plan_is_refused(change: dict[str, Any], plan: Plan) -> None:
    with pytest.raises((ValueError, KeyError, ConstraintError)):
        Plan.from_state({**plan.state(), **change}, LEARNED)


def test_the_passport_names_what_rules_know(plan: Plan) -> None:
    held = plan.passport({"city": ["0", "1"], "end": [3], "age": [30]})
    assert set(held["city"]) == set(CITIES)
    assert set(held["state"]) == {"IL", "MO", "SC", "NV"}
    assert set(held["level"]) == {1, 2, 3, 4}
    assert held["gross"] == [REAL["gross"].min(), REAL["gross"].max()]
    assert held["end"][:1] == ["3 after “start”"]
    assert held["age"] == [30]


# Given values


@pytest.mark.parametrize(
    "given",
    [
        ["level=3"],
        ["state=IL"],
        ["city=Columbia", "state=SC"],
        ["grade=low", "state=MO"],
        ["gross=100..200"],
        ["end=2022-06-01..2022-06-20"],
        ["age=0..10", "income=0"],
        ["visit="],
    ],
)
def test_given_values_hold_beside_rules(given: list[str], made_of: Any) -> None:
    table, _ = made_of(60, given)
    assert len(table) == 60
    assert_kept(table)
    for text in given:
        condition = parse_condition(text, LEARNED)
        assert condition.holds(table[condition.column]).all()


def test_a_given_value_that_is_looked_up_costs_nothing(made_of: Any) -> None:
    _, ruled = made_of(300, ["level=4", "state=SC"])
    assert not any("level" in sentence or "state" in sentence for sentence in ruled.books.again)


@pytest.mark.parametrize(
    ("given", "names"),
    [
        (["age=120.."], ["“age” is 0 or more and 99 or less", "age>=120"]),
        (["start=2023-05-01..", "end=..2023-01-01"], ["start>=2023-05-01", "end<=2023-01-01", "never after"]),
        (["city=Reno", "state=IL"], ["city=Reno", "state=IL", "seen together"]),
        (["grade=low", "level=4"], ["grade=low", "level=4", "and back"]),
        (["rank=5"], ["rank=5", "comes twice", "10 rows"]),
    ],
)
def test_rules_and_given_values_that_contradict_each_other_are_both_named(
    given: list[str], names: list[str], made_of: Any
) -> None:
    with pytest.raises((ConstraintError, ConditionError)) as caught:
        made_of(10, given)
    for name in names:
        assert name in str(caught.value)


@pytest.mark.parametrize(
    ("rules", "says"),
    [
        (("age > 5", "age < 3"), "“age” is above 5.*“age” is below 3"),
        (("age < income", "income <= age"), "“age” is always below “income”.*“income” is never above “age”"),
        (("age > 50", "income < 40", "age <= income"), "above 50.*below 40.*never above"),
    ],
)
def test_rules_that_contradict_each_other_are_both_named(rules: tuple[str, ...], says: str) -> None:
    asked = tuple(constraints.parse_rule(text, LEARNED) for text in rules)
    with pytest.raises(ConstraintError, match=says):
        constraints.check_all(replace(LEARNED, constraints=asked))


# What blocks


def drawn(**columns: Any) -> Callable[[int, int], pd.DataFrame]:
    """Rows of random whole numbers below the given ones."""

    def draw(n: int, seed: int) -> pd.DataFrame:
        rng = np.random.default_rng(seed)
        return pd.DataFrame({k: pd.array(rng.integers(0, high, n), dtype="Int64") for k, high in columns.items()})

    return draw


def plan_of(rules: Sequence[str], table: pd.DataFrame, **states: Any) -> Plan:
    schema = Schema(tuple(Column(n, Kind.INTEGER, number=NumberFormat()) for n in table))
    asked = tuple(constraints.parse_rule(text, schema) for text in rules)
    return Plan.of(table, replace(schema, constraints=asked))


def numbers(**columns: Sequence[int]) -> pd.DataFrame:
    return pd.DataFrame({name: pd.array(list(cells), dtype="Int64") for name, cells in columns.items()})


def test_a_rule_that_no_row_keeps_is_named_with_the_rows_reached() -> None:
    plan = plan_of(["a * 0 = 1 or a = 1", "b >= 0"], numbers(a=[1, 1], b=[3, 4]))
    with pytest.raises(ConstraintError, match=r"Only 0 of 50 rows could be made: most rows, 100%.*a \* 0 = 1 or a = 1"):
        complete(
            plan, lambda n, seed: drawn(b=9)(n, seed).assign(a=pd.array([2] * n, dtype="Int64"))[["a", "b"]], 50, 0
        )


def test_drawing_again_is_bounded() -> None:
    calls: list[int] = []

    def draw(n: int, seed: int) -> pd.DataFrame:
        calls.append(n)
        return drawn(a=1_000_000, b=9)(n, seed)

    plan = plan_of(["a % 1000000 = 7 or b is missing"], numbers(a=[7, 7], b=[3, 4]))
    with pytest.raises(ConstraintError, match="Only 0 of 100 rows"):
        complete(plan, draw, 100, 0)
    assert len(calls) <= 31
    assert sum(calls) <= 100 * 31 + 20_000


def test_more_unique_rows_than_there_is_room_for_is_an_error() -> None:
    plan = plan_of(["unique(a)"], numbers(a=range(40)))
    table, books = complete(plan, drawn(a=40), 40, 0)
    assert sorted(table["a"]) == list(range(40))
    assert books.drawn > 40
    with pytest.raises(ConstraintError, match=r"Only 40 of 41 rows could be made: .*no value of “a” comes twice"):
        complete(plan, drawn(a=40), 41, 0)


def test_the_last_rows_are_mended_and_counted() -> None:
    plan = plan_of(["unique(a)"], numbers(a=range(1_000)))

    def few(n: int, seed: int) -> pd.DataFrame:
        own = drawn(a=10)(n, seed)
        return own if n > 0 and seed else own.assign(a=pd.array(np.r_[999, np.zeros(n - 1, int)], dtype="Int64"))

    table, books = complete(plan, few, 100, 0)
    assert table["a"].is_unique
    assert books.mended == 100 - 11  # 999, and each number below ten
    assert "89 were mended at last" in books.told()


def test_uniqueness_holds_over_several_calls() -> None:
    plan = plan_of(["unique(a)"], numbers(a=range(100)))

    class Twice:
        def sample(self, n: int, *, seed: int, **how: Any) -> pd.DataFrame:
            return drawn(a=100)(n, seed)

    ruled = Ruled(Twice(), plan)  # type: ignore[arg-type]
    both = pd.concat([ruled.sample(50, seed=1), ruled.sample(50, seed=1)])
    assert both["a"].is_unique


# Single kinds


def test_a_sum_with_gaps_is_learned_for_its_gaps() -> None:
    rng = np.random.default_rng(0)
    table = pd.DataFrame({"a": rng.integers(0, 9, 500), "b": rng.integers(0, 9, 500)}).astype("Int64")
    table["c"] = table["a"] + table["b"]
    table.loc[:99, "c"] = pd.NA
    plan = plan_of(["a + b = c"], table)
    assert "c" in plan.reduced_schema.names
    made, _ = complete(plan, lambda n, seed: learned(plan, table).sample(n, seed=seed), 300, 0)
    assert made["c"].isna().mean() == pytest.approx(0.2, abs=0.08)
    known = made.dropna()
    assert (known["a"] + known["b"] == known["c"]).all()


def test_columns_that_follow_from_each_other_make_no_circle() -> None:
    rng = np.random.default_rng(0)
    table = pd.DataFrame({"a": rng.integers(0, 9, 300)}).astype("Int64")
    table["b"], table["c"] = table["a"] * 2, table["a"] * 3
    plan = plan_of(["one_to_one(a, b)", "one_to_one(b, c)", "one_to_one(c, a)", "a + b = c"], table)
    assert plan.reduced_schema.names == ("a",)
    made, _ = complete(plan, lambda n, seed: drawn(a=9)(n, seed), 50, 0)
    assert (made["b"] == made["a"] * 2).all()
    assert (made["c"] == made["a"] * 3).all()


def test_numbers_that_were_never_seen_move_to_the_nearest_that_was() -> None:
    plan = plan_of(["one_to_one(a, b)"], numbers(a=[0, 5, 9] * 20, b=[1, 2, 3] * 20))
    made, _ = complete(plan, drawn(a=10), 80, 0)
    assert set(made["a"]) == {0, 5, 9}
    assert dict(zip(made["a"], made["b"], strict=True)) == {0: 1, 5: 2, 9: 3}


def test_combinations_of_numbers_are_mended_as_a_whole_where_drawing_does_not_help() -> None:
    plan = plan_of(["together(a, b)"], numbers(a=[100, 100, 200] * 20, b=[1, 2, 1] * 20))
    made, books = complete(plan, drawn(a=90, b=5), 60, 0)
    assert books.mended == 60
    assert set(zip(made["a"], made["b"], strict=True)) == {(100, 1), (100, 2), (200, 1)}


@pytest.mark.parametrize(("spread", "apart"), [(3, True), (400, False)])
def test_an_order_is_learned_as_a_distance_where_distances_vary_little(spread: int, apart: bool) -> None:
    rng = np.random.default_rng(0)
    low = rng.integers(0, 500, 400)
    table = numbers(a=low.tolist(), b=(low + rng.integers(0, spread, 400)).tolist())
    rule = plan_of(["a <= b"], table).rules[0]
    assert isinstance(rule, Order)
    assert rule.apart(table) is apart
    assert bool(plan_of(["a <= b"], table).gaps) is apart


def test_distances_go_no_further_than_what_was_seen() -> None:
    table = numbers(a=range(100), b=[n + n % 5 for n in range(100)])
    plan = plan_of(["a <= b"], table)
    assert plan.gaps
    made, _ = complete(plan, drawn(a=100, b=5), 400, 0)
    assert made["b"].max() <= table["b"].max()
    assert (made["b"] >= made["a"]).all()


def test_gaps_together_keep_the_share_of_the_first_column() -> None:
    plan = plan_of(["null_together(a, b, c)"], numbers(a=[1, 2], b=[3, 4], c=[5, 6]))

    def gappy(n: int, seed: int) -> pd.DataFrame:
        own = drawn(a=9, b=9, c=9)(n, seed)
        return own.mask(np.random.default_rng(seed + 1).random((n, 3)) < 0.3)

    made, books = complete(plan, gappy, 1_000, 0)
    assert made["a"].isna().mean() == pytest.approx(0.3, abs=0.05)
    assert (made["a"].isna() == made["c"].isna()).all()
    assert books.redrawn == 0


# Columns that are made anew


def test_made_up_columns_keep_rules_and_keys_stay_apart() -> None:
    schema = Schema(
        (Column("key", Kind.IDENTIFIER), Column("mail", Kind.PERSONAL), Column("age", Kind.INTEGER)),
        "",
        (Constraint("unique", ("mail",)), Constraint("pattern", ("mail",), {"regex": "[a-z]+@x"})),
    )
    real = pd.DataFrame({"key": ["k"], "mail": ["a@x"], "age": pd.array([1], dtype="Int64")})
    plan = Plan.of(schema.parse(real), schema)

    def make(rows: pd.DataFrame, seed: int) -> pd.DataFrame:
        rng = np.random.default_rng(seed)
        mails = ["".join(rng.choice(list("abcdef"), 2)) + rng.choice(["@x", "@y"]) for _ in range(len(rows))]
        return pd.DataFrame({"key": [f"k{i}" for i in range(len(rows))], "mail": mails}, dtype="str")

    table = pd.DataFrame({"age": pd.array([3] * 30, dtype="Int64")})
    whole = pd.concat([make(table, 0), table], axis=1)[list(schema.names)]
    made, books = renewed(plan, whole, make, 0)
    assert made["mail"].is_unique
    assert made["mail"].str.fullmatch("[a-z]+@x").all()
    assert made["key"].tolist() == whole["key"].tolist()
    assert books.redrawn > 0
    with pytest.raises(ConstraintError, match=r"rows could be made.*no value of “mail” comes twice.*made anew"):
        renewed(plan, pd.concat([whole] * 3, ignore_index=True).assign(key=[str(i) for i in range(90)]), make, 0)


def test_conditions_narrow_where_an_order_is_learned_as_a_distance(plan: Plan) -> None:
    asked = plan.asked([Condition("end", low=pd.Timestamp("2023-01-10"), high=pd.Timestamp("2023-01-12"))])
    assert [c.column for c in asked] == ["start"]
    assert asked[0].high == pd.Timestamp("2023-01-12")
    longest = (REAL["end"] - REAL["start"]).max()
    assert asked[0].low == pd.Timestamp("2023-01-10") - longest
