"""Whole numbers of 64 bits as float64 codes, exactly wherever float64 can.

Up to 2**53 in size a code is the number itself. Columns that go beyond (long keys, microseconds of far centuries) are
counted from their smallest value, which stays exact as long as their spread is below 2**53; a wider column keeps the
nearest number that float64 knows.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Self

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]

EXACT = 2**53  # every whole number up to here has a float64 of its own
_LARGEST = float(np.nextafter(2.0**64, 0.0))


@dataclass(frozen=True, slots=True)
class WholeScale:
    """Observed range `least`..`most` of whole numbers, and the number `offset` that code 0 stands for."""

    least: int
    most: int
    offset: int = 0

    @classmethod
    def of(cls, numbers: Ints) -> Self:
        """The scale of (rows,) int64 numbers; of no numbers, the one of a lone 0."""
        if not len(numbers):
            return cls(0, 0)
        least, most = int(numbers.min()), int(numbers.max())
        return cls(least, most, 0 if max(-least, most) <= EXACT else least)

    @property
    def low(self) -> float:
        return float(self.least - self.offset)

    @property
    def high(self) -> float:
        return float(self.most - self.offset)

    def reaching(self, low: float, high: float) -> WholeScale:
        """The scale with the same codes whose range holds the codes from low to high, too."""
        return WholeScale(
            min(self.least, int(np.floor(low)) + self.offset),
            max(self.most, int(np.ceil(high)) + self.offset),
            self.offset,
        )

    @property
    def exact(self) -> bool:
        """Whether every number of the range has a code of its own."""
        return self.most - self.least <= EXACT

    def code(self, number: int) -> float:
        """The code of any whole number, also of one outside the range; infinite when it passes float64."""
        try:
            return float(number - self.offset)
        except OverflowError:
            return float("inf") if number > self.offset else float("-inf")

    def to_codes(self, numbers: Ints) -> Floats:
        """(rows,) int64 -> (rows,) float64."""
        if not self.offset:
            return numbers.astype(np.float64)
        # Differences of 64-bit numbers may need 65 bits: those at or above the offset are exact as unsigned numbers.
        above = numbers >= self.offset
        up = (numbers.view(np.uint64) - self._unsigned_offset).astype(np.float64)
        down = (self._unsigned_offset - numbers.view(np.uint64)).astype(np.float64)
        return np.where(above, up, -down)

    def to_numbers(self, codes: Floats) -> Ints:
        """(rows,) finite float64 -> (rows,) int64, rounded and kept in the observed range."""
        if not self.offset:
            return np.clip(np.rint(codes), self.least, self.most).astype(np.int64)
        up = np.clip(np.rint(codes), 0.0, _LARGEST).astype(np.uint64)
        up = np.minimum(up, np.uint64(self.most - self.least))
        return (up + self._unsigned_offset).view(np.int64)

    @property
    def _unsigned_offset(self) -> np.uint64:
        return np.uint64(self.offset % 2**64)

    def state(self) -> dict[str, Any]:
        return {"least": self.least, "most": self.most, "offset": self.offset}

    @classmethod
    def from_state(cls, state: Mapping[str, Any]) -> Self:
        return cls(int(state["least"]), int(state["most"]), int(state["offset"]))
