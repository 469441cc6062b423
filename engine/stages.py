"""The stages of a run: which there are, what each says, and how long they will last."""

from __future__ import annotations

from collections.abc import Sequence

from engine.progress import Progress
from engine.race import RACE
from engine.request import RunRequest
from engine.splitting import Split

SENTENCES = {  # what a stage says as long as nothing in it says more
    "race": "Racing the methods.",
    "train": "Learning the table.",
    "sample": "Making rows.",
    "evaluate": "Measuring the twin against the real table.",
    "attack": "Attacking the twin: can training rows be told from rows never seen?",
    "train again": "Learning all rows, the held out ones too.",
    "sample again": "Making the rows to release.",
}


def stages(request: RunRequest, rows: int) -> tuple[str, ...]:
    """The stages that a run will go through, as its progress names them."""
    first = ("race",) if request.method == RACE else ()
    if not request.figures and request.release == "all":
        return (*first, "train", "sample")
    figures = ("evaluate", *(("attack",) if request.depth == "full" else ())) if request.figures else ()
    measured = (*first, "train", "sample", *figures)
    if request.release == "all" and len(Split.of(rows, request.holdout, request.seed).holdout):
        return (*measured, "train again", "sample again")
    return measured


def seconds_left(names: tuple[str, ...], history: Sequence[Progress]) -> float | None:
    """Of a whole run, from its stages and progress so far; None while the present stage cannot tell.

    A stage to come is taken to last as long as its like did ("train again" as "train"); those without a like, which
    are short, are left out.
    """
    now = history[-1] if history else None
    left = None if now is None else now.seconds_left
    if now is None or left is None:
        return None
    lasted = {event.stage: event.seconds for event in history}
    lasted[now.stage] = now.seconds + left
    to_come = names[names.index(now.stage) + 1 :] if now.stage in names else ()
    return left + sum(lasted.get(name.removesuffix(" again"), 0.0) for name in to_come)
