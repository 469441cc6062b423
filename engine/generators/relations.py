"""Exact relations between columns, found before anything is learned, so that they hold in every generated row.

Three are known: a column is a copy of another; each state of one column goes with one state of another (a city lies in
one country); the gaps of a column follow from another (no date of the last review where there are no reviews). A
relation is believed when chance would bring it about less than once in e to the power `_EVIDENCE`.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from math import lgamma
from typing import Any

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]
Mask = NDArray[np.bool_]

_EVIDENCE = 20.0  # nats
_GAP_EVIDENCE = 8.0  # nats; for two columns with gaps in exactly the same rows
_GLANCE = 1_000  # rows by which most pairs are dismissed


class Relation(StrEnum):
    COPY = "copy"  # the same codes
    RULE = "rule"  # `states` names the one target cell of each source cell
    GAPS = "gaps"  # `states` is 1 for the source cells at which the target is missing


@dataclass(frozen=True, slots=True)
class Link:
    """Column `source` fixes a later column, or its gaps. states: (source cells,), empty for a copy."""

    relation: Relation
    source: int
    states: Ints

    def state(self) -> dict[str, Any]:
        return {"relation": str(self.relation), "source": self.source, "states": self.states}

    @classmethod
    def from_state(cls, state: Mapping[str, Any]) -> Link:
        return cls(Relation(state["relation"]), int(state["source"]), state["states"])


_SENTENCES = {
    Relation.COPY: "Column “{}” is a copy of “{}”.",
    Relation.RULE: "Column “{}” follows from “{}”, row by row; this holds in all made rows.",
    Relation.GAPS: "Where column “{}” is missing follows from “{}”; this holds in all made rows.",
}


def sentences(links: Mapping[int, Link], names: Sequence[str]) -> list[str]:
    """What was found, for a model's notes. names: of all columns."""
    return [_SENTENCES[link.relation].format(names[j], names[link.source]) for j, link in links.items()]


def determined_by(source: Ints, target: Ints, sources: int) -> Ints | None:
    """(rows,) cells of two columns -> (sources,) the one target cell of each source cell, or None.

    None as well when the rows are too few to tell a rule from chance: every row that repeats a source state is a trial
    that chance would pass with the probability that two rows have the same target. States that no row has go with the
    target's commonest cell.
    """
    glance = slice(0, _GLANCE)
    if not _agrees(source[glance], target[glance], sources):
        return None
    met = np.bincount(source, minlength=sources) > 0
    repeats = len(source) - int(met.sum())
    if repeats * -np.log(_coincidence(target)) < _EVIDENCE or not _agrees(source, target, sources):
        return None
    states = np.full(sources, np.bincount(target).argmax(), dtype=np.int64)
    states[source] = target
    return states


def _agrees(source: Ints, target: Ints, sources: int) -> bool:
    first = np.empty(sources, dtype=np.int64)
    first[source] = target  # any row of the state; all must agree
    return np.array_equal(first[source], target)


def _coincidence(cells: Ints) -> float:
    """Probability that two random rows are alike."""
    share = np.bincount(cells) / max(len(cells), 1)
    return float(np.clip((share**2).sum(), 1e-300, 1.0))


def _same_gaps(source: Mask, target: Mask) -> bool:
    """Whether both columns are missing in the same rows, and so few or many that chance is no explanation."""
    if not np.array_equal(source, target):
        return False
    rows, gaps = len(target), int(target.sum())
    ways = lgamma(rows + 1) - lgamma(gaps + 1) - lgamma(rows - gaps + 1)
    return 2 <= gaps <= rows - 2 and ways >= _GAP_EVIDENCE


def find_links(
    codes: Floats, cells: Sequence[Ints], sizes: Sequence[int], numbers: Sequence[bool], step: Callable[[], None]
) -> tuple[list[int], dict[int, Link]]:
    """An order of the columns in which sources come first, otherwise as they stand; and the columns that are linked.

    codes: (rows, columns); cells: (rows,) of each column; sizes: cells of each; numbers: which may be copies.
    step: called once a column.
    """
    finder = _Finder(codes, cells, sizes, numbers)
    count = len(cells)
    fixed: dict[int, list[int]] = {}
    for j in range(count):
        fixed[j] = finder.determiners(j)
        step()
    order = _sorted(fixed, count)
    links: dict[int, Link] = {}
    for place, j in enumerate(order):
        link = finder.link(j, order[:place], fixed[j])
        if link is not None:
            links[j] = link
    return order, links


class _Finder:
    def __init__(self, codes: Floats, cells: Sequence[Ints], sizes: Sequence[int], numbers: Sequence[bool]) -> None:
        self.codes, self.cells, self.sizes, self.numbers = codes, cells, sizes, numbers
        self.gaps = np.isnan(codes)
        self.varies = [bool((own != own[:1]).any()) for own in cells]
        self.repeats = np.array([len(own) - len(np.unique(own)) for own in cells])
        self.surprise = np.array([-np.log(_coincidence(own)) for own in cells])

    def determiners(self, j: int) -> list[int]:
        """Columns whose cells fix column j's, those of the fewest cells first."""
        if not self.varies[j]:
            return []
        likely = np.flatnonzero(self.repeats * self.surprise[j] >= _EVIDENCE)
        found = [i for i in likely.tolist() if i != j and self.varies[i] and self._rule(i, j) is not None]
        return sorted(found, key=lambda i: (self.sizes[i], i))

    def _rule(self, i: int, j: int) -> Ints | None:
        return determined_by(self.cells[i], self.cells[j], self.sizes[i])

    def link(self, j: int, earlier: list[int], determiners: list[int]) -> Link | None:
        if not self.varies[j]:
            return None
        if self.numbers[j]:
            for i in earlier:
                if self.numbers[i] and self._copy(i, j):
                    return Link(Relation.COPY, i, np.empty(0, np.int64))
        for i in determiners:
            rule = self._rule(i, j) if i in earlier else None
            if rule is not None:
                return Link(Relation.RULE, i, rule)
        return self._gap_link(j, earlier)

    def _copy(self, i: int, j: int) -> bool:
        enough = len(self.codes) * self.surprise[j] >= _EVIDENCE
        return bool(enough) and np.array_equal(self.codes[:, i], self.codes[:, j], equal_nan=True)

    def _gap_link(self, j: int, earlier: list[int]) -> Link | None:
        gap = self.gaps[:, j]
        if gap.all() or not gap.any():
            return None
        for i in earlier:
            if _same_gaps(self.gaps[:, i], gap):
                return Link(Relation.GAPS, i, (np.arange(self.sizes[i]) == 0).astype(np.int64))
        for i in earlier:
            states = determined_by(self.cells[i], gap.astype(np.int64), self.sizes[i]) if self.varies[i] else None
            if states is not None:
                return Link(Relation.GAPS, i, states)
        return None


def _sorted(fixed: Mapping[int, Sequence[int]], count: int) -> list[int]:
    """Columns as they stand, but each behind the first of those that fix it; two that fix each other do not move."""
    order: list[int] = []
    placed = [False] * count
    for start in range(count):
        pending = [start]
        while pending:
            j = pending[-1]
            one_way = [i for i in fixed[j] if j not in fixed[i]]
            if not placed[j] and one_way and not any(placed[i] for i in fixed[j]) and one_way[0] not in pending:
                pending.append(one_way[0])
                continue
            pending.pop()
            if not placed[j]:
                placed[j] = True
                order.append(j)
    return order
