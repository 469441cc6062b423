"""Categories, booleans and constants as whole numbers 0 .. size-1."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, ClassVar, Self

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from engine.codecs.base import Codec, Codes
from engine.errors import DataError
from engine.table.schema import Column, Kind


class CategoricalCodec(Codec):
    """Labels as ranks by falling frequency (ties by label). Memory grows with the number of labels, nothing else.

    labels: the observed ones in code order; counts: (labels,) rows of each.
    """

    kinds: ClassVar[frozenset[Kind]] = frozenset({Kind.CATEGORICAL, Kind.CONSTANT})
    discrete: ClassVar[bool] = True
    labels: list[str]
    counts: NDArray[np.int64]

    @property
    def size(self) -> int:
        return len(self.labels)

    def _fit(self, values: pd.Series) -> None:
        found = values.dropna().astype(str).value_counts(sort=False)
        order = sorted(zip(-found.to_numpy(), found.index.tolist(), strict=True))
        self._adopt([label for _, label in order], np.array([-count for count, _ in order], dtype=np.int64))

    def _adopt(self, labels: list[str], counts: NDArray[np.int64]) -> None:
        self.labels, self.counts = labels, counts
        self._index = pd.Index(labels, dtype="str")

    def _encode(self, values: pd.Series) -> Codes:
        missing = values.isna().to_numpy()
        found = self._index.get_indexer(pd.Index(values.astype("str")))
        strange = np.flatnonzero((found < 0) & ~missing)
        if len(strange):
            row = int(strange[0])
            raise DataError(
                f"Column “{self.column.name}” has a category that training did not see, "
                f"“{values.iloc[row]}” in row {row + 1}.",
                column=self.column.name,
                row=row + 1,
            )
        return np.where(missing, np.nan, found)

    def _decode(self, codes: Codes) -> pd.Series:
        return pd.Series(_taken(np.array([*self.labels, None], dtype=object), codes), dtype="str")

    def state(self) -> dict[str, Any]:
        self._check()
        return {"labels": self.labels, "counts": self.counts}

    @classmethod
    def from_state(cls, column: Column, state: Mapping[str, Any]) -> Self:
        labels, counts = [str(label) for label in state["labels"]], np.asarray(state["counts"], dtype=np.int64)
        if len(labels) != len(counts) or len(set(labels)) != len(labels):
            raise ValueError(f"labels and counts of column “{column.name}” do not agree")
        codec = cls(column)
        codec._adopt(labels, counts)
        codec._fitted = True
        return codec


class BooleanCodec(Codec):
    """False is 0, true is 1; `counts` says how often each was seen (perhaps never)."""

    kinds: ClassVar[frozenset[Kind]] = frozenset({Kind.BOOLEAN})
    discrete: ClassVar[bool] = True
    labels: ClassVar[tuple[bool, bool]] = (False, True)
    _state_names: ClassVar[tuple[str, ...]] = ("counts",)
    counts: NDArray[np.int64]

    @property
    def size(self) -> int:
        return len(self.labels)

    def _fit(self, values: pd.Series) -> None:
        known = self._numbers(values)
        self.counts = np.bincount(known[~np.isnan(known)].astype(np.int64), minlength=2)

    def _encode(self, values: pd.Series) -> Codes:
        return self._numbers(values)

    def _numbers(self, values: pd.Series) -> Codes:
        try:
            flags = values.astype("boolean")
            return np.asarray(flags.to_numpy(dtype=np.float64, na_value=np.nan), dtype=np.float64)
        except (TypeError, ValueError):
            name = self.column.name
            raise DataError(f"Column “{name}” holds a value that is neither true nor false.", column=name) from None

    def _decode(self, codes: Codes) -> pd.Series:
        missing = np.isnan(codes)
        flags = np.where(missing, 0.0, np.rint(codes)) >= 1
        return pd.Series(pd.arrays.BooleanArray(flags, missing))


def _taken(labels: NDArray[np.object_], codes: Codes) -> NDArray[np.object_]:
    """Labels of (rows,) codes; the last label stands for missing."""
    last = len(labels) - 1
    at = np.where(np.isnan(codes) | (last == 0), last, np.clip(np.rint(codes), 0, max(last - 1, 0)))
    return labels[at.astype(np.int64)]
