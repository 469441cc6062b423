"""A table as a chain of boosted column models: every column given those before it in the order."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Self

import numpy as np
from numpy.typing import NDArray

from engine.generators.boosted.columns import ColumnModel, Wanted
from engine.generators.boosted.view import Look, View
from engine.generators.cells import Cells
from engine.generators.relations import Link, Relation
from engine.progress import Reporter
from engine.seeds import stream

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]

LEAST = 1e-12  # chance of what training never saw


class BoostedChain:
    """order: columns, sources of links first; links: exact relations; models: of all columns that no link fixes;
    cells, looks: of every column."""

    def __init__(
        self,
        order: Sequence[int],
        links: Mapping[int, Link],
        models: Mapping[int, ColumnModel],
        cells: Sequence[Cells],
        looks: Sequence[Look],
    ) -> None:
        self.order, self.links, self.models = list(order), dict(links), dict(models)
        self.cells, self.looks = list(cells), list(looks)

    def view(self, codes: Floats) -> View:
        """(rows, columns) codes, all filled."""
        view = View.empty(len(codes), len(self.cells))
        for j, own in enumerate(self.cells):
            self.put(view, j, codes[:, j], own.cell(codes[:, j]))
        return view

    def put(self, view: View, j: int, codes: Floats, found: Ints, rows: Ints | slice = slice(None)) -> None:
        """Fill column j in."""
        view.codes[rows, j] = codes
        view.cells[rows, j] = found
        view.features[rows, j] = self.looks[j].features(codes, self.cells[j], view.cells[rows, j])

    def linked(self, j: int, view: View) -> tuple[Ints | None, Ints]:
        """(rows,) cells that a link fixes, None where it fixes none, and the rows left to the model."""
        link = self.links.get(j)
        if link is None:
            return None, np.arange(len(view))
        source = view.cells[:, link.source].astype(np.int64)
        if link.relation is Relation.COPY:
            return self.cells[j].cell(view.codes[:, link.source]), np.empty(0, np.int64)
        states = link.states[source]
        if link.relation is Relation.RULE:
            return states, np.empty(0, np.int64)
        return np.zeros(len(view), np.int64), np.flatnonzero(states == 0)

    def walk(
        self,
        rows: int,
        seed: int,
        purpose: str,
        wanted: Mapping[int, Wanted] | None = None,
        reporter: Reporter | None = None,
        step: int = 1,
    ) -> tuple[View, Floats]:
        """`rows` new rows and their (rows,) log importance: how likely the demands `wanted` were on their way.

        step: what the reporter counts for each column.
        """
        view = View.empty(rows, len(self.cells))
        log_importance = np.zeros(rows)
        for j in self.order:
            rng = stream(seed, "cascade", purpose, j)
            log_importance += self.fill(view, j, rng, (wanted or {}).get(j))
            if reporter is not None:
                reporter.step(step)
        return view, log_importance

    def fill(self, view: View, j: int, rng: np.random.Generator, wanted: Wanted | None = None) -> Floats:
        """Draw column j of every row, given the earlier ones; (rows,) log of the chance that the demand was met."""
        log_mass = np.zeros(len(view))
        fixed, rows = self.linked(j, view)
        if fixed is not None:
            log_mass += self._put_fixed(view, j, fixed, rng, wanted)
        if len(rows):
            part = view if len(rows) == len(view) else view.take(rows)
            drawn = self.models[j].draw(part, self.cells[j], rng, wanted)
            self.put(view, j, drawn.codes, drawn.cells, rows)
            with np.errstate(divide="ignore"):
                log_mass[rows] = np.log(drawn.mass)
        return log_mass

    def _put_fixed(self, view: View, j: int, fixed: Ints, rng: np.random.Generator, wanted: Wanted | None) -> Floats:
        link = self.links[j]
        if link.relation is Relation.COPY:
            codes = view.codes[:, link.source].copy()
        else:
            codes = self.cells[j].value(fixed, rng, None if wanted is None else wanted.condition)
        self.put(view, j, codes, fixed)
        if wanted is None:
            return np.zeros(len(view))
        fits = wanted.holds(codes, self.cells[j])
        with np.errstate(divide="ignore"):
            return np.log(fits.astype(np.float64))

    def log_chance(self, view: View, j: int, strange: NDArray[np.bool_] | None = None) -> Floats:
        """(rows,) log of the chance of column j's cell given the earlier ones; strange: gaps new to training."""
        chance = np.zeros(len(view))
        fixed, rows = self.linked(j, view)
        found = view.cells[:, j].astype(np.int64)
        if fixed is not None:
            chance[found == fixed] = 1.0
        if len(rows):
            part = view if len(rows) == len(view) else view.take(rows)
            chance[rows] = self.models[j].chance(part, part.codes[:, j], found[rows])
        if strange is not None:
            chance[strange] = 0.0
        return np.log(np.maximum(chance, LEAST))

    def state(self) -> dict[str, Any]:
        return {
            "order": self.order,
            "links": {str(j): link.state() for j, link in self.links.items()},
            "models": {str(j): model.state() for j, model in self.models.items()},
            "cells": [own.state() for own in self.cells],
            "looks": [look.state() for look in self.looks],
        }

    @classmethod
    def from_state(cls, state: Mapping[str, Any]) -> Self:
        from engine.generators import cells as kinds

        chain = cls(
            [int(j) for j in state["order"]],
            {int(j): Link.from_state(link) for j, link in state["links"].items()},
            {int(j): ColumnModel.from_state(model) for j, model in state["models"].items()},
            [kinds.from_state(own) for own in state["cells"]],
            [Look.from_state(look) for look in state["looks"]],
        )
        columns = list(range(len(chain.cells)))
        fixed = {j for j, link in chain.links.items() if link.relation is not Relation.GAPS}
        if sorted(chain.order) != columns or set(chain.models) != set(columns) - fixed:
            raise ValueError("the parts of the chain do not agree")
        return chain
