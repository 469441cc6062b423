"""Holes in a number's values: found where they are, and left out of grids."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from engine.codecs.grid import SHARED, Grid
from engine.codecs.holes import find_holes
from engine.generators import registry
from engine.table.schema import Column, Kind, NumberFormat, Schema


def holes(values: np.ndarray) -> list[float]:
    """The values behind which a hole lies."""
    distinct, counts = np.unique(values, return_counts=True)
    return distinct[:-1][find_holes(distinct, counts)].tolist()


def test_peaks_apart_have_holes_between_them() -> None:
    rng = np.random.default_rng(0)
    low, middle, high = rng.normal(10, 0.3, 150), rng.normal(20, 0.3, 100), rng.normal(50, 0.3, 50)
    assert holes(np.r_[low, middle, high]) == [low.max(), middle.max()]


def test_smooth_skewed_and_rounded_values_have_none() -> None:
    rng = np.random.default_rng(1)
    for values in (
        rng.normal(size=5_000),
        rng.uniform(size=300),
        rng.standard_cauchy(3_000),
        np.exp(rng.normal(0, 40, 500)),
        rng.integers(0, 500, 20_000) * 10.0,
        np.r_[rng.normal(size=500), 1e6],
        np.array([1.0]),
        np.zeros(0),
    ):
        assert holes(values) == []


def test_a_grid_draws_nothing_in_holes_and_keeps_its_cells() -> None:
    rng = np.random.default_rng(2)
    values = np.round(np.r_[rng.normal(10, 0.3, 200), np.full(40, 15.0), rng.normal(20, 0.3, 100)], 3)
    grid = Grid().fit(values, decimals=3)
    cells = grid.cell(values)
    counts = np.bincount(cells, minlength=grid.size)
    np.testing.assert_array_equal(counts, grid.counts)
    assert counts.min() >= SHARED
    made = grid.value(np.repeat(np.arange(grid.size), 50), rng)
    assert ((np.abs(made - 10) < 2) | (made == 15) | (np.abs(made - 20) < 2)).all()
    back = grid.cell(made) == np.repeat(np.arange(grid.size), 50)
    assert back.mean() > 0.99  # on an edge between two cells either may hold the value


@pytest.mark.parametrize("method", ["marginals", "copula", "forest", "cascade", "kde"])
def test_no_method_makes_values_between_peaks(method: str) -> None:
    rng = np.random.default_rng(0)
    peak = rng.choice(3, 500, p=[0.5, 0.3, 0.2])
    x = np.round(peak * 10 + rng.normal(0, 0.3, 500), 3)
    table = pd.DataFrame({"x": x, "y": np.round(rng.normal(0, 1, 500) + 3 * peak, 3)})
    schema = Schema(tuple(Column(name, Kind.DECIMAL, number=NumberFormat(3)) for name in table))
    made = registry.get(method)().fit(table, schema, seed=0).sample(2_000, seed=1)
    assert not made["x"].mod(10).between(2, 8).any()
