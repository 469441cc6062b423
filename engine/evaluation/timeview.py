"""One number over time in both tables: its course, its seasons, and how long it remembers."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from engine.errors import NotApplicable

Floats = NDArray[np.float64]
Moments = NDArray[np.datetime64]

BINS = 160  # stretches of time whose means are drawn
LAGS = 30
_FEWEST = 10  # rows of each table with a moment and a value
_MEMORY_ROWS = 40
_YEARS, _WEEKS, _DAYS = pd.Timedelta(days=540), pd.Timedelta(days=28), pd.Timedelta(days=3)
_WEEKDAYS = ("Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun")
_MONTHS = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")


@dataclass(frozen=True, slots=True)
class Season:
    """Means by month, day of the week or hour. names, real, synthetic: (places,), NaN where no row is."""

    label: str
    names: tuple[str, ...]
    real: Floats
    synthetic: Floats


@dataclass(frozen=True, slots=True)
class TimeComparison:
    """time, column: their names; moments: (bins,) middles of stretches of time; real, synthetic: (bins,) means, NaN
    where no row is; memory: correlations with the row 1, 2, ... before, None where several rows have one moment."""

    time: str
    column: str
    moments: Moments
    real: Floats
    synthetic: Floats
    seasons: tuple[Season, ...]
    memory: tuple[Floats, Floats] | None


def compare_in_time(
    real: pd.DataFrame, synthetic: pd.DataFrame, time: str, column: str, *, bins: int = BINS
) -> TimeComparison:
    """Both parsed tables' `column` over the date column `time`.

    Raises NotApplicable where a table has fewer than ten rows with both, or all of them at one moment.
    """
    parts = [_known(table, time, column) for table in (real, synthetic)]
    if min(map(len, parts)) < _FEWEST:
        raise NotApplicable("it has too few values with a date in one of the tables")
    edges = _edges([_when(part) for part in parts], bins)
    means = [_binned(part, edges) for part in parts]
    middle = edges[:-1] + (edges[1:] - edges[:-1]) // 2
    return TimeComparison(time, column, middle.to_numpy(), means[0], means[1], _seasons(*parts), _memory(*parts))


def _known(table: pd.DataFrame, time: str, column: str) -> pd.Series:
    """Values in order of time, without gaps; moments on the clock of their zone."""
    part = table[[time, column]].dropna()
    moments = part[time].dt.tz_localize(None) if part[time].dt.tz is not None else part[time]
    values = pd.Series(part[column].to_numpy(dtype=np.float64), index=pd.DatetimeIndex(moments))
    return values.sort_index(kind="stable")


def _when(values: pd.Series) -> pd.DatetimeIndex:
    return pd.DatetimeIndex(values.index)


def _edges(indexes: list[pd.DatetimeIndex], bins: int) -> pd.DatetimeIndex:
    start, end = min(index[0] for index in indexes), max(index[-1] for index in indexes)
    if start == end:
        raise NotApplicable("all of its rows have the same date")
    distinct = int(indexes[0].nunique())
    return pd.date_range(start, end + (end - start) / 1e6, periods=min(bins, max(distinct, 2)) + 1)


def _binned(values: pd.Series, edges: pd.DatetimeIndex) -> Floats:
    place = np.clip(edges.searchsorted(values.index, side="right") - 1, 0, len(edges) - 2)
    rows = np.bincount(place, minlength=len(edges) - 1)
    sums = np.bincount(place, values.to_numpy(), len(edges) - 1)
    return np.where(rows > 0, sums / np.maximum(rows, 1), np.nan)


def _seasons(real: pd.Series, synthetic: pd.Series) -> tuple[Season, ...]:
    """Those that the real table's dates can tell."""
    index, found = _when(real), []
    span = index[-1] - index[0]
    if span >= _YEARS and index.month.nunique() > 6:
        found.append(_season("By month", _MONTHS, real, synthetic, "month", 1))
    if span >= _WEEKS and index.day_of_week.nunique() > 4:
        found.append(_season("By day of the week", _WEEKDAYS, real, synthetic, "day_of_week", 0))
    if span >= _DAYS and index.hour.nunique() > 6:
        found.append(_season("By hour", tuple(f"{h:02}" for h in range(24)), real, synthetic, "hour", 0))
    return tuple(found)


def _season(label: str, names: tuple[str, ...], real: pd.Series, synthetic: pd.Series, part: str, first: int) -> Season:
    means = [
        values.groupby(getattr(values.index, part) - first).mean().reindex(range(len(names))).to_numpy()
        for values in (real, synthetic)
    ]
    return Season(label, names, means[0], means[1])


def _memory(real: pd.Series, synthetic: pd.Series) -> tuple[Floats, Floats] | None:
    """Autocorrelation by rows; of rows that share moments there is no order to speak of."""
    if not (real.index.is_unique and synthetic.index.is_unique) or min(len(real), len(synthetic)) < _MEMORY_ROWS:
        return None
    most = min(LAGS, min(len(real), len(synthetic)) // 4)
    both = [np.array([_correlation(v.to_numpy(), lag) for lag in range(1, most + 1)]) for v in (real, synthetic)]
    return both[0], both[1]


def _correlation(values: Floats, lag: int) -> float:
    one, other = values[:-lag], values[lag:]
    if one.std() == 0 or other.std() == 0:
        return float("nan")
    return float(np.corrcoef(one, other)[0, 1])
