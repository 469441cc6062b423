"""The dtypes of typed sources: how a schema names them, and how parsed values become them again.

A storage name is the dtype's own ("int32", "Int8", "float32", "bool", "datetime64[ms, Europe/Oslo]", "str",
"date32[day][pyarrow]"), or

category:DTYPE          categories of that dtype ("object": strings), "category:DTYPE:ordered" when they are ordered;
                        `Column.levels` lists them
object:TYPE             Python objects of one type: str, bool, int, float, date, datetime, time, decimal

What has no plain form of its own (durations, periods, mixed objects) is read as text and stays text ("str").
"""

from __future__ import annotations

import datetime as dt
import decimal
import re
from collections.abc import Callable
from typing import Any

import numpy as np
import pandas as pd
from pandas.api import types as checks

from engine.errors import SchemaError
from engine.table import dates, numbers
from engine.table.schema import TEXT, Column, DateFormat, Kind, NumberFormat
from engine.table.typed import as_text

STR = "str"
_CATEGORY = "category:"
_OBJECT = "object:"
_ORDERED = ":ordered"
_DECIMAL = re.compile(r"decimal(128|256)\((\d+), ?(-?\d+)\)\[pyarrow\]")
_OBJECT_TYPES: dict[type, str] = {
    str: "str",
    bool: "bool",
    int: "int",
    float: "float",
    dt.datetime: "datetime",
    dt.date: "date",
    dt.time: "time",
    decimal.Decimal: "decimal",
}
_TRUE = {"true": True, "1": True, "yes": True, "false": False, "0": False, "no": False}


def storage_of(values: pd.Series) -> str:
    """The storage name of a column's dtype."""
    dtype = values.dtype
    if isinstance(dtype, pd.CategoricalDtype):
        inner = storage_of(pd.Series(dtype.categories))
        inner = "object" if inner.startswith(_OBJECT) else inner
        return f"{_CATEGORY}{inner}{_ORDERED if dtype.ordered else ''}"
    if checks.is_object_dtype(dtype):
        kinds = {_OBJECT_TYPES.get(type(v)) for v in values[values.notna()]}
        single = kinds.pop() if len(kinds) == 1 else None
        return f"{_OBJECT}{single}" if single else STR
    if is_text(dtype) or _plain_family(dtype):
        return str(dtype)
    return STR


def is_text(dtype: Any) -> bool:
    """Whether cells of this dtype are strings."""
    if isinstance(dtype, pd.ArrowDtype):
        return bool(dtype.kind == "U")
    return isinstance(dtype, pd.StringDtype)


def levels_of(values: pd.Series) -> tuple[str, ...] | None:
    """The declared categories as labels, in order; None for a column without."""
    if not isinstance(values.dtype, pd.CategoricalDtype):
        return None
    return tuple(as_label(v) for v in values.dtype.categories)


def as_label(value: Any) -> str:
    """A value as the text that stands for it in a parsed table."""
    if isinstance(value, np.generic):
        value = value.item()
    if isinstance(value, pd.Timestamp):
        value = value.to_pydatetime()
    return as_text(value)


def labels(values: pd.Series) -> pd.Series:
    """(rows,) cells of any dtype -> text labels in dtype "str", missing kept."""
    if is_text(values.dtype):
        return pd.Series(values.astype("str"))
    codes, distinct = pd.factorize(values)
    table = np.array([as_label(v) for v in distinct] + [None], dtype=object)
    return pd.Series(table[codes], index=values.index, dtype=STR, name=values.name)


def check(column: Column) -> None:
    """Raises SchemaError when the column's storage names no dtype."""
    if column.storage != TEXT:
        _target(column.storage, column)


def restore(values: pd.Series, column: Column, text: Callable[[pd.Series], pd.Series]) -> pd.Series:
    """(rows,) parsed values with the dtype of the source; `text` writes them in the source's format.

    Whole numbers without room for missing cells take the nullable dtype where some are missing.
    """
    storage = column.storage
    if storage == TEXT:
        return values
    if storage.startswith(_CATEGORY):
        return _categories(values, column, text)
    if storage.startswith(_OBJECT):
        return _objects(values, column, storage.removeprefix(_OBJECT), text)
    return _cast(_natural(values, column, text), _target(storage, column))


