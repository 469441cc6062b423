"""Two columns together: cells that hold every row once, the same in both tables, and quantiles by label."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from engine.errors import NotApplicable
from engine.evaluation.joint import LABELS, JointComparison, compare_pair
from engine.table.schema import Column, Kind, NumberFormat
from tests.engine.tables import CLUB, club

TABLES = CLUB.parse(club(300)), CLUB.parse(club(200, seed=1))


def of(first: str, second: str) -> JointComparison:
    return compare_pair(*TABLES, (CLUB[first], CLUB[second]), np.random.default_rng(0))


@pytest.mark.parametrize(("first", "second"), [("age", "fee"), ("city", "age"), ("active", "city"), ("joined", "fee")])
def test_every_row_with_both_values_is_in_one_cell(first: str, second: str) -> None:
    found = of(first, second)
    for table, side in zip(TABLES, found.sides.values(), strict=True):
        assert side.rows == side.counts.sum() == len(table[[first, second]].dropna())
        assert side.counts.shape == (found.y.size, found.x.size)


def test_a_number_is_x_whatever_the_order() -> None:
    assert [of("city", "age").x.name, of("age", "city").x.name] == ["age", "age"]


def test_labels_are_counted_as_a_cross_table() -> None:
    """Booleans, too, which the source writes as “no” and “yes”."""
    found, table = of("active", "city"), TABLES[0]
    expected = pd.crosstab(table["city"], table["active"].map({True: "yes", False: "no"}))
    for j, city in enumerate(found.y.column.labels):
        for i, active in enumerate(found.x.column.labels):
            assert found.real.counts[j, i] == expected.loc[city, active]


def test_quantiles_by_label() -> None:
    found, table = of("city", "fee"), TABLES[1]
    assert found.synthetic.quantiles is not None
    for row, city in zip(found.synthetic.quantiles, found.y.column.labels, strict=True):
        assert row[2] == pytest.approx(table.loc[table["city"] == city, "fee"].astype(float).median())
        assert list(row) == sorted(row)


def test_as_many_points_of_each_table_and_the_same_for_the_same_seed() -> None:
    first, again = of("age", "fee"), of("age", "fee")
    assert first.real.points is not None
    assert first.synthetic.points is not None
    assert first.real.points.shape == first.synthetic.points.shape == (first.synthetic.rows, 2)
    np.testing.assert_array_equal(first.real.points, again.real.points)
    rows = {tuple(row) for row in TABLES[0][["age", "fee"]].dropna().astype(float).to_numpy()}
    assert {tuple(row) for row in first.real.points} <= rows


def test_values_that_many_share_have_a_cell_of_their_own() -> None:
    amounts = pd.Series([0.0] * 50 + [float(i) for i in range(1, 251)])
    table = pd.DataFrame({"amount": amounts, "x": np.arange(300.0)})
    pair = tuple(Column(name, Kind.DECIMAL, number=NumberFormat(1)) for name in table)
    found = compare_pair(table, table, pair, np.random.default_rng(0))  # type: ignore[arg-type]
    assert found.x.column.atoms == (0.0,)
    assert found.real.counts[:, 0].sum() == 50
    assert found.real.counts.sum() == 300


def test_rare_labels_share_a_cell_also_those_that_only_one_table_has() -> None:
    k = LABELS + 5
    real = pd.DataFrame({"shop": [f"s{i:02}" for i in range(k) for _ in range(k - i)]}, dtype="str")
    made = pd.DataFrame({"shop": ["new"] * 7 + ["s00"] * 3}, dtype="str")
    for table in (real, made):
        table["x"] = np.arange(float(len(table)))
    pair = Column("shop", Kind.CATEGORICAL), Column("x", Kind.DECIMAL, number=NumberFormat(1))
    found = compare_pair(real, made, pair, np.random.default_rng(0))
    assert found.y.size == LABELS + 1
    assert found.synthetic.counts.sum(axis=1)[[0, -1]].tolist() == [3, 7]


def test_no_row_with_both_values() -> None:
    table = pd.DataFrame({"a": [1.0, np.nan], "b": [np.nan, 2.0]})
    pair = tuple(Column(name, Kind.DECIMAL, number=NumberFormat(1)) for name in table)
    with pytest.raises(NotApplicable, match="real table has a value in both"):
        compare_pair(table, table, pair, np.random.default_rng(0))  # type: ignore[arg-type]
    with pytest.raises(NotApplicable, match="made up anew"):
        compare_pair(*TABLES, (CLUB["e-mail"], CLUB["age"]), np.random.default_rng(0))
