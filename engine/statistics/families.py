"""Families of distributions as plain functions of numpy arrays: distribution function, its inverse, a first guess.

Parameters are positive unless they are locations; the optimiser of `engine.statistics.fitting` sees their logarithms.
Sources: Johnson, Kotz, Balakrishnan, Continuous Univariate Distributions (1994, 1995); Johnson, Kemp, Kotz, Univariate
Discrete Distributions (2005). This module loads scipy.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy import special

Floats = NDArray[np.float64]
_TINY = 1e-12


@dataclass(frozen=True, slots=True)
class Sample:
    """What first guesses are made from: moments and bounds of the values, measured from `origin`.

    origin: where positive families begin (0 for numbers, the earliest value for dates); step: distance between
    neighbouring values, 0 for full precision; counts: whether the values are whole numbers from 0 on.
    """

    mean: float
    sd: float
    median: float
    low: float
    high: float
    step: float
    origin: float
    counts: bool

    @property
    def positive(self) -> bool:
        return self.low >= self.origin and self.mean > self.origin

    @property
    def floor(self) -> float:
        """Where families that begin at the smallest value begin: half a step below it."""
        return self.low - self.step / 2

    @property
    def ceiling(self) -> float:
        return self.high + self.step / 2


Cdf = Callable[[Floats, Floats, Sample], Floats]


@dataclass(frozen=True, slots=True)
class Family:
    """One family.

    parameters: names; free: which of them are locations (any sign); suits: whether the sample lies in its support;
    start: first guess; cdf(x, parameters, sample) and ppf(u, parameters, sample), elementwise.
    """

    key: str
    label: str
    parameters: tuple[str, ...]
    start: Callable[[Sample], tuple[float, ...]]
    cdf: Cdf
    ppf: Cdf
    suits: Callable[[Sample], bool] = lambda sample: True
    free: tuple[str, ...] = ()
    discrete: bool = False


def _always_spread(sample: Sample) -> float:
    return max(sample.sd, sample.step / 2, _TINY)


def _standard(x: Floats, p: Floats) -> Floats:
    return np.asarray((x - p[0]) / p[1])


def _location_scale(
    key: str,
    label: str,
    cdf: Callable[[Floats], Floats],
    ppf: Callable[[Floats], Floats],
    scale: float,
    *,
    middle: str = "mean",
) -> Family:
    """A symmetric family of location and scale; `scale` times the standard deviation is the first guess."""
    return Family(
        key,
        label,
        ("location", "scale"),
        start=lambda s: (getattr(s, middle), scale * _always_spread(s)),
        cdf=lambda x, p, s: cdf(_standard(x, p)),
        ppf=lambda u, p, s: p[0] + p[1] * ppf(u),
        free=("location",),
    )


def _laplace_cdf(z: Floats) -> Floats:
    half = 0.5 * np.exp(-np.abs(z))
    return np.asarray(np.where(z < 0, half, 1 - half))


def _laplace_ppf(u: Floats) -> Floats:
    return np.where(u < 0.5, np.log(np.maximum(2 * u, _TINY)), -np.log(np.maximum(2 * (1 - u), _TINY)))


def _above(x: Floats, sample: Sample) -> Floats:
    """Distance from the origin, never negative."""
    return np.maximum(x - sample.origin, 0.0)


def _log_moments(sample: Sample) -> tuple[float, float]:
    mean, sd = sample.mean - sample.origin, _always_spread(sample)
    spread = float(np.log1p((sd / mean) ** 2))
    return float(np.log(mean)) - spread / 2, float(np.sqrt(spread))


def _gamma_start(sample: Sample) -> tuple[float, float]:
    mean, sd = sample.mean - sample.origin, _always_spread(sample)
    return (mean / sd) ** 2, sd**2 / mean


def _weibull_start(sample: Sample) -> tuple[float, float]:
    mean, sd = sample.mean - sample.origin, _always_spread(sample)
    shape = float(np.clip((sd / mean) ** -1.086, 0.1, 50))
    return shape, mean / float(special.gamma(1 + 1 / shape))


def _unit(x: Floats, sample: Sample) -> Floats:
    """Place between floor and ceiling, 0 to 1."""
    return np.clip((x - sample.floor) / max(sample.ceiling - sample.floor, _TINY), 0.0, 1.0)


def _from_unit(share: Floats, sample: Sample) -> Floats:
    return sample.floor + share * (sample.ceiling - sample.floor)


def _beta_start(sample: Sample) -> tuple[float, float]:
    width = max(sample.ceiling - sample.floor, _TINY)
    mean = float(np.clip((sample.mean - sample.floor) / width, 0.01, 0.99))
    both = max(mean * (1 - mean) / max((sample.sd / width) ** 2, _TINY) - 1, 0.2)
    return mean * both, (1 - mean) * both


def _triangle(p: Floats, sample: Sample) -> tuple[float, float, float]:
    """Where a triangle begins, its width, and its mode's place in it, 0 to 1. Few values fall near its corners, so
    these lie beyond the observed range, by `p[1]` and `p[2]` of its width."""
    observed = max(sample.ceiling - sample.floor, _TINY)
    before, behind = (float(np.minimum(reach, 10.0)) * observed for reach in p[1:3])
    return sample.floor - before, before + observed + behind, float(special.expit(p[0]))


def _triangular_cdf(x: Floats, p: Floats, sample: Sample) -> Floats:
    begin, width, mode = _triangle(p, sample)
    z = np.clip((x - begin) / width, 0.0, 1.0)
    return np.asarray(np.where(z < mode, z**2 / mode, 1 - (1 - z) ** 2 / (1 - mode)))


def _triangular_ppf(u: Floats, p: Floats, sample: Sample) -> Floats:
    begin, width, mode = _triangle(p, sample)
    share = np.where(u < mode, np.sqrt(u * mode), 1 - np.sqrt((1 - u) * (1 - mode)))
    return np.asarray(begin + share * width)


def _triangular_start(sample: Sample) -> tuple[float, float, float]:
    mode = (3 * sample.mean - sample.low - sample.high - sample.floor) / max(sample.ceiling - sample.floor, _TINY)
    return float(special.logit(np.clip(mode, 0.05, 0.95))), 0.02, 0.02


def _pareto_scale(sample: Sample) -> float:
    return max(sample.floor, _TINY)


def _pareto_cdf(x: Floats, p: Floats, sample: Sample) -> Floats:
    scale = _pareto_scale(sample)
    return np.asarray(1 - (scale / np.maximum(x, scale)) ** p[0])


def _pareto_ppf(u: Floats, p: Floats, sample: Sample) -> Floats:
    return np.asarray(_pareto_scale(sample) * np.maximum(1 - u, _TINY) ** (-1 / p[0]))


def _count_ppf(cdf: Cdf) -> Cdf:
    """Inverse of a count's distribution function by table over the observed range (at most MOST_COUNTS wide)."""

    def ppf(u: Floats, p: Floats, sample: Sample) -> Floats:
        counts = np.arange(sample.low, sample.high + 1)
        return counts[np.minimum(np.searchsorted(cdf(counts, p, sample), u), len(counts) - 1)]

    return ppf


