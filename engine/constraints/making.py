"""Rows that keep all rules: drawn, completed, drawn again where they break one, and at last mended where that can be.

Exactly as many rows as asked, or an error that names the rule that blocks. How often rows were drawn again is told.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from engine.conditions import Condition
from engine.constraints import conflicts, values
from engine.constraints.plan import Plan
from engine.constraints.unique import Unique
from engine.errors import ConstraintError
from engine.seeds import stream
from engine.table.schema import Kind

if TYPE_CHECKING:
    from engine.constraints.values import Mask
    from engine.parts import Parts
    from engine.progress import CancelToken, Listener

ROUNDS = 30  # of drawing again
_FRUITLESS = 3  # rounds in succession without one good row, after which no more are drawn
_MOST = 30  # rows drawn for each that is asked for
_BATCH = 4  # rows of one round for each that is asked for
_SMALL = 2_000  # rows of one round that are always allowed

Draw = Callable[[int, int], pd.DataFrame]


@dataclass
class Books:
    """What it took to make the rows.

    rows: asked for; drawn: by the method, all rounds together; again: rows of the first draw that broke a rule, by its
    sentence; mended: rows that kept breaking rules and were repaired at last.
    """

    rows: int = 0
    drawn: int = 0
    again: dict[str, int] = field(default_factory=dict)
    redrawn: int = 0
    mended: int = 0

    def add(self, other: Books) -> None:
        self.rows += other.rows
        self.drawn += other.drawn
        self.redrawn += other.redrawn
        self.mended += other.mended
        for sentence, count in other.again.items():
            self.again[sentence] = self.again.get(sentence, 0) + count

    def to_json(self) -> dict[str, Any]:
        return {
            "rows": self.rows,
            "drawn": self.drawn,
            "redrawn": self.redrawn,
            "mended": self.mended,
            "because": dict(self.again),
        }

    def told(self) -> str:
        """A sentence; empty where no row was drawn again."""
        if not self.redrawn and not self.mended:
            return ""
        because = "; ".join(f"{count:,} for: {sentence}" for sentence, count in self.again.items())
        mended = f" {self.mended:,} were mended at last." if self.mended else ""
        return f"Of {self.rows:,} rows, {self.redrawn:,} were drawn again because of rules ({because}).{mended}"


class Ruled:
    """The generators of a table and its rules as one: samples rows that keep them. For one table to be made.

    Rows of several calls keep “unique” together.
    """

    def __init__(self, parts: Parts, plan: Plan) -> None:
        self._parts, self._plan = parts, plan
        self.books = Books()
        self._before: list[pd.DataFrame] = []

    def sample(
        self,
        n: int,
        *,
        seed: int,
        given: Sequence[Condition] = (),
        progress: Listener | None = None,
        cancel: CancelToken | None = None,
    ) -> pd.DataFrame:
        """Exactly `n` parsed rows of all learned columns that keep the rules and fulfil the conditions.

        Raises ConstraintError naming the rule that blocks, ConditionError for a condition that no row can fulfil.
        """
        if self._plan.empty:
            return self._parts.sample(n, seed=seed, given=given, progress=progress, cancel=cancel)
        conflicts.check(self._plan.rules, given, n)
        asked = self._plan.asked(given)

        def draw(rows: int, own: int) -> pd.DataFrame:
            first = progress if own == seed else None
            return self._parts.sample(rows, seed=own, given=asked, progress=first, cancel=cancel)

        found = _Filling(self._plan, draw, n, seed, given, self._before)
        table = found.filled()
        self.books.add(found.books)
        if any(isinstance(rule, Unique) for rule in self._plan.rules):
            self._before.append(table)
        return table


def complete(plan: Plan, draw: Draw, n: int, seed: int, given: Sequence[Condition] = ()) -> tuple[pd.DataFrame, Books]:
    """Exactly `n` rows that keep the plan's rules; `draw(rows, seed)` gives rows of the learned columns."""
    found = _Filling(plan, draw, n, seed, given, [])
    return found.filled(), found.books


