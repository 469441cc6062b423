"""The parts of the boosted cascade on small, known cases."""

from __future__ import annotations

import numpy as np
import pytest

from engine.codecs.grid import Grid
from engine.generators.boosted.boosting import Boosted, Boosting, boost, twice
from engine.generators.boosted.columnfit import ColumnFit, Plan
from engine.generators.boosted.columns import ColumnModel, Wanted
from engine.generators.boosted.demanding import effective
from engine.generators.boosted.halves import Halves
from engine.generators.boosted.halving import Halving
from engine.generators.boosted.judge import chosen
from engine.generators.boosted.levels import Levels, learn_levels
from engine.generators.boosted.related import copies, law, related
from engine.generators.boosted.smoothing import smooth
from engine.generators.boosted.view import Look, Term, View
from engine.generators.cells import GridCells

SMALL = Plan(halves=Boosting(15, 20, rounds=60), choice=Boosting(7, 20, rounds=60))


def never(rounds: int, loss: float) -> bool:
    return False


# Halving


@pytest.mark.parametrize("mass", [[1, 1], [5, 1, 1], [1] * 7, [100, 1, 1, 1, 50], [0, 3, 0, 2]])
def test_every_cell_is_reached_by_its_own_steps(mass: list[int]) -> None:
    halving = Halving(np.array(mass))
    cells = np.arange(len(mass))
    steps = halving.steps(cells)
    for cell in cells:
        own = steps.row == cell
        node = 0
        for at, right in zip(steps.node[own], steps.right[own], strict=True):
            assert node == at
            node = int(halving.right[at] if right else halving.left[at])
        assert node == ~cell


def test_the_odds_multiply_to_the_share_of_each_cell() -> None:
    mass = np.array([3.0, 10, 1, 1, 5, 20])
    halving = Halving(mass)
    steps = halving.steps(np.arange(6))
    odds = np.where(steps.right, halving.odds[steps.node], -halving.odds[steps.node])
    logs = np.bincount(steps.row, weights=-np.log1p(np.exp(-odds)), minlength=6)
    np.testing.assert_allclose(np.exp(logs), mass / mass.sum(), rtol=1e-6)


def test_halves_are_as_even_as_can_be() -> None:
    halving = Halving(np.array([1, 1, 1, 1]))
    assert halving.middle[0] == 2
    assert Halving(np.array([9, 1, 1, 1])).middle[0] == 1


def test_one_cell_needs_no_decision() -> None:
    halving = Halving(np.array([4]))
    assert halving.size == 0
    assert len(halving.steps(np.zeros(3, dtype=np.int64)).row) == 0


def test_only_nodes_that_a_condition_cuts_are_mixed() -> None:
    halving = Halving(np.ones(8))
    assert len(halving.mixed(np.ones(8))) == 0
    assert halving.mixed(np.repeat([0.0, 1.0], 4)).tolist() == [0]
    assert len(halving.mixed(np.eye(8)[3])) == 3


# Smooth edges


def test_smoothed_edges_are_nearer_to_the_true_quantiles() -> None:
    rng = np.random.default_rng(20)
    values = np.round(rng.normal(0, 1, 5000), 6)
    true = np.sort(rng.normal(0, 1, 400_000))

    def off(grid: Grid) -> float:
        reach = np.cumsum(grid.mass)[:-1] / grid.mass.sum()
        return float(np.abs(np.searchsorted(true, grid.high[:-1]) / len(true) - reach)[20:-20].mean())

    raw, drawn = (Grid().fit(values, decimals=6, cells=512) for _ in range(2))
    smooth(drawn, values, rng)
    widths = [np.diff(np.diff(g.high[50:-50])).std() for g in (raw, drawn)]
    assert widths[1] < widths[0] / 3
    assert off(drawn) < 1.1 * off(raw)
    assert (np.diff(drawn.high) >= 0).all()
    assert drawn.low[0] == raw.low[0]
    assert drawn.high[-1] == raw.high[-1]
    np.testing.assert_array_equal(drawn.mass, raw.mass)


def test_steps_in_a_density_keep_their_edges() -> None:
    """A comb of narrow clusters: every knot is needed."""
    rng = np.random.default_rng(21)
    values = np.round(rng.integers(0, 60, 6000) + rng.normal(0, 0.002, 6000), 6)
    raw, drawn = (Grid().fit(values, decimals=6, cells=512) for _ in range(2))
    smooth(drawn, values, rng)
    near = []
    for grid in (raw, drawn):
        made = grid.value(rng.choice(grid.size, 20_000, p=grid.mass / grid.mass.sum()), rng)
        near.append(np.mean(np.abs(made - np.round(made)) < 0.02))
    assert near[1] > near[0] - 0.02


