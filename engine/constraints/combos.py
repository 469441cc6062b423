"""Combinations of values that were seen together, as counts; what made rows are compared with."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Self

import numpy as np
import pandas as pd

from engine.constraints import values
from engine.constraints.values import Ints, Mask
from engine.errors import ConstraintError
from engine.table.schema import Column

MOST = 50_000  # different combinations that a rule may know
_ROOM = 2**62


@dataclass(frozen=True, slots=True)
class Combos:
    """labels: of each column, as JSON has them; rows: (combinations, columns) places in them.

    counts: (combinations,) real rows of each.
    """

    columns: tuple[Column, ...]
    labels: tuple[tuple[Any, ...], ...]
    rows: Ints
    counts: Ints

    @classmethod
    def of(cls, table: pd.DataFrame, columns: Sequence[Column]) -> Self:
        """All combinations of the rows without a gap; raises ConstraintError when there are too many."""
        names = [c.name for c in columns]
        coded = [values.codes(table[name]) for name in names]
        matrix = np.column_stack([codes for codes, _ in coded])
        known = matrix[(matrix >= 0).all(axis=1)]
        rows, counts = np.unique(known, axis=0, return_counts=True) if len(known) else (known, np.empty(0, np.int64))
        if len(rows) > MOST:
            raise ConstraintError(
                f"Columns {values.listed(names)} have {len(rows):,} different combinations; a rule on those seen "
                f"together can have {MOST:,} at most.",
                column=names[0],
            )
        return cls(tuple(columns), tuple(tuple(labels) for _, labels in coded), rows, counts)

    @classmethod
    def listed(cls, listed: Sequence[Sequence[Any]], columns: Sequence[Column]) -> Self:
        """Combinations that a person wrote down, each as common as the others."""
        labels: list[dict[Any, int]] = [{} for _ in columns]
        rows = [[own.setdefault(value, len(own)) for own, value in zip(labels, row, strict=True)] for row in listed]
        found = np.unique(np.array(rows, dtype=np.int64).reshape(len(rows), len(columns)), axis=0)
        return cls(tuple(columns), tuple(tuple(own) for own in labels), found, np.ones(len(found), dtype=np.int64))

    def state(self) -> dict[str, Any]:
        used = [np.unique(self.rows[:, j]) for j in range(len(self.columns))]
        rows = np.column_stack([np.searchsorted(own, self.rows[:, j]) for j, own in enumerate(used)])
        return {
            "labels": [[labels[i] for i in own.tolist()] for labels, own in zip(self.labels, used, strict=True)],
            "rows": rows.tolist(),
            "counts": self.counts.tolist(),
        }

    @classmethod
    def from_state(cls, state: Mapping[str, Any], columns: Sequence[Column]) -> Self:
        """Raises ValueError for a state that does not hold together."""
        labels = tuple(tuple(own) for own in state["labels"])
        rows = np.array(state["rows"], dtype=np.int64).reshape(-1, len(columns))
        counts = np.array(state["counts"], dtype=np.int64)
        sizes = np.array([len(own) for own in labels])
        if len(labels) != len(columns) or len(counts) != len(rows) or (rows < 0).any() or (rows >= sizes).any():
            raise ValueError("the combinations of a rule do not hold together")
        return cls(tuple(columns), labels, rows, counts)

    def only(self, kept: Mask) -> Combos:
        return Combos(self.columns, self.labels, self.rows[kept], self.counts[kept])

    def codes(self, table: pd.DataFrame, column: int) -> Ints:
        """(rows,) place of each cell among the column's labels; -1 for a gap and for a value that was not seen."""
        own = self.columns[column]
        cells = table[own.name]
        index = pd.Index(values.from_plain(self.labels[column], own, cells))
        return np.asarray(index.get_indexer(pd.Index(cells.array)), dtype=np.int64)

    def contains(self, table: pd.DataFrame) -> Mask:
        """(rows,) whose combination is one of these."""
        matrix = np.column_stack([self.codes(table, j) for j in range(len(self.columns))])
        seen = (matrix >= 0).all(axis=1)
        keys, asked = self._keys(self.rows), self._keys(np.where(matrix < 0, 0, matrix))
        return np.asarray(seen & np.isin(asked, keys), dtype=bool)

    def _keys(self, rows: Ints) -> Ints:
        """(n, columns) places -> (n,) one number for each combination."""
        room = 1
        keys = np.zeros(len(rows), dtype=np.int64)
        for j, labels in enumerate(self.labels):
            size = max(len(labels), 1)
            room *= size
            if room >= _ROOM:
                raise ConstraintError("The combinations of a rule span too many values; name fewer columns.")
            keys = keys * size + rows[:, j]
        return keys

    def table(self) -> pd.DataFrame:
        """The combinations as parsed rows."""
        every = np.arange(len(self.rows))
        return pd.DataFrame({c.name: self.cells(every, j, None) for j, c in enumerate(self.columns)})

    # One column that fixes the others

    def fixes(self, column: int) -> bool:
        """Whether each value of the column has one combination only."""
        return len(np.unique(self.rows[:, column])) == len(self.rows) > 0

    def commonest(self, column: int) -> Combos:
        """Of each value of the column only the commonest combination; of equal ones the one that stands first."""
        order = np.lexsort((np.arange(len(self.rows)), -self.counts))
        _, first = np.unique(self.rows[order, column], return_index=True)
        kept = np.zeros(len(self.rows), dtype=bool)
        kept[order[first]] = True
        return self.only(kept)

    def matched(self) -> Combos:
        """Of two columns: pairs in which no value comes twice, the commonest first."""
        order = np.lexsort((np.arange(len(self.rows)), -self.counts))
        kept = np.zeros(len(self.rows), dtype=bool)
        used: tuple[set[int], set[int]] = (set(), set())
        for place in order.tolist():
            first, second = self.rows[place].tolist()
            if first not in used[0] and second not in used[1]:
                kept[place] = True
                used[0].add(first)
                used[1].add(second)
        return self.only(kept)

    def partners(self, places: Ints, source: int, rng: np.random.Generator) -> Ints:
        """(rows,) places of values of a column -> (rows,) a combination that has it, by its counts; -1 for none."""
        found = np.full(len(places), -1, dtype=np.int64)
        for place in np.unique(places[places >= 0]).tolist():
            own = np.flatnonzero(self.rows[:, source] == place)
            if len(own):
                at = places == place
                shares = self.counts[own] / self.counts[own].sum()
                found[at] = own if len(own) == 1 else rng.choice(own, size=int(at.sum()), p=shares)
        return found

    def cells(self, chosen: Ints, column: int, like: pd.Series | None) -> pd.Series:
        """(rows,) numbers of combinations, -1 for a gap -> cells of a column."""
        labels = [*self.labels[column], None]
        at = np.where(chosen < 0, -1, self.rows[np.maximum(chosen, 0), column] if len(self.rows) else -1)
        every = values.from_plain(labels, self.columns[column], like)
        return every.take(np.where(at < 0, len(labels) - 1, at)).reset_index(drop=True)
