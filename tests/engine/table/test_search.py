"""Finding rows that hold a text."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from engine.table import search
from engine.table.search import Found, find_rows

TABLE = pd.DataFrame({"name": ["Ada", "Bob", None, "cAda (x"], "n": [10, 25, 310, 4]})


@pytest.mark.parametrize(
    ("text", "places"),
    [
        ("ada", (0, 3)),
        (" ADA ", (0, 3)),
        ("10", (0, 2)),
        ("(", (3,)),
        (".", ()),
        ("nan", ()),
        ("none", ()),
        ("  ", ()),
    ],
)
def test_a_text_is_found_in_any_cell_as_it_is_written(text: str, places: tuple[int, ...]) -> None:
    assert find_rows(TABLE, text, 10) == Found(places, all=True)


def test_only_so_many_rows_are_handed_out_and_that_is_told() -> None:
    assert find_rows(TABLE, "ada", 1) == Found((0,), all=False)
    assert find_rows(TABLE, "ada", 2) == Found((0, 3), all=True)


def test_the_whole_table_is_looked_through_part_by_part(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(search, "CHUNK", 7)
    values = pd.Series(np.arange(50), dtype="str")
    assert find_rows(pd.DataFrame({"a": values}), "49", 5) == Found((49,), all=True)
    assert find_rows(pd.DataFrame({"a": values}), "1", 5) == Found((1, 10, 11, 12, 13), all=False)


def test_columns_of_one_name_and_empty_tables_are_fine() -> None:
    twice = pd.DataFrame([["a", "b"], ["c", "a"]], columns=["x", "x"])
    assert find_rows(twice, "a", 5).places == (0, 1)
    assert find_rows(twice.iloc[:0], "a", 5) == Found((), all=True)


def test_numbers_are_found_by_their_digits() -> None:
    numbers = pd.DataFrame({"x": [1.0, 0.25, np.nan, -310.5], "n": pd.array([7, None, 25, 8], dtype="Int64")})
    assert find_rows(numbers, "25", 9).places == (1, 2)
    assert find_rows(numbers, "-310.5", 9).places == (3,)
    assert find_rows(numbers, "Berlin", 9).places == ()
    assert find_rows(numbers, "na", 9).places == ()
