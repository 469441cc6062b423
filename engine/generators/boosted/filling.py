"""Missing cells given the others of their row: candidates along the chain, weighed by how they fit what is known."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from engine.generators.boosted.chain import BoostedChain
from engine.generators.boosted.columns import Wanted
from engine.generators.relations import Relation
from engine.progress import Reporter

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]
Mask = NDArray[np.bool_]

_CANDIDATES = 12  # of each row
_ROWS = 4_000  # at a time


def fill_in(chain: BoostedChain, codes: Floats, rng: np.random.Generator, reporter: Reporter) -> Floats:
    """(rows, columns) codes with every missing one drawn given the row's others; a column without values stays."""
    result = codes.copy()
    rows = np.flatnonzero(np.isnan(codes).any(axis=1))
    for at in range(0, len(rows), _ROWS):
        part = rows[at : at + _ROWS]
        result[part] = _Filling(chain, codes[part], rng).filled()
        reporter.step(len(part))
    return result


class _Filling:
    """All candidates of a row stand one behind the other."""

    def __init__(self, chain: BoostedChain, codes: Floats, rng: np.random.Generator) -> None:
        self.chain, self.rng = chain, rng
        self.rows = len(codes)
        self.view = chain.view(np.repeat(codes, _CANDIDATES, axis=0))
        self.gaps = np.isnan(self.view.codes)
        self.log_weight = np.zeros(len(self.view))

    def filled(self) -> Floats:
        """(rows, columns): for each row one candidate, by how likely it makes the row's known cells."""
        touched = np.zeros(len(self.view), dtype=bool)
        for j in self.chain.order:
            known = np.flatnonzero(touched & ~self.gaps[:, j])
            if len(known):
                self.log_weight[known] += self.chain.log_chance(self.view.take(known), j)
                self._resample()
            self._fill(j, np.flatnonzero(self.gaps[:, j]))
            touched |= self.gaps[:, j]
        best = (self.log_weight + self.rng.gumbel(size=len(self.view))).reshape(self.rows, -1).argmax(axis=1)
        return np.asarray(self.view.codes[np.arange(self.rows) * _CANDIDATES + best])

    def _resample(self) -> None:
        """Draw the candidates of a row anew where few of them carry its weight."""
        logs = self.log_weight.reshape(self.rows, -1)
        weight = np.exp(logs - logs.max(axis=1, keepdims=True))
        few = np.flatnonzero(weight.sum(axis=1) ** 2 / (weight**2).sum(axis=1) < _CANDIDATES / 2)
        if not len(few):
            return
        reach = np.cumsum(weight[few], axis=1)
        points = (np.arange(_CANDIDATES) + self.rng.random((len(few), 1))) / _CANDIDATES * reach[:, -1:]
        pick = (points[:, :, None] >= reach[:, None, :]).sum(axis=2).clip(0, _CANDIDATES - 1)
        into = (few[:, None] * _CANDIDATES + np.arange(_CANDIDATES)).ravel()
        taken = self.view.take((few[:, None] * _CANDIDATES + pick).ravel())
        self.view.codes[into], self.view.cells[into], self.view.features[into] = (
            taken.codes,
            taken.cells,
            taken.features,
        )
        self.log_weight[into] = 0.0

    def _fill(self, j: int, rows: Ints) -> None:
        own = self.chain.cells[j]
        weight = (own.counts > 0).astype(np.float64)
        if own.missing:
            weight[0] = 0.0
        if not len(rows) or not weight.any():
            return
        for part, narrowed in self._narrowed(j, rows, weight):
            codes = self._drawn(j, part, narrowed)
            self.chain.put(self.view, j, codes, own.cell(codes), part)
        self._as_copies(j, rows)

    def _drawn(self, j: int, rows: Ints, weight: Floats) -> Floats:
        own = self.chain.cells[j]
        view = self.view.take(rows)
        if j in self.chain.models:
            return self.chain.models[j].draw(view, own, self.rng, Wanted(weight)).codes
        link = self.chain.links[j]
        if link.relation is Relation.COPY:
            return view.codes[:, link.source]
        fixed = link.states[view.cells[:, link.source].astype(np.int64)]
        share = own.counts * weight
        spare = self.rng.choice(len(share), size=len(rows), p=share / share.sum())
        return own.value(np.where(weight[fixed] > 0, fixed, spare), self.rng)

    def _narrowed(self, j: int, rows: Ints, weight: Floats) -> list[tuple[Ints, Floats]]:
        """Rows with the weights that known cells of columns which follow from column j by a rule leave."""
        for target, link in self.chain.links.items():
            if link.source != j or link.relation is not Relation.RULE or self.gaps[rows, target].all():
                continue
            known = np.where(self.gaps[rows, target], -1, self.view.cells[rows, target])
            parts = [(rows[known == -1], weight)]
            for cell in np.unique(known[known >= 0]):
                fits = weight * (link.states == cell)
                parts.append((rows[known == cell], fits if fits.any() else weight))
            return [part for part in parts if len(part[0])]
        return [(rows, weight)]

    def _as_copies(self, j: int, rows: Ints) -> None:
        """A known copy tells its source."""
        for target, link in self.chain.links.items():
            if link.source == j and link.relation is Relation.COPY:
                known = rows[~self.gaps[rows, target]]
                codes = self.view.codes[known, target]
                self.chain.put(self.view, j, codes, self.chain.cells[j].cell(codes), known)
