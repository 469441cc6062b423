"""The attacks' scores by hand, the order of records, and who is most unusual."""

from __future__ import annotations

import numpy as np
import pytest

from engine.privacy.scores import ATTACKS, FEWEST_UNUSUAL, Distances, Trial, attack, most_unusual


def distances(synthetic: np.ndarray, reference: np.ndarray) -> Distances:
    return Distances(synthetic.astype(np.float32), reference.astype(np.float32))


def test_each_score_by_hand() -> None:
    """Nearest synthetic rows at 0.1, 0.2, ... and real ones at twice that: ln((2 d + 0.001) / (d + 0.001))."""
    near = np.arange(1, 21)[None, :] / 10
    found = attack(distances(near, 2 * near))
    assert set(found) == set(ATTACKS)
    assert found["nearest"][0] == pytest.approx(-0.1)
    assert found["calibrated"][0] == pytest.approx(np.log(0.201 / 0.101), abs=1e-6)
    assert found["density"][0] == pytest.approx(np.log(4.001 / 2.001), abs=1e-6)


def test_a_copy_has_the_highest_score_but_no_infinite_one() -> None:
    found = attack(distances(np.array([[0.0], [0.5]]), np.array([[0.5], [0.5]])))
    assert found["calibrated"].tolist() == pytest.approx([np.log(501), 0.0], abs=1e-5)


def test_tables_of_few_rows_are_asked_for_as_many_neighbours_as_both_have() -> None:
    near = np.array([[0.1, 0.3, 0.7, np.inf]])
    far = np.array([[0.2, 0.5, np.inf, np.inf]])
    assert attack(distances(near, far))["density"][0] == pytest.approx(np.log(0.501 / 0.301), abs=1e-6)
    assert attack(distances(far, near))["density"][0] == pytest.approx(np.log(0.301 / 0.501), abs=1e-6)


class TestMostUnusual:
    def far(self, away: np.ndarray) -> np.ndarray:
        return most_unusual(distances(np.zeros((len(away), 6)), away))

    def test_a_tenth_lies_farthest_from_the_five_nearest_real_rows(self) -> None:
        away = np.tile(np.random.default_rng(0).permutation(100)[:, None], 6) + np.arange(6) / 10
        away[:, 5] = -away[:, 0]  # of the sixth nothing is asked
        assert np.sort(away[self.far(away), 0]).tolist() == list(range(90, 100))

    def test_the_mean_counts_not_the_nearest(self) -> None:
        away = np.tile([1.0, 1, 1, 1, 1], (20, 1))
        away[7] = [0.5, 2, 2, 2, 2]
        away[3] = [1.2, 1.2, 1.2, 1.2, 1.2]
        assert np.flatnonzero(self.far(away)).tolist() == [3, 7]

    def test_fewer_real_rows_than_asked_are_no_distance(self) -> None:
        away = np.tile([1.0, 1.0, np.inf, np.inf, np.inf], (20, 1))
        away[[2, 5], :2] = 1.5
        assert np.flatnonzero(self.far(away)).tolist() == [2, 5]

    def test_no_real_rows_make_nobody_unusual(self) -> None:
        assert not self.far(np.full((20, 5), np.inf)).any()

    @pytest.mark.parametrize(("equal", "found"), [(25, 25), (26, 0)])
    def test_a_quarter_as_unusual_is_the_most(self, equal: int, found: int) -> None:
        away = np.where(np.arange(100) < equal, 2.0, 1.0)[:, None].repeat(5, axis=1)
        assert self.far(away).sum() == found


class TestTrial:
    def trial(self) -> tuple[Trial, dict[str, np.ndarray]]:
        rng = np.random.default_rng(1)
        given = {
            "member": rng.random(50) < 0.5,
            "unit": rng.integers(0, 30, 50),
            "tenth": rng.random(50) < 0.5,
            "stratum": np.arange(50) // 25,
        }
        return Trial.of({"a": rng.random(50), "b": rng.integers(0, 5, 50)}, **given), given

    def test_each_record_keeps_what_belongs_to_it(self) -> None:
        trial, given = self.trial()
        for name in ("member", "tenth", "stratum"):
            assert np.array_equal(getattr(trial, name), given[name][trial.order]), name
        same = trial.unit[:, None] == trial.unit
        assert np.array_equal(same, given["unit"][trial.order][:, None] == given["unit"][trial.order])
        assert sorted(set(trial.unit)) == list(range(len(set(given["unit"]))))

    def test_other_scores_stand_in_the_order_that_records_were_handed_in(self) -> None:
        trial, given = self.trial()
        other = trial.like({"place": np.arange(50.0)})
        assert list(other.scores) == ["place"]
        place = other.scores["place"].astype(int)
        for name in ("member", "tenth", "stratum"):
            assert np.array_equal(getattr(other, name), given[name][place]), name
        assert np.array_equal(other.unit[:, None] == other.unit, given["unit"][place][:, None] == given["unit"][place])

    def test_the_unusual_alone(self) -> None:
        trial, given = self.trial()
        few = trial.unusual()
        assert len(few.member) == given["tenth"].sum()
        assert few.tenth.all()
        assert few.member.sum() == (given["tenth"] & given["member"]).sum()
        assert sorted(few.scores["a"]) == sorted(trial.scores["a"][trial.tenth])
        assert np.bincount(few.stratum).tolist() == np.bincount(given["stratum"][given["tenth"]]).tolist()
        assert len(set(few.unit)) == len(set(given["unit"][given["tenth"]]))

    def test_alone_each_record_is_its_own_of_one_split(self) -> None:
        trial = Trial.of({"a": np.array([2.0, 1.0, 3.0])}, np.array([True, False, True]))
        assert trial.unit.tolist() == [0, 1, 2]
        assert trial.stratum.tolist() == [0, 0, 0]
        assert not trial.tenth.any()
        assert not trial.has_tenth

    def test_no_records_are_no_error(self) -> None:
        trial = Trial.of({"a": np.zeros(0)}, np.zeros(0, dtype=bool))
        assert [len(part) for part in (trial.member, trial.unit, trial.tenth, trial.stratum)] == [0, 0, 0, 0]

    @pytest.mark.parametrize(("members", "controls", "enough"), [(0, 0, True), (1, 0, False), (0, 1, False)])
    def test_both_sides_of_the_unusual_must_be_large_enough(self, members: int, controls: int, enough: bool) -> None:
        """Lacking: of the fewest that will do."""
        sizes = [FEWEST_UNUSUAL - members, FEWEST_UNUSUAL - controls, 30, 30]
        member = np.repeat([True, False, True, False], sizes)
        tenth = np.repeat([True, True, False, False], sizes)
        assert Trial.of({"a": np.zeros(sum(sizes))}, member, tenth=tenth).has_tenth is enough
