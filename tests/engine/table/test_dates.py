"""Dates as text and back in every pattern."""

from __future__ import annotations

import datetime as dt

import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from engine.table import dates
from engine.table.schema import DateFormat

MOMENT = dt.datetime(2024, 1, 5, 14, 7, 9, 123456)


def series(moments: list[dt.datetime], timezone: str | None = None) -> pd.Series:
    naive = pd.Series(moments, dtype="datetime64[us]")
    return naive if timezone is None else naive.dt.tz_localize(timezone)


@pytest.mark.parametrize(
    ("pattern", "cell"),
    [
        ("%Y-%m-%d", "2024-01-05"),
        ("%-d.%-m.%Y", "5.1.2024"),
        ("%m/%d/%y", "01/05/24"),
        ("%d %b %Y", "05 Jan 2024"),
        ("%A, %B %-d, %Y", "Friday, January 5, 2024"),
        ("%a %H:%M", "Fri 14:07"),
        ("%Y%m%d", "20240105"),
        ("%-I:%M %p", "2:07 PM"),
        ("%I:%M:%S %P", "02:07:09 pm"),
        ("%Y-%m-%dT%H:%M:%S.%3f", "2024-01-05T14:07:09.123"),
        ("%Y-%m-%d %H:%M:%S.%f", "2024-01-05 14:07:09.123456"),
        ("%H h %M%%", "14 h 07%"),
    ],
)
def test_written(pattern: str, cell: str) -> None:
    assert dates.write(series([MOMENT]), DateFormat(pattern, "us")) == [cell]
    assert dates.writable(pattern)


_PATTERNS = [
    ("%Y-%m-%d", "D"), ("%d.%m.%Y", "D"), ("%-m/%-d/%Y", "D"), ("%d-%b-%Y", "D"), ("%B %-d, %Y", "D"), ("%Y%m%d", "D"),
    ("%Y-%m-%d %H:%M", "m"), ("%Y-%m-%dT%H:%M:%S", "s"), ("%m/%d/%Y %I:%M:%S %p", "s"),
    ("%Y-%m-%d %H:%M:%S.%3f", "ms"), ("%Y-%m-%d %H:%M:%S.%f", "us"),
    ("epoch:s", "s"), ("epoch:ms", "ms"), ("epoch:us", "us"), ("epoch:ns", "us"),
]  # fmt: skip


@settings(deadline=None)
@given(
    st.lists(st.datetimes(dt.datetime(1700, 1, 1), dt.datetime(2250, 1, 1)), min_size=1, max_size=10),
    st.sampled_from(_PATTERNS),
)
def test_every_pattern_is_its_own_inverse(moments: list[dt.datetime], form: tuple[str, str]) -> None:
    fmt = DateFormat(*form)
    coarse = series(moments).to_numpy().astype(f"M8[{form[1]}]").astype("M8[us]")
    found = dates.to_dates(pd.Series(dates.write(pd.Series(coarse), fmt), dtype="str"), fmt)
    assert found.tolist() == pd.Series(coarse).tolist()


@settings(deadline=None)
@given(st.lists(st.datetimes(dt.datetime(1971, 1, 1), dt.datetime(2036, 1, 1)), min_size=1, max_size=10))
@pytest.mark.parametrize("zone", ["Europe/Berlin", "America/New_York", "+05:30", "UTC"])
def test_offsets_tell_every_moment_apart(zone: str, moments: list[dt.datetime]) -> None:
    fmt = DateFormat("%Y-%m-%d %H:%M:%S.%f%z", "us", zone)
    aware = pd.Series(moments, dtype="datetime64[us]").dt.tz_localize("UTC").dt.tz_convert(dates.zone_of(zone))
    found = dates.to_dates(pd.Series(dates.write(aware, fmt), dtype="str"), fmt)
    assert (found == aware).all()


def test_iso_dates_are_read_beside_the_pattern() -> None:
    fmt = DateFormat("%d.%m.%Y")
    found = dates.to_dates(pd.Series(["05.01.2024", "2024-01-06", "2024-01-07T10:00:00", "soon"], dtype="str"), fmt)
    assert found.dt.day.tolist()[:3] == [5, 6, 7]
    assert pd.isna(found[3])


def test_clock_times_that_do_not_exist_move_on() -> None:
    fmt = DateFormat("%Y-%m-%d %H:%M", "m", "Europe/Berlin")
    skipped, doubled = dates.to_dates(pd.Series(["2024-03-31 02:30", "2024-10-27 02:30"], dtype="str"), fmt)
    assert skipped.isoformat() == "2024-03-31T03:00:00+02:00"
    assert doubled.isoformat() == "2024-10-27T02:30:00+02:00"


def test_times_of_day_stand_on_the_first_day_of_1970() -> None:
    found = dates.to_dates(pd.Series(["12:30"], dtype="str"), DateFormat("%H:%M", "m"))
    assert found[0] == pd.Timestamp("1970-01-01 12:30")


@pytest.mark.parametrize(
    ("cells", "unit"),
    [
        (["2020-01-01", "2021-01-01", "2023-01-01"], "Y"),
        (["2020-01-01", "2021-02-01", "2023-01-01"], "M"),
        (["2020-01-01", "2021-02-01"], "D"),
        (["2020-01-01 05:00", "2020-01-02 07:00"], "h"),
        (["2020-01-01 05:00:01"], "s"),
        (["2020-01-01 05:00:01.5"], "ms"),
        ([], "D"),
    ],
)
def test_resolution(cells: list[str], unit: str) -> None:
    assert dates.resolution(pd.Series(pd.to_datetime(cells, format="ISO8601")).astype("datetime64[us]")) == unit


def test_unknown_zones() -> None:
    with pytest.raises(ValueError, match="unknown time zone “Atlantis/Sea”"):
        dates.zone_of("Atlantis/Sea")