def _target(storage: str, column: Column) -> Any:
    """The pandas dtype of a storage name; None for categories and objects."""
    inner = storage.removeprefix(_CATEGORY).removesuffix(_ORDERED)
    if storage == f"{_CATEGORY}object" or inner == "object":
        return None
    if storage.startswith(_OBJECT) and storage.removeprefix(_OBJECT) in _OBJECT_TYPES.values():
        return None
    try:
        if found := _DECIMAL.fullmatch(inner):
            import pyarrow as pa

            make = pa.decimal128 if found[1] == "128" else pa.decimal256
            return pd.ArrowDtype(make(int(found[2]), int(found[3])))
        if inner.endswith("[pyarrow]"):
            import pyarrow as pa

            return _arrow(inner.removesuffix("[pyarrow]"), pa)
        return checks.pandas_dtype(inner)
    except (TypeError, ValueError, KeyError) as error:
        raise SchemaError(f"Column “{column.name}”: there is no dtype “{storage}”.", column=column.name) from error


def _arrow(name: str, pa: Any) -> pd.ArrowDtype:
    if found := re.fullmatch(r"timestamp\[(s|ms|us|ns)(?:, tz=(.+))?\]", name):
        return pd.ArrowDtype(pa.timestamp(found[1], found[2]))
    return pd.ArrowDtype(pa.type_for_alias(name.replace("date32[day]", "date32").replace("date64[ms]", "date64")))


def _plain_family(dtype: Any) -> bool:
    if isinstance(dtype, pd.ArrowDtype):
        import pyarrow.types as arrow

        kinds = (
            arrow.is_integer, arrow.is_floating, arrow.is_boolean, arrow.is_decimal, arrow.is_date, arrow.is_timestamp,
            arrow.is_time,
        )  # fmt: skip
        return any(kind(dtype.pyarrow_dtype) for kind in kinds)
    families = (checks.is_integer_dtype, checks.is_float_dtype, checks.is_bool_dtype, checks.is_datetime64_any_dtype)
    return any(family(dtype) for family in families)


def _natural(values: pd.Series, column: Column, text: Callable[[pd.Series], pd.Series]) -> pd.Series:
    """Values whose dtype is of the storage's own family: numbers, truth values, dates or text."""
    target = _target(column.storage, column)
    family = _family(target)
    if family == _family(values.dtype) or (family == "number" and column.kind in (Kind.INTEGER, Kind.DECIMAL)):
        return values
    written = values if is_text(values.dtype) else text(values)
    return read_labels(written, family, target)


def _family(dtype: Any) -> str:
    if is_text(dtype):
        return "text"
    if checks.is_bool_dtype(dtype):
        return "truth"
    if isinstance(dtype, pd.ArrowDtype) and str(dtype.pyarrow_dtype).startswith("time"):
        return "date" if str(dtype.pyarrow_dtype).startswith("timestamp") else "time"
    if isinstance(dtype, pd.ArrowDtype) and str(dtype.pyarrow_dtype).startswith("date"):
        return "date"
    return "date" if checks.is_datetime64_any_dtype(dtype) else "number"


def read_labels(cells: pd.Series, family: str, target: Any) -> pd.Series:
    """(rows,) text labels -> values of a family. Raises ValueError for a label that is none."""
    if family == "truth":
        return cells.str.strip().str.lower().map(_TRUE).astype("boolean")
    if family == "date":
        zone = getattr(target, "tz", None) or getattr(getattr(target, "pyarrow_dtype", None), "tz", None)
        return dates.from_iso(cells, DateFormat(timezone=str(zone) if zone else None))
    if family == "number":
        whole, fits = numbers.to_integers(cells, NumberFormat())
        missing = cells.isna().to_numpy()
        if bool((fits | missing).all()):
            return pd.Series(pd.arrays.IntegerArray(whole, missing.copy()), index=cells.index)
        return pd.Series(numbers.to_floats(cells, NumberFormat()), index=cells.index)
    return cells


def _cast(values: pd.Series, target: Any) -> pd.Series:
    if isinstance(target, pd.ArrowDtype):
        return _to_arrow(values, target)
    if checks.is_integer_dtype(target):
        return _to_integers(values, target)
    if isinstance(target, pd.DatetimeTZDtype) and values.dt.tz is None:
        return pd.Series(values.dt.tz_localize("UTC").astype(target))
    if (
        checks.is_datetime64_any_dtype(target)
        and not isinstance(target, pd.DatetimeTZDtype)
        and values.dt.tz is not None
    ):
        return pd.Series(values.dt.tz_convert("UTC").dt.tz_localize(None).astype(target))
    if checks.is_bool_dtype(target) and values.isna().any():
        return values.astype("boolean")
    if checks.is_float_dtype(target) and str(values.dtype) == "Int64" and not checks.is_extension_array_dtype(target):
        return pd.Series(values.to_numpy(dtype=target, na_value=np.nan), index=values.index, name=values.name)
    return values.astype(target)


