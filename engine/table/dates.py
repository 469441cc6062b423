"""Dates as text and back, by an explicit pattern. `engine.table.dateguess` finds the pattern of a column.

Patterns are those of strptime with a few additions (see `DateFormat`). Times of day without a date stand on 1970-01-01.
"""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Callable

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from engine.table.schema import DATE_TOKEN, DateFormat

EPOCH_UNITS = ("s", "ms", "us", "ns")
RESOLUTIONS = ("Y", "M", "D", "h", "m", "s", "ms", "us")  # coarse to fine
_PLAIN_TOKENS = {"%-d": "%d", "%-m": "%m", "%-H": "%H", "%-I": "%I", "%3f": "%f", "%6f": "%f", "%P": "%p", "%:z": "%z"}
_TWO = np.array([f"{i:02d}" for i in range(100)], dtype=object)
_ONE = np.array([str(i) for i in range(100)], dtype=object)
_MONTHS = [
    "January", "February", "March", "April", "May", "June", "July", "August", "September", "October", "November",
    "December",
]  # fmt: skip
_DAYS = ["Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday"]
_ISO = re.compile(r"\d{4}-\d{1,2}(-\d{1,2}([T ]\d{1,2}:\d{2}(:\d{2}([.,]\d{1,9})?)?\s?(Z|[+-]\d{2}:?\d{2})?)?)?")
_US = "datetime64[us]"
Strings = NDArray[np.object_]


def dtype_of(fmt: DateFormat) -> str | pd.DatetimeTZDtype:
    """The canonical dtype of a date column: microseconds, in the column's time zone where it has one."""
    return _US if fmt.timezone is None else pd.DatetimeTZDtype("us", zone_of(fmt.timezone))


def zone_of(name: str) -> dt.tzinfo:
    """The time zone of a name that a schema holds. Raises ValueError for an unknown one."""
    try:
        zone = pd.DatetimeTZDtype("us", name).tz
    except Exception as error:  # pandas raises whatever zoneinfo or its own parser does
        raise ValueError(f"unknown time zone “{name}”") from error
    assert isinstance(zone, dt.tzinfo)
    return zone


def empty(rows: int, fmt: DateFormat) -> pd.Series:
    return pd.Series(np.full(rows, np.datetime64("NaT", "us")), dtype=_US).pipe(_zoned, fmt)


def to_dates(texts: pd.Series, fmt: DateFormat) -> pd.Series:
    """(n,) cells -> dates in the canonical dtype, missing where a cell is neither in the pattern nor an ISO date."""
    texts = texts.astype("str").str.strip()
    if fmt.pattern.startswith("epoch:"):
        result = from_epoch(pd.to_numeric(texts, errors="coerce"), fmt)
    else:
        result = by_pattern(texts, fmt)
    left = (result.isna() & texts.notna()).to_numpy()
    if left.any():
        iso = from_iso(texts[left], fmt)
        result = result.copy()
        result[left] = iso.to_numpy() if fmt.timezone is None else iso
    return result


def by_pattern(texts: pd.Series, fmt: DateFormat) -> pd.Series:
    """(n,) cells -> dates, missing where a cell is not in the pattern."""
    pattern = DATE_TOKEN.sub(lambda m: _PLAIN_TOKENS.get(m[0], m[0]), fmt.pattern)
    offsets = "%z" in pattern
    try:
        found = pd.to_datetime(texts, format=pattern, errors="coerce", utc=offsets)
    except (ValueError, OverflowError, re.error):  # such as a pattern that names the same part twice
        return empty(len(texts), fmt).set_axis(texts.index)
    found = found.dt.as_unit("us")
    if not re.search(r"%[Yy]", pattern):
        found = found + (np.datetime64("1970-01-01", "us") - np.datetime64("1900-01-01", "us"))
    if offsets:
        return found.dt.tz_convert(zone_of(fmt.timezone or "UTC"))
    return _zoned(found, fmt)


