"""Training of the chain: order, links, then one column model after the other."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor, as_completed
from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from engine.codecs.numeric import NumericCodec
from engine.codecs.table import TableCodec
from engine.generators.boosted.boosting import Watch
from engine.generators.boosted.chain import BoostedChain
from engine.generators.boosted.columnfit import ColumnFit, Plan
from engine.generators.boosted.columns import ColumnModel
from engine.generators.boosted.ensemble import allowed_threads
from engine.generators.boosted.smoothing import smooth
from engine.generators.boosted.view import Look, View
from engine.generators.cells import Cells, GridCells, fit_cells
from engine.generators.relations import Link, Relation, find_links
from engine.progress import Budget, Reporter
from engine.seeds import framework_seed, stream

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]

HELD = 0.1  # share of rows that decide when to stop
_DISTINCT = 20  # cells from which a number is compared with later ones
_SIDE_BY_SIDE = 4  # columns that train at the same time, at most: each needs memory for its decisions
_LATE_ROUNDS = 20  # of a column that is reached when the time is up


class ChainFit:
    """losses: held-out nats of each column that was learned; late: columns for which the time was short."""

    def __init__(self, codec: TableCodec, codes: Floats, plan: Plan, detail: int, seed: int) -> None:
        self.codec, self.codes, self.plan, self.detail, self.seed = codec, codes, plan, detail, seed
        self.names = [column.column.name for column in codec.codecs]
        self._workers = min(allowed_threads(), _SIDE_BY_SIDE)
        self.losses: dict[str, float] = {}
        self.late: list[str] = []

    def fit(self, reporter: Reporter, budget: Budget, order: Sequence[int] | None = None) -> BoostedChain:
        self.reporter, self.budget = reporter, budget
        cells = fit_cells(
            self.codec,
            self.codes,
            stream(self.seed, "cascade", "orders"),
            resolution=self.detail,
            step=lambda: reporter.step(0),
        )
        for j, own in enumerate(cells):
            if isinstance(own, GridCells):
                smooth(own.grid, self.codes[:, j], stream(self.seed, "cascade", "smooth", j))
        found = np.column_stack([own.cell(self.codes[:, j]) for j, own in enumerate(cells)])
        order, links = self._links(found, cells, order)
        looks = [Look.of(own, self.codes[:, j]) for j, own in enumerate(cells)]
        chain = BoostedChain(order, links, {}, cells, looks)
        view = chain.view(self.codes)
        held = stream(self.seed, "cascade", "held").random(len(view)) < HELD

        def train(place: int) -> ColumnModel | None:
            link = links.get(order[place])
            if link is not None and link.relation is not Relation.GAPS:
                return None
            return self._column(chain, view, found, held, place, link)

        models = self._side_by_side(train, order)
        chain.models = {j: model for j, model in zip(order, models, strict=True) if model is not None}
        return chain

    def _side_by_side(
        self, train: Callable[[int], ColumnModel | None], order: Sequence[int]
    ) -> list[ColumnModel | None]:
        """`train` for each place of the order. Columns learn from real rows, so none waits for another's model.

        One thread a column: LightGBM and numpy do the work outside Python's lock, and every column draws from a
        stream of its own, so that the result does not depend on who is first.
        """
        with ThreadPoolExecutor(self._workers) as pool:
            waiting = {pool.submit(train, place): place for place in range(len(order))}
            found: list[ColumnModel | None] = [None] * len(order)
            try:
                for done in as_completed(waiting):
                    place = waiting[done]
                    found[place] = done.result()
                    name = self.names[order[place]]
                    loss = self.losses.get(name)
                    self.reporter.step(losses={} if loss is None else {name: loss}, message=name)
            except BaseException:
                pool.shutdown(cancel_futures=True)
                raise
        return found

    def _links(self, found: Ints, cells: list[Cells], order: Sequence[int] | None) -> tuple[list[int], dict[int, Link]]:
        """Links of the columns in an order, in which sources are moved forward."""
        order = list(range(len(cells))) if order is None else list(order)
        sorted_, links = find_links(
            self.codes[:, order],
            [found[:, j] for j in order],
            [cells[j].size for j in order],
            [isinstance(self.codec.codecs[j], NumericCodec) for j in order],
            lambda: self.reporter.step(0),
        )
        return [order[k] for k in sorted_], {
            order[k]: replace(link, source=order[link.source]) for k, link in links.items()
        }

    def _column(
        self, chain: BoostedChain, view: View, found: Ints, held: NDArray[np.bool_], place: int, link: Link | None
    ) -> ColumnModel:
        j = chain.order[place]
        rows = np.arange(len(view))
        if link is not None:  # the gaps are no business of the model
            rows = np.flatnonzero(~np.isnan(self.codes[:, j]))
            view = view.take(rows)
        sources = self._sources(chain, place)
        codec = self.codec.codecs[j]
        fit = ColumnFit(
            view,
            self.codes[rows, j],
            found[rows, j],
            chain.cells[j],
            sources,
            chain.looks,
            [i for i in sources.tolist() if self._measured(chain.cells[i])],
            {i: own.size - own.missing for i, own in enumerate(chain.cells) if not isinstance(own, GridCells)},
            held[rows],
            self._seeded(self.names[j]),
            stream(self.seed, "cascade", "column", self.names[j]),
            self._watch(len(chain.order) - place, self.names[j]),
        )
        if isinstance(codec, NumericCodec):
            fit.decimals = codec.decimals
        model = fit.fit()
        if np.isfinite(fit.loss):
            self.losses[self.names[j]] = fit.loss
        return model

    @staticmethod
    def _measured(cells: Cells) -> bool:
        return isinstance(cells, GridCells) and cells.size > _DISTINCT

    def _sources(self, chain: BoostedChain, place: int) -> Ints:
        """Earlier columns that vary and are no copies."""
        copies = {j for j, link in chain.links.items() if link.relation is Relation.COPY}
        found = [j for j in chain.order[:place] if j not in copies and (chain.cells[j].counts > 0).sum() > 1]
        return np.array(found, dtype=np.int64)

    def _seeded(self, name: str) -> Plan:
        seed = framework_seed(self.seed, "cascade", name)
        return replace(
            self.plan, halves=replace(self.plan.halves, seed=seed), choice=replace(self.plan.choice, seed=seed)
        )

    def _watch(self, columns_left: int, name: str) -> Watch:
        """Asks the token after each round, and ends training when the column has had its part of the time."""
        allowed = self.budget.left() / columns_left * 1.5 * min(self._workers, columns_left)
        started = self.budget.spent()

        def watch(rounds: int, loss: float) -> bool:
            self.reporter.step(0)
            short = self.budget.spent() - started > allowed or (self.budget.over and rounds >= _LATE_ROUNDS)
            if short and name not in self.late:
                self.late.append(name)
            return short

        return watch


def column_losses(losses: Mapping[str, float]) -> float:
    """Sum of the columns' held-out losses: nats of a row."""
    return float(sum(losses.values()))
