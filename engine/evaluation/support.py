"""Alpha-precision and beta-recall: do rows lie where real rows lie, and do they reach all of the places?

After Alaa, van Breugel, Saveliev and van der Schaar 2022, How Faithful is your Synthetic Data? (ICML), on the rows as
they are instead of a learned embedding. A row's place: numbers and dates as the normal score of their rank among the
real ones, labels as columns of their own, in which two labels lie 1 apart, a gap as a column of its own. Distances are
Euclidean. The support of level α is the ball around the mean that holds the share α of the rows.

precision(α): the share of rows inside the real support of level α; the figure is 1 − 2 ∫ |precision − α|, as there
recall(β): the share of real rows whose nearest row of the table lies in the table's support of level β, and nearer than
their own fifth nearest real row; the figure is 1 − 2 ∫ |recall − β|
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd

from engine.blas import one_thread
from engine.errors import NotApplicable
from engine.evaluation import columns, draws
from engine.evaluation.base import FloatArray
from engine.evaluation.columns import IntArray
from engine.evaluation.features import affordable, frequent
from engine.evaluation.linear import label_features, normal_scores
from engine.table.schema import Column, Schema

ROWS = 4_000  # of each side at most; more are drawn from
CELLS = 400_000  # of each side at most, but for the thousand rows that every table may have
FEWEST = 50
NEAR = 5  # the nearest real row of which number says how near is near
LABELS = 50  # of a column that are told apart
_GROUPS = 10  # of the jackknife
_BLOCK = 1_000  # rows whose distances are held at a time


@dataclass(frozen=True, slots=True)
class Places:
    """(rows, dimensions) of both sides, and which rows of the tables they are."""

    real: FloatArray
    other: FloatArray
    chosen: tuple[IntArray, IntArray]


def places(real: pd.DataFrame, other: pd.DataFrame, schema: Schema, rng: np.random.Generator) -> Places:
    """As many rows of both parsed tables. Raises NotApplicable where there are too few, or no column."""
    used = columns.comparable(schema)
    if not used:
        raise NotApplicable("no column can be compared")
    size = min(len(real), len(other), affordable(ROWS, CELLS, len(used)))
    if size < FEWEST:
        raise NotApplicable(f"it takes at least {FEWEST} rows of each table")
    keys = draws.keys([real, other], schema, rng)
    chosen = draws.smallest(keys[0], size), draws.smallest(keys[1], size)
    parts = [real.iloc[chosen[0]], other.iloc[chosen[1]]]
    blocks = [_block(column, [part[column.name] for part in parts]) for column in used]
    first, second = (np.concatenate(side, axis=1) for side in zip(*blocks, strict=True))
    return Places(first, second, chosen)


def _block(column: Column, sides: list[pd.Series]) -> list[FloatArray]:
    """(rows, dimensions) of one column of both sides."""
    if not column.kind.numeric:
        codes, k = columns.codes(*sides)
        merged = frequent(codes, k, LABELS, by=codes[0])
        states = [columns.with_missing(side, min(k, LABELS)) for side in merged]
        return [label_features(side, size) / np.sqrt(2.0) for side, size in states]
    numbers = [columns.numbers(side) for side in sides]
    scores = [normal_scores(side, numbers[0]) for side in numbers]
    gaps = [np.isnan(side) for side in numbers]
    return [np.stack([np.where(gap, 0.0, own), gap], axis=1) for gap, own in zip(gaps, scores, strict=True)]


def precision(found: Places) -> tuple[float, FloatArray, FloatArray]:
    """The figure, and the influence of each chosen row of both sides (mean about 0)."""
    centre = found.real.mean(axis=0)
    real, other = (np.linalg.norm(side - centre, axis=1) for side in (found.real, found.other))
    points, place, counts = np.unique(real, return_inverse=True, return_counts=True)
    gaps = _below(other, points) - _below(real, points)
    weights = counts / len(real)
    area = float((weights * np.abs(gaps)).sum())
    reach = _Reach(weights * np.sign(gaps), points)
    own, others = reach(real), reach(other)
    return 1.0 - 2.0 * area, 2.0 * (own - own.mean() - np.abs(gaps)[place] + area), -2.0 * (others - others.mean())


def recall(found: Places) -> tuple[float, float]:
    """The figure and its standard error: real rows by their influence, the others by a jackknife over groups."""
    groups = np.arange(len(found.other)) % _GROUPS  # rows come in random order
    with one_thread():
        own = _nearest_own(found.real)
        away, which = _nearest(found.real, found.other, groups)
    value, rows = _recall(found.other, own, away.min(axis=1), which[np.arange(len(own)), away.argmin(axis=1)])
    without = []
    for group in range(_GROUPS):
        kept = np.delete(np.arange(_GROUPS), group)
        best = kept[away[:, kept].argmin(axis=1)]
        at = np.arange(len(own))
        rest = groups != group
        renumbered = np.cumsum(rest) - 1
        without.append(_recall(found.other[rest], own, away[at, best], renumbered[which[at, best]])[0])
    spread = (_GROUPS - 1) / _GROUPS * float(np.square(np.array(without) - np.mean(without)).sum())
    return value, float(np.sqrt(np.var(rows) / len(rows) + spread))


def _recall(other: FloatArray, own: FloatArray, away: FloatArray, which: IntArray) -> tuple[float, FloatArray]:
    """The figure, and the influence of each real row.

    own: (real rows,) how far the fifth nearest real row is; away, which: how far the nearest of `other` is, and which.
    """
    radius = np.linalg.norm(other - other.mean(axis=0), axis=1)
    levels = _below(radius, radius)
    hits = away <= own + 1e-6
    level = levels[which]
    points, counts = np.unique(levels, return_counts=True)
    weights = counts / len(levels)
    met = _below(level[hits], points) * hits.mean()
    gaps = met - points
    reach = _Reach(weights * np.sign(gaps), points)
    rows = np.where(hits, reach(level), 0.0)
    return 1.0 - 2.0 * float((weights * np.abs(gaps)).sum()), -2.0 * (rows - rows.mean())


def _below(values: FloatArray, points: FloatArray) -> FloatArray:
    """The share of values below each point, equal ones counted half; zeros where there are no values."""
    if not len(values):
        return np.zeros(len(points))
    order = np.sort(values)
    return (np.searchsorted(order, points, "left") + np.searchsorted(order, points, "right")) / (2.0 * len(order))


class _Reach:
    """How much a value counts towards the sum of `signed` times `_below` over rising points."""

    def __init__(self, signed: FloatArray, points: FloatArray) -> None:
        self._from = np.append(np.cumsum(signed[::-1])[::-1], 0.0)  # of each point and those above
        self._points = points

    def __call__(self, values: FloatArray) -> FloatArray:
        left, right = (np.searchsorted(self._points, values, side) for side in ("left", "right"))
        return np.asarray((self._from[left] + self._from[right]) / 2.0)


def _nearest_own(rows: FloatArray) -> FloatArray:
    """(rows,) the distance to the fifth nearest other row."""
    out = np.empty(len(rows))
    for start in range(0, len(rows), _BLOCK):
        part = slice(start, start + _BLOCK)
        out[part] = np.partition(_distances(rows[part], rows), NEAR, axis=1)[:, NEAR]  # the row itself is one
    return out


def _nearest(rows: FloatArray, others: FloatArray, groups: IntArray) -> tuple[FloatArray, IntArray]:
    """(rows, groups) each: how far the nearest row of each group of `others` is, and which it is."""
    away = np.empty((len(rows), _GROUPS))
    which = np.empty((len(rows), _GROUPS), dtype=np.int64)
    for start in range(0, len(rows), _BLOCK):
        part = slice(start, start + _BLOCK)
        found = _distances(rows[part], others)
        for group in range(_GROUPS):
            members = np.flatnonzero(groups == group)
            nearest = found[:, members].argmin(axis=1)
            which[part, group] = members[nearest]
            away[part, group] = found[np.arange(len(found)), members[nearest]]
    return away, which


def _distances(rows: FloatArray, others: FloatArray) -> FloatArray:
    squares = (rows**2).sum(axis=1)[:, None] + (others**2).sum(axis=1)[None, :] - 2.0 * rows @ others.T
    return np.asarray(np.sqrt(np.maximum(squares, 0.0)))
