"""Parquet and JSON with the table's own types."""

from __future__ import annotations

import io
import json
import math
from collections.abc import Callable
from typing import Any

import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq

from engine.errors import WriteError
from engine.table.schema import Column, Schema


def parquet_bytes(frame: pd.DataFrame) -> bytes:
    """Parquet (compressed with zstd), without pandas' own notes on the index."""
    try:
        table = pa.Table.from_pandas(frame, preserve_index=False).replace_schema_metadata(None)
    except (pa.ArrowException, TypeError, ValueError) as error:
        raise WriteError(f"The table cannot be written as Parquet ({error}).") from error
    out = io.BytesIO()
    pq.write_table(table, out, compression="zstd")
    return out.getvalue()


def json_bytes(frame: pd.DataFrame, schema: Schema, *, lines: bool) -> bytes:
    """A list of records, or one record per line; missing cells are null, dates are text in ISO form."""
    names = [json.dumps(str(name), ensure_ascii=False) for name in frame.columns]
    columns = [_cells(frame.iloc[:, i], schema[str(name)]) for i, name in enumerate(frame.columns)]
    records = [
        "{" + ", ".join(map(": ".join, zip(names, row, strict=True))) + "}" for row in zip(*columns, strict=True)
    ]
    if lines:
        text = "".join(f"{record}\n" for record in records)
    else:
        text = "[\n" + ",\n".join(records) + "\n]\n" if records else "[]\n"
    return text.encode("utf-8", "backslashreplace")


def _cells(values: pd.Series, column: Column) -> list[str]:
    """One column's cells as JSON."""
    missing = values.isna().to_numpy()
    encode = _encoder(values, column)
    return ["null" if absent else encode(value) for value, absent in zip(values.to_list(), missing, strict=True)]


def _encoder(values: pd.Series, column: Column) -> Callable[[Any], str]:
    kind = values.dtype
    if pd.api.types.is_bool_dtype(kind):
        return lambda v: "true" if v else "false"
    if pd.api.types.is_integer_dtype(kind):
        return lambda v: str(int(v))
    if pd.api.types.is_float_dtype(kind):
        return _float32 if str(kind).lower() == "float32" else _float
    if isinstance(kind, pd.DatetimeTZDtype) or pd.api.types.is_datetime64_dtype(kind):
        whole_days = column.date is not None and column.date.resolution in ("Y", "M", "D") and values.dt.tz is None
        return lambda v: f'"{(v.date() if whole_days else v).isoformat()}"'
    return lambda v: json.dumps(str(v), ensure_ascii=False)


def _float(value: float) -> str:
    """Infinities as numbers too large for any float, which is how JSON can carry them."""
    if math.isinf(value):
        return "1e999" if value > 0 else "-1e999"
    return repr(float(value))


def _float32(value: float) -> str:
    import numpy as np

    return _float(value) if math.isinf(value) else str(np.float32(value))
