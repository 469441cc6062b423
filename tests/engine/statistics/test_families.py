"""Families of distributions against scipy's own, and the choice among them."""

from __future__ import annotations

import numpy as np
import pytest
from scipy import stats

from engine.statistics import fitting
from engine.statistics.families import FAMILIES, Family, Sample
from engine.statistics.fitting import best_family, distance, limit, spikes, summarise
from engine.statistics.normals import conditional, square_root, thresholds, truncated, well_conditioned

RNG = np.random.default_rng
X = np.linspace(0.5, 30, 60)
COUNTS = np.arange(0.0, 30.0)


def sample(values: np.ndarray, *, step: float = 0.0, whole: bool = False, dates: bool = False) -> Sample:
    return summarise(values, step=step, whole=whole, dates=dates)


SPREAD = sample(np.linspace(0.5, 30, 1_000))
WHOLE = sample(COUNTS, step=1.0, whole=True)

THEIRS = [
    ("normal", (10.0, 3.0), stats.norm(10, 3)),
    ("laplace", (10.0, 3.0), stats.laplace(10, 3)),
    ("logistic", (10.0, 3.0), stats.logistic(10, 3)),
    ("student", (10.0, 3.0, 4.0), stats.t(4, 10, 3)),
    ("uniform", (), stats.uniform(0.5, 29.5)),
    ("triangular", (0.0, 0.1, 0.2), stats.triang(0.5, 0.5 - 2.95, 29.5 * 1.3)),
    ("beta", (2.0, 3.0), stats.beta(2, 3, 0.5, 29.5)),
    ("exponential", (4.0,), stats.expon(0.5, 4)),
    ("gamma", (2.0, 3.0), stats.gamma(2, scale=3)),
    ("lognormal", (1.5, 0.7), stats.lognorm(0.7, scale=np.exp(1.5))),
    ("weibull", (1.7, 9.0), stats.weibull_min(1.7, scale=9)),
    ("pareto", (1.4,), stats.pareto(1.4, scale=0.5)),
    ("poisson", (6.0,), stats.poisson(6)),
    ("geometric", (4.0,), stats.geom(1 / 5, loc=-1)),
    ("negative binomial", (3.0, 5.0), stats.nbinom(3, 3 / 8)),
    ("binomial", (0.4,), stats.binom(29, 1 / (1 + np.exp(-0.4)))),
]


def case(family: Family) -> tuple[np.ndarray, Sample]:
    return (COUNTS, WHOLE) if family.discrete else (X, SPREAD)


def test_every_family_is_compared() -> None:
    assert {key for key, _, _ in THEIRS} == set(FAMILIES)


@pytest.mark.parametrize(("key", "parameters", "theirs"), THEIRS, ids=[key for key, _, _ in THEIRS])
class TestFamilies:
    def test_distribution_function(self, key: str, parameters: tuple[float, ...], theirs: object) -> None:
        places, summary = case(FAMILIES[key])
        if key == "binomial":  # the number of trials follows the moments: at least the largest count
            summary = Sample(17.4, float(np.sqrt(29 * 0.24)), 17.0, 0.0, 29.0, 1.0, 0.0, True)
        found = FAMILIES[key].cdf(places, np.array(parameters), summary)
        np.testing.assert_allclose(found, theirs.cdf(places), atol=1e-9)  # type: ignore[attr-defined]

    def test_inverse(self, key: str, parameters: tuple[float, ...], theirs: object) -> None:
        family = FAMILIES[key]
        places, summary = case(family)
        shares = np.linspace(0.02, 0.98, 49)
        back = family.cdf(family.ppf(shares, np.array(parameters), summary), np.array(parameters), summary)
        if family.discrete:
            top = family.cdf(places[-1:], np.array(parameters), summary)[0]
            assert (back >= np.minimum(shares, top) - 1e-9).all()
        else:
            np.testing.assert_allclose(back, shares, atol=1e-6)

    def test_rises_from_0_to_1(self, key: str, parameters: tuple[float, ...], theirs: object) -> None:
        places, summary = case(FAMILIES[key])
        found = FAMILIES[key].cdf(np.r_[-1e9, places, 1e9], np.array(parameters), summary)
        assert (np.diff(found) >= -1e-12).all()
        assert found[0] == pytest.approx(0.0, abs=1e-6)
        assert found[-1] == pytest.approx(1.0, abs=1e-6)


