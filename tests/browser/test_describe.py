"""Describing a table on a phone, in the dark: nothing is wider than the screen, and what is made can be taken away."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pandas as pd

from tests.browser.driver import Visitor


def test_on_a_phone(visit: Callable[..., Visitor], tmp_path: Path) -> None:
    visitor = visit(390, "dark", "/describe")
    visitor.heading("Describe a table")
    visitor.fill("describe-rows", "40")
    visitor.click("describe-make")
    visitor.page.get_by_text("40 rows, 9 columns").wait_for()
    visitor.settle()
    assert visitor.overflow() <= 0
    assert visitor.control("describe-rows").locator("input").first.input_value() == "40"
    visitor.download("describe-download-csv").save_as(tmp_path / "made.csv")
    assert pd.read_csv(tmp_path / "made.csv").shape == (40, 9)
    visitor.shoot("describe-390-dark")
