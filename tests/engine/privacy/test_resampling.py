"""What is drawn for intervals and p-values: units, not rows, and never more or fewer members than there were."""

from __future__ import annotations

import numpy as np
import pytest

from engine.errors import Cancelled
from engine.privacy import resampling
from engine.privacy.resampling import Units, blocks, bootstrapped, interval, p_value, plain
from engine.privacy.roc import Ranking
from engine.privacy.scores import Trial


def rng(seed: int = 0) -> np.random.Generator:
    return np.random.default_rng(seed)


@pytest.fixture
def two_splits() -> Trial:
    """Units 0 to 39 of two rows each; 12 of 20 units of the first split are members, 5 of 20 of the second."""
    member = np.concatenate([np.arange(20) < 12, np.arange(20) < 5])
    unit, split = np.repeat(np.arange(40), 2), np.repeat([0, 1], 40)
    return Trial.of({"calibrated": rng().random(80)}, member[unit], unit, stratum=split)


def per_unit(trial: Trial, weights: np.ndarray) -> np.ndarray:
    """(draws, units); fails where rows of a unit differ."""
    units = np.unique(trial.unit)
    assert all(np.ptp(weights[:, trial.unit == u], axis=1).max() == 0 for u in units)
    return np.column_stack([weights[:, trial.unit == u][:, 0] for u in units])


def test_a_sample_holds_as_many_members_and_controls_of_each_split(two_splits: Trial) -> None:
    units = Units(two_splits)
    weights = per_unit(two_splits, units.resampled(400, rng()))
    stratum = two_splits.stratum[units.first]
    for split, coin, count in ((0, True, 12), (0, False, 8), (1, True, 5), (1, False, 15)):
        side = weights[:, (stratum == split) & (units.member == coin)]
        assert side.shape[1] == count
        assert (side.sum(axis=1) == count).all()
        assert side.mean(axis=0) == pytest.approx(np.ones(count), abs=0.2)  # each as often; four standard errors
        assert side.var() == pytest.approx(1 - 1 / count, abs=0.1)  # of a binomial of `count` draws of one in `count`
    assert len(np.unique(weights, axis=0)) == 400


def test_shuffled_coins_stay_in_their_split(two_splits: Trial) -> None:
    units = Units(two_splits)
    labels = per_unit(two_splits, units.shuffled(400, rng()))
    stratum = two_splits.stratum[units.first]
    assert set(np.unique(labels)) == {0.0, 1.0}
    for split, share in ((0, 12 / 20), (1, 5 / 20)):
        side = labels[:, stratum == split]
        assert (side.sum(axis=1) == share * 20).all()
        assert side.mean(axis=0) == pytest.approx(np.full(20, share), abs=0.1)
    assert len(np.unique(labels, axis=0)) == 400


def test_a_split_of_members_alone_is_drawn_from_all_the_same() -> None:
    """Three members of the first split, a member and a control of the second."""
    trial = Trial.of({"calibrated": np.arange(5.0)}, np.arange(5) < 4, stratum=np.array([0, 0, 0, 1, 1]))
    first, drawn, labels = trial.stratum == 0, Units(trial).resampled(9, rng()), Units(trial).shuffled(9, rng())
    assert (drawn[:, first].sum(axis=1) == 3).all()
    assert (drawn[:, ~first] == 1).all()
    assert (labels[:, first] == 1).all()
    assert (labels[:, ~first].sum(axis=1) == 1).all()


@pytest.mark.parametrize(("draws", "records"), [(10, 3), (7, 1 << 18), (3, 1 << 30), (0, 5), (4, 0)])
def test_blocks_make_up_all_draws_and_fit(draws: int, records: int) -> None:
    asked = []
    sizes = list(blocks(draws, records, lambda: asked.append(1)))
    assert sum(sizes) == draws
    assert all(size == 1 or size * records <= resampling._CELLS for size in sizes)
    assert len(asked) == len(sizes)
    if (draws, records) == (7, 1 << 18):
        assert sizes == [4, 3]


def test_blocks_do_not_change_what_is_drawn_how_often(monkeypatch: pytest.MonkeyPatch, two_splits: Trial) -> None:
    monkeypatch.setattr(resampling, "_CELLS", 80 * 7)
    found = bootstrapped(two_splits, rng(), rng(), 30)["calibrated"]
    assert list(found) == ["auc", "tpr", "advantage"]
    assert {len(draws) for draws in found.values()} == {30}
    assert p_value(two_splits, rng(), 30) * 31 == pytest.approx(round(p_value(two_splits, rng(), 30) * 31))


def test_drawing_asks_whether_to_stop(two_splits: Trial) -> None:
    def stop() -> None:
        raise Cancelled

    with pytest.raises(Cancelled):
        bootstrapped(two_splits, rng(), rng(), 30, stop)
    with pytest.raises(Cancelled):
        p_value(two_splits, rng(), 30, stop)


