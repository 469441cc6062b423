"""Cells as two numbers, worked out by hand."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from engine.privacy.encoding import MISSING, Encoded, encode, ordered
from engine.table.schema import Column, Kind, NumberFormat, Schema

NUMBER = Schema((Column("x", Kind.DECIMAL, number=NumberFormat(1)),))
GAP = [MISSING, 2e4]


def numbers(**sides: list[float]) -> Encoded:
    return encode({name: NUMBER.parse(pd.DataFrame({"x": values})) for name, values in sides.items()}, NUMBER)


def test_ranks_are_the_mean_of_the_mid_ranks_in_both_tables() -> None:
    """Of 2 in 1, 2, 2, 3: one below, two equal, so (1 + 3) / 8; in 0, 2: one below, one equal, so (1 + 2) / 4."""
    found = numbers(synthetic=[1, 2, 2, 3], reference=[0, 2], pool=[2, -5, 9, 1])
    assert found["pool"][0, 0].tolist() == [(4 / 8 + 3 / 4) / 2, 0.0, 1.0, (1 / 8 + 2 / 4) / 2]


def test_a_table_without_known_values_does_not_count() -> None:
    found = numbers(synthetic=[1, 2, 3, 4], reference=[np.nan, np.nan], pool=[2, np.nan])
    assert found["pool"][0, 0].tolist() == [3 / 8, MISSING]
    assert found["pool"][0, 1, 1] == 2e4


def test_a_column_without_known_values_is_all_gaps() -> None:
    found = numbers(synthetic=[np.nan], reference=[np.nan, np.nan], pool=[np.nan, 1.0])
    assert found["pool"][0].T.tolist() == [GAP, [0.0, 0.0]]


def test_evenly_spread_values_fill_a_length_of_one() -> None:
    values = list(np.arange(0.0, 1_000.0))
    found = numbers(synthetic=values, reference=values, pool=[0, 500, 999, 1e9, -1e9])
    assert found["pool"][0, 1, :3].tolist() == pytest.approx([-0.5, 0, 0.5], abs=0.005)
    assert found["pool"][0, 1, 3:].tolist() == [1e4, -1e4]  # far, and no farther


def test_the_unit_is_the_mean_of_both_tables() -> None:
    """Standard deviations of 1 and 3: the unit is twice the root of 12, and 0 the mean of the upper middles 1 and 3."""
    found = numbers(synthetic=[-1, 1] * 50, reference=[-3, 3] * 50, pool=[2, 4])
    assert np.diff(found["pool"][0, 1])[0] == pytest.approx(2 / (2 * np.sqrt(12)))
    assert found["pool"][0, 1, 0] == 0


def test_a_few_outliers_do_not_set_the_unit_but_where_all_others_are_equal_they_do() -> None:
    spread = list(np.tile([0.0, 1.0], 500))
    plain = np.diff(numbers(synthetic=spread, reference=spread, pool=[0, 1])["pool"][0, 1])[0]
    wild = np.diff(numbers(synthetic=[*spread, 1e9], reference=spread, pool=[0, 1])["pool"][0, 1])[0]
    assert wild == pytest.approx(plain, rel=0.01)
    flat = [0.0] * 999
    found = numbers(synthetic=[*flat, 10.0], reference=[*flat, 10.0], pool=[0, 10])["pool"][0, 1]
    assert np.diff(found)[0] == pytest.approx(10 / np.std([*flat, 10.0]) / np.sqrt(12))


def test_where_all_values_are_equal_ranks_stand_for_values() -> None:
    found = numbers(synthetic=[5, 5], reference=[5], pool=[5, 6, np.nan])
    assert found["pool"][0].T.tolist() == [[0.5, 0.5], [1, 1], GAP]


def test_labels_have_one_code_in_all_tables_and_gaps_none() -> None:
    schema = Schema((Column("t", Kind.CATEGORICAL), Column("id", Kind.IDENTIFIER), *NUMBER))
    sides = {"synthetic": ["a", "c"], "reference": ["c", None], "pool": ["b", "a"]}
    tables = {k: schema.parse(pd.DataFrame({"t": v, "id": ["1", "2"], "x": [1.0, 2.0]})) for k, v in sides.items()}
    found = encode(tables, schema)
    assert (found.names, found.numeric) == (("t", "x"), (False, True))
    assert found["synthetic"][0].tolist() == [[0, 2], [0, 2]]
    assert found["reference"][0].tolist() == [[2, -1], [2, -1]]
    assert found["pool"][0].tolist() == [[1, 0], [1, 0]]
    assert all(table.dtype == np.float32 for table in found.tables.values())


def test_the_pool_is_members_then_controls() -> None:
    tables = {"members": np.zeros((1, 2, 3), np.float32), "controls": np.ones((1, 2, 2), np.float32)}
    assert Encoded(("x",), (True,), tables).pool[0].tolist() == [[0, 0, 0, 1, 1]] * 2


class TestOrdered:
    rows = np.random.default_rng(0).integers(0, 50, (3, 2, 200)).astype(np.float32)

    def test_every_row_once(self) -> None:
        assert sorted(ordered(self.rows)) == list(range(200))

    def test_all_columns_count_and_where_they_stand(self) -> None:
        """Rows that differ in one column alone, or hold the same numbers in other columns, have places of their own."""
        one = np.zeros((2, 2, 4), np.float32)
        one[0, 0], one[1, 0] = [1, 2, 1, 2], [2, 1, 1, 2]
        for moved in ([0, 1, 2, 3], [3, 2, 1, 0], [1, 0, 3, 2]):
            there = one[..., moved]
            assert np.array_equal(there[..., ordered(there)], one[..., ordered(one)])

    def test_some_rows_alone_stand_as_they_do_in_a_table_of_their_own(self) -> None:
        chosen = np.array([7, 3, 150, 20, 99])
        assert np.array_equal(ordered(self.rows, chosen), ordered(self.rows[..., chosen]))

    def test_two_zeros_are_one(self) -> None:
        rows = np.array([[[0.0, 5.0, 1.0]] * 2], np.float32)
        minus = rows.copy()
        minus[rows == 0] = -0.0
        assert np.array_equal(ordered(rows), ordered(minus))

    def test_the_order_is_not_that_of_the_values(self) -> None:
        """Else a table's first rows would be its smallest, and a part of them no random one."""
        rows = np.arange(1_000, dtype=np.float32)[None, None].repeat(2, axis=1)
        assert abs(np.corrcoef(ordered(rows), np.arange(1_000))[0, 1]) < 0.15
