"""How latents move: trend and seasons, a level of each series, and what one row hands on to the next.

z = features(time) B + level of the series + r, where r follows a vector autoregression (Lütkepohl 2005) with normal
shocks. Scores of cells are not observed exactly: they are drawn given everything else, and the model is estimated from
the draws, in turns (stochastic EM). Penalties keep it stable where rows are few.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Self

import numpy as np
from numpy.typing import NDArray

from engine.statistics.normals import square_root, truncated

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]
Mask = NDArray[np.bool_]

ORDERS = (0, 1, 2, 3, 5, 7, 14)  # rows back that are tried
_PENALTY = 2.0  # rows' worth of pull towards no hand-over
_RADIUS = 0.995  # of the hand-over, at most: below 1 a series does not run away
_BURN = 200  # rows before a made series begins
_FLOOR = 1e-6


@dataclass(frozen=True, slots=True)
class Observed:
    """Rows in order of series and time. low, high: (rows, latents) ends of each score; features: (rows, features);
    starts: (series + 1,); still: (latents,) which do not change within any series."""

    low: Floats
    high: Floats
    features: Floats
    starts: Ints
    still: Mask

    @property
    def series(self) -> Ints:
        """(rows,) number of each row's series."""
        return np.repeat(np.arange(len(self.starts) - 1), np.diff(self.starts))

    @property
    def place(self) -> Ints:
        """(rows,) number of each row within its series."""
        return np.arange(len(self.low)) - np.repeat(self.starts[:-1], np.diff(self.starts))


class Motion:
    """mean: (features, latents); lags: (order, latents, latents), from the row k back to this one; shocks: their
    covariance; levels: covariance of the series' levels, and of the scores of latents that stay still."""

    def __init__(self, mean: Floats, lags: Floats, shocks: Floats, levels: Floats, still: Mask) -> None:
        self.mean, self.lags, self.shocks, self.levels, self.still = mean, lags, shocks, levels, still

    @property
    def order(self) -> int:
        return len(self.lags)

    def start(self, series: int, rng: np.random.Generator) -> tuple[Floats, Floats]:
        """(series, latents) levels, and (order, series, latents) of r before the first row, latest first."""
        size = len(self.shocks)
        level = rng.standard_normal((series, size)) @ square_root(self.levels).T
        past = np.zeros((self.order, series, size))
        root = square_root(self.shocks)
        for _ in range(_BURN if self.order else 0):
            past = np.concatenate([self._next(past, root, rng)[None], past[:-1]])
        return level, past

    def _next(self, past: Floats, root: Floats, rng: np.random.Generator) -> Floats:
        drawn = rng.standard_normal(past.shape[1:]) @ root.T
        for lag, earlier in zip(self.lags, past, strict=True):
            drawn += earlier @ lag
        return np.asarray(drawn)

    def wander(self, rows: int, series: int, rng: np.random.Generator) -> tuple[Floats, Floats]:
        """(series, latents) levels, and (rows, series, latents) of r: what moves around trend and seasons."""
        level, past = self.start(series, rng)
        root = square_root(self.shocks)
        made = np.zeros((rows, series, len(self.shocks)))
        for k in range(rows):
            made[k] = self._next(past, root, rng)
            past = np.concatenate([made[k][None], past[:-1]]) if self.order else past
        made[..., self.still] = 0.0
        return level, made

    def state(self) -> dict[str, Any]:
        return {name: getattr(self, name) for name in ("mean", "lags", "shocks", "levels", "still")}

    @classmethod
    def from_state(cls, state: Mapping[str, Any]) -> Self:
        motion = cls(*(np.asarray(state[name]) for name in ("mean", "lags", "shocks", "levels", "still")))
        size = len(motion.still)
        if (
            motion.mean.shape[1:] != (size,)
            or motion.lags.shape[1:] != (size, size)
            or motion.shocks.shape != (size, size)
        ):
            raise ValueError("the parts of the motion do not agree")
        return motion


