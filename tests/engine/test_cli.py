"""The command line: what it writes, what it says, and how it ends."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pandas as pd
import pytest

from engine import cli, console, machine
from engine.commands import common, score
from engine.generators import registry
from tests.engine.doubles import Big, Broken, Rows
from tests.engine.tables import CLUB, club

SAMPLES = Path(__file__).resolve().parents[2] / "assets" / "samples"

Cli = Callable[..., Any]


@pytest.fixture(autouse=True)
def rows(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(registry.GENERATORS, "rows", Rows)
    monkeypatch.setitem(registry.GENERATORS, "broken", Broken)


@pytest.fixture
def data(tmp_path: Path) -> Path:
    club().to_csv(tmp_path / "club.csv", index=False)
    return tmp_path / "club.csv"


@pytest.fixture
def ok(capsys: pytest.CaptureFixture[str]) -> Cli:
    """Runs a command that must succeed; what it said on stdout."""

    def run(*arguments: object) -> str:
        status = cli.main([str(a) for a in arguments])
        said = capsys.readouterr()
        assert status == 0, said.err
        return said.out

    return run


@pytest.fixture
def mistake(capsys: pytest.CaptureFixture[str]) -> Cli:
    """Runs a command that must be refused; the one sentence that it said."""

    def run(*arguments: object) -> str:
        assert cli.main([str(a) for a in arguments]) == 2
        said = capsys.readouterr()
        assert said.out == ""
        assert "Traceback" not in said.err
        assert len(said.err.strip().splitlines()) == 1
        return said.err.strip()

    return run


def read(path: Path) -> pd.DataFrame:
    return pd.read_csv(path, dtype="str", keep_default_na=False)


class TestMethods:
    def test_lists_every_method(self, ok: Cli) -> None:
        said = ok("methods")
        assert all(key in said for key in registry.GENERATORS)

    def test_json_holds_settings_with_bounds(self, ok: Cli) -> None:
        listed = {m["key"]: m for m in json.loads(ok("methods", "--json"))}
        assert list(listed) == list(registry.GENERATORS)
        assert listed["rows"]["settings"][0] | {"help": ""} == {
            "name": "steps",
            "type": "int",
            "default": 3,
            "help": "",
            "low": 1,
            "high": 10,
            "choices": None,
            "advanced": False,
        }


class TestProfile:
    def test_text_tells_kinds_and_advice(self, ok: Cli, data: Path) -> None:
        said = ok("profile", data)
        assert "200 rows, 8 columns" in said
        for name in CLUB.names:
            assert name in said
        assert "datetime" in said
        assert "forest" in said

    def test_json_and_schema_file(self, ok: Cli, data: Path, tmp_path: Path) -> None:
        facts = json.loads(ok("profile", data, "--json", "--out", tmp_path / "schema.json"))
        assert facts["rows"] == 200
        assert facts["schema"] == json.loads((tmp_path / "schema.json").read_text("utf-8"))
        assert {a["method"] for a in facts["advice"]} == set(registry.GENERATORS)
        assert {"findings", "facts", "format", "profile"} <= set(facts)
        assert facts["seen"]["rows"] == 200
        told = {a["method"]: a["estimate"] for a in facts["advice"]}
        assert told["rows"] is None  # a stand-in that tells no cost
        assert told["forest"]["seconds"] > 0
        assert told["forest"]["memory_bytes"] > 10_000_000
        assert told["forest"]["fits"] is True

    def test_a_method_that_does_not_fit_is_told_with_the_setting_that_does(
        self, ok: Cli, data: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setitem(registry.GENERATORS, "big", Big)
        monkeypatch.setattr(machine, "memory_left", lambda: 300_000_000)
        said = ok("profile", data)
        assert "“big” would need about 396 MB of memory; 270 MB are free" in said
        assert "--settings width=32" in said
        big = next(a for a in json.loads(ok("profile", data, "--json"))["advice"] if a["method"] == "big")
        assert big["estimate"]["fits"] is False
        assert big["smaller"]["settings"] == {"width": 32}
        assert big["smaller"]["estimate"]["fits"] is True

    def test_a_schema_file_is_used(self, ok: Cli, data: Path, tmp_path: Path) -> None:
        ok("profile", data, "--out", tmp_path / "schema.json")
        schema = json.loads((tmp_path / "schema.json").read_text("utf-8"))
        schema["columns"] = [
            c if c["name"] != "fee" else {"name": "fee", "kind": "categorical"} for c in schema["columns"]
        ]
        (tmp_path / "schema.json").write_text(json.dumps(schema))
        facts = json.loads(ok("profile", data, "--json", "--schema", tmp_path / "schema.json"))
        assert {c["name"]: c["kind"] for c in facts["schema"]["columns"]}["fee"] == "categorical"


class TestGenerate:
    def test_writes_exactly_the_asked_rows(self, ok: Cli, data: Path, tmp_path: Path) -> None:
        said = ok("generate", data, "--out", tmp_path / "twin.csv", "--method", "rows", "--rows", 321)
        twin = read(tmp_path / "twin.csv")
        assert twin.shape == (321, 8)
        assert list(twin.columns) == list(CLUB.names)
        assert twin["joined"].str.fullmatch(r"\d\d\.\d\d\.\d{4}|").all()
        assert "321 rows, 8 columns" in said

    def test_default_is_as_many_rows_as_the_table_has(self, ok: Cli, data: Path, tmp_path: Path) -> None:
        ok("generate", data, "--out", tmp_path / "twin.csv", "--method", "rows")
        assert len(read(tmp_path / "twin.csv")) == 200

    def test_same_seed_same_bytes_with_and_without_figures(self, ok: Cli, data: Path, tmp_path: Path) -> None:
        asked = ["generate", data, "--method", "copula", "--seed", 7, "--out"]
        ok(*asked, tmp_path / "a.csv")
        ok(*asked, tmp_path / "b.csv", "--json", tmp_path / "f.json", "--report", tmp_path / "r.html")
        assert (tmp_path / "a.csv").read_bytes() == (tmp_path / "b.csv").read_bytes()

    def test_figures_and_report(self, ok: Cli, data: Path, tmp_path: Path) -> None:
        ok(
            *("generate", data, "--out", tmp_path / "t.csv", "--method", "rows", "--settings", "steps=2"),
            *("--json", tmp_path / "f.json", "--report", tmp_path / "r.html", "--holdout", 0.3),
        )
        figures = json.loads((tmp_path / "f.json").read_text("utf-8"))
        assert figures["settings"] == {"steps": 2}
        assert figures["rows"] == {"real": 200, "train": 140, "holdout": 60, "synthetic": 200}
        assert {"read", "train", "evaluate", "write", "total"} <= set(figures["seconds"])
        assert figures["table"].startswith("club")
        page = (tmp_path / "r.html").read_text("utf-8")
        assert figures["figures_of"].split(";")[0] in page
        assert "Rows" in page

    def test_json_on_stdout_is_nothing_but_json(self, ok: Cli, data: Path, tmp_path: Path) -> None:
        said = ok("generate", data, "--out", tmp_path / "t.csv", "--method", "rows", "--json", "-")
        assert json.loads(said)["method_used"] == "rows"

    def test_columns_and_schema(self, ok: Cli, data: Path, tmp_path: Path) -> None:
        (tmp_path / "s.json").write_text(CLUB.dumps(), "utf-8")
        ok(
            "generate",
            data,
            "--out",
            tmp_path / "t.csv",
            "--method",
            "rows",
            "--columns",
            "fee, city",
            "--schema",
            tmp_path / "s.json",
        )
        assert list(read(tmp_path / "t.csv").columns) == ["fee", "city"]

    def test_given_several_times(self, ok: Cli, data: Path, tmp_path: Path) -> None:
        ok(
            "generate",
            data,
            "--out",
            tmp_path / "t.csv",
            "--method",
            "forest",
            "--rows",
            50,
            "--given",
            "city=Delft|Utrecht",
            "--given",
            "age=30..40",
        )
        twin = read(tmp_path / "t.csv")
        assert len(twin) == 50
        assert set(twin["city"]) <= {"Delft", "Utrecht"}
        assert twin["age"].astype(int).between(30, 40).all()

    def test_balance_from_a_table_and_from_its_kept_model(self, ok: Cli, data: Path, tmp_path: Path) -> None:
        wanted = ("--balance", "city=Delft:50,Utrecht:25,:25", "--given", "active=yes", "--rows", 40)
        model = tmp_path / "m.zip"
        ok("generate", data, "--out", tmp_path / "a.csv", "--method", "marginals", "--save", model, *wanted)
        ok("generate", "--model", model, "--out", tmp_path / "b.csv", *wanted, "--json", tmp_path / "f.json")
        twin = read(tmp_path / "a.csv")
        assert twin["city"].value_counts().to_dict() == {"Delft": 20, "Utrecht": 10, "": 10}
        assert set(twin["active"]) == {"yes"}
        assert (tmp_path / "a.csv").read_bytes() == (tmp_path / "b.csv").read_bytes()
        facts = json.loads((tmp_path / "f.json").read_text("utf-8"))
        assert facts["balance"]["rows"][0] == {"value": "Delft", "rows": 20}
        assert facts["given"] == ["active=yes"]

    @pytest.mark.parametrize("ending", ["csv.gz", "tsv", "parquet", "xlsx", "json", "jsonl"])
    def test_every_format_can_be_written_and_learned_from(
        self, ok: Cli, data: Path, tmp_path: Path, ending: str
    ) -> None:
        ok("generate", data, "--out", tmp_path / f"a.{ending}", "--method", "rows", "--rows", 60)
        ok("generate", tmp_path / f"a.{ending}", "--out", tmp_path / "b.csv", "--method", "rows")
        assert read(tmp_path / "b.csv").shape == (60, 8)

    def test_a_kept_model_makes_the_same_rows(self, ok: Cli, data: Path, tmp_path: Path) -> None:
        model = tmp_path / "m.zip"
        ok("generate", data, "--out", tmp_path / "a.csv", "--method", "rows", "--save", model)
        ok("generate", "--model", model, "--out", tmp_path / "b.csv", "--rows", 200, "--json", tmp_path / "f.json")
        assert (tmp_path / "a.csv").read_bytes() == (tmp_path / "b.csv").read_bytes()
        figures = json.loads((tmp_path / "f.json").read_text("utf-8"))
        assert (figures["method_used"], figures["metrics"]) == ("rows", {})

    def test_a_fallback_is_told(self, data: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
        assert cli.main(["generate", str(data), "--out", str(tmp_path / "t.csv"), "--method", "broken"]) == 0
        assert "infinite" in capsys.readouterr().err

    def test_audited_release(self, ok: Cli, data: Path, tmp_path: Path) -> None:
        asked = ["generate", data, "--method", "rows", "--release", "audited"]
        ok(*asked, "--out", tmp_path / "a.csv")
        ok(*asked, "--out", tmp_path / "b.csv", "--json", tmp_path / "f.json")
        assert (tmp_path / "a.csv").read_bytes() == (tmp_path / "b.csv").read_bytes()
        assert json.loads((tmp_path / "f.json").read_text("utf-8"))["release"] == "audited"


class TestMistakes:
    @pytest.mark.parametrize(
        ("arguments", "says"),
        [
            (["nonsense"], "nonsense"),
            (["generate", "DATA"], "--out"),
            (["generate", "--out", "t.csv"], "Name a table"),
            (["generate", "absent.csv", "--out", "t.csv"], "absent.csv"),
            (["generate", "DATA", "--out", "t.docx"], ".csv.gz"),
            (["generate", "DATA", "--out", "no/such/folder/t.csv"], "does not exist"),
            (["generate", "DATA", "--out", "DATA"], "the input itself"),
            (["generate", "DATA", "--out", "t.csv", "--report", "DATA"], "the input itself"),
            (["generate", "DATA", "--out", "t.csv", "--method", "magic"], "magic"),
            (["generate", "DATA", "--out", "t.csv", "--rows", "ten"], "ten"),
            (["generate", "DATA", "--out", "t.csv", "--rows", "0"], "at least 1"),
            (["generate", "DATA", "--out", "t.csv", "--seed", "-1"], "seed"),
            (["generate", "DATA", "--out", "t.csv", "--columns", "fee,colour"], "colour"),
            (["generate", "DATA", "--out", "t.csv", "--columns", ","], "at least one"),
            (["generate", "DATA", "--out", "t.csv", "--given", "colour=red"], "colour"),
            (["generate", "DATA", "--out", "t.csv", "--balance", "city=Delft:60"], "add up to 60%"),
            (["generate", "DATA", "--out", "t.csv", "--balance", "city=Rome:100"], "Rome"),
            (["generate", "DATA", "--out", "t.csv", "--method", "rows", "--balance", "city=equal"], "cannot balance"),
            (["generate", "DATA", "--out", "t.csv", "--method", "rows", "--settings", "steps"], "steps"),
            (["generate", "DATA", "--out", "t.csv", "--method", "rows", "--settings", "steps=99"], "at most 10"),
            (["generate", "DATA", "--out", "t.csv", "--method", "rows", "--settings", "colour=1"], "colour"),
            (["generate", "DATA", "--out", "t.csv", "--holdout", "0.9"], "0.5"),
            (["generate", "DATA", "--out", "t.csv", "--budget", "nan"], "nan"),
            (["generate", "DATA", "--out", "t.csv", "--release", "some"], "some"),
            (["generate", "DATA", "--out", "t.csv", "--schema", "absent.json"], "absent.json"),
            (["generate", "DATA", "--out", "t.csv", "--model", "DATA"], "not both"),
            (["generate", "--out", "t.csv", "--model", "DATA"], "no saved model"),
            (["generate", "--out", "t.csv", "--model", "absent.zip"], "absent.zip"),
            (["generate", "--out", "t.csv", "--model", "m.zip", "--method", "rows"], "--method"),
            (["generate", "--out", "t.csv", "--model", "m.zip", "--report", "r.html"], "--report"),
            (["generate", "DATA", "--out", "t.csv", "--row", "5"], "--row"),
            (["evaluate", "DATA", "absent.csv"], "absent.csv"),
            (["evaluate", "DATA", "DATA", "--target", "colour"], "colour"),
            (["impute", "DATA", "--out", "DATA"], "the input itself"),
            (["score", "DATA", "--method", "magic"], "magic"),
        ],
    )
    def test_one_sentence_and_status_2(
        self, mistake: Cli, data: Path, monkeypatch: pytest.MonkeyPatch, arguments: list[str], says: str
    ) -> None:
        monkeypatch.chdir(data.parent)
        before = data.read_bytes()
        assert says in mistake(*(str(data) if a == "DATA" else a for a in arguments))
        assert data.read_bytes() == before
        assert sorted(p.name for p in data.parent.iterdir()) == ["club.csv"]

    def test_a_schema_that_is_none(self, mistake: Cli, data: Path, tmp_path: Path) -> None:
        (tmp_path / "s.json").write_text("{")
        assert "JSON" in mistake("generate", data, "--out", tmp_path / "t.csv", "--schema", tmp_path / "s.json")

    def test_a_failure_half_way_leaves_the_old_file(
        self, mistake: Cli, data: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        out = tmp_path / "t.csv"
        out.write_text("old")

        def full(*_: object) -> None:
            raise OSError(28, "No space left on device")

        monkeypatch.setattr("engine.files.os.replace", full)
        assert "No space left" in mistake("generate", data, "--out", out, "--method", "rows")
        assert out.read_text() == "old"
        assert sorted(p.name for p in tmp_path.iterdir()) == ["club.csv", "t.csv"]


class TestEvaluate:
    def test_text_shows_figures_beside_the_fresh_real_sample(self, ok: Cli, data: Path, tmp_path: Path) -> None:
        club(200, seed=1).to_csv(tmp_path / "holdout.csv", index=False)
        said = ok("evaluate", data, data, "--holdout", tmp_path / "holdout.csv")
        assert "FRESH REAL" in said
        assert "1.0000" in said

    def test_json_html_and_target(self, ok: Cli, data: Path, tmp_path: Path) -> None:
        out = (tmp_path / "f.json", tmp_path / "r.html")
        said = ok("evaluate", data, data, "--target", "city", "--json", out[0], "--html", out[1])
        assert said.startswith("Target “city”")
        figures = json.loads(out[0].read_text("utf-8"))
        assert figures["metrics"]["overall"]["value"] == pytest.approx(1.0)
        assert figures["target"]["figures"]
        assert all("city" in f["columns"] for f in figures["target"]["figures"])
        page = out[1].read_text("utf-8")
        assert page.index("Target “city”") < page.index("All figures")

    def test_full_figures_are_of_the_target(self, ok: Cli, data: Path, tmp_path: Path) -> None:
        club(200, seed=1).to_csv(tmp_path / "holdout.csv", index=False)
        out = tmp_path / "f.json"
        ok("evaluate", data, data, "--holdout", tmp_path / "holdout.csv", "--full", "--target", "fee", "--json", out)
        metrics = json.loads(out.read_text("utf-8"))["metrics"]
        assert metrics["not_told_from_training"]["value"] == 1.0
        assert {part["columns"][0] for part in metrics["usefulness"]["parts"]} == {"fee"}
        assert all(part["reference"] is not None for part in metrics["usefulness"]["parts"])

    def test_only_shared_columns_are_measured_and_it_is_said(
        self, data: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
    ) -> None:
        club()[["fee", "city"]].assign(extra="x").to_csv(tmp_path / "two.csv", index=False)
        assert cli.main(["evaluate", str(data), str(tmp_path / "two.csv")]) == 0
        said = capsys.readouterr().err
        assert "age" in said
        assert "extra" in said

    def test_no_column_in_common(self, mistake: Cli, data: Path, tmp_path: Path) -> None:
        pd.DataFrame({"x": range(50), "y": range(50)}).to_csv(tmp_path / "other.csv", index=False)
        assert "in common" in mistake("evaluate", data, tmp_path / "other.csv")


class TestImputeAndScore:
    def test_impute_fills_what_is_learned_and_counts_it(self, ok: Cli, data: Path, tmp_path: Path) -> None:
        out = tmp_path / "full.csv"
        ok("impute", data, "--out", out, "--method", "rows", "--json", tmp_path / "f.json")
        before, after = read(data), read(out)
        missing = {name: int((before[name] == "").sum()) for name in ("age", "city", "joined")}
        assert json.loads((tmp_path / "f.json").read_text("utf-8"))["filled"] == missing
        assert not (after[list(missing)] == "").any(axis=None)
        known = before != ""
        assert (after[known] == before[known])[known].all(axis=None) or after.where(known).equals(before.where(known))

    def test_score_writes_two_columns_more(self, ok: Cli, data: Path, tmp_path: Path) -> None:
        ok("score", data, "--out", tmp_path / "s.csv", "--method", "rows")
        scored = pd.read_csv(tmp_path / "s.csv")
        assert list(scored.columns) == [*CLUB.names, score.SCORE, score.RANK]
        assert scored[score.RANK].between(0, 100).all()

    def test_score_tells_the_least_plausible_rows(self, ok: Cli, data: Path) -> None:
        said = ok("score", data, "--method", "rows").splitlines()
        frame = club()
        worst = int(frame.isna().sum(axis=1).to_numpy().argmax()) + 1
        assert said[3].split()[0] == str(worst)

    def test_a_kept_model_scores_other_rows(self, ok: Cli, data: Path, tmp_path: Path) -> None:
        ok("generate", data, "--out", tmp_path / "a.csv", "--method", "rows", "--save", tmp_path / "m.zip")
        said = ok("score", tmp_path / "a.csv", "--model", tmp_path / "m.zip", "--json", "-")
        assert len(json.loads(said)[score.SCORE]) == 200

    def test_a_method_without_likelihoods(self, mistake: Cli, data: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        info = Rows.info
        facts = {f: getattr(info, f) for f in info.__dataclass_fields__}
        plain = type("Plain", (Rows,), {"info": type(info)(**{**facts, "capabilities": frozenset()})})
        monkeypatch.setattr(registry, "GENERATORS", {"rows": plain})
        assert "No method" in mistake("score", data)

    def test_names_that_are_taken_give_way(self) -> None:
        frame = club(5).rename(columns={"fee": score.SCORE})
        schema = type(CLUB)(
            tuple(c if c.name != "fee" else type(c)(score.SCORE, c.kind, number=c.number) for c in CLUB)
        )
        import numpy as np

        table, wider = score.scored(schema.parse(frame), schema, np.zeros(5), np.zeros(5))
        assert wider.names[-2:] == ("log_likelihood_", "percentile")
        assert tuple(table.columns) == wider.names


class TestConsole:
    def test_help_of_every_command(self, ok: Cli) -> None:
        assert "generate" in ok()
        for command in ("methods", "profile", "generate", "evaluate", "impute", "score"):
            assert "--help" in ok(command, "--help")

    def test_names_with_commas(self) -> None:
        assert common.names('a, "b, c",d') == ["a", "b, c", "d"]

    def test_figures_become_strict_json(self) -> None:
        import numpy as np

        data = {"a": float("nan"), "b": np.float64(2.0), "c": (np.int64(1), np.array([1.0, np.inf])), 3: None}
        assert json.loads(console.dumps(data)) == {"a": None, "b": 2.0, "c": [1, [1.0, None]], "3": None}


def run(*arguments: object, **how: Any) -> subprocess.CompletedProcess[bytes]:
    return subprocess.run([sys.executable, "-m", "engine", *map(str, arguments)], capture_output=True, **how)


class TestProcess:
    def test_a_real_sample_from_a_shell(self, tmp_path: Path) -> None:
        penguins = SAMPLES / "penguins.csv"
        done = run("generate", penguins, "--out", tmp_path / "t.csv", "--method", "copula", "--rows", 20)
        assert (done.returncode, done.stderr) == (0, b"")
        assert len(read(tmp_path / "t.csv")) == 20

    def test_output_is_utf_8_whatever_the_locale(self, tmp_path: Path) -> None:
        environment = {**os.environ, "PYTHONIOENCODING": "ascii"}
        done = run("profile", tmp_path / "größe.csv", env=environment)
        assert done.returncode == 2
        assert "größe" in done.stderr.decode("utf-8")

    @pytest.mark.skipif(not hasattr(signal, "SIGINT") or os.name == "nt", reason="needs POSIX signals")
    def test_ctrl_c_ends_quietly_and_leaves_no_half_file(self, tmp_path: Path) -> None:
        club(120_000).to_csv(tmp_path / "large.csv", index=False)
        process = subprocess.Popen(
            [
                sys.executable,
                "-m",
                "engine",
                "generate",
                tmp_path / "large.csv",
                "--out",
                tmp_path / "t.csv",
                "--method",
                "forest",
            ],
            stderr=subprocess.PIPE,
            preexec_fn=lambda: signal.signal(signal.SIGINT, signal.SIG_DFL),  # a shell's background has it ignored
        )
        time.sleep(3)
        process.send_signal(signal.SIGINT)
        _, said = process.communicate(timeout=60)
        assert process.returncode == 130
        assert said == b"Stopped.\n"
        assert [p.name for p in tmp_path.iterdir()] == ["large.csv"]


def test_a_certificate_of_what_was_written(ok: Cli, data: Path, tmp_path: Path) -> None:
    out, told = tmp_path / "o.csv", tmp_path / "c.json"
    ok("generate", data, "--out", out, "--method", "marginals", "--certificate", told, "--rare", "2")
    found = json.loads(told.read_text())
    assert found["passed"] is True
    assert found["rows"] == len(pd.read_csv(out))
    assert [c["name"] for c in found["columns"]] == list(CLUB.names)


def test_a_failed_check_is_told(data: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Given no fee, the twin has more gaps there than the real table."""
    told = tmp_path / "c.json"
    arguments = ["generate", data, "--out", tmp_path / "o.csv", "--method", "marginals", "--given", "city="]
    assert cli.main([str(a) for a in (*arguments, "--certificate", told)]) == 0
    assert "“city”: 100.0% missing" in capsys.readouterr().err
    assert json.loads(told.read_text())["passed"] is False


def test_rare_categories_on_the_command_line(ok: Cli, mistake: Cli, tmp_path: Path) -> None:
    frame = club().assign(city=["Texel", *club()["city"].iloc[1:]])
    frame.to_csv(tmp_path / "t.csv", index=False)

    def cities(*more: object) -> set[str]:
        ok("generate", tmp_path / "t.csv", "--out", tmp_path / "o.csv", "--method", "marginals", "--rows", 4_000, *more)
        return set(pd.read_csv(tmp_path / "o.csv")["city"].dropna())

    usual = {"Amsterdam", "Utrecht", "Delft"}
    assert cities() == usual
    assert cities("--rare", "keep") == usual | {"Texel"}
    assert cities("--rare-label", "Elsewhere") == usual | {"Elsewhere"}
    how = ("generate", tmp_path / "t.csv", "--out", tmp_path / "o.csv")
    assert "whole number of rows" in mistake(*how, "--rare", "some")
    assert "nothing to do" in mistake(*how, "--rare", "keep", "--rare-label", "x")
