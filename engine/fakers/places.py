"""Columns that speak of one place agree in every row: streets lie in cities, cities in states, postcodes by city.

Faker knows no such pairs, so places are made up: each made street belongs to one made postcode, this to one made city,
this to one made state, as often as real ones share theirs. Postcodes are dealt out in their order, city after city and
state after state, so those of one city begin alike.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any, Self

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from engine.fakers import pools
from engine.fakers.axes import Points
from engine.fakers.occurrence import Occurrence
from engine.table.schema import Column

_LEVEL = {
    "address": 0, "street_address": 0, "coordinates": 0, "latitude": 0, "longitude": 0, "postcode": 1, "zipcode": 1,
    "city": 2, "state": 3,
}  # fmt: skip
_SPOT, _POSTCODE, _CITY, _STATE = range(4)
PROVIDERS = tuple(_LEVEL)
POINTS = ("coordinates", "latitude", "longitude")
_WIDTH = 0.05  # of the country, over which the spots of one city are strewn
_CITY_FIRST = frozenset({"en", "fil", "th", "hi", "ta"})  # languages that write the postcode behind the city

Ints = NDArray[np.int64]
Draw = Callable[[str, int], NDArray[Any]]  # provider, number of different values: that many


@dataclass(frozen=True)
class Address:
    """How full addresses are written: with the postcode behind the city or before it, parts divided by `between`."""

    between: str
    city_first: bool
    lines: bool  # the postcode stands alone (Great Britain)

    @classmethod
    def of(cls, values: pd.Series, locale: str | None) -> Self:
        language, _, country = (locale or pools.DEFAULT_LOCALE).partition("_")
        lines = len(values) > 0 and float(values.str.contains("\n", regex=False).mean()) > 0.5
        return cls("\n" if lines or not len(values) else ", ", language in _CITY_FIRST, country == "GB")

    def write(self, street: str, city: str, state: str, postcode: str) -> str:
        if self.lines:
            return self.between.join([street, city, postcode])
        town = f"{city}, {state} {postcode}".replace(",  ", " ") if self.city_first else f"{postcode} {city}"
        return f"{street}{self.between}{town}"

    def state(self) -> list[Any]:
        return [self.between, self.city_first, self.lines]


@dataclass(frozen=True)
class Places:
    """How the values of the columns of one place hang together: no values, only how many share what.

    columns: names by provider; rows: occurrence of whole places among rows; chain: level and its occurrence among the
    different values of the level before it (of the first: among whole places), from the most values to the fewest.
    """

    columns: dict[str, str]
    rows: Occurrence
    chain: tuple[tuple[int, Occurrence], ...]
    points: dict[str, Points] = field(default_factory=dict)
    address: Address | None = None

    @property
    def composed(self) -> tuple[str, ...]:
        """The columns that are put together here, and drawn from no maker of their own."""
        return tuple(name for provider, name in self.columns.items() if provider in ("address", *POINTS))

    @classmethod
    def of(cls, table: pd.DataFrame, whole: pd.DataFrame, columns: tuple[Column, ...], locale: str | None) -> Self:
        """From the rows of a region; no number of a point in the `whole` table comes back."""
        by_level: dict[int, Column] = {}
        for column in columns:
            level = _LEVEL[pools.check(column.provider, column.name)]
            held = by_level.get(level)
            if held is None or table[column.name].nunique() > table[held.name].nunique():
                by_level[level] = column
        names = {pools.check(c.provider, c.name): c.name for c in columns}
        points = {p: Points.of(whole[names[p]].dropna().astype("str"), p, locale) for p in POINTS if p in names}
        texts = table[names["address"]].dropna().astype("str") if "address" in names else None
        address = None if texts is None else Address.of(texts, locale)
        places = pd.util.hash_pandas_object(table[list(names.values())], index=False)
        some = table[list(names.values())].notna().any(axis=1)
        rows = Occurrence.of(places[some].astype("str"))
        return cls(names, rows, _chain(table, {k: c.name for k, c in by_level.items()}), points, address)

    def draw(self, n: int, rng: np.random.Generator) -> tuple[Ints, dict[int, Ints]]:
        """(n,) number of each row's spot, and for each level the (spots,) number of its value."""
        rows = self.rows.codes(n, rng)
        spots = int(rows.max()) + 1 if n else 0
        levels: dict[int, Ints] = {}
        finer = np.arange(spots, dtype=np.int64)
        for level, share in self.chain:
            finer = share.codes(int(finer.max()) + 1 if spots else 0, rng)[finer]
            levels[level] = finer
        for level in range(
            _STATE + 1
        ):  # without a column: parts of addresses, and places that points are strewn around
            if level not in levels:
                before = levels[_CITY] if level == _STATE else np.arange(spots, dtype=np.int64)
                levels[level] = _several(level).codes(int(before.max()) + 1 if spots else 0, rng)[before]
        return rows, levels

    def values(self, n: int, draw: Draw, rng: np.random.Generator) -> tuple[Ints, dict[str, NDArray[Any]]]:
        """(n,) number of each row's spot, and for each column the (spots,) texts."""
        rows, levels = self.draw(n, rng)
        made: dict[str, NDArray[Any]] = {}
        for provider in ("state", "city", "postcode", "zipcode", "street_address"):
            wanted = provider in self.columns or (self.address is not None and provider in ("city", "postcode"))
            if wanted or (self.address is not None and provider == "street_address"):
                made[provider] = self._level(provider, levels, draw)
        if self.address is not None:
            made["address"] = self._addresses(made, levels, draw)
        if self.points:
            made |= self._points(levels, rng)
        return rows, {name: made[provider] for provider, name in self.columns.items()}

    def _level(self, provider: str, levels: dict[int, Ints], draw: Draw) -> NDArray[Any]:
        """(spots,) texts of one level; postcodes in the order of state and city."""
        codes = levels[_LEVEL[provider]]
        count = int(codes.max()) + 1 if len(codes) else 0
        values = draw(provider, count)
        if provider in ("postcode", "zipcode"):
            first = np.unique(codes, return_index=True)[1]
            order = np.lexsort((levels[_CITY][first], levels[_STATE][first]))
            dealt = np.empty_like(values)
            dealt[order] = np.sort(values)
            values = dealt
        return values[codes] if count else values

    def _addresses(self, made: dict[str, NDArray[Any]], levels: dict[int, Ints], draw: Draw) -> NDArray[Any]:
        assert self.address is not None
        state = made.get("state")
        if state is None:
            short = self.address.city_first and not self.address.lines
            state = self._level("state", levels, draw) if short else np.full(len(levels[_SPOT]), "", dtype="U1")
        parts = zip(
            made["street_address"],
            made["city"],
            state,
            made["postcode" if "postcode" in made else "zipcode"],
            strict=True,
        )
        return np.array([self.address.write(*map(str, part)) for part in parts], dtype="U")

    def _points(self, levels: dict[int, Ints], rng: np.random.Generator) -> dict[str, NDArray[Any]]:
        """Spots strewn around the middle of their city."""
        cities = int(levels[_CITY].max()) + 1 if len(levels[_CITY]) else 0
        middle = rng.random((cities, 2)) * (1 - _WIDTH)
        at = middle[levels[_CITY]] + rng.random((len(levels[_CITY]), 2)) * _WIDTH
        return {provider: points.at(at[:, 0], at[:, 1], provider) for provider, points in self.points.items()}

    def state(self) -> dict[str, Any]:
        return {
            "columns": dict(self.columns),
            "rows": self.rows.state(),
            "chain": [[level, share.state()] for level, share in self.chain],
            "points": {provider: points.state() for provider, points in self.points.items()},
            "address": None if self.address is None else self.address.state(),
        }

    @classmethod
    def from_state(cls, state: dict[str, Any]) -> Self:
        """Raises ValueError when the parts do not fit together."""
        columns = {str(provider): str(name) for provider, name in state["columns"].items()}
        chain = tuple((int(level), Occurrence.from_state(share)) for level, share in state["chain"])
        points = {str(p): Points.from_state(s) for p, s in state["points"].items()}
        address = None
        if state["address"] is not None:
            between, city_first, lines = state["address"]
            address = Address(str(between), bool(city_first), bool(lines))
        sound = set(columns) <= set(PROVIDERS) and {level for level, _ in chain} == {_LEVEL[p] for p in columns}
        if not sound or set(points) != set(columns) & set(POINTS) or (address is None) == ("address" in columns):
            raise ValueError("columns of made-up places do not fit together")
        return cls(columns, Occurrence.from_state(state["rows"]), chain, points, address)


