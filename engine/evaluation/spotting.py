"""Spot the fake: rounds of rows of which half are real and half made, and what a person's hits are worth.

In a round exactly half of the rows are made, so that the answers of one round hang together and their number is no
binomial one: who marks m of n rows by chance hits a hypergeometric number of the made ones. The chance of a tally is
therefore that of a sum of such numbers, which is computed exactly.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from engine.errors import NotApplicable
from engine.evaluation.base import FloatArray
from engine.evaluation.columns import comparable
from engine.table.schema import Schema

ROWS = 8  # of a round
_RARE = 0.05  # chance of a tally under which guessing is no explanation


@dataclass(frozen=True, slots=True)
class Round:
    """rows: written as in the source, numbered from 0; made: whether each is synthetic."""

    rows: pd.DataFrame
    made: tuple[bool, ...]

    def hits(self, marked: Iterable[int]) -> int:
        """How many rows were called what they are. marked: places of the rows that were taken for made ones."""
        said = set(marked)
        return sum((place in said) == made for place, made in enumerate(self.made))


def shown(schema: Schema) -> tuple[str, ...]:
    """The columns that a round may show: those that are learned. What is made anew would show which rows are real."""
    return tuple(column.name for column in comparable(schema))


def deal(
    real: pd.DataFrame, synthetic: pd.DataFrame, schema: Schema, rng: np.random.Generator, rows: int = ROWS
) -> Round:
    """A round of `rows` rows of both parsed tables, half of each, in an order drawn by `rng`.

    Raises NotApplicable where a table has too few rows or no column can be shown.
    """
    names = shown(schema)
    half = rows // 2
    if not names:
        raise NotApplicable("no column can be shown: all are made anew")
    if min(len(real), len(synthetic)) < half:
        raise NotApplicable(f"a round takes {half} rows of each table")
    known = schema.select(names).selected
    sides = [known.to_text(t.iloc[rng.choice(len(t), half, replace=False)][list(names)]) for t in (real, synthetic)]
    order = rng.permutation(2 * half)
    both = pd.concat(sides, ignore_index=True).iloc[order].reset_index(drop=True)
    return Round(both, tuple(bool(place >= half) for place in order))


@dataclass(frozen=True, slots=True)
class Answer:
    """One round that was answered. marked: rows taken for made ones; hits: rows that were called what they are."""

    rows: int
    marked: int
    hits: int


@dataclass(frozen=True, slots=True)
class Tally:
    """All rounds so far. expected: the hits of guessing, on average; chance: of as many hits or more by guessing."""

    rows: int
    hits: int
    expected: float
    chance: float

    @classmethod
    def of(cls, answers: Iterable[Answer]) -> Tally:
        known = list(answers)
        rows, hits = sum(a.rows for a in known), sum(a.hits for a in known)
        spread = np.ones(1)
        for answer in known:
            spread = np.convolve(spread, guessed(answer.rows, answer.marked))
        return cls(rows, hits, rows / 2, min(float(spread[hits:].sum()), 1.0))

    @property
    def better(self) -> bool:
        """Whether guessing does not explain it."""
        return self.chance < _RARE

    @property
    def sentence(self) -> str:
        end = "better than chance" if self.better else "not better than chance"
        likely = "less than 0.1%" if self.chance < 0.001 else f"{self.chance:.1%}"
        return (
            f"{self.hits:,} of {self.rows:,} right; guessing gets {self.expected:,.0f} on average, as many or more in "
            f"{likely} of cases: {end}."
        )


def guessed(rows: int, marked: int) -> FloatArray:
    """(rows + 1,) the chance of each number of hits, when `marked` rows of a round are marked by guessing.

    Of the marked rows a hypergeometric number is made; every made row that is not marked is a miss, as is every real
    one that is.
    """
    from scipy.stats import hypergeom

    half = rows // 2
    found: NDArray[np.int64] = np.arange(marked + 1)
    out = np.zeros(rows + 1)
    chances = hypergeom.pmf(found, rows, half, marked)
    possible = chances > 0
    np.add.at(out, (half - marked + 2 * found)[possible], chances[possible])
    return out
