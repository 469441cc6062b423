"""The verdict in three steps, with its reasons, in words that claim no more than was measured.

What remains as risk, and whether that is acceptable, is for the people who share the table to decide.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from engine.privacy.comparison import Comparison
from engine.privacy.planted import SelfTest


class Step(StrEnum):
    NOTHING = "no excess risk measured"
    LOOK = "look here"
    STOP = "do not share"


LOOK_P, STOP_P = 0.05, 0.01
STOP_TPR = {"everyone": 0.02, "tenth": 0.03}  # lower end of the interval, twice and three times chance
STOP_AUC = 0.55  # lower end of the interval
STOP_GUESSES = 0.02  # lower end of the interval of a difference of rates

NOT_TESTED = (
    "someone who holds the model, not only the table",
    "several tables made from the same people",
    "a stronger attack than these",
    "a table whose values were replaced by others one to one: it repeats every row, and these attacks do not see it",
    "identifiers, personal columns and free text, which are made up anew",
)
ABSENCE = "A result near chance is absence of evidence, not proof."
DECISION = "Whether the risk that remains is acceptable is the decision of whoever is responsible for the data."


@dataclass(frozen=True, slots=True)
class Verdict:
    """The step, why, what was done in one paragraph, and what was not tested."""

    step: Step
    reasons: tuple[str, ...]
    summary: str
    not_tested: tuple[str, ...] = NOT_TESTED

    def to_json(self) -> dict[str, Any]:
        return {
            "step": str(self.step),
            "reasons": list(self.reasons),
            "summary": self.summary,
            "not_tested": list(self.not_tested),
        }

    @classmethod
    def from_json(cls, data: Mapping[str, Any]) -> Verdict:
        """Raises KeyError, TypeError or ValueError when `data` is no verdict."""
        return cls(Step(data["step"]), tuple(data["reasons"]), data["summary"], tuple(data["not_tested"]))


@dataclass(frozen=True, slots=True)
class Strongest:
    """The strongest figure of a kind: which attack has it, its value and its interval."""

    label: str
    value: float
    interval: tuple[float, float]

    def __str__(self) -> str:
        low, high = self.interval
        return f"{self.value:.1%} [{low:.1%} to {high:.1%}]"


@dataclass(frozen=True, slots=True)
class Evidence:
    """What a verdict rests on. tpr, auc: the strongest, by "everyone" and "tenth" where there is one."""

    p: float
    tpr: Mapping[str, Strongest]
    auc: Mapping[str, Strongest]
    comparisons: Sequence[Comparison]
    self_test: Sequence[SelfTest]
    reference: int
    attacks: int


def judge(evidence: Evidence) -> Verdict:
    """The verdict on what was measured: the worst of what each part says."""
    found = [_attacked(evidence), *_compared(evidence.comparisons)]
    if found[0][0] is not Step.STOP:
        found.extend(_power(evidence.self_test))
    steps = [step for step, _ in found]
    step = next((s for s in (Step.STOP, Step.LOOK) if s in steps), Step.NOTHING)
    order = {Step.STOP: 0, Step.LOOK: 1, Step.NOTHING: 2}
    reasons = tuple(reason for _, reason in sorted(found, key=lambda pair: order[pair[0]]))
    return Verdict(step, reasons, _summary(evidence))


def _attacked(evidence: Evidence) -> tuple[Step, str]:
    """What the membership attacks say."""
    everyone = evidence.tpr["everyone"]
    if evidence.p >= LOOK_P:
        return Step.NOTHING, f"No attack told training rows from rows never seen (p = {evidence.p:.2g})."
    clear = [STOP_TPR[among] <= tpr.interval[0] for among, tpr in evidence.tpr.items()]
    clear += [auc.interval[0] >= STOP_AUC for auc in evidence.auc.values()]
    told = f"Training rows are told from rows never seen (p = {evidence.p:.2g})"
    share = f"the attack by {everyone.label} recognises {everyone} of them where chance is 1%"
    if "tenth" in evidence.tpr:
        share += f", and of the most unusual tenth {evidence.tpr['tenth']}"
    return Step.STOP if evidence.p < STOP_P and any(clear) else Step.LOOK, f"{told}: {share}."


def _compared(comparisons: Sequence[Comparison]) -> list[tuple[Step, str]]:
    """What happens to members more often than to controls; each of m comparisons has an m-th of the error allowed."""
    found = []
    for c in comparisons:
        p = min(c.p * len(comparisons), 1.0)
        if p >= LOOK_P or c.difference <= 0:
            continue
        stop = p < STOP_P and (c.key == "copies" or c.interval[0] >= STOP_GUESSES)
        rates = f"{c.members:.1%} against {c.controls:.1%}"
        text = f"More often for training rows than for rows never seen: {c.what} ({rates})."
        found.append((Step.STOP if stop else Step.LOOK, text))
    return found


def _power(tests: Sequence[SelfTest]) -> list[tuple[Step, str]]:
    """What a “nothing found” is worth on this table."""
    if not tests:
        return []
    least = min((test for test in tests if test.found), key=lambda test: test.share, default=None)
    if least is None:
        largest = max(test.share for test in tests)
        return [
            (Step.LOOK, f"The attacks would have missed copies of {largest:.1%} of the training rows in this table.")
        ]
    missed = [test.share for test in tests if not test.found]
    planted = f"With copies of {least.share:.1%} of the training rows planted"
    text = f"{planted}, the same attacks found them (p = {least.p:.2g})"
    return [(Step.NOTHING, f"{text}; with {max(missed):.1%} they did not." if missed else f"{text}.")]


def _summary(evidence: Evidence) -> str:
    tenth = evidence.tpr.get("tenth")
    unusual = f" Among the most unusual tenth: {tenth}." if tenth is not None else ""
    return (
        f"We ran {evidence.attacks} attacks by someone who holds the synthetic table and {evidence.reference:,} real "
        f"rows of the same population. The strongest recognised {evidence.tpr['everyone']} of the training rows at 1% "
        f"false alarms; chance is 1%.{unusual} Not tested: someone who holds the model, several releases, or a "
        f"stronger attack. {ABSENCE} {DECISION}"
    )
