"""One made value from dice, for each kind of personal data: words of Faker's lists, codes in the form of a real one."""

from __future__ import annotations

import re
import string
from collections.abc import Callable
from functools import lru_cache

from engine.fakers import pools
from engine.fakers.names import slug
from engine.table import schemes
from engine.table.schemes import Dice, Scheme

Make = Callable[[str, Dice, int], str]  # real value, dice, attempt: made value

_MANY_WORDS = 3_000
_AGAIN = 20  # attempts after which lists are taken twice
_PREFIX = re.compile(r"[^\W\d_]{1,6}[\W_]?(?=.*(?:[0-9].*){3})")  # letters before three digits
_UUID = re.compile(r"[0-9a-fA-F]{8}(?:-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}")
_PLUS = re.compile(r"(?:\+|00)[0-9]{2}")
_UNJOINED = frozenset({"country_code", "credit_card_full", "date_of_birth", "domain_name", "hostname", "user_agent"})
_FORMED = frozenset(
    {*pools.CODES, "bban", "swift", "ipv6", "mac_address", "uuid4", "vin", pools.KEY}
)  # made by replacing characters by others of their class


def maker(provider: str, locale: str | None, wide: bool) -> Make:
    """How values of a provider are made. wide: from many more values than a list of words holds.

    Every made value depends on its arguments and Faker's lists only. Raises SchemaError for an unknown locale.
    """
    scheme = pools.scheme(provider, locale)
    if scheme is not None:
        return lambda real, dice, attempt: _number(scheme, real, dice)
    if provider in _FORMED:
        return lambda real, dice, attempt: formed(provider, real, dice, attempt)
    if provider == "ipv4":
        return lambda real, dice, attempt: f"10.{dice.below(256)}.{dice.below(256)}.{1 + dice.below(254)}"
    if provider in ("latitude", "longitude", "coordinates"):
        return lambda real, dice, attempt: _position(provider, real, dice)
    make = _Person(provider, locale, wide) if provider in pools.PEOPLE else _Listed(provider, locale, wide)
    return lambda real, dice, attempt: _cased(real, make(real, dice, attempt))


def _cased(real: str, made: str) -> str:
    """In capital or small letters where the real value is."""
    return made.upper() if real.isupper() else made.lower() if real.islower() else made


def _number(scheme: Scheme, real: str, dice: Dice) -> str:
    """A valid number in the layout of the real one; where the real one is not valid, only its form is kept."""
    text = schemes.plain(real)
    if scheme.form.fullmatch(text):
        found = scheme.fresh(scheme.structure(text), dice)
        if found is not None and len(found) == len(text):
            return schemes.laid_out(found, schemes.layout(real))
    return formed(scheme.provider, real, dice, 0)


