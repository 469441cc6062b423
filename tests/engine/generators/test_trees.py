"""Trees as flat arrays: walking, drawing, chances, and splits only where there is something to tell apart."""

from __future__ import annotations

import numpy as np
import pytest

from engine.generators.columntrees import GROUPS, ColumnTrees, fit_column, grouped
from engine.generators.trees import Growth, LeafTable, filled, grow_one, joined

ROWS = 4_000
PLAIN = Growth(leaf_rows=20, caution=1.0, split_rows=10**6)


def table(seed: int = 0) -> tuple[np.ndarray, np.ndarray]:
    """Two features; the state follows the first one nine times in ten, and the second is noise."""
    rng = np.random.default_rng(seed)
    features = rng.integers(0, 8, (ROWS, 2)).astype(np.int32)
    states = np.where(rng.random(ROWS) < 0.9, features[:, 0] // 2, rng.integers(0, 4, ROWS))
    return features, states.astype(np.int64)


def grown(trees: int = 2) -> tuple[LeafTable, np.ndarray, np.ndarray]:
    features, states = table()
    parts = [grow_one(features, states, np.arange(ROWS), seed, PLAIN) for seed in range(trees)]
    return filled(joined(parts), features, states, 4, None), features, states


def test_a_row_falls_into_the_leaf_that_scikit_learn_says() -> None:
    from sklearn.tree import DecisionTreeClassifier

    features, states = table()
    model = DecisionTreeClassifier(criterion="entropy", min_samples_leaf=20, random_state=0)
    model.fit(features.astype(np.float32), states)
    flat = grow_one(features, states, np.arange(ROWS), 0, Growth(leaf_rows=20, caution=0.0, split_rows=10**6))
    own = filled(joined([flat]), features, states, 4, None).leaf(features, np.zeros(ROWS, np.int64))
    theirs = model.apply(features.astype(np.float32))
    pairs = set(zip(own.tolist(), theirs.tolist(), strict=True))
    assert len(pairs) == len(set(own)) == len(set(theirs)) > 4


def test_every_leaf_has_enough_rows() -> None:
    leaves, features, _ = grown(trees=1)
    assert np.bincount(leaves.leaf(features, np.zeros(ROWS, np.int64))).min() >= 20


def test_draws_follow_the_leaf() -> None:
    leaves, features, states = grown()
    rng = np.random.default_rng(1)
    drawn = leaves.draw(features, rng.integers(2, size=ROWS), rng)
    for value in range(8):
        real = np.bincount(states[features[:, 0] == value], minlength=4) / (features[:, 0] == value).sum()
        made = np.bincount(drawn[features[:, 0] == value], minlength=4) / (features[:, 0] == value).sum()
        np.testing.assert_allclose(made, real, atol=0.06)


def test_chances_sum_to_one_and_none_is_zero() -> None:
    leaves, features, _ = grown()
    tree = np.zeros(ROWS, np.int64)
    chances = np.array([leaves.chance(features, tree, np.full(ROWS, state)) for state in range(4)])
    np.testing.assert_allclose(chances.sum(axis=0), 1.0)
    assert chances.min() > 0


def test_weighted_draws_keep_to_the_weights_and_report_what_was_left() -> None:
    leaves, features, _ = grown()
    rng, tree = np.random.default_rng(2), np.zeros(ROWS, np.int64)
    weight = np.array([0.0, 1.0, 0.5, 0.0])
    drawn, mass = leaves.draw_within(features, tree, weight, rng)
    assert set(drawn.tolist()) == {1, 2}
    chance = [leaves.chance(features, tree, np.full(ROWS, state)) for state in range(4)]
    np.testing.assert_allclose(mass, chance[1] + 0.5 * chance[2])


def test_weights_of_nothing_leave_nothing() -> None:
    leaves, features, _ = grown()
    _, mass = leaves.draw_within(features, np.zeros(ROWS, np.int64), np.zeros(4), np.random.default_rng(0))
    assert not mass.any()


def test_noise_is_not_split_on() -> None:
    rng = np.random.default_rng(3)
    features = rng.integers(0, 100, (2_000, 10)).astype(np.int32)
    for states in (2, 6, 32):
        flat = grow_one(features, rng.integers(0, states, 2_000), np.arange(2_000), 0, PLAIN)
        assert len(flat["left"]) <= 9


def test_without_features_there_is_one_leaf() -> None:
    flat = grow_one(np.empty((50, 0), np.int32), np.arange(50) % 3, np.arange(50), 0, PLAIN)
    assert flat["left"].tolist() == [-1]


def test_state_makes_the_same_leaves() -> None:
    leaves, features, _ = grown()
    again = LeafTable(leaves.state())
    tree = np.ones(ROWS, np.int64)
    np.testing.assert_array_equal(
        again.draw(features, tree, np.random.default_rng(4)), leaves.draw(features, tree, np.random.default_rng(4))
    )


# A column of two steps: group, then cell


@pytest.mark.parametrize("first_alone", [False, True])
def test_groups_are_neighbours_of_about_equal_mass(first_alone: bool) -> None:
    counts = np.r_[1, np.full(400, 10)]
    group = grouped(counts, first_alone=first_alone)
    assert (np.diff(group) >= 0).all()
    assert set(np.unique(group)) == set(range(group.max() + 1))
    assert group.max() + 1 <= GROUPS + first_alone
    mass = np.bincount(group, counts)[int(first_alone) :]
    assert mass.max() <= 2 * mass.min()
    assert (group[1:] > 0).all() == first_alone


def test_few_cells_stay_alone() -> None:
    assert grouped(np.ones(GROUPS, np.int64), first_alone=True).tolist() == list(range(GROUPS))


def many_cells(growth: Growth = PLAIN) -> tuple[ColumnTrees, np.ndarray, np.ndarray]:
    """A column of 200 cells that lies around its one source."""
    rng = np.random.default_rng(5)
    source = rng.integers(0, 200, ROWS)
    cells = np.clip(source + rng.integers(-10, 11, ROWS), 0, 199)
    earlier = np.column_stack([source, np.zeros(ROWS)]).astype(np.int32)
    counts = np.bincount(cells, minlength=200)
    column = fit_column(
        earlier, np.array([0]), cells, counts, first_alone=False, trees=3, growth=growth,
        rng=np.random.default_rng(6), done=lambda: False,
    )  # fmt: skip
    return column, earlier, cells


def test_both_steps_together_follow_the_source() -> None:
    column, earlier, cells = many_cells()
    drawn = column.draw(earlier, np.random.default_rng(7))
    assert np.corrcoef(drawn, earlier[:, 0])[0, 1] > 0.97
    assert np.abs(np.bincount(drawn, minlength=200) - np.bincount(cells, minlength=200)).sum() / ROWS < 0.2


def test_chances_of_both_steps_sum_to_one() -> None:
    column, earlier, _ = many_cells()
    some = earlier[:5]
    total = sum(column.chance(some, np.full(5, cell)) for cell in range(200))
    np.testing.assert_allclose(total, 1.0, atol=1e-9)


def test_importance_of_weighted_draws_is_the_chance_on_average() -> None:
    column, earlier, _ = many_cells()
    weight = np.zeros(200)
    weight[60:75] = 1.0
    row = np.repeat(earlier[earlier[:, 0] == 70][:1], 20_000, axis=0)
    drawn, importance = column.draw_within(row, weight, np.random.default_rng(8))
    assert ((drawn >= 60) & (drawn < 75)).all()
    expected = sum(column.chance(row[:1], np.array([cell]))[0] for cell in range(60, 75))
    assert importance.mean() == pytest.approx(expected, rel=0.03)


def test_growing_ends_when_the_time_is_up() -> None:
    rng = np.random.default_rng(9)
    earlier = rng.integers(0, 9, (500, 1)).astype(np.int32)
    column = fit_column(
        earlier, np.array([0]), earlier[:, 0].astype(np.int64), np.bincount(earlier[:, 0]), first_alone=False,
        trees=40, growth=PLAIN, rng=rng, done=lambda: True,
    )  # fmt: skip
    assert 1 <= column.coarse.trees <= 2


@pytest.mark.parametrize("cells", [30, 30 * GROUPS])
def test_as_many_states_as_rows_are_no_reason_to_warn(cells: int) -> None:
    """No value twice, in the first step and in the second; each warning is an error here."""
    rng = np.random.default_rng(0)
    own = rng.permutation(cells)
    earlier = own[:, None].astype(np.int32)
    column = fit_column(
        earlier, np.array([0]), own, np.ones(cells, np.int64), first_alone=False,
        trees=2, growth=Growth(leaf_rows=1, caution=0.0, split_rows=10**6), rng=rng, done=lambda: False,
    )  # fmt: skip
    assert column.chance(earlier, own).mean() > 5 / cells
