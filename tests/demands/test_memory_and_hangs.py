"""Rows 1 and 2 of the list of demands: many categories in little memory; who is killed or hangs is told why."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path

import pytest

from engine import processes, watching
from engine.errors import JobError
from engine.jobs import Jobs
from engine.limits import Limits
from engine.run import RunRequest
from engine.runfolder import RunFolder, State
from engine.runstatus import RunStatus
from tests.demands import many_levels
from tests.engine.tables import CLUB, club

ROOT = Path(__file__).resolve().parents[2]
METHODS = ("marginals", "kde", "gan")  # which hold categories each in their own way
posix = pytest.mark.skipif(not hasattr(signal, "SIGSTOP"), reason="needs POSIX signals")
PATIENCE = 120.0  # seconds until a test gives up; nothing here takes that long


@pytest.mark.skipif(not sys.platform.startswith("linux"), reason="reads the peak of its memory from /proc")
def test_demand_01_fifty_thousand_categories_take_the_memory_that_was_told() -> None:
    command = [sys.executable, "-m", "tests.demands.many_levels", *METHODS]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=300)
    assert done.returncode == 0, done.stderr
    lines = [line.split() for line in done.stdout.splitlines()]
    assert [line[0] for line in lines] == list(METHODS)
    for method, told, taken, rows, different, real in lines:
        assert int(taken) < 700e6, method
        assert int(taken) < 1.5 * int(told), method
        assert (rows, real) == ("500", "True"), method
        assert int(different) > 400, method  # nor are they all thrown together


def test_demand_01_what_will_not_fit_is_refused_before_it_starts(tmp_path: Path) -> None:
    jobs = Jobs(tmp_path, Limits(max_training_bytes=400_000_000))
    with pytest.raises(JobError, match=r"would take about \d+ MB of memory, and 400 MB is the most .* lighter method"):
        jobs.start(RunRequest("cascade"), many_levels.table(), many_levels.SCHEMA)
    assert jobs.ids() == ()


@pytest.fixture
def run(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[tuple[Jobs, str]]:
    """A run in the midst of its training, which takes as long as it is left alone."""
    monkeypatch.setattr(processes, "start", partial(processes.start, module="tests.engine.waiting_worker"))
    monkeypatch.setattr(watching, "LOOK", 0.05)
    jobs = Jobs(tmp_path, Limits())
    run_id = jobs.start(RunRequest("forest", rows=10, fallback=False, figures=False), club(), CLUB)
    _until(jobs, run_id, lambda status: status.progress is not None and status.progress.stage == "train")
    yield jobs, run_id
    jobs.delete(run_id)


def _until(jobs: Jobs, run_id: str, ready: Callable[[RunStatus], bool]) -> RunStatus:
    end = time.monotonic() + PATIENCE
    while not ready(status := jobs.status(run_id)):
        assert time.monotonic() < end, status
        time.sleep(0.05)
    return status


def _send(jobs: Jobs, run_id: str, number: int) -> None:
    record = RunFolder(jobs.root / run_id).state()
    assert record is not None
    assert record.pid is not None
    os.kill(record.pid, number)


def _last_word(jobs: Jobs, run_id: str) -> str:
    status = _until(jobs, run_id, lambda status: status.state.ended)
    assert status.state is State.FAILED
    return status.message


@posix
def test_demand_02_who_is_killed_is_told_why_and_what_to_do(run: tuple[Jobs, str]) -> None:
    _send(*run, signal.SIGKILL)
    assert _last_word(*run) == (
        "The system stopped the training, most likely because memory ran out. "
        "Try fewer rows or columns, or a lighter method."
    )


@posix
def test_demand_02_what_stands_still_is_ended_and_told(run: tuple[Jobs, str], monkeypatch: pytest.MonkeyPatch) -> None:
    _send(*run, signal.SIGSTOP)
    monkeypatch.setattr(watching, "STANDSTILL", 3)
    assert _last_word(*run) == (
        "Stopped: it had come to a standstill, most likely for want of memory. "
        "Try fewer rows or columns, or a lighter method."
    )
