"""A restarted server finds the runs of the one before it."""

from __future__ import annotations

import os
import subprocess
import sys
import time
from dataclasses import replace
from pathlib import Path

import psutil
import pytest

from engine import processes
from engine.jobs import Jobs, State
from engine.limits import Limits
from engine.runfolder import Record, RunFolder
from tests.engine.jobs.runs import BARE, SLOW, ended, stored, training
from tests.engine.tables import CLUB, club


@pytest.mark.usefixtures("waiting")
def test_a_restarted_server_stops_what_is_past_its_time(tmp_path: Path) -> None:
    before = Jobs(tmp_path / "runs", Limits())
    run_id = before.start(SLOW, club(), CLUB)
    training(before, run_id)
    after = Jobs(tmp_path / "runs", Limits(max_run_seconds=1))
    status = ended(after, run_id)
    assert status.state is State.FAILED
    assert "the longest that one run may take" in status.message


@pytest.mark.usefixtures("waiting")
def test_a_restarted_server_finds_running_and_queued_runs(tmp_path: Path) -> None:
    limits = Limits(max_running_jobs=1)
    before = Jobs(tmp_path / "runs", limits)
    running = before.start(replace(SLOW, figures=False), club(), CLUB)
    waiting = before.start(BARE, club(), CLUB)
    training(before, running)
    after = Jobs(tmp_path / "runs", limits)
    assert after.ids() == (running, waiting)
    assert after.finish(running)
    assert ended(after, running).state is State.DONE
    assert ended(after, waiting).state is State.DONE
    assert len(after.result(waiting).synthetic) == 50


def test_a_run_whose_worker_is_gone_after_a_restart_has_failed(jobs: Jobs) -> None:
    gone = subprocess.run([sys.executable, "-c", "import os; print(os.getpid())"], capture_output=True, check=True)
    run_id = stored(jobs, Record(State.RUNNING, created=1.0, started=1.0, pid=int(gone.stdout)))
    status = jobs.status(run_id)
    assert status.state is State.FAILED
    assert "restarted" in status.message


def test_a_recycled_pid_is_not_taken_for_ours_nor_killed(jobs: Jobs) -> None:
    stranger = subprocess.Popen([sys.executable, "-c", "import time; time.sleep(60)"])
    try:
        run_id = stored(jobs, Record(State.RUNNING, created=1.0, started=1.0, pid=stranger.pid))
        assert not jobs.cancel(run_id)
        assert jobs.status(run_id).state is State.FAILED
        jobs.delete(run_id)
        assert psutil.Process(stranger.pid).status() != psutil.STATUS_ZOMBIE
    finally:
        stranger.kill()
        stranger.wait()


def test_a_run_that_was_claimed_but_never_started_has_failed(jobs: Jobs) -> None:
    run_id = stored(jobs, Record(State.QUEUED, created=1.0))
    assert jobs.status(run_id).state is State.QUEUED
    os.utime(jobs.root / run_id / "claim", (1.0, 1.0))
    assert jobs.status(run_id).state is State.FAILED


def test_so_has_one_that_was_claimed_before_the_clock_was_set_back(jobs: Jobs) -> None:
    run_id = stored(jobs, Record(State.QUEUED, created=1.0))
    ahead = time.time() + 86_400
    os.utime(jobs.root / run_id / "claim", (ahead, ahead))
    assert jobs.status(run_id).state is State.FAILED


def test_a_restarted_server_starts_who_waits_where_nothing_runs(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = RunFolder(tmp_path / "runs" / ("a" * 32))
    folder.create(BARE, CLUB.parse(club()), CLUB)
    folder.write_state(Record(State.QUEUED, created=1.0))

    def start(*_: object, **__: object) -> None:
        raise OSError("no process is needed to see that one is asked for")

    monkeypatch.setattr(processes, "start", start)
    assert "could not be started" in Jobs(tmp_path / "runs", Limits()).status(folder.path.name).message
