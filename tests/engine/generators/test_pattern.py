"""Patterns in time on series of known trend, season, memory and rhythm."""

from __future__ import annotations

from functools import cache
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from engine import samples as tables
from engine.errors import DataError, ModelError
from engine.generators.pattern import Pattern
from engine.generators.series.axis import Pace, find_key
from engine.generators.series.motion import Motion, MotionFit, Observed
from engine.generators.series.seasons import find_seasons
from engine.table.infer import infer_schema
from engine.table.read import read_table
from engine.table.schema import Column, DateFormat, Kind, NumberFormat, Schema
from tests.engine.generators.samples import distance

DECIMAL = NumberFormat(decimals=3)


def correlations(values: pd.Series, most: int) -> np.ndarray:
    return np.array([values.astype(float).autocorr(lag) for lag in range(1, most + 1)])


def table_of(**columns: object) -> tuple[pd.DataFrame, Schema]:
    """Parsed columns: dates, texts and numbers by what they hold."""
    frame, kinds = pd.DataFrame(columns), []
    for name in frame:
        if pd.api.types.is_datetime64_any_dtype(frame[name]):
            frame[name] = frame[name].astype("datetime64[us]")
            kinds.append(Column(str(name), Kind.DATETIME, date=DateFormat(resolution="D")))
        elif pd.api.types.is_numeric_dtype(frame[name]):
            frame[name] = frame[name].astype("float64").round(3)
            kinds.append(Column(str(name), Kind.DECIMAL, number=DECIMAL))
        else:
            frame[name] = frame[name].astype("str")
            kinds.append(Column(str(name), Kind.CATEGORICAL))
    return frame, Schema(tuple(kinds))


@cache
def weather() -> tuple[pd.DataFrame, pd.DataFrame, Pattern]:
    frame = read_table(tables.get("weather").path).frame
    schema = infer_schema(frame)
    real = schema.parse(frame)
    model = Pattern().fit(real, schema, seed=0)
    return real, model.sample(len(real), seed=1), model


# Seattle's weather


def test_days_follow_each_other_without_gap_or_repeat() -> None:
    real, made, _ = weather()
    assert made["date"].tolist() == pd.date_range(real["date"].iloc[0], periods=len(real)).tolist()


def test_the_yearly_cycle_is_kept() -> None:
    real, made, model = weather()
    by_month = [own.groupby(own["date"].dt.month)["temp_max"].mean() for own in (real, made)]
    assert (by_month[0] - by_month[1]).abs().max() < 1.5
    assert any("come round every 365.2 steps" in note for note in model.notes)


@pytest.mark.parametrize("column", ["temp_max", "temp_min"])
def test_memory_of_thirty_days_is_kept(column: str) -> None:
    real, made, _ = weather()
    assert np.abs(correlations(real[column], 30) - correlations(made[column], 30)).max() < 0.1


def test_columns_go_together_as_they_did() -> None:
    real, made, _ = weather()
    assert made["temp_min"].corr(made["temp_max"]) == pytest.approx(real["temp_min"].corr(real["temp_max"]), abs=0.05)
    assert made["precipitation"].min() >= 0
    assert (made["precipitation"] == 0).mean() == pytest.approx((real["precipitation"] == 0).mean(), abs=0.04)
    wet = [own[own["precipitation"] > 0]["weather"].value_counts(normalize=True) for own in (real, made)]
    assert (wet[0] - wet[1]).abs().max() < 0.12
    assert (real["weather"].value_counts(True) - made["weather"].value_counts(True)).abs().max() < 0.05


def test_a_longer_history_goes_on_in_time() -> None:
    real, _, model = weather()
    made = model.sample(2_000, seed=3)
    assert (made["date"].diff().dropna() == pd.Timedelta(days=1)).all()
    assert made["date"].iloc[-1] > real["date"].iloc[-1]


def test_rows_that_are_held_out_at_random_are_missing_in_the_twin_too() -> None:
    real, _, _ = weather()
    part = real.sample(frac=0.8, random_state=0).sort_index().reset_index(drop=True)
    model = Pattern().fit(part, infer_schema(read_table(tables.get("weather").path).frame), seed=0)
    assert model.learned.roles.pace is Pace.EVEN
    made = model.sample(len(part), seed=1)
    assert len(made) == len(part)
    assert made["date"].is_unique
    gaps = [own["date"].diff().dt.days.value_counts(normalize=True).reindex([1, 2, 3]) for own in (part, made)]
    assert gaps[1].to_numpy() == pytest.approx(gaps[0].to_numpy(), abs=0.03)
    assert made["date"].iloc[-1] - made["date"].iloc[0] == pytest.approx(
        part["date"].iloc[-1] - part["date"].iloc[0], abs=pd.Timedelta(days=15)
    )
    by_day = made.set_index("date")["temp_max"].asfreq("D")
    assert np.abs(correlations(real["temp_max"], 10) - correlations(by_day, 10)).max() < 0.1


