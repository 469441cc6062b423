"""Rows under conditions: a particle filter along the chain that looks ahead.

Every candidate row is built column by column. A column with a condition is drawn inside it, and the row counts by how
likely that was (sequential importance sampling). Where that alone would leave few rows that count, a boosted
regression learns from a pilot how likely a half-built row is to meet the conditions that are still to come, and rows
are resampled by it on the way (an auxiliary particle filter; Pitt and Shephard 1999). The regression only steers:
importance makes up for whatever it gets wrong.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from engine.codecs.grid import CodeCondition
from engine.codecs.table import TableCodec
from engine.conditions import Condition
from engine.generators.boosted.boosting import Boosted, Boosting, boost
from engine.generators.boosted.chain import BoostedChain
from engine.generators.boosted.columns import Wanted
from engine.generators.boosted.view import View
from engine.generators.cells import Cells
from engine.generators.demands import both, code_demands, refusal
from engine.generators.relations import Link, Relation
from engine.progress import Reporter
from engine.seeds import stream

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]

_PILOT = 20_000  # rows from which looking ahead is learned
_ENOUGH = 0.3  # effective share of rows from which no looking ahead is needed
_LOW = 0.5  # effective share below which rows are resampled
_STOPS = 12  # columns at most after which rows are looked at
_FLOOR = 0.02  # a half-built row counts at least that share of the average
_AHEAD = Boosting(leaves=15, rows=50, rounds=40)


class Linked(Protocol):
    """Columns in an order, with their cells and the links between them."""

    order: list[int]
    links: dict[int, Link]
    cells: list[Cells]


@dataclass(frozen=True, slots=True)
class Candidates:
    """Rows with the log of their importance. effective: as many equally important rows would be worth as much."""

    view: View
    log_weight: Floats

    @property
    def effective(self) -> float:
        return effective(self.log_weight)


def effective(log_weight: Floats) -> float:
    """Kish's effective sample size; 0 when nothing counts."""
    top = log_weight.max(initial=-np.inf)
    if not np.isfinite(top):
        return 0.0
    weight = np.exp(log_weight - top)
    return float(weight.sum() ** 2 / (weight**2).sum())


def spread(chain: Linked, demands: Mapping[int, CodeCondition]) -> dict[int, Wanted] | None:
    """Demands on cells, those of linked columns carried over to their sources; None when nothing is possible."""
    weights = {j: chain.cells[j].weights(demand) for j, demand in demands.items()}
    conditions = dict(demands)
    for j in reversed(chain.order):
        if j not in weights:
            continue
        weights[j] = weights[j] * (chain.cells[j].counts > 0)
        if not weights[j].any():
            return None
        link = chain.links.get(j)
        if link is None:
            continue
        weight = weights[j]
        if link.relation is Relation.GAPS:
            back = np.where(link.states == 1, weight[0], float(weight[1:].any()))
        elif link.relation is Relation.RULE:
            back = weight[link.states]
        else:
            back = np.ones(chain.cells[link.source].size)
            if j in conditions:
                own = conditions.pop(j)
                conditions[link.source] = both(conditions[link.source], own) if link.source in conditions else own
                back = chain.cells[link.source].weights(conditions[link.source])
        weights[link.source] = weights.get(link.source, np.ones(len(back))) * back
    return {j: Wanted(weight, conditions.get(j)) for j, weight in weights.items()}


def wanted_of(chain: Linked, codec: TableCodec, given: Sequence[Condition]) -> dict[int, Wanted]:
    """What is wanted of each column. Raises ConditionError for the first condition that cannot be fulfilled."""
    demands: dict[int, CodeCondition] = {}
    wanted: dict[int, Wanted] = {}
    code_demands(given, codec)  # refuses what no column can take, and a column given twice
    for condition in given:
        ((j, demand),) = code_demands([condition], codec).items()
        if spread(chain, {j: demand}) is None:
            raise refusal(condition, "training saw no such row")
        demands[j] = demand
        possible = spread(chain, demands)
        if possible is None:
            raise refusal(condition, "training saw no row that fulfils it together with the other conditions")
        wanted = possible
    return wanted


