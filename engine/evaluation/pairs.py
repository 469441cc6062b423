"""Pair shapes: is every pair of columns, also the weakly related, distributed together as in the real table?

Unlike pair trends, every pair counts, and both tables are cut at the same places (the real deciles), so that a single
extreme value cannot move the bins of one table against those of the other.
"""

from __future__ import annotations

from itertools import combinations
from typing import ClassVar

import numpy as np
import pandas as pd

from engine.errors import NotApplicable
from engine.evaluation import columns
from engine.evaluation.base import FloatArray, Goal, Metric, MetricInfo, Part, Score
from engine.evaluation.columns import IntArray
from engine.evaluation.distances import tv_complement
from engine.evaluation.intervals import Influence, interval
from engine.table.schema import Column, Schema

METHOD = "TV complement of the pair"
BINS = 10  # at most, of equal real frequency
LABELS = 20  # the most frequent real labels stay apart; the rest is one state


class PairShapes(Metric):
    info: ClassVar[MetricInfo] = MetricInfo(
        key="pair_shapes",
        label="Pair shapes",
        group="fidelity",
        goal=Goal.MAXIMIZE,
        low=0.0,
        high=1.0,
        meaning="How alike the joint distribution of every two columns is in both tables, on average: 1 is the same.",
        source="Total variation complement of all two-way tables, numbers cut at the real deciles",
    )

    def sentence(self, score: Score) -> str:
        worst = min(score.parts, key=lambda part: part.value)
        return (
            f"Over all {len(score.parts):,} pairs of columns, the joint distributions agree to {score.value:.1%} on "
            f"average; the least alike is “{worst.columns[0]}” with “{worst.columns[1]}” at {worst.value:.1%}."
        )

    def _compute(self, real: pd.DataFrame, other: pd.DataFrame, schema: Schema, rng: np.random.Generator) -> Score:
        used = [c for c in columns.comparable(schema) if real[c.name].notna().any()]
        if len(used) < 2:
            raise NotApplicable("fewer than two columns can be compared")
        coded = {c.name: encode(c, real[c.name], other[c.name]) for c in used}
        influence = Influence(len(real), len(other))
        parts = []
        for first, second in combinations(coded, 2):
            (left, right), k = columns.cells(coded[first], coded[second])
            like = tv_complement(left, right, k)
            parts.append(Part((first, second), like.value, METHOD))
            influence.add(like.real, like.other)
        value = float(np.mean([part.value for part in parts]))
        rows = influence.mean()
        return Score(value, tuple(parts), interval(value, rows, 0.0, 1.0), columns.left_out(schema), rows)


def encode(column: Column, real: pd.Series, other: pd.Series) -> list[tuple[IntArray, int]]:
    """(codes, states) of a column in both tables, over common bins or labels; missing is a state."""
    if column.kind.numeric:
        sides = columns.numbers(real), columns.numbers(other)
        cuts = deciles(sides[0])
        return [columns.binned(values, cuts) for values in sides]
    found, k = columns.codes(real, other)
    merged, states = _frequent(found, k)
    return [columns.with_missing(codes, states) for codes in merged]


def deciles(values: FloatArray) -> FloatArray:
    """Where the real values are cut; fewer cuts where many values are equal."""
    present = values[~np.isnan(values)]
    cuts = np.unique(np.quantile(present, np.arange(1, BINS) / BINS, method="inverted_cdf"))
    return np.asarray(cuts[cuts > present.min()])


def _frequent(found: list[IntArray], k: int) -> tuple[list[IntArray], int]:
    """Codes with the real table's most frequent labels kept and all others as one state."""
    if k <= LABELS:
        return found, k
    counts = np.bincount(found[0][found[0] >= 0], minlength=k)
    kept = np.argsort(-counts, kind="stable")[:LABELS]
    to = np.full(k + 1, LABELS, dtype=np.int64)
    to[kept] = np.arange(LABELS)
    to[-1] = -1  # missing stays missing
    return [to[codes] for codes in found], LABELS + 1
