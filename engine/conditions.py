"""Given values: what the person fixes before rows are made, such as `income=>50K` or `age=30..40`.

A condition is plain data; it knows how to read itself from text and which cells of a parsed column fulfil it.
Grammar (as `--given` takes it): `col=value`, `col=a|b`, `col=lo..hi`, `col>value`, `col<value`, `col>=value`,
`col<=value`. `col=` alone asks for missing. Dates are written as in the table or as ISO. A value that holds a sign of
this grammar stands in double quotes (`genre="drama|crime"`), a quote inside them is doubled; so may a column's name.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from engine.errors import ConditionError, DataError
from engine.table.schema import Column, Schema

if TYPE_CHECKING:
    from collections.abc import Iterator

    from numpy.typing import NDArray

_OPERATOR = re.compile(r">=|<=|=|>|<")
_QUOTED = re.compile(r'\s*"((?:[^"]|"")*)"\s*')
_SIGNS = '"|,:=<>'  # a value that holds one of these is written in quotes


@dataclass(frozen=True, slots=True)
class Condition:
    """One column's demand: either a set of `values` (None in it: missing), or a range `low`..`high`.

    Values are canonical: numbers for integer and decimal, pd.Timestamp for dates, bool for booleans, text otherwise.
    A bound of None is open; `open_low` and `open_high` exclude the bound itself.
    """

    column: str
    values: tuple[Any, ...] | None = None
    low: Any = None
    high: Any = None
    open_low: bool = False
    open_high: bool = False

    def holds(self, cells: pd.Series) -> NDArray[np.bool_]:
        """(rows,) cells of a parsed column -> which fulfil the condition. Missing cells fulfil only `None`."""
        if self.values is not None:
            wanted = [v for v in self.values if v is not None]
            mask = cells.isin(wanted).to_numpy(dtype=bool, na_value=False)
            return mask | cells.isna().to_numpy() if None in self.values else mask & cells.notna().to_numpy()
        mask = cells.notna().to_numpy()
        if self.low is not None:
            above = cells > self.low if self.open_low else cells >= self.low
            mask = mask & above.to_numpy(dtype=bool, na_value=False)
        if self.high is not None:
            below = cells < self.high if self.open_high else cells <= self.high
            mask = mask & below.to_numpy(dtype=bool, na_value=False)
        return mask

    def describe(self) -> str:
        if self.values is not None:
            return f"{self.column}={'|'.join('' if v is None else _show(v) for v in self.values)}"
        if self.low is not None and self.high is not None:
            return f"{self.column}={_show(self.low)}..{_show(self.high)}"
        if self.low is not None:
            return f"{self.column}{'>' if self.open_low else '>='}{_show(self.low)}"
        return f"{self.column}{'<' if self.open_high else '<='}{_show(self.high)}"


Given = Sequence[Condition] | Sequence[str] | Mapping[str, Any]  # the forms that `read_given` takes


def _show(value: Any) -> str:
    return value.isoformat() if isinstance(value, pd.Timestamp) else str(value)


def parse_condition(text: str, schema: Schema) -> Condition:
    """Read one condition. Raises ConditionError that says which part cannot be understood."""
    name, operator, rest = split(text, schema)
    column = schema[name]
    if not column.selected:
        raise ConditionError(f"Column “{name}” is not among the selected ones.", column=name)
    if not column.kind.modelled:
        raise ConditionError(f"Column “{name}” is made up anew ({column.kind}) and cannot be given.", column=name)
    ordered = column.kind.numeric
    if operator != "=":
        if not ordered:
            raise ConditionError(f"“{text}”: column “{name}” is {column.kind}; only = can be used.", column=name)
        bound = read_value(rest, column)
        if bound is None:
            raise ConditionError(f"“{text}”: a value is missing behind {operator}.", column=name)
        strict = len(operator) == 1
        if operator[0] == ">":
            return Condition(name, low=bound, open_low=strict)
        return Condition(name, high=bound, open_high=strict)
    if ordered and ".." in rest:
        low, high = (part.strip() for part in rest.split("..", 1))
        condition = Condition(
            name, low=read_value(low, column) if low else None, high=read_value(high, column) if high else None
        )
        if condition.low is None and condition.high is None:
            raise ConditionError(f"“{text}”: a range needs at least one bound.", column=name)
        if condition.low is not None and condition.high is not None and condition.low > condition.high:
            raise ConditionError(f"“{text}”: the range is empty, its first bound is the larger.", column=name)
        return condition
    return Condition(name, values=tuple(read_value(part, column) for part in divided(rest, "|")))


def parse_conditions(texts: Iterable[str], schema: Schema) -> tuple[Condition, ...]:
    """Read several; two for one column are an error."""
    conditions = tuple(parse_condition(text, schema) for text in texts)
    seen: set[str] = set()
    for condition in conditions:
        if condition.column in seen:
            raise ConditionError(
                f"Column “{condition.column}” is given twice; use one condition, such as a range.",
                column=condition.column,
            )
        seen.add(condition.column)
    return conditions


def from_mapping(given: Mapping[str, Any], schema: Schema) -> tuple[Condition, ...]:
    """Conditions from Python values: {"income": ">50K", "age": (30, 40), "race": ["White", "Black"]}."""
    conditions = []
    for name, wanted in given.items():
        column = schema[name]
        if isinstance(wanted, tuple) and len(wanted) == 2 and column.kind.numeric:
            low, high = (None if v is None else _canonical(v, column) for v in wanted)
            conditions.append(Condition(name, low=low, high=high))
        else:
            several = list(wanted) if isinstance(wanted, (list, set, frozenset, tuple)) else [wanted]
            conditions.append(
                Condition(name, values=tuple(None if v is None else _canonical(v, column) for v in several))
            )
    return tuple(conditions)


def read_given(given: Given | None, schema: Schema) -> tuple[Condition, ...]:
    """Conditions from any of the accepted forms, checked against the schema."""
    if not given:
        return ()
    if isinstance(given, Mapping):
        wanted = from_mapping(given, schema)
    else:
        items: Iterable[Condition | str] = [given] if isinstance(given, str) else given
        wanted = tuple(c if isinstance(c, Condition) else parse_condition(c, schema) for c in items)
    names = [condition.column for condition in wanted]
    for name in names:
        if not schema[name].modelled:
            raise ConditionError(f"Column “{name}” is not learned and cannot be given.", column=name)
        if names.count(name) > 1:
            raise ConditionError(f"Column “{name}” is given twice; use one condition.", column=name)
    return wanted


def split(text: str, schema: Schema) -> tuple[str, str, str]:
    """Column, operator, rest. The longest column name that the text begins with wins, so names may hold operators.

    Raises ConditionError when there is no operator, or no such column.
    """
    for name in sorted(schema.names, key=len, reverse=True):
        if text.startswith(name) and (match := _OPERATOR.match(text[len(name) :].lstrip())):
            return name, match[0], text[len(name) :].lstrip()[len(match[0]) :].strip()
    opened = _QUOTED.match(text)
    match = _OPERATOR.match(text, opened.end()) if opened else _OPERATOR.search(text)
    if match is None:
        raise ConditionError(f"“{text}” is no condition. Write it like income=>50K, age=30..40 or price<100.")
    name = _bare(opened[1]) if opened else text[: match.start()].strip()
    if name not in schema:
        raise ConditionError(f"“{text}”: there is no column “{name}”.", column=name)
    return name, match[0], text[match.end() :].strip()


# Quotes


def divided(text: str, mark: str) -> list[str]:
    """The parts between the marks that stand outside quotes; a quote opens at the beginning of a part only."""
    parts: list[str] = []
    start = 0
    while True:
        opened = _QUOTED.match(text, start)
        end = text.find(mark, opened.end() if opened else start)
        if end < 0:
            return [*parts, text[start:]]
        parts.append(text[start:end])
        start = end + len(mark)


def unquoted(part: str) -> str:
    """What a part stands for. Raises ConditionError when it opens a quote and does not end with one."""
    if whole := _QUOTED.fullmatch(part):
        return _bare(whole[1])
    if part.lstrip().startswith('"'):
        raise ConditionError(f"“{part}”: a value in quotes must end with one; a quote inside is doubled.")
    return part.strip()


def quoted(text: str, *, always: bool = False) -> str:
    """The text in quotes, where the grammar would read it otherwise, or always."""
    if not always and text and text == text.strip() and not any(sign in text for sign in _SIGNS):
        return text
    doubled = text.replace('"', '""')
    return f'"{doubled}"'


def _bare(inside: str) -> str:
    return inside.replace('""', '"')


# Values


def read_value(part: str, column: Column) -> Any:
    """One value as written in a condition, in the canonical form of its column; None for a missing one."""
    text = unquoted(part)
    return None if text == "" else _canonical(text, column)


def write_value(value: Any, column: Column) -> str:
    """One value so that `read_value` reads it back."""
    return "" if value is None else quoted(spelled(value, column))


def spelled(value: Any, column: Column) -> str:
    """One value as text, the plainest that stands for it in this column; nothing for a missing one."""
    if value is None:
        return ""
    value = value.item() if isinstance(value, np.generic) else value
    for text in _spellings(value, column):
        if _reads_as(text, value, column):
            return text
    raise ConditionError(f"“{_show(value)}” of column “{column.name}” cannot be written.", column=column.name)


def _reads_as(text: str, value: Any, column: Column) -> bool:
    try:
        return bool(_canonical(text, column) == value)
    except ConditionError:
        return False


def _spellings(value: Any, column: Column) -> Iterator[str]:
    """Ways to write a value, the plainest first."""
    if isinstance(value, bool):
        yield from (column.labels[value],) if column.labels else ()
        yield str(value).lower()
    elif isinstance(value, pd.Timestamp):
        here = value.tz_localize(None)
        yield from (f"{here:%Y-%m-%d}",) if here == here.normalize() else ()
        yield here.isoformat()
        yield value.isoformat()
    elif isinstance(value, (int, float)):
        plain = str(value) if isinstance(value, int) else np.format_float_positional(value, trim="-")
        yield plain
        if column.number is not None:
            yield plain.replace(".", column.number.decimal_mark)
    else:
        yield str(value)


def write_name(name: str) -> str:
    """A column's name, in quotes where it holds a sign that ends a name."""
    return quoted(name) if any(sign in name for sign in '"=<>') else name


