"""Deep methods as they fail in earnest, on the command line and, in a process of their own, behind the page."""

from __future__ import annotations

import json
import os
import signal
import time
from pathlib import Path

import pandas as pd
import pytest

from engine import cli, samples
from engine.generators import registry
from engine.jobs import Jobs, State
from engine.run import RunRequest
from engine.runfolder import RunFolder
from engine.table.infer import infer_schema
from engine.table.read import read_table

DEEP = [key for key in ("vae", "transformer") if not registry.GENERATORS[key].info.missing_packages()]
PATIENCE = 180.0  # seconds until a test gives up


@pytest.mark.parametrize("method", DEEP)
def test_two_seconds_are_told_to_be_too_few(tmp_path: Path, method: str) -> None:
    """On a table that takes longer: either the best so far passes its checks, or another method is named."""
    data, out, facts = tmp_path / "data.csv", tmp_path / "out.csv", tmp_path / "figures.json"
    read_table(samples.get("census").path).frame.head(3_000).to_csv(data, index=False)
    command = ["generate", str(data), "--method", method, "--budget", "2"]
    assert cli.main([*command, "--rows", "50", "--out", str(out), "--json", str(facts), "--release", "audited"]) == 0
    figures = json.loads(facts.read_text())
    assert len(pd.read_csv(out)) == 50
    if figures["method_used"] == method:
        assert any("the time was up" in note for note in figures["notes"])
    else:
        assert figures["fallbacks"][0]["method"] == method
        assert figures["fallbacks"][0]["reason"]


@pytest.mark.skipif(not hasattr(signal, "SIGKILL"), reason="needs POSIX signals")
@pytest.mark.parametrize("method", DEEP)
def test_a_deep_worker_that_is_killed_is_followed_by_the_cascade(tmp_path: Path, method: str) -> None:
    frame = read_table(samples.get("penguins").path).frame.iloc[::4]  # the cascade takes it all the same
    schema = infer_schema(frame)
    jobs = Jobs(tmp_path / "runs")
    run_id = jobs.start(RunRequest(method, rows=20, figures=False), frame, schema)
    end = time.monotonic() + PATIENCE
    while not ((now := jobs.status(run_id)).trying == method and any(e.losses for e in now.history)):
        assert time.monotonic() < end, now
        time.sleep(0.05)
    record = RunFolder(jobs.root / run_id).state()
    assert record is not None
    assert record.pid is not None
    os.kill(record.pid, signal.SIGKILL)
    while not (now := jobs.status(run_id)).state.ended:
        assert time.monotonic() < end, now
        time.sleep(0.05)
    assert now.state is State.FELL_BACK, now
    assert f"“{method}” failed" in now.message
    assert jobs.result(run_id).report.used == "cascade"


@pytest.mark.skipif("transformer" not in DEEP, reason="needs the transformer's packages")
def test_a_training_that_is_ended_early_releases_the_best_so_far(tmp_path: Path) -> None:
    frame = read_table(samples.get("titanic").path).frame
    jobs = Jobs(tmp_path / "runs")
    run_id = jobs.start(RunRequest("transformer", rows=20, figures=False), frame, infer_schema(frame))
    end = time.monotonic() + PATIENCE
    while sum(bool(e.losses) for e in jobs.status(run_id).history) < 8:
        assert time.monotonic() < end
        assert not jobs.status(run_id).state.ended
        time.sleep(0.05)
    assert jobs.finish(run_id)
    assert jobs.status(run_id).finishing
    while not (now := jobs.status(run_id)).state.ended:
        assert time.monotonic() < end, now
        time.sleep(0.05)
    report = jobs.result(run_id).report
    print(report.used, report.fallbacks, report.notes)
    assert report.used == "transformer", report
    assert any("stopped by you; the best so far is kept" in note for note in report.notes)
