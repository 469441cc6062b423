"""The README shows every picture that `make screenshots` takes, and no other; all are there, and small."""

from __future__ import annotations

import re
from pathlib import Path

from tests.browser.tour import SHOWN

ROOT = Path(__file__).resolve().parents[1]
MOST = 1_500_000  # bytes of all together


def test_the_readme_shows_the_pictures_that_are_taken() -> None:
    shown = set(re.findall(r"\]\((docs/images/[^)]+)\)", (ROOT / "README.md").read_text(encoding="utf-8")))
    assert shown == {f"docs/images/{stop}-{look}.png" for look, stops in SHOWN.items() for stop in stops}


def test_pictures_are_there_and_small() -> None:
    found = {path.name: path.stat().st_size for path in (ROOT / "docs" / "images").iterdir()}
    assert set(found) == {f"{stop}-{look}.png" for look, stops in SHOWN.items() for stop in stops}
    assert sum(found.values()) < MOST
