"""The pattern of a column's dates is found from its cells."""

from __future__ import annotations

import datetime as dt
from itertools import product

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from engine.table import dates
from engine.table.dateguess import day_first, guess_date, guess_epoch, swapped
from engine.table.schema import DateFormat

PATTERNS = [
    "%Y-%m-%d", "%Y/%m/%d", "%d.%m.%Y", "%d/%m/%Y", "%m/%d/%Y", "%-m/%-d/%Y", "%d-%m-%y", "%d-%b-%Y", "%d %B %Y",
    "%B %-d, %Y", "%b %d, %Y", "%A, %d %B %Y", "%Y-%b-%d", "%Y%m%d",
    "%Y-%m-%dT%H:%M:%S", "%Y-%m-%dT%H:%M:%SZ", "%Y-%m-%d %H:%M", "%d.%m.%Y %H:%M:%S", "%m/%d/%Y %I:%M %p",
    "%-m/%-d/%Y %-I:%M:%S %P", "%a, %d %b %Y %H:%M:%S GMT", "%Y-%m-%d %H:%M:%S.%3f", "%Y-%m-%dT%H:%M:%S.%f",
    "%Y-%m-%d %H:%M:%S%z", "%Y-%m-%dT%H:%M:%S%:z", "%H:%M:%S", "%-H:%M",
]  # fmt: skip


def guess(cells: list[str]):  # type: ignore[no-untyped-def]
    return guess_date(pd.Series(cells, dtype="str"))


def moments(n: int = 200, seed: int = 0) -> pd.Series:
    seconds = np.random.default_rng(seed).integers(0, 900_000_000, n)
    return pd.Series((seconds * 1_000_000 + seconds % 999_983).astype("M8[us]"))


@pytest.mark.parametrize("pattern", PATTERNS)
def test_every_usual_pattern(pattern: str) -> None:
    zoned = "%z" in pattern or "%:z" in pattern
    source = DateFormat(pattern, "us", "+02:00" if zoned else None)
    shown = moments()
    if zoned:
        shown = shown.dt.tz_localize("UTC").dt.tz_convert(dates.zone_of("+02:00"))
    cells = list(dict.fromkeys(dates.write(shown, source)))
    found = guess(cells)
    assert found is not None
    assert (found.fmt.pattern, found.exact, found.ambiguous) == (pattern, True, False)
    assert dates.write(dates.to_dates(pd.Series(cells, dtype="str"), found.fmt), found.fmt) == cells


@settings(deadline=None)
@given(
    st.lists(
        st.dates(dt.date(1950, 1, 1), dt.date(2049, 12, 31)).map(lambda d: d.isoformat()),
        min_size=3, max_size=30, unique=True,
    ),
    st.sampled_from([p for p in PATTERNS[:14] if "%y" not in p]),
)  # fmt: skip
def test_whatever_is_guessed_writes_the_cells_as_they_were(days: list[str], pattern: str) -> None:
    cells = dates.write(pd.Series(pd.to_datetime(days)).astype("datetime64[us]"), DateFormat(pattern))
    found = guess(cells)
    assert found is not None
    assert found.exact
    assert dates.write(dates.to_dates(pd.Series(cells, dtype="str"), found.fmt), found.fmt) == cells


class TestDaysAndMonths:
    def test_a_thirteenth_month_is_a_day(self) -> None:
        assert guess(["13/01/2024", "05/06/2024"]).fmt.pattern == "%d/%m/%Y"
        assert guess(["01/13/2024", "05/06/2024"]).fmt.pattern == "%m/%d/%Y"

    def test_what_stays_open_is_said_and_follows_habit(self) -> None:
        slashes, dots = guess(["01/02/2024", "05/06/2023"]), guess(["01.02.2024", "05.06.2023"])
        assert slashes.ambiguous
        assert dots.ambiguous
        assert (slashes.fmt.pattern, dots.fmt.pattern) == ("%m/%d/%Y", "%d.%m.%Y")

    def test_days_that_follow_each_other_decide(self) -> None:
        assert guess([f"{d:02d}/02/2024" for d in range(1, 13)]).fmt.pattern == "%d/%m/%Y"

    def test_always_the_same_day_of_many_months(self) -> None:
        cells = [f"01/{m:02d}/{y}" for y in (2022, 2023) for m in range(1, 13)]
        assert guess(cells).fmt == DateFormat("%d/%m/%Y", "M")

    def test_helpers(self) -> None:
        assert swapped("%-d/%m/%Y") == "%-m/%d/%Y"
        assert (day_first("%d/%m/%Y"), day_first("%-m/%-d/%Y"), day_first("%Y-%m-%d")) == (True, False, None)


def test_changing_offsets_point_to_a_place() -> None:
    shown = moments().dt.tz_localize("UTC").dt.tz_convert("Europe/Berlin")
    fmt = DateFormat("%Y-%m-%dT%H:%M:%S%:z", "s", "Europe/Berlin")
    found = guess(dates.write(shown, fmt))
    assert (found.fmt, found.exact) == (fmt, True)


def test_dates_with_and_without_time_of_day() -> None:
    found = guess(["2024-01-05", "2024-01-06 10:30:00"])
    assert found.fmt.pattern == "%Y-%m-%d %H:%M:%S"
    assert not found.exact


def test_an_end_of_time_among_usual_dates() -> None:
    """As databases write “until further notice” and “since ever”."""
    for cells in (["2024-01-05", "2021-12-24", "9999-12-31"], ["05.01.2024", "24.12.2021", "01.01.0001", "31.12.9999"]):
        found = guess(cells)
        assert found.exact
        assert dates.write(dates.to_dates(pd.Series(cells, dtype="str"), found.fmt), found.fmt) == cells


def test_any_year_where_the_days_are_those_of_a_calendar() -> None:
    cells = [f"{1 + 166 * i:04d}-{1 + i % 12:02d}-{1 + i * 5 % 28:02d}" for i in range(60)]
    found = guess(cells)
    assert (found.fmt, found.exact) == (DateFormat("%Y-%m-%d", "D"), True)
    chapters = [
        f"0{part}00-{chapter:02d}-{line:02d}" for part, chapter, line in product((1, 8), range(1, 9), range(1, 6))
    ]
    assert guess(chapters) is None


def test_nanoseconds_are_read_as_microseconds() -> None:
    found = guess(["2024-01-05 10:30:00.123456789", "2024-01-05 10:30:00.123456000"])
    assert found is not None
    assert not found.exact


@pytest.mark.parametrize(
    "cells",
    [
        ["2024-02-30", "2024-01-01"],
        ["13/13/2024"],
        ["1.2.3", "4.5.6"],
        ["2024", "2023"],
        ["25:00", "10:00"],
        ["2024-01-05", "x"],
        ["2024-01-05", "05.01.2024"],
        ["9999-01-01", "0001-01-01"],
        ["May", "June"],
        [],
    ],
)
def test_no_dates(cells: list[str]) -> None:
    assert guess(cells) is None


@pytest.mark.parametrize(("unit", "factor"), [("s", 1), ("ms", 1000), ("us", 10**6), ("ns", 10**9)])
def test_counts_since_1970(unit: str, factor: int) -> None:
    found = guess_epoch(pd.Series([1_600_000_000 * factor, 1_700_000_001 * factor]))
    assert found == DateFormat(f"epoch:{unit}", "s")


def test_counts_outside_living_memory_are_no_dates() -> None:
    assert guess_epoch(pd.Series([5, 1_700_000_000])) is None
