"""Personal data. Columns side by side that speak of one person (name, e-mail) agree in every row."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Any, Self

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from engine.fakers import pools, spaces
from engine.fakers.names import slug
from engine.fakers.spaces import Space
from engine.table.schema import Column

_WORD = re.compile(r"[^\W\d_]+(?:[-'’][^\W\d_]+)*")
_PIECE = re.compile(r"[^\W\d_]+")
_FAMILY_FIRST = {"zh": "", "ko": "", "ja": " ", "hu": " "}
_MANY_WORDS = 1_000
_FEW_NAMES = 0.1  # share of a locale's names that are not real, below which those of others are taken in
_LEAST_NAMES = 200
_DOUBLE = 200  # last names that double ones are made of
_HOLES = 4  # digits that are drawn anew in a template, at most
_LEAST, _MOST = 1_024, 32_768  # values of a list
_SHORT = 6  # characters of a name that is written without a space between its parts


@dataclass(frozen=True)
class People:
    """Made-up persons: a first and a last name each, in pairs that no real value contains.

    latin: (first, last) names in small Latin letters, for addresses; comma: names are written "Last, First".
    """

    space: Space
    latin: tuple[tuple[str, ...], tuple[str, ...]]
    domains: tuple[str, ...]
    family_first: str | None
    comma: bool

    @classmethod
    def of(cls, table: pd.DataFrame, columns: list[Column]) -> Self:
        """From the columns of one person, which may repeat no provider."""
        locale = next((c.locale for c in columns if c.locale), None)
        by_provider = {pools.check(c.provider, c.name): table[c.name].dropna().unique() for c in columns}
        first = _names(locale, "first_name", by_provider.get("first_name"))
        last = _names(locale, "last_name", by_provider.get("last_name"))
        latin = (_latin(first, "first_name"), _latin(last, "last_name"))
        real = np.concatenate(list(by_provider.values()))
        space = _space(real, first, last, latin)
        if not space.room:  # nearly all pairs are real
            last = [f"{a}-{b}" for a in last[:_DOUBLE] for b in last[-_DOUBLE:] if a != b]
            latin = (latin[0], _latin(last, "last_name"))
            space = _space(real, first, last, latin)
        names = by_provider.get("name", np.empty(0, dtype=object))
        comma = len(names) > 0 and np.mean(["," in name for name in names]) > 0.5
        language = (locale or pools.DEFAULT_LOCALE).partition("_")[0]
        return cls(space, latin, _domains(real), _FAMILY_FIRST.get(language), bool(comma))

    def draw(self, n: int, rng: np.random.Generator) -> NDArray[np.int64]:
        """(n, 3) first name, last name and a number that tells apart those who share both."""
        room = self.space.room
        picked = np.concatenate([spaces.distinct(room, min(room, n - at), rng) for at in range(0, max(n, 1), room)])
        numbers = self.space.numbered(picked)
        again = np.arange(n) // room
        return np.column_stack([spaces.indices(numbers, self.space.slots), again]).astype(np.int64)

    def write(self, provider: str, persons: NDArray[np.int64]) -> NDArray[Any]:
        """(n,) the persons' names or addresses, as `provider` says."""
        first, last = (np.asarray(slot, dtype="U")[persons[:, i]] for i, slot in enumerate(self.space.slots))
        if provider == "first_name":
            return first
        if provider == "last_name":
            return last
        if provider == "name":
            return self._full(first, last)
        first, last = (np.asarray(part, dtype="U")[persons[:, i]] for i, part in enumerate(self.latin))
        local = _join(first, ".", last)
        local = _join(local, "", np.where(persons[:, 2] > 0, (persons[:, 2] + 1).astype("U"), ""))
        if provider == "user_name":
            return local
        domain = np.asarray(self.domains, dtype="U")[(persons[:, 0] * 7 + persons[:, 1]) % len(self.domains)]
        return _join(local, "@", domain)

    def _full(self, first: NDArray[Any], last: NDArray[Any]) -> NDArray[Any]:
        if self.family_first is not None:
            return _join(last, self.family_first, first)
        return _join(last, ", ", first) if self.comma else _join(first, " ", last)

    def state(self) -> dict[str, Any]:
        return {
            "space": self.space.state(),
            "latin": [list(part) for part in self.latin],
            "domains": list(self.domains),
            "family_first": self.family_first,
            "comma": self.comma,
        }

    @classmethod
    def from_state(cls, state: dict[str, Any]) -> Self:
        space = Space.from_state(state["space"])
        first, last = (tuple(str(word) for word in part) for part in state["latin"])
        domains = tuple(str(domain) for domain in state["domains"])
        sizes = [len(slot) for slot in space.slots]
        if sizes != [len(first), len(last)] or space.free is None or not space.room or not domains:
            raise ValueError("lists of names that do not fit together")
        between = state["family_first"]
        return cls(space, (first, last), domains, None if between is None else str(between), bool(state["comma"]))


