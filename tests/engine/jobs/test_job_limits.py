"""Runs past their time or memory are stopped alone."""

from __future__ import annotations

import signal
from dataclasses import replace
from pathlib import Path

import pytest

from engine import processes, turns
from engine.jobs import Jobs, State
from engine.limits import Limits
from tests.engine.jobs.runs import SLOW, ended, log_of, pid_of, trying
from tests.engine.tables import CLUB, club


@pytest.mark.usefixtures("waiting")
def test_past_its_time_a_run_is_stopped_alone(tmp_path: Path) -> None:
    jobs = Jobs(tmp_path / "runs", Limits(max_running_jobs=2, max_run_seconds=1))
    late = jobs.start(SLOW, club(), CLUB)
    status = ended(jobs, late)
    assert status.state is State.FAILED
    assert status.message.startswith("Stopped after one second, the longest that one run may take on this server.")
    assert status.failed == ()
    assert not processes.alive(pid_of(jobs, late), jobs.root / late)


@pytest.mark.skipif(not hasattr(signal, "SIGKILL"), reason="needs POSIX signals")
@pytest.mark.usefixtures("waiting")
def test_past_its_memory_in_training_another_method_goes_on(jobs: Jobs, monkeypatch: pytest.MonkeyPatch) -> None:
    run_id = jobs.start(replace(SLOW, figures=False), club(), CLUB)
    beside = jobs.start(SLOW, club(), CLUB)
    trying(jobs, run_id, "forest")
    greedy = pid_of(jobs, run_id)
    real = processes.usage
    monkeypatch.setattr(processes, "usage", lambda pid: processes.Usage(2**63, 0.0) if pid == greedy else real(pid))
    status = ended(jobs, run_id)
    assert status.state is State.FELL_BACK, log_of(jobs, run_id)
    assert "“forest” failed: Stopped: it took more than" in status.message
    assert jobs.status(beside).state is State.RUNNING


@pytest.mark.usefixtures("waiting")
def test_of_too_much_together_the_one_most_beyond_its_own_is_stopped(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(turns, "reserve", lambda *args: 10)
    jobs = Jobs(tmp_path / "runs", Limits(max_running_jobs=2, max_total_training_bytes=100))
    now = iter(range(10**9))  # work goes on
    taken: dict[int, int] = {}  # from before the first starts: what it takes in truth is too much already
    monkeypatch.setattr(processes, "usage", lambda pid: processes.Usage(taken.get(pid, 0), next(now)))
    first, second = (jobs.start(replace(SLOW, fallback=False), club(), CLUB) for _ in range(2))
    taken |= {pid_of(jobs, first): 40, pid_of(jobs, second): 80}
    status = ended(jobs, second)
    assert status.state is State.FAILED
    assert "together" in status.message
    assert jobs.status(first).state is State.RUNNING
    jobs.cancel(first)
