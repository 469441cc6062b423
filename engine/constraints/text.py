"""Rules as text, as the command line and the page take them, and back.

`start <= end` is an order, `price > 0` a range, `net + tax = gross` a sum; `unique(...)`, `together(...)`,
`belongs(...)`, `one_to_one(...)`, `null_together(...)` and `matches(column, "expression")` name their kind; everything
else is an expression (see `engine.constraints.grammar`).
"""

from __future__ import annotations

from typing import Any

from engine.constraints import grammar, registry
from engine.constraints.calculation import names_in
from engine.constraints.grammar import Arithmetic, Call, Compare, Literal, Logic, Name, Negative, Node
from engine.constraints.kinds import Types
from engine.errors import ConstraintError
from engine.table.schema import Constraint, Kind, Schema

_LISTS: dict[str, tuple[str, dict[str, Any]]] = {
    "unique": ("unique", {}),
    "together": ("combinations", {}),
    "combinations": ("combinations", {}),
    "belongs": ("combinations", {"functional": True}),
    "one_to_one": ("one_to_one", {}),
    "null_together": ("null_together", {}),
}
_TURNED = {"<": ">", "<=": ">=", ">": "<", ">=": "<="}


def parse_rule(text: str, schema: Schema, treat: str = "drop") -> Constraint:
    """The rule that a text stands for, checked. Raises ConstraintError that says what cannot be understood, and where.

    treat: of real rows that break it, as `Constraint.treat`.
    """
    root = grammar.parse(text)
    found = _by_name(text, root, schema)
    if found is None:
        Types(text, root, schema)
        found = _range(root, schema) or _order(root, schema) or _sum(root, schema)
    if found is None:
        names = tuple(dict.fromkeys(name.column for name in names_in(root)))
        if not names:
            raise ConstraintError(f"The rule “{text.strip()}” speaks of no column.")
        found = Constraint("expression", names, {"text": text.strip()})
    found = Constraint(found.kind, found.columns, found.options, treat)
    registry.rule_of(found, schema)
    return found


def write_rule(constraint: Constraint, schema: Schema) -> str:
    """The rule as text that `parse_rule` reads back as the same, where its options have a form in text.

    The tolerance of a sum, and `least` and `values` of combinations, have none; the schema's JSON carries them.
    """
    return registry.rule_of(constraint, schema).written()


def _by_name(text: str, root: Node, schema: Schema) -> Constraint | None:
    """A rule that is written as its kind with column names behind it."""
    if not isinstance(root, Call):
        return None
    if root.function == "matches":
        return _matches(text, root)
    if root.function not in _LISTS:
        return None
    for argument in root.arguments:
        if not isinstance(argument, Name):
            raise grammar.fail(text, argument.at, f"{root.function}(...) takes names of columns")
        if argument.column not in schema:
            raise grammar.fail(text, argument.at, f"there is no column “{argument.column}”")
    kind, options = _LISTS[root.function]
    return Constraint(kind, tuple(a.column for a in root.arguments if isinstance(a, Name)), options)


def _matches(text: str, root: Call) -> Constraint:
    match root.arguments:
        case (Name(column=column), Literal(kind="text", text=regex)):
            return Constraint("pattern", (column,), {"regex": regex})
    raise grammar.fail(text, root.at, 'write it like matches(code, "[A-Z]{2}-[0-9]{4}")')


# Comparisons


def _range(root: Node, schema: Schema) -> Constraint | None:
    """One column between bounds: `price > 0`, `0 < price <= 10`, `price > 0 and price <= 10`."""
    bounds: dict[str, tuple[Any, bool]] = {}
    column: str | None = None
    comparisons = root.items if isinstance(root, Logic) and root.word == "and" else (root,)
    for comparison in comparisons:
        if not isinstance(comparison, Compare):
            return None
        for left, sign, right in zip(comparison.items, comparison.signs, comparison.items[1:], strict=False):
            found = _bound(left, sign, right, schema)
            if found is None or column not in (None, found[0]) or found[1] in bounds:
                return None
            column = found[0]
            bounds[found[1]] = (found[2], found[3])
    if column is None:
        return None
    options: dict[str, Any] = {}
    for side, (value, open_) in bounds.items():
        options[side] = value
        if open_:
            options[f"open_{side}"] = True
    return Constraint("range", (column,), options)


def _bound(left: Node, sign: str, right: Node, schema: Schema) -> tuple[str, str, Any, bool] | None:
    """Column, "low" or "high", value, and whether the bound itself is excluded."""
    if isinstance(right, Name) and not isinstance(left, Name):
        left, sign, right = right, _TURNED.get(sign, sign), left
    if not isinstance(left, Name) or sign not in _TURNED:
        return None
    value = _value(right)
    kind = schema[left.column].kind
    if value is None or kind not in (Kind.INTEGER, Kind.DECIMAL, Kind.DATETIME):
        return None
    return left.column, "low" if sign[0] == ">" else "high", value, len(sign) == 1


def _value(node: Node) -> Any:
    """A literal as JSON has it, with its sign; None for anything else."""
    if isinstance(node, Negative):
        inner = _value(node.inner)
        return -inner if isinstance(inner, (int, float)) else None
    if not isinstance(node, Literal) or node.kind == "truth":
        return None
    if node.kind != "number":
        return node.text
    number = float(node.text)
    return int(node.text) if node.text.isdigit() else int(number) if number.is_integer() else number


def _order(root: Node, schema: Schema) -> Constraint | None:
    """Two columns in order: `start <= end`."""
    if not isinstance(root, Compare) or len(root.signs) != 1 or root.signs[0] not in _TURNED:
        return None
    left, right = root.items
    if not isinstance(left, Name) or not isinstance(right, Name):
        return None
    sign = root.signs[0]
    low, high = (left.column, right.column) if sign[0] == "<" else (right.column, left.column)
    return Constraint("order", (low, high), {"strict": True} if len(sign) == 1 else {})


def _sum(root: Node, schema: Schema) -> Constraint | None:
    """Columns added up: `net + tax = gross`, also written `gross - tax = net`."""
    if not isinstance(root, Compare) or root.signs != ("=",):
        return None
    left, right = _terms(root.items[0], 1), _terms(root.items[1], -1)
    if left is None or right is None:
        return None
    terms = [*left, *right]
    for sign in (-1, 1):
        totals = [name for name, own in terms if own == sign]
        parts = [name for name, own in terms if own == -sign]
        if len(totals) == 1 and len(parts) >= 2 and len({*totals, *parts}) == len(terms):
            return Constraint("sum", (*parts, totals[0]))
    return None


def _terms(node: Node, sign: int) -> list[tuple[str, int]] | None:
    """Columns with their signs, of a sum that has nothing else in it."""
    if isinstance(node, Name):
        return [(node.column, sign)]
    if isinstance(node, Arithmetic) and node.sign in "+-":
        left, right = _terms(node.left, sign), _terms(node.right, sign if node.sign == "+" else -sign)
        return None if left is None or right is None else [*left, *right]
    return None
