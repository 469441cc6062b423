"""TensorFlow, torch and LightGBM are missing: the rest works, and what is missing is said where it would be used."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from engine import advice
from engine.errors import MissingPackageError
from engine.generators import registry
from engine.privacy import attributes
from engine.privacy.encoding import encode
from tests.engine.privacy.population import SCHEMA, people
from tests.engine.tables import CLUB, club
from tests.faults.conftest import MISSING, NEED

ROOT = Path(__file__).resolve().parents[2]


@pytest.mark.usefixtures("hidden")
def test_methods_say_what_they_lack_and_automatic_takes_another() -> None:
    for key, package in NEED.items():
        with pytest.raises(MissingPackageError, match=rf"needs {package}.* not installed.*pip install {package}"):
            registry.get(key)
    advised = advice.advise(CLUB, 20_000)
    assert {a.method for a in advised if not a.suited} >= set(NEED)
    assert advice.best(CLUB, 20_000) not in NEED


def test_the_command_line_without_them(tmp_path: Path) -> None:
    """Really not there: also not for those who would import them without asking."""
    club().to_csv(tmp_path / "club.csv", index=False)
    code = (
        "import sys; from engine.cli import main; main(['methods', '--json']); sys.stdout.flush(); "
        "sys.exit(main(['generate', 'club.csv', '--out', 'twin.csv', '--json', 'figures.json', '--method', 'cascade']))"
    )
    path = os.pathsep.join([str(Path(__file__).parent / "hidden"), str(ROOT)])
    environment = {**os.environ, "PYTHONPATH": path, "HIDDEN_PACKAGES": " ".join(MISSING)}
    done = subprocess.run(
        [sys.executable, "-c", code], cwd=tmp_path, env=environment, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr
    told = {m["key"]: m["missing_packages"] for m in json.loads(done.stdout[: done.stdout.rindex("]") + 1])}
    assert {key for key, lacks in told.items() if lacks} == set(NEED)
    assert "Boosted cascade needs lightgbm, which is not installed" in done.stderr
    assert json.loads((tmp_path / "figures.json").read_text())["method_used"] == "forest"


def test_the_guess_by_a_model_without_lightgbm_is_about_as_good(monkeypatch: pytest.MonkeyPatch) -> None:
    sides = ("synthetic", "reference", "members", "controls")
    encoded = encode({side: people(300, number) for number, side in enumerate(sides)}, SCHEMA)
    for secret in ("income", "member"):
        rights = []
        for found in ("lightgbm", None):
            with monkeypatch.context() as patch:
                patch.setattr(attributes, "find_spec", lambda name, found=found: found)
                if found is None:
                    patch.setitem(sys.modules, "lightgbm", None)  # nor can it be imported
                hits = attributes.inferred(secret, encoded, 0, lambda: None)
            rights.append(next(h for h in hits if h.key == "attribute_model").values.mean())
        assert abs(rights[0] - rights[1]) < 0.05, secret
        assert np.min(rights) > 0.1
