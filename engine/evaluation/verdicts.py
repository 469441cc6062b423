"""How a figure stands beside that of fresh real rows, as one of three verdicts, and all of them in one sentence."""

from __future__ import annotations

from collections.abc import Sequence
from enum import StrEnum
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from engine.evaluation.base import MetricResult

TOLD = ("column_shapes", "pair_trends", "missing_similarity", "usefulness", "not_told_from_unseen")


class Standing(StrEnum):
    """The end of a figure's sentence; see `engine.evaluation.measure` for when it is which."""

    CLOSE = "the twin is as close as real data gets"
    LITTLE = "the twin falls a little short of that"
    CLEARLY = "the twin falls clearly short of that"


def standing(result: MetricResult) -> Standing | None:
    """The verdict that a figure's sentence ends with; None where there was nothing to stand beside."""
    if result.reference is None:
        return None
    return next((found for found in Standing if result.sentence.endswith(f"{found}.")), None)


def sentence(results: Sequence[MetricResult]) -> str:
    """What the figures say together, in plain words; empty where nothing was held out to compare with."""
    known = [(result, standing(result)) for key in TOLD for result in results if result.info.key == key]
    named = {s: [_named(result) for result, found in known if found is s] for s in Standing}
    close, little, clearly = (named[s] for s in Standing)
    parts = [f"As good as fresh real rows in {_listed(close)}"] if close else []
    parts += [f"a little short in {_listed(little)}"] if little else []
    parts += [f"clearly short in {_listed(clearly)}"] if clearly else []
    told = "; ".join(parts)
    return f"{told[:1].upper()}{told[1:]}." if told else ""


def _named(result: MetricResult) -> str:
    """What a figure is of, in the middle of a sentence."""
    return "the likeness of whole rows" if result.info.key == "not_told_from_unseen" else result.info.label.lower()


def _listed(names: Sequence[str]) -> str:
    return names[0] if len(names) == 1 else f"{', '.join(names[:-1])} and {names[-1]}"
