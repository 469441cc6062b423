"""A codec turns one column of a parsed table into numbers and back, without loss.

Encoded form: a float64 vector, NaN where the value is missing (missing is a state of its own, never imputed).
Discrete codecs give whole numbers 0 .. size-1; continuous ones any finite number in the column's own units
(dates: units of their resolution since 1970).
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Mapping
from typing import Any, ClassVar, Self

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from engine.errors import NotFittedError
from engine.table.schema import Column, Kind

Codes = NDArray[np.float64]


class Codec(ABC):
    """Public verbs keep the books; `_fit`, `_encode`, `_decode` hold the work of one kind of column.

    Subclasses declare `kinds`, and keep their state in plain attributes named in `_state_names`
    (numbers, strings, lists, numpy arrays), from which `state` and `from_state` follow.
    """

    kinds: ClassVar[frozenset[Kind]]
    discrete: ClassVar[bool]
    _state_names: ClassVar[tuple[str, ...]] = ()

    def __init__(self, column: Column) -> None:
        self.column = column
        self._fitted = False

    def fit(self, values: pd.Series) -> Self:
        """Learn from a column of a parsed table (rows,). An all-missing column is fine."""
        self._fit(values)
        self._fitted = True
        return self

    def encode(self, values: pd.Series) -> Codes:
        """(rows,) values -> (rows,) float64, NaN where missing. Raises DataError for a value that cannot be encoded."""
        self._check()
        return self._encode(values)

    def decode(self, codes: Codes) -> pd.Series:
        """(rows,) numbers -> a column in the canonical dtype of its kind; NaN becomes missing.

        Continuous codes are rounded to the column's decimals or resolution, and kept inside the observed range.
        """
        self._check()
        return self._decode(np.asarray(codes, dtype=np.float64)).rename(self.column.name)

    @property
    def size(self) -> int:
        """Number of states of a discrete column (missing not counted); 0 for a continuous one."""
        return 0

    def state(self) -> dict[str, Any]:
        """All that was learned, as JSON values and numpy arrays (no pickle)."""
        self._check()
        return {name: getattr(self, name) for name in self._state_names}

    @classmethod
    def from_state(cls, column: Column, state: Mapping[str, Any]) -> Self:
        codec = cls(column)
        for name in cls._state_names:
            setattr(codec, name, state[name])
        codec._fitted = True
        return codec

    def _check(self) -> None:
        if not self._fitted:
            raise NotFittedError(f"The codec of column “{self.column.name}” has not been fitted.")

    @abstractmethod
    def _fit(self, values: pd.Series) -> None: ...

    @abstractmethod
    def _encode(self, values: pd.Series) -> Codes: ...

    @abstractmethod
    def _decode(self, codes: Codes) -> pd.Series: ...
