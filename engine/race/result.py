"""What a race found, as plain data."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Any, Literal

from engine.fallback import RESERVE

RACE = "race"  # chosen in place of a method

Outcome = Literal["won", "judged", "out", "failed", "no time", "not raced"]


@dataclass(frozen=True, slots=True)
class Marks:
    """How made rows were judged; higher is better but for `nearer` (0.5 is the aim) and copies.

    shapes, trends, untold (from the rows set aside, by a classifier): 0 to 1; fidelity: their mean. utility: 1 is as
    real rows. mark: the mean of fidelity and utility; error: its standard error. nearer: share of rows that lie nearer
    to a training row, with its 95% interval; copies: of training rows; fresh_copies: among the rows set aside. None
    where something is not to be measured on this table.
    """

    shapes: float
    trends: float | None
    untold: float | None
    fidelity: float
    utility: float | None
    mark: float
    error: float
    nearer: float | None = None
    nearer_interval: tuple[float, float] | None = None
    copies: float | None = None
    fresh_copies: float | None = None

    @classmethod
    def from_json(cls, data: Mapping[str, Any]) -> Marks:
        found = dict(data)
        interval = found.get("nearer_interval")
        found["nearer_interval"] = None if interval is None else (interval[0], interval[1])
        return cls(**found)


@dataclass(frozen=True, slots=True)
class Entry:
    """One method in the race. reason: why it is out, failed, or did not race; seconds: of training and making rows."""

    method: str
    label: str
    outcome: Outcome
    reason: str = ""
    seconds: float | None = None
    marks: Marks | None = None


@dataclass(frozen=True, slots=True)
class RaceResult:
    """The whole race. entries: in the order of the race, then those that did not take part.

    fresh: the marks of the real training rows, which is what a perfect method gets. rows: how many were learned and how
    many set aside. budget: seconds for all; share: seconds that the winner might have taken. reason: for the choice.
    """

    winner: str
    reason: str
    entries: tuple[Entry, ...]
    fresh: Marks
    rows: Mapping[str, int]
    budget: float
    share: float
    seconds: float

    @property
    def note(self) -> str:
        """The race in one line."""
        raced = [e for e in self.entries if e.outcome != "not raced"]
        told = [f"{e.method} {e.marks.mark:.3f}{_OUT[e.outcome]}" if e.marks else _plain(e) for e in raced]
        return f"Marks in the race (fresh real rows {self.fresh.mark:.3f}): {', '.join(told)}."

    def seconds_for(self, rows: int) -> float:
        """For the winner's training on so many rows: by the row, what it had in the race.

        A little more, since a training that another method may take over leaves a part of its time to that one.
        """
        return self.share * max(rows / self.rows["learned"], 1.0) / (1.0 - RESERVE)

    def to_json(self) -> dict[str, Any]:
        return {**asdict(self), "entries": [asdict(entry) for entry in self.entries], "rows": dict(self.rows)}

    @classmethod
    def from_json(cls, data: Mapping[str, Any]) -> RaceResult:
        """Raises KeyError or TypeError when `data` is no race."""
        entries = [
            Entry(**{**entry, "marks": None if entry["marks"] is None else Marks.from_json(entry["marks"])})
            for entry in data["entries"]
        ]
        return cls(**{**data, "entries": tuple(entries), "fresh": Marks.from_json(data["fresh"])})


_OUT: Mapping[str, str] = {"out": " (out)", "won": "", "judged": ""}


def _plain(entry: Entry) -> str:
    return f"{entry.method} {'had no time' if entry.outcome == 'no time' else 'failed'}"
