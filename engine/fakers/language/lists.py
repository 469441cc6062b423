"""Words and names that are known without looking at a table: Faker's lists."""

from __future__ import annotations

from functools import lru_cache
from importlib import import_module

from engine.fakers import pools

_NAME_LOCALES = ("en_US", "en_GB", "de_DE", "fr_FR", "es_ES", "it_IT", "nl_NL", "pt_BR", "pl_PL", "sv_SE")
_MANY = 1_500
_LATIN = "la"
FIRST, LAST = "first_names", "last_names"


def _listed(locale: str, which: str) -> tuple[str, ...]:
    """Names as Faker's provider of a locale lists them; none where it has no such list."""
    try:
        provider = import_module(f"faker.providers.person.{locale}").Provider
    except ModuleNotFoundError:
        return ()
    listed = getattr(provider, which, ())
    return tuple(str(name[0] if isinstance(name, tuple) else name) for name in listed)


@lru_cache(maxsize=16)
def known_names(locale: str | None) -> tuple[frozenset[str], frozenset[str]]:
    """First and last names of the commonest languages and of `locale`, folded, without words of everyday language."""
    found = []
    for which in (FIRST, LAST):
        pieces: set[str] = set()
        for each in dict.fromkeys((*_NAME_LOCALES, locale or pools.DEFAULT_LOCALE)):
            for name in _listed(each, which):
                pieces.update(p for p in name.casefold().replace("-", " ").split() if len(p) > 2)
        found.append(frozenset(pieces - set(common(None)) - set(common(locale))))
    return found[0], found[1]


@lru_cache(maxsize=16)
def common(locale: str | None) -> tuple[str, ...]:
    """Words of a language, in small letters, whatever the texts say."""
    return tuple(dict.fromkeys(word.casefold() for word in pools.words(locale, "word", _MANY)))


@lru_cache(maxsize=1)
def latin() -> tuple[str, ...]:
    return tuple(dict.fromkeys(word.casefold() for word in pools.words(_LATIN, "word", _MANY)))


def foreign(locale: str | None, real: set[str]) -> tuple[str, ...]:
    """Words of the language, and Latin ones, that are none of `real`, and not all of those (see `pools.without`)."""
    return tuple(pools.without([w for w in dict.fromkeys([*common(locale), *latin()]) if w.isalpha()], real))


def names(locale: str | None, which: str, real: set[str]) -> tuple[str, ...]:
    """Names, `which` of FIRST and LAST, that are no word of `real`."""
    listed = _listed(locale or pools.DEFAULT_LOCALE, which) or _listed(pools.DEFAULT_LOCALE, which)
    return tuple(pools.without([name for name in dict.fromkeys(listed) if name.isalpha()], real))
