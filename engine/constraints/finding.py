"""Rules that the real rows keep, found and offered; the person chooses.

A rule is offered when at most one row in fifty breaks it and chance is no explanation. It is looked for in a sample of
the rows and then counted in all of them.
"""

from __future__ import annotations

from functools import cached_property

import numpy as np
import pandas as pd

from engine.constraints import registry, values
from engine.constraints.base import EXAMPLES, Candidate, Found
from engine.constraints.values import Floats, Ints, Mask
from engine.errors import ConstraintError
from engine.seeds import stream
from engine.table.schema import Kind, Schema

TOLERATED = 0.02  # share of rows that may break a rule that is offered
MOST = 20  # rules offered
_SAMPLE = 20_000  # rows
_LABELS = 1_000  # different values of a column that may fix another
_EVIDENCE = 20.0  # nats
_RARELY = 0.02  # share of rows whose combination came once: about that of new ones among new rows
_UNSEEN = 0.2  # share of rows that chance would put into combinations that nobody has
_ORDER = (
    "one_to_one",
    "sum",
    "combinations",
    "order",
    "null_together",
    "unique",
    "range",
    "pattern",
)  # most useful first


def find(table: pd.DataFrame, schema: Schema) -> tuple[Found, ...]:
    """Rules that hold in nearly all rows of a parsed table, the most useful ones first; at most `MOST`.

    Rules that the schema has already are left out.
    """
    selected = schema.selected
    if len(table) < 20 or not len(selected):
        return ()
    view = View(table, selected)
    has = {(c.kind, frozenset(c.columns)) for c in schema.constraints}
    offered: list[tuple[int, float, Found]] = []
    for kind in registry.KINDS.values():
        for candidate in kind.candidates(view):
            if (kind.key, frozenset(candidate.constraint.columns)) in has:
                continue
            found = _verified(candidate, table, selected)
            if found is not None:
                offered.append((_ORDER.index(kind.key), -candidate.evidence, found))
    offered = [item for item in offered if not _implied(item[2], offered)]
    offered.sort(key=lambda item: item[:2])
    return tuple(found for _, _, found in offered[:MOST])


def _verified(candidate: Candidate, table: pd.DataFrame, schema: Schema) -> Found | None:
    """The rule, counted in all rows."""
    try:
        rule = registry.rule_of(candidate.constraint, schema)
        broken = rule.breaking(table)
    except ConstraintError:  # such as too many combinations once all rows are seen
        return None
    rows = int(rule.speaks_of(table).sum())
    if not rows or broken.sum() > TOLERATED * rows:
        return None
    examples = tuple((np.flatnonzero(broken)[:EXAMPLES] + 1).tolist())
    return Found(candidate.constraint, rule.sentence, rows, int(broken.sum()), examples)


def _implied(found: Found, offered: list[tuple[int, float, Found]]) -> bool:
    """Whether it is the order of a total and one of its parts, or of numbers that have one value each for the other."""
    if found.constraint.kind != "order":
        return False
    pair = set(found.constraint.columns)
    return any(
        other.constraint.kind in ("sum", "one_to_one")
        and pair <= set(other.constraint.columns)
        and (other.constraint.kind != "sum" or found.constraint.columns[1] == other.constraint.columns[-1])
        for _, _, other in offered
    )


