"""The contract of a kind of rule. Adding one: a file with a subclass here, and a line in `registry.py`.

A `Constraint` is plain data of the schema; a `Rule` is what it means on a table. Rows break a rule or they do not; a
missing cell breaks none, unless the rule is about missing cells. What a rule has to know of the real table to judge
made rows (which cities lie in which state) is its `state`: JSON, learned by `learn` and kept with the model.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, ClassVar

from engine.errors import ConstraintError, SchemaError
from engine.table.schema import TREATMENTS, Column, Constraint, Kind, Schema

if TYPE_CHECKING:
    import numpy as np
    import pandas as pd

    from engine.constraints.finding import View
    from engine.constraints.values import Mask

EXAMPLES = 5  # rows named of those that break a rule


@dataclass(frozen=True, slots=True)
class Found:
    """A rule that holds in nearly all real rows.

    rows: those that the rule speaks of (no missing cell in the way); broken: how many of them break it; examples:
    numbers of some of these, from 1.
    """

    constraint: Constraint
    sentence: str
    rows: int
    broken: int
    examples: tuple[int, ...] = ()

    def to_json(self) -> dict[str, Any]:
        return {
            "constraint": self.constraint.to_json(),
            "sentence": self.sentence,
            "rows": self.rows,
            "broken": self.broken,
            "examples": list(self.examples),
        }


@dataclass(frozen=True, slots=True)
class Candidate:
    """A rule that seems to hold. evidence: against chance, in nats; shown before others of its kind where higher."""

    constraint: Constraint
    evidence: float


@dataclass(frozen=True, slots=True)
class Derived:
    """A column that follows from others, and so need not be learned.

    whole: whether its gaps follow, too; else the column is learned for them, and its cells are put in afterwards.
    """

    target: str
    sources: tuple[str, ...]
    whole: bool


class Rule(ABC):
    """One rule on the tables of a schema. Construction checks it: ConstraintError, with the column.

    state: what `learn` found on the real rows; None before.
    """

    key: ClassVar[str]
    label: ClassVar[str]
    form: ClassVar[str]  # how it is written as text, by example
    enforced: ClassVar[str]  # one sentence: what makes every made row keep it
    repairs: ClassVar[str]  # one sentence: what “repair” does with a real row; empty where it cannot be repaired
    unrepairable: ClassVar[str] = ""  # one sentence: why it cannot
    options: ClassVar[Mapping[str, str]] = {}  # name and meaning of each option
    least: ClassVar[int] = 1  # columns
    most: ClassVar[int] = 1

    def __init__(self, constraint: Constraint, schema: Schema, state: Mapping[str, Any] | None = None) -> None:
        self.constraint, self.schema = constraint, schema
        self.state: dict[str, Any] | None = None if state is None else dict(state)
        self._check_shape()
        self._check()

    # Facts

    @property
    def names(self) -> tuple[str, ...]:
        """The columns that the rule speaks of."""
        return self.constraint.columns

    @property
    def columns(self) -> tuple[Column, ...]:
        return tuple(self.schema[name] for name in self.names)

    def option(self, name: str, default: Any = None) -> Any:
        return self.constraint.options.get(name, default)

    @property
    @abstractmethod
    def sentence(self) -> str:
        """The rule for people, without a full stop: “start” is never after “end”."""

    @abstractmethod
    def written(self) -> str:
        """The rule as text that `engine.constraints.parse_rule` reads back as the same."""

    @abstractmethod
    def _check(self) -> None:
        """Raises ConstraintError where options and columns do not go together."""

    # Rows

    @abstractmethod
    def breaking(self, table: pd.DataFrame) -> Mask:
        """(rows,) of a parsed table: which break the rule."""

    def speaks_of(self, table: pd.DataFrame) -> Mask:
        """(rows,) to which the rule applies: those without a gap in its columns."""
        from engine.constraints import values

        return ~values.any_missing(table, self.names)

    def repair(self, table: pd.DataFrame, rows: Mask, rng: np.random.Generator) -> pd.DataFrame:
        """A copy in which the marked rows keep the rule where that can be; only for kinds that say how in `repairs`."""
        raise AssertionError(f"{self.key} cannot be repaired")

    def learn(self, table: pd.DataFrame) -> None:
        """Keep in `state` what is needed to judge and complete made rows. The table's rows have been treated."""
        self.state = {}

    def held(self) -> dict[str, list[Any]]:
        """Real values that the state holds, by column, for the passport of a saved model."""
        return {}

    # Making

    def derives(self, table: pd.DataFrame) -> tuple[Derived, ...]:
        """Columns that need not be learned, as the treated real table shows; `state` is known."""
        return ()

    def complete(self, table: pd.DataFrame, rng: np.random.Generator) -> pd.DataFrame:
        """Made rows with what follows from the rule put in; other kinds leave them as they are."""
        return table

    # Finding

    @classmethod
    def candidates(cls, view: View) -> Iterator[Candidate]:
        """Rules of this kind that hold in nearly all rows of a sample, with evidence against chance."""
        yield from ()

    # Checks for subclasses

    def _check_shape(self) -> None:
        constraint = self.constraint
        for name in constraint.columns:
            try:
                self.schema[name]
            except SchemaError:
                raise ConstraintError(
                    f"A rule of kind “{self.key}” speaks of column “{name}”, which the table does not have.",
                    column=name,
                ) from None
        if len(set(constraint.columns)) < len(constraint.columns):
            self.fail("a column is named twice")
        if not self.least <= len(constraint.columns) <= self.most:
            count = f"{self.least}" if self.least == self.most else f"{self.least} to {self.most}"
            self.fail(f"it needs {count} {'column' if count == '1' else 'columns'}, not {len(constraint.columns)}")
        unknown = sorted(set(constraint.options) - set(self.options))
        if unknown:
            self.fail(f"it has no option “{unknown[0]}”. Options: {', '.join(self.options) or 'none'}")
        if constraint.treat not in TREATMENTS:
            self.fail(f"“treat” must be one of {', '.join(TREATMENTS)}, not “{constraint.treat}”")

    def fail(self, why: str, column: str | None = None) -> None:
        """Raises ConstraintError with the kind, the columns and the reason."""
        names = ", ".join(self.constraint.columns)
        raise ConstraintError(
            f"Rule {self.key}({names}): {why}.", column=column or (self.names[0] if self.names else None)
        )

    def _check_kinds(self, kinds: Sequence[Kind]) -> None:
        for column in self.columns:
            if column.kind not in kinds:
                self.fail(
                    f"column “{column.name}” is {column.kind}; this kind of rule is for {', '.join(kinds)}", column.name
                )

    def _check_flag(self, name: str) -> None:
        if not isinstance(self.option(name, False), bool):
            self.fail(f"option “{name}” must be true or false")
