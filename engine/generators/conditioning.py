"""Latents of rows that fulfil conditions, from the model's own conditional distribution.

The latents of the conditioned columns come first: by drawing and keeping what fits (exact), and where fewer rows fit
than are needed, by Gibbs sampling inside the region, started from those that did. All other latents then follow
exactly, as normals given these.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from engine.codecs.grid import CodeCondition
from engine.generators.gibbs import AnyOf, Interval, Normal, Region, Union
from engine.generators.latentmodel import LatentModel
from engine.generators.latents import Choice, Ordered
from engine.progress import Reporter
from engine.statistics.normals import conditional, square_root

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]
Mask = NDArray[np.bool_]

BATCH = 50_000
_TRIES = 20  # batches, at least; more when many rows are asked for
_ENOUGH = 50  # kept rows that may seed the Gibbs sampler
_SWEEPS = 60
_RIDGE = 1e-9


@dataclass(frozen=True, slots=True)
class Demand:
    """What column j must be. value: chance that its options fulfil the condition, per option; missing: may it be."""

    column: int
    condition: CodeCondition
    value: Floats

    @property
    def missing(self) -> bool:
        return self.condition.missing


def demands_on(model: LatentModel, conditions: Mapping[int, CodeCondition]) -> list[Demand]:
    return [Demand(j, condition, model.columns[j].weights(condition)) for j, condition in conditions.items()]


def possible(model: LatentModel, demands: list[Demand]) -> bool:
    """Whether every demand, and all those on one group of gaps together, can be fulfilled."""
    allowed: dict[int, set[bool]] = {}
    for demand in demands:
        group = int(model.patterns.group_of[demand.column])
        rate = model.patterns.rates[group] if group >= 0 else 0.0
        value = bool((demand.value * model.columns[demand.column].latent.shares).sum() > 0)
        ways = {gap for gap, way in ((True, demand.missing and rate > 0), (False, value and rate < 1)) if way}
        if group >= 0:
            ways &= allowed.get(group, {True, False})
            allowed[group] = ways
        if not ways:
            return False
    return True


def draw_given(
    model: LatentModel, n: int, demands: list[Demand], rng: np.random.Generator, reporter: Reporter
) -> Floats:
    """(n, latents) that fulfil the demands, which must be possible. Asks the token after every batch and sweep."""
    known = _latents_of(model, demands)
    if not len(known) or not n:
        return model.draw(n, rng)
    inner = Normal(model.normal.mean[known], model.normal.covariance[np.ix_(known, known)])
    kept = _kept(model, n, demands, known, inner, rng, reporter)
    if len(kept) < n:
        kept = _walked(model, n, demands, known, inner, kept, rng, reporter)
    z = np.empty((n, model.layout.size))
    others, slopes, root = conditional(model.normal.mean, model.normal.covariance, known)
    z[:, known] = kept[:n]
    noise = rng.standard_normal((n, len(others)))
    z[:, others] = model.normal.mean[others] + (kept[:n] - inner.mean) @ slopes + noise @ root.T
    return z


def _latents_of(model: LatentModel, demands: list[Demand]) -> Ints:
    """Numbers of the latents that the demands speak of."""
    numbers: set[int] = set()
    for demand in demands:
        at = model.layout.column(demand.column)
        if at is not None and (demand.value > 0).any() and not (demand.value >= 1).all():
            numbers |= set(range(at, at + model.columns[demand.column].latent.dims))
        gap = model.layout.group(int(model.patterns.group_of[demand.column]))
        if gap is not None:
            numbers.add(gap)
    return np.array(sorted(numbers), dtype=np.int64)


def _chances(model: LatentModel, z: Floats, demands: list[Demand]) -> Floats:
    """(rows, latents), of which those of the demands are filled -> (rows,) chance that the row fulfils them all."""
    missing = model.missing(z)
    chances = np.ones(len(z))
    for demand in demands:
        value = demand.value[model.column_options(z, demand.column)] if len(demand.value) else 0.0
        chances *= np.where(missing[:, demand.column], float(demand.missing), value)
    return chances


def _kept(
    model: LatentModel,
    n: int,
    demands: list[Demand],
    known: Ints,
    inner: Normal,
    rng: np.random.Generator,
    reporter: Reporter,
) -> Floats:
    """Up to n draws of the `known` latents that fulfil the demands, by rejection."""
    root = square_root(inner.covariance)
    found, count = [], 0
    z = np.zeros((BATCH, model.layout.size))
    for tried in range(max(_TRIES, 20 * n // BATCH)):
        z[:, known] = inner.mean + rng.standard_normal((BATCH, len(known))) @ root.T
        fits = rng.random(BATCH) < _chances(model, z, demands)
        found.append(z[np.ix_(fits, known)])
        count += int(fits.sum())
        reporter.step(0)
        if count >= n or (tried == _TRIES // 4 and count * 20 < n):
            break  # enough, or so few that the sampler is needed in any case
    return np.concatenate(found)[:n]


def _walked(
    model: LatentModel,
    n: int,
    demands: list[Demand],
    known: Ints,
    inner: Normal,
    kept: Floats,
    rng: np.random.Generator,
    reporter: Reporter,
) -> Floats:
    """n draws of the `known` latents by Gibbs sampling; rows that were kept are where it starts, if there are some."""
    z = np.zeros((n, model.layout.size))
    if len(kept) >= _ENOUGH:
        z[:, known] = kept[rng.integers(len(kept), size=n)]
        gaps = model.missing(z)[:, [d.column for d in demands]]
    else:
        gaps = _gap_choices(model, n, demands, rng)
    precision = np.asarray(np.linalg.inv(inner.covariance + _RIDGE * np.eye(len(known))), dtype=np.float64)
    walked = z[:, known]
    for ways in np.unique(gaps, axis=0):
        rows = np.flatnonzero((gaps == ways).all(axis=1))
        regions = _regions(model, demands, ways, known, len(rows))
        part = walked[rows]
        if len(kept) < _ENOUGH:
            part = _start(inner, regions, len(rows), rng)
        for _ in range(_SWEEPS):
            for region in regions:
                region.redraw(part, inner, precision, rng)
            reporter.step(0)
        walked[rows] = part
    return _reweighed(model, walked, known, demands, rng)


def _gap_choices(model: LatentModel, n: int, demands: list[Demand], rng: np.random.Generator) -> Mask:
    """(n, demands) whether a cell is to be missing, by the columns' own chances; equal within a group of gaps."""
    gaps = np.zeros((n, len(demands)), dtype=bool)
    chosen: dict[int, Mask] = {}
    for k, demand in enumerate(demands):
        group = int(model.patterns.group_of[demand.column])
        same = [d for d in demands if model.patterns.group_of[d.column] == group] if group >= 0 else [demand]
        rate = float(model.patterns.rates[group]) if group >= 0 else 0.0
        missing = rate * all(d.missing for d in same)
        value = 1 - rate
        for d in same:
            value *= float((d.value * model.columns[d.column].latent.shares).sum())
        gap = rng.random(n) * (missing + value) < missing
        gaps[:, k] = chosen.setdefault(group, gap) if group >= 0 else gap
    return gaps


