"""What a chain's chances are good for beyond new rows: rows under conditions, and missing cells given the others.

Both draw more candidates than are needed and choose among them by importance (sampling importance resampling, Rubin
1987): candidates follow the chain with the wanted cells restricted, and count by how likely the restriction was.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
from numpy.typing import NDArray

from engine.generators.chain import Chain
from engine.generators.relations import Relation
from engine.generators.trees import Cells
from engine.progress import Reporter

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]
Mask = NDArray[np.bool_]

_BATCH = 50_000  # candidates at a time
_FEWEST = 5_000  # candidates in the first batch
_FACTOR, _EXTRA = 20, 50_000  # at most factor * rows + extra candidates
_MOST_CELLS = 60_000_000  # that candidates may have in all
_PILOT_WEIGHT = 50.0  # candidates of the untilted kind that a tilt is drawn towards
_CANDIDATES = 20  # for each row with missing cells
_FILL_ROWS = 5_000  # rows at a time


def draw_rows(
    chain: Chain, n: int, weights: Mapping[int, Floats], rng: np.random.Generator, reporter: Reporter
) -> Cells:
    """(n, columns) new cells under weights of cells; `weights` must have been passed on and be possible."""
    if not weights:
        return chain.walk(n, weights, rng, reporter)[0]
    pool = _Pool(chain, weights, rng)
    most = min(_FACTOR * n + _EXTRA, max(_MOST_CELLS // len(chain.counts), n))
    pool.add(min(max(n, _FEWEST), _BATCH))
    while not pool.enough(n) and pool.size < most:
        reporter.step(0)
        pool.learn()
        pool.add(min(max(n, _FEWEST), _BATCH, most - pool.size))
    return pool.chosen(n)


class _Pool:
    """Candidates with their importance. After the first ones, the column that tells most about which candidates count
    is drawn with a tilt towards them; the importance makes up for it."""

    def __init__(self, chain: Chain, weights: Mapping[int, Floats], rng: np.random.Generator) -> None:
        self.chain, self.weights, self.rng = chain, weights, rng
        self._cells: list[Cells] = []
        self._importance: list[Floats] = []
        self._tilt: tuple[int, Floats] | None = None
        self._learned = False

    @property
    def size(self) -> int:
        return sum(len(part) for part in self._importance)

    def add(self, n: int) -> None:
        if self._tilt is None:
            cells, importance = self.chain.walk(n, self.weights, self.rng)
        else:
            j, tilt = self._tilt
            tilted = {**self.weights, j: self.weights.get(j, np.ones(len(tilt))) * tilt}
            cells, importance = self.chain.walk(n, tilted, self.rng)
            rows = self.chain.rest(j, cells)[1]
            importance[rows] /= tilt[cells[rows, j]]
        self._cells.append(cells)
        self._importance.append(importance)

    def enough(self, n: int) -> bool:
        """Whether `n` rows can be chosen without choosing one twice."""
        importance = np.concatenate(self._importance)
        return bool(n * importance.max(initial=0.0) <= importance.sum())

    def learn(self) -> None:
        """Find the tilt, once, from the candidates so far."""
        if self._learned:
            return
        self._learned = True
        cells, importance = np.concatenate(self._cells), np.concatenate(self._importance)
        last = max(self.chain.order.index(j) for j in self.weights)
        best = 0.0
        for j in self.chain.order[:last]:
            if j not in self.chain.trees:
                continue
            gain, tilt = self._tilted(j, cells[:, j].astype(np.int64), importance)
            if gain > best:
                best, self._tilt = gain, (j, tilt)

    def _tilted(self, j: int, own: Ints, importance: Floats) -> tuple[float, Floats]:
        """How much (nats) the candidates that count differ from all in column j, and their ratio (cells,)."""
        group_of = self.chain.trees[j].group_of
        groups = group_of[own]
        plain = np.bincount(groups, minlength=int(group_of.max()) + 1) + 1.0
        counted = np.bincount(groups, importance, len(plain))
        effective = importance.sum() ** 2 / (importance**2).sum()
        share = plain / plain.sum()
        counted = (counted / counted.sum() * effective + share * _PILOT_WEIGHT) / (effective + _PILOT_WEIGHT)
        return float(counted @ np.log(counted / share)), (counted / share)[group_of]

    def chosen(self, n: int) -> Cells:
        """n candidates by importance, as evenly as can be (systematic resampling)."""
        reach = np.cumsum(np.concatenate(self._importance))
        points = (np.arange(n) + self.rng.random()) / max(n, 1) * reach[-1]
        found = np.minimum(np.searchsorted(reach, points, side="right"), len(reach) - 1)
        return np.concatenate(self._cells)[self.rng.permutation(found)]


def fill_in(
    chain: Chain, cells: Cells, wanted: Mask, gaps: Sequence[bool], rng: np.random.Generator, reporter: Reporter
) -> Cells:
    """(rows, columns) cells with the `wanted` ones drawn given the row's others, never as missing.

    gaps: for each column whether its cell 0 is "missing". Cells that are not wanted stay as they are.
    """
    result = cells.copy()
    rows = np.flatnonzero(wanted.any(axis=1))
    for start in range(0, len(rows), _FILL_ROWS):
        part = rows[start : start + _FILL_ROWS]
        result[part] = _Filler(chain, cells[part], wanted[part], gaps, rng).filled()
        reporter.step(len(part))
    return result


class _Filler:
    """Candidates for some rows with missing cells: all candidates of a row stand one behind the other."""

    def __init__(
        self, chain: Chain, cells: Cells, wanted: Mask, gaps: Sequence[bool], rng: np.random.Generator
    ) -> None:
        self.chain, self.gaps, self.rng = chain, gaps, rng
        self.cells = np.repeat(cells, _CANDIDATES, axis=0)
        self.wanted = np.repeat(wanted, _CANDIDATES, axis=0)

    def filled(self) -> Cells:
        """(rows, columns): for each row one candidate, by how likely it makes the row's known cells."""
        score = np.zeros(len(self.cells))
        touched = np.zeros(len(self.cells), dtype=bool)
        for j in self.chain.order:
            known = np.flatnonzero(touched & ~self.wanted[:, j])
            if len(known):
                score[known] += np.log(self.chain.chances(j, self.cells[known]))
            self._fill(j, np.flatnonzero(self.wanted[:, j]))
            touched |= self.wanted[:, j]
        noise = self.rng.gumbel(size=len(score))
        best = (score + noise).reshape(-1, _CANDIDATES).argmax(axis=1)
        chosen = self.cells.reshape(-1, _CANDIDATES, self.cells.shape[1])[np.arange(len(best)), best]
        return np.asarray(chosen, dtype=np.int32)

    def _fill(self, j: int, rows: Ints) -> None:
        weight = (self.chain.counts[j] > 0).astype(np.float64)
        weight[:1] *= not self.gaps[j]
        if not len(rows) or not weight.any():
            return
        for own, narrowed in self._narrowed(j, rows, weight):
            self.cells[own, j] = self._drawn(j, own, narrowed)

    def _narrowed(self, j: int, rows: Ints, weight: Floats) -> list[tuple[Ints, Floats]]:
        """Rows with the weights that known cells of columns which follow from column j leave."""
        for target, link in self.chain.links.items():
            if link.source != j or link.relation is Relation.GAPS or self.wanted[rows, target].all():
                continue
            states = np.arange(len(weight)) if link.relation is Relation.COPY else link.states
            known = np.where(self.wanted[rows, target], -1, self.cells[rows, target])
            parts = [(rows[known == -1], weight)]
            for cell in np.unique(known[known >= 0]):
                fits = weight * (states == cell)
                parts.append((rows[known == cell], fits if fits.any() else weight))
            return [part for part in parts if len(part[0])]
        return [(rows, weight)]

    def _drawn(self, j: int, rows: Ints, weight: Floats) -> Ints:
        overall = self.chain.counts[j] * weight
        drawn = self.rng.choice(len(overall), size=len(rows), p=overall / overall.sum())
        if j in self.chain.trees:
            return self.chain.trees[j].draw_within(self.cells[rows], weight, self.rng)[0]
        fixed, _ = self.chain.rest(j, self.cells[rows])
        return drawn if fixed is None else np.where(weight[fixed] > 0, fixed, drawn)
