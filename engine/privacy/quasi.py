"""Chosen quasi-identifiers: who is singled out by them, what can be linked through them, and how many share them.

Quasi-identifiers are columns that an outsider may know of a person (age, place, job). Both rates are counted in the
same way for members and controls, so that their difference is owed to training alone. The questions are two of the
three of the Article 29 Working Party (WP216, 2014); the counts follow k-map (El Emam and Dankar 2008, Protecting
Privacy Using k-Anonymity).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from engine.errors import SettingsError
from engine.evaluation.base import FloatArray
from engine.privacy.comparison import Hits
from engine.privacy.encoding import Encoded, Matrix
from engine.privacy.nearest import Check, nearest_by
from engine.privacy.split import Rows

DISTINCT = 100  # values of a number; with more it counts by groups
GROUPS = 20  # of equal size
BOUNDS = (1, 2, 5, 10)  # training rows that share a combination: 0, 1, 2 to 4, 5 to 9, 10 or more
SIZES = ("0", "1", "2 to 4", "5 to 9", "10 or more")


@dataclass(frozen=True, slots=True)
class Sharing:
    """Share of rows whose combination 0, 1, 2 to 4, ... training rows have: synthetic ones, and fresh real ones."""

    columns: tuple[str, ...]
    synthetic: tuple[float, ...]
    fresh: tuple[float, ...]
    sizes: tuple[str, ...] = SIZES

    def to_json(self) -> dict[str, Any]:
        return {key: list(value) for key, value in asdict(self).items()}

    @classmethod
    def from_json(cls, data: Mapping[str, Any]) -> Sharing:
        return cls(**{key: tuple(data[key]) for key in ("columns", "synthetic", "fresh", "sizes")})


def check_columns(columns: Sequence[str], encoded: Encoded) -> list[int]:
    """Where the quasi-identifiers stand. Raises SettingsError for one that is not compared."""
    for name in columns:
        if name not in encoded.names:
            raise SettingsError(f"“{name}” is no column that is learned, so nothing is known by it.", column=name)
    return [encoded.names.index(name) for name in columns]


def found_by(columns: Sequence[str], encoded: Encoded, check: Check) -> tuple[list[Hits], Sharing]:
    """Who is singled out and, where other columns are left, linked; and how many training rows share a combination."""
    at = check_columns(columns, encoded)
    cells = _cells(encoded, at)
    names = tuple(columns)
    what = "the person alone has these values among all real rows, and exactly one synthetic row has them"
    found = [Hits("singling_out", what, _singled_out(cells), names)]
    if len(at) < len(encoded.names):
        what = "the synthetic row nearest by these columns tells the others better than the nearest other real row"
        found.append(Hits("linking", what, _linked(encoded, at, check), names))
    return found, _sharing(names, cells)


def _cells(encoded: Encoded, at: list[int]) -> dict[str, Rows]:
    """Of each table, the number of each row's combination, the same in all."""
    sides = [*encoded.tables]
    lengths = np.cumsum([encoded[side].shape[-1] for side in sides])[:-1]
    found = np.zeros(sum(encoded[side].shape[-1] for side in sides), dtype=np.intp)
    for c in at:
        values = np.concatenate([encoded[side][c, 0] for side in sides])
        grouped = _grouped(values) if encoded.numeric[c] else values
        states, inverse = np.unique(grouped, return_inverse=True)
        found = np.unique(found * len(states) + inverse, return_inverse=True)[1].astype(np.intp)
    return dict(zip(sides, np.split(found, lengths), strict=True))


def _grouped(values: Matrix) -> Matrix:
    """Ranks as they are, or in groups where they are many."""
    if len(np.unique(values)) <= DISTINCT:
        return values
    return np.where(values > 1, values, np.minimum(np.floor(values * GROUPS), GROUPS - 1)).astype(np.float32)


def _singled_out(cells: Mapping[str, Rows]) -> FloatArray:
    pool = np.concatenate([cells["members"], cells["controls"]])
    size = int(max(side.max(initial=0) for side in cells.values())) + 1
    made = np.bincount(cells["synthetic"], minlength=size)
    real = sum(np.bincount(cells[side], minlength=size) for side in ("train", "controls", "reference"))
    return np.asarray((made[pool] == 1) & (np.asarray(real)[pool] == 1), dtype=np.float64)


def _linked(encoded: Encoded, at: list[int], check: Check) -> FloatArray:
    """1 where the synthetic row is nearer in the other columns than the reference row, a half where it is as near."""
    made, real = (nearest_by(encoded.pool, encoded[side], at, check).rest for side in ("synthetic", "reference"))
    return np.asarray((made < real) + 0.5 * (made == real), dtype=np.float64)


def _sharing(names: tuple[str, ...], cells: Mapping[str, Rows]) -> Sharing:
    size = int(max(side.max(initial=0) for side in cells.values())) + 1
    known = np.bincount(cells["train"], minlength=size)
    return Sharing(names, _shares(known[cells["synthetic"]]), _shares(known[cells["reference"]]))


def _shares(counts: NDArray[np.intp]) -> tuple[float, ...]:
    found = np.bincount(np.searchsorted(BOUNDS, counts, "right"), minlength=len(SIZES))
    return tuple(float(share) for share in found / max(len(counts), 1))
