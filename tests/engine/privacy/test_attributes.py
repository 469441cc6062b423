"""Guessing a column from the others, where the answer is known."""

from __future__ import annotations

import numpy as np
import pytest

from engine.errors import SettingsError
from engine.privacy import attributes
from engine.privacy.attributes import LABELS, inferred
from engine.privacy.encoding import MISSING, Encoded
from engine.privacy.nearest import no_check


def encoded(numeric: tuple[bool, ...], **sides: list[list[float]]) -> Encoded:
    """Columns a, b, c of each table; a value stands for its rank too."""
    tables = {name: np.asarray(columns, np.float32)[:, None].repeat(2, axis=1) for name, columns in sides.items()}
    return Encoded(tuple("abc"[: len(numeric)]), numeric, tables)


def guess(numeric: tuple[bool, ...], rows: list[list[float]], pool: list[list[float]]) -> list[float]:
    """What trees learned from `rows` say of column "a" of the pool."""
    parts = encoded(numeric, synthetic=rows, members=pool, controls=[[] for _ in pool])
    for side in parts.tables.values():
        side[:, 1] += 50  # ranks are guessed from ranks; the values beside them are not looked at
    return [float(told) for told in attributes._modelled(parts, "synthetic", 0, 0)]


CODES = [0.0, 1.0, 2.0] * 40  # of "b", which tells "a"


