"""What gives a table away: the columns, and the pairs of columns, by which made rows are told from real ones.

Read off the figures “not told” (see `toldapart` and `detection`) where these were measured, or measured anew on a
sample of both tables. Either way the same classifiers are asked about fresh real rows as well: in a table of few
different rows even these are told apart a little, and only what is beyond that gives a twin away.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace

import numpy as np
import pandas as pd

from engine.errors import NotApplicable
from engine.evaluation.base import MetricResult, Part
from engine.evaluation.toldapart import ALONE, PAIR, SHUFFLED, NotToldFromLearned, NotToldFromUnseen
from engine.seeds import stream
from engine.table.schema import Schema

SAMPLE = 50_000  # rows of each side that a measurement draws its own from
CHANCE = 0.5
_TELLS = 0.02  # of the area under the ROC curve, from which something tells
_ERRORS = 2.5  # standard errors at chance, below which nothing does
_FRESH = "fresh_"  # before what a part says of fresh real rows


@dataclass(frozen=True, slots=True)
class Giveaway:
    """One column, or two together.

    auc: the area under the ROC curve that they reach by themselves, 0.5 is chance; alone: by how much that of a column
    is more than with fresh real rows in the twin's place; excess: of a column, the same or by how much more than with
    fresh rows the classifier loses without it, whichever is more; of two, by how much they tell more than the better
    one alone; tells: whether the excess is more than chance.
    """

    columns: tuple[str, ...]
    auc: float
    alone: float
    excess: float
    tells: bool
    sentence: str


@dataclass(frozen=True, slots=True)
class GivenAway:
    """columns and pairs: the most telling first; pairs only where together they tell more than either alone.

    auc: of the better classifier; fresh: of the same with fresh real rows in the twin's place; rows: of each side that
    were compared; unseen: whether the real rows were held out from training.
    """

    columns: tuple[Giveaway, ...]
    pairs: tuple[Giveaway, ...]
    auc: float
    fresh: float
    classifier: str
    rows: int
    unseen: bool

    @property
    def sentence(self) -> str:
        """What a classifier reaches, and what that means, in plain words."""
        told = (
            f"Shown one real row and one made row, a classifier finds the made one in {self.auc:.1%} of cases (chance: "
            f"50%; fresh real rows in its place: {self.fresh:.1%})."
        )
        if self.auc - max(self.fresh, CHANCE) <= _least(self.rows):
            return f"{told} Nothing gives the made rows away."
        telling = [one for one in (*self.columns[:1], *self.pairs[:1]) if one.tells]
        if not telling:
            return f"{told} No column or pair stands out: many tell a little."
        most = max(telling, key=lambda one: one.excess)
        return f"{told} Most of all by {' with '.join(f'“{name}”' for name in most.columns)}."


def measured(results: Iterable[MetricResult]) -> GivenAway | None:
    """What the figures of a run say: against rows that were held out if there are such; None where nothing does."""
    known = {result.info.key: result for result in results if result.parts}
    for key, unseen in ((NotToldFromUnseen.info.key, True), (NotToldFromLearned.info.key, False)):
        if key in known:
            return _read(known[key].parts, unseen)
    return None


def measure(real: pd.DataFrame, synthetic: pd.DataFrame, schema: Schema, seed: int = 0) -> GivenAway:
    """Tell `synthetic` from one half of `real`, beside the other half; parsed tables. Same arguments, same answer.

    Of each side at most `SAMPLE` rows. Raises NotApplicable where there are too few rows or no column to tell them by.
    """
    size = min(len(real) // 2, len(synthetic), SAMPLE)
    rng = stream(seed, "giveaways")
    order = rng.choice(len(real), 2 * size, replace=False)
    made = synthetic.iloc[np.sort(rng.choice(len(synthetic), size, replace=False))].reset_index(drop=True)
    half, fresh = (real.iloc[np.sort(rows)].reset_index(drop=True) for rows in (order[:size], order[size:]))
    found, beside = (
        NotToldFromLearned().compute(half, other, schema, stream(seed, "giveaways", "told")).parts
        for other in (made, fresh)
    )
    known = {(part.columns, part.method): part.details for part in beside}
    told = {place: known.get((part.columns, part.method), {}) for place, part in enumerate(found)}
    both = (
        replace(part, details={**part.details, **{f"{_FRESH}{key}": value for key, value in told[place].items()}})
        for place, part in enumerate(found)
    )
    return _read(tuple(both), unseen=False)


def _read(parts: tuple[Part, ...], unseen: bool) -> GivenAway:
    whole = [part for part in parts if not part.columns]
    if not whole:
        raise NotApplicable("the parts of the figure are not there")
    best = max(whole, key=lambda part: part.details["auc"])
    rows = int(best.details["rows"])
    losses = {part.columns[0]: part.details for part in parts if part.method == SHUFFLED}
    columns = [_column(part, losses.get(part.columns[0], {}), rows) for part in parts if part.method == ALONE]
    pairs = [_pair(part, rows) for part in parts if part.method == PAIR]
    return GivenAway(
        _ranked(columns),
        _ranked(pair for pair in pairs if pair.tells),
        best.details["auc"],
        best.details.get(f"{_FRESH}auc", CHANCE),
        best.method,
        rows,
        unseen,
    )


def _ranked(found: Iterable[Giveaway]) -> tuple[Giveaway, ...]:
    return tuple(sorted(found, key=lambda one: (-one.excess, one.columns)))


def _least(rows: int) -> float:
    """How far beyond chance an area has to be: more than noise among so many rows of each side.

    The variance of the area at chance is (2 n + 1) / (12 n²) (Hanley and McNeil 1982).
    """
    return max(_TELLS, _ERRORS * float(np.sqrt((2 * rows + 1) / 12)) / rows)


def _column(part: Part, shuffled: dict[str, float], rows: int) -> Giveaway:
    auc, fresh = part.details["auc"], part.details.get(f"{_FRESH}auc", CHANCE)
    alone, least = auc - max(fresh, CHANCE), _least(rows)
    loss = shuffled.get("loss", 0.0) - max(shuffled.get(f"{_FRESH}loss", 0.0), 0.0)
    if alone > least:
        said = f"By its values alone the made row is found in {auc:.1%} of cases."
        if loss > 2 * alone:
            said += " How it goes with other columns tells more still."
    elif loss > least:
        said = (
            f"Its values alone tell little ({auc:.1%}), but how they go with other columns does: without that the "
            f"classifier loses {100 * loss:.1f} points more than with fresh real rows."
        )
    else:
        said = f"Tells nothing that fresh real rows would not: {auc:.1%} by its values alone."
    excess = max(alone, loss)
    return Giveaway(part.columns, auc, alone, excess, excess > least, said)


def _pair(part: Part, rows: int) -> Giveaway:
    auc, before = part.details["auc"], part.details["alone"]
    fresh = part.details.get(f"{_FRESH}auc", CHANCE)
    excess = auc - max(before, fresh, CHANCE)
    said = f"Together the made row is found in {auc:.1%} of cases; by the better of the two alone in {before:.1%}."
    return Giveaway(part.columns, auc, 0.0, excess, excess > _least(rows), said)
