"""`evaluate`: which tables are compared, how the fresh real rows stand beside, what is told while it runs."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from engine.errors import Cancelled, SchemaError
from engine.evaluation import Evaluation, evaluate, registry
from engine.evaluation.base import MetricResult
from engine.progress import CancelToken, Progress
from engine.table.schema import Column, Kind, NumberFormat, Schema
from tests.engine.tables import CLUB, club

A = Schema((Column("a", Kind.INTEGER, number=NumberFormat()),))


def numbers(low: int, high: int, rows: int, seed: int = 0) -> pd.DataFrame:
    return pd.DataFrame({"a": pd.Series(np.random.default_rng(seed).integers(low, high, rows), dtype="Int64")})


def shapes(
    twin: pd.DataFrame, holdout: pd.DataFrame | None, real: pd.DataFrame | None = None, seed: int = 0
) -> MetricResult:
    real = numbers(0, 100, 2_000) if real is None else real
    return evaluate(real, twin, A, holdout=holdout, keys=["column_shapes"], seed=seed).get("column_shapes")


def test_raw_tables_are_parsed() -> None:
    found = evaluate(club(seed=1), club(seed=2), CLUB, holdout=club(seed=3))
    assert found.rows == {"real": 200, "synthetic": 200, "holdout": 200}
    assert found.overall.value is not None
    left_out = dict(found.get("column_shapes").skipped)
    assert set(left_out) == {"member", "e-mail", "country"}


def test_a_larger_holdout_is_thinned_to_the_twins_size() -> None:
    """A fresh sample of few rows is noisier: it must not be judged by many."""
    twin, holdout = numbers(0, 100, 60, seed=1), numbers(0, 100, 20_000, seed=2)
    found = shapes(twin, holdout)
    assert found.reference is not None
    assert found.reference < 0.97  # 20,000 rows would get above .99
    assert found.equal_size == found.value


def test_a_smaller_holdout_has_the_twin_thinned() -> None:
    twin, holdout = numbers(0, 100, 20_000, seed=1), numbers(0, 100, 60, seed=2)
    found = shapes(twin, holdout, numbers(0, 100, 20_000))
    assert found.value is not None
    assert found.equal_size is not None
    assert found.value > 0.98 > found.equal_size
    assert "60 fresh real rows" in found.sentence


@pytest.mark.parametrize(
    ("high", "verdict"), [(100, "as close as real data gets"), (102, "a little short"), (140, "clearly short")]
)
def test_the_verdict(high: int, verdict: str) -> None:
    real, holdout = numbers(0, 100, 60_000), numbers(0, 100, 60_000, seed=1)
    assert verdict in shapes(numbers(0, high, 60_000, seed=2), holdout, real).sentence


def test_an_empty_holdout_is_none() -> None:
    found = shapes(numbers(0, 100, 50), numbers(0, 100, 0))
    assert found.reference is None
    assert found.reference_reason == "no real rows were held out"


def test_seeds() -> None:
    twin, holdout = numbers(0, 100, 500, seed=1), numbers(0, 100, 3_000, seed=2)
    assert shapes(twin, holdout) == shapes(twin, holdout)
    assert shapes(twin, holdout).reference != shapes(twin, holdout, seed=1).reference


def test_progress_and_stop() -> None:
    events: list[Progress] = []
    evaluate(club(), club(seed=1), CLUB, progress=events.append)
    assert {event.stage for event in events} == {"evaluate"}
    assert events[-1].share == 1.0
    assert len(events) == len(registry.of_tier()) + 2
    token = CancelToken()
    token.cancel()
    with pytest.raises(Cancelled):
        evaluate(club(), club(), CLUB, cancel=token)


def test_a_twin_that_lacks_a_column() -> None:
    with pytest.raises(SchemaError, match="age"):
        evaluate(club(), club().drop(columns="age"), CLUB)


def test_gaps_that_only_the_twin_has() -> None:
    real, holdout = numbers(0, 9, 100), numbers(0, 9, 100, seed=1)
    twin = numbers(0, 9, 100, seed=2)
    twin.loc[:24, "a"] = pd.NA
    found = evaluate(real, twin, A, holdout=holdout).get("missing_similarity")
    assert (found.value, found.reference) == (0.75, 1.0)
    assert [part.reference for part in found.parts] == [1.0]


@pytest.mark.parametrize(
    "data", [None, [], {}, {"version": 99}, {"version": 1, "results": [{}], "rows": {}, "seed": 0}]
)
def test_what_is_no_evaluation(data: object) -> None:
    with pytest.raises(ValueError, match=r"evaluation|damaged"):
        Evaluation.from_json(data)  # type: ignore[arg-type]
