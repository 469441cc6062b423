"""What a certificate says, and what a file is held against."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import TYPE_CHECKING, Any

from engine.table import formulas
from engine.table.schema import Schema

if TYPE_CHECKING:
    import pandas as pd

VERSION = 1


class What(StrEnum):
    """What a check is about."""

    TYPE = "type"
    FORMAT = "format"
    MISSING = "missing"
    CATEGORIES = "categories"
    RANGE = "range"
    KEYS = "keys"
    NEW = "new values"
    RULES = "rules"
    FORMULAS = "formulas"
    SIZE = "size"


@dataclass(frozen=True, slots=True)
class Check:
    what: What
    passed: bool
    sentence: str

    def to_json(self) -> dict[str, Any]:
        return {"what": str(self.what), "passed": self.passed, "sentence": self.sentence}


@dataclass(frozen=True, slots=True)
class Certificate:
    """table: checks of the file as a whole; columns: of each column, in order; compared: with the real table or not."""

    format: str
    sha256: str
    size: int  # bytes
    rows: int
    table: tuple[Check, ...]
    columns: Mapping[str, tuple[Check, ...]] = field(default_factory=dict)
    compared: bool = True

    @property
    def failed(self) -> tuple[tuple[str, Check], ...]:
        """The failed checks with their column, “” for the file as a whole."""
        every = [("", check) for check in self.table]
        every += [(name, check) for name, checks in self.columns.items() for check in checks]
        return tuple((name, check) for name, check in every if not check.passed)

    def to_json(self) -> dict[str, Any]:
        return {
            "version": VERSION,
            "format": self.format,
            "sha256": self.sha256,
            "bytes": self.size,
            "rows": self.rows,
            "passed": not self.failed,
            "compared_with_real": self.compared,
            "table": [check.to_json() for check in self.table],
            "columns": [
                {"name": name, "checks": [check.to_json() for check in checks]} for name, checks in self.columns.items()
            ],
        }


@dataclass(frozen=True, slots=True)
class Expected:
    """What a file should be like.

    real: the real table, parsed, or None where it is not at hand: then only what needs no real row is checked; rows:
    how many were asked for; going_on: columns whose values may lie beyond the real range (time that goes on); label: a
    category of the person's own that rare ones were joined under; formulas: what was to become of cells that a
    spreadsheet might run.
    """

    schema: Schema
    real: pd.DataFrame | None
    rows: int
    going_on: frozenset[str] = frozenset()
    label: str | None = None
    formulas: str = formulas.NEUTRALISE
