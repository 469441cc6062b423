"""What a trained network knows of a table: its columns' cells, exact relations, and chances of cells in any order."""

from __future__ import annotations

import copy
from collections.abc import Mapping, Sequence
from typing import Any, Self

import numpy as np
import torch
from numpy.typing import NDArray

from engine.generators import cells as cell_kinds
from engine.generators.cells import Cells
from engine.generators.deep.torchtools import device, put_weights, to_torch, weights_of
from engine.generators.deep.transformer.network import Network, Size
from engine.generators.deep.transformer.paths import Layout, Paths
from engine.generators.relations import Link, Relation

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]

LEAST = 1e-12  # chance of what training never saw
_PLACES = 100_000  # rows times columns that are looked at at once


class TableModel:
    """order: columns, sources of links first; links: exact relations; cells: of every column; columns: those that the
    network models, in the order; counts: (their cells,) training rows of each."""

    def __init__(
        self,
        order: Sequence[int],
        links: Mapping[int, Link],
        cells: Sequence[Cells],
        counts: Mapping[int, NDArray[np.generic]],
        size: Size,
    ) -> None:
        self.order, self.links, self.cells, self.size = list(order), dict(links), list(cells), size
        self.counts = {j: np.asarray(own) for j, own in counts.items()}
        self.columns = [j for j in self.order if j in self.counts]
        self.place = {j: k for k, j in enumerate(self.columns)}
        self.layout = Layout([Paths(self.counts[j], self.cells[j].missing) for j in self.columns])
        self.where = device()
        self.network = Network(self.layout, size).to(self.where).eval() if self.columns else None

    @classmethod
    def fresh(
        cls, order: Sequence[int], links: Mapping[int, Link], cells: Sequence[Cells], found: Ints, size: Size
    ) -> Self:
        """found: (rows, columns) cells of the training rows. Weights are drawn by torch's own generator."""
        counts = {}
        for j in order:
            own = np.bincount(found[:, j], minlength=cells[j].size)
            if not fixed(links.get(j)) and (own > 0).sum() > 1:
                counts[j] = own
        return cls(order, links, cells, counts, size)

    def found(self, codes: Floats) -> Ints:
        """(rows, columns) codes -> cells."""
        parts = [own.cell(codes[:, j]).astype(np.int64) for j, own in enumerate(self.cells)]
        return np.column_stack(parts) if parts else np.zeros((len(codes), 0), np.int64)

    def leaves(self, found: Ints) -> Ints:
        """(rows, columns) cells -> (rows, modelled columns) leaves."""
        own = [self.leaf(j, found[:, j]) for j in self.columns]
        return np.column_stack(own) if own else np.zeros((len(found), 0), np.int64)

    def leaf(self, j: int, found: Ints) -> Ints:
        """(rows,) cells of a modelled column -> leaves, numbered through all columns."""
        k = self.place[j]
        return np.asarray(self.layout.columns[k].leaf[found] + self.layout.start[k])

    def log_chances(self, codes: Floats) -> Floats:
        """(rows, columns) natural log of the chance of each cell given those before it in the order.

        Of a column that a link fixes: 0 where the row keeps to it.
        """
        found = self.found(codes)
        logs = np.zeros(codes.shape)
        if self.network is not None:
            logs[:, self.columns] = self._network_chances(self.leaves(found))
        for j, own in enumerate(self.cells):
            if not own.missing and len(own.counts):
                logs[np.isnan(codes[:, j]) & (own.counts.sum() > 0), j] = np.log(LEAST)
            if j in self.counts:
                logs[self.counts[j][found[:, j]] == 0, j] = np.log(LEAST)
            elif j not in self.links:
                logs[own.counts[found[:, j]] == 0, j] = np.log(LEAST)
        for j, link in self.links.items():
            self._link_chances(j, link, codes, found, logs)
        return np.maximum(logs, np.log(LEAST))

    def _link_chances(self, j: int, link: Link, codes: Floats, found: Ints, logs: Floats) -> None:
        if link.relation is Relation.COPY:
            source = codes[:, link.source]
            kept = (source == codes[:, j]) | (np.isnan(source) & np.isnan(codes[:, j]))
            logs[:, j] = np.where(kept, 0.0, -np.inf)
            return
        states = link.states[found[:, link.source]]
        if link.relation is Relation.RULE:
            logs[:, j] = np.where(states == found[:, j], 0.0, -np.inf)
            return
        gone = np.isnan(codes[:, j])
        logs[states == 1, j] = np.where(gone[states == 1], 0.0, -np.inf)
        logs[(states == 0) & gone, j] = -np.inf

    def _network_chances(self, leaves: Ints) -> Floats:
        """(rows, modelled columns), by float64, so that a row's figure does not depend on those beside it."""
        exact = copy.deepcopy(self.network)
        assert exact is not None
        exact = exact.double()
        own = np.broadcast_to(np.arange(leaves.shape[1]), leaves.shape)
        step = max(_PLACES // max(leaves.shape[1], 1), 1)
        parts = [np.zeros((0, leaves.shape[1]))]
        with torch.no_grad():
            for at in range(0, len(leaves), step):
                rows = slice(at, at + step)
                found = exact.losses(to_torch(leaves[rows], self.where), to_torch(own[rows], self.where))
                parts.append(-found.cpu().numpy().astype(np.float64))
        return np.concatenate(parts)

    def state(self) -> dict[str, Any]:
        return {
            "order": self.order,
            "links": {str(j): link.state() for j, link in self.links.items()},
            "cells": [own.state() for own in self.cells],
            "counts": {str(j): own for j, own in self.counts.items()},
            "size": [self.size.width, self.size.layers, self.size.heads],
            "weights": {} if self.network is None else weights_of(self.network),
        }

    @classmethod
    def from_state(cls, state: Mapping[str, Any]) -> Self:
        width, layers, heads = (int(part) for part in state["size"])
        order = [int(j) for j in state["order"]]
        links = {int(j): Link.from_state(link) for j, link in state["links"].items()}
        cells = [cell_kinds.from_state(own) for own in state["cells"]]
        counts = {int(j): own for j, own in state["counts"].items()}
        if sorted(order) != list(range(len(cells))) or any(len(own) != cells[j].size for j, own in counts.items()):
            raise ValueError("the parts of the model do not agree")
        model = cls(order, links, cells, counts, Size(width, layers, heads))
        if model.network is not None:
            put_weights(model.network, state["weights"])
        return model


def fixed(link: Link | None) -> bool:
    """Whether a link leaves nothing to be drawn."""
    return link is not None and link.relation is not Relation.GAPS
