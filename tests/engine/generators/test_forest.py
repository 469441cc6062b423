"""Forest on tables of known distribution: relations of any shape, exact rules, conditions, likelihoods, imputation."""

from __future__ import annotations

from functools import cache
from itertools import product
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest

from engine.conditions import Condition
from engine.errors import Cancelled, ConditionError, ModelError
from engine.generators.forest import Forest
from engine.progress import Budget, CancelToken, Progress
from tests.engine.generators import samples
from tests.engine.generators.samples import distance, shares

N = 4_000


@cache
def people() -> tuple[pd.DataFrame, Forest]:
    table, schema = samples.people()
    return table, Forest().fit(table, schema, seed=0)


@cache
def linked() -> tuple[pd.DataFrame, Forest]:
    table, schema = samples.linked()
    return table, Forest().fit(table, schema, seed=0)


# The distribution


def test_margins_are_recovered() -> None:
    table, model = people()
    made = model.sample(N, seed=1)
    for name in ("height", "weight"):
        assert distance(table[name], made[name]) < 0.035
    assert (shares(table["group"]) - shares(made["group"])).abs().max() < 0.03
    assert abs(table["flag"].mean() - made["flag"].mean()) < 0.03


def test_correlation_is_recovered_inside_groups() -> None:
    table, model = people()
    made = model.sample(N, seed=1)
    for group in "abc":
        real, twin = (own[own["group"] == group][["height", "weight"]].corr().iloc[0, 1] for own in (table, made))
        assert twin == pytest.approx(real, abs=0.08)


def test_conditional_chances_are_recovered() -> None:
    table, model = people()
    made = model.sample(N, seed=1)
    for group in "abc":
        real, twin = (own.loc[own["group"] == group, "flag"].mean() for own in (table, made))
        assert twin == pytest.approx(real, abs=0.06)


def test_a_relation_of_three_columns_is_recovered() -> None:
    """z follows from neither x nor y alone, only from both."""
    rng = np.random.default_rng(3)
    x, y = rng.integers(0, 2, (2, 3_000)).astype(bool)
    z = (x ^ y) ^ (rng.random(3_000) < 0.1)
    columns = [(samples.boolean(name), own) for name, own in (("x", x), ("y", y), ("z", z))]
    table, schema = samples.of(*columns)
    made = Forest({"leaf": 20, "caution": 0.0}).fit(table, schema, seed=0).sample(N, seed=0)
    agrees = (made["x"] ^ made["y"]) == made["z"]
    assert agrees.mean() == pytest.approx(0.9, abs=0.04)


def test_independent_columns_stay_independent() -> None:
    rng = np.random.default_rng(4)
    table, schema = samples.of(
        (samples.decimal("u", 3), np.round(rng.random(2_000), 3)),
        (samples.decimal("v", 3), np.round(rng.random(2_000), 3)),
        (samples.category("w"), rng.choice(["p", "q"], 2_000)),
    )
    made = Forest().fit(table, schema, seed=0).sample(N, seed=0)
    assert abs(made["u"].corr(made["v"])) < 0.05
    halves = made.groupby("w")["u"].mean()
    assert abs(halves["p"] - halves["q"]) < 0.05


def test_gaps_follow_values_and_come_together() -> None:
    rng = np.random.default_rng(5)
    age = rng.integers(20, 80, 3_000)
    gap = rng.random(3_000) < np.where(age > 60, 0.6, 0.05)
    a, b = samples.decimal("a", 1), samples.category("b")
    table, schema = samples.of(
        (samples.integer("age"), age),
        (a, samples.gappy(np.round(rng.random(3_000), 1), gap, a)),
        (b, samples.gappy(rng.choice(["x", "y"], 3_000), gap, b)),
    )
    made = Forest().fit(table, schema, seed=0).sample(N, seed=0)
    assert (made["a"].isna() == made["b"].isna()).all()
    old = made["age"] > 60
    assert made.loc[old, "a"].isna().mean() == pytest.approx(gap[age > 60].mean(), abs=0.06)
    assert made.loc[~old, "a"].isna().mean() == pytest.approx(gap[age <= 60].mean(), abs=0.04)