def test_weekends_that_are_never_there_stay_away() -> None:
    days = pd.bdate_range("2024-01-01", periods=300)
    frame, schema = table_of(day=days, x=np.random.default_rng(0).normal(size=300))
    model = Pattern().fit(frame, schema, seed=0)
    assert model.learned.roles.pace is Pace.FREE
    gaps = model.sample(300, seed=1)["day"].diff().dropna().dt.days
    assert set(gaps) == {1, 3}


# Known series


def test_a_trend_goes_the_way_it_went() -> None:
    rng = np.random.default_rng(0)
    days = pd.date_range("2024-01-01", periods=400)
    frame, schema = table_of(day=days, sales=np.linspace(10, 60, 400) + rng.normal(0, 3, 400))
    made = Pattern().fit(frame, schema, seed=0).sample(400, seed=1)
    slope = np.polyfit(np.arange(400), made["sales"].astype(float), 1)[0]
    assert slope == pytest.approx(50 / 399, rel=0.1)


def test_weeks_are_found_from_the_calendar() -> None:
    rng = np.random.default_rng(0)
    days = pd.date_range("2024-01-01", periods=200)
    frame, schema = table_of(day=days, visits=np.where(days.day_of_week >= 5, 80.0, 20.0) + rng.normal(0, 5, 200))
    model = Pattern().fit(frame, schema, seed=0)
    assert model.learned.seasons.periods == (7.0,)
    made = model.sample(200, seed=1)
    weekend = made["day"].dt.day_of_week >= 5
    assert made.loc[weekend, "visits"].mean() == pytest.approx(80, abs=4)
    assert made.loc[~weekend, "visits"].mean() == pytest.approx(20, abs=4)


def test_a_period_of_no_calendar_is_found_without_a_time_column() -> None:
    rng = np.random.default_rng(0)
    place = np.arange(600)
    frame, schema = table_of(level=np.sin(2 * np.pi * place / 23) + rng.normal(0, 0.3, 600))
    model = Pattern().fit(frame, schema, seed=0)
    assert model.learned.seasons.periods[0] == pytest.approx(23, abs=0.5)
    assert any("rows are taken in their order" in note for note in model.notes)
    lag = correlations(model.sample(600, seed=1)["level"], 23)
    assert lag[22] > 0.7
    assert lag[11] < -0.6


def test_months_stay_months() -> None:
    rng = np.random.default_rng(0)
    days = pd.date_range("2010-01-31", periods=120, freq="ME")
    frame, schema = table_of(month=days, sales=10 * np.cos(2 * np.pi * np.arange(120) / 12) + rng.normal(0, 1, 120))
    model = Pattern().fit(frame, schema, seed=0)
    assert model.learned.roles.pace is Pace.MONTHS
    made = model.sample(120, seed=1)
    assert made["month"].tolist() == days.tolist()
    assert made.loc[made["month"].dt.month == 1, "sales"].mean() == pytest.approx(10, abs=1.5)


def test_noise_has_no_seasons_and_no_memory() -> None:
    rng = np.random.default_rng(5)
    frame, schema = table_of(day=pd.date_range("2020-01-01", periods=900), x=rng.normal(size=900))
    model = Pattern().fit(frame, schema, seed=0)
    assert model.learned.seasons.periods == ()
    assert np.abs(correlations(model.sample(900, seed=1)["x"], 10)).max() < 0.12


def test_a_category_keeps_its_runs() -> None:
    rng = np.random.default_rng(0)
    states = [0]
    for _ in range(1_999):
        states.append(states[-1] if rng.random() < 0.8 else int(rng.integers(3)))
    frame, schema = table_of(day=pd.date_range("2015-01-01", periods=2_000), state=[f"s{k}" for k in states])
    made = Pattern().fit(frame, schema, seed=0).sample(2_000, seed=1)
    stays = [(own["state"] == own["state"].shift()).mean() for own in (frame, made)]
    assert stays[1] == pytest.approx(stays[0], abs=0.06)


# Several series


@cache
def customers() -> tuple[pd.DataFrame, Schema, Pattern, pd.DataFrame]:
    """200 customers: each has a town, a rhythm of its own, and amounts around a level of its own."""
    rng = np.random.default_rng(0)
    rows = []
    for k in range(200):
        rhythm, level, town = rng.lognormal(2.5, 0.6), rng.normal(50, 15), f"town {rng.integers(5)}"
        day = pd.Timestamp("2023-01-01") + pd.Timedelta(days=int(rng.integers(60)))
        for _ in range(int(rng.integers(5, 30))):
            rows.append((f"c{k:03}", town, day, level + rng.normal(0, 5)))
            day += pd.Timedelta(days=1 + int(rng.poisson(rhythm)))
    who, town, day, amount = zip(*rows, strict=True)
    frame, schema = table_of(customer=who, town=town, day=pd.Series(day), amount=np.array(amount))
    model = Pattern().fit(frame, schema, seed=0)
    return frame, schema, model, model.sample(len(frame), seed=1)


def test_series_are_told_apart_by_their_key() -> None:
    frame, _, model, made = customers()
    assert model.learned.roles.key == 0
    assert any("Each value of “customer” is a series of its own." in note for note in model.notes)
    assert not made.duplicated(["customer", "day"]).any()
    assert made["customer"].nunique() == pytest.approx(200, abs=30)
    assert len(made) == len(frame)


