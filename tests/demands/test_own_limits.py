"""Row 2 of the list of demands, tried for real: who takes more than it may is stopped alone, and told why.

Each worker here truly holds the memory, or computes without end.
"""

from __future__ import annotations

import re
import sys
import time
from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path

import pytest

from engine import machine, processes, turns, watching
from engine.jobs import Jobs
from engine.limits import PREFIX, Limits
from engine.run import RunRequest
from engine.runfolder import RunFolder, State
from engine.runstatus import RunStatus
from tests.engine.tables import CLUB, club

pytestmark = pytest.mark.skipif(not sys.platform.startswith("linux"), reason="a process is held to its memory on Linux")
PATIENCE = 120.0  # seconds until a test gives up; nothing here takes that long
MOST = 1_500_000_000  # bytes that one run may take; a worker reserves half a gigabyte before it begins
MODEST = RunRequest("forest", rows=10, seed=10, fallback=False, figures=False)  # holds 10 MB
Start = Callable[[Limits], Jobs]


@pytest.fixture
def server(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Start]:
    """Jobs whose workers do not keep to what they may take; the estimate knows nothing of that."""
    monkeypatch.setattr(processes, "start", partial(processes.start, module="tests.engine.hungry_worker"))
    monkeypatch.setattr(watching, "LOOK", 0.1)
    monkeypatch.setattr(turns, "reserve", lambda *args: 1)
    made: list[Jobs] = []

    def start(limits: Limits) -> Jobs:
        for name in ("max_training_bytes", "max_run_seconds"):  # which the worker reads from there
            monkeypatch.setenv(f"{PREFIX}{name.upper()}", str(getattr(limits, name)))
        made.append(Jobs(tmp_path / "runs", limits))
        return made[0]

    yield start
    for run_id in made[0].ids():
        made[0].delete(run_id)


def hungry(method: str, megabytes: int) -> RunRequest:
    return RunRequest(method, rows=10, seed=megabytes, fallback=False, figures=False)


def until(jobs: Jobs, run_id: str, ready: Callable[[RunStatus], bool]) -> RunStatus:
    end = time.monotonic() + PATIENCE
    while not ready(status := jobs.status(run_id)):
        assert time.monotonic() < end, status
        time.sleep(0.05)
    return status


def trains(status: RunStatus) -> bool:
    return status.state.ended or (status.progress is not None and status.progress.stage == "train")


def goes_on(jobs: Jobs, run_id: str) -> bool:
    """Whether a run that is untouched comes to its end when asked to."""
    until(jobs, run_id, trains)
    jobs.finish(run_id)
    return until(jobs, run_id, lambda status: status.state.ended).state is State.DONE


@pytest.mark.parametrize(
    ("method", "megabytes", "told"),
    [
        ("forest", 3_000, "The computer's memory was not enough."),  # refused by the system before it has it
        ("cascade", 900, "Stopped: it took more than 1.5 GB of memory, the most that one run may take here."),
    ],
    ids=["itself", "in its own processes"],
)
def test_past_its_memory_a_run_is_stopped_alone(server: Start, method: str, megabytes: int, told: str) -> None:
    jobs = server(Limits(max_running_jobs=2, max_training_bytes=MOST))
    modest = jobs.start(MODEST, club(), CLUB, owner="a")
    greedy = jobs.start(hungry(method, megabytes), club(), CLUB, owner="b")
    status = until(jobs, greedy, lambda status: status.state.ended)
    assert status.state is State.FAILED
    assert status.message == f"{told} Try fewer rows or columns, or a lighter method."
    assert goes_on(jobs, modest)


def test_without_any_setting_the_machines_memory_is_the_bound(server: Start, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(machine, "memory", lambda: 10**9)
    jobs = server(Limits(max_running_jobs=2))
    modest = jobs.start(MODEST, club(), CLUB, owner="a")
    greedy = jobs.start(hungry("forest", 1_200), club(), CLUB, owner="b")
    status = until(jobs, greedy, lambda status: status.state.ended)
    assert status.state is State.FAILED
    assert re.match(
        r"Stopped: (it took more than 850 MB|the runs on this server needed more memory together)", status.message
    )
    assert goes_on(jobs, modest)


def test_all_together_keep_to_their_memory(server: Start) -> None:
    most = 1_400_000_000
    jobs = server(Limits(max_running_jobs=4, max_total_training_bytes=most))
    runs = [jobs.start(hungry("forest", 400), club(), CLUB, owner=str(number)) for number in range(4)]

    def taken() -> int:
        """What all take, once those that are left hold what they want."""
        left = [run for run in runs if not jobs.status(run).state.ended]
        for run in left:
            until(jobs, run, trains)
        records = [RunFolder(jobs.root / run).state() for run in left]
        used = [processes.usage(record.pid) for record in records if record is not None and record.pid is not None]
        return sum(one.memory for one in used if one is not None)

    end = time.monotonic() + PATIENCE
    while all(not jobs.status(run).state.ended for run in runs) or taken() > most:
        assert time.monotonic() < end
        time.sleep(0.1)
    stopped = [run for run in runs if jobs.status(run).state.ended]
    assert 1 <= len(stopped) <= 2
    for run in stopped:
        assert jobs.status(run).message.startswith("Stopped: the runs on this server needed more memory together than")
    assert all(goes_on(jobs, run) for run in runs if run not in stopped)


def test_an_endless_computation_is_stopped_alone(server: Start) -> None:
    jobs = server(Limits(max_running_jobs=2, max_run_seconds=15))
    endless = jobs.start(hungry("copula", 1), club(), CLUB, owner="a")
    until(jobs, endless, trains)
    beside = jobs.start(MODEST, club(), CLUB, owner="b")
    status = until(jobs, endless, lambda status: status.state.ended)
    assert status.state is State.FAILED
    assert status.message.startswith("Stopped after 15 seconds, the longest that one run may take on this server. Try")
    assert not jobs.status(beside).state.ended


def test_by_default_a_run_has_an_end() -> None:
    hours = Limits().max_run_seconds / 3600
    assert 6 <= hours <= 24  # longer than any training we know of, and not for ever