def candidates(
    chain: BoostedChain, rows: int, wanted: Mapping[int, Wanted], seed: int, purpose: str, reporter: Reporter
) -> Candidates:
    """At least `rows` candidates that fulfil the demands, with their importance."""
    pilot = Walk(chain, min(max(rows, 2_000), _PILOT), wanted, seed, f"{purpose} pilot", reporter)
    pilot.run({})
    share = effective(pilot.log_weight) / len(pilot.view)
    if len(pilot.view) >= rows and share >= _ENOUGH:
        return Candidates(pilot.view, pilot.log_weight)
    walk = Walk(chain, rows, wanted, seed, purpose, reporter)
    walk.run(_look_ahead(chain, pilot, wanted, reporter) if 0 < share < _ENOUGH else {})
    return Candidates(walk.view, walk.log_weight)


class Walk:
    """Rows on their way along the chain. gained: after each column, how much the demand on it has told (log)."""

    def __init__(
        self, chain: BoostedChain, rows: int, wanted: Mapping[int, Wanted], seed: int, purpose: str, reporter: Reporter
    ) -> None:
        self.chain, self.wanted, self.seed, self.purpose, self.reporter = chain, wanted, seed, purpose, reporter
        self.view = View.empty(rows, len(chain.cells))
        self.log_weight = np.zeros(rows)
        self.gained: list[Floats] = []

    def run(self, ahead: Mapping[int, Ahead]) -> None:
        """ahead: by place in the order, what looks ahead after the column."""
        promised = np.zeros(len(self.view))
        rng = stream(self.seed, "cascade", self.purpose, "resample")
        for place, j in enumerate(self.chain.order):
            own = stream(self.seed, "cascade", self.purpose, j)
            gain = self.chain.fill(self.view, j, own, self.wanted.get(j))
            self.gained.append(gain)
            self.log_weight += gain
            self.reporter.step(0)
            if place in ahead:
                promised = ahead[place].log_promise(self.view)
            elif place > max(ahead, default=-1):
                promised = np.zeros(len(self.view))
            if ahead and effective(self.log_weight + promised) < _LOW * len(self.view):
                promised = self._resample(promised, rng)

    def _resample(self, promised: Floats, rng: np.random.Generator) -> Floats:
        target = self.log_weight + promised
        if not np.isfinite(target.max(initial=-np.inf)):
            return promised
        reach = np.cumsum(np.exp(target - target.max()))
        points = (np.arange(len(target)) + rng.random()) / len(target) * reach[-1]
        found = np.minimum(np.searchsorted(reach, points, side="right"), len(target) - 1)
        self.view = self.view.take(found)
        self.log_weight = -promised[found]
        return np.asarray(promised[found])


class Ahead:
    """How promising half-built rows are, from the columns `sources` that they have."""

    def __init__(self, sources: Ints, boosted: Boosted) -> None:
        self.sources, self.boosted = sources, boosted

    def log_promise(self, view: View) -> Floats:
        raw = self.boosted.raw(np.ascontiguousarray(view.features[:, self.sources]))
        return np.asarray(np.logaddexp(raw, np.log(_FLOOR)), dtype=np.float64)


def _look_ahead(chain: BoostedChain, pilot: Walk, wanted: Mapping[int, Wanted], reporter: Reporter) -> dict[int, Ahead]:
    """Regressions of what is still to be gained on the columns so far, after up to `_STOPS` of them."""
    *places, last = [place for place, j in enumerate(chain.order) if j in wanted]
    stops = {*np.linspace(0, last - 1, _STOPS).round().astype(int).tolist(), *places} if last else set()
    total = np.sum(pilot.gained, axis=0)
    ahead: dict[int, Ahead] = {}

    def watch(rounds: int, loss: float) -> bool:
        reporter.step(0)
        return False

    for stop in sorted(stops):
        left = total - np.sum(pilot.gained[: stop + 1], axis=0)
        left = np.where(np.isnan(left), -np.inf, left)
        known = np.exp(left - left.max(initial=-np.inf)) if np.isfinite(left.max(initial=-np.inf)) else None
        sources = np.array([j for j in chain.order[: stop + 1] if (chain.cells[j].counts > 0).sum() > 1])
        if known is None or not len(sources) or known.max() - known.min() <= 0:
            continue
        boosted = boost(
            np.ascontiguousarray(pilot.view.features[:, sources]),
            known / known.mean(),
            np.zeros(len(known), dtype=bool),
            _AHEAD,
            objective="poisson",
            categories=[place for place, j in enumerate(sources) if chain.looks[j].category],
            watch=watch,
        )
        ahead[stop] = Ahead(sources, boosted)
    return ahead
