"""A run from its start to its result, or to the sentence that tells why there is none."""

from __future__ import annotations

import stat
from dataclasses import replace

import pandas as pd
import pytest

from engine.errors import DataError, JobError, SettingsError
from engine.jobs import Jobs, State
from engine.stages import stages
from tests.engine.jobs.runs import BARE, QUICK, ended, log_of
from tests.engine.tables import CLUB, club


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
