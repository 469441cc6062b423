"""`order`: one number or date is never above another: start and end, lowest and highest."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Any, ClassVar

import numpy as np
from numpy.typing import NDArray

from engine.constraints import values
from engine.constraints.base import Candidate, Rule
from engine.constraints.names import written_name
from engine.table.schema import Constraint, DateFormat, Kind

if TYPE_CHECKING:
    import pandas as pd

    from engine.constraints.finding import View
    from engine.constraints.values import Mask

NUMBERS = (Kind.INTEGER, Kind.DECIMAL)
_NARROW = 0.25  # of the later column's own spread
_EXPECTED = 0.01  # share of rows that would break the rule by chance, below which it says nothing
_FEWER = 0.1  # of those that chance would break, at most this part may do so


class Order(Rule):
    key: ClassVar[str] = "order"
    label: ClassVar[str] = "Order of two columns"
    form: ClassVar[str] = "start <= end"
    enforced: ClassVar[str] = (
        "Where the distance varies little beside the columns, the second column is learned as its distance from the "
        "first and put together again; otherwise rows that break it are drawn again, and of the last ones the two "
        "values change places."
    )
    repairs: ClassVar[str] = "The two values change places."
    options: ClassVar[dict[str, str]] = {"strict": "whether equal values break the rule, too"}
    least: ClassVar[int] = 2
    most: ClassVar[int] = 2

    @property
    def strict(self) -> bool:
        return bool(self.option("strict", False))

    def _check(self) -> None:
        self._check_flag("strict")
        first, second = self.columns
        if first.kind is Kind.DATETIME or second.kind is Kind.DATETIME:
            self._check_kinds((Kind.DATETIME,))
            zones = [(c.date or DateFormat()).timezone is None for c in self.columns]
            if zones[0] != zones[1]:
                self.fail("one of the columns has a time zone and the other has none")
        else:
            self._check_kinds((*NUMBERS, Kind.DATETIME))

    @property
    def sentence(self) -> str:
        first, second = self.names
        if self.columns[0].kind is Kind.DATETIME:
            return f"“{first}” is {'always before' if self.strict else 'never after'} “{second}”"
        return f"“{first}” is {'always below' if self.strict else 'never above'} “{second}”"

    def written(self) -> str:
        first, second = (written_name(name) for name in self.names)
        return f"{first} {'<' if self.strict else '<='} {second}"

    def breaking(self, table: pd.DataFrame) -> Mask:
        first, second = values.comparable(table[self.names[0]], table[self.names[1]])
        wrong = first >= second if self.strict else first > second
        return np.asarray(wrong & ~values.any_missing(table, self.names), dtype=bool)

    def repair(self, table: pd.DataFrame, rows: Mask, rng: np.random.Generator) -> pd.DataFrame:
        low, high = self.names
        first, second = table[low][rows], table[high][rows]
        if self.columns[0].kind is Kind.DATETIME:
            micros = [values.microseconds(first), values.microseconds(second)]
            gaps = np.zeros(int(rows.sum()), dtype=bool)
            least = values.floored(np.minimum(*micros), self.columns[0])
            new = (values.moments(least, gaps, first), values.moments(np.maximum(*micros), gaps, second))
        else:
            numbers = [values.floats(first), values.floats(second)]
            new = (
                values.number_cells(np.minimum(*numbers), self.columns[0], first.index),
                values.number_cells(np.maximum(*numbers), self.columns[1], second.index),
            )
        return table.assign(
            **{low: values.replaced(table[low], rows, new[0]), high: values.replaced(table[high], rows, new[1])}
        )

    def apart(self, table: pd.DataFrame) -> bool:
        """Whether the second column is better learned as its distance from the first.

        It is where the distances vary little beside the column itself: then learning it as it is blurs what lies
        between, and many rows come out turned. Else its own distribution suffers more (measured: docs/constraints.md).
        """
        known = ~values.any_missing(table, self.names)
        low, high = values.comparable(table[self.names[0]][known], table[self.names[1]][known])
        return bool(_spread(high - low) <= _NARROW * _spread(high))

    @classmethod
    def candidates(cls, view: View) -> Iterator[Candidate]:
        """Pairs that keep the order far more often than the same columns would, set side by side at random."""
        found: dict[tuple[str, str], Candidate] = {}
        for kinds in (NUMBERS, (Kind.DATETIME,)):
            columns = [c for c in view.schema if c.kind in kinds and view.distinct(c.name) > 2]
            for low in columns:
                for high in columns:
                    if (
                        low.name == high.name
                        or (low.date or DateFormat()).timezone != (high.date or DateFormat()).timezone
                    ):
                        continue
                    if (candidate := _pair(view, low.name, high.name)) is not None:
                        found[low.name, high.name] = candidate
        between = {(a, c) for a, b in found for b_, c in found if b == b_ and (a, c) in found}
        yield from (candidate for pair, candidate in found.items() if pair not in between)


def _spread(numbers: NDArray[Any]) -> float:
    """Between the quartiles; where those are the same, the standard deviation."""
    if not len(numbers):
        return 0.0
    low, high = np.quantile(numbers, [0.25, 0.75])
    return float(high - low) or float(np.std(numbers))


def _pair(view: View, low: str, high: str) -> Candidate | None:
    first, second = view.ordered(low), view.ordered(high)
    known = ~(np.isnan(first) | np.isnan(second))
    first, second = first[known], second[known]
    rows = len(first)
    if rows < 20:
        return None
    broken, ties = int((first > second).sum()), int((first == second).sum())
    if broken > view.tolerated(rows) or ties == rows:
        return None
    ranked = np.sort(second)
    expected = float((np.searchsorted(ranked, first, side="left")).mean()) / rows
    # As many rows could lie apart merely because the columns rise together; the rule has to be sharp at its edge.
    if expected < _EXPECTED or broken > _FEWER * expected * rows or expected * rows < 8:
        return None
    near = int((np.abs(second - first) <= np.quantile(np.abs(second - first), 0.1)).sum())
    by_chance_tied = float((np.searchsorted(ranked, first, side="right")).mean()) / rows - expected
    strict = ties == 0 and by_chance_tied * rows >= 8 and near > 0
    return Candidate(Constraint("order", (low, high), {"strict": True} if strict else {}), expected * rows - broken)
