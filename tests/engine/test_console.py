"""Progress in a terminal: a bar for each stage; nothing where nobody looks."""

from __future__ import annotations

import io

import pytest

from engine.console import Bar
from engine.progress import Progress
from engine.race import RACE

EVENTS = (
    Progress("train", 1, 4, losses={"loss": 0.123456}),
    Progress("train", 3, 8),
    Progress("sample", 50, 100),
    Progress(RACE, 1, 3, message="forest is judged"),
)


class Terminal(io.StringIO):
    def isatty(self) -> bool:
        return True


def drawn(stream: io.StringIO, monkeypatch: pytest.MonkeyPatch) -> str:
    monkeypatch.setattr("sys.stderr", stream)
    with Bar() as bar:
        for event in EVENTS:
            bar(event)
    return stream.getvalue()


def test_a_terminal_shows_stage_step_losses_and_the_race(monkeypatch: pytest.MonkeyPatch) -> None:
    shown = drawn(Terminal(), monkeypatch)
    for words in ("Train", "1/4", "loss=0.1235", "3/8", "Sample", "50/100", f"{RACE.capitalize()}", "forest is judged"):
        assert words in shown
    assert shown.index("Train") < shown.index("Sample") < shown.index("forest is judged")
    assert shown.endswith("\r"), "the last bar is taken away"


def test_a_file_gets_no_bar(monkeypatch: pytest.MonkeyPatch) -> None:
    assert drawn(io.StringIO(), monkeypatch) == ""
