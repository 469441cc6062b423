"""Rows of a described table: columns drawn one by one, then rows that break a rule drawn again."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd

from engine.constraints import conflicts, registry, values
from engine.constraints.base import Rule
from engine.constraints.together import Combinations
from engine.described import kinds
from engine.described.describing import SEQUENCE, check, complete
from engine.described.people import personal, texts
from engine.errors import ConstraintError, DataError
from engine.seeds import stream
from engine.table.schema import Column, Description, Kind, Schema

ROUNDS = 60  # of drawing rows again that break a rule


def make(schema: Schema, n: int, seed: int = 0) -> pd.DataFrame:
    """Exactly `n` rows of the selected columns as a parsed table (see `complete` for the schema it goes with).

    Same schema, rows and seed: same table. Raises SchemaError for a description that cannot be fulfilled, with the
    column, and ConstraintError naming the rule that blocks.
    """
    if n < 0:
        raise DataError(f"The number of rows must be 0 or more, not {n}.")
    whole = complete(schema).selected
    check(whole, n)
    table = _drawn(whole, whole.columns, n, seed)
    return _kept(whole, table, seed)[list(whole.names)]


def _drawn(schema: Schema, columns: tuple[Column, ...], n: int, seed: int) -> pd.DataFrame:
    """`n` rows of some columns; those that Faker's lists make come from the whole schema, as persons go together."""
    made: dict[str, pd.Series] = personal([c for c in columns if _by_lists(c)], n, seed)
    for column in columns:
        if column.name in made:
            continue
        told = column.description or Description()
        rng = stream(seed, "described", "values", column.name)
        some = kinds.present(told, n)
        cells = texts(column, some, rng) if column.kind is Kind.TEXT else kinds.draw(column, some, rng)
        made[column.name] = _with_gaps(cells, n, stream(seed, "described", "missing", column.name))
    return pd.DataFrame({c.name: made[c.name] for c in columns}, index=pd.RangeIndex(n))


def _by_lists(column: Column) -> bool:
    sequence = column.description is not None and column.description.distribution == SEQUENCE
    return column.kind is Kind.PERSONAL or (column.kind is Kind.IDENTIFIER and not sequence)


def _with_gaps(cells: pd.Series, n: int, rng: np.random.Generator) -> pd.Series:
    """`n` cells of which those beyond the given ones are missing, at random places; the others keep their order."""
    if len(cells) == n:
        return cells
    places = np.full(n, -1, dtype=np.int64)
    places[np.sort(rng.permutation(n)[: len(cells)])] = np.arange(len(cells))
    return pd.Series(cells.array.take(places, allow_fill=True))


# Rules


def _kept(schema: Schema, table: pd.DataFrame, seed: int) -> pd.DataFrame:
    """The table with rows that break a rule drawn again, and mended at last where the rule says how."""
    rules = _rules(schema, table)
    if not rules or not len(table):
        return table
    spoken = {name for rule in rules for name in rule.names}
    free = tuple(c for c in schema if c.name in spoken and not _fixed(c))
    table = _completed(table, rules, stream(seed, "described", "rules"))
    for turn in range(ROUNDS):
        bad = _broken(table, rules)
        if not bad.any() or not free:
            break
        own = int(stream(seed, "described", "again", turn).integers(2**63))
        new = _drawn(schema, free, int(bad.sum()), own)
        table = table.assign(**{c.name: values.replaced(table[c.name], bad, new[c.name]) for c in free})
        table = _completed(table, rules, stream(seed, "described", "rules", turn))
    return _mended(table, rules, seed)


def _fixed(column: Column) -> bool:
    """Columns that are not drawn again, row by row: sequences and those without repeats."""
    told = column.description or Description()
    return told.distribution == SEQUENCE or told.unique or column.kind in (Kind.IDENTIFIER, Kind.PERSONAL)


def _rules(schema: Schema, table: pd.DataFrame) -> list[Rule]:
    rules = [registry.rule_of(constraint, schema) for constraint in schema.constraints]
    for rule in rules:
        if isinstance(rule, Combinations) and not rule.functional and rule.option("values") is None:
            raise ConstraintError(
                f"The rule that {rule.sentence} learns from a table which values go together; a described table has "
                "none. List the combinations in the rule’s option “values”, or leave the rule out.",
                column=rule.names[0],
            )
        rule.learn(table)
    conflicts.check(rules, (), len(table))
    return rules


def _completed(table: pd.DataFrame, rules: list[Rule], rng: np.random.Generator) -> pd.DataFrame:
    for rule in rules:
        table = rule.complete(table, rng)
    return table


def _broken(table: pd.DataFrame, rules: list[Rule]) -> Any:
    found = np.zeros(len(table), dtype=bool)
    for rule in rules:
        found |= rule.breaking(table)
    return found


def _mended(table: pd.DataFrame, rules: list[Rule], seed: int) -> pd.DataFrame:
    for turn in range(3):
        for place, rule in enumerate(rules):
            bad = rule.breaking(table)
            if rule.repairs and bad.any():
                table = rule.repair(table, bad, stream(seed, "described", "mend", turn, place))
        if not _broken(table, rules).any():
            return table
    worst = max(rules, key=lambda rule: int(rule.breaking(table).sum()))
    broken = int(worst.breaking(table).sum())
    raise ConstraintError(
        f"Only {len(table) - broken:,} of {len(table):,} rows could be made: the others break this rule: "
        f"{worst.sentence}. Change the rule, or the description of its columns.",
        column=worst.names[0],
    )
