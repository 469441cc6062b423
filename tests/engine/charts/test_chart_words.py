"""Words and numbers as figures write them."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from engine.charts import labels, theme
from engine.evaluation.distributions import compare_column
from engine.table.schema import Column, DateFormat, Kind, NumberFormat


class TestWords:
    @pytest.mark.parametrize(
        ("text", "drawn"),
        [
            ("<b>", "&lt;b&gt;"),
            ("a & b", "a &amp; b"),
            ("&lt;", "&amp;lt;"),
            ("$5", "$5"),
            ("$x$", "$\u2060x$\u2060"),
            ("a\tb\u2028c", "a b c"),
        ],
    )
    def test_safe(self, text: str, drawn: str) -> None:
        assert theme.safe(text) == drawn

    def test_short(self) -> None:
        assert theme.shorten("abcdef", 4) == "abc…"
        assert theme.label(" ") == "(blank)"

    @pytest.mark.parametrize(("share", "text"), [(0.5, "50.0%"), (0.00001, "< 0.1%"), (0.0, "0.0%"), (1.0, "100.0%")])
    def test_percent(self, share: float, text: str) -> None:
        assert theme.percent(share) == text

    def test_numbers(self) -> None:
        assert labels.number(1234.5, 2) == "1,234.50"
        assert labels.number(1234567.0, 0) == "1,234,567"
        assert labels.number(1e300) == "1e+300"

    @pytest.mark.parametrize(
        ("unit", "text"),
        [("D", "2024-05-06"), ("M", "May 2024"), ("Q", "Q2 2024"), ("Y", "2024"), ("h", "2024-05-06 07:00")],
    )
    def test_dates(self, unit: str, text: str) -> None:
        assert labels.stamp(pd.Timestamp("2024-05-06 07:08").value / 1000, unit) == text

    def test_dates_beyond_the_calendar(self) -> None:
        far = float(np.datetime64("12024-05-06", "us").astype(np.int64))
        assert labels.stamp(far) == labels.iso(far)[:10]

    def test_bins(self) -> None:
        column = Column("n", Kind.INTEGER, number=NumberFormat())
        values = pd.Series(range(1_000), dtype="Int64")
        found = compare_column(values, values, column)
        first, second = labels.bin_label(found, 0), labels.bin_label(found, 1)
        assert first.startswith("0 to ")
        assert int(second.split(" to ")[0]) == int(first.split(" to ")[1]) + 1  # no gap, no overlap

    def test_calendar_bins(self) -> None:
        column = Column("t", Kind.DATETIME, date=DateFormat("%Y-%m-%d", "D"))
        values = pd.Series(pd.date_range("2020-01-01", periods=900)).dt.as_unit("us")
        found = compare_column(values, values, column)
        assert labels.bin_label(found, 0) == {"M": "Jan 2020"}.get(found.unit, labels.bin_label(found, 0))

    def test_a_time_of_day_has_no_date(self) -> None:
        for freq, pattern, first in (("30min", "%H:%M", "00:00"), ("12h", "%Y-%m-%d %H:%M", "1970-01-01")):
            times = pd.Series(pd.date_range("1970-01-01", periods=48, freq=freq).astype("M8[us]"))
            column = Column("t", Kind.DATETIME, date=DateFormat(pattern, "m"))
            assert labels.bin_label(compare_column(times, times, column), 0) == first
