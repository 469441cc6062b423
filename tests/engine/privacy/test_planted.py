"""Planted copies: how many, of whom, and in place of which rows."""

from __future__ import annotations

import json

import numpy as np
import pytest

from engine.errors import SettingsError
from engine.privacy.encoding import Encoded
from engine.privacy.nearest import no_check
from engine.privacy.planted import SHARES, Planted, SelfTest, with_copies
from engine.privacy.questions import Questions
from tests.engine.privacy.population import SCHEMA


def matrix(values: np.ndarray) -> np.ndarray:
    """One column whose ranks and values are the same."""
    return np.asarray(values, dtype=np.float32)[None, None].repeat(2, axis=1)


def tables(synthetic: int = 100, train: int = 100) -> tuple[Encoded, np.ndarray]:
    """Training rows lie apart from each other and from all synthetic rows; every second one is a member."""
    learned = np.arange(train) * 10.0
    members = np.arange(0, train, 2)
    sides = {"train": learned, "members": learned[members], "controls": np.arange(20) * 10.0 + 5}
    sides |= {"synthetic": np.full(synthetic, -50.0), "reference": np.full(30, -90.0)}
    return Encoded(("x",), (True,), {name: matrix(side) for name, side in sides.items()}), members


def rng(seed: int = 0) -> np.random.Generator:
    return np.random.default_rng(seed)


def test_a_share_of_the_training_rows_is_copied_members_as_many_in_a_hundred() -> None:
    encoded, members = tables()
    plain, planted = with_copies(encoded, members, (0.1, 0.02, 1.0), rng(), no_check)
    assert [(p.share, p.rows) for p in planted] == [(0.1, 10), (0.02, 2), (1.0, 100)]
    assert [int((p.distances.synthetic[:50, 0] == 0).sum()) for p in planted] == [5, 1, 50]  # members with a copy
    assert not (plain.synthetic == 0).any()
    assert all((p.distances.synthetic[50:, 0] == 1).all() for p in planted)  # no control has one
    assert all((p.distances.reference == np.ones((70, 20))).all() for p in [Planted(0, 0, plain), *planted])


@pytest.mark.parametrize(("copies", "expected"), [(4, 0), (6, 1), (14, 1), (16, 2), (100, 10)])
def test_members_come_as_often_as_their_number_says_to_the_nearest_row(copies: int, expected: int) -> None:
    encoded, _ = tables()
    members = np.arange(0, 100, 10)
    sides = {**encoded.tables, "members": encoded["train"][..., members]}
    found = with_copies(Encoded(("x",), (True,), sides), members, (copies / 100,), rng(), no_check)[1][0]
    assert (found.distances.synthetic[:10, 0] == 0).sum() == expected


def test_more_copies_hold_the_fewer() -> None:
    encoded, members = tables()
    _, (few, many) = with_copies(encoded, members, (0.04, 0.2), rng(), no_check)
    copied = [set(np.flatnonzero(p.distances.synthetic[:50, 0] == 0)) for p in (few, many)]
    assert copied[0] < copied[1]


def test_copies_take_the_place_of_synthetic_rows() -> None:
    """Of ten synthetic rows equal to a control, six are left where four were replaced."""
    learned, same = np.arange(40) * 10.0, np.full(10, 5.0)
    sides = {"train": learned, "members": learned[:20], "controls": np.array([5.0]), "synthetic": same}
    encoded = Encoded(("x",), (True,), {k: matrix(v) for k, v in {**sides, "reference": same}.items()})
    plain, (planted,) = with_copies(encoded, np.arange(20), (0.1,), rng(), no_check)
    assert (plain.synthetic[-1] == 0).sum() == 10
    assert (planted.distances.synthetic[-1] == 0).sum() == 6
    assert plain.synthetic.shape == planted.distances.synthetic.shape == (21, 20)


def test_who_is_copied_is_drawn() -> None:
    encoded, members = tables()
    found = [with_copies(encoded, members, (0.1,), rng(seed), no_check)[1][0] for seed in range(40)]
    often = np.mean([p.distances.synthetic[:50, 0] == 0 for p in found], axis=0)
    assert often.mean() == pytest.approx(0.1)
    assert often.max() < 0.4  # of 40 draws of one in ten


def test_a_table_of_few_rows_is_replaced_as_a_whole_and_says_what_share_that_is() -> None:
    encoded, members = tables(synthetic=3)
    _, (few, many) = with_copies(encoded, members, (0.02, 0.5), rng(), no_check)
    assert (few.rows, few.share) == (2, 0.02)
    assert (many.rows, many.share) == (3, 0.03)


def test_nothing_asked_is_nothing_planted() -> None:
    encoded, members = tables()
    plain, planted = with_copies(encoded, members, (), rng(), no_check)
    assert planted == []
    assert plain.synthetic.shape == (70, 20)


class TestSelfTest:
    @pytest.mark.parametrize(("p", "found"), [(0.0499, True), (0.05, False), (0.9, False)])
    def test_found_below_five_in_a_hundred(self, p: float, found: bool) -> None:
        assert SelfTest(0.1, 9, p, 0.6, 0.1, None).found is found

    def test_json_and_back(self) -> None:
        one = SelfTest(0.1, 9, 0.01, 0.6, 0.1, 0.3)
        data = json.loads(json.dumps(one.to_json()))
        assert data["found"] is True
        assert SelfTest.from_json(data) == one
        with pytest.raises(KeyError):
            SelfTest.from_json({"share": 0.1})


class TestQuestions:
    def test_what_is_asked_when_nothing_is_said(self) -> None:
        assert Questions() == Questions((), (), SHARES, 1_000, 2_000)
        Questions().check(SCHEMA)

    @pytest.mark.parametrize("asked", [{"shares": (1.0, 0.001)}, {"resamples": 100}, {"shuffles": 100}])
    def test_the_edge_of_what_can_be_asked(self, asked: dict[str, object]) -> None:
        Questions(**asked).check(SCHEMA)  # type: ignore[arg-type]

    @pytest.mark.parametrize(
        ("asked", "said"),
        [
            ({"shares": (0.1, 0.0)}, "above 0 and at most 1"),
            ({"shares": (1.01, 0.1)}, "above 0 and at most 1"),
            ({"resamples": 99}, "At least 100 bootstrap samples"),
            ({"shuffles": 99}, "At least 100 bootstrap samples"),
        ],
    )
    def test_beyond_the_edge(self, asked: dict[str, object], said: str) -> None:
        with pytest.raises(SettingsError, match=said):
            Questions(**asked).check(SCHEMA)  # type: ignore[arg-type]

    @pytest.mark.parametrize("asked", [Questions(secrets=("town", "key")), Questions(quasi=("age", "key"))])
    def test_a_column_that_is_not_learned_is_named_with_those_that_are(self, asked: Questions) -> None:
        with pytest.raises(SettingsError) as error:
            asked.check(SCHEMA)
        assert error.value.column == "key"
        assert str(error.value).startswith("“key” cannot be asked about: it is no column that is learned.")
        for name in ("age", "income", "town", "member"):
            assert name in str(error.value)
