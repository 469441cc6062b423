"""Whole files to upload: any columns, in every format that is read."""

from __future__ import annotations

import csv
import io
import json
from dataclasses import dataclass

import pandas as pd
from hypothesis import strategies as st

from tests.soak.columns import Cells, cells


@dataclass(frozen=True)
class Upload:
    """A file as it is uploaded."""

    name: str
    content: bytes
    rows: int
    columns: int

    def __repr__(self) -> str:
        return f"Upload({self.name}, {self.rows} rows, {self.columns} columns, {self.content[:600]!r})"


@st.composite
def uploads(draw: st.DrawFn, most_rows: int = 60, widest: int = 300) -> Upload:
    """One to `most_rows` rows, often only one to three; mostly a few columns, at times up to `widest`."""
    rows = draw(st.one_of(st.integers(1, 3), st.integers(4, most_rows)))
    wide = draw(st.integers(0, 19)) == 0
    names = draw(_names(draw(st.integers(20, widest) if wide else st.integers(1, 7))))
    some = draw(st.lists(cells(rows), min_size=1, max_size=min(len(names), 8)))
    columns = [some[i % len(some)] for i in range(len(names))]
    form = draw(st.sampled_from(("csv", "csv", "tsv", "semicolon", "json", "jsonl", "parquet", "xlsx")))
    return Upload(_NAMES[form], _WRITERS[form](names, columns), rows, len(names))


@st.composite
def _names(draw: st.DrawFn, count: int) -> list[str]:
    strange = (
        "",
        " ",
        "a",
        "a",
        "A",
        "<b>x</b>",
        "=x",
        "größe (m²)",
        "🦊",
        "1",
        "2024",
        "x" * 300,
        "a\nb",
        "id",
        "name",
        "e-mail",
    )
    first = [draw(st.sampled_from(strange)) if draw(st.booleans()) else f"c{i}" for i in range(min(count, 4))]
    return [*first, *(f"c{i}" for i in range(len(first), count))]


def _delimited(delimiter: str, names: list[str], columns: list[Cells]) -> bytes:
    out = io.StringIO(newline="")
    writer = csv.writer(out, delimiter=delimiter)
    writer.writerow(names)
    writer.writerows([["" if cell is None else cell for cell in row] for row in zip(*columns, strict=True)])
    return out.getvalue().encode("utf-8")


def _unique(names: list[str]) -> list[str]:
    """JSON and Parquet have no place for two columns of one name."""
    return [f"{name}{i}" if name in names[:i] else name for i, name in enumerate(names)]


def _records(names: list[str], columns: list[Cells]) -> list[dict[str, object]]:
    return [dict(zip(_unique(names), map(_typed, row), strict=True)) for row in zip(*columns, strict=True)]


def _typed(cell: str | None) -> object:
    """Numbers as numbers, so that types mix within a column."""
    if cell is None:
        return None
    try:
        return int(cell) if cell.lstrip("-").isascii() and cell.lstrip("-").isdigit() else float(cell)
    except ValueError:
        return {"yes": True, "no": False}.get(cell, cell)


def _json(names: list[str], columns: list[Cells]) -> bytes:
    return json.dumps(_records(names, columns)).encode()


def _lines(names: list[str], columns: list[Cells]) -> bytes:
    return "\n".join(json.dumps(record) for record in _records(names, columns)).encode()


def _parquet(names: list[str], columns: list[Cells]) -> bytes:
    """Columns of one type are typed, the others text."""
    frame = pd.DataFrame({n: _series(c) for n, c in zip(_unique(names), columns, strict=True)})
    out = io.BytesIO()
    frame.to_parquet(out, index=False)
    return out.getvalue()


def _series(column: Cells) -> pd.Series:
    typed = [_typed(cell) for cell in column]
    known = [value for value in typed if value is not None]
    if known and all(isinstance(value, float) for value in known):
        return pd.Series(typed, dtype="float64")
    if known and all(isinstance(value, int) and not isinstance(value, bool) and abs(value) < 2**63 for value in known):
        return pd.Series(typed, dtype="Int64")
    if known and all(isinstance(value, bool) for value in known):
        return pd.Series(typed, dtype="boolean")
    return pd.Series(column, dtype="str")


def _workbook(names: list[str], columns: list[Cells]) -> bytes:
    import xlsxwriter

    out = io.BytesIO()
    options = {"in_memory": True, "strings_to_formulas": False, "strings_to_urls": False, "nan_inf_to_errors": True}
    with xlsxwriter.Workbook(out, options) as book:
        sheet = book.add_worksheet()
        for place, (name, column) in enumerate(zip(names, columns, strict=True)):
            sheet.write_string(0, place, name)
            for row, cell in enumerate(column, start=1):
                if cell is not None:
                    _write(sheet, row, place, cell)
    return out.getvalue()


def _write(sheet: object, row: int, place: int, cell: str) -> None:
    value = _typed(cell)
    if isinstance(value, bool):
        sheet.write_boolean(row, place, value)  # type: ignore[attr-defined]
    elif isinstance(value, int | float) and abs(value) < 1e15:
        sheet.write_number(row, place, value)  # type: ignore[attr-defined]
    else:
        sheet.write_string(row, place, cell)  # type: ignore[attr-defined]


_NAMES = {
    "csv": "t.csv",
    "semicolon": "t.csv",
    "tsv": "t.tsv",
    "json": "t.json",
    "jsonl": "t.jsonl",
    "parquet": "t.parquet",
    "xlsx": "t.xlsx",
}
_WRITERS = {
    "csv": lambda names, columns: _delimited(",", names, columns),
    "semicolon": lambda names, columns: _delimited(";", names, columns),
    "tsv": lambda names, columns: _delimited("\t", names, columns),
    "json": _json,
    "jsonl": _lines,
    "parquet": _parquet,
    "xlsx": _workbook,
}
