"""The pattern of keys: "A" capital letter, "a" small letter, "9" digit, "*" either, everything else as it is."""

from __future__ import annotations

import re
from collections import Counter

import pandas as pd

_CLASSES = "Aa9*"
_FIXED = 10  # so many keys with the same letter at a place make it part of the pattern
_UUID = re.compile(r"[0-9a-fA-F]{8}-[0-9a-fA-F]{4}-[0-9a-fA-F]{4}-[0-9a-fA-F]{4}-[0-9a-fA-F]{12}")


def pattern_of(texts: pd.Series) -> str | None:
    """The pattern of (n,) distinct keys: that of the longest of the usual lengths; None for no keys."""
    if not len(texts):
        return None
    texts = texts.astype("str")
    lengths = texts.str.len()
    counts = lengths.value_counts()
    usual = counts[counts >= max(1, len(texts) // 20)]
    length = max(usual.index.tolist()) if len(usual) else counts.index.tolist()[0]
    sample = texts[lengths == length].tolist()[:20_000]
    return "".join(_place(list(column)) for column in zip(*sample, strict=True))


def _place(characters: list[str]) -> str:
    """What stands at one place of all keys."""
    distinct = set(characters)
    if len(distinct) == 1:
        only = characters[0]
        fixed = len(characters) >= _FIXED and not only.isdigit() and only not in _CLASSES
        return only if fixed else _class_of(only)
    classes = {_class_of(c) for c in distinct}
    if len(classes) == 1:
        return classes.pop()
    if classes <= set("Aa9"):
        return "*"
    return Counter(characters).most_common(1)[0][0]


def _class_of(character: str) -> str:
    if character.isascii() and character.isdigit():
        return "9"
    if character.isalpha():
        return "A" if character.isupper() else "a"
    return character


def is_uuid(texts: pd.Series) -> bool:
    return all(_UUID.fullmatch(t) for t in texts.head(200))
