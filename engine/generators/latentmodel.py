"""The fitted copula: columns and groups of gaps on one multivariate normal, and rows drawn from it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Self

import numpy as np
from numpy.typing import NDArray

from engine.codecs.grid import CodeCondition
from engine.codecs.missing import MissingPatterns
from engine.generators.gibbs import Normal
from engine.generators.latents import Latent, LatentColumn, Ordered
from engine.statistics.normals import square_root

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]
Mask = NDArray[np.bool_]

_CALIBRATION_ROWS = 20_000


@dataclass(frozen=True, slots=True)
class Layout:
    """Which latent variables belong to which column and to which group of gaps.

    columns: numbers of the columns that vary; groups: numbers of the groups of gaps that vary; starts: first latent
    of each column, then of each group; size: latents in all.
    """

    columns: tuple[int, ...]
    groups: tuple[int, ...]
    starts: tuple[int, ...]
    size: int

    @classmethod
    def of(cls, columns: list[LatentColumn], gaps: list[Ordered]) -> Layout:
        varying = tuple(j for j, column in enumerate(columns) if column.latent.options > 1)
        groups = tuple(g for g, gap in enumerate(gaps) if 0 < gap.shares[1] < 1)
        dims = [columns[j].latent.dims for j in varying] + [1] * len(groups)
        ends = np.cumsum([0, *dims]).tolist()
        return cls(varying, groups, tuple(ends[:-1]), ends[-1])

    def column(self, j: int) -> int | None:
        """First latent of column j, None when it does not vary."""
        return self.starts[self.columns.index(j)] if j in self.columns else None

    def group(self, g: int) -> int | None:
        """Latent of group g, None when its cells are always missing or never."""
        return self.starts[len(self.columns) + self.groups.index(g)] if g in self.groups else None


class LatentModel:
    """columns: of the table; gaps: one two-cell latent (present, missing) for each group of `patterns`."""

    def __init__(self, columns: list[LatentColumn], patterns: MissingPatterns, normal: Normal | None = None) -> None:
        self.columns, self.patterns = columns, patterns
        self.gaps = [Ordered.of(np.array([1 - rate, rate])) for rate in patterns.rates]
        self.layout = Layout.of(columns, self.gaps)
        size = self.layout.size
        self.normal = normal or Normal(np.zeros(size), np.eye(size))

    @property
    def latents(self) -> list[Latent]:
        """Varying columns' latents, then varying groups'."""
        own: list[Latent] = [self.columns[j].latent for j in self.layout.columns]
        return own + [self.gaps[g] for g in self.layout.groups]

    def options(self, codes: Floats) -> Ints:
        """(rows, columns) codes -> (rows, varying columns and groups) options, -1 where missing."""
        masks = self.patterns.masks(np.isnan(codes))
        own = [self.columns[j].options(codes[:, j]) for j in self.layout.columns]
        own += [masks[:, g].astype(np.int64) for g in self.layout.groups]
        return np.column_stack(own) if own else np.empty((len(codes), 0), dtype=np.int64)

    def draw(self, n: int, rng: np.random.Generator) -> Floats:
        """(n, latents)"""
        if not self.layout.size:
            return np.empty((n, 0))
        noise = rng.standard_normal((n, self.layout.size))
        return np.asarray(self.normal.mean + noise @ square_root(self.normal.covariance).T)

    def missing(self, z: Floats) -> Mask:
        """(n, latents) -> (n, columns), True where missing."""
        masks = np.empty((len(z), len(self.gaps)), dtype=bool)
        for g, gap in enumerate(self.gaps):
            at = self.layout.group(g)
            masks[:, g] = gap.shares[1] >= 1 if at is None else gap.option(z[:, at : at + 1]) == 1
        return self.patterns.spread(masks)

    def column_options(self, z: Floats, j: int) -> Ints:
        """(n, latents) -> (n,) options of column j."""
        at = self.layout.column(j)
        latent = self.columns[j].latent
        return np.zeros(len(z), dtype=np.int64) if at is None else latent.option(z[:, at : at + latent.dims])

    def column_codes(
        self, z: Floats, j: int, rng: np.random.Generator, condition: CodeCondition | None = None
    ) -> Floats:
        """(n, latents) -> (n,) codes of column j that fulfil the condition; gaps are not cut out yet."""
        column = self.columns[j]
        options = self.column_options(z, j)
        if condition is None:
            return column.values(options, rng)
        weights = column.weights(condition)
        if not (weights > 0).any():
            return np.full(len(z), np.nan)
        # A latent on the very edge of its region, or of a row where the cell is missing, goes to the next option.
        allowed = np.flatnonzero(weights > 0)
        right = np.minimum(np.searchsorted(allowed, options), len(allowed) - 1)
        return column.values(allowed[right], rng, condition)

    def calibrate(self, rng: np.random.Generator) -> None:
        """Make every column's options as frequent, in rows where it is not missing, as they were observed."""
        z = self.draw(_CALIBRATION_ROWS, rng)
        missing = self.missing(z)
        for j in self.layout.columns:
            latent = self.columns[j].latent
            gappy = self.patterns.group_of[j] >= 0
            if isinstance(latent, Ordered) and not gappy:
                continue  # its thresholds are exact
            at = self.layout.column(j) or 0
            present = z[~missing[:, j], at : at + latent.dims]
            if len(present) > 100:
                latent.calibrate(present)

    def state(self) -> dict[str, Any]:
        return {
            "columns": [column.state() for column in self.columns],
            "patterns": self.patterns.state(),
            "mean": self.normal.mean,
            "covariance": self.normal.covariance,
        }

    @classmethod
    def from_state(cls, state: Mapping[str, Any]) -> Self:
        columns = [LatentColumn.from_state(own) for own in state["columns"]]
        model = cls(columns, MissingPatterns.from_state(state["patterns"]), Normal(state["mean"], state["covariance"]))
        size = model.layout.size
        if model.patterns.columns != len(columns) or model.normal.covariance.shape != (size, size):
            raise ValueError("columns and covariance do not agree")
        return model
