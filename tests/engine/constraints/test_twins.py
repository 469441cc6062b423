"""Rules from end to end: in a trained model, its file, a run's figures and on the command line."""

from __future__ import annotations

import json
import zipfile
from dataclasses import replace
from pathlib import Path

import pandas as pd
import pytest

from engine import constraints
from engine.cli import main
from engine.errors import ConstraintError, ModelError
from engine.run import RunRequest, execute
from engine.synthesizer import Synthesizer
from engine.table.schema import Constraint, Schema
from tests.engine.constraints.orders import RULES, SCHEMA, broken, orders

REAL = orders(400)
BREAKING = broken(REAL)


@pytest.fixture(scope="module")
def twin() -> Synthesizer:
    return Synthesizer(SCHEMA, "marginals").fit(BREAKING, seed=0)


@pytest.fixture(scope="module")
def csv(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("rules") / "orders.csv"
    SCHEMA.to_text(BREAKING).to_csv(path, index=False)
    return path


def assert_kept(table: pd.DataFrame, rules: tuple[Constraint, ...] = RULES) -> None:
    for rule in rules:
        assert not constraints.breaking(rule, table, SCHEMA, BREAKING).any(), rule.kind


def test_a_twin_keeps_the_rules_and_tells_of_real_rows_that_do_not(twin: Synthesizer) -> None:
    table = twin.sample_parsed(300, seed=3)
    assert len(table) == 300
    assert_kept(table)
    assert table["key"].is_unique
    assert twin.report.rows == 400 - len({0, 1, 2, 5, 6, 7, 8})  # row 3 repeats row 0, which is gone
    assert "1 real row breaks a rule, “start” is never after “end”: 1 left out." in twin.report.notes
    assert [rule["broken"] for rule in twin.report.rules] == [1, 1, 1, 1, 0, 1, 1, 1, 2]
    assert twin.made is not None
    assert twin.made.rows == 300


def test_a_balance_goes_through_what_is_looked_up(twin: Synthesizer) -> None:
    table = twin.sample_parsed(40, balance="grade=equal", given=["state=MO"])
    assert table["level"].value_counts().to_dict() == {1: 10, 2: 10, 3: 10, 4: 10}
    assert set(table["state"]) == {"MO"}
    assert table["rank"].is_unique  # although each grade is made by itself
    assert_kept(table)
    assert sorted(twin.sample_parsed(16, balance="city=equal")["city"].value_counts()) == [3, 3, 3, 3, 4]


def test_a_saved_twin_makes_the_same_rows(twin: Synthesizer, tmp_path: Path) -> None:
    twin.save(tmp_path / "m.zip")
    again = Synthesizer.load(tmp_path / "m.zip")
    pd.testing.assert_frame_equal(again.sample_parsed(50, seed=3), twin.sample_parsed(50, seed=3))
    assert again.report.rules == twin.report.rules
    assert again.passport() == twin.passport()


def test_the_passport_lists_the_labels_of_combinations(twin: Synthesizer) -> None:
    held = twin.passport()
    assert set(held["city"]) == set(REAL["city"])
    assert set(held["state"]) == set(REAL["state"])
    assert set(held["level"]) == {1, 2, 3, 4}
    assert held["key"] == []


def test_a_model_with_damaged_rules_is_refused(twin: Synthesizer, tmp_path: Path) -> None:
    twin.save(tmp_path / "m.zip")
    rewrite(tmp_path / "m.zip", lambda m: m["rules"].update(dropped=[["gross", 77]]))
    with pytest.raises(ModelError):
        Synthesizer.load(tmp_path / "m.zip")


def test_a_model_from_before_there_were_rules_opens(tmp_path: Path) -> None:
    bare = replace(SCHEMA, constraints=())
    old = Synthesizer(bare, "marginals").fit(REAL, seed=0)
    old.save(tmp_path / "m.zip")
    rewrite(tmp_path / "m.zip", lambda m: (m.pop("rules", None), m["report"].pop("rules")))
    again = Synthesizer.load(tmp_path / "m.zip")
    pd.testing.assert_frame_equal(again.sample_parsed(20), old.sample_parsed(20))
    assert again.made is None


def rewrite(path: Path, change: object) -> None:
    """Change the manifest of a saved model."""
    with zipfile.ZipFile(path) as bundle:
        members = {name: bundle.read(name) for name in bundle.namelist()}
    manifest = json.loads(members["manifest.json"])
    change(manifest)  # type: ignore[operator]
    members["manifest.json"] = json.dumps(manifest).encode()
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as bundle:
        for name, body in members.items():
            bundle.writestr(name, body)


def test_without_rules_a_twin_is_as_it_was() -> None:
    bare = replace(SCHEMA, constraints=())
    twin = Synthesizer(bare, "marginals").fit(REAL, seed=0)
    assert twin.made is None
    twin.sample_parsed(10)
    assert twin.made is None
    assert twin.report.rules == ()


def test_rules_of_columns_that_are_left_out_are_told() -> None:
    schema = SCHEMA.select(["age", "income", "net"])
    twin = Synthesizer(schema, "marginals").fit(REAL, seed=0)
    assert "A rule is not kept, because column “tax” is left out: “net” and “tax” add up to “gross”." in (
        twin.report.notes
    )
    assert len(twin.report.rules) == 2


def test_filling_in_and_scoring_go_on_beside_rules() -> None:
    rules = tuple(rule for rule in RULES if rule.kind in ("sum", "combinations", "one_to_one", "order"))
    schema = replace(SCHEMA, constraints=rules)
    twin = Synthesizer(schema, "kde").fit(REAL, seed=0)
    holes = REAL.copy()
    holes.loc[:20, ["gross", "city", "level", "end", "age"]] = [None, None, None, pd.NaT, None]
    filled = SCHEMA.parse(twin.impute(holes))
    assert not filled[["gross", "city", "level", "end", "age", "score"]].isna().any().any()
    assert filled.loc[:20, "gross"].tolist() == pytest.approx(REAL.loc[:20, "gross"].tolist())
    assert filled.loc[:20, "level"].tolist() == REAL.loc[:20, "level"].tolist()
    assert twin.score(REAL).shape == (400,)


# Runs


def test_figures_hold_rules_and_rows_drawn_again() -> None:
    request = RunRequest("marginals", rows=150, figures=False)
    result = execute(request, BREAKING, SCHEMA)
    facts = json.loads(json.dumps(result.figures["rules"]))
    assert facts["kept"][1] == "“start” is never after “end”"
    assert facts["real"][1]["dropped"] == 1
    assert facts["real"][1]["examples"] == [2]
    assert facts["made"]["rows"] == 150
    counts = facts["made"]["because"].values()
    assert 0 < max(counts) <= facts["made"]["redrawn"] <= sum(counts)
    assert any("drawn again because of rules" in note for note in result.figures["notes"])


def test_contradictions_are_told_before_anything_is_learned() -> None:
    request = RunRequest("marginals", given=("age=120..",))
    with pytest.raises(ConstraintError, match="“age” is 0 or more and 99 or less and the condition “age>=120”"):
        request.check(SCHEMA)


# Command line


def test_the_command_line_takes_rules(csv: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "schema.json").write_text(replace(SCHEMA, constraints=()).dumps())
    asked = [constraints.write_rule(rule, SCHEMA) for rule in RULES]
    rules = [part for text in asked for part in ("--rule", text)]
    common = ["--schema", str(tmp_path / "schema.json"), "--method", "marginals", "--rows", "120"]
    out, figures, model = (tmp_path / name for name in ("out.csv", "f.json", "m.zip"))
    more = ["--save", str(model), "--broken", "repair", "--release", "audited", "--json", str(figures)]
    assert main(["generate", str(csv), "--out", str(out), *common, *rules, *more]) == 0
    assert_kept(SCHEMA.parse(pd.read_csv(out, dtype=str, keep_default_na=False)))
    facts = json.loads(figures.read_text())
    assert facts["rules"]["real"][1]["repaired"] <= 1
    assert [rule["constraint"]["treat"] for rule in facts["rules"]["real"]] == ["repair"] * 9
    assert main(["generate", "--model", str(model), "--out", str(out), "--rows", "60", "--json", str(figures)]) == 0
    assert_kept(SCHEMA.parse(pd.read_csv(out, dtype=str, keep_default_na=False)))
    assert json.loads(figures.read_text())["rules"]["made"]["rows"] == 60
    assert main(["generate", "--model", str(model), "--out", str(out), "--rule", "age > 3"]) == 2
    assert "--rule belongs to training" in capsys.readouterr().err


def test_profile_lists_rules_found_and_generate_keeps_them(
    csv: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    schema = tmp_path / "schema.json"
    assert main(["profile", str(csv), "--out", str(schema), "--rules-found", "--broken", "ignore"]) == 0
    text = capsys.readouterr().out
    line = next(line for line in text.splitlines() if line.startswith("start <= end"))
    assert line.split()[-3:] == ["400", "1", "2"]  # rows, broken, where
    saved = Schema.loads(schema.read_bytes())
    assert {c.kind for c in saved.constraints} >= {"order", "sum", "one_to_one", "combinations", "null_together"}
    assert {c.treat for c in saved.constraints} == {"ignore"}
    assert main(["profile", str(csv), "--json"]) == 0
    listed = json.loads(capsys.readouterr().out)["rules_found"]
    assert {"rule": "start <= end", "broken": 1, "examples": [2]}.items() <= next(
        item for item in listed if item["constraint"]["kind"] == "order"
    ).items()
    out = tmp_path / "out.csv"
    arguments = ["--method", "marginals", "--rows", "50", "--rules-found"]
    assert main(["generate", str(csv), "--out", str(out), *arguments]) == 0
    assert "Rule found: “start” is never after “end”." in capsys.readouterr().err
    made = pd.read_csv(out)
    assert (made["start"] <= made["end"]).all()


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        (["--rule", "start <= nobody"], "no column “nobody”"),
        (["--rule", "age >"], "at character 6"),
        (["--rule", "age > 200"], "No row would be left"),
        (["--broken", "drop"], "goes with --rule"),
        (["--rule", "age > 20", "--rule", "age < 10"], "No row can fulfil both"),
    ],
)
def test_mistakes_in_rules_are_told_in_a_sentence(
    arguments: list[str], says: str, csv: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    out = str(tmp_path / "out.csv")
    assert main(["generate", str(csv), "--out", out, "--method", "marginals", *arguments]) == 2
    assert says in capsys.readouterr().err
    assert not Path(out).exists()


def test_filling_in_says_that_rules_play_no_part(csv: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "schema.json").write_text(SCHEMA.dumps())
    arguments = ["--schema", str(tmp_path / "schema.json"), "--method", "kde", "--out", str(tmp_path / "o.csv")]
    assert main(["impute", str(csv), *arguments]) == 0
    assert "The schema's rules (9) are for made rows" in capsys.readouterr().err