class View:
    """A sample of the rows, and what several kinds of rules ask of it, worked out once."""

    def __init__(self, table: pd.DataFrame, schema: Schema) -> None:
        self.schema, self.names = schema, schema.names
        self.sample = table
        if len(table) > _SAMPLE:
            rows = stream(0, "rules", "sample").choice(len(table), size=_SAMPLE, replace=False)
            self.sample = table.iloc[np.sort(rows)]
        self.sample = self.sample.reset_index(drop=True)
        self.rows, self.share = len(self.sample), len(self.sample) / len(table)
        self._codes: dict[str, Ints] = {}
        self._gaps: dict[str, Mask] = {}
        self._floats: dict[str, Floats] = {}

    def place(self, name: str) -> int:
        return self.names.index(name)

    def tolerated(self, rows: int) -> int:
        """How many of so many rows may break a rule."""
        return int(TOLERATED * rows)

    def gaps(self, name: str) -> Mask:
        if name not in self._gaps:
            self._gaps[name] = values.missing(self.sample[name])
        return self._gaps[name]

    def codes(self, name: str) -> Ints:
        """(rows,) the number of each cell's value, -1 where missing."""
        if name not in self._codes:
            self._codes[name] = np.asarray(pd.factorize(self.sample[name])[0], dtype=np.int64)
        return self._codes[name]

    def distinct(self, name: str) -> int:
        return int(self.codes(name).max(initial=-1)) + 1

    def floats(self, name: str) -> Floats:
        """(rows,) of a column of numbers, NaN where missing."""
        if name not in self._floats:
            self._floats[name] = values.floats(self.sample[name])
        return self._floats[name]

    def ordered(self, name: str) -> Floats:
        """(rows,) numbers, or dates as microseconds, NaN where missing."""
        if self.schema[name].kind is not Kind.DATETIME:
            return self.floats(name)
        if name not in self._floats:
            micros = values.microseconds(self.sample[name]).astype(np.float64)
            self._floats[name] = np.where(self.gaps(name), np.nan, micros)
        return self._floats[name]

    def coincidence(self, name: str) -> float:
        """Probability that two different rows are alike in a column."""
        codes = self.codes(name)
        counts = np.bincount(codes[codes >= 0]).astype(np.float64)
        rows = float(counts.sum())
        return float((counts * (counts - 1)).sum() / max(rows * (rows - 1), 1.0))

    @cached_property
    def _labelled(self) -> list[str]:
        """Columns of few enough values to be looked at pair by pair; the first 60."""
        most = min(_LABELS, self.rows // 5)
        kinds = (Kind.CATEGORICAL, Kind.BOOLEAN, Kind.INTEGER, Kind.DECIMAL, Kind.DATETIME)
        return [c.name for c in self.schema if c.kind in kinds and 2 <= self.distinct(c.name) <= most][:60]

    @cached_property
    def _tables(self) -> dict[tuple[str, str], tuple[Ints, Ints, Ints]]:
        """For each pair of labelled columns the combinations seen: their two codes and their counts."""
        found = {}
        names = self._labelled
        for i, a in enumerate(names):
            for b in names[i + 1 :]:
                first, second = self.codes(a), self.codes(b)
                known = (first >= 0) & (second >= 0)
                keys = first[known] * self.distinct(b) + second[known]
                room = self.distinct(a) * self.distinct(b)
                if room <= 4 * self.rows:
                    counts = np.bincount(keys, minlength=0)
                    seen = np.flatnonzero(counts)
                    counts = counts[seen]
                else:
                    seen, counts = np.unique(keys, return_counts=True)
                found[a, b] = seen // self.distinct(b), seen % self.distinct(b), counts
        return found

    def fixed(self) -> dict[tuple[str, str], float]:
        """Pairs of columns of which the first fixes the second in nearly all rows, with the evidence."""
        if not hasattr(self, "_fixed"):
            self._fixed: dict[tuple[str, str], float] = {}
            for (a, b), (first, second, counts) in self._tables.items():
                for names, own, other in (((a, b), first, second), ((b, a), second, first)):
                    evidence = self._fixes(own, other, counts)
                    if evidence >= _EVIDENCE:
                        self._fixed[names] = evidence
        return self._fixed

    def _fixes(self, first: Ints, second: Ints, counts: Ints) -> float:
        """Evidence in nats that the first column fixes the second; 0 where it does not, or says nothing."""
        rows = int(counts.sum())
        if rows < 20:
            return 0.0
        best = np.zeros(int(first.max()) + 1, dtype=np.int64)
        np.maximum.at(best, first, counts)
        broken = rows - int(best.sum())
        shares = np.bincount(second, weights=counts) / rows
        varied = 1.0 - float(shares.max())
        if broken > TOLERATED * rows or varied < TOLERATED or broken > 0.1 * varied * rows:
            return 0.0
        repeats = rows - int((best > 0).sum()) - broken
        return -float(np.log((shares**2).sum())) * repeats

    def sparse(self) -> list[tuple[str, str, float]]:
        """Pairs of columns with few of the combinations that chance would bring, and hardly any that came only once."""
        found = []
        for (a, b), (first, second, counts) in self._tables.items():
            rows = int(counts.sum())
            if rows < 100 or (counts == 1).sum() > _RARELY * rows:
                continue
            alone = np.bincount(first, weights=counts) / rows, np.bincount(second, weights=counts) / rows
            unseen = 1.0 - float((alone[0][first] * alone[1][second]).sum())
            numeric = [self.schema[name].kind.numeric for name in (a, b)]
            if unseen >= _UNSEEN and unseen * rows >= _EVIDENCE and not any(numeric):
                found.append((a, b, unseen * rows))
        return found
