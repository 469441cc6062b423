"""The choice among those judged, and its reason as a sentence."""

from __future__ import annotations

from collections.abc import Mapping

from engine.evaluation.intervals import NORMAL_95
from engine.race.judge import Judged


def choose(judged: Mapping[str, Judged], labels: Mapping[str, str], fresh: float) -> tuple[str, str]:
    """The winner's key and why. judged: by method, the quicker ones first, at least one; fresh: the mark of real rows.

    The rule is told in `engine.race`.
    """
    able = {key: found for key, found in judged.items() if not found.out}
    if not able:
        key = min(judged, key=lambda k: (judged[k].marks.nearer_interval or (0.0, 0.0))[0])
        return key, (
            f"No method kept away from its training rows; {labels[key]} did most. "
            "Look closely before you share what it makes."
        )
    best = max(able, key=lambda key: able[key].marks.mark)
    winner = next(key for key in able if _within_noise(able[best], able[key]))
    mark = able[winner].marks.mark
    beside = f"{mark:.3f} (fresh real rows get {fresh:.3f})"
    if winner != best:
        gap = NORMAL_95 * able[best].error_beside(able[winner])
        return winner, (
            f"{labels[winner]} has a mark of {beside}; {labels[best]} has {able[best].marks.mark:.3f}, "
            f"which is within noise (± {gap:.3f}), and {labels[winner]} is the quicker one."
        )
    rest = [key for key in able if key != best]
    if not rest:
        others = "the only one that could be taken"
        return best, f"{labels[best]} has a mark of {beside} and is {others}."
    second = max(rest, key=lambda key: able[key].marks.mark)
    return best, (
        f"{labels[best]} has the best mark, {beside}; the next is {labels[second]} with {able[second].marks.mark:.3f}."
    )


def _within_noise(best: Judged, other: Judged) -> bool:
    return best is other or best.marks.mark - other.marks.mark <= NORMAL_95 * best.error_beside(other)
