"""Pseudonyms in a whole run: relations stay, no real value reaches model, figures or disk."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from engine import cli
from engine.errors import SettingsError
from engine.jobs import Jobs
from engine.limits import Limits
from engine.run import RunRequest, execute
from engine.synthesizer import Synthesizer
from engine.table.infer import infer_schema
from engine.table.schema import Kind, Schema

NAMES = [f"{first} {last}" for first in ("Ada", "Ben", "Cleo", "Dirk") for last in ("Moser", "Ortega", "Pryce")]


@pytest.fixture(scope="module")
def orders() -> tuple[pd.DataFrame, Schema]:
    """Twelve people as clerk or boss of 600 orders; each clerk has a level of prices."""
    rng = np.random.default_rng(0)
    clerk = rng.integers(len(NAMES), size=600)
    frame = pd.DataFrame(
        {
            "clerk": [NAMES[i] for i in clerk],
            "boss": [NAMES[i % 3] for i in clerk],
            "price": [f"{100 * i + e:.1f}" for i, e in zip(clerk, rng.normal(0, 3, 600), strict=True)],
        },
        dtype="str",
    )
    schema = infer_schema(frame)
    for name in ("clerk", "boss"):
        schema = schema.override(name, kind=Kind.PERSONAL, provider="name", pseudonym=True)
    return frame, schema


def test_relations_stay_and_people_are_others(orders: tuple[pd.DataFrame, Schema], tmp_path: Path) -> None:
    frame, schema = orders
    result = execute(RunRequest("forest"), frame, schema)
    made = result.synthetic
    assert not set(NAMES) & (set(made["clerk"]) | set(made["boss"]))
    assert made["clerk"].nunique() == len(NAMES)
    assert set(made["boss"]) <= set(made["clerk"])
    assert made.groupby("clerk")["boss"].nunique().max() == 1
    assert made.groupby("clerk")["price"].std().median() < 20
    assert result.figures["pseudonyms"] == ["clerk", "boss"]
    assert result.figures["metrics"]["pair_trends"]["value"] > 0.9
    result.synthesizer.save(tmp_path / "m.zip")
    held = Synthesizer.load(tmp_path / "m.zip").passport()
    assert held["clerk"] == held["boss"] == []
    content = json.dumps(result.figures, default=str)
    assert not any(name in content for name in NAMES)


def test_the_fit_alone_makes_pseudonyms_too(orders: tuple[pd.DataFrame, Schema]) -> None:
    frame, schema = orders
    made = Synthesizer(schema, "marginals").fit(frame, seed=1).sample(200)
    assert not set(NAMES) & set(made["clerk"])


def test_a_secret_gives_the_same_names_in_every_run(orders: tuple[pd.DataFrame, Schema]) -> None:
    frame, schema = orders
    request = RunRequest("marginals", figures=False)
    half = execute(request, frame.iloc[:400], schema, secret=b"correct horse").synthetic
    whole = execute(RunRequest("marginals", seed=9, figures=False), frame, schema, secret=b"correct horse").synthetic
    other = execute(request, frame, schema, secret=b"battery staple").synthetic
    assert set(half["clerk"]) == set(whole["clerk"])
    assert set(half["clerk"]) != set(other["clerk"])


def test_a_secret_without_pseudonyms_is_refused(orders: tuple[pd.DataFrame, Schema]) -> None:
    frame, schema = orders
    plain = schema.override("clerk", pseudonym=False).override("boss", pseudonym=False)
    with pytest.raises(SettingsError, match="no column asks"):
        execute(RunRequest("marginals", figures=False), frame, plain, secret=b"correct horse")


def test_neither_secret_nor_real_names_reach_a_runs_folder(orders: tuple[pd.DataFrame, Schema], tmp_path: Path) -> None:
    frame, schema = orders
    jobs = Jobs(tmp_path, Limits(max_running_jobs=0))  # nothing starts: what waits on disk is all there is
    jobs.start(RunRequest("marginals"), frame, schema, secret=b"correct horse")
    stored = [file.read_bytes() for file in tmp_path.rglob("*") if file.is_file()]
    assert len(stored) >= 3
    assert not any(word in content for content in stored for word in (b"correct horse", b"Moser", b"Ortega"))


def test_the_command_line_takes_a_secret_from_a_file(
    orders: tuple[pd.DataFrame, Schema], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    frame, schema = orders
    frame.to_csv(tmp_path / "orders.csv", index=False)
    (tmp_path / "s.json").write_text(schema.dumps())
    (tmp_path / "key").write_text("correct horse\n")
    how = ["generate", str(tmp_path / "orders.csv"), "--schema", str(tmp_path / "s.json"), "--method", "marginals"]
    key = ["--secret-file", str(tmp_path / "key")]
    assert cli.main([*how, "--out", str(tmp_path / "o.csv"), *key]) == 0
    assert not set(pd.read_csv(tmp_path / "o.csv")["clerk"]) & set(NAMES)
    assert cli.main([*how, "--out", str(tmp_path / "o.csv"), "--secret-file", str(tmp_path / "none")]) == 2
    assert "cannot be read" in capsys.readouterr().err
