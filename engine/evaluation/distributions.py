"""One column of the real and the synthetic table side by side, as plain data that charts draw."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass, field
from typing import Any

import numpy as np
import pandas as pd

from engine.errors import NotApplicable
from engine.evaluation import columns, smooth
from engine.evaluation.base import FloatArray
from engine.evaluation.binning import MOST_DECIMALS, Bins, Scale, choose
from engine.table.schema import Column, Kind, Schema

LABELS = 1000  # kept by name; the counts of further ones are summed in `Side.rest`
EMPTY = "the column is empty throughout in both tables"


@dataclass(frozen=True, slots=True)
class Side:
    """What one table holds in the column.

    counts: rows per bin or label; atoms: rows per value drawn apart; rest: rows with labels that are not listed;
    density (per unit of the axis; per power of ten on a log axis) at the comparison's `density_at`; ecdf: share of
    present values at or below `ecdf_at`.
    """

    rows: int
    missing: int
    counts: tuple[int, ...] = ()
    atoms: tuple[int, ...] = ()
    rest: int = 0
    density: tuple[float, ...] = ()
    ecdf: tuple[float, ...] = ()

    @property
    def present(self) -> int:
        return self.rows - self.missing

    @property
    def missing_share(self) -> float:
        return self.missing / self.rows if self.rows else 0.0

    def share(self, count: float) -> float:
        """`count` as a share of the rows that have a value."""
        return count / self.present if self.present else 0.0


@dataclass(frozen=True, slots=True)
class ColumnComparison:
    """A column's distribution in both tables (and in the real rows held out), cut at the same places.

    Categories and booleans have `labels`, by falling real frequency; numbers and dates have `edges` and the rest
    (see `engine.evaluation.binning.Bins`). Dates are microseconds since 1970, in the column's own wall time.
    """

    name: str
    kind: Kind
    real: Side
    synthetic: Side
    holdout: Side | None = None
    labels: tuple[str, ...] = ()
    edges: tuple[float, ...] = ()
    unit: str = "range"
    log: bool = False
    loggable: bool = False  # whether the edges could be those of a log axis
    atoms: tuple[float, ...] = ()
    open_low: bool = False
    open_high: bool = False
    decimals: int | None = None  # None: as many as it takes
    prefix: str = ""  # of the numbers as they are written in the source, such as "€"
    suffix: str = ""
    density_at: tuple[float, ...] = ()
    ecdf_at: tuple[float, ...] = ()

    @property
    def numeric(self) -> bool:
        return self.kind.numeric

    @property
    def sides(self) -> dict[str, Side]:
        """By name: "real", "synthetic" and, where there is one, "holdout"."""
        found = {"real": self.real, "synthetic": self.synthetic}
        return found if self.holdout is None else {**found, "holdout": self.holdout}

    def to_json(self) -> dict[str, Any]:
        return {**asdict(self), "kind": str(self.kind)}

    @classmethod
    def from_json(cls, data: Mapping[str, Any]) -> ColumnComparison:
        """Raises KeyError, TypeError or ValueError when `data` is no comparison."""
        plain = _tuples(data)
        for name in ("real", "synthetic", "holdout"):
            plain[name] = None if plain[name] is None else Side(**_tuples(plain[name]))
        return cls(**{**plain, "kind": Kind(plain["kind"])})


def _tuples(data: Mapping[str, Any]) -> dict[str, Any]:
    return {key: tuple(value) if isinstance(value, (list, tuple)) else value for key, value in data.items()}


def compare_table(
    real: pd.DataFrame, synthetic: pd.DataFrame, schema: Schema, *, holdout: pd.DataFrame | None = None
) -> dict[str, ColumnComparison]:
    """All columns that can be compared, by name, in the schema's order; parsed tables."""
    found = {}
    for column in columns.comparable(schema):
        kept = None if holdout is None else holdout[column.name]
        try:
            found[column.name] = compare_column(real[column.name], synthetic[column.name], column, holdout=kept)
        except NotApplicable:
            continue
    return found


def compare_column(
    real: pd.Series,
    synthetic: pd.Series,
    column: Column,
    *,
    holdout: pd.Series | None = None,
    scale: Scale = "auto",
) -> ColumnComparison:
    """One column of parsed tables; for `scale` see `engine.evaluation.binning.choose`.

    Raises NotApplicable for columns that are made up anew, and for empty ones.
    """
    if column.kind in columns.NOT_COMPARED:
        raise NotApplicable(columns.NOT_COMPARED[column.kind], column=column.name)
    given = {"real": real, "synthetic": synthetic} | ({} if holdout is None else {"holdout": holdout})
    if not any(values.notna().any() for values in given.values()):
        raise NotApplicable(EMPTY, column=column.name)
    return _numeric(given, column, scale) if column.kind.numeric else _labelled(given, column)


