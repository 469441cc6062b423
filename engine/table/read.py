"""Reads a table from a file of any usual kind: bytes, a path or an open file.

The content decides what kind of file it is, the name only where the content leaves it open. Whatever was guessed,
repaired or set aside is in the findings; what cannot be read is a ReadError of one sentence.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, BinaryIO

import pandas as pd

from engine.errors import ReadError
from engine.limits import Limits
from engine.table.filetypes import JSON, PARQUET, SPREADSHEET, content_type, table_name, unpack
from engine.table.findings import Finding
from engine.table.notes import Notes, counted
from engine.table.source import Source, load


@dataclass(frozen=True, slots=True)
class ReadOptions:
    """What the person prescribes; None and "auto" mean: find out.

    encoding: Python's name of a text encoding; delimiter: one or several characters; quote: one character;
    header: "auto", "none", or the number of header rows; sheet: a name, or a number from 1;
    decimal: "." or "," (a comma that is the decimal mark does not delimit).
    """

    encoding: str | None = None
    delimiter: str | None = None
    quote: str | None = None
    header: str | int = "auto"
    sheet: str | int | None = None
    decimal: str | None = None

    def __post_init__(self) -> None:
        header = self.header
        number = isinstance(header, int) and not isinstance(header, bool) and 1 <= header <= 20
        if not number and header not in ("auto", "none"):
            raise ReadError(f"header must be “auto”, “none” or a number of rows from 1 to 20, not {header!r}.")
        if self.delimiter == "" or (self.delimiter and ("\n" in self.delimiter or "\r" in self.delimiter)):
            raise ReadError("The delimiter must be one or more characters, and no line end.")
        if self.quote is not None and len(self.quote) != 1:
            raise ReadError("The quote must be one character.")
        if self.decimal not in (None, ".", ","):
            raise ReadError(f"The decimal mark must be “.” or “,”, not {self.decimal!r}.")


@dataclass(slots=True)
class Reading:
    """A raw table and all that is known about how it was read.

    frame: text formats give columns of dtype "str", missing only where a cell is absent or empty without quotes;
    Parquet, Excel and JSON give their own dtypes. Unique names that are not empty, rows numbered from 0.
    format: "csv", "tsv", "parquet", "xlsx", "json" or "jsonl"; name: the file's without folders and endings;
    facts: encoding, delimiter, quote, header lines, ... and under "lines" every line concerned by code of finding.
    """

    frame: pd.DataFrame
    findings: list[Finding]
    format: str
    name: str
    facts: dict[str, Any] = field(default_factory=dict)


def read_table(
    source: bytes | bytearray | BinaryIO | str | Path,
    *,
    name: str | None = None,
    options: ReadOptions | None = None,
    limits: Limits | None = None,
) -> Reading:
    """Read one table. `name` helps where the content does not show the kind of file.

    Limits come from the environment unless given. Raises ReadError, and LimitError with the setting to change.
    """
    options = options or ReadOptions()
    limits = limits or Limits.from_environment()
    notes = Notes()
    file = unpack(load(source, name, limits), notes, limits)
    if not file.data:
        raise ReadError("The file is empty.")
    frame, kind, facts = _read(file, options, notes, limits)
    facts = {**facts, "rows": len(frame), "columns": frame.shape[1], "lines": notes.rows}
    if frame.empty:
        named = counted(frame.shape[1], "column", "columns")
        notes.warn("no_rows", f"The file names {named} but has no rows, so there is nothing to learn from.")
    return Reading(frame, notes.findings(), kind, table_name(file.name), facts)


def _read(file: Source, options: ReadOptions, notes: Notes, limits: Limits) -> tuple[pd.DataFrame, str, dict[str, Any]]:
    """The frame, its format and the facts, by what the content is."""
    content = content_type(file.data)
    if content == PARQUET:
        from engine.table.parquet import read_parquet

        frame, facts = read_parquet(file.data, notes, limits)
        return frame, "parquet", facts
    if content == SPREADSHEET:
        from engine.table.spreadsheet import read_spreadsheet

        frame, facts = read_spreadsheet(file.data, options.sheet, options.header, notes, limits)
        return frame, "xlsx", facts
    return _read_text(file, options, notes, limits)


def _read_text(
    file: Source, options: ReadOptions, notes: Notes, limits: Limits
) -> tuple[pd.DataFrame, str, dict[str, Any]]:
    from engine.table.delimited import DelimitedOptions, read_delimited
    from engine.table.encoding import to_utf8

    decoded = to_utf8(file.data, options.encoding, notes)
    facts: dict[str, Any] = {"encoding": decoded.encoding}
    if content_type(decoded.data) == JSON:
        from engine.table.jsonfile import read_json

        found = read_json(decoded.data, file.name, notes, limits)
        if found is not None:
            return found.frame, found.format, {**facts, **found.facts}
    chosen = DelimitedOptions(options.delimiter, options.quote, options.header, options.decimal)
    frame, more = read_delimited(decoded.data, chosen, notes, limits)
    return frame, "tsv" if more["delimiter"] == "\t" else "csv", {**facts, **more}
