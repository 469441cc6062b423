"""Between values and codes: conditions turned into conditions on codes, and codes that a model holds into values."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

import numpy as np
import pandas as pd

from engine.codecs.base import Codec
from engine.codecs.grid import CodeCondition
from engine.codecs.numeric import NumericCodec, rounded
from engine.codecs.table import TableCodec
from engine.conditions import Condition
from engine.errors import ConditionError, DataError
from engine.table.schema import CANONICAL_DTYPES, Kind


def code_demands(given: Sequence[Condition], codec: TableCodec) -> dict[int, CodeCondition]:
    """The demand on each column, by its number.

    Values that a number cannot take are left out of a set; ranges are cut to the observed one. Raises ConditionError
    for a second condition on a column, an unknown category, and when nothing that training saw is left.
    """
    places = {column.column.name: j for j, column in enumerate(codec.codecs)}
    demands: dict[int, CodeCondition] = {}
    for condition in given:
        j = places[condition.column]
        if j in demands:
            raise refusal(condition, "the column is given twice; use one condition, such as a range")
        demands[j] = code_demand(condition, codec.codecs[j])
    return demands


def code_demand(condition: Condition, codec: Codec) -> CodeCondition:
    """One condition as one on the codec's numbers."""
    missing = condition.values is not None and None in condition.values
    if not isinstance(codec, NumericCodec):
        return CodeCondition(values=_known_codes(condition, codec), missing=missing)
    try:
        if condition.values is None:
            low, high = _range(condition, codec)
            demand = CodeCondition(low=low, high=high)
            empty = low > high
        else:
            values = _reachable([v for v in condition.values if v is not None], codec)
            demand = CodeCondition(values=values, missing=missing)
            empty = not len(values) and not missing
    except (TypeError, ValueError, OverflowError):
        raise refusal(condition, f"this is no value of a column of kind {codec.column.kind}") from None
    if empty:
        raise refusal(condition, _reason(codec))
    return demand


def both(first: CodeCondition, second: CodeCondition) -> CodeCondition:
    """What fulfils two conditions on the same numbers."""
    if first.values is None and second.values is None:
        return CodeCondition(low=max(first.low, second.low), high=min(first.high, second.high))
    if first.values is None:
        first, second = second, first
    values = np.empty(0) if first.values is None else first.values
    if second.values is None:
        return CodeCondition(values=values[(values >= second.low) & (values <= second.high)])
    return CodeCondition(values=np.intersect1d(values, second.values), missing=first.missing and second.missing)


def refusal(condition: Condition, reason: str) -> ConditionError:
    return ConditionError(f"“{condition.describe()}” cannot be fulfilled: {reason}.", column=condition.column)


def _known_codes(condition: Condition, codec: Codec) -> np.ndarray[Any, np.dtype[np.float64]]:
    if condition.values is None:
        raise refusal(condition, f"the column is {codec.column.kind} and knows no ranges")
    wanted = [v for v in condition.values if v is not None]
    if not wanted:
        return np.empty(0)
    try:
        dtype: Any = CANONICAL_DTYPES[codec.column.kind]
        return codec.encode(pd.Series(wanted, dtype=dtype))
    except (DataError, TypeError, ValueError):
        raise refusal(condition, "training saw no such value in the column") from None


def _reachable(values: list[Any], codec: NumericCodec) -> np.ndarray[Any, np.dtype[np.float64]]:
    placed = [codec.place(value) for value in values]
    inside = [code for code, exact in placed if exact and codec.low <= code <= codec.high and not codec.empty]
    return np.array(sorted(set(inside)), dtype=np.float64)


def _range(condition: Condition, codec: NumericCodec) -> tuple[float, float]:
    """Closed range of codes, cut to the observed one; its first end is above its last when nothing is left."""
    low, high = codec.low, codec.high
    if condition.low is not None:
        code, exact = codec.place(condition.low)
        low = max(low, code if exact and not condition.open_low else _next(code, codec, up=True))
    if condition.high is not None:
        code, exact = codec.place(condition.high)
        high = min(high, _next(code, codec, up=False) if exact and condition.open_high else code)
    return (1.0, 0.0) if codec.empty else (low, high)


def _next(code: float, codec: NumericCodec, *, up: bool) -> float:
    if not codec.step or not math.isfinite(code):
        return math.nextafter(code, math.inf if up else -math.inf)
    return float(rounded(np.array([code + (codec.step if up else -codec.step)]), codec.decimals)[0])


def _reason(codec: NumericCodec) -> str:
    if codec.empty:
        return "the column holds no value at all"
    ends = codec.decode(np.array([codec.low, codec.high]))
    return f"training saw values from {ends.iloc[0]} to {ends.iloc[1]}"


def held_values(codec: TableCodec, held: list[list[float]]) -> dict[str, list[Any]]:
    """Per column the values of the `held` codes and, of numbers, the range bounds, as numbers or text."""
    passport: dict[str, list[Any]] = {}
    for column, codes in zip(codec.codecs, held, strict=True):
        if isinstance(column, NumericCodec) and not column.empty:
            codes = sorted({*codes, column.low, column.high})
        values = column.decode(np.array(codes, dtype=np.float64)).dropna()
        as_text = column.column.kind is Kind.DATETIME
        passport[column.column.name] = [v.isoformat() if as_text else v for v in values.tolist()]
    return passport
