"""Rows as text for the clipboard, as spreadsheets and editors take it in."""

from __future__ import annotations

import pandas as pd

from engine.table.formulas import neutralised


def as_text(frame: pd.DataFrame) -> str:
    """Names and rows, a tab between cells; missing cells are empty, and those that a spreadsheet might run are
    neutralised. Cells with tabs, quotes or line ends stand in quotes."""
    cells = frame.astype("object").where(frame.notna(), "")
    safe = cells.map(lambda cell: neutralised(str(cell)))
    return safe.rename(columns=lambda name: neutralised(str(name))).to_csv(sep="\t", index=False, lineterminator="\n")
