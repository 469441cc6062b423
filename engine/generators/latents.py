"""How a column hangs on latent normal variables.

Ordered: one variable, cut by thresholds into the column's cells in order (numbers, dates, two-level and ordered
categories, gaps). Choice: one utility for every option but the first, whose utility is 0; the largest wins, as in the
multinomial probit (McFadden 1974; McCulloch and Rossi 1994, DOI 10.1016/0304-4076(94)90064-7). Utilities let every
level of an unordered category relate to other columns in its own way, which one ordered variable cannot.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Mapping
from typing import Any, ClassVar, Self

import numpy as np
from numpy.typing import NDArray

from engine.codecs.grid import CodeCondition
from engine.generators import cells as cell_kinds
from engine.generators.cells import Cells

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]
Mask = NDArray[np.bool_]

_STATIC_CELLS, _STATIC_SHARE = 64, 0.02
_ROUNDS = 50  # of calibration; each sets every option's frequency exactly, given the others
_SETTLED = 1e-3  # change of the lifts at which calibration ends


class Latent(ABC):
    """One column (or group of gaps) on `dims` latent variables; `options` states can be told apart by them.

    shares: (options,) observed frequencies, summing to 1.
    """

    kind: ClassVar[str]
    dims: int
    shares: Floats

    @property
    def options(self) -> int:
        return len(self.shares)

    @abstractmethod
    def option(self, z: Floats) -> Ints:
        """(rows, dims) latents -> (rows,) option of each row."""

    @abstractmethod
    def calibrate(self, z: Floats) -> None:
        """Set thresholds or utilities so that (rows, dims) latents fall into the options as often as observed."""

    @abstractmethod
    def state(self) -> dict[str, Any]: ...


class Ordered(Latent):
    """Options in order along one variable. cuts: (options - 1,) thresholds."""

    kind = "ordered"

    def __init__(self, shares: Floats, cuts: Floats) -> None:
        self.dims, self.shares, self.cuts = 1, shares, cuts

    @classmethod
    def of(cls, counts: NDArray[Any]) -> Self:
        from engine.statistics.normals import thresholds

        shares = counts / max(counts.sum(), 1)
        return cls(shares, thresholds(shares))

    @property
    def static(self) -> bool:
        """So finely cut that the place inside a cell does not matter."""
        return self.options >= _STATIC_CELLS and float(self.shares.max()) <= _STATIC_SHARE

    def option(self, z: Floats) -> Ints:
        return np.searchsorted(self.cuts, z[:, 0], side="right")

    def bounds(self) -> tuple[Floats, Floats]:
        """(options,) lower and upper ends of the cells."""
        return np.r_[-np.inf, self.cuts], np.r_[self.cuts, np.inf]

    def calibrate(self, z: Floats) -> None:
        reach = np.clip(np.cumsum(self.shares)[:-1], 0.0, 1.0)
        self.cuts = np.quantile(z[:, 0], reach)

    def region(self, weights: Floats) -> tuple[Floats, Floats]:
        """(options,) share of each cell that is allowed -> ends of the allowed intervals, neighbours joined.

        A cell that is allowed in part gives its lower part: inside a cell values do not depend on the latent.
        """
        from scipy.special import ndtr, ndtri

        low, high = self.bounds()
        start, end = ndtr(low), ndtr(high)
        top = np.where(weights >= 1, high, ndtri(start + np.clip(weights, 0, 1) * (end - start)))
        allowed = weights > 0
        begins = allowed & ~np.r_[False, allowed[:-1] & (weights[:-1] >= 1)]
        ends = allowed & ~(np.r_[allowed[1:], False] & (weights >= 1))
        return low[begins], top[ends]

    def state(self) -> dict[str, Any]:
        return {"kind": self.kind, "shares": self.shares, "cuts": self.cuts}

    @classmethod
    def from_state(cls, state: Mapping[str, Any]) -> Self:
        if len(state["cuts"]) != max(len(state["shares"]) - 1, 0):
            raise ValueError("thresholds and shares do not agree")
        return cls(state["shares"], state["cuts"])


class Choice(Latent):
    """Unordered options; the largest of 0 and the (options - 1) utilities wins, after `lift` is added to each."""

    kind = "choice"

    def __init__(self, shares: Floats, lift: Floats) -> None:
        self.dims, self.shares, self.lift = len(shares) - 1, shares, lift

    @classmethod
    def of(cls, counts: NDArray[Any]) -> Self:
        return cls(counts / counts.sum(), np.zeros(len(counts)))

    def utilities(self, z: Floats) -> Floats:
        """(rows, dims) latents -> (options, rows) utilities with their lifts."""
        return np.vstack([np.zeros(len(z)), z.T]) + self.lift[:, None]

    def option(self, z: Floats) -> Ints:
        return np.asarray(self.utilities(z).argmax(axis=0), dtype=np.int64)

    def calibrate(self, z: Floats) -> None:
        """In turn, each option is lifted until it wins in its share of the rows (no step size, no divergence)."""
        utilities = self.utilities(z)
        for _ in range(_ROUNDS):
            before = self.lift.copy()
            for k in range(self.options):
                plain = utilities[k] - self.lift[k]
                utilities[k] = -np.inf
                self.lift[k] = np.quantile(utilities.max(axis=0) - plain, self.shares[k])
                utilities[k] = plain + self.lift[k]
            if np.abs(self.lift - before).max() < _SETTLED:
                break
        self.lift -= self.lift[0]

    def state(self) -> dict[str, Any]:
        return {"kind": self.kind, "shares": self.shares, "lift": self.lift}

    @classmethod
    def from_state(cls, state: Mapping[str, Any]) -> Self:
        if len(state["lift"]) != len(state["shares"]):
            raise ValueError("lifts and shares do not agree")
        return cls(state["shares"], np.array(state["lift"]))


def latent_from_state(state: Mapping[str, Any]) -> Latent:
    kinds: dict[str, type[Ordered] | type[Choice]] = {k.kind: k for k in (Ordered, Choice)}
    return kinds[state["kind"]].from_state(state)


class LatentColumn:
    """A column's cells, and the latent whose options they are.

    option_of: (cells,) option of each cell; several rare cells may share one, and are then drawn by their counts.
    """

    def __init__(self, cells: Cells, latent: Latent, option_of: Ints) -> None:
        self.cells, self.latent, self.option_of = cells, latent, option_of

    def options(self, codes: Floats) -> Ints:
        """(rows,) codes -> (rows,) options, -1 where missing."""
        if not self.cells.size:
            return np.full(len(codes), -1, dtype=np.int64)
        missing = np.isnan(codes)
        return np.where(missing, -1, self.option_of[self.cells.cell(np.where(missing, 0.0, codes))])

    def values(self, options: Ints, rng: np.random.Generator, condition: CodeCondition | None = None) -> Floats:
        """(rows,) options -> (rows,) codes that fulfil the condition."""
        if not self.cells.size:
            return np.full(len(options), np.nan)
        return self.cells.value(self._cells(options, rng, condition), rng, condition)

    def _cells(self, options: Ints, rng: np.random.Generator, condition: CodeCondition | None) -> Ints:
        if len(self.option_of) == self.latent.options:
            return np.argsort(self.option_of)[options]
        weights = self.cells.counts * (1.0 if condition is None else self.cells.weights(condition))
        found = np.zeros(len(options), dtype=np.int64)
        for option in np.unique(options):
            members = np.flatnonzero(self.option_of == option)
            rows = np.flatnonzero(options == option)
            chances = weights[members] / weights[members].sum()
            found[rows] = rng.choice(members, size=len(rows), p=chances)
        return found

    def weights(self, condition: CodeCondition) -> Floats:
        """(options,) share of each option that fulfils the condition."""
        if not self.cells.size:
            return np.zeros(self.latent.options)
        mass = self.cells.counts.astype(np.float64)
        inside = np.bincount(self.option_of, mass * self.cells.weights(condition), self.latent.options)
        whole = np.bincount(self.option_of, mass, self.latent.options)
        return np.divide(inside, whole, out=np.zeros_like(whole), where=whole > 0)

    def held(self) -> list[float]:
        """Codes of the real values that the column keeps."""
        return self.cells.held()

    def state(self) -> dict[str, Any]:
        return {"cells": self.cells.state(), "latent": self.latent.state(), "option_of": self.option_of}

    @classmethod
    def from_state(cls, state: Mapping[str, Any]) -> Self:
        cells, latent = cell_kinds.from_state(state["cells"]), latent_from_state(state["latent"])
        option_of = np.asarray(state["option_of"], dtype=np.int64)
        if len(option_of) != cells.size or (len(option_of) and option_of.max() >= latent.options):
            raise ValueError("cells and options do not agree")
        return cls(cells, latent, option_of)
