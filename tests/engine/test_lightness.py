"""What the dashboard imports at its start must stay small."""

from __future__ import annotations

import json
import subprocess
import sys

import pytest

HEAVY = ("torch", "tensorflow", "keras", "lightgbm", "numba", "sklearn", "scipy.stats", "streamlit", "faker", "plotly")


@pytest.mark.parametrize(
    "modules", [["engine"], ["engine.jobs", "engine.synthesizer", "engine.advice"], ["engine.cli"], ["engine.worker"]]
)
def test_heavy_packages_are_not_imported(modules: list[str]) -> None:
    code = f"import json, sys, {', '.join(modules)}; print(json.dumps([m for m in {HEAVY!r} if m in sys.modules]))"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert json.loads(done.stdout) == []