def renewed(
    plan: Plan, table: pd.DataFrame, make: Callable[[pd.DataFrame, int], pd.DataFrame], seed: int
) -> tuple[pd.DataFrame, Books]:
    """A whole table whose columns that are made anew keep the rules as well.

    make: (rows, seed) makes these columns anew for rows that are given with all others. Keys that are different from
    each other stay so. Raises ConstraintError naming the rule that blocks.
    """
    anew = [column.name for column in plan.schema if not column.modelled]
    rules = [rule for rule in plan.rules if set(rule.names) & set(anew)]
    books = Books()  # the rows are counted where they were drawn
    if not rules or not len(table):
        return table, books
    for rule in rules:
        table = rule.complete(table, stream(seed, "rules", "complete", "anew"))
    keys = [c.name for c in plan.schema if c.kind is Kind.IDENTIFIER and not table[c.name].dropna().duplicated().any()]
    for turn in range(ROUNDS + 1):
        broken = {rule.sentence: rule.breaking(table) for rule in rules}
        for name in keys:
            twice = table[name].duplicated().to_numpy() & ~values.missing(table[name])
            broken[f"no value of “{name}” comes twice"] = twice
        bad = _any(broken, len(table))
        if turn == 0:
            books.redrawn = int(bad.sum())
            books.again = {sentence: int(mask.sum()) for sentence, mask in broken.items() if mask.any()}
        if not bad.any():
            return table, books
        if turn < ROUNDS:
            new = make(table[bad], int(stream(seed, "rules", "anew", turn).integers(2**63)))
            books.drawn += int(bad.sum())
            for name in anew:
                if name not in keys or any(name in rule.names for rule in rules):
                    table = table.assign(**{name: values.replaced(table[name], bad, new[name])})
            for rule in rules:
                table = rule.complete(table, stream(seed, "rules", "complete", "anew", turn))
    worst = max(broken, key=lambda sentence: int(broken[sentence].sum()))
    raise ConstraintError(
        f"Only {int((~bad).sum()):,} of {len(table):,} rows could be made: the others break this rule: {worst}. It "
        "speaks of columns that are made anew in the form of the real ones. Ask for fewer rows, or change the rule."
    )


