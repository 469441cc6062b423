"""Jobs in a folder of the test's own, and workers that wait in training."""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial
from pathlib import Path

import pytest

from engine import processes
from engine.jobs import Jobs
from engine.limits import Limits


@pytest.fixture
def jobs(tmp_path: Path) -> Iterator[Jobs]:
    made = Jobs(tmp_path / "runs", Limits(max_running_jobs=2))
    yield made
    for run_id in made.ids():
        made.cancel(run_id)


@pytest.fixture
def waiting(monkeypatch: pytest.MonkeyPatch) -> None:
    """Workers in which the forest and the cascade wait in training until they are stopped or asked to finish."""
    monkeypatch.setattr(processes, "start", partial(processes.start, module="tests.engine.waiting_worker"))
