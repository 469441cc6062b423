"""The room of charts as a whole: its names are loaded on first use."""

from __future__ import annotations

import subprocess
import sys

import pytest

from engine import charts


def test_names_are_loaded_on_first_use() -> None:
    for name in charts.__all__:
        assert getattr(charts, name) is not None
    with pytest.raises(AttributeError, match="no_such"):
        _ = charts.no_such
    code = "import sys, engine.charts; print('plotly' in sys.modules)"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "False"
