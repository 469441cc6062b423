"""What shares one coin: the rows of one person, and rows that are equal in everything that is compared."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pandas as pd

from engine.errors import SettingsError
from engine.evaluation.columns import comparable
from engine.privacy.split import Rows
from engine.table.schema import Schema

COMMON = 0.05  # of the rows may have an equal one; where more have, equal rows are taken for chance


def units(table: pd.DataFrame, schema: Schema, keys: Sequence[str] = ()) -> tuple[Rows, str]:
    """(rows,) the unit of each row of a parsed table, and a note on what was done.

    keys: columns that together name a person; a row without a key is its own. Rows that are equal in all compared
    columns belong together, and so do all rows of the people that they belong to, unless such rows are common in the
    table. Raises SettingsError for a key that the table lacks.
    """
    for key in keys:
        if key not in table.columns:
            raise SettingsError(f"The table has no column “{key}” that could name a person.", column=key)
    same, note = _equal_rows(table, schema)
    if not keys:
        return same, note
    named = table[list(keys)].notna().all(axis=1).to_numpy()
    people = np.full(len(table), -1, dtype=np.intp)
    people[named] = table.loc[named, list(keys)].groupby(list(keys), sort=False).ngroup().to_numpy()
    people[~named] = people.max(initial=-1) + 1 + np.arange(int((~named).sum()))
    return _joined(people, same), note


def _equal_rows(table: pd.DataFrame, schema: Schema) -> tuple[Rows, str]:
    """Equal rows under one number, or each row its own where equal ones are common."""
    alone = np.arange(len(table), dtype=np.intp)
    names = [column.name for column in comparable(schema)]
    if not names or not len(table):
        return alone, ""
    found = table.groupby(names, sort=False, dropna=False).ngroup().to_numpy().astype(np.intp)
    shared = float((np.bincount(found)[found] > 1).mean())
    if shared > COMMON:
        why = f"{shared:.0%} of the rows equal another one, so equal rows are taken for different people"
        return alone, f"In this table {why}."
    return found, ""


def _joined(first: Rows, second: Rows) -> Rows:
    """The finest grouping in which rows that are together in either one are together."""
    from scipy.sparse import coo_array
    from scipy.sparse.csgraph import connected_components

    left = int(first.max(initial=-1)) + 1
    nodes = left + int(second.max(initial=-1)) + 1
    links = coo_array((np.ones(len(first), dtype=np.int8), (first, left + second)), shape=(nodes, nodes))
    _, found = connected_components(links, directed=False)
    return np.unique(found[first], return_inverse=True)[1].astype(np.intp)
