"""Learning a table of rows in time: its order and pace, its scores, seasons and motion."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from engine.codecs.grid import Grid
from engine.generators.cells import Cells, GridCells
from engine.generators.series.axis import Pace, Roles, pace_of, series_of, steps_of
from engine.generators.series.choices import learn_choices
from engine.generators.series.learned import Learned
from engine.generators.series.motion import MotionFit, Observed
from engine.generators.series.scores import Score, bounds, observed, plain_ends, scores_of
from engine.generators.series.seasons import find_seasons
from engine.statistics.normals import truncated

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]

_CLEARLY = 0.03  # share of variance
_STILL = 0.95  # share of series within which a column that stays still does not change

MICROSECONDS = {"D": 86_400e6, "h": 3_600e6, "m": 60e6, "s": 1e6, "ms": 1e3, "us": 1.0}
CALENDAR = {"day": 86_400e6, "week": 7 * 86_400e6, "year": 365.2425 * 86_400e6}


@dataclass(slots=True)
class _Axis:
    """Rows in their order, series after series.

    order: (rows,) row numbers; starts: (series + 1,) where each begins, and the end; raw: (rows,) the time column;
    time: (rows,) the same in steps of `pace`; both are the place in the series where no column tells the time;
    length: of a step.
    """

    order: Ints
    starts: Ints
    pace: Pace
    length: float
    raw: Floats
    time: Floats

    @classmethod
    def of(cls, codes: Floats, time_column: int | None, key: int | None, months: Floats | None) -> _Axis:
        order, starts = series_of(codes, Roles(time_column, key, Pace.ROWS, 1.0))
        place = np.arange(len(order)) - np.repeat(starts[:-1], np.diff(starts))
        if time_column is None:
            time = place.astype(np.float64)
            return cls(order, starts, Pace.ROWS, 1.0, time, time)
        raw = codes[order, time_column]
        pace, length = pace_of(raw, None if months is None else months[order], starts)
        time = (months[order] if pace is Pace.MONTHS and months is not None else raw) / length
        return cls(order, starts, pace, length, raw, time)


def learn(
    codes: Floats,
    cells: list[Cells],
    roles: tuple[int | None, int | None],
    months: Floats | None,
    unit: float | None,
    decimals: int,
    sweeps: int,
    rng: np.random.Generator,
    step: Callable[[], bool],
) -> Learned:
    """From (rows, columns) codes. roles: columns of time and key; months: (rows,) calendar months of dates that lie at
    the same place of theirs; unit: microseconds of a unit of time, if it is a date; decimals: of time."""
    time_column, key = roles
    axis = _Axis.of(codes, time_column, key, months)
    own, starts, pace, length, raw, time = codes[axis.order], axis.starts, axis.pace, axis.length, axis.raw, axis.time
    columns = [j for j in range(codes.shape[1]) if j not in (time_column, key)]
    scores = scores_of(cells, columns)
    table = np.column_stack([cells[j].cell(own[:, j]) for j in range(codes.shape[1])]).astype(np.int32)
    found = observed(scores, cells, list(table.T.astype(np.int64)))
    lengths, seen_time = np.diff(starts).astype(np.float64), time
    together, begins = np.repeat(np.arange(len(starts) - 1), np.diff(starts)), starts[:-1]
    begin = (raw if pace is Pace.FREE else time)[begins]
    grid = None
    if pace is Pace.FREE:
        grid, score, seen = _steps(raw, starts, decimals)
        scores.append(score)
        found = np.column_stack([found, seen])
    else:
        rows = _rows_with_gaps(time, starts)
        together = together + np.cumsum(np.r_[0, np.diff(rows) > 1])  # a gap parts neighbours like another series
        starts = np.r_[rows[begins], rows[-1] + 1] if len(rows) else starts
        filled = np.full((int(starts[-1]), found.shape[1]), -1, dtype=np.int64)
        filled[rows] = found
        place = np.arange(len(filled)) - np.repeat(starts[:-1], np.diff(starts))
        found, time = filled, np.repeat(begin, np.diff(starts)) + place
    low, high = _stretches([score.ends for score in scores], found)
    draft = truncated(np.zeros(low.size), 1.0, low.ravel(), high.ravel(), rng).reshape(low.shape)
    even = len(starts) == 2 and pace is not Pace.FREE
    seasons, periods = find_seasons(draft, time, _calendar(pace, length, unit), even=even)
    still = _still(found, starts)
    features = seasons.features(time)
    when = seasons.when(raw / length if pace is Pace.FREE else seen_time)
    if seasons.periods:
        plain = [None if score.column < 0 else plain_ends(score, cells[score.column]) for score in scores]
        low, high = _stretches(_closer(scores, plain, found, draft, features), found)
    seen_rows = Observed(low, high, features, starts, still)
    motion = MotionFit(seen_rows, rng).fit(sweeps, step)
    learned = Learned(
        Roles(time_column, key, pace, length),
        scores,
        seasons,
        motion,
        Grid().fit(begin, decimals=decimals if pace in (Pace.FREE, Pace.EVEN) else 0),
        Grid().fit(lengths, decimals=0),
        grid,
        np.empty((0, 0)),
        {scores[k].column: p for k, p in periods.items() if scores[k].column >= 0},
        learn_choices(cells, table, columns, {scores[k].column for k in np.flatnonzero(still)}, together, when, rng),
        len(own) / max(len(found), 1),
    )
    learned.calibrate(rng)
    return learned


def _rows_with_gaps(time: Floats, starts: Ints) -> Ints:
    """(rows,) where each row stands when the rows that an even series misses are put in."""
    begins = np.repeat(time[starts[:-1]], np.diff(starts))
    spot = np.round(time - begins).astype(np.int64)
    lengths = spot[starts[1:] - 1] + 1
    before = np.r_[0, np.cumsum(lengths)[:-1]]
    return np.asarray(spot + np.repeat(before, np.diff(starts)), dtype=np.int64)


def _stretches(ends: list[Floats], found: Ints) -> tuple[Floats, Floats]:
    """(rows, latents) low and high ends of the cells that were found."""
    both = [bounds(own, found[:, k]) for k, own in enumerate(ends)]
    empty = np.empty((len(found), 0))
    return (np.column_stack([b[0] for b in both]), np.column_stack([b[1] for b in both])) if both else (empty, empty)


def _closer(
    scores: list[Score], plain: list[Floats | None], found: Ints, draft: Floats, features: Floats
) -> list[Floats]:
    """Ends of each latent: in the column's own unit where trend and seasons tell clearly more of it there."""
    chosen = []
    for k, (score, own) in enumerate(zip(scores, plain, strict=True)):
        take = False
        if own is not None:
            known = found[:, k] >= 0
            inner = np.r_[own[1], own[1:-1], own[-2]]  # the two open cells count as their inner ends
            middle = (inner[:-1] + inner[1:])[found[known, k]] / 2
            take = _told(middle, features[known]) > _told(draft[known, k], features[known]) + _CLEARLY
        chosen.append(own if take and own is not None else score.ends)
    return chosen


