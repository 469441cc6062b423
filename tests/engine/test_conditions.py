"""Conditions as text: the grammar with its quotes, and that what is written is read back as the same."""

from __future__ import annotations

import pandas as pd
import pytest

from engine.conditions import Condition, parse_condition, write_condition
from engine.errors import ConditionError
from engine.table.schema import Column, DateFormat, Kind, NumberFormat, Schema

SCHEMA = Schema(
    (
        Column("genre", Kind.CATEGORICAL),
        Column("age", Kind.INTEGER, number=NumberFormat()),
        Column("price", Kind.DECIMAL, number=NumberFormat(2, decimal_mark=",", thousands=".")),
        Column("vip", Kind.BOOLEAN, labels=("no", "yes, always")),
        Column("day", Kind.DATETIME, date=DateFormat("%d.%m.%Y", "D")),
        Column("at", Kind.DATETIME, date=DateFormat("%Y-%m-%dT%H:%M:%S%:z", "s", "Europe/Berlin")),
        Column("a", Kind.CATEGORICAL),
        Column("a=b", Kind.CATEGORICAL),
        Column('<"x">', Kind.INTEGER, number=NumberFormat()),
        Column("age<", Kind.INTEGER, number=NumberFormat()),
    )
)


@pytest.mark.parametrize(
    ("text", "condition"),
    [
        ("genre=drama|crime", Condition("genre", ("drama", "crime"))),
        ('genre="drama|crime"', Condition("genre", ("drama|crime",))),
        ('genre="drama|crime"|war|', Condition("genre", ("drama|crime", "war", None))),
        ('genre="say ""no"""', Condition("genre", ('say "no"',))),
        ('genre=" padded " | war', Condition("genre", (" padded ", "war"))),
        ('genre=12" single', Condition("genre", ('12" single',))),
        ("genre=", Condition("genre", (None,))),
        ('genre=""', Condition("genre", (None,))),
        ("age=30..40", Condition("age", low=30, high=40)),
        ("age=..40", Condition("age", high=40)),
        ("age > 30", Condition("age", low=30, open_low=True)),
        ("price=1.234,5..", Condition("price", low=1234.5)),
        ("day=2024-02-01..", Condition("day", low=pd.Timestamp("2024-02-01"))),
        ("a=b=c", Condition("a=b", ("c",))),
        ('a="b=c"', Condition("a", ("b=c",))),
        ('"a=b"=c', Condition("a=b", ("c",))),
        ('"<""x"">">=5', Condition('<"x">', low=5)),
    ],
)
def test_what_is_written_is_what_is_meant(text: str, condition: Condition) -> None:
    assert parse_condition(text, SCHEMA) == condition


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ('genre="drama|crime', "must end with one"),
        ('genre="drama" and more', "must end with one"),
        ('"nobody"=3', "no column “nobody”"),
        ("age>", "missing behind >"),
        ("age=..", "at least one bound"),
        ("age=40..30", "the range is empty"),
        ("genre", "no condition"),
    ],
)
def test_what_cannot_be_read_is_told(text: str, says: str) -> None:
    with pytest.raises(ConditionError, match=says):
        parse_condition(text, SCHEMA)


@pytest.mark.parametrize(
    ("condition", "text"),
    [
        (Condition("genre", (">50K",)), 'genre=">50K"'),
        (Condition("genre", ("a, b", "drama|crime", 'say "no"', " x ", None)), None),
        (Condition("age", low=30, high=40), "age=30..40"),
        (Condition("price", low=30.0, open_low=True), "price>30"),
        (Condition("age", high=-4), '"age"<=-4'),  # there is a column “age<” too
        (Condition("age", high=-4, open_high=True), None),
        (Condition("age<", high=-4, open_high=True), '"age<"<-4'),
        (Condition("price", low=1234.5, high=1_000_000.0), "price=1234.5..1000000"),
        (Condition("price", low=1.234), "price>=1,234"),  # in this column a plain 1.234 is more than a thousand
        (Condition("price", low=1e-5, high=1e300), None),
        (Condition("vip", (True,)), 'vip="yes, always"'),
        (Condition("vip", (False, None)), "vip=no|"),
        (Condition("day", low=pd.Timestamp("2024-02-01"), high=pd.Timestamp("2024-02-02 12:00")), None),
        (Condition("day", high=pd.Timestamp("2024-02-01")), "day<=2024-02-01"),
        (Condition("at", low=pd.Timestamp("2024-10-27 02:30+02:00").tz_convert("Europe/Berlin")), None),  # twice a year
        (Condition("at", low=pd.Timestamp("2024-10-27 02:30+01:00").tz_convert("Europe/Berlin")), None),
        (Condition("a", ("b=c",)), 'a="b=c"'),
        (Condition("a=b", ("c",)), '"a=b"=c'),
        (Condition('<"x">', low=5), None),
    ],
)
def test_a_condition_comes_back_from_its_text(condition: Condition, text: str | None) -> None:
    written = write_condition(condition, SCHEMA)
    assert text is None or written == text
    assert parse_condition(written, SCHEMA) == condition
