"""Runs in real worker processes: results, progress, stop, crashes, the queue, and finding runs again."""

from __future__ import annotations

import os
import shutil
import signal
import stat
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from dataclasses import replace
from functools import partial
from pathlib import Path

import pandas as pd
import psutil
import pytest

from engine import processes, turns, worker
from engine.errors import DataError, JobError, SettingsError
from engine.jobs import Jobs, RunStatus, State
from engine.limits import Limits
from engine.run import RunRequest
from engine.runfolder import FolderToken, Record, RunFolder
from engine.stages import stages
from engine.table.schema import CANONICAL_DTYPES, Column, DateFormat, Kind, Schema
from tests.engine.tables import CLUB, club

QUICK = RunRequest("marginals", rows=50)
BARE = replace(QUICK, figures=False)  # where only the run's state is looked at
PATIENCE = 120.0  # seconds until a test gives up; nothing here takes that long


@pytest.fixture
def jobs(tmp_path: Path) -> Iterator[Jobs]:
    made = Jobs(tmp_path / "runs", Limits(max_running_jobs=2))
    yield made
    for run_id in made.ids():
        made.cancel(run_id)


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


@pytest.fixture
def waiting(monkeypatch: pytest.MonkeyPatch) -> None:
    """Workers in which the forest and the cascade wait in training until they are stopped or asked to finish."""
    monkeypatch.setattr(processes, "start", partial(processes.start, module="tests.engine.waiting_worker"))


SLOW = RunRequest("forest", rows=10)


def training(jobs: Jobs, run_id: str) -> RunStatus:
    return wait_for(jobs, run_id, lambda s: s.progress is not None and s.progress.stage == "train")


def test_a_run_from_start_to_result(jobs: Jobs) -> None:
    run_id = jobs.start(QUICK, club(), CLUB)
    status = ended(jobs, run_id)
    assert status.state is State.DONE, log_of(jobs, run_id)
    assert status.request == QUICK
    assert status.stages == stages(QUICK, 200)
    assert tuple(dict.fromkeys(e.stage for e in status.history)) == status.stages
    assert status.started is not None
    assert status.ended is not None
    assert status.created <= status.started <= status.ended
    result = jobs.result(run_id)
    assert len(result.synthetic) == 50
    assert result.evaluation is not None
    assert result.report.used == "marginals"
    assert result.figures["method_used"] == "marginals"
    pd.testing.assert_frame_equal(jobs.table(run_id), CLUB.parse(club()))
    assert jobs.schema(run_id) == CLUB


def test_the_folder_is_private(jobs: Jobs) -> None:
    run_id = jobs.start(QUICK, club(), CLUB)
    for path in (jobs.root, jobs.root / run_id):
        assert stat.S_IMODE(path.stat().st_mode) == 0o700


def test_two_at_once_do_not_disturb_each_other(jobs: Jobs) -> None:
    requests = [replace(BARE, seed=1), replace(BARE, seed=2)]
    ids = [jobs.start(request, club(), CLUB) for request in requests]
    both = [ended(jobs, run_id) for run_id in ids]
    assert [s.state for s in both] == [State.DONE, State.DONE]
    first, second = (jobs.result(run_id).synthetic for run_id in ids)
    assert not first.equals(second)
    again = jobs.start(requests[0], club(), CLUB)
    ended(jobs, again)
    pd.testing.assert_frame_equal(jobs.result(again).synthetic, first)


def test_mistakes_are_told_at_once_and_leave_nothing(jobs: Jobs) -> None:
    frame = club()
    frame.loc[3, "age"] = "old"
    with pytest.raises(DataError, match="age"):
        jobs.start(QUICK, frame, CLUB)
    with pytest.raises(SettingsError):
        jobs.start(replace(QUICK, rows=0), club(), CLUB)
    assert jobs.ids() == ()
    assert not list(jobs.root.iterdir())


def test_a_run_that_fails_says_a_sentence_and_keeps_the_traceback_in_the_log(jobs: Jobs) -> None:
    run_id = jobs.start(QUICK, club().iloc[:0], CLUB)
    status = ended(jobs, run_id)
    assert status.state is State.FAILED
    assert status.message == "The table has no rows to learn from."
    assert "Traceback" in log_of(jobs, run_id)
    with pytest.raises(JobError, match="no result"):
        jobs.result(run_id)


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


def trying(jobs: Jobs, run_id: str, method: str) -> RunStatus:
    return wait_for(jobs, run_id, lambda s: s.trying == method and s.state is State.RUNNING)


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


@pytest.mark.usefixtures("waiting")
def test_past_its_time_a_run_is_stopped_alone(tmp_path: Path) -> None:
    jobs = Jobs(tmp_path / "runs", Limits(max_running_jobs=2, max_run_seconds=1))
    late = jobs.start(SLOW, club(), CLUB)
    status = ended(jobs, late)
    assert status.state is State.FAILED
    assert status.message.startswith("Stopped after one second, the longest that one run may take on this server.")
    assert status.failed == ()
    assert not processes.alive(pid_of(jobs, late), jobs.root / late)