def test_values_shared_by_chance_come_back_as_often_as_among_fresh_rows() -> None:
    rng = np.random.default_rng(22)
    values, fresh = np.round(rng.lognormal(9, 0.7, (2, 12_000))).astype(float)
    grid = Grid().fit(values, decimals=0, cells=128)
    popular = grid.popular_value
    smooth(grid, values, rng)
    mass = np.repeat(grid.mass, np.diff(grid.popular_start))
    promised = float((grid.popular_share * mass).sum()) / len(values)
    seen, met = float(np.isin(values, popular).mean()), float(np.isin(fresh, popular).mean())
    assert met < 0.8 * seen
    assert abs(promised - met) < abs(seen - met) / 2


def test_heaps_keep_their_frequency() -> None:
    rng = np.random.default_rng(23)
    values = np.where(
        rng.random(8000) < 0.5, rng.integers(1, 300, 8000) * 500.0, np.round(rng.uniform(0, 150_000, 8000))
    )
    grid = Grid().fit(values, decimals=0, cells=64)
    before = grid.popular_share.copy()
    smooth(grid, values, rng)
    heaps = grid.popular_value % 500 == 0
    assert heaps.any()
    assert (grid.popular_share / before)[heaps].mean() > 0.85


# Columns


def a_column(
    rng: np.random.Generator, codes: np.ndarray, target: np.ndarray, decimals: int = 2, plan: Plan = SMALL
) -> tuple[ColumnModel, GridCells, View]:
    """A model of `target` given the columns of `codes`."""
    cells = GridCells(Grid().fit(target, decimals=decimals, cells=32))
    view = View(codes, np.zeros(codes.shape, np.int32), codes.astype(np.float32))
    columns = list(range(codes.shape[1]))
    fit = ColumnFit(
        view, target, cells.cell(target), cells, np.array(columns), [Look(False)] * len(columns), columns, {},
        rng.random(len(target)) < 0.1, plan, rng, never, decimals,
    )  # fmt: skip
    return fit.fit(), cells, view


@pytest.fixture(scope="module")
def line() -> tuple[ColumnModel, GridCells, View]:
    rng = np.random.default_rng(0)
    x = np.round(rng.normal(0, 1, 3000), 2)
    noise = np.round(x + rng.normal(0, 0.3, 3000), 2)
    noise[rng.random(3000) < 0.1] = np.nan
    return a_column(rng, x[:, None], noise)


def test_chances_of_all_cells_sum_to_one(line: tuple[ColumnModel, GridCells, View]) -> None:
    model, cells, view = line
    some = view.take(np.arange(5))
    total = sum(model.inner.chance(some, np.full(5, cell)) for cell in range(cells.size))
    np.testing.assert_allclose(total, 1.0, rtol=1e-9)


def test_drawing_within_has_the_chances_of_the_weighted_cells(line: tuple[ColumnModel, GridCells, View]) -> None:
    model, cells, view = line
    rng = np.random.default_rng(1)
    weight = np.zeros(cells.size)
    weight[[0, 3, 9, 10]] = 1.0, 0.5, 1.0, 0.25
    one = view.take(np.zeros(20_000, dtype=np.int64))
    drawn, mass = model.inner.draw_within(one, weight, rng)
    chances = np.array([model.inner.chance(view.take(np.array([0])), np.array([c]))[0] for c in range(cells.size)])
    np.testing.assert_allclose(mass, (chances * weight).sum(), rtol=1e-6)
    share = np.bincount(drawn, minlength=cells.size) / len(drawn)
    np.testing.assert_allclose(share, chances * weight / (chances * weight).sum(), atol=0.02)


def test_draws_follow_the_earlier_column(line: tuple[ColumnModel, GridCells, View]) -> None:
    model, cells, view = line
    assert isinstance(model.inner, Halves)
    codes = model.draw(view, cells, np.random.default_rng(2)).codes
    known = ~np.isnan(codes)
    assert np.corrcoef(view.codes[known, 0], codes[known])[0, 1] > 0.9
    assert np.isnan(codes).mean() == pytest.approx(0.1, abs=0.03)


