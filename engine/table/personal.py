"""Finds columns that tell who somebody is: by their values where those have a form, else by name and values."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass

import pandas as pd

from engine.table import tokens
from engine.table.cellfacts import Cells
from engine.table.schema import Column, Kind

_SAMPLE = 500
_HEAD = 10  # cells of the first cheap look
_SHARE = 0.9  # of the distinct cells must have the form
_EMAIL = re.compile(r"[^@\s,;]+@[^@\s,;]+\.[A-Za-z]{2,}")
_IPV4 = re.compile(r"(?:(?:25[0-5]|2[0-4]\d|1?\d?\d)\.){3}(?:25[0-5]|2[0-4]\d|1?\d?\d)")
_IPV6 = re.compile(r"(?:[0-9a-fA-F]{0,4}:){2,7}[0-9a-fA-F]{0,4}")
_MAC = re.compile(r"(?:[0-9a-fA-F]{2}[:-]){5}[0-9a-fA-F]{2}")
_IBAN = re.compile(r"[A-Z]{2}\d{2}(?: ?[A-Z0-9]{4}){2,7}(?: ?[A-Z0-9]{1,4})?")
_SSN = re.compile(r"\d{3}-\d{2}-\d{4}")
_CARD = re.compile(r"(?:[0-9][ -]?){12,18}[0-9]")
_URL = re.compile(r"(?:https?://|www\.)\S+")
_PHONE = re.compile(r"(?:\+|00)?[(\d][\d\s().\-/]{5,20}\d(?:\s?(?:x|ext\.?)\s?\d{1,6})?")
_NAME = re.compile(r"[^\W\d_][\w'’.&,\-]*(?:[ ,&+/]+[^\W\d_][\w'’.&,()\-]*){0,6}")
_STREET = re.compile(r"(?=.*\d)(?=.*[^\W\d_]{2}).{6,120}", re.DOTALL)


@dataclass(frozen=True, slots=True)
class _Detector:
    """A Faker provider, what it is called in a reason, the form of its values, and words of names that hint at it.

    alone: the form is enough, whatever the name.
    """

    provider: str
    title: str
    form: Callable[[str], bool]
    names: frozenset[str] = frozenset()
    phrases: tuple[str, ...] = ()
    alone: bool = False


def _matches(pattern: re.Pattern[str]) -> Callable[[str], bool]:
    return lambda cell: pattern.fullmatch(cell) is not None


def luhn(cell: str) -> bool:
    """Whether the check digit of a payment card fits."""
    if not _CARD.fullmatch(cell):
        return False
    digits = [int(c) for c in cell if c.isdecimal()]
    doubled = [d if i % 2 == 0 else (d * 2 - 9 if d > 4 else d * 2) for i, d in enumerate(reversed(digits))]
    return sum(doubled) % 10 == 0


def iban(cell: str) -> bool:
    """Whether the check digits of a bank account number fit."""
    plain = cell.replace(" ", "")
    if not _IBAN.fullmatch(cell):
        return False
    moved = plain[4:] + plain[:4]
    return int("".join(str(int(c, 36)) for c in moved)) % 97 == 1


def _phone(cell: str) -> bool:
    digits = sum(c.isdecimal() for c in cell)
    return 7 <= digits <= 15 and _PHONE.fullmatch(cell) is not None


_DETECTORS = (
    _Detector("email", "e-mail addresses", _matches(_EMAIL), alone=True),
    _Detector("iban", "bank account numbers (IBAN)", iban, alone=True),
    _Detector("credit_card_number", "payment card numbers", luhn, alone=True),
    _Detector("ipv4", "IP addresses", _matches(_IPV4), alone=True),
    _Detector("mac_address", "hardware addresses", _matches(_MAC), alone=True),
    _Detector("ipv6", "IP addresses", lambda c: c.count(":") >= 3 and _IPV6.fullmatch(c) is not None, alone=True),
    _Detector("url", "web addresses", _matches(_URL), alone=True),
    _Detector("ssn", "social security numbers", _matches(_SSN), alone=True),
    _Detector(
        "phone_number",
        "phone numbers",
        _phone,
        frozenset(
            {"phone", "telephone", "tel", "mobile", "cell", "fax", "telefon", "handy", "phonenumber", "téléphone"}
        ),
    ),
    _Detector(
        "first_name",
        "first names",
        _matches(_NAME),
        frozenset({"firstname", "forename", "vorname", "prénom", "prenom", "givenname"}),
        ("first name", "given name", "host name", "user first"),
    ),
    _Detector(
        "last_name",
        "last names",
        _matches(_NAME),
        frozenset({"lastname", "surname", "nachname", "familienname", "apellido", "apellidos", "familyname"}),
        ("last name", "family name"),
    ),
    _Detector(
        "user_name",
        "user names",
        _matches(re.compile(r"\S{2,40}")),
        frozenset({"username", "login", "nickname"}),
        ("user name", "screen name", "nick name"),
    ),
    _Detector(
        "street_address",
        "addresses",
        _matches(_STREET),
        frozenset({"address", "street", "adresse", "strasse", "straße", "anschrift", "dirección", "calle", "rue"}),
    ),
    _Detector(
        "name",
        "names of people",
        _matches(_NAME),
        frozenset(
            {
                "fullname",
                "patient",
                "passenger",
                "customer",
                "employee",
                "person",
                "author",
                "client",
                "contact",
                "student",
            }
        ),
        (
            "full name",
            "customer name",
            "patient name",
            "passenger name",
            "employee name",
            "person name",
            "client name",
            "contact name",
            "student name",
            "driver name",
            "doctor name",
            "owner name",
            "teacher name",
            "author name",
        ),
    ),
)


def personal(cells: Cells) -> Column | None:
    """A column of personal data; None for any other."""
    if not len(cells.distinct) or not isinstance(cells.distinct.iloc[0], str):
        return None
    step = -(-len(cells.distinct) // _SAMPLE)
    sample = [cell.strip() for cell in cells.distinct.iloc[::step]]
    phrase = " ".join(cells.words)
    for detector in _DETECTORS:
        named = _named(phrase, detector)
        if not (named or detector.alone):
            continue
        if sum(map(detector.form, sample[:_HEAD])) < min(len(sample), _HEAD) / 2:
            continue
        share = sum(map(detector.form, sample)) / len(sample)
        if share >= _SHARE and _enough(cells, detector, named):
            return _column(cells, detector, named, share)
    return None


def _named(phrase: str, detector: _Detector) -> bool:
    words = set(phrase.split())
    return bool(words & detector.names) or any(f" {p} " in f" {phrase} " for p in detector.phrases)


def _enough(cells: Cells, detector: _Detector, named: bool) -> bool:
    """Names and addresses repeat little; few values under a telling name are categories ("customer": new, old)."""
    if detector.alone:
        return named or len(cells.distinct) >= 2
    return len(cells.distinct) >= min(15, max(2, cells.known // 4))


def _column(cells: Cells, detector: _Detector, named: bool, share: float) -> Column:
    missing = tokens.among_words(list(cells.found), cells.distinct)
    how = "by the form of its values" if detector.alone else "by its name and values"
    return Column(
        cells.name,
        Kind.PERSONAL,
        cells.storage,
        provider=detector.provider,
        locale=_locale(cells.distinct),
        missing_tokens=cells.token_tuple(missing),
        reason=f"{detector.title}, {how}; made up anew",
        confidence=round(min(0.98, share * (0.98 if detector.alone else 0.9)), 2),
    )


_MARKS = {"de_DE": "äöüßÄÖÜ", "fr_FR": "éèêçàâîôûÉÈÇ", "es_ES": "ñáíóúÑÁÍÓÚ", "pl_PL": "łśżźćńęąŁŚŻ", "it_IT": "ìòù"}
_SCRIPTS = {
    "ru_RU": r"[\u0400-\u04ff]",
    "ja_JP": r"[\u3040-\u30ff]",
    "zh_CN": r"[\u4e00-\u9fff]",
    "el_GR": r"[\u0370-\u03ff]",
    "ko_KR": r"[\uac00-\ud7af]",
    "ar_SA": r"[\u0600-\u06ff]",
    "he_IL": r"[\u0590-\u05ff]",
}


def _locale(distinct: pd.Series) -> str:
    """The language that the letters point to; English where they do not."""
    for locale, script in _SCRIPTS.items():
        if float(distinct.str.contains(script, regex=True).mean()) > 0.5:
            return locale
    shares = {k: float(distinct.str.contains(f"[{marks}]", regex=True).mean()) for k, marks in _MARKS.items()}
    best = max(shares, key=lambda k: shares[k])
    return best if shares[best] > 0.05 else "en_US"
