"""Numbers of a described column: a family between bounds, a sequence, or one of several values.

A number is a count of steps: 1 for whole numbers, the last decimal for others, the resolution for dates.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from engine.described.describing import SEQUENCE, refuse
from engine.fakers.spaces import distinct
from engine.statistics.families import FAMILIES, MOST_COUNTS, Family, Sample
from engine.table.schema import Column, Description, Kind

Floats = NDArray[np.float64]

_CORNERED = ("uniform", "triangular", "beta")  # families that live between two bounds
_FLOORED = {"exponential": 0.0, "pareto": 1.0, "geometric": 0.0}  # begin at their low bound, and where without one
_FROM_ZERO = ("gamma", "lognormal", "weibull")
_USUAL = (0.0, 100.0)  # what first guesses of parameters are made from where there are no bounds
_ROUNDS = 40
_GRID = 5_000_000  # steps between bounds up to which all can be listed


@dataclass(frozen=True)
class Spread:
    """How numbers of a column are drawn. low, high: bounds in the column's unit, None where there is none."""

    column: Column
    told: Description
    low: float | None
    high: float | None
    step: float

    def check(self, rows: int | None) -> None:
        """Raises SchemaError for what cannot be drawn; rows: how many different values there have to be."""
        told = self.told
        if self.low is not None and self.high is not None and self.low > self.high:
            refuse(self.column, f"the low bound {told.low} lies above the high bound {told.high}")
        if told.distribution == SEQUENCE:
            self._check_sequence(rows)
            return
        family = self._family()
        self._check_parameters(family)
        if family.key in _CORNERED and (self.low is None or self.high is None):
            refuse(self.column, f"a {family.label} distribution needs a low and a high bound")
        if family.discrete and self.step < 1:
            refuse(self.column, f"the {family.label} distribution is for whole numbers")
        with np.errstate(all="ignore"):
            self._draws(family)(np.array([0.5]))
        if rows and told.unique and self._steps() is not None and rows > (self._steps() or 0):
            refuse(self.column, f"{rows:,} different values do not fit between {told.low} and {told.high}")

    def draw(self, n: int, rng: np.random.Generator) -> Floats:
        """(n,) numbers on the grid of steps, within bounds."""
        if self.told.distribution == SEQUENCE:
            return np.asarray((self.low or 0.0) + np.arange(n) * self._stride(), dtype=np.float64)
        draws = self._draws(self._family())
        if not self.told.unique:
            return draws(rng.random(n))
        return self._different(n, draws, rng)

    # Families

    def _family(self) -> Family:
        key = self.told.distribution or "uniform"
        if key not in FAMILIES:
            refuse(self.column, f"there is no distribution “{key}”. Possible: {', '.join([SEQUENCE, *FAMILIES])}")
        return FAMILIES[key]

    def _check_parameters(self, family: Family) -> None:
        given = self.told.parameters
        if given and len(given) != len(family.parameters):
            wanted = ", ".join(family.parameters) or "none"
            refuse(self.column, f"{family.label} has {len(family.parameters)} parameters ({wanted}), not {len(given)}")
        for name, value in zip(family.parameters, given, strict=False):
            if not np.isfinite(value) or (name not in family.free and value <= 0):
                refuse(self.column, f"parameter “{name}” of {family.label} must be above 0, not {value:g}")

    def _draws(self, family: Family) -> Callable[[Floats], Floats]:
        """From chances to numbers of the family, cut off at the bounds."""
        sample = self._sample(family)
        given = np.asarray(self.told.parameters or family.start(sample), dtype=float)
        floor = -np.inf if self.low is None else self.low - self.step / 2
        ceiling = np.inf if self.high is None else self.high + self.step / 2
        edges = np.array([floor, ceiling])
        below = edges - 1 if family.discrete else edges  # a count lies above the one before
        below[1] = edges[1]
        chances = np.where(
            np.isinf(below), [0.0, 1.0], family.cdf(np.where(np.isinf(below), 0.0, below), given, sample)
        )
        if not chances[1] - chances[0] > 1e-12:
            refuse(self.column, f"hardly a value of this {family.label} distribution lies within the bounds")

        def draw(chance: Floats) -> Floats:
            share = np.clip(chances[0] + chance * (chances[1] - chances[0]), 1e-12, 1 - 1e-12)
            return self._on_grid(np.asarray(family.ppf(share, given, sample), dtype=float))

        return draw

    def _sample(self, family: Family) -> Sample:
        """The bounds as the families want to see a sample."""
        low, high = self.low, self.high
        if family.key in _FLOORED and low is None:
            low = _FLOORED[family.key]
        if family.discrete:
            low = max(low or 0.0, 0.0)
            high = min(high, low + MOST_COUNTS) if high is not None else self._last(family, low)
        usual = (_USUAL[0] if low is None else low, _USUAL[1] if high is None else high)
        low, high = (usual[0], max(usual[1], usual[0] + self.step))
        mean, sd = (low + high) / 2, max((high - low) / 6, self.step / 2)
        if family.key == "binomial":  # its trials are the high bound
            share = 0.5 if not self.told.parameters else float(1 / (1 + np.exp(-self.told.parameters[0])))
            mean, sd = high * share, float(np.sqrt(high * share * (1 - share)))
        origin = min(low, 0.0) if family.key in _FROM_ZERO else 0.0
        if self.column.kind is Kind.DATETIME and self.low is not None:
            origin = low
        if family.key == "exponential":
            mean = low + (high - low) / 5
        return Sample(mean, sd, mean, low, high, self.step, origin, counts=family.discrete)

    def _last(self, family: Family, low: float) -> float:
        """A count that hardly any lies above."""
        last = 64.0
        given = np.asarray(self.told.parameters, dtype=float)
        if not len(given):
            return low + _USUAL[1]
        while last < MOST_COUNTS:
            sample = Sample(last / 2, last / 6, last / 2, low, low + last, 1.0, 0.0, counts=True)
            if float(family.cdf(np.array([low + last]), given, sample)[0]) > 1 - 1e-9:
                break
            last *= 2
        return low + min(last, float(MOST_COUNTS))

    def _on_grid(self, values: Floats) -> Floats:
        values = np.round(values / self.step) * self.step + 0.0  # no minus before a zero
        return np.clip(values, self.low, self.high) if self.low is not None or self.high is not None else values

    # Different values and sequences

    def _steps(self) -> int | None:
        """How many values there are; None without bounds."""
        if self.low is None or self.high is None:
            return None
        return int(np.floor(self.high / self.step + 1e-9) - np.ceil(self.low / self.step - 1e-9)) + 1

    def _different(self, n: int, draws: Callable[[Floats], Floats], rng: np.random.Generator) -> Floats:
        steps = self._steps()
        if steps is not None and n > steps:
            refuse(self.column, f"{n:,} different values do not fit between {self.told.low} and {self.told.high}")
        if steps is not None and self._family().key == "uniform":
            first = np.ceil((self.low or 0.0) / self.step - 1e-9)
            return np.asarray((first + distinct(steps, n, rng)) * self.step, dtype=np.float64)
        found: dict[int, None] = {}
        for _ in range(_ROUNDS):
            if len(found) >= n:
                break
            found |= dict.fromkeys(np.round(draws(rng.random(n + 16)) / self.step).astype(np.int64).tolist())
        if len(found) < n and steps is not None and steps <= _GRID:
            first = int(np.ceil((self.low or 0.0) / self.step - 1e-9))
            rest = np.setdiff1d(np.arange(first, first + steps), np.fromiter(found, dtype=np.int64))
            found |= dict.fromkeys(rng.permutation(rest)[: n - len(found)].tolist())
        if len(found) < n:
            refuse(self.column, f"this distribution does not give {n:,} different values; widen it or its bounds")
        return np.fromiter(found, dtype=np.float64)[:n] * self.step

    def _stride(self) -> float:
        return self.told.parameters[0] if self.told.parameters else 1.0

    def _check_sequence(self, rows: int | None) -> None:
        if len(self.told.parameters) > 1:
            refuse(self.column, "a sequence has one parameter, its step")
        stride = self._stride()
        if not np.isfinite(stride) or stride == 0 or abs(stride / self.step - round(stride / self.step)) > 1e-6:
            refuse(self.column, f"the step of a sequence must be a whole number of {self.step:g}, and not 0")
        if rows and self.high is not None and (self.low or 0.0) + (rows - 1) * stride > self.high:
            refuse(self.column, f"a sequence of {rows:,} rows passes the high bound {self.told.high}")
