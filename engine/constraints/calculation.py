"""What a rule's expression is worth on a parsed table, column by column, in three-valued logic.

A comparison with a missing cell is neither true nor false; `and`, `or` and `not` follow Kleene. Kinds are checked
before anything is calculated, so that a rule that is accepted never fails on a table.
"""

from __future__ import annotations

import operator
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import reduce
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from engine.constraints import values
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
)
from engine.constraints.kinds import Types
from engine.constraints.values import Floats, Mask
from engine.table.schema import Schema

_DAY = 86_400_000_000  # microseconds
_CLOSE = 1e-12  # relative; numbers with a fraction that differ by less are taken as equal
_SIGNS: dict[str, Callable[[Any, Any], Any]] = {
    "+": operator.add,
    "-": operator.sub,
    "*": operator.mul,
    "/": operator.truediv,
    "%": np.mod,
}


@dataclass(frozen=True, slots=True)
class Vector:
    """(rows,) values: float64 numbers, int64 microseconds, truth values or text objects; gaps: where there is none."""

    data: NDArray[Any]
    gaps: Mask


class Calculator:
    """Evaluates checked expressions on the rows of one table."""

    def __init__(self, table: pd.DataFrame, schema: Schema, types: Types) -> None:
        self._table, self._schema, self._types = table, schema, types
        self._rows = len(table)

    def truth(self, node: Node) -> Vector:
        with np.errstate(all="ignore"):
            return self._value(node)

    def _value(self, node: Node) -> Vector:
        match node:
            case Literal():
                return self._literal(node)
            case Name():
                return self._column(node)
            case Negative():
                inner = self._value(node.inner)
                return Vector(-inner.data, inner.gaps)
            case Arithmetic():
                return self._arithmetic(node)
            case Compare():
                return self._compare(node)
            case Among():
                return self._among(node)
            case Missing():
                found = self._value(node.inner).gaps
                return Vector(~found if node.negated else found.copy(), np.zeros(self._rows, dtype=bool))
            case Logic():
                return _joined(node.word, [self._value(item) for item in node.items])
            case Not():
                inner = self._value(node.inner)
                return Vector(~inner.data, inner.gaps)
            case If():
                return self._if(node)
            case Call():
                return self._call(node)

    def _literal(self, node: Literal) -> Vector:
        value = self._types.literal(node)
        kind = {bool: bool, float: np.float64, int: np.int64}.get(type(value), object)
        return Vector(np.full(self._rows, value, dtype=kind), np.zeros(self._rows, dtype=bool))

    def _column(self, node: Name) -> Vector:
        cells = self._table[node.column]
        gaps = values.missing(cells)
        kind = self._types.kind(node)
        if kind == "number":
            return Vector(values.floats(cells), gaps)
        if kind == "date":
            return Vector(values.microseconds(cells), gaps)
        if kind == "truth":
            return Vector(np.asarray(cells.fillna(False).to_numpy(dtype=bool), dtype=bool), gaps)
        return Vector(np.where(gaps, "", cells.to_numpy(dtype=object, na_value="")), gaps)

    def _arithmetic(self, node: Arithmetic) -> Vector:
        left, right = self._value(node.left), self._value(node.right)
        gaps = left.gaps | right.gaps
        kinds = self._types.kind(node.left), self._types.kind(node.right)
        if kinds == ("date", "date"):
            return Vector((left.data - right.data) / _DAY, gaps)
        if "date" in kinds:
            date, days = (left, right) if kinds[0] == "date" else (right, left)
            beyond = ~(np.abs(days.data) < 1e8)  # further than any date lies from another
            shift = np.rint(np.where(beyond, 0.0, days.data) * _DAY).astype(np.int64)
            return Vector(_SIGNS[node.sign](date.data, shift), gaps | beyond)
        found: Floats = np.asarray(_SIGNS[node.sign](left.data, right.data), dtype=np.float64)
        return Vector(found, gaps | np.isnan(found) | (node.sign in "/%" and right.data == 0.0))

    def _compare(self, node: Compare) -> Vector:
        items = [self._value(item) for item in node.items]
        parts = []
        for place, sign in enumerate(node.signs):
            left, right = items[place], items[place + 1]
            numbers = self._types.kind(node.items[place]) == "number"
            parts.append(Vector(_compared(sign, left.data, right.data, numbers), left.gaps | right.gaps))
        return parts[0] if len(parts) == 1 else _joined("and", parts)

    def _among(self, node: Among) -> Vector:
        inner = self._value(node.inner)
        numbers = self._types.kind(node.inner) == "number"
        parts = []
        for item in node.items:
            other = self._value(item)
            parts.append(Vector(_compared("=", inner.data, other.data, numbers), inner.gaps | other.gaps))
        found = _joined("or", parts)
        return Vector(~found.data, found.gaps) if node.negated else found

    def _if(self, node: If) -> Vector:
        condition, then = self._value(node.condition), self._value(node.then)
        negation = Vector(~condition.data, condition.gaps)
        first = _joined("or", [negation, then])
        if node.otherwise is None:
            return first
        return _joined("and", [first, _joined("or", [condition, self._value(node.otherwise)])])

    def _call(self, node: Call) -> Vector:
        items = [self._value(argument) for argument in node.arguments]
        first = items[0]
        if node.function in ("year", "month", "day"):
            return self._date_part(node, first)
        if node.function == "length":
            lengths = np.fromiter(map(len, first.data), dtype=np.float64, count=self._rows)
            return Vector(lengths, first.gaps)
        if node.function == "abs":
            return Vector(np.abs(first.data), first.gaps)
        if node.function == "round":
            return Vector(np.round(first.data, self._types.digits(node)), first.gaps)
        smaller = np.minimum if node.function == "min" else np.maximum
        gaps = reduce(operator.or_, (item.gaps for item in items))
        return Vector(reduce(smaller, (item.data for item in items)), gaps)

    def _date_part(self, node: Call, date: Vector) -> Vector:
        zone = self._types.zone(node.arguments[0])
        moments = pd.Series(date.data.astype("M8[us]"))
        if zone is not None:
            moments = moments.dt.tz_localize("UTC").dt.tz_convert(zone)
        part = getattr(moments.dt, node.function)
        return Vector(np.asarray(part.to_numpy(dtype=np.float64)), date.gaps)


