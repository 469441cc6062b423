"""Columns learned on their own: by the chosen method, independent of the others, kept by a saved model."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest

from engine.errors import MethodError, ModelError, SchemaError
from engine.generators.base import Capability
from engine.run import RunRequest, execute
from engine.synthesizer import Synthesizer
from engine.table.infer import infer_schema
from engine.table.schema import Kind, Schema


@pytest.fixture(scope="module")
def table() -> tuple[pd.DataFrame, Schema]:
    """b and c follow a closely; d is skewed; k a category that follows a."""
    rng = np.random.default_rng(1)
    a = rng.normal(50, 10, 800)
    frame = pd.DataFrame(
        {
            "a": a.round(2),
            "b": (a + rng.normal(0, 1, 800)).round(2),
            "c": (a + rng.normal(0, 1, 800)).round(2),
            "d": rng.gamma(2.0, 3.0, 800).round(3),
            "k": np.where(a > 50, "high", "low"),
        }
    )
    return frame, infer_schema(frame)


def chosen(schema: Schema, **methods: str) -> Schema:
    for name, method in methods.items():
        method, _, distribution = method.partition(":")
        schema = schema.override(name, method=method, distribution=distribution)
    return schema


def test_what_is_learned_apart_is_independent_and_the_rest_stays_together(table: tuple[pd.DataFrame, Schema]) -> None:
    frame, schema = table
    twin = Synthesizer(chosen(schema, b="kde", d="marginals"), "copula").fit(frame, seed=0)
    made = twin.sample(2_000)
    assert list(made.columns) == list(frame.columns)
    relations = made[["a", "b", "c"]].corr()
    assert abs(relations.loc["a", "b"]) < 0.1
    assert relations.loc["a", "c"] > 0.95
    assert made["b"].mean() == pytest.approx(frame["b"].mean(), abs=1)
    assert made["b"].std() == pytest.approx(frame["b"].std(), rel=0.1)


def test_two_columns_of_the_same_method_do_not_share_their_chance(table: tuple[pd.DataFrame, Schema]) -> None:
    frame, schema = table
    made = Synthesizer(chosen(schema, b="kde", c="kde", a="kde"), "marginals").fit(frame, seed=0).sample(2_000)
    relations = made[["a", "b", "c"]].corr().to_numpy()
    assert np.abs(relations - np.eye(3)).max() < 0.1


def test_a_chosen_distribution_is_fitted(table: tuple[pd.DataFrame, Schema]) -> None:
    """An exponential one, which the values have not: the twin's follows it, and the real one's mean."""
    frame, schema = table
    made = Synthesizer(chosen(schema, d="marginals:exponential"), "copula").fit(frame, seed=0).sample(4_000)
    gaps = made["d"] - frame["d"].min()
    assert gaps.std() == pytest.approx(gaps.mean(), rel=0.15)
    assert made["d"].mean() == pytest.approx(frame["d"].mean(), rel=0.1)


def test_a_distribution_that_cannot_hold_the_values_is_told(table: tuple[pd.DataFrame, Schema]) -> None:
    frame, schema = table
    shifted = frame.assign(d=frame["d"] - 4)
    twin = Synthesizer(chosen(schema, d="marginals:pareto"), "copula").fit(shifted, seed=0)
    assert any("“d”" in note and "pareto distribution cannot hold" in note for note in twin.report.notes)


def test_all_columns_apart_need_no_joint_method(table: tuple[pd.DataFrame, Schema], tmp_path: Path) -> None:
    frame, schema = table
    apart = chosen(schema, **dict.fromkeys(schema.names, "kde"))
    twin = Synthesizer(apart).fit(frame, seed=0)
    assert twin.report.used is None
    assert twin.report.own == dict.fromkeys(schema.names, "kde")
    assert np.isfinite(twin.score(frame)).all()
    twin.save(tmp_path / "m.zip")
    pd.testing.assert_frame_equal(Synthesizer.load(tmp_path / "m.zip").sample(50), twin.sample(50))


def test_pattern_columns_move_together_in_time() -> None:
    """A wave and its echo, chosen for "pattern" with their date: both keep their period and each other."""
    rng = np.random.default_rng(2)
    wave = 10 * np.sin(np.arange(400) * 2 * np.pi / 25)
    frame = pd.DataFrame(
        {
            "day": pd.date_range("2020-01-01", periods=400),
            "wave": (wave + rng.normal(0, 0.5, 400)).round(2),
            "echo": (wave + rng.normal(0, 0.5, 400)).round(2),
            "other": rng.normal(0, 1, 400).round(2),
        }
    )
    schema = chosen(infer_schema(frame), day="pattern", wave="pattern", echo="pattern")
    twin = Synthesizer(schema, "marginals").fit(frame, seed=0)
    made = twin.sample(400)
    assert (made["day"].diff().dropna() == pd.Timedelta(days=1)).all()
    assert made["wave"].corr(made["echo"]) > 0.9
    assert made["wave"].autocorr(25) > 0.8
    assert any("“day”, “wave” and “echo”" in note for note in twin.report.notes)


def test_a_saved_model_brings_its_parts_back(table: tuple[pd.DataFrame, Schema], tmp_path: Path) -> None:
    frame, schema = table
    twin = Synthesizer(chosen(schema, b="kde", d="marginals:gamma"), "copula").fit(frame, seed=0)
    twin.save(tmp_path / "m.zip")
    again = Synthesizer.load(tmp_path / "m.zip")
    pd.testing.assert_frame_equal(again.sample(100, seed=5), twin.sample(100, seed=5))
    assert again.passport() == twin.passport()
    assert again.report == twin.report


def test_a_model_without_one_of_its_parts_is_refused(table: tuple[pd.DataFrame, Schema], tmp_path: Path) -> None:
    import json
    import zipfile

    frame, schema = table
    Synthesizer(chosen(schema, b="kde"), "marginals").fit(frame, seed=0).save(tmp_path / "m.zip")
    with zipfile.ZipFile(tmp_path / "m.zip") as old, zipfile.ZipFile(tmp_path / "n.zip", "w") as new:
        for name in old.namelist():
            body = old.read(name)
            if name == "manifest.json":
                manifest = json.loads(body)
                manifest["members"] = {k: v for k, v in manifest["members"].items() if not k.startswith("own-")}
                body = json.dumps(manifest).encode()
            if not name.startswith("own-"):
                new.writestr(name, body)
    with pytest.raises(ModelError, match="lacks columns"):
        Synthesizer.load(tmp_path / "n.zip")


def test_given_values_reach_the_part_of_their_column(table: tuple[pd.DataFrame, Schema]) -> None:
    frame, schema = table
    twin = Synthesizer(chosen(schema, b="kde", k="marginals"), "copula").fit(frame, seed=0)
    made = twin.sample(300, given=["b=40..45", "a>60", "k=low"])
    assert made["b"].between(40, 45).all()
    assert (made["a"] > 60).all()
    assert (made["k"] == "low").all()
    balanced = twin.sample(400, balance="k=equal")
    assert (balanced["k"] == "low").sum() == 200


def test_what_a_part_cannot_do_is_refused_by_name(table: tuple[pd.DataFrame, Schema]) -> None:
    frame, schema = table
    twin = Synthesizer(chosen(schema, b="marginals"), "kde").fit(frame, seed=0)
    assert not twin.can(Capability.IMPUTE)
    with pytest.raises(MethodError, match="Standard statistics cannot fill in"):
        twin.impute(frame)
    with pytest.raises(MethodError, match="“b” is learned on its own"):
        RunRequest("copula", given=("b>3",)).check(chosen(schema, b="pattern"))


def test_a_run_tells_which_columns_were_learned_apart(table: tuple[pd.DataFrame, Schema]) -> None:
    frame, schema = table
    result = execute(RunRequest("marginals"), frame, chosen(schema, b="kde"))
    assert result.figures["own_methods"] == {"b": "kde"}
    assert any("“b” was learned apart" in note for note in result.figures["notes"])


@pytest.mark.parametrize(
    ("changes", "part"),
    [
        ({"method": "kde", "distribution": "gamma"}, "goes with the method marginals"),
        ({"method": "marginals", "distribution": "wave"}, "no distribution “wave”"),
        ({"distribution": "gamma"}, "goes with the method marginals"),
        ({"kind": Kind.TEXT, "method": "kde"}, "made anew"),
    ],
)
def test_choices_that_cannot_be_are_refused(
    table: tuple[pd.DataFrame, Schema], changes: dict[str, Any], part: str
) -> None:
    frame, schema = table
    wrong = schema.override("d", **changes)
    with pytest.raises(SchemaError, match=part):
        Synthesizer(wrong, "marginals").fit(frame)
    with pytest.raises(SchemaError, match=part):
        RunRequest("marginals").check(wrong)


def test_a_distribution_of_categories_is_refused(table: tuple[pd.DataFrame, Schema]) -> None:
    frame, schema = table
    with pytest.raises(SchemaError, match="only numbers and dates"):
        Synthesizer(chosen(schema, k="marginals:gamma"), "marginals").fit(frame)
    with pytest.raises(SchemaError, match="method must be one of"):
        replace(schema["k"], method="cascade")
