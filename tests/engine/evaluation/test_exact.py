"""Exact relations: which are found, and which rows keep them."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from engine.errors import NotApplicable
from engine.evaluation.exact import EQUAL, FOLLOWS, GAPS, ONE_TO_ONE, SUM, Exact, Relations
from engine.evaluation.relationskept import RelationsKept
from engine.table.schema import Column, DateFormat, Kind, NumberFormat, Schema

SCHEMA = Schema(
    (
        *(Column(name, Kind.INTEGER, number=NumberFormat()) for name in ("a", "copy")),
        *(Column(name, Kind.DECIMAL, number=NumberFormat(2)) for name in ("net", "tax", "gross")),
        *(Column(name, Kind.CATEGORICAL) for name in ("city", "code", "country")),
        Column("day", Kind.DATETIME, date=DateFormat()),
        Column("gap", Kind.INTEGER, number=NumberFormat()),
    )
)


def table(rows: int = 300, seed: int = 0) -> pd.DataFrame:
    rng = np.random.default_rng(seed)
    a, city = rng.integers(0, 50, rows), rng.integers(0, 12, rows)
    net, tax = np.round(rng.uniform(1, 100, rows), 2), np.round(rng.uniform(0, 20, rows), 2)
    gap = rng.random(rows) < 0.3
    return pd.DataFrame(
        {
            "a": pd.array(a, dtype="Int64"),
            "copy": pd.array(a, dtype="Int64"),
            "net": net,
            "tax": tax,
            "gross": np.round(net + tax, 2),
            "city": pd.Series([f"city {i}" for i in city], dtype="str"),
            "code": pd.Series([f"{i:02}" for i in city], dtype="str"),
            "country": pd.Series([f"land {i % 3}" for i in city], dtype="str"),
            "day": pd.Series(pd.Timestamp("2024-01-01") + pd.to_timedelta(rng.integers(0, 300, rows), "D"))
            .dt.as_unit("us")
            .mask(gap),
            "gap": pd.Series(pd.array(rng.integers(0, 900, rows), dtype="Int64")).mask(gap),
        }
    )


@pytest.fixture(scope="module")
def found() -> Relations:
    return Relations(table(), SCHEMA)


def test_what_holds_in_every_row_is_found_and_nothing_else(found: Relations) -> None:
    assert set(found.found) == {
        Exact(EQUAL, ("a", "copy")),
        Exact(SUM, ("net", "tax", "gross")),
        Exact(ONE_TO_ONE, ("city", "code")),
        Exact(FOLLOWS, ("city", "country")),
        Exact(FOLLOWS, ("code", "country")),
        Exact(GAPS, ("day", "gap")),
    }


def test_every_relation_holds_in_fresh_rows_and_breaks_where_it_is_broken(found: Relations) -> None:
    fresh = table(seed=1)
    broken = fresh.copy()
    other = "00" if fresh.loc[0, "code"] != "00" else "01"
    broken.loc[0, ["copy", "gross", "code", "country", "gap"]] = [99, 999.0, other, "land 9", 5]
    broken.loc[0, "day"] = pd.NaT
    for relation in found.found:
        assert np.nanmin(found.kept(relation, fresh, SCHEMA)) == 1
        kept = found.kept(relation, broken, SCHEMA)
        assert kept[0] == 0, relation
        assert np.nanmin(kept[1:]) == 1


def test_gaps_say_nothing_of_a_relation(found: Relations) -> None:
    fresh = table(seed=1)
    fresh.loc[3, "copy"] = pd.NA
    assert np.isnan(found.kept(Exact(EQUAL, ("a", "copy")), fresh, SCHEMA)[3])


def test_values_that_no_real_row_has_follow_the_commonest_of_their_own(found: Relations) -> None:
    fresh = table(seed=1)
    fresh.loc[:3, "city"] = "new"
    fresh.loc[:3, "country"] = ["land 1", "land 1", "land 2", "land 1"]
    assert found.kept(Exact(FOLLOWS, ("city", "country")), fresh, SCHEMA)[:4].tolist() == [1, 1, 0, 1]


def test_the_figure() -> None:
    real, other = table(), table(seed=1)
    rng = np.random.default_rng(0)
    assert RelationsKept().compute(real, other, SCHEMA, rng).value == 1.0
    other.loc[:59, "copy"] = 99  # a fifth of the rows, in one of six relations
    found = RelationsKept().compute(real, other, SCHEMA, rng)
    assert found.value == pytest.approx(1 - 0.2 / 6)
    assert "5 hold in every row" in RelationsKept().sentence(found)
    assert "“a” = “copy”, in 80.0% of the rows" in RelationsKept().sentence(found)


def test_few_rows_prove_nothing() -> None:
    few = table(8)
    with pytest.raises(NotApplicable, match="no exact relation"):
        RelationsKept().compute(few, few, SCHEMA.select(["a", "copy", "city", "code"]), np.random.default_rng(0))
