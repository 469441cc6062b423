"""Bounds of epsilon and differences of rates, by theory and on a few records."""

from __future__ import annotations

import json

import numpy as np
import pytest

from engine.errors import Cancelled
from engine.privacy.comparison import Comparison, Hits, compare
from engine.privacy.epsilon import CONFIDENCE, Epsilon, audited, lower_bound
from engine.privacy.scores import Trial


def rng(seed: int = 0) -> np.random.Generator:
    return np.random.default_rng(seed)


class TestEpsilon:
    @pytest.mark.parametrize("guesses", [5, 10, 100])
    def test_all_right_is_the_root_of_the_error_allowed(self, guesses: int) -> None:
        """n right of n come with chance qⁿ: 5% where q is the n-th root of 0.05, and eps = ln(q / (1 - q))."""
        q = (1 - CONFIDENCE) ** (1 / guesses)
        assert lower_bound(guesses, guesses) == pytest.approx(np.log(q / (1 - q)))

    def test_one_right_guess_proves_nothing(self) -> None:
        assert lower_bound(1, 1) == 0.0  # a coin gets it right half the time

    def test_nothing_guessed_has_no_bound(self) -> None:
        assert lower_bound(0, 10) == lower_bound(1, 0) == lower_bound(-1, 10) == 0.0

    @pytest.mark.parametrize(("units", "guesses"), [(4, 4), (10, 10), (825, 11), (1_500, 20), (7_574, 100)])
    def test_a_guess_for_75_units_and_ten_at_least(self, units: int, guesses: int) -> None:
        trial = Trial.of({"calibrated": np.arange(float(units))}, np.ones(units, dtype=bool))
        found = audited(trial, rng())
        assert (found.right, found.guesses, found.attack) == (guesses, guesses, "calibrated")
        assert found.lower == lower_bound(guesses, guesses)

    def test_the_highest_scores_are_guessed_and_those_of_the_attack_named(self) -> None:
        member = np.arange(40) >= 33
        found = audited(Trial.of({"other": -np.arange(40.0), "calibrated": np.arange(40.0)}, member), rng())
        assert (found.right, found.guesses) == (7, 10)

    def test_a_unit_is_guessed_by_the_highest_of_its_rows_and_once(self) -> None:
        """Fifteen units of two rows: of each member one row is high and the other lowest of all."""
        unit, high = np.repeat(np.arange(15), 2), np.tile([True, False], 15)
        member = unit < 10
        scores = np.where(member, np.where(high, 5.0 + unit, -9.0), 1.0)
        found = audited(Trial.of({"calibrated": scores}, member, unit), rng())
        assert (found.right, found.guesses) == (10, 10)

    def test_ties_fall_to_either_side(self) -> None:
        ties = Trial.of({"calibrated": np.zeros(40)}, np.arange(40) < 20)
        assert len({audited(ties, rng(seed)).right for seed in range(10)}) > 1

    def test_as_json(self) -> None:
        assert Epsilon(0.5, 8, 10).to_json() == {"lower": 0.5, "right": 8, "guesses": 10, "attack": "calibrated"}


class TestComparison:
    def test_json_and_back(self) -> None:
        one = Comparison("linking", "what", 0.2, 0.1, 0.1, (0.05, 0.15), 0.01, ("a", "b"), 0.12)
        data = json.loads(json.dumps(one.to_json()))
        assert data["interval"] == [0.05, 0.15]
        assert data["columns"] == ["a", "b"]
        assert Comparison.from_json(data) == one

    def test_what_happened_in_several_splits(self) -> None:
        parts = [Hits("k", "w", np.array([1.0, 0.0]), ("c",), p) for p in (0.2, None, 0.4)]
        joined = Hits.joined(parts)
        assert (joined.key, joined.what, joined.columns) == ("k", "w", ("c",))
        assert joined.population == pytest.approx(0.3)
        assert joined.values.tolist() == [1, 0] * 3
        assert Hits.joined(parts[1:2]).population is None

    def test_by_hand(self) -> None:
        """Both members and no control of four: one of six ways to deal the coins gives as much."""
        member = np.array([False, True, False, True])
        trial = Trial.of({"calibrated": np.array([0.5, 0.1, 0.9, 0.3])}, member)
        found = compare(Hits("k", "w", member * 1.0, ("c",), 0.25), trial, rng(), (100, 6_000))
        assert (found.members, found.controls, found.difference, found.interval) == (1.0, 0.0, 1.0, (1.0, 1.0))
        assert found.p == pytest.approx(1 / 6, abs=0.015)
        assert (found.key, found.what, found.columns, found.population) == ("k", "w", ("c",), 0.25)

    def test_the_true_coins_are_one_of_the_shuffles(self) -> None:
        member = np.arange(400) < 200
        found = compare(Hits("k", "w", member * 1.0), Trial.of({"s": np.zeros(400)}, member), rng(), (100, 99))
        assert found.p == 1 / 100
        other = compare(Hits("k", "w", ~member * 1.0), Trial.of({"s": np.zeros(400)}, member), rng(), (100, 99))
        assert (other.difference, other.p) == (-1.0, 1.0)

    def test_what_never_happened(self) -> None:
        trial = Trial.of({"s": np.zeros(4)}, np.arange(4) < 2)
        found = compare(Hits("k", "w", np.zeros(4), ("c",), 0.5), trial, rng(), (100, 100))
        assert found == Comparison("k", "w", 0.0, 0.0, 0.0, (0.0, 0.0), 1.0, ("c",), 0.5)

    def test_the_interval_is_as_wide_as_that_of_two_rates(self) -> None:
        """Rates of 30% and 20% of 1,000 each: 1.96 standard errors of √(0.21/1000 + 0.16/1000) on either side."""
        member, at = np.arange(2_000) < 1_000, np.arange(2_000) % 1_000
        hits = np.where(member, at < 300, at < 200) * 1.0
        found = compare(Hits("k", "w", hits), Trial.of({"s": rng().random(2_000)}, member), rng(), (1_000, 100))
        error = 1.96 * np.sqrt(0.00021 + 0.00016)
        assert found.interval == pytest.approx((0.1 - error, 0.1 + error), abs=0.008)
        assert found.p == 1 / 101

    def test_rows_of_one_person_are_drawn_together(self) -> None:
        """Of each side one person of two has all the hits: the difference of samples is -1 to 1, not a little."""
        person = np.repeat(np.arange(4), 100)
        member, hits = person < 2, np.isin(person, [0, 2]) * 1.0
        found = compare(Hits("k", "w", hits), Trial.of({"s": np.zeros(400)}, member, person), rng(), (500, 500))
        assert found.interval == (-1.0, 1.0)
        assert found.p > 0.5

    def test_comparing_asks_whether_to_stop(self) -> None:
        calls: list[int] = []

        def stop() -> None:
            calls.append(1)
            if len(calls) == 2:
                raise Cancelled

        member = np.arange(10) < 5
        with pytest.raises(Cancelled):  # first while resampling, then while shuffling
            compare(Hits("k", "w", member * 1.0), Trial.of({"s": np.zeros(10)}, member), rng(), (100, 100), stop)
        assert len(calls) == 2
