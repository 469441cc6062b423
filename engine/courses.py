"""One real number over the dates of its table, before training: its course, and what comes round in it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from engine.evaluation.timeview import Season, TimeComparison, compare_in_time
from engine.statistics import series
from engine.table.schema import Kind, Schema

Floats = NDArray[np.float64]

_RISES = 0.3  # rank correlation with time from which a course is said to rise or fall
_DAY = 86_400.0  # seconds
_CALENDAR = {  # seconds of a round, what it is called, and its season in a `TimeComparison`
    365.2425 * _DAY: ("year", "By month"),
    7 * _DAY: ("week", "By day of the week"),
    _DAY: ("day", "By hour"),
}


@dataclass(frozen=True, slots=True)
class Course:
    """view: the course itself, the table beside itself; seasons: those of `view` in which it comes round; found: plain
    sentences on what goes on in it."""

    view: TimeComparison
    seasons: tuple[Season, ...]
    found: tuple[str, ...]


def times(schema: Schema) -> tuple[str, ...]:
    """The selected columns that may tell when each row was."""
    return tuple(c.name for c in schema.selected if c.kind is Kind.DATETIME)


def course(table: pd.DataFrame, time: str, column: str) -> Course:
    """A parsed table's number over one of its dates. Raises NotApplicable where there is too little of it."""
    view = compare_in_time(table, table, time, column)
    known = table[[time, column]].dropna(subset=[time])
    moments = known[time].dt.tz_localize(None) if known[time].dt.tz is not None else known[time]
    seconds = moments.to_numpy(dtype="M8[us]").astype(np.int64) / 1e6
    values = known[column].to_numpy(dtype=np.float64, na_value=np.nan)
    found = [_trend(seconds, values)]
    order = series.even_order(seconds)
    if order is None:
        return Course(view, view.seasons, (*found, "Its rows do not follow in even steps of time."))
    rounds = series.period(values[order])
    seasons: tuple[Season, ...] = ()
    if rounds is not None:
        told, seasons = _round(rounds, len(order), float(np.median(np.diff(seconds[order]))), view.seasons)
        found.append(f"It comes round every {told}.")
    if view.memory is not None and np.isfinite(view.memory[0][0]):
        found.append(f"The correlation of a row with the one before is {view.memory[0][0]:.2f}.")
    return Course(view, seasons, tuple(found))


def _round(period: float, rows: int, step: float, seasons: Sequence[Season]) -> tuple[str, tuple[Season, ...]]:
    """What comes round after `period` of `rows` rows, which are `step` seconds apart, and its seasons.

    A spectrum tells periods only as exactly as they come round often: what may be a year is called one.
    """
    times = rows / period
    shortest, longest = rows / (times + 0.5) * step, rows / (times - 0.5) * step
    for seconds, (name, label) in _CALENDAR.items():
        if shortest <= seconds <= longest:
            return name, tuple(season for season in seasons if season.label == label)
    return f"{period:,.3g} rows or so", tuple(seasons)


def _trend(seconds: Floats, values: Floats) -> str:
    """Whether values rise or fall with time."""
    both = pd.DataFrame({"seconds": seconds, "values": values}).dropna().rank()
    along = both["seconds"].corr(both["values"])
    if not abs(along) >= _RISES:
        return "It neither rises nor falls clearly over the whole time."
    return f"It {'rises' if along > 0 else 'falls'} over the whole time."
