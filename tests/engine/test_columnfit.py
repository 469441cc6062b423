"""Families fitted to a real column before training: the same choice as the method makes, and shares that add up."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from engine import charts, columnfit
from engine.errors import NotApplicable
from engine.generators.marginals import Marginals
from engine.table.schema import Column, DateFormat, Kind, NumberFormat, Schema

RNG = np.random.default_rng(5)
COLUMNS = {
    "normal": (pd.Series(RNG.normal(40, 8, 2_000).round(2)), Column("normal", Kind.DECIMAL, number=NumberFormat(2))),
    "counts": (pd.Series(RNG.poisson(3, 2_000), dtype="Int64"), Column("counts", Kind.INTEGER, number=NumberFormat())),
    "spiked": (
        pd.Series(np.where(RNG.random(2_000) < 0.6, 0.0, RNG.gamma(2, 50, 2_000).round(1))),
        Column("spiked", Kind.DECIMAL, number=NumberFormat(1)),
    ),
    "raw": (pd.Series(RNG.lognormal(3, 1, 2_000)), Column("raw", Kind.DECIMAL)),
    "days": (
        pd.Series(pd.Timestamp("2020-01-01") + pd.to_timedelta(RNG.integers(0, 900, 2_000), "D")).astype("M8[us]"),
        Column("days", Kind.DATETIME, date=DateFormat()),
    ),
    "zoned": (
        pd.Series(pd.Timestamp("2020-01-01") + pd.to_timedelta(RNG.integers(0, 9_000, 2_000), "h"))
        .astype("M8[us]")
        .dt.tz_localize("UTC")
        .dt.tz_convert("Europe/Berlin"),
        Column("zoned", Kind.DATETIME, date=DateFormat("%Y-%m-%d %H:%M%z", "h", "Europe/Berlin")),
    ),
}


@pytest.mark.parametrize("name", COLUMNS)
def test_what_is_told_is_what_the_method_does(name: str) -> None:
    values, column = COLUMNS[name]
    found = columnfit.fits(values, column)
    method = Marginals().fit(values.to_frame(name), Schema((column,)), seed=0).fits[0]
    fit = found.of(found.chosen)
    assert method.chosen == ("empirical" if fit is None else fit.label)
    assert method.reason.removeprefix("it ") in found.reason
    if fit is not None:
        assert fit.distance == pytest.approx(method.distance)
        assert fit.good
    assert found.spikes == method.spikes or fit is None


@pytest.mark.parametrize("name", COLUMNS)
def test_expected_shares_are_those_of_the_histogram(name: str) -> None:
    """Over all bins the best family expects about what is there, and no bin is far off where the family fits."""
    values, column = COLUMNS[name]
    drawn = columnfit.shape(values, column)
    seen = np.array(drawn.real.counts) / drawn.real.rows
    best = columnfit.fits(values, column).families[0]
    expected = np.array(best.expected)
    assert expected.shape == seen.shape
    assert expected.sum() == pytest.approx(seen.sum(), abs=0.02)
    assert np.abs(np.cumsum(expected) - np.cumsum(seen)).max() <= max(1.5 * best.distance, 0.02)


def test_the_right_family_is_first_and_a_wrong_one_is_far() -> None:
    found = columnfit.fits(*COLUMNS["normal"])
    assert found.families[0].key == "normal"
    assert found.families[0].parameters["location"] == pytest.approx(40, abs=0.6)
    uniform = found.of("uniform")
    assert uniform is not None
    assert not uniform.good
    assert uniform.distance > 5 * found.families[0].distance


def test_missing_cells_and_atoms_are_no_part_of_the_curve() -> None:
    values, column = COLUMNS["spiked"]
    drawn = columnfit.shape(values, column)
    assert drawn.atoms == (0.0,)
    best = columnfit.fits(values, column).families[0]
    assert sum(best.expected) == pytest.approx((values != 0).mean(), abs=0.01)
    gaps = values.mask(pd.Series(np.arange(len(values)) % 2 == 0))
    half = columnfit.fits(gaps, column).families[0]
    assert sum(half.expected) == pytest.approx((gaps > 0).mean(), abs=0.01)


@pytest.mark.parametrize(
    ("values", "reason"),
    [([4.0] * 50, "only a few different"), ([None] * 50, "empty"), ([1e200, -1e200] * 25, "too large")],
)
def test_where_no_family_can_be_fitted_that_is_told(values: list[float | None], reason: str) -> None:
    found = columnfit.fits(pd.Series(values, dtype="float64"), Column("x", Kind.DECIMAL))
    assert found.families == ()
    assert found.chosen == "empirical"
    assert reason in found.reason


def test_labels_have_no_distribution() -> None:
    with pytest.raises(NotApplicable):
        columnfit.fits(pd.Series(["a", "b"]), Column("x", Kind.CATEGORICAL))


def test_the_chart_lays_the_fit_over_the_histogram() -> None:
    values, column = COLUMNS["spiked"]
    drawn, fit = columnfit.shape(values, column), columnfit.fits(values, column).families[0]
    alone, both = charts.portrait_figure(drawn), charts.portrait_figure(drawn, fit, dark=True)
    assert fit.label in [trace.name for trace in both.data]
    assert len(both.data) == len(alone.data) + 1
    line = both.data[-1]
    assert line.xaxis == "x2", "beside the bar of zeros"
    assert f"distance {fit.distance:.3f}" in both.layout.title.subtitle.text
    assert not any(trace.name == "Synthetic" for trace in both.data)
