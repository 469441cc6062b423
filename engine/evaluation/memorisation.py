"""Does a made table lie nearer to the rows that were learned from than to fresh ones, and does it repeat them?

Of each made row the nearest real row is sought among the learned rows and fresh ones together. A method that does not
remember single rows finds either sort as often as there are rows of it; the figure evens out their numbers, so that
0.5 is the aim and 1 is a table of copies. No real row is left out of the search, because a thinned side hides copies.

The interval rests on one fact only: had the method not looked at which rows it learned from, every split of the real
rows into learned and fresh ones would be as likely as the true one. Each real row's count of made rows that it is
nearest to stays the same under all splits, so the share's variance under them is known exactly (that of a simple
random sample without replacement; Cochran 1977, Sampling Techniques, ch. 2), also where many made rows crowd around
few real ones.

A figure of likeness, not of privacy: that a few rows were copied among many does not show in it.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import pandas as pd

from engine.errors import NotApplicable
from engine.evaluation import columns
from engine.evaluation.base import FloatArray
from engine.evaluation.columns import IntArray
from engine.evaluation.features import drawn
from engine.evaluation.intervals import NORMAL_95
from engine.table.schema import Column, Schema

ROWS = 2_000  # made rows that are placed, at most; more are drawn from
_LEAST = 200  # of them are placed in any case
_WORK = 2e9  # made rows times real rows times columns
_BLOCK = 2_000_000  # distances held at a time
_SAME = 1e-5  # distances that differ by less are equal


@dataclass(frozen=True, slots=True)
class Memorisation:
    """share: nearer to a learned than to a fresh row, numbers evened out; 0.5 is the aim. error: its standard error.

    copies: share of all made rows that equal a learned one in every compared column; fresh_copies: of the fresh rows.
    made and fresh: how many rows these are of; placed: made rows whose nearest one was sought.
    """

    share: float
    error: float
    copies: float
    fresh_copies: float
    made: int
    fresh: int
    placed: int

    @property
    def interval(self) -> tuple[float, float]:
        """95%, of the share."""
        reach = NORMAL_95 * self.error
        return max(self.share - reach, 0.0), min(self.share + reach, 1.0)

    @property
    def more_copies(self) -> bool:
        """Whether copies are surely more frequent than among fresh rows, at 95%, by the difference of two shares.

        Agresti and Caffo 2000, The American Statistician 54: a success and a failure more on each side.
        """
        sides = [(self.copies, self.made), (self.fresh_copies, self.fresh)]
        (a, n), (b, m) = (((share * rows + 1) / (rows + 2), rows + 2) for share, rows in sides)
        return bool(a - b > NORMAL_95 * np.sqrt(a * (1 - a) / n + b * (1 - b) / m))


def memorisation(
    learned: pd.DataFrame,
    fresh: pd.DataFrame,
    made: pd.DataFrame,
    schema: Schema,
    rng: np.random.Generator,
    check: Callable[[], None] = lambda: None,
) -> Memorisation:
    """Place the rows of `made` among the others: parsed tables, over the comparable columns.

    check: asked between blocks of rows; may raise. Raises NotApplicable where there is nothing to compare.
    """
    used = columns.comparable(schema)
    if not used or not len(learned) or not len(fresh) or not len(made):
        raise NotApplicable("there are no rows or columns to compare")
    real = pd.concat([learned[[c.name for c in used]], fresh[[c.name for c in used]]], ignore_index=True)
    size = int(np.clip(_WORK / (len(real) * len(used)), _LEAST, ROWS))
    chosen = drawn(np.arange(len(made)), size, rng)
    nearest = _nearest(real, made.iloc[chosen], used, check)
    share, error = evened(nearest[: len(learned)], nearest[len(learned) :])
    copies, fresh_copies = _copies(learned, fresh, made, used)
    return Memorisation(share, error, copies, fresh_copies, len(made), len(fresh), len(chosen))


def evened(learned: FloatArray, fresh: FloatArray) -> tuple[float, float]:
    """The share and its standard error, from how many made rows each real row is nearest to.

    With shares a and b of the made rows that go to learned and fresh rows, of which there are n and m: (a / n) over
    (a / n + b / m). The error is that of a under random splits, carried over by the slope at the aim.
    """
    n, m = len(learned), len(fresh)
    counts = np.concatenate([learned, fresh])
    total = float(counts.sum())
    a, expected = float(learned.sum()) / total, n / (n + m)
    share = (a / n) / (a / n + (1 - a) / m)
    spread = float(np.sqrt(n * m / (n + m) * np.var(counts, ddof=1))) / total
    slope = 1.0 / (4.0 * expected * (1.0 - expected))
    return share, spread * slope


def _nearest(real: pd.DataFrame, made: pd.DataFrame, used: tuple[Column, ...], check: Callable[[], None]) -> FloatArray:
    """(real rows,) how many made rows each real row is nearest to; rows that are equally near share one."""
    encoded = [_place(column, real[column.name], made[column.name]) for column in used]
    counts = np.zeros(len(real))
    step = max(_BLOCK // len(real), 1)
    for at in range(0, len(made), step):
        check()
        rows = slice(at, min(at + step, len(made)))
        far = np.zeros((rows.stop - rows.start, len(real)), dtype=np.float32)
        for column, (there, here) in zip(used, encoded, strict=True):
            _add(far, here[rows], there, column.kind.numeric)
        near = far <= far.min(axis=1, keepdims=True) + _SAME
        counts += (near / near.sum(axis=1, keepdims=True)).sum(axis=0)
    return counts


def _add(far: np.ndarray, here: np.ndarray, there: np.ndarray, numeric: bool) -> None:
    """Add one column's distances: of numbers the gap between their ranks, 1 between different labels or to a gap."""
    if not numeric:
        far += here[:, None] != there[None, :]
        return
    gap = np.abs(here[:, None] - there[None, :])
    missing = np.isnan(here)[:, None], np.isnan(there)[None, :]
    if missing[0].any() or missing[1].any():
        gap = np.where(missing[0] & missing[1], 0.0, np.where(missing[0] | missing[1], 1.0, gap))
    far += gap


