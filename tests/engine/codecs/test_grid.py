"""Numbers as cells: what is kept of the values, and what never comes back."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from engine.codecs.grid import SHARED, CodeCondition, Grid

RNG = np.random.default_rng(0)


def smooth(rows: int = 5_000, decimals: int = 3) -> np.ndarray:
    return np.round(np.random.default_rng(1).normal(50, 10, rows), decimals)


def drawn(grid: Grid, n: int = 20_000, condition: CodeCondition | None = None, seed: int = 2) -> np.ndarray:
    rng = np.random.default_rng(seed)
    weights = grid.counts * (1.0 if condition is None else grid.weights(condition))
    cells = rng.choice(grid.size, size=n, p=weights / weights.sum())
    return grid.value(cells, rng, condition)


def test_values_fall_back_into_their_cell() -> None:
    values = np.r_[smooth(), np.full(800, 50.0)]
    grid = Grid().fit(values, decimals=3, cells=64)
    cells = np.repeat(np.arange(grid.size), 30)
    back = grid.cell(grid.value(cells, np.random.default_rng(3)))
    assert (back == cells).mean() > 0.99  # on an edge between two cells either may hold the value
    assert (np.abs(back - cells) <= 1).all()


def test_the_distribution_is_kept() -> None:
    values = smooth()
    made = drawn(Grid().fit(values, decimals=3))
    points = np.quantile(values, np.linspace(0.01, 0.99, 50))
    real, twin = ((own[:, None] <= points).mean(axis=0) for own in (values, made))
    assert np.abs(real - twin).max() < 0.015


def test_cells_stand_in_the_order_of_their_values() -> None:
    values = np.r_[smooth(), np.repeat([10.0, 55.5], 300)]
    grid = Grid().fit(values, decimals=3, cells=100)
    order = np.argsort(values, kind="stable")
    cells = grid.cell(values)[order]
    single = ~np.isin(values[order], [10.0, 55.5])
    assert (np.diff(cells[single]) >= 0).all()


def test_heavy_values_are_cells_of_their_own_and_come_back_exactly() -> None:
    values = np.r_[smooth(), np.full(500, 12.345), np.full(400, 77.0)]
    grid = Grid().fit(values, decimals=3)
    made = drawn(grid)
    assert (made == 12.345).mean() == pytest.approx(500 / len(values), abs=0.01)
    assert {12.345, 77.0} <= set(grid.low[grid.atom].tolist())


def test_values_of_single_rows_come_back_no_more_often_than_chance() -> None:
    values = np.random.default_rng(4).normal(0, 1, 2_000)  # every float64 possible
    grid = Grid().fit(values, decimals=17)
    assert not np.isin(drawn(grid), values).any()
    edges = np.r_[grid.low, grid.high]
    assert not np.isin(edges, values).any()


def test_an_outlier_does_not_come_back() -> None:
    values = np.r_[smooth(), 9_999.123]
    made = drawn(Grid().fit(values, decimals=3), n=100_000)
    assert not (made == 9_999.123).any()
    assert made.max() < 9_999


def test_few_distinct_numbers_are_all_kept() -> None:
    values = np.random.default_rng(5).integers(0, 12, 600).astype(float)
    made = drawn(Grid().fit(values, decimals=0))
    assert set(made.tolist()) == set(range(12))


def test_round_numbers_stay_as_round() -> None:
    rng = np.random.default_rng(6)
    values = np.where(rng.random(6_000) < 0.7, 100 * rng.integers(0, 9_000, 6_000), rng.integers(0, 900_000, 6_000))
    made = drawn(Grid().fit(values.astype(float), decimals=0, cells=128))
    assert (made % 100 == 0).mean() == pytest.approx((values % 100 == 0).mean(), abs=0.03)


def test_gaps_are_cell_zero() -> None:
    values = smooth()
    values[::4] = np.nan
    grid = Grid().fit(values, decimals=3)
    assert (grid.cell(values) == 0).tolist() == np.isnan(values).tolist()
    assert np.isnan(drawn(grid)).mean() == pytest.approx(0.25, abs=0.02)
    assert grid.counts[0] == grid.missing_rows == np.isnan(values).sum()


def test_a_column_of_gaps() -> None:
    grid = Grid().fit(np.full(9, np.nan), decimals=2)
    assert grid.size == 1
    assert np.isnan(grid.value(np.zeros(3, np.int64), RNG)).all()
    assert grid.cell(np.array([1.0, np.nan])).tolist() == [0, 0]


@pytest.mark.parametrize(
    "condition",
    [
        CodeCondition(low=45.0, high=52.5),
        CodeCondition(low=60.001),
        CodeCondition(high=30.0),
        CodeCondition(values=np.array([12.345, 47.123])),
        CodeCondition(low=12.0, high=13.0),
    ],
)
def test_conditions_hold_and_weigh_what_they_hold_of(condition: CodeCondition) -> None:
    values = np.r_[smooth(20_000), np.full(900, 12.345)]
    grid = Grid().fit(values, decimals=3, cells=200)
    made = drawn(grid, condition=condition)

    def holds(own: np.ndarray) -> np.ndarray:
        if condition.values is not None:
            return np.isin(own, condition.values)
        return (own >= condition.low) & (own <= condition.high)

    assert holds(made).all()
    share = float(grid.counts @ grid.weights(condition) / grid.counts.sum())
    assert share == pytest.approx(holds(values).mean(), abs=0.004)


def test_conditions_on_gaps() -> None:
    grid = Grid().fit(np.r_[smooth(500), np.full(100, np.nan)], decimals=3)
    only = CodeCondition(values=np.empty(0), missing=True)
    assert np.flatnonzero(grid.weights(only)).tolist() == [0]
    assert np.isnan(drawn(grid, 50, only)).all()


def popular() -> np.ndarray:
    """Smooth values among which 55.555 is shared by too few rows for a cell of its own, and 47.123 and 55.6 as well."""
    return np.r_[smooth(), np.full(60, 55.555), np.full(50, 47.123), np.full(40, 55.6)]


def test_a_popular_value_inside_a_cell_comes_back_as_often_as_it_was() -> None:
    values = popular()
    grid = Grid().fit(values, decimals=3, cells=32)
    assert not np.isin([55.555, 47.123, 55.6], grid.low[grid.atom]).any()
    made = drawn(grid, 50_000)
    for value in (55.555, 47.123, 55.6):
        assert (made == value).mean() == pytest.approx((values == value).mean(), rel=0.2)


@pytest.mark.parametrize(("low", "high", "met"), [(55.4, 55.7, True), (55.556, 55.7, True), (55.57, 55.59, False)])
def test_a_condition_draws_the_popular_values_that_meet_it_and_no_other(low: float, high: float, met: bool) -> None:
    values = popular()
    grid = Grid().fit(values, decimals=3, cells=32)
    made = drawn(grid, condition=CodeCondition(low=low, high=high))
    assert ((made >= low) & (made <= high)).all()
    inside = values[(values >= low) & (values <= high)]
    for value in (55.555, 55.6):
        assert (made == value).mean() == pytest.approx((inside == value).mean(), abs=0.15)
    assert np.isin(made, [55.555, 55.6]).any() == met


def test_the_share_of_one_value() -> None:
    """An atom's cell is all of it, a popular value has the rows that share it, and another one a step of its cell."""
    values = np.r_[popular(), np.full(500, 12.345), np.full(400, 77.0)]
    grid = Grid().fit(values, decimals=3, cells=32)

    def share(*wanted: float) -> np.ndarray:
        return grid.weights(CodeCondition(values=np.array(wanted)))

    other, atom = grid.cell(np.array([12.345, 77.0]))
    assert share(77.0)[other] == 0.0
    assert share(77.0)[np.arange(grid.size) != atom].max() < 0.01
    assert share(77.0)[atom] == share(77.0, 77.0)[atom] == 1.0
    for value in (55.555, 47.123, 55.6):
        assert grid.counts @ share(value) == pytest.approx((values == value).sum())
    cell = int(grid.cell(np.array([65.001]))[0])  # above all popular values
    assert share(65.001)[cell] == pytest.approx(0.001 / (grid.high[cell] - grid.low[cell]))


