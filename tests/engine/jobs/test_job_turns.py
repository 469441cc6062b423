"""Who runs next: the order of waiting runs, owners in turn, and room in memory."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from engine import turns
from engine.errors import JobError
from engine.jobs import Jobs, State
from engine.limits import Limits
from tests.engine.jobs.runs import BARE, SLOW, ended, wait_for
from tests.engine.tables import CLUB, club


@pytest.mark.usefixtures("waiting")
def test_the_queue_is_first_in_first_out(tmp_path: Path) -> None:
    jobs = Jobs(tmp_path / "runs", Limits(max_running_jobs=1))
    first = jobs.start(SLOW, club(), CLUB)
    second, third, fourth = (jobs.start(replace(BARE, seed=i), club(), CLUB) for i in range(3))
    assert [jobs.status(i).place for i in (first, second, third, fourth)] == [None, 1, 2, 3]
    assert jobs.ids() == (first, second, third, fourth)
    assert jobs.cancel(third)
    assert jobs.status(fourth).place == 2
    assert jobs.status(second).state is State.QUEUED
    jobs.cancel(first)
    done = [ended(jobs, i) for i in (second, fourth)]
    assert [s.state for s in done] == [State.DONE, State.DONE]
    assert done[0].ended is not None
    assert done[1].started is not None
    assert done[1].started >= done[0].ended - 0.5
    assert jobs.status(third).started is None


@pytest.mark.usefixtures("waiting")
def test_owners_take_turns(tmp_path: Path) -> None:
    jobs = Jobs(tmp_path / "runs", Limits(max_running_jobs=1, max_waiting_jobs_per_owner=2))
    first = jobs.start(SLOW, club(), CLUB, owner="a")
    second, third = (jobs.start(replace(SLOW, seed=i), club(), CLUB, owner="a") for i in range(2))
    other = jobs.start(SLOW, club(), CLUB, owner="b")
    assert [jobs.status(i).place for i in (first, other, second, third)] == [None, 1, 2, 3]
    with pytest.raises(JobError, match="2 runs of yours"):
        jobs.start(SLOW, club(), CLUB, owner="a")
    assert len(jobs.ids()) == len(list(jobs.root.iterdir())) == 4
    jobs.cancel(first)
    wait_for(jobs, other, lambda s: s.state is State.RUNNING)
    assert [jobs.status(i).place for i in (second, third)] == [1, 2]
    for run_id in jobs.ids():
        jobs.cancel(run_id)


@pytest.mark.usefixtures("waiting")
def test_a_run_without_memory_waits_though_there_is_room(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(turns, "reserve", lambda *args: 6 * 10**10)
    jobs = Jobs(tmp_path / "runs", Limits(max_running_jobs=2, max_total_training_bytes=10**11))
    first, second = (jobs.start(SLOW, club(), CLUB) for _ in range(2))
    assert jobs.status(first).state is State.RUNNING
    assert (jobs.status(second).place, jobs.status(second).short_of_memory) == (1, True)
    jobs.cancel(first)
    assert jobs.status(second).state is State.RUNNING
    jobs.cancel(second)
