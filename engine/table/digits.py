"""Check digits and check letters, as pure functions on texts of digits and capital letters without separators."""

from __future__ import annotations

from collections.abc import Sequence

_VERHOEFF_TIMES = (
    "0123456789", "1234067895", "2340178956", "3401289567", "4012395678",
    "5987604321", "6598710432", "7659821043", "8765932104", "9876543210",
)  # fmt: skip
_VERHOEFF_SHIFT = (
    "0123456789", "1576283094", "5803796142", "8916043527", "9453126870", "4286573901", "2793806415", "7046913258",
)  # fmt: skip
_VERHOEFF_INVERSE = "0432156789"
_FISCAL_ODD = (
    1, 0, 5, 7, 9, 13, 15, 17, 19, 21, 2, 4, 18, 20, 11, 3, 6, 8, 12, 14, 16, 10, 22, 25, 24, 23,
)  # fmt: skip


def luhn(body: str) -> str:
    """The Luhn check digit of payment cards (ISO/IEC 7812) that follows `body`."""
    digits = [int(c) for c in reversed(body)]
    total = sum(d if i % 2 else (d * 2 - 9 if d > 4 else d * 2) for i, d in enumerate(digits))
    return str(-total % 10)


def gtin(body: str) -> str:
    """The check digit of EAN, UPC, GTIN and ISBN-13, weights 3 and 1 from the right."""
    return str(-sum(int(c) * (3 if i % 2 == 0 else 1) for i, c in enumerate(reversed(body))) % 10)


def isbn10(body: str) -> str:
    """The check character of nine digits of an ISBN-10: a digit or X."""
    return "0123456789X"[-weighted(body, range(10, 1, -1)) % 11]


def weighted(body: str, weights: Sequence[int]) -> int:
    return sum(int(c) * w for c, w in zip(body, weights, strict=True))


def mod97(text: str) -> int:
    """The remainder of ISO 7064 mod 97-10, letters counted from A = 10."""
    return int("".join(str(int(c, 36)) for c in text)) % 97


def mod11_10(body: str) -> str:
    """The check digit of ISO 7064 mod 11, 10 that follows `body`."""
    product = 10
    for char in body:
        total = (int(char) + product) % 10 or 10
        product = total * 2 % 11
    return str((11 - product) % 10)


def verhoeff(body: str) -> str:
    """The check digit of Verhoeff (1969), the group of a pentagon's turns, that follows `body`."""
    state = 0
    for i, char in enumerate(reversed(body), start=1):
        state = int(_VERHOEFF_TIMES[state][int(_VERHOEFF_SHIFT[i % 8][int(char)])])
    return _VERHOEFF_INVERSE[state]


def fiscal_letter(body: str) -> str:
    """The check letter of the first 15 characters of an Italian codice fiscale (decree of 23 December 1976)."""
    total = 0
    for i, char in enumerate(body):
        value = int(char) if char.isdecimal() else ord(char) - ord("A")
        total += _FISCAL_ODD[value] if i % 2 == 0 else value
    return chr(ord("A") + total % 26)


def is_date(year: int, month: int, day: int) -> bool:
    """Whether there is such a day; year 0 to 99 of an unknown century passes for any leap year."""
    if not 1 <= month <= 12 or day < 1:
        return False
    leap = year % 4 == 0 and (year % 100 != 0 or year % 400 == 0 or year < 100)
    return day <= (29 if month == 2 and leap else (28, 30, 31)[(month != 2) + (month in (1, 3, 5, 7, 8, 10, 12))])
