"""A table as a chain: every column's cells given those of the columns before it in the order.

What the chain can do beyond drawing rows follows from the chances that it knows: rows under conditions (drawn with the
conditioned cells restricted, weighed by how likely the restriction was, and resampled), the likelihood of a row, and
cells that are missing given the others.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Self

import numpy as np
from numpy.typing import NDArray

from engine.generators.columntrees import ColumnTrees
from engine.generators.relations import Link, Relation
from engine.generators.trees import BACKGROUND, Cells
from engine.progress import Reporter

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]
Mask = NDArray[np.bool_]


class Chain:
    """order: columns, sources of links first; links: exact relations; trees: of all other columns, and of those whose
    gaps only are linked; counts: (cells,) training rows in each cell of each column."""

    def __init__(
        self,
        order: Sequence[int],
        links: Mapping[int, Link],
        trees: Mapping[int, ColumnTrees],
        counts: Sequence[Ints],
    ) -> None:
        self.order, self.links, self.trees, self.counts = list(order), dict(links), dict(trees), list(counts)

    def copied(self, j: int) -> int | None:
        """The column that column j is a copy of."""
        link = self.links.get(j)
        return link.source if link is not None and link.relation is Relation.COPY else None

    def rest(self, j: int, cells: Cells) -> tuple[Ints | None, Ints]:
        """What the links say of column j in (rows, columns) cells: (rows,) fixed cells, and the rows left to the trees.

        Fixed cells are None where every row is left.
        """
        link = self.links.get(j)
        if link is None:
            return None, np.arange(len(cells))
        source = cells[:, link.source]
        if link.relation is Relation.COPY:
            return source.astype(np.int64), np.empty(0, np.int64)
        states = link.states[source]
        if link.relation is Relation.RULE:
            return states, np.empty(0, np.int64)
        return np.zeros(len(cells), np.int64), np.flatnonzero(states == 0)

    def walk(
        self, n: int, weights: Mapping[int, Floats], rng: np.random.Generator, reporter: Reporter | None = None
    ) -> tuple[Cells, Floats]:
        """(n, columns) new cells, drawn with the chances of a column's cells times its `weights` (cells,), and (n,)
        importance of each row. Weights must have been passed on to sources (see `passed_on`)."""
        cells = np.zeros((n, len(self.counts)), dtype=np.int32)
        importance = np.ones(n)
        for j in self.order:
            fixed, rows = self.rest(j, cells)
            if fixed is not None:
                cells[:, j] = fixed
            if len(rows):
                part = cells if len(rows) == n else cells[rows]
                if j in weights:
                    cells[rows, j], mass = self.trees[j].draw_within(part, weights[j], rng)
                    importance[rows] *= mass
                else:
                    cells[rows, j] = self.trees[j].draw(part, rng)
            if reporter is not None:
                reporter.step()
        return cells, importance

    def passed_on(self, weights: Mapping[int, Floats]) -> dict[int, Floats] | None:
        """Weights of cells with those of linked columns carried over to their sources; None when nothing is possible.

        A rule or copy has no say of its own, so that rows are drawn with the right source from the start.
        """
        own = dict(weights)
        for j in reversed(self.order):
            if j not in own:
                continue
            weight = own[j] * (self.counts[j] > 0)
            if not weight.any():
                return None
            link = self.links.get(j)
            if link is None:
                continue
            if link.relation is Relation.GAPS:
                back = np.where(link.states == 1, weight[0], float(weight[1:].any()))
            else:
                back = weight if link.relation is Relation.COPY else weight[link.states]
                del own[j]
            own[link.source] = own.get(link.source, np.ones(len(back))) * back
        return own

    def log_likelihood(self, cells: Cells, reporter: Reporter) -> Floats:
        """(rows, columns) cells, -1 for states that training did not know -> (rows,) log of their chances."""
        total = np.zeros(len(cells))
        for j in self.order:
            total += np.log(self.chances(j, cells))
            reporter.step()
        return total

    def chances(self, j: int, cells: Cells) -> Floats:
        """(rows,) chance of column j's cell given the earlier ones; a thin background keeps it above 0."""
        least = BACKGROUND / max(int(self.counts[j].sum()), 1)
        known = np.maximum(cells, 0)
        fixed, rows = self.rest(j, known)
        own = cells[:, j].astype(np.int64)
        chance = np.full(len(cells), least)
        if fixed is not None:
            chance[own == fixed] = 1.0
        if len(rows):
            rows = rows[own[rows] >= 0]
            chance[rows] = self.trees[j].chance(known[rows], own[rows])
            if fixed is not None:
                chance[rows[own[rows] == 0]] = least  # a gap where the relation says that there is a value
        return np.asarray(np.maximum(chance, least))

    def state(self) -> dict[str, Any]:
        return {
            "order": self.order,
            "links": {str(j): link.state() for j, link in self.links.items()},
            "trees": {str(j): trees.state() for j, trees in self.trees.items()},
            "counts": self.counts,
        }

    @classmethod
    def from_state(cls, state: Mapping[str, Any]) -> Self:
        chain = cls(
            [int(j) for j in state["order"]],
            {int(j): Link.from_state(link) for j, link in state["links"].items()},
            {int(j): ColumnTrees.from_state(trees) for j, trees in state["trees"].items()},
            state["counts"],
        )
        columns = list(range(len(chain.counts)))
        treeless = {j for j, link in chain.links.items() if link.relation is not Relation.GAPS}
        if sorted(chain.order) != columns or set(chain.trees) != set(columns) - treeless:
            raise ValueError("the parts of the chain do not agree")
        return chain
