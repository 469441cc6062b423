"""Delimited text that reads back as the same table, here and in other programs."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence

import pandas as pd

from engine.table.formulas import NEUTRALISE, neutralised
from engine.table.schema import Schema

_LINE_END = "\n"
# Quoted although not strictly needed: other programs' delimiters (so that nobody guesses wrongly), quotes, line ends,
# blanks at the ends (some readers trim them), and a comment's mark at the start.
_NEEDS_QUOTES = re.compile(r'[,;|\t"\r\n]|^[\s\'#%]|^//|^--|\s$|^$|[^\x20-\x7e\x80-\U0010ffff]')


def delimited_bytes(text: pd.DataFrame, schema: Schema, delimiter: str, formulas: str = NEUTRALISE) -> bytes:
    """A table of strings (see `Schema.to_text`) as UTF-8 without byte order mark.

    formulas: what becomes of names and cells that a spreadsheet might run, see `engine.table.formulas`.

    An empty cell is missing where the schema counts "" as missing, and is a pair of quotes where it does not.
    A row without any value begins with a pair of quotes, so that it cannot pass for a blank line.
    """
    written = safely_quoted if formulas == NEUTRALISE else quoted
    header = [written(name) for name in text.columns]
    if header == [""]:
        header = ['""']
    columns = [_column(text[name], _empty_is_missing(schema, name), written) for name in text.columns]
    hollow = delimiter * (len(columns) - 1)
    lines = [delimiter.join(header)]
    lines += [line if line != hollow else f'""{line}' for line in map(delimiter.join, zip(*columns, strict=True))]
    return (_LINE_END.join(lines) + _LINE_END).encode("utf-8", "surrogatepass")


def _empty_is_missing(schema: Schema, name: str) -> bool:
    return name not in schema or "" in schema[name].missing_tokens


def _column(values: pd.Series, empty_is_missing: bool, write: Callable[[str], str]) -> list[str]:
    """The cells of one column as they stand in the file."""
    missing = values.isna().to_numpy()
    cells: Sequence[str] = values.astype("str").fillna("").to_list()
    written = {cell: write(cell) for cell in set(cells)}
    if empty_is_missing:
        written[""] = ""
    return ["" if absent else written[cell] for cell, absent in zip(cells, missing, strict=True)]


def quoted(cell: str) -> str:
    """The cell in quotes where anything in it could be misunderstood."""
    if _NEEDS_QUOTES.search(cell):
        return '"' + cell.replace('"', '""') + '"'
    return cell


def safely_quoted(cell: str) -> str:
    """The cell as no spreadsheet runs it, in quotes where needed."""
    return quoted(neutralised(cell))
