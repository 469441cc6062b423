"""Figures of single columns, on tables small enough to work out by hand."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from engine.evaluation.base import Metric, Score
from engine.evaluation.calendar import Calendar
from engine.evaluation.commonvalues import CommonValues
from engine.evaluation.coverage import Coverage, of_labels, of_range
from engine.evaluation.intervals import spread
from engine.evaluation.rounding import FINER, ZERO, Rounding, classes
from engine.evaluation.units import ValueDistance, distance
from engine.table.schema import Column, DateFormat, Kind, NumberFormat, Schema

NAN = float("nan")
NUMBER = Column("a", Kind.INTEGER, number=NumberFormat())
PRICE = Column("a", Kind.DECIMAL, number=NumberFormat(2))
LABEL = Column("a", Kind.CATEGORICAL)


def floats(*values: float) -> np.ndarray:
    return np.array(values, dtype=np.float64)


def score(metric: type[Metric], column: Column, real: object, other: object, dtype: str = "float64") -> Score:
    tables = [pd.DataFrame({"a": pd.Series(side, dtype=dtype)}) for side in (real, other)]
    return metric().compute(*tables, Schema((column,)), np.random.default_rng(0))


def dates(*texts: str) -> pd.Series:
    return pd.Series(pd.to_datetime(list(texts)).as_unit("us"))


class TestValueDistance:
    def test_by_hand(self) -> None:
        """Every value one further: 1 apart; the real ones lie 1 from their median 2 on average (2, 1, 0, 1, 1 / 5)."""
        found = distance(floats(0, 1, 2, 3, 3), floats(1, 2, 3, 4, 4))
        assert (found.distance, found.spread) == pytest.approx((1.0, 1.0))
        assert found.like.value == pytest.approx(0.0)
        assert distance(floats(0, 4, 8, NAN), floats(1, 4, 8)).distance == pytest.approx(1 / 3)
        assert distance(floats(0, 4, 8), floats(0, 8)).relative == pytest.approx(4 / 3 / (8 / 3) * 1.0)

    def test_the_unit_is_the_columns_own(self) -> None:
        days = Column("a", Kind.DATETIME, date=DateFormat())
        real, other = dates("2024-01-01", "2024-01-11"), dates("2024-01-02", "2024-01-12")
        part = score(ValueDistance, days, real, other, "datetime64[us]").parts[0]
        assert part.details["distance"] == pytest.approx(1.0)  # days
        assert part.value == pytest.approx(1 - 1 / 5)

    def test_how_far_a_tail_is_counts(self) -> None:
        """Column shapes cannot tell these apart."""
        near = distance(floats(*range(99), 100), floats(*range(99), 110)).like.value
        far = distance(floats(*range(99), 100), floats(*range(99), 1000)).like.value
        assert far < near < 1

    def test_a_constant_real_column(self) -> None:
        assert distance(floats(5, 5), floats(5, 5)).like.value == 1.0
        assert distance(floats(5, 5), floats(5, 6)).like.value == 0.0

    def test_huge_numbers_do_not_overflow(self) -> None:
        found = distance(floats(-1.7e308, 1.7e308), floats(-1.7e308, 1.6e308))
        assert found.relative == pytest.approx(0.05 / 1.7)

    def test_influence_foretells_the_spread(self) -> None:
        rng = np.random.default_rng(3)
        found = [distance(rng.normal(0, 1, 400), rng.normal(0.5, 1.5, 400)).like for _ in range(60)]
        told = np.mean([spread((like.real, like.other)) for like in found])
        assert told == pytest.approx(np.std([like.value for like in found]), rel=0.3)


class TestCoverage:
    def test_by_hand(self) -> None:
        value, details, _ = of_range(floats(0, 5, 10), floats(2, 9, 30))
        assert value == pytest.approx(0.8)
        assert details == pytest.approx({"missed_below": 0.2, "missed_above": 0.0, "outside": 1 / 3})
        value, details, _ = of_labels(np.array([0, 1, 2, -1]), np.array([0, 3, 0]), 4)
        assert value == pytest.approx(1 / 3)
        assert details == {"labels": 3.0, "invented": 1.0}

    def test_the_error_of_labels_foretells_the_spread(self) -> None:
        rng = np.random.default_rng(4)
        shares = 1 / np.arange(1, 101)
        real = np.arange(100)
        drawn = [of_labels(real, rng.choice(100, 150, p=shares / shares.sum()), 100) for _ in range(60)]
        told = float(np.mean([error for _, _, error in drawn]))
        seen = float(np.std([value for value, _, _ in drawn]))
        assert 0.8 * seen < told < 2 * seen

    def test_a_range_that_is_not_met_at_all(self) -> None:
        assert of_range(floats(0, 1), floats(5, 6))[0] == 0.0

    def test_the_part_names_what_is_covered(self) -> None:
        found = score(Coverage, LABEL, ["x", "y"], ["x", "x"], "str")
        assert (found.value, found.parts[0].method) == (0.5, "Category coverage")


class TestCommonValues:
    def test_by_hand(self) -> None:
        """Zero is half of the real values and a quarter of the others; the rest is nowhere frequent."""
        real, other = [0.0] * 8 + list(range(1, 9)), [0.0] * 4 + list(range(1, 13))
        found = score(CommonValues, NUMBER, real, other)
        assert found.value == pytest.approx(0.75)
        assert found.parts[0].details == {"real": 0.5, "other": 0.25}

    def test_a_column_without_frequent_values_is_left_out_with_a_reason(self) -> None:
        table = pd.DataFrame({"a": np.arange(300.0), "b": np.repeat([1.0, 2.0], 150)})
        schema = Schema((NUMBER, Column("b", Kind.INTEGER, number=NumberFormat())))
        found = CommonValues().compute(table, table, schema, np.random.default_rng(0))
        assert [part.columns for part in found.parts] == [("b",)]
        assert ("a", "no value of it is frequent") in found.skipped

    def test_missing_cells_do_not_count(self) -> None:
        assert score(CommonValues, LABEL, ["x"] * 6 + [None] * 6, ["x"] * 6, "str").value == 1.0


class TestRounding:
    def test_classes(self) -> None:
        assert classes(floats(7, 5, 40, 150, 0, NAN), 0).tolist() == [0, 1, 2, 3, ZERO, -1]
        assert classes(floats(1.25, 1.5, 2, 0.001), 2).tolist() == [1, 3, 4, FINER]
        assert classes(floats(1e300, -30), 0).tolist() == [FINER, 2]

    def test_by_hand(self) -> None:
        found = score(Rounding, NUMBER, [10, 20, 30, 41], [10, 21, 32, 43])
        assert found.value == pytest.approx(0.5)
        assert found.parts[0].details == {"real_round": 0.75, "other_round": 0.25}

    def test_decimals_in_use(self) -> None:
        details = score(Rounding, PRICE, [1.0, 2.5, 3.25], [1.11, 2.22, 3.33]).parts[0].details
        assert details["real_decimals"] == pytest.approx(1.0)
        assert details["other_decimals"] == 2.0


class TestCalendar:
    DAYS = Column("a", Kind.DATETIME, date=DateFormat())

    def test_days_of_the_week(self) -> None:
        """Workdays only, against every day: two of seven days too many."""
        every = pd.Series(pd.date_range("2024-01-01", periods=70, unit="us"))
        found = score(
            Calendar, self.DAYS, every[every.dt.day_of_week < 5].reset_index(drop=True), every, "datetime64[us]"
        )
        assert [part.method for part in found.parts] == ["Days of the week"]
        assert found.value == pytest.approx(5 / 7)

    def test_months_where_dates_span_them_and_hours_where_they_have_them(self) -> None:
        hours = Column("a", Kind.DATETIME, date=DateFormat("%Y-%m-%d %H", "h"))
        every = pd.Series(pd.date_range("2020-01-01", periods=300, freq="73h", unit="us"))
        methods = {part.method for part in score(Calendar, hours, every, every, "datetime64[us]").parts}
        assert methods == {"Months", "Days of the week", "Hours"}

    def test_a_few_days_say_nothing(self) -> None:
        from engine.errors import NotApplicable

        few = dates("2024-01-01", "2024-01-05")
        with pytest.raises(NotApplicable, match="span weeks"):
            score(Calendar, self.DAYS, few, few, "datetime64[us]")
