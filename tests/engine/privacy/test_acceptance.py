"""The acceptance table in a quick form: tables whose risk is known, and what the meter must say of them.

The full form, on a real table and with more seeds, is benchmarks/acceptance.py; the cases are the same.
"""

from __future__ import annotations

import itertools

import numpy as np
import pytest

from benchmarks.acceptance import CASES, LADDER, Case, Experiment, Seen
from engine.evaluation.memorisation import memorisation
from engine.privacy import Questions
from engine.seeds import stream
from tests.engine.privacy.population import SCHEMA, people

QUICK = Questions(shares=(), resamples=100, shuffles=300)
SIZE = 2_000  # rows that are trained on; 1,000 members


@pytest.fixture(scope="module")
def experiments() -> list[Experiment]:
    return [Experiment.of(people(3 * SIZE, seed), SCHEMA, SIZE, seed) for seed in range(2)]


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.name)
def test_a_known_risk(case: Case, experiments: list[Experiment]) -> None:
    found = Seen.mean([Seen.of(e.audited(case.make(e), QUICK)) for e in experiments])
    assert case.holds(found), found


def test_the_share_that_is_recognised_rises_with_the_copies(experiments: list[Experiment]) -> None:
    found = [Seen.mean([Seen.of(e.audited(e.copied(share), QUICK)) for e in experiments]).tpr for share in LADDER]
    assert all(a < b for a, b in itertools.pairwise(found)), found
    assert max(abs(tpr - share - 0.01) for tpr, share in zip(found, LADDER, strict=True)) < 0.03


def test_noise_hides_copies_the_more_the_larger_it_is(experiments: list[Experiment]) -> None:
    one = experiments[0]
    found = [Seen.of(one.audited(one.noised(0.1, noise), QUICK)).tpr for noise in (0.0, 0.2, 0.5)]
    assert found[0] > found[1] > found[2]


def test_fresh_rows_are_not_told_apart() -> None:
    found = []
    for seed in range(50):
        experiment = Experiment.of(people(1_800, 100 + seed), SCHEMA, 600, seed)
        found.append(Seen.of(experiment.audited(experiment.copied(0.0), QUICK)))
    assert sum(one.p < 0.05 for one in found) <= 7
    assert np.mean([one.auc for one in found]) == pytest.approx(0.5, abs=0.03)


def test_a_distance_share_passes_what_the_attacks_flag(experiments: list[Experiment]) -> None:
    """Why nearness alone is no privacy figure: with the 2 % most unusual rows copied it lies at its aim."""
    one = experiments[0]
    made = one.unusual_copied(0.02)
    learned, fresh = (one.table.iloc[side] for side in (one.split.train, one.split.holdout))
    share = memorisation(learned, fresh, made, SCHEMA, stream(0, "test")).interval
    assert share[0] < 0.5 < share[1]
    assert one.audited(made, QUICK).p < 0.01
