"""The grid: a number's cells. Sequential methods learn in which cell a value falls; the grid then draws inside.

Heavy values (shared by many rows) are cells of their own, the atoms; the rest is cut into intervals of equal mass,
finer towards both tails; missing is a cell, too. A grid holds no value of a single row: atoms and popular values are
shared by at least `SHARED` rows, interval edges are midpoints between neighbouring values, and inside an interval a
value is drawn uniformly and rounded as coarsely as the interval's own values are.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Self

import numpy as np
from numpy.typing import NDArray

from engine.codecs.holes import find_holes

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]

SHARED = 5  # rows that must share a value before it may come back as it is
_UNITS = 7  # trailing zeros told apart: 0 .. 6
_EXACT = 2.0**53  # whole numbers above cannot be told apart in float64


@dataclass(frozen=True, slots=True)
class CodeCondition:
    """A condition in encoded numbers: a set of `values` (and perhaps missing), or a closed range low..high."""

    values: Floats | None = None
    missing: bool = False
    low: float = -np.inf
    high: float = np.inf


class Grid:
    """Cells of a continuous column, in value order; cell 0 is "missing" when the column has missing values.

    All arrays below run over the cells without the missing one:
    low, high: edges between which values are drawn (equal for an atom); place: value by which cells are ordered;
    mass: rows; units: (cells, 7) share of values with that many trailing zeros; popular_*: shared values of each
    interval in one flat list with its starts.
    """

    STATE = (
        "missing", "decimals", "atom", "low", "high", "mass", "units",
        "popular_start", "popular_value", "popular_share", "missing_rows",
    )  # fmt: skip

    missing: bool
    decimals: int
    atom: NDArray[np.bool_]
    low: Floats
    high: Floats
    mass: Ints
    units: Floats
    popular_start: Ints
    popular_value: Floats
    popular_share: Floats
    missing_rows: int

    def fit(self, codes: Floats, *, decimals: int, cells: int = 512) -> Self:
        """Cut (rows,) codes (NaN where missing) into about `cells` cells; `decimals` of the written values.

        No interval reaches over a wide range without any value (`find_holes`).
        """
        values = codes[~np.isnan(codes)]
        self.missing_rows = len(codes) - len(values)
        self.missing = self.missing_rows > 0
        self.decimals = decimals
        distinct, counts = np.unique(values, return_counts=True)
        heavy = _heavy(distinct, counts, len(values), cells)
        light = np.flatnonzero(~heavy)
        walls = np.flatnonzero(find_holes(distinct[light], counts[light])) + 1
        runs = np.split(light, walls)
        groups = [group for run in runs for group in _intervals(run, counts, len(values), cells)]
        if len(groups) == 1 and counts[groups[0]].sum() < SHARED and heavy.any():
            groups = []  # so few odd values are counted to the nearest heavy one
        self._lay(distinct, counts, np.flatnonzero(heavy), groups, light[walls])
        return self

    def _lay(self, distinct: Floats, counts: Ints, atoms: Ints, groups: list[Ints], walls: Ints) -> None:
        """Order atoms and intervals by value and note what is drawn from each. walls: values behind a hole."""
        edges = [_edges(distinct, counts, groups, i, walls) for i in range(len(groups))]
        places = np.r_[distinct[atoms], [np.median(np.repeat(distinct[g], counts[g])) for g in groups]]
        order = np.argsort(places, kind="stable")
        self.atom = (np.arange(len(places)) < len(atoms))[order]
        self.low = np.r_[distinct[atoms], [e[0] for e in edges]][order]
        self.high = np.r_[distinct[atoms], [e[1] for e in edges]][order]
        self._index()
        cell = self.cell(distinct) - self.missing
        self.mass = np.bincount(cell, weights=counts, minlength=len(places)).astype(np.int64)
        self._note_units(distinct, counts, cell)
        self._note_popular(distinct, counts, cell)

    def _index(self) -> None:
        """Look-up tables of `cell`, derived from the stored arrays."""
        self._atoms = np.flatnonzero(self.atom)
        self._wide = np.flatnonzero(~self.atom)
        self._atom_values = self.low[self._atoms]
        if len(self._wide):
            high, low = self.high[self._wide], self.low[self._wide]
            self._bounds = (high[:-1] + low[1:]) / 2

    def _note_units(self, distinct: Floats, counts: Ints, cell: Ints) -> None:
        self.units = np.zeros((len(self.low), _UNITS))
        np.add.at(self.units, (cell, _trailing_zeros(distinct, self.decimals)), counts)
        self.units /= np.maximum(self.units.sum(1, keepdims=True), 1)

    def _note_popular(self, distinct: Floats, counts: Ints, cell: Ints) -> None:
        shared = np.flatnonzero((counts >= SHARED) & ~self.atom[cell])
        shared = shared[np.argsort(cell[shared], kind="stable")]
        self.popular_value = distinct[shared]
        self.popular_share = counts[shared] / np.maximum(self.mass[cell[shared]], 1)
        self.popular_start = np.searchsorted(cell[shared], np.arange(len(self.low) + 1)).astype(np.int64)

    @property
    def size(self) -> int:
        """Number of cells, the missing one included."""
        return len(self.low) + self.missing

    @property
    def counts(self) -> Ints:
        """(size,) training rows in each cell."""
        return np.r_[[self.missing_rows], self.mass] if self.missing else self.mass

    def cell(self, codes: Floats) -> Ints:
        """(rows,) codes -> (rows,) cells. A missing value in a grid that knows none goes to the nearest cell of 0."""
        if not len(self.low):
            return np.zeros(len(codes), dtype=np.int64)  # the column was empty throughout
        filled = np.nan_to_num(codes, nan=0.0)
        if len(self._wide):
            found = self._wide[np.searchsorted(self._bounds, filled)]
        else:
            found = self._atoms[_nearest(self._atom_values, filled)]
        if len(self._atoms) and len(self._wide):
            at = np.minimum(np.searchsorted(self._atom_values, filled), len(self._atoms) - 1)
            found = np.where(self._atom_values[at] == filled, self._atoms[at], found)
        return np.where(np.isnan(codes), 0, found + 1) if self.missing else found

    def value(self, cells: Ints, rng: np.random.Generator, condition: CodeCondition | None = None) -> Floats:
        """(rows,) cells -> a value inside each, fulfilling `condition` where the cell's weight for it is above 0."""
        if condition is not None and condition.values is not None:
            return self._value_of(cells, rng, condition)
        if not len(self.low):
            return np.full(len(cells), np.nan)
        at = np.maximum(cells - self.missing, 0)
        low, high = self.low[at], self.high[at]
        if condition is not None:
            low, high = np.maximum(low, condition.low), np.minimum(high, condition.high)
        drawn = self._rounded(at, low, high, rng)
        popular, chosen = self._popular(at, rng, condition)
        drawn = np.where(self.atom[at], self.low[at], np.where(chosen, popular, drawn))
        return np.where(cells == 0, np.nan, drawn) if self.missing else drawn

    def _rounded(self, at: Ints, low: Floats, high: Floats, rng: np.random.Generator) -> Floats:
        """Uniform between low and high, rounded like a random member of the cell, kept inside."""
        drawn = low + (high - low) * rng.random(len(at))
        if self.decimals > 15:  # every float64 may occur: there are no digits to round to
            return drawn
        zeros = (rng.random((len(at), 1)) > np.cumsum(self.units, axis=1)[at]).sum(1)
        unit = 10.0 ** (np.minimum(zeros, _UNITS - 1) - self.decimals)
        fine = 10.0**-self.decimals
        coarse = np.round(drawn / unit) * unit
        plain = np.round(drawn, self.decimals)
        inward = np.where(
            plain < low, np.ceil(low / fine) * fine, np.where(plain > high, np.floor(high / fine) * fine, plain)
        )
        result = np.where((coarse >= low) & (coarse <= high), coarse, inward)
        return np.asarray(np.round(result, self.decimals))

    def _popular(
        self, at: Ints, rng: np.random.Generator, condition: CodeCondition | None
    ) -> tuple[Floats, NDArray[np.bool_]]:
        """For each row a shared value of its cell, and whether it is to be used."""
        if not len(self.popular_value):
            return np.zeros(len(at)), np.zeros(len(at), dtype=bool)
        share = self.popular_share
        if condition is not None:
            inside = (self.popular_value >= condition.low) & (self.popular_value <= condition.high)
            share = np.where(inside, share, 0.0)
            share = share / np.maximum(self.weights(condition)[self.missing :], 1e-12)[self._popular_cell()]
        reach = np.r_[0.0, np.cumsum(share)]
        start, end = self.popular_start[at], self.popular_start[at + 1]
        point = reach[start] + rng.random(len(at))
        chosen = point < reach[end]
        index = np.searchsorted(reach, point, side="right") - 1
        return self.popular_value[np.minimum(index, len(share) - 1)], chosen

    def _popular_cell(self) -> Ints:
        return np.repeat(np.arange(len(self.low)), np.diff(self.popular_start))

    def weights(self, condition: CodeCondition) -> Floats:
        """(size,) share of each cell's values that fulfil the condition."""
        if condition.values is not None:
            inside = np.zeros(len(self.low))
            for value in condition.values:
                inside += self._share_of(value)
            inside = np.minimum(inside, 1.0)
        else:
            inside = self._overlap(condition)
        return np.r_[[float(condition.missing)], inside] if self.missing else inside

    def _overlap(self, condition: CodeCondition) -> Floats:
        fine = 10.0**-self.decimals
        low, high = np.maximum(self.low, condition.low), np.minimum(self.high, condition.high)
        # A written value must fit between the bounds: the finest step above `low` may already pass `high`.
        fits = low <= high
        if self.decimals <= 15:
            fits = np.ceil(low / fine - 1e-9) * fine <= high + 1e-9 * fine
        width = np.maximum(self.high - self.low, fine)
        share = np.where(fits, np.clip((high - low + fine) / (width + fine), 0, 1), 0.0)
        shared = np.bincount(self._popular_cell(), weights=self.popular_share, minlength=len(self.low))
        inside = (self.popular_value >= condition.low) & (self.popular_value <= condition.high)
        met = np.bincount(self._popular_cell()[inside], weights=self.popular_share[inside], minlength=len(self.low))
        atoms = (self.low >= condition.low) & (self.low <= condition.high)
        return np.where(self.atom, atoms.astype(float), met + (1 - shared).clip(0) * share)

    def _share_of(self, value: float) -> Floats:
        """(cells,) share of each cell's values that equal `value`."""
        share = np.where(self.atom & (self.low == value), 1.0, 0.0)
        fine = 10.0**-self.decimals
        for cell in np.flatnonzero(~self.atom & (self.low <= value) & (self.high >= value)):
            own = slice(self.popular_start[cell], self.popular_start[cell + 1])
            match = self.popular_value[own] == value
            rest = 1 - self.popular_share[own].sum()
            plain = rest * min(fine / max(self.high[cell] - self.low[cell], fine), 1.0)
            share[cell] = self.popular_share[own][match].sum() if match.any() else plain
        return share

    def _value_of(self, cells: Ints, rng: np.random.Generator, condition: CodeCondition) -> Floats:
        values = condition.values if condition.values is not None else np.empty(0)
        if not len(values):
            return np.full(len(cells), np.nan)
        shares = np.stack([self._share_of(v) for v in values], axis=1)
        at = np.maximum(cells - self.missing, 0)
        reach = np.cumsum(shares, axis=1)[at]
        pick = (rng.random((len(at), 1)) * reach[:, -1:] >= reach).sum(1)
        drawn = values[np.minimum(pick, len(values) - 1)]
        return np.where(cells == 0, np.nan, drawn) if self.missing else drawn

    def held(self) -> list[float]:
        """The real values that the grid keeps: atoms and popular values, each shared by several rows."""
        return sorted({*self.low[self.atom].tolist(), *self.popular_value.tolist()})

    def state(self) -> dict[str, Any]:
        return {name: getattr(self, name) for name in self.STATE}

    @classmethod
    def from_state(cls, state: Mapping[str, Any]) -> Grid:
        grid = cls()
        for name in cls.STATE:
            setattr(grid, name, state[name])
        grid._index()
        return grid


