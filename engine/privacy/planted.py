"""The meter tests itself: what the same attacks find when a known share of the training rows is copied into the table.

Random synthetic rows are replaced by copies of random training rows, of members as many in a hundred as of the others.
The attacks' distances are put together from parts of the table (kept rows, replaced rows, copies), so that a table with
copies costs hardly more than the search for the copies' own part, and is as exact as the search in the whole.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np

from engine.privacy.encoding import Encoded, Matrix, ordered
from engine.privacy.nearest import Check, nearest
from engine.privacy.scores import NEIGHBOURS, Distances
from engine.privacy.split import Rows

SHARES = (0.02, 0.10)  # of the training rows


@dataclass(frozen=True, slots=True)
class SelfTest:
    """What the attacks find in the table with planted copies: the p-value and the strongest figures.

    share: of the training rows that were copied; rows: how many synthetic rows were replaced by them; auc, tpr and
    tenth_tpr (None where there is no tenth): the largest of any attack, tpr at 1% false alarms.
    """

    share: float
    rows: int
    p: float
    auc: float
    tpr: float
    tenth_tpr: float | None

    @property
    def found(self) -> bool:
        return self.p < 0.05

    def to_json(self) -> dict[str, Any]:
        return {**asdict(self), "found": self.found}

    @classmethod
    def from_json(cls, data: Mapping[str, Any]) -> SelfTest:
        return cls(**{name: data[name] for name in cls.__dataclass_fields__})


@dataclass(frozen=True, slots=True, eq=False)
class Planted:
    """Distances of the pool in the table with copies of a share of the training rows, and how many rows these are."""

    share: float
    rows: int
    distances: Distances


def with_copies(
    encoded: Encoded, members: Rows, shares: Sequence[float], rng: np.random.Generator, check: Check
) -> tuple[Distances, list[Planted]]:
    """Distances in the table as it is, and in the tables with copies.

    members: which rows of the table "train" of `encoded` they are. Where the synthetic table has fewer rows than would
    be copied, all of them are replaced, and `share` says how many that is.
    """
    synthetic, train, pool = encoded["synthetic"], encoded["train"], encoded.pool
    made = _random(synthetic, np.arange(synthetic.shape[-1]), rng)
    steps = _copied(train, members, max(shares, default=0.0), rng)
    order = [*sorted({min(round(share * train.shape[-1]), len(steps), len(made)) for share in shares})]
    cuts = list(zip([0, *order], [*order, len(made)], strict=True))
    replaced = [nearest(pool, synthetic, NEIGHBOURS, check, made[a:b]) for a, b in cuts]
    copies = [nearest(pool, train, NEIGHBOURS, check, steps[a:b]) for a, b in cuts[:-1]]
    reference = nearest(pool, encoded["reference"], NEIGHBOURS, check)
    planted = []
    for share in shares:
        rows = min(round(share * train.shape[-1]), len(steps), len(made))
        upto = order.index(rows) + 1
        near = _merged([*copies[:upto], *replaced[upto:]])
        planted.append(Planted(rows / max(train.shape[-1], 1), rows, Distances(near, reference)))
    return Distances(_merged(replaced), reference), planted


def _random(rows: Matrix, chosen: Rows, rng: np.random.Generator) -> Rows:
    """`chosen` in a random order that depends on what the rows hold, not on where they stand."""
    return np.asarray(chosen[ordered(rows, chosen)][rng.permutation(len(chosen))])


def _copied(train: Matrix, members: Rows, share: float, rng: np.random.Generator) -> Rows:
    """Training rows to copy in the order that they are taken, members spread evenly among them."""
    others = np.setdiff1d(np.arange(train.shape[-1]), members)
    sides = [_random(train, side, rng) for side in (members, others)]
    place = np.concatenate([(np.arange(len(side)) + 0.5) / max(len(side), 1) for side in sides])
    return np.concatenate(sides)[np.argsort(place, kind="stable")][: round(share * train.shape[-1])]


def _merged(parts: Sequence[Matrix]) -> Matrix:
    """The smallest distances of all parts."""
    return np.sort(np.concatenate(parts, axis=1), axis=1)[:, :NEIGHBOURS]
