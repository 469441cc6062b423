"""The attacks' figures on scores whose answer is known: by hand, in closed form, and over many seeds."""

from __future__ import annotations

import numpy as np
import pytest

from engine.privacy.comparison import Hits, compare
from engine.privacy.epsilon import audited, lower_bound
from engine.privacy.resampling import bootstrapped, interval, p_value, plain
from engine.privacy.scores import Trial


def trial(share: float, rows: int, seed: int, **more: np.ndarray) -> Trial:
    """Half of the rows are members; a share of them has a score above all others: AUC = 0.5 + share / 2."""
    rng = np.random.default_rng([seed, 7])
    member = np.arange(rows) % 2 == 0
    scores = rng.random(rows)
    scores[member & (rng.random(rows) < share)] += 1
    return Trial.of({"calibrated": scores}, member, **more)


def figures(found: Trial, seed: int = 0) -> dict[str, float]:
    return plain(found, np.random.default_rng(seed))["calibrated"]


def test_by_hand() -> None:
    member = np.array([True, True, False, True, False, False])
    found = figures(Trial.of({"calibrated": np.array([5.0, 4, 4, 2, 2, 1])}, member))
    # Of nine pairs 5 > 4, 2, 1 and 4 > 2, 1 and 2 > 1 are right, 4 = 4 and 2 = 2 count half, 2 < 4 is wrong.
    assert found["auc"] == pytest.approx(7 / 9)
    assert found["tpr"] == pytest.approx(1 / 3)  # above the largest control, which is 4, there is only 5


def test_the_threshold_lets_no_more_than_one_control_in_a_hundred_pass() -> None:
    scores = np.concatenate([np.arange(200.0), [198.5, 197.5, 196.5]])
    member = np.arange(203) >= 200
    assert figures(Trial.of({"calibrated": scores}, member))["tpr"] == pytest.approx(
        2 / 3
    )  # third largest control: 197


def test_equal_scores_say_nothing() -> None:
    found = figures(Trial.of({"calibrated": np.zeros(100)}, np.arange(100) % 2 == 0))
    assert found == {"auc": 0.5, "tpr": 0.0, "advantage": 0.0}


@pytest.mark.parametrize("seed", range(5))
def test_swapped_labels_give_one_minus_the_auc(seed: int) -> None:
    rng = np.random.default_rng(seed)
    scores, member = rng.integers(0, 30, 101).astype(float), rng.random(101) < 0.4
    one, other = (figures(Trial.of({"calibrated": scores}, side))["auc"] for side in (member, ~member))
    assert one + other == pytest.approx(1.0, abs=1e-12)


def test_the_order_of_records_does_not_matter() -> None:
    rng = np.random.default_rng(0)
    scores, member, unit = rng.integers(0, 50, 400).astype(float), rng.random(400) < 0.5, np.arange(400)
    moved = rng.permutation(400)
    results = []
    for at in (np.arange(400), moved):
        one = Trial.of({"calibrated": scores[at]}, member[at], unit[at])
        draws = bootstrapped(one, np.random.default_rng(1), np.random.default_rng(2), 200)["calibrated"]
        results.append(
            (figures(one), {k: interval(v) for k, v in draws.items()}, p_value(one, np.random.default_rng(3), 200))
        )
    assert results[0] == results[1]


def test_closed_form() -> None:
    for share in (0.0, 0.1, 0.5):
        found = figures(trial(share, 40_000, 0))
        assert found["auc"] == pytest.approx(0.5 + share / 2, abs=0.01)
        assert found["tpr"] == pytest.approx(share + 0.01 * (1 - share), abs=0.01)


@pytest.mark.parametrize("share", [0.0, 0.1])
def test_intervals_cover_their_value_over_seeds(share: float) -> None:
    truth = {"auc": 0.5 + share / 2, "tpr": share + 0.01 * (1 - share)}
    covered = dict.fromkeys(truth, 0)
    for seed in range(100):
        rng = np.random.default_rng([seed, 1])
        draws = bootstrapped(trial(share, 800, seed), rng, rng, 200)["calibrated"]
        for name, value in truth.items():
            low, high = interval(draws[name])
            covered[name] += low <= value <= high
    # 95 of 100 on average; fewer than 88 come once in a thousand times.
    assert covered["auc"] >= 88
    assert covered["tpr"] >= 88


def test_shuffled_coins_give_uniform_p_values() -> None:
    found = [p_value(trial(0.0, 300, seed), np.random.default_rng(seed), 200) for seed in range(100)]
    assert sum(p < 0.05 for p in found) <= 12
    assert 0.4 < np.mean(found) < 0.6
    assert min(found) >= 1 / 201


