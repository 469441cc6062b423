"""What a person asks of a run, as plain data that is checked, saved and shown."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Literal, get_args

from engine import constraints, parts
from engine.balance import read_balance
from engine.conditions import read_given
from engine.errors import MethodError, SettingsError
from engine.generators import registry
from engine.generators.base import Capability
from engine.limits import Limits
from engine.protection import Protection
from engine.race import RACE
from engine.synthesizer import AUTO, check_method
from engine.table.schema import Schema

HOLDOUT = 0.2  # share of the rows held out where the person did not say
HOLDOUT_ROWS = 100  # tables with fewer rows hold none out on their own account
MAX_HOLDOUT = 0.5
MAX_SEED = 2**63 - 1
MOST_SPLITS = 3  # a third of a small table is held out at a time

Release = Literal["all", "audited"]
Depth = Literal["quick", "full"]


_LISTS = ("given", "guess", "known", "person")


@dataclass(frozen=True, slots=True)
class RunRequest:
    """What the person asked for; JSON.

    rows: synthetic rows, None for as many as the table has.
    holdout: share of real rows (0 to 0.5) that the measured model never sees; None takes 0.2 from 100 rows on.
    release: "all" trains again on all rows for the table that is released; "audited" releases the measured model's.
    given: conditions as text (see `engine.conditions`); balance: shares of one column's values as text, or nothing
    (see `engine.balance`). Both hold in the table that is released; what is measured is made without them.
    budget: seconds for one training; a run that holds rows out and releases "all" trains twice. Of a race: for all of
    it, before these trainings.
    charts: whether distribution charts are wanted beside the figures.
    depth: "quick" measures in seconds how alike the tables are; "full" also by classifiers, by what models learn from
    the twin, and by attacks on privacy (see `engine.privacy`). target: the column that matters most, whose usefulness
    is measured; guess: columns that an attacker might want to know; known: columns that an outsider may know of
    somebody; person: columns that together name a person, whose rows are kept on one side; drop_near: whether synthetic
    rows that lie suspiciously near to one training row are replaced; splits: how many times a part of the rows is held
    out anew, and a model trained without it, for the attacks alone (None: three where the table is small). These five
    belong to the full figures.
    figures: whether anything is measured at all; without, one training on all rows is enough for release "all".
    fallback: whether another method may take over where the chosen one fails (see `engine.fallback`).
    protection: what becomes of categories that few rows share, before anything is learned.
    """

    method: str = AUTO
    settings: Mapping[str, Any] = field(default_factory=dict)
    rows: int | None = None
    seed: int = 0
    holdout: float | None = None
    release: Release = "all"
    given: tuple[str, ...] = ()
    budget: float | None = None
    charts: bool = True
    figures: bool = True
    balance: str = ""
    fallback: bool = True
    protection: Protection = field(default_factory=Protection)
    depth: Depth = "quick"
    target: str | None = None
    guess: tuple[str, ...] = ()
    known: tuple[str, ...] = ()
    person: tuple[str, ...] = ()
    drop_near: bool = False
    splits: int | None = None

    def __post_init__(self) -> None:
        for name in _LISTS:
            object.__setattr__(self, name, tuple(getattr(self, name)))
        object.__setattr__(self, "settings", dict(self.settings))

    def check(self, schema: Schema, limits: Limits | None = None) -> None:
        """Raises the error that the person has to mend: SettingsError, MethodError or ConditionError."""
        limits = limits or Limits.from_environment()
        if self.method != RACE:
            check_method(self.method, self.settings)
        elif self.settings:
            raise SettingsError("In a race every method has its default settings; choose a method to set them.")
        given = read_given(self.given, schema)
        balance = read_balance(self.balance, schema, given)
        parts.check(schema)
        constraints.check_all(schema.selected, given, self.rows)
        parts.check_given(schema, [c.column for c in given] + ([balance.column] if balance else []))
        self._check_able(schema, [c.column for c in given] + ([balance.column] if balance else []))
        if self.rows is not None and self.rows < 1:
            raise SettingsError(f"The number of rows must be at least 1, not {self.rows}.")
        if self.rows is not None and self.rows > limits.max_rows_to_make:
            raise SettingsError(
                f"{self.rows:,} rows are more than the {limits.max_rows_to_make:,} that may be made in one go "
                "(TABULAR_TWIN_MAX_ROWS_TO_MAKE)."
            )
        if not 0 <= self.seed <= MAX_SEED:
            raise SettingsError(f"The seed must be a whole number from 0 to {MAX_SEED}, not {self.seed}.")
        if self.holdout is not None and not 0 <= self.holdout <= MAX_HOLDOUT:
            raise SettingsError(f"The holdout must be a share from 0 to {MAX_HOLDOUT}, not {self.holdout}.")
        if self.release not in get_args(Release):
            raise SettingsError(f"Release must be one of {', '.join(get_args(Release))}, not {self.release!r}.")
        if self.budget is not None and not self.budget > 0:
            raise SettingsError(f"The budget must be more than 0 seconds, not {self.budget}.")
        self._check_figures(schema)

    def _check_figures(self, schema: Schema) -> None:
        """What the full figures need to know has to be there, and to be asked for."""
        if self.depth not in get_args(Depth):
            raise SettingsError(f"Figures are {' or '.join(get_args(Depth))}, not {self.depth!r}.")
        asked = {"guess": self.guess, "known": self.known, "person": self.person}
        full = self.figures and self.depth == "full"
        if not full and (any(asked.values()) or self.drop_near):
            raise SettingsError("Columns to guess, known columns, persons and rows to drop belong to the full figures.")
        if self.splits is not None and not 1 <= self.splits <= MOST_SPLITS:
            raise SettingsError(f"Rows can be held out 1 to {MOST_SPLITS} times, not {self.splits}.")
        if self.drop_near and self.release != "audited":
            raise SettingsError(
                "Rows near to training rows are found by rows held out, so release the very model that was measured."
            )
        for name in (*self.guess, *self.known, *self.person, *([self.target] if self.target else [])):
            if not schema[name].selected:
                raise SettingsError(f"Column “{name}” is not among the selected ones.", column=name)
        if full and (self.guess or self.known):
            from engine.privacy import Questions

            Questions(self.guess, self.known).check(schema.selected)

    def _check_able(self, schema: Schema, columns: Sequence[str]) -> None:
        """The chosen method has to be able to make what is asked for; “auto” and a race choose later."""
        info = registry.GENERATORS[self.method].info if self.method not in (AUTO, RACE) else None
        if info is None or Capability.GIVEN in info.capabilities or not any(c in schema.joint for c in columns):
            return
        if self.given:
            raise MethodError(f"{info.label} cannot take given values; choose a method that can.")
        if self.balance:
            raise MethodError(f"{info.label} cannot balance a column; choose a method that takes given values.")

    def to_json(self) -> dict[str, Any]:
        return {**dataclasses.asdict(self), **{name: list(getattr(self, name)) for name in _LISTS}}

    @classmethod
    def from_json(cls, data: Mapping[str, Any]) -> RunRequest:
        fields = {f.name: data[f.name] for f in dataclasses.fields(cls) if f.name in data}
        if "protection" in fields:
            fields["protection"] = Protection.from_json(fields["protection"])
        return cls(**fields)
