"""What a cell of text looks like at a glance: enough to find delimiters, headers and the place of a lost field.

Nothing is converted here; the raw cell stays as written (schema inference looks closer).
"""

from __future__ import annotations

import re
from functools import lru_cache

EMPTY, MISSING, NUMBER, DATE, BOOLEAN, TEXT = "empty", "missing", "number", "date", "boolean", "text"
TYPED = frozenset({NUMBER, DATE, BOOLEAN})

_CURRENCY = r"(?:[$€£¥₹₽₩₺¢]|[A-Z]{2}\$|[A-Z]{3}|kr|zł|CHF)"
_MARK = r"[ .,'’_\u00a0\u202f]"  # between groups of digits; the last group has three, those of India before it two
_DIGITS = rf"(?:\d{{1,3}}(?:{_MARK}\d{{2,3}})*{_MARK}\d{{3}}|\d+)?(?:[.,]\d+|\.)?"
_NUMBER = re.compile(
    rf"[-+−(]?\s?{_CURRENCY}?\s?[-+−]?(?=[.,]?\d){_DIGITS}(?:[eE][-+]?\d+)?\s?(?:%|‰|{_CURRENCY})?\)?|[-+]?(?i:inf|infinity)"
)
_TIME = r"\d{1,2}:\d{2}(?::\d{2}(?:[.,]\d+)?)?(?:\s?[ap]\.?m\.?)?(?:\s?(?:Z|UTC|[-+]\d{2}:?\d{2}))?"
_MONTH = r"(?:jan|feb|mar|apr|may|jun|jul|aug|sep|oct|nov|dec)[a-z]{0,6}\.?"
_DAY = (
    r"(?:\d{4}[-/]\d{1,2}|\d{4}[-/.]\d{1,2}[-/.]\d{1,2}|\d{1,2}[-/.]\d{1,2}[-/.]\d{2,4}"
    rf"|\d{{1,2}}[-\s.]{{1,2}}{_MONTH}[-\s,]{{0,2}}\d{{2,4}}|{_MONTH}\s\d{{1,2}}(?:st|nd|rd|th)?,?\s\d{{4}})"
)
_DATE = re.compile(rf"{_DAY}(?:[T\s,]\s?{_TIME})?|{_TIME}", re.IGNORECASE)
_BOOLEANS = frozenset({"true", "false", "yes", "no", "y", "n", "t", "f", "ja", "nein", "oui", "non"})
_MISSING = frozenset(
    {"na", "n/a", "n.a.", "#n/a", "nan", "null", "none", "nil", "-", "--", "?", ".", "\\n", "missing", "(null)", "nd"}
)
_LONGEST_TYPED = 60


@lru_cache(maxsize=1 << 16)
def look(cell: str | None) -> str:
    """EMPTY, MISSING (a word for it), NUMBER, DATE, BOOLEAN or TEXT."""
    if cell is None:
        return EMPTY
    if len(cell) > _LONGEST_TYPED:
        return TEXT
    text = cell.strip()
    if not text:
        return EMPTY
    lowered = text.lower()
    if lowered in _MISSING:
        return MISSING
    if _DATE.fullmatch(text):  # first, since 05.01.2024 could pass for a number
        return DATE
    if _NUMBER.fullmatch(text):
        return NUMBER
    return BOOLEAN if lowered in _BOOLEANS else TEXT
