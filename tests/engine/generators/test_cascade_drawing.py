"""Random decisions of many rows that hardly stray from their chances."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from engine.generators.boosted.drawing import decided, drawn, shared_out

SEEDS = st.integers(0, 2**32 - 1)


@given(SEEDS, st.integers(0, 400))
def test_decisions_stray_by_less_than_one_row(seed: int, rows: int) -> None:
    rng = np.random.default_rng(seed)
    chance, group = rng.random(rows), rng.integers(3, size=rows)
    took = decided(chance, rng, group)
    assert abs(took.sum() - chance.sum()) < 1
    for k in range(3):
        assert abs(took[group == k].sum() - chance[group == k].sum()) < 1


def test_every_row_has_its_own_chance() -> None:
    rng = np.random.default_rng(0)
    chance = np.array([0.05, 0.3, 0.5, 0.9, 0.25])
    took = np.mean([decided(chance, rng) for _ in range(20_000)], axis=0)
    assert took == pytest.approx(chance, abs=0.015)


def test_two_decisions_have_nothing_to_do_with_each_other() -> None:
    rng = np.random.default_rng(1)
    half = np.full(40_000, 0.5)
    first, second = decided(half, rng), decided(half, rng)
    assert (first & second).mean() == pytest.approx(0.25, abs=0.01)
    assert (first[1:] & first[:-1]).mean() == pytest.approx(0.25, abs=0.01)


@pytest.mark.parametrize("level", [0.5, 0.1, 0.02])
def test_two_decisions_that_order_the_rows_alike_have_nothing_to_do_with_each_other(level: float) -> None:
    rng = np.random.default_rng(4)
    rising = level + 1e-6 * np.arange(40_000) / 40_000
    group = rng.integers(10, size=40_000)
    together = np.array([(decided(rising, rng, group) & decided(rising, rng, group)).sum() for _ in range(40)])
    expected = 40_000 * level**2
    assert together.mean() == pytest.approx(expected, rel=0.1)
    assert together.std() < 2 * np.sqrt(expected)  # no farther than independent draws' joint counts


def test_the_number_hardly_strays_among_rows_of_like_chances() -> None:
    rng = np.random.default_rng(5)
    chance = rng.random(20_000)
    took = decided(chance, rng)
    for low in np.arange(0, 1, 0.1):
        own = (chance >= low) & (chance < low + 0.1)
        # at either end half a block may lie on the other side
        assert abs(took[own].sum() - chance[own].sum()) < 20  # independent draws: a standard deviation of 21


@given(SEEDS)
def test_what_is_certain_happens_and_what_cannot_be_does_not(seed: int) -> None:
    rng = np.random.default_rng(seed)
    chance = rng.choice([0.0, 1.0, 0.1, 1 / 3], size=1_000)
    took = decided(chance, rng)
    assert took[chance == 1].all()
    assert not took[chance == 0].any()


@given(SEEDS)
def test_options_without_a_chance_are_not_drawn(seed: int) -> None:
    rng = np.random.default_rng(seed)
    chances = rng.random((200, 5)) * (rng.random((200, 5)) < 0.5)
    chances[np.arange(200), rng.integers(5, size=200)] += 0.1
    picked = drawn(chances, rng)
    assert (chances[np.arange(200), picked] > 0).all()
    share = np.array([0.0, 0.2, 0.0, 0.8, 0.0])
    assert set(shared_out(share, 50, rng).tolist()) <= {1, 3}


def test_options_come_by_the_chances_of_each_row() -> None:
    rng = np.random.default_rng(2)
    kinds = np.array([[0.5, 0.2, 0.2, 0.1], [0.0, 0.7, 0.1, 0.2]])
    kind = rng.integers(2, size=40_000)
    picked = drawn(kinds[kind] * 3.0, rng)  # chances need not add up to 1
    for k in range(2):
        seen = np.bincount(picked[kind == k], minlength=4) / (kind == k).sum()
        assert seen == pytest.approx(kinds[k], abs=0.012)


def test_shares_are_met_to_the_row() -> None:
    share = np.array([0.5, 0.25, 0.125, 0.125])
    counts = np.bincount(shared_out(share, 1_000, np.random.default_rng(3)), minlength=4)
    assert np.abs(counts - 1_000 * share).max() <= 1
    assert len(shared_out(share, 0, np.random.default_rng(3))) == 0
