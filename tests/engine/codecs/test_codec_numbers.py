"""Numbers and dates as codes: ranges, steps, the place of values that were never seen, and what people wrote."""

from __future__ import annotations

import math

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from engine.codecs.categorical import BooleanCodec, CategoricalCodec
from engine.codecs.datetimes import DatetimeCodec
from engine.codecs.numeric import FULL, DecimalCodec, IntegerCodec, rounded
from engine.codecs.whole import WholeScale
from engine.errors import DataError
from engine.table.schema import Column, DateFormat, Kind, NumberFormat

INTEGER = Column("n", Kind.INTEGER, number=NumberFormat())


def decimals(digits: int, *values: float) -> DecimalCodec:
    return DecimalCodec(Column("d", Kind.DECIMAL, number=NumberFormat(digits))).fit(pd.Series(values, dtype="float64"))


def integers(*values: int) -> IntegerCodec:
    return IntegerCodec(INTEGER).fit(pd.Series(values, dtype="Int64"))


def moments(*texts: str | None, zone: str | None = None) -> pd.Series:
    found = pd.Series(pd.to_datetime(list(texts), format="ISO8601")).dt.as_unit("us")
    return found if zone is None else found.dt.tz_localize(zone)


def dates(resolution: str, *texts: str | None, zone: str | None = None) -> DatetimeCodec:
    column = Column("t", Kind.DATETIME, date=DateFormat("%Y-%m-%d", resolution, zone))
    return DatetimeCodec(column).fit(moments(*texts, zone=zone))


class TestIntegers:
    def test_codes_are_the_numbers(self) -> None:
        codec = integers(5, -3, 9)
        assert codec.encode(pd.Series([9, None, -3], dtype="Int64")).tolist()[::2] == [9.0, -3.0]
        assert (codec.low, codec.high, codec.step) == (-3, 9, 1.0)

    def test_decoding_rounds_and_stays_inside(self) -> None:
        assert integers(0, 10).decode(np.array([-4.0, 2.4, 2.6, 99.0])).tolist() == [0, 2, 3, 10]

    def test_large_numbers_keep_every_digit(self) -> None:
        """Beyond 2**53, as keys and epoch nanoseconds are, when they lie together."""
        codec = integers(2**62 + 1, 2**62 + 2, 2**62 + 1_001)
        values = pd.Series([2**62 + 1, 2**62 + 1_001, 2**62 + 2], dtype="Int64")
        assert codec.decode(codec.encode(values)).tolist() == values.tolist()

    @pytest.mark.parametrize(
        ("value", "expected"),
        [(4, (4.0, True)), (4.5, (4.0, False)), (-0.5, (-1.0, False)), (10**400, (math.inf, True))],
        ids=["whole", "between", "below", "beyond float64"],
    )
    def test_place(self, value: float, expected: tuple[float, bool]) -> None:
        assert integers(0, 10).place(value) == expected

    def test_place_of_a_long_number_keeps_its_last_digits(self) -> None:
        for value in (2**60 + 505_107, np.int64(2**60 + 505_107)):
            assert integers(2**60, 2**60 + 10**6).place(value) == (505_107.0, True)

    def test_place_of_infinity(self) -> None:
        assert integers(0, 10).place(math.inf) == (math.inf, False)

    @settings(max_examples=100, deadline=None)
    @given(st.lists(st.integers(-(2**63), 2**63 - 1), min_size=1, max_size=20))
    def test_scale_never_leaves_the_range(self, values: list[int]) -> None:
        numbers = np.array(values, dtype=np.int64)
        scale = WholeScale.of(numbers)
        back = scale.to_numbers(scale.to_codes(numbers))
        assert back.min() == numbers.min()
        assert back.max() <= numbers.max()
        if scale.exact:
            np.testing.assert_array_equal(back, numbers)


