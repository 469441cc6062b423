"""All made-up columns of the rows of one country, or of the whole table."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import replace
from typing import Any, Self

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from engine.fakers import pools
from engine.fakers.keys import Keys, shapes_of
from engine.fakers.language import Language
from engine.fakers.numbers import Numbers
from engine.fakers.occurrence import Occurrence
from engine.fakers.people import Others, People
from engine.fakers.places import Places
from engine.fakers.places import groups as places_of
from engine.fakers.prose import Prose
from engine.seeds import stream
from engine.table.schema import Column, Kind
from engine.table.schemes import SCHEMES

_MANY, _FEW_FORMS, _MOST = 50, 10, 0.9  # different values; forms that this share of them has
_CASES = 2_000  # values whose letters are looked at
Maker = Keys | Language | Numbers | Others | Prose
_SINGLE: dict[str, Callable[[dict[str, Any]], Maker]] = {
    "keys": Keys.from_state,
    "numbers": Numbers.from_state,
    "others": Others.from_state,
    "prose": Prose.from_state,
    "language": Language.from_state,
}
_KINDS = {Keys: "keys", Numbers: "numbers", Others: "others", Prose: "prose", Language: "language"}
_PARTS = ("street_address", "city", "state", "postcode")  # of a whole address
_HIDDEN = "\x00"  # begins the names of makers of parts, which are no columns


class Region:
    """Makers of columns, fitted on the rows of a region, whose values are none of the whole table's.

    name: "" for the whole table, else a locale; part of the purpose of every draw.
    """

    def __init__(self, columns: tuple[Column, ...], name: str = "") -> None:
        self.columns = columns if not name else tuple(replace(c, locale=name) for c in columns)
        self.name = name
        self._occurrence: dict[str, Occurrence] = {}
        self._makers: dict[str, Maker] = {}
        self._case: dict[str, str] = {}  # columns whose values are all capital or all small letters
        self._people: list[tuple[tuple[Column, ...], People]] = []
        self._places: list[Places] = []

    def fit(self, table: pd.DataFrame, whole: pd.DataFrame) -> Self:
        """table: the region's rows; whole: those of the table, none of whose values may come back."""
        self._occurrence = {c.name: Occurrence.of(table[c.name]) for c in self.columns}
        self._case = {c.name: case for c in self.columns if (case := _case(table[c.name], c))}
        people, places = persons(self.columns), places_of(self.columns)
        grouped = {c.name for group in people for c in group}
        self._people = [(group, People.of(whole, list(group))) for group in people]
        self._places = [Places.of(table, whole, group, group[0].locale) for group in places]
        composed = {name for place in self._places for name in place.composed}
        for column in self.columns:
            if column.name not in grouped | composed:
                self._makers[column.name] = _maker(table[column.name], column, whole[column.name])
            elif column.provider == "address":
                self._makers |= _parts(column, whole[column.name])
        return self

    def make(self, n: int, seed: int) -> dict[str, pd.Series]:
        """`n` rows of every column. Raises DataError when a column has no room for so many different values."""
        made: dict[str, pd.Series] = {}
        placed = {name for places in self._places for name in places.columns.values()}
        for column in self.columns:
            name = column.name
            if name not in self._makers or name in placed:
                continue
            codes = self._occurrence[name].codes(n, self._chance(seed, "occurrence", name))
            made[name] = written(self._drawn(name, _needed(codes), seed), codes)
        for group, people in self._people:
            made |= self._make_people(n, seed, group, people)
        for places in self._places:
            made |= self._make_places(n, seed, places)
        for name, case in self._case.items():
            made[name] = made[name].str.upper() if case == "upper" else made[name].str.lower()
        return made

    def _chance(self, seed: int, *purpose: str) -> np.random.Generator:
        return stream(seed, "fakers", *([self.name] if self.name else []), *purpose)

    def _drawn(self, name: str, count: int, seed: int) -> NDArray[Any]:
        return self._makers[name].draw(count, self._chance(seed, "values", name))

    def _gaps(self, n: int, seed: int, name: str) -> NDArray[np.bool_]:
        present = Occurrence(self._occurrence[name].missing)
        return present.codes(n, self._chance(seed, "occurrence", name)) < 0

    def _make_people(self, n: int, seed: int, group: tuple[Column, ...], people: People) -> dict[str, pd.Series]:
        """The columns of one person per row; how persons repeat follows the column that tells them apart best."""
        leading = max(group, key=lambda c: (self._occurrence[c.name].unique, len(self._occurrence[c.name].repeats)))
        how = self._occurrence[leading.name]
        everyone = Occurrence(0.0, how.weights, how.repeats)
        codes = everyone.codes(n, self._chance(seed, "occurrence", leading.name, "person"))
        drawn = people.draw(_needed(codes), self._chance(seed, "values", leading.name))
        made = {}
        for column in group:
            values = people.write(pools.check(column.provider, column.name), drawn)
            made[column.name] = written(values, np.where(self._gaps(n, seed, column.name), -1, codes))
        return made

    def _make_places(self, n: int, seed: int, places: Places) -> dict[str, pd.Series]:
        """The columns of one place per row."""
        first = next(iter(places.columns.values()))
        whole = places.columns.get("address", "")

        def draw(provider: str, count: int) -> NDArray[Any]:
            return self._drawn(places.columns.get(provider) or _part(whole, provider), count, seed)

        codes, values = places.values(n, draw, self._chance(seed, "places", first))
        return {name: written(texts, np.where(self._gaps(n, seed, name), -1, codes)) for name, texts in values.items()}

    def words(self) -> dict[str, list[Any]]:
        """The real words that the makers of texts hold, by column; each is shared by several texts."""
        return {name: maker.words() for name, maker in self._makers.items() if isinstance(maker, Language)}

    def unique(self, name: str) -> bool:
        return self._occurrence[name].unique

    def state(self) -> dict[str, Any]:
        """Plain values for JSON, none of them a real one but for the words that `words` lists."""
        return {
            "occurrence": {name: occurrence.state() for name, occurrence in self._occurrence.items()},
            "columns": {name: {"kind": _KINDS[type(m)], **m.state()} for name, m in self._makers.items()},
            "people": [{"columns": [c.name for c in group], **people.state()} for group, people in self._people],
            "places": [places.state() for places in self._places],
            "case": dict(self._case),
        }

    @classmethod
    def from_state(cls, columns: tuple[Column, ...], state: dict[str, Any], name: str = "") -> Self:
        """The inverse of `state`. Raises ValueError and the like when it was tampered with."""
        made = cls(columns, name)
        by_name = {c.name: c for c in made.columns}
        made._occurrence = {str(n): Occurrence.from_state(o) for n, o in state["occurrence"].items()}
        made._makers = {str(n): _SINGLE[m["kind"]](m) for n, m in state["columns"].items()}
        made._people = [
            (tuple(by_name[str(n)] for n in people["columns"]), People.from_state(people)) for people in state["people"]
        ]
        made._places = [Places.from_state(places) for places in state.get("places", [])]
        made._case = {str(n): str(case) for n, case in state.get("case", {}).items()}
        made._check()
        return made

    def _check(self) -> None:
        """Raises ValueError unless every column has exactly one maker, and places all that they draw from."""
        wanted = sorted(c.name for c in self.columns)
        singles = {name for name in self._makers if not name.startswith(_HIDDEN)}
        composed = [name for places in self._places for name in places.composed]
        known = [*singles, *composed, *[c.name for group, _ in self._people for c in group]]
        placed = [name for places in self._places for name in places.columns.values()]
        whole = {c.name for c in self.columns if c.provider == "address"}
        parts = [_part(name, provider) for name in composed for provider in _PARTS if name in whole]
        cased = set(self._case) <= set(wanted) and set(self._case.values()) <= {"upper", "lower"}
        if sorted(known) != wanted or sorted(self._occurrence) != wanted or not cased:
            raise ValueError("its made-up columns are not those of its schema")
        if not set(placed) <= singles | set(composed) or not set(parts) <= set(self._makers):
            raise ValueError("parts of made-up places are absent")


