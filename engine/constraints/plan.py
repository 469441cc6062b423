"""What makes every made row keep the rules, with as little bending of what was learned as can be.

    plan = Plan.of(table, schema)              # of the treated real rows
    learned = plan.reduced(table)              # without the columns that follow from others
    plan.expand(rows, rng)                     # the way back, for made rows
    plan.again(table, given)                   # which rows still break a rule, and which one

`engine.constraints.making` draws rows again that still break a rule. A plan is JSON, kept with the model.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, Self

import numpy as np
import pandas as pd

from engine.conditions import Condition
from engine.constraints import registry, values
from engine.constraints.base import Rule
from engine.constraints.gaps import Gap
from engine.constraints.null_together import NullTogether
from engine.constraints.order import Order
from engine.constraints.together import Combinations, Together
from engine.constraints.total import Total
from engine.constraints.units import Unit
from engine.constraints.values import Mask
from engine.errors import ConditionError
from engine.table.schema import Constraint, Schema


@dataclass(frozen=True)
class Plan:
    """schema: the selected columns with their rules; rules: with what they learned.

    dropped: columns that are not learned, each with the place of the rule that they follow from, sources first;
    gaps: orders that are learned as a distance, sources first; units: combinations that are learned as one column.
    """

    schema: Schema
    rules: tuple[Rule, ...] = ()
    dropped: tuple[tuple[str, int], ...] = ()
    gaps: tuple[Gap, ...] = ()
    units: tuple[Unit, ...] = ()

    @classmethod
    def of(cls, table: pd.DataFrame, schema: Schema) -> Self:
        """From the treated, parsed rows that will be learned. Raises ConstraintError where rules do not go together."""
        from engine.constraints import conflicts

        rules = tuple(registry.rule_of(constraint, schema) for constraint in schema.constraints)
        conflicts.check(rules)
        for rule in rules:
            rule.learn(table)
        work = _Choosing(table, schema, rules)
        return cls(schema, rules, work.dropped(), work.gaps(), work.units())

    @property
    def empty(self) -> bool:
        return not self.rules

    # Learning

    @property
    def reduced_schema(self) -> Schema:
        """The columns that are learned or made anew, distances in the place of those that are told by them."""
        gone = self._gone()
        apart = {gap.high: gap.column(self.schema) for gap in self.gaps}
        apart |= {unit.names[0]: unit.column(self.schema) for unit in self.units}
        columns = tuple(apart.get(c.name, c) for c in self.schema if c.name not in gone)
        return Schema(columns, self.schema.name)

    def _gone(self) -> set[str]:
        """Columns that are not learned."""
        return {name for name, _ in self.dropped} | {name for unit in self.units for name in unit.names[1:]}

    def reduced(self, table: pd.DataFrame) -> pd.DataFrame:
        """The table with the columns of `reduced_schema`."""
        distances = {gap.high: gap.apart(table) for gap in self.gaps}
        distances |= {unit.names[0]: unit.apart(table) for unit in self.units}
        names = [name for name in self.reduced_schema.names if name in table]
        return table.assign(**distances)[names]

    # Making

    def expand(self, rows: pd.DataFrame, rng: np.random.Generator) -> pd.DataFrame:
        """Made rows of learned columns -> rows of all columns that are learned or follow from them."""
        gone = self._gone()
        wanted = [name for name in self.schema.names if name in rows or name in gone]
        for unit in self.units:
            rows = rows.assign(**unit.together(rows[unit.names[0]], self.schema))
        present = set(rows.columns)
        early = [rule for rule in self._about(present) if isinstance(rule, NullTogether)]
        for gap_rule in early:
            rows = gap_rule.complete(rows, rng)
        rows = self._derived(rows, rng)
        for rule in self._about(set(rows.columns)):
            if rule not in early and not isinstance(rule, Order):
                rows = rule.complete(rows, rng)
        return rows[wanted]

    def _derived(self, rows: pd.DataFrame, rng: np.random.Generator) -> pd.DataFrame:
        """With the columns that were not learned, each once its sources are there."""
        pending: list[tuple[str, tuple[str, ...], Gap | Rule]] = [(gap.high, (gap.low,), gap) for gap in self.gaps] + [
            (name, self._sources(name, place), self.rules[place]) for name, place in self.dropped
        ]
        while pending:
            waiting = {name for name, _, _ in pending}
            ready = next(item for item in pending if not waiting & set(item[1]))
            pending.remove(ready)
            name, _, maker = ready
            if isinstance(maker, Gap):
                rows = rows.assign(**{name: maker.together(rows, self.schema)})
            elif name not in rows:
                rows = maker.complete(rows, rng)
        return rows

    def _sources(self, name: str, place: int) -> tuple[str, ...]:
        rule = self.rules[place]
        if isinstance(rule, Together):
            source = rule.source()
            return () if source is None else (rule.names[source],)
        return tuple(n for n in rule.names if n != name)

    def _about(self, names: set[str]) -> list[Rule]:
        """Rules all of whose columns are there."""
        return [rule for rule in self.rules if names.issuperset(rule.names)]

    def again(self, table: pd.DataFrame, given: Sequence[Condition] = ()) -> dict[str, Mask]:
        """What rows break: by the sentence of the rule or condition (rows,) where it does; nothing that all keep."""
        found: dict[str, Mask] = {}
        for rule in self._about(set(table.columns)):
            found[rule.sentence] = rule.breaking(table)
            if isinstance(rule, Total):
                found[f"“{rule.total.name}” lies in the observed range"] = rule.beyond(table)
        for condition in given:
            found[condition.describe()] = ~condition.holds(table[condition.column])
        for gap in self.gaps:
            if gap.high in table:
                found[f"“{gap.high}” lies in the observed range"] = gap.beyond(table, self.schema)
        return {sentence: mask for sentence, mask in found.items() if mask.any()}

    def asked(self, given: Sequence[Condition]) -> tuple[Condition, ...]:
        """Given values in terms of the learned columns: those of columns that are looked up are turned into values of
        the column that fixes them, those of a distance into the range from which it can be reached. The rest has to be
        found by drawing again.

        Raises ConditionError when no value fulfils a condition.
        """
        asked: dict[str, list[Condition]] = {}
        for condition in given:
            told = self._learned(condition)
            if told is not None:
                asked.setdefault(told.column, []).append(told)
        return tuple(_joined(name, own) for name, own in asked.items())

    def _learned(self, condition: Condition) -> Condition | None:
        """The condition, or one that follows from it, on a column learned as it is; None where there is none."""
        rules, gaps = dict(self.dropped), {gap.high: gap for gap in self.gaps}
        of_unit = {name: unit for unit in self.units for name in unit.names}
        told: Condition | None = condition
        while told is not None:
            if told.column in rules:
                told = self._turned(told, self.rules[rules[told.column]])
            elif told.column in gaps:
                told = gaps[told.column].before(told, self.schema)
            elif told.column in of_unit:
                return self._as_units(told, of_unit[told.column])
            else:
                return told
        return None

    def _as_units(self, condition: Condition, unit: Unit) -> Condition:
        held = unit.fulfilling(condition, self.schema)
        if not held.any():
            raise ConditionError(
                f"“{condition.describe()}” cannot be fulfilled: no combination seen together has it.",
                column=condition.column,
            )
        return Condition(unit.names[0], values=tuple(str(place) for place in np.flatnonzero(held)))

    def _turned(self, condition: Condition, rule: Rule) -> Condition | None:
        if not isinstance(rule, Together) or (condition.values is not None and None in condition.values):
            return None
        known, source = rule.known, rule.source()
        assert known is not None
        assert source is not None
        table = known.table()
        held = condition.holds(table[condition.column])
        if not held.any():
            raise ConditionError(
                f"“{condition.describe()}” cannot be fulfilled: the rule that {rule.sentence} has no such combination.",
                column=condition.column,
            )
        name = rule.names[source]
        return Condition(name, values=tuple(dict.fromkeys(table[name][held].tolist())))

    def told(self) -> list[str]:
        """Plain sentences on columns that are not learned as they are."""
        follow = [
            f"Column “{name}” is not learned; it follows from a rule: {self.rules[place].sentence}."
            for name, place in self.dropped
        ]
        apart = [f"Column “{gap.high}” is learned as its distance from “{gap.low}”." for gap in self.gaps]
        units = [f"Columns {values.listed(unit.names)} are learned as one." for unit in self.units]
        return [*follow, *apart, *units]

    # Keeping

    def passport(self, learned: Mapping[str, list[Any]]) -> dict[str, list[Any]]:
        """Real values that the model holds, by column: what rules know, and what was `learned` of the reduced table.

        The number of a combination is no value of its column, and a distance is told as one.
        """
        numbered = {unit.names[0] for unit in self.units}
        held = {name: list(own) for name, own in learned.items() if name not in numbered}
        for gap in self.gaps:
            held[gap.high] = [f"{value} after “{gap.low}”" for value in held.get(gap.high, [])]
        for rule in self.rules:
            for name, own in rule.held().items():
                held.setdefault(name, []).extend(own)
        for unit in self.units:
            for name, own in unit.held().items():
                held.setdefault(name, []).extend(own)
        for gap in self.gaps:
            held.setdefault(gap.high, []).extend([gap.least, gap.most])
        return {name: list(dict.fromkeys(own)) for name, own in held.items()}

    def state(self) -> dict[str, Any]:
        return {
            "rules": [{"constraint": rule.constraint.to_json(), "state": rule.state} for rule in self.rules],
            "dropped": [list(item) for item in self.dropped],
            "gaps": [gap.state() for gap in self.gaps],
            "units": [unit.state() for unit in self.units],
        }

    @classmethod
    def from_state(cls, state: Mapping[str, Any], schema: Schema) -> Self:
        """Raises ValueError, KeyError and the like, or ConstraintError, for a state that does not hold together."""
        rules = tuple(
            registry.rule_of(Constraint.from_json(item["constraint"]), schema, item["state"]) for item in state["rules"]
        )
        dropped = tuple((str(name), int(place)) for name, place in state["dropped"])
        if any(name not in schema or not 0 <= place < len(rules) for name, place in dropped):
            raise ValueError("the rules and columns of a saved model do not agree")
        gaps = tuple(Gap.from_state(item) for item in state["gaps"])
        units = tuple(Unit.from_state(item) for item in state["units"])
        named = {name for gap in gaps for name in (gap.low, gap.high)} | {name for unit in units for name in unit.names}
        if not named.issubset(schema.names):
            raise ValueError("the rules and columns of a saved model do not agree")
        return cls(schema, rules, dropped, gaps, units)


def _joined(name: str, own: list[Condition]) -> Condition:
    """Several conditions on one column as one. Raises ConditionError where none can hold together."""
    if len(own) == 1:
        return own[0]
    sets = [c for c in own if c.values is not None]
    if not sets:
        return _narrowed(name, own)
    values = list(sets[0].values or ())
    for other in own:
        if other is not sets[0] and values:
            kept = other.holds(pd.Series(values)).tolist()
            values = [value for value, hit in zip(values, kept, strict=True) if hit]
    if not values:
        told = " and ".join(f"“{c.describe()}”" for c in own[:2])
        raise ConditionError(f"No row can fulfil both {told} under the rules.", column=name)
    return replace(sets[0], values=tuple(values))


def _narrowed(name: str, own: list[Condition]) -> Condition:
    """Several ranges as one."""
    lows = [(c.low, c.open_low) for c in own if c.low is not None]
    highs = [(c.high, not c.open_high) for c in own if c.high is not None]
    low, open_low = max(lows, default=(None, False))
    high, closed = min(highs, default=(None, True))
    return Condition(name, low=low, high=high, open_low=open_low, open_high=not closed)


class _Choosing:
    """Which columns need not be learned, and which orders are learned as a distance."""

    def __init__(self, table: pd.DataFrame, schema: Schema, rules: tuple[Rule, ...]) -> None:
        self._table, self._schema, self._rules = table, schema, rules
        self._from: dict[str, tuple[tuple[str, ...], int]] = {}
        self._apart: set[str] = set()  # columns in whose place something else is learned
        for place, rule in enumerate(rules):
            for derived in rule.derives(table):
                learned = schema[derived.target].modelled and all(schema[s].modelled for s in derived.sources)
                if derived.whole and learned and self._free(derived.target, derived.sources):
                    self._from[derived.target] = (derived.sources, place)

    def _free(self, target: str, sources: Sequence[str]) -> bool:
        """Whether the column can follow from these without a circle."""
        return target not in self._from and target not in self._closure(sources)

    def _closure(self, names: Sequence[str]) -> set[str]:
        found: set[str] = set()
        pending = list(names)
        while pending:
            name = pending.pop()
            if name not in found:
                found.add(name)
                pending += self._from[name][0] if name in self._from else ()
        return found

    def dropped(self) -> tuple[tuple[str, int], ...]:
        return tuple((name, place) for name, (_, place) in self._from.items())

    def gaps(self) -> tuple[Gap, ...]:
        found: list[Gap] = []
        for place, rule in enumerate(self._rules):
            if not isinstance(rule, Order) or not all(column.modelled for column in rule.columns):
                continue
            low, high = rule.names
            if not self._free(high, [low]) or not rule.apart(self._table):
                continue
            gap = Gap.of(rule, self._table)
            if gap is not None:
                found.append(gap)
                self._from[high] = ((low,), place)
                self._apart.add(high)
        return tuple(found)

    def units(self) -> tuple[Unit, ...]:
        found: list[Unit] = []
        for place, rule in enumerate(self._rules):
            if not isinstance(rule, Combinations) or rule.source() is not None:
                continue
            taken = any(name in self._from or name in self._apart for name in rule.names)
            if taken or not all(column.modelled for column in rule.columns):
                continue
            unit = Unit.of(rule, self._table)
            if unit is not None:
                found.append(unit)
                self._apart.update(rule.names)
                self._from.update(dict.fromkeys(rule.names[1:], (rule.names[:1], place)))
        return tuple(found)
