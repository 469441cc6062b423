"""New rows, column by column: the network's cache grows along, links are kept, demands are met on the way."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
import torch
from numpy.typing import NDArray

from engine.generators.boosted.columns import Wanted
from engine.generators.boosted.judge import chosen
from engine.generators.deep.torchtools import to_torch
from engine.generators.deep.transformer.draws import Draw
from engine.generators.deep.transformer.model import TableModel
from engine.generators.deep.transformer.network import Cache
from engine.generators.relations import Relation
from engine.progress import Reporter
from engine.seeds import stream

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]

_FACTOR = 5  # rows begun for each that is kept, where several columns have demands


class Walk:
    """codes, cells: (rows, columns) as far as they are made; log_weight: (rows,) how likely the demands were."""

    def __init__(self, model: TableModel, rows: int, seed: int, purpose: str) -> None:
        self.model, self.seed, self.purpose = model, seed, purpose
        shape = (rows, len(model.cells))
        self.codes, self.cells = np.full(shape, np.nan), np.zeros(shape, np.int64)
        self.log_weight = np.zeros(rows)
        self.cache = Cache()
        self._read: Ints | None = None  # leaves of the last modelled column

    def put(self, j: int, wanted: Wanted | None = None) -> None:
        """Draw column j of every row, given those before."""
        rng = stream(self.seed, "transformer", self.purpose, j)
        link, own = self.model.links.get(j), self.model.cells[j]
        condition = None if wanted is None else wanted.condition
        if link is not None and link.relation is Relation.COPY:
            self.codes[:, j] = self.codes[:, link.source]
            self.cells[:, j] = own.cell(self.codes[:, j])
        else:
            self.cells[:, j] = self._found(j, rng, wanted)
            self.codes[:, j] = own.value(self.cells[:, j], rng, condition)
        if wanted is not None and j not in self.model.counts:
            with np.errstate(divide="ignore"):
                self.log_weight += np.log(wanted.holds(self.codes[:, j], own).astype(np.float64))

    def _found(self, j: int, rng: np.random.Generator, wanted: Wanted | None) -> Ints:
        """(rows,) cells of a column that is no copy."""
        link, rows = self.model.links.get(j), len(self.codes)
        if link is not None and link.relation is Relation.RULE:
            return np.asarray(link.states[self.cells[:, link.source]])
        if j not in self.model.counts:  # a column that never varies
            return np.full(rows, int(np.argmax(self.model.cells[j].counts)) if self.model.cells[j].size else 0)
        hidden = self._hidden(j)
        paths = self.model.layout.columns[self.model.place[j]]
        weight = None if wanted is None else wanted.weight[paths.cells]
        leaves = np.zeros(rows, np.int64)
        if link is None:
            leaves, mass = Draw(self.model, j, hidden).leaves(rng, weight)
            with np.errstate(divide="ignore"):
                self.log_weight += np.log(mass)
        else:
            gaps = link.states[self.cells[:, link.source]] == 1
            free = np.flatnonzero(~gaps)
            present = (np.arange(paths.size) > 0).astype(np.float64)
            if weight is not None:
                present *= weight
            if len(free):
                part = hidden[to_torch(free, self.model.where)]
                leaves[free] = Draw(self.model, j, part).leaves(rng, present)[0]
        self._read = leaves + self.model.layout.start[self.model.place[j]]
        return paths.cells[leaves]

    def _hidden(self, j: int) -> torch.Tensor:
        """(rows, width) what the network gathers for column j; the cache takes in the column before."""
        network, rows = self.model.network, len(self.codes)
        assert network is not None
        with torch.no_grad():
            if self._read is None:
                read = network.start(rows)
            else:
                read = network.values(to_torch(self._read[:, None], self.model.where))
            order = torch.full((rows, 1), self.model.place[j], dtype=torch.int64, device=self.model.where)
            return network.trunk(read, order, self.cache)[:, 0]

    def take(self, rows: Ints) -> None:
        self.codes, self.cells, self.log_weight = self.codes[rows], self.cells[rows], self.log_weight[rows]
        self._read = None if self._read is None else self._read[rows]
        self.cache.take(to_torch(rows, self.model.where))


def new_rows(
    model: TableModel, rows: int, wanted: Mapping[int, Wanted], seed: int, purpose: str, reporter: Reporter | None
) -> Floats | None:
    """(rows, columns) codes of new rows; None where no row meets the demands.

    Columns with demands go first. Where they are several, more rows are begun than are kept, and those are kept by how
    likely the demands were on their way (sampling importance resampling, Rubin 1987).
    """
    first = [j for j in model.order if j in wanted]
    several = len(first) > 1
    walk = Walk(model, rows * _FACTOR if several else rows, seed, purpose)
    _walk(walk, first, wanted, reporter)
    if first and not np.isfinite(walk.log_weight.max(initial=-np.inf)):
        return None
    if several:
        walk.take(chosen(walk.log_weight, rows, stream(seed, "transformer", purpose, "choice")))
    _walk(walk, [j for j in model.order if j not in wanted], {}, reporter)
    return walk.codes


def _walk(walk: Walk, columns: Sequence[int], wanted: Mapping[int, Wanted], reporter: Reporter | None) -> None:
    for j in columns:
        walk.put(j, wanted.get(j))
        if reporter is not None:
            reporter.step(0)