def _count_family(
    key: str,
    label: str,
    parameters: tuple[str, ...],
    start: Callable[[Sample], tuple[float, ...]],
    cdf: Cdf,
    suits: Callable[[Sample], bool] = lambda sample: True,
    free: tuple[str, ...] = (),
) -> Family:
    def at_whole(x: Floats, p: Floats, sample: Sample) -> Floats:
        whole = np.floor(x)
        return np.where(whole < 0, 0.0, cdf(np.maximum(whole, 0.0), p, sample))

    def fits(sample: Sample) -> bool:
        return sample.counts and sample.high - sample.low <= MOST_COUNTS and suits(sample)

    return Family(key, label, parameters, start, at_whole, _count_ppf(at_whole), fits, free, discrete=True)


MOST_COUNTS = 10_000  # width of the range above which counts are taken for continuous


def _trials(sample: Sample) -> float:
    """Trials of a binomial with the sample's mean and variance, at least the largest count."""
    lack = max(sample.mean - sample.sd**2, _TINY)
    return max(float(np.rint(np.clip(sample.mean**2 / lack, 1, 1e6))), sample.high, 1.0)


def _binomial_cdf(x: Floats, p: Floats, sample: Sample) -> Floats:
    trials = _trials(sample)
    below = np.minimum(x, trials - 1)
    return np.where(x >= trials, 1.0, special.betainc(trials - below, below + 1, special.expit(-p[0])))


def _negative_binomial_cdf(x: Floats, p: Floats, sample: Sample) -> Floats:
    return np.asarray(special.betainc(p[0], x + 1, p[0] / (p[0] + p[1])))


