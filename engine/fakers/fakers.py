"""All columns that are made anew, by kind."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, Self

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from engine.errors import DataError, ModelError
from engine.fakers import pools
from engine.fakers.keys import Keys, shapes_of
from engine.fakers.language import Language
from engine.fakers.numbers import Numbers
from engine.fakers.occurrence import Occurrence
from engine.fakers.people import Others, People
from engine.fakers.prose import Prose
from engine.seeds import stream
from engine.table.schema import Column, Kind, Schema

Maker = Keys | Language | Numbers | Others | Prose

_MANY, _FEW_FORMS, _MOST = 50, 10, 0.9  # different values; forms that this share of them has
_SINGLE: dict[str, Callable[[dict[str, Any]], Any]] = {
    "keys": Keys.from_state,
    "numbers": Numbers.from_state,
    "others": Others.from_state,
    "prose": Prose.from_state,
    "language": Language.from_state,
}


class Fakers:
    """Makes the selected columns that are not learned, in the form of the real ones and without a value of theirs.

    schema: of the whole table; raises SchemaError when a personal column's provider is not known.
    Shares of missing cells are kept, and so is uniqueness, or else how often values repeat.
    """

    def __init__(self, schema: Schema) -> None:
        self._columns = tuple(c for c in schema if c.selected and not c.kind.modelled)
        for column in self._columns:
            if column.kind is Kind.PERSONAL:
                pools.check(column.provider, column.name)
        self._occurrence: dict[str, Occurrence] = {}
        self._makers: dict[str, Maker] = {}
        self._people: list[tuple[tuple[Column, ...], People]] = []

    def fit(self, table: pd.DataFrame) -> Self:
        """Look at a parsed table. Same table, same fakers."""
        self._occurrence = {c.name: Occurrence.of(table[c.name]) for c in self._columns}
        groups = persons(self._columns)
        grouped = {c.name for group in groups for c in group}
        self._makers = {c.name: _maker(table[c.name], c) for c in self._columns if c.name not in grouped}
        self._people = [(group, People.of(table, list(group))) for group in groups]
        return self

    def imagined(self, occurrence: Mapping[str, Occurrence]) -> Self:
        """As `fit`, where there is no table: patterns, providers and locales are those of the schema, and how often
        values of each column are missing and repeat is told."""
        self.fit(pd.DataFrame({c.name: pd.Series([], dtype="str") for c in self._columns}))
        self._occurrence |= {c.name: occurrence[c.name] for c in self._columns if c.name in occurrence}
        return self

    def make(self, n: int, seed: int, modelled: pd.DataFrame | None = None) -> pd.DataFrame:
        """Exactly `n` rows of the made-up columns in parsed form; `modelled` are the learned columns of the same rows.

        Raises DataError when a column has no room for so many different values.
        """
        if modelled is not None and len(modelled) != n:
            raise DataError(f"{len(modelled)} rows were learned, {n} are to be completed.")
        made: dict[str, pd.Series] = {}
        for name, maker in self._makers.items():
            codes = self._occurrence[name].codes(n, stream(seed, "fakers", "occurrence", name))
            values = maker.draw(_needed(codes), stream(seed, "fakers", "values", name))
            made[name] = _column(values, codes)
        for group, people in self._people:
            made |= self._make_people(n, seed, group, people)
        return pd.DataFrame({c.name: made[c.name] for c in self._columns}, index=pd.RangeIndex(n))

    def _make_people(self, n: int, seed: int, group: tuple[Column, ...], people: People) -> dict[str, pd.Series]:
        """The columns of one person per row; how persons repeat follows the column that tells them apart best."""
        leading = max(group, key=lambda c: (self._occurrence[c.name].unique, len(self._occurrence[c.name].repeats)))
        how = self._occurrence[leading.name]
        everyone = Occurrence(0.0, how.weights, how.repeats)
        codes = everyone.codes(n, stream(seed, "fakers", "occurrence", leading.name, "person"))
        drawn = people.draw(_needed(codes), stream(seed, "fakers", "values", leading.name))
        made = {}
        for column in group:
            present = Occurrence(self._occurrence[column.name].missing)
            gaps = present.codes(n, stream(seed, "fakers", "occurrence", column.name)) < 0
            values = people.write(pools.check(column.provider, column.name), drawn)
            made[column.name] = _column(values, np.where(gaps, -1, codes))
        return made

    def state(self) -> dict[str, Any]:
        """Plain values for JSON, none of them a real one but for the words that `passport` lists."""
        kinds = {Keys: "keys", Numbers: "numbers", Others: "others", Prose: "prose", Language: "language"}
        return {
            "occurrence": {name: occurrence.state() for name, occurrence in self._occurrence.items()},
            "columns": {name: {"kind": kinds[type(m)], **m.state()} for name, m in self._makers.items()},
            "people": [{"columns": [c.name for c in group], **people.state()} for group, people in self._people],
        }

    def passport(self) -> dict[str, list[Any]]:
        """The real values that the state holds, by column: words of texts, each shared by several of them."""
        return {name: maker.words() for name, maker in self._makers.items() if isinstance(maker, Language)}

    @classmethod
    def from_state(cls, schema: Schema, state: dict[str, Any]) -> Self:
        """The inverse of `state`. Raises ModelError, or ValueError and the like, when it was tampered with."""
        made = cls(schema)
        made._occurrence = {str(name): Occurrence.from_state(o) for name, o in state["occurrence"].items()}
        made._makers = {str(name): _SINGLE[m["kind"]](m) for name, m in state["columns"].items()}
        made._people = [
            (tuple(schema[str(name)] for name in people["columns"]), People.from_state(people))
            for people in state["people"]
        ]
        known = [*made._makers, *[c.name for group, _ in made._people for c in group]]
        wanted = sorted(c.name for c in made._columns)
        if sorted(known) != wanted or sorted(made._occurrence) != wanted:
            raise ModelError("The saved model is damaged: its made-up columns are not those of its schema.")
        return made


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


def _maker(values: pd.Series, column: Column) -> Maker:
    present = values.dropna()
    if column.kind is Kind.IDENTIFIER:
        return Keys.of(present, column)
    if column.kind is Kind.TEXT:
        own = Language.of(present, column.locale) if column.text == "own" else None
        return own or Prose.of(present, column.locale)
    if pools.scheme(column.provider, column.locale) is not None:
        return Numbers.of(present, column)
    if column.provider in pools.CODES and _has_a_form(present):
        return Keys.of(present, column)
    return Others.of(present, column)


def _has_a_form(values: pd.Series) -> bool:
    """Whether values are many and written in a few ways, which then say more than a locale's."""
    distinct = values.drop_duplicates()
    if len(distinct) < _MANY:
        return False
    return bool(shapes_of(distinct).value_counts(normalize=True)[:_FEW_FORMS].sum() >= _MOST)


def _needed(codes: NDArray[np.int64]) -> int:
    return int(codes.max()) + 1 if len(codes) else 0


def _column(values: NDArray[Any], codes: NDArray[np.int64]) -> pd.Series:
    """One text per row from the number of its value; -1 is missing."""
    if not len(values):
        return pd.Series([None] * len(codes), dtype="str")
    return pd.Series(pd.array(values, dtype="str").take(codes, allow_fill=True))
