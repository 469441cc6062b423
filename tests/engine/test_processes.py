"""A worker is known again, also in the moment of its start."""

from __future__ import annotations

import os
from pathlib import Path

import psutil
import pytest

from engine import processes


def test_a_process_that_is_just_being_started_counts_as_alive(monkeypatch: pytest.MonkeyPatch) -> None:
    """Between fork and the new program Linux shows an empty command line."""
    answers = iter([[], [], ["python", "-m", "engine.worker", "/runs/0123"]])
    monkeypatch.setattr(psutil.Process, "cmdline", lambda self: next(answers))
    assert processes.alive(os.getpid(), Path("/runs/0123"))


def test_another_process_of_the_same_number_does_not(monkeypatch: pytest.MonkeyPatch) -> None:
    assert not processes.alive(os.getpid(), Path("/runs/0123"))
    monkeypatch.setattr(psutil.Process, "cmdline", lambda self: [])
    assert not processes.alive(os.getpid(), Path("/runs/0123"))
