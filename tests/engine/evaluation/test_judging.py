"""What a race judges by: telling apart, usefulness, and remembered rows; each on tables whose answer is known."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from engine.errors import Cancelled, NotApplicable
from engine.evaluation.features import affordable, encode, frequent
from engine.evaluation.memorisation import evened, memorisation
from engine.evaluation.twosample import TwoSample, placements, two_sample
from engine.evaluation.utility import UtilityTest
from engine.seeds import stream
from tests.engine.tables import CLUB, club

MODELLED = CLUB.modelled


def table(rows: int, seed: int) -> pd.DataFrame:
    return CLUB.parse(club(rows, seed))[list(MODELLED.names)]


def shuffled(frame: pd.DataFrame) -> pd.DataFrame:
    """Each column for itself: the same distributions, no relations."""
    rng = np.random.default_rng(7)
    return pd.DataFrame({name: frame[name].array[rng.permutation(len(frame))] for name in frame})


def tell(real: pd.DataFrame, other: pd.DataFrame, seed: int = 0) -> TwoSample:
    return two_sample(real, other, MODELLED, stream(seed, "test"))


@pytest.fixture(scope="module")
def real() -> pd.DataFrame:
    return table(300, 0)


@pytest.fixture(scope="module")
def fresh() -> pd.DataFrame:
    return table(300, 1)


@pytest.fixture(scope="module")
def same(real: pd.DataFrame, fresh: pd.DataFrame) -> TwoSample:
    return tell(real, fresh)


@pytest.fixture(scope="module")
def judge(real: pd.DataFrame, fresh: pd.DataFrame) -> UtilityTest:
    return UtilityTest(real, fresh, MODELLED, 0)


class TestTwoSample:
    def test_fresh_rows_are_not_told_apart_and_shuffled_ones_are(
        self, real: pd.DataFrame, fresh: pd.DataFrame, same: TwoSample
    ) -> None:
        apart = tell(real, shuffled(fresh))
        assert abs(same.auc - 0.5) < 0.08
        assert same.score > 0.85
        assert apart.auc > 0.7
        assert apart.interval[1] < same.interval[0]

    def test_missing_cells_give_a_table_away(self, real: pd.DataFrame, fresh: pd.DataFrame, same: TwoSample) -> None:
        filled = fresh.assign(age=fresh["age"].fillna(40), city=fresh["city"].fillna("Delft"))
        assert tell(real, filled).score < same.score - 0.05

    def test_the_same_seed_gives_the_same_figure(
        self, real: pd.DataFrame, fresh: pd.DataFrame, same: TwoSample
    ) -> None:
        again = tell(real, fresh)
        assert again.score == same.score
        assert np.array_equal(again.influence[0], same.influence[0])

    def test_rows_are_compared_in_equal_numbers(self, real: pd.DataFrame, fresh: pd.DataFrame) -> None:
        found = tell(real.iloc[:100], fresh)
        assert found.rows == 100
        assert [len(side) for side in found.influence] == [100, 300]

    def test_too_few_rows(self, real: pd.DataFrame) -> None:
        with pytest.raises(NotApplicable, match="20 rows"):
            tell(real, real.iloc[:19])

    def test_placements_by_hand(self) -> None:
        right, left = placements(np.array([3.0, 2.0]), np.array([1.0, 2.0, 0.0]))
        assert right.tolist() == pytest.approx([1.0, (1 + 0.5 + 1) / 3])
        assert left.tolist() == pytest.approx([1.0, 0.75, 1.0])
        assert right.mean() == pytest.approx(left.mean())


def test_rare_labels_share_a_code_and_missing_stays_missing() -> None:
    found = frequent([np.array([0, 0, 1, 2]), np.array([3, -1, 3, 3])], 4, 3)
    assert [side.tolist() for side in found] == [[1, 1, 2, 2], [0, -1, 0, 0]]


def test_wide_tables_are_learned_from_fewer_rows() -> None:
    assert affordable(10_000, 500_000, 20) == 10_000
    assert affordable(10_000, 500_000, 100) == 5_000
    assert affordable(10_000, 500_000, 5_000) == 1_000


def test_features_mean_the_same_in_both_tables(real: pd.DataFrame) -> None:
    turned = real[::-1]
    features = encode([real, turned], MODELLED)
    assert np.array_equal(features.tables[0], features.tables[1][::-1], equal_nan=True)
    assert features.categorical == tuple(not MODELLED[name].kind.numeric for name in features.names)
    assert "fee" not in features.without("fee").names


class TestUtility:
    def test_the_targets_are_the_columns_that_can_be_told(self, judge: UtilityTest) -> None:
        assert {target.column.name for target in judge.targets} == {"age", "fee"}

    def test_real_rows_are_the_measure(self, judge: UtilityTest, real: pd.DataFrame) -> None:
        found = judge.measure(real)
        assert found.value == pytest.approx(1.0)
        assert np.allclose(found.influence, 0.0)

    def test_rows_without_relations_are_of_no_use(self, judge: UtilityTest, real: pd.DataFrame) -> None:
        other, none = judge.measure(table(300, 2)), judge.measure(shuffled(real))
        assert other.value > 0.9
        assert none.value < 0.1
        assert all(told.real > 0.5 for told in none.targets)

    def test_a_target_that_was_lost(self, judge: UtilityTest, real: pd.DataFrame) -> None:
        assert judge.measure(real.assign(fee=np.nan)).value < 0.6

    def test_where_nothing_can_be_told(self, real: pd.DataFrame, fresh: pd.DataFrame) -> None:
        with pytest.raises(NotApplicable, match="no column can be told"):
            UtilityTest(shuffled(real), shuffled(fresh), MODELLED, 0)

    def test_it_can_be_stopped(self, real: pd.DataFrame, fresh: pd.DataFrame) -> None:
        def stop() -> None:
            raise Cancelled

        with pytest.raises(Cancelled):
            UtilityTest(real, fresh, MODELLED, 0, stop)


class TestMemorisation:
    def test_fresh_rows_are_no_nearer_to_the_learned_ones(self, real: pd.DataFrame, fresh: pd.DataFrame) -> None:
        found = memorisation(real, fresh.iloc[:100], table(300, 3), MODELLED, stream(0, "place"))
        assert found.interval[0] < 0.5 < found.interval[1]
        assert not found.more_copies

    def test_copies_are_found_whichever_row_was_copied(self, real: pd.DataFrame, fresh: pd.DataFrame) -> None:
        for rows in (slice(0, 60), slice(240, 300)):
            made = pd.concat([real.iloc[rows], table(60, 4)], ignore_index=True)
            found = memorisation(real, fresh.iloc[:100], made, MODELLED, stream(0, "place"))
            assert found.copies == 0.5
            assert found.fresh_copies == 0.0
            assert found.more_copies
            assert found.interval[0] > 0.5

    def test_copies_of_fresh_rows_pull_the_other_way(self, real: pd.DataFrame, fresh: pd.DataFrame) -> None:
        found = memorisation(real, fresh.iloc[:100], fresh.iloc[:100], MODELLED, stream(0, "place"))
        assert found.share == pytest.approx(0.0)

    def test_by_hand(self) -> None:
        """Two learned rows and one fresh one, nearest to 2, 2 and 2 made rows: as if by chance."""
        share, error = evened(np.array([2.0, 2.0]), np.array([2.0]))
        assert (share, error) == (pytest.approx(0.5), 0.0)
        share, _ = evened(np.array([2.0, 2.0]), np.array([1.0]))
        assert share == pytest.approx(2 / 3)

    def test_the_error_is_that_of_random_splits(self) -> None:
        rng = np.random.default_rng(0)
        counts = rng.poisson(2.0, 400).astype(float)
        shares = []
        for _ in range(2_000):
            order = rng.permutation(400)
            shares.append(evened(counts[order[:300]], counts[order[300:]])[0])
        assert np.mean(shares) == pytest.approx(0.5, abs=0.003)
        assert evened(counts[:300], counts[300:])[1] == pytest.approx(np.std(shares), rel=0.1)
