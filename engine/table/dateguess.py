"""Finds out how the dates of a column are written, from its distinct cells.

The shape of the cells gives the candidates, the values decide: a 13th month makes it a day. What stays open (05/01/2024
with no day beyond the 12th) is said, and decided by what else is known.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, replace
from itertools import islice

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from engine.table import dates
from engine.table.schema import DateFormat

_MONTH = (
    r"(?i:jan|feb|mar|apr|may|jun|jul|aug|sep|oct|nov|dec|january|february|march|april|june|july|august|september|"
    r"october|november|december)"
)
_DAY = r"(?i:mon|tue|wed|thu|fri|sat|sun|monday|tuesday|wednesday|thursday|friday|saturday|sunday)"
_ZONES = (
    "Europe/London", "Europe/Berlin", "Europe/Athens", "America/New_York", "America/Chicago", "America/Denver",
    "America/Los_Angeles", "America/Sao_Paulo", "Asia/Kolkata", "Asia/Tokyo", "Asia/Shanghai", "Australia/Sydney",
)  # fmt: skip
_TIME = re.compile(
    r"(?P<hour>\d{1,2}):(?P<minute>\d{2})(?::(?P<second>\d{2})(?:(?P<mark>[.,])(?P<fraction>\d{1,9}))?)?"
    r"(?P<half>\s?[AaPp][Mm])?(?P<zone>\s?(?:Z|UTC|GMT|[+-]\d{2}:?\d{2}))?"
)
_DATES = (
    re.compile(r"(?P<a>\d{4})(?P<s>[-/.\s])(?P<b>\d{1,2})(?P=s)(?P<c>\d{1,2})"),
    re.compile(r"(?P<a>\d{1,2})(?P<s>[-/.\s])(?P<b>\d{1,2})(?P=s)(?P<c>\d{4}|\d{2})"),
    re.compile(r"(?P<a>\d{4})(?P<b>\d{2})(?P<c>\d{2})"),
    re.compile(
        rf"(?:(?P<w>{_DAY})(?P<ws>,?\s))?(?P<a>\d{{1,2}})(?P<s>\.?[-/\s.])(?P<b>{_MONTH})(?P<t>,?[-/\s.])(?P<c>\d{{4}}|\d{{2}})"
    ),
    re.compile(
        rf"(?:(?P<w>{_DAY})(?P<ws>,?\s))?(?P<b>{_MONTH})(?P<s>[-/\s.])(?P<a>\d{{1,2}})(?P<t>,?[-/\s])(?P<c>\d{{4}}|\d{{2}})"
    ),
    re.compile(rf"(?P<c>\d{{4}})(?P<s>[-/\s.])(?P<b>{_MONTH})(?P<t>[-/\s.])(?P<a>\d{{1,2}})"),
    re.compile(rf"(?P<b>{_MONTH})(?P<s>[-/\s.,']{{1,2}})(?P<c>\d{{4}}|\d{{2}})"),
    re.compile(r"(?P<c>\d{4})(?P<s>[-/])(?P<b>\d{2})"),
    re.compile(r"(?P<b>\d{1,2})(?P<s>[-/])(?P<c>\d{4})"),
)
_GAP = re.compile(r"T|,?\s|\s-\s")
_HEAD = 20  # cells of the first cheap look
_SAMPLE = 400
_YEARS = (1_400, 2_300)  # in which most dates lie
_MONTHS_SEEN, _DAYS_SEEN = 12, 20  # different ones that speak for dates of any year


@dataclass(frozen=True, slots=True)
class DateGuess:
    """The format of a column's dates.

    exact: writing them gives every cell back as it was; ambiguous: day and month could be the other way round.
    """

    fmt: DateFormat
    exact: bool
    ambiguous: bool = False


def guess_date(distinct: pd.Series) -> DateGuess | None:
    """The format of all the (n,) distinct cells, none missing; None when they are no dates of one form."""
    if not len(distinct) or any(_split(cell.strip()) is None for cell in distinct.head(_HEAD)):
        return None
    texts = distinct.astype("str").str.strip()
    lengths = texts.str.len()
    if int(lengths.max()) > 45 or int(lengths.min()) < 4:
        return None
    sample = texts.iloc[_spread(len(texts))].tolist()
    judged = (_judged(fmt, texts, distinct) for fmt in islice(_candidates(sample), 12))
    fitting = [g for g in judged if g is not None]
    if not fitting:
        return None
    best = _likeliest(fitting, texts)
    other = swapped(best.fmt.pattern)
    return replace(best, ambiguous=any(g.fmt.pattern == other != best.fmt.pattern for g in fitting))


def _spread(n: int) -> NDArray[np.int64]:
    return np.arange(n) if n <= _SAMPLE else np.unique(np.linspace(0, n - 1, _SAMPLE).astype(int))


# Candidates


@dataclass(frozen=True, slots=True)
class _Cell:
    day: dict[str, str]
    form: int
    gap: str
    time: dict[str, str]


def _candidates(sample: list[str]) -> Iterator[DateFormat]:
    """Formats that the sample's shapes allow. ISO dates with and without a time of day may stand side by side."""
    cells = [cell for cell in map(_split, sample) if cell is not None]
    if len(cells) < len(sample):
        return
    longest = max(cells, key=lambda c: len("".join(c.time.values())))
    if len({(c.form, c.gap, frozenset(c.time)) for c in cells}) > 1:
        if any(c.form != 0 or c.day["s"] != "-" or c.gap not in ("", longest.gap) for c in cells):
            return
        cells = [longest]
    time = _time_pattern([c.time for c in cells]) if longest.time else ("", None)
    if time is None:
        return
    for day in _day_patterns([c.day for c in cells], longest.form):
        yield DateFormat(day + longest.gap + time[0], "D", time[1])


