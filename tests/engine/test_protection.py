"""Rare categories: no label of few rows comes back, relations stay, and what was done is told."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
import pytest

from engine.errors import ConditionError, SettingsError
from engine.protection import KEEP, POOL, Protection
from engine.run import RunRequest, execute
from engine.synthesizer import Synthesizer
from engine.table.infer import infer_schema
from engine.table.schema import Kind, Schema

RARE = ("Alone", "Pair")


@pytest.fixture(scope="module")
def towns() -> tuple[pd.DataFrame, Schema]:
    """600 rows of towns, each in one region; two towns of one and two rows, one of them alone in its region."""
    rng = np.random.default_rng(0)
    region = {"Ash": "North", "Birch": "North", "Cedar": "South", "Dale": "South", "Alone": "West", "Pair": "North"}
    town = rng.choice(["Ash", "Birch", "Cedar", "Dale"], size=600).tolist()
    town[7], town[100], town[200] = "Alone", "Pair", "Pair"
    size = [str(50 * list(region).index(t) + int(rng.integers(40))) for t in town]
    frame = pd.DataFrame({"town": town, "region": [region[t] for t in town], "size": size}, dtype="str")
    return frame, infer_schema(frame)


def test_rare_labels_go_and_exact_relations_stay(towns: tuple[pd.DataFrame, Schema]) -> None:
    frame, schema = towns
    table = schema.parse(frame)
    made, done = Protection().applied(table, schema, 0)
    assert not set(RARE) & set(made["town"])
    assert "West" not in set(made["region"])
    assert made.groupby("town")["region"].nunique().max() == 1
    assert done.labels["town"] == 2
    assert done.rows["town"] == 3
    changed = (made != table).any(axis=1)
    assert changed.sum() == 3
    assert made["size"].equals(table["size"])


def test_a_donor_is_like_the_row_that_it_stands_in_for(towns: tuple[pd.DataFrame, Schema]) -> None:
    """Sizes tell the towns apart: the row next to Dale's takes Dale's label."""
    frame, schema = towns
    frame = frame.assign(size=frame["size"].where(frame["town"] != "Alone", "185"))
    made, _ = Protection().applied(schema.parse(frame), schema, 0)
    assert made["town"].iloc[7] == "Dale"


def test_the_same_seed_gives_the_same_table(towns: tuple[pd.DataFrame, Schema]) -> None:
    frame, schema = towns
    first, second = (Protection().applied(schema.parse(frame), schema, 3)[0] for _ in range(2))
    pd.testing.assert_frame_equal(first, second)


def test_rare_labels_are_joined_under_a_name_of_ones_own(towns: tuple[pd.DataFrame, Schema]) -> None:
    frame, schema = towns
    made, _ = Protection(POOL, label="Elsewhere").applied(schema.parse(frame), schema, 0)
    assert (made["town"] == "Elsewhere").sum() == 3
    assert not set(RARE) & set(made["town"])


def test_the_threshold_is_the_persons(towns: tuple[pd.DataFrame, Schema]) -> None:
    frame, schema = towns
    made, _ = Protection(rows=2).applied(schema.parse(frame), schema, 0)
    assert set(made["town"]) == {"Ash", "Birch", "Cedar", "Dale", "Pair"}
    kept, done = Protection(KEEP).applied(schema.parse(frame), schema, 0)
    assert set(RARE) <= set(kept["town"])
    assert not done.labels


@pytest.mark.parametrize(("rows", "threshold"), [(20, 2), (344, 3), (500, 5), (1_000_000, 5)])
def test_small_tables_have_a_lower_threshold(rows: int, threshold: int) -> None:
    assert Protection().threshold(rows) == threshold


def test_two_labels_and_all_rare_ones_are_kept_and_told() -> None:
    frame = pd.DataFrame({"flag": ["no"] * 599 + ["maybe"], "code": [f"c{i % 200}" for i in range(600)]}, dtype="str")
    schema = infer_schema(frame).override("flag", kind=Kind.CATEGORICAL).override("code", kind=Kind.CATEGORICAL)
    made, done = Protection().applied(schema.parse(frame), schema, 0)
    assert made["flag"].value_counts()["maybe"] == 1
    assert made["code"].nunique() == 200
    assert (done.two, done.left) == (("flag",), ("code",))
    assert sum("Not protected" in note for note in done.notes()) == 2


def test_gaps_are_no_label(towns: tuple[pd.DataFrame, Schema]) -> None:
    frame, schema = towns
    frame = frame.assign(town=frame["town"].mask(frame.index.isin([1, 2]), ""))
    made, _ = Protection().applied(schema.parse(frame), schema, 0)
    assert made["town"].isna().sum() == 2


@pytest.mark.parametrize("method", ["marginals", "copula", "kde"])
def test_no_model_knows_a_rare_label(towns: tuple[pd.DataFrame, Schema], method: str) -> None:
    frame, schema = towns
    twin = Synthesizer(schema, method).fit(frame, seed=1)
    assert not set(RARE) & set(twin.passport()["town"])
    assert not set(RARE) & set(twin.sample(3_000)["town"])
    assert any("Rare categories" in note for note in twin.report.notes)


def test_a_run_protects_by_default_and_says_so(towns: tuple[pd.DataFrame, Schema]) -> None:
    frame, schema = towns
    result = execute(RunRequest("marginals"), frame, schema)
    assert not set(RARE) & set(result.synthetic["town"])
    assert result.figures["protection"]["labels"] == {"town": 2}
    open_run = execute(RunRequest("marginals", figures=False, protection=Protection(KEEP)), frame, schema)
    assert set(RARE) <= set(open_run.synthesizer.passport()["town"])


def test_a_given_rare_label_is_refused_before_training(towns: tuple[pd.DataFrame, Schema]) -> None:
    frame, schema = towns
    with pytest.raises(ConditionError, match="fewer than 5 rows have it"):
        execute(RunRequest("marginals", given=("town=Alone",)), frame, schema)


def test_a_request_keeps_its_protection_as_json() -> None:
    request = RunRequest("marginals", protection=Protection(POOL, 9, "Rest"))
    assert RunRequest.from_json(request.to_json()) == request


@pytest.mark.parametrize("wrong", [{"how": "hide"}, {"rows": 1}, {"rows": 2_000}, {"label": "  "}])
def test_impossible_protections_are_refused(wrong: dict[str, Any]) -> None:
    with pytest.raises(SettingsError):
        Protection(**wrong)
