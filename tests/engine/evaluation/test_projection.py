"""One plane for all columns: fitted to the real rows, whatever their kinds, and the same for the same seed."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from engine.errors import NotApplicable
from engine.evaluation.projection import Projection, project
from engine.table.schema import Column, Kind, NumberFormat, Schema
from tests.contracts.zoo import ZOO
from tests.engine.tables import CLUB, club

NUMBERS = Schema(tuple(Column(name, Kind.DECIMAL, number=NumberFormat(17)) for name in "abc"))


def of(real: pd.DataFrame, synthetic: pd.DataFrame, schema: Schema) -> Projection:
    return project(real, synthetic, schema, np.random.default_rng(0))


def test_of_numbers_they_are_principal_components() -> None:
    rng = np.random.default_rng(1)
    a = rng.uniform(-1, 1, 500)
    frame = pd.DataFrame({"a": a, "b": a + rng.uniform(-0.3, 0.3, 500), "c": rng.uniform(-1, 1, 500)})
    found = of(frame, frame, NUMBERS)
    eigenvalues = np.linalg.eigvalsh(np.corrcoef(frame.to_numpy().T))[::-1]
    np.testing.assert_allclose(found.explained, eigenvalues[:2] / 3, rtol=1e-9)
    assert {name for name, _ in found.weights[0][:2]} == {"a", "b"}
    assert found.weights[1][0][0] == "c"
    for weights in found.weights:
        assert sum(share for _, share in weights) == pytest.approx(1.0)
    np.testing.assert_allclose(found.real.var(axis=0), eigenvalues[:2], rtol=0.01)


def test_groups_of_labels_and_numbers_lie_apart_in_both_tables() -> None:
    group = np.repeat([0, 1], 100)
    frame = pd.DataFrame({"k": np.where(group, "x", "y"), "l": np.where(group, "u", "v"), "a": group * 2.0})
    schema = Schema((Column("k", Kind.CATEGORICAL), Column("l", Kind.CATEGORICAL), NUMBERS["a"]))
    found = of(frame, frame.iloc[::-1], schema)
    for points in (found.real, found.synthetic):
        assert len(np.unique(points[:, 0].round(6))) == 2
    assert found.explained[0] == pytest.approx(1.0)


def test_a_table_of_all_kinds_with_gaps() -> None:
    real, made = CLUB.parse(club(300)), CLUB.parse(club(80, seed=1))
    first, again = of(real, made, CLUB), of(real, made, CLUB)
    assert first.real.shape == first.synthetic.shape == (80, 2)
    np.testing.assert_array_equal(first.real, again.real)
    assert np.isfinite(first.synthetic).all()
    assert first.explained[0] >= first.explained[1] > 0


@pytest.mark.parametrize("name", ["skewed", "many levels", "gaps", "time zones", "mixed"])
def test_awkward_columns(name: str) -> None:
    animal = ZOO[name]
    found = of(animal.table, animal.table.iloc[::3], animal.schema)
    assert np.isfinite(found.real).all()
    assert np.isfinite(found.synthetic).all()


def test_one_far_value_does_not_make_an_axis() -> None:
    rng = np.random.default_rng(2)
    frame = pd.DataFrame(rng.normal(size=(300, 3)), columns=list("abc"))
    far = frame.copy()
    far.loc[0, "a"] = 1e300
    assert np.abs(of(frame, far, NUMBERS).synthetic).max() < 10


def test_nothing_to_project() -> None:
    frame = pd.DataFrame({"a": [1.0, 1.0, 1.0], "b": [2.0, 2.0, 2.0], "c": [0.0, 0.0, 0.0]})
    with pytest.raises(NotApplicable, match="no column varies"):
        of(frame, frame, NUMBERS)
    with pytest.raises(NotApplicable, match="fewer than two columns"):
        of(frame, frame, NUMBERS.select(["a"]).selected)
    with pytest.raises(NotApplicable, match="too few rows"):
        of(frame.iloc[:2], frame, NUMBERS)
