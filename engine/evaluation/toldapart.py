"""Not told apart: how far classifiers fall short of telling made rows from real ones (see `detection`).

Against the training rows the figure can be bought by copying them; against rows that the generator never saw it cannot.
So both are measured, and the difference is told.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import ClassVar

import numpy as np
import pandas as pd

from engine.evaluation import columns
from engine.evaluation.base import Against, Goal, Metric, MetricInfo, Part, Score, Tier
from engine.evaluation.detection import Detection, detect
from engine.evaluation.intervals import NORMAL_95, interval, spread
from engine.table.schema import Schema

SHUFFLED, ALONE, PAIR = "Shuffled", "Alone", "Both together"
SOURCE = "Classifier two-sample test (Lopez-Paz and Oquab 2017), 1 − 2 (AUC − 0.5), five folds"
_NAMED = 3  # columns in the sentence
_TELLS = 0.02  # of the area, from which a column is named


class _NotTold(Metric):
    tier = Tier.FULL
    exact = False
    rows: ClassVar[str]

    def sentence(self, score: Score) -> str:
        best = min((p for p in score.parts if not p.columns), key=lambda part: part.value)
        size = int(best.details["rows"])
        return (
            f"Asked which of two rows is {self.rows} and which is from the other table, {best.method.lower()} is right "
            f"in {best.details['auc']:.1%} of cases; 50% is chance ({size:,} rows of each table).{_given_away(score)}"
        )

    def _compute(self, real: pd.DataFrame, other: pd.DataFrame, schema: Schema, rng: np.random.Generator) -> Score:
        found = detect(real, other, schema, rng)
        best = max(found.told.values(), key=lambda told: told.auc)
        value = _score(best.auc)
        rows = -2.0 * best.influence[0], -2.0 * best.influence[1]
        return Score(value, _parts(found), interval(value, rows, 0.0, 1.0), columns.left_out(schema), rows)


class NotToldFromLearned(_NotTold):
    info: ClassVar[MetricInfo] = MetricInfo(
        key="not_told_from_training",
        label="Not told from training rows",
        group="fidelity",
        goal=Goal.MAXIMIZE,
        low=0.0,
        high=1.0,
        meaning="How far the better of two classifiers falls short of telling rows from training rows: 1 is chance, 0 "
        "is always told. Copies of training rows raise it.",
        source=SOURCE,
    )
    rows = "a training row"


class NotToldFromUnseen(_NotTold):
    against = Against.UNSEEN
    beside = "{rows:,} training rows get {fresh:.1%}, as many of the twin's {twin:.1%}"
    info: ClassVar[MetricInfo] = MetricInfo(
        key="not_told_from_unseen",
        label="Not told from unseen rows",
        group="fidelity",
        goal=Goal.MAXIMIZE,
        low=0.0,
        high=1.0,
        meaning="How far the better of two classifiers falls short of telling rows from real rows that were held out: "
        "1 is chance, 0 is always told. Copying training rows does not help beyond what they are worth.",
        source=SOURCE,
    )
    rows = "a real row that was held out"

    def afterword(self, score: Score, others: Mapping[str, Score]) -> str:
        """The difference to the figure against training rows."""
        learned = others.get(NotToldFromLearned.info.key)
        if learned is None or learned.influence is None or score.influence is None:
            return ""
        gap = learned.value - score.value
        noise = NORMAL_95 * float(np.hypot(spread(learned.influence), spread(score.influence)))
        if abs(gap) <= noise:
            return "From training rows they are told as well, within noise."
        if gap < 0:
            return f"From training rows they are told better (by {-gap:.1%} ± {noise:.1%})."
        return (
            f"From training rows they are told worse (by {gap:.1%} ± {noise:.1%}): the table is more like the rows "
            "that were learned than like new ones."
        )


def _score(auc: float) -> float:
    return 1.0 - 2.0 * float(np.clip(auc - 0.5, 0.0, 0.5))


def _parts(found: Detection) -> tuple[Part, ...]:
    """Both classifiers, then what gives the table away, in values of which 1 is not at all."""
    rows = float(found.rows)
    parts = [
        Part((), _score(told.auc), name, details={"auc": told.auc, "rows": rows}) for name, told in found.told.items()
    ]
    for name, loss in found.losses.items():
        parts.append(Part((name,), 1.0 - 2.0 * float(np.clip(loss, 0.0, 0.5)), SHUFFLED, details={"loss": loss}))
    parts += [Part((name,), _score(auc), ALONE, details={"auc": auc}) for name, auc in found.alone.items()]
    for pair, auc in found.pairs.items():
        best = max(found.alone[name] for name in pair)
        parts.append(Part(pair, _score(auc), PAIR, details={"auc": auc, "alone": best}))
    return tuple(parts)


def _given_away(score: Score) -> str:
    """The columns and the pair that tell most, where any tells much."""
    losses = [(p.details["loss"], p.columns[0]) for p in score.parts if p.method == SHUFFLED]
    named = [f"“{name}”" for loss, name in sorted(losses, key=lambda found: (-found[0], found[1])) if loss > _TELLS]
    pairs = [p for p in score.parts if p.method == PAIR and p.details["auc"] - p.details["alone"] > _TELLS]
    said = f" Columns that give it away most: {', '.join(named[:_NAMED])}." if named else ""
    if pairs:
        most = max(pairs, key=lambda part: part.details["auc"])
        left, right = most.columns
        said += f" Of two columns together “{left}” with “{right}” tell most ({most.details['auc']:.1%})."
    return said
