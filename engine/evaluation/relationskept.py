"""Relations kept: how many of the exact relations of the real table hold in every row (see `exact` for which)."""

from __future__ import annotations

from typing import ClassVar

import numpy as np
import pandas as pd

from engine.errors import NotApplicable
from engine.evaluation import columns
from engine.evaluation.base import FloatArray, Goal, Metric, MetricInfo, Part, Score
from engine.evaluation.exact import Exact, Relations
from engine.evaluation.intervals import Influence, interval
from engine.table.schema import Schema

_RULE_OF_THREE = 3.0  # of so many rows without an exception, a share of 3 in n may still be one (Hanley 1983)


class RelationsKept(Metric):
    info: ClassVar[MetricInfo] = MetricInfo(
        key="relations_kept",
        label="Relations kept",
        group="fidelity",
        goal=Goal.MAXIMIZE,
        low=0.0,
        high=1.0,
        meaning="In what share of the rows the relations hold that no real row breaks (equal columns, sums, values "
        "that go with each other), on average: 1 is in all.",
        source="Share of rows; relations that chance brings about less than once in e^20",
    )

    def sentence(self, score: Score) -> str:
        whole = sum(part.value == 1 for part in score.parts)
        worst = min(score.parts, key=lambda part: part.value)
        count = len(score.parts)
        told = f"Of {count} exact relation{'s' * (count > 1)} of the real table {whole} hold in every row"
        if whole == len(score.parts):
            return f"{told}."
        least = Exact(worst.method, worst.columns).describe()
        return f"{told}; least kept is {least}, in {worst.value:.1%} of the rows."

    def _compute(self, real: pd.DataFrame, other: pd.DataFrame, schema: Schema, rng: np.random.Generator) -> Score:
        relations = self._of(real, schema)
        if not relations.found:
            raise NotApplicable("no exact relation between columns was found in the real table")
        parts, influence, rows = [], Influence(len(real), len(other)), []
        for relation in relations.found:
            kept = relations.kept(relation, other, schema)
            there = ~np.isnan(kept)
            value = float(kept[there].mean()) if there.any() else 0.0
            moved = np.where(there, kept - value, 0.0) * (len(kept) / max(int(there.sum()), 1))
            influence.add(np.zeros(len(real)), moved)
            rows.append(int(there.sum()))
            parts.append(Part(relation.columns, value, relation.kind, details={"rows": float(there.sum())}))
        return _score(parts, rows, influence.mean(), columns.left_out(schema))

    def _of(self, real: pd.DataFrame, schema: Schema) -> Relations:
        """The real table's relations, sought once."""
        if getattr(self, "_seen", None) is not real:
            self._seen, self._relations = real, Relations(real, schema)
        return self._relations


def _score(
    parts: list[Part], rows: list[int], influence: tuple[FloatArray, FloatArray], skipped: tuple[tuple[str, str], ...]
) -> Score:
    value = float(np.mean([part.value for part in parts]))
    low, high = interval(value, influence, 0.0, 1.0)
    return Score(
        value, tuple(parts), (min(low, max(value - _RULE_OF_THREE / max(min(rows), 1), 0.0)), high), skipped, influence
    )
