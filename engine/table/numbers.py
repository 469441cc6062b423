"""Numbers as text and back: decimal marks, thousands, signs, currencies, percent, exponents.

Everything works on arrays; callers pass distinct values, so that a long column costs little. `engine.table.numberguess`
finds the format of a column.
"""

from __future__ import annotations

import math
import re
from collections.abc import Sequence
from functools import lru_cache

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from engine.table.schema import NumberFormat

FULL = 17  # `NumberFormat.decimals` of numbers that use all that float64 has
_EXACT = 2.0**53
_LONGEST = 400  # digits of a number at most
_MOST = 15  # more decimals than that are not rounded to
_PLAIN = r"[+-]?(?:[0-9]+(?:\.[0-9]*)?|\.[0-9]+)(?:[eE][+-]?[0-9]+)?"
_MINUS = "-−"
_MINUSES = r"\-−"  # inside a class of characters
_SPACES = " \u00a0\u202f"
_CONTROLS = "\t\n\v\f\r\x1c\x1d\x1e\x1f\x85"  # the rest of what guessing takes for blank
Floats = NDArray[np.float64]
Ints = NDArray[np.int64]
Mask = NDArray[np.bool_]


def is_plain(fmt: NumberFormat) -> bool:
    """Whether numbers of this format can be read without taking them apart."""
    return not (fmt.thousands or fmt.prefix or fmt.suffix) and fmt.decimal_mark == "." and fmt.negative == "-"


def normalise(texts: pd.Series, fmt: NumberFormat) -> pd.Series:
    """(n,) cells in the format, or written plainly -> the same as "-1234.5"; missing where a cell is no number."""
    texts = texts.astype("str").str.strip().str.strip(_SPACES + _CONTROLS)
    plain = texts.where(texts.str.fullmatch(_PLAIN).fillna(False).astype(bool))
    if is_plain(fmt):
        return plain
    pattern = _reader(fmt)
    found = [_take_apart(pattern.fullmatch(cell), fmt) if isinstance(cell, str) else None for cell in texts]
    own = pd.Series(found, index=texts.index, dtype="str")
    return own.where(own.notna(), plain)


def to_floats(texts: pd.Series, fmt: NumberFormat) -> Floats:
    """(n,) cells -> float64, NaN where a cell is no finite number."""
    values = normalise(texts, fmt).to_numpy(dtype="float64", na_value=np.nan)
    return np.where(np.isfinite(values), values, np.nan)


def to_integers(texts: pd.Series, fmt: NumberFormat) -> tuple[Ints, Mask]:
    """(n,) cells -> int64 and which of them are whole numbers of that size; "12.0" is whole."""
    plain = normalise(texts, fmt)
    digits = plain.str.fullmatch(r"[+-]?[0-9]{1,18}").fillna(False).to_numpy(dtype=bool)
    values = np.zeros(len(plain), dtype=np.int64)
    values[digits] = plain[digits].str.lstrip("+").to_numpy(dtype=object).astype(np.int64)
    fits = digits.copy()
    for i in np.flatnonzero(~digits & plain.notna().to_numpy()):
        whole = exact_whole(plain.iloc[i])
        if whole is not None and -(2**63) <= whole < 2**63:
            values[i], fits[i] = whole, True
    return values, fits


def exact_whole(text: str) -> int | None:
    """The whole number that a plain text stands for, however large; None for a fraction (or an absurd exponent)."""
    mantissa, _, exponent = text.lower().partition("e")
    if len(exponent) > 4 or len(mantissa) > _LONGEST:
        return None
    whole, _, fraction = mantissa.partition(".")
    fraction = fraction.rstrip("0")
    shift = int(exponent or 0) - len(fraction)
    digits = int(whole + fraction) if (whole + fraction).strip("+-") else 0
    if shift >= 0:
        return digits * int(10**shift)
    divisor = int(10**-shift)
    return digits // divisor if digits % divisor == 0 else None


@lru_cache(maxsize=256)
def _reader(fmt: NumberFormat) -> re.Pattern[str]:
    """A pattern of sign, prefix, digits, fraction, exponent and suffix; blanks around an affix are free."""
    mark, group = re.escape(fmt.decimal_mark), re.escape(fmt.thousands)
    digits = rf"[0-9]{{1,3}}(?:{group}[0-9]{{3}})+|[0-9]+" if group else "[0-9]+"
    number = rf"(?P<whole>{digits})?(?:{mark}(?P<fraction>[0-9]*))?(?P<exponent>[eE][+-]?[0-9]+)?"
    prefix, suffix = (rf"(?:{_affix(a)})?" if a else "" for a in (fmt.prefix, fmt.suffix))
    return re.compile(
        rf"(?P<open>\()?\s*(?P<sign>[+{_MINUSES}])?\s*{prefix}\s*(?P<inner>[+{_MINUSES}])?{number}\s*{suffix}(?P<close>\))?"
    )


