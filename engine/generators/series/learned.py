"""What was learned of a table of rows in time (see `engine.generators.series.learning`), and new series from it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Self

import numpy as np
from numpy.typing import NDArray
from scipy.special import ndtri

from engine.codecs.grid import Grid
from engine.generators.cells import Cells
from engine.generators.columntrees import ColumnTrees
from engine.generators.series.axis import Pace, Roles
from engine.generators.series.choices import redraw
from engine.generators.series.motion import Motion
from engine.generators.series.scores import Score, columns_of
from engine.generators.series.seasons import Seasons

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]

_REFERENCE = 20_000  # made rows by which scores are brought back to the normal distribution
_KNOTS = 513
_SPARE = 5  # rows for each feature of trend and seasons from which made rows are balanced around them


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


def _kept(series: Ints, lengths: Ints, rng: np.random.Generator) -> Ints:
    """Which of the rows, series after series, are there: `lengths` of each series, at random."""
    order = np.lexsort([rng.random(len(series)), series])
    starts = np.searchsorted(series, np.arange(len(lengths)))
    rank = np.empty(len(series), dtype=np.int64)
    rank[order] = np.arange(len(series)) - starts[series[order]]
    return np.flatnonzero(rank < lengths[series])