def test_many_levels_keep_what_they_are_like() -> None:
    rng = np.random.default_rng(6)
    shop = rng.integers(0, 200, 6_000)
    table, schema = samples.of(
        (samples.category("shop"), np.array([f"shop {i:03d}" for i in rng.permutation(200)[shop]])),
        (samples.decimal("turnover", 1), np.round(shop * 5 + rng.normal(0, 20, 6_000), 1)),
    )
    made = Forest().fit(table, schema, seed=0).sample(6_000, seed=0)
    real, twin = (own.groupby("shop")["turnover"].mean() for own in (table, made))
    assert np.corrcoef(real, twin.reindex(real.index).fillna(0))[0, 1] > 0.95
    assert set(made["shop"]) <= set(table["shop"])


# Exact relations


def test_copies_rules_and_gaps_hold_in_every_row() -> None:
    table, model = linked()
    made = model.sample(N, seed=2)
    pd.testing.assert_series_equal(made["paid"], made["price"], check_names=False)
    country_of = dict(zip(table["city"], table["country"], strict=True))
    assert (made["city"].map(country_of) == made["country"]).all()
    assert (made["last"].isna() == (made["visits"] == 0)).all()
    assert len(model.notes) == 3


def test_conditions_reach_through_links() -> None:
    _, model = linked()
    cheap = Condition("paid", high=20.0)
    made = model.sample(300, seed=0, given=[Condition("country", values=("country 2",)), cheap])
    assert (made["country"] == "country 2").all()
    assert made["city"].str[-2:].astype(int).between(20, 29).all()
    assert (made["paid"] <= 20).all()
    assert (made["price"] == made["paid"]).all()
    made = model.sample(300, seed=0, given=[Condition("last", values=(None,))])
    assert (made["visits"] == 0).all()


@pytest.mark.parametrize(
    "conditions",
    [
        [Condition("city", values=("city 05",)), Condition("country", values=("country 3",))],
        [Condition("last", values=(None,)), Condition("visits", low=1)],
        [Condition("price", low=50.0), Condition("paid", high=10.0)],
    ],
)
def test_conditions_against_a_rule_are_refused(conditions: list[Condition]) -> None:
    _, model = linked()
    with pytest.raises(ConditionError, match="together with the other conditions"):
        model.sample(5, seed=0, given=conditions)


# Conditions


@pytest.mark.parametrize(
    "conditions",
    [
        [Condition("flag", values=(True,))],
        [Condition("weight", low=80.0)],
        [Condition("height", low=170.0, high=175.0), Condition("flag", values=(False,))],
    ],
)
def test_given_matches_the_real_rows_that_fulfil_it(conditions: list[Condition]) -> None:
    table, model = people()
    made = model.sample(2_000, seed=3, given=conditions)
    real = table[np.logical_and.reduce([c.holds(table[c.column]) for c in conditions])]
    for condition in conditions:
        assert condition.holds(made[condition.column]).all()
    noise = 2.0 / np.sqrt(len(real))  # of the real part
    assert (shares(real["group"]).sub(shares(made["group"]), fill_value=0)).abs().max() < noise
    for name in ("height", "weight"):
        assert distance(real[name], made[name]) < noise + 0.02
    assert made.duplicated().mean() < 0.05


def test_conditions_on_a_column_and_its_copy_both_hold() -> None:
    _, model = linked()
    made = model.sample(200, seed=0, given=[Condition("price", low=30.0), Condition("paid", high=40.0)])
    assert made["price"].between(30, 40).all()


def test_what_training_never_saw_is_refused() -> None:
    _, model = people()
    for condition in (
        Condition("group", values=("d",)), Condition("height", low=400.0), Condition("weight", values=(None,)),
    ):  # fmt: skip
        with pytest.raises(ConditionError, match="cannot be fulfilled"):
            model.sample(5, seed=0, given=[condition])