def _told(values: Floats, features: Floats) -> float:
    """Share of the variance that trend and seasons tell."""
    total = float(((values - values.mean()) ** 2).sum()) if len(values) else 0.0
    if total <= 0:
        return 0.0
    rest = values - features @ np.linalg.lstsq(features, values, rcond=None)[0]
    return 1 - float(rest @ rest) / total


def _steps(time: Floats, starts: Ints, decimals: int) -> tuple[Grid, Score, Ints]:
    """Time's steps as a column of their own: its grid, its latent (column -1) and (rows,) cells."""
    steps = steps_of(time, starts)
    known = ~np.isnan(steps)
    grid = Grid().fit(steps[known], decimals=decimals)
    cell = np.full(len(steps), -1, dtype=np.int64)
    cell[known] = grid.cell(steps[known])
    score = scores_of([GridCells(grid)], [0])
    ends = score[0].ends if score else np.array([-np.inf, np.inf])
    return grid, Score(-1, False, ends), cell


def _still(found: Ints, starts: Ints) -> NDArray[np.bool_]:
    """(latents,) which do not change within (nearly) any of several series."""
    if len(starts) <= 2 or not found.shape[1]:
        return np.zeros(found.shape[1], dtype=bool)
    top = np.maximum.reduceat(found, starts[:-1], axis=0)
    bottom = np.minimum.reduceat(np.where(found < 0, np.iinfo(np.int64).max, found), starts[:-1], axis=0)
    several = np.diff(starts) > 1
    return np.asarray(
        (top == bottom)[several].mean(axis=0) >= _STILL if several.any() else np.zeros(found.shape[1], bool)
    )


def _calendar(pace: Pace, length: float, unit: float | None) -> list[float]:
    """Day, week and year, in steps of time."""
    if pace is Pace.MONTHS:
        return [12 / length]
    if unit is None or pace is Pace.ROWS:
        return []
    return [period / (length * unit) for period in CALENDAR.values()]