def from_iso(texts: pd.Series, fmt: DateFormat) -> pd.Series:
    """(n,) ISO dates with or without time and offset -> canonical dates; missing where a cell is none."""
    iso = texts.where(texts.str.fullmatch(_ISO).fillna(False).astype(bool))
    offset = iso.str.contains(r":.*(?:Z|[+-]\d{2}:?\d{2})$").fillna(False).astype(bool)
    naive = pd.to_datetime(iso.where(~offset), format="ISO8601", errors="coerce").dt.as_unit("us").pipe(_zoned, fmt)
    if not offset.any():
        return naive
    aware = pd.to_datetime(iso.where(offset), format="ISO8601", errors="coerce", utc=True).dt.as_unit("us")
    return naive.where(~offset, _in_zone(aware, fmt))


def from_epoch(counts: pd.Series, fmt: DateFormat) -> pd.Series:
    """(n,) numbers of the pattern's unit since 1970 -> canonical dates; missing where there is no number."""
    unit = fmt.pattern.removeprefix("epoch:")
    known = counts.notna().to_numpy()
    whole = counts.astype("Int64").fillna(0).to_numpy(dtype=np.int64)
    factor = {"s": 1_000_000, "ms": 1_000, "us": 1, "ns": 1}[unit]
    most = 2**63 - 1 if unit == "ns" else 2**62 // factor
    fits = known & (whole >= -most) & (whole <= most)
    micros = np.where(fits, whole, 0) * factor // (1_000 if unit == "ns" else 1)
    moments = micros.astype("M8[us]")
    moments[~fits] = np.datetime64("NaT")
    utc = pd.Series(moments, index=counts.index).dt.tz_localize("UTC")
    return _in_zone(utc, fmt)


def to_epoch(dates: pd.Series, fmt: DateFormat) -> NDArray[np.int64]:
    """(n,) dates, none missing -> counts of the pattern's unit since 1970."""
    if dates.dt.tz is not None:
        dates = dates.dt.tz_convert("UTC").dt.tz_localize(None)
    micros = dates.to_numpy(dtype="M8[us]").astype(np.int64)
    unit = fmt.pattern.removeprefix("epoch:")
    return micros * 1_000 if unit == "ns" else micros // {"s": 1_000_000, "ms": 1_000, "us": 1}[unit]


def adapt(dates: pd.Series, fmt: DateFormat) -> pd.Series:
    """Dates of any unit and zone -> the canonical dtype. A naive time is taken as one in the column's zone."""
    dates = dates.dt.as_unit("us")
    return _zoned(dates, fmt) if dates.dt.tz is None else _in_zone(dates, fmt)


def _zoned(naive: pd.Series, fmt: DateFormat) -> pd.Series:
    if fmt.timezone is None:
        return naive
    zone = zone_of(fmt.timezone)
    # Clock times that a change to summer time skips are moved forward, doubled ones are read as the first.
    first = np.ones(len(naive), dtype=bool)
    return pd.Series(naive.dt.tz_localize(zone, nonexistent="shift_forward", ambiguous=first))


def _in_zone(aware: pd.Series, fmt: DateFormat) -> pd.Series:
    if fmt.timezone is None:
        return pd.Series(aware.dt.tz_convert("UTC").dt.tz_localize(None))
    return pd.Series(aware.dt.tz_convert(zone_of(fmt.timezone)))


def resolution(dates: pd.Series) -> str:
    """The coarsest unit that all dates are whole multiples of, on their own clock; "D" when there is none."""
    known = dates.dropna()
    if not len(known):
        return "D"
    moments = (known if known.dt.tz is None else known.dt.tz_localize(None)).to_numpy(dtype="M8[us]")
    few = len(np.unique(moments)) < 3  # two dates on the first of a month do not make the column monthly
    for unit in RESOLUTIONS[2:] if few else RESOLUTIONS:
        if bool((moments.astype(f"M8[{unit}]") == moments).all()):
            return unit
    return "us"


def iso_pattern(finest: str, *, zoned: bool) -> str:
    """The pattern in which dates without a written form of their own are put as text."""
    if finest in ("Y", "M", "D") and not zoned:
        return "%Y-%m-%d"
    time = {"ms": "%H:%M:%S.%3f", "us": "%H:%M:%S.%f"}.get(finest, "%H:%M:%S")
    return f"%Y-%m-%d {time}" + ("%:z" if zoned else "")


