"""A worker past a limit, or at a standstill, is stopped with a sentence; others are left alone."""

from __future__ import annotations

import time

import pytest

from engine import processes, watching
from engine.limits import Limits
from engine.processes import Usage
from engine.watching import Guard


def uses(monkeypatch: pytest.MonkeyPatch, *found: Usage | None) -> None:
    answers = list(found)
    monkeypatch.setattr(processes, "usage", lambda pid: answers.pop(0) if len(answers) > 1 else answers[0])


def test_a_worker_within_its_limits_is_left_alone(monkeypatch: pytest.MonkeyPatch) -> None:
    uses(monkeypatch, Usage(999, 1.0), Usage(1_000, 2.0), None)
    guard = Guard(1, time.time() - 50, Limits(max_run_seconds=60), 1_000)
    assert [guard.look() for _ in range(3)] == [None, None, None]


def test_time(monkeypatch: pytest.MonkeyPatch) -> None:
    uses(monkeypatch, Usage(1, 1.0))
    stop = Guard(1, time.time() - 7_201, Limits(max_run_seconds=7_200), 10).look()
    assert stop is not None
    assert stop.final
    assert stop.sentence.startswith("Stopped after 2 hours, the longest that one run may take on this server. Try ")


def test_memory(monkeypatch: pytest.MonkeyPatch) -> None:
    uses(monkeypatch, Usage(300_000_001, 1.0))
    stop = Guard(1, time.time(), Limits(), 300_000_000).look()
    assert stop is not None
    assert not stop.final
    assert "more than 300 MB of memory" in stop.sentence


def test_a_standstill_is_seen_by_looks_and_not_by_the_clock(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(watching, "STANDSTILL", 3)
    uses(monkeypatch, Usage(1, 1.0), Usage(1, 1.0), Usage(1, 2.0), Usage(1, 2.0))
    guard = Guard(1, time.time(), Limits(), 10)
    assert [guard.look() for _ in range(5)] == [None] * 5
    stop = guard.look()
    assert stop is not None
    assert "standstill" in stop.sentence