def test_a_model_is_the_same_after_its_state(line: tuple[ColumnModel, GridCells, View]) -> None:
    model, cells, view = line
    again = ColumnModel.from_state(model.state())
    first, second = (m.draw(view, cells, np.random.default_rng(3)).codes for m in (model, again))
    np.testing.assert_array_equal(first, second)


def test_copies_come_back_as_copies() -> None:
    """Four in ten bills are paid in full, to the penny."""
    rng = np.random.default_rng(3)
    bill = np.round(rng.lognormal(5, 1, 3000), 2)
    paid = np.where(rng.random(3000) < 0.4, bill, np.round(bill * rng.random(3000) * 0.5, 2))
    model, cells, view = a_column(rng, bill[:, None], paid)
    assert model.copying is not None
    made = model.draw(view, cells, np.random.default_rng(4)).codes
    assert (made == bill).mean() == pytest.approx(0.4, abs=0.04)
    assert model.chance(view, bill, cells.cell(bill)).mean() > 0.35


def test_copies_keep_to_a_demand() -> None:
    rng = np.random.default_rng(5)
    bill = np.round(rng.lognormal(5, 1, 2000), 2)
    paid = np.where(rng.random(2000) < 0.4, bill, np.round(bill * rng.random(2000) * 0.5, 2))
    model, cells, view = a_column(rng, bill[:, None], paid)
    from engine.codecs.grid import CodeCondition

    condition = CodeCondition(low=50.0, high=200.0)
    drawn = model.draw(view, cells, rng, Wanted(cells.weights(condition), condition))
    likely = drawn.mass > 0
    assert ((drawn.codes >= 50) & (drawn.codes <= 200))[likely].all()
    assert ((drawn.mass >= 0) & (drawn.mass <= 1 + 1e-9)).all()


def test_a_total_is_always_the_sum_of_its_parts() -> None:
    rng = np.random.default_rng(6)
    parts = np.round(rng.lognormal(3, 1, (1500, 2)), 2)
    model, cells, view = a_column(rng, parts, np.round(parts.sum(axis=1), 2))
    assert model.law == Term(0, 1, 1)
    drawn = model.draw(view, cells, rng)
    np.testing.assert_array_equal(drawn.codes, np.round(parts.sum(axis=1), 2))
    assert (drawn.mass == 1).all()
    beyond = View(parts + 1e6, view.cells, view.features)
    assert (model.draw(beyond, cells, rng).mass == 0).all()


# Related columns


def test_related_puts_the_strongest_first_and_finds_a_difference() -> None:
    rng = np.random.default_rng(7)
    income, cost, other = rng.lognormal(8, 1, (3, 2000))
    profit = income - cost + rng.normal(0, 10, 2000)
    terms = related(np.column_stack([other, income, cost]), profit, [0, 1, 2])
    assert Term(1, 2, -1) in terms
    assert terms[2] == Term(0)


def test_copies_need_more_than_common_values() -> None:
    rng = np.random.default_rng(8)
    a = rng.integers(0, 3, 1000).astype(float)
    terms, source = copies(a[:, None], a.copy(), [0], np.array([0.0, 1.0, 2.0]), 0)
    assert terms == []
    assert not source.any()


def test_no_law_where_one_row_breaks_it() -> None:
    rng = np.random.default_rng(9)
    parts = rng.integers(0, 1000, (500, 2)).astype(float)
    total = parts.sum(axis=1)
    assert law(parts, total, [0, 1], 0) == Term(0, 1, 1)
    total[-1] += 1
    assert law(parts, total, [0, 1], 0) is None


# Boosting, judge, weights


def test_boosting_stops_when_the_held_rows_gain_no_more() -> None:
    rng = np.random.default_rng(10)
    x = rng.normal(size=(2000, 3)).astype(np.float32)
    noise = rng.integers(0, 2, 2000)
    how = Boosting(15, 20, rounds=300, patience=5)
    model = boost(x, noise, rng.random(2000) < 0.2, how, objective="binary", watch=never)
    assert model.rounds < 50


def test_training_ends_when_the_watch_says_so() -> None:
    rng = np.random.default_rng(11)
    x = rng.normal(size=(500, 2)).astype(np.float32)
    model = boost(
        x, (x[:, 0] > 0).astype(int), np.zeros(500, dtype=bool), Boosting(7, 20, rounds=100),
        objective="binary", watch=lambda rounds, loss: rounds >= 4,
    )  # fmt: skip
    assert model.rounds == 5


