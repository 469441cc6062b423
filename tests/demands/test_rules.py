"""Rows 5 to 7 of the list of demands: rules across columns, real rows that break them, and exactly as many rows."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from engine import cli, constraints
from engine.errors import ConstraintError
from engine.generators import registry
from engine.generators.base import Family
from engine.synthesizer import Synthesizer
from engine.table.infer import infer_schema
from engine.table.schema import Constraint
from tests.engine.constraints.orders import RULES, SCHEMA, broken, orders

CHEAP = [i.key for i in registry.infos() if i.family is Family.STATISTICAL and i.key not in ("pattern", "cascade")]


@pytest.fixture(scope="module")
def census() -> pd.DataFrame:
    columns = ["education", "education_num", "sex"]
    return pd.read_csv("assets/samples/census.csv.gz", nrows=500, usecols=columns, dtype=str, keep_default_na=False)


@pytest.mark.parametrize("method", CHEAP)
def test_demand_05_rules_are_found_offered_and_kept(method: str, census: pd.DataFrame) -> None:
    schema = infer_schema(census)
    found = constraints.find(schema.parse(census), schema)
    assert found[0].constraint == Constraint("one_to_one", ("education", "education_num"))
    chosen = replace(schema, constraints=(found[0].constraint,))
    made = Synthesizer(chosen, method).fit(census, seed=0).sample_parsed(300)
    real = census[["education", "education_num"]].drop_duplicates()
    pairs = made[["education", "education_num"]].astype(str).drop_duplicates()
    assert set(pairs.itertuples(index=False, name=None)) <= set(real.itertuples(index=False, name=None))
    assert not constraints.breaking(found[0].constraint, made, schema, schema.parse(census)).any()


def test_demand_05_a_rule_of_ones_own_needs_no_program() -> None:
    rule = constraints.parse_rule("if age < 18 then income = 0 else income > 0 and net * 2 < 5000", SCHEMA)
    made = Synthesizer(replace(SCHEMA, constraints=(rule,)), "marginals").fit(orders(300), seed=0).sample_parsed(300)
    young = made["age"] < 18
    assert (made.loc[young, "income"] == 0).all()
    assert (made.loc[~young, "income"] > 0).all()


@pytest.mark.parametrize("treat", ["drop", "repair", "ignore"])
def test_demand_06_real_rows_that_break_rules_never_crash_a_fit(treat: str) -> None:
    rules = tuple(replace(rule, treat=treat) for rule in RULES)
    schema = replace(SCHEMA, constraints=rules)
    real = broken(orders(300))
    twin = Synthesizer(schema, "marginals").fit(real, seed=0)
    made = twin.sample_parsed(200)
    assert len(made) == 200
    for rule in rules:  # however the real rows were treated
        assert not constraints.breaking(rule, made, schema).any()
    counted = {"drop": "dropped", "repair": "repaired", "ignore": "ignored"}[treat]
    assert sum(rule[counted] for rule in twin.report.rules) >= 5
    assert [rule["examples"] for rule in twin.report.rules][1] == [2]


@pytest.fixture(scope="module")
def crossed(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A file of 400 rows; in the 8th and the 31st the end comes before the start."""
    rng = np.random.default_rng(0)
    start = rng.integers(0, 1_000, 400)
    end = start + rng.integers(0, 50, 400)
    end[[7, 30]] = start[[7, 30]] - 5
    path = tmp_path_factory.mktemp("crossed") / "crossed.csv"
    pd.DataFrame({"start": start, "end": end}).to_csv(path, index=False)
    return path


@pytest.mark.parametrize(
    ("treat", "said"), [("drop", "2 left out"), ("repair", "2 repaired"), ("ignore", "2 learned as they are")]
)
def test_demand_06_on_the_command_line_they_are_counted_shown_and_treated(
    treat: str, said: str, crossed: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    out = tmp_path / "twin.csv"
    command = ["generate", str(crossed), "--out", str(out), "--method", "marginals", "--rule", "start <= end"]
    assert cli.main([*command, "--broken", treat]) == 0
    told = f"2 real rows break a rule, “start” is never above “end”: {said}. In rows 8, 31.\n"
    assert told in capsys.readouterr().err
    made = pd.read_csv(out)
    assert len(made) == 400
    assert (made["start"] <= made["end"]).all()


def test_demand_06_rules_that_all_but_a_few_rows_keep_are_offered_with_these_rows(
    crossed: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert cli.main(["profile", str(crossed), "--json"]) == 0
    (found,) = json.loads(capsys.readouterr().out)["rules_found"]
    assert (found["rule"], found["rows"], found["broken"], found["examples"]) == ("start <= end", 400, 2, [8, 31])


@pytest.mark.parametrize("rows", [1, 401, 2_003])
def test_demand_07_on_the_command_line_exactly_as_many(rows: int, crossed: Path, tmp_path: Path) -> None:
    out = tmp_path / "twin.csv"
    command = ["generate", str(crossed), "--out", str(out), "--method", "copula", "--rule", "start + 40 <= end"]
    assert cli.main([*command, "--broken", "ignore", "--rows", str(rows)]) == 0
    made = pd.read_csv(out)
    assert len(made) == rows
    assert (made["start"] + 40 <= made["end"]).all()


def test_demand_07_on_the_command_line_the_rule_that_blocks_is_named_and_nothing_is_written(
    crossed: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    out = tmp_path / "twin.csv"
    command = ["generate", str(crossed), "--out", str(out), "--method", "marginals", "--rows", "100"]
    assert cli.main([*command, "--rule", "start > end + 1060", "--broken", "ignore"]) == 2
    (said,) = capsys.readouterr().err.strip().splitlines()
    assert said.startswith("Only 0 of 100 rows could be made: ")
    assert "start > end + 1060" in said
    assert not out.exists()


def test_demand_07_exactly_as_many_rows_or_the_rule_that_blocks() -> None:
    rng = np.random.default_rng(0)
    frame = pd.DataFrame({"a": rng.integers(0, 1_000, 400), "b": rng.integers(0, 1_000, 400), "c": range(400)})
    schema = infer_schema(frame)
    rare = constraints.parse_rule("a > b + 900", schema, treat="ignore")
    one = Synthesizer(replace(schema, constraints=(rare,)), "marginals").fit(frame, seed=0)
    made = one.sample_parsed(100)  # one row in two hundred keeps the rule
    assert len(made) == 100
    assert (made["a"] > made["b"] + 900).all()

    never = constraints.parse_rule("a > b + 998", schema, treat="ignore")
    other = Synthesizer(replace(schema, constraints=(never,)), "marginals").fit(frame, seed=0)
    with pytest.raises(ConstraintError, match=r"Only \d+ of 100 rows could be made: .*a > b \+ 998"):
        other.sample_parsed(100)
