"""Reads one sheet of an Excel workbook: finds the table on it and keeps the types of its cells."""

from __future__ import annotations

import io
from collections.abc import Iterable, Sequence
from typing import Any

import pandas as pd
from python_calamine import (
    CalamineError,
    CalamineSheet,
    CalamineWorkbook,
    SheetTypeEnum,
    SheetVisibleEnum,
    load_workbook,
)

from engine.errors import ReadError
from engine.limits import Limits
from engine.table import lostcells
from engine.table.bounds import cell_error
from engine.table.ends import looks_like_footer
from engine.table.layout import count_header_rows, is_title
from engine.table.names import clean_names, join_headers
from engine.table.notes import Notes, counted, excerpt, line_ranges
from engine.table.source import limit_error
from engine.table.typed import as_text, typed_column
from engine.table.workbook_guard import check_workbook

Row = list[Any]  # None is an empty cell
_SAMPLE_ROWS = 200


def read_spreadsheet(
    data: bytes, sheet: str | int | None, header: str | int, notes: Notes, limits: Limits
) -> tuple[pd.DataFrame, dict[str, Any]]:
    """The table on the chosen sheet, or on the first visible one that has any cells; and the facts found.

    Rows in findings are Excel's own row numbers. Raises ReadError and LimitError.
    """
    check_workbook(data, limits)
    rows, title = _parsed(data, sheet, notes, limits)
    lostcells.tell(data, title, notes, limits)
    frame, facts = _Sheet(rows, header, notes, limits).read()
    return frame, {"sheet": title, **facts}


def _parsed(data: bytes, sheet: str | int | None, notes: Notes, limits: Limits) -> tuple[list[Row], str]:
    """The rows of the chosen sheet, and its name."""
    try:
        with load_workbook(io.BytesIO(data)) as workbook:
            chosen = _choose(workbook, sheet, notes)
            return _rows(chosen, notes, limits), chosen.name
    except (CalamineError, OSError, ValueError, KeyError, OverflowError) as error:
        raise ReadError(f"The Excel file is damaged or of an unknown kind ({excerpt(str(error))}).") from error
    except BaseException as error:
        if type(error).__name__ != "PanicException":  # a failed assertion in native code; it cannot be imported
            raise
        raise ReadError("The Excel file is damaged in a way that its parser does not understand.") from error


def _choose(workbook: CalamineWorkbook, asked: str | int | None, notes: Notes) -> CalamineSheet:
    sheets = [m for m in workbook.sheets_metadata if m.typ == SheetTypeEnum.WorkSheet]
    names = [m.name for m in sheets]
    if not names:
        raise ReadError("The Excel file has no worksheet.")
    if asked is not None:
        return workbook.get_sheet_by_name(_asked_name(names, asked))
    visible = [m.name for m in sheets if m.visible == SheetVisibleEnum.Visible] or names
    filled = [n for n in visible if workbook.get_sheet_by_name(n).total_height > 0] if len(visible) > 1 else visible
    chosen = filled[0] if filled else visible[0]
    if len(names) > 1:
        listed = ", ".join(f"“{excerpt(n, most=30)}”" for n in names[:10]) + (", …" if len(names) > 10 else "")
        notes.add("sheet", f"The file has {len(names)} sheets ({listed}); “{excerpt(chosen)}” was read.")
    return workbook.get_sheet_by_name(chosen)


def _asked_name(names: Sequence[str], asked: str | int) -> str:
    if isinstance(asked, int) and 1 <= asked <= len(names):
        return names[asked - 1]
    if asked in names:
        return str(asked)
    listed = ", ".join(f"“{excerpt(n, most=30)}”" for n in names[:20])
    raise ReadError(f"There is no sheet “{asked}” in the Excel file; it has {listed}.")


def _rows(sheet: CalamineSheet, notes: Notes, limits: Limits) -> list[Row]:
    rows: list[Row] = sheet.to_python(skip_empty_area=False)
    most = limits.max_cell_characters
    for number, row in enumerate(rows, start=1):
        for place, value in enumerate(row):
            if isinstance(value, str):
                if len(value) > most:
                    raise cell_error(number, f"column {place + 1}", limits)
                if value == "":
                    row[place] = None
            elif isinstance(value, float) and value.is_integer() and abs(value) < 2**53:
                row[place] = int(value)  # Excel itself knows only one kind of number
    _fill_merged(sheet, rows, notes)
    return rows


def _fill_merged(sheet: CalamineSheet, rows: list[Row], notes: Notes) -> None:
    """A cell merged over several rows stands for each of them (over several columns, for the first only)."""
    for (top, left), (bottom, _) in sheet.merged_cell_ranges or []:
        if top >= len(rows) or left >= len(rows[top]) or rows[top][left] is None or bottom == top:
            continue
        for row in rows[top + 1 : bottom + 1]:
            row[left] = rows[top][left] if row[left] is None else row[left]
        message = f"A cell merged over rows {top + 1:,} to {bottom + 1:,} was filled into each."
        notes.repaired("merged_cells", message, row=top + 1)


