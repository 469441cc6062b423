"""Run folders: old ones swept, false names and damage told, progress and tables read as they were written."""

from __future__ import annotations

import shutil
import time
from pathlib import Path

import pandas as pd
import pytest

from engine import processes, turns
from engine.errors import JobError
from engine.jobs import Jobs, State
from engine.limits import Limits
from engine.runfolder import Record, RunFolder
from engine.table.schema import CANONICAL_DTYPES, Column, DateFormat, Kind, Schema
from tests.engine.jobs.runs import BARE, QUICK, ended, stored
from tests.engine.tables import CLUB, club


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


def test_a_run_outside_the_folder_is_none(jobs: Jobs) -> None:
    inside = stored(jobs, Record(State.DONE, created=1.0, ended=2.0))
    outside = shutil.copytree(jobs.root / inside, jobs.root.parent / "outside" / inside)
    for ask in (jobs.status, jobs.table, jobs.cancel, jobs.delete):
        with pytest.raises(JobError, match="no such run"):
            ask(f"../outside/{inside}")
    assert (outside / "state.json").exists()


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


class TestTaking:
    """What becomes of a run that is handed over; no worker is started."""

    @pytest.fixture(autouse=True)
    def _nobody_starts(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(Jobs, "_pump", lambda self: None)

    def test_one_for_whom_the_line_fills_up_meanwhile_leaves_nothing(
        self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        jobs = Jobs(tmp_path, Limits())
        asked: list[str] = []

        def check(*_: object) -> None:
            asked.append("")
            if len(asked) == 2:
                raise JobError("The line of this server is full.")

        monkeypatch.setattr(turns, "check_line", check)
        with pytest.raises(JobError, match="is full"):
            jobs.start(BARE, club(), CLUB)
        assert not list(tmp_path.iterdir())

    def test_who_came_first_is_known_though_the_clock_stands_still(
        self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        jobs = Jobs(tmp_path, Limits())
        monkeypatch.setattr(time, "time", lambda: 1_000_000_000.0)
        begun = tuple(jobs.start(BARE, club(), CLUB) for _ in range(6))
        assert jobs.ids() == begun

    def test_one_that_another_server_has_claimed_is_not_started(
        self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        jobs = Jobs(tmp_path, Limits())
        run_id = jobs.start(BARE, club(), CLUB)
        folder = RunFolder(tmp_path / run_id)
        assert folder.claim()
        assert not folder.claim()
        started: list[object] = []
        monkeypatch.setattr(processes, "start", lambda *_, **__: started.append(1))
        jobs._launch(run_id, Record(State.QUEUED, created=1.0))
        assert not started
