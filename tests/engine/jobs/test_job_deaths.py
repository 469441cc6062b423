"""Workers that are killed, or that run out of memory: another method takes over, or the run says why."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import pytest

from engine import processes, worker
from engine.jobs import Jobs, State
from engine.run import RunRequest
from engine.runfolder import RunFolder
from tests.engine.jobs.runs import BARE, PATIENCE, SLOW, ended, log_of, pid_of, training, trying
from tests.engine.tables import CLUB, club


@pytest.mark.skipif(not hasattr(signal, "SIGKILL"), reason="needs POSIX signals")
@pytest.mark.usefixtures("waiting")
def test_a_worker_that_is_killed_has_failed(jobs: Jobs) -> None:
    run_id = jobs.start(replace(SLOW, fallback=False), club(), CLUB)
    training(jobs, run_id)
    os.kill(pid_of(jobs, run_id), signal.SIGKILL)
    status = ended(jobs, run_id)
    assert status.state is State.FAILED
    assert "memory" in status.message
    assert "Traceback" not in status.message


@pytest.mark.skipif(not hasattr(signal, "SIGKILL"), reason="needs POSIX signals")
@pytest.mark.usefixtures("waiting")
def test_a_worker_that_is_killed_in_training_is_followed_by_another_method(jobs: Jobs) -> None:
    run_id = jobs.start(replace(SLOW, figures=False), club(), CLUB)
    trying(jobs, run_id, "forest")
    os.kill(pid_of(jobs, run_id), signal.SIGKILL)
    status = ended(jobs, run_id)
    assert status.state is State.FELL_BACK, log_of(jobs, run_id)
    assert "“forest” failed: The system stopped the training, most likely because memory ran out." in status.message
    assert [f.method for f in status.failed] == ["forest"]
    result = jobs.result(run_id)
    assert (result.report.asked, result.report.used) == ("forest", "copula")
    assert result.figures["fallbacks"] == [
        {"method": "forest", "reason": "The system stopped the training, most likely because memory ran out."}
    ]
    assert len(result.synthetic) == 10


@pytest.mark.skipif(not hasattr(signal, "SIGKILL"), reason="needs POSIX signals")
@pytest.mark.usefixtures("waiting")
def test_a_run_that_goes_on_with_another_method_can_be_stopped(jobs: Jobs) -> None:
    run_id = jobs.start(replace(SLOW, method="cascade"), club(), CLUB)
    trying(jobs, run_id, "cascade")
    first = pid_of(jobs, run_id)
    os.kill(first, signal.SIGKILL)
    status = trying(jobs, run_id, "forest")
    assert [f.method for f in status.failed] == ["cascade"]
    second = pid_of(jobs, run_id)
    assert second != first
    assert jobs.cancel(run_id)
    assert not processes.alive(second, jobs.root / run_id)
    assert jobs.status(run_id).state is State.CANCELLED


def test_memory_that_runs_out_in_training_is_a_failure_of_the_method(tmp_path: Path) -> None:
    folder = RunFolder(tmp_path / "run")
    folder.create(RunRequest("greedy", rows=10, figures=False), CLUB.parse(club()), CLUB)
    code = (
        "import sys; print('begun', flush=True); from engine import worker; from engine.generators import registry; "
        "from tests.engine.doubles import Greedy; registry.GENERATORS['greedy'] = Greedy; worker.main(sys.argv[1:])"
    )
    environment = {**os.environ, "TABULAR_TWIN_MAX_TRAINING_BYTES": "1500000000"}
    command = [sys.executable, "-c", code, str(folder.path)]
    done = subprocess.run(command, env=environment, check=True, capture_output=True, text=True)
    outcome = folder.outcome()
    assert outcome is not None
    assert outcome.state is State.FELL_BACK
    assert "“greedy” failed: The computer's memory was not enough." in outcome.message
    assert done.stdout.splitlines() == ["begun"] * (2 if os.name == "posix" else 1)  # the next has an empty memory
    assert folder.attempts()[0] == ""


@pytest.mark.skipif(sys.platform in ("win32", "darwin"), reason="no limit of memory there")
def test_memory_that_is_not_even_enough_to_begin_is_told(tmp_path: Path) -> None:
    folder = RunFolder(tmp_path / "run")
    folder.create(BARE, CLUB.parse(club()), CLUB)
    environment = {**os.environ, "TABULAR_TWIN_MAX_TRAINING_BYTES": "100000000"}
    command = [sys.executable, "-m", "engine.worker", str(folder.path)]
    subprocess.run(command, env=environment, check=True, capture_output=True, timeout=PATIENCE)
    outcome = folder.outcome()
    assert outcome is not None
    assert (outcome.state, outcome.message) == (State.FAILED, worker.NO_MEMORY)