class TestDecimals:
    def test_the_declared_digits(self) -> None:
        codec = decimals(2, 1.25, 7.5)
        assert (codec.decimals, codec.step) == (2, 0.01)
        assert codec.decode(np.array([1.2567, 3.14159, 99.0])).tolist() == [1.26, 3.14, 7.5]

    def test_more_digits_than_declared_are_seen(self) -> None:
        assert decimals(1, 1.25, 7.5).decimals == 2
        assert decimals(2, 1 / 3).decimals == FULL
        assert decimals(2, 1 / 3).step == 0.0

    def test_numbers_too_large_to_have_such_digits(self) -> None:
        codec = decimals(2, 1e300, -1e300)
        assert codec.decode(np.array([1.2345e299])).tolist() == [1.2345e299]

    @pytest.mark.parametrize(
        ("value", "expected"),
        [(3.14, (3.14, True)), (3.149, (3.14, False)), (-3.149, (-3.15, False)), (9, (9.0, True))],
    )
    def test_place(self, value: float, expected: tuple[float, bool]) -> None:
        assert decimals(2, 1.25, 7.5).place(value) == expected

    def test_place_of_infinity_and_of_numbers_of_any_digits(self) -> None:
        assert decimals(2, 1.25, 7.5).place(math.inf) == (math.inf, False)
        assert decimals(2, 1 / 3).place(0.123456789) == (0.123456789, True)

    def test_snap_gives_what_decode_keeps(self) -> None:
        codec = decimals(1, 0.1, 0.9)
        drawn = np.linspace(-1, 2, 50)
        np.testing.assert_array_equal(codec.snap(drawn), codec.decode(drawn).to_numpy())

    @pytest.mark.parametrize("number", [2.0**53 / 100 + 3, 90_071_992_547_409.92, 1e15 / 3])
    def test_only_numbers_without_such_digits_are_left_as_they_are(self, number: float) -> None:
        """At two decimals float64 tells whole hundredths apart up to 2**53 of them, and rounds what lies below."""
        fits = number * 100 < 2.0**53
        assert rounded(np.array([number]), 2).tolist() == [round(number, 2) if fits else number]
        assert rounded(np.array([12_345_678_901.2345]), 2).tolist() == [12_345_678_901.23]

    def test_an_infinite_number_is_refused_with_its_row(self) -> None:
        with pytest.raises(DataError, match="infinite number in row 3;") as caught:
            decimals(2, 1.0, 2.0, math.inf)
        assert (caught.value.column, caught.value.row) == ("d", 3)

    def test_rounding_leaves_missing(self) -> None:
        assert np.isnan(rounded(np.array([np.nan]), 2)).all()


