"""Distance of values: how far the values of a column lie from the real ones, in the column's own units."""

from __future__ import annotations

from collections.abc import Iterator
from typing import ClassVar

import numpy as np
import pandas as pd

from engine.errors import NotApplicable
from engine.evaluation import columns
from engine.evaluation.base import FloatArray, Goal, MetricInfo, Score
from engine.evaluation.distances import Likeness
from engine.evaluation.percolumn import ColumnMetric, Found
from engine.table.schema import Column, Kind

METHOD = "Wasserstein complement"
DAY = 86_400e6  # microseconds


class ValueDistance(ColumnMetric):
    info: ClassVar[MetricInfo] = MetricInfo(
        key="value_distance",
        label="Distance of values",
        group="fidelity",
        goal=Goal.MAXIMIZE,
        low=0.0,
        high=1.0,
        meaning="How little the values of numbers and dates must be moved to be distributed as in the real table: 1 is "
        "not at all, 0 is as far as from the real column to its median alone. Unlike shapes it sees how far tails are.",
        source="Wasserstein distance of order 1 (Kantorovich 1942) over the real mean deviation from the median",
    )

    def sentence(self, score: Score) -> str:
        worst = min(score.parts, key=lambda part: part.value)
        moved = worst.details.get("relative")
        how = "" if moved is None else f", whose values lie {moved:.1%} of the real spread away"
        return (
            f"The values of numbers and dates agree to {score.value:.1%} of the real spread on average; "
            f"the least alike is “{worst.columns[0]}”{how}."
        )

    def measured(self, column: Column, real: pd.Series, other: pd.Series) -> Iterator[Found]:
        if not column.kind.numeric:
            raise NotApplicable("labels have no distances")
        found = distance(columns.numbers(real), columns.numbers(other))
        unit = DAY if column.kind is Kind.DATETIME else 1.0
        details = {"distance": found.distance / unit, "spread": found.spread / unit, "relative": found.relative}
        yield Found(METHOD, found.like, {key: value for key, value in details.items() if np.isfinite(value)})

    def nothing_found(self) -> str:
        return "no column holds numbers or dates"


class Distance:
    """distance and spread in the column's own units; relative: one over the other; like: 1 less it, at least 0."""

    def __init__(self, distance: float, spread: float, relative: float, like: Likeness) -> None:
        self.distance, self.spread, self.relative, self.like = distance, spread, relative, like


def distance(real: FloatArray, other: FloatArray) -> Distance:
    """The area between the two distribution functions; NaN is left out, both sides need a value.

    Of a constant real column only an equal one is not infinitely far.
    """
    (left, right), scale = _scaled(real, other)
    spread, spread_rows = _deviation(left)
    gap, left_rows, right_rows = _area(left, right)
    if spread == 0:
        like = Likeness(float(gap == 0), np.zeros(len(real)), np.zeros(len(other)))
        return Distance(gap * scale, 0.0, 0.0 if gap == 0 else float("inf"), like)
    ratio = gap / spread
    if ratio >= 1:
        like = Likeness(0.0, np.zeros(len(real)), np.zeros(len(other)))
    else:
        like = Likeness(1.0 - ratio, (ratio * spread_rows - left_rows) / spread, -right_rows / spread)
    return Distance(gap * scale, spread * scale, ratio, like)


def _scaled(real: FloatArray, other: FloatArray) -> tuple[tuple[FloatArray, FloatArray], float]:
    """Both sides moved to the real median and stretched to -1 to 1, clear of overflow; and the units of a 1."""
    middle = float(np.median(real[~np.isnan(real)]))
    moved = [side / 2 - middle / 2 for side in (real, other)]
    top = max(float(np.nanmax(np.abs(side))) for side in moved)
    if top == 0:
        return (moved[0], moved[1]), 1.0
    return (moved[0] / top, moved[1] / top), float(np.float64(2.0) * np.float64(top)) if top < 8e307 else float("inf")


def _deviation(values: FloatArray) -> tuple[float, FloatArray]:
    """The mean absolute distance from the median, and each row's influence on it."""
    away = np.abs(values - float(np.nanmedian(values)))
    mean = float(np.nanmean(away))
    return mean, _carried(away - mean)


def _area(real: FloatArray, other: FloatArray) -> tuple[float, FloatArray, FloatArray]:
    """The area between both distribution functions, and each row's influence on it."""
    left, right = np.sort(real[~np.isnan(real)]), np.sort(other[~np.isnan(other)])
    points = np.unique(np.concatenate([left, right]))
    gaps = np.searchsorted(left, points, "right") / len(left) - np.searchsorted(right, points, "right") / len(right)
    widths = np.append(np.diff(points), 0.0)
    area = float((np.abs(gaps) * widths).sum())
    signed = np.sign(gaps) * widths
    beyond = np.cumsum(signed[::-1])[::-1]  # from each point to the last
    sides = []
    for values, sign in ((real, 1.0), (other, -1.0)):
        places = np.clip(np.searchsorted(points, values), 0, len(points) - 1)
        own = np.where(np.isnan(values), np.nan, beyond[places])
        sides.append(sign * _carried(own - np.nanmean(own)))
    return area, sides[0], sides[1]


def _carried(values: FloatArray) -> FloatArray:
    """Influences of the present rows as those of all rows."""
    there = ~np.isnan(values)
    return np.asarray(np.where(there, values, 0.0) * (len(values) / there.sum()))
