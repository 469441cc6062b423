"""Made-up values of a kind of personal data, from Faker's lists, without the real ones and without some others."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Callable, Iterable
from functools import lru_cache
from itertools import count
from typing import TYPE_CHECKING

from engine.errors import SchemaError
from engine.fakers import quick
from engine.table import namelists
from engine.table.schemes import NATIONAL, SCHEMES, Scheme

if TYPE_CHECKING:
    from faker import Faker

DEFAULT_LOCALE = "en_US"
KEY = "key"  # a key that several rows share; made in the form of the real ones
PEOPLE = ("name", "first_name", "last_name", "email", "user_name")
# Faker providers that a column may name; the value says whether digits of a made value may be redrawn freely.
OTHERS = {
    "address": True, "street_address": True, "street_name": True, "building_number": True, "secondary_address": True,
    "city": True, "postcode": True, "zipcode": True, "state": True, "state_abbr": True, "country": True,
    "country_code": True,
    "phone_number": True, "msisdn": True, "company": True, "job": True, "license_plate": True,
    "passport_number": True, "prefix": True, "suffix": True, "bban": False, "swift": False,
    "credit_card_full": False, "ipv4": False, "ipv6": False, "mac_address": False,
    "url": True, "domain_name": True, "hostname": True, "user_agent": False, "date_of_birth": False, "uuid4": False,
    "latitude": False, "longitude": False, "coordinates": False, "vin": False, "catch_phrase": True, "word": True,
    KEY: False,
    **dict.fromkeys(SCHEMES, False), "ssn": True,
}  # fmt: skip
# Of these, the digits and letters mean little and the way of writing much.
CODES = frozenset(
    {
        "phone_number", "msisdn", "postcode", "zipcode", "license_plate", "passport_number", "bban", "swift", "uuid4",
        "mac_address", "vin",
    }
)  # fmt: skip
DOMAINS = ("example.com", "example.org", "example.net")  # reserved (RFC 2606): no real mailbox is ever met
HOLE = "\ue000"  # stands for a digit that is drawn anew; a private character, in no real text

SEED = 20_240_601  # of the lists, which are the same for every model; draws from them follow the person's seed
_NAMES = 1_000  # last names that companies, cities and domains are put together from
_TRIES = 500  # draws without a new value that show a list to be exhausted
_DECOYS = 51  # of 256: the share of fakes left out beside the real values
_FEW = 50
_HOLES = 4


def faker(locale: str | None) -> Faker:
    """A Faker of its own with a fixed seed. Raises SchemaError for an unknown locale."""
    from faker import Faker

    try:
        made: Faker = Faker(locale or DEFAULT_LOCALE, use_weighting=False)
    except (AttributeError, ImportError) as error:
        raise SchemaError(f"There is no locale “{locale}” for made-up data; use one such as “en_US”.") from error
    made.seed_instance(SEED)
    return made


def check(provider: str | None, name: str) -> str:
    """The provider of a personal column. Raises SchemaError when it is not one that can be made up."""
    if provider is None:
        return "name"
    if provider not in PEOPLE and provider not in OTHERS:
        known = ", ".join([*PEOPLE, *OTHERS])
        raise SchemaError(f"Column “{name}”: “{provider}” cannot be made up. Possible: {known}.", column=name)
    return provider


def scheme(provider: str | None, locale: str | None) -> Scheme | None:
    """The rules of a number with check digits; Faker's “ssn” of a country is that country's number, if we know it."""
    if provider == "ssn" and locale not in (None, DEFAULT_LOCALE):
        country = (locale or "").partition("_")[2]
        return next((SCHEMES[key] for key in NATIONAL if SCHEMES[key].locale.partition("_")[2] == country), None)
    return SCHEMES.get(provider or "")


@lru_cache(maxsize=128)
def words(locale: str | None, provider: str, wanted: int) -> tuple[str, ...]:
    """Up to `wanted` different values of a Faker provider, in the order of their first appearance.

    Where a locale does not have the provider, or no value of it (titles in Japan), the default one's is taken.
    """
    if provider == KEY:
        raise ValueError("keys are in no list")
    if provider == "coordinates":
        pairs = zip(words(locale, "latitude", wanted), words(locale, "longitude", wanted), strict=False)
        return tuple(f"{north}, {east}" for north, east in pairs)
    quick_list = quick.listed(
        provider, locale or DEFAULT_LOCALE, wanted, lambda kind: words(locale, kind, _NAMES), SEED
    )
    if quick_list:
        return tuple(quick_list)
    make = getattr(faker(locale), provider, None) or getattr(faker(None), provider)
    found: dict[str, None] = {}
    fruitless = 0
    while len(found) < wanted and fruitless < _TRIES:
        value = str(make())
        fruitless = fruitless + 1 if value in found or not value.strip() else 0
        if value.strip():
            found[value] = None
    if not found and locale not in (None, DEFAULT_LOCALE):
        return words(DEFAULT_LOCALE, provider, wanted)
    return tuple(found)


def has_digits(locale: str | None, provider: str) -> bool:
    """Whether most values of a provider have digits that can be redrawn."""
    some = words(locale, provider, 32)
    return sum(HOLE in template(word) for word in some) > len(some) / 2


def other_names(locale: str | None, provider: str) -> list[str]:
    """First or last names of one word of other locales, those of the same language first, in small steps shuffled."""
    language = (locale or DEFAULT_LOCALE).partition("_")[0]
    near = sorted(namelists.LOCALES, key=lambda other: not other.startswith(language))
    lists = [namelists.first(o) if provider == "first_name" else namelists.last(o) for o in near if o != locale]
    return [name.title() for some in lists for name in sorted(some) if name.isalpha()]


def without(fakes: Iterable[str], real: set[str], fold: Callable[[str], str] = str.casefold) -> list[str]:
    """The fakes of which no form is in `real`, and of those about four in five, chosen by the real values.

    What is absent from the list is then not known to be real. When too few remain (every first name of the list
    is real), pairs of them take their place ("Anna-Maria").
    """
    fakes = list(fakes)
    kept = apart(fakes, real, fold)
    if len(kept) >= min(_FEW, len(fakes) / 2):
        return kept
    step = max(1, len(fakes) // 40)
    some = fakes[::step]
    pairs = [f"{a}-{b}" for a in some for b in some if a != b] or [f"{fake}-{fake}" for fake in fakes]
    kept += apart(pairs, real, fold)
    return kept or [next(other for n in count(2) if fold(other := f"{fakes[0]} {n}") not in real)]


def apart(fakes: Iterable[str], real: set[str], fold: Callable[[str], str] = str) -> list[str]:
    """The fakes of which no form is in `real`, and of those about four in five, chosen by the real values."""
    salt = hashlib.blake2b("\x1f".join(sorted(real)).encode("utf-8", "surrogatepass")).digest()
    return [fake for fake in fakes if fold(fake) not in real and _stays(fake, salt)]


def _stays(fake: str, salt: bytes) -> bool:
    return hashlib.blake2b(fake.encode("utf-8", "surrogatepass"), key=salt[:64], digest_size=1).digest()[0] >= _DECOYS


def template(value: str) -> str:
    """`value` with up to four of its last digits, none of them the first of its number, as holes.

    The template of a value does not change when its holes are filled, so values of different templates differ.
    """
    places = [m.start() for m in re.finditer(r"(?<=[0-9])[0-9]", value)][-_HOLES:]
    chars = list(value)
    for place in places:
        chars[place] = HOLE
    return "".join(chars)