DRAWN = [
    ("normal", lambda r: r.normal(50, 7, 4_000).round(2), {"normal", "student", "logistic"}),
    ("gamma", lambda r: r.gamma(2, 30, 4_000).round(2), {"gamma"}),
    ("lognormal", lambda r: r.lognormal(3, 1, 4_000).round(2), {"lognormal"}),
    ("uniform", lambda r: r.uniform(5, 95, 4_000).round(2), {"uniform"}),
    ("exponential", lambda r: r.exponential(40, 4_000).round(2), {"exponential"}),
    ("laplace", lambda r: r.laplace(50, 5, 4_000).round(2), {"laplace"}),
]


@pytest.mark.parametrize(("name", "draw", "wanted"), DRAWN, ids=[name for name, _, _ in DRAWN])
def test_the_family_that_made_the_values_is_found(name: str, draw: object, wanted: set[str]) -> None:
    values = draw(RNG(0))  # type: ignore[operator]
    best = best_family(values, sample(values, step=0.01))[0]
    assert best.family.key in wanted
    assert best.distance <= limit(len(values))


# (true distribution, decimals of its values)
KNOWN = {
    "normal": (stats.norm(50, 7), 2),
    "student": (stats.t(4, 20, 5), 2),
    "logistic": (stats.logistic(10, 3), 2),
    "laplace": (stats.laplace(50, 5), 2),
    "uniform": (stats.uniform(5, 90), 2),
    "triangular": (stats.triang(0.3, 2, 40), 2),
    "beta": (stats.beta(2, 5), 4),
    "exponential": (stats.expon(0, 40), 2),
    "gamma": (stats.gamma(2, 0, 30), 2),
    "lognormal": (stats.lognorm(0.8, 0, 20), 2),
    "weibull": (stats.weibull_min(1.8, 0, 30), 2),
    "pareto": (stats.pareto(2.5, 0, 10), 2),
    "poisson": (stats.poisson(30), 0),
    "negative binomial": (stats.nbinom(4, 0.1), 0),
    "binomial": (stats.binom(60, 0.4), 0),
}


@pytest.mark.parametrize("key", KNOWN)
def test_2000_values_show_their_distribution(key: str) -> None:
    """The right family, or one that a Kolmogorov-Smirnov test of as many values could not tell from it at 5 %."""
    true, decimals = KNOWN[key]
    step = 10.0**-decimals
    values = np.round(true.rvs(2_000, random_state=0), decimals)
    best = best_family(values, sample(values, step=step, whole=not decimals))[0]
    assert best.distance <= limit(len(values), parameters=len(best.family.parameters))
    grid = np.arange(values.min(), values.max() + step / 2, step)
    apart = float(np.abs(best.cdf(grid) - true.cdf(grid + step / 2)).max())
    assert best.family.key == key or apart < 1.358 / np.sqrt(2_000)


def test_counts() -> None:
    for values, key in (
        (RNG(0).poisson(4, 4_000), "poisson"),
        (RNG(0).negative_binomial(2, 0.2, 4_000), "negative binomial"),
        (RNG(0).geometric(0.3, 4_000) - 1, "geometric"),
    ):
        known = values.astype(float)
        best = best_family(known, sample(known, step=1.0, whole=True))[0]
        assert best.family.key == key
        assert best.distance <= limit(len(known))


def test_two_humps_fit_no_family() -> None:
    rng = RNG(0)
    values = np.r_[rng.normal(0, 1, 2_000), rng.normal(30, 1, 2_000)].round(2)
    assert best_family(values, sample(values, step=0.01))[0].distance > limit(len(values))


def test_fitted_stays_in_the_observed_range() -> None:
    values = RNG(0).gamma(2, 30, 500).round(2)
    fit = best_family(values, sample(values, step=0.01))[0]
    drawn = fit.ppf(np.linspace(0, 1, 201))
    assert values.min() - 0.005 <= drawn.min()
    assert drawn.max() <= values.max() + 0.005
    assert fit.cdf(np.array([values.max()]))[0] == pytest.approx(1.0)
    assert distance(fit, drawn) < 0.02