def _compared(sign: str, left: NDArray[Any], right: NDArray[Any], numbers: bool) -> Mask:
    """(rows,) two vectors of one kind, compared; whole numbers exactly, those with a fraction up to rounding."""
    if not numbers:
        made = {"=": operator.eq, "!=": operator.ne, "<": operator.lt, "<=": operator.le}
        made |= {">": operator.gt, ">=": operator.ge}
        return np.asarray(made[sign](left, right), dtype=bool)
    whole = (np.rint(left) == left) & (np.rint(right) == right)
    near = np.abs(left - right) <= np.where(whole, 0.0, _CLOSE * np.maximum(1.0, np.maximum(abs(left), abs(right))))
    equal = near | (left == right)
    if sign in ("=", "!="):
        return np.asarray(equal if sign == "=" else ~equal, dtype=bool)
    strictly = (left < right if sign[0] == "<" else left > right) & ~equal
    return np.asarray(strictly | equal if sign.endswith("=") else strictly, dtype=bool)


def _joined(word: str, parts: list[Vector]) -> Vector:
    """Truth values under “and” or “or”: settled by one part, else unknown where a part is unknown."""
    settling = word == "or"
    settled = reduce(operator.or_, ((part.data == settling) & ~part.gaps for part in parts))
    gaps = reduce(operator.or_, (part.gaps for part in parts))
    return Vector(settled if settling else ~settled, gaps & ~settled)


def names_in(node: Node) -> Iterator[Name]:
    """The columns that an expression speaks of, in order, with repeats."""
    match node:
        case Name():
            yield node
        case Literal():
            return
        case Arithmetic():
            yield from names_in(node.left)
            yield from names_in(node.right)
        case Negative() | Missing() | Not():
            yield from names_in(node.inner)
        case Among():
            yield from names_in(node.inner)
            for item in node.items:
                yield from names_in(item)
        case Compare() | Logic():
            for item in node.items:
                yield from names_in(item)
        case If():
            for part in (node.condition, node.then, node.otherwise):
                if part is not None:
                    yield from names_in(part)
        case Call():
            for argument in node.arguments:
                yield from names_in(argument)
