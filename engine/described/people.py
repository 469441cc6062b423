"""Personal columns, keys and texts of a described table, from Faker's lists."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import numpy as np
import pandas as pd

from engine.described import kinds
from engine.errors import DataError, SchemaError
from engine.fakers import Fakers, pools
from engine.fakers.occurrence import Occurrence
from engine.fakers.prose import Prose
from engine.table.schema import Column, Description, Kind, Schema

_LISTED = 200  # values of a list that repeat, such as cities
# Of these, people share values; all others differ from row to row.
_SHARED = frozenset(
    {"city", "state", "country", "country_code", "job", "company", "prefix", "suffix", "postcode", "zipcode",
     "street_name", "domain_name", "swift", "word", "building_number", "secondary_address"}
)  # fmt: skip
_STEPS = 21


def personal(columns: Sequence[Column], n: int, seed: int) -> dict[str, pd.Series]:
    """`n` cells of personal columns and keys. Raises SchemaError when there are not so many different ones."""
    if not columns:
        return {}
    schema = Schema(tuple(replace(c, chosen=True) for c in columns))
    try:
        table = Fakers(schema).imagined({c.name: _occurrence(c, n) for c in columns}).make(n, seed)
    except DataError as error:
        raise SchemaError(str(error), column=error.column) from error
    return {c.name: table[c.name] for c in columns}


def _occurrence(column: Column, n: int) -> Occurrence:
    told = column.description or Description()
    if column.kind is Kind.IDENTIFIER or told.unique or column.provider not in _SHARED:
        return Occurrence(told.missing)
    many = min(n, len(pools.words(column.locale, str(column.provider), _LISTED)))
    return Occurrence(told.missing, weights=(1 / many,) * many if many > 1 else ())


def texts(column: Column, n: int, rng: np.random.Generator) -> pd.Series:
    """`n` different texts of Faker's words, within the bounds of characters."""
    low, high = kinds.lengths(column)
    prose = Prose.of(pd.Series([], dtype="str"), column.locale)
    prose = replace(
        prose,
        lengths=tuple(np.linspace(low, high, _STEPS).round().tolist()),
        sentences=high >= 60,
        capital=True,
    )
    found: dict[str, None] = {}
    fruitless = 0
    while len(found) < n:
        before = len(found)
        found |= dict.fromkeys(_within(text, low, high, prose, rng) for text in prose.draw(n - before, rng))
        fruitless = fruitless + 1 if len(found) == before else 0
        if fruitless > 20:
            raise SchemaError(
                f"Column “{column.name}”: {n:,} different texts of at most {high} characters cannot be made.",
                column=column.name,
            )
    return pd.Series(list(found)[:n], dtype="str")


def _within(text: str, low: int, high: int, prose: Prose, rng: np.random.Generator) -> str:
    """Words are added or cut off at the end until the text has between `low` and `high` characters."""
    dot = "." if text.endswith(".") else ""
    text = text.removesuffix(".")
    while len(text) + len(dot) < low:
        text += f" {prose.words[int(rng.integers(len(prose.words)))]}"
    if len(text) + len(dot) > high:
        room = high - len(dot)
        cut = text[: room + 1].rpartition(" ")[0].rstrip(".")
        text = cut if len(cut) + len(dot) >= low else text[:room]
    return text + dot
