"""Row 14 of the list of demands: no label or mark of our own in a file, in figures or in a report."""

from __future__ import annotations

import re
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from engine import cli
from tests.demands.test_demands import STATISTICAL

ROWS = 300
TOWNS = [f"town {i}" for i in range(12)]
RARE = {f"hamlet {i}" for i in range(6)}  # of one row each
ODD = {"_RARE_", "_MISSING_", "<unk>", "__other__"}  # which the real table has itself, in many rows
MARK = re.compile(
    r"_[A-Z]{3,}_|__[a-z]+__|<unk>|<pad>|\[(?:UNK|PAD|MASK)\]|\b(?:rare_label|other_label|NaN|NaT|<NA>)\b"
)


def table(odd: bool) -> pd.DataFrame:
    rng = np.random.default_rng(0)
    usual = [*TOWNS, *sorted(ODD)] if odd else TOWNS
    town = pd.Series(rng.choice(usual, ROWS)).mask(rng.random(ROWS) < 0.15, "")
    town.iloc[: len(RARE)] = sorted(RARE)
    size = pd.Series(rng.choice(["small", "large"], ROWS)).mask(rng.random(ROWS) < 0.1, "")
    return pd.DataFrame({"town": town, "size": size, "x": rng.normal(size=ROWS).round(2)})


@pytest.fixture(scope="module")
def data(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("towns") / "towns.csv"
    table(odd=True).to_csv(path, index=False)
    return path


@pytest.mark.parametrize("method", STATISTICAL)
@pytest.mark.parametrize("rare", [(), ("--rare-label", "elsewhere"), ("--rare", "keep")], ids=["like", "pool", "keep"])
def test_demand_14_a_file_holds_real_labels_and_those_asked_for(
    method: str, rare: tuple[str, ...], data: Path, tmp_path: Path
) -> None:
    out = tmp_path / "o.csv"
    command = ["generate", str(data), "--out", str(out), "--method", method, "--rows", "3000", *rare]
    assert cli.main(command) == 0
    made = pd.read_csv(out, dtype="str", keep_default_na=False)
    real = pd.read_csv(data, dtype="str", keep_default_na=False)
    usual = set(real["town"]) - RARE
    asked = {"elsewhere"} if "--rare-label" in rare else RARE if rare else set()
    assert usual <= set(made["town"]) <= usual | asked
    for label in ODD:  # real ones that look like tokens, and nothing else by their name
        assert (made["town"] == label).mean() == pytest.approx((real["town"] == label).mean(), abs=0.03)
    assert set(made["size"]) == {"small", "large", ""}
    assert made["x"].map(lambda cell: re.fullmatch(r"-?\d+\.\d+", cell) is not None).all()
    if asked == {"elsewhere"}:
        assert (made["town"] == "elsewhere").mean() == pytest.approx(len(RARE) / ROWS, abs=0.02)


def test_demand_14_nor_do_figures_and_report_show_any(tmp_path: Path) -> None:
    data, out, told, page = (tmp_path / name for name in ("t.csv", "o.json", "f.json", "r.html"))
    table(odd=False).to_csv(data, index=False)
    command = ["generate", str(data), "--out", str(out), "--method", "forest", "--rare-label", "elsewhere"]
    assert cli.main([*command, "--json", str(told), "--report", str(page), "--figures", "quick"]) == 0
    assert not MARK.findall(out.read_text())
    assert not MARK.findall(told.read_text())
    shown = re.sub(r"<(style|script)\b.*?</\1>|<[^>]*>", " ", page.read_text(), flags=re.S)
    assert "town" in shown
    assert not MARK.findall(shown)


def test_demand_14_what_training_never_saw_is_a_sentence_and_no_token(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    data = tmp_path / "t.csv"
    table(odd=False).to_csv(data, index=False)
    command = ["generate", str(data), "--out", str(tmp_path / "o.csv"), "--method", "copula", "--given"]
    for given in ("town=Atlantis", "town=_RARE_", "town=hamlet 1"):
        assert cli.main([*command, given]) == 2
        assert given.partition("=")[2] in capsys.readouterr().err
    assert not (tmp_path / "o.csv").exists()
