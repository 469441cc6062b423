"""Finds out how the numbers of a column are written, from its distinct cells.

Plain numbers ("-1234.50", "1e-05") are judged whole columns at a time; dressed ones (currency, percent, thousands,
decimal comma, brackets) are taken apart one by one.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from engine.table import numbers
from engine.table.schema import NumberFormat

_MOST_DECIMALS = 15
_HEAD = 30  # cells of the first cheap look
_MOSTLY = 0.9  # share of numbers from which others among them are odd
_LONGEST = 40  # characters of a number at most
_SIGNS = r"+\-−"
# fmt: off
_CURRENCIES = (
    "$", "€", "£", "¥", "₹", "₽", "₩", "₺", "₴", "₦", "₫", "₪", "₱", "฿", "¢", "₿", "R$", "US$", "A$", "C$", "NZ$",
    "HK$", "S$", "CA$", "AU$", "Rs", "Rs.", "kr", "kr.", "zł", "Kč", "Ft", "lei", "лв", "руб", "руб.", "USD", "EUR",
    "GBP", "JPY", "CHF", "CNY", "INR", "RUB", "KRW", "TRY", "BRL", "AUD", "CAD", "NZD", "SEK", "NOK", "DKK", "PLN",
    "CZK", "HUF", "ZAR", "MXN", "SGD", "HKD", "THB", "ILS",
)
_UNITS = frozenset({
    "%", "‰", "°", "°c", "°f", "c", "f", "k", "m", "b", "bn", "km", "cm", "mm", "nm", "µm", "mi", "ft", "in", "yd",
    "kg", "g", "mg", "µg", "lb", "lbs", "oz", "t", "l", "ml", "cl", "gal", "h", "hr", "hrs", "hours", "hour", "min",
    "mins", "minutes", "s", "sec", "secs", "seconds", "ms", "day", "days", "d", "week", "weeks", "wk", "month",
    "months", "mo", "year", "years", "yr", "yrs", "y", "mb", "gb", "kb", "tb", "w", "kw", "kwh", "mwh", "v", "mv", "a",
    "ma", "hz", "khz", "mhz", "ghz", "hp", "bhp", "cc", "mpg", "mph", "kmph", "km/h", "kmpl", "m/s", "m2", "m²", "km²",
    "sqft", "bar", "pa", "kpa", "hpa", "mbar", "ppm", "db", "pts", "px", "x", "rpm",
})
# fmt: on
_CURRENCY = "|".join(re.escape(c) for c in sorted(_CURRENCIES, key=len, reverse=True))
_BODY = r"(?:[0-9](?:[0-9.,'’_ \u00a0\u202f]*[0-9])?[.,]?|[.,][0-9]+)"
_DRESSED = re.compile(
    rf"(?P<open>\()?(?P<sign>[{_SIGNS}])?(?P<prefix>(?:{_CURRENCY}|[#~≈])?\s?)(?P<inner>[{_SIGNS}])?"
    rf"(?P<body>{_BODY})(?P<exponent>[eE][+-]?[0-9]+)?"
    r"(?P<suffix>\s?(?:[%‰°²³$€£¥₹\w./]|[ \u00a0](?=\w)){0,12})?(?P<close>\))?"
)
_PLAIN = r"[+-]?(?:[0-9]+(?:\.[0-9]*)?|\.[0-9]+)(?:[eE][+-]?[0-9]+)?"
_GROUPERS = " \u00a0\u202f'’_"

Places = NDArray[np.int64]
Mask = NDArray[np.bool_]


@dataclass(frozen=True, slots=True)
class NumberGuess:
    """The format of a column's numbers.

    whole: all are whole numbers (perhaps written as "12.0"); exact: writing them gives every cell back as it was;
    ambiguous: the mark could be a decimal mark or one of thousands ("1,234").
    """

    fmt: NumberFormat
    whole: bool
    exact: bool
    ambiguous: bool = False


def guess_number(distinct: pd.Series) -> NumberGuess | None:
    """The format of all the (n,) distinct cells, none missing; None when one of them is no number."""
    if not all(_may_be_number(cell) for cell in distinct.head(_HEAD)) or not len(distinct):
        return None
    texts = distinct.astype("str").str.strip()
    if bool(texts.str.fullmatch(_PLAIN).all()):
        return _plain(texts, distinct)
    return _dressed(texts, distinct)


def _may_be_number(cell: str) -> bool:
    """A cheap look before the thorough one."""
    return len(cell) < 400 and any(c in "0123456789" for c in cell)


def odd_among_numbers(distinct: pd.Series) -> list[str]:
    """The few cells that keep the others from being a column of plain numbers; empty where they are not few."""
    head = [re.fullmatch(_PLAIN, cell.strip()) is not None for cell in distinct.head(_HEAD)]
    if sum(head) < len(head) // 2:
        return []
    plain = distinct.str.strip().str.fullmatch(_PLAIN).to_numpy(dtype=bool)
    return distinct[~plain].tolist() if plain.mean() >= _MOSTLY else []


# Plain numbers


def _plain(texts: pd.Series, distinct: pd.Series) -> NumberGuess | None:
    if int(texts.str.len().max()) > 400:
        return None
    exponents = texts.str.contains("e", case=False, regex=False).to_numpy(dtype=bool)
    mantissas = texts[~exponents] if not exponents.all() else texts.str.replace(r"[eE].*", "", regex=True)
    unsigned = mantissas.str.lstrip("+-")
    places = unsigned.str.find(".").to_numpy(dtype=np.int64)
    lengths = unsigned.str.len().to_numpy(dtype=np.int64)
    fractions = np.where(places < 0, 0, lengths - places - 1)
    wholes = np.where(places < 0, lengths, places)
    fmt = _digits(fractions, _zeros(unsigned, fractions))
    fmt = _with(fmt, plus=_plus(mantissas), bare=bool((wholes == 0).any()), width=_width(unsigned, wholes))
    fmt = _with_exponent(fmt, texts, exponents, fractions)
    return _judged(fmt, texts, distinct)


def _digits(fractions: Places, ends_in_zero: Mask) -> NumberFormat:
    """Number of decimals: fixed where all have as many, else at least as many as needless zeros show."""
    most, least = int(fractions.max()), int(fractions.min())
    if most == 0:
        return NumberFormat()
    if not bool((ends_in_zero & (fractions == least)).any()):
        least = min(least, 1)
    if most > _MOST_DECIMALS:
        return NumberFormat(numbers.FULL, least=least)
    fixed = most == int(fractions.min())
    return NumberFormat(most, fixed=fixed, least=0 if fixed else least)


def _zeros(unsigned: pd.Series, fractions: Places) -> Mask:
    ends: Mask = unsigned.str.endswith("0").to_numpy(dtype=bool)
    return ends & (fractions > 0)


def _plus(texts: pd.Series) -> bool:
    return bool(texts.str.startswith("+").any())


def _width(unsigned: pd.Series, wholes: Places) -> int:
    """Digits before the mark where zeros fill them up; 0 where no number begins with a needless zero."""
    filled = unsigned.str.match(r"0[0-9]").to_numpy(dtype=bool)
    return int(wholes[filled].max()) if filled.any() else 0


def _with(fmt: NumberFormat, **changes: object) -> NumberFormat:
    return replace(fmt, **{k: v for k, v in changes.items() if v})  # type: ignore[arg-type]


def _with_exponent(fmt: NumberFormat, texts: pd.Series, exponents: Mask, fractions: Places) -> NumberFormat:
    if not exponents.any():
        return fmt
    capital = bool(texts.str.contains("E", regex=False).any())
    if exponents.all() and len(set(fractions.tolist())) == 1:
        return _with(NumberFormat(numbers.FULL), exponent="E" if capital else "e", mantissa=int(fractions[0]))
    return _with(NumberFormat(numbers.FULL, least=fmt.least), exponent="auto")


def _judged(fmt: NumberFormat, texts: pd.Series, distinct: pd.Series, *, ambiguous: bool = False) -> NumberGuess | None:
    """Whether all cells are read in the format, are whole, and are written back as they were."""
    floats = numbers.to_floats(texts, fmt)
    if not np.isfinite(floats).all():
        return None
    whole = bool((np.trunc(floats) == floats).all()) and fmt.exponent != "auto"
    integers = None
    if whole:
        integers, fits = numbers.to_integers(texts, fmt)
        whole = bool(fits.all())
        if not whole and fmt.decimals == 0:
            return None  # too many digits for a number, so rather a code
    sample = _sample(len(texts))
    if whole and integers is not None:
        written = numbers.write_integers(integers[sample], fmt)
    else:
        written = numbers.write_floats(floats[sample], fmt)
    exact = written == distinct.iloc[sample].tolist()
    return NumberGuess(fmt, whole, exact, ambiguous)


def _sample(n: int, most: int = 2000) -> Places:
    return np.arange(n) if n <= most else np.unique(np.linspace(0, n - 1, most).astype(int))


# Dressed numbers


@dataclass(frozen=True, slots=True)
class _Part:
    body: str
    prefix: str
    suffix: str
    sign: str
    inside: bool
    brackets: bool
    exponent: bool


def _dressed(texts: pd.Series, distinct: pd.Series) -> NumberGuess | None:
    parts: list[_Part] = []
    for cell in texts:
        found = _DRESSED.fullmatch(cell) if len(cell) <= _LONGEST else None
        if found is None or (found["open"] is None) != (found["close"] is None):
            return None
        parts.append(_part(found))
    affix = _main_affix(Counter((p.prefix, p.suffix) for p in parts))
    if affix is None or _is_code(*affix, parts):
        return None
    prefix, suffix = affix
    for mark, group, ambiguous in _marks([p.body for p in parts], prefix + suffix):
        guess = _judged(_format(parts, mark, group, prefix, suffix), texts, distinct, ambiguous=ambiguous)
        if guess is not None:
            return guess
    return None


def _part(found: re.Match[str]) -> _Part:
    sign = found["sign"] or found["inner"] or ""
    return _Part(
        found["body"],
        found["prefix"] or "",
        found["suffix"] or "",
        sign,
        bool(found["inner"]) and bool(found["prefix"]),
        found["open"] is not None,
        found["exponent"] is not None,
    )


def _main_affix(counts: Counter[tuple[str, str]]) -> tuple[str, str] | None:
    """The commonest prefix and suffix with their blanks; None where there are several, or too few cells have it."""
    bare = Counter[tuple[str, str]]()
    for (prefix, suffix), count in counts.items():
        bare[prefix.strip(), suffix.strip()] += count
    if len([a for a in bare if a != ("", "")]) > 1:
        return None
    affix = max(counts, key=lambda a: (bool((a[0] + a[1]).strip()), counts[a]))
    enough = bare[affix[0].strip(), affix[1].strip()] * 2 >= counts.total()
    return affix if enough else None


def _is_code(prefix: str, suffix: str, parts: Sequence[_Part]) -> bool:
    """Whether an affix makes a code of the number ("12A"), not an amount ("12 kg")."""
    bare = suffix.strip()
    if prefix.strip() in ("#", "~", "≈") and not bare:
        return prefix.strip() == "#"
    if not bare or bare in _CURRENCIES or bare.lower() in _UNITS:
        return any(c.isdigit() for c in bare) and bare.lower() not in _UNITS
    words = suffix[0] in " \u00a0" and not any(c.isdigit() for c in bare)
    return not words or len(parts) < 3


def _marks(bodies: Sequence[str], affix: str) -> list[tuple[str, str, bool]]:
    """Decimal mark, mark of thousands, and whether that is ambiguous; likeliest first."""
    group = next((c for c in _GROUPERS if any(c in b for b in bodies)), "")
    dots, commas = any("." in b for b in bodies), any("," in b for b in bodies)
    if dots and commas:
        last = Counter(max(b.rfind("."), b.rfind(",")) == b.rfind(",") for b in bodies if "." in b and "," in b)
        comma_last = last[True] > last[False] if last else _splits(bodies, ".") and not _splits(bodies, ",")
        return [(",", ".", False), (".", ",", False)] if comma_last else [(".", ",", False), (",", ".", False)]
    if not (dots or commas):
        return [(".", group, False)]
    mark = "." if dots else ","
    other = "," if mark == "." else "."
    if group:
        return [(mark, group, False)]
    if not _splits(bodies, mark):
        return [(mark, "", False)]
    if any(b.count(mark) > 1 for b in bodies):
        return [(other, mark, False)]
    euro = mark == "." and any(c in affix for c in ("€", "kr", "R$", "₺", "TRY", "EUR"))
    if mark == "," or euro:
        return [(other, mark, True), (mark, "", True)]
    return [(mark, "", False)]


def _splits(bodies: Sequence[str], mark: str) -> bool:
    """Whether the mark could divide thousands in all bodies: one to three digits, then groups of three."""
    pattern = re.compile(rf"[1-9][0-9]{{0,2}}(?:{re.escape(mark)}[0-9]{{3}})+|[0-9]{{1,3}}")
    other = "," if mark == "." else "."
    return all(pattern.fullmatch(b.split(other)[0] if b.count(other) == 1 else b) for b in bodies)


def _format(parts: Sequence[_Part], mark: str, group: str, prefix: str, suffix: str) -> NumberFormat:
    bodies = [p.body.replace(group, "") if group else p.body for p in parts]
    fractions = np.array([len(b) - b.rfind(mark) - 1 if mark in b else 0 for b in bodies])
    wholes = np.array([b.find(mark) if mark in b else len(b) for b in bodies])
    unsigned = pd.Series(bodies, dtype="str")
    fmt = _digits(fractions, _zeros(unsigned, fractions))
    negatives = [p for p in parts if p.brackets or p.sign in ("-", "−")]
    style = Counter("()" if p.brackets else p.sign for p in negatives).most_common(1)
    inside = [p.inside for p in parts if p.sign]
    exponents = [p.exponent for p in parts]
    if any(exponents):
        fmt = NumberFormat(numbers.FULL, exponent="auto")
    return _with(
        fmt,
        decimal_mark=mark,
        thousands=group,
        prefix=prefix,
        suffix=suffix,
        plus=any(p.sign == "+" for p in parts),
        negative=style[0][0] if style else "-",
        sign_inside=sum(inside) * 2 > len(inside) > 0,
        bare=bool((wholes == 0).any()),
        width=_width(unsigned, wholes) if not group else 0,
    )
