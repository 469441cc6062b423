"""Rows 22 and 23 of the list of demands: installing does not hurt, and saved models do not break."""

from __future__ import annotations

import json
import re
import subprocess
import sys
import zipfile
from pathlib import Path

import pandas as pd
import pytest

from engine import constraints, models
from engine.generators import registry
from engine.synthesizer import Synthesizer
from tests.engine.tables import club

ROOT = Path(__file__).resolve().parents[2]
BUNDLES = sorted((ROOT / "tests/data/bundles").glob("*.zip"))
HEAVY = ("torch", "tensorflow", "keras", "lightgbm", "numba")

# Learns and samples with the heavy packages out of reach, as where they were never installed.
_WITHOUT = f"""
import importlib.util, sys
gone = {HEAVY!r}
class Gone:
    def find_spec(self, name, path=None, target=None):
        if name.partition(".")[0] in gone:
            raise ModuleNotFoundError(name)
sys.meta_path.insert(0, Gone())
real = importlib.util.find_spec
importlib.util.find_spec = lambda name, package=None: None if name.partition(".")[0] in gone else real(name, package)
from engine.synthesizer import Synthesizer
from tests.engine.tables import CLUB, club
for method in ("auto", "marginals", "copula", "kde", "forest", "vae"):
    twin = Synthesizer(CLUB, method).fit(club(120), seed=0)
    print(method, twin.report.used, len(twin.sample(30)), [f.reason for f in twin.report.fallbacks])
"""


def test_demand_22_the_core_works_without_any_of_the_large_packages() -> None:
    done = subprocess.run([sys.executable, "-c", _WITHOUT], cwd=ROOT, capture_output=True, text=True, timeout=300)
    assert done.returncode == 0, done.stderr
    lines = dict(line.split(" ", 1) for line in done.stdout.splitlines())
    assert [lines[m].split()[:2] for m in ("marginals", "copula", "kde", "forest")] == [
        ["marginals", "30"], ["copula", "30"], ["kde", "30"], ["forest", "30"],
    ]  # fmt: skip
    assert lines["auto"].split()[1] == "30"
    assert "not installed" in lines["vae"]  # another method took over, and says why


def test_demand_22_every_package_is_bounded_and_none_needs_a_graphics_card() -> None:
    every = [*(ROOT / "requirements-base.txt").read_text().splitlines()]
    deep = (ROOT / "requirements-deep.txt").read_text().splitlines()
    named = [line.partition(";")[0].strip() for line in every + deep if line and not line.startswith(("#", "-"))]
    assert all(re.search(r"==|<", line) for line in named), named
    assert not [line for line in named if re.search(r"cuda|nvidia|gpu|cupy|triton", line, re.I)]
    assert not [line for line in every if line.startswith(("torch", "tensorflow", "keras"))]


def test_demand_23_models_of_every_method_and_format_are_kept() -> None:
    found = {(path.stem.split("-")[1][0], path.stem.split("-")[2]) for path in BUNDLES}
    assert found == {(str(v), key) for v in range(1, models.VERSION + 1) for key in registry.GENERATORS}
    assert sum(path.stat().st_size for path in BUNDLES) < 400_000


@pytest.mark.parametrize("path", BUNDLES, ids=lambda p: p.stem)
def test_demand_23_a_model_of_an_earlier_version_opens_and_makes_rows(path: Path) -> None:
    _, version, method = path.stem.split("-")
    with zipfile.ZipFile(path) as bundle:
        assert json.loads(bundle.read(models.MANIFEST))["version"] == int(version[0])
    twin = Synthesizer.load(path)
    assert twin.report.used == method
    made = twin.sample_parsed(40, seed=3)
    assert list(made.columns) == list(twin.schema.selected.names)
    assert len(made) == 40
    pd.testing.assert_frame_equal(made, Synthesizer.load(path.read_bytes()).sample_parsed(40, seed=3))
    _known_values_only(twin, made)


def _known_values_only(twin: Synthesizer, made: pd.DataFrame) -> None:
    """Labels are the real ones, rules hold, and the passport lists no key and no person."""
    real = club()
    if "city" in made:
        assert set(made["city"].dropna()) <= set(real["city"].dropna())
    passport = twin.passport()
    assert set(passport) == set(twin.schema.selected.names)
    for name in {"member", "e-mail"} & set(made):
        assert not len(passport[name])
        assert not set(made[name]) & set(real[name])
    for rule in twin.schema.constraints:
        assert not constraints.breaking(rule, made, twin.schema).any()


def test_demand_23_the_first_trees_still_hold_what_they_learned() -> None:
    """They were kept as text of LightGBM's own; fees rise with age in the table that was learned."""
    made = Synthesizer.load(ROOT / "tests/data/bundles/format-1a-cascade.zip").sample_parsed(1_000, seed=0)
    assert made["age"].astype(float).corr(made["fee"]) > 0.5
