"""All columns that are made anew: identifiers and texts for the whole table, personal data by country."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Self

import numpy as np
import pandas as pd

from engine.errors import DataError, ModelError
from engine.fakers import pools
from engine.fakers.occurrence import Occurrence
from engine.fakers.region import Region, persons
from engine.table import countries, telling
from engine.table.cellfacts import name_words
from engine.table.schema import Column, Kind, Schema

__all__ = ["Fakers", "persons"]

_LEAST = 30  # rows of a country, from which its personal data are made in its own form
_KNOWN = 0.5  # share of the rows whose country is known, from which a column is one of countries


class Fakers:
    """Makes the selected columns that are not learned, in the form of the real ones and without a value of theirs.

    schema: of the whole table; raises SchemaError when a personal column's provider is not known.
    Shares of missing cells are kept, and so is uniqueness, or else how often values repeat. A learned column of
    countries decides, row by row, in which country's language and forms personal data are made.
    """

    def __init__(self, schema: Schema) -> None:
        self._columns = tuple(c for c in schema if c.selected and not c.kind.modelled)
        self._personal = tuple(c for c in self._columns if c.kind is Kind.PERSONAL)
        self._learned = tuple(c for c in schema if c.modelled)
        for column in self._personal:
            pools.check(column.provider, column.name)
        self._everywhere = Region(self._columns)
        self._country: str | None = None  # the learned column that says where a row is
        self._regions: dict[str, Region] = {}  # by locale

    def fit(self, table: pd.DataFrame) -> Self:
        """Look at a parsed table. Same table, same fakers."""
        self._everywhere = Region(self._columns).fit(table, table)
        self._country = _country(table, self._learned) if self._personal else None
        self._regions = {}
        if self._country is not None:
            locales = _locales(table[self._country])
            for locale, rows in locales.value_counts().sort_index().items():
                if rows >= _LEAST:
                    here = table[(locales == locale).to_numpy(dtype=bool)]
                    self._regions[str(locale)] = Region(self._personal, str(locale)).fit(here, table)
        return self

    def imagined(self, occurrence: Mapping[str, Occurrence]) -> Self:
        """As `fit`, where there is no table: patterns, providers and locales are those of the schema, and how often
        values of each column are missing and repeat is told."""
        self.fit(pd.DataFrame({c.name: pd.Series([], dtype="str") for c in self._columns}))
        self._everywhere.occur(occurrence)
        return self

    def make(self, n: int, seed: int, modelled: pd.DataFrame | None = None) -> pd.DataFrame:
        """Exactly `n` rows of the made-up columns in parsed form; `modelled` are the learned columns of the same rows.

        Raises DataError when a column has no room for so many different values.
        """
        if modelled is not None and len(modelled) != n:
            raise DataError(f"{len(modelled)} rows were learned, {n} are to be completed.")
        made = self._everywhere.make(n, seed)
        if self._regions and modelled is not None and self._country in modelled.columns:
            made |= self._by_country(made, n, seed, _locales(modelled[self._country]))
        return pd.DataFrame({c.name: made[c.name] for c in self._columns}, index=pd.RangeIndex(n))

    def _by_country(
        self, everywhere: dict[str, pd.Series], n: int, seed: int, locales: pd.Series
    ) -> dict[str, pd.Series]:
        """Personal columns with each country's rows made by its own region."""
        made = {c.name: everywhere[c.name].to_numpy(dtype=object, copy=True) for c in self._personal}
        for locale, region in self._regions.items():
            rows = np.flatnonzero((locales == locale).to_numpy(dtype=bool))
            for name, values in region.make(len(rows), seed).items() if len(rows) else ():
                made[name][rows] = values.to_numpy(dtype=object)
        return {name: pd.Series(values, dtype="str") for name, values in made.items()}

    def state(self) -> dict[str, Any]:
        """Plain values for JSON, none of them a real one but for the words that `passport` lists."""
        return {
            **self._everywhere.state(),
            "country": self._country,
            "regions": {locale: region.state() for locale, region in self._regions.items()},
        }

    def passport(self) -> dict[str, list[Any]]:
        """The real values that the state holds, by column: words of texts, each shared by several of them."""
        return self._everywhere.words()

    @classmethod
    def from_state(cls, schema: Schema, state: dict[str, Any]) -> Self:
        """The inverse of `state`. Raises ModelError, or ValueError and the like, when it was tampered with."""
        made = cls(schema)
        try:
            made._everywhere = Region.from_state(made._columns, state)
            regions = {
                str(k): Region.from_state(made._personal, s, str(k)) for k, s in state.get("regions", {}).items()
            }
        except ValueError as error:
            raise ModelError(f"The saved model is damaged: {error}.") from error
        country = state.get("country")
        if country is not None and country not in [c.name for c in made._learned]:
            raise ModelError("The saved model is damaged: its column of countries is none of its schema.")
        made._country, made._regions = country, regions
        return made


def _country(table: pd.DataFrame, columns: tuple[Column, ...]) -> str | None:
    """The learned column that names the countries of most rows, by its name and values; the first of several."""
    for column in columns:
        if column.kind is not Kind.CATEGORICAL or not telling.COUNTRY & set(name_words(column.name)):
            continue
        known = _locales(table[column.name].dropna())
        if len(known) and known.notna().mean() >= _KNOWN:
            return column.name
    return None


def _locales(values: pd.Series) -> pd.Series:
    """(n,) locale of the country in each cell; missing where it is not known."""
    known = {value: countries.locale_of(str(value)) for value in values.dropna().unique()}
    return pd.Series([known.get(value) for value in values], index=values.index, dtype="object")
