"""Names of persons by locale, from Faker's lists, read only where a column may hold names."""

from __future__ import annotations

import importlib
from collections.abc import Iterable
from functools import lru_cache

LOCALES = (
    "en_US", "en_GB", "de_DE", "fr_FR", "es_ES", "it_IT", "nl_NL", "pl_PL", "pt_BR", "sv_SE", "da_DK", "no_NO", "fi_FI",
    "cs_CZ", "hu_HU", "ro_RO", "tr_TR", "en_IN",
)  # fmt: skip

_LEAST = 5  # names; fewer are too few to tell a country
# Common in at least one of these countries: enough to see that the longer lists are worth reading.
_COMMON_WORDS = """
james john robert michael william david richard thomas charles daniel matthew anthony mark paul steven andrew kevin
brian george edward jason jeffrey ryan jacob mary patricia jennifer linda elizabeth barbara susan jessica sarah karen
lisa nancy margaret sandra ashley emily michelle amanda melissa laura anna maria peter hans klaus jürgen wolfgang
stefan andreas christian martin frank sabine petra monika ursula julia katharina claudia jean pierre philippe nicolas
julien françois marie nathalie isabelle sophie camille antonio josé manuel francisco juan javier carlos miguel carmen
ana isabel lucía giuseppe giovanni luigi marco francesco andrea alessandro luca giulia chiara sara francesca jan
pieter johannes piotr krzysztof andrzej agnieszka katarzyna ewa joão pedro lars erik karin mehmet ahmet mustafa ayşe
fatma raj amit priya ion elena lukas felix leon sofia emma olivia noah liam ethan alexander benjamin samuel joseph
günter werner horst manfred uwe bernd dieter rainer heinz helmut gerhard walter ralf jörg dirk sven torsten matthias
markus tobias sebastian florian philipp max jonas finn birgit susanne brigitte gabriele heike angelika kerstin silke
anja tanja nicole stefanie melanie daniela christina lena hannah mia michel andré alain bernard jacques patrick
christophe laurent thierry éric pascal olivier sylvie catherine martine françoise christine monique véronique valérie
sandrine céline josefa dolores pilar teresa cristina marta luis ángel jesús pablo sergio alberto fernando rafael
alejandro mario angelo vincenzo salvatore roberto stefano paolo rosa giovanna paola silvia kimberly donna carol ruth
sharon deborah stephanie rebecca cynthia kathleen amy shirley angela ronald timothy jack dennis jerry tyler aaron
henry adam douglas nathan zachary kyle leyla mandy hans-jürgen karl otto
"""
_COMMON = frozenset(_COMMON_WORDS.split())


@lru_cache(maxsize=64)
def first(locale: str) -> frozenset[str]:
    """First names in small letters; empty for a locale without a list."""
    return _list(locale, "first_names")


@lru_cache(maxsize=64)
def last(locale: str) -> frozenset[str]:
    """Last names in small letters."""
    return _list(locale, "last_names")


def _list(locale: str, kind: str) -> frozenset[str]:
    try:
        provider = importlib.import_module(f"faker.providers.person.{locale}").Provider
    except ImportError:
        return frozenset()
    lists = [getattr(provider, name) for name in dir(provider) if name.endswith(kind) or name.startswith(kind)]
    return frozenset(str(name).casefold() for some in lists if not callable(some) for name in some)


@lru_cache(maxsize=1)
def _everywhere() -> frozenset[str]:
    return frozenset().union(*(first(locale) for locale in LOCALES))


def promising(cells: Iterable[str]) -> bool:
    """Whether some cells begin with a common first name, or end with one behind a comma. Reads no list."""
    found = [_first_of(cell) in _COMMON for cell in cells]
    return sum(found) >= max(2, len(found) / 30)


@lru_cache(maxsize=1)
def _families() -> frozenset[str]:
    return frozenset().union(*(last(locale) for locale in LOCALES))


def is_first(cell: str) -> bool:
    """Whether a cell is a first name of any list."""
    return _first_of(cell) in _everywhere() and len(cell.split()) <= 2


def is_last(cell: str) -> bool:
    """Whether a cell is a last name of any list."""
    return _last_of(cell) in _families() and len(cell.split()) <= 2


def is_person(cell: str) -> bool:
    """Whether a cell of two to five words begins with a first name of any list."""
    return " " in cell and _first_of(cell) in _everywhere() and not any(map(str.isdecimal, cell))


def varied(cells: list[str]) -> bool:
    """Whether first and last words differ as those of persons do: "Allen County" and "Iris setosa" have much alike."""
    firsts, lasts = ({ends(cell) for cell in cells} for ends in (_first_of, _last_of))
    return len(firsts) >= min(0.2 * len(cells), 25) and len(lasts) >= min(0.3 * len(cells), 40)


def _first_of(cell: str) -> str:
    """The first name of "Anna Smith" and of "Smith, Anna"."""
    words = cell.rpartition(", ")[2].split()
    named = [word for word in words if not word.endswith(".")] or words
    return named[0].casefold() if named else ""


def spoken(cells: list[str], provider: str) -> str | None:
    """The locale whose lists hold most of the names, if they hold a third; None where none does.

    provider: "first_name", "last_name" or another, of which the first and the last word are looked at.
    """
    firsts = [] if provider == "last_name" else [_first_of(cell) for cell in cells]
    lasts = [] if provider == "first_name" else [_last_of(cell) for cell in cells]
    if len(firsts) + len(lasts) < _LEAST:
        return None
    best, most = None, 0.0
    for locale in LOCALES:
        hits = sum(name in first(locale) for name in firsts) + sum(name in last(locale) for name in lasts)
        share = hits / max(1, len(firsts) + len(lasts))
        if share > most * 1.05:  # the earlier, larger country of two alike
            best, most = locale, share
    return best if most >= 1 / 3 else None


def _last_of(cell: str) -> str:
    words = (cell.partition(", ")[0] if ", " in cell else cell).split()
    return words[-1].casefold() if words else ""
