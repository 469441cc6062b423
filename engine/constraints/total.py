"""`sum`: some numbers add up to another: net and tax to gross."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import combinations
from typing import TYPE_CHECKING, Any, ClassVar

import numpy as np

from engine.constraints import values
from engine.constraints.base import Candidate, Derived, Rule
from engine.constraints.names import written_name
from engine.table.schema import Column, Constraint, Kind

if TYPE_CHECKING:
    import pandas as pd

    from engine.constraints.finding import View
    from engine.constraints.values import Floats, Mask

NUMBERS = (Kind.INTEGER, Kind.DECIMAL)
_CLOSE = 1e-9  # relative, for numbers of many decimals
_TRIED = 16  # columns among which sums are looked for; of wider tables the first ones
_PARTS = 3  # most of a sum that is looked for
_GLANCE = 200  # rows by which most sums are dismissed
_ACTIVE = 0.05  # share of rows in which each part must differ from zero


class Total(Rule):
    key: ClassVar[str] = "sum"
    label: ClassVar[str] = "Sum"
    form: ClassVar[str] = "net + tax = gross"
    enforced: ClassVar[str] = (
        "The total is not learned but added up from its parts; where real rows have gaps in one and not in the other, "
        "it is learned for its gaps only. Rows whose total lies outside the range that was seen are drawn again."
    )
    repairs: ClassVar[str] = "The total is added up anew from its parts."
    options: ClassVar[dict[str, str]] = {"tolerance": "how far the sum may miss the total; by the decimals if left out"}
    least: ClassVar[int] = 3
    most: ClassVar[int] = 20

    @property
    def parts(self) -> tuple[str, ...]:
        return self.names[:-1]

    @property
    def total(self) -> Column:
        return self.columns[-1]

    @property
    def tolerance(self) -> float:
        """In the units of the total: as asked, or half of its last digit."""
        asked = self.option("tolerance")
        if asked is not None:
            return float(asked)
        finest = max(column.decimals if column.kind is Kind.DECIMAL else 0 for column in self.columns)
        coarsest = self.total.decimals if self.total.kind is Kind.DECIMAL else 0
        return 0.0 if coarsest > values.FULL else 0.5 * 10.0**-coarsest * (1.0 if finest > coarsest else 0.2)

    def _check(self) -> None:
        self._check_kinds(NUMBERS)
        asked = self.option("tolerance")
        if asked is not None and (
            isinstance(asked, bool) or not isinstance(asked, (int, float)) or not 0 <= asked < 1e300
        ):
            self.fail("option “tolerance” must be a number of 0 or more")

    @property
    def sentence(self) -> str:
        return f"{values.listed(self.parts)} add up to “{self.total.name}”"

    def written(self) -> str:
        return f"{' + '.join(written_name(name) for name in self.parts)} = {written_name(self.total.name)}"

    def _summed(self, table: pd.DataFrame) -> Floats:
        """(rows,) the sums of the parts, NaN where one is missing."""
        found = np.zeros(len(table))
        for name in self.parts:
            found = found + values.floats(table[name])
        return found

    def breaking(self, table: pd.DataFrame) -> Mask:
        summed, total = self._summed(table), values.floats(table[self.total.name])
        with np.errstate(invalid="ignore"):
            allowed = self.tolerance * (1 + 1e-6) + _CLOSE * np.abs(total)
            return np.asarray(np.abs(summed - total) > allowed, dtype=bool)

    def repair(self, table: pd.DataFrame, rows: Mask, rng: np.random.Generator) -> pd.DataFrame:
        name = self.total.name
        summed = values.number_cells(self._summed(table)[rows], self.total, table.index[rows])
        return table.assign(**{name: values.replaced(table[name], rows, summed)})

    def learn(self, table: pd.DataFrame) -> None:
        known = values.floats(table[self.total.name])
        known = known[~np.isnan(known)]
        self.state = {"range": [float(known.min()), float(known.max())] if len(known) else None}

    def held(self) -> dict[str, list[Any]]:
        return {self.total.name: self._range()}

    def _range(self) -> list[float]:
        """The lowest and highest total that was seen; nothing where none was."""
        return list((self.state or {}).get("range") or ())

    def beyond(self, table: pd.DataFrame) -> Mask:
        """(rows,) of made rows: whose total lies outside the range that was seen."""
        seen = self._range()
        if not seen:
            return np.zeros(len(table), dtype=bool)
        total = values.floats(table[self.total.name])
        return np.asarray((total < seen[0]) | (total > seen[1]), dtype=bool)

    def derives(self, table: pd.DataFrame) -> tuple[Derived, ...]:
        gaps = values.any_missing(table, self.parts)
        whole = bool((gaps == values.missing(table[self.total.name])).all())
        return (Derived(self.total.name, self.parts, whole),)

    def complete(self, table: pd.DataFrame, rng: np.random.Generator) -> pd.DataFrame:
        name = self.total.name
        if name not in table:
            return table.assign(**{name: values.number_cells(self._summed(table), self.total, table.index)})
        return self.repair(table, self.speaks_of(table), rng)

    @classmethod
    def candidates(cls, view: View) -> Iterator[Candidate]:
        """Sums that come out in nearly all rows, of parts that are not mostly zero."""
        named = [c for c in view.schema if c.kind in NUMBERS and view.distinct(c.name) > 2][:_TRIED]
        columns = [c for c in named if np.mean(np.nan_to_num(view.floats(c.name)) != 0) >= _ACTIVE]
        if len(columns) < 3:
            return
        matrix = np.column_stack([view.floats(c.name) for c in columns])
        known = matrix[~np.isnan(matrix).any(axis=1)][:_GLANCE]
        if len(known) < 20:
            return
        taken: set[frozenset[int]] = set()
        for size in range(2, min(_PARTS, len(columns) - 1) + 1):
            for parts in combinations(range(len(columns)), size):
                for t in _totals(known, parts):
                    own = frozenset((*parts, t))
                    if any(own >= other for other in taken):
                        continue
                    taken.add(own)
                    names = (*(columns[i].name for i in parts), columns[t].name)
                    yield Candidate(Constraint("sum", names), float(len(known) * 10))


def _totals(known: Floats, parts: tuple[int, ...]) -> list[int]:
    """Columns of (rows, columns) numbers that are the sum of these parts in nine rows of ten, and not of fewer."""
    summed = known[:, parts].sum(axis=1)
    near = np.abs(known - summed[:, None]) <= 1e-6 + 1e-9 * np.abs(summed[:, None])
    held = near.mean(axis=0) >= 0.9
    held[list(parts)] = False
    return [t for t in np.flatnonzero(held).tolist() if _all_count(known, parts, t)]


def _all_count(known: Floats, parts: tuple[int, ...], total: int) -> bool:
    """Whether no part can be left out: each is other than zero in some rows that keep the sum."""
    varied = len(np.unique(known[:, total])) > 10
    return varied and all(np.mean(known[:, part] != 0) >= _ACTIVE for part in parts)
