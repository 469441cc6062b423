"""Kernel density on tables of known distribution, and its kernels by themselves."""

from __future__ import annotations

from functools import cache
from itertools import product
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from engine.conditions import Condition
from engine.errors import ConditionError, ModelError
from engine.generators.density.kernels import GridKernel, Kernel, LevelKernel
from engine.generators.density.widths import choose_widths
from engine.generators.kde import Kde
from engine.table.schema import Column, Kind, NumberFormat, Schema
from tests.engine.generators import samples
from tests.engine.generators.samples import distance, shares

N = 4_000
DECIMAL = NumberFormat(decimals=3)


def numbers(**columns: np.ndarray) -> tuple[pd.DataFrame, Schema]:
    table = pd.DataFrame({name: np.round(values, 3) for name, values in columns.items()})
    return table, Schema(tuple(Column(name, Kind.DECIMAL, number=DECIMAL) for name in columns))


@cache
def people() -> tuple[pd.DataFrame, Kde]:
    table, schema = samples.people()
    return table, Kde().fit(table, schema, seed=0)


@cache
def linked() -> tuple[pd.DataFrame, Kde]:
    table, schema = samples.linked()
    return table, Kde().fit(table, schema, seed=0)


# Kernels


def kernels(counts: list[int], classes: list[int], width: float) -> list[Kernel]:
    own = np.array(counts, dtype=float) / sum(counts)
    return [kind(own, np.array(classes), width) for kind in (LevelKernel, GridKernel)]


columns = st.lists(st.tuples(st.integers(1, 1_000), st.integers(0, 2)), min_size=1, max_size=12)
widths = st.sampled_from([0.02, 0.2, 0.5, 0.9, 1.0])


@settings(max_examples=100, deadline=None)
@given(columns, widths)
def test_smoothing_keeps_shares_and_classes(cells: list[tuple[int, int]], width: float) -> None:
    counts, classes = [c for c, _ in cells], np.unique([k for _, k in cells], return_inverse=True)[1].tolist()
    for kernel in kernels(counts, classes, width):
        chances = np.column_stack([kernel.mass(column) for column in np.eye(len(cells))])
        assert chances.sum(axis=1) == pytest.approx(1, abs=1e-9)
        assert kernel.shares @ chances == pytest.approx(kernel.shares, abs=1e-6)
        assert not chances[np.not_equal.outer(classes, classes)].any()
        at = np.arange(len(cells))
        assert kernel.ratio(at[:, None], at) * kernel.shares == pytest.approx(chances, abs=1e-9)


@settings(max_examples=40, deadline=None)
@given(columns, widths, st.integers(0, 2**32 - 1))
def test_draws_stay_inside_a_condition_and_their_class(cells: list[tuple[int, int]], width: float, seed: int) -> None:
    counts, classes = [c for c, _ in cells], np.unique([k for _, k in cells], return_inverse=True)[1]
    rng = np.random.default_rng(seed)
    weight = rng.integers(0, 2, len(cells)).astype(float)
    for kernel in kernels(counts, classes.tolist(), width):
        at = np.repeat(np.arange(len(cells)), 20)
        assert np.array_equal(classes[kernel.draw(at, rng)], classes[at])
        at = at[kernel.mass(weight)[at] > 1e-9]
        made = kernel.draw_within(at, weight, rng)
        assert np.array_equal(classes[made], classes[at])
        assert (weight[made] > 0).all()


@pytest.mark.parametrize("kind", [LevelKernel, GridKernel])
def test_draws_have_the_kernels_chances(kind: type[Kernel]) -> None:
    kernel = kind(np.array([0.1, 0.4, 0.2, 0.3]), np.array([0, 1, 1, 1]), 0.6)
    rng = np.random.default_rng(0)
    for cell in range(4):
        chances = np.array([kernel.mass(column)[cell] for column in np.eye(4)])
        drawn = np.bincount(kernel.draw(np.full(40_000, cell), rng), minlength=4) / 40_000
        assert drawn == pytest.approx(chances, abs=0.015)
        weight = np.array([1.0, 0.5, 0.0, 1.0])
        within = chances * weight / (chances @ weight)
        drawn = np.bincount(kernel.draw_within(np.full(40_000, cell), weight, rng), minlength=4) / 40_000
        assert drawn == pytest.approx(within, abs=0.015)