class TestDates:
    @pytest.mark.parametrize(
        ("resolution", "texts", "codes"),
        [
            ("D", ("1970-01-02", "1969-12-31"), [1, -1]),
            ("M", ("1970-03-01", "1971-01-01"), [2, 12]),
            ("Y", ("1970-01-01", "2024-01-01"), [0, 54]),
            ("m", ("1970-01-01 00:05",), [5]),
            ("ms", ("1970-01-01 00:00:00.250",), [250]),
        ],
    )
    def test_codes_count_the_resolution(self, resolution: str, texts: tuple[str, ...], codes: list[int]) -> None:
        codec = dates(resolution, *texts)
        assert codec.encode(moments(*texts)).tolist() == codes
        assert codec.resolution == resolution

    def test_a_finer_resolution_is_taken_where_values_need_it(self) -> None:
        assert dates("D", "2024-01-01", "2024-01-01 12:30").resolution == "m"
        assert dates("Y", "2024-05-01").resolution == "M"

    def test_decoding_rounds_to_the_resolution(self) -> None:
        codec = dates("D", "2024-01-01", "2024-12-31")
        back = codec.decode(np.array([codec.low + 1.4, codec.high + 50]))
        assert back.astype("str").tolist() == ["2024-01-02", "2024-12-31"]

    def test_days_of_a_zone_begin_at_its_midnight(self) -> None:
        zone = "America/New_York"
        codec = dates("D", "2024-03-09", "2024-03-12", zone=zone)  # the clock moves in between
        every = codec.decode(np.arange(codec.low, codec.high + 1))
        assert (every.dt.hour == 0).all()
        assert len(every) == 4
        assert str(every.dt.tz) == zone

    def test_the_hour_that_comes_twice(self) -> None:
        twice = pd.Series(pd.to_datetime(["2024-10-27 00:30", "2024-10-27 01:30"], utc=True)).dt.as_unit("us")
        twice = twice.dt.tz_convert("Europe/Berlin")  # 02:30 summer time, 02:30 winter time
        column = Column("t", Kind.DATETIME, date=DateFormat("%Y-%m-%d %H:%M", "m", "Europe/Berlin"))
        codec = DatetimeCodec(column).fit(twice)
        assert codec.clock == "utc"
        pd.testing.assert_series_equal(codec.decode(codec.encode(twice)), twice.rename("t"))

    def test_place(self) -> None:
        codec = dates("D", "2024-01-01", "2024-12-31")
        day = codec.low + 9
        assert codec.place("2024-01-10") == (day, True)
        assert codec.place("2024-01-10 15:00") == (day, False)
        assert codec.place(pd.Timestamp("2024-01-10", tz="UTC")) == (day, True)

    def test_place_in_a_zone(self) -> None:
        codec = dates("D", "2024-01-01", "2024-12-31", zone="Asia/Tokyo")
        assert codec.place("2024-01-10") == (codec.low + 9, True)
        assert codec.place(pd.Timestamp("2024-01-09 15:00", tz="UTC")) == (codec.low + 9, True)

    def test_place_of_a_time_that_names_no_zone_is_on_the_column_s_clock(self) -> None:
        codec = dates("m", "2024-01-01 00:00", "2024-12-31 23:59", zone="Europe/Berlin")
        for naive, utc in (
            ("2024-07-01 12:00", "2024-07-01 10:00"),
            ("2024-10-27 02:30", "2024-10-27 00:30"),  # comes twice: the first
            ("2024-03-31 02:30", "2024-03-31 01:00"),  # is skipped: the next there is
        ):
            assert codec.place(naive) == codec.place(pd.Timestamp(utc, tz="UTC")), naive

    def test_a_midnight_that_the_clock_skips(self) -> None:
        """In São Paulo summer time began at midnight: that day's first moment is 01:00."""
        codec = dates("D", "2018-11-03", "2018-11-06", zone="America/Sao_Paulo")
        assert (codec.resolution, codec.clock) == ("D", "wall")
        assert codec.state()["clock"] == "wall"
        every = codec.decode(np.arange(codec.low, codec.high + 1))
        assert every.dt.strftime("%d %H").tolist() == ["03 00", "04 01", "05 00", "06 00"]

    def test_a_day_that_the_zone_begins_twice_begins_the_first_time(self) -> None:
        """In Havana summer time ends at 1:00, so that 00:00 comes twice."""
        codec = dates("D", "2024-11-01", "2024-11-05", zone="America/Havana")
        every = codec.decode(np.arange(codec.low, codec.high + 1))
        assert every.dt.tz_convert("UTC").dt.hour.tolist() == [4, 4, 4, 5, 5]


class TestLabels:
    def test_the_most_frequent_first_then_by_name(self) -> None:
        values = pd.Series(["b", "a", "c", "c", None], dtype="str")
        codec = CategoricalCodec(Column("c", Kind.CATEGORICAL)).fit(values)
        assert codec.labels == ["c", "a", "b"]
        assert codec.counts.tolist() == [2, 1, 1]
        assert codec.decode(np.array([0.4, 1.6, 99.0, -5.0, np.nan])).tolist()[:4] == ["c", "b", "b", "c"]

    def test_labels_that_look_like_gaps(self) -> None:
        values = pd.Series(["nan", "None", "", None], dtype="str")
        codec = CategoricalCodec(Column("c", Kind.CATEGORICAL)).fit(values)
        pd.testing.assert_series_equal(codec.decode(codec.encode(values)), values.rename("c"))
        assert codec.size == 3

    def test_a_hundred_thousand_labels(self) -> None:
        values = pd.Series([f"label {i}" for i in range(100_000)], dtype="str")
        codec = CategoricalCodec(Column("c", Kind.CATEGORICAL)).fit(values)
        assert codec.encode(values).shape == (100_000,)
        assert codec.size == 100_000

    def test_booleans(self) -> None:
        codec = BooleanCodec(Column("b", Kind.BOOLEAN)).fit(pd.Series([True, None, True], dtype="boolean"))
        assert (codec.size, codec.counts.tolist()) == (2, [0, 2])
        assert codec.decode(np.array([0.2, 0.8, -3.0, 7.0])).tolist() == [False, True, False, True]
