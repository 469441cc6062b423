"""Latitudes and longitudes: made-up points in a country, none of whose numbers is a real one."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Any, Self

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from engine.fakers import spaces
from engine.fakers.spaces import Space

# Rough bounds inside the land: south, north, west, east, in degrees.
_BOUNDS = {
    "en_US": (33, 47, -120, -78), "en_CA": (45, 53, -120, -70), "es_MX": (17, 29, -107, -96),
    "pt_BR": (-24, -6, -56, -42), "es_AR": (-39, -25, -68, -58), "es_CL": (-39, -30, -72, -71),
    "es_CO": (2, 8, -76, -71), "en_GB": (51, 54, -3, 0), "en_IE": (52, 54, -9, -7), "de_DE": (48, 53, 8, 13),
    "de_AT": (47, 48, 13, 16), "de_CH": (46.5, 47.4, 7, 9), "fr_FR": (44, 49, 0, 6), "fr_CH": (46.3, 47, 6.5, 7.2),
    "es_ES": (38, 42, -6, -1), "it_IT": (43, 45.5, 8, 12), "nl_NL": (51.7, 53, 5, 6.6),
    "nl_BE": (50.5, 51.2, 3.5, 5.5), "pl_PL": (50, 53.5, 16, 23), "pt_PT": (38, 41, -8.5, -7),
    "sv_SE": (57, 65, 13, 16), "no_NO": (60, 62, 8, 11), "da_DK": (55.3, 56.8, 8.6, 10), "fi_FI": (61, 66, 23, 29),
    "cs_CZ": (49, 50.3, 13, 18), "hu_HU": (46.5, 48, 17, 21), "ro_RO": (44.5, 47, 22, 27),
    "tr_TR": (37.5, 40.5, 29, 42), "en_AU": (-35, -20, 118, 148), "en_IN": (13, 27, 75, 84),
    "ja_JP": (35, 37.5, 136, 140), "zh_CN": (25, 40, 103, 117),
}  # fmt: skip
_WORLD = (-35.0, 60.0, -120.0, 150.0)
_NUMBER = re.compile(r"[-+]?[0-9]+(?:\.[0-9]*)?")
_USUAL = 4  # decimals where none are seen
_MOST = 12


@dataclass(frozen=True)
class Axis:
    """One coordinate on a grid of its decimals, between bounds; numbers near a real one are left out."""

    space: Space  # of grid points, counted from `low`
    low: int  # grid point
    decimals: int

    @classmethod
    def of(cls, values: pd.Series, north: bool, locale: str | None) -> Self:
        """values: texts of the column, or the fitting number of each pair of coordinates."""
        texts = [str(v).strip() for v in values.unique()]
        known = [float(t) for t in texts if _NUMBER.fullmatch(t)]
        decimals = min(_MOST, max([len(t.partition(".")[2]) for t in texts if _NUMBER.fullmatch(t)], default=_USUAL))
        bounds = _BOUNDS.get(locale or "", _WORLD)
        first, last = bounds[:2] if north else bounds[2:]
        while True:
            scale = 10**decimals
            low, end = round(first * scale), round(last * scale)
            real = np.array(
                [round(k * scale) for k in known if first * scale <= k * scale < last * scale], dtype=np.int64
            )
            free = spaces.free_runs(max(end - low, 2), real - low)
            if len(free):
                return cls(Space(free=free, digits_from=0), low, decimals)
            decimals += 1  # every point of the grid is too near to a real one

    def at(self, places: NDArray[np.float64]) -> NDArray[Any]:
        """(n,) texts of the points at `places` between the bounds, each from 0 to below 1."""
        room = self.space.room
        numbers = self.space.numbered(np.minimum((places * room).astype(np.int64), room - 1)) + self.low
        return np.array([f"{n / 10**self.decimals:.{self.decimals}f}" for n in numbers.tolist()], dtype="U")

    def state(self) -> dict[str, Any]:
        return {"space": self.space.state(), "low": self.low, "decimals": self.decimals}

    @classmethod
    def from_state(cls, state: dict[str, Any]) -> Self:
        """Raises ValueError for a grid that cannot be."""
        space, decimals = Space.from_state(state["space"]), int(state["decimals"])
        if space.free is None or not space.room or not 0 <= decimals <= _MOST + 6:
            raise ValueError("a grid of coordinates out of range")
        return cls(space, int(state["low"]), decimals)


@dataclass(frozen=True)
class Points:
    """Values of one column of coordinates: a latitude, a longitude, or both in one text."""

    axes: tuple[Axis, ...]
    between: tuple[str, str, str]  # before, between and behind the numbers of a pair

    @classmethod
    def of(cls, values: pd.Series, provider: str, locale: str | None) -> Self:
        if provider != "coordinates":
            return cls((Axis.of(values, provider == "latitude", locale),), ("", "", ""))
        pairs = [_NUMBER.findall(str(v)) for v in values.unique()]
        pairs = [pair[:2] for pair in pairs if len(pair) >= 2]
        axes = tuple(Axis.of(pd.Series([p[i] for p in pairs], dtype="str"), i == 0, locale) for i in (0, 1))
        marks = pd.Series([_NUMBER.sub("\x1f", str(v), count=2) for v in values]).value_counts()
        parts = marks.index[0].split("\x1f") if len(marks) else []
        before, between, behind = parts if len(parts) == 3 else ("", ", ", "")
        return cls(axes, (before, between, behind))

    def at(self, north: NDArray[np.float64], east: NDArray[np.float64], provider: str) -> NDArray[Any]:
        """(n,) texts; places as in `Axis.at`."""
        if provider != "coordinates":
            return self.axes[0].at(north if provider == "latitude" else east)
        before, between, behind = self.between
        pairs = zip(self.axes[0].at(north), self.axes[1].at(east), strict=True)
        return np.array([f"{before}{a}{between}{b}{behind}" for a, b in pairs], dtype="U")

    def state(self) -> dict[str, Any]:
        return {"axes": [axis.state() for axis in self.axes], "between": list(self.between)}

    @classmethod
    def from_state(cls, state: dict[str, Any]) -> Self:
        axes = tuple(Axis.from_state(axis) for axis in state["axes"])
        before, between, behind = (str(part) for part in state["between"])
        if not 1 <= len(axes) <= 2:
            raise ValueError("coordinates without an axis")
        return cls(axes, (before, between, behind))