@pytest.mark.parametrize("kind", [LevelKernel, GridKernel])
def test_narrow_stays_and_wide_forgets(kind: type[Kernel]) -> None:
    own = np.full(20, 0.05)
    narrow, wide = (kind(own, np.zeros(20, dtype=np.int64), width) for width in (0.02, 1.0))
    at = np.arange(20)
    assert (narrow.ratio(at, at) * own).min() > 0.5
    assert wide.ratio(at[:, None], at) == pytest.approx(1, abs=1e-6)


# Widths


def test_a_column_that_tells_nothing_is_smoothed_out() -> None:
    rng = np.random.default_rng(0)
    x = rng.integers(0, 50, 2_000)
    cells = [x, (x + rng.integers(-2, 3, 2_000)).clip(0, 49), rng.integers(0, 50, 2_000)]
    own = [np.bincount(c, minlength=50) / 2_000 for c in cells]
    makers = [lambda width, s=s: GridKernel(s, np.zeros(50, dtype=np.int64), width) for s in own]
    found, gain = choose_widths(makers, cells, rng, lambda: None)
    assert max(found[:2]) <= 0.25
    assert found[2] >= 0.8
    assert gain > 1.0


def test_independent_columns_gain_nothing() -> None:
    rng = np.random.default_rng(0)
    cells = [rng.integers(0, 30, 2_000) for _ in range(3)]
    makers = [lambda width: GridKernel(np.full(30, 1 / 30), np.zeros(30, dtype=np.int64), width)] * 3
    assert choose_widths(makers, cells, rng, lambda: None)[1] == pytest.approx(0, abs=0.03)


# The distribution


def test_margins_and_relations_are_recovered() -> None:
    table, model = people()
    made = model.sample(N, seed=1)
    for name in ("height", "weight"):
        assert distance(table[name], made[name]) < 0.035
    assert (shares(table["group"]) - shares(made["group"])).abs().max() < 0.03
    for group in "abc":
        own, twin = table[table["group"] == group], made[made["group"] == group]
        assert twin["flag"].mean() == pytest.approx(own["flag"].mean(), abs=0.08)
        assert twin["height"].corr(twin["weight"]) == pytest.approx(own["height"].corr(own["weight"]), abs=0.15)


def test_a_ring_stays_a_ring() -> None:
    rng = np.random.default_rng(0)
    angle, radius = rng.uniform(0, 2 * np.pi, 1_000), rng.normal(1, 0.05, 1_000)
    table, schema = numbers(x=radius * np.cos(angle), y=radius * np.sin(angle))
    made = Kde().fit(table, schema, seed=0).sample(N, seed=1)
    far = np.hypot(made["x"], made["y"])
    assert far.mean() == pytest.approx(1, abs=0.03)
    assert far.std() < 0.12  # .35 and more where x and y are independent
    assert (far < 0.5).mean() < 0.005


def test_three_peaks_stay_apart_and_nothing_passes_the_ends() -> None:
    rng = np.random.default_rng(1)
    peak = rng.choice(3, 600, p=[0.5, 0.3, 0.2])
    table, schema = numbers(x=np.abs(peak * 10 + rng.normal(0, 0.3, 600)), y=rng.exponential(2.0, 600) + 5 * peak)
    made = Kde().fit(table, schema, seed=0).sample(N, seed=1)
    assert distance(table["x"], made["x"]) < 0.05
    assert (made.min() >= table.min()).all()
    assert (made.max() <= table.max()).all()
    assert made["x"].mod(10).between(2, 8).mean() < 0.01  # between the peaks
    real, twin = (own.groupby((own["x"] / 10).round())["y"].mean() for own in (table, made))
    assert np.ptp(twin) > 0.8 * np.ptp(real)  # smoothing draws means of groups together


def test_more_smoothing_strays_further_from_the_rows() -> None:
    table, schema = samples.people(400)
    made = [Kde({"smoothing": s}).fit(table, schema, seed=0).sample(2_000, seed=1) for s in (0.1, 10.0)]
    near, far = (abs(own["height"].corr(own["weight"])) for own in made)
    assert near > 0.4 > 0.15 > far


def test_twenty_rows_are_enough() -> None:
    table, schema = samples.people(20)
    made = Kde().fit(table, schema, seed=0).sample(500, seed=1)
    assert set(made["group"].dropna()) <= set(table["group"].dropna())
    assert made["height"].between(table["height"].min(), table["height"].max()).all()


