"""Common values: are a column's most frequent values as frequent? So also whether values heap up where they should."""

from __future__ import annotations

from collections.abc import Iterator
from typing import ClassVar

import numpy as np
import pandas as pd

from engine.errors import NotApplicable
from engine.evaluation import columns
from engine.evaluation.base import FloatArray, Goal, MetricInfo, Score
from engine.evaluation.columns import IntArray
from engine.evaluation.distances import tv_complement
from engine.evaluation.percolumn import ColumnMetric, Found
from engine.table.schema import Column

METHOD = "Top values"
TOP = 10  # values
_SHARE, _ROWS = 0.005, 5  # of the real rows with a value, from which a value is frequent


class CommonValues(ColumnMetric):
    info: ClassVar[MetricInfo] = MetricInfo(
        key="common_values",
        label="Common values",
        group="fidelity",
        goal=Goal.MAXIMIZE,
        low=0.0,
        high=1.0,
        meaning="How alike the shares of each column's most frequent values are, the others taken together, averaged "
        "over columns: 1 is the same.",
        source=f"Total variation complement over the {TOP} most frequent real values and the rest",
    )

    def sentence(self, score: Score) -> str:
        worst = min(score.parts, key=lambda part: part.value)
        details = worst.details
        return (
            f"The most frequent values are as frequent to {score.value:.1%} on average; the least alike is "
            f"“{worst.columns[0]}”, whose most frequent real values are {details.get('real', 0.0):.1%} of the real "
            f"and {details.get('other', 0.0):.1%} of the other values."
        )

    def measured(self, column: Column, real: pd.Series, other: pd.Series) -> Iterator[Found]:
        if column.kind.numeric:
            left, right = _top_numbers(columns.numbers(real), columns.numbers(other))
        else:
            (left, right), k = columns.codes(real, other)
            left, right = _top_codes(left, right, k)
        shares = [float((side[side >= 0] < TOP).mean()) for side in (left, right)]
        yield Found(METHOD, tv_complement(left, right, TOP + 1), {"real": shares[0], "other": shares[1]})

    def nothing_found(self) -> str:
        return "no column has values that come often"


def _top(counts: IntArray) -> IntArray:
    """Places of the most frequent values; of equally frequent ones the first. Raises NotApplicable for none."""
    order = np.argsort(-counts, kind="stable")[:TOP]
    frequent = order[counts[order] >= max(_SHARE * counts.sum(), _ROWS)]
    if not len(frequent):
        raise NotApplicable("no value of it is frequent")
    return np.asarray(frequent, dtype=np.int64)


def _top_codes(real: IntArray, other: IntArray, k: int) -> tuple[IntArray, IntArray]:
    """Codes 0.. of the most frequent real values, `TOP` for the others, -1 for missing."""
    top = _top(np.bincount(real[real >= 0], minlength=k))
    to = np.full(k + 1, TOP, dtype=np.int64)
    to[top] = np.arange(len(top))
    to[-1] = -1
    return to[real], to[other]


def _top_numbers(real: FloatArray, other: FloatArray) -> tuple[IntArray, IntArray]:
    """The same of numbers."""
    values, counts = np.unique(real[~np.isnan(real)], return_counts=True)
    top = np.sort(values[_top(counts)])
    found = []
    for side in (real, other):
        places = np.clip(np.searchsorted(top, side), 0, len(top) - 1)
        codes = np.where(top[places] == side, places, TOP)
        found.append(np.where(np.isnan(side), -1, codes).astype(np.int64))
    return found[0], found[1]
