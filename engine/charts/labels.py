"""Words for values, bins and sides of a comparison. All results are plain text; `theme.safe` makes them drawable."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import numpy as np

from engine.charts.theme import NAMES, percent
from engine.evaluation.binning import MONTHS
from engine.evaluation.distributions import ColumnComparison, Side
from engine.table.schema import Kind

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_DAY = 86_400_000_000  # microseconds
_STAMPS = {"s": "%Y-%m-%d %H:%M:%S", "m": "%Y-%m-%d %H:%M", "h": "%Y-%m-%d %H:00", "M": "%b %Y"}


def iso(microseconds: float) -> str:
    """A date for Plotly's date axes."""
    return str(np.datetime64(int(microseconds), "us"))


def stamp(microseconds: float, unit: str = "D") -> str:
    """A date for people, as fine as `unit`. Years beyond 1 to 9999 are written as numbers say them."""
    try:
        moment = _EPOCH + timedelta(microseconds=microseconds)
    except OverflowError:
        return iso(microseconds)[:10]
    if unit == "Q":
        return f"Q{(moment.month + 2) // 3} {moment.year}"
    if unit.endswith("Y"):
        return str(moment.year)
    return moment.strftime(_STAMPS.get(unit, "%Y-%m-%d"))


def number(value: float, decimals: int | None = None) -> str:
    """A number for people: thousands apart, no digits that mean nothing."""
    if decimals is not None and abs(value) < 1e15:
        return f"{value:,.{decimals}f}" if decimals else f"{round(value):,}"
    text = f"{value:,.4g}" if abs(value) < 1e4 else f"{value:,.0f}"
    return text if abs(value) < 1e15 else f"{value:.4g}"


def value(comparison: ColumnComparison, x: float) -> str:
    """A value of the column, with its unit."""
    if comparison.kind is Kind.DATETIME:
        return _moment(comparison, x)
    return f"{comparison.prefix}{number(x, comparison.decimals)}{comparison.suffix}"


def clock(comparison: ColumnComparison) -> bool:
    """Whether the column holds times of day, which all stand on 1970-01-01."""
    within = comparison.edges[0] >= 0 and comparison.edges[-1] <= _DAY + 3_600_000_000
    return comparison.kind is Kind.DATETIME and comparison.unit in ("s", "m", "h") and within


def _moment(comparison: ColumnComparison, x: float) -> str:
    shown = stamp(x, comparison.unit)
    return shown.rpartition(" ")[2] if clock(comparison) else shown


def bin_label(comparison: ColumnComparison, index: int) -> str:
    """What the bin holds, in words."""
    low, high = comparison.edges[index], comparison.edges[index + 1]
    if comparison.open_low and index == 0:
        return f"before {stamp(high, 'D')}" if comparison.kind is Kind.DATETIME else f"under {value(comparison, high)}"
    if comparison.open_high and index == len(comparison.edges) - 2:
        return f"{_first(comparison, low)} and {'later' if comparison.kind is Kind.DATETIME else 'more'}"
    if comparison.kind is Kind.DATETIME:
        return _moment(comparison, low) if clock(comparison) else _period(low, high, comparison.unit)
    if comparison.unit == "integer":
        return value(comparison, (low + high) / 2)
    return f"{_first(comparison, low)} to {_last(comparison, high)}"


def _first(comparison: ColumnComparison, low: float) -> str:
    if comparison.kind is Kind.DATETIME:
        return _moment(comparison, low)
    return value(comparison, low + _half(comparison))


def _last(comparison: ColumnComparison, high: float) -> str:
    return value(comparison, high - _half(comparison))


def _half(comparison: ColumnComparison) -> float:
    """Half a step of the column's own, by which edges lie between its values."""
    return 0.0 if comparison.decimals is None else 0.5 * 10.0**-comparison.decimals


def _period(low: float, high: float, unit: str) -> str:
    if unit == "W":
        return f"week of {stamp(low, 'D')}"
    if unit in MONTHS and MONTHS[unit] > 12:
        return f"{stamp(low, 'Y')} to {stamp(high - 1, 'Y')}"
    return stamp(low, unit)


def line(name: str, side: Side, count: int) -> str:
    """One table's share of rows, for a hover text."""
    share = count / side.rows if side.rows else 0.0
    return f"{NAMES[name]}: {percent(share)} ({count:,} rows)"


def missing_note(comparison: ColumnComparison) -> str:
    """Both missing rates, or nothing where no value is missing."""
    if not (comparison.real.missing or comparison.synthetic.missing):
        return ""
    real, synthetic = comparison.real.missing_share, comparison.synthetic.missing_share
    return f"missing: real {percent(real)}, synthetic {percent(synthetic)}"


def axis_title(comparison: ColumnComparison) -> str:
    """The column's name with its unit, where the source writes one, and a word on the scale."""
    unit = (comparison.prefix or comparison.suffix).strip()
    notes = [part for part in (unit, "log scale" if comparison.log else "") if part]
    return comparison.name + (f" ({', '.join(notes)})" if notes else "")
