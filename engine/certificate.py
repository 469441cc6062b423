"""A certificate for a file that is given out: what was checked on its very bytes, column by column.

The bytes are read again with plain readers (pandas, pyarrow, json), not with our own, so that the certificate says what
another program will find there. Each check is passed, failed or not applicable, with a sentence.
"""

from __future__ import annotations

import hashlib
import io
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import TYPE_CHECKING, Any

from engine.errors import DataError, TwinError, WriteError
from engine.table import formulas
from engine.table.schema import TEXT, Column, Kind, Schema

if TYPE_CHECKING:
    import pandas as pd

VERSION = 1
_ISO = r"-?\d{4,}-\d{2}-\d{2}(T\d{2}:\d{2}:\d{2}(\.\d+)?([+-]\d{2}:\d{2}(:\d{2})?)?)?"  # as JSON holds dates
_SPELLED = (Kind.INTEGER, Kind.DECIMAL, Kind.DATETIME, Kind.BOOLEAN)  # kinds whose values text can hold in many ways
_POINTS, _ERRORS = 0.02, 4.0  # how far a missing rate may be off: in all, and in standard errors


class What(StrEnum):
    """What a check is about."""

    TYPE = "type"
    FORMAT = "format"
    MISSING = "missing"
    CATEGORIES = "categories"
    RANGE = "range"
    KEYS = "keys"
    NEW = "new values"
    RULES = "rules"
    FORMULAS = "formulas"
    SIZE = "size"


@dataclass(frozen=True, slots=True)
class Check:
    what: What
    passed: bool
    sentence: str

    def to_json(self) -> dict[str, Any]:
        return {"what": str(self.what), "passed": self.passed, "sentence": self.sentence}


@dataclass(frozen=True, slots=True)
class Certificate:
    """table: checks of the file as a whole; columns: of each column, in order; compared: with the real table or not."""

    format: str
    sha256: str
    size: int  # bytes
    rows: int
    table: tuple[Check, ...]
    columns: Mapping[str, tuple[Check, ...]] = field(default_factory=dict)
    compared: bool = True

    @property
    def failed(self) -> tuple[tuple[str, Check], ...]:
        """The failed checks with their column, “” for the file as a whole."""
        every = [("", check) for check in self.table]
        every += [(name, check) for name, checks in self.columns.items() for check in checks]
        return tuple((name, check) for name, check in every if not check.passed)

    def to_json(self) -> dict[str, Any]:
        return {
            "version": VERSION,
            "format": self.format,
            "sha256": self.sha256,
            "bytes": self.size,
            "rows": self.rows,
            "passed": not self.failed,
            "compared_with_real": self.compared,
            "table": [check.to_json() for check in self.table],
            "columns": [
                {"name": name, "checks": [check.to_json() for check in checks]} for name, checks in self.columns.items()
            ],
        }


@dataclass(frozen=True, slots=True)
class Expected:
    """What a file should be like.

    real: the real table, parsed, or None where it is not at hand: then only what needs no real row is checked; rows:
    how many were asked for; going_on: columns whose values may lie beyond the real range (time that goes on); label: a
    category of the person's own that rare ones were joined under; formulas: what was to become of cells that a
    spreadsheet might run.
    """

    schema: Schema
    real: pd.DataFrame | None
    rows: int
    going_on: frozenset[str] = frozenset()
    label: str | None = None
    formulas: str = formulas.NEUTRALISE


def certify(content: bytes, format: str, expected: Expected) -> Certificate:
    """Check a file's bytes, written in a format of `engine.table.write`, against what was asked for.

    Raises WriteError for an unknown format, and where the bytes cannot be read at all.
    """
    if format not in _READERS:
        raise WriteError(f"There is no format “{format}”; choose one of {', '.join(_READERS)}.")
    try:
        found = _READERS[format](content)
    except (ValueError, OSError, KeyError) as error:
        raise WriteError(f"The file that was written cannot be read again ({error}).") from error
    schema = expected.schema.selected
    written = [str(name) for name in found.columns]
    names = [formulas.undone(name, schema.names) for name in written]
    found.columns = names
    ordered = names == list(schema.names)
    table = [
        Check(What.SIZE, len(found) == expected.rows, f"{len(found):,} rows; {expected.rows:,} were asked for."),
        Check(
            What.SIZE,
            ordered,
            f"{len(names)} columns, {'those' if ordered else 'not those'} of the real table in order.",
        ),
    ]
    columns: dict[str, tuple[Check, ...]] = {}
    parsed: dict[str, pd.Series] = {}
    for column in schema:
        if column.name not in names:
            columns[column.name] = (Check(What.TYPE, False, "The column is absent."),)
            continue
        checks, values = _column(found[column.name], column, format, expected)
        columns[column.name] = checks
        if values is not None:
            parsed[column.name] = values
    table += [*_names(written, format, expected), *_rules(parsed, schema, expected.real)]
    digest = hashlib.sha256(content).hexdigest()
    return Certificate(format, digest, len(content), len(found), tuple(table), columns, expected.real is not None)


