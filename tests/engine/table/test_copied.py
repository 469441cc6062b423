"""Rows that are copied: readable again, and nothing in them runs."""

from __future__ import annotations

from io import StringIO

import pandas as pd

from engine.table.copied import as_text


def test_copied_rows_hold_what_is_seen() -> None:
    frame = pd.DataFrame(
        {"name": ["Ada", 'say "no"', None], "note": ["two\nlines", "a\tb", ""], "n": [1.5, -2.0, 3.25]}
    )
    again = pd.read_csv(StringIO(as_text(frame)), sep="\t", keep_default_na=False)
    assert again["name"].tolist() == ["Ada", 'say "no"', ""]
    assert again["note"].tolist() == ["two\nlines", "a\tb", ""]
    assert again["n"].tolist() == [1.5, -2.0, 3.25]


def test_nothing_that_is_copied_runs_in_a_spreadsheet() -> None:
    frame = pd.DataFrame({"=1+1": ["=cmd()", "@sum", "-5", "+49 170 1"]})
    assert as_text(frame).splitlines() == ["'=1+1", "'=cmd()", "'@sum", "-5", "+49 170 1"]
