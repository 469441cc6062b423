"""Memory in time: autocorrelations by time, whichever rows are there."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from engine.errors import NotApplicable
from engine.evaluation.base import Score
from engine.evaluation.memory import Memory, _Series
from engine.table.schema import Column, DateFormat, Kind, NumberFormat, Schema

SCHEMA = Schema(
    (
        Column("day", Kind.DATETIME, date=DateFormat()),
        Column("walk", Kind.DECIMAL, number=NumberFormat(3)),
        Column("noise", Kind.DECIMAL, number=NumberFormat(3)),
    )
)


def series(days: int = 600, memory: float = 0.8, seed: int = 0) -> pd.DataFrame:
    """A number that forgets a fifth of itself each day, and one without memory."""
    rng = np.random.default_rng(seed)
    walk = np.zeros(days)
    for i in range(1, days):
        walk[i] = memory * walk[i - 1] + rng.normal()
    day = pd.Series(pd.date_range("2020-01-01", periods=days, unit="us"))
    return pd.DataFrame({"day": day, "walk": walk, "noise": rng.normal(size=days)})


def measured(real: pd.DataFrame, other: pd.DataFrame) -> Score:
    return Memory().compute(real, other, SCHEMA, np.random.default_rng(0))


def test_only_what_has_memory_is_compared() -> None:
    found = measured(series(), series())
    assert [part.columns for part in found.parts] == [("day", "walk")]
    assert found.value == pytest.approx(1.0)


def test_rows_out_of_order_have_lost_it() -> None:
    real = series()
    shuffled = real.assign(walk=real["walk"].sample(frac=1, random_state=1).to_numpy())
    other = measured(real, series(seed=1))
    lost = measured(real, shuffled)
    assert lost.parts[0].details["real"] == pytest.approx(0.8, abs=0.07)
    assert abs(lost.parts[0].details["other"]) < 0.15
    assert lost.interval is not None
    assert lost.interval[1] < other.value


def test_half_of_the_rows_remember_as_far() -> None:
    """By time, not by rows: the row before is two days away, and so less like."""
    whole = series(1200)
    half = whole.sample(frac=0.5, random_state=0)
    correlations = [_Series.of(table, "day", "walk", whole).correlations()[:3] for table in (whole, half)]
    assert correlations[1] == pytest.approx(correlations[0], abs=0.06)


def test_several_rows_of_a_moment() -> None:
    """A made table with every row twice is as it was."""
    real = series()
    twice = pd.concat([real, real], ignore_index=True)
    assert measured(real, twice).value == pytest.approx(1.0, abs=1e-9)


def test_correlations_by_hand() -> None:
    """1, -1, 1, -1, ...: one step on it is the other way round, two steps on the same."""
    table = series(100)
    table["walk"] = np.tile([1.0, -1.0], 50)
    found = _Series.of(table, "day", "walk", table).correlations()
    assert found[:2] == pytest.approx([-1.0, 1.0])
    assert np.isnan(_Series.of(table.iloc[:70], "day", "walk", table).correlations()[29])  # 40 pairs are too few


def test_no_dates_or_no_memory_is_a_reason() -> None:
    real = series()
    for schema in (SCHEMA.select(["walk", "noise"]), SCHEMA.select(["day", "noise"])):
        with pytest.raises(NotApplicable, match="dates"):
            Memory().compute(real, real, schema.selected, np.random.default_rng(0))


def test_intervals_hold_the_value_over_seeds() -> None:
    found = [measured(series(400, 0.8, i), series(400, 0.6, 100 + i)) for i in range(25)]
    mean = np.mean([one.value for one in found])
    assert np.mean([one.interval[0] <= mean <= one.interval[1] for one in found if one.interval is not None]) >= 0.85
