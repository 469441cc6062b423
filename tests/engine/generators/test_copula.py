"""The copula on tables of known distribution: correlations, categories, gaps, conditions."""

from __future__ import annotations

from functools import cache

import numpy as np
import pandas as pd
import pytest

from engine.conditions import Condition
from engine.errors import Cancelled, ConditionError
from engine.generators.copula import Copula
from engine.progress import Budget, CancelToken, Progress
from tests.engine.generators import samples
from tests.engine.generators.samples import distance, shares

N = 8_000
RHO = np.array([[1.0, 0.8, -0.3], [0.8, 1.0, 0.1], [-0.3, 0.1, 1.0]])


@cache
def normal() -> tuple[pd.DataFrame, Copula]:
    """Three numbers on a known normal: one plain, one exponential, one cut into five integers."""
    rng = np.random.default_rng(0)
    z = rng.multivariate_normal(np.zeros(3), RHO, 4_000)
    table, schema = samples.of(
        (samples.decimal("x", 3), np.round(z[:, 0], 3)),
        (samples.decimal("y", 3), np.round(np.exp(z[:, 1]), 3)),
        (samples.integer("k"), np.searchsorted([-1.0, -0.2, 0.5, 1.2], z[:, 2])),
    )
    return table, Copula().fit(table, schema, seed=0)


@cache
def people() -> tuple[pd.DataFrame, Copula]:
    table, schema = samples.people()
    return table, Copula().fit(table, schema, seed=0)


def test_the_hidden_correlations_are_recovered() -> None:
    """Also that of the integers, whose own correlation is weaker than that of what they were cut from."""
    covariance = normal()[1].model.normal.covariance
    scale = np.sqrt(np.diag(covariance))
    np.testing.assert_allclose(covariance / np.outer(scale, scale), RHO, atol=0.04)


def test_margins_and_rank_correlations_are_recovered() -> None:
    table, model = normal()
    made = model.sample(N, seed=1)
    for name in table:
        assert distance(table[name], made[name]) < 0.03
    real, twin = (own.astype(float).corr(method="spearman").to_numpy() for own in (table, made))
    np.testing.assert_allclose(twin, real, atol=0.04)


def test_conditional_distributions_are_recovered() -> None:
    table, model = normal()
    given = [Condition("x", low=1.0), Condition("k", values=(0, 1))]
    made = model.sample(N, seed=2, given=given)
    real = table[(table["x"] >= 1) & table["k"].isin([0, 1])]
    assert (made["x"] >= 1).all()
    assert made["k"].isin([0, 1]).all()
    assert len(real) > 150
    for name in ("x", "y"):
        assert distance(real[name], made[name]) < 1.5 / np.sqrt(len(real))


def test_categories_follow_numbers() -> None:
    table, model = people()
    made = model.sample(N, seed=1)
    assert (shares(table["group"]) - shares(made["group"])).abs().max() < 0.02
    for group in "abc":
        real, twin = (own[own["group"] == group] for own in (table, made))
        assert twin["height"].mean() == pytest.approx(real["height"].mean(), abs=0.8)
        assert twin["flag"].mean() == pytest.approx(real["flag"].mean(), abs=0.07)


def test_a_category_without_an_order_is_taken_as_a_choice() -> None:
    """Each level has its own partner: no order of the levels can tell that to both columns."""
    rng = np.random.default_rng(1)
    mark = rng.integers(0, 4, 4_000)
    columns = [(samples.category("mark"), np.array(list("abcd"))[mark])]
    for level in range(4):
        own = np.where(mark == level, rng.normal(2, 1, 4_000), rng.normal(0, 1, 4_000))
        columns.append((samples.decimal(f"x{level}", 2), np.round(own, 2)))
    table, schema = samples.of(*columns)
    model = Copula().fit(table, schema, seed=0)
    assert any("free choices" in note and "mark" in note for note in model.notes)
    made = model.sample(N, seed=0)
    for level in range(4):
        means = made.groupby("mark")[f"x{level}"].mean()
        assert means["abcd"[level]] == pytest.approx(2, abs=0.35)
        assert means.drop("abcd"[level]).abs().max() < 0.35


