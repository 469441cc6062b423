"""The common ground of figures that look at columns one by one: likenesses of columns, averaged over them."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field

import numpy as np
import pandas as pd

from engine.errors import NotApplicable
from engine.evaluation import columns
from engine.evaluation.base import Metric, Part, Score
from engine.evaluation.distances import Likeness
from engine.evaluation.intervals import Influence, interval
from engine.table.schema import Column, Schema


@dataclass(frozen=True, slots=True)
class Found:
    """One likeness of one column. details: the figures behind it."""

    method: str
    like: Likeness
    details: Mapping[str, float] = field(default_factory=dict)


class ColumnMetric(Metric):
    """The average over the likenesses of all columns that `measured` has something to say of."""

    @abstractmethod
    def measured(self, column: Column, real: pd.Series, other: pd.Series) -> Iterator[Found]:
        """Likenesses of one column whose real side has values. Raises NotApplicable with the reason."""

    @abstractmethod
    def nothing_found(self) -> str:
        """Why there is no figure where no column has one, to follow “because”."""

    def _compute(self, real: pd.DataFrame, other: pd.DataFrame, schema: Schema, rng: np.random.Generator) -> Score:
        parts, skipped, influence = [], list(columns.left_out(schema)), Influence(len(real), len(other))
        for column in columns.comparable(schema):
            try:
                for found in self._of_column(column, real[column.name], other[column.name]):
                    influence.add(found.like.real, found.like.other)
                    parts.append(Part((column.name,), found.like.value, found.method, details=dict(found.details)))
            except NotApplicable as error:
                skipped.append((column.name, error.message))
        if not parts:
            raise NotApplicable(self.nothing_found())
        value = float(np.mean([part.value for part in parts]))
        rows = influence.mean()
        return Score(value, tuple(parts), interval(value, rows, 0.0, 1.0), tuple(skipped), rows)

    def _of_column(self, column: Column, real: pd.Series, other: pd.Series) -> list[Found]:
        """A twin that lacks the column's values altogether has nothing in common with it."""
        if not real.notna().any():
            raise NotApplicable("the real column is empty throughout")
        if other.notna().any():
            return list(self.measured(column, real, other))
        none = Likeness(0.0, np.zeros(len(real)), np.zeros(len(other)))
        return [Found(found.method, none) for found in self.measured(column, real, real)]