def _affix(text: str) -> str:
    return rf"\s*{re.escape(text.strip())}\s*" if text.strip() else r"\s*"


def _take_apart(match: re.Match[str] | None, fmt: NumberFormat) -> str | None:
    if match is None or (match["open"] is None) != (match["close"] is None):
        return None
    whole, fraction = match["whole"], match["fraction"]
    signs = [s for s in (match["sign"], match["inner"], match["open"]) if s]
    if not (whole or fraction) or len(signs) > 1:
        return None
    if fmt.thousands and whole:
        whole = whole.replace(fmt.thousands, "")
    sign = "-" if signs and signs[0] in _MINUS + "(" else ""
    return f"{sign}{whole or '0'}" + (f".{fraction}" if fraction else "") + (match["exponent"] or "")


def decimals_of(values: Floats) -> int:
    """The fewest decimals with which all (finite) values are written exactly; FULL when more than 15 are needed."""
    values = values[np.isfinite(values)]
    for decimals in range(_MOST + 1):
        if bool((rounded(values, decimals) == values).all()):
            return decimals
    return FULL


def rounded(values: Floats, decimals: int) -> Floats:
    """Rounded to so many decimals, where float64 has that many at all."""
    if decimals > _MOST:
        return values
    with np.errstate(over="ignore", invalid="ignore"):
        coarse = np.abs(values) * 10.0**decimals >= _EXACT
        result: Floats = np.where(coarse, values, np.round(values, decimals))
    return result + 0.0  # no negative zero


def write_floats(values: Floats, fmt: NumberFormat) -> list[str]:
    """(n,) finite numbers as cells of the format."""
    if fmt.exponent in ("e", "E"):
        cells = [f"{v:.{fmt.mantissa}{fmt.exponent}}" for v in values.tolist()]
        return [
            _dress(c.lstrip("-").replace(".", fmt.decimal_mark), c.startswith("-"), v, fmt)
            for c, v in _pair(cells, values)
        ]
    kept = rounded(values, fmt.decimals)
    if fmt.exponent == "auto":
        return [_auto(repr(abs(v)), v, fmt) for v in kept.tolist()]
    return [_write(_positional(abs(v)), v < 0, v, fmt) for v in kept.tolist()]


def write_integers(values: Sequence[int] | Ints, fmt: NumberFormat) -> list[str]:
    """(n,) whole numbers as cells of the format."""
    numbers = values.tolist() if isinstance(values, np.ndarray) else list(values)
    if fmt == NumberFormat():
        return [str(v) for v in numbers]
    if fmt.exponent in ("e", "E"):
        return write_floats(np.asarray(numbers, dtype=np.float64), fmt)
    return [_write(str(abs(v)), v < 0, v, fmt) for v in numbers]


def _pair(cells: list[str], values: Floats) -> zip[tuple[str, float]]:
    return zip(cells, values.tolist(), strict=True)


def _positional(value: float) -> str:
    """The shortest digits that stand for a float of 0 or more, without exponent."""
    text = repr(value)
    if "e" in text:
        text = np.format_float_positional(value, unique=True, trim="-")
    return text.removesuffix(".0")


def _auto(text: str, value: float, fmt: NumberFormat) -> str:
    if "e" not in text:
        return _write(text.removesuffix(".0"), value < 0, value, fmt)
    return _dress(text.replace(".", fmt.decimal_mark), value < 0, value, fmt)


def _write(digits: str, negative: bool, value: float, fmt: NumberFormat) -> str:
    """Plain digits ("1234.5") in the format."""
    whole, _, fraction = digits.partition(".")
    fraction = fraction.ljust(fmt.decimals if fmt.fixed else fmt.least, "0")
    if fmt.width:
        whole = whole.rjust(fmt.width, "0")
    if fmt.thousands and len(whole) > 3:
        whole = f"{int(whole):,}".replace(",", fmt.thousands)
    if fmt.bare and whole == "0" and fraction:
        whole = ""
    return _dress(whole + (fmt.decimal_mark + fraction if fraction else ""), negative, value, fmt)


def _dress(number: str, negative: bool, value: float, fmt: NumberFormat) -> str:
    """Sign, prefix and suffix around a number without sign."""
    if negative and fmt.negative == "()":
        return f"({fmt.prefix}{number}{fmt.suffix})"
    sign = fmt.negative if negative else "+" if fmt.plus and value > 0 else ""
    first, second = (fmt.prefix, sign) if fmt.sign_inside else (sign, fmt.prefix)
    return f"{first}{second}{number}{fmt.suffix}"


def finite(value: float) -> bool:
    return math.isfinite(value)