def test_lengths_and_gaps_keep_their_distributions() -> None:
    frame, _, _, made = customers()
    lengths = [own.groupby("customer").size() for own in (frame, made)]
    assert distance(*lengths) < 0.15
    gaps = [own.sort_values(["customer", "day"]).groupby("customer")["day"].diff().dt.days for own in (frame, made)]
    assert distance(gaps[0].dropna(), gaps[1].dropna()) < 0.08
    who = [own.sort_values(["customer", "day"])["customer"] for own in (frame, made)]
    rhythm = [np.log(own.groupby(key).mean()).std() for own, key in zip(gaps, who, strict=True)]
    assert rhythm[1] == pytest.approx(rhythm[0], rel=0.25)


def test_levels_belong_to_series_and_still_columns_stay_still() -> None:
    frame, _, _, made = customers()
    between = [own.groupby("customer")["amount"].mean().std() for own in (frame, made)]
    within = [own.groupby("customer")["amount"].std().mean() for own in (frame, made)]
    assert between[1] == pytest.approx(between[0], rel=0.2)
    assert within[1] == pytest.approx(within[0], rel=0.25)
    assert (made.groupby("customer")["town"].nunique() == 1).all()


def test_a_key_is_a_column_within_which_no_date_repeats() -> None:
    day = np.tile(np.arange(10.0), 3)
    key = np.repeat(np.arange(3.0), 10)
    other = np.arange(30.0) % 2
    assert find_key(np.column_stack([day, key, other]), [0], [1, 2]) == 1
    assert find_key(np.column_stack([np.arange(30.0), key]), [0], [1]) is None


# The parts


def test_a_known_motion_is_estimated() -> None:
    rng = np.random.default_rng(0)
    lag = np.array([[0.6, 0.2], [0.0, 0.4]])
    truth = Motion(np.zeros((1, 2)), lag[None], np.array([[1.0, 0.3], [0.3, 0.5]]), np.zeros((2, 2)), np.zeros(2, bool))
    _, made = truth.wander(4_000, 1, rng)
    z = made[:, 0]
    seen = Observed(z, z, np.ones((4_000, 1)), np.array([0, 4_000]), np.zeros(2, bool))
    found = MotionFit(seen, rng).fit(2, lambda: False)
    assert found.order >= 1
    assert found.lags[0] == pytest.approx(lag, abs=0.06)
    assert found.shocks == pytest.approx(truth.shocks, abs=0.06)


def test_memory_hidden_in_coarse_cells_is_recovered() -> None:
    """Half of the values are one cell: drawing them alone would halve the memory of the rest."""
    rng = np.random.default_rng(1)
    truth = Motion(np.zeros((1, 1)), np.array([[[0.9]]]), np.array([[0.19]]), np.zeros((1, 1)), np.zeros(1, bool))
    z = truth.wander(4_000, 1, rng)[1][:, 0]
    low, high = np.where(z < 0, -np.inf, z), np.where(z < 0, 0.0, z)
    seen = Observed(low, high, np.ones((4_000, 1)), np.array([0, 4_000]), np.zeros(1, bool))
    found = MotionFit(seen, rng).fit(30, lambda: False)
    _, made = found.wander(20_000, 1, rng)
    assert pd.Series(made[:, 0, 0]).autocorr(1) == pytest.approx(0.9, abs=0.04)


def test_seasons_of_two_lengths_are_both_found() -> None:
    rng = np.random.default_rng(0)
    time = np.arange(2_000.0)
    values = np.sin(2 * np.pi * time / 7) + 2 * np.sin(2 * np.pi * time / 365.2425) + rng.normal(0, 1, 2_000)
    seasons, _ = find_seasons(values[:, None], time, [7.0, 365.2425], even=True)
    assert sorted(seasons.periods) == pytest.approx([7.0, 365.2425])


# Mistakes


@pytest.mark.parametrize(
    ("settings", "sentence"),
    [
        ({"time": "nothing"}, "names the column “nothing”"),
        ({"series": "nothing"}, "names the column “nothing”"),
        ({"time": "town"}, "time has to be a date or a number"),
    ],
)
def test_wrong_names_are_told(settings: dict[str, str], sentence: str) -> None:
    frame, schema, _, _ = customers()
    with pytest.raises(DataError, match=sentence):
        Pattern(settings).fit(frame, schema, seed=0)


def test_a_time_with_gaps_is_told() -> None:
    frame, schema = table_of(day=pd.date_range("2024-01-01", periods=50), x=np.arange(50.0))
    frame.loc[3, "day"] = pd.NaT
    with pytest.raises(DataError, match="“day” has missing values"):
        Pattern({"time": "day"}).fit(frame, schema, seed=0)


def test_a_damaged_model_is_refused(tmp_path: Path) -> None:
    frame, schema = table_of(day=pd.date_range("2024-01-01", periods=50), x=np.arange(50.0))
    model = Pattern().fit(frame, schema, seed=0)
    model.learned.motion.still = np.zeros(7, dtype=bool)
    model.save(tmp_path)
    with pytest.raises(ModelError):
        Pattern.load(tmp_path)
