"""How far each column is smoothed: the widths under which rows that are left out are likeliest.

Least-squares rules for one column know nothing of the others; likelihood cross-validation does. It gives a column
that tells nothing about the rest the width 1, so that it is smoothed out of the sum (Hall, Racine and Li 2004).
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np
from numpy.typing import NDArray

from engine.generators.density.kernels import Kernel
from engine.progress import Budget

Ints = NDArray[np.int64]

WIDTHS = (0.02, 0.05, 0.1, 0.17, 0.25, 0.35, 0.5, 0.65, 0.8, 0.9, 1.0)
JUDGED = 1_000  # rows that are left out
BASES = 3_000  # rows that they are judged by
KEPT = 1_100_000  # cells of a table up to which it is kept: those of numbers are, which are slow to make
_PASSES = 5
_STEPS = 3
_LEAST = 1e-30
_ENOUGH = 1e-3  # nats that another pass must have gained

Maker = Callable[[float], Kernel]
Sums = NDArray[np.float32]


def choose_widths(
    makers: Sequence[Maker],
    cells: Sequence[Ints],
    rng: np.random.Generator,
    step: Callable[[], None],
    budget: Budget | None = None,
) -> tuple[list[float], float]:
    """A width for each column, and how much likelier (nats) a left out row is than by independent columns.

    makers: the kernel of a column by width; cells: (rows,) of each column. At most 1,000 rows are left out, one at a
    time, and judged by at most 3,000 others; more rows would bear slightly smaller widths. step: called often.
    When the time is up, columns that were not reached keep the best common width.
    """
    rows = rng.permutation(len(cells[0]))[:BASES]
    judge = _Judge(makers, [own[rows] for own in cells])
    sums = [judge.together([k] * len(makers), step) for k in range(len(WIDTHS))]
    scores = [judge.score(total) for total in sums]
    best = int(np.argmax(scores))
    chosen, total, score = [best] * len(makers), sums[best], scores[best]
    for _ in range(_PASSES):
        before = score
        for j in range(len(makers)):
            if budget is not None and budget.over:
                break
            rest = total - judge.logs(j, chosen[j])
            tried = {k: judge.score(rest + judge.logs(j, k)) for k in _near(chosen[j])}
            chosen[j] = max(tried, key=lambda k: tried[k])
            total, score = rest + judge.logs(j, chosen[j]), tried[chosen[j]]
            step()
        if score - before < _ENOUGH:
            break
    return [WIDTHS[k] for k in chosen], score


def _near(k: int) -> list[int]:
    """Widths to try instead of the k-th: some narrower and wider ones, and the one that forgets."""
    return sorted({*range(max(k - _STEPS, 0), min(k + _STEPS + 1, len(WIDTHS))), len(WIDTHS) - 1})


class _Judge:
    """Rows left out against all others, as (left out, others) sums of log ratios over columns."""

    def __init__(self, makers: Sequence[Maker], cells: Sequence[Ints]) -> None:
        self._rows, self._left = len(cells[0]), min(JUDGED, len(cells[0]))
        self._makers = makers
        self._states = [_states(own) for own in cells]  # few, so that tables of them are small
        self._left_states = [_states(own[: self._left]) for own in cells]
        self._tables: dict[tuple[int, int], Sums] = {}

    def logs(self, j: int, k: int) -> Sums:
        """Of column j with the k-th width. Tables of columns of many levels would fill the memory, and are not kept."""
        (left, left_place), (states, place) = self._left_states[j], self._states[j]
        table = self._tables.get((j, k))
        if table is None:
            ratio = self._makers[j](WIDTHS[k]).ratio(states[None, :], left[:, None])
            table = np.log(np.maximum(ratio, _LEAST)).astype(np.float32)
            if table.size <= KEPT:
                self._tables[j, k] = table
        return table[left_place[:, None], place[None, :]]

    def together(self, chosen: Sequence[int], step: Callable[[], None]) -> Sums:
        total = np.zeros((self._left, self._rows), dtype=np.float32)
        for j, k in enumerate(chosen):
            total += self.logs(j, k)
            step()
        return total

    def score(self, total: Sums) -> float:
        """Mean log of the mean ratio over the other rows."""
        own = total.copy()
        own[np.arange(self._left), np.arange(self._left)] = -np.inf
        top = own.max(axis=1, keepdims=True)
        mean = np.exp(own - top).sum(axis=1, dtype=np.float64) / max(own.shape[1] - 1, 1)
        return float((np.log(np.maximum(mean, _LEAST)) + top[:, 0]).mean())


def _states(cells: Ints) -> tuple[Ints, Ints]:
    """The different cells, and (rows,) which of them each row has."""
    states, place = np.unique(cells, return_inverse=True)
    return states, np.asarray(place, dtype=np.int64).reshape(-1)


def memory(states: int, rows: int) -> float:
    """Bytes of the tables that are kept of a column of so many different cells, where so many rows are looked at."""
    table = min(states, rows, JUDGED) * min(states, rows, BASES)
    return 4.0 * len(WIDTHS) * table if table <= KEPT else 0.0
