"""A number over time: what is seen of series whose course, seasons and memory are known."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from engine import charts
from engine.errors import NotApplicable
from engine.evaluation.timeview import TimeComparison, compare_in_time


def daily(rows: int, seed: int, lift: float = 0.0) -> pd.DataFrame:
    """Ten more on weekends, a yearly wave of 20, memory of .8 from day to day."""
    rng = np.random.default_rng(seed)
    days = pd.date_range("2020-01-01", periods=rows)
    r = np.zeros(rows)
    for k in range(1, rows):
        r[k] = 0.8 * r[k - 1] + rng.normal()
    values = 20 * np.cos(2 * np.pi * days.day_of_year / 365) + 10 * (days.day_of_week >= 5) + r + lift
    return pd.DataFrame({"day": days, "sales": values})


@pytest.fixture(scope="module")
def comparison() -> TimeComparison:
    return compare_in_time(daily(1_200, 0), daily(1_200, 1, lift=5.0), "day", "sales")


def test_the_course_is_that_of_each_table(comparison: TimeComparison) -> None:
    assert len(comparison.moments) == len(comparison.real) == len(comparison.synthetic)
    assert np.nanmean(comparison.synthetic - comparison.real) == pytest.approx(5, abs=0.7)
    assert np.ptp(comparison.real) > 30


def test_seasons_are_those_that_the_dates_can_tell(comparison: TimeComparison) -> None:
    month, week = comparison.seasons
    assert (month.label, week.label) == ("By month", "By day of the week")
    assert month.real[0] - month.real[6] == pytest.approx(40, abs=5)
    assert week.names[5] == "Sat"
    assert week.real[5] - week.real[2] == pytest.approx(10, abs=1.5)
    hours = pd.DataFrame({"at": pd.date_range("2024-01-01", periods=200, freq="h"), "x": np.arange(200.0) % 24})
    (season,) = compare_in_time(hours, hours, "at", "x").seasons
    assert season.label == "By hour"
    assert season.real == pytest.approx(np.arange(24.0))


def test_memory_is_that_of_the_rows_in_order(comparison: TimeComparison) -> None:
    assert comparison.memory is not None
    shuffled = daily(1_200, 0).sample(frac=1, random_state=0)
    again = compare_in_time(shuffled, daily(1_200, 1), "day", "sales")
    assert again.memory is not None
    assert again.memory[0] == pytest.approx(comparison.memory[0])
    noise = np.random.default_rng(0).normal(size=500)
    alone = pd.DataFrame({"day": pd.date_range("2020-01-01", periods=500), "x": noise})
    memory = compare_in_time(alone, alone, "day", "x").memory
    assert memory is not None
    assert np.abs(memory[0]).max() < 0.2


def test_rows_of_one_moment_have_no_memory() -> None:
    twice = pd.concat([daily(100, 0), daily(100, 1)])
    assert compare_in_time(twice, twice, "day", "sales").memory is None


def test_gaps_and_zones_are_borne() -> None:
    real = daily(100, 0)
    real["day"] = real["day"].dt.tz_localize("Europe/Amsterdam")
    real.loc[::7, "sales"] = np.nan
    real.loc[3, "day"] = pd.NaT
    found = compare_in_time(real, real, "day", "sales")
    assert found.real == pytest.approx(found.synthetic, nan_ok=True)


@pytest.mark.parametrize(
    ("table", "why"),
    [
        (daily(5, 0), "too few values"),
        (pd.DataFrame({"day": [pd.Timestamp("2024-01-01")] * 20, "sales": np.arange(20.0)}), "the same date"),
    ],
)
def test_what_has_no_course_is_told(table: pd.DataFrame, why: str) -> None:
    with pytest.raises(NotApplicable, match=why):
        compare_in_time(table, table, "day", "sales")


@pytest.mark.parametrize("dark", [False, True])
def test_charts_tell_both_tables_apart(comparison: TimeComparison, dark: bool) -> None:
    memory = charts.memory_figure(comparison, dark=dark)
    assert memory is not None
    season = charts.season_figure(comparison, comparison.seasons[0], dark=dark)
    for fig in (charts.course_figure(comparison, dark=dark), season, memory):
        assert [trace.name for trace in fig.data] == ["Real", "Synthetic"]
        assert fig.data[0].line.dash != fig.data[1].line.dash
