"""Categories that few rows share: replaced before anything is learned, so that no label of one person comes back.

A label is rare when fewer rows than a threshold have it. Such rows take the label of a donor: one of the most similar
rows whose label is not rare. With the label comes all that it fixes (the region of a town), so that exact relations
between columns hold on. Or else all rare labels of a column become one, which the person names.

Columns of two labels are left as they are: they hold a truth value, and their rarer label may be what matters. So are
columns in which no label is shared by enough rows; both are told. Numbers and dates need none of this: no method keeps
a value that fewer than five rows share (see `engine.codecs.grid`).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from engine.errors import SettingsError
from engine.table.schema import Kind, Schema

if TYPE_CHECKING:
    import pandas as pd

RESAMPLE, POOL, KEEP = "resample", "pool", "keep"
WAYS = (RESAMPLE, POOL, KEEP)
SHARED = 5  # rows that share a label from which it is not rare, in tables of 500 rows and more
FEWEST = 2  # rows that may be asked for, at least
_PER_HUNDRED = 1  # in smaller tables one row in a hundred, but at least `FEWEST`
MOST_ROWS = 1_000
_LABEL_LENGTH = 100


@dataclass(frozen=True, slots=True)
class Protection:
    """What is done with rare labels.

    how: "resample" takes the label of a similar row, "pool" makes all rare ones one `label`, "keep" leaves them;
    rows: how many rows must share a label; None: 5, and fewer in tables of less than 500 rows (1%, at least 2).
    """

    how: str = RESAMPLE
    rows: int | None = None
    label: str = "Other"

    def __post_init__(self) -> None:
        if self.how not in WAYS:
            raise SettingsError(f"Rare categories can be {', '.join(WAYS)}, not “{self.how}”.")
        if self.rows is not None and not FEWEST <= self.rows <= MOST_ROWS:
            raise SettingsError(
                f"The rows that must share a category are {FEWEST} to {MOST_ROWS}, not {self.rows}; "
                f"“{KEEP}” leaves all of them."
            )
        if not self.label.strip() or len(self.label) > _LABEL_LENGTH:
            raise SettingsError(f"The common label of rare categories needs 1 to {_LABEL_LENGTH} characters.")

    def threshold(self, rows: int) -> int:
        """Rows that must share a label in a table of `rows` rows."""
        if self.rows is not None:
            return self.rows
        return max(FEWEST, min(SHARED, rows * _PER_HUNDRED // 100))

    def applied(self, table: pd.DataFrame, schema: Schema, seed: int) -> tuple[pd.DataFrame, Protected]:
        """A parsed table without rare labels, and what was done. The same table and seed give the same result."""
        from engine import rarelabels

        limit = self.threshold(len(table))
        if self.how == KEEP:
            return table, Protected(self.how, limit)
        return rarelabels.replaced(table, schema, self, limit, seed)

    def to_json(self) -> dict[str, Any]:
        return {"how": self.how, "rows": self.rows, "label": self.label}

    @classmethod
    def from_json(cls, data: Mapping[str, Any]) -> Protection:
        return cls(**{key: data[key] for key in ("how", "rows", "label") if key in data})


@dataclass(frozen=True, slots=True)
class Protected:
    """What was done with rare labels; no label is named.

    labels and rows: per column, how many labels were rare and how many rows had one; left: columns in which no label is
    shared by enough rows, and which are therefore as they were; two: columns of two labels of which one is rare.
    """

    how: str
    threshold: int
    labels: Mapping[str, int] = field(default_factory=dict)
    rows: Mapping[str, int] = field(default_factory=dict)
    left: tuple[str, ...] = ()
    two: tuple[str, ...] = ()

    def notes(self) -> list[str]:
        """Plain sentences for the report."""
        told = []
        if self.labels:
            done = "replaced by those of similar rows" if self.how == RESAMPLE else "joined under one name"
            told.append(
                f"Rare categories: labels that fewer than {self.threshold} rows share ({sum(self.labels.values()):,} "
                f"in {_named(list(self.labels))}) were {done} in {sum(self.rows.values()):,} cells before learning."
            )
        if self.left:
            told.append(
                f"Not protected: in {_named(self.left)} no label is shared by {self.threshold} rows. If these tell who "
                "somebody is, make them personal, text or identifiers."
            )
        if self.two:
            told.append(f"Not protected: {_named(self.two)} has two labels, of which one is rare; both were kept.")
        return told

    def to_json(self) -> dict[str, Any]:
        return {
            "how": self.how,
            "threshold": self.threshold,
            "labels": dict(self.labels),
            "rows": dict(self.rows),
            "left": list(self.left),
            "two": list(self.two),
        }


def candidates(schema: Schema) -> list[str]:
    """Columns whose labels may be rare and real; pseudonyms are made labels."""
    return [c.name for c in schema.modelled if c.kind is Kind.CATEGORICAL and not c.pseudonym]


def _named(names: Sequence[str]) -> str:
    more = f" and {len(names) - 3} more" if len(names) > 3 else ""
    return ", ".join(f"“{name}”" for name in names[:3]) + more
