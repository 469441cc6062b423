"""What tests of faults share."""

from __future__ import annotations

import importlib.util
from pathlib import Path
from typing import Any

import pytest

from engine import results, worker
from engine.progress import Progress
from engine.run import RunRequest, RunResult, execute
from tests.engine.tables import CLUB, club

BARE = RunRequest("marginals", rows=20, figures=False)


MISSING = ("lightgbm", "torch", "tensorflow", "keras")
NEED = {"cascade": "lightgbm", "transformer": "torch", "gan": "torch", "vae": "tensorflow"}


@pytest.fixture
def hidden(monkeypatch: pytest.MonkeyPatch) -> None:
    """For those who ask first, these packages are not installed."""
    real = importlib.util.find_spec
    monkeypatch.setattr(importlib.util, "find_spec", lambda name, *a: None if name in MISSING else real(name, *a))


@pytest.fixture(scope="session")
def made() -> RunResult:
    """What a run of `BARE` makes of the club's members."""
    return execute(BARE, club(), CLUB)


@pytest.fixture
def at_once(made: RunResult, monkeypatch: pytest.MonkeyPatch) -> None:
    """A worker in this process that trains nothing anew: only what it reads and writes is looked at."""

    def execute_again(*_: Any, folder: Path, progress: Any, attempts: Any, **__: Any) -> RunResult:
        progress(Progress("train", 1, 1))
        attempts.begins("marginals")
        attempts.ends()
        results.store(made, folder)
        return made

    monkeypatch.setattr(worker, "execute", execute_again)
