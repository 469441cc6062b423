"""Several runs on one table side by side: quality, use, attacks, seconds; and what lies within noise.

Runs with the same seed and hold-out are measured on the same real rows. Their intervals then share that part of the
chance which comes from these rows, so that a difference called noise may be real, but hardly the other way round.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from engine.errors import SettingsError
from engine.evaluation.intervals import NORMAL_95

if TYPE_CHECKING:
    from engine.evaluation import Evaluation
    from engine.privacy import Audit

MOST = 4
FIGURES = {
    "overall": "Alike",
    "not_told_from_unseen": "Not told from unseen rows",
    "usefulness": "Useful to learn from",
}
_NEAR = 0.002  # a difference without intervals that decides nothing


@dataclass(frozen=True, slots=True)
class Mark:
    """A figure with its 95% interval, and the one of fresh real rows."""

    value: float
    interval: tuple[float, float] | None = None
    reference: float | None = None

    @property
    def error(self) -> float:
        """Standard error, 0 where no interval is known."""
        return 0.0 if self.interval is None else (self.interval[1] - self.interval[0]) / (2 * NORMAL_95)


@dataclass(frozen=True, slots=True)
class Contender:
    """One run: marks by key of FIGURES (None: not measured), and the strongest attack (share recognised)."""

    key: str
    label: str
    seconds: float
    marks: dict[str, Mark | None]
    attack: Mark | None
    verdict: str

    @classmethod
    def of(cls, key: str, label: str, seconds: float, evaluation: Evaluation | None, audit: Audit | None) -> Contender:
        known = {r.info.key: r for r in evaluation.results} if evaluation is not None else {}
        marks: dict[str, Mark | None] = {}
        for name in FIGURES:
            found = known.get(name)
            marks[name] = (
                None if found is None or found.value is None else Mark(found.value, found.interval, found.reference)
            )
        strongest = audit.strongest("tpr") if audit is not None else None
        attack = None if strongest is None else Mark(strongest[1].value, strongest[1].interval, strongest[1].chance)
        verdict = str(audit.verdict.step) if audit is not None and audit.verdict is not None else ""
        return cls(key, label, seconds, marks, attack, verdict)


@dataclass(frozen=True, slots=True)
class Ranked:
    """A contender's place, its score (mean of the figures that all have), and the figures in which it is as good as the
    best within noise."""

    place: int
    contender: Contender
    score: float | None
    level: tuple[str, ...]


def rank(contenders: Sequence[Contender]) -> tuple[Ranked, ...]:
    """Two to four runs, best first. Those whose attacks say “do not share” come last, whatever their figures.

    Raises SettingsError for another number of runs.
    """
    if not 2 <= len(contenders) <= MOST:
        raise SettingsError(f"Two to {MOST} runs can be compared, not {len(contenders)}.")
    shared = [name for name in FIGURES if all(c.marks[name] is not None for c in contenders)]
    scores = {c.key: _mean(c, shared) for c in contenders}
    level = {name: _level(contenders, name) for name in shared}
    order = sorted(contenders, key=lambda c: (c.verdict == "do not share", -(scores[c.key] or 0.0), c.seconds, c.key))
    return tuple(
        Ranked(place, c, scores[c.key], tuple(name for name in shared if c.key in level[name]))
        for place, c in enumerate(order, start=1)
    )


def _mean(contender: Contender, names: Sequence[str]) -> float | None:
    marks = [contender.marks[name] for name in names]
    values = [mark.value for mark in marks if mark is not None]
    return sum(values) / len(values) if values else None


def _level(contenders: Sequence[Contender], name: str) -> set[str]:
    """Whose figure is the best one, or not surely below it."""
    marks = {c.key: mark for c in contenders if (mark := c.marks[name]) is not None}
    best = max(marks.values(), key=lambda mark: mark.value)
    return {key for key, mark in marks.items() if not surely_below(mark, best)}


def surely_below(mark: Mark, best: Mark) -> bool:
    """Whether a figure is below another one by more than the noise of both, at 95%."""
    noise = NORMAL_95 * (mark.error**2 + best.error**2) ** 0.5
    return bool(best.value - mark.value > max(noise, _NEAR))