def test_an_interval_leaves_out_two_and_a_half_in_a_hundred_on_either_side() -> None:
    assert interval(rng().permutation(1_001.0 + np.arange(1_001))) == (pytest.approx(1_026), pytest.approx(1_976))


def test_samples_without_a_figure_are_left_out_of_the_interval() -> None:
    draws = np.array([np.nan, 3.0, np.inf, 3.0, -np.inf])
    assert interval(draws) == (3.0, 3.0)
    assert np.isnan(interval(draws[:1])).all()


def test_halves_are_of_units_and_as_large_for_either_coin(two_splits: Trial) -> None:
    units = Units(two_splits)
    drawn = [per_unit(two_splits, resampling._half(units, rng(seed))[None, :] * 1.0)[0] for seed in range(2)]
    half = drawn[0] == 1
    stratum = two_splits.stratum[units.first]
    sizes = [half[(stratum == s) & (units.member == m)].sum() for s in (0, 1) for m in (True, False)]
    assert sizes == [6, 4, 2, 7]
    assert not np.array_equal(*drawn)


def test_plain_figures_are_those_of_each_attack() -> None:
    member = np.arange(8) < 4
    up, down = np.repeat([1.0, 0.0], 4), np.repeat([0.0, 1.0], 4)
    found = plain(Trial.of({"up": up, "down": down}, member), rng())
    assert found["up"] == {"auc": 1.0, "tpr": 1.0, "advantage": 1.0}
    assert found["down"] == {"auc": 0.0, "tpr": 0.0, "advantage": 0.0}


def test_samples_of_members_above_all_controls_are_above_them_too() -> None:
    member = np.arange(40) < 20
    found = bootstrapped(Trial.of({"up": member + 0.0, "down": -1.0 * member}, member), rng(), rng(), 25)
    assert (found["up"]["auc"] == 1).all()
    assert (found["up"]["tpr"] == 1).all()
    assert (found["up"]["advantage"] == 1).all()
    assert (found["down"]["auc"] == 0).all()


def test_the_spread_of_samples_is_that_of_theory() -> None:
    """Of an AUC of one half, from n members and n controls: the variance is (2n + 1) / 12n² (Mann and Whitney 1947)."""
    member = np.arange(400) % 2 == 0
    draws = bootstrapped(Trial.of({"any": rng(3).random(400)}, member), rng(), rng(), 800)["any"]["auc"]
    assert draws.std() == pytest.approx(np.sqrt(401 / (12 * 200**2)), rel=0.12)


class TestPValue:
    def test_the_smallest_tables_can_be_counted(self) -> None:
        """Two members above two controls: of six ways to deal two coins one gives as much."""
        trial = Trial.of({"calibrated": np.array([4.0, 3, 2, 1])}, np.arange(4) < 2)
        assert p_value(trial, rng(), 6_000) == pytest.approx(1 / 6, abs=0.015)

    def test_the_true_coins_are_one_of_the_shuffles(self) -> None:
        trial = Trial.of({"calibrated": np.arange(400.0)[::-1]}, np.arange(400) < 200)
        assert p_value(trial, rng(), 99) == 1 / 100

    def test_lower_scores_of_members_are_no_sign(self) -> None:
        trial = Trial.of({"calibrated": np.arange(400.0)}, np.arange(400) < 200)
        assert p_value(trial, rng(), 99) > 0.9

    def test_equal_scores_are_no_sign(self) -> None:
        assert p_value(Trial.of({"calibrated": np.zeros(40)}, np.arange(40) < 20), rng(), 99) == 1.0

    def test_a_few_members_found_for_sure_are_a_sign_though_the_area_hardly_shows_them(self) -> None:
        """Four in a hundred members above all controls: the share found is three times its spread above chance."""
        member = np.arange(2_000) < 1_000
        scores = rng(4).random(2_000)
        scores[:40] += 1
        scores[40:1_000] -= 0.03  # the others a little lower, so that the area is that of chance
        trial = Trial.of({"calibrated": scores}, member)
        assert plain(trial, rng())["calibrated"]["auc"] == pytest.approx(0.5, abs=0.02)
        assert p_value(trial, rng(), 199) == 1 / 200

    def test_the_figures_of_shuffles_are_the_plain_ones(self, two_splits: Trial) -> None:
        mask = two_splits.unit % 3 > 0
        ranking = Ranking.of(two_splits.scores["calibrated"][mask])
        found = resampling._statistics([(mask, ranking)] * 2, two_splits.member[None, :] * 1.0)
        few = Trial.of({"a": two_splits.scores["calibrated"][mask]}, two_splits.member[mask])
        own = plain(few, rng())["a"]
        assert found.tolist() == [[own["auc"], own["tpr"]] * 2]

    def test_an_attack_that_says_nothing_does_not_hide_one_that_does(self) -> None:
        member = np.arange(400) < 200
        scores = {"flat": np.zeros(400), "chance": rng(5).random(400), "calibrated": np.arange(400.0)[::-1]}
        assert p_value(Trial.of(scores, member), rng(), 99) == 1 / 100
