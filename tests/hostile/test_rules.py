"""Rules, given values and forms from anyone: read by a grammar of our own, bounded in length, depth and time."""

from __future__ import annotations

import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from engine import conditions, constraints
from engine.constraints import grammar
from engine.errors import ConstraintError, TwinError
from engine.table.schema import Column, Kind, Schema

SCHEMA = Schema(
    (
        Column("price", Kind.DECIMAL),
        Column("count", Kind.INTEGER),
        Column("day", Kind.DATETIME),
        Column("code", Kind.TEXT),
        Column("city", Kind.CATEGORICAL),
        Column("paid", Kind.BOOLEAN),
        Column("__import__", Kind.INTEGER),
        Column('`odd` "name"', Kind.INTEGER),
    )
)
TABLE = pd.DataFrame(
    {
        "price": [1.0, None, -2.5],
        "count": pd.Series([1, None, 10**15], dtype="Int64"),
        "day": pd.to_datetime(["2024-01-05", None, "1900-01-01"]).astype("datetime64[us]"),
        "code": pd.Series(["AB-1", None, "a" * 30_000 + "!"], dtype="str"),
        "city": pd.Series(["Rome", None, "<b>"], dtype="str"),
        "paid": pd.Series([True, None, False], dtype="boolean"),
        "__import__": pd.Series([1, 2, None], dtype="Int64"),
        '`odd` "name"': pd.Series([1, 2, None], dtype="Int64"),
    }
)
PROGRAMS = (
    "__import__('os').system('id') = 0",
    '__import__("os") = 1',
    "price.__class__ = 1",
    "().__class__.__bases__[0] = 1",
    "(lambda: 1)() = 1",
    "[x for x in price] = 1",
    "price if count else day",
    "open('/etc/passwd') = 1",
    "eval('1') = 1",
    "@count > 1",
    "price > 0; import os",
    "price > 0 # comment",
    "f'{price}' = '1'",
    "price ** 9999 ** 9999 > 1",
    "price := 1",
    "count << 99999 > 1",
    "${price} > 1",
    "{{price}} > 1",
    "price > 0\n__import__('os')",
    "matches(code, code)",
    'matches(code, "a)|(b")',
    "unique(eval)",
)
_VOCABULARY = """
if then else or and not is in missing true false unique matches together abs min max year round
price count day code city paid `price` __import__ eval open 1 0 -5 1e308 1e-308 9e999 .5 2024-01-31 2024-99-99
'' 'x' "y" ( ) , + - * / % = != < <= > >= <> == . [ ] { } ; : @ # $ ` ' "
"""
WORDS = st.sampled_from([*_VOCABULARY.split(), "\\"])


@pytest.mark.parametrize("text", PROGRAMS)
def test_a_program_is_no_rule(text: str) -> None:
    with pytest.raises(ConstraintError) as caught:
        constraints.parse_rule(text, SCHEMA)
    assert "\n" not in str(caught.value) or "\n" in text


@settings(max_examples=400, deadline=None)
@given(st.lists(WORDS, max_size=25).map(" ".join) | st.text(max_size=60))
def test_any_text_is_a_rule_that_can_be_checked_or_a_sentence(text: str) -> None:
    try:
        rule = constraints.parse_rule(text, SCHEMA)
    except ConstraintError:
        return
    assert constraints.breaking(rule, TABLE, SCHEMA).shape == (3,)
    assert constraints.parse_rule(constraints.write_rule(rule, SCHEMA), SCHEMA) == rule


@settings(max_examples=200, deadline=None)
@given(st.lists(WORDS | st.sampled_from([c.name for c in SCHEMA]), max_size=8).map("".join) | st.text(max_size=40))
def test_any_text_is_a_given_value_or_a_sentence(text: str) -> None:
    try:
        condition = conditions.parse_condition(text, SCHEMA)
    except TwinError:
        return
    assert len(condition.holds(TABLE[condition.column])) == 3


@pytest.mark.parametrize(
    "text",
    [
        "(" * 10_000 + "price" + ")" * 10_000,
        "(" * 400 + "price > 0" + ")" * 400,
        "not " * 240 + "paid",
        "-" * 900 + "price > 0",
        "if paid then " * 70 + "paid",
        "price" + " + price" * 120 + " > 0",
        " or ".join(["price > 0"] * 100),
        "price in (" + ",".join("1" for _ in range(480)) + ")",
        "abs(" * 200 + "price" + ")" * 200 + " > 0",
        "price > " + "9" * 500,
        "`" + "a" * 990,
    ],
)
def test_length_depth_and_number_of_parts_are_bounded(text: str) -> None:
    """Read and calculated within the interpreter's own depth, or refused with a sentence."""
    try:
        rule = constraints.parse_rule(text, SCHEMA)
    except ConstraintError:
        return
    assert len(text) <= grammar.MAX_LENGTH
    constraints.breaking(rule, TABLE, SCHEMA)


# Each takes a backtracking matcher longer than the age of the universe on thirty thousand letters.
EXPLODING = (
    "(a+)+$",
    "(a|a)*b",
    "(a*)*c",
    "([a-z]+)*=",
    "(a|aa)+$",
    "(.*)*x",
    "(x+x+)+y",
    "^(([a-z])+.)+[A-Z]([a-z])+$",
)


@pytest.mark.parametrize("regex", EXPLODING)
def test_no_form_takes_longer_than_its_text_is_long(regex: str) -> None:
    rule = constraints.parse_rule(f'matches(code, "{regex}")', SCHEMA)
    assert constraints.breaking(rule, TABLE, SCHEMA)[2]


@pytest.mark.parametrize("regex", ["((a{1,100}){1,100}){1,100}", "a{1,1001}", r"(a)\1", "(?=a)a", "(?<x", "[" * 50])
def test_forms_that_would_take_much_memory_or_look_around_are_refused(regex: str) -> None:
    with pytest.raises(ConstraintError, match=r"cannot be used|characters at most"):
        constraints.parse_rule(f'matches(code, "{regex}")', SCHEMA)
