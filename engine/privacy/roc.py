"""How well a score tells members from controls, for many weightings of the records at once.

Each function takes (draws, records) weights of members and of controls: a row of 1 and 0 is the plain figure, a row of
counts a bootstrap sample, a row with shuffled labels one draw of the null hypothesis.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from engine.evaluation.base import FloatArray
from engine.privacy.split import Rows

FALSE_ALARMS = 0.01  # share of controls that may be taken for members

Weights = NDArray[np.float64]  # (draws, records)


@dataclass(frozen=True, slots=True, eq=False)
class Ranking:
    """Records by falling score. start and end: of each place, where the records of equal score begin and end."""

    order: Rows
    start: Rows
    end: Rows

    @classmethod
    def of(cls, scores: FloatArray) -> Ranking:
        order = np.argsort(-scores, kind="stable")
        new = np.flatnonzero(np.diff(scores[order]) != 0) + 1
        bounds = np.concatenate([[0], new, [len(scores)]])
        lengths = np.diff(bounds)
        return cls(order, np.repeat(bounds[:-1], lengths), np.repeat(bounds[1:], lengths))

    def summed(self, weights: Weights) -> Weights:
        """(draws, records + 1) the weight of the first i records of the ranking."""
        out = np.zeros((len(weights), len(self.order) + 1))
        np.cumsum(weights[:, self.order], axis=1, out=out[:, 1:])
        return out


def auc_and_tpr(ranking: Ranking, members: Weights, controls: Weights) -> tuple[FloatArray, FloatArray]:
    """(draws,) the area under the ROC curve (ties count half), and the share of members found at 1% false alarms.

    Found is a member whose score is strictly above the (floor(0.01 n) + 1)-th largest of the n controls, so that no
    more than 1% of them are above as well. NaN where a side has no weight.
    """
    own, others = ranking.summed(members), ranking.summed(controls)
    total, rest = own[:, -1], others[:, -1]
    below = rest[:, None] - (others[:, ranking.start] + others[:, ranking.end]) / 2
    with np.errstate(invalid="ignore"):
        auc = np.einsum("ij,ij->i", members[:, ranking.order], below) / (total * rest)
        allowed = np.floor(FALSE_ALARMS * rest + 1e-9) + 1
        at = np.minimum((others[:, 1:] < allowed[:, None]).sum(axis=1), len(ranking.order) - 1)
        found = np.take_along_axis(own, ranking.start[at][:, None], axis=1)[:, 0] / total
    return auc, np.where(rest > 0, found, np.nan)


def advantage(ranking: Ranking, members: Weights, controls: Weights, half: NDArray[np.bool_]) -> FloatArray:
    """(draws,) true minus false positive rate, by a threshold that is best in one half, in the other; both ways.

    The threshold is not chosen on the records that it is measured with, so that chance is 0. half: (records,).
    """
    gaps = []
    for side in (half, ~half):
        own, others = ranking.summed(members * side), ranking.summed(controls * side)
        with np.errstate(invalid="ignore"):
            gaps.append(own / own[:, -1:] - others / others[:, -1:])
    whole = np.unique(np.concatenate([[0], ranking.end]))  # a threshold takes equal scores together
    found = []
    for chosen, measured in (gaps, gaps[::-1]):
        at = whole[np.argmax(chosen[:, whole], axis=1)]
        found.append(np.take_along_axis(measured, at[:, None], axis=1)[:, 0])
    return np.asarray((found[0] + found[1]) / 2)