def persons(columns: tuple[Column, ...]) -> list[tuple[Column, ...]]:
    """Columns that speak of the same person: in order, a new person begins where a provider or the locale repeats."""
    groups: list[list[Column]] = []
    for column in columns:
        if column.kind is not Kind.PERSONAL:
            continue
        provider = pools.check(column.provider, column.name)
        if provider not in pools.PEOPLE:
            continue
        present = [pools.check(c.provider, c.name) for c in groups[-1]] if groups else []
        if not groups or provider in present:
            groups.append([])
        groups[-1].append(column)
    return [tuple(group) for group in groups]


def _part(address: str, provider: str) -> str:
    return f"{_HIDDEN}{provider}\x00{address}"


def _parts(column: Column, whole: pd.Series) -> dict[str, Maker]:
    """Makers of the parts of whole addresses. No made city is part of a real address, so no made address is real."""
    texts = whole.dropna().astype("str")
    pieces = {piece.strip() for text in texts.unique() for piece in re.split(r"[,;\n]", text)}
    names = {" ".join(re.findall(r"[^\W\d_]+(?:[-'’.][^\W\d_]+)*", piece)) for piece in pieces}
    real = {"street_address": pieces, "city": names, "state": set(), "postcode": pieces}
    found: dict[str, Maker] = {}
    for provider in _PARTS:
        own = replace(column, provider="state_abbr" if provider == "state" else provider)
        found[_part(column.name, provider)] = Others.of(pd.Series(sorted(real[provider]), dtype="str"), own)
    return found