def _to_integers(values: pd.Series, target: Any) -> pd.Series:
    """Whole numbers of the target's size; wider or nullable where they would not fit."""
    whole = values if str(values.dtype) == "Int64" else values.astype("Float64").round().astype("Int64")
    known = whole.dropna()
    numpy_type = target.numpy_dtype if hasattr(target, "numpy_dtype") else target
    bounds = np.iinfo(numpy_type)
    if len(known) and (int(known.min()) < bounds.min or int(known.max()) > bounds.max):
        return whole
    if whole.isna().any() and not checks.is_extension_array_dtype(target):
        return whole.astype(numpy_type.name.replace("i", "I").replace("uI", "UI"))
    return whole.astype(target)


def _to_arrow(values: pd.Series, target: pd.ArrowDtype) -> pd.Series:
    import pyarrow as pa

    kind = target.pyarrow_dtype
    present = values.notna()
    cells: list[Any] = [None] * len(values)
    made = _python_values(values, kind, pa)
    for place, ok in enumerate(present.to_numpy()):
        if ok:
            cells[place] = made[place]
    array = pa.chunked_array([pa.array(cells, type=kind)])
    return pd.Series(pd.arrays.ArrowExtensionArray(array), index=values.index, name=values.name)


def _python_values(values: pd.Series, kind: Any, pa: Any) -> list[Any]:
    if pa.types.is_decimal(kind):
        return [None if pd.isna(v) else as_decimal(v, kind.scale) for v in values]
    if pa.types.is_date(kind):
        return list(values.dt.date)
    if pa.types.is_time(kind):
        return [dt.time.fromisoformat(v) if isinstance(v, str) else v for v in values]
    if pa.types.is_timestamp(kind):
        return [None if pd.isna(v) else v.to_pydatetime() for v in values]
    if pa.types.is_integer(kind):
        return [None if pd.isna(v) else int(v) for v in values]
    return list(values)


def as_decimal(value: float, scale: int) -> decimal.Decimal:
    return decimal.Decimal(repr(float(value))).quantize(decimal.Decimal(1).scaleb(-scale))


def _categories(values: pd.Series, column: Column, text: Callable[[pd.Series], pd.Series]) -> pd.Series:
    """A pandas categorical with the declared categories; labels beyond those are added behind them."""
    ordered = column.storage.endswith(_ORDERED)
    written = values if is_text(values.dtype) else text(values)
    declared = list(column.levels or ())
    beyond = [v for v in written.dropna().unique().tolist() if v not in set(declared)]
    all_labels = pd.Series([*declared, *beyond], dtype=STR)
    target = _target(column.storage, column)
    if target is None or is_text(target):
        categories = all_labels.astype(target or object)
    else:
        categories = _cast(read_labels(all_labels, _family(target), target), target)
    codes = pd.Index(all_labels).get_indexer(pd.Index(written))
    codes[written.isna().to_numpy()] = -1
    made = pd.Categorical.from_codes(codes, categories=pd.Index(categories), ordered=ordered)
    return pd.Series(made, index=values.index, name=values.name)


def _objects(values: pd.Series, column: Column, kind: str, text: Callable[[pd.Series], pd.Series]) -> pd.Series:
    """Python objects of one type, None where missing."""
    if kind == "str":
        made: list[Any] = list(values if is_text(values.dtype) else text(values))
    elif kind in ("date", "datetime", "time"):
        made = _moments(values, column, kind, text)
    else:
        if is_text(values.dtype) or kind == "bool":
            values = values if checks.is_bool_dtype(values.dtype) else _from_text(values, kind, text)
        make: dict[str, Callable[[Any], Any]] = {
            "bool": bool,
            "int": int,
            "float": float,
            "decimal": lambda v: as_decimal(v, column.decimals) if column.decimals <= 15 else decimal.Decimal(repr(v)),
        }
        made = [None if pd.isna(v) else make[kind](v) for v in values]
    cells = np.empty(len(made), dtype=object)
    cells[:] = [None if v is None or v is pd.NaT or v is pd.NA or v != v else v for v in made]
    return pd.Series(cells, index=values.index, name=values.name, dtype=object)


def _from_text(values: pd.Series, kind: str, text: Callable[[pd.Series], pd.Series]) -> pd.Series:
    written = values if is_text(values.dtype) else text(values)
    return read_labels(written, "truth" if kind == "bool" else "number", None)


def _moments(values: pd.Series, column: Column, kind: str, text: Callable[[pd.Series], pd.Series]) -> list[Any]:
    if is_text(values.dtype):
        make = {"date": dt.date.fromisoformat, "datetime": dt.datetime.fromisoformat, "time": dt.time.fromisoformat}
        return [make[kind](v) if isinstance(v, str) else None for v in values]
    if not checks.is_datetime64_any_dtype(values.dtype):
        return list(text(values))
    if kind == "date":
        return list(values.dt.date)
    return list(values.dt.time) if kind == "time" else [None if pd.isna(v) else v.to_pydatetime() for v in values]
