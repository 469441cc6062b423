"""Gibbs sampling of latent normals under what is known of each row, and with it the fit of their covariance.

Fit: stochastic EM. Each sweep redraws every latent given the others, inside the region that the row's data leaves
(the extended likelihood of Hoff 2007, DOI 10.1214/07-AOAS107, here with known thresholds), then takes mean and
covariance from the draws; the later half of the sweeps is averaged (Celeux and Diebolt 1985). A missing cell leaves
its latent free, so rows with gaps are used in full. Scales that the data cannot know are set to 1 after every sweep
(parameter expansion, Liu, Rubin and Wu 1998, DOI 10.1093/biomet/85.4.755).
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.special import ndtr, ndtri

from engine.generators.latents import Choice, Latent, Ordered
from engine.progress import Budget, Reporter
from engine.statistics.normals import truncated, well_conditioned

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]
Mask = NDArray[np.bool_]

_RIDGE = 1e-4  # added to the variances before inversion
_CHOICE_RIDGE = 0.002  # keeps utilities of options that the data can hardly tell apart from collapsing
_PRIOR_ROWS = 0.01  # rows, per latent, by which covariances are drawn towards 0


@dataclass(frozen=True, slots=True)
class Normal:
    """Mean (latents,) and covariance (latents, latents)."""

    mean: Floats
    covariance: Floats


class Region(ABC):
    """What is known of some latents in each row; redraws them given all others."""

    def __init__(self, first: int, dims: int) -> None:
        self.first, self.dims = first, dims

    def redraw(self, z: Floats, normal: Normal, precision: Floats, rng: np.random.Generator) -> None:
        """Replace own columns of (rows, latents) `z` in place, one latent after the other."""
        own = slice(self.first, self.first + self.dims)
        # Row d of the precision matrix gives latent d's mean given the others: z_d - (z - mean) @ precision_d / p_dd.
        pulls = ((z - normal.mean) @ precision[:, own]).T  # (dims, rows)
        self._begin(z)
        for k in range(self.dims):
            d = self.first + k
            mean, sd = z[:, d] - pulls[k] / precision[d, d], float(1 / np.sqrt(precision[d, d]))
            drawn = self._draw(k, mean, sd, rng)
            pulls[k + 1 :] += precision[d, d + 1 : own.stop, None] * (drawn - z[:, d])
            z[:, d] = drawn

    def _begin(self, z: Floats) -> None:
        """Look at the present values before own ones are redrawn."""
        return

    @abstractmethod
    def _draw(self, k: int, mean: Floats, sd: float, rng: np.random.Generator) -> Floats:
        """(rows,) new values of the k-th own latent from normals cut to what is known."""


class Interval(Region):
    """One latent inside low..high, each (rows,)."""

    def __init__(self, first: int, low: Floats, high: Floats) -> None:
        super().__init__(first, 1)
        self.low, self.high = low, high

    def _draw(self, k: int, mean: Floats, sd: float, rng: np.random.Generator) -> Floats:
        return truncated(mean, sd, self.low, self.high, rng)


class Union(Region):
    """One latent inside any of several intervals, the same in every row. low, high: (intervals,)."""

    def __init__(self, first: int, low: Floats, high: Floats) -> None:
        super().__init__(first, 1)
        self.low, self.high = low, high

    def _draw(self, k: int, mean: Floats, sd: float, rng: np.random.Generator) -> Floats:
        start, end = ((edge - mean[:, None]) / sd for edge in (self.low, self.high))
        upper = (start > 0) & (end > 0)  # the mirrored difference keeps far tails apart from 0
        mass = np.where(upper, ndtr(-start) - ndtr(-end), ndtr(end) - ndtr(start)) + 1e-300
        reach = np.cumsum(mass, axis=1)
        pick = (rng.random((len(mean), 1)) * reach[:, -1:] >= reach).sum(axis=1)
        pick = np.minimum(pick, len(self.low) - 1)
        return truncated(mean, sd, self.low[pick], self.high[pick], rng)


class Winner(Region):
    """Utilities of a choice of which each row's option wins. own: (rows,) options, -1 where any may win."""

    def __init__(self, first: int, choice: Choice, own: Ints) -> None:
        super().__init__(first, choice.dims)
        self.choice, self.own = choice, np.maximum(own, 0)
        self.rows = [np.flatnonzero(own == k) for k in range(choice.options)]
        self.free = own < 0

    def _begin(self, z: Floats) -> None:
        self.utilities = self.choice.utilities(z[:, self.first : self.first + self.dims])
        self.top = self.utilities[self.own, np.arange(len(z))]

    def _draw(self, k: int, mean: Floats, sd: float, rng: np.random.Generator) -> Floats:
        option, lift = k + 1, self.choice.lift[k + 1]
        winning = self.rows[option]
        low, high = np.full(len(mean), -np.inf), np.where(self.free, np.inf, self.top)
        high[winning] = np.inf
        self.utilities[option] = -np.inf
        low[winning] = self.utilities[:, winning].max(axis=0)
        drawn = truncated(mean, sd, low - lift, high - lift, rng)
        self.utilities[option] = drawn + lift
        self.top[winning] = self.utilities[option, winning]
        return drawn


