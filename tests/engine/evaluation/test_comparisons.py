"""What charts draw: columns and associations of two tables as plain data."""

from __future__ import annotations

import json

import numpy as np
import pandas as pd
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from engine.errors import NotApplicable
from engine.evaluation import smooth
from engine.evaluation.associations import AssociationComparison, association_matrix, compare_associations
from engine.evaluation.base import FloatArray
from engine.evaluation.binning import MOST_BINS, Scale, choose
from engine.evaluation.distributions import LABELS, ColumnComparison, compare_column, compare_table
from engine.table.schema import Column, DateFormat, Kind, NumberFormat, Schema
from tests.contracts.zoo import ZOO

INTEGER = Column("n", Kind.INTEGER, number=NumberFormat())
DECIMAL = Column("d", Kind.DECIMAL, number=NumberFormat(2, prefix="€"))
DATE = Column("t", Kind.DATETIME, date=DateFormat("%Y-%m-%d", "D"))
LABEL = Column("c", Kind.CATEGORICAL)


def integers(*values: int | None) -> pd.Series:
    return pd.Series(list(values), dtype="Int64")


def days(first: str, count: int) -> np.ndarray:
    return (np.datetime64(first, "D") + np.arange(count)).astype("M8[us]").astype(np.int64).astype(float)


class TestBins:
    def test_few_whole_numbers_get_a_bin_each(self) -> None:
        bins = choose(np.array([0.0, 3.0]), np.array([0.0, 3.0, 5.0]), INTEGER)
        assert bins.unit == "integer"
        np.testing.assert_allclose(bins.edges, [-0.5, 0.5, 1.5, 2.5, 3.5, 4.5, 5.5])

    def test_heavy_tails_get_a_log_axis(self) -> None:
        rng = np.random.default_rng(0)
        values = np.round(rng.lognormal(4, 2, 5_000), 2)
        bins = choose(values, values, DECIMAL)
        assert bins.log
        assert bins.edges[0] > 0

    def test_an_excess_of_zeros_stands_apart(self) -> None:
        values = np.concatenate([np.zeros(700), np.random.default_rng(0).normal(500, 90, 300).round(2)])
        assert choose(values, values, DECIMAL).atoms == (0.0,)

    def test_one_value(self) -> None:
        for column in (INTEGER, DECIMAL, DATE):
            bins = choose(np.array([7.0]), np.array([7.0]), column)
            assert bins.edges[0] <= 7 <= bins.edges[-1]

    def test_far_values_do_not_squeeze_the_rest(self) -> None:
        rest = np.random.default_rng(0).normal(0, 1, 5_000)
        bins = choose(rest, np.append(rest, 1e9), DECIMAL)
        assert bins.open_high
        assert bins.edges[-1] < 100

    @pytest.mark.parametrize(
        ("count", "unit"),
        [(20, "D"), (300, "W"), (1_400, "M"), (6_000, "Q"), (20_000, "Y"), (150_000, "5Y"), (250_000, "10Y")],
    )
    def test_the_calendar(self, count: int, unit: str) -> None:
        values = days("1601-03-04", count)
        bins = choose(values, values, DATE)
        assert bins.unit == unit
        assert 2 <= len(bins.edges) - 1 <= 1.4 * MOST_BINS

    def test_months_begin_on_their_first(self) -> None:
        values = days("2020-02-10", 500)
        edges = choose(values, values, DATE).edges.astype(np.int64).astype("M8[us]").astype("M8[D]")
        if choose(values, values, DATE).unit == "M":
            assert (edges == edges.astype("M8[M]")).all()

    def test_a_log_axis_can_be_asked_for_and_declined(self) -> None:
        hours = np.arange(1.0, 100.0)
        assert not choose(hours, hours, INTEGER).log
        assert choose(hours, hours, INTEGER).loggable
        asked = choose(hours, hours, INTEGER, "log")
        assert asked.log
        assert asked.edges[0] < 1
        assert asked.edges[-1] > 99
        heavy = np.geomspace(1.0, 1e6, 500).round()
        assert choose(heavy, heavy, INTEGER).log
        assert not choose(heavy, heavy, INTEGER, "linear").log

    @pytest.mark.parametrize("values", [np.arange(20.0, 60.0), np.arange(-5.0, 900.0), np.zeros(5)])
    def test_no_log_axis_for_what_has_none(self, values: FloatArray) -> None:
        """Too narrow, not above zero, or nothing but a zero."""
        bins = choose(values, values, INTEGER, "log")
        assert not bins.loggable
        assert not bins.log

    @settings(max_examples=150, deadline=None)
    @example([0.0], [2.3], DECIMAL)  # a quotient that is rounded down
    @given(
        st.lists(st.floats(-1e12, 1e12).map(lambda v: round(v, 2)), min_size=1, max_size=60),
        st.lists(st.floats(-1e12, 1e12).map(lambda v: round(v, 2)), max_size=60),
        st.sampled_from([INTEGER, DECIMAL, DATE]),
    )
    def test_any_values(self, real: list[float], other: list[float], column: Column) -> None:
        both = np.round(np.array(real + other)) if column is not DECIMAL else np.array(real + other)
        bins = choose(both[: len(real)], both, column)
        assert (np.diff(bins.edges) > 0).all()
        assert len(bins.edges) >= 2
        rest = both[~np.isin(both, bins.atoms)]
        assert bins.open_low or not len(rest) or bins.edges[0] <= rest.min()
        assert bins.open_high or not len(rest) or rest.max() <= bins.edges[-1]


