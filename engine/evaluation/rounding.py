"""Rounding: are numbers as round as the real ones, with as many decimals in use?

People round: ages to fives, prices to 99 cents, incomes to thousands. Every number falls into a class by how many
zeros it ends in (counted in the column's finest step) and whether the digit before them is a five.
"""

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
from engine.table.schema import Column, Kind

METHOD = "Rounding"
_ZEROS = 12  # told apart, at most
_DECIMALS = 6  # of a column; finer digits are one class
_EXACT = 2.0**53
ZERO, FINER = 2 * _ZEROS + 2, 2 * _ZEROS + 3  # classes of their own
CLASSES = FINER + 1


class Rounding(ColumnMetric):
    info: ClassVar[MetricInfo] = MetricInfo(
        key="rounding",
        label="Rounding",
        group="fidelity",
        goal=Goal.MAXIMIZE,
        low=0.0,
        high=1.0,
        meaning="How alike numbers are in how round they are (zeros and fives at the end, decimals in use), averaged "
        "over columns: 1 is the same.",
        source="Total variation complement over the number of zeros at the end and a five before them",
    )

    def sentence(self, score: Score) -> str:
        worst = min(score.parts, key=lambda part: part.value)
        details, name = worst.details, worst.columns[0]
        said = ""
        if details:
            what = "whole numbers" if "real_decimals" in details else "multiples of ten"
            said = f" ({details['other_round']:.1%} are {what}, of the real ones {details['real_round']:.1%})"
        return (
            f"Numbers are as round as the real ones to {score.value:.1%} on average; the least alike is “{name}”{said}."
        )

    def measured(self, column: Column, real: pd.Series, other: pd.Series) -> Iterator[Found]:
        if column.kind not in (Kind.INTEGER, Kind.DECIMAL):
            raise NotApplicable("only numbers are rounded")
        decimals = min(column.decimals, _DECIMALS) if column.kind is Kind.DECIMAL else 0
        left, right = (classes(columns.numbers(side), decimals) for side in (real, other))
        yield Found(METHOD, tv_complement(left, right, CLASSES), _details(left, right, decimals))

    def nothing_found(self) -> str:
        return "no column holds numbers"


def classes(values: FloatArray, decimals: int) -> IntArray:
    """(rows,) the class of each number, written with so many decimals; -1 where it is missing."""
    with np.errstate(over="ignore", invalid="ignore"):
        steps = values * 10.0**decimals
        rest = np.rint(steps)
        known = np.isfinite(steps) & (np.abs(steps) < _EXACT)
        exact = known & (np.abs(steps - rest) <= 1e-6 * np.maximum(np.abs(steps) * 1e-6, 1.0))
    found = np.full(len(values), FINER, dtype=np.int64)
    found[np.isnan(values)] = -1
    whole = np.abs(rest[exact]).astype(np.int64)
    found[exact] = _of_whole(whole)
    return found


def _of_whole(numbers: IntArray) -> IntArray:
    """Twice the zeros at the end of each whole number, and one more with a five before them."""
    out = np.full(len(numbers), ZERO, dtype=np.int64)
    left = np.flatnonzero(numbers)
    rest = numbers[left]
    for zeros in range(_ZEROS + 1):
        digit = rest % 10
        ends = digit != 0 if zeros < _ZEROS else np.ones(len(rest), dtype=bool)
        out[left[ends]] = 2 * zeros + (digit[ends] == 5)
        left, rest = left[~ends], rest[~ends] // 10
        if not len(left):
            break
    return out


def _details(left: IntArray, right: IntArray, decimals: int) -> dict[str, float]:
    """Shares of round numbers, and of decimals the mean number in use."""
    found = {}
    for name, side in (("real", left), ("other", right)):
        present = side[side >= 0]
        zeros = np.where(present == ZERO, _ZEROS, np.where(present == FINER, 0, present // 2))
        found[f"{name}_round"] = float((zeros >= max(decimals, 1)).mean())
        if decimals:
            found[f"{name}_decimals"] = float(np.maximum(decimals - zeros, 0).mean())
    return found
