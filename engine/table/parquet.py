"""Reads a Parquet file into columns with their own dtypes; nested and exotic ones are turned into plain ones."""

from __future__ import annotations

import json
from typing import Any

import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from engine.errors import ReadError
from engine.limits import Limits
from engine.table import trial
from engine.table.bounds import cell_error, over_long
from engine.table.names import clean_names
from engine.table.notes import Notes, excerpt
from engine.table.source import limit_error

_NULLABLE = {
    pa.int8(): pd.Int8Dtype(),
    pa.int16(): pd.Int16Dtype(),
    pa.int32(): pd.Int32Dtype(),
    pa.int64(): pd.Int64Dtype(),
    pa.uint8(): pd.UInt8Dtype(),
    pa.uint16(): pd.UInt16Dtype(),
    pa.uint32(): pd.UInt32Dtype(),
    pa.uint64(): pd.UInt64Dtype(),
    pa.bool_(): pd.BooleanDtype(),
}

_AT_ONCE = 1_000  # nested values turned into text at once, and
_BYTES_AT_ONCE = 1 << 20  # of what size, at most


def read_parquet(data: bytes, notes: Notes, limits: Limits) -> tuple[pd.DataFrame, dict[str, Any]]:
    """The whole table. Raises ReadError for a damaged file and LimitError before unpacking too much."""
    try:
        file = pq.ParquetFile(pa.BufferReader(data))
        _check_declared(file.metadata, limits)
        trial.check(data, limits)
        table = trial.unpack(data)
        if table.nbytes > limits.max_unpacked_bytes:
            raise trial.too_large(limits)
        frame = _frame(table, notes, limits)
        writer = str(file.metadata.created_by or "")
    except (pa.ArrowException, OSError, ValueError, NotImplementedError, MemoryError, OverflowError) as error:
        why = excerpt(str(error))
        raise ReadError(f"The Parquet file cannot be read; it is damaged or of an unknown kind ({why}).") from error
    return frame, {"created_by": writer}


def _frame(table: pa.Table, notes: Notes, limits: Limits) -> pd.DataFrame:
    table = _flat(table, notes)
    if table.num_columns == 0:
        raise ReadError("The Parquet file has no columns.")
    _check_size(table.num_rows, table.num_columns, limits)
    names = clean_names(_without_index_names(table.column_names, notes), notes)
    series = [_column(table.column(i), name, notes, limits) for i, name in enumerate(names)]
    frame = pd.DataFrame(dict(enumerate(series)))
    frame.columns = pd.Index(names, dtype="str")
    return frame


def _check_declared(metadata: pq.FileMetaData, limits: Limits) -> None:
    _check_size(metadata.num_rows, metadata.num_columns, limits)
    unpacked = sum(metadata.row_group(i).total_byte_size for i in range(metadata.num_row_groups))
    if unpacked > limits.max_unpacked_bytes:
        what = f"The Parquet file unpacks to {unpacked:,} bytes"
        raise limit_error(what, limits.max_unpacked_bytes, "bytes once unpacked", "max_unpacked_bytes")


def _check_size(rows: int, columns: int, limits: Limits) -> None:
    if columns > limits.max_columns:
        raise limit_error(f"The table has {columns:,} columns", limits.max_columns, "columns", "max_columns")
    if rows * columns > limits.max_cells:
        what = f"The table has {rows:,} rows of {columns:,} columns"
        raise limit_error(what, limits.max_cells, "cells", "max_cells")


def _flat(table: pa.Table, notes: Notes) -> pa.Table:
    """Records inside a column become columns of their own, one level deep."""
    nested = [f.name for f in table.schema if pa.types.is_struct(f.type)]
    for name in nested:
        notes.add("nested", f"The records in “{excerpt(name)}” became columns “{excerpt(name)}.…”.", column=name)
    return table.flatten() if nested else table


def _without_index_names(names: list[str], notes: Notes) -> list[str]:
    plain = []
    for name in names:
        if name.startswith("__index_level_"):
            notes.add("index", "The row names that pandas had stored became a column “index”.", column="index")
            name = "index"
        plain.append(name)
    return plain


def _column(column: pa.ChunkedArray, name: str, notes: Notes, limits: Limits) -> pd.Series:
    column = _plain(column, name, notes, limits)
    if pa.types.is_string(column.type) or pa.types.is_large_string(column.type):
        if row := over_long(column, limits.max_cell_characters):
            raise cell_error(row, name, limits)
        return pd.Series(column.to_pandas(), dtype="str")
    nullable = _NULLABLE.get(column.type) if column.null_count else None
    if nullable is not None:
        return pd.Series(column.to_pandas(types_mapper=_NULLABLE.get))
    return pd.Series(column.to_pandas(date_as_object=False))


