"""What gives a table away: the planted column or pair comes first, and nothing where there is nothing."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from engine.errors import NotApplicable
from engine.evaluation import evaluate
from engine.evaluation.giveaways import GivenAway, measure, measured
from engine.table.schema import Column, Kind, NumberFormat, Schema

SCHEMA = Schema(
    (
        Column("a", Kind.INTEGER, number=NumberFormat()),
        Column("b", Kind.INTEGER, number=NumberFormat()),
        Column("c", Kind.CATEGORICAL),
    ),
    "three",
)


def table(seed: int, *, tied: bool = True, shift: int = 0, rows: int = 900) -> pd.DataFrame:
    """Three columns, of which b follows a where `tied`; c is alike in all, but for `shift`."""
    rng = np.random.default_rng(seed)
    a = rng.integers(0, 50, rows)
    b = a + rng.integers(0, 8, rows) if tied else rng.permutation(a) + rng.integers(0, 8, rows)
    labels = np.array(["x", "y", "z"])
    c = labels[np.where(rng.random(rows) < 0.5, rng.integers(0, 3, rows), shift)]
    return SCHEMA.parse(pd.DataFrame({"a": a.astype(str), "b": b.astype(str), "c": c}, dtype="str"))


@pytest.fixture(scope="module")
def untied() -> GivenAway:
    return measure(table(0, rows=1800), table(1, tied=False), SCHEMA)


def test_a_pair_that_does_not_go_together_comes_first(untied: GivenAway) -> None:
    assert untied.pairs[0].columns == ("a", "b")
    assert untied.pairs[0].auc > 0.8
    assert untied.pairs[0].excess > 0.25
    assert {one.columns[0] for one in untied.columns[:2]} == {"a", "b"}
    assert "alone tell little" in untied.columns[0].sentence
    assert not untied.columns[-1].tells
    assert untied.auc > 0.8
    assert not untied.unseen


def test_a_column_with_other_values_comes_first() -> None:
    found = measure(table(0, rows=1800), table(1, shift=2), SCHEMA)
    assert found.columns[0].columns == ("c",)
    assert found.columns[0].tells
    assert "By its values alone" in found.columns[0].sentence
    assert "“c”" in found.sentence
    assert not found.pairs


def test_nothing_is_found_between_rows_of_one_source() -> None:
    found = measure(table(0, rows=1800), table(1), SCHEMA)
    assert not any(one.tells for one in (*found.columns, *found.pairs))
    assert "Nothing gives" in found.sentence
    assert found.fresh > 0.55, "few different rows: even fresh ones are told apart"


def test_the_same_is_read_off_the_figures_of_a_run(untied: GivenAway) -> None:
    real, twin, fresh = table(0), table(1, tied=False), table(2)
    told = ("not_told_from_training", "not_told_from_unseen")
    results = evaluate(real, twin, SCHEMA, holdout=fresh, keys=told).results
    found = measured(results)
    assert found is not None
    assert found.unseen
    assert found.pairs[0].columns == untied.pairs[0].columns
    assert measured([]) is None
    assert measured([r for r in results if r.info.key == told[0]]).unseen is False  # type: ignore[union-attr]


def test_too_few_rows_are_told() -> None:
    with pytest.raises(NotApplicable, match="at least"):
        measure(table(0, rows=20), table(1, rows=20), SCHEMA)
