"""What can be made up, for people to choose from: kinds of personal data and locales, each with examples."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import TYPE_CHECKING

from engine.fakers import pools
from engine.table.schema import Column, Schema
from engine.table.schemes import SCHEMES

if TYPE_CHECKING:
    import pandas as pd

_LOOKED_AT, _SEED = 1_000, 0

_TITLES = {
    "name": "full names", "first_name": "first names", "last_name": "last names", "email": "e-mail addresses",
    "user_name": "user names", "address": "whole addresses", "street_address": "streets with house numbers",
    "street_name": "streets", "building_number": "house numbers", "secondary_address": "flats and floors",
    "city": "cities", "postcode": "postcodes", "zipcode": "ZIP codes", "state": "states",
    "state_abbr": "codes of states", "country": "countries", "key": "keys that several rows share",
    "country_code": "country codes", "phone_number": "phone numbers", "msisdn": "phone numbers, digits only",
    "company": "companies", "job": "job titles", "license_plate": "licence plates",
    "passport_number": "passport numbers", "prefix": "titles before names", "suffix": "titles after names",
    "bban": "national account numbers", "swift": "bank codes (SWIFT)", "credit_card_full": "payment cards, all on them",
    "ipv4": "IP addresses (IPv4)", "ipv6": "IP addresses (IPv6)", "mac_address": "hardware addresses (MAC)",
    "url": "web addresses", "domain_name": "domain names", "hostname": "names of computers",
    "user_agent": "browser signatures", "date_of_birth": "dates of birth", "uuid4": "random keys (UUID)",
    "latitude": "latitudes", "longitude": "longitudes", "coordinates": "places as coordinates",
    "vin": "vehicle numbers (VIN)", "catch_phrase": "slogans", "word": "single words",
    "ssn": "national numbers of the country",
}  # fmt: skip


def providers() -> Mapping[str, str]:
    """Every kind of personal data that can be made up, with a name for people, in the names' order."""
    named = {key: title_of(key) for key in (*pools.PEOPLE, *pools.OTHERS)}
    return dict(sorted(named.items(), key=lambda item: item[1].casefold()))


def title_of(provider: str) -> str:
    """A provider's name for people."""
    if provider in _TITLES:
        return _TITLES[provider]
    return SCHEMES[provider].title if provider in SCHEMES else provider.replace("_", " ")


def locales() -> tuple[str, ...]:
    """Locales that Faker knows, such as "de_DE"."""
    from faker.config import AVAILABLE_LOCALES

    return tuple(sorted(AVAILABLE_LOCALES))


def examples(values: pd.Series, column: Column, wanted: int = 4) -> tuple[str, ...]:
    """A few made-up values of a parsed column that is made anew, always the same: as the first rows let expect them.

    Raises SchemaError for an unknown provider or locale.
    """
    from engine.fakers.fakers import Fakers

    kept = replace(column, selected=True)
    fakers = Fakers(Schema((kept,))).fit(values.iloc[:_LOOKED_AT].to_frame(column.name))
    made = fakers.make(10 * wanted, _SEED)[column.name].dropna().drop_duplicates()
    return tuple(str(value) for value in made[:wanted])
