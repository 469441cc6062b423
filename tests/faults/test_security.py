"""Every promise of SECURITY.md names its tests, and they are there."""

from __future__ import annotations

import re
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]


def test_every_promise_names_tests_that_exist() -> None:
    text = (ROOT / "SECURITY.md").read_text(encoding="utf-8")
    promised = text.partition("## What is promised")[2].partition("### Where each is tested")[0]
    promises = [lead.rstrip(".") for lead in re.findall(r"^- \*\*(.+?)\*\*", promised, re.MULTILINE)]
    table = text.partition("### Where each is tested")[2].partition("## What is not")[0]
    rows = dict(re.findall(r"^\| ([^|]+) \| ([^|]*) \|$", table, re.MULTILINE)[1:])
    assert len(promises) > 8
    assert set(rows) == set(promises)
    for promise, cited in rows.items():
        tests = re.findall(r"`([\w/]+\.py)::(test_\w+)`", cited)
        assert tests, promise
        for path, name in tests:
            body = (ROOT / "tests" / path).read_text(encoding="utf-8")
            assert re.search(rf"^ *def {name}\(", body, re.MULTILINE), (promise, path, name)
