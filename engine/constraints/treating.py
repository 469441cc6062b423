"""Real rows that break a rule: counted, and dropped, repaired or left as they are, as each rule says."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from engine.constraints import registry
from engine.constraints.base import EXAMPLES, Rule
from engine.errors import ConstraintError
from engine.seeds import stream
from engine.table.schema import Constraint, Schema

if TYPE_CHECKING:
    import pandas as pd

_PASSES = 3  # of repairing: to mend one rule may break another


@dataclass(frozen=True, slots=True)
class Treatment:
    """What came of the real rows that break one rule.

    broken: rows that broke it, as the table came; examples: numbers of some, from 1. Rows left out for this rule or
    another, also because another rule's repair broke this one, are `dropped`; `repaired` were mended, `ignored` are
    learned as they are.
    note: why rows that were to be repaired were dropped.
    """

    constraint: Constraint
    sentence: str
    broken: int
    examples: tuple[int, ...] = ()
    dropped: int = 0
    repaired: int = 0
    ignored: int = 0
    note: str = ""

    def to_json(self) -> dict[str, Any]:
        return {
            "constraint": self.constraint.to_json(),
            "sentence": self.sentence,
            "broken": self.broken,
            "examples": list(self.examples),
            "dropped": self.dropped,
            "repaired": self.repaired,
            "ignored": self.ignored,
            "note": self.note,
        }

    @classmethod
    def from_json(cls, data: Mapping[str, Any]) -> Treatment:
        return cls(
            **{**data, "constraint": Constraint.from_json(data["constraint"]), "examples": tuple(data["examples"])}
        )

    def told(self) -> str:
        """What happened, as a sentence; empty where no row broke the rule."""
        if not self.broken:
            return ""
        done = [(self.dropped, "left out"), (self.repaired, "repaired"), (self.ignored, "learned as they are")]
        parts = [f"{count:,} {what}" for count, what in done if count] or ["none once other rows were left out"]
        rows = "1 real row breaks" if self.broken == 1 else f"{self.broken:,} real rows break"
        note = f" {self.note}" if self.note else ""
        return f"{rows} a rule, {self.sentence}: {', '.join(parts)}.{note}"


@dataclass(frozen=True, slots=True)
class Treated:
    """The rows to learn from, and one treatment for each rule."""

    table: pd.DataFrame
    treatments: tuple[Treatment, ...] = ()

    def told(self) -> list[str]:
        """What happened, in sentences; rules that no row broke have none."""
        return [told for told in (t.told() for t in self.treatments) if told]

    @property
    def dropped(self) -> dict[str, int]:
        """Rows left out, by the sentence of the rule; rules without any are left out."""
        return {t.sentence: t.dropped for t in self.treatments if t.dropped}

    @property
    def repaired(self) -> dict[str, int]:
        return {t.sentence: t.repaired for t in self.treatments if t.repaired}

    @property
    def ignored(self) -> dict[str, int]:
        return {t.sentence: t.ignored for t in self.treatments if t.ignored}


def treat(table: pd.DataFrame, schema: Schema, seed: int = 0) -> Treated:
    """The parsed rows that can be learned from under the schema's rules.

    Raises ConstraintError when no row would be left, with the rule that most rows break.
    """
    rules = [registry.rule_of(c, schema) for c in schema.constraints]
    if not rules or not len(table):
        return Treated(table)
    table = table.reset_index(drop=True)
    before = [rule.breaking(table) for rule in rules]
    mended = _mended(table, rules, seed)
    kept = np.ones(len(mended), dtype=bool)
    after = [np.zeros(len(mended), dtype=bool)] * len(rules)
    for place, rule in enumerate(rules):
        if rule.constraint.treat != "ignore":
            found = np.zeros(len(mended), dtype=bool)
            found[kept] = rule.breaking(mended[kept])
            after[place], kept = found, kept & ~found
    if not kept.any():
        worst = max(range(len(rules)), key=lambda i: int(before[i].sum()))
        raise ConstraintError(
            f"No row would be left to learn from under the rules. Most rows, {int(before[worst].sum()):,} of "
            f"{len(table):,}, break this one: {rules[worst].sentence}. Change the rule, or ignore the rows that break "
            "it.",
            column=rules[worst].names[0],
        )
    treatments = tuple(_treatment(rule, own, gone, kept) for rule, own, gone in zip(rules, before, after, strict=True))
    if kept.all():
        return Treated(mended, treatments)
    return Treated(mended[kept].reset_index(drop=True), treatments)


def after(before: pd.DataFrame, table: pd.DataFrame, schema: Schema, *, pooled: bool) -> pd.DataFrame:
    """Treated rows whose rare categories were replaced, without those that break a rule by that.

    before: the same rows as they were; pooled: whether rare categories have one new name, which no combination has.
    """
    from engine.constraints.together import Together

    if not schema.constraints or table is before:
        return table
    kept = np.ones(len(table), dtype=bool)
    for constraint in schema.constraints:
        rule = registry.rule_of(constraint, schema)
        if constraint.treat == "ignore" or (pooled and isinstance(rule, Together)):
            continue
        rule.learn(before)
        kept &= ~rule.breaking(table)
    return table if kept.all() or not kept.any() else table[kept].reset_index(drop=True)


def _mended(table: pd.DataFrame, rules: list[Rule], seed: int) -> pd.DataFrame:
    """The table with all repairs done that are asked for and possible."""
    able = [rule for rule in rules if rule.constraint.treat == "repair" and rule.repairs]
    for turn in range(_PASSES):
        changed = False
        for place, rule in enumerate(able):
            rows = rule.breaking(table)
            if rows.any():
                table = rule.repair(table, rows, stream(seed, "rules", "repair", turn, place))
                changed = True
        if not changed:
            break
    return table


def _treatment(rule: Rule, before: np.ndarray, after: np.ndarray, kept: np.ndarray) -> Treatment:
    examples = tuple((np.flatnonzero(before)[:EXAMPLES] + 1).tolist())
    dropped = int((before & ~kept).sum()) + int((after & ~before).sum())
    survived = int((before & kept).sum())
    treatment = rule.constraint.treat
    note = ""
    if treatment == "repair" and dropped:
        why = rule.unrepairable or "they could not be mended without breaking a rule again"
        note = f"Rows that could not be repaired were left out: {why}."
    return Treatment(
        rule.constraint,
        rule.sentence,
        int(before.sum()),
        examples,
        dropped,
        survived if treatment == "repair" else 0,
        survived if treatment == "ignore" else 0,
        note,
    )
