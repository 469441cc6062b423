"""Likenesses on tables small enough to work out by hand."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from engine.errors import NotApplicable
from engine.evaluation import columns, correlation
from engine.evaluation.associations import correlation_ratio
from engine.evaluation.distances import cramers_v, ks_complement, tv_complement
from engine.evaluation.intervals import Influence, interval, spread
from engine.evaluation.missing import MissingSimilarity
from engine.evaluation.overall import Overall
from engine.evaluation.pairs import PairShapes
from engine.evaluation.shapes import ColumnShapes
from engine.evaluation.trends import PairTrends, equal_width
from engine.table.schema import Column, Kind, NumberFormat, Schema

NAN = float("nan")
A, B = Column("a", Kind.INTEGER, number=NumberFormat()), Column("b", Kind.INTEGER, number=NumberFormat())
C, D = Column("c", Kind.CATEGORICAL), Column("d", Kind.CATEGORICAL)
RNG = np.random.default_rng(0)


def floats(*values: float) -> np.ndarray:
    return np.array(values, dtype=np.float64)


def codes(*values: int) -> np.ndarray:
    return np.array(values, dtype=np.int64)


def table(**values: list[object]) -> pd.DataFrame:
    kinds = {"a": "Int64", "b": "Int64", "c": "str", "d": "str"}
    return pd.DataFrame({name: pd.Series(cells, dtype=kinds[name]) for name, cells in values.items()})


class TestKolmogorovSmirnov:
    @pytest.mark.parametrize(
        ("real", "other", "value"),
        [
            (floats(1, 2, 3, 4), floats(1, 2, 3, 4), 1.0),
            (floats(1, 2), floats(3, 4), 0.0),
            (floats(1, 2, 3, 4), floats(3, 4, 5, 6), 0.5),  # up to 2: 2/4 against 0/4
            (floats(1, 1, 1, 2), floats(1, 2, 2, 2), 0.5),  # at 1: 3/4 against 1/4
            (floats(1, 2, 3), floats(2), 2 / 3),  # at 1: 1/3 against 0; at 2: 2/3 against 1
            (floats(1, 2, NAN, NAN), floats(1, 2, 1, 2), 1.0),  # missing is left out
            (floats(1, 1, 2), floats(1, 2), 1 - (2 / 3 - 1 / 2)),
        ],
    )
    def test_by_hand(self, real: np.ndarray, other: np.ndarray, value: float) -> None:
        assert ks_complement(real, other).value == pytest.approx(value, abs=1e-15)
        assert ks_complement(other, real).value == pytest.approx(value, abs=1e-15)

    @settings(max_examples=60, deadline=None)
    @given(st.lists(st.integers(0, 9), min_size=1, max_size=40), st.lists(st.integers(0, 9), min_size=1, max_size=40))
    def test_by_definition(self, real: list[int], other: list[int]) -> None:
        gaps = [abs(sum(v <= x for v in real) / len(real) - sum(v <= x for v in other) / len(other)) for x in range(10)]
        assert ks_complement(floats(*real), floats(*other)).value == pytest.approx(1 - max(gaps), abs=1e-12)


class TestTotalVariation:
    @pytest.mark.parametrize(
        ("real", "other", "value"),
        [
            (codes(0, 0, 1, 1), codes(0, 0, 1, 1), 1.0),
            (codes(0, 0), codes(1, 1), 0.0),
            (codes(0, 0, 0, 1), codes(0, 1, 1, 1), 0.5),  # (|3/4 - 1/4| + |1/4 - 3/4|) / 2
            (codes(0, 0, 1, 2), codes(0, 0, 1, 1), 0.75),  # (0 + 1/4 + 1/4) / 2
            (codes(0, 0, -1, -1), codes(0, 0, 0, 0), 1.0),  # missing is left out
            (codes(0, 1, 2), codes(0), 1 / 3),
        ],
    )
    def test_by_hand(self, real: np.ndarray, other: np.ndarray, value: float) -> None:
        assert tv_complement(real, other, 3).value == pytest.approx(value, abs=1e-15)


class TestInfluence:
    """A row's influence is what the figure moves by when the row counts a little more."""

    @settings(max_examples=40, deadline=None)
    @given(st.lists(st.integers(0, 4), min_size=3, max_size=12), st.lists(st.integers(0, 4), min_size=3, max_size=12))
    def test_of_the_total_variation(self, real: list[int], other: list[int]) -> None:
        left, right = codes(*real), codes(*other)
        like = tv_complement(left, right, 5)
        shares = np.bincount(left, minlength=5) / len(left), np.bincount(right, minlength=5) / len(right)
        if np.min(np.abs((shares[0] - shares[1])[shares[0] + shares[1] > 0])) < 1e-9:
            return  # at a tie the figure has a kink, and no slope
        for row in range(len(left)):
            weights = np.ones(len(left))
            weights[row] += (step := 1e-6)
            moved = np.bincount(left, weights, minlength=5) / weights.sum()
            change = (1 - 0.5 * np.abs(moved - shares[1]).sum() - like.value) / (step / len(left))
            assert like.real[row] == pytest.approx(change, abs=1e-4)

    def test_of_both_sides_together(self) -> None:
        like = ks_complement(floats(1, 2, 3, 4, 9), floats(3, 4, 5, NAN))
        assert like.real.mean() == pytest.approx(0, abs=1e-12)
        assert like.other.mean() == pytest.approx(0, abs=1e-12)
        assert like.other[3] == 0  # a missing value has none

    def test_of_correlation_by_leaving_out(self) -> None:
        rng = np.random.default_rng(1)
        x = rng.normal(size=400)
        y = x + rng.normal(size=400)
        r = np.corrcoef(x, y)[0, 1]
        ours = correlation.influence(x, y, r)
        for row in range(5):
            left = np.delete(np.arange(400), row)
            assert ours[row] == pytest.approx((r - np.corrcoef(x[left], y[left])[0, 1]) * 399, rel=0.1, abs=0.02)

    def test_averages_keep_what_columns_share(self) -> None:
        """Two equal parts vary as one; two opposite ones not at all."""
        rows = np.array([1.0, -1.0, 1.0, -1.0])
        for other, expected in ((rows, spread((rows, rows * 0))), (-rows, 0.0)):
            both = Influence(4, 4)
            both.add(rows, rows * 0)
            both.add(other, rows * 0)
            assert spread(both.mean()) == pytest.approx(expected)

    def test_intervals_stay_in_range(self) -> None:
        rows = np.array([1.0, -1.0])
        assert interval(0.99, (rows, rows), 0.0, 1.0)[1] == 1.0
        assert interval(0.01, (rows, rows), 0.0, 1.0)[0] == 0.0


