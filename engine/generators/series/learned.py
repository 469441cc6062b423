"""All that is learned of a table of rows in time, and new series made from it."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Self

import numpy as np
from numpy.typing import NDArray
from scipy.special import ndtri

from engine.codecs.grid import Grid
from engine.generators.cells import Cells, GridCells
from engine.generators.columntrees import ColumnTrees
from engine.generators.series.axis import Pace, Roles, pace_of, series_of, steps_of
from engine.generators.series.choices import learn_choices, redraw
from engine.generators.series.motion import Motion, MotionFit, Observed
from engine.generators.series.scores import Score, bounds, columns_of, observed, plain_ends, scores_of
from engine.generators.series.seasons import Seasons, find_seasons
from engine.statistics.normals import truncated

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]

_REFERENCE = 20_000  # made rows by which scores are brought back to the normal distribution
_KNOTS = 513
_SPARE = 5  # rows for each feature of trend and seasons from which made rows are balanced around them
_CLEARLY = 0.03  # share of variance
_STILL = 0.95  # share of series within which a column that stays still does not change

MICROSECONDS = {"D": 86_400e6, "h": 3_600e6, "m": 60e6, "s": 1e6, "ms": 1e3, "us": 1.0}
CALENDAR = {"day": 86_400e6, "week": 7 * 86_400e6, "year": 365.2425 * 86_400e6}


@dataclass(frozen=True, slots=True)
class Made:
    """New rows, series after series. series: (rows,) number of each row's series; time: (rows,) in steps, or in codes
    where time is FREE; cells: of each column but time and key."""

    series: Ints
    time: Floats
    cells: dict[int, Ints]


@dataclass
class Learned:
    """first: (series,) when real series begin, in steps (FREE: in codes), as a grid of these; lengths: a grid of rows
    of each series; steps: a grid of FREE time's steps; knots: (latents, knots) quantiles of made scores; found: periods
    of each column; choices: trees of categories; present: share of the rows of an even series that are there."""

    roles: Roles
    scores: list[Score]
    seasons: Seasons
    motion: Motion
    first: Grid
    lengths: Grid
    steps: Grid | None
    knots: Floats
    found: dict[int, list[float]]
    choices: dict[int, ColumnTrees]
    present: float

    def make(self, n: int, rng: np.random.Generator, cells: list[Cells]) -> Made:
        """n rows: one series, or as many as it takes. Where real rows are missing at random, as many of these are."""
        lengths = self._lengths(n, rng)
        begin = self.first.value(self._drawn(self.first, len(lengths), rng), rng)
        whole = np.ceil(lengths / self.present).astype(np.int64)
        latents, time = self._moved(whole, begin, rng)
        rows, series = np.nonzero((np.arange(latents.shape[0])[:, None] < whole).T)[::-1]
        flat = latents[rows, series]
        made = columns_of([s for s in self.scores if s.column >= 0], cells, flat[:, self._of_columns])
        at = time[rows, series] / (self.roles.step if self.roles.pace is Pace.FREE else 1.0)
        made = self._chosen(made, cells, series, self.seasons.when(at), rng)
        kept = _kept(series, lengths, rng) if self.present < 1 else np.arange(len(rows))
        times = time[rows, series][kept]
        return Made(series[kept].astype(np.int64), times, {j: own[kept] for j, own in made.items()})

    def _chosen(
        self, made: dict[int, Ints], cells: list[Cells], series: Ints, when: Floats, rng: np.random.Generator
    ) -> dict[int, Ints]:
        table = np.zeros((len(series), len(cells)), dtype=np.int32)
        for j, own in enumerate(cells):
            table[:, j] = made.get(j, np.argmax(own.counts) if own.size else 0)
        table = redraw(self.choices, cells, table, series, when, rng)
        return {j: table[:, j].astype(np.int64) for j in made}

    @property
    def _of_columns(self) -> Ints:
        return np.flatnonzero([score.column >= 0 for score in self.scores])

    def _lengths(self, n: int, rng: np.random.Generator) -> Ints:
        if self.roles.key is None or n == 0:
            return np.array([n], dtype=np.int64)
        series = max(round(n / self._usual_length), 1)
        counts = self.lengths.counts
        points = (np.arange(series) + rng.random(series)) / series * counts.sum()  # evenly, so that rows add up well
        cells = np.searchsorted(np.cumsum(counts), points, side="right")
        lengths = np.maximum(self.lengths.value(rng.permutation(cells), rng), 1).astype(np.int64)
        while (short := n - int(lengths.sum())) != 0:
            able = np.flatnonzero(lengths > 1) if short < 0 else np.arange(series)
            if not len(able):  # more series than rows
                lengths = lengths[:n]
                continue
            lengths[rng.choice(able, min(abs(short), len(able)), replace=False)] += np.sign(short)
        return lengths

    @property
    def _usual_length(self) -> float:
        return max(float(self.lengths.counts @ self._middle(self.lengths)) / int(self.lengths.counts.sum()), 1.0)

    @staticmethod
    def _drawn(grid: Grid, n: int, rng: np.random.Generator) -> Ints:
        counts = grid.counts.astype(np.float64)
        return rng.choice(len(counts), size=n, p=counts / counts.sum())

    def _moved(self, lengths: Ints, begin: Floats, rng: np.random.Generator) -> tuple[Floats, Floats]:
        """(longest, series, latents) scores and (longest, series) times."""
        longest = int(lengths.max(initial=0))
        level, wander = self.motion.wander(longest, len(lengths), rng)
        if self.roles.pace is Pace.FREE:
            return self._freely(level, wander, begin, rng)
        time = begin + np.arange(longest)[:, None]
        around = self.seasons.features(time.ravel()).reshape(*time.shape, len(self.motion.mean))
        if self.roles.key is None and longest > _SPARE * around.shape[2]:
            # Real rows are, by least squares, balanced around their trend and seasons; so are the made ones.
            one = around[:, 0]
            flat = wander.reshape(longest, -1)
            wander = (flat - one @ np.linalg.lstsq(one, flat, rcond=None)[0]).reshape(wander.shape)
        return self._calibrated(around @ self.motion.mean + level + wander), time

    def _freely(self, level: Floats, wander: Floats, begin: Floats, rng: np.random.Generator) -> tuple[Floats, Floats]:
        """The same where time goes on by steps that are made, too, so that seasons are known only row by row."""
        time = np.zeros(wander.shape[:2])
        latents = np.zeros(wander.shape)
        step = next((k for k, score in enumerate(self.scores) if score.column < 0), None)
        for k in range(len(wander)):
            about = begin if k == 0 else time[k - 1] + self.roles.step
            seasons = self.seasons.features(about / self.roles.step) @ self.motion.mean
            latents[k] = self._calibrated(seasons + level + wander[k])
            time[k] = begin if k == 0 else time[k - 1] + self._step(latents[k], step, rng)
        return latents, time

    def _step(self, latents: Floats, step: int | None, rng: np.random.Generator) -> Floats:
        if step is None or self.steps is None:
            return np.full(len(latents), self.roles.step)
        return np.maximum(self.steps.value(self.scores[step].cells(latents[:, step]), rng), 0.0)

    def _calibrated(self, z: Floats) -> Floats:
        """Scores whose distribution over all made rows is normal again."""
        if not self.knots.size:
            return z
        even = np.linspace(0, 1, self.knots.shape[1])
        ranks = np.stack([np.interp(z[..., k], knots, even) for k, knots in enumerate(self.knots)], axis=-1)
        return np.asarray(ndtri(np.clip(ranks, 1e-9, 1 - 1e-9)))

    def calibrate(self, rng: np.random.Generator) -> None:
        """Learn from made rows how their scores are distributed, over the time that the table covers."""
        self.knots = np.empty((0, 0))
        if not self.scores:
            return
        usual = round(self._usual_length)
        series = max(_REFERENCE // usual, 1)
        lengths = np.full(series, usual)
        begin = self.first.value(self._drawn(self.first, series, rng), rng)
        latents, _ = self._moved(lengths, begin, rng)
        made = latents.reshape(-1, len(self.scores))
        self.knots = np.quantile(made, np.linspace(0, 1, _KNOTS), axis=0).T

    @staticmethod
    def _middle(grid: Grid) -> Floats:
        middle = (grid.low + grid.high) / 2
        return np.r_[[0.0], middle] if grid.missing else middle

    def state(self) -> dict[str, Any]:
        return {
            "roles": self.roles.state(),
            "scores": [{"column": s.column, "gaps": s.gaps, "ends": s.ends} for s in self.scores],
            "seasons": {
                "periods": list(self.seasons.periods), "waves": list(self.seasons.waves),
                "origin": self.seasons.origin, "span": self.seasons.span,
            },
            "motion": self.motion.state(),
            "first": self.first.state(),
            "lengths": self.lengths.state(),
            "steps": None if self.steps is None else self.steps.state(),
            "knots": self.knots,
            "present": self.present,
            "choices": {str(j): trees.state() for j, trees in self.choices.items()},
            "found": {str(j): list(periods) for j, periods in self.found.items()},
        }  # fmt: skip

    @classmethod
    def from_state(cls, state: Mapping[str, Any]) -> Self:
        seasons = state["seasons"]
        learned = cls(
            Roles.from_state(state["roles"]),
            [Score(int(s["column"]), bool(s["gaps"]), np.asarray(s["ends"])) for s in state["scores"]],
            Seasons(
                tuple(float(p) for p in seasons["periods"]), tuple(int(w) for w in seasons["waves"]),
                float(seasons["origin"]), float(seasons["span"]),
            ),
            Motion.from_state(state["motion"]),
            Grid.from_state(state["first"]),
            Grid.from_state(state["lengths"]),
            None if state["steps"] is None else Grid.from_state(state["steps"]),
            np.asarray(state["knots"]),
            {int(j): [float(p) for p in periods] for j, periods in state["found"].items()},
            {int(j): ColumnTrees.from_state(trees) for j, trees in state["choices"].items()},
            float(state["present"]),
        )  # fmt: skip
        if len(learned.motion.still) != len(learned.scores) or not 0 < learned.present <= 1:
            raise ValueError("the latents of the model do not agree")
        return learned


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
    order, starts = series_of(codes, Roles(time_column, key, Pace.ROWS, 1.0))
    own = codes[order]
    place = np.arange(len(own)) - np.repeat(starts[:-1], np.diff(starts))
    pace, length = Pace.ROWS, 1.0
    time = place.astype(np.float64)
    raw = time
    if time_column is not None:
        raw = own[:, time_column]
        pace, length = pace_of(raw, None if months is None else months[order], starts)
        time = (months[order] if pace is Pace.MONTHS and months is not None else raw) / length
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


def _kept(series: Ints, lengths: Ints, rng: np.random.Generator) -> Ints:
    """Which of the rows, series after series, are there: `lengths` of each series, at random."""
    order = np.lexsort([rng.random(len(series)), series])
    starts = np.searchsorted(series, np.arange(len(lengths)))
    rank = np.empty(len(series), dtype=np.int64)
    rank[order] = np.arange(len(series)) - starts[series[order]]
    return np.flatnonzero(rank < lengths[series])


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
