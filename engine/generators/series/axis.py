"""Which column orders the rows in time, which one tells several series apart, and how time goes on from row to row."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Any, Self

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]

_PRESENT = 0.5  # share of the rows of an even series that must be there
_GEOMETRIC = 13.8  # chi-square of two degrees of freedom that chance passes once in a thousand
_LEAST_SERIES, _LEAST_ROWS = 2, 3.0  # series, and rows of each on average, from which a key is one


class Pace(StrEnum):
    ROWS = "rows"  # no time column: rows follow each other
    EVEN = "even"  # every step is the same number of units
    MONTHS = "months"  # every step is the same number of calendar months
    FREE = "free"  # steps vary, and are learned like a column


@dataclass(frozen=True, slots=True)
class Roles:
    """time, key: columns, None without; pace: how time goes on; step: of time, in units of its codes (months for
    MONTHS, the median for FREE, 1 for ROWS)."""

    time: int | None
    key: int | None
    pace: Pace
    step: float

    def state(self) -> dict[str, Any]:
        return {"time": self.time, "key": self.key, "pace": str(self.pace), "step": self.step}

    @classmethod
    def from_state(cls, state: Mapping[str, Any]) -> Self:
        time, key = (None if state[name] is None else int(state[name]) for name in ("time", "key"))
        return cls(time, key, Pace(state["pace"]), float(state["step"]))


def find_time(codes: Floats, dates: Sequence[int], numbers: Sequence[int], key: int | None) -> int | None:
    """The column that tells when each row was: a date without gaps that never repeats (within a series), else a whole
    number that rises in even steps from row to row.

    codes: (rows, columns); dates, numbers: which columns are; key: the column that tells series apart, if any.
    """
    for j in dates:
        if not np.isnan(codes[:, j]).any() and _unique(codes[:, [j] if key is None else [key, j]]):
            return j
    for j in numbers if len(codes) > 2 else ():
        steps = np.diff(codes[:, j])
        if key is None and steps[0] > 0 and np.array_equal(steps, np.full(len(steps), steps[0])):
            return j
    return None


def find_key(codes: Floats, dates: Sequence[int], others: Sequence[int]) -> int | None:
    """The column whose values are series of their own: some date repeats in the table, but not within its values.

    others: categories and whole numbers. Of several such columns the one with the fewest values is taken.
    """
    found: list[tuple[int, int]] = []
    for j in dates:
        if np.isnan(codes[:, j]).any() or _unique(codes[:, [j]]):
            continue
        for key in others:
            own = codes[:, key]
            levels = len(np.unique(own)) if not np.isnan(own).any() else 0
            if _LEAST_SERIES <= levels <= len(own) / _LEAST_ROWS and _unique(codes[:, [key, j]]):
                found.append((levels, key))
    return min(found)[1] if found else None


def _unique(columns: Floats) -> bool:
    return len(np.unique(columns, axis=0)) == len(columns)


def series_of(codes: Floats, roles: Roles) -> tuple[Ints, Ints]:
    """The order of the rows by series and time, and (series + 1,) where each series begins in that order."""
    time = np.arange(len(codes), dtype=np.float64) if roles.time is None else codes[:, roles.time]
    if roles.key is None:
        return np.argsort(time, kind="stable"), np.array([0, len(codes)])
    order = np.lexsort([time, codes[:, roles.key]])
    key = codes[order, roles.key]
    starts = np.flatnonzero(np.r_[True, key[1:] != key[:-1]])
    return order, np.r_[starts, len(codes)]


def steps_of(time: Floats, starts: Ints) -> Floats:
    """(rows,) time since the row before, NaN for the first of each series; rows in order of series and time."""
    steps = np.r_[np.nan, np.diff(time)]
    steps[starts[:-1]] = np.nan
    return np.asarray(steps)


def pace_of(time: Floats, months: Floats | None, starts: Ints) -> tuple[Pace, float]:
    """How time goes on. months: (rows,) calendar months of dates that lie at the same place of their month, or None.

    Even steps of which some rows are missing at random (held out, lost) are even all the same.
    """
    steps = _known_steps(time, starts)
    if not len(steps):
        return Pace.EVEN, 1.0
    if (even := _even_step(steps)) is not None:
        return Pace.EVEN, even
    if months is not None and (even := _even_step(_known_steps(months, starts))) is not None:
        return Pace.MONTHS, even
    return Pace.FREE, max(float(np.median(steps)), 1e-9)


def _known_steps(time: Floats, starts: Ints) -> Floats:
    steps = steps_of(time, starts)
    return np.asarray(steps[~np.isnan(steps)])


def _even_step(steps: Floats) -> float | None:
    """The step of an even series, also of one that misses rows at random; None for other series.

    Rows that miss by a rule (no weekends) leave gaps of one length, rows that miss at random gaps of geometric lengths.
    """
    least = float(steps.min())
    whole = np.round(steps / least) if least > 0 else np.zeros(0)
    if least <= 0 or not np.allclose(whole * least, steps):
        return None
    share = len(steps) / float(whole.sum())
    if share == 1:
        return least
    if share < _PRESENT:
        return None
    seen = np.array([(whole == 1).sum(), (whole == 2).sum(), (whole > 2).sum()])
    wanted = len(steps) * np.array([share, share * (1 - share), (1 - share) ** 2])
    distance = float(((seen - wanted) ** 2 / np.maximum(wanted, 1e-9)).sum())
    return least if distance < _GEOMETRIC else None
