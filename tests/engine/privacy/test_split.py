"""Who is trained on, and who is not: every row has one role, every unit one coin, and the coin is fair."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from engine.errors import SettingsError
from engine.privacy import AuditSplit, units
from engine.privacy.split import FEWEST, POOL
from engine.table.schema import Column, Kind, Schema
from tests.engine.privacy.population import SCHEMA, people


def roles(split: AuditSplit) -> list[set[int]]:
    return [set(side.tolist()) for side in (split.train, split.members, split.controls, split.reference)]


@pytest.mark.parametrize(("rows", "share"), [(300, None), (5_000, None), (60_000, None), (5_000, 0.2), (60_000, 0.3)])
def test_every_row_has_one_role(rows: int, share: float | None) -> None:
    split = AuditSplit.of(rows, 3, share=share)
    train, members, controls, reference = roles(split)
    assert members < train
    assert not train & controls
    assert not train & reference
    assert not controls & reference
    assert train | controls | reference == set(range(rows))
    assert set(split.holdout.tolist()) == controls | reference
    pool = len(members) + len(controls)
    held = min(POOL, rows // 3) if share is None else round(rows * share)
    assert pool == min(POOL, held)
    assert len(split.holdout) == held
    assert len(reference) > 0.8 * len(controls)
    for side in (split.train, split.members, split.controls, split.reference):
        assert (np.diff(side) > 0).all()


def test_the_same_seed_gives_the_same_split_and_another_one_another() -> None:
    first, again, other = (AuditSplit.of(1_000, seed) for seed in (1, 1, 2))
    assert np.array_equal(first.members, again.members)
    assert np.array_equal(first.reference, again.reference)
    assert not np.array_equal(first.members, other.members)


def test_the_coin_is_fair_and_each_row_has_its_own() -> None:
    drawn = [AuditSplit.of(900, seed) for seed in range(300)]
    sizes = np.array([len(split.members) for split in drawn])
    assert abs(sizes.mean() - 150) < 3  # three standard errors are 1.5
    assert 6.5 < sizes.std() < 11  # of 300 fair coins: 8.7
    chosen = np.zeros(900)
    for split in drawn:
        chosen[split.members] += 1
    assert chosen.max() < 90
    assert chosen.min() > 20


def test_rows_of_a_unit_share_one_role() -> None:
    owner = np.random.default_rng(0).integers(0, 500, 3_000)
    split = AuditSplit.of(3_000, 0, units=owner)
    label = np.full(3_000, "train", dtype=object)
    label[split.members], label[split.controls], label[split.reference] = "member", "control", "reference"
    assert pd.Series(label).groupby(owner).nunique().max() == 1
    assert abs(len(split.members) + len(split.controls) - 1_000) < 20


@pytest.mark.parametrize("rows", [0, 1, 50, 299])
def test_small_tables_have_no_audit_and_say_why(rows: int) -> None:
    split = AuditSplit.of(rows, 0)
    assert not split.possible
    assert not len(split.holdout)
    assert len(split.train) == rows
    assert str(FEWEST) in split.reason
    assert str(rows) in split.reason


def test_without_an_audit_the_share_is_held_out_all_the_same() -> None:
    split = AuditSplit.of(200, 0, share=0.25)
    assert not split.possible
    assert "0.25 of 200 rows gives 50" in split.reason
    assert len(split.reference) == 50
    assert len(split.train) == 150


def test_what_is_held_out_beyond_a_small_pool_does_not_make_up_for_it() -> None:
    split = AuditSplit.of(2_000, 0, share=0.5, pool=FEWEST - 1)
    assert not split.possible
    assert f"0.5 of 2,000 rows gives {FEWEST - 1}" in split.reason
    assert len(split.reference) == 1_000
    assert AuditSplit.of(2_000, 0, share=0.5, pool=FEWEST).possible


def test_nothing_held_out_is_said_to_be_so() -> None:
    split = AuditSplit.of(2_000, 0, share=0)
    assert split.reason == "no rows were to be held out"
    assert len(split.train) == 2_000


def test_a_share_out_of_bounds_is_refused() -> None:
    with pytest.raises(SettingsError, match=r"from 0 to 0\.5"):
        AuditSplit.of(1_000, 0, share=0.6)


def test_pools_of_repeated_splits_have_no_row_in_common() -> None:
    pools = [set(split.members.tolist()) | set(split.controls.tolist()) for split in _turns(600, 3)]
    assert not pools[0] & pools[1]
    assert not pools[1] & pools[2]
    assert not pools[0] & pools[2]
    assert len(pools[0] | pools[1] | pools[2]) == 600


def _turns(rows: int, turns: int) -> list[AuditSplit]:
    return [AuditSplit.of(rows, 5, turn=turn) for turn in range(turns)]


def test_two_files_make_a_split_of_parts() -> None:
    owner = np.arange(1_000)
    owner[990:] = owner[:10]  # ten held out rows that equal trained ones
    split = AuditSplit.of_parts(700, 300, 0, units=owner)
    train, members, controls, reference = roles(split)
    assert train == set(range(700))
    assert members < train
    assert controls | reference == set(range(700, 1_000))
    assert len(controls) == len(members) == 150 == len(reference)
    assert not controls & set(range(990, 1_000))
    assert not members & set(range(10))
    assert not AuditSplit.of_parts(700, 90, 0).possible


def test_too_small_parts_stay_what_they_are_and_say_why() -> None:
    split = AuditSplit.of_parts(700, 90, 0)
    assert split.train.tolist() == list(range(700))
    assert split.reference.tolist() == list(range(700, 790))
    assert not len(split.members) + len(split.controls)
    assert split.reason.startswith(f"at least {FEWEST // 2} trained rows and as many held out ones")
    assert split.reason.endswith("here are 45")


class TestUnits:
    def test_equal_rows_and_rows_of_a_person_belong_together(self) -> None:
        table = people(200, 0)
        table["person"] = np.arange(200)
        table.loc[[7, 8], "person"] = 6
        table.iloc[50, 1:9] = table.iloc[8, 1:9].to_list()  # equal to row 8 but for its key
        found, note = units(table, SCHEMA, ["person"])
        assert note == ""
        assert len({found[6], found[7], found[8], found[50]}) == 1
        assert len(np.unique(found)) == 197

    def test_where_equal_rows_are_common_they_are_taken_for_different_people(self) -> None:
        schema = Schema((Column("town", Kind.CATEGORICAL),))
        found, note = units(pd.DataFrame({"town": ["a", "b"] * 50}), schema)
        assert len(np.unique(found)) == 100
        assert "100% of the rows equal another one" in note

    def test_rows_without_a_key_are_their_own(self) -> None:
        table = people(20, 0)
        table["person"] = [None] * 10 + ["x"] * 10
        found, _ = units(table, SCHEMA, ["person"])
        assert len(np.unique(found)) == 11

    def test_an_unknown_key_is_refused(self) -> None:
        with pytest.raises(SettingsError, match="no column “nobody”"):
            units(people(5, 0), SCHEMA, ["nobody"])

    def test_pairs_of_equal_rows_are_common_too(self) -> None:
        schema = Schema((Column("town", Kind.CATEGORICAL),))
        table = pd.DataFrame({"town": [f"{i // 2}" for i in range(100)]})
        found, note = units(table, schema)
        assert len(np.unique(found)) == 100
        assert "100% of the rows equal another one" in note

    def test_without_columns_to_compare_each_row_is_its_own(self) -> None:
        schema = Schema((Column("key", Kind.IDENTIFIER),))
        found, note = units(pd.DataFrame({"key": ["a", "b", "c"]}), schema)
        assert (found.tolist(), note) == ([0, 1, 2], "")

    def test_an_empty_table_has_no_units(self) -> None:
        found, note = units(people(5, 0).iloc[:0], SCHEMA)
        assert (len(found), note) == (0, "")
