"""Trainings that the contract checks share: each method trains twice on an animal, and both are watched."""

from __future__ import annotations

import random
from dataclasses import dataclass, field
from functools import cache
from typing import Any

import numpy as np
import pandas as pd

from engine.generators.base import Generator
from engine.generators.registry import GENERATORS
from engine.progress import Budget, Progress
from tests.contracts.zoo import ZOO

MANY = 2_000
AMPLE = 86_400.0  # seconds: on a busy machine the clock must not end what takes a moment

# Settings that make a method quick on small tables; all other settings are the defaults.
CHEAP: dict[str, dict[str, Any]] = {
    "copula": {"sweeps": 12, "rows": 500},
    "forest": {"trees": 2},
    "cascade": {"candidates": 2, "detail": 64},
    "vae": {"epochs": 1, "width": 32, "latent": 4},
    "gan": {"epochs": 1, "width": 16, "candidates": 1},
    "transformer": {"epochs": 2, "width": 32, "layers": 1, "detail": 64},
}


@dataclass(frozen=True)
class Trained:
    """A model, what its training told, and the table and the shared random states around it."""

    model: Generator
    events: list[Progress]  # none where nobody listened
    before: pd.DataFrame
    after: pd.DataFrame
    random_before: tuple[object, ...]
    random_after: tuple[object, ...]
    _rows: list[pd.DataFrame] = field(default_factory=list)

    def rows(self) -> pd.DataFrame:
        """`MANY` rows of seed 0."""
        if not self._rows:
            self._rows.append(self.model.sample(MANY, seed=0))
        return self._rows[0].copy(deep=True)


def random_states() -> tuple[object, ...]:
    """NumPy's and Python's own, which no method may move."""
    return (np.random.get_state()[1].tolist(), random.getstate())  # noqa: NPY002 - the state that must not move


@cache
def trained(key: str, animal: str) -> Trained:
    """With seed 1 and a listener."""
    return _watched(key, animal, ZOO[animal].table, listening=True)


@cache
def trained_again(key: str, animal: str) -> Trained:
    """With seed 1 once more, unheard and with another index of the rows: the model must be the same."""
    trained(key, animal)
    table = ZOO[animal].table
    return _watched(key, animal, table.set_axis(np.arange(len(table))[::-1] * 3 + 7), listening=False)


def _watched(key: str, animal: str, table: pd.DataFrame, *, listening: bool) -> Trained:
    events: list[Progress] = []
    before, states = table.copy(deep=True), random_states()
    model = GENERATORS[key](CHEAP.get(key, {}))
    listener = events.append if listening else None
    model.fit(table, ZOO[animal].schema, seed=1, progress=listener, budget=Budget(AMPLE))
    return Trained(model, events, before, table.copy(deep=True), states, random_states())
