"""Lists of made-up values put together from Faker's words: many thousand at once, where Faker itself is slow.

Web addresses lie in the reserved domain “.example” (RFC 2606), network addresses in the private 10.0.0.0/8 (RFC 1918).
"""

from __future__ import annotations

import importlib
from collections.abc import Callable
from functools import lru_cache

import numpy as np

from engine.fakers.names import slug

Words = Callable[[str], tuple[str, ...]]  # provider: words of the locale

_PLAIN_CITIES = ("New ", "North ", "South ", "East ", "West ", "Lake ", "Port ", "")


def listed(provider: str, locale: str, wanted: int, words: Words, seed: int) -> list[str] | None:
    """Up to `wanted` different values; None for a provider or locale that is left to Faker."""
    make = _MAKERS.get(provider)
    return None if make is None else make(locale, wanted, words, np.random.default_rng([seed, wanted]))


def _attribute(kind: str, locale: str, name: str) -> tuple[str, ...]:
    try:
        module = importlib.import_module(f"faker.providers.{kind}.{locale}")
    except ImportError:
        return ()
    return tuple(map(str, getattr(module.Provider, name, ())))


def _mixed(sizes: list[int], wanted: int, rng: np.random.Generator) -> list[tuple[int, ...]]:
    """Up to `wanted` different combinations of one number below each size."""
    room = int(np.prod(sizes))
    picked = rng.permutation(room)[:wanted] if room < 4 * wanted else np.unique(rng.integers(room, size=wanted))
    picked = rng.permutation(picked)
    columns = []
    for size in reversed(sizes):
        picked, part = np.divmod(picked, size)
        columns.append(part.tolist())
    return list(zip(*reversed(columns), strict=True))


def _companies(locale: str, wanted: int, words: Words, rng: np.random.Generator) -> list[str] | None:
    ends = sorted(set(_attribute("company", locale, "company_suffixes")))
    names = words("last_name")
    if not ends or len(names) < 20:
        return None
    alone = [f"{names[a]} {ends[b]}" for a, b in _mixed([len(names), len(ends)], wanted // 2, rng)]
    pairs = _mixed([len(names), len(names), len(ends)], wanted - len(alone), rng)
    return list(dict.fromkeys([*alone, *[f"{names[a]}-{names[b]} {ends[c]}" for a, b, c in pairs]]))


def _cities(locale: str, wanted: int, words: Words, rng: np.random.Generator) -> list[str] | None:
    ends = sorted(set(_attribute("address", locale, "city_suffixes")))
    if not locale.startswith("en_") or not ends:
        return None
    names = words("last_name")
    mixed = _mixed([len(_PLAIN_CITIES), len(names), len(ends)], wanted, rng)
    return [f"{_PLAIN_CITIES[a]}{names[b]}{ends[c]}" for a, b, c in mixed]


def _hosts(words: Words, wanted: int, rng: np.random.Generator) -> list[str]:
    names = _slugs(words)
    return [f"{names[a]}-{names[b]}.example" for a, b in _mixed([len(names)] * 2, wanted, rng)]


def _slugs(words: Words) -> list[str]:
    return list(dict.fromkeys(filter(None, map(slug, words("last_name"))))) or _english()


@lru_cache(maxsize=1)
def _english() -> list[str]:
    from engine.table import namelists

    return sorted(filter(None, map(slug, namelists.last("en_US"))))


def _domains(locale: str, wanted: int, words: Words, rng: np.random.Generator) -> list[str]:
    return _hosts(words, wanted, rng)


def _urls(locale: str, wanted: int, words: Words, rng: np.random.Generator) -> list[str]:
    return [f"https://{host}/" for host in _hosts(words, wanted, rng)]


def _machines(locale: str, wanted: int, words: Words, rng: np.random.Generator) -> list[str]:
    kinds = ("srv", "web", "db", "mail", "laptop", "desktop")
    hosts = _hosts(words, wanted, rng)
    return [f"{kinds[k]}-{n:02d}.{host}" for host, k, n in zip(hosts, *_two(len(hosts), len(kinds), rng), strict=True)]


def _two(n: int, first: int, rng: np.random.Generator) -> tuple[list[int], list[int]]:
    return rng.integers(first, size=n).tolist(), rng.integers(1, 100, size=n).tolist()


def _private(locale: str, wanted: int, words: Words, rng: np.random.Generator) -> list[str]:
    return [f"10.{a}.{b}.{c + 1}" for a, b, c in _mixed([256, 256, 254], wanted, rng)]


_MAKERS: dict[str, Callable[[str, int, Words, np.random.Generator], list[str] | None]] = {
    "company": _companies,
    "city": _cities,
    "url": _urls,
    "domain_name": _domains,
    "hostname": _machines,
    "ipv4": _private,
}
