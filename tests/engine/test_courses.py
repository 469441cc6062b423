"""A number over time before training: trend, what comes round, and only the seasons that do."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from engine import charts, courses
from engine.errors import NotApplicable
from engine.table.schema import Column, DateFormat, Kind, NumberFormat, Schema

DAYS = pd.date_range("2018-01-01", periods=1_200, freq="D").astype("M8[us]")
RNG = np.random.default_rng(3)
YEARLY = 10 * np.sin(2 * np.pi * np.arange(1_200) / 365.25)
TABLE = pd.DataFrame(
    {
        "day": DAYS,
        "yearly": YEARLY + RNG.normal(0, 2, 1_200),
        "weekly": np.where(DAYS.day_of_week < 5, 10.0, 0.0) + RNG.normal(0, 1, 1_200),
        "tenfold": np.tile(np.arange(10.0), 120) + RNG.normal(0, 1, 1_200),
        "rising": np.arange(1_200) * 0.02 + RNG.normal(0, 2, 1_200),
        "noise": RNG.normal(0, 2, 1_200),
    }
)
SCHEMA = Schema(
    (
        Column("day", Kind.DATETIME, date=DateFormat()),
        *(Column(n, Kind.DECIMAL, number=NumberFormat(2)) for n in TABLE.columns[1:]),
    )
)


@pytest.mark.parametrize(
    ("column", "seasons", "says", "silent"),
    [
        ("yearly", ["By month"], "comes round every year", "It rises over"),
        ("weekly", ["By day of the week"], "comes round every week", "It falls over"),
        ("tenfold", None, "comes round every 10 rows", "It rises over"),
        ("rising", [], "It rises over", "comes round"),
        ("noise", [], "neither rises nor falls", "comes round"),
    ],
)
def test_what_goes_on_in_a_column_is_found(column: str, seasons: list[str] | None, says: str, silent: str) -> None:
    shuffled = TABLE.sample(frac=1, random_state=1)
    for table in (TABLE, shuffled):
        found = courses.course(table, "day", column)
        assert seasons is None or [season.label for season in found.seasons] == seasons
        told = " ".join(found.found)
        assert says in told
        assert silent not in told


def test_uneven_steps_are_told_and_too_few_rows_refused() -> None:
    uneven = TABLE.iloc[np.sort(RNG.choice(1_200, 100, replace=False))]
    assert "even steps" in " ".join(courses.course(uneven, "day", "yearly").found)
    with pytest.raises(NotApplicable):
        courses.course(TABLE.head(5), "day", "yearly")


def test_only_selected_dates_tell_the_time() -> None:
    assert courses.times(SCHEMA) == ("day",)
    assert courses.times(SCHEMA.select(["yearly"])) == ()


def test_the_charts_draw_the_real_table_alone() -> None:
    found = courses.course(TABLE, "day", "yearly")
    figures = [
        charts.course_figure(found.view, only="real"),
        charts.season_figure(found.view, found.seasons[0], only="real"),
    ]
    assert [[trace.name for trace in figure.data] for figure in figures] == [["Real"], ["Real"]]