class AnyOf(Region):
    """Utilities of a choice of which one of the allowed options wins. allowed: (options,), the same in every row."""

    def __init__(self, first: int, choice: Choice, allowed: Mask) -> None:
        super().__init__(first, choice.dims)
        self.choice, self.allowed = choice, allowed

    def _begin(self, z: Floats) -> None:
        self.utilities = self.choice.utilities(z[:, self.first : self.first + self.dims])

    def _draw(self, k: int, mean: Floats, sd: float, rng: np.random.Generator) -> Floats:
        option, lift = k + 1, self.choice.lift[k + 1]
        self.utilities[option] = -np.inf
        winners = self.utilities[self.allowed].max(axis=0, initial=-np.inf)
        losers = self.utilities[~self.allowed].max(axis=0, initial=-np.inf)
        low, high = np.full(len(mean), -np.inf), np.full(len(mean), np.inf)
        if self.allowed[option]:
            low = np.where(winners < losers, losers, low)
        else:
            high = winners
        drawn = truncated(mean, sd, low - lift, high - lift, rng)
        self.utilities[option] = drawn + lift
        return drawn


def regions_of(latents: Sequence[Latent], options: Ints) -> list[Region]:
    """What (rows, latents) options, -1 where missing, say about the latent variables; fixed ones are left out."""
    regions: list[Region] = []
    first = 0
    for j, latent in enumerate(latents):
        own = options[:, j]
        if isinstance(latent, Choice):
            regions.append(Winner(first, latent, own))
        elif isinstance(latent, Ordered) and not (latent.static and (own >= 0).all()):
            low, high = latent.bounds()
            missing = own < 0
            at = np.maximum(own, 0)
            regions.append(Interval(first, np.where(missing, -np.inf, low[at]), np.where(missing, np.inf, high[at])))
        first += latent.dims
    return regions


def start_values(latents: Sequence[Latent], options: Ints, rng: np.random.Generator) -> Floats:
    """(rows, latents in all) values that agree with the options, as if all columns were independent."""
    blocks = []
    for j, latent in enumerate(latents):
        own = options[:, j]
        if isinstance(latent, Ordered):
            low, high = (ndtr(edge) for edge in latent.bounds())
            at = np.maximum(own, 0)
            share = rng.random(len(own))
            point = np.where(own < 0, share, low[at] + share * (high[at] - low[at]))
            blocks.append(ndtri(np.clip(point, 1e-12, 1 - 1e-12))[:, None])
        elif isinstance(latent, Choice):
            blocks.append(_winning(latent, own, rng))
    return np.hstack(blocks)


def _winning(choice: Choice, own: Ints, rng: np.random.Generator) -> Floats:
    """(rows, dims) utilities with lifts of 0 in which option `own` wins (-1: any)."""
    utilities = rng.standard_normal((len(own), choice.options))
    rows = np.flatnonzero(own >= 0)
    best = utilities[rows].argmax(axis=1)
    top = utilities[rows, best]
    utilities[rows, best] = utilities[rows, own[rows]]
    utilities[rows, own[rows]] = top
    return utilities[:, 1:] - utilities[:, :1]


