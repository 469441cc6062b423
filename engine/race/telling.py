"""A race as a table for people: what fresh real rows get first, then every method in the order of the race."""

from __future__ import annotations

from collections.abc import Sequence

from engine.race.result import Entry, Marks, RaceResult

HEADER = (
    "Method",
    "Mark",
    "Shapes",
    "Trends",
    "Not told apart",
    "Utility",
    "Nearer to training rows",
    "Copies",
    "Seconds",
    "What came of it",
)
FRESH = "Fresh real rows"
NONE = "–"


def rows(race: RaceResult) -> list[tuple[str, ...]]:
    """One line per method under HEADER; shares in per cent."""
    aside = next((e.marks.fresh_copies for e in race.entries if e.marks is not None), None)
    fresh = (FRESH, *_marks(race.fresh), "50%", _percent(aside, 2), NONE, "What a perfect method would get")
    return [fresh, *(_row(entry) for entry in race.entries)]


def _row(entry: Entry) -> tuple[str, ...]:
    marks = entry.marks
    seconds = NONE if entry.seconds is None else f"{entry.seconds:.1f}"
    figures: Sequence[str] = [NONE] * 7
    if marks is not None:
        figures = (*_marks(marks), _nearer(marks), _percent(marks.copies, 2))
    return (entry.label, *figures, seconds, outcome(entry))


def outcome(entry: Entry) -> str:
    """What came of one method, in words."""
    if entry.outcome == "won":
        return f"Chosen. {entry.reason}".strip()
    words = {"judged": "", "out": "Out", "failed": "Failed", "no time": "Not begun", "not raced": "Not raced"}
    said = words[entry.outcome]
    return f"{said}: {entry.reason}" if said and entry.reason else said


def _marks(marks: Marks) -> tuple[str, ...]:
    values = (marks.mark, marks.shapes, marks.trends, marks.untold, marks.utility)
    return tuple(NONE if value is None else f"{value:.3f}" for value in values)


def _nearer(marks: Marks) -> str:
    if marks.nearer_interval is None:
        return NONE
    low, high = marks.nearer_interval
    return f"{_percent(marks.nearer, 1)} ({low:.1%} to {high:.1%})"


def _percent(value: float | None, digits: int) -> str:
    return NONE if value is None else f"{value:.{digits}%}"
