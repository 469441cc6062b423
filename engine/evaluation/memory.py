"""Memory: where rows follow each other in time, are values like the ones before for as long as in the real table?

The autocorrelation of normal scores, by time and not by rows, so that tables of which rows are missing or many share a
moment are compared alike: time is cut into slots as long as a short step of the real table, and the correlation at a
lag is that of all pairs of rows so many slots apart (the discrete correlation function of Edelson and Krolik 1988, The
Astrophysical Journal 333, with the spread of the pairs themselves as in Lehár et al. 1992).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

import numpy as np
import pandas as pd

from engine.errors import NotApplicable
from engine.evaluation import columns
from engine.evaluation.base import FloatArray, Goal, Metric, MetricInfo, Part, Score, Tier
from engine.evaluation.intervals import NORMAL_95
from engine.evaluation.linear import normal_scores
from engine.table.schema import Kind, Schema

METHOD = "Autocorrelation"
LAGS = 30  # slots
SLOTS = 20_000  # at most
FEWEST = 60  # rows with a moment and a value; pairs of rows of a lag
_STRONG, _ERRORS = 0.1, 4.0  # a correlation from which values hang together in time, and its standard errors
_BLOCKS = 10  # stretches of time, of the jackknife


class Memory(Metric):
    tier = Tier.FULL
    info: ClassVar[MetricInfo] = MetricInfo(
        key="memory",
        label="Memory in time",
        group="fidelity",
        goal=Goal.MAXIMIZE,
        low=0.0,
        high=1.0,
        meaning="How alike the autocorrelations over time are in both tables, averaged over lags and over the numbers "
        "that hang together in time: 1 is the same.",
        source="One less half the difference of discrete correlation functions (Edelson and Krolik 1988)",
    )

    def sentence(self, score: Score) -> str:
        worst = min(score.parts, key=lambda part: part.value)
        details = worst.details
        return (
            f"Values are like the ones before to {score.value:.1%} as in the real table; least those of "
            f"“{worst.columns[1]}” over “{worst.columns[0]}”, whose correlation with the step before is "
            f"{details['other']:.2f} instead of {details['real']:.2f}."
        )

    def _compute(self, real: pd.DataFrame, other: pd.DataFrame, schema: Schema, rng: np.random.Generator) -> Score:
        used = columns.comparable(schema)
        numbers = [c.name for c in used if c.kind in (Kind.INTEGER, Kind.DECIMAL)]
        for time in (c.name for c in used if c.kind is Kind.DATETIME):
            parts, variance = [], 0.0
            for name in numbers:
                found = _compare(*(_Series.of(table, time, name, real) for table in (real, other)))
                if found is not None:
                    part, error = found
                    parts.append(Part((time, name), part[0], METHOD, details={"real": part[1], "other": part[2]}))
                    variance += error
            if parts:
                value, reach = (
                    float(np.mean([p.value for p in parts])),
                    NORMAL_95 * float(np.sqrt(variance)) / len(parts),
                )
                bounds = max(value - reach, 0.0), min(value + reach, 1.0)
                return Score(value, tuple(parts), bounds, columns.left_out(schema))
        raise NotApplicable("no column of dates gives the rows an order in which numbers hang together")


@dataclass(frozen=True, slots=True, eq=False)
class _Series:
    """slots: (3, slots) rows, sums and sums of squares of the centred scores, by time; rows: that have both."""

    slots: FloatArray
    rows: int

    @classmethod
    def of(cls, table: pd.DataFrame, time: str, name: str, real: pd.DataFrame) -> _Series:
        moments = columns.numbers(table[time])
        scores = normal_scores(columns.numbers(table[name]), columns.numbers(real[name]))
        known = ~(np.isnan(moments) | np.isnan(scores))
        moments, scores = moments[known], scores[known]
        if len(scores) < FEWEST:
            return cls(np.zeros((3, 1)), len(scores))
        place = np.floor((moments - moments.min()) / _step(columns.numbers(real[time])) + 0.5)
        slots = np.minimum(place, 4 * SLOTS).astype(np.int64)  # a table that spans far more time has its end cut short
        centred = scores - scores.mean()
        sums = [np.bincount(slots, weights) for weights in (np.ones(len(slots)), centred, centred**2)]
        return cls(np.stack(sums), len(scores))

    def correlations(self, without: int | None = None) -> FloatArray:
        """(lags,) with the slots 1, 2, ... before; NaN where too few rows are so far apart, 0 for a constant.

        without: a block of time.
        """
        slots = self.slots
        if without is not None:
            edges = np.linspace(0, slots.shape[1], _BLOCKS + 1).astype(int)
            slots = slots.copy()
            slots[:, edges[without] : edges[without + 1]] = 0.0
        rows, sums, squares = slots
        pairs = np.rint(_lagged(rows, rows))
        spread = np.sqrt(np.maximum(_lagged(squares, rows) * _lagged(rows, squares), 0.0))
        with np.errstate(divide="ignore", invalid="ignore"):
            found = np.where(spread > 1e-9 * pairs, _lagged(sums, sums) / spread, 0.0)
        return np.where(pairs >= FEWEST, np.clip(found, -1.0, 1.0), np.nan)


def _step(moments: FloatArray) -> float:
    """A short step between moments (a quarter are shorter), but not so short that there are too many slots."""
    distinct = np.unique(moments[~np.isnan(moments)])
    if len(distinct) < 2:
        return 1.0
    return float(max(np.quantile(np.diff(distinct), 0.25), (distinct[-1] - distinct[0]) / SLOTS))


def _lagged(first: FloatArray, second: FloatArray) -> FloatArray:
    """(lags,) sums of products of the first with the second 1, 2, ... places later."""
    size = 1 << int(np.ceil(np.log2(len(first) + LAGS + 1)))
    both = np.conj(np.fft.rfft(first, size)) * np.fft.rfft(second, size)
    return np.asarray(np.fft.irfft(both, size)[1 : LAGS + 1])


def _compare(real: _Series, other: _Series) -> tuple[tuple[float, float, float], float] | None:
    """(likeness, first correlation of both) and the likeness's variance; None where the real values have no memory."""
    there = real.correlations()
    if real.rows < FEWEST or not (np.abs(there) > max(_STRONG, _ERRORS / np.sqrt(real.rows))).any():
        return None
    here = other.correlations()
    value, variance = _likeness(there, here), 0.0
    for side in (0, 1):
        without = [
            _likeness(real.correlations(block), here) if side == 0 else _likeness(there, other.correlations(block))
            for block in range(_BLOCKS)
        ]
        variance += (_BLOCKS - 1) / _BLOCKS * float(np.square(np.array(without) - np.mean(without)).sum())
    first = [float(np.nan_to_num(side[0])) for side in (there, here)]
    return (value, first[0], first[1]), variance


def _likeness(real: FloatArray, other: FloatArray) -> float:
    """A lag that the other table has too few rows for counts as no correlation."""
    known = ~np.isnan(real)
    gaps = np.abs(real[known] - np.nan_to_num(other[known]))
    return float(np.clip(1.0 - gaps.mean() / 2.0, 0.0, 1.0)) if known.any() else 1.0
