"""How often values of a column are missing and how often they repeat: counts, no values."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Self

import numpy as np
import pandas as pd
from numpy.typing import NDArray

_FEW = 20  # so few distinct values count as groups (cities), whose shares are kept, not as keys that come back
_SHARE = 50  # so do values that are seen this often on average


@dataclass(frozen=True, slots=True)
class Occurrence:
    """missing: share of rows. Of the rest: all differ, or `weights` of a fixed number of values, or `repeats`.

    repeats: (times, how many values are seen so many times), for columns such as the customer of an order.
    """

    missing: float = 0.0
    weights: tuple[float, ...] = ()
    repeats: tuple[tuple[int, int], ...] = ()

    @property
    def unique(self) -> bool:
        return not self.weights and not self.repeats

    @classmethod
    def of(cls, values: pd.Series) -> Self:
        counts = values.value_counts().to_numpy()
        rows, distinct, present = len(values), len(counts), int(counts.sum())
        missing = 1 - present / rows if rows else 0.0
        if distinct == present:
            return cls(missing)
        if distinct <= max(_FEW, present / _SHARE):
            return cls(missing, weights=tuple((counts / present).tolist()))
        times, many = np.unique(counts, return_counts=True)
        return cls(missing, repeats=tuple(zip(times.tolist(), many.tolist(), strict=True)))

    def codes(self, n: int, rng: np.random.Generator) -> NDArray[np.int64]:
        """(n,) number of the value in each row, counted from 0 without gaps in unique columns; -1 where missing."""
        gaps = min(n, int(n * self.missing + rng.random()))
        codes = np.full(n, -1, dtype=np.int64)
        codes[np.sort(rng.permutation(n)[gaps:])] = self._present(n - gaps, rng)
        return codes

    def _present(self, n: int, rng: np.random.Generator) -> NDArray[np.int64]:
        if self.unique or n == 0:
            return np.arange(n, dtype=np.int64)
        if self.weights:
            weights = np.asarray(self.weights)
            drawn = rng.choice(len(weights), size=n, p=weights / weights.sum())
            return np.unique(drawn, return_inverse=True)[1].astype(np.int64)
        times, many = (np.asarray(part, dtype=np.int64) for part in zip(*self.repeats, strict=True))
        counts = rng.choice(times, size=n, p=many / many.sum())  # every count is at least 1, so n of them suffice
        last = int(np.searchsorted(np.cumsum(counts), n))
        codes = np.repeat(np.arange(last + 1, dtype=np.int64), counts[: last + 1])[:n]
        return rng.permutation(codes)

    def state(self) -> dict[str, Any]:
        return {"missing": self.missing, "weights": list(self.weights), "repeats": [list(r) for r in self.repeats]}

    @classmethod
    def from_state(cls, state: dict[str, Any]) -> Self:
        """Raises ValueError when the figures cannot be shares and counts."""
        missing = float(state["missing"])
        weights = tuple(float(w) for w in state["weights"])
        repeats = tuple((int(times), int(many)) for times, many in state["repeats"])
        sound = 0 <= missing <= 1 and all(0 < w <= 1 for w in weights)
        if not sound or any(times < 1 or many < 1 for times, many in repeats):
            raise ValueError("shares or counts of a made-up column are out of range")
        return cls(missing, weights, repeats)