class Fit:
    """Stochastic EM on (rows, columns) options; `step` is one sweep, `result` the averaged normal."""

    def __init__(self, latents: Sequence[Latent], options: Ints, rng: np.random.Generator) -> None:
        self.latents, self.rng = latents, rng
        self.regions = regions_of(latents, options)
        self.z = np.asfortranarray(start_values(latents, options, rng))
        self._gaps: Mask = np.asarray((options < 0).any(axis=0))
        self.normal = self._maximised(self._scores(options))
        self._sum: Normal | None = None
        self._kept = 0

    def step(self, *, keep: bool) -> float:
        """One sweep; with `keep` it enters the average. Returns the mean absolute change of the covariance."""
        before = self.normal.covariance
        precision: Floats = np.asarray(np.linalg.inv(before + _RIDGE * np.eye(len(before))), dtype=np.float64)
        for region in self.regions:
            region.redraw(self.z, self.normal, precision, self.rng)
        self.normal = self._maximised(self.z)
        if keep:
            self._kept += 1
            old = self._sum or Normal(np.zeros_like(self.normal.mean), np.zeros_like(before))
            self._sum = Normal(old.mean + self.normal.mean, old.covariance + self.normal.covariance)
        return float(np.abs(self.normal.covariance - before).mean())

    def result(self) -> Normal:
        if self._sum is None:
            return Normal(self.normal.mean, well_conditioned(self.normal.covariance))
        return Normal(self._sum.mean / self._kept, well_conditioned(self._sum.covariance / self._kept))

    def _scores(self, options: Ints) -> Floats:
        """The first draws, with ordered columns at the middle of their cells, so that equal columns begin equal."""
        scores = self.z.copy()
        first = 0
        for j, latent in enumerate(self.latents):
            if isinstance(latent, Ordered):
                low, high = (ndtr(edge) for edge in latent.bounds())
                middle = ndtri(np.clip((low + high) / 2, 1e-12, 1 - 1e-12))
                own = options[:, j]
                scores[:, first] = np.where(own < 0, scores[:, first], middle[np.maximum(own, 0)])
            first += latent.dims
        return scores

    def _maximised(self, z: Floats) -> Normal:
        """Mean and covariance of (rows, latents) draws, with the scales that the data cannot know set to 1.

        Utilities are rescaled in the draws as well: their thresholds, 0, stay where they are.
        """
        rows, count = z.shape
        mean = z.mean(axis=0)
        centred = z - mean
        covariance = centred.T @ centred / max(rows, 1)
        shrunk = rows / (rows + _PRIOR_ROWS * count)
        covariance = shrunk * covariance + (1 - shrunk) * np.diag(np.diag(covariance))
        scale = np.ones(count)
        first = 0
        for j, latent in enumerate(self.latents):
            own = slice(first, first + latent.dims)
            if isinstance(latent, Choice):
                block = covariance[own, own]
                block[np.diag_indices(latent.dims)] += _CHOICE_RIDGE * np.trace(block) / latent.dims
                scale[own] = 1 / np.sqrt(np.trace(block) / latent.dims)
                self.z[:, own] *= scale[first]
                mean[own] *= scale[first]
            else:
                # Rows with gaps may lie elsewhere than the others: then thresholds tell mean and, from three cells
                # on, scale; without gaps both are those of a standard normal.
                if not self._gaps[j] or latent.options <= 2:
                    scale[own] = 1 / np.sqrt(max(float(covariance[first, first]), 1e-12))
                mean[own] *= self._gaps[j]
            first += latent.dims
        return Normal(mean, covariance * np.outer(scale, scale))


def fit_normal(
    latents: Sequence[Latent],
    options: Ints,
    rng: np.random.Generator,
    sweeps: int,
    reporter: Reporter,
    budget: Budget,
    message: str,
) -> tuple[Normal, int]:
    """The covariance of (rows, columns) options' latents after up to `sweeps` sweeps, and how many were made.

    Asks the token and reports after every sweep; ends early when the time is up.
    """
    fit = Fit(latents, options, rng)
    for sweep in range(sweeps):
        change = fit.step(keep=sweep >= sweeps // 2)
        reporter.step(losses={"change": change}, message=message)
        if budget.over:
            return fit.result(), sweep + 1
    return fit.result(), sweeps