def test_families_that_cannot_hold_the_values_are_left_out() -> None:
    values = RNG(0).normal(0, 1, 500)
    keys = {fit.family.key for fit in best_family(values, sample(values))}
    assert not keys & {"gamma", "lognormal", "weibull", "poisson"}
    assert best_family(values, sample(values), keys=("gamma",)) == ()


def test_the_limit() -> None:
    """One in a hundred of the right families is turned down: Kolmogorov's 1.628, Lilliefors's 1.25 and 1.031."""
    assert limit(100, parameters=0) == pytest.approx(0.1628)
    assert limit(100, parameters=1) == pytest.approx(0.125)
    assert limit(100) == limit(100, parameters=3) == pytest.approx(0.1031)
    assert limit(10**6) == fitting.PRACTICAL


def test_spikes() -> None:
    distinct = np.arange(100.0)
    counts = np.full(100, 10)
    counts[[0, 50]] = 500
    np.testing.assert_array_equal(np.flatnonzero(spikes(distinct, counts)), [0, 50])
    assert not spikes(distinct, np.full(100, 10)).any()
    assert not spikes(np.arange(5.0), np.array([900, 1, 1, 1, 1])).any()  # too few to tell


class TestNormals:
    def test_truncated_stays_inside(self) -> None:
        rows = 4_000
        for low, high in ((0.5, 1.0), (-np.inf, -1.0), (2.0, np.inf), (5.0, 5.5), (30.0, 31.0), (-40.0, -39.0)):
            drawn = truncated(np.zeros(rows), 1.0, np.full(rows, low), np.full(rows, high), RNG(0))
            assert ((drawn >= low) & (drawn <= high)).all()

    def test_truncated_is_distributed_as_it_should(self) -> None:
        rows = 4_000
        drawn = truncated(np.full(rows, 1.0), 2.0, np.full(rows, 0.0), np.full(rows, 4.0), RNG(0))
        theirs = stats.truncnorm(-0.5, 1.5, loc=1, scale=2)
        assert stats.kstest(drawn, theirs.cdf).pvalue > 0.01
        upper = truncated(np.zeros(rows), 1.0, np.full(rows, 3.0), np.full(rows, np.inf), RNG(1))
        assert stats.kstest(upper, stats.truncnorm(3, np.inf).cdf).pvalue > 0.01

    def test_thresholds_cut_the_shares(self) -> None:
        shares = np.array([0.2, 0.0, 0.5, 0.3])
        cuts = thresholds(shares)
        np.testing.assert_allclose(np.diff(stats.norm.cdf(np.r_[-np.inf, cuts, np.inf])), shares, atol=1e-12)

    def test_square_root(self) -> None:
        a = RNG(0).normal(size=(5, 5))
        covariance = a @ a.T
        root = square_root(covariance)
        np.testing.assert_allclose(root @ root.T, covariance, atol=1e-10)
        assert np.isfinite(square_root(np.array([[1.0, 2.0], [2.0, 1.0]]))).all()  # no covariance: the nearest

    def test_well_conditioned(self) -> None:
        broken = np.array([[1.0, 0.9, -0.9], [0.9, 1.0, 0.9], [-0.9, 0.9, 1.0]])
        mended = well_conditioned(broken)
        assert np.linalg.eigvalsh(mended).min() > 0
        np.testing.assert_allclose(np.diag(mended), 1.0)
        fine = np.eye(3)
        assert well_conditioned(fine) is fine

    def test_conditional(self) -> None:
        covariance = np.array([[4.0, 1.2, 0.5], [1.2, 1.0, 0.3], [0.5, 0.3, 2.0]])
        others, slopes, root = conditional(np.zeros(3), covariance, np.array([1]))
        assert others.tolist() == [0, 2]
        np.testing.assert_allclose(slopes, [[1.2, 0.3]], atol=1e-8)
        left = covariance[np.ix_([0, 2], [0, 2])] - np.outer([1.2, 0.3], [1.2, 0.3])
        np.testing.assert_allclose(root @ root.T, left, atol=1e-8)