def _split(text: str) -> _Cell | None:
    """A cell as date and time of day; None when it is neither."""
    only = _TIME.fullmatch(text)
    if only:
        return _Cell({}, -1, "", _groups(only))
    for form, pattern in enumerate(_DATES):
        day = pattern.match(text)
        if day is None:
            continue
        rest = text[day.end() :]
        if not rest:
            return _Cell(_groups(day), form, "", {})
        gap = _GAP.match(rest)
        time = _TIME.fullmatch(rest, gap.end()) if gap else None
        if gap and time:
            return _Cell(_groups(day), form, gap[0], _groups(time))
    return None


def _groups(match: re.Match[str]) -> dict[str, str]:
    return {k: v for k, v in match.groupdict().items() if v is not None}


def _day_patterns(days: list[dict[str, str]], form: int) -> Iterator[str]:
    if form == -1:
        yield ""
        return
    first = days[0]
    if form == 0:
        yield _joined(days, ("%Y", "a"), ("%m", "b"), ("%d", "c"))
        yield _joined(days, ("%Y", "a"), ("%d", "b"), ("%m", "c"))
    elif form == 1:
        year = "%Y" if len(first["c"]) == 4 else "%y"
        yield _joined(days, ("%d", "a"), ("%m", "b"), (year, "c"))
        yield _joined(days, ("%m", "a"), ("%d", "b"), (year, "c"))
        if year == "%y":
            yield _joined(days, ("%y", "a"), ("%m", "b"), ("%d", "c"))
    elif form == 2:
        yield "%Y%m%d"
    elif form in (7, 8):
        parts = (("%Y", "c"), ("%m", "b")) if form == 7 else (("%m", "b"), ("%Y", "c"))
        yield _joined(days, *parts)
    else:
        yield _named(days, form)


def _joined(days: list[dict[str, str]], *parts: tuple[str, str]) -> str:
    separators = {d["s"] for d in days}
    return min(separators).join(_padding(token, [d[key] for d in days]) for token, key in parts)


def _padding(token: str, values: list[str]) -> str:
    """Without leading zero where a single digit stands alone."""
    if token in ("%Y", "%y"):
        return token
    return token.replace("%", "%-") if any(len(v) == 1 for v in values) else token


def _named(days: list[dict[str, str]], form: int) -> str:
    """Patterns with the name of the month, and perhaps of the day."""
    first = days[0]
    month = "%B" if any(len(d["b"]) > 3 for d in days) else "%b"
    year = "%Y" if len(first["c"]) == 4 else "%y"
    weekday = ""
    if "w" in first:
        weekday = ("%A" if any(len(d["w"]) > 3 for d in days) else "%a") + first["ws"]
    day = _padding("%d", [d["a"] for d in days]) if "a" in first else ""
    s, t = first["s"], first.get("t", "")
    body = {
        3: f"{day}{s}{month}{t}{year}",
        4: f"{month}{s}{day}{t}{year}",
        5: f"{year}{s}{month}{t}{day}",
        6: f"{month}{s}{year}",
    }
    return weekday + body[form]


def _time_pattern(times: list[dict[str, str]]) -> tuple[str, str | None] | None:
    """The pattern of the times of day and the time zone; None when they are of several forms."""
    if len({("second" in t, "fraction" in t, "half" in t, "zone" in t) for t in times}) > 1:
        return None
    first = times[0]
    hour = "%I" if "half" in first else "%H"
    pattern = _padding(hour, [t["hour"] for t in times]) + ":%M"
    if "second" in first:
        pattern += ":%S"
    if "fraction" in first:
        lengths = {len(t["fraction"]) for t in times}
        pattern += first["mark"] + ("%3f" if lengths == {3} else "%f")
    if "half" in first:
        half = first["half"]
        pattern += half[:-2] + ("%P" if half.strip().islower() else "%p")
    if "zone" not in first:
        return pattern, None
    zones = {t["zone"].strip() for t in times}
    blank = " " if first["zone"][0].isspace() else ""
    if zones <= {"Z", "UTC", "GMT"}:
        return pattern + blank + first["zone"].strip(), "UTC"
    colon = all(":" in z for z in zones)
    return pattern + blank + ("%:z" if colon else "%z"), _zone(zones)


