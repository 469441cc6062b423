"""Normal variables: truncated draws, conditional distributions, roots of covariances. This module loads scipy."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from scipy.special import ndtr, ndtri

Floats = NDArray[np.float64]

FAR = 8.0  # standard deviations beyond which a standard normal is not followed


def truncated(mean: Floats, sd: float, low: Floats, high: Floats, rng: np.random.Generator) -> Floats:
    """(rows,) draws of normals of the given means inside low..high (infinite where open), by inversion.

    Intervals above their mean are mirrored, so that far upper tails keep the precision of the lower ones.
    """
    above = low > mean
    start = np.where(above, mean - high, low - mean) / sd
    end = np.where(above, mean - low, high - mean) / sd
    chance, top = ndtr(start), ndtr(end)
    drawn = ndtri(np.maximum(chance + (top - chance) * rng.random(len(mean)), 1e-300))
    # Where an interval lies so far out that both ends have chance 0, its inner end is all that is left.
    drawn = np.clip(drawn, np.minimum(start, end), np.minimum(end, FAR))
    return np.asarray(np.clip(mean + sd * np.where(above, -drawn, drawn), low, high))


def thresholds(shares: Floats) -> Floats:
    """(cells,) shares in order -> (cells - 1,) points that cut a standard normal into them."""
    cumulated = np.cumsum(shares)[:-1] / max(shares.sum(), 1e-300)
    return np.asarray(np.clip(ndtri(np.clip(cumulated, 0.0, 1.0)), -FAR, FAR))


def square_root(covariance: Floats) -> Floats:
    """A matrix R with R @ R.T equal to the nearest positive-semidefinite matrix to `covariance`."""
    values, vectors = np.linalg.eigh((covariance + covariance.T) / 2)
    return np.asarray(vectors * np.sqrt(np.maximum(values, 0.0)))


def well_conditioned(covariance: Floats, floor: float = 1e-6) -> Floats:
    """The covariance with no eigenvalue below `floor` times the mean one, and its own diagonal.

    Clipping eigenvalues and rescaling the diagonal is one step of Higham's projections (2002, DOI
    10.1093/imanum/22.3.329); a single step is within rounding here, as a sample covariance is already almost one.
    """
    values, vectors = np.linalg.eigh((covariance + covariance.T) / 2)
    least = floor * max(float(values.mean()), 1e-12)
    if values.min() >= least:
        return covariance
    mended = (vectors * np.maximum(values, least)) @ vectors.T
    scale = np.sqrt(np.diag(covariance) / np.diag(mended))
    return np.asarray(mended * np.outer(scale, scale))


def conditional(mean: Floats, covariance: Floats, known: NDArray[np.int64]) -> tuple[NDArray[np.int64], Floats, Floats]:
    """The other variables given the `known` ones: their numbers, (known, others) slopes, and a root of what is left.

    others = mean[others] + (z[known] - mean[known]) @ slopes + noise @ root.T
    """
    others = np.setdiff1d(np.arange(len(mean), dtype=np.int64), known).astype(np.int64)
    inside, across = covariance[np.ix_(known, known)], covariance[np.ix_(known, others)]
    slopes: Floats = np.asarray(np.linalg.solve(inside + 1e-10 * np.eye(len(known)), across), dtype=np.float64)
    left = covariance[np.ix_(others, others)] - across.T @ slopes
    return others, slopes, square_root(left)