def test_the_greatest_shared_value_is_inside_its_cell() -> None:
    grid = Grid().fit(np.r_[smooth(), np.full(20, 90.0)], decimals=3, cells=32)
    assert grid.high[-1] == 90.0
    assert grid.counts @ grid.weights(CodeCondition(values=np.array([90.0]))) == pytest.approx(20)


@pytest.mark.parametrize(("rows", "own"), [(8, False), (9, True)])
def test_where_cells_are_scarce_more_than_eight_rows_make_one_of_their_own(rows: int, own: bool) -> None:
    values = np.r_[np.arange(100.0), np.full(rows - 1, 50.0)]
    assert Grid().fit(values, decimals=0, cells=64).atom.any() == own


def test_bounds_between_which_no_written_value_lies_hold_of_nothing() -> None:
    grid = Grid().fit(smooth(), decimals=3)
    assert not grid.weights(CodeCondition(low=50.0001, high=50.0004)).any()
    assert grid.weights(CodeCondition(low=50.0001, high=50.0010)).any()


def test_a_few_shared_numbers_are_cells_of_their_own() -> None:
    grid = Grid().fit(np.repeat([1.0, 2.5, 4.0], SHARED), decimals=1)
    assert grid.atom.all()
    assert grid.low.tolist() == [1.0, 2.5, 4.0]


