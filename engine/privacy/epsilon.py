"""A lower bound of epsilon from one training run (Steinke, Nasr and Jagielski 2023, with delta = 0).

Of all units of the pool, a number fixed beforehand is guessed to be members: those of the highest score. If the whole
process, training and sampling, were epsilon-differentially private with respect to one unit, each guess would be right
with chance e^eps / (1 + e^eps) at most, and the number of right guesses at most binomial. So many right ones as were
seen rule out every epsilon below the bound, at 95%. The bound says nothing of what epsilon is: 0 is no proof.
"""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import Any

import numpy as np

from engine.privacy.scores import Trial

CONFIDENCE = 0.95
ONE_IN = 75  # a guess for so many units: 100 in a full pool
FEWEST = 10  # guesses
SCORE = "calibrated"  # chosen beforehand, as the number of guesses is


@dataclass(frozen=True, slots=True)
class Epsilon:
    """lower: the bound at 95%; right of guesses; attack: the score behind the guesses."""

    lower: float
    right: int
    guesses: int
    attack: str = SCORE

    def to_json(self) -> dict[str, Any]:
        return asdict(self)


def lower_bound(right: int, guesses: int) -> float:
    """The largest eps with P[Bin(guesses, e^eps / (1 + e^eps)) >= right] <= 0.05; 0 where there is none."""
    from scipy.stats import beta

    if right <= 0 or guesses <= 0:
        return 0.0
    # The chance of `right` or more rises with q and is 5% where q is the 5% point of this beta (Clopper and Pearson).
    q = float(beta.ppf(1.0 - CONFIDENCE, right, guesses - right + 1))
    return max(float(np.log(q / (1.0 - q))), 0.0)


def audited(trial: Trial, rng: np.random.Generator) -> Epsilon:
    """Guess the units of the highest scores; a unit has the highest of its rows. Ties are broken by chance."""
    count = int(trial.unit.max()) + 1
    best = np.full(count, -np.inf)
    np.maximum.at(best, trial.unit, trial.scores[SCORE])
    member = np.zeros(count, dtype=np.bool_)
    member[trial.unit] = trial.member
    guesses = min(max(count // ONE_IN, FEWEST), count)
    chosen = np.lexsort((rng.permutation(count), -best))[:guesses]
    right = int(member[chosen].sum())
    return Epsilon(lower_bound(right, guesses), right, guesses)
