"""All kinds of rules by key, in the order in which people see them. A new kind adds a line here."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from engine.constraints.base import Rule
from engine.constraints.expression import Expression
from engine.constraints.null_together import NullTogether
from engine.constraints.order import Order
from engine.constraints.pattern import Pattern
from engine.constraints.range import Range
from engine.constraints.together import Combinations, OneToOne
from engine.constraints.total import Total
from engine.constraints.unique import Unique
from engine.errors import ConstraintError
from engine.table.schema import Constraint, Schema

KINDS: dict[str, type[Rule]] = {
    rule.key: rule for rule in (Range, Order, Total, Unique, Combinations, OneToOne, NullTogether, Pattern, Expression)
}


def rule_of(constraint: Constraint, schema: Schema, state: Mapping[str, Any] | None = None) -> Rule:
    """The rule that a constraint stands for. Raises ConstraintError where it does not fit the schema."""
    try:
        kind = KINDS[constraint.kind]
    except KeyError:
        raise ConstraintError(f"There is no kind of rule “{constraint.kind}”. Kinds: {', '.join(KINDS)}.") from None
    return kind(constraint, schema, state)
