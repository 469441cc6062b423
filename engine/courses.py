"""One real number over the dates of its table, before training: its course, and what comes round in it."""

from __future__ import annotations

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
_CALENDAR = {  # what may come round, in seconds, and its season in a `TimeComparison`
    "year": (365.2425 * _DAY, "By month"),
    "week": (7 * _DAY, "By day of the week"),
    "day": (_DAY, "By hour"),
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
        found.append("Its rows do not follow in even steps of time.")
    rounds = _rounds(seconds, values, order)
    if rounds:
        found.append(f"It comes round every {' and every '.join(rounds)}.")
    if order is not None and view.memory is not None and np.isfinite(view.memory[0][0]):
        found.append(f"The correlation of a row with the one before is {view.memory[0][0]:.2f}.")
    labels = [_CALENDAR[name][1] for name in rounds if name in _CALENDAR]
    return Course(view, tuple(season for season in view.seasons if season.label in labels), tuple(found))


def _rounds(seconds: Floats, values: Floats, order: NDArray[np.intp] | None) -> list[str]:
    """What comes round, as the method "pattern" finds it: "year", "week", "day", or so many rows."""
    from engine.generators.series.seasons import find_seasons

    order = np.argsort(seconds, kind="stable") if order is None else order
    time, scores = seconds[order], series.normal_ranks(values[order])
    steps = np.diff(time)
    step = float(np.median(steps[steps > 0])) if (steps > 0).any() else 1.0
    known = np.isfinite(scores)
    even = bool(known.all()) and series.even_order(seconds) is not None
    calendar = {length / step: name for name, (length, _) in _CALENDAR.items()}
    _, found = find_seasons(scores[known][:, None], time[known] / step, list(calendar), even=even)
    return [calendar.get(period, f"{period:,.3g} rows") for period in found.get(0, [])]


def _trend(seconds: Floats, values: Floats) -> str:
    """Whether values rise or fall with time."""
    both = pd.DataFrame({"seconds": seconds, "values": values}).dropna().rank()
    along = both["seconds"].corr(both["values"])
    if not abs(along) >= _RISES:
        return "It neither rises nor falls clearly over the whole time."
    return f"It {'rises' if along > 0 else 'falls'} over the whole time."
