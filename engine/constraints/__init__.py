"""Rules across and on columns: found in the real rows, chosen by the person, kept by every made row.

    from engine import constraints

    found = constraints.find(table, schema)               # what the real rows keep; offered
    rule = constraints.parse_rule("start <= end", schema) # a `Constraint` for Schema.constraints
    constraints.describe(rule, schema)                    # “start” is never after “end”
    constraints.breaking(rule, table, schema)             # (rows,) which real rows break it
    constraints.treat(table, schema)                      # the rows to learn from, and what came of the others

Kinds of rules are in `registry.KINDS`; adding one is a file and a line there. `plan` makes the rows.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from engine.constraints import registry
from engine.constraints.base import Found, Rule
from engine.constraints.registry import KINDS
from engine.constraints.text import parse_rule, write_rule
from engine.constraints.treating import Treated, Treatment, after, treat
from engine.table.schema import Constraint, Schema

if TYPE_CHECKING:
    from collections.abc import Sequence

    import pandas as pd

    from engine.conditions import Condition
    from engine.constraints.values import Mask


def check_all(schema: Schema, given: Sequence[Condition] = (), rows: int | None = None) -> None:
    """Raises ConstraintError for the first rule of the schema that does not fit its columns, or another rule.

    given: conditions that made rows have to fulfil, too; rows: how many are to be made, where that is known.
    """
    from engine.constraints import conflicts

    conflicts.check([registry.rule_of(constraint, schema) for constraint in schema.constraints], given, rows)


def describe(constraint: Constraint, schema: Schema) -> str:
    """The rule as a sentence for people, without a full stop. Raises ConstraintError where it does not fit."""
    return registry.rule_of(constraint, schema).sentence


def breaking(constraint: Constraint, table: pd.DataFrame, schema: Schema, real: pd.DataFrame | None = None) -> Mask:
    """(rows,) of a parsed table: which break the rule.

    real: the parsed rows that say which combinations are allowed; the table itself where it is the real one.
    """
    rule = registry.rule_of(constraint, schema)
    if real is not None:
        rule.learn(real)
    return rule.breaking(table)


def learns(constraint: Constraint, schema: Schema) -> bool:
    """Whether real rows say what the rule allows, such as which values go together."""
    from engine.constraints.base import Rule

    return type(registry.rule_of(constraint, schema)).learn is not Rule.learn


def left_out(schema: Schema) -> list[str]:
    """Sentences on rules that are not kept, because they speak of a column that is not selected."""
    told = []
    for constraint in schema.constraints:
        absent = [name for name in constraint.columns if name not in schema.selected]
        if absent:
            told.append(
                f"A rule is not kept, because column “{absent[0]}” is left out: {describe(constraint, schema)}."
            )
    return told


def find(table: pd.DataFrame, schema: Schema) -> tuple[Found, ...]:
    """Rules that hold in nearly all rows of a parsed table (see `engine.constraints.finding`)."""
    from engine.constraints import finding

    return finding.find(table, schema)


__all__ = [
    "KINDS",
    "Constraint",
    "Found",
    "Rule",
    "Treated",
    "Treatment",
    "after",
    "breaking",
    "check_all",
    "describe",
    "find",
    "left_out",
    "parse_rule",
    "treat",
    "write_rule",
]