def _labelled(given: Mapping[str, pd.Series], column: Column) -> ColumnComparison:
    counts = {name: _label_counts(values, column) for name, values in given.items()}
    table = pd.DataFrame(counts).fillna(0).astype("int64")
    table["label"] = table.index
    ordered = table.sort_values(["real", "synthetic", "label"], ascending=[False, False, True])
    shown, others = ordered.iloc[:LABELS], ordered.iloc[LABELS:]
    sides = {
        name: Side(
            rows=len(values),
            missing=int(values.isna().sum()),
            counts=tuple(int(c) for c in shown[name]),
            rest=int(others[name].sum()),
        )
        for name, values in given.items()
    }
    return ColumnComparison(
        column.name,
        column.kind,
        sides["real"],
        sides["synthetic"],
        sides.get("holdout"),
        labels=tuple(shown["label"]),
    )


def _label_counts(values: pd.Series, column: Column) -> pd.Series:
    """Rows by label as text; booleans under the labels of their source."""
    counts = values.value_counts(dropna=True)
    counts.index = pd.Index(spelled(counts.index, column), dtype="str")
    return counts


def spelled(values: Iterable[Any], column: Column) -> list[str]:
    """Labels as text; booleans as their source writes them."""
    if column.kind is Kind.BOOLEAN:
        false, true = column.labels or ("false", "true")
        return [true if value else false for value in values]
    return [str(value) for value in values]


@dataclass(frozen=True, slots=True)
class _Places:
    """Where all sides of a numeric column are read."""

    bins: Bins
    width: float
    ecdf_at: FloatArray = field(repr=False)

    @property
    def ends(self) -> tuple[float, float]:
        return _axis(self.bins.edges[0], self.bins.log), _axis(self.bins.edges[-1], self.bins.log)


def _axis(values: Any, log: bool) -> Any:
    """Values on the axis of the density: powers of ten where it is logarithmic."""
    return np.log10(np.maximum(values, np.finfo(np.float64).tiny)) if log else values


def _numeric(given: Mapping[str, pd.Series], column: Column, scale: Scale) -> ColumnComparison:
    all_rows = {name: columns.numbers(wall_time(values)) for name, values in given.items()}
    present = {name: values[~np.isnan(values)] for name, values in all_rows.items()}
    places = _places(present, column, scale)
    sides = {name: _side(values, len(all_rows[name]), places) for name, values in present.items()}
    low, high = places.ends
    at = np.linspace(low, high, smooth.POINTS)
    bins, number = places.bins, column.number
    return ColumnComparison(
        column.name,
        column.kind,
        sides["real"],
        sides["synthetic"],
        sides.get("holdout"),
        edges=_plain(bins.edges),
        unit=bins.unit,
        log=bins.log,
        loggable=bins.loggable,
        atoms=bins.atoms,
        open_low=bins.open_low,
        open_high=bins.open_high,
        decimals=_decimals(column),
        prefix=number.prefix if number else "",
        suffix=number.suffix if number else "",
        density_at=_plain(10.0**at if bins.log else at),
        ecdf_at=_plain(places.ecdf_at),
    )


def _decimals(column: Column) -> int | None:
    stepped = column.kind is Kind.INTEGER or (column.number is not None and column.decimals <= MOST_DECIMALS)
    return column.decimals if stepped else None


def wall_time(values: pd.Series) -> pd.Series:
    """Dates as the clocks of their zone show them; other values as they are."""
    return values.dt.tz_localize(None) if isinstance(values.dtype, pd.DatetimeTZDtype) else values


def _places(present: Mapping[str, FloatArray], column: Column, scale: Scale) -> _Places:
    both = np.concatenate(list(present.values()))
    real = present["real"] if len(present["real"]) else both
    bins = choose(real, both, column, scale)
    low, high = _axis(bins.edges[0], bins.log), _axis(bins.edges[-1], bins.log)
    rest = real[~np.isin(real, bins.atoms)] if bins.atoms else real
    shape = _axis(rest if len(rest) else real, bins.log)
    return _Places(bins, smooth.bandwidth(shape, low, high), smooth.places(both))


def _side(values: FloatArray, rows: int, places: _Places) -> Side:
    bins = places.bins
    rest = values[~np.isin(values, bins.atoms)] if bins.atoms else values
    index = np.clip(np.searchsorted(bins.edges, rest, side="right") - 1, 0, len(bins.edges) - 2)
    low, high = places.ends
    within = rest[(rest >= bins.edges[0]) & (rest <= bins.edges[-1])]
    curve = smooth.density(_axis(within, bins.log), low, high, places.width, len(values))
    return Side(
        rows=rows,
        missing=rows - len(values),
        counts=tuple(int(c) for c in np.bincount(index, minlength=len(bins.edges) - 1)),
        atoms=tuple(int((values == atom).sum()) for atom in bins.atoms),
        density=_plain(curve),
        ecdf=_plain(smooth.cumulative(values, places.ecdf_at)),
    )


def _plain(values: FloatArray) -> tuple[float, ...]:
    return tuple(values.tolist())