def _plain(column: pa.ChunkedArray, name: str, notes: Notes, limits: Limits) -> pa.ChunkedArray:
    """A column of numbers, truth values, dates, labels or text, whatever it was."""
    kind = column.type
    if isinstance(kind, pa.BaseExtensionType):
        return _plain(pa.chunked_array([c.storage for c in column.chunks], kind.storage_type), name, notes, limits)
    if pa.types.is_dictionary(kind):
        return _plain(column.cast(kind.value_type), name, notes, limits) if not _is_text(kind.value_type) else column
    if pa.types.is_nested(kind):
        notes.add("nested", f"Column “{excerpt(name)}” holds lists or records; it was read as JSON text.", column=name)
        return _as_json(column, name, limits)
    if pa.types.is_decimal(kind):
        notes.add("decimal", f"Column “{excerpt(name)}” holds exact decimals; they were read as numbers.", column=name)
        return pc.cast(column, pa.float64(), safe=False)
    if pa.types.is_time(kind) or pa.types.is_duration(kind) or pa.types.is_interval(kind):
        return _times(column, name, notes)
    if _is_binary(kind):
        return _binary(column, name, notes)
    if pa.types.is_null(kind) or _is_text(kind):
        return column.cast(pa.string() if not pa.types.is_large_string(kind) else kind)
    return column.cast(pa.float32()) if pa.types.is_float16(kind) else column


def _as_json(column: pa.ChunkedArray, name: str, limits: Limits) -> pa.ChunkedArray:
    """Lists and records as JSON text, few at a time: as Python's objects they take many times their bytes."""
    texts: list[pa.Array] = []
    total, row = 0, 0
    for chunk in column.chunks:
        at = 0
        while at < len(chunk):
            count = min(_AT_ONCE, len(chunk) - at)
            while count > 1 and chunk.slice(at, count).nbytes > _BYTES_AT_ONCE:
                count //= 2
            part = chunk.slice(at, count)
            # No value is written in fewer characters than a sixteenth of its bytes.
            if count == 1 and part.nbytes > 16 * limits.max_cell_characters + _BYTES_AT_ONCE:
                raise cell_error(row + 1, name, limits)
            written = [None if v is None else json.dumps(v, ensure_ascii=False, default=str) for v in part.to_pylist()]
            texts.append(pa.array(written, pa.large_string()))
            total += texts[-1].nbytes
            if total > limits.max_unpacked_bytes:
                what = f"The lists and records of column “{excerpt(name)}”, as JSON, have more than {total:,} bytes"
                raise limit_error(what, limits.max_unpacked_bytes, "bytes once unpacked", "max_unpacked_bytes")
            at, row = at + count, row + count
    return pa.chunked_array(texts, pa.large_string())


def _is_text(kind: pa.DataType) -> bool:
    return bool(pa.types.is_string(kind) or pa.types.is_large_string(kind) or pa.types.is_string_view(kind))


def _is_binary(kind: pa.DataType) -> bool:
    checks = (pa.types.is_binary, pa.types.is_large_binary, pa.types.is_fixed_size_binary, pa.types.is_binary_view)
    return any(check(kind) for check in checks)


def _times(column: pa.ChunkedArray, name: str, notes: Notes) -> pa.ChunkedArray:
    if pa.types.is_duration(column.type):
        per_second = {"s": 1, "ms": 10**3, "us": 10**6, "ns": 10**9}[column.type.unit]
        notes.add("duration", f"Column “{excerpt(name)}” holds durations; they were read as seconds.", column=name)
        return pc.divide(pc.cast(column.cast(pa.int64()), pa.float64(), safe=False), float(per_second))
    notes.add("time", f"Column “{excerpt(name)}” holds times of day; they were read as text.", column=name)
    values = [None if v is None else str(v) for v in column.to_pylist()]
    return pa.chunked_array([pa.array(values, pa.string())])


def _binary(column: pa.ChunkedArray, name: str, notes: Notes) -> pa.ChunkedArray:
    """Bytes that are UTF-8 text as such, others as hexadecimal digits."""
    values = column.to_pylist()
    try:
        texts = [None if v is None else v.decode("utf-8") for v in values]
    except UnicodeDecodeError:
        notes.add("binary", f"Column “{excerpt(name)}” holds bytes; they were read as hexadecimal digits.", column=name)
        texts = [None if v is None else v.hex() for v in values]
    return pa.chunked_array([pa.array(texts, pa.string())])
