"""Combinations learned as one: of columns that go together without one fixing the others, a single column of units.

Each unit is one combination of labels that was seen; made rows hold units and so nothing unseen.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Self

import numpy as np
import pandas as pd

from engine.conditions import Condition
from engine.constraints import values
from engine.constraints.together import Combinations
from engine.constraints.values import Mask
from engine.table.schema import Column, Kind, Schema

MOST = 300  # units; more would be thin for any method
LABELS = (Kind.CATEGORICAL, Kind.BOOLEAN, Kind.CONSTANT)


@dataclass(frozen=True, slots=True)
class Unit:
    """The first of `names` is learned as the number of a combination, the others are not learned.

    rows: the labels of each combination, as JSON has them.
    """

    names: tuple[str, ...]
    rows: tuple[tuple[Any, ...], ...]

    @classmethod
    def of(cls, rule: Combinations, table: pd.DataFrame) -> Self | None:
        """The units of a rule on labels that all rows keep, without gaps; None where they are too many."""
        if any(c.kind not in LABELS or c.method for c in rule.columns) or rule.breaking(table).any():
            return None
        if values.any_missing(table, rule.names).any():
            return None
        found = table[list(rule.names)].drop_duplicates()
        if not 2 <= len(found) <= MOST:
            return None
        cells = [[values.plain(v) for v in found[name]] for name in rule.names]
        rows = sorted(zip(*cells, strict=True), key=lambda row: [str(v) for v in row])
        return cls(rule.names, tuple(rows))

    def state(self) -> dict[str, Any]:
        return {"names": list(self.names), "rows": [list(row) for row in self.rows]}

    @classmethod
    def from_state(cls, state: Mapping[str, Any]) -> Self:
        names = tuple(str(name) for name in state["names"])
        rows = tuple(tuple(row) for row in state["rows"])
        if any(len(row) != len(names) for row in rows):
            raise ValueError("the combinations of a rule do not hold together")
        return cls(names, rows)

    def held(self) -> dict[str, list[Any]]:
        return {name: list(dict.fromkeys(row[j] for row in self.rows)) for j, name in enumerate(self.names)}

    def column(self, schema: Schema) -> Column:
        """What stands for the first column in the table that is learned."""
        return Column(self.names[0], Kind.CATEGORICAL)

    def apart(self, table: pd.DataFrame) -> pd.Series:
        """(rows,) the unit of each row as text; missing for a combination that was not seen."""
        places = {row: str(place) for place, row in enumerate(self.rows)}
        columns = [[None if pd.isna(v) else values.plain(v) for v in table[name]] for name in self.names]
        return pd.Series([places.get(row) for row in zip(*columns, strict=True)], dtype="str", index=table.index)

    def together(self, units: pd.Series, schema: Schema) -> dict[str, pd.Series]:
        """The columns of (rows,) units."""
        at = np.array([len(self.rows) if pd.isna(v) else int(v) for v in units], dtype=np.int64)
        found = {}
        for j, name in enumerate(self.names):
            every = values.from_plain([*(row[j] for row in self.rows), None], schema[name])
            found[name] = every.take(at).set_axis(units.index)
        return found

    def fulfilling(self, condition: Condition, schema: Schema) -> Mask:
        """(units,) which fulfil a condition on one of the columns."""
        j = self.names.index(condition.column)
        return condition.holds(values.from_plain([row[j] for row in self.rows], schema[condition.column]))