class TestCramersV:
    def test_by_hand(self) -> None:
        assert cramers_v(codes(0, 0, 1, 1), codes(0, 0, 1, 1), 2, 2) == pytest.approx(1.0)
        assert cramers_v(codes(0, 0, 1, 1), codes(0, 1, 0, 1), 2, 2) == pytest.approx(0.0)
        # Table [[3, 1], [1, 3]]: every expected count is 2, chi-squared 2, V = sqrt(2 / 8).
        assert cramers_v(codes(0, 0, 0, 0, 1, 1, 1, 1), codes(0, 0, 0, 1, 0, 1, 1, 1), 2, 2) == pytest.approx(0.5)
        assert np.isnan(cramers_v(codes(0, 0), codes(0, 1), 1, 2))

    def test_corrected_is_about_zero_where_nothing_is_related(self) -> None:
        rng = np.random.default_rng(0)
        first, second = rng.integers(0, 40, 500), rng.integers(0, 40, 500)
        assert cramers_v(first, second, 40, 40) > 0.2
        assert cramers_v(first, second, 40, 40, corrected=True) < 0.1
        related = cramers_v(first, first, 40, 40, corrected=True)
        assert related == pytest.approx(1.0, abs=0.01)

    def test_large_tables_are_counted_alike(self) -> None:
        rng = np.random.default_rng(0)
        first, second = rng.integers(0, 30, 2_000), rng.integers(0, 30, 2_000)
        assert cramers_v(first, second, 30, 30) == pytest.approx(cramers_v(first, second, 30, 10**6))


