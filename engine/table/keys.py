"""The pattern of keys: "A" capital letter, "a" small letter, "9" digit, "*" either, everything else as it is."""

from __future__ import annotations

import re

import pandas as pd

from engine.table.cellfacts import Cells
from engine.table.schema import Column, Kind

_MANY, _ROWS = 50, 5  # different keys at least, and rows that share one on average at most
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
    places = [set(column) for column in zip(*sample, strict=True)]
    fixed = [next(iter(place)) for place in places if len(place) == 1]
    # A fixed letter that the pattern uses for a class cannot stand for itself, and half a prefix would mislead.
    literal = len(sample) >= _FIXED and not set(fixed) & set(_CLASSES[:2])
    return "".join(_place(place, literal=literal) for place in places)


def _place(characters: set[str], *, literal: bool) -> str:
    """What stands at one place of all keys."""
    if len(characters) == 1 and literal and not (only := min(characters)).isdecimal() and only not in _CLASSES:
        return only
    classes = {_class_of(c) for c in characters}
    return classes.pop() if len(classes) == 1 else "*"


def _class_of(character: str) -> str:
    if character.isdecimal():
        return "9"
    if character.isalpha():
        return "A" if character.isupper() else "a"
    return character


def is_shared(cells: Cells) -> bool:
    """Whether values are so many, and each so rare, that they name things rather than groups to learn from."""
    return not cells.unique and len(cells.distinct) >= max(_MANY, cells.known / _ROWS)


def shared(cells: Cells, missing: list[str]) -> Column:
    """A column of keys that several rows share: made up anew, and shared as often."""
    return Column(
        cells.name,
        Kind.PERSONAL,
        cells.storage,
        provider="key",
        missing_tokens=cells.token_tuple(missing),
        reason=f"keys that rows share, {len(cells.distinct):,} in {cells.known:,} cells; made up anew, shared as often",
        confidence=0.7,
    )


def is_uuid(texts: pd.Series) -> bool:
    return all(_UUID.fullmatch(t) for t in texts.head(200))
