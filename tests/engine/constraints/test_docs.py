"""The table of docs/constraints.md says what the program says of itself."""

from __future__ import annotations

import re
from pathlib import Path

from engine import constraints

PAGE = Path("docs/constraints.md")


def rows() -> list[str]:
    """The lines of the table, from the kinds themselves."""
    told = []
    for key, kind in constraints.KINDS.items():
        mended = kind.repairs or f"Cannot: {kind.unrepairable}; the row is left out."
        told.append(f"| `{key}` | `{kind.form}` | {kind.enforced} | {mended} |")
    return told


def test_the_table_of_kinds_is_that_of_the_program() -> None:
    found = re.search(r"\|---\|---\|---\|---\|\n(.*?)<!-- end -->", PAGE.read_text(encoding="utf-8"), re.DOTALL)
    assert found is not None
    assert found[1].splitlines() == rows()