ENDS = [-1e308, -1.7976931348623157e308, -5e-324, 0.0, 5e-324, 1e-310, 2.3e-308, 1.0, 1e300, 1e308]


@settings(max_examples=150, deadline=None)
@example([-1e308, 0.5, 1e308], "auto")  # a range beyond float64
@example([5e-324, 1.0, 1e308], "log")  # a quotient beyond it
@given(
    st.lists(st.sampled_from(ENDS) | st.floats(allow_nan=False, allow_infinity=False), min_size=1, max_size=30),
    st.sampled_from(["auto", "linear", "log"]),
)
@pytest.mark.filterwarnings("error")
def test_numbers_at_the_ends_of_what_there_is(values: list[float], scale: Scale) -> None:
    found = compare_column(pd.Series(values), pd.Series(values[:1]), Column("x", Kind.DECIMAL), scale=scale)
    assert np.isfinite(found.edges).all()
    assert (np.diff(found.edges) > 0).all()
    assert np.isfinite(found.real.density).all()
    assert sum(found.real.counts) + sum(found.real.atoms) == len(values)


class TestSmooth:
    def test_a_density_integrates_to_its_share(self) -> None:
        values = np.random.default_rng(0).exponential(1, 3_000)
        curve = smooth.density(values, 0.0, values.max(), 0.1, 4_000)
        at = np.linspace(0.0, values.max(), smooth.POINTS)
        assert np.trapezoid(curve, at) == pytest.approx(0.75, abs=0.01)
        assert curve[0] == pytest.approx(0.75, abs=0.1)  # the bound at 0 stays one

    def test_of_nothing(self) -> None:
        assert not smooth.density(np.empty(0), 0.0, 1.0, 0.1, 0).any()
        assert not smooth.cumulative(np.empty(0), np.array([1.0])).any()

    def test_cumulative(self) -> None:
        np.testing.assert_allclose(
            smooth.cumulative(np.array([3.0, 1.0, 1.0, 2.0]), np.array([0.0, 1.0, 2.5])), [0, 0.5, 0.75]
        )