def _zone(offsets: set[str]) -> str:
    """A fixed offset where there is one; with several, UTC until the dates themselves point to a place."""
    if len(offsets) > 1:
        return "UTC"
    only = offsets.pop()
    plain = only if ":" in only else f"{only[:3]}:{only[3:]}"
    return "UTC" if plain in ("+00:00", "-00:00") else plain


# Judging


def _judged(fmt: DateFormat, texts: pd.Series, distinct: pd.Series) -> DateGuess | None:
    """The format with its resolution, where all cells are dates in it."""
    sample = _spread(len(texts))
    iso = fmt.pattern.startswith("%Y-%m-%d")
    if not iso and dates.by_pattern(texts.iloc[sample], fmt).isna().any():
        return None
    found = dates.by_pattern(texts, fmt)
    if iso and found.isna().any():
        found = dates.to_dates(texts, fmt)
    if found.isna().any() or not _plausible(found):
        return None
    wanted = distinct.iloc[sample].tolist()
    for zone in _places(fmt, texts):
        trial = replace(fmt, timezone=zone)
        moments = found if zone == fmt.timezone else dates.by_pattern(texts.iloc[sample], trial)
        shown = moments.iloc[sample] if len(moments) == len(texts) else moments
        if dates.write(shown, trial) == wanted:
            return DateGuess(replace(trial, resolution=dates.resolution(found)), exact=True)
    return DateGuess(replace(fmt, resolution=dates.resolution(found)), exact=False)


def _places(fmt: DateFormat, texts: pd.Series) -> tuple[str | None, ...]:
    """Time zones to try: with changing offsets those of well-known places."""
    if fmt.timezone == "UTC" and fmt.pattern.endswith(("%z", "%:z")) and texts.str[-5:].nunique() > 1:
        return ("UTC", *_ZONES)
    return (fmt.timezone,)


def _plausible(found: pd.Series) -> bool:
    """Whether (n,) different dates are no codes: half are of usual years (others may be 9999-12-31), or days of any."""
    if found.dt.year.between(*_YEARS).mean() >= 0.5:
        return True
    return bool(found.dt.month.nunique() >= _MONTHS_SEEN and found.dt.day.nunique() >= _DAYS_SEEN)


def swapped(pattern: str) -> str:
    """The pattern with day and month in each other's place."""
    return re.sub(r"%(-?)([dm])", lambda m: f"%{m[1]}{'m' if m[2] == 'd' else 'd'}", pattern)


def _likeliest(fitting: list[DateGuess], texts: pd.Series) -> DateGuess:
    """Exact ones first; of those that are equally good the one whose dates behave like dates."""
    exact = [g for g in fitting if g.exact] or fitting
    if len(exact) == 1:
        return exact[0]
    if exact[0].fmt.pattern.startswith("%Y"):
        return exact[0]
    return max(exact, key=lambda g: (_evidence(g, texts), _habit(g.fmt.pattern)))


def _evidence(guess: DateGuess, texts: pd.Series) -> float:
    """How date-like the cells are in their order: always the same day of many months, or steps of one day."""
    found = dates.by_pattern(texts, guess.fmt)
    if found.dt.day.nunique() == 1 and found.dt.month.nunique() > 5 and found.dt.year.nunique() > 1:
        return 2.0
    steps = np.diff(found.to_numpy(dtype="M8[s]").astype(np.int64)) // 86_400
    small = float(np.mean(np.abs(steps) <= 1)) if len(steps) > 1 else 0.0
    return small if small > 0.5 else 0.0


def _habit(pattern: str) -> int:
    """Slashes are month first in most files, dots and dashes day first."""
    month_first = re.match(r"%-?m", pattern) is not None
    return int(month_first == ("/" in pattern))


# Counts since 1970


def day_first(pattern: str) -> bool | None:
    """Whether days stand before months in a pattern of digits; None where it does not say."""
    found = re.match(r"%-?([dm])\W%-?[dm]\W", pattern)
    return None if found is None else found[1] == "d"


_SPANS = {"s": 1, "ms": 1_000, "us": 1_000_000, "ns": 1_000_000_000}
_FIRST, _LAST = 631_152_000, 2_082_758_400  # 1990 to 2035


def guess_epoch(numbers: pd.Series) -> DateFormat | None:
    """The unit of (n,) whole numbers that are all seconds, ms, us or ns between 1990 and 2035; None if not."""
    low, high = int(numbers.min()), int(numbers.max())
    for unit, factor in _SPANS.items():
        if _FIRST * factor <= low and high <= _LAST * factor:
            fmt = DateFormat(f"epoch:{unit}", "D", None)
            return replace(fmt, resolution=dates.resolution(dates.from_epoch(numbers.astype("Int64"), fmt)))
    return None
