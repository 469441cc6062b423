"""What tables are good for: models, importances and estimates, on tables whose answer is known."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from engine.errors import NotApplicable
from engine.evaluation import targets
from engine.evaluation.base import Options, Score
from engine.evaluation.estimates import MeansAgree, RegressionsAgree
from engine.evaluation.importance import Importance
from engine.evaluation.learners import BOOSTED, LINEAR, _gini, _r2, task
from engine.evaluation.overlap import Means, Regression, block, overlap
from engine.evaluation.usefulness import Usefulness
from engine.table.schema import Column, Kind, NumberFormat, Schema

SCHEMA = Schema(
    (
        *(Column(name, Kind.DECIMAL, number=NumberFormat(3)) for name in ("a", "b", "y")),
        Column("c", Kind.CATEGORICAL),
        Column("k", Kind.CATEGORICAL),
    )
)


def table(rows: int = 400, seed: int = 0, slope: float = 2.0) -> pd.DataFrame:
    """y = slope a + 1 where c is yes + noise; k follows from c with exceptions; b is of no use."""
    rng = np.random.default_rng(seed)
    a, b, c = rng.normal(size=rows), rng.normal(size=rows), rng.random(rows) < 0.5
    k = np.where(rng.random(rows) < 0.8, c, ~c)
    y = slope * a + c + rng.normal(0, 0.5, rows)
    labels = {"c": np.where(c, "yes", "no"), "k": np.where(k, "up", "down")}
    return pd.DataFrame({"a": a, "b": b, "y": y, **{n: pd.Series(v, dtype="str") for n, v in labels.items()}})


def rng() -> np.random.Generator:
    return np.random.default_rng(0)


def useful(other: pd.DataFrame, target: str | None = None) -> Score:
    return Usefulness(Options(target)).compute(table(seed=9), other, SCHEMA, rng())


class TestFigures:
    def test_r2_by_hand(self) -> None:
        value, rows = _r2(np.array([0.0, 2.0]), np.array([0.0, 1.0]))
        assert value == pytest.approx(0.5)
        assert rows.mean() == pytest.approx(0.0)

    def test_gini_by_hand(self) -> None:
        """Of the three pairs of a 1 and a 0, two and a half are in order."""
        chances = np.array([[0.4, 0.6], [0.9, 0.1], [0.4, 0.6], [0.7, 0.3]])
        value, rows = _gini(np.array([1, 0, 0, 0]), chances)
        assert value == pytest.approx(2 * (2.5 / 3) - 1)
        assert rows.mean() == pytest.approx(0.0)

    def test_figures_of_labels_by_hand(self) -> None:
        made = task(SCHEMA["c"], table(60), table(30, 1), SCHEMA)
        assert made is not None
        truth = made.outcomes[1].astype(int)
        sure = np.eye(2)[truth]
        assert made.figures(sure) == pytest.approx(
            {"auc": 1.0, "accuracy": 1.0, "f1_macro": 1.0, "log_loss": 0.0}, abs=1e-5
        )
        even = made.figures(np.full((30, 2), 0.5))
        assert even["log_loss"] == pytest.approx(np.log(2))
        assert even["auc"] == 0.5

    def test_errors_are_in_the_columns_units(self) -> None:
        made = task(SCHEMA["y"], table(60), table(30, 1), SCHEMA)
        assert made is not None
        shifted = made.figures(made.outcomes[1] + 3.0 / made.scale)
        assert shifted["mae"] == pytest.approx(3.0)

    def test_labels_that_only_the_made_table_has_are_one_class(self) -> None:
        made = task(SCHEMA["c"], table(60).assign(c="new"), table(30, 1), SCHEMA)
        assert made is not None
        model = made.models(LINEAR, None, 5, 0)
        assert made.skill(model(made.features[LINEAR][1]))[0] == 0.0


class TestUsefulness:
    def test_models_of_real_rows_are_the_measure_and_shuffles_are_of_no_use(self) -> None:
        real = table()
        good = useful(real, "y")
        bad = useful(real.assign(y=real["y"].sample(frac=1, random_state=1).to_numpy()), "y")
        assert good.value > 0.85
        assert bad.value < 0.1
        assert [(p.columns, p.method) for p in good.parts] == [(("y",), LINEAR), (("y",), BOOSTED)]
        assert good.parts[0].details["r2"] == pytest.approx(good.parts[0].value)
        assert good.interval is not None
        assert good.interval[0] > bad.value

    def test_without_a_target_those_that_can_be_told_are_taken_in_turn(self) -> None:
        chosen = {column.name for column in targets.chosen(table(), SCHEMA, None, rng())}
        assert chosen == {"a", "y", "c", "k"}

    def test_a_column_that_follows_exactly_is_no_target(self) -> None:
        schema = Schema((*SCHEMA, Column("code", Kind.CATEGORICAL)))
        real = table()
        real["code"] = (real["c"] + "-").astype("str")
        chosen = {column.name for column in targets.chosen(real, schema, None, rng())}
        assert chosen == {"a", "y"} | ({"k"} & chosen)

    def test_a_target_that_the_table_lacks_gets_nothing(self) -> None:
        assert useful(table().assign(y=np.nan), "y").value == 0.0

    def test_nothing_to_tell_is_a_reason(self) -> None:
        noise = table()[["a", "b"]]
        with pytest.raises(NotApplicable, match="no column can be told"):
            Usefulness().compute(noise, noise, SCHEMA.select(["a", "b"]).selected, rng())


def test_importances_agree_where_models_lean_on_the_same_columns() -> None:
    real, seen = table(seed=9), table()
    turned = seen.assign(a=seen["b"], b=seen["a"])  # now b tells y
    same = Importance(Options("y")).compute(real, seen, SCHEMA, rng())
    other = Importance(Options("y")).compute(real, turned, SCHEMA, rng())
    assert same.value > 0.6
    assert other.value < same.value - 0.3
    assert same.interval is not None
    assert same.interval[0] <= same.value <= same.interval[1]


class TestOverlap:
    def test_by_hand(self) -> None:
        """Intervals 0 ± 1 and 1 ± 1 have half of either in common; 0 ± 1 and 5 ± 1 nothing."""
        one = np.array([1.0]) / 1.959963984540054
        at = [np.array([x]) for x in (0.0, 1.0, 5.0)]
        assert overlap((at[0], one), (at[1], one)) == pytest.approx([0.5])
        assert overlap((at[0], one), (at[2], one)) == pytest.approx([0.0])
        assert overlap((at[0], one), (at[0], one * 2)) == pytest.approx([0.75])
        assert overlap((at[0], one * 0), (at[0], one * 0)) == pytest.approx([1.0])

    def test_means_by_hand(self) -> None:
        found = block(SCHEMA["a"], pd.Series([1.0, 3.0, np.nan]), pd.Series([2.0, 2.0, 5.0]))
        assert found is not None
        value, error = Means(found, 0, np.arange(3)).estimates()
        assert value * found.scale + found.middle == pytest.approx([2.0])
        assert error * found.scale == pytest.approx([1.0])  # deviation √2 over √2

    def test_coefficients_are_those_of_least_squares(self) -> None:
        frame = table(300)
        rows = np.column_stack([np.ones(300), frame["a"], frame["b"], frame["y"]])
        fit = Regression(rows, np.arange(300) % 10, np.ones(300, dtype=bool))
        value, error = fit.estimates(fit.useful())
        expected, rest = np.linalg.lstsq(rows[:, :3], rows[:, 3], rcond=None)[:2]
        assert value == pytest.approx(expected)
        assert error == pytest.approx(np.sqrt(np.diag(np.linalg.inv(rows[:, :3].T @ rows[:, :3])) * rest / 297))
        kept = np.arange(300) % 10 != 4
        assert fit.estimates(fit.useful(), 4)[0] == pytest.approx(
            np.linalg.lstsq(rows[kept, :3], rows[kept, 3], rcond=None)[0]
        )

    def test_predictors_that_say_the_same_are_left_out(self) -> None:
        frame = table(300)
        rows = np.column_stack([np.ones(300), frame["a"], 2 * frame["a"] + 1, frame["y"]])
        assert Regression(rows, np.arange(300) % 10, np.ones(300, dtype=bool)).useful().tolist() == [0, 1]

    def test_two_real_samples_overlap_to_about_seven_tenths(self) -> None:
        """The difference of two normal estimates is √2 · 0.798 errors on average, of intervals 2 · 1.96 errors wide."""
        values = [MeansAgree().compute(table(seed=i), table(seed=50 + i), SCHEMA, rng()).value for i in range(20)]
        assert np.mean(values) == pytest.approx(0.712, abs=0.05)

    def test_another_slope_is_seen_and_the_means_are_not(self) -> None:
        real = table(seed=1)
        assert MeansAgree().compute(real, table(seed=2, slope=-2.0), SCHEMA, rng()).value > 0.4
        other = RegressionsAgree(Options("y")).compute(real, table(seed=2, slope=-2.0), SCHEMA, rng())
        slope = next(part for part in other.parts if part.columns == ("y", "a"))
        assert slope.value == 0.0
        same = RegressionsAgree(Options("y")).compute(real, table(seed=2), SCHEMA, rng())
        assert next(part for part in same.parts if part.columns == ("y", "a")).value > 0.3

    def test_a_huge_constant_or_empty_column_is_left_out(self) -> None:
        assert block(SCHEMA["a"], pd.Series([5.0, 5.0]), pd.Series([1.0, 2.0])) is None
        assert block(SCHEMA["c"], pd.Series(["x", "x"], dtype="str"), pd.Series(["x", "y"], dtype="str")) is None


@pytest.mark.parametrize("kind", [MeansAgree, RegressionsAgree])
def test_intervals_hold_the_value_over_seeds(kind: type[MeansAgree] | type[RegressionsAgree]) -> None:
    """Of tables drawn again and again, the intervals of nine in ten hold the mean value."""
    found = [kind().compute(table(200, i), table(200, 100 + i, slope=2.3), SCHEMA, rng()) for i in range(25)]
    mean = np.mean([one.value for one in found])
    assert np.mean([one.interval[0] <= mean <= one.interval[1] for one in found if one.interval is not None]) >= 0.85
