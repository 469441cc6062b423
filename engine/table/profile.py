"""What is in each column of a parsed table, as plain data: for the page, the command line and advice.

Everything is in JSON's own types; dates are ISO text.
"""

from __future__ import annotations

from dataclasses import asdict, dataclass, field
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from engine.table import dates, keys
from engine.table.notes import excerpt
from engine.table.schema import Column, Kind, Schema

QUANTILES = (0.01, 0.05, 0.25, 0.5, 0.75, 0.95, 0.99)
BINS = 20
_COUNTABLE = 2.0**52  # below, a float tells a whole number from the next one
TOP = 10
_TAIL, _TAIL_ROWS = 0.01, 200  # share of the rows that may be a far tail; rows from which on one is looked for
_HUGE = 1e150

Value = int | float | str


@dataclass(frozen=True, slots=True)
class ColumnProfile:
    """One column at a glance.

    missing, distinct: cells and different values (missing not counted); minimum .. quantiles: of numbers and dates
    (std of dates is in seconds); histogram: (n+1,) edges and (n,) counts of numbers and dates, the first or last
    bin being a wide one where a hundredth of the rows would take most of the room; top: the most frequent
    values with their counts (none for what is made up anew); pattern: of keys; lengths: fewest, mean and most
    characters of words.
    """

    name: str
    kind: Kind
    rows: int
    missing: int
    distinct: int
    minimum: Value | None = None
    maximum: Value | None = None
    mean: float | str | None = None
    std: float | None = None
    quantiles: dict[str, Value] = field(default_factory=dict)
    histogram: tuple[tuple[Value, ...], tuple[int, ...]] | None = None
    top: tuple[tuple[str, int], ...] = ()
    pattern: str | None = None
    lengths: tuple[int, float, int] | None = None

    def to_json(self) -> dict[str, Any]:
        return {**asdict(self), "kind": str(self.kind)}


@dataclass(frozen=True, slots=True)
class TableProfile:
    """A whole table: its columns in the schema's order."""

    rows: int
    columns: tuple[ColumnProfile, ...]

    def __getitem__(self, name: str) -> ColumnProfile:
        return {c.name: c for c in self.columns}[name]

    def to_json(self) -> dict[str, Any]:
        return {"rows": self.rows, "columns": [c.to_json() for c in self.columns]}


def profile_table(table: pd.DataFrame, schema: Schema) -> TableProfile:
    """Profile a parsed table (see `Schema.parse`)."""
    return TableProfile(len(table), tuple(profile_column(table[c.name], c) for c in schema))


def profile_column(values: pd.Series, column: Column) -> ColumnProfile:
    known = values.dropna()
    facts: dict[str, Any] = {}
    if column.kind in (Kind.INTEGER, Kind.DECIMAL):
        facts = _numbers(known, column)
    elif column.kind is Kind.DATETIME:
        facts = _dates(known, column)
    elif len(known) and column.kind is not Kind.BOOLEAN:
        facts = _lengths(known)
    if column.kind is Kind.IDENTIFIER:
        facts["pattern"] = column.pattern or keys.pattern_of(known.drop_duplicates())
    distinct = int(known.nunique())
    if column.kind.modelled:
        facts["top"] = _top(known, column)
    return ColumnProfile(column.name, column.kind, len(values), int(values.isna().sum()), distinct, **facts)


def _top(known: pd.Series, column: Column) -> tuple[tuple[str, int], ...]:
    """The most frequent values as the source writes them; ties in the order of the values' text."""
    from engine.table.convert import write_column

    counts = known.value_counts(sort=True)
    if len(counts) > TOP:
        counts = counts[counts >= counts.iloc[TOP - 1]].head(1_000)
    labels = write_column(pd.Series(counts.index, dtype=known.dtype), column)
    pairs = sorted(zip(labels, counts.tolist(), strict=True), key=lambda p: (-p[1], p[0]))
    return tuple((excerpt(str(label)), int(count)) for label, count in pairs[:TOP])


