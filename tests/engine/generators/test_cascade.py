"""The boosted cascade as a generator: what it finds, keeps, chooses and fills in."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from engine.conditions import Condition
from engine.errors import ConditionError
from engine.generators.cascade import Cascade
from engine.progress import Budget, Progress
from engine.table.schema import Schema
from tests.contracts.zoo import category, decimal, integer

ROWS = 2000
QUICK = {"leaf_rows": 40, "detail": 48, "candidates": 2}


def shop(rows: int = ROWS) -> tuple[pd.DataFrame, Schema]:
    """Net and tax add up to gross; the tax rate follows from the country, returns from a rare pair of states."""
    rng = np.random.default_rng(0)
    country = rng.choice(["DE", "FR", "CH"], rows, p=[0.5, 0.3, 0.2])
    net = np.round(rng.lognormal(4, 1, rows), 2)
    rate = pd.Series(country).map({"DE": 0.19, "FR": 0.2, "CH": 0.08}).to_numpy()
    tax = np.round(net * rate, 2)
    vip = np.where(rng.random(rows) < np.where(country == "CH", 0.05, 0.4), "yes", "no")
    visits = rng.poisson(np.where(vip == "yes", 20, 4))
    table = pd.DataFrame(
        {
            "country": pd.Series(country, dtype="str"),
            "net": net,
            "tax": tax,
            "gross": np.round(net + tax, 2),
            "visits": pd.Series(visits, dtype="Int64"),
            "vip": pd.Series(vip, dtype="str"),
        }
    )
    schema = Schema(
        (
            category("country"),
            decimal("net", 2),
            decimal("tax", 2),
            decimal("gross", 2),
            integer("visits"),
            category("vip"),
        )
    )
    return table, schema


@pytest.fixture(scope="module")
def model() -> Cascade:
    table, schema = shop()
    return Cascade(QUICK).fit(table, schema, seed=1)


def test_sums_hold_in_every_row(model: Cascade) -> None:
    made = model.sample(800, seed=0)
    np.testing.assert_allclose(made["net"] + made["tax"], made["gross"], atol=0.005)


def test_the_tax_rate_follows_the_country(model: Cascade) -> None:
    made = model.sample(1500, seed=0)
    made = made[made["net"] > 30]
    rates = (made["tax"] / made["net"]).groupby(made["country"]).median()
    assert rates["DE"] == pytest.approx(0.19, abs=0.03)
    assert rates["CH"] == pytest.approx(0.08, abs=0.03)


def test_hardly_any_real_row_comes_back(model: Cascade) -> None:
    table, _ = shop()
    real = set(map(tuple, table.astype(str).to_numpy()))
    made = model.sample(800, seed=0).astype(str).to_numpy()
    assert np.mean([tuple(row) in real for row in made]) < 0.01


def test_a_condition_at_the_end_shapes_the_columns_before_it(model: Cascade) -> None:
    """Of the real VIPs, as many come from each country, and they visit as often."""
    table, _ = shop()
    made = model.sample(800, seed=0, given=[Condition("vip", values=("yes",))])
    real = table[table["vip"] == "yes"]
    assert (made["vip"] == "yes").all()
    shares = [frame["country"].value_counts(normalize=True) for frame in (made, real)]
    assert (shares[0] - shares[1]).abs().max() < 0.08
    assert float(made["visits"].mean()) == pytest.approx(float(real["visits"].mean()), rel=0.1)


def test_a_rare_pair_is_found_without_endless_tries(model: Cascade) -> None:
    """Swiss VIPs are one row in a hundred."""
    given = [Condition("country", values=("CH",)), Condition("vip", values=("yes",))]
    heard: list[Progress] = []
    made = model.sample(200, seed=0, given=given, progress=heard.append)
    assert all(condition.holds(made[condition.column]).all() for condition in given)
    assert float(made["visits"].mean()) > 12
    assert any("effective sample size" in event.message for event in heard)


def test_a_condition_that_the_others_rule_out_is_named() -> None:
    table, schema = shop(600)
    table["twin"] = table["country"]
    schema = Schema((*schema.columns, category("twin")))
    model = Cascade({**QUICK, "candidates": 1}).fit(table, schema, seed=0)
    given = [Condition("country", values=("CH",)), Condition("twin", values=("DE",))]
    with pytest.raises(ConditionError, match="twin=DE"):
        model.sample(5, seed=0, given=given)


def test_planted_errors_are_the_least_plausible_rows(model: Cascade) -> None:
    table, _ = shop()
    wrong = table.copy()
    wrong.loc[:19, "visits"] = 40
    wrong.loc[:19, "vip"] = "no"
    scores = model.log_likelihood(wrong)
    assert (np.argsort(scores)[:25] < 20).sum() >= 18


def test_cells_add_up_to_rows(model: Cascade) -> None:
    table, _ = shop(50)
    cells = model.cell_log_likelihood(table)
    np.testing.assert_allclose(cells.sum(axis=1), model.log_likelihood(table))


def test_filled_cells_follow_columns_on_both_sides(model: Cascade) -> None:
    """The country is the first column: it is told by the tax, the last but one by the VIP flag behind it."""
    table, _ = shop()
    holes = table.copy()
    holes.loc[:400, "country"] = None
    holes.loc[200:600, "visits"] = pd.NA
    filled = model.impute(holes, seed=0)
    swiss = table["country"][:401] == "CH"
    large = table["net"][:401] > 30
    assert (filled["country"][:401] == "CH")[swiss & large].mean() > 0.8
    vip = table["vip"][200:601] == "yes"
    assert filled["visits"][200:601][vip].mean() > 3 * filled["visits"][200:601][~vip].mean()


def test_candidates_bring_the_rows_nearer_to_the_real_ones() -> None:
    """With trees that can tell nothing apart, the judge restores part of what hangs together."""
    rng = np.random.default_rng(1)
    a = rng.integers(0, 10, 2000)
    table = pd.DataFrame({"a": pd.Series(a, dtype="Int64"), "b": pd.Series(a % 2 * 5 + rng.integers(0, 3, 2000))})
    table["b"] = table["b"].astype("Int64")
    schema = Schema((integer("a"), integer("b")))
    odd = {}
    for candidates in (1, 5):
        model = Cascade({"candidates": candidates, "leaf_rows": 100_000}).fit(table, schema, seed=0)
        made = model.sample(2000, seed=0)
        odd[candidates] = float(((made["a"] % 2 == 1) == (made["b"] >= 5)).mean())
    assert odd[1] < 0.6
    assert odd[5] > 0.8


def test_progress_names_the_columns_and_their_losses() -> None:
    table, schema = shop(600)
    heard: list[Progress] = []
    Cascade(QUICK).fit(table, schema, seed=0, progress=heard.append)
    losses = {name: loss for event in heard for name, loss in event.losses.items()}
    assert {"net", "visits", "vip"} <= set(losses) | {"country", "net"}
    assert all(loss > 0 for loss in losses.values())


def test_a_short_budget_is_told_in_the_notes() -> None:
    table, schema = shop(600)
    model = Cascade(QUICK).fit(table, schema, seed=0, budget=Budget(0))
    assert any("time was up" in note for note in model.notes)
    assert len(model.sample(10, seed=0)) == 10


def test_batches_do_not_repeat_rows(monkeypatch: pytest.MonkeyPatch, model: Cascade) -> None:
    monkeypatch.setattr("engine.generators.cascade._BATCH", 500)
    made = model.sample(300, seed=0)
    assert len(made) == 300
    assert made["net"].nunique() > 250
