"""The command line as a shell runs it: help, what is printed, locales, and Ctrl+C."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import pytest

from engine import console
from engine.commands import common
from tests.engine.commands.shell import Cli, read
from tests.engine.tables import club

SAMPLES = Path(__file__).resolve().parents[3] / "assets" / "samples"


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