def _numbers(known: pd.Series, column: Column) -> dict[str, Any]:
    values = known.to_numpy(dtype=np.float64)
    values = values[np.isfinite(values)]
    if not len(values):
        return {}
    whole = column.kind is Kind.INTEGER
    low: Value = int(known.min()) if whole else float(values.min())
    high: Value = int(known.max()) if whole else float(values.max())
    largest = float(np.abs(values).max())
    unit = largest if largest > _HUGE else 1.0  # squares of such numbers have no float
    mean, std = float((values / unit).mean()) * unit, _deviation(values / unit) * unit
    quantiles = np.quantile(values / unit, QUANTILES) * unit
    return {
        "minimum": low,
        "maximum": high,
        "mean": mean,
        "std": std if np.isfinite(std) else None,
        "quantiles": {str(q): float(v) for q, v in zip(QUANTILES, quantiles, strict=True)},
        "histogram": _histogram(values, whole=whole),
    }


def _deviation(values: NDArray[np.float64]) -> float:
    """Standard deviation of a sample; 0 for a single value."""
    return float(values.std(ddof=1)) if len(values) > 1 else 0.0


def _edges(values: NDArray[np.float64], *, whole: bool) -> NDArray[np.float64]:
    """Equal bins from the smallest to the largest value, but for a far tail: that is one bin."""
    low, high = float(values.min()), float(values.max())
    near, far = low, high
    if len(values) >= _TAIL_ROWS and np.isfinite(high - low):
        near, far = np.quantile(values, (_TAIL, 1 - _TAIL)).tolist()
    wide = (far - near) or np.inf
    first = float(np.floor(near) if whole else near) if near - low > wide else low
    last = float(np.floor(far) if whole else far) if high - far > wide else high
    edges = _equal(first, last, whole=whole)
    if first > low:
        edges = np.append(low, edges)
    return np.append(edges, high + whole) if last < high and edges[-1] <= high else edges


def _equal(low: float, high: float, *, whole: bool) -> NDArray[np.float64]:
    """Equal bins; of few whole numbers each has its own."""
    if whole and high - low < BINS and max(abs(low), abs(high)) < _COUNTABLE:
        return np.arange(low, high + 2)
    if low == high or not np.isfinite(high - low):
        return np.array([low, high])
    if whole:
        width = int(-(-(high - low + 1) // BINS))
        edges = low + width * np.arange(BINS + 1, dtype=np.float64)
        return edges[: int(np.searchsorted(edges, high, side="right")) + 1]
    return np.linspace(low, high, BINS + 1)


def _histogram(values: NDArray[np.float64], *, whole: bool) -> tuple[tuple[Value, ...], tuple[int, ...]]:
    edges = _edges(values, whole=whole)
    if edges[0] == edges[-1] or not np.isfinite(float(edges[-1]) - float(edges[0])):
        return (float(edges[0]), float(edges[-1])), (len(values),)
    counts, _ = np.histogram(values, bins=edges)
    cast = int if whole else float
    return tuple(cast(e) for e in edges), tuple(int(c) for c in counts)


def _dates(known: pd.Series, column: Column) -> dict[str, Any]:
    if not len(known):
        return {}
    naive = known if known.dt.tz is None else known.dt.tz_localize(None)
    micros = naive.to_numpy(dtype="M8[us]").astype(np.int64).astype(np.float64)
    fine = column.date.resolution if column.date else dates.resolution(known)

    def iso(value: float) -> str:
        moment = np.datetime64(round(value), "us")
        return str(moment.astype("M8[D]" if fine in ("Y", "M", "D") else "M8[s]"))

    edges, counts = _histogram(micros, whole=False)
    return {
        "minimum": iso(micros.min()),
        "maximum": iso(micros.max()),
        "mean": iso(micros.mean()),
        "std": _deviation(micros) / 1e6,
        "quantiles": {str(q): iso(v) for q, v in zip(QUANTILES, np.quantile(micros, QUANTILES), strict=True)},
        "histogram": (tuple(iso(float(e)) for e in edges), counts),
    }


def _lengths(known: pd.Series) -> dict[str, Any]:
    lengths = known.str.len()
    return {"lengths": (int(lengths.min()), float(lengths.mean()), int(lengths.max()))}
