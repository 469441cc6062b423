"""Calendar: do dates fall on the same days of the week, months of the year and hours of the day?"""

from __future__ import annotations

from collections.abc import Iterator
from typing import ClassVar

import numpy as np
import pandas as pd

from engine.errors import NotApplicable
from engine.evaluation.base import Goal, MetricInfo, Score
from engine.evaluation.columns import IntArray
from engine.evaluation.distances import tv_complement
from engine.evaluation.percolumn import ColumnMetric, Found
from engine.table.schema import Column, Kind

_FINE = {"h", "m", "s", "ms", "us"}
_SPANS = {"month": pd.Timedelta(days=540), "day_of_week": pd.Timedelta(days=28), "hour": pd.Timedelta(days=3)}
METHODS = {"month": "Months", "day_of_week": "Days of the week", "hour": "Hours"}
_STATES = {"month": 13, "day_of_week": 7, "hour": 24}


class Calendar(ColumnMetric):
    info: ClassVar[MetricInfo] = MetricInfo(
        key="calendar",
        label="Calendar",
        group="fidelity",
        goal=Goal.MAXIMIZE,
        low=0.0,
        high=1.0,
        meaning="How alike dates are in the days of the week, months and hours that they fall on, where the real dates "
        "span enough of them: 1 is the same.",
        source="Total variation complement over days of the week, months and hours",
    )

    def sentence(self, score: Score) -> str:
        worst = min(score.parts, key=lambda part: part.value)
        return (
            f"Dates fall on the same days of the week, months and hours to {score.value:.1%} on average; the least "
            f"alike are the {worst.method.lower()} of “{worst.columns[0]}” at {worst.value:.1%}."
        )

    def measured(self, column: Column, real: pd.Series, other: pd.Series) -> Iterator[Found]:
        if column.kind is not Kind.DATETIME:
            raise NotApplicable("it holds no dates")
        resolution = column.date.resolution if column.date else "D"
        known = {"month"} if resolution == "M" else {"month", "day_of_week"}
        known |= {"hour"} if resolution in _FINE else set()
        span = real.max() - real.min()
        cuts = [cut for cut, least in _SPANS.items() if cut in known and span >= least and resolution != "Y"]
        if not cuts:
            raise NotApplicable("its dates span too little, or are too coarse, for days of the week, months or hours")
        for cut in cuts:
            left, right = (_places(side, cut) for side in (real, other))
            yield Found(METHODS[cut], tv_complement(left, right, _STATES[cut]))

    def nothing_found(self) -> str:
        return "no column holds dates that span weeks"


def _places(values: pd.Series, cut: str) -> IntArray:
    """(rows,) the month, day of the week or hour, by the clock of the column's zone; -1 where it is missing."""
    found = getattr(values.dt, cut)
    return np.asarray(found.fillna(-1).to_numpy(dtype=np.int64))
