"""The distribution of the latent variables that new rows start from: a mixture of normals fitted to the posteriors.

The prior of a VAE is only what its posteriors are drawn towards. Where their sum over all rows (the aggregate
posterior, Tomczak and Welling 2018) leaves holes, the decoder was never trained; a mixture fitted to draws from the
posteriors does not sample there.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Self

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]

_SIZES = (1, 4, 16)  # normals that are tried
_ROWS_EACH = 100  # draws that each of them needs
_MOST = 20_000  # draws that are fitted
_ROUNDS = 40
_FLOOR = 1e-3  # added to variances
_GAIN = 1e-3  # nats a row that end a fit


@dataclass(frozen=True, slots=True)
class Mixture:
    """weights: (parts,); means: (parts, latent); factors: (parts, latent, latent), lower, covariance = f f'."""

    weights: Floats
    means: Floats
    factors: Floats

    def draw(self, rows: int, rng: np.random.Generator) -> Floats:
        """(rows, latent)."""
        part = rng.choice(len(self.weights), size=rows, p=self.weights)
        noise = rng.standard_normal((rows, self.means.shape[1]))
        found = np.empty_like(noise)
        for k in range(len(self.weights)):
            own = part == k
            found[own] = self.means[k] + noise[own] @ self.factors[k].T
        return found

    def log_density(self, z: Floats) -> Floats:
        """(rows,)."""
        return np.asarray(np.logaddexp.reduce(self.log_parts(z), axis=1))

    def log_parts(self, z: Floats) -> Floats:
        """(rows, parts) log of weight times density."""
        found = np.empty((len(z), len(self.weights)))
        for k, factor in enumerate(self.factors):
            scaled = np.linalg.solve(factor, (z - self.means[k]).T)
            volume = np.log(np.diag(factor)).sum()
            found[:, k] = -0.5 * (scaled**2).sum(axis=0) - volume
        return np.asarray(found + np.log(np.maximum(self.weights, 1e-300)) - 0.5 * z.shape[1] * np.log(2 * np.pi))

    def state(self) -> dict[str, Any]:
        return {"weights": self.weights, "means": self.means, "factors": self.factors}

    @classmethod
    def from_state(cls, state: Mapping[str, Any]) -> Self:
        weights, means, factors = state["weights"], state["means"], state["factors"]
        if factors.shape != (len(weights), means.shape[1], means.shape[1]) or len(means) != len(weights):
            raise ValueError("the parts of the mixture do not agree")
        return cls(weights, means, factors)


def standard(latent: int) -> Mixture:
    """The prior itself."""
    return Mixture(np.ones(1), np.zeros((1, latent)), np.eye(latent)[None])


def fit_mixture(z: Floats, rng: np.random.Generator) -> Mixture:
    """The mixture of (rows, latent) draws whose number of normals is likeliest for a fifth of them held out."""
    if len(z) > _MOST:
        z = z[rng.choice(len(z), _MOST, replace=False)]
    z = z[rng.permutation(len(z))]
    held, own = z[: len(z) // 5], z[len(z) // 5 :]
    if not len(held):
        return standard(z.shape[1])
    tried = [_em(own, size, rng) for size in _SIZES if size == 1 or len(own) >= size * _ROWS_EACH]
    return max(tried, key=lambda mixture: float(mixture.log_density(held).mean()))


def _em(z: Floats, parts: int, rng: np.random.Generator) -> Mixture:
    """Expectation maximisation (Dempster, Laird and Rubin 1977) from random rows as centres."""
    spread = np.atleast_2d(np.cov(z.T, ddof=0)) + _FLOOR * np.eye(z.shape[1])
    factor = np.linalg.cholesky(spread)
    centres = z[rng.choice(len(z), parts, replace=False)] if parts > 1 else z.mean(axis=0, keepdims=True)
    mixture = Mixture(np.full(parts, 1 / parts), centres, np.repeat(factor[None], parts, axis=0))
    before = -np.inf
    for _ in range(_ROUNDS if parts > 1 else 0):
        logs = mixture.log_parts(z)
        total = np.logaddexp.reduce(logs, axis=1)
        if total.mean() < before + _GAIN:
            break
        before = float(total.mean())
        mixture = _updated(z, np.exp(logs - total[:, None]), spread)
    return mixture


def _updated(z: Floats, share: Floats, spread: Floats) -> Mixture:
    """The mixture of (rows, parts) shares; a part of few rows is drawn towards the covariance of all."""
    rows = share.sum(axis=0)
    means = (share.T @ z) / np.maximum(rows, 1e-9)[:, None]
    factors = np.empty((len(rows), z.shape[1], z.shape[1]))
    prior = float(z.shape[1])
    for k in range(len(rows)):
        apart = z - means[k]
        own = (apart * share[:, k : k + 1]).T @ apart
        factors[k] = np.linalg.cholesky((own + prior * spread) / (rows[k] + prior) + _FLOOR * np.eye(z.shape[1]))
    return Mixture(rows / rows.sum(), means, factors)