class TestCorrelation:
    def test_as_numpy_has_it(self) -> None:
        rng = np.random.default_rng(0)
        values = [rng.normal(size=300), rng.exponential(size=300), rng.integers(0, 5, 300).astype(float)]
        np.testing.assert_allclose(correlation.pearson(values), np.corrcoef(values), atol=1e-12)

    def test_over_the_rows_that_both_have(self) -> None:
        x, y = floats(1, 2, 3, NAN, 5), floats(2, 4, 6, 8, NAN)
        assert correlation.pearson([x, y])[0, 1] == pytest.approx(1.0)

    def test_constants_have_none(self) -> None:
        assert np.isnan(correlation.pearson([floats(1, 1, 1), floats(1, 2, 3)])[0, 1])

    def test_any_size_of_numbers(self) -> None:
        rng = np.random.default_rng(0)
        x = rng.normal(size=200)
        y = x + rng.normal(size=200)
        r = np.corrcoef(x, y)[0, 1]
        for scale, move in ((1e300, 0.0), (1e-300, 0.0), (1.0, 1e12), (1e-3, 1e9)):
            found = correlation.pearson([correlation.scaled(x * scale + move), correlation.scaled(y * scale + move)])
            assert found[0, 1] == pytest.approx(r, abs=1e-3)

    def test_more_rows_than_a_chunk(self) -> None:
        rng = np.random.default_rng(0)
        x = rng.normal(size=correlation.CHUNK + 999)
        y = x + rng.normal(size=len(x))
        assert correlation.pearson([x, y])[0, 1] == pytest.approx(np.corrcoef(x, y)[0, 1])

    def test_ranks(self) -> None:
        np.testing.assert_array_equal(correlation.ranks(floats(30, 10, NAN, 10)), floats(3, 1.5, NAN, 1.5))

    def test_ratio_by_hand(self) -> None:
        # Groups 0 (1, 3) and 1 (5, 7): within 4 of 20 in all; corrected 1 - 4/20 * 3/2 = 0.7.
        assert correlation_ratio(codes(0, 0, 1, 1), 2, floats(1, 3, 5, 7)) == pytest.approx(np.sqrt(0.7))
        assert np.isnan(correlation_ratio(codes(0, 1), 2, floats(1, 2)))


class TestColumnShapes:
    def test_by_hand(self) -> None:
        real = table(a=[1, 2, 3, 4], c=["x", "x", "x", "y"])
        other = table(a=[3, 4, 5, 6], c=["x", "y", "y", "y"])
        found = ColumnShapes().compute(real, other, Schema((A, C)), RNG)
        assert found.value == pytest.approx(0.5)
        assert [(p.columns, p.method, p.value) for p in found.parts] == [
            (("a",), "KS complement", 0.5),
            (("c",), "TV complement", 0.5),
        ]

    def test_empty_columns(self) -> None:
        schema = Schema((A, C, Column("b", Kind.INTEGER)))
        real = table(a=[None, None], c=["x", "y"], b=[1, 2])
        other = table(a=[1, 2], c=["x", "y"], b=[None, None])
        found = ColumnShapes().compute(real, other, schema, RNG)
        assert [(p.columns, p.value) for p in found.parts] == [(("c",), 1.0), (("b",), 0.0)]
        assert found.skipped == (("a", "the real column is empty throughout"),)

    def test_labels_that_the_real_table_lacks(self) -> None:
        real, other = table(c=["x", "x"]), table(c=["x", "new"])
        assert ColumnShapes().compute(real, other, Schema((C,)), RNG).value == 0.5


class TestPairTrends:
    def test_correlation_by_hand(self) -> None:
        # Real r = 1, other r = -1: likeness 1 - |1 - -1| / 2.
        real, other = table(a=[1, 2, 3], b=[1, 2, 3]), table(a=[1, 2, 3], b=[3, 2, 1])
        (part,) = PairTrends().compute(real, other, Schema((A, B)), RNG).parts
        assert (part.method, part.value) == ("Correlation similarity", pytest.approx(0.0, abs=1e-12))
        assert part.details == {"real": pytest.approx(1), "other": pytest.approx(-1)}
        flat = table(a=[1, 2, 3], b=[2, 2, 2])
        assert PairTrends().compute(real, flat, Schema((A, B)), RNG).value == pytest.approx(0.5)

    def test_contingency_by_hand(self) -> None:
        # Real: half xx, half yy. Other: a quarter of each cell. Distance (1/4 + 1/4 + 1/4 + 1/4) / 2.
        real = table(c=["x", "x", "y", "y"], d=["x", "x", "y", "y"])
        other = table(c=["x", "x", "y", "y"], d=["x", "y", "x", "y"])
        (part,) = PairTrends().compute(real, other, Schema((C, D)), RNG).parts
        assert (part.method, part.value) == ("Contingency similarity", pytest.approx(0.5))

    def test_weak_pairs_do_not_count(self) -> None:
        real = table(c=["x", "x", "y", "y"], d=["x", "y", "x", "y"])
        with pytest.raises(NotApplicable, match="strongly related"):
            PairTrends().compute(real, real, Schema((C, D)), RNG)

    def test_a_number_beside_a_category_is_cut_at_equal_widths(self) -> None:
        np.testing.assert_allclose(equal_width(floats(0, 10, NAN)), np.arange(1, 10))
        assert len(equal_width(floats(3, 3))) == 9
        assert len(equal_width(floats(NAN))) == 0
        real = table(a=[1, 2, 99, 100], c=["x", "x", "y", "y"])
        other = table(a=[1, 2, 99, 100], c=["y", "y", "x", "x"])
        assert PairTrends().compute(real, other, Schema((A, C)), RNG).value == 0.0


