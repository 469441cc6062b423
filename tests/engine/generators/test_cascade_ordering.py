"""The order in which the cascade models a table's columns."""

import numpy as np
import pytest

from engine.generators.boosted.ordering import between_levels, chain_order

ROWS = 4_000


def towns(noise: float) -> tuple[np.ndarray, np.ndarray]:
    """(rows,) codes of 100 towns, and a coordinate that strays from the town's own by `noise` of the whole spread."""
    rng = np.random.default_rng(0)
    town = rng.integers(0, 100, ROWS)
    return town.astype(float), rng.permutation(100)[town] / 29 + rng.normal(0, noise, ROWS)


def test_numbers_that_a_category_fixes_come_first() -> None:
    town, place = towns(0.05)
    price = np.random.default_rng(1).normal(size=ROWS)
    assert chain_order(np.column_stack([price, town, price[::-1], place]), [0, 2, 3], {1: 100}) == [3, 0, 1, 2]


def test_the_order_stays_where_the_category_tells_little() -> None:
    town, place = towns(2.0)
    assert chain_order(np.column_stack([town, place]), [1], {0: 100}) == [0, 1]


def test_one_of_several_categories_is_enough() -> None:
    town, place = towns(0.05)
    assert chain_order(np.column_stack([town, town, place]), [2], {0: 100, 1: 100}) == [2, 0, 1]


@pytest.mark.parametrize("levels", [2, 100, 1_000])
def test_levels_that_say_nothing_explain_nothing(levels: int) -> None:
    rng = np.random.default_rng(levels)
    found = [
        between_levels(rng.integers(0, levels, ROWS).astype(float), levels, rng.exponential(size=ROWS))
        for _ in range(20)
    ]
    assert abs(np.mean(found)) < 0.01


def test_the_share_is_that_of_a_known_mixture() -> None:
    rng = np.random.default_rng(3)
    level = rng.integers(0, 50, 20_000)
    value = np.sort(rng.normal(size=50))[level] + rng.normal(size=20_000)
    assert between_levels(level.astype(float), 50, value) == pytest.approx(0.5, abs=0.08)


def test_gaps_and_columns_without_spread_explain_nothing() -> None:
    level = np.arange(10.0) % 3
    assert between_levels(level, 3, np.full(10, np.nan)) == 0.0
    assert between_levels(level, 3, np.ones(10)) == 0.0
    assert between_levels(np.arange(10.0), 10, np.arange(10.0)) == 0.0  # a level a row: nothing can be told
