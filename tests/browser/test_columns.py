"""Columns one by one and rules in a real browser: what dialogs, keyboards and the table of columns do."""

from __future__ import annotations

import io
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pandas as pd
from playwright.sync_api import Locator

from tests.browser.driver import Visitor

Visit = Callable[..., Visitor]


def dialog(visitor: Visitor) -> Locator:
    return visitor.page.get_by_role("dialog")


def open_details(visitor: Visitor) -> None:
    """By keyboard."""
    visitor.button("details").focus()
    visitor.page.keyboard.press("Enter")
    dialog(visitor).locator(".st-key-detail-column").wait_for()
    visitor.settle()
    visitor.still()


def look_at_row(visitor: Visitor, row: int) -> None:
    """By the button in the table of columns, which is drawn on a canvas."""
    cells = visitor.page.get_by_test_id("stDataFrame").first
    cells.click(position={"x": 76 + 140 + 32, "y": 35 * (row + 1) + 17})
    dialog(visitor).locator(".st-key-detail-column").wait_for()
    visitor.settle()
    visitor.still()


def choose(visitor: Visitor, label: str, option: str) -> None:
    """One of a list in the dialog, by keyboard."""
    field = dialog(visitor).get_by_label(label, exact=True)
    field.focus()
    field.press_sequentially(option)
    visitor.page.get_by_role("option", name=option, exact=True).wait_for()
    field.press("Enter")
    visitor.settle()
    visitor.still()


def test_a_columns_details_open_by_keyboard_and_their_choices_stay(visit: Visit) -> None:
    visitor = visit(390, "dark")
    visitor.click("sample-weather")
    visitor.heading("seattle-weather")
    visitor.click("next")
    visitor.heading("Configure the twin")
    visitor.settle()
    open_details(visitor)
    choose(visitor, "Column", "temp_max")
    choose(visitor, "Method", "Alone, in time")
    dialog(visitor).get_by_text("It comes round every year").wait_for()
    assert dialog(visitor).locator(".js-plotly-plot").count() == 3
    visitor.shoot("details-in-time-390-dark")
    visitor.page.keyboard.press("Escape")
    dialog(visitor).wait_for(state="detached")
    visitor.page.reload()
    visitor.page.set_viewport_size({"width": 1280, "height": 900})
    visitor.heading("Configure the twin")
    visitor.settle()
    look_at_row(visitor, 2)
    dialog(visitor).get_by_text("It comes round every year").wait_for()
    choose(visitor, "Method", "Alone, by distribution")
    dialog(visitor).get_by_text("Drawn as observed").wait_for()
    visitor.shoot("details-distribution-1280-dark")


def members() -> pd.DataFrame:
    rng = np.random.default_rng(2)
    start = pd.Timestamp("2023-01-01") + pd.to_timedelta(rng.integers(0, 700, 300), "D")
    return pd.DataFrame(
        {
            "email": [f"person{i}@club.example" for i in rng.integers(0, 90, 300)],
            "phone": [f"030 {n}" for n in rng.integers(1_000_000, 9_999_999, 300)],
            "starts": start,
            "ends": start + pd.to_timedelta(rng.integers(0, 40, 300), "D"),
            "fee": rng.gamma(2, 50, 300).round(2),
        }
    )


def test_rules_hold_and_personal_data_is_made_up(visit: Visit, tmp_path: Path) -> None:
    """Looked at, ticked and written on the configure page; found in the file that is made."""
    (tmp_path / "members.csv").write_text(members().to_csv(index=False))
    visitor = visit()
    visitor.drop(tmp_path / "members.csv")
    visitor.heading("members")
    visitor.click("next")
    visitor.heading("Configure the twin")
    visitor.page.get_by_text("2 personal columns").wait_for()
    visitor.choose("method-family", "Standard")
    visitor.choose("method", "Standard statistics")
    visitor.page.get_by_text("Settings of Standard statistics").wait_for()
    visitor.settle()
    visitor.unfold("rules")
    visitor.control("rules").get_by_text("“starts” is never after “ends”").click()
    visitor.page.get_by_text("300 synthetic rows, 1 rule.").wait_for()
    visitor.choose("rule-how", "As text")
    visitor.settle()
    visitor.fill("rule-text", "fee >= 20")
    visitor.click("rule-add")
    visitor.page.get_by_text("300 synthetic rows, 2 rules.").wait_for()
    visitor.shoot("rules-1280-light")
    visitor.click("next")
    visitor.trained()
    visitor.page.get_by_text("2 rules hold in every row").wait_for()
    visitor.click("next")
    text = visitor.download("download-csv").path().read_text()
    twin, real = pd.read_csv(io.StringIO(text)), members()
    assert len(twin) == 300
    assert (twin["starts"] <= twin["ends"]).all()
    assert (twin["fee"] >= 20).all()
    assert not set(twin["email"]) & set(real["email"])
    assert not set(twin["phone"]) & set(real["phone"])