# Reading again


def _delimited(delimiter: str) -> Callable[[bytes], pd.DataFrame]:
    def read(content: bytes) -> pd.DataFrame:
        """Every cell as text; missing where nothing stands, not even quotes."""
        import pandas as pd
        from pyarrow import csv, string

        names = _header(content, delimiter)
        places = [str(place) for place in range(len(names))]
        block = min(max(len(content) + 1, 2**20), 2**31 - 1)  # a cell must not reach over two blocks
        cells = csv.read_csv(
            io.BytesIO(content),
            csv.ReadOptions(column_names=places, skip_rows_after_names=1, block_size=block),
            csv.ParseOptions(delimiter=delimiter, newlines_in_values=True, ignore_empty_lines=False),
            csv.ConvertOptions(
                column_types=dict.fromkeys(places, string()),
                null_values=[""],
                strings_can_be_null=True,
                quoted_strings_can_be_null=False,
            ),
        ).to_pandas()
        return _without_marks(cells).set_axis(pd.Index(names, dtype="str"), axis=1)

    return read


def _header(content: bytes, delimiter: str) -> list[str]:
    import csv

    return next(csv.reader(io.TextIOWrapper(io.BytesIO(content), "utf-8", newline=""), delimiter=delimiter), [])


def _without_marks(cells: pd.DataFrame) -> pd.DataFrame:
    """A row without any value begins with a pair of quotes that stand for nothing (see `engine.table.writetext`)."""
    if not len(cells.columns):
        return cells
    first = cells.iloc[:, 0]
    return cells.assign(**{str(cells.columns[0]): first.mask(first.eq("") & cells.iloc[:, 1:].isna().all(axis=1))})


def _zipped(content: bytes) -> pd.DataFrame:
    import gzip

    return _delimited(",")(gzip.decompress(content))


def _parquet(content: bytes) -> pd.DataFrame:
    """Whole numbers and truth values stay what they are where some are missing."""
    import pandas as pd
    import pyarrow as pa
    from pyarrow import parquet

    nullable: dict[Any, Any] = {pa.bool_(): pd.BooleanDtype()}
    for bits in (8, 16, 32, 64):
        nullable[getattr(pa, f"int{bits}")()] = getattr(pd, f"Int{bits}Dtype")()
        nullable[getattr(pa, f"uint{bits}")()] = getattr(pd, f"UInt{bits}Dtype")()
    frame: pd.DataFrame = parquet.read_table(io.BytesIO(content)).to_pandas(types_mapper=nullable.get)
    return frame


def _excel(content: bytes) -> pd.DataFrame:
    import pandas as pd

    return pd.read_excel(io.BytesIO(content), engine="calamine", dtype=object, keep_default_na=False, na_values=[""])


def _json(content: bytes) -> pd.DataFrame:
    import json

    return _records(json.loads(content))


def _lines(content: bytes) -> pd.DataFrame:
    import json

    return _records([json.loads(line) for line in content.splitlines() if line.strip()])


def _records(records: list[dict[str, Any]]) -> pd.DataFrame:
    """Every cell as JSON has it: a whole number beside a missing one must not become a float."""
    import pandas as pd

    names = list(records[0]) if records else []
    return pd.DataFrame({name: pd.Series([r.get(name) for r in records], dtype=object) for name in names})