def test_gaps_follow_values_and_come_together() -> None:
    rng = np.random.default_rng(2)
    age = np.clip(np.round(50 + 12 * rng.normal(0, 1, 3_000)), 18, 90).astype(int)
    gap = (age - 50) / 12 + rng.normal(0, 0.8, 3_000) > 0.9
    a, b = samples.decimal("a", 2), samples.integer("b")
    table, schema = samples.of(
        (samples.integer("age"), age),
        (a, samples.gappy(np.round(age / 10 + rng.normal(0, 1, 3_000), 2), gap, a)),
        (b, samples.gappy(rng.integers(0, 9, 3_000), gap, b)),
    )
    made = Copula().fit(table, schema, seed=0).sample(N, seed=0)
    assert (made["a"].isna() == made["b"].isna()).all()
    old = made["age"] > 60
    assert made["a"].isna().mean() == pytest.approx(gap.mean(), abs=0.02)
    assert made.loc[old, "a"].isna().mean() == pytest.approx(gap[age > 60].mean(), abs=0.1)
    known = table["a"].notna()
    real = np.corrcoef(table.loc[known, "age"].astype(float), table.loc[known, "a"])[0, 1]
    kept = made["a"].notna()
    assert np.corrcoef(made.loc[kept, "age"].astype(float), made.loc[kept, "a"])[0, 1] == pytest.approx(real, abs=0.05)


def test_what_was_never_seen_is_refused() -> None:
    _, model = people()
    for condition in (Condition("group", values=("d",)), Condition("height", low=400.0)):
        with pytest.raises(ConditionError, match="cannot be fulfilled"):
            model.sample(5, seed=0, given=[condition])


def test_rare_conditions_hold_in_every_row() -> None:
    table, model = people()
    tall = float(table["height"].quantile(0.999))
    given = [Condition("height", low=tall), Condition("group", values=("a",)), Condition("flag", values=(True,))]
    made = model.sample(200, seed=0, given=given)
    assert (made["height"] >= tall).all()
    assert (made["group"] == "a").all()
    assert made["flag"].all()


def test_equal_columns_stay_nearly_equal() -> None:
    rng = np.random.default_rng(3)
    x = np.round(rng.normal(0, 10, 2_000), 1)
    table, schema = samples.of((samples.decimal("x", 1), x), (samples.decimal("same", 1), x))
    made = Copula().fit(table, schema, seed=0).sample(N, seed=0)
    assert made["x"].corr(made["same"]) > 0.99


def test_the_covariance_is_positive_definite_with_more_columns_than_rows() -> None:
    rng = np.random.default_rng(4)
    table, schema = samples.of(*((samples.decimal(f"c{i}", 2), np.round(rng.normal(0, 1, 30), 2)) for i in range(45)))
    model = Copula().fit(table, schema, seed=0)
    assert np.linalg.eigvalsh(model.model.normal.covariance).min() > 0
    assert model.sample(100, seed=0).notna().to_numpy().all()


def test_values_of_single_rows_do_not_come_back() -> None:
    x = np.random.default_rng(5).normal(0, 1, 800)
    table, schema = samples.of((samples.decimal("x", 17), x), (samples.decimal("y", 17), x**3))
    made = Copula().fit(table, schema, seed=0).sample(N, seed=0)
    assert not made["x"].isin(table["x"]).any()
    assert not made["y"].isin(table["y"]).any()


def test_one_seed_one_table() -> None:
    table, schema = samples.people(rows=500)
    one, two = (Copula({"sweeps": 10}).fit(table, schema, seed=0) for _ in range(2))
    pd.testing.assert_frame_equal(one.sample(200, seed=3), two.sample(200, seed=3))
    assert not one.sample(200, seed=3).equals(one.sample(200, seed=4))


def test_more_sweeps_change_little() -> None:
    """The fit has settled."""
    table, schema = samples.people(rows=3_000)
    few, many = (Copula({"sweeps": s, "categories": "ordered"}).fit(table, schema, seed=0) for s in (80, 240))
    np.testing.assert_allclose(few.model.normal.covariance, many.model.normal.covariance, atol=0.03)


def test_training_stops_within_a_sweep() -> None:
    table, schema = samples.people(rows=500)
    token = CancelToken()

    def listener(event: Progress) -> None:
        if event.losses:
            token.cancel()

    with pytest.raises(Cancelled):
        Copula().fit(table, schema, seed=0, progress=listener, cancel=token)


def test_without_time_there_is_a_note() -> None:
    table, schema = samples.people(rows=500)
    model = Copula().fit(table, schema, seed=0, budget=Budget(0.0))
    assert any("time was up" in note for note in model.notes)
    assert len(model.sample(50, seed=0)) == 50
