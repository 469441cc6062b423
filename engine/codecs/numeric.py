"""Whole and decimal numbers as codes in their own units."""

from __future__ import annotations

import copy
import math
from abc import abstractmethod
from collections.abc import Mapping
from typing import Any, ClassVar, Self

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from engine.codecs.base import Codec, Codes
from engine.codecs.whole import WholeScale
from engine.errors import DataError
from engine.table.schema import Column, Kind

FULL = 17  # decimals of a column whose numbers use all that float64 has: nothing is rounded
_MOST = 15  # with more decimals than that rounding only disturbs the last bits


class NumericCodec(Codec):
    """What continuous codecs share: a range of codes, and a step between neighbouring values.

    low, high: observed range of codes, 0 and 0 for a column without values; decimals: digits behind the point of a
    code (0 for whole numbers and dates, FULL where every float64 may occur).
    """

    discrete: ClassVar[bool] = False
    low: float
    high: float
    decimals: int
    empty: bool  # the column had no value: decoding gives only missing

    @property
    def step(self) -> float:
        """Distance between neighbouring values of the column; 0 where every float64 may occur."""
        return 10.0**-self.decimals if self.decimals <= _MOST else 0.0

    @abstractmethod
    def place(self, value: Any) -> tuple[float, bool]:
        """The code of the greatest possible value up to `value`, and whether it equals `value`.

        `value` is a canonical scalar of the column's kind and may lie outside the observed range.
        """

    def snap(self, codes: Codes) -> Codes:
        """(rows,) any codes -> the codes that `decode` would keep: rounded to the step, inside the observed range."""
        return np.clip(rounded(np.asarray(codes, dtype=np.float64), self.decimals), self.low, self.high)

    def reaching(self, codes: Codes) -> Self:
        """A copy whose range holds (rows,) `codes`, too: time goes on beyond what was seen."""
        wide = copy.copy(self)
        if len(codes):
            wide.low, wide.high = min(self.low, float(codes.min())), max(self.high, float(codes.max()))
        return wide


class IntegerCodec(NumericCodec):
    """Whole numbers. Beyond 2**53 codes are counted from the smallest value (see `engine.codecs.whole`)."""

    kinds: ClassVar[frozenset[Kind]] = frozenset({Kind.INTEGER})

    def _fit(self, values: pd.Series) -> None:
        known = _integers(values, self.column)
        self._adopt(WholeScale.of(known), empty=not len(known))

    def _adopt(self, scale: WholeScale, *, empty: bool) -> None:
        self.scale, self.empty = scale, empty
        self.low, self.high, self.decimals = scale.low, scale.high, 0

    def _encode(self, values: pd.Series) -> Codes:
        missing = values.isna().to_numpy()
        codes = np.full(len(values), np.nan)
        codes[~missing] = self.scale.to_codes(_integers(values, self.column))
        return codes

    def _decode(self, codes: Codes) -> pd.Series:
        missing = np.isnan(codes) | self.empty
        numbers = self.scale.to_numbers(np.where(missing, 0.0, codes))
        return pd.Series(pd.arrays.IntegerArray(numbers, missing.copy()))

    def reaching(self, codes: Codes) -> Self:
        wide = super().reaching(codes)
        wide._adopt(self.scale.reaching(wide.low, wide.high), empty=self.empty)
        return wide

    def place(self, value: Any) -> tuple[float, bool]:
        if isinstance(value, float) and math.isinf(value):
            return value, False
        whole = (
            int(value) if isinstance(value, (int, np.integer)) else math.floor(value)
        )  # floor of np.int64: a float's
        return self.scale.code(whole), bool(whole == value)

    def state(self) -> dict[str, Any]:
        self._check()
        return {**self.scale.state(), "empty": self.empty}

    @classmethod
    def from_state(cls, column: Column, state: Mapping[str, Any]) -> Self:
        codec = cls(column)
        codec._adopt(WholeScale.from_state(state), empty=bool(state["empty"]))
        codec._fitted = True
        return codec


class DecimalCodec(NumericCodec):
    """Numbers with digits behind the point: those of the schema where the values fit them, else those in use."""

    kinds: ClassVar[frozenset[Kind]] = frozenset({Kind.DECIMAL})
    _state_names: ClassVar[tuple[str, ...]] = ("low", "high", "decimals", "empty")

    def _fit(self, values: pd.Series) -> None:
        known = _decimals(values, self.column)
        known = known[~np.isnan(known)]
        self.empty = not len(known)
        self.low, self.high = (0.0, 0.0) if self.empty else (float(known.min()), float(known.max()))
        self.decimals = _decimals_in_use(known, self.column.number.decimals if self.column.number else 0)

    def _encode(self, values: pd.Series) -> Codes:
        return _decimals(values, self.column)

    def _decode(self, codes: Codes) -> pd.Series:
        kept = self.snap(codes)
        return pd.Series(np.full(len(codes), np.nan) if self.empty else kept, dtype=np.float64)

    def place(self, value: Any) -> tuple[float, bool]:
        value = float(value)
        if self.decimals > _MOST or not math.isfinite(value):
            return value, math.isfinite(value)
        near = float(rounded(np.array([value]), self.decimals)[0])
        if near > value:
            near = float(rounded(np.array([near - self.step]), self.decimals)[0])
        return near, near == value


def rounded(codes: Codes, decimals: int) -> Codes:
    """(rows,) numbers at that many decimals; numbers too large to have such digits stay as they are."""
    if decimals > _MOST:
        return codes
    with np.errstate(over="ignore", invalid="ignore"):
        fits = np.abs(codes) * 10.0**decimals < 2.0**53
    return np.where(fits, np.round(np.where(fits, codes, 0.0), decimals), codes)


def _decimals_in_use(values: Codes, declared: int) -> int:
    """The declared number of decimals, or as many more as the values need."""
    rest = values
    for decimals in range(min(declared, FULL), _MOST + 1):
        rest = rest[rounded(rest, decimals) != rest]
        if not len(rest):
            return decimals
    return FULL


def _integers(values: pd.Series, column: Column) -> NDArray[np.int64]:
    """The non-missing values as int64."""
    known = values.dropna()
    try:
        return np.asarray(known.astype("int64"), dtype=np.int64)
    except (TypeError, ValueError, OverflowError):
        raise DataError(f"Column “{column.name}” holds a value that is no whole number.", column=column.name) from None


def _decimals(values: pd.Series, column: Column) -> Codes:
    """(rows,) values as float64 with NaN where missing; infinite ones are refused with their row."""
    try:
        numbers = values.to_numpy(dtype=np.float64, na_value=np.nan)
    except (TypeError, ValueError):
        raise DataError(f"Column “{column.name}” holds a value that is no number.", column=column.name) from None
    infinite = np.flatnonzero(np.isinf(numbers))
    if len(infinite):
        row = int(infinite[0]) + 1
        raise DataError(
            f"Column “{column.name}” has an infinite number in row {row}; replace it by a number or leave it empty.",
            column=column.name,
            row=row,
        )
    return numbers