def _place(column: Column, real: pd.Series, made: pd.Series) -> tuple[np.ndarray, np.ndarray]:
    """A column of both tables: numbers as their mid-rank among the real ones, 0 to 1, labels as codes."""
    if not column.kind.numeric:
        (there, here), _ = columns.codes(real, made)
        return there, here
    known = columns.numbers(real)
    order = np.sort(known[~np.isnan(known)])
    return _ranks(known, order), _ranks(columns.numbers(made), order)


def _ranks(values: FloatArray, order: FloatArray) -> np.ndarray:
    low, high = np.searchsorted(order, values, "left"), np.searchsorted(order, values, "right")
    ranks = (low + high) / (2.0 * max(len(order), 1))
    return np.where(np.isnan(values), np.nan, ranks).astype(np.float32)


def _copies(
    learned: pd.DataFrame, fresh: pd.DataFrame, made: pd.DataFrame, used: tuple[Column, ...]
) -> tuple[float, float]:
    """The shares of the made and of the fresh rows that equal a learned one."""
    sides = (learned, made, fresh)
    codes = [_values(column, [side[column.name] for side in sides]) for column in used]
    keys = [_keys(np.column_stack([found[i] for found in codes])) for i in range(3)]
    return float(np.isin(keys[1], keys[0]).mean()), float(np.isin(keys[2], keys[0]).mean())


def _values(column: Column, sides: list[pd.Series]) -> list[IntArray]:
    """Equal values of a column as equal numbers; missing is one of its own."""
    if not column.kind.numeric:
        return columns.codes(*sides)[0]
    numbers = [columns.numbers(side) for side in sides]
    found, _ = pd.factorize(np.concatenate(numbers))
    return list(np.split(found.astype(np.int64), np.cumsum([len(side) for side in numbers])[:-1]))


def _keys(rows: IntArray) -> np.ndarray:
    """Each row as one value."""
    packed = np.ascontiguousarray(rows)
    return packed.view(np.dtype((np.void, packed.dtype.itemsize * packed.shape[1]))).ravel()
