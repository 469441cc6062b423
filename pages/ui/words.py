"""Words for people: counts, sizes, times, and text from tables made safe for Markdown."""

from __future__ import annotations

import re

_MARKS = re.compile(r"([!-/:-@\[-`{-~])")


def plain(text: str) -> str:
    """Text that Markdown shows as it is, whatever a table's names hold: every mark of ASCII is escaped."""
    return _MARKS.sub(r"\\\1", " ".join(text.split()))


def count(number: int, one: str, many: str | None = None) -> str:
    """“1 row”, “2,000 rows”."""
    return f"{number:,} {one if number == 1 else many or one + 's'}"


def size(bytes_: int) -> str:
    """A number of bytes in the unit that suits."""
    for unit, scale in (("GB", 1e9), ("MB", 1e6), ("kB", 1e3)):
        if bytes_ >= scale:
            return f"{bytes_ / scale:.3g} {unit}"
    return f"{bytes_} bytes"


def seconds(value: float) -> str:
    """A span of time, as exact as people want it."""
    if value < 1:
        return "less than a second"
    if value < 90:
        return count(round(value), "second")
    if value < 5400:
        return count(round(value / 60), "minute")
    return f"{value / 3600:.1f} hours"


def share(value: float) -> str:
    """A share of 1 in per cent; never 0.0% or 100.0% for what is not quite that."""
    text = f"{value * 100:.1f}"
    if value > 0 and text == "0.0":
        return "< 0.1%"
    if value < 1 and text == "100.0":
        return "> 99.9%"
    return f"{text}%"
