"""When the reader guessed wrong: prescribe how the file is to be read."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import streamlit as st

from engine.errors import TwinError
from pages.ui import cached, state, widgets
from pages.ui.datasets import Dataset

if TYPE_CHECKING:
    from engine.table.read import Reading

AUTO = "found by itself"
DELIMITERS = {AUTO: None, "comma ,": ",", "semicolon ;": ";", "tab": "\t", "pipe |": "|", "space": " "}
DECIMALS = {AUTO: None, "point .": ".", "comma ,": ","}
HEADERS: dict[str, str | int] = {AUTO: "auto", "no names": "none", "1 line": 1, "2 lines": 2, "3 lines": 3}
ENCODINGS = {
    AUTO: None,
    "UTF-8": "utf-8",
    "Windows-1252": "cp1252",
    "Latin-1": "latin-1",
    "UTF-16": "utf-16",
    "Shift-JIS": "shift_jis",
}
_HELP = {
    "delimiter": "What stands between two cells of a line.",
    "decimal": "With a comma, 1.234,50 is one thousand and some; with a point, 1,234.50 is.",
    "encoding": "How letters are written in the file. Try another one where accents look wrong.",
    "header": "How many lines at the top name the columns.",
}
_PROBLEM = "reread-problem"


def draw(table: Dataset, reading: Reading) -> None:
    """Nothing for formats that leave nothing open."""
    if reading.format not in ("csv", "tsv", "xlsx"):
        return
    with st.expander("Read it differently", key="reread"), st.form("reread-form", border=False):
        with st.grid("auto", min_column_width=180):
            if reading.format == "xlsx":
                _sheet(table)
            else:
                _text(table)
            _choice("Names of the columns", HEADERS, "header", table, "auto")
        st.form_submit_button("Read again", key="reread-go", on_click=_read, args=(table, reading.format))
    if problem := state.value(_PROBLEM):
        widgets.error_box(str(problem))


def _sheet(table: Dataset) -> None:
    st.text_input(
        "Sheet",
        key=state.seed("read-sheet", str(table.options.get("sheet") or "")),
        placeholder="the first with a table",
        help="Its name, or its number counted from 1.",
    )


def _text(table: Dataset) -> None:
    _choice("Fields are set apart by", DELIMITERS, "delimiter", table)
    _choice("Decimal mark", DECIMALS, "decimal", table)
    _choice("Encoding", ENCODINGS, "encoding", table)


def _choice(label: str, options: dict[str, Any], name: str, table: Dataset, default: Any = None) -> None:
    wanted = table.options.get(name, default)
    known = next((title for title, value in options.items() if value == wanted), AUTO)
    st.selectbox(label, list(options), key=state.seed(f"read-{name}", known), help=_HELP[name])


def _read(table: Dataset, format: str) -> None:
    """Read by what the form says; where that does not work, all stays as it was."""
    wanted: dict[str, Any] = {"header": HEADERS[state.value("read-header", AUTO)]}
    if format == "xlsx":
        sheet = str(state.value("read-sheet", "")).strip()
        wanted["sheet"] = int(sheet) if sheet.isdecimal() else sheet or None
    else:
        for name, options in (("delimiter", DELIMITERS), ("decimal", DECIMALS), ("encoding", ENCODINGS)):
            wanted[name] = options[state.value(f"read-{name}", AUTO)]
    try:
        cached.read_as(table, wanted)
        state.put(_PROBLEM, "")
    except TwinError as error:
        state.put(_PROBLEM, str(error))
