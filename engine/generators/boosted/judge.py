"""A model that tells real rows from made ones, and a choice among candidates by what it says.

The odds that a row is real are the ratio of the true density to the chain's (Azadi et al. 2019, discriminator
rejection sampling; Turner et al. 2019). Candidates are drawn by the chain and kept in proportion to that ratio, so
that what the chain has too much of becomes rarer. The judge never sees the candidates in training, and it is held to
large leaves and stopped early, so that it knows regions, not rows.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray

from engine.generators.boosted.boosting import Boosted, Boosting, Watch, boost
from engine.generators.boosted.view import Look, View

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]

HOW = Boosting(leaves=31, rows=50, rate=0.05, rounds=400, patience=20)
_LOW, _HIGH = -3.0, 2.0  # log odds beyond which the judge is not believed
_HELD = 0.1
_SURE = 3.0  # standard errors by which it must tell held-out rows apart: choosing at random costs more than it brings


class Judge:
    """sources: columns that it looks at."""

    def __init__(self, sources: Ints, boosted: Boosted) -> None:
        self.sources, self.boosted = sources, boosted

    def log_weight(self, view: View) -> Floats:
        """(rows,) log of the ratio of true to made density."""
        raw = self.boosted.raw(np.ascontiguousarray(view.features[:, self.sources]))
        return np.clip(raw, _LOW, _HIGH)

    def state(self) -> dict[str, Any]:
        return {"sources": self.sources, "boosted": self.boosted.state()}

    @classmethod
    def from_state(cls, state: Mapping[str, Any]) -> Judge:
        return cls(state["sources"], Boosted.from_state(state["boosted"]))


def train_judge(
    real: View, made: View, looks: list[Look], rng: np.random.Generator, watch: Watch, how: Boosting = HOW
) -> Judge | None:
    """None when held-out rows do not show for sure that it tells the two apart.

    A choice among candidates by chance undoes what systematic sampling of their decisions has balanced: with a judge
    that knew nothing, census and airbnb came out farther from fresh rows by .01 than with none.
    """
    both = np.concatenate([real.features, made.features])
    sources = np.array([j for j in range(both.shape[1]) if len(np.unique(both[:, j])) > 1], dtype=np.int64)
    if not len(sources):
        return None
    label = np.r_[np.ones(len(real)), np.zeros(len(made))]
    categories = [place for place, j in enumerate(sources) if looks[j].category]
    features = np.ascontiguousarray(both[:, sources])
    held = rng.random(len(label)) < _HELD
    start = np.full(len(label), np.log(len(real) / len(made)))
    boosted = boost(features, label, held, how, objective="binary", start=start, categories=categories, watch=watch)
    gained = _log_chance(start[held] + boosted.raw(features[held]), label[held]) - _log_chance(start[held], label[held])
    sure = held.sum() > 1 and gained.mean() > _SURE * gained.std() / np.sqrt(held.sum())
    return Judge(sources, boosted) if sure else None


def _log_chance(odds: Floats, label: Floats) -> Floats:
    """(rows,) log of the chance that the (rows,) log odds give to the label."""
    return np.asarray(-np.logaddexp(0.0, np.where(label > 0, -odds, odds)))


def chosen(log_weight: Floats, kept: int, rng: np.random.Generator) -> Ints:
    """`kept` of the candidates in random order, each with a chance in proportion to its weight, none of them twice.

    Systematic sampling with unequal chances (Madow 1949). A candidate whose share would pass 1 is taken for certain.
    Where fewer candidates than `kept` have any weight at all, some come twice.
    """
    weight = np.exp(log_weight - log_weight.max(initial=-np.inf)) if len(log_weight) else log_weight
    if not kept:
        return np.zeros(0, dtype=np.int64)
    share = _shares(weight, kept) if (weight > 0).sum() >= kept else weight * (kept / weight.sum())
    order = rng.permutation(len(weight))
    reach = np.cumsum(share[order])
    points = (np.arange(kept) + rng.random()) * (reach[-1] / kept)
    found = np.minimum(np.searchsorted(reach, points, side="right"), len(order) - 1)
    return rng.permutation(order[found])


def _shares(weight: Floats, kept: int) -> Floats:
    """(candidates,) chances of at most 1 that sum to `kept`, in proportion to the weights below 1."""
    share = np.zeros(len(weight))
    sure = np.zeros(len(weight), dtype=bool)
    while True:
        left = kept - int(sure.sum())
        share = np.where(sure, 1.0, weight * (left / max(weight[~sure].sum(), 1e-300)))
        beyond = ~sure & (share >= 1)
        if not beyond.any() or left <= 0:
            return np.minimum(share, 1.0)
        sure |= beyond
