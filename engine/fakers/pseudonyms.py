"""Pseudonyms: one made value for each real one, the same wherever it appears, set in before anything is learned.

Which made value a real one gets is decided by HMAC-SHA256 (RFC 2104). With a secret that the person keeps, the same
real value gets the same made value in every run and table. Without one, the key is drawn from the seed and the whole
set of real values. Neither mapping nor secret is part of a model; an object of this class cannot be pickled or saved.
"""

from __future__ import annotations

import hashlib
import hmac
from collections.abc import Callable, Iterable
from dataclasses import dataclass, replace
from typing import NoReturn, Self

import pandas as pd

from engine.errors import DataError, SchemaError
from engine.fakers import pools, wording
from engine.table.schema import Column, Kind, Schema

_TRIES = 200  # made values looked at for one real value before all are said to be taken
_SAME = {"zipcode": "postcode"}
SHORTEST = 8  # bytes of a secret; shorter ones can be found by trying


class HashDice:
    """Chance that depends on a key and a text only: the same numbers in every run, on every machine."""

    def __init__(self, key: bytes, *parts: str | int) -> None:
        text = "\x1f".join(map(str, parts)).encode("utf-8", "surrogatepass")
        self._key = hmac.new(key, text, hashlib.sha256).digest()
        self._pool, self._round = 0, 0
        self._left = 1  # how many values the pool may still take

    def below(self, n: int) -> int:
        if self._left < n << 32:  # what is left over makes the first values likelier, by under 2**-32
            block = hashlib.sha256(self._key + self._round.to_bytes(8, "big")).digest()
            self._pool = int.from_bytes(block, "big")
            self._left, self._round = 1 << 256, self._round + 1
        self._pool, found = divmod(self._pool, n)
        self._left //= n
        return found


@dataclass(frozen=True, repr=False)
class Pseudonyms:
    """The made values of all pseudonym columns. Columns of one provider share theirs.

    Use: `of(table, schema, seed, secret)` on all rows that will ever be shown, then `replaced(table)`.
    """

    _schema: Schema
    _groups: dict[str, str]  # provider of each pseudonym column
    _made: dict[str, dict[str, str]]  # by provider: made value of each real one
    _makers: dict[str, Callable[[str, int], str]]

    @classmethod
    def of(cls, table: pd.DataFrame, schema: Schema, seed: int, secret: bytes | None = None) -> Self:
        """From a parsed table. Same table, seed and secret, same made values.

        Raises SchemaError for an unknown provider, DataError for a short secret or when a kind of data has too few
        made values.
        """
        if secret is not None and len(secret) < SHORTEST:
            raise DataError(f"The secret for pseudonyms is too short: it needs {SHORTEST} characters or more.")
        columns = [c for c in schema if c.pseudonym and c.selected and c.kind is Kind.PERSONAL]
        groups = {c.name: _provider(c) for c in columns}
        made: dict[str, dict[str, str]] = {}
        makers: dict[str, Callable[[str, int], str]] = {}
        for provider in dict.fromkeys(groups.values()):
            members = [c for c in columns if groups[c.name] == provider]
            real = sorted({str(v) for c in members for v in table[c.name].dropna().unique()})
            locale = next((c.locale for c in members if c.locale), None)
            makers[provider] = _maker(provider, locale, _key(real, seed, provider, secret), secret is not None)
            made[provider] = _assigned(real, makers[provider], {}, real, provider)
        return cls(schema, groups, made, makers)

    def replaced(self, table: pd.DataFrame) -> tuple[pd.DataFrame, Schema]:
        """The table with made values, and the schema in which these columns are categories (still marked pseudonym).

        Missing cells stay missing; further columns are untouched. Real values that `of` has not seen get made values
        of their own, apart from all others.
        """
        changed = table.copy()
        for provider, made in self._made.items():
            names = [n for n, p in self._groups.items() if p == provider and n in table.columns]
            unseen = sorted({str(v) for n in names for v in table[n].dropna().unique()} - set(made))
            more = _assigned(unseen, self._makers[provider], made, [*made, *unseen], provider) if unseen else {}
            for name in names:
                changed[name] = table[name].astype("str").map({**made, **more}).astype("str")
        columns = tuple(_learned(c) if c.name in self._groups else c for c in self._schema)
        return changed, replace(self._schema, columns=columns)

    def __repr__(self) -> str:
        return f"Pseudonyms({', '.join(self._groups)})"

    def __reduce__(self) -> NoReturn:
        raise TypeError("Pseudonyms are not saved: they would tell which real value each made one stands for.")


def _provider(column: Column) -> str:
    provider = pools.check(column.provider, column.name)
    return _SAME.get(provider, provider)


def _learned(column: Column) -> Column:
    reason = f"pseudonyms ({column.provider or 'name'}), one for each real value; learned as categories"
    return replace(column, kind=Kind.CATEGORICAL, levels=None, pattern=None, reason=reason)


def _key(real: list[str], seed: int, provider: str, secret: bytes | None) -> bytes:
    if secret is not None:
        return secret
    text = "\x1f".join([str(seed), provider, *real])
    return hashlib.sha256(text.encode("utf-8", "surrogatepass")).digest()


def _maker(provider: str, locale: str | None, key: bytes, wide: bool) -> Callable[[str, int], str]:
    """The made value of a real one at each attempt. wide: from so many values that two rarely want the same."""
    make = wording.maker(provider, locale, wide)
    return lambda real, attempt: make(real, HashDice(key, provider, real, attempt), attempt)


def _assigned(
    real: list[str], make: Callable[[str, int], str], before: dict[str, str], all_real: Iterable[str], provider: str
) -> dict[str, str]:
    """A made value for each of `real`, unlike each other, those of `before` and every real one.

    Whoever has the smaller first made value chooses first, so the order of rows and the rest of the alphabet of real
    values do not matter.
    """
    taken = {value.casefold() for value in before.values()} | {value.casefold() for value in all_real}
    found: dict[str, str] = {}
    for first, value in sorted((make(value, 0), value) for value in real):
        made, attempt = first, 0
        while made.casefold() in taken:
            attempt += 1
            if attempt > _TRIES:
                raise DataError(
                    f"There are not enough made values of kind “{provider}” for {len(real):,} pseudonyms. "
                    "Choose another kind of personal data for the column."
                )
            made = make(value, attempt)
        taken.add(made.casefold())
        found[value] = made
    return found


def pseudonymised(
    table: pd.DataFrame, schema: Schema, seed: int, secret: bytes | None = None
) -> tuple[pd.DataFrame, Schema]:
    """A parsed table with made values in the columns that ask for them, and its schema; unchanged where none does.

    Raises what `Pseudonyms.of` does.
    """
    check(schema)
    if not any(c.pseudonym and c.selected and c.kind is Kind.PERSONAL for c in schema):
        return table, schema
    return Pseudonyms.of(table, schema, seed, secret).replaced(table)


def check(schema: Schema) -> None:
    """Raises SchemaError when a column that is not personal is to get pseudonyms."""
    for column in schema:
        if column.pseudonym and column.kind not in (Kind.PERSONAL, Kind.CATEGORICAL):
            raise SchemaError(
                f"Column “{column.name}”: only personal columns can get pseudonyms, not {column.kind} ones.",
                column=column.name,
            )


def held(schema: Schema) -> tuple[str, ...]:
    """Columns of a schema whose categories are made values, not real ones."""
    return tuple(c.name for c in schema if c.pseudonym and c.kind is Kind.CATEGORICAL)