def test_a_clear_signal_has_the_smallest_p_value() -> None:
    assert p_value(trial(0.1, 1_000, 0), np.random.default_rng(0), 500) == pytest.approx(1 / 501)


def test_a_signal_among_the_unusual_alone_is_seen() -> None:
    rng = np.random.default_rng(0)
    member, tenth = np.arange(3_000) % 2 == 0, rng.random(3_000) < 0.1
    scores = rng.random(3_000)
    scores[member & tenth & (rng.random(3_000) < 0.4)] += 1
    with_tenth = Trial.of({"calibrated": scores}, member, tenth=tenth)
    assert p_value(with_tenth, np.random.default_rng(0), 500) < 0.01
    assert figures(with_tenth.unusual())["auc"] > 0.6 > figures(with_tenth)["auc"]


def test_rows_of_one_person_count_as_one() -> None:
    """Twenty people of thirty like rows each: what looks like 600 coins is twenty, and chance looks like proof."""
    person = np.repeat(np.arange(20), 30)
    alarms, widths = np.zeros(2), np.zeros((2, 20))
    for seed in range(20):
        rng = np.random.default_rng(seed)
        scores, member = rng.random(20)[person] + rng.random(600) / 1e6, (np.arange(20) % 2 == 0)[person]
        for at, unit in enumerate((None, person)):
            one = Trial.of({"calibrated": scores}, member, unit)
            alarms[at] += p_value(one, np.random.default_rng(seed), 200) < 0.05
            low, high = interval(bootstrapped(one, rng, np.random.default_rng(0), 100)["calibrated"]["auc"])
            widths[at, seed] = high - low
    assert alarms[0] >= 8
    assert alarms[1] <= 4
    assert widths[1].mean() > 3 * widths[0].mean()


def test_the_advantage_is_not_chosen_on_the_records_it_is_measured_with() -> None:
    found = [figures(trial(0.0, 200, seed), seed)["advantage"] for seed in range(150)]
    assert abs(np.mean(found)) < 0.02  # chosen and measured on the same ones it would be about 0.1
    assert figures(trial(0.5, 10_000, 0))["advantage"] == pytest.approx(0.5, abs=0.03)


class TestEpsilon:
    def test_known_bounds(self) -> None:
        assert lower_bound(100, 100) == pytest.approx(3.49, abs=0.005)
        assert lower_bound(80, 100) == pytest.approx(0.96, abs=0.005)
        assert lower_bound(50, 100) == lower_bound(0, 100) == lower_bound(0, 0) == 0.0

    def test_the_bound_is_exceeded_by_chance_once_in_twenty_times(self) -> None:
        from scipy.stats import binom

        for right in (60, 75, 90, 99):
            eps = lower_bound(right, 100)
            assert binom.sf(right - 1, 100, 1 / (1 + np.exp(-eps))) == pytest.approx(0.05, abs=1e-6)

    def test_chance_gives_no_bound(self) -> None:
        bounds = [audited(trial(0.0, 1_500, seed), np.random.default_rng(seed)).lower for seed in range(100)]
        assert sum(bound > 0 for bound in bounds) <= 12

    def test_ties_are_not_broken_by_the_answer(self) -> None:
        ties = Trial.of({"calibrated": np.zeros(7_500)}, np.arange(7_500) % 2 == 0)
        right = [audited(ties, np.random.default_rng(seed)).right for seed in range(30)]
        assert 45 < np.mean(right) < 55

    def test_copies_give_a_bound(self) -> None:
        found = audited(trial(0.05, 7_500, 0), np.random.default_rng(0))
        assert (found.right, found.guesses) == (100, 100)


class TestComparison:
    def test_rates_interval_and_p_value(self) -> None:
        rng = np.random.default_rng(0)
        records = trial(0.0, 2_000, 0)
        hits = np.where(np.arange(2_000) % 2 == 0, rng.random(2_000) < 0.3, rng.random(2_000) < 0.2).astype(float)
        found = compare(Hits("x", "x", hits), records, rng, (300, 300))
        assert found.members == pytest.approx(hits[::2].mean())
        assert found.controls == pytest.approx(hits[1::2].mean())
        assert found.difference == pytest.approx(found.members - found.controls)
        assert found.interval[0] < 0.1 < found.interval[1]
        assert found.p < 0.01

    def test_nothing_happened(self) -> None:
        found = compare(Hits("x", "x", np.zeros(100)), trial(0.0, 100, 0), np.random.default_rng(0))
        assert (found.members, found.difference, found.interval, found.p) == (0.0, 0.0, (0.0, 0.0), 1.0)
