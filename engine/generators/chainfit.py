"""Training of a chain: trees for every column that no link fixes."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from engine.generators.cells import Cells as ColumnCells
from engine.generators.chain import Chain
from engine.generators.columntrees import ColumnTrees, fit_column
from engine.generators.relations import Link, Relation
from engine.generators.trees import Cells, Growth
from engine.progress import Budget, Reporter
from engine.seeds import stream

Ints = NDArray[np.int64]

_LATE_ROWS = 5_000  # rows that splits are sought on once the time is up
_LATE_SOURCES = 10


class TreeSettings(Protocol):
    @property
    def trees(self) -> int: ...
    @property
    def leaf(self) -> int: ...
    @property
    def caution(self) -> float: ...
    @property
    def split_rows(self) -> int: ...


class ChainFit:
    """Grows the trees of one column after the other; `late` lists the columns for which the time was short."""

    def __init__(
        self,
        cells: Cells,
        columns: Sequence[ColumnCells],
        order: Sequence[int],
        links: Mapping[int, Link],
        settings: TreeSettings,
    ) -> None:
        self.cells, self.columns, self.order, self.links, self.settings = cells, columns, order, links, settings
        self.late: list[int] = []

    def fit(self, names: Sequence[str], seed: int, reporter: Reporter, budget: Budget) -> Chain:
        """Asks the token and the budget between trees; columns reached late get a tree on few rows and sources."""
        trees: dict[int, ColumnTrees] = {}
        for place, j in enumerate(self.order):
            link = self.links.get(j)
            if link is None or link.relation is Relation.GAPS:
                rng = stream(seed, "forest", "trees", names[j])
                trees[j] = self._column(j, self._sources(place), rng, reporter, budget)
            reporter.step(message=names[j])
        return Chain(self.order, self.links, trees, [column.counts for column in self.columns])

    def _sources(self, place: int) -> Ints:
        """Earlier columns that vary and are no copies."""
        copies = {j for j, link in self.links.items() if link.relation is Relation.COPY}
        found = [i for i in self.order[:place] if i not in copies and (self.columns[i].counts > 0).sum() > 1]
        return np.array(found, dtype=np.int64)

    def _column(
        self, j: int, sources: Ints, rng: np.random.Generator, reporter: Reporter, budget: Budget
    ) -> ColumnTrees:
        cells, own, counts = self.cells, self.cells[:, j].astype(np.int64), self.columns[j].counts
        if j in self.links:  # the gaps are no business of the trees
            present = own > 0
            cells, own, counts = cells[present], own[present], np.r_[0, counts[1:]]
        late = budget.over
        trees, split_rows = (1, _LATE_ROWS) if late else (self.settings.trees, self.settings.split_rows)
        growth = Growth(self.settings.leaf, self.settings.caution, split_rows)

        def time_is_up() -> bool:
            reporter.step(0)
            return budget.over

        found = fit_column(
            cells,
            sources[-_LATE_SOURCES:] if late else sources,
            own,
            counts,
            first_alone=self.columns[j].missing,
            trees=trees,
            growth=growth,
            rng=rng,
            done=time_is_up,
        )
        if found.coarse.trees < self.settings.trees and len(sources):
            self.late.append(j)
        return found
