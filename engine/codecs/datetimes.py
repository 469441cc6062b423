"""Dates as counts of their own resolution since 1970: days for dates, months for months, seconds for times.

A column with a time zone is counted in UTC where its resolution fits there; days, months and years of a zone (and
hours of one that is half an hour off) are counted on the zone's own clock.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, ClassVar, Self

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from engine.codecs.base import Codes
from engine.codecs.numeric import NumericCodec
from engine.codecs.whole import WholeScale
from engine.errors import DataError
from engine.table.schema import Column, DateFormat, Kind

RESOLUTIONS = ("Y", "M", "D", "h", "m", "s", "ms", "us")  # coarse to fine

Moments = NDArray[np.datetime64]


class DatetimeCodec(NumericCodec):
    """Dates at the schema's resolution where the values fit it, else at the coarsest finer one that they fit.

    resolution: unit of the codes; clock: "utc" or "wall" (the zone's own), on which the units are counted.
    """

    kinds: ClassVar[frozenset[Kind]] = frozenset({Kind.DATETIME})
    resolution: str
    clock: str
    scale: WholeScale

    def _fit(self, values: pd.Series) -> None:
        known = values.dropna()
        zone = getattr(known.dtype, "tz", None)
        self.timezone = None if zone is None else str(zone)
        self.resolution, self.clock = self._coarsest(known)
        self._adopt(WholeScale.of(self._units(known)), empty=not len(known))

    def _adopt(self, scale: WholeScale, *, empty: bool) -> None:
        self.scale, self.empty = scale, empty
        self.low, self.high, self.decimals = scale.low, scale.high, 0

    def _coarsest(self, known: pd.Series) -> tuple[str, str]:
        """First resolution, from the declared one to finer ones, and the clock on which all values are whole units."""
        declared = (self.column.date or DateFormat()).resolution
        clocks = {"utc": _on_clock(known, "utc")}
        if self.timezone is not None:
            clocks["wall"] = _on_clock(known, "wall")
        start = RESOLUTIONS.index(declared) if declared in RESOLUTIONS else 0
        for resolution in RESOLUTIONS[start:]:
            for clock, moments in clocks.items():
                whole = bool((moments.astype(f"M8[{resolution}]") == moments).all())
                if whole and (clock == "utc" or _returns(known, moments)):
                    return resolution, clock
        raise AssertionError("every parsed date is a whole number of microseconds")

    def _units(self, known: pd.Series) -> NDArray[np.int64]:
        moments = _on_clock(known, self.clock).astype(f"M8[{self.resolution}]")
        return np.asarray(moments.astype(np.int64))

    def _encode(self, values: pd.Series) -> Codes:
        known = values.dropna()
        if not pd.api.types.is_datetime64_any_dtype(values.dtype):
            raise DataError(f"Column “{self.column.name}” holds a value that is no date.", column=self.column.name)
        codes = np.full(len(values), np.nan)
        codes[values.notna().to_numpy()] = self.scale.to_codes(self._units(known))
        return codes

    def _decode(self, codes: Codes) -> pd.Series:
        missing = np.isnan(codes) | self.empty
        units = self.scale.to_numbers(np.where(missing, 0.0, codes))
        moments = units.astype(f"M8[{self.resolution}]").astype("M8[us]")
        moments[missing] = np.datetime64("NaT")
        result = pd.Series(moments)
        if self.timezone is None:
            return result
        if self.clock == "utc":
            return result.dt.tz_localize("UTC").dt.tz_convert(self.timezone)
        return _from_wall(result, self.timezone)

    def reaching(self, codes: Codes) -> Self:
        wide = super().reaching(codes)
        wide._adopt(self.scale.reaching(wide.low, wide.high), empty=self.empty)
        return wide

    def place(self, value: Any) -> tuple[float, bool]:
        moment = pd.Timestamp(value).as_unit("us")
        if self.timezone is not None and moment.tzinfo is None:
            moment = moment.tz_localize(self.timezone, ambiguous=True, nonexistent="shift_forward")
        elif self.timezone is not None:
            moment = moment.tz_convert(self.timezone)
        elif moment.tzinfo is not None:
            moment = moment.tz_convert("UTC").tz_localize(None)
        single = pd.Series([moment])
        unit = self._units(single)
        whole = unit.astype(f"M8[{self.resolution}]") == _on_clock(single, self.clock)
        return self.scale.code(int(unit[0])), bool(whole[0])

    def state(self) -> dict[str, Any]:
        self._check()
        own = {"resolution": self.resolution, "clock": self.clock, "timezone": self.timezone, "empty": self.empty}
        return {**self.scale.state(), **own}

    @classmethod
    def from_state(cls, column: Column, state: Mapping[str, Any]) -> Self:
        codec = cls(column)
        codec.resolution, codec.clock, codec.timezone = state["resolution"], state["clock"], state["timezone"]
        if codec.resolution not in RESOLUTIONS:
            raise ValueError(f"unknown resolution {codec.resolution!r}")
        codec._adopt(WholeScale.from_state(state), empty=bool(state["empty"]))
        codec._fitted = True
        return codec


def _on_clock(known: pd.Series, clock: str) -> Moments:
    """(rows,) dates without missing ones as naive microseconds, in UTC or on the zone's own clock."""
    if getattr(known.dtype, "tz", None) is None:
        return np.asarray(known.to_numpy(dtype="M8[us]"))
    zone = "UTC" if clock == "utc" else known.dt.tz
    return np.asarray(known.dt.tz_convert(zone).dt.tz_localize(None).to_numpy(dtype="M8[us]"))


def _from_wall(moments: pd.Series, zone: Any) -> pd.Series:
    """Naive moments on the zone's clock as dates of the zone.

    An hour that the clock skips moves on; of one that it repeats, the first is taken.
    """
    first = np.ones(len(moments), dtype=bool)
    return pd.Series(moments.dt.tz_localize(zone, ambiguous=first, nonexistent="shift_forward"))


def _returns(known: pd.Series, moments: Moments) -> bool:
    """Whether the zone's clock tells all these dates apart (it repeats an hour each autumn)."""
    return bool((_from_wall(pd.Series(moments), known.dt.tz).array == known.array).all())
