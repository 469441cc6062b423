"""Missing cells: rates and patterns counted by hand, and what hangs together."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from engine.errors import NotApplicable
from engine.evaluation.gaps import COLUMNS, PATTERNS, compare_missing
from engine.table.schema import Column, Kind, NumberFormat, Schema


def table(*columns: str) -> pd.DataFrame:
    """Columns a, b, ... of numbers, missing where a character is “x”."""
    return pd.DataFrame({chr(97 + i): [np.nan if c == "x" else 1.0 for c in text] for i, text in enumerate(columns)})


def schema(frame: pd.DataFrame) -> Schema:
    return Schema(tuple(Column(str(name), Kind.DECIMAL, number=NumberFormat(1)) for name in frame))


REAL, MADE = table("x...", "x..x", "...."), table("x.", "..", "..")


def test_rates_of_the_columns_that_lack_a_value_in_either_table() -> None:
    found = compare_missing(REAL, MADE, schema(REAL))
    assert found.names == ("a", "b")
    np.testing.assert_allclose(found.rates, [[0.25, 0.5], [0.5, 0.0]])


def test_patterns_with_their_shares_the_one_without_gaps_first() -> None:
    found = compare_missing(REAL, MADE, schema(REAL))
    shares = {
        tuple(row): tuple(share) for row, share in zip(found.holes.tolist(), found.shares.T.tolist(), strict=True)
    }
    assert shares == {
        (False, False): (0.5, 0.5),
        (True, True): (0.25, 0.0),
        (False, True): (0.25, 0.0),
        (True, False): (0.0, 0.5),
    }
    assert not found.holes[0].any()
    assert (found.others, found.rest.tolist()) == (0, [0.0, 0.0])


def test_missing_together_is_a_correlation() -> None:
    found = compare_missing(REAL, table("xx..", "x.x.", "...."), schema(REAL)).together
    assert found is not None
    expected = np.corrcoef([1, 0, 0, 0], [1, 0, 0, 1])[0, 1]
    assert found.real.values[0, 1] == pytest.approx(expected)
    assert found.synthetic.values[0, 1] == pytest.approx(0.0)


def test_many_columns_and_patterns_are_cut_and_said() -> None:
    row = np.arange(400)
    frame = pd.DataFrame(
        {f"c{i}": np.where((37 * row + 11 * i) % 100 < 4 * i, np.nan, 1.0) for i in range(COLUMNS + 4)}
    )
    found = compare_missing(frame, frame.iloc[:200], schema(frame))
    assert len(found.names) == COLUMNS + 3
    assert found.among == tuple(frame)[-COLUMNS:]
    assert len(found.holes) == PATTERNS
    np.testing.assert_allclose(found.shares.sum(axis=1) + found.rest, 1.0)
    distinct = len(frame[list(found.among)].isna().drop_duplicates())
    assert found.others == distinct - PATTERNS


def test_nothing_missing() -> None:
    with pytest.raises(NotApplicable, match="no value is missing"):
        compare_missing(table("..", ".."), table("..", ".."), schema(table(".", ".")))


def test_one_column_with_gaps_hangs_together_with_nothing() -> None:
    assert compare_missing(table("x.", ".."), table("..", ".."), schema(table(".", "."))).together is None