def test_a_number_falls_to_the_nearest_of_a_few() -> None:
    grid = Grid().fit(np.repeat([0.0, 10.0, 20.0], 50), decimals=0)
    assert grid.cell(np.array([-5.0, 1.0, 6.0, 14.0, 19.0, 99.0])).tolist() == [0, 0, 1, 1, 2, 2]


def test_a_gap_where_there_was_none_is_counted_as_0() -> None:
    grid = Grid().fit(np.repeat([0.0, 0.9, 1.8], 50), decimals=1)
    assert grid.cell(np.array([np.nan])).tolist() == grid.cell(np.array([0.0])).tolist()


def test_about_as_many_cells_as_asked_for_and_finer_ones_in_the_tails() -> None:
    grid = Grid().fit(smooth(20_000), decimals=3, cells=64)
    assert 64 <= grid.size <= 100
    middle = np.median(grid.counts)
    assert SHARED <= grid.counts[0] < middle / 4
    assert SHARED <= grid.counts[-1] < middle / 4
    assert grid.counts.max() < 1.2 * 20_000 / 64


def test_what_is_held_is_shared_by_several_rows() -> None:
    values = np.round(np.random.default_rng(7).exponential(20, 8_000), 1)
    held = Grid().fit(values, decimals=1, cells=64).held()
    distinct, counts = np.unique(values, return_counts=True)
    assert held
    assert counts[np.searchsorted(distinct, held)].min() >= SHARED


def test_state_makes_the_same_grid() -> None:
    values = smooth()
    values[:50] = np.nan
    grid = Grid().fit(values, decimals=3)
    again = Grid.from_state(grid.state())
    np.testing.assert_array_equal(drawn(again), drawn(grid))
    np.testing.assert_array_equal(again.cell(values), grid.cell(values))


@given(
    st.lists(
        st.one_of(st.integers(-50, 50).map(float), st.floats(-1e6, 1e6), st.just(np.nan)), min_size=1, max_size=80
    ),
    st.integers(0, 4),
    st.integers(16, 64),
)
@settings(max_examples=80, deadline=None)
def test_any_column_keeps_its_range_and_its_gaps(values: list[float], decimals: int, cells: int) -> None:
    codes = np.round(np.array(values), decimals)
    grid = Grid().fit(codes, decimals=decimals, cells=cells)
    assert grid.counts.sum() == len(codes)
    found = grid.cell(codes)
    assert (np.bincount(found, minlength=grid.size) == grid.counts).all()
    made = grid.value(found, np.random.default_rng(0))
    assert np.isnan(made).tolist() == np.isnan(codes).tolist()
    known = codes[~np.isnan(codes)]
    if len(known):
        step = 10.0**-decimals
        assert np.nanmin(made) >= known.min() - step
        assert np.nanmax(made) <= known.max() + step
        np.testing.assert_allclose(made, np.round(made, decimals), atol=0, rtol=0)
