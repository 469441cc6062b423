"""Rules, and given values, that contradict each other, as far as that can be known before any row is made."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from engine.conditions import Condition
from engine.constraints.base import Rule
from engine.constraints.order import Order
from engine.constraints.range import Range
from engine.constraints.together import Together
from engine.constraints.unique import Unique
from engine.errors import ConstraintError


def check(rules: Sequence[Rule], given: Sequence[Condition] = (), rows: int | None = None) -> None:
    """Raises ConstraintError naming both sides of the first contradiction.

    given: conditions that the made rows have to fulfil, too; rows: how many are to be made, where that is known.
    """
    bounds: dict[str, list[tuple[str, Condition]]] = {}
    for rule in rules:
        if isinstance(rule, Range):
            bounds.setdefault(rule.names[0], []).append((f"the rule that {rule.sentence}", rule.condition()))
    for condition in given:
        bounds.setdefault(condition.column, []).append((f"the condition “{condition.describe()}”", condition))
    for name, own in bounds.items():
        for place, first in enumerate(own):
            for second in own[place + 1 :]:
                if not _agree(first[1], second[1]):
                    _contradiction(first[0], second[0], name)
    for rule in rules:
        if isinstance(rule, Order):
            _check_order(rule, bounds)
        if isinstance(rule, Together):
            _check_seen(rule, given)
        if isinstance(rule, Unique) and rows is not None:
            _check_unique(rule, given, rows)
    _check_cycles([rule for rule in rules if isinstance(rule, Order)])


def _contradiction(first: str, second: str, column: str) -> None:
    raise ConstraintError(f"No row can fulfil both {first} and {second}. Change one of them.", column=column)


def _agree(first: Condition, second: Condition) -> bool:
    """Whether a value can fulfil both."""
    if first.values is not None:
        import pandas as pd

        known = [v for v in first.values if v is not None]
        if len(known) < len(first.values):  # a gap breaks no rule
            return True
        return bool(second.holds(pd.Series(known)).any())
    if second.values is not None:
        return _agree(second, first)
    return _before(first, second) and _before(second, first)


def _before(first: Condition, second: Condition) -> bool:
    """Whether the lowest value of the first range does not lie beyond the highest of the second."""
    if first.low is None or second.high is None:
        return True
    if first.open_low or second.open_high:
        return bool(first.low < second.high)
    return bool(first.low <= second.high)


def _check_order(rule: Order, bounds: dict[str, list[tuple[str, Condition]]]) -> None:
    for low_name, low in bounds.get(rule.names[0], []):
        for high_name, high in bounds.get(rule.names[1], []):
            least, most = _least(low), _most(high)
            if least is None or most is None:
                continue
            if least > most or (least == most and (rule.strict or low.open_low or high.open_high)):
                raise ConstraintError(
                    f"No row can fulfil both {low_name} and {high_name} under the rule that {rule.sentence}. "
                    "Change one of them.",
                    column=rule.names[0],
                )


def _least(condition: Condition) -> Any:
    if condition.values is None:
        return condition.low
    return None if None in condition.values else min(condition.values)


def _most(condition: Condition) -> Any:
    if condition.values is None:
        return condition.high
    return None if None in condition.values else max(condition.values)


def _check_seen(rule: Together, given: Sequence[Condition]) -> None:
    """Given values of several columns of the rule have to occur together."""
    own = [condition for condition in given if condition.column in rule.names]
    if rule.known is None or len(own) < 2 or any(c.values is not None and None in c.values for c in own):
        return
    table = rule.known.table()
    held = own[0].holds(table[own[0].column])
    for condition in own[1:]:
        held = held & condition.holds(table[condition.column])
    if not held.any():
        told = " and ".join(f"“{condition.describe()}”" for condition in own)
        raise ConstraintError(
            f"No row can fulfil {told} under the rule that {rule.sentence}. Change one of them.", column=own[0].column
        )


def _check_unique(rule: Unique, given: Sequence[Condition], rows: int) -> None:
    counts = {c.column: len(c.values) for c in given if c.values is not None and None not in c.values}
    room = 1
    for name in rule.names:
        if name not in counts:
            return
        room *= counts[name]
    if room < rows:
        told = " and ".join(f"“{c.describe()}”" for c in given if c.column in rule.names)
        raise ConstraintError(
            f"{rows:,} rows cannot all fulfil {told} under the rule that {rule.sentence}: there are {room:,} such "
            "combinations. Ask for fewer rows, or change one of them.",
            column=rule.names[0],
        )


def _check_cycles(rules: Sequence[Order]) -> None:
    """A ring of rules of which one is strict: a < b, b <= a."""
    follows: dict[str, list[Order]] = {}
    for rule in rules:
        follows.setdefault(rule.names[0], []).append(rule)
    for rule in rules:
        if rule.strict and (back := _path(rule.names[1], rule.names[0], follows)) is not None:
            if not back:
                continue
            _contradiction(f"the rule that {rule.sentence}", f"the rule that {back[0].sentence}", rule.names[0])


def _path(start: str, end: str, follows: dict[str, list[Order]]) -> list[Order] | None:
    """Rules that lead from one column to another; None when none do."""
    seen = {start}
    pending: list[tuple[str, list[Order]]] = [(start, [])]
    while pending:
        name, path = pending.pop()
        if name == end:
            return path
        for rule in follows.get(name, []):
            if rule.names[1] not in seen:
                seen.add(rule.names[1])
                pending.append((rule.names[1], [*path, rule]))
    return None
