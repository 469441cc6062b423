"""Facts of a table are seen in its values, and are the same at every look."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from engine import facts, samples
from engine.table.infer import infer_schema
from engine.table.read import read_table
from engine.table.schema import Column, Kind, NumberFormat, Schema
from tests.engine.tables import CLUB, club


def sample(key: str) -> facts.Facts:
    frame = read_table(samples.get(key).path).frame
    schema = infer_schema(frame)
    return facts.look(schema.parse(frame), schema)


def test_work_counts_the_modelled_columns() -> None:
    frame = club(300)
    known = facts.look(CLUB.parse(frame), CLUB)
    assert known.work.rows == known.work.made == 300
    assert known.work.numbers == tuple(frame[name].nunique() for name in ("age", "fee", "joined"))
    assert known.work.levels == (3, 2, 1)
    assert known.columns == 6


def test_heavy_tails_and_missing_cells() -> None:
    frame = club(300)
    frame.loc[0, "fee"] = "1000000.00"
    known = facts.look(CLUB.parse(frame), CLUB)
    assert known.heavy_tails == ("fee",)
    assert known.missing is not None
    assert 0.01 < known.missing < 0.2


def test_numbers_that_have_no_square_are_looked_at() -> None:
    schema = Schema((Column("n", Kind.DECIMAL, number=NumberFormat(2)),))
    huge = pd.DataFrame({"n": [1e300, -1e300, np.nan, np.inf, *np.linspace(0, 1, 60)]})
    assert facts.look(huge, schema).columns == 1


@pytest.mark.parametrize("rows", [0, 1, 2])
def test_next_to_no_rows_are_looked_at(rows: int) -> None:
    known = facts.look(CLUB.parse(club(5)).head(rows), CLUB)
    assert known.rows == rows
    assert not known.structured


def test_a_day_a_row_is_a_series_with_a_yearly_cycle() -> None:
    known = sample("weather")
    assert set(known.cyclical) == {"temp_max", "temp_min"}
    assert set(known.sequential) >= {"temp_max", "temp_min"}


def test_people_are_no_series() -> None:
    known = sample("titanic")
    assert known.sequential == known.cyclical == ()


def test_columns_that_follow_from_others_make_a_table_structured() -> None:
    rng = np.random.default_rng(0)
    city = rng.integers(0, 9, 500)
    table = pd.DataFrame(
        {
            "city": [f"c{i}" for i in city],
            "county": [f"k{i // 2}" for i in city],
            "country": [f"l{i // 4}" for i in city],
            "coin": rng.choice(["a", "b"], 500),
        },
        dtype="str",
    )
    schema = Schema(tuple(Column(name, Kind.CATEGORICAL) for name in table))
    known = facts.look(table, schema)
    assert set(known.tied) == {"city", "county", "country"}
    assert known.structured
    shuffled = table.apply(lambda column: column.sample(frac=1, random_state=rng).to_numpy())
    assert facts.look(shuffled, schema).tied == ()


def test_the_same_table_has_the_same_facts() -> None:
    parsed = CLUB.parse(club(400))
    assert facts.look(parsed, CLUB) == facts.look(parsed.copy(), CLUB)
