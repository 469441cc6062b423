"""Runs with full figures: coins decide who is trained on, the twin is attacked, and result, report and page say so."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest

from engine import cli, results
from engine.errors import DataError, TwinError
from engine.estimates import of_run
from engine.evaluation import report
from engine.generators import registry
from engine.generators.costs import Work
from engine.privacy import AuditSplit, Step
from engine.progress import CancelToken
from engine.run import RunRequest, RunResult, Split, _Run, execute
from engine.stages import stages
from engine.table.infer import infer_schema
from engine.table.schema import Schema
from tests.engine.doubles import Rows

FULL = RunRequest("marginals", depth="full", seed=1, splits=1)


@pytest.fixture(scope="module")
def table() -> tuple[pd.DataFrame, Schema]:
    rng = np.random.default_rng(0)
    rows = 900
    a = rng.normal(50, 10, rows)
    frame = pd.DataFrame(
        {
            "a": a.round(2),
            "b": (a + rng.normal(0, 4, rows)).round(2),
            "c": rng.gamma(2, 5, rows).round(2),
            "k": rng.choice(["x", "y", "z"], rows),
        }
    )
    return frame, infer_schema(frame)


@pytest.fixture(scope="module")
def result(table: tuple[pd.DataFrame, Schema]) -> RunResult:
    return execute(replace(FULL, guess=("k",), known=("a", "k"), target="b"), *table)


@pytest.fixture(scope="module")
def copied(table: tuple[pd.DataFrame, Schema]) -> RunResult:
    """A method that gives training rows out as they are."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setitem(registry.GENERATORS, "rows", Rows)
        return execute(replace(FULL, method="rows"), *table)


def test_nothing_is_found_in_a_twin_that_knows_no_row(result: RunResult) -> None:
    assert result.audit is not None
    assert result.audit.verdict is not None
    assert result.audit.verdict.step is not Step.STOP
    assert all(test.found for test in result.audit.self_test if test.share > 0.05)
    assert {c.key for c in result.audit.comparisons} >= {"copies", "singling_out"}


def test_copies_are_found_and_named(copied: RunResult) -> None:
    assert copied.audit is not None
    assert copied.audit.verdict is not None
    assert copied.audit.verdict.step is Step.STOP
    assert any("word for word" in reason for reason in copied.audit.verdict.reasons)


def test_coins_decide_and_all_figures_rest_on_them(table: tuple[pd.DataFrame, Schema], result: RunResult) -> None:
    frame, schema = table
    split = Split.asked(FULL, schema.parse(frame), schema)
    assert split.audit is not None
    assert split.audit.possible
    assert set(split.audit.members) <= set(split.train)
    assert not set(split.holdout) & set(split.train)
    assert result.figures["rows"]["holdout"] == len(split.holdout) > 250
    assert result.figures["depth"] == "full"


def test_small_tables_are_split_several_times_without_a_common_row(table: tuple[pd.DataFrame, Schema]) -> None:
    frame, schema = table
    request = replace(FULL, splits=None)
    split = Split.asked(request, schema.parse(frame), schema)
    further = split.further(request, len(frame))
    assert len(further) == 2
    assert split.audit is not None
    pools = [np.concatenate([s.members, s.controls]) for s in (split.audit, *further)]
    assert len(set(np.concatenate(pools))) == sum(map(len, pools))
    assert split.further(FULL, len(frame)) == ()
    assert execute(request, frame[["a", "b"]], schema.select(["a", "b"])).figures["privacy"]["splits"] == 3


def test_people_are_on_one_side(table: tuple[pd.DataFrame, Schema]) -> None:
    frame, _ = table
    frame = frame.assign(person=[f"p{i // 3}" for i in range(len(frame))])
    schema = infer_schema(frame)
    split = Split.asked(replace(FULL, person=("person",)), schema.parse(frame), schema)
    held = set(frame["person"].iloc[split.holdout])
    assert held
    assert not held & set(frame["person"].iloc[split.train])


def test_small_tables_are_not_attacked_and_it_is_said_why(table: tuple[pd.DataFrame, Schema]) -> None:
    frame, schema = table
    small = execute(FULL, frame.iloc[:150], schema)
    assert small.audit is not None
    assert small.audit.verdict is None
    assert "100 rows" in small.audit.not_applicable
    assert small.figures["rows"]["holdout"] == 30


def test_quick_figures_attack_nothing(table: tuple[pd.DataFrame, Schema]) -> None:
    quick = execute(RunRequest("marginals"), *table)
    assert quick.audit is None
    assert quick.figures["privacy"] is None
    assert "attack" not in stages(RunRequest("marginals"), 900)
    assert "attack" in stages(FULL, 900)


def test_a_stored_result_brings_the_audit_back(
    table: tuple[pd.DataFrame, Schema], result: RunResult, tmp_path: Path
) -> None:
    results.store(result, tmp_path / "r")
    found = results.load(tmp_path / "r", table[1])
    assert found.audit == result.audit
    (tmp_path / "r" / results.AUDIT).unlink()  # a result of an earlier version
    assert results.load(tmp_path / "r", table[1]).audit is None


def test_a_reader_of_the_report_alone_can_say_why(result: RunResult, copied: RunResult) -> None:
    good, bad = (report.html(r.evaluation, facts=r.figures) for r in (result, copied) if r.evaluation)
    assert "Privacy: do not share" in bad
    assert "word for word" in bad
    assert "Privacy: do not share" not in good
    for page in (good, bad):
        assert "The meter tests itself" in page
        assert "absence of evidence" in page
    assert (
        "nothing is known of the risk"
        in report.html(result.evaluation, facts={**result.figures, "privacy": None}).lower()
    )


