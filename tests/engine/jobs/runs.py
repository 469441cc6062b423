"""Requests for runs, and waiting for what becomes of them."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import replace

from engine.jobs import Jobs, RunStatus, State
from engine.run import RunRequest
from engine.runfolder import Record, RunFolder
from tests.engine.tables import CLUB, club

QUICK = RunRequest("marginals", rows=50)
BARE = replace(QUICK, figures=False)  # where only the run's state is looked at
PATIENCE = 120.0  # seconds until a test gives up; nothing here takes that long


def wait_for(jobs: Jobs, run_id: str, ready: Callable[[RunStatus], bool]) -> RunStatus:
    end = time.monotonic() + PATIENCE
    while time.monotonic() < end:
        status = jobs.status(run_id)
        if ready(status):
            return status
        time.sleep(0.05)
    raise AssertionError(f"waited in vain; the run is {jobs.status(run_id)}\n{log_of(jobs, run_id)}")


def wait_until(ready: Callable[[], bool]) -> None:
    end = time.monotonic() + PATIENCE
    while not ready():
        assert time.monotonic() < end
        time.sleep(0.05)


def ended(jobs: Jobs, run_id: str) -> RunStatus:
    return wait_for(jobs, run_id, lambda s: s.state.ended)


def log_of(jobs: Jobs, run_id: str) -> str:
    log = jobs.root / run_id / "worker.log"
    return log.read_text() if log.exists() else "no log"


def pid_of(jobs: Jobs, run_id: str) -> int:
    record = RunFolder(jobs.root / run_id).state()
    assert record is not None
    assert record.pid is not None
    return record.pid


SLOW = RunRequest("forest", rows=10)


def training(jobs: Jobs, run_id: str) -> RunStatus:
    return wait_for(jobs, run_id, lambda s: s.progress is not None and s.progress.stage == "train")


def trying(jobs: Jobs, run_id: str, method: str) -> RunStatus:
    return wait_for(jobs, run_id, lambda s: s.trying == method and s.state is State.RUNNING)


def stored(jobs: Jobs, record: Record) -> str:
    """A run on disk as an earlier server may have left it."""
    run_id = "0123456789abcdef" * 2
    folder = RunFolder(jobs.root / run_id)
    folder.create(QUICK, CLUB.parse(club()), CLUB)
    folder.claim()
    folder.write_state(record)
    return run_id
