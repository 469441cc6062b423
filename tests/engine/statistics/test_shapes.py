"""Peaks of a number, series in time and ties between columns: found where they are, and not made up by chance."""

from __future__ import annotations

import numpy as np
import pytest
from numpy.typing import NDArray

from engine.statistics import series
from engine.statistics.dependence import told_by_another
from engine.statistics.modes import peaks

Floats = NDArray[np.float64]


def two_peaks(rng: np.random.Generator, rows: int) -> Floats:
    return np.concatenate([rng.normal(size=rows // 2), rng.normal(6, 1, rows - rows // 2)])


@pytest.mark.parametrize("rows", [200, 2_000, 20_000])
def test_two_peaks_are_two(rows: int) -> None:
    assert peaks(two_peaks(np.random.default_rng(0), rows)) == 2


def test_three_peaks_are_three_whatever_their_order() -> None:
    rng = np.random.default_rng(0)
    values = np.concatenate([rng.normal(at, 1, 1_000) for at in (20, 0, 10)])
    assert peaks(values) == peaks(rng.permutation(values)) == peaks(-3 * values + 7) == 3


@pytest.mark.parametrize("rows", [60, 300, 3_000])
@pytest.mark.parametrize("shape", ["normal", "random", "exponential", "lognormal", "standard_cauchy"])
def test_one_peak_is_not_taken_for_more(shape: str, rows: int) -> None:
    rng = np.random.default_rng(0)
    assert all(peaks(getattr(rng, shape)(size=rows)) <= 1 for _ in range(30))


def test_spikes_are_no_peaks() -> None:
    rng = np.random.default_rng(0)
    values = np.concatenate([rng.normal(40, 10, 1_000), np.full(500, 0.0), np.full(500, 100.0)])
    assert peaks(values) == 1


def test_a_few_values_have_no_peaks() -> None:
    assert peaks(np.arange(10.0)) == peaks(np.full(500, 3.0)) == peaks(np.empty(0)) == 0


def test_even_moments_give_an_order() -> None:
    moments = np.random.default_rng(0).permutation(np.arange(100.0) * 86_400)
    order = series.even_order(moments)
    assert order is not None
    assert (np.diff(moments[order]) > 0).all()


def test_months_are_even_enough() -> None:
    days = np.cumsum([31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31] * 5)
    assert series.even_order(days.astype(np.float64)) is not None


def test_scattered_or_shared_moments_are_no_series() -> None:
    rng = np.random.default_rng(0)
    assert series.even_order(rng.random(200)) is None
    assert series.even_order(np.repeat(np.arange(50.0), 4)) is None
    assert series.even_order(np.array([*np.arange(99.0), np.nan])) is None


def test_a_yearly_cycle_is_found_with_its_period() -> None:
    days = np.arange(1_461)
    rng = np.random.default_rng(0)
    found = series.period(20 - 15 * np.cos(2 * np.pi * days / 365.25) + rng.normal(0, 4, len(days)))
    assert found == pytest.approx(365.25, rel=0.01)
    gaps = np.where(rng.random(len(days)) < 0.05, np.nan, np.sin(2 * np.pi * days / 30.0))
    assert series.period(gaps) == pytest.approx(30, rel=0.03)


def test_noise_trend_and_wandering_have_no_period() -> None:
    rng = np.random.default_rng(0)
    assert all(series.period(rng.normal(size=500)) is None for _ in range(30))
    assert series.period(np.arange(500.0)) is None
    wandering = [series.period(np.cumsum(rng.normal(size=500))) for _ in range(100)]
    assert sum(found is not None for found in wandering) <= 2


def test_what_goes_on_is_told_from_what_starts_anew() -> None:
    rng = np.random.default_rng(0)
    assert series.goes_on(np.cumsum(rng.normal(size=300)))
    assert not series.goes_on(rng.normal(size=300))
    assert not series.goes_on(np.full(300, 1.0))


def test_ties_are_shares_of_what_there_is_to_know() -> None:
    rng = np.random.default_rng(0)
    city = rng.integers(0, 12, 2_000)
    country, coin = city // 4, rng.integers(0, 2, 2_000)
    noisy = np.where(rng.random(2_000) < 0.5, country, rng.integers(0, 3, 2_000))
    found = told_by_another([city, country, coin, noisy], [12, 3, 2, 3])
    assert found[1] == pytest.approx(1.0, abs=0.02)  # the city names the country
    assert found[0] == pytest.approx(np.log(3) / np.log(12), abs=0.02)  # which leaves one of four cities
    assert found[2] < 0.01
    assert 0.1 < found[3] < 0.4


def test_few_rows_with_many_levels_are_not_taken_for_a_tie() -> None:
    rng = np.random.default_rng(0)
    assert told_by_another([rng.integers(0, 12, 100), rng.integers(0, 12, 100)], [12, 12]).max() < 0.15


def test_a_lone_or_constant_column_is_not_tied() -> None:
    assert told_by_another([np.arange(5)], [5]).tolist() == [0.0]
    assert told_by_another([np.zeros(9, np.int64), np.arange(9)], [1, 9]).tolist() == [0.0, 0.0]
