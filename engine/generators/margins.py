"""The distribution of one column on its own: by cells (frequencies, empirical) or by a fitted family with spikes."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Any, ClassVar, Self

import numpy as np
from numpy.typing import NDArray

from engine.codecs.grid import CodeCondition
from engine.codecs.numeric import rounded
from engine.generators import cells as cell_kinds
from engine.generators.cells import Cells

if TYPE_CHECKING:
    from engine.statistics.fitting import Fitted

Floats = NDArray[np.float64]

_POINT = 1e-9  # width, as a share of the range, that stands for one number where every float64 may occur


class Margin(ABC):
    """Draws codes of one column; missing values are the business of `engine.codecs.missing`."""

    kind: ClassVar[str]

    @abstractmethod
    def share(self, condition: CodeCondition) -> float:
        """Probability that a value fulfils the condition (0: impossible)."""

    @abstractmethod
    def draw(self, n: int, rng: np.random.Generator, condition: CodeCondition | None = None) -> Floats:
        """(n,) codes, all of which fulfil the condition; NaN only when the column never has a value."""

    @abstractmethod
    def held(self) -> list[float]:
        """Codes of the real values that the margin keeps."""

    @abstractmethod
    def state(self) -> dict[str, Any]: ...


class CellMargin(Margin):
    """Draws a cell by its weight, then a value inside: the frequencies of a category, the empirical of a number.

    weights: (cells,) rows, perhaps smoothed.
    """

    kind = "cells"

    def __init__(self, cells: Cells, weights: Floats) -> None:
        self.cells, self.weights = cells, weights

    def share(self, condition: CodeCondition) -> float:
        total = self.weights.sum()
        return float(self.weights @ self.cells.weights(condition) / total) if total > 0 else 0.0

    def draw(self, n: int, rng: np.random.Generator, condition: CodeCondition | None = None) -> Floats:
        weights = self.weights if condition is None else self.weights * self.cells.weights(condition)
        if not weights.sum() > 0:
            return np.full(n, np.nan)
        found = rng.choice(len(weights), size=n, p=weights / weights.sum())
        return self.cells.value(found, rng, condition)

    def held(self) -> list[float]:
        return self.cells.held()

    def state(self) -> dict[str, Any]:
        return {"kind": self.kind, "cells": self.cells.state(), "weights": self.weights}

    @classmethod
    def from_state(cls, state: Mapping[str, Any]) -> Self:
        return cls(cell_kinds.from_state(state["cells"]), state["weights"])


class FamilyMargin(Margin):
    """A fitted family within the observed range, beside spikes: values that many rows share, such as many zeros.

    spikes: (spikes,) codes; masses: (spikes,) their shares of the rows; decimals: digits that draws are rounded to.
    """

    kind = "family"

    def __init__(self, fit: Fitted, spikes: Floats, masses: Floats, decimals: int) -> None:
        self.fit, self.spikes, self.masses, self.decimals = fit, spikes, masses, decimals

    def share(self, condition: CodeCondition) -> float:
        if condition.values is not None:
            return float(sum(self._point(value) for value in condition.values))
        spiked, wide = self._pieces(condition)
        return float(spiked.sum() + wide[1] - wide[0])

    def draw(self, n: int, rng: np.random.Generator, condition: CodeCondition | None = None) -> Floats:
        condition = condition or CodeCondition()
        if condition.values is not None:
            weights = np.array([self._point(value) for value in condition.values])
            return np.asarray(rng.choice(condition.values, size=n, p=weights / weights.sum()), dtype=np.float64)
        spiked, (start, end) = self._pieces(condition)
        weights = np.r_[spiked, end - start]
        piece = rng.choice(len(weights), size=n, p=weights / weights.sum())
        rest = 1 - self.masses.sum()
        at = (start + (end - start) * rng.random(n)) / rest if rest > 0 else np.zeros(n)
        drawn: Floats = np.r_[self.spikes, 0.0][piece]
        wide = piece == len(self.spikes)
        drawn[wide] = self._kept(self.fit.ppf(at[wide]), condition)
        return drawn

    def _kept(self, values: Floats, condition: CodeCondition) -> Floats:
        """Rounded to the column's digits, inside the observed and the demanded range."""
        low, high = max(condition.low, self.fit.sample.low), min(condition.high, self.fit.sample.high)
        return np.clip(rounded(values, self.decimals), low, high)

    def _pieces(self, condition: CodeCondition) -> tuple[Floats, tuple[float, float]]:
        """Mass of each spike inside the demanded range, and the range of the family's own mass."""
        inside = (self.spikes >= condition.low) & (self.spikes <= condition.high)
        rest = 1 - float(self.masses.sum())
        sample = self.fit.sample
        low, high = max(condition.low, sample.low), min(condition.high, sample.high)
        if low > high:
            return self.masses * inside, (0.0, 0.0)
        ends = self.fit.cdf(np.array([low - sample.step, high]))
        start = 0.0 if low <= sample.low else float(ends[0])
        return self.masses * inside, (rest * start, rest * float(ends[1]))

    def _point(self, value: float) -> float:
        """Probability of one value: its spike and its step of the family."""
        sample = self.fit.sample
        half = 0.0 if sample.step else _POINT * max(sample.high - sample.low, 1e-300)
        spiked, wide = self._pieces(CodeCondition(low=value - half, high=value + half))
        return float(spiked.sum() + wide[1] - wide[0])

    def held(self) -> list[float]:
        return [*self.spikes.tolist(), self.fit.sample.low, self.fit.sample.high]

    def state(self) -> dict[str, Any]:
        fit = self.fit
        return {
            "kind": self.kind,
            "family": fit.family.key,
            "parameters": fit.parameters,
            "sample": asdict(fit.sample),
            "aic": fit.aic,
            "distance": fit.distance,
            "spikes": self.spikes,
            "masses": self.masses,
            "decimals": self.decimals,
        }

    @classmethod
    def from_state(cls, state: Mapping[str, Any]) -> Self:
        from engine.statistics.families import FAMILIES, Sample
        from engine.statistics.fitting import Fitted

        family, sample = FAMILIES[state["family"]], Sample(**state["sample"])
        fit = Fitted(family, state["parameters"], sample, state["aic"], state["distance"])
        return cls(fit, state["spikes"], state["masses"], int(state["decimals"]))


def margin_from_state(state: Mapping[str, Any]) -> Margin:
    kinds: dict[str, type[CellMargin] | type[FamilyMargin]] = {m.kind: m for m in (CellMargin, FamilyMargin)}
    return kinds[state["kind"]].from_state(state)


@dataclass(frozen=True, slots=True)
class ColumnFit:
    """How one column's distribution was chosen, for people.

    chosen: a family's label, "empirical" or "frequencies"; parameters: of the family; distance: Kolmogorov-Smirnov
    distance of the best family (0 to 1, lower is better) and the limit below which it is used; spikes: values kept
    beside it; candidates: families tried with their AIC above the best one's, best first; reason: one sentence.
    """

    column: str
    chosen: str
    reason: str
    parameters: dict[str, float]
    spikes: int = 0
    distance: float | None = None
    limit: float | None = None
    candidates: tuple[tuple[str, float], ...] = ()

    def to_json(self) -> dict[str, Any]:
        return asdict(self)

    @classmethod
    def from_json(cls, data: Mapping[str, Any]) -> ColumnFit:
        tried = tuple((str(label), float(aic)) for label, aic in data["candidates"])
        return cls(**{**data, "candidates": tried})
