"""Missing cells given all the others of their row: the known columns go first, the missing ones follow in turn."""

from __future__ import annotations

import numpy as np
import torch
from numpy.typing import NDArray

from engine.generators.boosted.drawing import shared_out
from engine.generators.deep.torchtools import to_torch
from engine.generators.deep.transformer.draws import Draw
from engine.generators.deep.transformer.learner import known_first
from engine.generators.deep.transformer.model import TableModel
from engine.generators.relations import Relation
from engine.progress import Reporter
from engine.seeds import stream

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]
Mask = NDArray[np.bool_]

_PLACES = 100_000  # rows times columns at a time


def fill_in(model: TableModel, codes: Floats, seed: int, reporter: Reporter) -> Floats:
    """(rows, columns) codes with every missing one drawn given the row's others; a column without values stays."""
    result = codes.copy()
    rows = np.flatnonzero(np.isnan(codes).any(axis=1))
    step = max(_PLACES // codes.shape[1], 1)
    for batch, at in enumerate(range(0, len(rows), step)):
        part = rows[at : at + step]
        result[part] = _Filling(model, codes[part], stream(seed, "transformer", "impute", batch), reporter).filled()
        reporter.step(len(part))
    return result


class _Filling:
    def __init__(self, model: TableModel, codes: Floats, rng: np.random.Generator, reporter: Reporter) -> None:
        self.model, self.rng, self.reporter = model, rng, reporter
        self.codes, self.gaps = codes.copy(), np.isnan(codes)
        self._from_copies()
        self.cells = model.found(self.codes)

    def _from_copies(self) -> None:
        """A known copy tells its source."""
        for j in reversed(self.model.order):
            link = self.model.links.get(j)
            if link is not None and link.relation is Relation.COPY:
                source = self.codes[:, link.source]
                self.codes[:, link.source] = np.where(np.isnan(source), self.codes[:, j], source)

    def filled(self) -> Floats:
        self._by_network()
        for j in self.model.order:
            rows = np.flatnonzero(np.isnan(self.codes[:, j]))
            if len(rows) and j not in self.model.counts:
                self._plain(j, rows)
        return self.codes

    def _by_network(self) -> None:
        columns = self.model.columns
        if not columns:
            return
        while True:
            known = ~np.isnan(self.codes[:, columns])
            known |= ~self._fillable()
            rows = np.flatnonzero(~known.all(axis=1))
            if not len(rows):
                return
            order = known_first(known[rows])
            place = known[rows].sum(axis=1)
            following = order[np.arange(len(rows)), place]
            hidden = self._hidden(rows, order)
            for k in np.unique(following).tolist():
                own = np.flatnonzero(following == k)
                self._draw(columns[k], rows[own], hidden[to_torch(own, self.model.where), k])
            self.reporter.step(0)

    def _fillable(self) -> Mask:
        """(modelled columns,) which have any value at all."""
        return np.array([self._weight(j).any() for j in self.model.columns])

    def _weight(self, j: int) -> Floats:
        """(cells,) 1 for those that training met, without the missing one."""
        own = self.model.cells[j]
        seen = self.model.counts.get(j, own.counts)
        weight = (np.asarray(seen) > 0).astype(np.float64)
        if own.missing and len(weight):
            weight[0] = 0.0
        return weight

    def _hidden(self, rows: Ints, order: Ints) -> torch.Tensor:
        network = self.model.network
        assert network is not None
        leaves = self.model.leaves(self.cells[rows])
        with torch.no_grad():
            return network.hidden(to_torch(leaves, self.model.where), to_torch(order, self.model.where))

    def _draw(self, j: int, rows: Ints, hidden: torch.Tensor) -> None:
        paths = self.model.layout.columns[self.model.place[j]]
        for part, weight in self._narrowed(j, rows):
            places = np.searchsorted(rows, part)
            draw = Draw(self.model, j, hidden[to_torch(places, self.model.where)])
            leaves, _ = draw.leaves(self.rng, weight[paths.cells])
            self._put(j, part, paths.cells[leaves])

    def _put(self, j: int, rows: Ints, cells: Ints) -> None:
        self.cells[rows, j] = cells
        self.codes[rows, j] = self.model.cells[j].value(cells, self.rng)

    def _narrowed(self, j: int, rows: Ints) -> list[tuple[Ints, Floats]]:
        """Rows with the weights that known cells of columns which follow from column j leave."""
        parts = [(rows, self._weight(j))]
        for target, link in self.model.links.items():
            if link.source != j or link.relation is Relation.COPY:
                continue
            rule = link.relation is Relation.RULE
            finer = []
            for part, weight in parts:
                known = np.where(self.gaps[part, target], -1, self.cells[part, target] if rule else 0)
                for cell in np.unique(known).tolist():
                    fits = weight * (link.states == cell) if cell >= 0 else weight
                    finer.append((part[known == cell], fits if fits.any() else weight))
            parts = finer
        return parts

    def _plain(self, j: int, rows: Ints) -> None:
        """A column that a link fixes, or that has one value only."""
        weight = self._weight(j)
        if not weight.any():
            return
        link = self.model.links.get(j)
        share = weight * np.maximum(self.model.cells[j].counts, 1)
        if link is not None and link.relation is Relation.COPY:
            self.codes[rows, j] = self.codes[rows, link.source]
            self.cells[rows, j] = self.model.cells[j].cell(self.codes[rows, j])
            return
        found = shared_out(share, len(rows), self.rng)
        if link is not None:
            told = link.states[self.cells[rows, link.source]]
            found = np.where(weight[told] > 0, told, found)
        self._put(j, rows, found)