def write_condition(condition: Condition, schema: Schema) -> str:
    """The condition as text that `parse_condition` reads back as the same; it has to be one that it can have made."""
    column = schema[condition.column]
    if condition.values is not None:
        values = "|".join(write_value(value, column) for value in condition.values)
        return f"{write_name(column.name)}={values}"
    low, high = spelled(condition.low, column), spelled(condition.high, column)
    if condition.open_low or condition.open_high:
        name = _before_sign(column.name, schema)
        return f"{name}>{low}" if condition.open_low else f"{name}<{high}"
    return write_range(column.name, low, high, schema)


def write_range(name: str, low: str, high: str, schema: Schema) -> str:
    """A range with its bounds, written as in the column or as ISO; an empty one is open."""
    if low and high:
        return f"{write_name(name)}={low}..{high}"
    return f"{_before_sign(name, schema)}>={low}" if low else f"{_before_sign(name, schema)}<={high}"


def _before_sign(name: str, schema: Schema) -> str:
    """The column's name, in quotes also where name and sign together begin another column's name."""
    longer = (other[len(name) :].lstrip()[:1] for other in schema.names if other.startswith(name))
    return quoted(name, always=True) if any(sign and sign in "<>=" for sign in longer) else write_name(name)


def _canonical(value: Any, column: Column) -> Any:
    """One value in the canonical form of its column."""
    from engine.table import convert

    try:
        return convert.parse_value(value, column)
    except DataError as error:
        raise ConditionError(
            f"“{value}” is no value for column “{column.name}” ({column.kind}).", column=column.name
        ) from error


def is_range(condition: Condition) -> bool:
    return condition.values is None


__all__ = [
    "Condition",
    "Given",
    "from_mapping",
    "is_range",
    "parse_condition",
    "parse_conditions",
    "read_given",
    "write_condition",
]
