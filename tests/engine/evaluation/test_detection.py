"""Told apart, supports and dependence: small pieces by hand, and intervals by simulation."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from engine.evaluation import dependence
from engine.evaluation.detection import _area, detect
from engine.evaluation.intervals import NORMAL_95, spread
from engine.evaluation.support import Places, places, precision, recall
from engine.evaluation.toldapart import _score
from engine.table.schema import Column, Kind, NumberFormat, Schema

SCHEMA = Schema(
    (
        Column("x", Kind.DECIMAL, number=NumberFormat(3)),
        Column("y", Kind.DECIMAL, number=NumberFormat(3)),
        Column("c", Kind.CATEGORICAL),
    )
)


def table(rows: int, rng: np.random.Generator, shift: float = 0.0) -> pd.DataFrame:
    x = rng.normal(shift, 1, rows)
    return pd.DataFrame(
        {"x": x, "y": x + rng.normal(size=rows), "c": pd.Series(rng.choice(["p", "q"], rows), dtype="str")}
    )


def found(real: np.ndarray, other: np.ndarray) -> Places:
    rows = np.arange(len(real)), np.arange(len(other))
    return Places(real[:, None].astype(float), other[:, None].astype(float), rows)


class TestToldApart:
    def test_the_area_of_counts_by_hand(self) -> None:
        """Scores 1 and 0; real 2 and 1, others 1 and 1: of six pairs 2 in order, 3 even."""
        assert _area(np.array([1.0, 0.0]), np.array([2, 1]), np.array([1, 1])) == pytest.approx((2 + 1.5) / 6)

    def test_scores(self) -> None:
        assert [_score(auc) for auc in (0.3, 0.5, 0.75, 1.0)] == [1.0, 1.0, 0.5, 0.0]

    def test_what_is_planted_is_found(self) -> None:
        rng = np.random.default_rng(0)
        seen = detect(table(300, rng), table(300, rng, 1.0), SCHEMA, rng)
        assert seen.rows == 300
        assert max(seen.losses, key=lambda name: seen.losses[name]) == "x"
        assert max(seen.alone, key=lambda name: seen.alone[name]) == "x"
        assert seen.alone["x"] == pytest.approx(0.76, abs=0.06)  # Φ(1 / √2)
        assert seen.told["Logistic regression"].auc == pytest.approx(0.76, abs=0.06)
        assert seen.alone["c"] == pytest.approx(0.5, abs=0.07)

    def test_a_copied_half_of_the_rows_halves_what_can_be_told(self) -> None:
        """Copies stand in both samples and in the same folds, so drawing does not thin them out."""
        rng = np.random.default_rng(1)
        real, other = table(300, rng), table(300, rng, 3.0)
        copied = pd.concat([real.iloc[:150], other.iloc[:150]], ignore_index=True)
        auc = detect(real, copied, SCHEMA, rng).told["Logistic regression"].auc
        assert auc == pytest.approx(0.75, abs=0.06)


class TestSupport:
    def test_precision_by_hand(self) -> None:
        """All rows in the middle, which half of the real ones surround: precision is 1 at every level."""
        real = np.array([-4, -3, -2, -1, 1, 2, 3, 4])
        assert precision(found(real, np.zeros(8)))[0] == pytest.approx(0.0)
        assert precision(found(real, real))[0] == pytest.approx(1.0)
        assert precision(found(real, np.array([-9, 9, -9, 9, -9, 9, -9, 9])))[0] == pytest.approx(0.0)
        # Half of the rows in the middle, half as the real ones: at level α the share 1/2 + α/2 lies inside.
        both = np.concatenate([np.zeros(8), real])
        assert precision(found(real, both))[0] == pytest.approx(0.5)

    def test_recall_of_copies_and_of_one_place(self) -> None:
        rng = np.random.default_rng(0)
        real = rng.normal(size=200)
        assert recall(found(real, real[rng.permutation(200)]))[0] == pytest.approx(1.0)
        assert recall(found(real, np.full(200, 50.0)))[0] == pytest.approx(0.0)

    def test_tables_become_places_in_which_labels_lie_one_apart(self) -> None:
        rng = np.random.default_rng(0)
        real = table(60, rng)
        real.loc[0, "x"] = np.nan
        made = places(real, real, SCHEMA, rng)
        assert made.real.shape == (60, 2 + 2 + 3)  # two numbers with their gaps, two labels and a gap
        labels = np.unique(np.round(made.real[:, 4:], 6), axis=0)
        assert np.linalg.norm(labels[0] - labels[1]) == pytest.approx(1.0)


class TestDependence:
    def test_by_hand(self) -> None:
        a, b = np.array([0, 0, 1, 1] * 50), np.array([0, 0, 1, 1] * 50)
        c = np.array([0, 1, 0, 1] * 50)
        assert dependence.information(a, 2, b, 2).value == pytest.approx(1.0, abs=0.01)
        assert dependence.information(a, 2, c, 2).value == 0.0
        assert dependence.contingency(a, 2, b, 2).value == pytest.approx(1.0, abs=0.01)
        assert dependence.ratio(a, 2, np.array([1.0, 3.0, 5.0, 7.0] * 50)).value == pytest.approx(
            np.sqrt(1 - 1 / 5 * 199 / 198)
        )

    @pytest.mark.parametrize("kind", ["pearson", "ratio", "contingency", "information"])
    def test_influence_foretells_the_spread(self, kind: str) -> None:
        rng = np.random.default_rng(2)
        values, told = [], []
        for _ in range(80):
            x = rng.normal(size=400)
            y = 0.7 * x + rng.normal(size=400)
            a, b = np.digitize(x, [-0.5, 0.5]), np.digitize(y, [-0.5, 0.5])
            made = {
                "pearson": lambda x=x, y=y: dependence.pearson(x, y),
                "ratio": lambda a=a, y=y: dependence.ratio(a, 3, y),
                "contingency": lambda a=a, b=b: dependence.contingency(a, 3, b, 3),
                "information": lambda a=a, b=b: dependence.information(a, 3, b, 3),
            }[kind]()
            values.append(made.value)
            told.append(spread((made.rows, np.zeros(1))))
            assert made.rows.mean() == pytest.approx(0.0, abs=1e-9)
        assert np.mean(told) == pytest.approx(np.std(values), rel=0.25)


@pytest.mark.parametrize("kind", ["told", "precision", "recall"])
def test_intervals_hold_the_value_over_seeds(kind: str) -> None:
    """Of tables drawn again and again, the intervals of nine in ten hold the mean value."""
    rng = np.random.default_rng(8)
    values, errors = [], []
    for _ in range(12 if kind == "told" else 25):
        real, other = table(150, rng), table(150, rng, 0.8)
        if kind == "told":
            told = detect(real, other, SCHEMA, rng).told["Boosted trees"]
            values.append(told.auc)
            errors.append(spread(told.influence))
            continue
        where = places(real, other, SCHEMA, rng)
        if kind == "precision":
            value, *sides = precision(where)
            errors.append(spread((sides[0], sides[1])))
        else:
            value, error = recall(where)
            errors.append(error)
        values.append(value)
    held = np.abs(np.array(values) - np.mean(values)) <= NORMAL_95 * np.array(errors)
    assert held.mean() >= 0.85