@pytest.fixture(params=["lightgbm", "scikit-learn"])
def trees(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> None:
    if request.param == "scikit-learn":
        monkeypatch.setattr(attributes, "find_spec", lambda name: None)


@pytest.mark.usefixtures("trees")
class TestTrees:
    def test_a_label_that_another_column_tells(self) -> None:
        """Labels with codes that do not count from 0, a gap (-1) among them, come back as they were."""
        labels = {0.0: 7.0, 1.0: -1.0, 2.0: 3.0}
        rows = [[labels[code] for code in CODES], CODES]
        assert guess((False, False), rows, [[0, 0, 0, 0], [2, 0, 1, 0]]) == [3, 7, -1, 7]

    def test_a_number_that_another_column_tells(self) -> None:
        numbers = {0.0: 0.1, 1.0: 0.9, 2.0: 0.5}
        rows = [[numbers[code] for code in CODES], CODES]
        assert guess((True, False), rows, [[0, 0, 0], [1, 0, 2]]) == pytest.approx([0.9, 0.1, 0.5], abs=0.02)

    def test_of_a_skewed_number_the_middle_is_guessed_not_the_mean(self) -> None:
        rows = [[0.1, 0.1, 0.7] * 20 + [0.5, 0.5, 0.9] * 20, [0.0] * 60 + [1.0] * 60]
        assert guess((True, False), rows, [[0, 0], [0, 1]]) == pytest.approx([0.1, 0.5], abs=0.02)

    def test_rows_whose_number_is_missing_teach_nothing(self) -> None:
        """As a number the gap would draw the guess to 2; half of the rows have it."""
        rows = [[0.2, MISSING] * 30 + [0.6, MISSING] * 30, [0.0] * 60 + [1.0] * 60]
        assert guess((True, False), rows, [[0, 0], [0, 1]]) == pytest.approx([0.2, 0.6], abs=0.02)

    def test_a_gap_in_another_column_tells_as_well(self) -> None:
        known = [0.0] * 60 + [1.0] * 60
        for numeric, gap in ((True, float(MISSING)), (False, -1.0)):
            rows = [known, [0.5] * 60 + [gap] * 60]
            assert guess((False, numeric), rows, [[0, 0], [gap, 0.5]]) == [1, 0]

    def test_the_secret_itself_is_not_looked_at(self) -> None:
        rows = [[0.0, 1.0] * 60, [0.3] * 120]
        assert len(set(guess((False, True), rows, [[0, 1, 0, 1], [0.3] * 4]))) == 1


class TestNothingToLearn:
    def test_one_label_is_guessed_of_everybody(self) -> None:
        assert guess((False, True), [[4.0] * 5, [0.1] * 5], [[4, 5, 6], [0.1, 0.9, 0.1]]) == [4] * 3

    def test_one_number_is_guessed_of_everybody(self) -> None:
        assert guess((True, True), [[0.5] * 5, [0.1] * 5], [[0, 0, 0], [0.1, 0.9, 0.1]]) == [0.5] * 3

    def test_a_number_that_nobody_has_is_never_right(self) -> None:
        told = guess((True, True), [[float(MISSING)] * 5, [0.1] * 5], [[MISSING, 0.5], [0.1, 0.9]])
        assert not attributes._right(np.array(told, np.float32), np.array([MISSING + 1, 0.5], np.float32), True).any()


def test_gaps_are_told_from_all_values() -> None:
    parts = encoded((True, False), rows=[[0.0, 1.0, float(MISSING)], [0.0, 1.0, -1.0]])
    found = attributes._features(parts, parts["rows"], [1, 0])
    assert found[:2].tolist() == [[0, 0], [1, 1]]
    assert np.isnan(found[2]).all()


def test_rare_labels_are_not_guessed() -> None:
    """Twice as many labels as trees tell apart: label i comes i + 1 times, so the second half is kept."""
    codes = np.repeat(np.arange(2 * LABELS), np.arange(2 * LABELS) + 1).astype(np.float32)
    assert attributes._frequent(codes).tolist() == list(range(LABELS, 2 * LABELS))
    few = np.array([5, 2, 5], np.float32)
    assert attributes._frequent(few).tolist() == [2, 5]


def test_a_number_is_right_within_a_twentieth_of_its_rank_and_a_label_only_exactly() -> None:
    told, truth = np.array([0.26, 0.34, 0.24, 0.36], np.float32), np.full(4, 0.3, np.float32)
    assert attributes._right(told, truth, True).tolist() == [1, 1, 0, 0]
    assert attributes._right(np.array([1, 1.04], np.float32), np.ones(2, np.float32), False).tolist() == [1, 0]


# The synthetic rows are the members; the reference knows "a" of the first control alone.
KNOWN = {
    "synthetic": [[0.0, 1.0, 2.0], [0.1, 0.5, 0.9]],
    "members": [[0.0, 1.0, 2.0], [0.1, 0.5, 0.9]],
    "controls": [[1.0, 5.0], [0.1, 0.9]],
    "reference": [[1.0, 4.0], [0.1, 0.9]],
}


class TestInferred:
    def test_who_is_guessed_right_off_the_nearest_row(self) -> None:
        asked: list[int] = []
        row, model = inferred("a", encoded((False, True), **KNOWN), 0, lambda: asked.append(1))
        assert (row.key, row.columns) == ("attribute_row", ("a",))
        assert row.what == "“a” is guessed right from the nearest synthetic row, all other columns known"
        assert row.values.tolist() == [1, 1, 1, 0, 0]
        assert row.population == 0.5  # of the controls, with the reference in place of the synthetic rows
        assert (model.key, model.columns) == ("attribute_model", ("a",))
        assert model.what == "“a” is guessed right by a model trained on the synthetic rows, all other columns known"
        assert len(model.values) == 5
        assert len(asked) >= 4  # each attacker, each side

    def test_the_other_columns_decide_which_row_is_nearest(self) -> None:
        """Secret "b", in the middle: near by "a" and "c" is the second row, near by "b" the first."""
        sides = {
            "synthetic": [[0.0, 0.5], [0.2, 0.8], [0.0, 0.5]],
            "members": [[0.5], [0.2], [0.5]],
            "controls": [[0.5], [0.8], [0.5]],
            "reference": [[0.0], [0.0], [0.0]],
        }
        row = inferred("b", encoded((True, True, True), **sides), 0, no_check)[0]
        assert row.values.tolist() == [0, 1]

    def test_what_cannot_be_guessed(self) -> None:
        with pytest.raises(SettingsError, match="“x” is no column that is learned") as unknown:
            inferred("x", encoded((False, True), **KNOWN), 0, no_check)
        assert unknown.value.column == "x"
        with pytest.raises(SettingsError, match="“a” is the only column") as only:
            inferred("a", encoded((True,), members=[[0.0]], controls=[[0.0]]), 0, no_check)
        assert only.value.column == "a"
