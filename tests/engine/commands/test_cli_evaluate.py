"""`evaluate`: a twin measured against the real table."""

from __future__ import annotations

import json
from pathlib import Path

import pandas as pd
import pytest

from engine import cli
from tests.engine.commands.shell import Cli
from tests.engine.tables import club


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
