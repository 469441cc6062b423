"""Guesses among the older encodings, by which letters each would put next to each other.

Every byte string is valid in many single-byte encodings, so there is no proof, only likelihood: letters stand in words
of one alphabet, small letters follow capitals, East Asian characters stand together.
"""

from __future__ import annotations

import re

_SAMPLE = 1 << 14
_MULTI_BYTE = ("cp932", "euc_jp", "gb18030", "big5", "cp949")
_SINGLE_BYTE = (
    "cp1252",
    "cp1250",
    "cp1254",
    "iso8859_2",
    "cp1251",
    "koi8_r",
    "cp866",
    "iso8859_5",
    "cp1253",
    "cp850",
    "mac_roman",
)
# The letters beyond a to z that languages use; where several encodings give letters, one of these settles it.
_ALPHABETS = tuple(
    frozenset(letters + letters.upper())
    for letters in (
        "äöüß",
        "àâæçéèêëîïôœùûüÿ",
        "áéíñóúüªº",
        "áâãàçéêíóôõú",
        "àèéìíòóù",
        "åäöæøé",
        "áðéíóúýþæö",
        "éèëïóöü",
        "ąćęłńóśźż",
        "áčďéěíňóřšťúůýžľĺŕôä",
        "áéíóöőúüű",
        "ăâîșțşţ",
        "čćđšž",
        "çğıİöşüâî",
        "абвгдежзийклмнопрстуфхцчшщъыьэюяёіїєґўјљњћђџ",
        "αβγδεζηθικλμνξοπρστυφχψωςάέήίόύώϊϋΐΰ",
    )
)
_FREQUENT_SYMBOLS = frozenset("€£¥§°©®™–—‘’“”„…«»•·±×÷µ½¼¾²³º¿¡ \u00a0")


def guess_encoding(data: bytes) -> str:
    """Python's name of the likeliest encoding of bytes that are not UTF-8; "latin-1" when nothing fits better.

    Bytes behind the first 16 KB that say something may still be none of that encoding.
    """
    sample = _non_ascii_lines(data)
    if multi := _guess_multi_byte(sample):
        return multi
    scores = {c: _plausibility(t) for c in _SINGLE_BYTE if (t := _try_decode(sample, c)) is not None}
    if not scores:
        return "latin-1"
    best = max(scores.values())
    close = [c for c, score in scores.items() if score >= best - 0.02]
    winner = max(close, key=lambda c: _one_language(sample.decode(c)))  # the first of equals, so cp1252 before others
    if winner == "cp1252" and not re.search(rb"[\x80-\x9f]", data):
        return "latin-1"  # the same characters, by their better-known name
    return winner


def _non_ascii_lines(data: bytes) -> bytes:
    """Up to 16 KB of the lines that say something about the encoding."""
    out = bytearray()
    for match in re.finditer(rb"[^\r\n]*[\x80-\xff][^\r\n]*", data):
        out += match.group()[:4096] + b"\n"
        if len(out) > _SAMPLE:
            break
    return bytes(out)


def _try_decode(data: bytes, encoding: str) -> str | None:
    try:
        return data.decode(encoding)
    except UnicodeDecodeError:
        return None


def _guess_multi_byte(sample: bytes) -> str | None:
    """An East Asian encoding in which the sample is valid and its characters stand together, as words do."""
    fitting = [c for c in _MULTI_BYTE if (t := _try_decode(sample, c)) is not None and _stands_together(t)]
    if len(fitting) <= 1:
        return fitting[0] if fitting else None
    for encoding in ("cp932", "euc_jp"):
        if encoding in fitting and _share(sample.decode(encoding), "\u3040", "\u30ff") > 0.15:
            return encoding
    return _normalizers_choice(sample, fitting)


def _share(text: str, low: str, high: str) -> float:
    foreign = [c for c in text if c > "\x7f"]
    return sum(low <= c <= high for c in foreign) / max(len(foreign), 1)


def _stands_together(text: str) -> bool:
    """Latin letters misread as East Asian ones stand alone among ASCII letters; real ones have neighbours."""
    east = re.findall(r"[\u3000-\u30ff\u3400-\u9fff\uac00-\ud7af\uff00-\uffef]+", text)
    characters = sum(map(len, east))
    foreign = sum(c > "\x7f" for c in text)
    glued = len(
        re.findall(
            r"[A-Za-z][\u3400-\u9fff\uac00-\ud7af\uff61-\uff9f]|[\u3400-\u9fff\uac00-\ud7af\uff61-\uff9f][A-Za-z]", text
        )
    )
    return characters >= 0.9 * foreign and characters >= 1.5 * len(east) and glued <= 0.25 * len(east)


def _plausibility(text: str) -> float:
    """Mean over the non-ASCII characters: 1 for a letter that suits its neighbours, down to -1 for debris."""
    padded = f" {text} "
    scores = [_suits(*padded[i - 1 : i + 2]) for i, c in enumerate(padded) if c > "\x7f"]
    return sum(scores) / max(len(scores), 1)


def _suits(before: str, character: str, after: str) -> float:
    if not character.isalpha() or character in "ªº":
        if character not in _FREQUENT_SYMBOLS:
            return -1.0
        between = before.isalpha() and after.isalpha() and character not in "’‘–·"
        return -0.5 if between else 0.6
    latin = _is_latin(character)
    neighbours = [c for c in (before, after) if c.isalpha()]
    if not neighbours:
        return 0.4  # words of one letter are rare
    if any(_is_latin(c) != latin for c in neighbours):
        return -1.0
    if character.isupper() and before.islower():
        return -1.0
    if latin and len(neighbours) == 2 and all(c > "\x7f" for c in neighbours):
        return -0.5  # three accented letters in a row: another alphabet, misread
    return 1.0


def _one_language(text: str) -> float:
    """The share of the non-ASCII letters that the best fitting single language explains."""
    letters = [c for c in text if c > "\x7f" and c.isalpha()]
    return max(sum(c in a for c in letters) for a in _ALPHABETS) / max(len(letters), 1)


def _is_latin(character: str) -> bool:
    return character < "\u0250" or "\u1e00" <= character <= "\u1eff"


def _normalizers_choice(sample: bytes, among: list[str]) -> str:
    from charset_normalizer import from_bytes

    best = from_bytes(sample, cp_isolation=among).best()
    return best.encoding if best is not None and best.encoding in among else among[0]
