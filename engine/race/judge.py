"""The judge of a race: measures every method's rows in the same way, against rows that none of them has seen."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

import numpy as np
import pandas as pd

from engine.errors import NotApplicable
from engine.evaluation.base import FloatArray, Metric
from engine.evaluation.columns import share_labels
from engine.evaluation.intervals import spread
from engine.evaluation.memorisation import Memorisation, memorisation
from engine.evaluation.shapes import ColumnShapes
from engine.evaluation.trends import PairTrends
from engine.evaluation.twosample import two_sample
from engine.evaluation.utility import UtilityTest
from engine.race.result import Marks
from engine.seeds import stream
from engine.table.schema import Schema

TOLERATED = 0.525  # of `Marks.nearer`; whose interval lies wholly above is out

Sides = tuple[FloatArray, FloatArray]


@dataclass(frozen=True, slots=True, eq=False)
class _Part:
    """One figure, and how much each row set aside and each made row moves it."""

    value: float
    influence: Sides


@dataclass(frozen=True, slots=True, eq=False)
class Judged:
    """Marks, and how much each row set aside and each made row moves the mark. out: why it cannot win, or nothing."""

    marks: Marks
    influence: Sides
    out: str = ""

    def error_beside(self, other: Judged) -> float:
        """The standard error of the difference of both marks; the rows set aside are the same for both."""
        (aside, own), (same, others) = self.influence, other.influence
        return float(np.sqrt(np.var(aside - same) / len(aside) + np.var(own) / len(own) + np.var(others) / len(others)))


class Judge:
    """Parsed tables: what the methods learn, and what is set aside."""

    def __init__(
        self,
        learned: pd.DataFrame,
        aside: pd.DataFrame,
        schema: Schema,
        seed: int,
        check: Callable[[], None] = lambda: None,
    ) -> None:
        """check: asked between the judge's steps; may raise. Raises NotApplicable where no column can be compared."""
        self._learned, self._aside, self._schema, self._seed, self._check = learned, aside, schema, seed, check
        try:
            self._utility: UtilityTest | None = UtilityTest(learned, aside, schema, seed, check)
        except NotApplicable:
            self._utility = None
        self.fresh = self._compared(learned).marks

    def judge(self, made: pd.DataFrame) -> Judged:
        """Of a parsed table that a method made."""
        found = self._compared(made)
        rng = stream(self._seed, "race", "memorisation")
        remembered = memorisation(self._learned, self._aside, made, self._schema, rng, self._check)
        marks = replace(
            found.marks,
            nearer=remembered.share,
            nearer_interval=remembered.interval,
            copies=remembered.copies,
            fresh_copies=remembered.fresh_copies,
        )
        return Judged(marks, found.influence, _why_out(remembered))

    def _compared(self, made: pd.DataFrame) -> Judged:
        """Fidelity and utility of made rows."""
        aside, other = share_labels([self._aside, made], self._schema)
        shapes = self._metric(ColumnShapes(), aside, other)
        if shapes is None:
            raise NotApplicable("no column has a distribution that can be compared")
        trends, untold = self._metric(PairTrends(), aside, other), self._untold(aside, other)
        fidelity = _mean([part for part in (shapes, trends, untold) if part is not None])
        used = self._used(made)
        mark = fidelity if used is None else _mean([fidelity, used])
        marks = Marks(
            shapes.value,
            _value(trends),
            _value(untold),
            fidelity.value,
            _value(used),
            mark.value,
            spread(mark.influence),
        )
        return Judged(marks, mark.influence)

    def _metric(self, metric: Metric, aside: pd.DataFrame, other: pd.DataFrame) -> _Part | None:
        """None where the rows set aside have nothing to measure, which is then so for every method."""
        self._check()
        try:
            score = metric.compute(aside, other, self._schema, stream(self._seed, "race", metric.info.key))
        except NotApplicable:
            return None
        assert score.influence is not None
        return _Part(score.value, score.influence)

    def _untold(self, aside: pd.DataFrame, other: pd.DataFrame) -> _Part | None:
        try:
            found = two_sample(aside, other, self._schema, stream(self._seed, "race", "two-sample"), self._check)
        except NotApplicable:
            return None
        return _Part(found.score, found.influence)

    def _used(self, made: pd.DataFrame) -> _Part | None:
        if self._utility is None:
            return None
        found = self._utility.measure(made)
        return _Part(found.value, (found.influence, np.zeros(len(made))))


def _value(part: _Part | None) -> float | None:
    return None if part is None else part.value


def _mean(parts: Sequence[_Part]) -> _Part:
    aside, own = (np.mean([part.influence[side] for part in parts], axis=0) for side in (0, 1))
    return _Part(float(np.mean([part.value for part in parts])), (aside, own))


def _why_out(found: Memorisation) -> str:
    low, high = found.interval
    if low > TOLERATED:
        return (
            f"{found.share:.1%} of its rows lie nearer to a training row than to one set aside "
            f"({low:.1%} to {high:.1%}; 50% is the aim): it remembers rows."
        )
    if found.more_copies:
        return (
            f"{found.copies:.2%} of its rows repeat a training row exactly, {found.fresh_copies:.2%} of fresh rows do: "
            "it remembers rows."
        )
    return ""
