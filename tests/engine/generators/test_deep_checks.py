"""Collapsed output and rows worse than the marginals are found; good rows pass."""

from __future__ import annotations

import numpy as np
import pytest

from engine.errors import FitError
from engine.generators.deep.checks import likeness, refuse_collapse, refuse_worse_than_marginals

NAMES, DISCRETE = ["n", "gappy", "level", "many"], [False, False, True, True]


def table(rows: int, seed: int) -> np.ndarray:
    rng = np.random.default_rng(seed)
    n = rng.normal(0, 1e6, rows)
    gappy = np.where(rng.random(rows) < 0.3, np.nan, n * 2 + rng.normal(0, 1e5, rows))
    level = np.digitize(n, [-5e5, 0, 5e5]).astype(float)
    return np.column_stack([n, gappy, level, rng.integers(0, 500, rows).astype(float)])


def refuse(made: np.ndarray) -> None:
    refuse_collapse(table(900, 0), made, NAMES, DISCRETE, np.random.default_rng(0))


def test_fresh_rows_pass() -> None:
    refuse(table(700, 1))
    refuse(table(3, 1))
    refuse(table(0, 1))


@pytest.mark.parametrize(
    ("column", "broken", "words"),
    [
        (0, lambda old: np.where(np.arange(len(old)) == 3, np.inf, old), "“n” has infinite"),
        (0, lambda old: np.where(np.arange(len(old)) == 3, np.nan, old), "“n” has gaps"),
        (0, lambda old: np.full(len(old), 3.0), "“n” has lost nearly all of its variance"),
        (1, lambda old: np.full(len(old), np.nan), "“gappy” is empty"),
        (1, lambda old: old * 0.001, "“gappy” has lost"),
        (2, lambda old: np.zeros(len(old)), "“level” lost 3 of its 4"),
        (3, lambda old: old % 20, "“many” has 20 categories"),
    ],
)
def test_what_a_column_can_lose(column: int, broken: object, words: str) -> None:
    made = table(700, 1)
    made[:, column] = broken(made[:, column])  # type: ignore[operator]
    with pytest.raises(FitError, match=words):
        refuse(made)


def test_the_error_names_the_column() -> None:
    made = table(700, 1)
    made[:, 2] = 1
    with pytest.raises(FitError) as found:
        refuse(made)
    assert found.value.column == "level"


def test_the_same_rows_again_and_again() -> None:
    made = table(700, 1)[np.arange(700) % 60]
    with pytest.raises(FitError, match=r"only \d+ differ"):
        refuse_collapse(table(900, 0)[:, :3], made[:, :3], NAMES[:3], DISCRETE[:3], np.random.default_rng(0))


def test_likeness_orders_tables() -> None:
    rng = np.random.default_rng(0)
    real, fresh = table(2_000, 0), table(2_000, 1)
    apart = np.column_stack([rng.permutation(fresh[:, j]) for j in range(4)])
    same, good, poor = (likeness(real, other, DISCRETE, rng) for other in (real, fresh, apart))
    assert same.pairs == same.strong == 1.0
    assert same.strong > good.strong > poor.strong
    assert same.pairs > good.pairs > poor.pairs


def test_rows_without_relations_are_refused_and_good_ones_pass() -> None:
    rng = np.random.default_rng(0)
    real, fresh = table(2_000, 0), table(2_000, 1)
    own, baseline = refuse_worse_than_marginals(real, fresh, DISCRETE, rng)
    assert own.strong > baseline.strong
    fresh[:, 0] = rng.permutation(fresh[:, 0])
    fresh[:, 2] = rng.permutation(fresh[:, 2])
    with pytest.raises(FitError, match="no better than columns drawn one by one"):
        refuse_worse_than_marginals(real, fresh, DISCRETE, rng)


def test_without_relations_there_is_nothing_to_beat() -> None:
    rng = np.random.default_rng(0)
    real, fresh = (rng.normal(size=(1_000, 3)) for _ in range(2))
    own, _ = refuse_worse_than_marginals(real, fresh, [False] * 3, rng)
    assert np.isnan(own.strong)
    refuse_worse_than_marginals(real[:, :1], fresh[:, :1], [False], rng)
