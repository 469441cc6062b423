"""Rules as text: what they mean, and that no text does anything but be read or refused."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from engine import constraints
from engine.constraints import grammar
from engine.errors import ConstraintError
from engine.table.schema import Column, DateFormat, Kind, NumberFormat, Schema

SCHEMA = Schema(
    (
        Column("a", Kind.INTEGER, number=NumberFormat()),
        Column("b", Kind.DECIMAL, number=NumberFormat(2)),
        Column("word", Kind.CATEGORICAL),
        Column("vip", Kind.BOOLEAN, labels=("no", "yes")),
        Column("day", Kind.DATETIME, date=DateFormat("%d.%m.%Y", "D")),
        Column("at", Kind.DATETIME, date=DateFormat("%Y-%m-%dT%H:%M%:z", "m", "Europe/Berlin")),
    )
)
TABLE = SCHEMA.parse(
    pd.DataFrame(
        {
            "a": ["1", "2", "", "-4"],
            "b": ["0.1", "2.5", "3", ""],
            "word": ["x", "3", "", "it's"],
            "vip": ["yes", "no", "", "yes"],
            "day": ["05.01.2024", "29.02.2024", "", "31.12.2023"],
            "at": ["2024-01-01T00:30+01:00", "2024-07-01T12:00+02:00", "", "2023-12-31T23:30+01:00"],
        },
        dtype="str",
    )
)


def holding(text: str) -> str:
    """For each row: t where the rule holds, f where it breaks it."""
    rule = constraints.parse_rule(text, SCHEMA)
    return "".join("f" if wrong else "t" for wrong in constraints.breaking(rule, TABLE, SCHEMA))


@pytest.mark.parametrize(
    ("text", "rows"),
    [
        ("a > 1", "fttf"),
        ("a + b > 2", "fttt"),
        ("a * 2 - 1 = 3 or a = 1", "tttf"),
        ("a / 0 = 1", "tttt"),  # no number, so nothing is known
        ("a % 2 = 0", "fttt"),
        ("b + 0.2 = 0.3", "tfft"),  # up to rounding
        ("-a < 0", "tttf"),
        ("not a > 1", "tftt"),
        ("not not a > 1", "fttf"),
        ("a > 1 and b > 1", "fttf"),
        ("a > 1 or b > 1", "fttt"),
        ("0 < a < 2", "tftf"),
        ("a in (1, 2)", "tttf"),
        ("a not in (1, 2)", "fftt"),
        ("a is missing", "fftf"),
        ("a is not missing", "ttft"),
        ("if a is missing then b is missing", "ttft"),
        ("if a > 1 then b > 2 else b > 5", "fttt"),
        ("word = 'x'", "tftf"),
        ('word != "x"', "fttt"),
        ("word = 3", "fttf"),
        ("word in ('x', 'it''s')", "tftt"),
        ("length(word) = 1", "tttf"),
        ("vip", "tftt"),
        ("vip = true", "tftt"),
        ("vip = 'yes'", "tftt"),
        ("not vip", "fttf"),
        ("day >= 2024-01-05", "tttf"),
        ("day = '29.02.2024'", "fttf"),
        ("year(day) = 2024 and month(day) < 2", "tftf"),
        ("day(day) = 31", "fftt"),
        ("day + 30 >= 2024-02-01", "tttf"),
        ("2024-03-01 - day <= 30", "fttf"),
        ("year(at) = 2024", "tttf"),  # on the column's own clock
        ("at >= 2024-01-01", "tttf"),
        ("at >= 2023-12-31T23:00Z", "tttf"),
        ("at >= 2024-01-01T00:30", "tttf"),
        ("abs(a) > 1", "fttt"),
        ("max(a, b, 2) = 2", "tftt"),
        ("min(a, b) < 1", "tftt"),
        ("round(b) = 2", "ftft"),
        ("round(b, 1) = 2.5", "ftft"),
        ("max(day, 2024-01-01) = day", "tttf"),
        ("`a` = 1 OR a = 2", "tttf"),
        ("((a)) > ((1))", "fttf"),
        ("a > 1e0", "fttf"),
    ],
)
def test_what_a_rule_means(text: str, rows: str) -> None:
    assert holding(text) == rows


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("", "is empty"),
        ("a >", "character 4: the rule ends"),
        ("a > > 1", "character 5"),
        ("a ! 1", "character 3: “!” has no meaning"),
        ("a = 1 b", "character 7: “b” is not expected"),
        ("c = 1", "character 1: there is no column “c”"),
        ("a = 'x'", "character 5: a number is compared with text"),
        ("word < 'x'", "has no order"),
        ("day < 5", "character 7: a date is compared with a number"),
        ("day = 2024-02-30", "no date"),
        ("day = 'soon'", "no value of column “day”"),
        ("vip = 'perhaps'", "no value of column “vip”"),
        ("day < at", "time zone"),
        ("a + word > 1", "character 5: “\\+” needs numbers or dates"),
        ("day * 2 = day", "cannot join"),
        ("a and b > 1", "“and” needs a truth value"),
        ("a + 1", "true or false in every row"),
        ("word = 'x", "character 8: the text that begins here has no end"),
        ("`a > 1", "the name that begins here has no end"),
        ("if a > 1 b > 1", "“then” after “if” is expected"),
        ("a is 3", "“missing” after “is”"),
        ("a in 3", "before a list"),
        ("then > 3", "between backticks"),
        ("1a > 3", "no number"),
        ("round(b, a) = 1", "number of decimals"),
        ("min(a) = 1", "does not take 1 values"),
        ("length(a) = 1", "needs text"),
        ("1 = 1", "speaks of no column"),
        ("unique(a + 1)", "takes names of columns"),
        ("unique(nobody)", "no column “nobody”"),
        ("matches(word)", "write it like"),
        ("matches(word, a)", "write it like"),
        ("a > 1" + "0" * 50, "too large or too long"),
        ("a > 1e999", "too large or too long"),
        ("(" * 40 + "a" + ")" * 40 + " > 1", "30 deep at most"),
        (" + ".join("a" * 50) + " > 1", "30 links at most"),
        (" or ".join(["a>1"] * 130), "300 parts at most"),
        ("a > 1 or " * 120 + "a > 1", "1,000 characters at most"),
    ],
)
def test_what_cannot_be_read_is_told_with_its_place(text: str, says: str) -> None:
    with pytest.raises(ConstraintError, match=says):
        constraints.parse_rule(text, SCHEMA)


@pytest.mark.parametrize(
    "text",
    [
        "__import__('os').system('true') = 0",
        "a.__class__ = 1",
        "a ** 9 ** 9 > 1",
        "a[0] = 1",
        "open('/etc/passwd') = 1",
        "(lambda: 1)() = 1",
        "eval('a') = 1",
        "[x for x in a] = 1",
        "a = 1; b = 2",
        "a := 1",
        "f'{a}' = '1'",
        "a = 1 if a else 2",
        "getattr(a, 'x') = 1",
        "a @ b = 1",
        "a << 9 = 1",
        "a = 1\x00",
    ],
)
def test_programs_are_refused(text: str) -> None:
    with pytest.raises(ConstraintError):
        constraints.parse_rule(text, SCHEMA)


WORDS = "a b word vip day at and or not in is missing if then else true abs( min( round( length( year( unique( __x__"
SIGNS = "( ) , + - * / % = != < <= > >= . ; ` ' 1 2.5 -1 .5 2024-01-05 'x' `a` matches( one_to_one("
PIECES = st.sampled_from([*WORDS.split(), *SIGNS.split()])


@settings(max_examples=120, deadline=None)
@given(st.one_of(st.text(max_size=60), st.lists(PIECES, max_size=14).map(" ".join)))
def test_any_text_is_read_or_refused(text: str) -> None:
    try:
        rule = constraints.parse_rule(text, SCHEMA)
    except ConstraintError:
        return
    mask = constraints.breaking(rule, TABLE, SCHEMA)  # what is accepted never fails on a table
    assert mask.shape == (len(TABLE),)
    assert mask.dtype == np.bool_
    again = constraints.parse_rule(constraints.write_rule(rule, SCHEMA), SCHEMA)
    assert constraints.breaking(again, TABLE, SCHEMA).tolist() == mask.tolist()


def leaves() -> st.SearchStrategy[str]:
    numbers = st.integers(0, 9).map(str)
    return st.one_of(numbers, st.sampled_from(["a", "b"]))


def sums() -> st.SearchStrategy[str]:
    return st.recursive(
        leaves(),
        lambda inner: st.tuples(inner, st.sampled_from("+-*"), inner).map(lambda t: f"({t[0]} {t[1]} {t[2]})"),
        max_leaves=6,
    )


@settings(max_examples=30, deadline=None)
@given(sums(), st.sampled_from(["<", "<=", "=", "!=", ">", ">="]), sums())
def test_arithmetic_is_that_of_numbers(left: str, sign: str, right: str) -> None:
    root = grammar.parse(f"{left} {sign} {right}")
    assert isinstance(root, grammar.Compare)
    if "a" not in left + right and "b" not in left + right:
        return
    python = {"=": "==", "!=": "!="}.get(sign, sign)
    row = {"a": 2, "b": 2.5}  # the second row, where nothing is missing
    wanted = eval(f"({left}) {python} ({right})", {}, row)  # made of digits, a, b and signs only
    rule = constraints.parse_rule(f"({left} {sign} {right}) and (a = a)", SCHEMA)
    assert bool(constraints.breaking(rule, TABLE, SCHEMA)[1]) is not wanted


@pytest.mark.parametrize(
    ("text", "kind", "columns", "options"),
    [
        ("a > 0", "range", ("a",), {"low": 0, "open_low": True}),
        ("-1.5 <= b", "range", ("b",), {"low": -1.5}),
        ("1 < a <= 9", "range", ("a",), {"low": 1, "open_low": True, "high": 9}),
        ("a > 1 and a <= 9", "range", ("a",), {"low": 1, "open_low": True, "high": 9}),
        ("day >= 2024-01-05", "range", ("day",), {"low": "2024-01-05"}),
        ("a <= b", "order", ("a", "b"), {}),
        ("a > b", "order", ("b", "a"), {"strict": True}),
        ("unique(a, word)", "unique", ("a", "word"), {}),
        ("together(word, vip)", "combinations", ("word", "vip"), {}),
        ("belongs(word, vip)", "combinations", ("word", "vip"), {"functional": True}),
        ("one_to_one(word, a)", "one_to_one", ("word", "a"), {}),
        ("null_together(a, b, word)", "null_together", ("a", "b", "word"), {}),
        (r'matches(word, "\d{2}-""x""")', "pattern", ("word",), {"regex": r'\d{2}-"x"'}),
        ("a > 1 and b > 2", "expression", ("a", "b"), {"text": "a > 1 and b > 2"}),
        ("a = 1", "expression", ("a",), {"text": "a = 1"}),
        ("a + b = 3", "expression", ("a", "b"), {"text": "a + b = 3"}),
    ],
)
def test_a_text_becomes_the_plainest_kind(text: str, kind: str, columns: tuple[str, ...], options: dict) -> None:
    rule = constraints.parse_rule(text, SCHEMA, "repair")
    assert (rule.kind, rule.columns, dict(rule.options), rule.treat) == (kind, columns, options, "repair")


@pytest.mark.parametrize("text", ["x + y = z", "z = x + y", "z - y = x", "x = z - y", "z - x - y = 0 * 1 + z - z"])
def test_sums_are_known_in_any_order(text: str) -> None:
    schema = Schema(tuple(Column(name, Kind.INTEGER) for name in "xyz"))
    rule = constraints.parse_rule(text, schema)
    if rule.kind == "expression":
        assert "*" in text
    else:
        assert (rule.kind, set(rule.columns[:2]), rule.columns[2]) == ("sum", {"x", "y"}, "z")
