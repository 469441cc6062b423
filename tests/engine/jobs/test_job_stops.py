"""Runs stopped, asked to finish, or deleted by the person."""

from __future__ import annotations

import os
import time

import pytest

from engine import processes
from engine.errors import JobError
from engine.jobs import Jobs, State
from engine.runfolder import FolderToken, Record, RunFolder
from tests.engine.jobs.runs import SLOW, ended, log_of, pid_of, stored, training, wait_until
from tests.engine.tables import CLUB, club


@pytest.mark.usefixtures("waiting")
def test_stop_in_the_middle_of_training(jobs: Jobs) -> None:
    run_id = jobs.start(SLOW, club(), CLUB)
    training(jobs, run_id)
    pid = pid_of(jobs, run_id)
    assert jobs.cancel(run_id)
    assert not processes.alive(pid, jobs.root / run_id)
    status = jobs.status(run_id)
    assert status.state is State.CANCELLED
    assert not jobs.cancel(run_id)
    time.sleep(0.2)  # the thread that watched the worker has looked, too
    assert jobs.status(run_id).state is State.CANCELLED


def test_the_wish_to_finish_reaches_the_worker(jobs: Jobs) -> None:
    run_id = stored(jobs, Record(State.RUNNING, created=1.0, started=1.0, pid=os.getpid()))
    folder = RunFolder(jobs.root / run_id)
    token = FolderToken(folder)
    assert not token.finishing
    folder.ask_to_finish()
    wait_until(lambda: token.finishing)
    token.check()  # no cancellation


@pytest.mark.usefixtures("waiting")
def test_finish_lets_a_run_go_on_to_its_result(jobs: Jobs) -> None:
    run_id = jobs.start(SLOW, club(), CLUB)
    training(jobs, run_id)
    assert jobs.finish(run_id)
    status = ended(jobs, run_id)
    assert status.state is State.DONE, log_of(jobs, run_id)
    assert "train again" not in {event.stage for event in status.history}
    assert not jobs.finish(run_id)


@pytest.mark.usefixtures("waiting")
def test_delete_stops_and_removes(jobs: Jobs) -> None:
    run_id = jobs.start(SLOW, club(), CLUB)
    training(jobs, run_id)
    pid = pid_of(jobs, run_id)
    jobs.delete(run_id)
    assert not (jobs.root / run_id).exists()
    assert not processes.alive(pid, jobs.root / run_id)
    with pytest.raises(JobError, match="no such run"):
        jobs.status(run_id)