def _heavy(distinct: Floats, counts: Ints, rows: int, cells: int) -> NDArray[np.bool_]:
    """Which values become atoms: all that are shared, if they are few enough; else those above a cell's mass."""
    return counts >= SHARED if len(distinct) <= cells else counts > max(rows / cells, 8)


def _intervals(light: Ints, counts: Ints, rows: int, cells: int) -> list[Ints]:
    """Runs of light values of about rows / cells rows each, at least SHARED, finer towards both ends.

    Towards the tails an interval holds at most half of the rows beyond it, so that a long tail keeps its shape.
    """
    groups: list[Ints] = []
    seen = np.cumsum(counts[light])
    total = int(seen[-1]) if len(light) else 0
    start, begun = 0, 0
    while start < len(light):
        tail = min(begun, max(total - begun, 0))
        target = max(SHARED, min(rows / cells, tail / 2 if begun else SHARED))
        end = int(np.searchsorted(seen, begun + target)) + 1
        if total - seen[min(end, len(light)) - 1] < SHARED:
            end = len(light)
        groups.append(light[start:end])
        begun = int(seen[min(end, len(light)) - 1])
        start = end
    return groups


def _edges(distinct: Floats, counts: Ints, groups: list[Ints], i: int, walls: Ints) -> tuple[float, float]:
    """Where values of interval i are drawn: up to halfway to a neighbouring interval; elsewhere a little inside."""
    group = groups[i]
    first, last = group[0], group[-1]
    low, high = float(distinct[first]), float(distinct[last])
    several = len(group) > 2 or (len(group) == 2 and first > 0 and last < len(distinct) - 1)
    if several and counts[first] < SHARED:
        low = float((distinct[first] + distinct[group[1]]) / 2)
    if several and counts[last] < SHARED:
        high = float((distinct[last] + distinct[group[-2]]) / 2)
    if i > 0 and groups[i - 1][-1] == first - 1 and first not in walls:
        low = float((distinct[first - 1] + distinct[first]) / 2)
    if i + 1 < len(groups) and groups[i + 1][0] == last + 1 and last + 1 not in walls:
        high = float((distinct[last] + distinct[last + 1]) / 2)
    return low, max(low, high)


def _nearest(values: Floats, wanted: Floats) -> Ints:
    """Index of the nearest of sorted `values`."""
    right = np.clip(np.searchsorted(values, wanted), 0, len(values) - 1)
    left = np.maximum(right - 1, 0)
    return np.where(np.abs(values[left] - wanted) <= np.abs(values[right] - wanted), left, right)


def _trailing_zeros(values: Floats, decimals: int) -> Ints:
    """How many of the written digits are zeros at the end, 0 to 6; 0 where digits cannot be told."""
    with np.errstate(over="ignore", invalid="ignore"):
        digits = np.round(np.abs(values) * 10.0**decimals)
    digits = np.where(np.isfinite(digits) & (digits < _EXACT), digits, 1.0)
    zeros = sum(((digits % 10.0**p == 0) & (digits > 0)).astype(np.int64) for p in range(1, _UNITS))
    return np.asarray(zeros, dtype=np.int64)
