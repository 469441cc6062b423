"""Where sentences and lines end, and how texts are capitalised."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from engine.fakers.language.counting import SHARED, Ints
from engine.fakers.language.tokens import BREAK, CAPITAL, CAPITALS, LOWERED, MARK, NONE, SHAPE, WORD, Types

Flags = NDArray[np.bool_]
SENTENCE, TITLE, UPPERED, SMALL = range(4)  # styles of a text

_END, _WIDE_END, _CLOSERS = ".!?…。！？", "。！？", "\"'”’»)]“"
_ABBREVIATION, _ABBREVIATED = 6, 0.8  # letters; share of its occurrences with a dot behind it
_MOSTLY, _LONG_WORD, _TITLE_WORDS = 0.75, 4, 3


@dataclass(frozen=True)
class Units:
    """fine: whether a token is the last of a sentence by its mark alone, of a line, or of a text.

    last: the same, but not behind abbreviations and numbers of a list: where a unit of the chain ends.
    style: of each text.
    """

    fine: Flags
    last: Flags
    style: Ints

    @classmethod
    def of(cls, types: Types, ids: Ints, starts: Ints) -> Units:
        text = text_of(starts)
        core, gap = types.core[ids], types.gap[ids]
        following = np.append(gap[1:], BREAK)
        ends_text = np.append(text[1:] != text[:-1], True)
        line = (following == BREAK) | ends_text
        ended = ends(mark_ends(types.cores)[core], closers(types.cores)[core], gap == NONE)
        wide = np.array([c in _WIDE_END for c in types.cores])[core]
        fine = line | (ended & (following != NONE)) | wide
        style = _styles(types, ids, text, len(starts) - 1)
        last = fine & (line | wide | ~(_small_next(types, ids) & (style[text] != SMALL)))
        last &= line | ~_short_before(types, ids, core, gap)
        last &= line | ~_list_number(types, core, last)
        return cls(fine, last, style)


def text_of(starts: Ints) -> Ints:
    """(tokens,) text of each token."""
    return np.repeat(np.arange(len(starts) - 1), np.diff(starts))


def mark_ends(cores: tuple[str, ...]) -> Flags:
    return np.array([not core.strip(_END) for core in cores], dtype=bool)


def closers(cores: tuple[str, ...]) -> Flags:
    return np.array([core in _CLOSERS for core in cores], dtype=bool)


def ends(end: Flags, closer: Flags, close: Flags) -> Flags:
    """Tokens that end a sentence: an end mark, or one or two closing marks right behind it."""
    ended = end.copy()
    for _ in range(2):
        ended[1:] |= closer[1:] & close[1:] & ended[:-1]
    return ended


def _styles(types: Types, ids: Ints, text: Ints, texts: int) -> Ints:
    word = (types.sort[types.core] == WORD)[ids]
    case = types.case[ids]
    long = np.array([len(surface) >= _LONG_WORD for surface in types.surface], dtype=bool)[ids]

    def share(which: Flags, among: Flags) -> tuple[NDArray[np.float64], Ints]:
        many = np.bincount(text[among], minlength=texts)
        return np.bincount(text[among & which], minlength=texts) / np.maximum(many, 1), many

    capital, words = share(case == CAPITAL, word & long)
    style = np.where((capital >= _MOSTLY) & (words >= _TITLE_WORDS), TITLE, SENTENCE)
    style[share(case == CAPITALS, word & long)[0] >= _MOSTLY] = UPPERED
    style[share(case == LOWERED, word)[0] >= 1] = SMALL
    return style.astype(np.int64)


def _small_next(types: Types, ids: Ints) -> Flags:
    small = ((types.sort[types.core] == WORD) & (types.case == LOWERED))[ids]
    return np.append(small[1:], False)


def _short_before(types: Types, ids: Ints, core: Ints, gap: Ints) -> Flags:
    """Dots behind a word that hardly comes without one ("Mr.", "St.")."""
    dot = (np.array([c == "." for c in types.cores], dtype=bool)[core]) & (gap == NONE)
    short = np.array([len(c) <= _ABBREVIATION for c in types.cores], dtype=bool) & (types.sort == WORD)
    many = np.bincount(core, minlength=len(types.cores))
    dotted = np.bincount(core[:-1][dot[1:]], minlength=len(types.cores))
    abbreviation = short & (dotted >= SHARED) & (dotted >= _ABBREVIATED * many)
    return np.asarray(dot & np.append(False, abbreviation[core[:-1]]))


def _list_number(types: Types, core: Ints, last: Flags) -> Flags:
    """Dots behind a number that begins a sentence ("1. First")."""
    begins = np.append(True, last[:-1])
    number = (types.sort[core] == SHAPE) & begins
    return np.asarray(np.append(False, number[:-1]) & (types.sort[core] == MARK))