@pytest.mark.usefixtures("waiting")
def test_a_restarted_server_stops_what_is_past_its_time(tmp_path: Path) -> None:
    before = Jobs(tmp_path / "runs", Limits())
    run_id = before.start(SLOW, club(), CLUB)
    training(before, run_id)
    after = Jobs(tmp_path / "runs", Limits(max_run_seconds=1))
    status = ended(after, run_id)
    assert status.state is State.FAILED
    assert "the longest that one run may take" in status.message


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
    first, second = (jobs.start(replace(SLOW, fallback=False), club(), CLUB) for _ in range(2))
    more = pid_of(jobs, second)
    now = iter(range(10**9))  # work goes on
    taken = {"all": 0}
    monkeypatch.setattr(
        processes, "usage", lambda pid: processes.Usage(taken["all"] // (1 if pid == more else 2), next(now))
    )
    taken["all"] = 80
    status = ended(jobs, second)
    assert status.state is State.FAILED
    assert "together" in status.message
    assert jobs.status(first).state is State.RUNNING
    jobs.cancel(first)


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


def stored(jobs: Jobs, record: Record) -> str:
    """A run on disk as an earlier server may have left it."""
    run_id = "0123456789abcdef" * 2
    folder = RunFolder(jobs.root / run_id)
    folder.create(QUICK, CLUB.parse(club()), CLUB)
    folder.claim()
    folder.write_state(record)
    return run_id


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


def test_sweep_removes_only_what_ended_long_ago(jobs: Jobs) -> None:
    run_id = jobs.start(BARE, club(), CLUB)
    ended(jobs, run_id)
    assert jobs.sweep(3600) == 0
    assert jobs.sweep(-1) == 1
    assert jobs.ids() == ()


@pytest.mark.parametrize("run_id", ["", "nope", "../../etc", "0" * 32, "../" + "0" * 32])
def test_ids_that_are_none(jobs: Jobs, run_id: str) -> None:
    for ask in (jobs.status, jobs.cancel, jobs.result, jobs.delete):
        with pytest.raises(JobError):
            ask(run_id)


def test_damaged_folders_are_told_and_do_not_stop_the_others(jobs: Jobs) -> None:
    good = jobs.start(QUICK, club(), CLUB)
    bad = jobs.root / ("f" * 32)
    shutil.copytree(jobs.root / good, bad)
    (bad / "state.json").write_text("{")
    with pytest.raises(JobError, match="damaged"):
        jobs.status(bad.name)
    assert jobs.ids() == (good,)
    ended(jobs, good)
    (jobs.root / good / "result" / "figures.json").write_text("{")
    with pytest.raises(JobError, match="damaged"):
        jobs.result(good)


def test_progress_lines_are_read_once_and_only_whole(jobs: Jobs) -> None:
    run_id = jobs.start(BARE, club(), CLUB)
    before = ended(jobs, run_id)
    with (jobs.root / run_id / "progress.jsonl").open("a") as lines:
        lines.write('{"stage": "extra"}\n{"stage": "hal')
    after = jobs.status(run_id)
    assert [e.stage for e in after.history[len(before.history) :]] == ["extra"]
    assert jobs.status(run_id).history == after.history


def test_every_kind_of_column_travels_unchanged(tmp_path: Path) -> None:
    times = pd.Series(["2024-03-31T01:30:00.000001", None]).pipe(pd.to_datetime).astype("datetime64[us]")
    dates = {
        "plain": (DateFormat("%Y-%m-%dT%H:%M:%S.%f", "us"), times),
        "zoned": (
            DateFormat("%Y-%m-%dT%H:%M:%S.%f%z", "us", "Europe/Amsterdam"),
            times.dt.tz_localize("Europe/Amsterdam"),
        ),
        "offset": (DateFormat("%Y-%m-%dT%H:%M:%S.%f%z", "us", "+05:30"), times.dt.tz_localize("+05:30")),
    }
    values = {Kind.INTEGER: [2**53 + 1, None], Kind.DECIMAL: [0.1, None], Kind.BOOLEAN: [True, None]}
    columns = [Column(str(k), k) for k in Kind if k is not Kind.DATETIME]
    columns += [Column(name, Kind.DATETIME, date=date) for name, (date, _) in dates.items()]
    table = pd.DataFrame(
        {
            str(k): pd.Series(values.get(k, ["ä|b\n", None]), dtype=CANONICAL_DTYPES[k])
            for k in Kind
            if k is not Kind.DATETIME
        }
        | {name: cells for name, (_, cells) in dates.items()}
    )
    schema = Schema(tuple(columns))
    table = schema.parse(table)
    folder = RunFolder(tmp_path / "run")
    folder.create(QUICK, table, schema)
    pd.testing.assert_frame_equal(folder.table(), table)
    assert folder.table()["integer"].iloc[0] == 2**53 + 1
