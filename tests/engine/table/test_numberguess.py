"""The format of a column's numbers is found from its cells."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from engine.table import numbers
from engine.table.numberguess import guess_number, odd_among_numbers
from engine.table.schema import NumberFormat


def guess(*cells: str):  # type: ignore[no-untyped-def]
    return guess_number(pd.Series(cells, dtype="str"))


@pytest.mark.parametrize(
    ("cells", "fmt", "whole"),
    [
        (["1", "-20", "300"], NumberFormat(), True),
        (["1.0", "2.0"], NumberFormat(1, fixed=True), True),
        (["1.50", "22.25"], NumberFormat(2, fixed=True), False),
        (["18.0", "18.75"], NumberFormat(2, least=1), False),
        (["18", "18.75", "0.5"], NumberFormat(2), False),
        (["1,5", "22,75"], NumberFormat(2, decimal_mark=",", least=1), False),
        (["1.234,50", "12,00"], NumberFormat(2, fixed=True, decimal_mark=",", thousands="."), False),
        (["1,234.50", "12.00"], NumberFormat(2, fixed=True, thousands=","), False),
        (["1,234", "12"], NumberFormat(thousands=","), True),
        (["1.234.567", "12"], NumberFormat(thousands=".", decimal_mark=","), True),
        (["1'234", "12"], NumberFormat(thousands="'"), True),
        (["1 234,5", "12,0"], NumberFormat(1, fixed=True, thousands=" ", decimal_mark=","), False),
        (["$5", "-$7", "$1,000"], NumberFormat(prefix="$", thousands=","), True),
        (["$-5.00", "$7.25"], NumberFormat(2, fixed=True, prefix="$", sign_inside=True), False),
        (["(5.0)", "7.5"], NumberFormat(1, fixed=True, negative="()"), False),
        (["−5", "7"], NumberFormat(negative="−"), True),
        (["45 %", "7 %"], NumberFormat(suffix=" %"), True),
        (["5.5 kg", "7.0 kg"], NumberFormat(1, fixed=True, suffix=" kg"), False),
        (["12 USD", "13 USD"], NumberFormat(suffix=" USD"), True),
        (["+5", "-3"], NumberFormat(plus=True), True),
        ([".5", ".25", "-.125"], NumberFormat(3, bare=True, least=1), False),
        (["1.50e+05", "2.25e-03"], NumberFormat(17, exponent="e", mantissa=2), False),
        (["1e-05", "0.5"], NumberFormat(17, exponent="auto"), False),
        (["007", "012"], NumberFormat(width=3), True),
    ],
)
def test_found(cells: list[str], fmt: NumberFormat, whole: bool) -> None:
    found = guess(*cells)
    assert found is not None
    assert (found.fmt, found.whole, found.exact) == (fmt, whole, True)


@pytest.mark.parametrize(
    "cells",
    [
        ["1", "x"],
        ["$5", "€6"],
        ["12A", "13A2"],
        ["A12", "A13"],
        ["1.2.3", "1.2.4"],
        ["10-12", "3-5"],
        ["5 kg", "6 g"],
        ["1" * 25, "2" * 25],
        ["٣", "٤"],
        ["", "5"],
        [],
    ],
)
def test_no_numbers(cells: list[str]) -> None:
    assert guess(*cells) is None


def test_marks_that_may_mean_either_are_said() -> None:
    assert guess("1,234", "5,678").ambiguous
    assert not guess("1,234", "5,678", "1,234,567").ambiguous
    assert not guess("1,234", "5,67").ambiguous
    assert guess("1,234", "5,67").fmt.decimal_mark == ","
    assert guess("1234", "5,678").fmt.decimal_mark == ","


def test_cells_that_cannot_be_written_as_they_were_are_said() -> None:
    assert not guess("1.5", "1.50").exact
    assert not guess("$5", "6").exact


@settings(deadline=None)
@given(
    st.builds(
        NumberFormat,
        decimals=st.integers(1, 4),
        fixed=st.just(True),
        decimal_mark=st.sampled_from([".", ","]),
        thousands=st.sampled_from(["", "'", " ", "\u202f"]),
        prefix=st.sampled_from(["", "$", "€ ", "US$"]),
        suffix=st.sampled_from(["", "%", " kg", " EUR"]),
        negative=st.sampled_from(["-", "−", "()"]),
    ),
    st.lists(st.integers(-(10**8), 10**8), min_size=12, max_size=40, unique=True),
)
def test_text_comes_back_as_it_was(fmt: NumberFormat, units: list[int]) -> None:
    assume(not (fmt.prefix and fmt.suffix))
    values = numbers.rounded(np.array(units) / 10.0**fmt.decimals, fmt.decimals)
    cells = numbers.write_floats(values, fmt)
    found = guess(*cells)
    assert found is not None
    assert found.exact
    # One mark with three digits behind it may be one of thousands, if nothing speaks against it.
    if not found.ambiguous:
        assert numbers.to_floats(pd.Series(cells, dtype="str"), found.fmt).tolist() == values.tolist()


def test_the_odd_ones_among_numbers() -> None:
    cells = pd.Series([*map(str, range(40)), "n.k."], dtype="str")
    assert odd_among_numbers(cells) == ["n.k."]
    assert odd_among_numbers(pd.Series(["a", "b", "1"], dtype="str")) == []
