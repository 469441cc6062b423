"""An order of two columns learned as a distance: the later column is the earlier one and what lies between.

That way no made row breaks the order, and what lies between keeps its own distribution.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass, replace
from typing import Any, Self

import numpy as np
import pandas as pd

from engine.conditions import Condition
from engine.constraints import values
from engine.constraints.order import Order
from engine.constraints.values import Mask
from engine.table.schema import Column, DateFormat, Kind, NumberFormat, Schema

_EXACT = ("D", "h", "m", "s", "ms", "us")  # resolutions whose units are all equally long


@dataclass(frozen=True, slots=True)
class Gap:
    """Column `high` is learned as its distance from `low`.

    unit: microseconds of a step between dates, 0 for numbers; least, most: the observed range of `high`, as JSON;
    shortest, longest: the range of the distances, in steps or in the column's own units.
    """

    low: str
    high: str
    unit: int
    least: Any
    most: Any
    shortest: float
    longest: float

    @classmethod
    def of(cls, rule: Order, table: pd.DataFrame) -> Self | None:
        """The distance of an order that holds in all rows of a treated table; None where it cannot stand for it."""
        low, high = rule.columns
        known = ~values.any_missing(table, rule.names)
        # A later value without an earlier one would have nothing to be told from.
        if (values.missing(table[low.name]) & ~values.missing(table[high.name])).any() or not known.any():
            return None
        if rule.breaking(table).any() or high.distribution or high.method:
            return None
        unit = 0
        if high.kind is Kind.DATETIME:
            steps = _unit(low, high, table[known])
            if steps is None:
                return None
            unit = steps
        elif not _finer(low, high):
            return None
        cells = table[high.name][known]
        found = cls(low.name, high.name, unit, values.plain(cells.min()), values.plain(cells.max()), 0.0, 0.0)
        apart = values.floats(found.apart(table)[known])
        return replace(found, shortest=float(apart.min()), longest=float(apart.max()))

    def state(self) -> dict[str, Any]:
        return asdict(self)

    @classmethod
    def from_state(cls, state: Mapping[str, Any]) -> Self:
        shortest, longest = float(state["shortest"]), float(state["longest"])
        range_ = state["least"], state["most"], shortest, longest
        return cls(str(state["low"]), str(state["high"]), int(state["unit"]), *range_)

    def column(self, schema: Schema) -> Column:
        """What stands for the later column in the table that is learned."""
        high = schema[self.high]
        if not self.unit:
            return replace(high, levels=None)
        return Column(high.name, Kind.INTEGER, number=NumberFormat())

    def apart(self, table: pd.DataFrame) -> pd.Series:
        """(rows,) the distances, missing where a column is."""
        low, high = table[self.low], table[self.high]
        if not self.unit:
            difference = high - low
            return difference if str(high.dtype) == "Int64" else difference.round(values.FULL)
        gaps = values.any_missing(table, [self.low, self.high])
        steps = (values.microseconds(high) - values.microseconds(low)) // self.unit
        return pd.Series(pd.arrays.IntegerArray(steps, gaps.copy()), index=table.index)

    def together(self, table: pd.DataFrame, schema: Schema) -> pd.Series:
        """(rows,) the later column, from the earlier one and the distance that stands in its place."""
        low, apart = table[self.low], table[self.high]
        column = schema[self.high]
        if not self.unit:
            return low + apart if column.kind is Kind.INTEGER else _sum(low, apart, column)
        gaps = values.any_missing(table, [self.low, self.high])
        micros = values.microseconds(low) + values.whole(apart) * self.unit
        zone = (column.date or DateFormat()).timezone
        like = low if zone is None else pd.Series(index=low.index, dtype=pd.DatetimeTZDtype("us", zone))
        return values.moments(micros, gaps, like)

    def before(self, condition: Condition, schema: Schema) -> Condition | None:
        """What a condition on the later column says of the earlier one: the range from which it can be reached."""
        if condition.values is not None and (None in condition.values or not condition.values):
            return None
        low = condition.low if condition.values is None else min(condition.values)
        high = condition.high if condition.values is None else max(condition.values)
        if self.unit:
            longest, shortest = (
                pd.Timedelta(microseconds=steps * self.unit) for steps in (self.longest, self.shortest)
            )
            return Condition(
                self.low, low=None if low is None else low - longest, high=None if high is None else high - shortest
            )
        slack = 10.0**-values.FULL if schema[self.low].kind is Kind.DECIMAL else 0.0
        return Condition(
            self.low,
            low=None if low is None else low - self.longest - slack,
            high=None if high is None else high - self.shortest + slack,
        )

    def beyond(self, table: pd.DataFrame, schema: Schema) -> Mask:
        """(rows,) of the whole table: where the later column lies outside its observed range."""
        cells = table[self.high]
        bounds = values.from_plain([self.least, self.most], schema[self.high], cells)
        outside = (cells < bounds.iloc[0]) | (cells > bounds.iloc[1])
        return np.asarray(outside.to_numpy(dtype=bool, na_value=False), dtype=bool)


def _sum(low: pd.Series, apart: pd.Series, column: Column) -> pd.Series:
    return values.number_cells(values.floats(low) + values.floats(apart), column, low.index)


def _finer(low: Column, high: Column) -> bool:
    """Whether the later number has at least the digits of the earlier one, so that rounding cannot turn the order."""
    if high.kind is Kind.INTEGER:
        return low.kind is Kind.INTEGER
    return low.kind is Kind.INTEGER or low.decimals <= high.decimals


def _unit(low: Column, high: Column, table: pd.DataFrame) -> int | None:
    """Microseconds of the steps that all distances are whole numbers of; None where there are none."""
    resolutions = [(column.date or DateFormat()).resolution for column in (low, high)]
    if any(resolution not in _EXACT for resolution in resolutions):
        return None
    unit = values.unit(high)
    apart = values.microseconds(table[high.name]) - values.microseconds(table[low.name])
    return unit if not (apart % unit).any() else None
