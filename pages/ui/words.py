"""Words for people: counts, sizes, times, and text from tables made safe for Markdown."""

from __future__ import annotations

import re

_MARKS = re.compile(r"([!-/:-@\[-`{-~])")
_ADDRESSES = re.compile(r"(?<=://)|(?i:(?<=\bwww)(?=\.))|(?=@)")  # places where Markdown would see a link
_JOINER = "\u2060"  # of no width
_FROM_THE_RIGHT = re.compile("[\u0590-\u08ff\ufb1d-\ufdff\ufe70-\ufefc\U00010800-\U00010fff\U0001e800-\U0001efff]")


def plain(text: str) -> str:
    """Text that Markdown shows as it is, whatever a table's names hold: every mark of ASCII is escaped, nothing a link.

    What holds letters written from right to left is set apart, so that numbers beside it stay where they are.
    """
    shown = _MARKS.sub(r"\\\1", _ADDRESSES.sub(_JOINER, " ".join(text.split())))
    return apart(shown)


def apart(text: str) -> str:
    """The text, set apart from what stands beside it where it is written from right to left (Unicode, UAX 9)."""
    return f"\u2068{text}\u2069" if _FROM_THE_RIGHT.search(text) else text


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
