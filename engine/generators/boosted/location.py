"""Where in its ranks a column is expected, given the earlier columns: a feature that trees cannot form at one split."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray

from engine.generators.boosted.boosting import Boosted, Boosting, Watch, boost
from engine.generators.boosted.view import Features

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]

_FOLDS = 3
_HOW = Boosting(leaves=15, rows=20, rounds=120)


class Location:
    """Cross-fitted regressions: a training row is told what the model of the other folds expects."""

    def __init__(self, models: list[Boosted]) -> None:
        self.models = models

    def outside(self, features: Features, rng: np.random.Generator | None) -> Floats:
        """(rows, features) of new rows -> (rows,) expected rank."""
        return np.asarray(np.mean([model.raw(features) for model in self.models], axis=0))

    def state(self) -> list[dict[str, Any]]:
        return [model.state() for model in self.models]

    @classmethod
    def from_state(cls, state: list[Mapping[str, Any]]) -> Location:
        return cls([Boosted.from_state(model) for model in state])


def locate(
    features: Features, rank: Floats, categories: list[int], rng: np.random.Generator, watch: Watch
) -> tuple[Location, Floats]:
    """Fit on (rows, features) and (rows,) ranks of 0 to 1; also the (rows,) expected ranks out of fold."""
    fold = rng.integers(_FOLDS, size=len(rank))
    expected = np.empty(len(rank))
    models = []
    for number in range(_FOLDS):
        own = fold != number
        held = np.zeros(int(own.sum()), dtype=bool)
        model = boost(features[own], rank[own], held, _HOW, objective="regression", categories=categories, watch=watch)
        expected[~own] = model.raw(features[~own])
        models.append(model)
    return Location(models), expected