FAMILIES: dict[str, Family] = {
    family.key: family
    for family in (
        _count_family(
            "poisson", "Poisson", ("rate",), lambda s: (max(s.mean, _TINY),), lambda x, p, s: special.pdtr(x, p[0])
        ),
        _count_family(
            "geometric",
            "geometric",
            ("mean",),
            lambda s: (max(s.mean - s.low, 0.01),),
            lambda x, p, s: np.where(x < s.low, 0.0, -np.expm1((x - s.low + 1) * np.log(p[0] / (1 + p[0])))),
        ),
        _count_family(
            "negative binomial",
            "negative binomial",
            ("size", "mean"),
            lambda s: (s.mean**2 / max(s.sd**2 - s.mean, 0.05 * s.mean + _TINY), max(s.mean, _TINY)),
            _negative_binomial_cdf,
        ),
        _count_family(
            "binomial",
            "binomial",
            ("log odds",),
            lambda s: (float(special.logit(np.clip(s.mean / _trials(s), 0.001, 0.999))),),
            _binomial_cdf,
            suits=lambda s: s.sd**2 < s.mean,
            free=("log odds",),
        ),
        _location_scale("normal", "normal", special.ndtr, special.ndtri, 1.0),
        _location_scale("laplace", "Laplace", _laplace_cdf, _laplace_ppf, 0.7, middle="median"),
        _location_scale("logistic", "logistic", special.expit, special.logit, 0.55),
        Family(
            "student",
            "Student's t",
            ("location", "scale", "degrees"),
            start=lambda s: (s.median, 0.7 * _always_spread(s), 4.0),
            cdf=lambda x, p, s: special.stdtr(np.clip(p[2], 0.3, 1e6), _standard(x, p)),
            ppf=lambda u, p, s: p[0] + p[1] * special.stdtrit(np.clip(p[2], 0.3, 1e6), u),
            free=("location",),
        ),
        Family(
            "uniform",
            "uniform",
            (),
            start=lambda s: (),
            cdf=lambda x, p, s: _unit(x, s),
            ppf=lambda u, p, s: _from_unit(u, s),
        ),
        Family(
            "triangular",
            "triangular",
            ("mode", "reach below", "reach above"),
            _triangular_start,
            _triangular_cdf,
            _triangular_ppf,
            free=("mode",),
        ),
        Family(
            "beta",
            "beta",
            ("a", "b"),
            start=_beta_start,
            cdf=lambda x, p, s: special.betainc(p[0], p[1], _unit(x, s)),
            ppf=lambda u, p, s: _from_unit(special.betaincinv(p[0], p[1], u), s),
        ),
        Family(
            "exponential",
            "exponential",
            ("scale",),
            start=lambda s: (max(s.mean - s.floor, _TINY),),
            cdf=lambda x, p, s: -np.expm1(-np.maximum(x - s.floor, 0.0) / p[0]),
            ppf=lambda u, p, s: s.floor - p[0] * np.log1p(-np.minimum(u, 1 - _TINY)),
        ),
        Family(
            "gamma",
            "gamma",
            ("shape", "scale"),
            start=_gamma_start,
            cdf=lambda x, p, s: special.gammainc(p[0], _above(x, s) / p[1]),
            ppf=lambda u, p, s: s.origin + p[1] * special.gammaincinv(p[0], u),
            suits=lambda s: s.positive,
        ),
        Family(
            "lognormal",
            "lognormal",
            ("log location", "log scale"),
            start=_log_moments,
            cdf=lambda x, p, s: special.ndtr((np.log(np.maximum(_above(x, s), 1e-300)) - p[0]) / p[1]),
            ppf=lambda u, p, s: s.origin + np.exp(np.clip(p[0] + p[1] * special.ndtri(u), -700, 700)),
            suits=lambda s: s.positive,
            free=("log location",),
        ),
        Family(
            "weibull",
            "Weibull",
            ("shape", "scale"),
            start=_weibull_start,
            cdf=lambda x, p, s: -np.expm1(-np.minimum((_above(x, s) / p[1]) ** p[0], 700)),
            ppf=lambda u, p, s: s.origin + p[1] * (-np.log1p(-np.minimum(u, 1 - _TINY))) ** (1 / p[0]),
            suits=lambda s: s.positive,
        ),
        Family(
            "pareto",
            "Pareto",
            ("tail index",),
            start=lambda s: (float(np.clip(s.mean / max(s.mean - _pareto_scale(s), _TINY), 0.1, 50)),),
            cdf=_pareto_cdf,
            ppf=_pareto_ppf,
            suits=lambda s: s.origin == 0 and s.floor > 0,
        ),
    )
}
