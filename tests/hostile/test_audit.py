"""`make audit` never takes packages that nobody looked up for sound ones."""

from __future__ import annotations

import json
import subprocess
from typing import Any

import pytest

from tools import audit

KNOWN = {"name": "good", "version": "1", "vulns": []}
WEAK = {"name": "bad", "version": "1", "vulns": [{"id": "PYSEC-1", "fix_versions": ["2"]}]}
UNKNOWN = {"name": "local", "skip_reason": "Dependency not found on PyPI"}


@pytest.mark.parametrize(
    ("answer", "sound", "strictly", "says"),
    [
        (json.dumps({"dependencies": [KNOWN]}), True, True, "1 looked up, 0 with"),
        (json.dumps({"dependencies": [KNOWN, WEAK]}), False, False, "bad 1: PYSEC-1, mended in 2"),
        (json.dumps({"dependencies": [KNOWN, UNKNOWN]}), True, True, "Not looked up, as the service"),
        (json.dumps({"dependencies": [UNKNOWN]}), True, False, "NOT AUDITED"),
        ("", True, False, "NOT AUDITED"),
    ],
)
def test_what_is_said_of_the_packages(
    answer: str,
    sound: bool,
    strictly: bool,
    says: str,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    def run(*args: Any, **kwargs: Any) -> subprocess.CompletedProcess[str]:
        return subprocess.CompletedProcess(args, 0, answer, "")

    monkeypatch.setattr(subprocess, "run", run)
    assert audit.packages(strict=False) is sound
    assert says in capsys.readouterr().out
    assert audit.packages(strict=True) is strictly
