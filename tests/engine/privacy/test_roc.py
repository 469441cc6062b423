"""Figures of a ranking by hand: area under the curve, share found at few false alarms, advantage, with weights."""

from __future__ import annotations

import numpy as np
import pytest

from engine.privacy.roc import Ranking, advantage, auc_and_tpr


def plain(scores: list[float], member: list[int]) -> tuple[float, float]:
    weights = np.array([member], dtype=float)
    auc, tpr = auc_and_tpr(Ranking.of(np.array(scores, dtype=float)), weights, 1 - weights)
    return float(auc[0]), float(tpr[0])


def test_records_stand_by_falling_score_and_equal_scores_together() -> None:
    ranking = Ranking.of(np.array([1.0, 3.0, 3.0, 2.0]))
    assert ranking.order.tolist() == [1, 2, 3, 0]
    assert ranking.start.tolist() == [0, 0, 2, 3]
    assert ranking.end.tolist() == [2, 2, 3, 4]


def test_no_records_make_an_empty_ranking() -> None:
    ranking = Ranking.of(np.zeros(0))
    assert [len(part) for part in (ranking.order, ranking.start, ranking.end)] == [0, 0, 0]


def test_weights_are_summed_from_the_top() -> None:
    ranking = Ranking.of(np.array([1.0, 3.0, 2.0]))
    summed = ranking.summed(np.array([[1.0, 2.0, 4.0], [0.0, 0.0, 1.0]]))
    assert summed.tolist() == [[0, 2, 6, 7], [0, 0, 1, 1]]


def test_a_weight_is_a_repetition_of_the_record() -> None:
    """A record with weight 3 is three records, one with weight 0 is none: a bootstrap sample by its definition."""
    rng = np.random.default_rng(0)
    scores, member = rng.integers(0, 8, 60).astype(float), rng.random(60) < 0.5
    ranking = Ranking.of(scores)
    counts = rng.integers(0, 4, (5, 60)).astype(float)
    auc, tpr = auc_and_tpr(ranking, counts * member, counts * ~member)
    for draw in range(5):
        times = counts[draw].astype(int)
        again = plain(np.repeat(scores, times).tolist(), np.repeat(member, times).astype(int).tolist())
        assert (auc[draw], tpr[draw]) == pytest.approx(again)


@pytest.mark.parametrize(("controls", "allowed"), [(10, 0), (99, 0), (100, 1), (199, 1), (200, 2)])
def test_one_in_a_hundred_controls_may_lie_above_the_threshold(controls: int, allowed: int) -> None:
    """A member just above and one just below each of the largest controls: those above the threshold are found."""
    scores = [float(i) for i in range(controls)] + [controls - 0.5 - i for i in range(4)]
    assert plain(scores, [0] * controls + [1] * 4)[1] == (allowed + 1) / 4


def test_all_members_above_a_single_control_are_found() -> None:
    assert plain([3, 2, 1], [1, 1, 0]) == (1.0, 1.0)


def test_members_as_high_as_the_threshold_are_not_found() -> None:
    assert plain([2, 2, 3, 1], [1, 0, 1, 0]) == (pytest.approx(3.5 / 4), 0.5)


def test_a_side_without_weight_has_no_figure() -> None:
    ranking, some, none = Ranking.of(np.array([1.0, 2.0])), np.ones((1, 2)), np.zeros((1, 2))
    for members, controls in ((some, none), (none, some)):
        assert np.isnan(auc_and_tpr(ranking, members, controls)).all()
        assert np.isnan(advantage(ranking, members, controls, np.array([True, False]))).all()


class TestAdvantage:
    def test_the_threshold_of_one_half_is_measured_in_the_other(self) -> None:
        """First half: best below 5, where the other has found nobody. Second: best below 4, and the first is all found.

        Score    5        4         3         1
        half     first    second    first     second
        """
        ranking = Ranking.of(np.array([5.0, 4.0, 3.0, 1.0]))
        members, half = np.array([[1.0, 1, 0, 0]]), np.array([True, False, True, False])
        assert advantage(ranking, members, 1 - members, half).tolist() == [0.5]

    def test_of_halves_alike_it_is_the_largest_distance_of_the_two_rates(self) -> None:
        """Members 9, 8, 7, 2 and controls 6, 5, 4, 3, in both halves: three in four members above all controls."""
        scores = np.repeat([9.0, 8, 7, 2, 6, 5, 4, 3], 2)
        members, half = np.repeat([[1.0, 1, 1, 1, 0, 0, 0, 0]], 2, axis=1), np.arange(16) % 2 == 0
        assert advantage(Ranking.of(scores), members, 1 - members, half).tolist() == [0.75]

    def test_members_below_controls_give_none(self) -> None:
        scores = np.repeat([1.0, 2.0, 3.0, 4.0], 2)
        members, half = np.array([[1.0] * 4 + [0.0] * 4]), np.arange(8) % 2 == 0
        assert advantage(Ranking.of(scores), members, 1 - members, half).tolist() == [0.0]

    def test_draws_do_not_mix(self) -> None:
        rng = np.random.default_rng(0)
        scores, member, half = rng.integers(0, 9, 40).astype(float), rng.random(40) < 0.5, rng.random(40) < 0.5
        counts = rng.integers(0, 3, (4, 40)).astype(float)
        ranking = Ranking.of(scores)
        together = advantage(ranking, counts * member, counts * ~member, half)
        alone = [advantage(ranking, row * member, row * ~member, half)[0] for row in counts[:, None]]
        assert together.tolist() == alone