def test_names_of_columns_are_escaped(result: RunResult) -> None:
    assert result.evaluation is not None
    odd = json.loads(json.dumps(result.figures, default=str).replace("“k”", "“<script>”").replace('"k"', '"<script>"'))
    assert "<script>" not in report.html(result.evaluation, facts=odd)


@pytest.fixture(scope="module")
def dropping() -> tuple[_Run, AuditSplit]:
    """A run on noise that drops rows near to training rows, without having trained anything."""
    rng = np.random.default_rng(3)
    frame = pd.DataFrame(rng.normal(size=(1_400, 3)).round(3), columns=list("abc"))
    schema = infer_schema(frame)
    table = schema.parse(frame)
    request = replace(FULL, release="audited", drop_near=True)
    split = Split.asked(request, table, schema).audit
    assert split is not None
    return _Run(request, table, schema, None, None), split


class TestDropping:
    """Rows near to one training row are replaced; all rows come from one draw, so that keys stay unique."""

    def test_copies_go_and_the_rows_are_as_many(self, dropping: tuple[_Run, AuditSplit]) -> None:
        own, split = dropping
        rng = np.random.default_rng(4)

        def draw(count: int) -> pd.DataFrame:
            made = pd.DataFrame(rng.normal(size=(count, 3)).round(3), columns=list("abc"))
            made.iloc[: count // 4] = own.table.iloc[split.train[: count // 4]].to_numpy()
            return made

        kept = own._apart(draw, 500, split)
        assert len(kept) == 500
        real = set(map(tuple, own.table.iloc[split.train].to_numpy().tolist()))
        assert sum(tuple(row) in real for row in kept.to_numpy().tolist()) < 10
        assert own._dropped is not None
        assert own._dropped.rows > 0.2 * own._dropped.of

    def test_a_twin_of_copies_cannot_be_mended(self, dropping: tuple[_Run, AuditSplit]) -> None:
        own, split = dropping
        copies = own.table.iloc[split.train]
        with pytest.raises(DataError, match="Choose another method"):
            own._apart(lambda count: copies.sample(count, replace=True, random_state=0), 500, split)


@pytest.mark.parametrize(
    ("changes", "part"),
    [
        ({"depth": "deep"}, "quick or full"),
        ({"depth": "quick", "guess": ("k",)}, "belong to the full figures"),
        ({"drop_near": True}, "very model that was measured"),
        ({"known": ("nobody",)}, "nobody"),
        ({"splits": 4}, "1 to 3 times"),
    ],
)
def test_what_cannot_be_asked_is_refused(
    table: tuple[pd.DataFrame, Schema], changes: dict[str, Any], part: str
) -> None:
    with pytest.raises(TwinError, match=part):
        replace(FULL, **changes).check(table[1])


def test_a_request_survives_json() -> None:
    request = replace(FULL, guess=("k",), known=("a",), person=("b",), target="c")
    assert RunRequest.from_json(json.loads(json.dumps(request.to_json()))) == request


def test_the_command_line_attacks_two_files(
    table: tuple[pd.DataFrame, Schema], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    frame, _ = table
    frame.iloc[:500].to_csv(tmp_path / "real.csv", index=False)
    frame.iloc[500:].to_csv(tmp_path / "fresh.csv", index=False)
    frame.iloc[:500].sample(frac=1, random_state=0).to_csv(tmp_path / "made.csv", index=False)
    files = [str(tmp_path / name) for name in ("real.csv", "made.csv")]
    how = ["evaluate", *files, "--holdout", str(tmp_path / "fresh.csv")]
    assert cli.main([*how, "--full", "--html", str(tmp_path / "r.html"), "--json", str(tmp_path / "f.json")]) == 0
    told = capsys.readouterr().out
    assert "Privacy: do not share" in told
    found = json.loads((tmp_path / "f.json").read_text())["privacy"]
    assert found["verdict"]["step"] == "do not share"
    assert any("random part of the same table" in note for note in found["notes"])
    assert "Privacy: do not share" in (tmp_path / "r.html").read_text()
    assert cli.main([*how, "--guess", "k"]) == 2
    assert "--full and --holdout" in capsys.readouterr().err


def test_further_trainings_are_part_of_the_estimate() -> None:
    """Three splits are two trainings more than one, of a table whose pool is small; none where it is large."""
    work = Work.uncounted(1_300, 4, 4)
    alone, thrice = (of_run(replace(FULL, splits=splits), "marginals", work) for splits in (1, None))
    assert alone is not None
    assert thrice is not None
    assert (alone.trainings, thrice.trainings) == (2, 4)
    large = of_run(replace(FULL, splits=None), "marginals", Work.uncounted(50_000, 4, 4))
    assert large is not None
    assert large.trainings == 2


def test_a_training_that_was_ended_early_is_not_attacked_again(table: tuple[pd.DataFrame, Schema]) -> None:
    token = CancelToken()
    token.finish()
    frame, schema = table
    parsed = schema.parse(frame)
    request = replace(FULL, splits=3)
    run = _Run(request, parsed, schema, None, token)
    assert run._again(Split.asked(request, parsed, schema), None) == []
