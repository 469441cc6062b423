"""Check characters at the end of keys: found where all real keys have a right one, and set behind made ones."""

from __future__ import annotations

import re
from collections.abc import Callable

import pandas as pd

from engine.table import digits

_LEAST = 8  # keys that a check digit fits by chance are one in 10**8 then
_ENDED = re.compile(r"[A-Za-z \-/._]*(?:[0-9][ \-./]?)+[0-9X]")
# Digits before the check character, and what it must be: EAN, UPC, GTIN and ISBN-13; ISBN-10; Luhn.
CHECKS: dict[str, tuple[range, Callable[[str], str]]] = {
    "gtin": (range(7, 14), digits.gtin),
    "isbn10": (range(9, 10), digits.isbn10),
    "luhn": (range(4, 30), digits.luhn),
}


def found(keys: pd.Series) -> str:
    """The check that all of these different keys pass; "" where there is none, or too few keys to tell."""
    if len(keys) < _LEAST:
        return ""
    return next((name for name in CHECKS if all(_passes(key, name) for key in keys)), "")


def _passes(key: str, name: str) -> bool:
    lengths, _ = CHECKS[name]
    body = re.sub(r"\D", "", key[:-1])
    return len(body) in lengths and _ENDED.fullmatch(key) is not None and ended(key[:-1], name) == key


def ended(body: str, name: str) -> str:
    """A key without its check character, with the right one behind it."""
    check = CHECKS[name][1]
    inner = re.sub(r"\D", "", body)
    return body + check(inner[-9:] if name == "isbn10" else inner)