_READERS: Mapping[str, Callable[[bytes], Any]] = {
    "csv": _delimited(","),
    "csv.gz": _zipped,
    "tsv": _delimited("\t"),
    "parquet": _parquet,
    "xlsx": _excel,
    "json": _json,
    "jsonl": _lines,
}


# Checking one column


def _column(
    cells: pd.Series, column: Column, format: str, expected: Expected
) -> tuple[tuple[Check, ...], pd.Series | None]:
    from engine.table.convert import parse_column

    bare, marked, open_ = _unmarked(cells, column, format, expected)
    try:
        values = parse_column(bare, column)
    except (DataError, TwinError) as error:
        return (Check(What.TYPE, False, str(error)),), None
    real = None if expected.real is None else expected.real[column.name]
    checks = [_type(cells, column, format, values if real is None else real), *_format(bare, values, column, format)]
    checks += [] if real is None else [_missing(values, real), *_values(values, column, real, expected)]
    checks += _run(marked, open_, "cells", expected)
    return tuple(checks), values


def _unmarked(cells: pd.Series, column: Column, format: str, expected: Expected) -> tuple[pd.Series, int, int]:
    """Cells of a text file without the apostrophes put before formulas, how many had one, and how many lack one."""
    import pandas as pd

    if format not in formulas.TEXT_FORMATS:
        return cells, 0, 0
    real = None if expected.real is None else expected.real[column.name]
    known = set(real.dropna()) if real is not None and pd.api.types.is_string_dtype(real.dtype) else set()
    bare, marked = formulas.restored(cells, known)
    tally = cells.value_counts()
    return bare, marked, int(sum(many for cell, many in tally.items() if formulas.is_formula(str(cell))))


def _names(written: list[str], format: str, expected: Expected) -> list[Check]:
    """What became of names of columns that a spreadsheet might run."""
    if format not in formulas.TEXT_FORMATS:
        return []
    marked = sum(formulas.undone(name, expected.schema.names) != name for name in written)
    return _run(marked, sum(map(formulas.is_formula, written)), "names of columns", expected)


def _run(marked: int, open_: int, what: str, expected: Expected) -> list[Check]:
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


def _type(cells: pd.Series, column: Column, format: str, real: pd.Series) -> Check:
    from engine.table.convert import restore

    if format != "parquet" or column.storage == TEXT:
        return Check(What.TYPE, True, f"Every cell is {_AS[column.kind]}.")
    wanted = restore(real.head(1).to_frame(), Schema((column,)))[column.name].dtype
    same = _nullable(cells.dtype) == _nullable(wanted)
    return Check(What.TYPE, same, f"Stored as {cells.dtype}{'' if same else f'; the real column is {wanted}'}.")


def _nullable(dtype: Any) -> str:
    """The name of a dtype, with a place for missing cells or without: in Parquet every column has one."""
    return {"boolean": "bool"}.get(str(dtype).lower(), str(dtype).lower())


_AS: Mapping[Kind, str] = {
    Kind.INTEGER: "a whole number",
    Kind.DECIMAL: "a number",
    Kind.CATEGORICAL: "a label",
    Kind.BOOLEAN: "a truth value",
    Kind.DATETIME: "a date",
    Kind.TEXT: "text",
    Kind.IDENTIFIER: "a key",
    Kind.PERSONAL: "text",
    Kind.CONSTANT: "the constant",
}


def _format(cells: pd.Series, values: pd.Series, column: Column, format: str) -> Iterator[Check]:
    """Whether text cells are written as the source writes them, and numbers have no more decimals than there."""
    import pandas as pd

    from engine.table.convert import write_column

    if column.kind is Kind.DATETIME and column.storage == TEXT and format in ("json", "jsonl"):
        off = int((~cells.dropna().astype("str").str.fullmatch(_ISO)).sum())
        yield Check(What.FORMAT, not off, f"{f'{off:,} cells are not written' if off else 'Written'} in ISO form.")
    elif column.kind in _SPELLED and pd.api.types.is_string_dtype(cells):
        known = values.notna().to_numpy()
        again = write_column(values, column)
        off = int((again[known].to_numpy(dtype=object) != cells[known].to_numpy(dtype=object)).sum())
        how = f"as {_written(column)}"
        yield Check(What.FORMAT, not off, f"Written {how}." if not off else f"{off:,} cells are not written {how}.")
    elif column.kind is Kind.DECIMAL and column.number is not None and column.number.decimals < 17:
        exact = values.dropna()
        fine = 1e-6 if "float32" in column.storage else 1e-12  # what the storage itself cannot tell apart
        off = int((exact.round(column.decimals) - exact).abs().gt(fine * exact.abs() + 1e-12).sum())
        many = f"{off:,} numbers have more" if off else "At most"
        yield Check(What.FORMAT, not off, f"{many} {'than ' if off else ''}{column.decimals} decimals.")


