"""Texts cut into words, numbers and marks, as arrays of numbers of token types."""

from __future__ import annotations

import re
import unicodedata
from collections import defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from functools import lru_cache
from itertools import count

import numpy as np
from numpy.typing import NDArray

Ints = NDArray[np.int64]

WORD, SHAPE, MARK, MAIL, LINK = range(5)
DIGIT, UPPER, LOWER = "\ue000", "\ue001", "\ue002"  # holes of a shape; private characters, in no real text
LOWERED, CAPITAL, CAPITALS, MIXED = range(4)  # how a word is written
NONE, SPACE, BREAK = range(3)  # what stands before a token

_CODE = 6  # characters of letters and digits mixed that are a code, not a word with a digit
_CODE_DIGITS = 2
_CHUNK = 2_000  # texts that are cut at once
_PLAIN_CHARS = r"぀-ヿ㐀-䶿一-鿿豈-﫿"  # written without spaces: each character is a word


_UNSPACED = re.compile(f"[{_PLAIN_CHARS}]")


@dataclass(frozen=True)
class Types:
    """What is known of each kind of token. core: what it is without case and digits, as a number into `cores`."""

    cores: tuple[str, ...]
    core: Ints
    sort: Ints  # of each core: WORD, SHAPE, MARK, MAIL, LINK
    gap: Ints  # of each type: NONE, SPACE, BREAK
    breaks: tuple[str, ...]  # the blanks before each type
    surface: tuple[str, ...]  # as written, without the blanks before it
    case: Ints
    value: Ints  # number that a short shape's digits make; -1 where there are more than `LONG` of them


LONG = 4  # digits that may be met by chance
DATED = re.compile(
    f"{DIGIT}{{4}}[-/.]{DIGIT}{{2}}[-/.]{DIGIT}{{2}}|{DIGIT}{{1,2}}[-/.]{DIGIT}{{1,2}}[-/.](?:{DIGIT}{{4}}|{DIGIT}{{2}})"
)


def read(texts: Iterable[str]) -> tuple[Types, Ints, Ints]:
    """Types of token, (tokens,) type of each token, (texts + 1,) first token of each text."""
    pattern = _pattern()
    numbers: defaultdict[str, int] = defaultdict(count().__next__)
    parts, lengths = [], []
    for some in _chunks(texts):
        found: list[str] = []
        for text in some:
            before = len(found)
            found += pattern.findall(text)
            lengths.append(len(found) - before)
        parts.append(np.fromiter(map(numbers.__getitem__, found), dtype=np.int64, count=len(found)))
    ids = np.concatenate(parts) if parts else np.empty(0, dtype=np.int64)
    return _types(list(numbers)), ids, np.concatenate([[0], np.cumsum(lengths)]).astype(np.int64)


def _chunks(texts: Iterable[str]) -> Iterator[list[str]]:
    some: list[str] = []
    for text in texts:
        some.append(text)
        if len(some) == _CHUNK:
            yield some
            some = []
    if some:
        yield some


@lru_cache(maxsize=1)
def _pattern() -> re.Pattern[str]:
    """Marks that go on top of letters belong to the word (Hindi, Arabic, Thai, letters with loose accents)."""
    marks = "".join(c for c in map(chr, range(0x300, 0x1100)) if unicodedata.category(c)[0] == "M")
    letter = rf"(?:[^\W\d_{_PLAIN_CHARS}]|[{marks}‌‍])"
    word = rf"{letter}++(?:['’]{letter}++)*+(?!\d)"
    mixed = r"[^\W_]+"
    date = rf"(?:\d{{4}}[\-/.]\d\d[\-/.]\d\d|\d\d?[./\-]\d\d?[./\-](?:\d{{4}}|\d\d))(?![\d]|{letter})"
    number = rf"\d++(?:[.,:]\d++)*+(?!{letter})"
    phone = rf"\+?\(?\d(?:(?:[ ()/\-]{{0,2}}|\.)\d){{6,}}+(?!{letter})"
    mail = r"[\w.+\-]+@[\w\-]+(?:\.[\w\-]+)+"
    link = r"(?:https?://|www\.)[^\s<>\"')\]]*[^\s<>\"')\].,;:!?]"
    runs = r"\.{2,}|!{2,}|\?{2,}|-{2,}|\*{2,}|={2,}|#{2,}|_+|[^\w\s]"
    return re.compile(rf"\s*(?:{link}|{mail}|[{_PLAIN_CHARS}]|{word}|{date}|{phone}|{number}|{mixed}|{runs})")


def _types(found: list[str]) -> Types:
    cores: defaultdict[str, int] = defaultdict(count().__next__)
    core, sorts, gap, breaks, surface, case, value = [], {}, [], [], [], [], []
    for raw in found:
        text = raw.lstrip()
        blanks = raw[: len(raw) - len(text)]
        sort, key = _core(text)
        number = cores[key]
        sorts[number] = sort
        core.append(number)
        gap.append(BREAK if "\n" in blanks or "\r" in blanks else SPACE if blanks else NONE)
        breaks.append(blanks)
        surface.append(text)
        case.append(_case(text))
        short = sort == SHAPE and is_short(key)
        value.append(int("".join(filter(str.isdecimal, text))) if short else 0 if sort != SHAPE else -1)
    as_ints = [np.asarray(part, dtype=np.int64) for part in (core, list(sorts.values()), gap, case, value)]
    return Types(tuple(cores), as_ints[0], as_ints[1], as_ints[2], tuple(breaks), tuple(surface), *as_ints[3:])


def _core(text: str) -> tuple[int, str]:
    if text.isalpha():
        return WORD, text.casefold()
    if any(c.isdecimal() for c in text) and "@" not in text and "://" not in text and not text.startswith("www."):
        return SHAPE, shape(text)
    if text[:1].isalpha() and text.replace("'", "").replace("’", "").isalnum():
        return WORD, text.casefold()
    if len(text) > 3 and "@" in text:
        return MAIL, "@"
    if "://" in text or text.startswith("www."):
        return LINK, "://"
    if any(c.isalpha() for c in text):
        return WORD, text.casefold()
    return MARK, text


def is_unspaced(key: str) -> bool:
    """Whether a core is a character of a script that is written without blanks."""
    return bool(_UNSPACED.match(key))


def is_short(key: str) -> bool:
    """Whether a shape is of so few digits, or a date, that a made one may meet a real one by chance."""
    return UPPER not in key and LOWER not in key and (key.count(DIGIT) <= LONG or bool(DATED.fullmatch(key)))


def shape(text: str) -> str:
    """`text` with holes for its digits, and where it is a code for its letters."""
    digits = sum(c.isdecimal() for c in text)
    letters = any(c.isalpha() for c in text)
    if not letters or len(text) < _CODE or digits < _CODE_DIGITS:
        return "".join(DIGIT if c.isdecimal() else c.casefold() if letters else c for c in text)
    return "".join(DIGIT if c.isdecimal() else c if not c.isalpha() else UPPER if c.isupper() else LOWER for c in text)


def _case(text: str) -> int:
    if text.islower():
        return LOWERED
    letters = [c for c in text if c.isalpha()]
    if not letters or text == text.lower():
        return LOWERED
    if len(letters) > 1 and text == text.upper():
        return CAPITALS
    return CAPITAL if text[:1].isupper() and text[1:] == text[1:].lower() else MIXED