# Privacy


def test_values_of_single_rows_do_not_come_back() -> None:
    rng = np.random.default_rng(7)
    x = rng.normal(0, 1, 1_000)
    table, schema = samples.of((samples.decimal("x", 17), x), (samples.decimal("y", 17), x + rng.normal(0, 0.1, 1_000)))
    made = Forest({"leaf": 5}).fit(table, schema, seed=0).sample(20_000, seed=0)
    assert not made["x"].isin(table["x"]).any()
    assert not made["y"].isin(table["y"]).any()


def test_the_passport_lists_every_real_value_that_is_held() -> None:
    table, model = people()
    passport = model.passport()
    assert set(passport["group"]) == {"a", "b", "c"}
    counts = table["height"].value_counts()
    ends = {table["height"].min(), table["height"].max()}
    assert all(value in ends or counts[value] >= 5 for value in passport["height"])
    held = {v for name in ("height", "weight") for v in passport[name]}
    for grid in (model.cells[1].state()["grid"], model.cells[2].state()["grid"]):
        real = set(table["height"]) | set(table["weight"])
        rare = {v for v in [*grid["low"].tolist(), *grid["high"].tolist()] if v in real and v not in held}
        singles = {v for name in ("height", "weight") for v in table[name].value_counts().loc[lambda c: c == 1].index}
        assert not rare & singles


# Likelihoods and imputation


def test_likelihoods_of_all_possible_rows_sum_to_one() -> None:
    rng = np.random.default_rng(8)
    a = rng.integers(0, 3, 800)
    b = (a + rng.integers(0, 2, 800)) % 4
    table, schema = samples.of(
        (samples.integer("a"), a), (samples.integer("b"), b), (samples.boolean("c"), rng.random(800) < 0.2 + 0.2 * a)
    )
    model = Forest().fit(table, schema, seed=0)
    rows = list(product(range(3), range(4), (False, True)))
    columns = list(zip(*rows, strict=True))
    every, _ = samples.of(*((column, list(own)) for column, own in zip(schema, columns, strict=True)))
    assert np.exp(model.log_likelihood(every)).sum() == pytest.approx(1.0, abs=0.01)


def test_real_rows_are_likelier_than_torn_ones() -> None:
    table, model = people()
    torn = table.copy()
    torn["weight"] = torn["weight"].sample(frac=1, random_state=0).to_numpy()
    assert model.log_likelihood(table).mean() > model.log_likelihood(torn).mean() + 0.3


def test_a_row_against_a_rule_is_unlikely() -> None:
    table, model = linked()
    broken = table.head(50).copy()
    broken["country"] = np.where(broken["country"] == "country 1", "country 2", "country 1")
    assert (model.log_likelihood(broken) < model.log_likelihood(table.head(50)) - 10).all()


def test_filled_cells_follow_the_rest_of_the_row() -> None:
    table, model = people()
    holes = table.copy()
    hidden = np.random.default_rng(9).random(len(table)) < 0.3
    holes.loc[hidden, "height"] = np.nan
    filled = model.impute(holes, seed=0)
    pd.testing.assert_series_equal(filled.loc[~hidden, "height"], table.loc[~hidden, "height"])
    assert not filled["height"].isna().any()
    real, twin = (own.loc[hidden, ["height", "weight"]].corr().iloc[0, 1] for own in (table, filled))
    assert twin == pytest.approx(real, abs=0.1)
    assert distance(table.loc[hidden, "height"], filled.loc[hidden, "height"]) < 0.06


def test_filled_cells_keep_to_the_rules() -> None:
    table, model = linked()
    holes = table.copy()
    holes.loc[:200, "city"] = None
    holes.loc[100:300, "price"] = np.nan
    holes.loc[400:500, "country"] = None
    filled = model.impute(holes, seed=0)
    country_of = dict(zip(table["city"], table["country"], strict=True))
    assert (filled["city"].map(country_of) == filled["country"]).all()
    assert (filled["price"] == filled["paid"]).all()


