"""`unique`: no value, or no combination of values, comes twice."""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Iterator
from itertools import combinations
from typing import TYPE_CHECKING, ClassVar

import numpy as np

from engine.constraints import values
from engine.constraints.base import Candidate, Rule
from engine.constraints.names import written_name
from engine.table.schema import Constraint, Kind

if TYPE_CHECKING:
    import pandas as pd

    from engine.constraints.finding import View
    from engine.constraints.values import Mask

ORDERED = (Kind.INTEGER, Kind.DECIMAL, Kind.DATETIME)
_ROOM = 2_000_000  # places that are listed one by one
_EXPECTED = 20.0  # repeats by chance, below which uniqueness says nothing

_FEWER = 0.1  # of those repeats, at most this part may be there


class Unique(Rule):
    key: ClassVar[str] = "unique"
    label: ClassVar[str] = "No repeats"
    form: ClassVar[str] = "unique(email)"
    enforced: ClassVar[str] = (
        "Identifiers are unique as they are made; of other columns, rows that repeat an earlier one are drawn again, "
        "and of the last ones a number or date moves to the nearest free value of the range."
    )
    repairs: ClassVar[str] = "Numbers and dates move to the nearest free value of their range; other rows are left out."
    most: ClassVar[int] = 10

    def _check(self) -> None:
        for column in self.columns:
            if column.kind is Kind.CONSTANT and len(self.columns) == 1:
                self.fail("a column of one value cannot be unique", column.name)

    @property
    def sentence(self) -> str:
        if len(self.names) == 1:
            return f"no value of “{self.names[0]}” comes twice"
        return f"no combination of {values.listed(self.names)} comes twice"

    def written(self) -> str:
        return f"unique({', '.join(written_name(name) for name in self.names)})"

    def breaking(self, table: pd.DataFrame) -> Mask:
        names = list(self.names)
        repeated = table.duplicated(subset=names, keep="first").to_numpy()
        return np.asarray(repeated & ~values.any_missing(table, names), dtype=bool)

    def repair(self, table: pd.DataFrame, rows: Mask, rng: np.random.Generator) -> pd.DataFrame:
        column = next((c for c in self.columns if c.kind in ORDERED and values.step(c)), None)
        if column is None:
            return table
        name, others = column.name, [n for n in self.names if n != column.name]
        cells = table[name]
        step = values.step(column)
        own = values.microseconds(cells).astype(np.float64) if column.kind is Kind.DATETIME else values.floats(cells)
        places = np.rint(np.nan_to_num(own) / step).astype(np.int64)
        known = ~values.missing(cells)
        if not known.any():
            return table
        low, high = int(places[known].min()), int(places[known].max())
        if not others:
            groups = np.zeros(len(table), dtype=np.int64)
        else:
            numbered = table.groupby(others, dropna=False, sort=False).ngroup()
            groups = np.asarray(numbered.to_numpy(), dtype=np.int64)
        moved = _spread(places, groups, known & ~rows, np.flatnonzero(rows), low, high)
        if column.kind is Kind.DATETIME:
            new = values.moments((moved * int(step))[rows], np.zeros(int(rows.sum()), dtype=bool), cells[rows])
        else:
            new = values.number_cells(moved[rows].astype(np.float64) * step, column, table.index[rows])
        return table.assign(**{name: values.replaced(cells, rows, new)})

    @classmethod
    def candidates(cls, view: View) -> Iterator[Candidate]:
        """Columns and pairs of columns without repeats, where chance would bring many."""
        alone: set[str] = set()
        for column in view.schema:
            expected = _expected_alone(view, column.name)
            if expected >= _EXPECTED and _hardly_repeats(view, (column.name,), expected):
                alone.add(column.name)
                if column.kind is not Kind.IDENTIFIER:
                    yield Candidate(Constraint("unique", (column.name,)), expected)
        labels = [c for c in view.schema if c.kind not in (Kind.DECIMAL, Kind.TEXT, Kind.CONSTANT, Kind.IDENTIFIER)]
        keys = [c.name for c in labels if c.name not in alone and 1 < view.distinct(c.name) < view.rows]
        for pair in combinations(keys[:20], 2):
            shares = [view.coincidence(name) for name in pair]
            expected = view.rows * view.rows / 2 * shares[0] * shares[1]
            if expected >= _EXPECTED and _hardly_repeats(view, pair, expected):
                yield Candidate(Constraint("unique", pair), expected)


def _hardly_repeats(view: View, names: tuple[str, ...], expected: float) -> bool:
    """Whether rows of the sample repeat another one so rarely that chance is no explanation."""
    keys = np.zeros(view.rows, dtype=np.int64)
    known = np.ones(view.rows, dtype=bool)
    for name in names:
        known &= ~view.gaps(name)
        keys = keys * view.distinct(name) + view.codes(name)
    rows = int(known.sum())
    repeats = rows - len(np.unique(keys[known]))
    return rows >= 20 and repeats <= min(view.tolerated(rows) * view.share, _FEWER * expected)


def _expected_alone(view: View, name: str) -> float:
    """Repeats that values drawn evenly from the column's own range would have; of text, none are expected by form."""
    column = view.schema[name]
    if column.kind in (Kind.PERSONAL, Kind.IDENTIFIER):
        return float(view.rows)
    if column.kind not in (Kind.INTEGER, Kind.DATETIME) or view.distinct(name) < 20:
        return 0.0
    cells = view.ordered(name)
    cells = cells[~np.isnan(cells)]
    room = (cells.max() - cells.min()) / values.step(column) + 1
    return float(len(cells) * (len(cells) - 1) / 2 / room)


def _spread(
    places: values.Ints, groups: values.Ints, fixed: Mask, rows: values.Ints, low: int, high: int
) -> values.Ints:
    """(rows,) whole places, of which those of `rows` move to the nearest one that is free in their group."""
    found = places.copy()
    for group in np.unique(groups[rows]).tolist():
        inside = groups == group
        taken = np.unique(places[inside & fixed])
        moving = rows[inside[rows]]
        reach = len(taken) + len(moving)  # no free place lies further from any other
        first, last = max(low, int(places[moving].min()) - reach), min(high, int(places[moving].max()) + reach)
        if last - first > _ROOM:
            used = set(taken.tolist())
            found[moving] = [_free(place, used, low, high) for place in places[moving].tolist()]
            continue
        free = np.setdiff1d(np.arange(first, last + 1), taken).tolist()
        for row in moving.tolist():
            if not free:
                break
            at = bisect_left(free, int(places[row]))
            if at == len(free) or (at > 0 and places[row] - free[at - 1] < free[at] - places[row]):
                at -= 1
            found[row] = free.pop(at)
    return found


def _free(place: int, taken: set[int], low: int, high: int) -> int:
    """The nearest place that is not taken, in a wide range; the place itself when there is none within reach."""
    for distance in range(min(high - low + 1, _ROOM)):
        for candidate in (place + distance, place - distance):
            if low <= candidate <= high and candidate not in taken:
                taken.add(candidate)
                return candidate
    return place
