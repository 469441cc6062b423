"""Standard statistics: each column's distribution, joint gaps, no relations."""

from __future__ import annotations

from functools import cache

import numpy as np
import pandas as pd
import pytest

from engine.conditions import Condition
from engine.errors import Cancelled, ConditionError
from engine.generators.marginals import Marginals
from engine.progress import Budget, CancelToken
from tests.engine.generators import samples
from tests.engine.generators.samples import distance, shares

N = 6_000


def families(rows: int = 3_000) -> tuple[pd.DataFrame, object]:
    rng = np.random.default_rng(0)
    two = np.where(rng.random(rows) < 0.5, rng.normal(0, 1, rows), rng.normal(12, 1, rows))
    spiked = np.where(rng.random(rows) < 0.4, 0.0, rng.normal(500, 40, rows))
    return samples.of(
        (samples.decimal("normal", 3), np.round(rng.normal(100, 15, rows), 3)),
        (samples.decimal("lognormal", 3), np.round(rng.lognormal(2, 0.8, rows), 3)),
        (samples.integer("poisson"), rng.poisson(30, rows)),
        (samples.decimal("uniform", 4), np.round(rng.random(rows), 4)),
        (samples.decimal("two hills", 3), np.round(two, 3)),
        (samples.decimal("spiked", 2), np.round(spiked, 2)),
        (samples.category("level"), rng.choice(["a", "b", "c"], rows, p=[0.7, 0.25, 0.05])),
    )


@cache
def trained() -> tuple[pd.DataFrame, Marginals]:
    table, schema = families()
    return table, Marginals().fit(table, schema, seed=0)  # type: ignore[arg-type]


def chosen(name: str) -> str:
    return next(fit.chosen for fit in trained()[1].fits if fit.column == name)


def test_the_family_that_made_a_column_is_recognised() -> None:
    for name in ("normal", "lognormal", "poisson", "uniform"):
        assert chosen(name).lower().replace("-", "") == name


def test_parameters_are_recovered() -> None:
    fits = {fit.column: fit.parameters for fit in trained()[1].fits}
    assert list(fits["normal"].values()) == pytest.approx([100, 15], rel=0.03)
    assert next(iter(fits["poisson"].values())) == pytest.approx(30, rel=0.02)


def test_a_distribution_of_no_family_stays_as_observed() -> None:
    assert chosen("two hills") == "empirical"
    assert chosen("level") == "frequencies"


@pytest.mark.parametrize("numbers", ["best", "empirical"])
def test_margins_are_recovered(numbers: str) -> None:
    table, schema = families()
    made = Marginals({"numbers": numbers}).fit(table, schema, seed=0).sample(N, seed=1)  # type: ignore[arg-type]
    for name in ("normal", "lognormal", "poisson", "uniform", "two hills", "spiked"):
        assert distance(table[name], made[name]) < 0.035, name
    assert (shares(table["level"]) - shares(made["level"])).abs().max() < 0.02


def test_a_value_that_many_rows_share_stays_as_frequent() -> None:
    table, model = trained()
    made = model.sample(N, seed=1)
    assert (made["spiked"] == 0).mean() == pytest.approx((table["spiked"] == 0).mean(), abs=0.02)


def test_columns_become_independent() -> None:
    table, schema = samples.people()
    made = Marginals().fit(table, schema, seed=0).sample(N, seed=0)
    assert table["height"].corr(table["weight"]) > 0.7
    assert abs(made["height"].corr(made["weight"])) < 0.05


def test_gaps_stay_together() -> None:
    rng = np.random.default_rng(1)
    gap = rng.random(2_000) < 0.3
    a, b, c = samples.decimal("a", 1), samples.category("b"), samples.integer("c")
    table, schema = samples.of(
        (a, samples.gappy(np.round(rng.random(2_000), 1), gap, a)),
        (b, samples.gappy(rng.choice(["x", "y"], 2_000), gap, b)),
        (c, samples.gappy(rng.integers(0, 9, 2_000), ~gap & (rng.random(2_000) < 0.5), c)),
    )
    made = Marginals().fit(table, schema, seed=0).sample(N, seed=0)
    assert (made["a"].isna() == made["b"].isna()).all()
    assert not (made["a"].isna() & made["c"].isna()).any()
    for name in "abc":
        assert made[name].isna().mean() == pytest.approx(table[name].isna().mean(), abs=0.03)


def test_given_cuts_its_column_and_leaves_the_others() -> None:
    table, model = trained()
    made = model.sample(N, seed=2, given=[Condition("normal", low=110.0)])
    assert (made["normal"] >= 110).all()
    assert distance(table.loc[table["normal"] >= 110, "normal"], made["normal"]) < 0.06
    assert distance(table["two hills"], made["two hills"]) < 0.035


def test_what_was_never_seen_is_refused() -> None:
    _, model = trained()
    for condition in (Condition("level", values=("d",)), Condition("uniform", low=2.0)):
        with pytest.raises(ConditionError, match="cannot be fulfilled"):
            model.sample(5, seed=0, given=[condition])


def test_a_family_that_is_asked_for_is_used_even_where_it_fits_badly() -> None:
    table, schema = families()
    model = Marginals({"numbers": "normal"}).fit(table, schema, seed=0)  # type: ignore[arg-type]
    fit = next(fit for fit in model.fits if fit.column == "two hills")
    assert fit.chosen == "normal"
    assert "fits badly" in fit.reason


def test_smoothing_lifts_rare_levels() -> None:
    table, schema = families()
    made = Marginals({"smoothing": 500.0}).fit(table, schema, seed=0).sample(N, seed=0)  # type: ignore[arg-type]
    assert shares(made["level"])["c"] > 2 * shares(table["level"])["c"]


def test_values_of_single_rows_are_not_held() -> None:
    table, model = trained()
    counts = {name: table[name].value_counts() for name in table}
    for name, values in model.passport().items():
        if name != "level":
            rest = table.loc[counts[name][table[name]].to_numpy() < 5, name]  # beside values that many rows share
            ends = {table[name].min(), table[name].max(), rest.min(), rest.max()}
            assert all(value in ends or counts[name][value] >= 5 for value in values), name


def test_one_seed_one_table() -> None:
    table, schema = families(500)
    one, two = (Marginals().fit(table, schema, seed=0) for _ in range(2))  # type: ignore[arg-type]
    pd.testing.assert_frame_equal(one.sample(200, seed=3), two.sample(200, seed=3))
    assert not one.sample(200, seed=3).equals(one.sample(200, seed=4))


def test_training_stops_when_asked() -> None:
    token = CancelToken()
    token.cancel()
    table, schema = families(500)
    with pytest.raises(Cancelled):
        Marginals().fit(table, schema, seed=0, cancel=token)  # type: ignore[arg-type]


def test_without_time_columns_keep_their_observed_distribution() -> None:
    table, schema = families(500)
    model = Marginals().fit(table, schema, seed=0, budget=Budget(0.0))  # type: ignore[arg-type]
    assert {fit.chosen for fit in model.fits} == {"empirical", "frequencies"}
    assert any("time was up" in note for note in model.notes)
