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

from engine.generators.latents import Choice, Latent, Ordered
from engine.progress import Budget, Reporter
from engine.statistics.normals import truncated, well_conditioned

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]
Mask = NDArray[np.bool_]

_RIDGE = 1e-4  # added to the variances before inversion
_CHOICE_RIDGE = 0.02  # keeps utilities of options that the data can hardly tell apart from collapsing
_PRIOR_ROWS = 0.05  # rows, per latent, by which covariances are drawn towards 0


@dataclass(frozen=True, slots=True)
class Normal:
    """Mean (latents,) and covariance (latents, latents)."""

    mean: Floats
    covariance: Floats


class Region(ABC):
    """What is known of some latents in each row; redraws them given all others."""

    def __init__(self, first: int, dims: int) -> None:
        self.first, self.dims = first, dims

    @property
    def numbers(self) -> Ints:
        return np.arange(self.first, self.first + self.dims)

    @abstractmethod
    def redraw(self, z: Floats, normal: Normal, precision: Floats, rng: np.random.Generator) -> None:
        """Replace own columns of (rows, latents) `z` in place."""


def _given_others(z: Floats, d: int, normal: Normal, precision: Floats) -> tuple[Floats, float]:
    """Mean (rows,) and standard deviation of latent d given the others: from the precision matrix."""
    centred = (z - normal.mean) @ precision[:, d]
    return z[:, d] - centred / precision[d, d], float(1 / np.sqrt(precision[d, d]))


class Interval(Region):
    """One latent inside low..high, each (rows,)."""

    def __init__(self, first: int, low: Floats, high: Floats) -> None:
        super().__init__(first, 1)
        self.low, self.high = low, high

    def redraw(self, z: Floats, normal: Normal, precision: Floats, rng: np.random.Generator) -> None:
        mean, sd = _given_others(z, self.first, normal, precision)
        z[:, self.first] = truncated(mean, sd, self.low, self.high, rng)


class Union(Region):
    """One latent inside any of several intervals, the same in every row. low, high: (intervals,)."""

    def __init__(self, first: int, low: Floats, high: Floats) -> None:
        super().__init__(first, 1)
        self.low, self.high = low, high

    def redraw(self, z: Floats, normal: Normal, precision: Floats, rng: np.random.Generator) -> None:
        from scipy.special import ndtr

        mean, sd = _given_others(z, self.first, normal, precision)
        start, end = ((edge - mean[:, None]) / sd for edge in (self.low, self.high))
        upper = (start > 0) & (end > 0)  # the mirrored difference keeps far tails apart from 0
        mass = np.where(upper, ndtr(-start) - ndtr(-end), ndtr(end) - ndtr(start)) + 1e-300
        reach = np.cumsum(mass, axis=1)
        pick = (rng.random((len(z), 1)) * reach[:, -1:] >= reach).sum(axis=1)
        pick = np.minimum(pick, len(self.low) - 1)
        z[:, self.first] = truncated(mean, sd, self.low[pick], self.high[pick], rng)


class Winner(Region):
    """Utilities of a choice whose winner is one of the allowed options. allowed: (rows, options)."""

    def __init__(self, first: int, choice: Choice, allowed: Mask) -> None:
        super().__init__(first, choice.dims)
        self.choice = choice
        self.barred = np.where(allowed, -np.inf, 0.0)  # added to utilities: leaves the options that must lose
        self.open = np.where(allowed, 0.0, -np.inf)  # leaves the options of which one must win
        self.allowed = allowed

    def redraw(self, z: Floats, normal: Normal, precision: Floats, rng: np.random.Generator) -> None:
        own = slice(self.first, self.first + self.dims)
        utilities = self.choice.utilities(z[:, own])
        for k in range(1, self.choice.options):
            d = self.first + k - 1
            mean, sd = _given_others(z, d, normal, precision)
            low, high = self._bounds(utilities, k)
            lift = self.choice.lift[k]
            z[:, d] = truncated(mean, sd, low - lift, high - lift, rng)
            utilities[:, k] = z[:, d] + lift

    def _bounds(self, utilities: Floats, k: int) -> tuple[Floats, Floats]:
        """(rows,) ends between which utility k may lie, given the other utilities."""
        rest = utilities.copy()
        rest[:, k] = -np.inf
        losers, winners = (rest + self.barred).max(axis=1), (rest + self.open).max(axis=1)
        mine = self.allowed[:, k]
        low = np.where(mine & (winners < losers), losers, -np.inf)
        high = np.where(mine, np.inf, winners)
        return low, np.maximum(low, high)


def regions_of(latents: Sequence[Latent], options: Ints) -> list[Region]:
    """What (rows, latents) options, -1 where missing, say about the latent variables; fixed ones are left out."""
    regions: list[Region] = []
    first = 0
    for j, latent in enumerate(latents):
        own = options[:, j]
        if isinstance(latent, Choice):
            allowed = (own[:, None] == np.arange(latent.options)) | (own < 0)[:, None]
            regions.append(Winner(first, latent, allowed))
        elif isinstance(latent, Ordered) and not (latent.static and (own >= 0).all()):
            low, high = latent.bounds()
            missing = own < 0
            at = np.maximum(own, 0)
            regions.append(Interval(first, np.where(missing, -np.inf, low[at]), np.where(missing, np.inf, high[at])))
        first += latent.dims
    return regions


def start_values(latents: Sequence[Latent], options: Ints, rng: np.random.Generator) -> Floats:
    """(rows, latents in all) values that agree with the options, as if all columns were independent."""
    from scipy.special import ndtr, ndtri

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
        self.z = start_values(latents, options, rng)
        self._gaps: Mask = np.asarray((options < 0).any(axis=0))
        self.normal = Normal(np.zeros(self.z.shape[1]), np.eye(self.z.shape[1]))
        self._maximise()
        self._sum: Normal | None = None
        self._kept = 0

    def step(self, *, keep: bool) -> float:
        """One sweep; with `keep` it enters the average. Returns the mean absolute change of the covariance."""
        before = self.normal.covariance
        precision: Floats = np.asarray(np.linalg.inv(before + _RIDGE * np.eye(len(before))), dtype=np.float64)
        for region in self.regions:
            region.redraw(self.z, self.normal, precision, self.rng)
        self._maximise()
        if keep:
            self._kept += 1
            old = self._sum or Normal(np.zeros_like(self.normal.mean), np.zeros_like(before))
            self._sum = Normal(old.mean + self.normal.mean, old.covariance + self.normal.covariance)
        return float(np.abs(self.normal.covariance - before).mean())

    def result(self) -> Normal:
        if self._sum is None:
            return Normal(self.normal.mean, well_conditioned(self.normal.covariance))
        return Normal(self._sum.mean / self._kept, well_conditioned(self._sum.covariance / self._kept))

    def _maximise(self) -> None:
        """Mean and covariance of the draws, with the scales that the data cannot know set to 1."""
        rows, count = self.z.shape
        mean = self.z.mean(axis=0)
        covariance = (self.z - mean).T @ (self.z - mean) / max(rows, 1)
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
        self.normal = Normal(mean, covariance * np.outer(scale, scale))


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
