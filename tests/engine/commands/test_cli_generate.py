"""`generate`: the twin's file, its figures, its certificate, and its kept model."""

from __future__ import annotations

import json
from pathlib import Path

import pandas as pd
import pytest

from engine import cli
from tests.engine.commands.shell import Cli, read
from tests.engine.tables import CLUB, club


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
