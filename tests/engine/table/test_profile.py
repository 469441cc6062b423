"""Facts of each column, worked by hand on small tables."""

from __future__ import annotations

import json
from typing import Any

import numpy as np
import pandas as pd
import pytest

from engine.table.profile import ColumnProfile, profile_column, profile_table
from engine.table.schema import Column, DateFormat, Kind, NumberFormat
from tests.contracts.zoo import ZOO
from tests.engine.tables import CLUB, club


def profile(values: list[Any], dtype: str, kind: Kind, **facts: Any) -> ColumnProfile:
    return profile_column(pd.Series(values, dtype=dtype), Column("x", kind, **facts))


def test_whole_numbers() -> None:
    found = profile([1, 2, 2, None, 5], "Int64", Kind.INTEGER)
    assert (found.rows, found.missing, found.distinct) == (5, 1, 3)
    assert (found.minimum, found.maximum, found.mean) == (1, 5, 2.5)
    assert found.std == pytest.approx(np.std([1, 2, 2, 5], ddof=1))
    assert found.quantiles["0.5"] == 2
    assert found.histogram == ((1, 2, 3, 4, 5, 6), (1, 2, 0, 0, 1))
    assert found.top[0] == ("2", 2)


@pytest.mark.parametrize("values", [[2**62], [2**62, 2**62 + 3], [-(2**63), 2**63 - 1]])
def test_whole_numbers_that_no_float_tells_apart_have_a_histogram_too(values: list[int]) -> None:
    found = profile(values, "Int64", Kind.INTEGER, number=NumberFormat())
    assert found.histogram is not None
    assert sum(found.histogram[1]) == len(values)


def test_decimals_show_as_the_source_writes_them() -> None:
    fmt = NumberFormat(2, fixed=True, decimal_mark=",", suffix=" €")
    found = profile([1.5, 1.5, 2.0], "float64", Kind.DECIMAL, number=fmt)
    assert found.top == (("1,50 €", 2), ("2,00 €", 1))
    assert found.histogram is not None
    assert sum(found.histogram[1]) == 3
    assert len(found.histogram[0]) == len(found.histogram[1]) + 1


def test_dates_are_iso_text() -> None:
    days = ["2024-01-01", "2024-01-03", "2024-01-03"]
    found = profile(days, "datetime64[us]", Kind.DATETIME, date=DateFormat("%d.%m.%Y"))
    assert (found.minimum, found.maximum) == ("2024-01-01", "2024-01-03")
    assert found.top[0] == ("03.01.2024", 2)
    assert found.histogram is not None
    assert found.histogram[0][0] == "2024-01-01"
    assert sum(found.histogram[1]) == 3


def test_labels() -> None:
    found = profile(["b", "a", "a", None, "ccc"], "str", Kind.CATEGORICAL)
    assert found.top == (("a", 2), ("b", 1), ("ccc", 1))
    assert found.lengths == (1, 1.5, 3)
    assert found.histogram is found.minimum is found.mean is None


def test_truth_has_its_labels() -> None:
    assert profile([True, False, True], "boolean", Kind.BOOLEAN, labels=("no", "yes")).top == (("yes", 2), ("no", 1))


@pytest.mark.parametrize("kind", [Kind.IDENTIFIER, Kind.PERSONAL, Kind.TEXT])
def test_what_is_made_up_anew_shows_no_value(kind: Kind) -> None:
    found = profile(["secret-1", "secret-2"], "str", kind)
    assert found.top == ()
    assert "secret" not in json.dumps(found.to_json())
    assert found.lengths == (8, 8.0, 8)


def test_keys_show_their_pattern() -> None:
    assert profile(["AB-1", "CD-2"], "str", Kind.IDENTIFIER).pattern == "AA-9"


@pytest.mark.parametrize("value", [-3.5, 0.0, 1e300])
def test_one_value_has_one_bin(value: float) -> None:
    found = profile([value, value], "float64", Kind.DECIMAL, number=NumberFormat(17))
    assert found.histogram == ((value, value), (2,))
    assert found.std == 0


def test_many_whole_numbers_are_binned_evenly() -> None:
    found = profile(list(range(1000)), "Int64", Kind.INTEGER)
    assert found.histogram is not None
    edges, counts = found.histogram
    assert len(set(np.diff(edges))) == 1
    assert all(isinstance(edge, int) for edge in edges)
    assert sum(counts) == 1000


@pytest.mark.parametrize("kind", [Kind.INTEGER, Kind.DECIMAL])
@pytest.mark.parametrize("sign", [1, -1])
def test_a_far_tail_is_one_bin_and_leaves_room_for_the_rest(kind: Kind, sign: int) -> None:
    values = [sign * value for value in [*range(500)] * 2 + [90_000]]
    whole = kind is Kind.INTEGER
    form = None if whole else NumberFormat(1)
    found = profile(values, "Int64" if whole else "float64", kind, number=form)
    assert found.histogram is not None
    edges, counts = found.histogram
    widths = np.diff(edges)
    tail, rest = (-1, slice(0, -1)) if sign > 0 else (0, slice(1, None))
    assert widths[tail] > 80_000
    assert widths[rest].max() < 30
    assert counts[tail] <= 0.011 * len(values)
    assert sum(counts) == len(values)
    assert min(counts[rest]) > 0


def test_numbers_that_span_all_floats_have_one_bin() -> None:
    values = [*np.linspace(-1, 1, 300), 1e308, -1e308]
    found = profile(values, "float64", Kind.DECIMAL, number=NumberFormat(17))
    assert found.histogram == ((-1e308, 1e308), (302,))


@pytest.mark.parametrize("name", ZOO)
def test_every_table_is_profiled_as_plain_json(name: str) -> None:
    animal = ZOO[name]
    found = profile_table(animal.table, animal.schema)
    plain = json.loads(json.dumps(found.to_json(), allow_nan=False))
    assert [c["name"] for c in plain["columns"]] == list(animal.schema.names)
    for column in found.columns:
        known = column.rows - column.missing
        assert column.rows == found.rows == len(animal.table)
        assert (column.distinct == 0) == (known == 0)
        if column.histogram is not None:
            assert sum(column.histogram[1]) == known


def test_an_empty_table() -> None:
    found = profile_table(CLUB.parse(club()).iloc[:0], CLUB)
    assert found.rows == 0
    assert all(c.distinct == c.missing == 0 for c in found.columns)
    json.dumps(found.to_json(), allow_nan=False)


def test_columns_by_name() -> None:
    found = profile_table(CLUB.parse(club()), CLUB)
    assert found["age"].kind is Kind.INTEGER
    assert found["member"].pattern == "AA-9999"