# Keeping the books


def test_one_seed_one_table() -> None:
    table, schema = samples.people(rows=600)
    one, two, other = (Forest().fit(table, schema, seed=s) for s in (1, 1, 2))
    pd.testing.assert_frame_equal(one.sample(300, seed=5), two.sample(300, seed=5))
    assert not one.sample(300, seed=5).equals(other.sample(300, seed=5))


def test_saved_and_loaded_with_links_and_conditions(tmp_path: Path) -> None:
    _, model = linked()
    model.save(tmp_path)
    again = Forest.load(tmp_path)
    given = [Condition("country", values=("country 1",))]
    pd.testing.assert_frame_equal(again.sample(80, seed=1, given=given), model.sample(80, seed=1, given=given))


def test_a_chain_that_lacks_a_column_is_damaged(tmp_path: Path) -> None:
    import json

    _, model = linked()
    model.save(tmp_path)
    content = json.loads((tmp_path / "model.json").read_text(encoding="utf-8"))
    content["state"]["chain"]["order"].pop()
    (tmp_path / "model.json").write_text(json.dumps(content), encoding="utf-8")
    with pytest.raises(ModelError):
        Forest.load(tmp_path)


def test_progress_names_every_column() -> None:
    table, schema = samples.people(rows=500)
    events: list[Progress] = []
    Forest().fit(table, schema, seed=0, progress=events.append)
    assert [e.message for e in events if e.message] == list(schema.names)


class StopsAt(CancelToken):
    """Asks to stop when it is asked for the n-th time."""

    def __init__(self, asked: int) -> None:
        super().__init__()
        self.left = asked

    @property
    def cancelled(self) -> bool:
        self.left -= 1
        return self.left < 0


@pytest.mark.parametrize("asked", [0, 3, 12])
def test_training_stops_when_asked(asked: int) -> None:
    table, schema = samples.people(rows=500)
    with pytest.raises(Cancelled):
        Forest().fit(table, schema, seed=0, cancel=StopsAt(asked))


def test_sampling_and_filling_stop_when_asked() -> None:
    table, model = people()
    with pytest.raises(Cancelled):
        model.sample(100, seed=0, cancel=StopsAt(1))
    with pytest.raises(Cancelled):
        model.sample(100, seed=0, given=[Condition("flag", values=(True,))], cancel=StopsAt(1))
    with pytest.raises(Cancelled):
        model.impute(table.assign(height=np.nan), seed=0, cancel=StopsAt(1))


def test_without_time_there_are_fewer_trees_and_a_note() -> None:
    table, schema = samples.people(rows=500)
    model = Forest({"trees": 30}).fit(table, schema, seed=0, budget=Budget(0.0))
    assert all(trees.coarse.trees == 1 for trees in model.chain.trees.values())
    assert any("time was up" in note for note in model.notes)
    assert model.sample(50, seed=0)["height"].notna().all()


@pytest.mark.parametrize(("setting", "value"), [("trees", 1), ("leaf", 200), ("caution", 5.0), ("detail", 16)])
def test_every_setting_changes_the_model(setting: str, value: Any) -> None:
    table, schema = samples.people(rows=1_000)
    plain, changed = (Forest(own).fit(table, schema, seed=0) for own in ({}, {setting: value}))
    assert not plain.sample(500, seed=0).equals(changed.sample(500, seed=0))


def test_splits_are_sought_on_at_most_the_rows_asked_for() -> None:
    table, schema = samples.people(rows=2_000)
    plain, few = (Forest(own).fit(table, schema, seed=0) for own in ({}, {"split_rows": 500}))
    assert few.chain.trees[2].coarse.leaves < plain.chain.trees[2].coarse.leaves
    assert few.chain.trees[2].coarse.count.sum() == plain.chain.trees[2].coarse.count.sum()