class _Filling:
    """`n` rows on their way."""

    def __init__(
        self, plan: Plan, draw: Draw, n: int, seed: int, given: Sequence[Condition], before: list[pd.DataFrame]
    ) -> None:
        self._plan, self._draw, self._n, self._seed, self._given = plan, draw, n, seed, given
        self._before = before
        self.books = Books(rows=n)
        self._worst: dict[str, int] = {}

    def filled(self) -> pd.DataFrame:
        table = self._rows(self._n, self._seed)
        self.books.drawn = self._n
        broken = self._broken(table)
        bad = _any(broken, len(table))
        self.books.redrawn = int(bad.sum())
        self.books.again = {sentence: int(mask.sum()) for sentence, mask in broken.items()}
        self._worst = dict(self.books.again)
        table, bad = self._rounds(table, bad)
        if bad.any():
            table, bad = self._mended(table, bad)
        if bad.any():
            raise self._blocked(int(bad.sum()))
        return table

    def _rows(self, size: int, seed: int) -> pd.DataFrame:
        drawn = self._draw(size, seed).reset_index(drop=True)
        return self._plan.expand(drawn, stream(seed, "rules", "complete"))

    def _broken(self, table: pd.DataFrame) -> dict[str, Mask]:
        """What the last rows of a table break, rows of earlier calls standing before them."""
        if not self._before:
            return self._plan.again(table, self._given)
        whole = pd.concat([*self._before, table], ignore_index=True)
        found = self._plan.again(whole, self._given)
        skipped = len(whole) - len(table)
        return {sentence: mask[skipped:] for sentence, mask in found.items() if mask[skipped:].any()}

    def _rounds(self, table: pd.DataFrame, bad: Mask) -> tuple[pd.DataFrame, Mask]:
        """Draw rows for those that are bad, until there are enough or it is of no use."""
        share = max(1.0 - bad.mean(), 1.0 / max(len(table), 1)) if len(bad) else 1.0
        fruitless = 0
        for turn in range(ROUNDS):
            need = int(bad.sum())
            room = _MOST * self._n + 10 * _SMALL - self.books.drawn
            if not need or fruitless == _FRUITLESS or room <= 0:
                break
            size = min(int(need / share * 1.1) + 10, max(_BATCH * self._n, _SMALL), room)
            new = self._rows(size, int(stream(self._seed, "rules", "again", turn).integers(2**63)))
            self.books.drawn += size
            good = self._good(table[~bad], new)
            fruitless = 0 if len(good) else fruitless + 1
            share = max(len(good), 0.5) / size
            places = np.flatnonzero(bad)[: len(good)]
            table = _placed(table, places, new.iloc[good[: len(places)]])
            bad = bad.copy()
            bad[places] = False
        return table, bad

    def _good(self, kept: pd.DataFrame, new: pd.DataFrame) -> values.Ints:
        """Places of new rows that break nothing, also beside those that are kept."""
        alone = self._plan.again(new, self._given)
        for sentence, mask in alone.items():
            self._worst[sentence] = self._worst.get(sentence, 0) + int(mask.sum())
        good = np.flatnonzero(~_any(alone, len(new)))
        if not any(isinstance(rule, Unique) for rule in self._plan.rules):
            return good
        beside = pd.concat([kept, new.iloc[good]], ignore_index=True)
        repeated = _any(self._broken(beside), len(beside))[len(kept) :]
        return good[~repeated]

    def _mended(self, table: pd.DataFrame, bad: Mask) -> tuple[pd.DataFrame, Mask]:
        """The last rows repaired, where rules can be."""
        before = bad
        for turn in range(3):
            whole = pd.concat([*self._before, table], ignore_index=True) if self._before else table
            skipped = len(whole) - len(table)
            at = np.r_[np.zeros(skipped, dtype=bool), bad]
            for place, rule in enumerate(self._plan.rules):
                if rule.repairs and set(whole.columns).issuperset(rule.names):
                    rows = rule.breaking(whole) & at
                    if rows.any():
                        whole = rule.repair(whole, rows, stream(self._seed, "rules", "mend", turn, place))
            table = whole.iloc[skipped:].reset_index(drop=True)
            bad = _any(self._broken(table), len(table))
            if not bad.any():
                break
        self.books.mended = int((before & ~bad).sum())
        return table, bad

    def _blocked(self, lacking: int) -> ConstraintError:
        """The error for rows that could not be made."""
        worst = max(self._worst, key=lambda sentence: self._worst[sentence])
        share = min(self._worst[worst] / max(self.books.drawn, 1), 1.0)
        others = [f"“{c.describe()}”" for c in self._given]
        beside = f" together with the given {' and '.join(others)}" if others else ""
        return ConstraintError(
            f"Only {self._n - lacking:,} of {self._n:,} rows could be made{beside}: most rows, {share:.0%} of "
            f"{self.books.drawn:,}, break this rule: {worst}. Ask for fewer rows, or change the rule."
        )


def _any(broken: Mapping[str, Mask], rows: int) -> Mask:
    found = np.zeros(rows, dtype=bool)
    for mask in broken.values():
        found |= mask
    return found


def _placed(table: pd.DataFrame, places: values.Ints, new: pd.DataFrame) -> pd.DataFrame:
    """The table with the rows at these places replaced."""
    where = np.zeros(len(table), dtype=bool)
    where[places] = True
    return pd.DataFrame({name: values.replaced(table[name], where, new[name]) for name in table})
