"""Encodings of the cascade: odds by node and bin of an earlier column, out of fold."""

from __future__ import annotations

import numpy as np
import pytest

from engine.generators.boosted.encodings import Encodings, encode
from engine.generators.boosted.halving import Halving, Steps
from engine.generators.boosted.view import View

NONE = np.zeros(6_000, dtype=bool)


def rows_of(cells: np.ndarray) -> View:
    view = View.empty(len(cells), 1)
    view.cells[:, 0] = cells
    return view


def learned(
    seed: int = 0, held: np.ndarray = NONE
) -> tuple[np.ndarray, np.ndarray, Halving, Steps, Encodings, np.ndarray]:
    """A column of four values that an earlier one of three levels tells something about."""
    rng = np.random.default_rng(seed)
    level = rng.integers(3, size=len(held))
    chances = np.array([[0.7, 0.1, 0.1, 0.1], [0.1, 0.1, 0.1, 0.7], [0.25, 0.25, 0.25, 0.25]])
    found = (rng.random((len(held), 1)) > np.cumsum(chances, axis=1)[level]).sum(axis=1)
    halving = Halving(np.bincount(found, minlength=4))
    steps = halving.steps(found)
    coded = encode(rows_of(level), np.array([0]), halving, np.ones(4, bool), steps, held, rng)
    assert coded is not None
    return level, found, halving, steps, *coded


def test_odds_are_those_of_the_rows() -> None:
    level, found, halving, _, encodings, _ = learned()
    root = np.zeros(3, dtype=np.int64)
    odds = encodings.at(encodings.bins(rows_of(np.arange(3))), root)[:, 0] + halving.odds[0]
    seen = [(found[level == k] >= halving.middle[0]).mean() for k in range(3)]
    assert 1 / (1 + np.exp(-odds)) == pytest.approx(seen, abs=0.01)


def test_what_tells_nothing_out_of_fold_is_left_out() -> None:
    rng = np.random.default_rng(1)
    level, found = rng.integers(32, size=6_000), rng.integers(2, size=6_000)
    halving = Halving(np.bincount(found))
    view = rows_of(level)
    assert encode(view, np.array([0]), halving, np.ones(2, bool), halving.steps(found), NONE, rng) is None


def test_no_row_sees_its_own_outcome() -> None:
    """Within a bin, rows that went right are encoded no higher than those that went left."""
    level, _, _, steps, _, features = learned()
    root = (steps.node == 0) & (level[steps.row] == 2)
    assert features[root & steps.right].mean() <= features[root & ~steps.right].mean()


def test_held_rows_teach_nothing() -> None:
    held = np.arange(6_000) % 3 == 0
    level, _found, halving, steps, encodings, _ = learned(held=held)
    taught = ~held[steps.row] & (steps.node == 0) & (level[steps.row] == 0)
    right = steps.right[taught].sum()
    chance = 1 / (1 + np.exp(-halving.odds[0]))
    left = taught.sum() - right
    expected = [np.log(right + k * chance) - np.log(left + k * (1 - chance)) - halving.odds[0] for k in (5, 20, 80)]
    assert np.abs(encodings.at(np.array([[0]]), np.array([0]))[0, 0] - expected).min() < 1e-5


def test_intervals_stay_silent() -> None:
    rng = np.random.default_rng(0)
    halving = Halving(np.full(8, 100))
    level = rng.integers(3, size=800)
    steps = halving.steps(level + rng.integers(6, size=800))
    view = rows_of(level)
    held = np.zeros(800, dtype=bool)
    assert encode(view, np.array([0]), halving, np.zeros(8, bool), steps, held, rng) is None
    half = np.arange(8) < 4
    coded = encode(view, np.array([0]), halving, half, steps, held, rng)
    assert coded is not None
    inside = halving.first[steps.node] >= 4
    assert (coded[1][inside] == 0).all()
    assert (coded[1][~inside] != 0).any()


def test_many_cells_share_bins_and_heavy_ones_do_not() -> None:
    rng = np.random.default_rng(0)
    cells = np.r_[np.full(3_000, 50), rng.integers(100, size=3_000)]
    found = (cells + rng.integers(50, size=6_000) > 70).astype(np.int64)
    halving = Halving(np.bincount(found))
    coded = encode(rows_of(cells), np.array([0]), halving, np.ones(2, bool), halving.steps(found), NONE, rng)
    assert coded is not None
    bins = coded[0].bins(rows_of(np.arange(100)))[:, 0]
    assert (np.diff(bins) >= 0).all()
    assert 10 < bins.max() < 40
    assert (bins == bins[50]).sum() == 1


def test_state_comes_back_and_broken_ones_are_refused() -> None:
    *_, encodings, _ = learned()
    state = encodings.state()
    again = Encodings.from_state(state)
    node = np.array([0, 1, 2])
    bins = encodings.bins(rows_of(np.arange(3)))
    assert (again.at(bins, node) == encodings.at(bins, node)).all()
    with pytest.raises(ValueError, match="do not agree"):
        Encodings.from_state({**state, "place": state["place"] + 99})
    with pytest.raises(ValueError, match="do not agree"):
        Encodings.from_state({**state, "groups": state["groups"] - 1})
