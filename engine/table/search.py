"""Rows of a table that hold a text, in any cell: a bounded look through all of it."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import NDArray

CHUNK = 100_000  # rows looked through before it is asked whether enough were found
_IN_NUMBERS = frozenset("0123456789.+-einfa")  # what numbers are written with; "inf" and "nan" are of these letters


@dataclass(frozen=True, slots=True)
class Found:
    """places: of the rows, counted from 0 and rising; all: whether there are no further ones."""

    places: tuple[int, ...]
    all: bool


def find_rows(frame: pd.DataFrame, text: str, most: int) -> Found:
    """The first `most` rows of which a cell holds `text`, as the table writes it; upper and lower case are the same.

    A text of blanks alone is in no row. Work: one pass over the table, ended as soon as enough rows are found.
    """
    wanted = text.strip()
    places: list[int] = []
    if not wanted:
        return Found((), all=True)
    for start in range(0, len(frame), CHUNK):
        part = frame.iloc[start : start + CHUNK]
        holds = np.zeros(len(part), dtype=bool)
        for place in range(part.shape[1]):
            holds |= _holds(part.iloc[:, place], wanted)
        places += (start + np.flatnonzero(holds)).tolist()
        if len(places) > most:
            return Found(tuple(places[:most]), all=False)
    return Found(tuple(places), all=True)


def _holds(cells: pd.Series, wanted: str) -> NDArray[np.bool_]:
    """Which cells hold it. Numbers, which would have to be written first, are passed over where they cannot."""
    number = pd.api.types.is_numeric_dtype(cells.dtype) and not pd.api.types.is_bool_dtype(cells.dtype)
    if number and not _IN_NUMBERS.issuperset(wanted.lower()):
        return np.zeros(len(cells), dtype=bool)
    found = _written(cells).str.contains(wanted, case=False, regex=False, na=False)
    return found.to_numpy(dtype=bool)


def _written(cells: pd.Series) -> pd.Series:
    if not pd.api.types.is_float_dtype(cells.dtype):
        return cells.astype("str")
    import pyarrow as pa

    # Ten times quicker than pandas; 1.0 is written as 1.
    text: pd.Series = pa.array(cells, from_pandas=True).cast(pa.string()).to_pandas()
    return text.astype("str")
