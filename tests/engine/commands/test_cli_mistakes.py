"""A user's mistake: one sentence, status 2, and nothing written."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.engine.commands.shell import Cli


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
