"""Numbers that authorities and banks give to persons: their form, their check characters, and how new ones are drawn.

A number is looked at in its plain form: capital letters and digits, without separators. `repair` sets the check
characters of a plain number to what they must be; a number is valid where that changes nothing.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from typing import Protocol

from engine.table import digits

_SEPARATORS = re.compile(r"[ .\-/+\u00a0]")
_WRITTEN = re.compile(r"[A-Za-z0-9]+(?:[ .\-/+\u00a0][A-Za-z0-9]+)*")
_LETTERS = "ABCDEFGHIJKLMNOPQRSTUVWXYZ"
_DNI = "TRWAGMYFPDXBNJZSQVHLCKE"
_MONTHS = "ABCDEHLMPRST"
_ISSUERS = re.compile(r"4|5[1-5]|2[2-7]|3[47]|6011|65|35|3[068]")
_LENGTHS = {"4": (13, 16, 19), "34": (15,), "37": (15,), "30": (14,), "36": (14, 16, 19), "38": (14, 16)}  # else 16

HOLE, CHECK = "\ue000", "\ue001"  # private characters, in no real text


class Dice(Protocol):
    """Where chance comes from: a seeded generator, or a keyed hash."""

    def below(self, n: int) -> int:
        """A whole number from 0 to n - 1."""


@dataclass(frozen=True, slots=True)
class Scheme:
    """One kind of number.

    provider: its key; title: in a reason; locale: of its country, "" for all; form: of a plain number;
    repair: a plain number with right check characters, None where there is none or its parts make no sense;
    draw: a plain number of a structure, check characters not yet right; free: characters before the check that may be
    redrawn one by one; keep: characters at the start that belong to the structure; surely: share of random numbers of
    the form that pass, small enough to need no name; words: of names that speak of it.
    """

    provider: str
    title: str
    locale: str
    form: re.Pattern[str]
    repair: Callable[[str], str | None]
    draw: Callable[[str, Dice], str]
    free: int
    surely: bool
    words: frozenset[str]
    phrases: tuple[str, ...] = ()
    checks: int = 1  # check characters at the end
    keep: Callable[[str], int] = lambda plain: 0

    def valid(self, value: str) -> bool:
        text = plain(value)
        if not self.form.fullmatch(text) or not _WRITTEN.fullmatch(value.strip()):
            return False
        return self.repair(text) == text

    def structure(self, text: str) -> str:
        """A plain number with "#" for digits and "@" for letters, but for what belongs to its kind."""
        kept = self.keep(text)
        return text[:kept] + "".join("#" if c.isdecimal() else "@" for c in text[kept:])

    def template(self, text: str, free: int) -> str:
        """A valid plain number with HOLE for its last `free` digits and CHECK for its check characters.

        Refilling the holes keeps the template, so numbers of different templates differ.
        """
        chars = list(text)
        start = len(text) - self.checks
        chars[start:] = CHECK * self.checks
        if self.provider == "iban":
            chars[2:4] = CHECK * 2
        holes = [i for i in range(start) if chars[i].isdecimal() and i >= self.keep(text)]
        for i in holes[len(holes) - free :]:
            chars[i] = HOLE
        return "".join(chars)

    def refilled(self, template: str, number: int) -> str | None:
        """The valid number of a template with the digits of `number` in its holes; None where there is none."""
        holes = template.count(HOLE)
        given = iter(f"{number:0{holes}d}" if holes else "")
        found = self.repair("".join(next(given) if c == HOLE else "0" if c == CHECK else c for c in template))
        return found if found is not None and self.form.fullmatch(found) else None

    def fresh(self, structure: str, dice: Dice, tries: int = 2_000) -> str | None:
        """A valid plain number of a structure; None where no draw gave one."""
        for _ in range(tries):
            found = self.repair(self.draw(structure, dice))
            if found is not None and self.form.fullmatch(found):
                return found
        return None


def plain(value: str) -> str:
    return _SEPARATORS.sub("", value).upper()


def layout(value: str) -> str:
    """How a number is written: "X" or "x" for each character of its plain form, and the separators."""
    letters = [c for c in value if c.isalpha()]
    mark = "x" if letters and all(c.islower() for c in letters) else "X"
    return "".join(c if _SEPARATORS.fullmatch(c) else mark for c in value)


def laid_out(text: str, form: str) -> str:
    """The inverse of `layout` for a plain number of as many characters."""
    chars = iter(text.lower() if "x" in form else text)
    return "".join(next(chars) if c in "Xx" else c for c in form)


def fill(structure: str, dice: Dice) -> str:
    """Every "#" a digit, every "@" a letter."""
    marks = {"#": "0123456789", "@": _LETTERS}
    return "".join(marks[c][dice.below(len(marks[c]))] if c in marks else c for c in structure)


def _no_check(test: Callable[[str], bool], text: str) -> str | None:
    return text if test(text) else None


def _ended(check: Callable[[str], str], test: Callable[[str], bool], text: str) -> str | None:
    return text[:-1] + check(text[:-1]) if test(text) else None


def _any(text: str) -> bool:
    return True


def _two(value: int) -> str:
    return f"{value:02d}"


# The rules of single countries


def _us(text: str) -> bool:
    return text[:3] not in ("000", "666") and text[0] != "9" and text[3:5] != "00" and text[5:] != "0000"


def _uk(text: str) -> bool:
    first, second = text[0], text[1]
    if first in "DFIQUV" or second in "DFIQUVO" or text[8] not in "ABCD":
        return False
    return text[:2] not in ("BG", "GB", "NK", "KN", "TN", "NT", "ZZ")


def _de(text: str) -> bool:
    """One digit of the first ten comes twice or three times, all others at most once."""
    counts = sorted(text[:10].count(d) for d in set(text[:10]))
    return text[0] != "0" and counts[-1] in (2, 3) and counts[:-1] == [1] * (len(counts) - 1)


def _draw_de(structure: str, dice: Dice) -> str:
    pool = list("0123456789")
    chosen = [pool.pop(dice.below(len(pool))) for _ in range(9)]
    chosen.insert(dice.below(10), chosen[dice.below(9)])
    return "".join(chosen) + "0"


def _fr(text: str) -> str | None:
    month, place = int(text[3:5]), text[5:7]
    if not (1 <= month <= 12 or 20 <= month <= 42) or place == "00":
        return None
    body = text[:13].replace("2A", "19").replace("2B", "18") if place in ("2A", "2B") else text[:13]
    return text[:13] + _two(97 - int(body) % 97) if body.isdecimal() else None


def _draw_fr(structure: str, dice: Dice) -> str:
    place = _two(1 + dice.below(95)).replace("20", "21")
    return f"{1 + dice.below(2)}{_two(dice.below(100))}{_two(1 + dice.below(12))}{place}" + fill("######", dice) + "00"


def _es(text: str) -> str | None:
    body = text[:-1].translate(str.maketrans("XYZ", "012"))
    return text[:-1] + _DNI[int(body) % 23] if body.isdecimal() else None


def _draw_es(structure: str, dice: Dice) -> str:
    start = "XYZ"[dice.below(3)] if structure.startswith("@") else ""
    return start + fill("#" * (8 - len(start)), dice) + "A"


def _it(text: str) -> bool:
    day = int(text[9:11]) if text[9:11].isdecimal() else 0
    return text[8] in _MONTHS and digits.is_date(int(text[6:8]), _MONTHS.index(text[8]) + 1, day - 40 * (day > 40))


def _draw_it(structure: str, dice: Dice) -> str:
    consonants = "BCDFGLMNPRSTVZ"
    name = "".join(consonants[dice.below(len(consonants))] for _ in range(6))
    day = 1 + dice.below(28) + 40 * dice.below(2)
    town = "ABCDEFGHIL"[dice.below(10)] + fill("###", dice)
    return f"{name}{_two(dice.below(100))}{_MONTHS[dice.below(12)]}{_two(day)}{town}A"


def _pl(text: str) -> str | None:
    month = int(text[2:4])
    if not digits.is_date(int(text[:2]), month % 20, int(text[4:6])):
        return None
    return text[:-1] + str(-digits.weighted(text[:-1], (1, 3, 7, 9) * 2 + (1, 3)) % 10)


def _draw_pl(structure: str, dice: Dice) -> str:
    year, month = 1930 + dice.below(90), 1 + dice.below(12)
    shown = month + (20 if year >= 2000 else 0)
    return f"{_two(year % 100)}{_two(shown)}{_two(1 + dice.below(28))}{fill('#####', dice)}"


def _se(text: str) -> str | None:
    short = text[-10:]
    if not digits.is_date(int(short[:2]), int(short[2:4]), int(short[4:6])):
        return None
    return text[:-1] + digits.luhn(short[:-1])


def _draw_se(structure: str, dice: Dice) -> str:
    year = 1930 + dice.below(90)
    born = str(year) if len(structure) == 12 else _two(year % 100)
    return f"{born}{_two(1 + dice.below(12))}{_two(1 + dice.below(28))}{fill('####', dice)}"


def _br(text: str) -> str | None:
    if len(set(text[:9])) == 1:
        return None
    body = text[:9]
    for length in (10, 11):
        rest = digits.weighted(body, range(length, 1, -1)) % 11
        body += str(0 if rest < 2 else 11 - rest)
    return body


def _nl(text: str) -> str | None:
    rest = digits.weighted(text[:8], range(9, 1, -1)) % 11
    return text[:8] + str(rest) if rest < 10 and text[:8] != "00000000" else None


def _be(text: str) -> str | None:
    if not digits.is_date(int(text[:2]), int(text[2:4]), int(text[4:6])):
        return None
    kept = [f"{97 - int(century + text[:9]) % 97:02d}" for century in ("", "2")]
    return text if text[9:] in kept else text[:9] + kept[0]


def _draw_be(structure: str, dice: Dice) -> str:
    # The check of 1930 to 1999; digits 99 are none of either century's.
    return f"{_two(30 + dice.below(70))}{_two(1 + dice.below(12))}{_two(1 + dice.below(28))}{fill('###', dice)}99"


def _iban(text: str) -> str:
    return f"{text[:2]}{98 - digits.mod97(text[4:] + text[:2] + '00'):02d}{text[4:]}"


def _card(text: str) -> bool:
    issuer = text[: _issuer(text)]
    return bool(issuer) and len(text) in _LENGTHS.get(issuer, (16,)) and len(set(text)) > 1


def _issuer(text: str) -> int:
    found = _ISSUERS.match(text)
    return found.end() if found else 0


def _words(text: str) -> frozenset[str]:
    return frozenset(text.split())


def _form(pattern: str) -> re.Pattern[str]:
    return re.compile(pattern)


_ALL = (
    Scheme(
        "iban", "bank account numbers (IBAN)", "", _form(r"[A-Z]{2}\d{2}[A-Z0-9]{11,30}"), _iban, fill, 4, True,
        _words("iban"), checks=0, keep=lambda text: 2,
    ),
    Scheme(
        "credit_card_number", "payment card numbers", "", _form(r"\d{13,19}"), partial(_ended, digits.luhn, _card),
        fill, 4, True, _words("card creditcard kreditkarte kreditkartennummer cc pan"),
        ("credit card", "card number", "carte bancaire", "carta di credito"), keep=_issuer,
    ),
    Scheme(
        "it_fiscal_code", "Italian tax codes (codice fiscale)", "it_IT",
        _form(r"[A-Z]{6}\d{2}[ABCDEHLMPRST]\d{2}[A-Z]\d{3}[A-Z]"), partial(_ended, digits.fiscal_letter, _it), _draw_it,
        3, True, _words("codicefiscale"), ("codice fiscale",),
    ),
    Scheme(
        "fr_nir", "French social security numbers (NIR)", "fr_FR", _form(r"[12]\d{4}(?:\d{2}|2[AB])\d{8}"), _fr,
        _draw_fr, 3, True, _words("nir"), ("numéro de sécurité sociale", "sécurité sociale"), checks=2,
    ),
    Scheme(
        "es_nif", "Spanish personal numbers (DNI, NIE)", "es_ES", _form(r"(?:[XYZ]\d{7}|\d{8})[A-Z]"), _es, _draw_es, 4,
        True, _words("dni nif nie"),
    ),
    Scheme(
        "in_pan", "Indian tax numbers (PAN)", "en_IN", _form(r"[A-Z]{3}[ABCFGHJLPT][A-Z]\d{4}[A-Z]"),
        partial(_no_check, _any), lambda s, dice: fill("@@@P@####@", dice), 4, True,
        _words("pan"), ("pan number",), checks=0,
    ),
    Scheme(
        "uk_nino", "British national insurance numbers", "en_GB", _form(r"[A-Z]{2}\d{6}[A-D]"), partial(_no_check, _uk),
        lambda s, dice: fill("@@######", dice) + "ABCD"[dice.below(4)], 4, False, _words("nino ni"),
        ("national insurance", "ni number"), checks=0,
    ),
    Scheme(
        "ch_ahv", "Swiss social security numbers (AHV)", "de_CH", _form(r"756\d{10}"),
        partial(_ended, digits.gtin, _any), lambda s, dice: fill("756##########", dice), 4, True,
        _words("ahv avs ahvnummer"),
    ),
    Scheme(
        "in_aadhaar", "Indian personal numbers (Aadhaar)", "en_IN", _form(r"[2-9]\d{11}"),
        partial(_ended, digits.verhoeff, _any), lambda s, dice: str(2 + dice.below(8)) + fill("###########", dice), 4,
        True, _words("aadhaar aadhar uidai"),
    ),
    Scheme(
        "de_tax_id", "German tax numbers (Steuer-ID)", "de_DE", _form(r"[1-9]\d{10}"),
        partial(_ended, digits.mod11_10, _de), _draw_de, 3, True,
        _words("steuerid idnr steueridentifikationsnummer identifikationsnummer steuernummer"), ("steuer id", "tax id"),
    ),
    Scheme(
        "pl_pesel", "Polish personal numbers (PESEL)", "pl_PL", _form(r"\d{11}"), _pl, _draw_pl, 4, True,
        _words("pesel"),
    ),
    Scheme(
        "be_number", "Belgian national numbers", "nl_BE", _form(r"\d{11}"), _be, _draw_be, 3, True,
        _words("rijksregisternummer insz niss"), ("registre national",), checks=2,
    ),
    Scheme(
        "br_cpf", "Brazilian tax numbers (CPF)", "pt_BR", _form(r"\d{11}"), _br, lambda s, dice: fill("#" * 11, dice),
        4, True, _words("cpf"), checks=2,
    ),
    Scheme(
        "se_personnummer", "Swedish personal numbers", "sv_SE", _form(r"(?:19|20)?\d{10}"), _se, _draw_se, 3, True,
        _words("personnummer"),
    ),
    Scheme(
        "nl_bsn", "Dutch personal numbers (BSN)", "nl_NL", _form(r"\d{9}"), _nl,
        lambda s, dice: fill("#########", dice), 4, False, _words("bsn burgerservicenummer sofinummer"),
    ),
    Scheme(
        "ca_sin", "Canadian social insurance numbers", "en_CA", _form(r"[1-79]\d{8}"),
        partial(_ended, digits.luhn, _any), lambda s, dice: fill("#########", dice), 4, False, _words("sin"),
        ("social insurance",),
    ),
    Scheme(
        "ssn", "social security numbers", "en_US", _form(r"\d{9}"), partial(_no_check, _us),
        lambda s, dice: fill("#########", dice), 4, False, _words("ssn"), ("social security",), checks=0,
    ),
)  # fmt: skip
SCHEMES = {scheme.provider: scheme for scheme in _ALL}
NATIONAL = tuple(key for key in SCHEMES if key not in ("iban", "credit_card_number"))
