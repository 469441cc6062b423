"""Where a histogram's bins lie: the same for both tables, on round numbers, whole numbers or the calendar."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Literal

import numpy as np

from engine.evaluation.base import FloatArray
from engine.table.schema import Column, Kind

UNIT_BINS = 100  # whole numbers up to this many get a bin each
MOST_BINS, FEWEST_BINS = 60, 20
ATOM = 0.1  # the least or greatest value is drawn apart from the bins when it has this share of the real rows
INNER_ATOM = 0.25  # any other value, when it has this share
ATOMS = 3  # at most
HEAVY = 10.0  # the 99.9% quantile over the median, above which positive numbers are shown on a log axis
WIDE = 10.0  # greatest over least value, from which a log axis can be asked for
MOST_DECIMALS = 15  # above, a column uses all that float64 has, and has no step
# Numbers beyond are in the outermost bins, closer ones in the same bin: differences and densities stay within float64.
FARTHEST, CLOSEST = float(np.finfo(np.float64).max) / 64, 1e-304
STRETCH = 3.0  # full range over the middle 99%, above which the outermost bins take the rest in
MICROSECONDS = {"s": 10**6, "m": 60 * 10**6, "h": 3600 * 10**6, "D": 86_400 * 10**6, "W": 7 * 86_400 * 10**6}
MONDAY = 4 * MICROSECONDS["D"]  # 1970-01-05
RESOLUTIONS = {"us": "s", "ms": "s", "s": "s", "m": "m", "h": "h", "D": "D", "M": "M", "Y": "Y"}
CALENDAR = ("s", "m", "h", "D", "W", "M", "Q", "Y", "5Y", "10Y", "50Y", "100Y")
MONTHS = {"M": 1, "Q": 3, "Y": 12, "5Y": 60, "10Y": 120, "50Y": 600, "100Y": 1200}

Scale = Literal["auto", "linear", "log"]


@dataclass(frozen=True, slots=True)
class Bins:
    """edges: rising, one more than bins (dates: microseconds since 1970), each bin closed on the left.

    unit: what a bin is ("integer", "range", or of the calendar such as "M"); atoms: values kept out of the bins;
    open_low, open_high: whether the first and last bin also hold everything beyond them; loggable: whether the bins
    can be those of a log axis.
    """

    edges: FloatArray
    unit: str = "range"
    log: bool = False
    atoms: tuple[float, ...] = ()
    open_low: bool = False
    open_high: bool = False
    loggable: bool = False


def choose(real: FloatArray, both: FloatArray, column: Column, scale: Scale = "auto") -> Bins:
    """Bins for a numeric or date column.

    real: present real values, which decide on atoms and shape; both: those of all tables, which decide on the range.
    At least one value is needed in each. scale: a log axis where the values ask for it ("auto") or wherever there can
    be one ("log"), which takes numbers above zero that differ by a factor of ten.
    """
    if column.kind is Kind.DATETIME:
        return _calendar(real, both, column)
    atoms = _atoms(real)
    rest = _without(both, atoms)
    loggable = len(rest) > 0 and bool(rest.min() >= np.finfo(np.float64).tiny and rest.max() / WIDE >= rest.min())
    return replace(_numeric(real, both, column, atoms, scale if loggable else "linear"), loggable=loggable)


def _numeric(real: FloatArray, both: FloatArray, column: Column, atoms: tuple[float, ...], scale: Scale) -> Bins:
    stepped = column.kind is Kind.INTEGER or (column.number is not None and column.decimals <= MOST_DECIMALS)
    unit = 10.0**-column.decimals if stepped else 0.0
    low, high = (float(np.clip(end, -FARTHEST, FARTHEST)) for end in (both.min(), both.max()))
    if scale != "log" and unit and high - low <= UNIT_BINS * unit * (1 if column.kind is Kind.INTEGER else 0.6):
        steps = np.arange(round(low / unit), round(high / unit) + 2, dtype=np.float64) * unit
        return Bins(steps - unit / 2, "integer" if column.kind is Kind.INTEGER else "range")
    rest_real, rest = _without(real, atoms), _without(both, atoms)
    if not len(rest_real):
        rest_real = rest
    if not len(rest):
        return Bins(_around(low, high, unit), atoms=atoms)
    below, above = bool(rest.min() < -FARTHEST), bool(rest.max() > FARTHEST)
    rest_real, rest = (np.clip(values, -FARTHEST, FARTHEST) for values in (rest_real, rest))
    heavy = scale == "auto" and np.quantile(rest_real, 0.999) > HEAVY * np.median(rest_real)
    if heavy or scale == "log":
        found = Bins(_geometric(float(rest.min()), float(rest.max()), unit), log=True, atoms=atoms)
    else:
        found = _linear(rest_real, rest, unit, atoms)
    return replace(found, open_low=found.open_low or below, open_high=found.open_high or above)


def _atoms(real: FloatArray) -> tuple[float, ...]:
    """Values that many real rows share: at the ends of the range (an excess of zeros) sooner than within it."""
    values, counts = np.unique(real, return_counts=True)
    found: list[float] = []
    while len(found) < ATOMS and len(values) > 1:
        shares = counts / len(real)
        need = np.full(len(values), INNER_ATOM)
        need[[0, -1]] = ATOM
        top = int(np.argmax(shares - need))
        if shares[top] < need[top]:
            break
        found.append(float(values[top]))
        values, counts = np.delete(values, top), np.delete(counts, top)
    return tuple(sorted(found))


def _without(values: FloatArray, atoms: tuple[float, ...]) -> FloatArray:
    return values[~np.isin(values, atoms)] if atoms else values


def _around(low: float, high: float, unit: float) -> FloatArray:
    """One bin around all values."""
    margin = unit / 2 or max(abs(high), 1.0) / 2
    return np.array([low - margin, high + margin])


def _span(real: FloatArray, both: FloatArray) -> tuple[float, float, bool, bool]:
    """The range to draw, and whether something lies below or above it."""
    low, high = float(both.min()), float(both.max())
    inner_low, inner_high = (float(q) for q in np.quantile(real, [0.005, 0.995]))
    if not inner_high > inner_low or high - low <= STRETCH * (inner_high - inner_low):
        return low, high, False, False
    margin = (inner_high - inner_low) / 2
    shown_low, shown_high = max(low, inner_low - margin), min(high, inner_high + margin)
    return shown_low, shown_high, shown_low > low, shown_high < high


def _linear(real: FloatArray, both: FloatArray, unit: float, atoms: tuple[float, ...]) -> Bins:
    """Round steps, as many bins as Freedman and Diaconis (1981) ask for, within reason."""
    low, high, open_low, open_high = _span(real, both)
    if not high - low > CLOSEST:
        return Bins(_around(low, high, unit), atoms=atoms)
    quartiles = np.quantile(real, [0.25, 0.75])
    width = 2 * float(quartiles[1] - quartiles[0]) / np.cbrt(len(real))
    narrowest, widest = (high - low) / MOST_BINS, (high - low) / FEWEST_BINS
    bins = (high - low) / np.clip(width, narrowest, widest) if width > 0 else MOST_BINS
    step = max(_round_step((high - low) / bins), unit)
    first = np.floor(low / step)
    count = int(np.floor(high / step) - first) + 1
    count += (first + count) * step - unit / 2 < high  # where the quotient was rounded down from a whole number
    return Bins((first + np.arange(count + 1)) * step - unit / 2, "range", False, atoms, open_low, open_high)


def _round_step(step: float) -> float:
    """The nearest of 1, 2, 2.5, 5 times a power of ten, from above."""
    power = 10.0 ** np.floor(np.log10(step))
    return float(next(m * power for m in (1.0, 2.0, 2.5, 5.0, 10.0) if m * power >= step * 0.999999))


def _geometric(low: float, high: float, unit: float) -> FloatArray:
    """Edges that grow by a constant factor; moved between the values that the column can take."""
    count = int(np.clip(round((np.log10(high) - np.log10(low)) * 12), 10, MOST_BINS))
    edges = np.geomspace(low, high, count + 1)
    if not unit:
        edges[-1] = np.nextafter(high, np.inf)
        return edges
    snapped = np.unique(np.round(edges / unit)) * unit - unit / 2
    return np.append(snapped, (np.round(high / unit) + 0.5) * unit)


def _calendar(real: FloatArray, both: FloatArray, column: Column) -> Bins:
    """The finest steps of the calendar that keep the bins few, but not finer than the column's own."""
    low, high, open_low, open_high = _span(real, both)
    finest = CALENDAR.index(RESOLUTIONS.get(column.date.resolution if column.date else "D", "D"))
    for unit in CALENDAR[finest:]:
        edges = _calendar_edges(low, high, unit)
        if len(edges) - 1 <= MOST_BINS * 1.4:
            break
    return Bins(edges, unit, False, (), open_low, open_high)


def _calendar_edges(low: float, high: float, unit: str) -> FloatArray:
    """Starts of the calendar steps that cover low..high, and the end of the last. At most some 1,000."""
    if unit in MICROSECONDS:
        step, origin = MICROSECONDS[unit], MONDAY if unit == "W" else 0
        first, last = int((low - origin) // step), int((high - origin) // step)
        steps = np.arange(first, min(last, first + 1000) + 2, dtype=np.float64)
        return np.asarray(steps * step + origin)
    months = MONTHS[unit]
    ends = np.array([low, high]).astype("int64").astype("datetime64[us]").astype("datetime64[M]").astype("int64")
    # Counted from year 0, so that decades begin where people expect them.
    first, last = (int(e + 1970 * 12) // months for e in ends)
    counted = (np.arange(first, min(last, first + 1000) + 2) * months - 1970 * 12).astype("datetime64[M]")
    return counted.astype("datetime64[us]").astype("int64").astype(np.float64)