class MotionFit:
    """Draws scores and estimates the motion in turns."""

    def __init__(self, seen: Observed, rng: np.random.Generator) -> None:
        self.seen, self.rng = seen, rng
        n, size = seen.low.shape
        self.moving = np.flatnonzero(~seen.still)
        self.z = truncated(np.zeros(n * size), 1.0, seen.low.ravel(), seen.high.ravel(), rng).reshape(n, size)
        if seen.still.any():
            self.z[:, seen.still] = self._still_scores()[seen.series]
        self.order = 0

    def _still_scores(self) -> Floats:
        """(series, still latents): one score for the whole series, inside the stretch of the rows that tell."""
        seen, begin = self.seen, self.seen.starts[:-1]
        low = np.maximum.reduceat(seen.low[:, seen.still], begin, axis=0)
        high = np.maximum(np.minimum.reduceat(seen.high[:, seen.still], begin, axis=0), low)
        drawn = truncated(np.zeros(low.size), 1.0, low.ravel(), high.ravel(), self.rng)
        return np.asarray(drawn.reshape(low.shape))

    def fit(self, sweeps: int, step: Callable[[], bool]) -> Motion:
        """step: called after each sweep; ends the fit where it says so."""
        motion = self._estimated()
        self.order = self._best_order()
        for _ in range(sweeps):
            motion = self._estimated()
            self._redraw(motion)
            if step():
                break
        return self._estimated()

    def _estimated(self) -> Motion:
        seen, features = self.seen, self.seen.features
        mean = self._mean()
        self._rest = self.z - features @ mean
        self._level, levels = self._levels()
        self._r = np.where(seen.still, 0.0, self._rest - self._level[seen.series])
        lags, shocks = self._handed_on(self.order)
        shocks[np.ix_(seen.still, seen.still)] = np.eye(int(seen.still.sum()))
        return Motion(np.asarray(mean, dtype=np.float64), lags, shocks, levels, seen.still)

    def _mean(self) -> Floats:
        """(features, latents) by least squares; of several series by what changes within them, so that late rows, which
        are those of long or slow series, make no trend. The first feature is the constant."""
        seen, features, z = self.seen, self.seen.features, self.z
        several = len(seen.starts) > 2
        if several:
            features, z = self._within(features), self._within(z)
        gram = features.T @ features + 1e-3 * np.eye(features.shape[1])
        mean = np.linalg.solve(gram, features.T @ z)
        if several:
            rest = self.z - seen.features @ mean
            mean[0] += (np.add.reduceat(rest, seen.starts[:-1], axis=0) / np.diff(seen.starts)[:, None]).mean(axis=0)
        mean[:, seen.still] = 0.0
        return np.asarray(mean)

    def _within(self, values: Floats) -> Floats:
        """Values less their means over the series."""
        seen = self.seen
        means = np.add.reduceat(values, seen.starts[:-1], axis=0) / np.diff(seen.starts)[:, None]
        return np.asarray(values - means[seen.series])

    def _levels(self) -> tuple[Floats, Floats]:
        """(series, latents) shrunk means of the rest, and their covariance; still latents are their own scores."""
        seen, size = self.seen, self.z.shape[1]
        count = np.diff(seen.starts).astype(np.float64)
        series = len(count)
        if series < 2:
            return np.zeros((series, size)), np.zeros((size, size))
        sums = np.add.reduceat(self._rest, seen.starts[:-1], axis=0)
        raw = sums / count[:, None]
        within = ((self._rest - raw[seen.series]) ** 2).sum(axis=0) / max(len(self._rest) - series, 1)
        between = np.cov(raw.T, bias=True).reshape(size, size)
        # What rows of one series have in common by chance: more than 1 / count, since they follow each other.
        noise = within * float(np.mean(1 / count)) * self._alike()
        variance = np.maximum(np.diag(between) - np.where(seen.still, 0, noise), 0.0)
        scale = np.sqrt(variance / np.maximum(np.diag(between), _FLOOR))
        levels = _positive(between * scale[:, None] * scale)
        each = within / count[:, None] * self._alike()
        shrink = np.where(seen.still, 1.0, variance / np.maximum(variance + each, _FLOOR))
        return raw * shrink, levels

    def _alike(self) -> Floats:
        """(latents,) how many times the variance of a series' mean grows since its rows follow each other."""
        follows = self.seen.place[1:] > 0
        one, other = self._rest[:-1][follows], self._rest[1:][follows]
        near = (one * other).sum(axis=0) / np.maximum((one**2).sum(axis=0), _FLOOR)
        near = np.clip(near, 0, 0.9)
        return np.asarray((1 + near) / (1 - near))

    def _past(self, order: int) -> Floats:
        """(rows, order x latents) of r in the rows before, zeros before a series begins."""
        n, size = self._r.shape
        past = np.zeros((n, order, size))
        for k in range(1, order + 1):
            rows = np.flatnonzero(self.seen.place >= k)
            past[rows, k - 1] = self._r[rows - k]
        return past.reshape(n, order * size)

    def _handed_on(self, order: int) -> tuple[Floats, Floats]:
        size = self._r.shape[1]
        past = self._past(order)
        spread = np.maximum(self._r.var(axis=0), _FLOOR)
        if order:
            pull = _PENALTY * np.repeat(np.arange(1, order + 1) ** 2, size) * np.tile(spread, order)
            lags = np.linalg.solve(past.T @ past + np.diag(pull), past.T @ self._r)
        else:
            lags = np.zeros((0, size))
        tamed = _tamed(np.asarray(lags, dtype=np.float64).reshape(order, size, size))
        self._shock = self._r - past @ tamed.reshape(order * size, size)
        shocks = self._shock.T @ self._shock / len(self._r)
        return tamed, _positive(shocks + 1e-4 * np.diag(spread))

    def _best_order(self) -> int:
        """By Akaike's information criterion, corrected for few rows, on the first draw."""
        n, size = len(self.z), len(self.moving)
        if not size:
            return 0
        scores = {}
        for order in ORDERS:
            if order and n < 4 * order * size:
                break
            shocks = self._handed_on(order)[1][np.ix_(self.moving, self.moving)]
            used = order * size
            scores[order] = n * np.linalg.slogdet(shocks)[1] + 2 * used * size * n / max(n - used - size - 1, 1)
        return min(scores, key=lambda order: scores[order])

    def _redraw(self, motion: Motion) -> None:
        """One Gibbs sweep: each score given the row's others and the rows before and after."""
        seen, n = self.seen, len(self.z)
        precise = np.linalg.inv(motion.shocks)
        count = np.repeat(np.diff(seen.starts), np.diff(seen.starts))
        for j in self.moving:
            reach = [(k, motion.lags[k - 1][j]) for k in range(1, motion.order + 1)]
            weigh = [float(lag @ precise @ lag) for _, lag in reach]
            for group in range(motion.order + 1):  # rows that far apart do not touch each other
                rows = np.arange(group, n, motion.order + 1)
                pull = -(self._shock[rows] @ precise[:, j])
                weight = np.full(len(rows), precise[j, j])
                after = [rows[seen.place[rows] + k < count[rows]] for k, _ in reach]
                for (k, lag), own, add in zip(reach, after, weigh, strict=True):
                    at = (own - group) // (motion.order + 1)
                    pull[at] += self._shock[own + k] @ (precise @ lag)
                    weight[at] += add
                sd = 1 / np.sqrt(weight)
                old = self.z[rows, j]
                low, high = seen.low[rows, j] / sd, seen.high[rows, j] / sd
                new = truncated((old + pull / weight) / sd, 1.0, low, high, self.rng) * sd
                moved = new - old
                self.z[rows, j] = new
                self._shock[rows, j] += moved
                for (k, lag), own in zip(reach, after, strict=True):
                    at = (own - group) // (motion.order + 1)
                    self._shock[own + k] -= moved[at, None] * lag


def _tamed(lags: Floats) -> Floats:
    """Lags under which nothing runs away: shrunk where an eigenvalue of the companion matrix comes close to 1."""
    order, size = lags.shape[:2]
    if not order:
        return lags
    companion = np.zeros((order * size, order * size))
    companion[:size] = np.hstack([lag.T for lag in lags])
    companion[size:, :-size] = np.eye((order - 1) * size)
    radius = float(np.abs(np.linalg.eigvals(companion)).max())
    if radius < _RADIUS:
        return lags
    return np.asarray(lags * (_RADIUS / radius) ** np.arange(1, order + 1)[:, None, None])


def _positive(matrix: Floats) -> Floats:
    """The nearest covariance: eigenvalues of at least 0."""
    values, vectors = np.linalg.eigh((matrix + matrix.T) / 2)
    return np.asarray((vectors * np.maximum(values, 1e-9)) @ vectors.T)