class TestColumns:
    def test_every_row_is_counted_once(self) -> None:
        for animal in ZOO.values():
            half = len(animal.table) // 2
            found = compare_table(
                animal.table, animal.table.iloc[:half], animal.schema, holdout=animal.table.iloc[half:]
            )
            for name, comparison in found.items():
                for side, rows in zip(comparison.sides.values(), (2 * half, half, half), strict=False):
                    assert abs(side.rows - rows) <= 1, name
                    assert sum(side.counts) + sum(side.atoms) + side.rest + side.missing == side.rows, name
                    assert all(np.isfinite(side.density)), name
                    if side.present and comparison.numeric:
                        assert side.ecdf[-1] == pytest.approx(1.0)
                        assert (np.diff(side.ecdf) >= 0).all()

    def test_json(self) -> None:
        for animal in ZOO.values():
            for comparison in compare_table(animal.table, animal.table.iloc[::2], animal.schema).values():
                text = json.dumps(comparison.to_json(), allow_nan=False)
                assert ColumnComparison.from_json(json.loads(text)) == comparison

    def test_whole_numbers(self) -> None:
        found = compare_column(integers(1, 1, 2, None), integers(3, None, None, None), INTEGER)
        assert (found.real.counts, found.synthetic.counts) == ((2, 1, 0), (0, 0, 1))
        assert (found.real.missing_share, found.synthetic.missing_share) == (0.25, 0.75)
        assert found.synthetic.share(1) == 1.0

    def test_labels_by_falling_real_frequency(self) -> None:
        real, other = (pd.Series(v, dtype="str") for v in (["b", "b", "a"], ["new", "a", "new"]))
        found = compare_column(real, other, LABEL)
        assert found.labels == ("b", "a", "new")
        assert (found.real.counts, found.synthetic.counts) == ((2, 1, 0), (0, 1, 2))

    def test_very_many_labels(self) -> None:
        real = pd.Series([f"l{i:05d}" for i in range(LABELS + 7)], dtype="str")
        found = compare_column(real, real.iloc[:3], LABEL)
        assert len(found.labels) == LABELS
        assert (found.real.rest, found.synthetic.rest) == (7, 0)

    def test_booleans_under_their_own_labels(self) -> None:
        column = Column("b", Kind.BOOLEAN, labels=("nein", "ja"))
        values = pd.Series([True, True, False], dtype="boolean")
        assert compare_column(values, values, column).labels == ("ja", "nein")

    def test_the_currency_is_known(self) -> None:
        values = pd.Series([1.5, 2.25])
        found = compare_column(values, values, DECIMAL)
        assert (found.prefix, found.decimals) == ("€", 2)

    def test_what_cannot_be_compared(self) -> None:
        with pytest.raises(NotApplicable, match="made up anew"):
            compare_column(integers(1), integers(1), Column("k", Kind.IDENTIFIER))
        with pytest.raises(NotApplicable, match="empty"):
            compare_column(integers(None), integers(None), INTEGER)
        assert compare_column(integers(None), integers(4), INTEGER).real.present == 0
        assert compare_column(integers(4), integers(None), INTEGER).synthetic.present == 0
        assert compare_column(integers(4), integers(), INTEGER).synthetic.missing_share == 0.0

    def test_zoned_dates_are_drawn_at_their_own_clock(self) -> None:
        column = Column("t", Kind.DATETIME, date=DateFormat("%Y-%m-%d %H:%M", "m", "Asia/Tokyo"))
        moments = pd.Series(pd.to_datetime(["2024-01-01 00:30", "2024-01-02 00:30"])).dt.as_unit("us")
        found = compare_column(moments.dt.tz_localize("Asia/Tokyo"), moments.dt.tz_localize("Asia/Tokyo"), column)
        assert found.ecdf_at[0] == pd.Timestamp("2024-01-01 00:30").value / 1000


class TestAssociations:
    def test_of_the_zoo(self) -> None:
        for animal in ZOO.values():
            try:
                found = compare_associations(animal.table, animal.table.iloc[::2], animal.schema)
            except NotApplicable:
                assert len([c for c in animal.schema if c.kind is not Kind.CONSTANT]) < 2
                continue
            for matrix in (found.real, found.synthetic):
                np.testing.assert_array_equal(matrix.values, matrix.values.T)
                assert (np.diag(matrix.values) == 1).all()
                known = matrix.values[np.isfinite(matrix.values)]
                assert ((known >= -1) & (known <= 1)).all()
            text = json.dumps(found.to_json(), allow_nan=False)
            again = AssociationComparison.from_json(json.loads(text))
            np.testing.assert_array_equal(again.real.values, found.real.values)
            np.testing.assert_array_equal(again.difference, found.difference)

    def test_each_pair_by_its_own_measure(self) -> None:
        animal = ZOO["mixed"]
        matrix = association_matrix(animal.table, animal.schema)
        at = {name: i for i, name in enumerate(matrix.names)}
        assert "country" not in at  # a constant relates to nothing
        for first, second, method in (
            ("age", "income", "Pearson’s r"),
            ("age", "city", "Correlation ratio"),
            ("city", "active", "Cramér’s V"),
        ):
            assert matrix.method(at[first], at[second]) == method
            assert matrix.values[at[first], at[second]] > 0.3

    def test_spearman_sees_what_bends(self) -> None:
        x = np.linspace(0, 10, 200)
        table = pd.DataFrame({"x": x, "y": np.exp(x)})
        schema = Schema(tuple(Column(n, Kind.DECIMAL, number=NumberFormat(17)) for n in "xy"))
        bent = [association_matrix(table, schema, coefficient=c).values[0, 1] for c in ("pearson", "spearman")]
        assert bent[1] == pytest.approx(1.0)
        assert bent[0] < 0.8

    def test_the_mean_gap(self) -> None:
        schema = Schema(tuple(Column(n, Kind.DECIMAL, number=NumberFormat(1)) for n in "xy"))
        real = pd.DataFrame({"x": [1.0, 2, 3], "y": [1.0, 2, 3]})
        found = compare_associations(real, real.assign(y=[3.0, 2, 1]), schema)
        assert found.mean_gap == pytest.approx(2.0)
        flat = compare_associations(real, real.assign(y=1.0), schema)
        assert np.isnan(flat.mean_gap)
