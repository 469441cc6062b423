"""Writes tables: text formats in the source's own number and date formats, typed formats with the source's types.

The same table always gives the same bytes.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path

import pandas as pd

from engine.errors import WriteError
from engine.table import formulas as runnable
from engine.table.schema import Schema


@dataclass(frozen=True, slots=True)
class OutputFormat:
    """A format that tables can be written in."""

    key: str
    label: str
    suffix: str
    mime: str


_XLSX_MIME = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
FORMATS: dict[str, OutputFormat] = {
    f.key: f
    for f in (
        OutputFormat("csv", "CSV", ".csv", "text/csv"),
        OutputFormat("csv.gz", "CSV, compressed", ".csv.gz", "application/gzip"),
        OutputFormat("tsv", "TSV (tab-separated)", ".tsv", "text/tab-separated-values"),
        OutputFormat("parquet", "Parquet", ".parquet", "application/vnd.apache.parquet"),
        OutputFormat("xlsx", "Excel", ".xlsx", _XLSX_MIME),
        OutputFormat("json", "JSON", ".json", "application/json"),
        OutputFormat("jsonl", "JSON Lines", ".jsonl", "application/x-ndjson"),
    )
}
_OTHER_SUFFIXES = {".tab": "tsv", ".txt": "csv", ".pq": "parquet", ".ndjson": "jsonl", ".gz": "csv.gz"}


def to_bytes(table: pd.DataFrame, schema: Schema, format: str, formulas: str = runnable.NEUTRALISE) -> bytes:
    """The table (parsed or restored) as a file's bytes. Columns come in the schema's order.

    formulas: "neutralise" or "keep" cells and names that a spreadsheet might run (see `engine.table.formulas`).
    Raises WriteError when the format is unknown or cannot hold the table.
    """
    runnable.check(formulas)
    if format not in FORMATS:
        raise WriteError(f"There is no format “{format}”; choose one of {', '.join(FORMATS)}.")
    schema = _fitted(schema, table)
    return _WRITERS[format](schema.parse(table), schema, formulas)


def format_of(path: str | Path) -> str:
    """The format's key by a file's ending. Raises WriteError for an ending that stands for none."""
    name = Path(path).name.lower()
    by_length = sorted(FORMATS.values(), key=lambda f: -len(f.suffix))
    found = next((f.key for f in by_length if name.endswith(f.suffix)), None)
    found = found or next((key for suffix, key in _OTHER_SUFFIXES.items() if name.endswith(suffix)), None)
    if found is None:
        known = ", ".join(f.suffix for f in FORMATS.values())
        raise WriteError(f"The ending of “{Path(path).name}” names no format; use one of {known}.")
    return found


def write_file(table: pd.DataFrame, path: str | Path, schema: Schema, formulas: str = runnable.NEUTRALISE) -> None:
    """Write the table in the format that the path's ending names; the file appears whole or not at all.

    formulas: as in `to_bytes`. Raises WriteError.
    """
    from engine.files import replacing

    path = Path(path)
    data = to_bytes(table, schema, format_of(path), formulas)
    try:
        with replacing(path) as temporary:
            temporary.write_bytes(data)
    except OSError as error:
        raise WriteError(f"The file “{path}” cannot be written ({error.strerror or error}).") from error


def _fitted(schema: Schema, table: pd.DataFrame) -> Schema:
    """The schema of just the table's columns."""
    unknown = [str(c) for c in table.columns if c not in schema]
    if unknown:
        raise WriteError(f"Column “{unknown[0]}” is not in the schema.", column=unknown[0])
    if not len(table.columns):
        raise WriteError("The table has no columns to write.")
    present = set(table.columns)
    return replace(schema, columns=tuple(c for c in schema if c.name in present))


def _csv(table: pd.DataFrame, schema: Schema, formulas: str) -> bytes:
    from engine.table.writetext import delimited_bytes

    return delimited_bytes(schema.to_text(table), schema, ",", formulas)


def _tsv(table: pd.DataFrame, schema: Schema, formulas: str) -> bytes:
    from engine.table.writetext import delimited_bytes

    return delimited_bytes(schema.to_text(table), schema, "\t", formulas)


def _csv_gz(table: pd.DataFrame, schema: Schema, formulas: str) -> bytes:
    import gzip

    return gzip.compress(_csv(table, schema, formulas), compresslevel=6, mtime=0)


def _parquet(table: pd.DataFrame, schema: Schema, formulas: str) -> bytes:
    from engine.table.writetyped import parquet_bytes

    return parquet_bytes(schema.restore(table))


def _xlsx(table: pd.DataFrame, schema: Schema, formulas: str) -> bytes:
    from engine.table.writeexcel import xlsx_bytes

    return xlsx_bytes(schema.restore(table), schema, formulas)


def _json(table: pd.DataFrame, schema: Schema, formulas: str) -> bytes:
    from engine.table.writetyped import json_bytes

    return json_bytes(schema.restore(table), schema, lines=False)


def _jsonl(table: pd.DataFrame, schema: Schema, formulas: str) -> bytes:
    from engine.table.writetyped import json_bytes

    return json_bytes(schema.restore(table), schema, lines=True)


_WRITERS: dict[str, Callable[[pd.DataFrame, Schema, str], bytes]] = {
    "csv": _csv,
    "csv.gz": _csv_gz,
    "tsv": _tsv,
    "parquet": _parquet,
    "xlsx": _xlsx,
    "json": _json,
    "jsonl": _jsonl,
}
