"""What a seed settles, and what it leaves alone: the same rows and the same model again, nobody else's random state."""

from __future__ import annotations

import numpy as np
import pandas as pd

from tests.contracts.promises.case import Case, varied
from tests.contracts.trainings import random_states, trained, trained_again
from tests.contracts.zoo import ZOO


def check_seeds(case: Case) -> None:
    pd.testing.assert_frame_equal(case.model.sample(60, seed=5), case.model.sample(60, seed=5))
    if varied(case.animal):
        assert not case.model.sample(60, seed=5).equals(case.model.sample(60, seed=6))


def check_training_again_gives_the_same_model(case: Case) -> None:
    """Also where the rows have another index, and whether or not somebody listens."""
    again = trained_again(case.kind.info.key, case.animal.name).model
    pd.testing.assert_frame_equal(again.sample(40, seed=2), case.model.sample(40, seed=2))


def check_the_training_seed_matters_to_nobody_else(case: Case) -> None:
    """NumPy's and Python's own random states are left as they were."""
    training = trained_again(case.kind.info.key, case.animal.name)
    assert training.random_after == training.random_before
    before = random_states()
    case.model.sample(10, seed=0)
    assert random_states() == before


def check_independent_columns_stay_independent(case: Case) -> None:
    """Each column draws from a stream of its own: no column echoes another."""
    animal = ZOO["independent"]
    table = trained(case.kind.info.key, animal.name).model.sample(4_000, seed=0)
    ranks = table[["x", "y", "count"]].astype("float64").rank()
    ranks["k"] = (table["k"] == "a").astype("float64")
    related = ranks.corr().to_numpy()
    real = animal.table[["x", "y", "count"]].astype("float64").rank()
    real["k"] = (animal.table["k"] == "a").astype("float64")
    # As independent as noise in training (1,500 rows) and in the sample allow.
    noise = 4 * np.sqrt(1 / len(real) + 1 / len(ranks))
    assert np.abs(related[np.triu_indices(4, 1)]).max() < noise
