"""Relations kept: what holds in every real row without exception, does it hold in every row of the table?

Found are columns that are equal (numbers, dates), columns of which two add up to a third, columns whose values go with
each other one to one or in one direction (a city lies in one country), and columns that are missing in the same rows. A
relation is believed when chance would bring it about less than once in e to the power 20. Rows that lack a value of it
say nothing of it.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import combinations

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from engine.evaluation import columns
from engine.evaluation.base import FloatArray
from engine.evaluation.columns import IntArray
from engine.generators.relations import determined_by
from engine.table.schema import Column, Kind, Schema

Mask = NDArray[np.bool_]

EQUAL, SUM, ONE_TO_ONE, FOLLOWS, GAPS = "Equal", "Sum", "One to one", "Follows", "Missing together"
MOST = 200  # columns among which relations are sought
ADDING = 40  # numbers among which sums are sought
_EVIDENCE = 20.0  # nats
_GLANCE = 500  # rows by which most sums are dismissed


@dataclass(frozen=True, slots=True)
class Exact:
    """kind: EQUAL (a = b), SUM (a + b = c), ONE_TO_ONE, FOLLOWS (b follows from a), GAPS; columns in that order."""

    kind: str
    columns: tuple[str, ...]

    def describe(self) -> str:
        names = [f"“{name}”" for name in self.columns]
        if self.kind == SUM:
            return f"{names[0]} + {names[1]} = {names[2]}"
        return {
            EQUAL: "{} = {}",
            ONE_TO_ONE: "{} and {} one to one",
            FOLLOWS: "{1} follows from {0}",
            GAPS: "{} and {} missing together",
        }[self.kind].format(*names)


class Relations:
    """The exact relations of a parsed real table."""

    def __init__(self, real: pd.DataFrame, schema: Schema) -> None:
        self._real = real
        self._columns = [c for c in columns.comparable(schema) if real[c.name].notna().any()][:MOST]
        self._numbers = {c.name: columns.numbers(real[c.name]) for c in self._columns if c.kind.numeric}
        self._codes = {c.name: _cells(real[c.name]) for c in self._columns}
        self._spread = {name: _surprise(found) for name, (found, _) in self._codes.items()}
        self.found = tuple(self._search())
        del self._numbers, self._codes  # many rows take much memory

    def _search(self) -> Iterator[Exact]:
        equal = {pair.columns: pair for pair in self._equal()}
        yield from equal.values()
        yield from self._sums({name for pair in equal for name in pair[1:]})
        same = set(equal)
        for first, second in combinations([c.name for c in self._columns], 2):
            if (first, second) not in same:
                yield from self._bound(first, second)
        yield from self._gaps()

    def _believed(self, name: str, rows: Mask) -> bool:
        return bool(rows.sum() * self._spread[name] >= _EVIDENCE)

    def _equal(self) -> Iterator[Exact]:
        for first, second in combinations(self._numbers, 2):
            a, b = self._numbers[first], self._numbers[second]
            both = ~(np.isnan(a) | np.isnan(b))
            if self._believed(first, both) and np.array_equal(a[both], b[both]):
                yield Exact(EQUAL, (first, second))

    def _sums(self, copies: set[str]) -> Iterator[Exact]:
        kinds = {c.name: c for c in self._columns}
        able = [
            name
            for name in self._numbers
            if kinds[name].kind in (Kind.INTEGER, Kind.DECIMAL) and self._spread[name] > 0 and name not in copies
        ][:ADDING]
        glances = {name: self._numbers[name][:_GLANCE] for name in able}
        for first, second in combinations(able, 2):
            for third in able:
                if third in (first, second):
                    continue
                near = tolerance(kinds[third])
                names = (first, second, third)
                if not _adds([glances[n] for n in names], near)[1]:
                    continue
                rows, holds = _adds([self._numbers[n] for n in names], near)
                if holds and all(self._believed(n, rows) for n in names):
                    yield Exact(SUM, names)

    def _bound(self, first: str, second: str) -> Iterator[Exact]:
        forth, back = self._follows(first, second), self._follows(second, first)
        if forth and back:
            yield Exact(ONE_TO_ONE, (first, second))
        elif forth or back:
            yield Exact(FOLLOWS, (first, second) if forth else (second, first))

    def _follows(self, first: str, second: str) -> bool:
        """Whether every value of the first goes with one value of the second."""
        (a, k), (b, _) = self._codes[first], self._codes[second]
        both = (a >= 0) & (b >= 0)
        if not self._spread[first] or not self._spread[second] or not both.any():
            return False
        return determined_by(a[both], b[both], k) is not None

    def _gaps(self) -> Iterator[Exact]:
        gaps = {c.name: self._real[c.name].isna().to_numpy() for c in self._columns}
        some = [name for name, gap in gaps.items() if gap.any()]
        for first, second in combinations(some, 2):
            gap = gaps[first]
            share = gap.mean()
            surprise = -np.log(share**2 + (1 - share) ** 2)
            if len(gap) * surprise >= _EVIDENCE and gap.sum() >= 2 and np.array_equal(gap, gaps[second]):
                yield Exact(GAPS, (first, second))

    def kept(self, relation: Exact, other: pd.DataFrame, schema: Schema) -> FloatArray:
        """(rows of `other`,) 1 where the row keeps the relation, 0 where not, NaN where it says nothing of it."""
        names = relation.columns
        if relation.kind == GAPS:
            gaps = [other[name].isna().to_numpy() for name in names]
            return np.asarray(gaps[0] == gaps[1], dtype=np.float64)
        if relation.kind in (EQUAL, SUM):
            sides = [columns.numbers(other[name]) for name in names]
            near = tolerance(schema[names[2]]) if relation.kind == SUM else 0.0
            gap = sides[0] + sides[1] - sides[2] if relation.kind == SUM else sides[0] - sides[1]
            close = np.abs(gap) <= near + 1e-9 * np.abs(sides[-1]) * (relation.kind == SUM)
            return np.where(np.isnan(gap), np.nan, close.astype(np.float64))
        forth = _follow(self._real, other, names[0], names[1])
        back = forth if relation.kind == FOLLOWS else _follow(self._real, other, names[1], names[0])
        return np.asarray(np.minimum(forth, back))


def tolerance(column: Column) -> float:
    """How far a sum may be off, in units of the column: half of its last digit and a little."""
    decimals = min(column.decimals, 12) if column.kind is Kind.DECIMAL else 0
    return 0.51 * 10.0**-decimals if decimals else 1e-9


def _adds(numbers: list[FloatArray], near: float) -> tuple[Mask, bool]:
    """The rows that have all three, and whether they add up in every one of them."""
    first, second, third = numbers
    with np.errstate(over="ignore", invalid="ignore"):
        gap = first + second - third
    rows = ~np.isnan(gap)
    return rows, bool((np.abs(gap[rows]) <= near + 1e-9 * np.abs(third[rows])).all())


def _follow(real: pd.DataFrame, other: pd.DataFrame, first: str, second: str) -> FloatArray:
    """Whether each row's second value is the one that goes with its first: in the real table, or for a first value that
    is not in it, the commonest in `other`."""
    (a, here), k = _shared(real[first], other[first])
    (b, there), m = _shared(real[second], other[second])
    goes = np.full(k, -1, dtype=np.int64)
    new = (here >= 0) & (there >= 0)
    if new.any():
        cells, counts = np.unique(here[new] * m + there[new], return_counts=True)
        order = np.argsort(counts, kind="stable")
        goes[cells[order] // m] = cells[order] % m
    known = (a >= 0) & (b >= 0)
    goes[a[known]] = b[known]
    return np.where(new, (goes[here] == there).astype(np.float64), np.nan)


def _shared(real: pd.Series, other: pd.Series) -> tuple[list[IntArray], int]:
    """A column of two tables as codes over common values, missing -1."""
    if pd.api.types.is_datetime64_any_dtype(real.dtype) or (
        pd.api.types.is_numeric_dtype(real.dtype) and not pd.api.types.is_bool_dtype(real.dtype)
    ):
        found, values = pd.factorize(np.concatenate([columns.numbers(real), columns.numbers(other)]), sort=True)
        return [found[: len(real)].astype(np.int64), found[len(real) :].astype(np.int64)], len(values)
    return columns.codes(real, other)


def _cells(values: pd.Series) -> tuple[IntArray, int]:
    (found, _), k = _shared(values, values.iloc[:0])
    return found, k


def _surprise(found: IntArray) -> float:
    """Nats by which a second row of the same value surprises; 0 for a constant."""
    counts = np.bincount(found[found >= 0]).astype(np.float64)
    share = counts / counts.sum()
    return float(-np.log(np.clip((share**2).sum(), 1e-300, 1.0)))