class _Sheet:
    """The grid of one sheet, and the table found on it."""

    def __init__(self, rows: list[Row], header: str | int, notes: Notes, limits: Limits) -> None:
        self._rows, self._header, self._notes, self._limits = rows, header, notes, limits
        self._columns = self._used_columns(range(len(rows)))
        if not self._columns:
            raise ReadError("The sheet is empty.")
        if len(self._columns) > limits.max_columns:
            what = f"The sheet has {len(self._columns):,} columns"
            raise limit_error(what, limits.max_columns, "columns", "max_columns")

    def _used_columns(self, indices: Iterable[int]) -> list[int]:
        used: set[int] = set()
        for index in indices:
            used.update(i for i, v in enumerate(self._rows[index]) if v is not None)
        return sorted(used)

    def _cells(self, index: int) -> list[Any]:
        row = self._rows[index]
        return [row[c] for c in self._columns]

    def _texts(self, index: int) -> list[str | None]:
        return [None if v is None else as_text(v) for v in self._cells(index)]

    def read(self) -> tuple[pd.DataFrame, dict[str, Any]]:
        filled = [i for i, row in enumerate(self._rows) if any(v is not None for v in row)]
        start = self._start(filled)
        table = [i for i in filled if i >= start]
        count = self._header_rows(table)
        headers, body = table[:count], self._without_footer(table[count:])
        while len(headers) > 1 and is_title(self._texts(headers[0])):
            start = headers.pop(0) + 1
        self._tell(filled, start, headers, body)
        self._columns = self._used_columns([*headers, *body])  # titles and remarks may stand beside the table
        names = self._names(headers)
        cells = [self._cells(i) for i in body]
        columns = list(zip(*cells, strict=True)) if cells else [()] * len(names)
        frame = pd.DataFrame(
            {str(i): typed_column(c, n, self._notes) for i, (c, n) in enumerate(zip(columns, names, strict=True))}
        )
        frame.columns = pd.Index(names, dtype="str")
        return frame, {"header_rows": [i + 1 for i in headers], "first_row": body[0] + 1 if body else None}

    def _start(self, filled: Sequence[int]) -> int:
        """The first row with most of its cells filled that is followed by another such row."""
        if len(self._columns) == 1:
            return filled[0]
        counts = {i: sum(v is not None for v in self._cells(i)) for i in filled[:_SAMPLE_ROWS]}
        usual = sorted(counts.values())[len(counts) // 2]
        enough = max(2, (usual + 1) // 2)
        fitting = [i for i in counts if counts[i] >= enough]
        for place, index in enumerate(fitting):
            follower = next((i for i in filled if i > index), None)
            if follower is None or counts.get(follower, enough) >= enough or place == len(fitting) - 1:
                return index
        return filled[0]

    def _header_rows(self, table: Sequence[int]) -> int:
        if self._header == "none":
            return 0
        if isinstance(self._header, int):
            return min(self._header, len(table))
        texts = [self._texts(i) for i in table[:_SAMPLE_ROWS]]
        return count_header_rows(texts, len(self._columns))[0]

    def _without_footer(self, body: list[int]) -> list[int]:
        end = len(body)
        while end > 0 and self._is_footer(body[end - 1], body[end - 2] if end > 1 else None):
            end -= 1
        for index in body[end:]:
            text = " ".join(t for t in self._texts(index) if t)
            self._notes.warn("footer", f"Set aside as a footer: {excerpt(text)}", row=index + 1)
        return body[:end]

    def _is_footer(self, index: int, before: int | None) -> bool:
        texts = self._texts(index)
        if before is None:
            return False
        detached = index - before > 1
        return looks_like_footer(texts, len(self._columns), lone_text=detached)

    def _names(self, headers: Sequence[int]) -> list[str]:
        if not headers:
            return [f"column_{i}" for i in range(1, len(self._columns) + 1)]
        raw = join_headers([self._texts(i) for i in headers])
        for name in raw:
            if len(name) > self._limits.max_cell_characters:
                raise cell_error(None, excerpt(name, most=30), self._limits)
        return clean_names(raw, self._notes, row=headers[-1] + 1)

    def _tell(self, filled: Sequence[int], start: int, headers: Sequence[int], body: Sequence[int]) -> None:
        if above := [i for i in filled if i < start]:
            text = "; ".join(excerpt(" ".join(t for t in self._texts(i) if t), most=60) for i in above[:5])
            lines = line_ranges([i + 1 for i in above])
            self._notes.repaired(
                "preamble", f"Text above the table was set aside (row {lines}): {text}", row=above[0] + 1
            )
        if not headers:
            message = "No row of names was found; the columns are called column_1, column_2 and so on."
            self._notes.warn("no_header", message, row=start + 1)
        if len(headers) > 1:
            lines = line_ranges([i + 1 for i in headers])
            self._notes.add(
                "header_rows", f"The names stand in several rows ({lines}); they were joined.", row=headers[0] + 1
            )
        if body and (gaps := sorted(set(range(body[0], body[-1])) - set(body))):
            lines = line_ranges([i + 1 for i in gaps])
            skipped = counted(len(gaps), "empty row was", "empty rows were")
            self._notes.add("blank_lines", f"{skipped} skipped (row {lines}).", row=gaps[0] + 1)