def _regions(model: LatentModel, demands: list[Demand], gaps: Mask, known: Ints, rows: int) -> list[Region]:
    """Regions of the `known` latents when the demands' cells are missing as `gaps` (demands,) says."""
    place = {int(latent): i for i, latent in enumerate(known)}
    regions: dict[int, Region] = {}
    for demand, gap in zip(demands, gaps, strict=True):
        group = int(model.patterns.group_of[demand.column])
        at = model.layout.group(group)
        if at is not None:
            low, high = model.gaps[group].bounds()
            regions[at] = Interval(place[at], np.full(rows, low[int(gap)]), np.full(rows, high[int(gap)]))
        first = model.layout.column(demand.column)
        if first is None or first not in place:
            continue
        latent = model.columns[demand.column].latent
        weights = np.ones(latent.options) if gap else demand.value
        if isinstance(latent, Choice):
            regions[first] = AnyOf(place[first], latent, weights > 0)
        elif isinstance(latent, Ordered):
            regions[first] = Union(place[first], *latent.region(weights))
    return list(regions.values())


def _start(inner: Normal, regions: list[Region], rows: int, rng: np.random.Generator) -> Floats:
    """(rows, known) inside all regions, each taken on its own."""
    z = inner.mean + rng.standard_normal((rows, len(inner.mean))) @ square_root(inner.covariance).T
    alone = Normal(inner.mean, np.diag(np.diag(inner.covariance)))
    precision = np.diag(1 / np.diag(alone.covariance))
    for region in regions:
        region.redraw(z, alone, precision, rng)
    return z


def _reweighed(
    model: LatentModel, walked: Floats, known: Ints, demands: list[Demand], rng: np.random.Generator
) -> Floats:
    """Options of several levels of which only some are wanted count by their wanted share: rows drawn again by it."""
    partial = [
        d for d in demands
        if isinstance(model.columns[d.column].latent, Choice) and ((d.value > 0) & (d.value < 1)).any()
    ]  # fmt: skip
    if not partial:
        return walked
    z = np.zeros((len(walked), model.layout.size))
    z[:, known] = walked
    chances = _chances(model, z, partial)
    if not chances.sum() > 0:
        return walked
    return walked[rng.choice(len(walked), size=len(walked), p=chances / chances.sum())]
