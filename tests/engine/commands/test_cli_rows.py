"""`impute` and `score`: rows filled, and rows judged."""

from __future__ import annotations

import json
from pathlib import Path

import pandas as pd
import pytest

from engine.commands import score
from engine.generators import registry
from tests.engine.commands.shell import Cli, read
from tests.engine.doubles import Rows
from tests.engine.tables import CLUB, club


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