def half_known() -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """All that is known of one region lies in held-out rows."""
    x = np.repeat([[0.0], [1.0]], 300, axis=0).astype(np.float32)
    held = np.repeat([False, True], 300)
    held[:30], held[-30:] = True, False
    return x, np.repeat([0, 1], 300), held


def test_a_second_training_sees_the_held_rows() -> None:
    x, y, held = half_known()
    how = Boosting(3, 10, rounds=50, patience=5)

    def train(left_out: np.ndarray, how: Boosting) -> tuple[Boosted, int]:
        return boost(x, y, left_out, how, objective="binary", watch=never), int(left_out.sum())

    plain, _ = train(held, how)
    again, left_out = twice(train, held, how, never)
    assert left_out == 0
    assert again.rounds == plain.rounds
    assert again.loss == plain.loss
    assert again.raw(x[-1:])[0] != plain.raw(x[-1:])[0]


@pytest.mark.parametrize("between", [True, False], ids=["up before", "up on the way"])
def test_without_time_for_a_second_training_the_first_one_stands(between: bool) -> None:
    x, y, held = half_known()

    def train(left_out: np.ndarray, how: Boosting) -> tuple[Boosted, int]:
        def watch(rounds: int, loss: float) -> bool:
            return not left_out.any() and rounds >= 1

        return boost(x, y, left_out, how, objective="binary", watch=watch), int(left_out.sum())

    _, left_out = twice(train, held, Boosting(3, 10, rounds=50, patience=5), lambda rounds, loss: between)
    assert left_out == held.sum()


def test_chosen_rows_are_different_and_follow_the_weights() -> None:
    rng = np.random.default_rng(12)
    log_weight = np.repeat([0.0, np.log(4.0)], 5000)
    rows = chosen(log_weight, 1000, rng)
    assert len(np.unique(rows)) == 1000
    assert (rows >= 5000).mean() == pytest.approx(0.8, abs=0.02)


def test_chosen_rows_may_all_be_needed() -> None:
    rng = np.random.default_rng(13)
    assert sorted(chosen(rng.normal(size=50), 50, rng)) == list(range(50))
    few = np.full(10, -np.inf)
    few[:3] = 0.0
    assert set(chosen(few, 6, rng)) == {0, 1, 2}
    assert sorted(chosen(np.array([9.0, 0.0, 0.0, 0.0]), 2, rng))[0] == 0


def test_the_effective_sample_size() -> None:
    assert effective(np.zeros(7)) == pytest.approx(7)
    assert effective(np.array([0.0, -np.inf, -np.inf])) == pytest.approx(1)
    assert effective(np.array([-np.inf, -np.inf])) == 0


# Levels


def test_levels_say_where_a_number_lies_within_each_and_nothing_of_rare_ones() -> None:
    rng = np.random.default_rng(0)
    codes = rng.integers(0, 40, (4000, 1)).astype(float)
    target = 10 * codes[:, 0] + rng.normal(0, 1, 4000)
    codes[:3, 0] = 40  # a level of three rows
    codes[3:200, 0] = np.nan
    learned = learn_levels(codes, target, {0: 41}, rng)
    assert learned is not None
    levels, out_of_fold = learned
    table = levels.tables[0]
    assert table.shape[0] == 42
    np.testing.assert_allclose(table[20, 2], 200, atol=3)  # the median of level 20
    assert (np.diff(table, axis=1) >= 0).all()
    np.testing.assert_allclose(table[40], np.quantile(target, [0.02, 0.2, 0.5, 0.8, 0.98]), rtol=1e-5)
    assert np.corrcoef(out_of_fold[200:, 2], target[200:])[0, 1] > 0.99
    np.testing.assert_allclose(Levels.from_state(levels.state()).values(codes), levels.values(codes))


def test_levels_out_of_fold_tell_a_row_nothing_of_its_own_value() -> None:
    rng = np.random.default_rng(1)
    codes = rng.integers(0, 300, (3000, 1)).astype(float)
    target = rng.normal(0, 1, 3000)
    learned = learn_levels(codes, target, {0: 300}, rng)
    assert learned is not None
    levels, out_of_fold = learned
    assert np.corrcoef(levels.values(codes)[:, 2], target)[0, 1] > 0.2  # with the row itself they would
    assert abs(np.corrcoef(out_of_fold[:, 2], target)[0, 1]) < 0.05
