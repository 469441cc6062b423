"""What became of cells and names that a spreadsheet might run as formulas (see `engine.table.formulas`)."""

from __future__ import annotations

from typing import TYPE_CHECKING

from engine.certificate.result import Check, Expected, What
from engine.table import formulas
from engine.table.schema import Column

if TYPE_CHECKING:
    import pandas as pd


def names(written: list[str], format: str, expected: Expected) -> list[Check]:
    """What became of names of columns that a spreadsheet might run."""
    if format not in formulas.TEXT_FORMATS:
        return []
    marked = sum(formulas.undone(name, expected.schema.names) != name for name in written)
    return check(marked, sum(map(formulas.is_formula, written)), "names of columns", expected)


def unmarked(cells: pd.Series, column: Column, format: str, expected: Expected) -> tuple[pd.Series, int, int]:
    """Cells of a text file without the apostrophes put before formulas, how many had one, and how many lack one."""
    import pandas as pd

    if format not in formulas.TEXT_FORMATS:
        return cells, 0, 0
    real = None if expected.real is None else expected.real[column.name]
    known = set(real.dropna()) if real is not None and pd.api.types.is_string_dtype(real.dtype) else set()
    bare, marked = formulas.restored(cells, known)
    tally = cells.value_counts()
    return bare, marked, int(sum(many for cell, many in tally.items() if formulas.is_formula(str(cell))))


def check(marked: int, open_: int, what: str, expected: Expected) -> list[Check]:
    """The check of formulas in text; none where nothing begins like one. open_: how many could be run."""
    if open_:
        asked = expected.formulas == formulas.KEEP
        end = "kept on request." if asked else "and have no apostrophe before them."
        told = f"{open_:,} {what} might be run by a spreadsheet, {end}"
        return [Check(What.FORMULAS, asked, told)]
    if marked:
        told = f"{marked:,} {what} begin like a formula: written with an apostrophe, so that no spreadsheet runs them."
        return [Check(What.FORMULAS, True, told)]
    return []