def formed(provider: str, real: str, dice: Dice, attempt: int) -> str:
    """Every digit and letter replaced by one of its class; longer after many attempts (all of that length are taken).

    What stays: the country's prefix of a phone number, the letters before a key's number, the country of a BIC, the
    version of a UUID.
    """
    head = _PLUS.match(real) if provider in ("phone_number", "msisdn") else None
    kept = set(range(head.end())) if head else set()
    if provider == "swift":
        kept |= {4, 5}
    if provider == "uuid4":
        kept |= {14, 19}
    hexadecimal = provider in ("ipv6", "mac_address", "uuid4") or _UUID.fullmatch(real) is not None
    if provider == pools.KEY and not hexadecimal and (prefix := _PREFIX.match(real)):
        kept |= set(range(prefix.end()))
    made = [c if i in kept else _like(c, hexadecimal, dice) for i, c in enumerate(real)]
    first = next((i for i, c in enumerate(real) if c.isdecimal() and i not in kept), None)
    if first is not None and real[first] != "0" and made[first] == "0" and not hexadecimal:
        made[first] = str(1 + dice.below(9))
    extra = "".join(str(dice.below(10)) for _ in range(attempt // _AGAIN))
    return "".join(made) + extra


def _like(char: str, hexadecimal: bool, dice: Dice) -> str:
    if char.isdecimal() or (hexadecimal and char.isalnum()):
        of = string.digits + (("ABCDEF" if char.isupper() else "abcdef") if hexadecimal else "")
        return of[dice.below(len(of))]
    if char.isalpha():
        of = string.ascii_uppercase if char.isupper() else string.ascii_lowercase
        return of[dice.below(26)]
    return char


def _position(provider: str, real: str, dice: Dice) -> str:
    """A place anywhere on land and sea, with as many decimals as the real one."""
    limits = {"latitude": [90], "longitude": [180], "coordinates": [90, 180]}[provider]
    numbers = list(re.finditer(r"[-+−]?[0-9]+(?:[.][0-9]+)?", real))[: len(limits)]
    text = real
    for found, limit in zip(reversed(numbers), reversed(limits[: len(numbers)]), strict=True):
        decimals = len(found.group().partition(".")[2])
        scale = 10**decimals
        value = dice.below(2 * limit * scale) - limit * scale
        text = text[: found.start()] + f"{value / scale:.{decimals}f}" + text[found.end() :]
    if numbers:
        return text
    return ", ".join(f"{dice.below(2 * limit * 10**4) / 10**4 - limit:.4f}" for limit in limits)


@lru_cache(maxsize=32)
def _single(locale: str | None, provider: str) -> tuple[str, ...]:
    """Words of a list that are in one piece and differ in their Latin form."""
    found: dict[str, str] = {}
    for word in pools.words(locale, provider, 1_000):
        if not re.search(r"[\s\d]", word):
            found.setdefault(slug(word) or word, word)
    return tuple(found.values())


class _Person:
    """Names of persons, and addresses made of them."""

    def __init__(self, provider: str, locale: str | None, wide: bool) -> None:
        self._provider, self._wide = provider, wide
        self._first, self._last = _single(locale, "first_name"), _single(locale, "last_name")
        self._between = {"zh": "", "ko": "", "ja": " ", "hu": " "}.get((locale or "en").partition("_")[0])
        self._english = _single(None, "first_name"), _single(None, "last_name")

    def __call__(self, real: str, dice: Dice, attempt: int) -> str:
        double = self._wide or attempt >= _AGAIN
        if self._provider == "first_name":
            return self._word(self._first, double, dice)
        last = self._word(self._last, double, dice)
        if self._provider == "last_name":
            return last
        if self._provider == "name":
            return self._full(real, self._word(self._first, False, dice), last)
        return self._address(real, double, dice)

    def _full(self, real: str, first: str, last: str) -> str:
        if self._between is not None:
            return f"{last}{self._between}{first}"
        return f"{last}, {first}" if "," in real else f"{first} {last}"

    def _address(self, real: str, numbered: bool, dice: Dice) -> str:
        first, last = (slug(words[dice.below(len(words))]) for words in (self._first, self._last))
        first = first or slug(self._english[0][dice.below(len(self._english[0]))])
        last = last or slug(self._english[1][dice.below(len(self._english[1]))])
        local = f"{first}.{last}" + (str(1 + dice.below(99_999)) if numbered else "")
        if self._provider == "user_name":
            return local
        return f"{local}@{pools.DOMAINS[dice.below(len(pools.DOMAINS))]}"

    def _word(self, words: tuple[str, ...], double: bool, dice: Dice) -> str:
        word = words[dice.below(len(words))]
        return f"{word}-{words[dice.below(len(words))]}" if double else word


class _Listed:
    """Values of a Faker provider with their last digits drawn anew; two of them joined where one list is too short."""

    def __init__(self, provider: str, locale: str | None, wide: bool) -> None:
        self._words = pools.words(locale, provider, _MANY_WORDS)
        redrawn = pools.OTHERS[provider]
        self._templates = tuple(dict.fromkeys(pools.template(w) for w in self._words)) if redrawn else self._words
        self._joined = provider not in _UNJOINED
        self._address = provider == "url"
        self._double = wide and not any(pools.HOLE in t for t in self._templates)

    def __call__(self, real: str, dice: Dice, attempt: int) -> str:
        made = self._one(dice)
        if not self._joined or not (self._double or attempt >= _AGAIN):
            return made
        return f"{made.rstrip('/')}/{dice.below(10**6)}" if self._address else f"{made}-{self._one(dice)}"

    def _one(self, dice: Dice) -> str:
        chosen = self._templates[dice.below(len(self._templates))]
        return "".join(str(dice.below(10)) if c == pools.HOLE else c for c in chosen)
