"""How rare labels are replaced (see `engine.protection`)."""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from engine.generators.relations import determined_by
from engine.protection import POOL, Protected, Protection, candidates
from engine.seeds import stream
from engine.table.schema import Schema

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]
Mask = NDArray[np.bool_]

_DONORS = 500  # rows among which similar ones are sought
_NEAR = 5  # of the most similar ones, one is taken
_COLUMNS = 30  # columns by which rows are compared
_CHUNK = 2_000  # rows compared at a time
_ROUNDS = 5
_TWO = 2
_FIXED_LEVELS = 5_000  # columns of more different values do not follow from a category


def replaced(
    table: pd.DataFrame, schema: Schema, how: Protection, limit: int, seed: int
) -> tuple[pd.DataFrame, Protected]:
    """A parsed table in which no label has fewer than `limit` rows, but for the columns that are left as they were."""
    work = _Work(table, schema, limit)
    names = sorted((n for n in candidates(schema) if n in table), key=lambda n: -work.size(n))
    for _ in range(_ROUNDS):  # a row that gives a label up may leave that one rare in turn
        changed = False
        for name in names:
            if how.how == POOL:
                changed |= work.pool(name, how.label)
            else:
                changed |= work.resample(name, stream(seed, "rare", name))
        if not changed or how.how == POOL:
            break
    return work.table, Protected(how.how, limit, dict(work.labels), dict(work.rows), tuple(work.left), tuple(work.two))


@dataclass
class _Work:
    """A table on the way, and the books."""

    table: pd.DataFrame
    schema: Schema
    limit: int
    labels: dict[str, int] = field(default_factory=dict)
    rows: dict[str, int] = field(default_factory=dict)
    left: list[str] = field(default_factory=list)
    two: list[str] = field(default_factory=list)
    _seen: dict[str, set[str]] = field(default_factory=dict)

    def size(self, name: str) -> int:
        return int(self.table[name].nunique())

    def _rare(self, name: str) -> Mask | None:
        """(rows,) whether the row's label is rare; None where there is nothing to do."""
        counts = self.table[name].value_counts()
        rare = counts.index[counts < self.limit]
        if not len(rare):
            return None
        if len(counts) <= _TWO:
            self._once(self.two, name)
            return None
        if len(rare) == len(counts):
            self._once(self.left, name)
            return None
        mask = self.table[name].isin(rare).to_numpy(dtype=bool)
        seen = self._seen.setdefault(name, set())
        seen.update(str(label) for label in rare)
        self.labels[name] = len(seen)
        self.rows[name] = self.rows.get(name, 0) + int(mask.sum())
        return mask

    @staticmethod
    def _once(names: list[str], name: str) -> None:
        if name not in names:
            names.append(name)

    def pool(self, name: str, label: str) -> bool:
        mask = self._rare(name)
        if mask is None:
            return False
        self.table = self.table.assign(**{name: self.table[name].mask(pd.Series(mask, self.table.index), label)})
        return True

    def resample(self, name: str, rng: np.random.Generator) -> bool:
        mask = self._rare(name)
        if mask is None:
            return False
        usual = np.flatnonzero(~mask & self.table[name].notna().to_numpy())
        rows = np.flatnonzero(mask)
        together = [name, *self._follow(name)]
        donors = self._donors(rows, usual, together, rng)
        changed = {}
        for column in together:
            places = np.arange(len(self.table))
            places[rows] = donors
            changed[column] = pd.Series(self.table[column].array.take(places), index=self.table.index)
        self.table = self.table.assign(**changed)
        return True

    def _follow(self, name: str) -> list[str]:
        """Columns that the column fixes in every row."""
        source = _codes(self.table[name])
        found = []
        for column in self.schema.modelled:
            if column.name == name:
                continue
            target = _codes(self.table[column.name])
            if target.max(initial=0) >= _FIXED_LEVELS or not target.any():
                continue
            if determined_by(source, target, int(source.max()) + 1) is not None:
                found.append(column.name)
        return found

    def _donors(self, rows: Ints, usual: Ints, together: list[str], rng: np.random.Generator) -> Ints:
        """(rows,) for each a similar row of `usual`, by the columns that stay as they are."""
        others = [c for c in self.schema.modelled if c.name not in together][:_COLUMNS]
        views = [_View.of(self.table[c.name], numeric=c.kind.numeric) for c in others]
        parts = []
        for start in range(0, len(rows), _CHUNK):
            own = rows[start : start + _CHUNK]
            pool = rng.choice(usual, size=min(_DONORS, len(usual)), replace=False)
            far = 1e-9 * rng.random((len(own), len(pool)))  # equals in random order
            for view in views:
                far += view.apart(own, pool)
            near = min(_NEAR, len(pool))
            closest = np.argpartition(far, near - 1, axis=1)[:, :near]
            parts.append(pool[closest[np.arange(len(own)), rng.integers(near, size=len(own))]])
        return np.concatenate(parts)


@dataclass(frozen=True)
class _View:
    """One column as rows are compared by it: (rows,) shares of rank for numbers, else the number of the value."""

    values: Floats
    numeric: bool

    @classmethod
    def of(cls, cells: pd.Series, *, numeric: bool) -> _View:
        if not numeric:
            return cls(_codes(cells).astype(np.float64), numeric)
        ranks = cells.rank(pct=True).to_numpy(dtype=np.float64, na_value=-1.0)
        return cls(np.asarray(ranks, dtype=np.float64), numeric)

    def apart(self, own: Ints, pool: Ints) -> Floats:
        """(own, pool) distance in this column, 0 to 1."""
        left, right = self.values[own][:, None], self.values[pool][None, :]
        return np.asarray(np.abs(left - right).clip(0, 1) if self.numeric else (left != right).astype(np.float64))


def _codes(values: pd.Series) -> Ints:
    """(rows,) number of each value, 0 for missing."""
    return np.asarray(values.factorize()[0], dtype=np.int64) + 1