def _chain(table: pd.DataFrame, by_level: dict[int, str]) -> tuple[tuple[int, Occurrence], ...]:
    """The levels from the one with the most different values on, each with its occurrence among those before it."""
    order = sorted(by_level, key=lambda level: (-table[by_level[level]].nunique(), level))
    chain: list[tuple[int, Occurrence]] = []
    seen = list(by_level.values())
    for level in order:
        name = by_level[level]
        chain.append((level, Occurrence.of(table.dropna(subset=[name]).drop_duplicates(seen)[name])))
        seen = [name]
    return tuple(chain)


def _several(level: int) -> Occurrence:
    """Of levels without a column: three spots to a city, ten cities to a state."""
    return {_CITY: Occurrence(repeats=((3, 1),)), _STATE: Occurrence(repeats=((10, 1),))}.get(level, Occurrence())


def groups(columns: tuple[Column, ...]) -> list[tuple[Column, ...]]:
    """Columns that speak of the same place: in order, a new place begins where a provider repeats.

    One column alone is no group, unless it holds whole addresses or points.
    """
    found: list[list[Column]] = []
    for column in columns:
        provider = pools.check(column.provider, column.name)
        if provider not in PROVIDERS:
            continue
        present = [pools.check(c.provider, c.name) for c in found[-1]] if found else []
        if not found or provider in present or {provider, *present} >= {"postcode", "zipcode"}:
            found.append([])
        found[-1].append(column)
    whole = ("address", *POINTS)
    return [tuple(g) for g in found if len(g) > 1 or pools.check(g[0].provider, g[0].name) in whole]
