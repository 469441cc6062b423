"""`range`: numbers or dates between bounds, closed or open; “positive” is a range."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Any, ClassVar

import numpy as np

from engine.conditions import Condition, spelled
from engine.constraints import values
from engine.constraints.base import Candidate, Rule
from engine.constraints.names import written_name, written_value
from engine.errors import ConditionError, DataError
from engine.table.schema import Column, Constraint, Kind

if TYPE_CHECKING:
    import pandas as pd

    from engine.constraints.finding import View
    from engine.constraints.values import Mask

KINDS = (Kind.INTEGER, Kind.DECIMAL, Kind.DATETIME)
_SENTINELS = 3  # different values below zero that a column of other numbers may use as a mark


class Range(Rule):
    key: ClassVar[str] = "range"
    label: ClassVar[str] = "Bounds"
    form: ClassVar[str] = "price > 0"
    enforced: ClassVar[str] = (
        "Real rows outside are treated before learning, and methods keep to the range that they learned; made rows "
        "outside, of methods that go on beyond it or of rows that were ignored, are drawn again, and the last of them "
        "are moved to the nearest allowed value."
    )
    repairs: ClassVar[str] = "A value outside is moved to the nearest allowed one."
    options: ClassVar[dict[str, str]] = {
        "low": "lowest value; a date as ISO text",
        "high": "highest value; a date as ISO text",
        "open_low": "whether the lowest value itself is excluded",
        "open_high": "whether the highest value itself is excluded",
    }

    @property
    def column(self) -> Column:
        return self.columns[0]

    def condition(self) -> Condition:
        """The same as a condition on the column."""
        return Condition(
            self.column.name,
            low=self._bound("low"),
            high=self._bound("high"),
            open_low=bool(self.option("open_low", False)),
            open_high=bool(self.option("open_high", False)),
        )

    def _bound(self, name: str) -> Any:
        from engine.table import convert

        value = self.option(name)
        return None if value is None else convert.parse_value(value, self.column)

    def _check(self) -> None:
        self._check_kinds(KINDS)
        self._check_flag("open_low")
        self._check_flag("open_high")
        for name in ("low", "high"):
            value = self.option(name)
            if value is not None and (isinstance(value, bool) or not isinstance(value, (int, float, str))):
                self.fail(f"option “{name}” must be a number or a date as text")
            try:
                self._bound(name)
            except DataError:
                self.fail(f"“{value}” is no value of a column that is {self.column.kind}")
        found = self.condition()
        if found.low is None and found.high is None:
            self.fail("a range needs at least one bound")
        if found.low is not None and found.high is not None:
            if found.low > found.high:
                self.fail(f"the lowest value {self._shown('low')} is above the highest {self._shown('high')}")
            if found.low == found.high and (found.open_low or found.open_high):
                self.fail("no value lies between these bounds")

    def _shown(self, name: str) -> str:
        value = self._bound(name)
        try:
            return spelled(value, self.column)
        except ConditionError:
            return str(values.plain(value))

    @property
    def sentence(self) -> str:
        found, name = self.condition(), self.column.name
        low = "" if found.low is None else self._shown("low")
        high = "" if found.high is None else self._shown("high")
        date = self.column.kind is Kind.DATETIME
        above = f"{'after' if date else 'above'} {low}" if found.open_low else f"{low} or {'later' if date else 'more'}"
        below = (
            f"{'before' if date else 'below'} {high}"
            if found.open_high
            else (f"{high} or {'earlier' if date else 'less'}")
        )
        if low and high:
            return f"“{name}” is {above} and {below}"
        if low == "0" and not date:
            return f"“{name}” is {'above 0' if found.open_low else 'never negative'}"
        return f"“{name}” is {above if low else below}"

    def written(self) -> str:
        found, name = self.condition(), written_name(self.column.name)
        low = "" if found.low is None else written_value(found.low)
        high = "" if found.high is None else written_value(found.high)
        above, below = ">" if found.open_low else ">=", "<" if found.open_high else "<="
        if low and high:
            return f"{low} {above.replace('>', '<')} {name} {below} {high}"
        return f"{name} {above} {low}" if low else f"{name} {below} {high}"

    def breaking(self, table: pd.DataFrame) -> Mask:
        cells = table[self.column.name]
        return ~self.condition().holds(cells) & ~values.missing(cells)

    def repair(self, table: pd.DataFrame, rows: Mask, rng: np.random.Generator) -> pd.DataFrame:
        if self.column.kind is Kind.DATETIME:
            return self._moved_dates(table, rows)
        found, column = self.condition(), self.column
        gap = values.step(column)
        cells = values.floats(table[column.name])[rows]
        low = -np.inf if found.low is None else _inside(float(found.low), gap, found.open_low, up=True)
        high = np.inf if found.high is None else _inside(float(found.high), gap, found.open_high, up=False)
        moved = values.number_cells(np.clip(cells, low, high), column, table.index[rows])
        return table.assign(**{column.name: values.replaced(table[column.name], rows, moved)})

    def _moved_dates(self, table: pd.DataFrame, rows: Mask) -> pd.DataFrame:
        import pandas as pd

        found, column = self.condition(), self.column
        cells = table[column.name][rows]
        one = pd.Timedelta(microseconds=values.unit(column))
        if found.low is not None:
            cells = cells.clip(lower=found.low + one if found.open_low else found.low)
        if found.high is not None:
            cells = cells.clip(upper=found.high - one if found.open_high else found.high)
        return table.assign(**{column.name: values.replaced(table[column.name], rows, cells)})

    @classmethod
    def candidates(cls, view: View) -> Iterator[Candidate]:
        """Numbers of which only a mark such as -1 or -999 lies below zero; bounds that always hold are not offered."""
        for column in view.schema:
            if column.kind not in (Kind.INTEGER, Kind.DECIMAL):
                continue
            cells = view.floats(column.name)
            below = cells[cells < 0]
            known = int((~np.isnan(cells)).sum())
            if not len(below) or len(below) > view.tolerated(known) or len(np.unique(below)) > _SENTINELS:
                continue
            near = int(((cells > 0) & (cells <= -below.min())).sum())
            # A smooth distribution has about as many values on either side of zero.
            if len(np.unique(cells[cells > 0])) > 10 * _SENTINELS and (near == 0 or len(np.unique(below)) == 1):
                yield Candidate(Constraint("range", (column.name,), {"low": 0}), float(known))


def _inside(bound: float, step: float, open_: bool, *, up: bool) -> float:
    """The nearest value at the step that lies inside the bound."""
    if not step:
        return float(np.nextafter(bound, np.inf if up else -np.inf)) if open_ else bound
    steps = bound / step
    near = np.ceil(steps - 1e-9) if up else np.floor(steps + 1e-9)
    if open_ and abs(near - steps) < 1e-6:
        near += 1 if up else -1
    return float(near * step)