def write(dates: pd.Series, fmt: DateFormat) -> list[str]:
    """(n,) dates, none missing, as cells of the format."""
    if not len(dates):
        return []
    if fmt.pattern.startswith("epoch:"):
        return [str(v) for v in to_epoch(dates, fmt).tolist()]
    parts = DATE_TOKEN.split(fmt.pattern)
    tokens = DATE_TOKEN.findall(fmt.pattern)
    cells: Strings = np.full(len(dates), parts[0], dtype=object)
    for token, literal in zip(tokens, parts[1:], strict=True):
        cells = cells + _WRITERS[token](dates) + literal
    return list(cells)


def writable(pattern: str) -> bool:
    """Whether every part of the pattern can be written."""
    return pattern.removeprefix("epoch:") in EPOCH_UNITS or all(t in _WRITERS for t in DATE_TOKEN.findall(pattern))


def _padded(part: str) -> Callable[[pd.Series], Strings]:
    return lambda dates: _TWO[getattr(dates.dt, part).to_numpy()]


def _unpadded(part: str) -> Callable[[pd.Series], Strings]:
    return lambda dates: _ONE[getattr(dates.dt, part).to_numpy()]


def _named(part: str, names: list[str], length: int | None = None) -> Callable[[pd.Series], Strings]:
    table = np.array([n[:length] for n in names], dtype=object)
    first = 1 if part == "month" else 0
    return lambda dates: table[getattr(dates.dt, part).to_numpy() - first]


def _years(dates: pd.Series) -> Strings:
    return _strings(dates.dt.year, "04d")


def _strings(numbers: pd.Series, spec: str) -> Strings:
    codes, distinct = pd.factorize(numbers.to_numpy())
    return np.array([format(int(v), spec) for v in distinct], dtype=object)[codes]


def _halves(names: tuple[str, str]) -> Callable[[pd.Series], Strings]:
    table = np.array(names, dtype=object)
    return lambda dates: table[(dates.dt.hour.to_numpy() >= 12).astype(int)]


def _hours12(table: Strings) -> Callable[[pd.Series], Strings]:
    return lambda dates: table[(dates.dt.hour.to_numpy() - 1) % 12 + 1]


def _offsets(colon: str) -> Callable[[pd.Series], Strings]:
    def write_offsets(dates: pd.Series) -> Strings:
        if dates.dt.tz is None:
            return np.full(len(dates), f"+00{colon}00", dtype=object)
        wall = dates.dt.tz_localize(None).to_numpy(dtype="M8[us]")
        utc = dates.dt.tz_convert("UTC").dt.tz_localize(None).to_numpy(dtype="M8[us]")
        minutes = (wall - utc).astype(np.int64) // 60_000_000
        codes, distinct = pd.factorize(minutes)
        text = [f"{'-' if m < 0 else '+'}{abs(m) // 60:02d}{colon}{abs(m) % 60:02d}" for m in distinct.tolist()]
        return np.array(text, dtype=object)[codes]

    return write_offsets


_WRITERS: dict[str, Callable[[pd.Series], Strings]] = {
    "%Y": _years,
    "%y": lambda dates: _TWO[dates.dt.year.to_numpy() % 100],
    "%m": _padded("month"),
    "%-m": _unpadded("month"),
    "%d": _padded("day"),
    "%-d": _unpadded("day"),
    "%b": _named("month", _MONTHS, 3),
    "%B": _named("month", _MONTHS),
    "%a": _named("day_of_week", _DAYS, 3),
    "%A": _named("day_of_week", _DAYS),
    "%H": _padded("hour"),
    "%-H": _unpadded("hour"),
    "%I": _hours12(_TWO),
    "%-I": _hours12(_ONE),
    "%M": _padded("minute"),
    "%S": _padded("second"),
    "%f": lambda dates: _strings(dates.dt.microsecond, "06d"),
    "%6f": lambda dates: _strings(dates.dt.microsecond, "06d"),
    "%3f": lambda dates: _strings(dates.dt.microsecond // 1000, "03d"),
    "%p": _halves(("AM", "PM")),
    "%P": _halves(("am", "pm")),
    "%z": _offsets(""),
    "%:z": _offsets(":"),
    "%%": lambda dates: np.full(len(dates), "%", dtype=object),
}
