"""Which cells are missing together is drawn as it was seen together."""

from __future__ import annotations

import json

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from engine.codecs.missing import MissingPatterns


def learned(*columns: np.ndarray) -> MissingPatterns:
    return MissingPatterns().fit(np.column_stack(columns))


def chance(rows: int, share: float, seed: int = 0) -> np.ndarray:
    return np.random.default_rng(seed).random(rows) < share


RNG = np.random.default_rng
A, B = chance(2_000, 0.3), chance(2_000, 0.2, seed=1)
FULL, EMPTY = np.zeros(2_000, dtype=bool), np.ones(2_000, dtype=bool)


def test_columns_that_miss_the_same_rows_are_one_group() -> None:
    patterns = learned(A, FULL, A, B)
    assert patterns.group_of.tolist() == [0, -1, 0, 1]
    assert [g.tolist() for g in patterns.groups] == [[0, 2], [3]]
    drawn = patterns.draw(500, RNG(0))
    np.testing.assert_array_equal(drawn[:, 0], drawn[:, 2])
    assert not drawn[:, 1].any()


def test_rates_and_pairs_come_back() -> None:
    nested = A & chance(2_000, 0.5, seed=2)
    real = np.column_stack([A, nested, B])
    drawn = MissingPatterns().fit(real).draw(20_000, RNG(0))
    np.testing.assert_allclose(drawn.mean(axis=0), real.mean(axis=0), atol=0.015)
    assert not (drawn[:, 1] & ~drawn[:, 0]).any()  # a pattern that was never seen is never drawn


def test_independent_gaps_are_drawn_independently() -> None:
    patterns = learned(A, B)
    assert len(patterns.blocks) == 2
    drawn = patterns.draw(20_000, RNG(0))
    assert abs(np.corrcoef(drawn.T)[0, 1]) < 0.03


def test_empty_columns_stay_empty() -> None:
    assert learned(EMPTY, A).draw(50, RNG(0))[:, 0].all()


def test_nothing_missing() -> None:
    patterns = learned(FULL, FULL)
    assert not patterns.draw(5, RNG(0)).any()
    assert patterns.draw(5, RNG(0)).shape == (5, 2)
    assert patterns.possible({0: (1.0, 0.0)})
    assert not patterns.possible({0: (0.0, 1.0)})


def test_demands() -> None:
    patterns = learned(A, A & B, EMPTY)
    present, missing = (1.0, 0.0), (0.0, 1.0)
    assert not patterns.draw(200, RNG(0), {0: present})[:, :2].any()  # without the first, the second cannot miss
    assert patterns.draw(200, RNG(0), {1: missing})[:, :2].all()
    assert not patterns.possible({0: present, 1: missing})
    assert not patterns.possible({2: present})
    assert patterns.possible({2: missing})
    with pytest.raises(ValueError, match="no pattern"):
        patterns.draw(1, RNG(0), {0: present, 1: missing})


def test_weights_shift_the_rate() -> None:
    drawn = learned(A).draw(20_000, RNG(0), {0: (0.5, 1.0)})
    rate = A.mean()
    assert drawn.mean() == pytest.approx(rate / (rate + 0.5 * (1 - rate)), abs=0.015)


@settings(max_examples=60, deadline=None)
@given(arrays(bool, st.tuples(st.integers(1, 30), st.integers(1, 6))))
def test_any_gaps(missing: np.ndarray) -> None:
    patterns = MissingPatterns().fit(missing)
    np.testing.assert_array_equal(patterns.spread(patterns.masks(missing)), missing)
    drawn = patterns.draw(40, RNG(1))
    assert drawn.shape == (40, missing.shape[1])
    for column in range(missing.shape[1]):
        if missing[:, column].all() or not missing[:, column].any():
            assert (drawn[:, column] == missing[0, column]).all()
    state = patterns.state()
    assert json.dumps(state, default=lambda array: array.tolist(), allow_nan=False)
    np.testing.assert_array_equal(MissingPatterns.from_state(state).draw(40, RNG(1)), drawn)
