"""Which kind each part of an expression is: a number, a date, text or a truth value; checked before any calculation."""

from __future__ import annotations

from typing import Any

import pandas as pd

from engine.constraints.grammar import (
    Among,
    Arithmetic,
    Call,
    Compare,
    If,
    Literal,
    Logic,
    Missing,
    Name,
    Negative,
    Node,
    Not,
    fail,
)
from engine.errors import ConstraintError, DataError
from engine.table.schema import Column, DateFormat, Kind, Schema

_KINDS = {Kind.INTEGER: "number", Kind.DECIMAL: "number", Kind.DATETIME: "date", Kind.BOOLEAN: "truth"}
_NAMES = {"number": "a number", "date": "a date", "text": "text", "truth": "a truth value"}
_MOST_DIGITS = 12
FUNCTIONS = ("abs", "min", "max", "round", "length", "year", "month", "day")


class Types:
    """Kinds of the parts of one expression. Construction checks it: ConstraintError with the position."""

    def __init__(self, text: str, root: Node, schema: Schema) -> None:
        self._text, self._schema = text, schema
        self._kinds: dict[int, str] = {}
        self._literals: dict[int, Any] = {}
        self._zones: dict[int, str | None] = {}
        self._digits: dict[int, int] = {}
        self._root = root  # keeps the parts alive, whose ids are keys here
        if self._look(root) != "truth":
            raise self._fail(root, f"a rule must be true or false in every row; this is {_NAMES[self.kind(root)]}")

    def kind(self, node: Node) -> str:
        return self._kinds[id(node)]

    def zone(self, node: Node) -> str | None:
        """The time zone of a date, None for one without."""
        return self._zones.get(id(node))

    def literal(self, node: Literal) -> Any:
        """What a literal stands for: float, microseconds as int, bool or str."""
        return self._literals[id(node)]

    def digits(self, node: Call) -> int:
        """To which `round` goes."""
        return self._digits.get(id(node), 0)

    def _fail(self, node: Node, why: str) -> ConstraintError:
        return fail(self._text, node.at, why)

    def _look(self, node: Node) -> str:
        kind = self._of(node)
        self._kinds[id(node)] = kind
        return kind

    def _want(self, node: Node, kind: str, what: str) -> None:
        found = self._look(node)
        if found != kind:
            raise self._fail(node, f"{what} needs {_NAMES[kind]}, and this is {_NAMES[found]}")

    def _of(self, node: Node) -> str:
        match node:
            case Literal():
                return self._literal(node)
            case Name():
                return self._column(node)
            case Negative():
                self._want(node.inner, "number", "a minus")
                return "number"
            case Arithmetic():
                return self._arithmetic(node)
            case Compare():
                self._alike(node.items, ordered=any(sign[0] in "<>" for sign in node.signs))
            case Among():
                self._alike((node.inner, *node.items), ordered=False)
            case Missing():
                self._look(node.inner)
            case Logic():
                for item in node.items:
                    self._want(item, "truth", f"“{node.word}”")
            case Not():
                self._want(node.inner, "truth", "“not”")
            case If():
                self._want(node.condition, "truth", "“if”")
                self._want(node.then, "truth", "“then”")
                if node.otherwise is not None:
                    self._want(node.otherwise, "truth", "“else”")
            case Call():
                return self._call(node)
        return "truth"

    def _literal(self, node: Literal) -> str:
        if node.kind == "number":
            self._literals[id(node)] = float(node.text)
        elif node.kind == "truth":
            self._literals[id(node)] = node.text == "true"
        elif node.kind == "date":
            self._date(node, None)
        else:
            self._literals[id(node)] = node.text
        return node.kind

    def _column(self, node: Name) -> str:
        if node.column not in self._schema:
            known = ", ".join(self._schema.names[:20])
            raise self._fail(node, f"there is no column “{node.column}”. Columns: {known}; text goes between quotes")
        column = self._schema[node.column]
        if column.kind is Kind.DATETIME:
            self._zones[id(node)] = (column.date or DateFormat()).timezone
        return _KINDS.get(column.kind, "text")

    def _arithmetic(self, node: Arithmetic) -> str:
        left, right = self._look(node.left), self._look(node.right)
        for side, kind in ((node.left, left), (node.right, right)):
            if kind not in ("number", "date"):
                raise self._fail(side, f"“{node.sign}” needs numbers or dates, and this is {_NAMES[kind]}")
        if left == right == "number":
            return "number"
        if left == right and node.sign == "-":
            self._same_zones((node.left, node.right))
            return "number"
        if left != right and (node.sign == "+" or (node.sign == "-" and left == "date")):
            self._zones[id(node)] = self.zone(node.left if left == "date" else node.right)
            return "date"
        raise self._fail(node, f"“{node.sign}” cannot join {_NAMES[left]} and {_NAMES[right]}")

    # Values of one kind side by side

    def _alike(self, items: tuple[Node, ...], *, ordered: bool) -> None:
        """All of one kind; literals take the kind of the column that they stand beside."""
        kinds = [self._look(item) for item in items]
        lead = next((i for i, item in enumerate(items) if not isinstance(item, Literal)), 0)
        kind = kinds[lead]
        for item in items:
            if isinstance(item, Literal):
                self._adapt(item, kind, items[lead])
            elif self.kind(item) != kind:
                raise self._fail(item, f"{_NAMES[kind]} is compared with {_NAMES[self.kind(item)]}")
        if kind == "date":
            self._same_zones(items)
        if ordered and kind in ("text", "truth"):
            raise self._fail(items[lead], f"{_NAMES[kind]} has no order; only = and != can be used")

    def _adapt(self, node: Literal, kind: str, beside: Node) -> None:
        if self.kind(node) == kind and kind != "date":
            return
        column = self._schema[beside.column] if isinstance(beside, Name) else None
        if kind == "date" and node.kind in ("date", "text"):
            self._date(node, beside)
        elif kind == "text" and node.kind in ("number", "date"):
            self._literals[id(node)] = node.text
        elif kind == "truth" and node.kind in ("text", "number") and column is not None:
            self._label(node, column)
        else:
            raise self._fail(node, f"{_NAMES[kind]} is compared with {_NAMES[self.kind(node)]}")
        self._kinds[id(node)] = kind

    def _date(self, node: Literal, beside: Node | None) -> None:
        """Microseconds in UTC; without an offset, on the clock of the column beside."""
        zone = None if beside is None else self.zone(beside)
        try:
            if beside is not None and node.kind == "text" and isinstance(beside, Name):
                moment = pd.Timestamp(self._parsed(node, self._schema[beside.column]))
            else:
                moment = pd.Timestamp(node.text)
            if pd.isna(moment):
                raise ValueError(node.text)
            if moment.tzinfo is None and zone is not None:
                moment = moment.tz_localize(zone, ambiguous=True, nonexistent="shift_forward")
            self._zones[id(node)] = zone if moment.tzinfo is None or zone is not None else "UTC"
            naive = moment if moment.tzinfo is None else moment.tz_convert("UTC").tz_localize(None)
            self._literals[id(node)] = int(naive.as_unit("us").to_datetime64().astype("int64"))
        except (ValueError, OverflowError) as error:
            raise self._fail(node, f"“{node.text}” is no date") from error

    def _parsed(self, node: Literal, column: Column) -> Any:
        from engine.table import convert

        try:
            return convert.parse_value(node.text, column)
        except DataError:
            raise self._fail(node, f"“{node.text}” is no value of column “{column.name}”") from None

    def _label(self, node: Literal, column: Column) -> None:
        self._literals[id(node)] = bool(self._parsed(node, column))

    def _same_zones(self, items: tuple[Node, ...]) -> None:
        if len({self.zone(item) is None for item in items}) > 1:
            raise self._fail(items[0], "a date with a time zone is compared with one without")

    # Functions

    def _call(self, node: Call) -> str:
        name, count = node.function, len(node.arguments)
        if name not in FUNCTIONS:
            raise self._fail(node, f"there is no function “{name}”. Functions: {', '.join(FUNCTIONS)}")
        allowed = {"min": range(2, 21), "max": range(2, 21), "round": range(1, 3)}.get(name, range(1, 2))
        if count not in allowed:
            raise self._fail(node, f"“{name}” does not take {count} values")
        first = node.arguments[0]
        if name in ("year", "month", "day"):
            self._want(first, "date", f"“{name}”")
        elif name == "length":
            self._want(first, "text", "“length”")
        elif name in ("min", "max"):
            return self._extreme(node)
        else:
            self._want(first, "number", f"“{name}”")
            if count == 2:
                self._digits[id(node)] = self._whole(node.arguments[1])
        return "number"

    def _extreme(self, node: Call) -> str:
        self._alike(node.arguments, ordered=True)
        kind = self.kind(node.arguments[0])
        if kind == "date":
            self._zones[id(node)] = self.zone(node.arguments[0])
        return kind

    def _whole(self, node: Node) -> int:
        self._look(node)
        if not isinstance(node, Literal) or not node.text.isdigit() or int(node.text) > _MOST_DIGITS:
            raise self._fail(node, f"“round” takes the number of decimals, 0 to {_MOST_DIGITS}, as its second value")
        return int(node.text)
