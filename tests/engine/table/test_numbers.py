"""Numbers as text and back in every format."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from engine.table import numbers
from engine.table.schema import NumberFormat

FORMATS = [
    (NumberFormat(2, fixed=True), [1.5, -1234.25, 0.0], ["1.50", "-1234.25", "0.00"]),
    (NumberFormat(2, least=1), [18.0, 18.75, -0.5], ["18.0", "18.75", "-0.5"]),
    (NumberFormat(2, fixed=True, decimal_mark=",", thousands=".", suffix=" €"), [1234567.5], ["1.234.567,50 €"]),
    (NumberFormat(2, fixed=True, thousands=",", prefix="$", negative="()"), [-1234.5, 2.0], ["($1,234.50)", "$2.00"]),
    (NumberFormat(1, prefix="$", sign_inside=True), [-1.5], ["$-1.5"]),
    (NumberFormat(1, fixed=True, negative="−"), [-1.5], ["−1.5"]),
    (NumberFormat(1, fixed=True, plus=True), [1.5, -1.5, 0.0], ["+1.5", "-1.5", "0.0"]),
    (NumberFormat(3, fixed=True, bare=True), [0.125, -0.5, 2.0], [".125", "-.500", "2.000"]),
    (NumberFormat(17, exponent="e", mantissa=2), [150000.0, -0.00125], ["1.50e+05", "-1.25e-03"]),
    (NumberFormat(17, exponent="auto", least=1), [1e-05, 0.5, 2.0], ["1e-05", "0.5", "2.0"]),
    (NumberFormat(1, fixed=True, suffix="%"), [45.5], ["45.5%"]),
    (NumberFormat(0, width=5), [7.0], ["00007"]),
]


@pytest.mark.parametrize(("fmt", "values", "cells"), FORMATS)
def test_written_and_read_back(fmt: NumberFormat, values: list[float], cells: list[str]) -> None:
    assert numbers.write_floats(np.array(values), fmt) == cells
    assert numbers.to_floats(pd.Series(cells, dtype="str"), fmt).tolist() == values


@settings(deadline=None)
@given(
    st.builds(
        NumberFormat,
        decimals=st.integers(1, 6),
        fixed=st.booleans(),
        decimal_mark=st.just("."),
        thousands=st.sampled_from(["", ",", "'", " "]),
        prefix=st.sampled_from(["", "$", "€ "]),
        suffix=st.sampled_from(["", "%", " kg"]),
        plus=st.booleans(),
        negative=st.sampled_from(["-", "−", "()"]),
        sign_inside=st.booleans(),
        bare=st.booleans(),
    ),
    st.lists(st.integers(-(10**9), 10**9), min_size=1, max_size=20),
)
def test_every_format_is_its_own_inverse(fmt: NumberFormat, units: list[int]) -> None:
    values = numbers.rounded(np.array(units) / 10.0**fmt.decimals, fmt.decimals)
    cells = numbers.write_floats(values, fmt)
    assert numbers.to_floats(pd.Series(cells, dtype="str"), fmt).tolist() == values.tolist()


@settings(deadline=None)
@given(st.lists(st.integers(-(2**63), 2**63 - 1), min_size=1, max_size=20), st.sampled_from(["", ",", ".", " "]))
def test_whole_numbers_of_any_size_stay_exact(values: list[int], thousands: str) -> None:
    fmt = NumberFormat(thousands=thousands, decimal_mark="," if thousands == "." else ".")
    found, fits = numbers.to_integers(pd.Series(numbers.write_integers(values, fmt), dtype="str"), fmt)
    assert fits.all()
    assert found.tolist() == values


def test_what_is_no_number_is_missing() -> None:
    cells = pd.Series(["1", "x", "1.2.3", "", None, "١", "1e999", "(1", "--1", "1,5"], dtype="str")
    assert np.isfinite(numbers.to_floats(cells, NumberFormat())).tolist() == [True] + [False] * 9


def test_signs_are_no_range_of_characters() -> None:
    fmt = NumberFormat(2, prefix="$")
    assert numbers.to_floats(pd.Series(["$12.25", "$-12.25", "5$1"], dtype="str"), fmt)[:2].tolist() == [12.25, -12.25]
    assert np.isnan(numbers.to_floats(pd.Series(["5$1", ".$1", "/$1"], dtype="str"), fmt)).all()


@pytest.mark.parametrize(
    ("cell", "whole"),
    [
        ("12.0", 12),
        ("1e3", 1000),
        ("1.5", None),
        ("1.25e2", 125),
        ("-0", 0),
        ("9" * 30, int("9" * 30)),
        ("1e99999", None),
    ],
)
def test_exact_whole(cell: str, whole: int | None) -> None:
    assert numbers.exact_whole(cell) == whole


def test_absurdly_long_numbers_are_refused_quickly() -> None:
    assert numbers.exact_whole("9" * 100_000) is None


def test_decimals_of() -> None:
    assert numbers.decimals_of(np.array([1.0, 2.0])) == 0
    assert numbers.decimals_of(np.array([1.5, 2.25, np.nan])) == 2
    assert numbers.decimals_of(np.array([1 / 3])) == numbers.FULL
    assert numbers.decimals_of(np.array([])) == 0
