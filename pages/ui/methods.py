"""How each column is made: words for people, what goes with which kind, and changing it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

from engine.errors import SchemaError
from engine.table.schema import Column, Kind
from pages.ui import cached, closeup
from pages.ui.datasets import Dataset

MARGINALS, PATTERN = "marginals", "pattern"
JOINT, ONE, ANEW = "With the others", "One value", "Made anew"
LEARNED: Mapping[str, str] = {  # by the column's own method
    "": JOINT,
    MARGINALS: "Alone, by distribution",
    "kde": "Alone, smoothed",
    PATTERN: "Alone, in time",
}
ALL = (*LEARNED.values(), ONE, ANEW)
MEANINGS: Mapping[str, str] = {
    JOINT: "Learned together with the other columns, so that relations between them are kept.",
    LEARNED[MARGINALS]: "Drawn on its own from a distribution; its relations to other columns are not kept.",
    LEARNED["kde"]: "Drawn on its own from a smooth density over its real values; relations are not kept.",
    LEARNED[PATTERN]: "Learned as a series that goes on from row to row, together only with the other columns in time.",
    ONE: "The same value in every row; nothing of the column is learned.",
    ANEW: "Made up in the form of the real values.",
}


def of(column: Column) -> str:
    """How a column is made now."""
    if column.kind is Kind.CONSTANT:
        return ONE
    return LEARNED[column.method] if column.kind.modelled else ANEW


def offered(kind: Kind) -> tuple[str, ...]:
    """How a column of a kind can be made."""
    if kind is Kind.CONSTANT:
        return (ONE,)
    return (*LEARNED.values(), ONE) if kind.modelled else (ANEW, ONE)


def changed(table: Dataset, column: Column, wanted: str) -> Column:
    """The column made in another way. Raises SchemaError where that does not go with its kind."""
    if wanted == of(column):
        return column
    if wanted not in offered(column.kind):
        raise SchemaError(_why_not(column, wanted), column=column.name)
    if wanted == ONE:
        return closeup.fixed(table, column)
    method = next(key for key, words in LEARNED.items() if words == wanted)
    return replace(column, method=method, distribution=column.distribution if method == MARGINALS else "")


def _why_not(column: Column, wanted: str) -> str:
    if wanted == ANEW:
        return (
            f"Column “{column.name}” is {column.kind} and learned. To have it made anew, choose personal, text or "
            "identifier as its kind."
        )
    if column.kind is Kind.CONSTANT:
        return f"Column “{column.name}” is constant; to have it learned, choose another kind."
    return f"Column “{column.name}” is {column.kind} and made anew. To have it learned, choose another kind."


def recast(table: Dataset, column: Column, kind: Kind) -> Column:
    """The column as another kind; what was chosen for it stays where it still fits. Raises TwinError."""
    if kind is column.kind:
        return column
    found = replace(cached.recast(table, column.name, kind), selected=column.selected)
    if not kind.modelled or kind is Kind.CONSTANT:
        return found
    return replace(found, method=column.method, distribution=column.distribution if kind.numeric else "")