def test_a_model_of_some_centres_says_so_and_keeps_the_distributions_of_all() -> None:
    table, schema = samples.people()
    model = Kde({"centres": 100}).fit(table, schema, seed=0)
    assert any("100 of 4,000 rows" in note for note in model.notes)
    assert (shares(table["group"]) - shares(model.sample(N, seed=1)["group"])).abs().max() < 0.12


# Exact rules, conditions, likelihoods, imputation


def test_rules_hold_in_every_row() -> None:
    table, model = linked()
    made = model.sample(N, seed=1)
    for first, second in product(table.columns, repeat=2):
        if first != second and table.groupby(first, dropna=False)[second].nunique(dropna=False).max() == 1:
            known = table.drop_duplicates(first).set_index(first)[second]
            if len(known) < 50:
                pairs = set(map(tuple, table[[first, second]].astype(str).to_numpy()))
                assert set(map(tuple, made[[first, second]].astype(str).to_numpy())) <= pairs


def test_conditions_hold_and_the_rest_follows() -> None:
    table, model = people()
    made = model.sample(N, seed=1, given=[Condition("group", values=("b",)), Condition("height", low=170.0)])
    real = table[(table["group"] == "b") & (table["height"] >= 170)]
    assert (made["group"] == "b").all()
    assert (made["height"] >= 170).all()
    assert distance(real["weight"], made["weight"]) < 0.12
    assert made["flag"].mean() == pytest.approx(real["flag"].mean(), abs=0.1)


def test_an_impossible_condition_is_refused_by_name() -> None:
    _, model = people()
    with pytest.raises(ConditionError, match="height"):
        model.sample(5, seed=1, given=[Condition("height", low=5_000.0)])


def test_likelihoods_of_all_possible_rows_sum_to_one() -> None:
    rng = np.random.default_rng(0)
    first = rng.integers(0, 3, 300)
    table = pd.DataFrame({"a": first, "b": (first + rng.integers(0, 2, 300)) % 3, "c": rng.random(300) < 0.3})
    table = table.astype({"a": "Int64", "b": "Int64"}).astype({"c": "boolean"})
    schema = Schema(
        (Column("a", Kind.INTEGER, number=NumberFormat()), Column("b", Kind.INTEGER, number=NumberFormat()),
         Column("c", Kind.BOOLEAN))
    )  # fmt: skip
    model = Kde().fit(table, schema, seed=0)
    every = pd.DataFrame(list(product(range(3), range(3), (False, True))), columns=["a", "b", "c"])
    logs = model.log_likelihood(every.astype(table.dtypes.to_dict()))
    assert np.exp(logs).sum() == pytest.approx(1, abs=1e-6)
    seen = table.value_counts(normalize=True)
    made = pd.Series(np.exp(logs), index=pd.MultiIndex.from_frame(every))
    assert made.reindex(seen.index).to_numpy() == pytest.approx(seen.to_numpy(), abs=0.05)


def test_odd_rows_are_less_likely() -> None:
    table, model = people()
    odd = table.head(200).copy()
    odd["weight"] = odd["weight"].to_numpy()[::-1]
    assert model.log_likelihood(table.head(200)).mean() > model.log_likelihood(odd).mean() + 0.5


def test_gaps_are_filled_from_their_distribution_given_the_rest() -> None:
    table, model = people()
    gappy = table.copy()
    gappy.loc[::2, "weight"] = pd.NA
    made = model.impute(gappy, seed=1)
    assert made["weight"].notna().all()
    assert distance(table.loc[::2, "weight"].dropna(), made.loc[::2, "weight"]) < 0.06
    for group in "abc":
        own = (table["group"] == group) & (np.arange(len(table)) % 2 == 0)
        real, twin = (frame.loc[own] for frame in (table, made))
        assert twin["height"].corr(twin["weight"]) == pytest.approx(real["height"].corr(real["weight"]), abs=0.2)


def test_a_damaged_model_is_refused(tmp_path: Path) -> None:
    table, schema = samples.people(100)
    model = Kde().fit(table, schema, seed=0)
    model.density.centres = model.density.centres + 1_000
    model.save(tmp_path)
    with pytest.raises(ModelError):
        Kde.load(tmp_path)
