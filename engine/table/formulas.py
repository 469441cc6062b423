"""Cells that a spreadsheet would run: found, and made harmless in what is written for spreadsheets.

Excel, LibreOffice and Google Sheets take a cell of a CSV file for a formula when it begins with =, +, - or @ (also in
full width, and some of them behind blanks, quotes or a tab). Such a cell can fetch addresses, send the sheet's content
away or start a program. Source: OWASP, “CSV Injection”, https://owasp.org/www-community/attacks/CSV_Injection.

Text files: an apostrophe is put before such a cell (and such a column's name). Excel files: text is always stored as
text, and such a cell carries Excel's own mark for it (“quote prefix”), so that it stays text when it is edited; its
value is unchanged. Parquet and JSON hold typed values that nothing runs: they are never changed.

A cell that already begins with an apostrophe is left as it is, so doing it twice changes nothing more.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Mapping
from typing import TYPE_CHECKING

from engine.errors import WriteError

if TYPE_CHECKING:
    import pandas as pd

    from engine.table.schema import Column, Schema

NEUTRALISE, KEEP = "neutralise", "keep"
CHOICES = (NEUTRALISE, KEEP)
APOSTROPHE = "'"
# The formats in which an apostrophe is written, and those in which formulas can stand at all.
TEXT_FORMATS = ("csv", "csv.gz", "tsv")
CONCERNED = (*TEXT_FORMATS, "xlsx")

# What some programs pass over before they look for a formula: blanks, quotes, and marks that cannot be seen.
_UNSEEN = r"\s\"“”„\x00-\x1f\x7f\u00ad\u200b-\u200f\u202a-\u202e\u2060-\u2064\ufeff"
_STARTS = re.compile(rf"[\t\r\n]|[{_UNSEEN}]*[=+\-@＝＋－＠﹢﹣﹦﹫]")

_MONEY = "[$¢£¤¥\u20a0-\u20cf]"
_BLANK = "[ \u00a0\u202f]"
_DIGITS = rf"\.?\d(?:[\d.,:'’_]|{_BLANK}(?=\d))*"
# What begins with a sign and can call nothing: it holds no name that is followed by a bracket, a colon or a bar.
_HARMLESS = re.compile(
    rf"""
      [+-]{_BLANK}?(?:{_MONEY}{_BLANK}?|[A-Za-z]{{1,3}}\.?{_BLANK})?{_DIGITS}(?:[eE][+-]?\d{{1,4}})?
        (?:{_BLANK}?(?:[%‰°]|{_MONEY}|[A-Za-zµ°²³/]{{1,6}}))?           # a number, with its currency or unit
    | [+-](?:inf|infinity|nan)
    | \+(?=(?:\D*\d){{7}})[\d\ \u00a0().\-/]+                            # a telephone number, of 7 digits or more,
        (?:\ ?(?:x|ext\.?|\#)\ ?\d{{1,8}})?                               # with its extension
    | -\d{{4,6}}-\d\d(?:-\d\d(?:[T\ ][\d:.]+Z?)?)?                      # a year before Christ
    | -\d+\ days?(?:\ [+-]?[\d:.]+)?                                    # a span of time
    | [+\-/\ ]+                                                         # "+", "--", "+/-": marks, not values
    """,
    re.VERBOSE | re.IGNORECASE,
)


def check(formulas: str) -> str:
    """The choice itself. Raises WriteError for one that does not exist."""
    if formulas not in CHOICES:
        raise WriteError(f"Formulas are to “{NEUTRALISE}” or to “{KEEP}”, not “{formulas}”.")
    return formulas


def is_formula(cell: str) -> bool:
    """Whether a spreadsheet might run the cell. Signed numbers, dates and telephone numbers are no formulas."""
    return _STARTS.match(cell) is not None and _HARMLESS.fullmatch(cell) is None


def neutralised(cell: str) -> str:
    """The cell with an apostrophe before it where it might be run, else the cell itself."""
    return APOSTROPHE + cell if is_formula(cell) else cell


def undone(cell: str, known: Collection[str] = ()) -> str:
    """What `neutralised` was given. known: values that the source itself has, which are left as they are."""
    bare = cell[1:]
    return bare if cell.startswith(APOSTROPHE) and cell not in known and is_formula(bare) else cell


def restored(cells: pd.Series, known: Collection[str] = ()) -> tuple[pd.Series, int]:
    """A text column with `undone` on every cell, and how many cells it changed."""
    texts = {cell for cell in set(cells.dropna()) if isinstance(cell, str) and cell.startswith(APOSTROPHE)}
    changed = {cell: undone(cell, known) for cell in texts}
    changed = {cell: bare for cell, bare in changed.items() if bare != cell}
    if not changed:
        return cells, 0
    hit = cells.isin(list(changed))
    return cells.mask(hit, cells.map(changed)), int(hit.sum())


def as_in_source(frame: pd.DataFrame, source: pd.DataFrame) -> pd.DataFrame:
    """A raw table that may have been neutralised, with names and cells as `source`, the table it stands for, has them.

    What begins with an apostrophe in the source, too, is left as it is.
    """
    import pandas as pd

    from engine.table.dtypes import is_text

    own = set(map(str, source.columns))
    names = [undone(str(name), own) for name in frame.columns]
    if len(set(names)) != len(names):
        names = [str(name) for name in frame.columns]
    columns = {}
    for place, name in enumerate(names):
        cells = frame.iloc[:, place]
        if is_text(cells.dtype) and name in own:
            cells, _ = restored(cells, set(source[name].dropna()))
        columns[place] = cells
    bare = pd.DataFrame(columns, index=frame.index)
    bare.columns = pd.Index(names, dtype="str")
    return bare


def counts(table: pd.DataFrame, schema: Schema) -> dict[str, int]:
    """How many cells of each column of a parsed table might be run once written as text; columns without are left out.

    A column whose name alone might be run counts 0 cells.
    """
    found = {}
    for column in schema:
        if column.name not in table:
            continue
        many = _runnable(table[column.name], column)
        if many or is_formula(column.name):
            found[column.name] = many
    return found


def _runnable(values: pd.Series, column: Column) -> int:
    import pandas as pd

    from engine.table.convert import write_column

    if column.kind.numeric and (column.number is None or not (column.number.prefix or column.number.suffix)):
        return 0  # digits and a sign
    tally = values.value_counts()
    written = write_column(pd.Series(tally.index, dtype=values.dtype), column)
    return int(sum(many for cell, many in zip(written, tally, strict=True) if is_formula(str(cell))))


def told(found: Mapping[str, int], formulas: str, format: str) -> str:
    """What becomes of what `counts` found in a file of this format, as a sentence; “” where nothing is to be told."""
    if not found or format not in CONCERNED:
        return ""
    cells = sum(found.values())
    many = f"{cells:,} cell{'' if cells == 1 else 's'}" if cells else "Names"
    where = f"{many} in {len(found):,} column{'' if len(found) == 1 else 's'} begin{'s' if cells == 1 else ''}"
    if formulas == KEEP:
        risk = "and stay text there" if format == "xlsx" else "and a spreadsheet may run them"
        return f"{where} like a formula, {risk}, as they were kept."
    how = "marked as text" if format == "xlsx" else "written with an apostrophe before them"
    return f"{where} like a formula: {how}, so that no spreadsheet runs them."