@dataclass(frozen=True)
class Others:
    """Made-up values of other kinds: templates from Faker that no real value has, with holes for digits."""

    templates: tuple[str, ...]

    @classmethod
    def of(cls, values: pd.Series, column: Column) -> Self:
        provider = pools.check(column.provider, column.name)
        real = set(values.unique())
        redrawn = pools.OTHERS[provider]
        few = redrawn and pools.has_digits(column.locale, provider)  # each stands for many values then
        wanted = min(_MOST, max(_LEAST, len(real) // 2 if few else 2 * len(real)))
        fakes = pools.words(column.locale, provider, 1 << (wanted - 1).bit_length())  # few sizes, so lists are reused
        if redrawn:
            fakes = tuple(dict.fromkeys(pools.template(fake) for fake in fakes))
            real = {pools.template(value) for value in real}
        kept = pools.without(fakes, {value.casefold() for value in real})
        room = sum(10 ** min(t.count(pools.HOLE), _HOLES) for t in kept)
        return cls(tuple(kept if room >= len(real) else [*kept, *_pairs_of(kept, 2 * len(real), real)]))

    def draw(self, n: int, rng: np.random.Generator) -> NDArray[Any]:
        """`n` values, evenly from all templates, different as long as these allow."""
        sizes = np.array([10 ** min(t.count(pools.HOLE), _HOLES) for t in self.templates], dtype=np.int64)
        room = int(sizes.sum())
        parts = [self._different(min(room, n - at), sizes, rng) for at in range(0, n, room)]
        return np.array([value for part in parts for value in part], dtype="U")

    def _different(self, n: int, sizes: NDArray[np.int64], rng: np.random.Generator) -> list[str]:
        counts = _even(n, sizes, rng)
        values = [
            _filled(self.templates[t], digits)
            for t in np.flatnonzero(counts).tolist()
            for digits in spaces.distinct(int(sizes[t]), int(counts[t]), rng).tolist()
        ]
        return [values[i] for i in rng.permutation(n).tolist()]

    def state(self) -> dict[str, Any]:
        return {"templates": list(self.templates)}

    @classmethod
    def from_state(cls, state: dict[str, Any]) -> Self:
        templates = tuple(str(t) for t in state["templates"])
        if not templates:
            raise ValueError("no templates of made-up values")
        return cls(templates)


def _pairs_of(words: list[str], wanted: int, real: set[str]) -> list[str]:
    """Words joined two by two, where one alone would not tell enough real values apart."""
    side = min(len(words), int((2 * wanted) ** 0.5) + 2)
    known = {value.casefold() for value in real}
    pairs = [f"{a}-{b}" for a in words[:side] for b in words[-side:] if a != b]
    return [pair for pair in pairs if pair.casefold() not in known]


def _even(n: int, sizes: NDArray[np.int64], rng: np.random.Generator) -> NDArray[np.int64]:
    """`n` split over places as evenly as their sizes allow, the remainder by chance."""
    counts = np.zeros(len(sizes), dtype=np.int64)
    while n:
        open_places = np.flatnonzero(counts < sizes)
        share = max(1, n // len(open_places))
        if n < len(open_places):
            open_places = rng.permutation(open_places)[:n]
        added = np.minimum(sizes[open_places] - counts[open_places], share)
        counts[open_places] += added
        n -= int(added.sum())
    return counts


def _filled(template: str, number: int) -> str:
    holes = template.count(pools.HOLE)
    for digit in f"{number:0{holes}d}" if holes else "":
        template = template.replace(pools.HOLE, digit, 1)
    return template


def _names(locale: str | None, provider: str, real: NDArray[Any] | None) -> list[str]:
    """Names of one word with a Latin form of their own, none of them in `real`."""
    known = {str(value).casefold() for value in real} if real is not None else set()
    found = [word for word in pools.words(locale, provider, _MANY_WORDS) if _WORD.fullmatch(word)]
    unlike: dict[str, str] = {}
    for word in found:
        unlike.setdefault(slug(word) or word, word)
    kept = [word for word in unlike.values() if word.casefold() not in known]
    if len(kept) < _FEW_NAMES * len(unlike) and all(slug(word) for word in unlike.values()):
        # Nearly all of the locale's names are real: as many of others come before double ones.
        more = [word for word in pools.other_names(locale, provider) if slug(word) and slug(word) not in unlike]
        new = [word for word in more if word.casefold() not in known]
        unlike |= {slug(word): word for word in new[: max(_LEAST_NAMES, len(known) * 5 // 4)]}
    return pools.without(unlike.values(), known)


def _latin(names: list[str], provider: str) -> tuple[str, ...]:
    """A different Latin form of each name; names of other scripts get one of an English name."""
    slugs = [slug(name) for name in names]
    if all(slugs):
        return tuple(slugs)
    english = [slug(word) for word in pools.words(None, provider, _MANY_WORDS)]
    spare = list(dict.fromkeys(word for word in english if word and word not in slugs))
    return tuple(slug or f"{spare[i % len(spare)]}{i // len(spare) or ''}" for i, slug in enumerate(slugs))


def _space(
    real: NDArray[Any], first: list[str], last: list[str], latin: tuple[tuple[str, ...], tuple[str, ...]]
) -> Space:
    """All pairs of names, and those that no real value contains."""
    pairs = _pairs(real, _index(first, latin[0]), _index(last, latin[1]))
    slots = (tuple(first), tuple(last))
    return Space(slots, spaces.free_runs(spaces.capacity(slots), spaces.numbers_of(pairs, slots)))


def _index(names: list[str], latin: tuple[str, ...]) -> dict[str, int]:
    """Number of each name by all its forms."""
    forms = {form: i for i, form in enumerate(latin)}
    return forms | {name.casefold(): i for i, name in enumerate(names)}


def _pairs(real: NDArray[Any], first: dict[str, int], last: dict[str, int]) -> NDArray[np.int64]:
    """(pairs, 2) every first and last name that some real value contains together, in whatever order and form."""
    found: set[tuple[int, int]] = set()
    for value in real:
        text = str(value).casefold()
        parts = set(_WORD.findall(text)) | set(_PIECE.findall(text))
        for part in [part for part in parts if len(part) <= _SHORT and not part.isascii()]:
            parts |= {part[:cut] for cut in range(1, len(part))} | {part[cut:] for cut in range(1, len(part))}
        some = [first[part] for part in parts if part in first]
        if some:
            found |= {(a, last[part]) for part in parts if part in last for a in some}
    return np.array(sorted(found), dtype=np.int64).reshape(-1, 2)


def _domains(real: NDArray[Any]) -> tuple[str, ...]:
    """Reserved domains at which no real value has an address."""
    known = {str(value).rpartition("@")[2].casefold() for value in real}
    free = tuple(domain for domain in pools.DOMAINS if domain not in known)
    number = 1
    while not free:
        domain = f"mail{number}.example"
        free, number = (() if domain in known else (domain,)), number + 1
    return free


def _join(left: NDArray[Any], between: str, right: NDArray[Any]) -> NDArray[Any]:
    return np.strings.add(np.strings.add(left, between), right)