class TestPairShapes:
    def test_by_hand(self) -> None:
        real = table(c=["x", "x", "y", "y"], d=["x", "y", "x", "y"])
        other = table(c=["x", "x", "y", "y"], d=["x", "x", "y", "y"])
        (part,) = PairShapes().compute(real, other, Schema((C, D)), RNG).parts
        assert part.value == pytest.approx(0.5)

    def test_gaps_are_a_state(self) -> None:
        real, other = table(c=["x", None], d=["x", None]), table(c=["x", "x"], d=["x", "x"])
        assert PairShapes().compute(real, other, Schema((C, D)), RNG).value == pytest.approx(0.5)

    def test_rare_labels_share_a_state(self) -> None:
        names = [f"l{i:02d}" for i in range(30)]
        real = table(c=names * 3 + names[:25] * 20, d=["x"] * (90 + 500))
        other = real.assign(c=real["c"].replace(names[29], names[28]))
        assert PairShapes().compute(real, other, Schema((C, D)), RNG).value == 1.0


class TestMissing:
    def test_by_hand(self) -> None:
        # Real patterns: none 2/4, both 2/4. Other: none 1/4, a 1/4, b 1/4, both 1/4.
        real = table(a=[1, 1, None, None], b=[1, 1, None, None])
        other = table(a=[1, None, 1, None], b=[1, 1, None, None])
        found = MissingSimilarity().compute(real, other, Schema((A, B)), RNG)
        assert found.value == pytest.approx(0.5)
        assert [part.value for part in found.parts] == [1.0, 1.0]

    def test_columns_that_are_made_up_count(self) -> None:
        schema = Schema((Column("c", Kind.IDENTIFIER),))
        assert MissingSimilarity().compute(table(c=["x", None]), table(c=["x", "y"]), schema, RNG).value == 0.5

    def test_nothing_missing(self) -> None:
        with pytest.raises(NotApplicable, match="no value is missing"):
            MissingSimilarity().compute(table(a=[1]), table(a=[2]), Schema((A,)), RNG)


class TestOverall:
    def test_is_the_average(self) -> None:
        schema = Schema((A, B))
        real, other = table(a=[1, 2, 3], b=[1, 2, 3]), table(a=[1, 2, 3], b=[3, 2, 1])
        assert Overall().compute(real, other, schema, RNG).value == pytest.approx((1.0 + 0.0) / 2)

    def test_without_related_pairs_it_is_the_shapes(self) -> None:
        real = table(a=[1, 2, 3, 4])
        found = Overall().compute(real, table(a=[3, 4, 5, 6]), Schema((A,)), RNG)
        assert found.value == 0.5
        assert [part.method for part in found.parts] == ["Column shapes"]

    def test_nothing_to_measure(self) -> None:
        with pytest.raises(NotApplicable):
            Overall().compute(table(c=["k"]), table(c=["k"]), Schema((Column("c", Kind.TEXT),)), RNG)


class TestColumns:
    def test_codes_mean_the_same_everywhere(self) -> None:
        first, second = (pd.Series(v, dtype="str") for v in (["b", None, "a"], ["c", "b", "b"]))
        (left, right), k = columns.codes(first, second)
        assert (left.tolist(), right.tolist(), k) == ([1, -1, 0], [2, 1, 1], 3)

    def test_dates_are_microseconds(self) -> None:
        for unit in ("s", "us", "ns"):
            days = pd.Series(["1970-01-02", None], dtype="datetime64[us]").astype(f"datetime64[{unit}]")
            np.testing.assert_array_equal(columns.numbers(days), floats(86_400e6, NAN))
        zoned = pd.Series(["1970-01-02"], dtype="datetime64[us]").dt.tz_localize("UTC").dt.tz_convert("Asia/Tokyo")
        assert columns.numbers(zoned).tolist() == [86_400e6]

    def test_sparse_cross_tables_are_counted_alike(self) -> None:
        rng = np.random.default_rng(0)
        first = [(rng.integers(0, 50, 400), 50) for _ in range(2)]
        second = [(rng.integers(0, 50, 400), 50) for _ in range(2)]
        (dense, _), (few, k) = columns.cells(first, second), columns.cells(first, second, dense=10)
        assert k <= 800
        like = [tv_complement(*found, 2_500).value for found in (dense, few)]
        assert like[0] == pytest.approx(like[1])
