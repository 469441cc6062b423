"""The forms by which personal values are known, and how surely each tells of them, in the order of trying."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass

from engine.table import countries, namelists
from engine.table.locales import STREETS
from engine.table.schemes import NATIONAL, SCHEMES

_EMAIL = re.compile(r"[^@\s,;]+@[^@\s,;]+\.[A-Za-z]{2,}")
_IPV4 = re.compile(r"(?:(?:25[0-5]|2[0-4]\d|1?\d?\d)\.){3}(?:25[0-5]|2[0-4]\d|1?\d?\d)")
_IPV6 = re.compile(r"(?:[0-9a-fA-F]{0,4}:){2,7}[0-9a-fA-F]{0,4}")
_MAC = re.compile(r"(?:[0-9a-fA-F]{2}[:-]){5}[0-9a-fA-F]{2}")
_SSN = re.compile(r"\d{3}-\d{2}-\d{4}")
_URL = re.compile(r"(?:https?://|www\.)\S+")
_PHONE = re.compile(r"(?:\+|00)?[(\d][\d\s().\-/]{5,20}\d(?:\s?(?:x|ext\.?)\s?\d{1,6})?")
_DIALLED = re.compile(r"\+\d[\d\s().\-/]{7,18}\d|\(\d{3}\) ?\d{3}-\d{4}|\d{3}-\d{3}-\d{4}|\d{3}\.\d{3}\.\d{4}")
_THOUSANDS = re.compile(r"\+\d{1,3}(?:[ .]\d{3})*|\+\d{1,9}")
_WORD = r"[^\W\d_][^\W\d_'’.&\-]*(?:['’.&\-][^\W\d_]*)*"
_NAME = re.compile(rf"{_WORD}(?:[ ,&+/(]+{_WORD}\)?)*[,.]?")
_PLACE = re.compile(r"[^\W\d_].{1,60}")
_STREET = re.compile(r"(?=.*\d)(?=.*[^\W\d_]{2})(?=.*\S\s+\S).{6,120}", re.DOTALL)
_TOWN = re.compile(
    r"[^\W\d],? \d{5}(?:-\d{4})?$|"
    r"\b[A-Z]{2},? \d{5}\b|\b\d{4,5} [^\W\d]|\b\d{2}-\d{3} [^\W\d]|\b[A-Z]{1,2}\d[A-Z\d]? ?\d[A-Z]{2}\b"
)
_PARTS = re.compile(r"(?=.*\d{3}).{3,}[,;\n].{3,}", re.DOTALL)
_POSTCODE = re.compile(r"[A-Z0-9]{2,5}[ -]?[A-Z0-9]{0,4}")
_COORDINATES = re.compile(r"[(\[]?\s*([-+]?\d{1,2}\.\d{3,})\s*[,;\s]\s*([-+]?\d{1,3}\.\d{3,})\s*[)\]]?")
_BIC = re.compile(r"[A-Z]{4}[A-Z]{2}[A-Z0-9]{2}(?:[A-Z0-9]{3})?")
_PASSPORT = re.compile(r"(?=.*\d)[A-Z0-9]{6,10}")
_PLATE = re.compile(
    r"(?=.*\d)(?=.*[A-ZÄÖÜ])[A-ZÄÖÜ0-9]{1,4}(?:[ \-·][A-ZÄÖÜ0-9]{1,4}){0,3}|(?=.*\d)(?=.*[A-Z])[A-Z0-9]{5,8}"
)
_ACCOUNT = re.compile(r"\d[\d \-]{4,22}\d")


@dataclass(frozen=True, slots=True)
class Detector:
    """What is looked for, what it is called in a reason, and the form of its values.

    alone: the form is enough, whatever the name, for this many different values (0: never); surely: how sure the form
    makes, 0 to 1; rare: below this share of different values they are a category; beside: only beside columns that
    speak of persons; share: of the different values that must have the form; hint: key of the words in `telling`.
    """

    hint: str
    title: str
    form: Callable[[str], bool]
    alone: int = 0
    surely: float = 0.9
    rare: float = 0.0
    beside: bool = False
    share: float = 0.9

    @property
    def provider(self) -> str:
        return {"given": "first_name", "family": "last_name"}.get(self.hint, self.hint)


def _matches(pattern: re.Pattern[str]) -> Callable[[str], bool]:
    return lambda cell: pattern.fullmatch(cell) is not None


def _phone(cell: str) -> bool:
    digits = sum(c.isdecimal() for c in re.split("[xe]", cell, maxsplit=1)[0])  # without the extension
    return 7 <= digits <= 15 and _PHONE.fullmatch(cell) is not None


def _dialled(cell: str) -> bool:
    """A phone number that looks like nothing else: with a calling code, or in the American way."""
    if not _DIALLED.fullmatch(cell) or _THOUSANDS.fullmatch(cell):
        return False
    digits = re.sub(r"\D", "", cell)
    return len(digits) <= 15 and (cell[0] != "+" or countries.by_calling_code(digits) is not None)


def _coordinates(cell: str) -> bool:
    found = _COORDINATES.fullmatch(cell)
    return found is not None and abs(float(found.group(1))) <= 90 and abs(float(found.group(2))) <= 180


_STREET_FORMS = re.compile(
    "|".join(
        rf"(?:{form})" if locale in ("de_DE", "nl_NL", "en_US") else rf"^(?:\d+\s?\w?,?\s)?(?:{form})"
        for locale, form in STREETS.items()
    ),
    re.IGNORECASE,
)
_HOUSE = re.compile(r"^\d{1,6}\w?,? |[ ,]\d{1,5}(?: ?[a-zA-Z])?(?:$|[,\n])")


def _street(cell: str) -> bool:
    """A street with its number: short, with a word for street and a house number before or behind it."""
    return len(cell) <= 60 and _HOUSE.search(cell) is not None and _STREET_FORMS.search(cell) is not None


def _full_address(cell: str) -> bool:
    """Short parts, one of them with a house number, a later one with a postcode and a town."""
    if len(cell) > 160 or not _PARTS.fullmatch(cell):
        return False
    parts = [part.strip() for part in re.split(r"[,;\n]", cell) if part.strip()]
    towns = [i for i, part in enumerate(parts) if i and _TOWN.search(part)]
    return bool(towns) and len(parts) <= 6 and any(re.search(r"\d", part) for part in parts[: towns[-1]])


def _bic(cell: str) -> bool:
    return _BIC.fullmatch(cell) is not None and countries.is_code(cell[4:6])


def _postcode(cell: str) -> bool:
    return any(map(str.isdecimal, cell)) and len(cell) <= 10 and _POSTCODE.fullmatch(cell.upper()) is not None


# Different values that need no telling name; weak checks want more. Companies have numbers like Canada's (SIREN): 0.
_LEAST = {"uk_nino": 20, "nl_bsn": 20, "ca_sin": 0}

DETECTORS: tuple[Detector, ...] = (
    Detector("email", "e-mail addresses", _matches(_EMAIL), 2, 0.98),
    Detector("iban", SCHEMES["iban"].title, SCHEMES["iban"].valid, 2, 0.98),
    Detector("credit_card_number", SCHEMES["credit_card_number"].title, SCHEMES["credit_card_number"].valid, 2, 0.98),
    Detector("ipv4", "IP addresses", _matches(_IPV4), 2, 0.98),
    Detector("mac_address", "hardware addresses", _matches(_MAC), 2, 0.98),
    Detector("ipv6", "IP addresses", lambda c: c.count(":") >= 3 and _IPV6.fullmatch(c) is not None, 2, 0.98),
    Detector("url", "web addresses", _matches(_URL), 2, 0.98),
    Detector("ssn", "social security numbers", _matches(_SSN), 2, 0.98),
    *(
        Detector(key, SCHEMES[key].title, SCHEMES[key].valid, _LEAST.get(key, 8), 0.97)
        for key in NATIONAL
        if key != "ssn"
    ),
    Detector("ssn", SCHEMES["ssn"].title, SCHEMES["ssn"].valid),
    Detector("coordinates", "points on the map", _coordinates, 5, 0.95),
    Detector("phone_number", "phone numbers", _dialled, 5, 0.9),
    Detector("phone_number", "phone numbers", _phone),
    Detector("first_name", "first names", _matches(_NAME)),
    Detector("last_name", "last names", _matches(_NAME)),
    Detector("given", "first names", namelists.is_first, share=0.6),
    Detector("family", "last names", namelists.is_last, share=0.6),
    Detector("user_name", "user names", _matches(re.compile(r"\S{2,40}"))),
    Detector("address", "full addresses", _full_address, 5, 0.85, share=0.7),
    Detector("street_address", "addresses", _street, 10, 0.8),
    Detector("street_address", "addresses", _matches(_STREET), share=0.6),
    Detector("swift", "codes of banks (BIC)", _bic),
    Detector("passport_number", "passport numbers", _matches(_PASSPORT), rare=0.5),
    Detector("license_plate", "licence plates", _matches(_PLATE), rare=0.3),
    Detector("bban", "bank account numbers", _matches(_ACCOUNT)),
    Detector("name", "names of people", namelists.is_person, 15, 0.85, share=0.6),
    Detector("name", "names of people", _matches(_NAME), rare=0.5),
    Detector("company", "names of companies", _matches(_PLACE), surely=0.8, rare=0.5),
    Detector("job", "jobs", _matches(_PLACE), surely=0.8, rare=0.5, beside=True),
    Detector("postcode", "postcodes", _postcode, rare=0.3, beside=True),
    Detector("city", "places", _matches(_PLACE), surely=0.8, rare=0.3, beside=True),
    Detector("state", "states", _matches(_PLACE), surely=0.7, rare=0.5, beside=True),
)
