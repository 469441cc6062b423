"""What an attacker makes of a record: scores that are higher where it is likelier to have been trained on.

All are made of the synthetic rows, real rows of the same population (the reference) and the record alone. d_k is the
distance to the k-th nearest row.

nearest    s1 = −d1(synthetic): finds verbatim and near copies
calibrated s2 = ln(d1(reference) + 0.001) − ln(d1(synthetic) + 0.001): how much nearer the synthetic table is than real
           rows are, so that a common record near to everything counts for nothing (the calibration of Watson et al.
           2022, On the Importance of Difficulty Calibration in Membership Inference Attacks)
density    s3 = the same of d20, the density of the synthetic table against that of the population (as DOMIAS: van
           Breugel, Sun, Qian and van der Schaar 2023, Membership Inference Attacks against Synthetic Data through
           Overfitting Detection); on its own nearly blind to single copies
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from engine.evaluation.base import FloatArray
from engine.privacy.encoding import Matrix
from engine.privacy.split import Rows

NEIGHBOURS = 20
UNUSUAL_NEIGHBOURS = 5
TENTH = 0.9  # records at or above this quantile of unusualness
MOST_UNUSUAL = 0.25  # of the records at most; where so many are equally unusual, none is the most unusual
FEWEST_UNUSUAL = 20  # members, and controls, among the most unusual tenth
_NEAR_ZERO = 0.001

ATTACKS: Mapping[str, str] = {
    "nearest": "nearest synthetic row",
    "calibrated": "nearest synthetic row against nearest other real row",
    "density": "density of synthetic rows against that of other real rows",
}


@dataclass(frozen=True, slots=True, eq=False)
class Trial:
    """The records of the pool as an attacker sees them. Never saved, shown or exported.

    scores: (records,) by attack; member: whether it was trained on; unit: which unit it belongs to, 0 to units - 1;
    stratum: of repeated splits, the number of the split; tenth: whether it is among the most unusual tenth; order: for
    each record here, where it stood when it was handed in.
    """

    scores: Mapping[str, FloatArray] = field(repr=False)
    member: NDArray[np.bool_] = field(repr=False)
    unit: Rows = field(repr=False)
    tenth: NDArray[np.bool_] = field(repr=False)
    stratum: Rows = field(repr=False)
    order: Rows = field(repr=False)

    @classmethod
    def of(
        cls,
        scores: Mapping[str, FloatArray],
        member: NDArray[np.bool_],
        unit: Rows | None = None,
        tenth: NDArray[np.bool_] | None = None,
        stratum: Rows | None = None,
    ) -> Trial:
        """The records in an order that depends on what they are only, so that nothing drawn later depends on theirs."""
        count = len(member)
        unit = np.arange(count) if unit is None else unit
        tenth = np.zeros(count, dtype=np.bool_) if tenth is None else tenth
        stratum = np.zeros(count, dtype=np.intp) if stratum is None else stratum
        sizes = np.bincount(unit, minlength=1)[unit]
        order = np.lexsort((member, sizes, tenth, *scores.values(), stratum))
        first: dict[int, int] = {}
        named = np.asarray([first.setdefault(int(u), len(first)) for u in unit[order]], dtype=np.intp)
        moved = {key: np.asarray(values, dtype=np.float64)[order] for key, values in scores.items()}
        return cls(moved, member[order], named, tenth[order], stratum[order], order)

    def like(self, scores: Mapping[str, FloatArray]) -> Trial:
        """The same records with other scores, which stand in the order that the records were handed in."""
        back = np.argsort(self.order)
        return Trial.of(scores, self.member[back], self.unit[back], self.tenth[back], self.stratum[back])

    def unusual(self) -> Trial:
        """The most unusual tenth only."""
        own = self.tenth
        scores = {key: values[own] for key, values in self.scores.items()}
        return Trial.of(scores, self.member[own], self.unit[own], own[own], self.stratum[own])

    @property
    def has_tenth(self) -> bool:
        """Whether there are enough members and controls among the most unusual tenth to say something of them."""
        sides = (self.tenth & self.member, self.tenth & ~self.member)
        return bool(min(side.sum() for side in sides) >= FEWEST_UNUSUAL)


@dataclass(frozen=True, slots=True, eq=False)
class Distances:
    """(records, neighbours) of the pool's records to the nearest synthetic and the nearest reference rows, rising."""

    synthetic: Matrix
    reference: Matrix


def attack(distances: Distances) -> dict[str, FloatArray]:
    """(records,) scores of each attack."""
    near, far = (side.astype(np.float64) for side in (distances.synthetic, distances.reference))
    k = min(NEIGHBOURS, *(int(np.isfinite(side[:1]).sum()) for side in (near, far)))
    return {
        "nearest": -near[:, 0],
        "calibrated": _calibrated(near[:, 0], far[:, 0]),
        "density": _calibrated(near[:, k - 1], far[:, k - 1]),
    }


def _calibrated(near: FloatArray, far: FloatArray) -> FloatArray:
    return np.asarray(np.log(far + _NEAR_ZERO) - np.log(near + _NEAR_ZERO))


def most_unusual(distances: Distances) -> NDArray[np.bool_]:
    """Which records are among the tenth that lies farthest from other real rows.

    By the mean distance to the five nearest reference rows. The cut is that of members and controls together, and so
    knows nothing of who is a member: otherwise shuffled labels would not be as likely as the true ones. Nobody is
    where more than a quarter are equally unusual.
    """
    own = distances.reference[:, :UNUSUAL_NEIGHBOURS].astype(np.float64)
    away = np.where(np.isfinite(own), own, 0.0).sum(axis=1)  # of as many for all
    found = away >= np.quantile(away, TENTH)
    return found if found.mean() <= MOST_UNUSUAL else np.zeros(len(found), dtype=np.bool_)
