"""An order of levels in which neighbours are alike."""

from __future__ import annotations

import numpy as np

from engine.generators.levels import order_levels


def shops(levels: int, rows: int, seed: int) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Level codes, a centred profile that follows a hidden place of each level, and the places."""
    rng = np.random.default_rng(seed)
    place = rng.permutation(levels)
    codes = rng.integers(0, levels, rows)
    profile = place[codes, None] / levels + rng.normal(0, 0.1, (rows, 1))
    return codes.astype(np.float64), profile - profile.mean(axis=0), place


def test_neighbours_are_alike() -> None:
    codes, profile, place = shops(100, 20_000, 0)
    ordered = place[order_levels(codes, profile)]
    assert abs(np.corrcoef(ordered, np.arange(100))[0, 1]) > 0.99


def test_every_level_has_one_place() -> None:
    for levels in (1, 2, 3, 7, 50):
        codes, profile, _ = shops(levels, 2_000, 1)
        assert sorted(order_levels(codes, profile).tolist()) == list(range(levels))


def test_two_groups_stay_apart() -> None:
    rng = np.random.default_rng(2)
    codes = rng.integers(0, 12, 6_000)
    group = np.arange(12) % 2
    profile = np.column_stack([group[codes] == 0, group[codes] == 1, rng.random(6_000) < 0.5]).astype(float)
    order = order_levels(codes.astype(float), profile - profile.mean(axis=0))
    assert len(set(group[order][:6])) == 1


def test_gaps_are_no_level() -> None:
    codes, profile, _ = shops(10, 3_000, 3)
    gappy = codes.copy()
    gappy[::4] = np.nan
    assert sorted(order_levels(gappy, profile).tolist()) == list(range(10))


def test_nothing_but_gaps_has_no_order() -> None:
    assert len(order_levels(np.full(5, np.nan), np.zeros((5, 2)))) == 0


def test_without_a_profile_levels_stay_as_they_are() -> None:
    assert order_levels(np.array([2.0, 0.0, 1.0, 3.0]), np.empty((4, 0))).tolist() == [0, 1, 2, 3]


def test_the_order_does_not_hang_on_the_order_of_rows() -> None:
    codes, profile, _ = shops(30, 5_000, 4)
    mixed = np.random.default_rng(5).permutation(5_000)
    assert order_levels(codes, profile).tolist() == order_levels(codes[mixed], profile[mixed]).tolist()
