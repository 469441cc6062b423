"""Which cells of text stand for a missing value: "", "NA", "?", "n/a", ... where the rest of the column says so."""

from __future__ import annotations

import re

import pandas as pd

# Words that stand for nothing wherever they appear (alone they are no value of a usual column).
STRONG = frozenset(
    {"", "na", "n/a", "n.a.", "#n/a", "#na", "<na>", "nan", "-nan", "null", "nil", "(null)", "\\n", "n\\a", "#n/a n/a"}
)
# Marks and words that stand for nothing among numbers and dates; among words only the marks do.
MARKS = frozenset({"?", "-", "--", "---", ".", "..", "…", "–", "—", "*", "??", "_"})
WORDS = frozenset(
    {
        "none", "missing", "unknown", "nd", "n.d.", "n/d", "tba", "tbd", "tbc", "not available", "no data", "not known",
        "unbekannt", "unk", "blank", "empty", "#value!", "#ref!", "#name?", "#num!", "#null!", "inf", "-inf",
        "nat", "undefined", "no value", "not applicable", "k.a.", "k. a.", "s/d", "s.d.", "ns", "n.s.",
    }
)  # fmt: skip
_ALL = STRONG | MARKS | WORDS
_LONGEST = 30
_MANY = 2_000
_CODE = re.compile(r"[A-Z]{2}")


def candidates(distinct: pd.Series) -> list[str]:
    """The distinct cells that may stand for missing, as they are written."""
    if len(distinct) > _MANY:  # most cells of long columns hold digits, which only one of the words does
        distinct = distinct[distinct.str.fullmatch(rf"[^0-9]{{0,{_LONGEST}}}").to_numpy(dtype=bool)]
    return [cell for cell in distinct.tolist() if len(cell) <= _LONGEST and _folded(cell) in _ALL]


def among_values(found: list[str]) -> list[str]:
    """Of the candidates in a column of numbers, dates or truth values, those that are missing: all."""
    return found


def among_words(found: list[str], others: pd.Series) -> list[str]:
    """Of the candidates in a column of words, those that are missing; `others` are its other distinct cells.

    "NA" among codes of two capital letters is a code, and "none" or "unknown" are answers of their own.
    """
    if not len(others):
        return [cell for cell in found if _folded(cell) in STRONG | MARKS]
    codes = len(others) >= 5 and bool(others.str.fullmatch(r"[A-Z]{2}").mean() > 0.9)
    punctuation = not bool(others.str.contains(r"\w", regex=True).all())
    missing = []
    for cell in found:
        plain = _folded(cell)
        strong = plain in STRONG and not (codes and _CODE.fullmatch(cell))
        if strong or (plain in MARKS and not punctuation):
            missing.append(cell)
    return missing


def _folded(cell: str) -> str:
    return cell.strip().casefold()
