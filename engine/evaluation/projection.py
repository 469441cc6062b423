"""All columns of both tables in one plane: the two directions in which the real rows vary most.

Factor analysis of mixed data (Pagès 2004, Revue de statistique appliquée 52): principal components of standardised
numbers and of labels as 0/1 columns, each divided by the root of its share, so that no kind of column outweighs the
other. Everything is fitted to the real table; the synthetic one is only projected.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd

from engine.errors import NotApplicable
from engine.evaluation import columns
from engine.evaluation.base import FloatArray
from engine.evaluation.columns import IntArray
from engine.evaluation.distributions import wall_time
from engine.evaluation.features import drawn, frequent
from engine.table.schema import Column, Schema

FITTED = 20_000  # real rows that the plane is fitted to
POINTS = 2_000  # rows of each table that are projected
LEVELS = 12  # labels of a column told apart, at most; the others are one
FEATURES = 400  # 0/1 columns of a table, about
FAR = 4.0  # standard deviations; what lies farther is drawn in, so that no single row makes an axis of its own
AXES = 2
_FEWEST = 3  # real rows


@dataclass(frozen=True, slots=True, eq=False)
class Projection:
    """real, synthetic: (m, 2) places of rows drawn at random; explained: (2,) shares of the real variance, 0 to 1;
    weights: of each axis the columns' shares in it, which sum to 1, the largest first."""

    real: FloatArray
    synthetic: FloatArray
    explained: FloatArray
    weights: tuple[tuple[tuple[str, float], ...], ...]


def project(real: pd.DataFrame, synthetic: pd.DataFrame, schema: Schema, rng: np.random.Generator) -> Projection:
    """Rows of parsed tables in the plane of most real variance; `rng` draws which.

    Raises NotApplicable where fewer than two columns can be compared, where the real table has fewer than three rows
    or no variance, and where the synthetic one has no rows.
    """
    used = columns.comparable(schema)
    if len(used) < AXES:
        raise NotApplicable("fewer than two columns can be compared")
    if len(real) < _FEWEST or not len(synthetic):
        raise NotApplicable("one of the tables has too few rows")
    fitted = _sample(real, FITTED, rng)
    shown = min(POINTS, len(fitted), len(synthetic))  # as many of each, so that clouds are equally dense
    tables = fitted, _sample(synthetic, shown, rng)
    levels = int(np.clip(FEATURES // len(used), 2, LEVELS))
    parts = [_encoded(column, [table[column.name] for table in tables], levels) for column in used]
    owners = np.repeat(np.arange(len(used)), [part[0].shape[1] for part in parts])
    rows, other = (np.concatenate([part[side] for part in parts], axis=1) for side in (0, 1))
    directions, explained = _components(rows)
    some = np.sort(rng.choice(len(rows), shown, replace=False))
    weights = tuple(_weights(direction, owners, used) for direction in directions.T)
    return Projection(rows[some] @ directions, other @ directions, explained, weights)


def _sample(table: pd.DataFrame, most: int, rng: np.random.Generator) -> pd.DataFrame:
    return table.iloc[drawn(np.arange(len(table)), most, rng)]


def _encoded(column: Column, sides: Sequence[pd.Series], levels: int) -> list[FloatArray]:
    """(rows, features) of each table; the first decides on means, spreads and shares."""
    if column.kind.numeric:
        return _numbers([columns.numbers(wall_time(side)) for side in sides])
    found, k = columns.codes(*sides)
    pooled = frequent(found, k, levels, by=found[0])
    return _indicators(pooled, min(k, levels))


def _numbers(sides: list[FloatArray]) -> list[FloatArray]:
    """Standardised, missing at the mean, and whether it is missing as a label of its own."""
    present = sides[0][~np.isnan(sides[0])]
    scale = np.abs(present).max(initial=0.0) or 1.0  # keeps squares of huge numbers within float64
    middle, spread = (float((present / scale).mean()), float((present / scale).std())) if len(present) else (0.0, 0.0)
    placed = [
        np.nan_to_num(np.clip((side / scale - middle) / spread, -FAR, FAR)) if spread > 0 else np.zeros(len(side))
        for side in sides
    ]
    gaps = _indicators([np.where(np.isnan(side), 0, -1) for side in sides], 1)
    return [np.column_stack([number, gap]) for number, gap in zip(placed, gaps, strict=True)]


def _indicators(sides: Sequence[IntArray], k: int) -> list[FloatArray]:
    """(rows, k + 1) 0/1 columns of the codes 0..k-1 and of missing, -1, less their shares in the first table and
    divided by the shares' roots. A label that the first table lacks has no place: its rows are drawn where they lie
    by their other columns."""
    hot = [(side[:, None] == np.arange(-1, k)).astype(np.float64) for side in sides]
    shares = hot[0].mean(axis=0)
    known = shares > 0
    return [np.where(known, (one - shares) / np.sqrt(np.where(known, shares, 1.0)), 0.0) for one in hot]


def _components(rows: FloatArray) -> tuple[FloatArray, FloatArray]:
    """(features, 2) directions of most variance, and the shares of it that they hold."""
    covariance = rows.T @ rows / len(rows) - np.outer(rows.mean(axis=0), rows.mean(axis=0))
    values, vectors = np.linalg.eigh(covariance)
    total = float(values.clip(min=0.0).sum())
    if not total > 1e-12:
        raise NotApplicable("no column varies in the real table")
    directions = vectors[:, ::-1][:, :AXES]
    largest = np.abs(directions).argmax(axis=0)
    return directions * np.sign(directions[largest, range(AXES)]), values[::-1][:AXES].clip(min=0.0) / total


def _weights(direction: FloatArray, owners: IntArray, used: Sequence[Column]) -> tuple[tuple[str, float], ...]:
    """The columns' shares in a direction of length 1."""
    shares = np.bincount(owners, weights=direction**2, minlength=len(used))
    return tuple((used[place].name, float(shares[place])) for place in np.argsort(-shares, kind="stable"))