def _written(column: Column) -> str:
    if column.date is not None:
        return f"{column.date.pattern}, as in the real table"
    if column.kind is Kind.DECIMAL:
        return f"in the real table, with at most {column.decimals} decimals"
    return "in the real table"


def _missing(values: pd.Series, real: pd.Series) -> Check:
    made, own = float(values.isna().mean()) if len(values) else 0.0, float(real.isna().mean())
    error = (own * (1 - own) * (1 / max(len(values), 1) + 1 / max(len(real), 1))) ** 0.5
    fits = abs(made - own) <= max(_POINTS, _ERRORS * error)
    return Check(What.MISSING, fits, f"{made:.1%} missing; {own:.1%} in the real table.")


def _values(values: pd.Series, column: Column, real: pd.Series, expected: Expected) -> Iterator[Check]:
    known = values.dropna()
    if column.kind in (Kind.CATEGORICAL, Kind.BOOLEAN, Kind.CONSTANT):
        allowed = set(real.dropna()) | ({expected.label} if expected.label is not None else set())
        strange = sorted({str(value) for value in set(known) - allowed})
        told = f"{known.nunique():,} of {real.nunique():,} real categories, no other."
        wrong = f"{len(strange):,} categories that the real table does not have."
        yield Check(What.CATEGORIES, not strange, wrong if strange else told)
    elif column.kind.numeric:
        yield from _range(known, column, real.dropna(), expected)
    else:
        yield from _made_anew(known, column, real.dropna())


def _range(known: pd.Series, column: Column, real: pd.Series, expected: Expected) -> Iterator[Check]:
    if not len(known) or not len(real):
        return
    out = int(((known < real.min()) | (known > real.max())).sum())
    if column.name in expected.going_on:
        yield Check(What.RANGE, True, f"{out:,} values beyond the real range: time goes on.")
        return
    told = "All values within the real range." if not out else f"{out:,} values outside the real range."
    yield Check(What.RANGE, not out, told)


def _made_anew(known: pd.Series, column: Column, real: pd.Series) -> Iterator[Check]:
    same = int(known.isin(set(real)).sum())
    yield Check(What.NEW, not same, f"{same:,} cells hold a real value." if same else "No cell holds a real value.")
    if column.kind is not Kind.IDENTIFIER or not len(real) or not len(known):
        return
    if real.is_unique:
        twice = int(known.duplicated().sum())
        yield Check(
            What.KEYS, not twice, f"{twice:,} keys come twice." if twice else "All keys differ, as the real ones."
        )
    widths, wanted = known.str.len(), real.str.len()
    fits = bool(widths.min() >= wanted.min() and widths.max() <= wanted.max())
    seen = f"{widths.min()} to {widths.max()}" if widths.min() != widths.max() else f"{widths.min()}"
    yield Check(What.KEYS, fits, f"Keys of {seen} characters{'' if fits else ', unlike the real ones'}.")


def _rules(parsed: dict[str, pd.Series], schema: Schema, real: pd.DataFrame | None) -> list[Check]:
    if not schema.constraints:
        return []
    import pandas as pd

    from engine import constraints

    table = pd.DataFrame(parsed)
    checks = []
    for rule in schema.constraints:
        told = f"Rule: {constraints.describe(rule, schema)}."
        if not set(rule.columns) <= set(parsed):
            checks.append(Check(What.RULES, False, f"{told} Not checked, because a column of it cannot be read."))
            continue
        if real is None and constraints.learns(rule, schema):
            continue
        broken = int(constraints.breaking(rule, table, schema, real).sum())
        checks.append(
            Check(What.RULES, not broken, f"{told} {f'{broken:,} rows break it.' if broken else 'All rows.'}")
        )
    return checks
