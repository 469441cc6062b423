"""Rules are found where they hold, with the rows that break them, and not where chance would do."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest

from engine import constraints
from engine.constraints.finding import MOST
from engine.table.infer import infer_schema
from engine.table.schema import Column, Constraint, Kind, NumberFormat, Schema
from tests.engine.constraints.orders import SCHEMA, broken, orders

BARE = replace(SCHEMA, constraints=())


def found_in(table: pd.DataFrame, schema: Schema) -> dict[str, constraints.Found]:
    found = constraints.find(table, schema)
    return {constraints.write_rule(f.constraint, schema): f for f in found}


@pytest.fixture(scope="module")
def real() -> pd.DataFrame:
    return orders(2_000)


def test_what_holds_in_the_made_up_table_is_found(real: pd.DataFrame) -> None:
    found = found_in(real, BARE)
    assert {
        "start <= end",
        "net + tax = gross",
        "unique(rank)",
        "together(city, state)",
        "one_to_one(grade, level)",
        "null_together(visit, score)",
    } <= set(found)
    assert all(f.broken == 0 and f.examples == () for f in found.values())
    assert found["null_together(visit, score)"].rows == int(real["visit"].isna().sum())


def test_a_few_rows_may_break_what_is_found_and_are_named(real: pd.DataFrame) -> None:
    found = found_in(broken(real), BARE)
    rows = {"start <= end": 1, "net + tax = gross": 2, "unique(rank)": 3, "one_to_one(grade, level)": 5}
    for text, row in rows.items():
        assert (found[text].broken, found[text].examples) == (1, (row + 1,))


def test_rules_of_the_schema_are_not_offered_again(real: pd.DataFrame) -> None:
    assert not set(found_in(real, SCHEMA)) & {constraints.write_rule(c, SCHEMA) for c in SCHEMA.constraints}


def test_the_most_useful_come_first(real: pd.DataFrame) -> None:
    kinds = [f.constraint.kind for f in constraints.find(real, BARE)]
    assert kinds[:3] == ["one_to_one", "sum", "combinations"]
    assert len(kinds) <= MOST


def test_what_follows_from_a_sum_is_not_offered(real: pd.DataFrame) -> None:
    assert not {"net <= gross", "tax <= gross"} & set(found_in(real, BARE))


def test_a_mark_below_zero_is_found_in_numbers() -> None:
    rng = np.random.default_rng(0)
    price = rng.integers(1, 500, 1_000)
    price[[3, 77]] = -1
    schema = Schema((Column("price", Kind.INTEGER, number=NumberFormat()),))
    found = found_in(schema.parse(pd.DataFrame({"price": price})), schema)
    assert found["price >= 0"].examples == (4, 78)
    assert not found_in(schema.parse(pd.DataFrame({"price": rng.normal(40, 20, 1_000).astype(int)})), schema)


def test_forms_are_found_in_texts() -> None:
    schema = Schema((Column("part", Kind.CATEGORICAL),))
    texts = [f"AB-{n:03d}" for n in range(200)] * 2
    texts[5] = "unknown"
    found = found_in(pd.DataFrame({"part": pd.Series(texts, dtype="str")}), schema)
    assert found['matches(part, "[A-Z]{2}\\-[0-9]{3}")'].examples == (6,)


@pytest.mark.parametrize("seed", range(5))
def test_nothing_is_found_in_noise(seed: int) -> None:
    rng = np.random.default_rng(seed)
    rows = 1_000
    frame = pd.DataFrame(
        {
            "a": rng.normal(size=rows),
            "b": rng.normal(size=rows),
            "c": rng.integers(0, 9, rows),
            "d": rng.integers(100, 900, rows),
            "e": rng.choice(list("uvw"), rows),
            "f": rng.choice(list("xyz"), rows, p=[0.985, 0.01, 0.005]),
            "g": rng.integers(0, 5_000_000, rows),
        }
    )
    schema = Schema(
        tuple(Column(n, Kind.CATEGORICAL if n in "ef" else Kind.DECIMAL if n in "ab" else Kind.INTEGER) for n in frame)
    )
    gaps = rng.random((rows, 2)) < 0.2
    frame[["a", "b"]] = frame[["a", "b"]].mask(gaps)
    assert constraints.find(schema.parse(frame), schema) == ()


def test_columns_far_apart_are_in_no_order() -> None:
    rng = np.random.default_rng(0)
    schema = Schema(tuple(Column(n, Kind.INTEGER) for n in ("age", "income")))
    frame = pd.DataFrame({"age": rng.integers(18, 90, 500), "income": rng.integers(10_000, 90_000, 500)})
    assert constraints.find(schema.parse(frame), schema) == ()


def test_census_has_education_twice() -> None:
    frame = pd.read_csv("assets/samples/census.csv.gz", nrows=5_000, dtype=str, keep_default_na=False)
    schema = infer_schema(frame)
    found = constraints.find(schema.parse(frame), schema)
    assert found[0].constraint == Constraint("one_to_one", ("education", "education_num"))
    assert found[0].broken == 0
    assert len(found) <= 5
