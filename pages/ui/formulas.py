"""Cells that a spreadsheet would run: the switch beside downloads, drawn only where a table has such cells."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

import streamlit as st

from engine.table.formulas import KEEP, NEUTRALISE
from pages.ui import state
from pages.ui.cached import SMALL, TIME, kept
from pages.ui.words import count

if TYPE_CHECKING:
    import pandas as pd

    from engine.table.schema import Schema

HELP = (
    "Excel and other spreadsheets run a cell that begins with =, +, - or @; it could fetch an address or start a "
    "program. In CSV such cells and names get an apostrophe in front; in Excel they are marked as text. Signed "
    "numbers, dates and telephone numbers are left as they are, and so are Parquet and JSON. Switched off, all cells "
    "are written as they are: right for programs that read CSV without running it."
)


def choice() -> str:
    """What becomes of such cells in the files of this session: for `engine.table.write.to_bytes`."""
    return KEEP if state.formulas_kept() else NEUTRALISE


def draw(identity: str, table: pd.DataFrame, schema: Schema) -> None:
    """The switch, where a table has such cells. identity: names the table's content for good, such as a run's id."""
    found = _counts(identity, table, schema)
    if not found:
        return
    with st.container(key=f"formulas-{identity}"):
        key = f"formulas-switch-{identity}"
        state.put(key, not state.formulas_kept())
        st.toggle(
            "Safe to open in spreadsheets",
            key=key,
            help=HELP,
            on_change=_changed,
            args=(key,),
        )
        st.caption(_told(found))


def _changed(key: str) -> None:
    state.keep_formulas(not state.value(key))


def _told(found: Mapping[str, int]) -> str:
    cells = sum(found.values())
    what = f"{count(cells, 'cell')} in {count(len(found), 'column')}" if cells else count(len(found), "name")
    looks = "looks" if (cells or len(found)) == 1 else "look"
    return f"{what} {looks} like a formula that a spreadsheet would run."


@kept
@st.cache_data(max_entries=SMALL, ttl=TIME, show_spinner=False)
def _counts(version: str, _table: pd.DataFrame, _schema: Schema) -> dict[str, int]:
    from engine.table.formulas import counts

    return counts(_table, _schema)