def _maker(values: pd.Series, column: Column, whole: pd.Series) -> Maker:
    present, known = values.dropna(), whole.dropna()
    if column.kind is Kind.IDENTIFIER or column.provider == pools.KEY:
        return Keys.of(present, column, known)
    if column.kind is Kind.TEXT:
        own = Language.of(present, column.locale) if column.text == "own" else None
        return own or Prose.of(present, column.locale)
    if pools.scheme(column.provider, column.locale) is not None:
        return Numbers.of(present, column, known)
    if column.provider in pools.CODES and _has_a_form(present):
        return Keys.of(present, column, known)
    return Others.of(known, column)


def _case(values: pd.Series, column: Column) -> str:
    """ "upper" or "lower" where nearly all personal values are written so; codes keep their letters anyway."""
    if column.kind is not Kind.PERSONAL or column.provider in (*pools.CODES, pools.KEY, *SCHEMES):
        return ""
    texts = values.dropna().drop_duplicates()[:_CASES]
    texts = texts[texts.str.contains(r"[^\W\d_]", regex=True).to_numpy(dtype=bool)]
    if not len(texts):
        return ""
    shares = {"upper": texts.str.isupper().mean(), "lower": texts.str.islower().mean()}
    return next((case for case, share in shares.items() if share >= _MOST), "")


def _has_a_form(values: pd.Series) -> bool:
    """Whether values are many and written in a few ways, which then say more than a locale's."""
    distinct = values.drop_duplicates()
    if len(distinct) < _MANY:
        return False
    return bool(shapes_of(distinct).value_counts(normalize=True)[:_FEW_FORMS].sum() >= _MOST)


def _needed(codes: NDArray[np.int64]) -> int:
    return int(codes.max()) + 1 if len(codes) else 0


def written(values: NDArray[Any], codes: NDArray[np.int64]) -> pd.Series:
    """One text per row from the number of its value; -1 is missing."""
    if not len(values):
        return pd.Series([None] * len(codes), dtype="str")
    return pd.Series(pd.array(values, dtype="str").take(codes, allow_fill=True))
