"""`combinations`: only values that were seen together; a city lies in its state, a model is of its maker."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Any, ClassVar

import numpy as np

from engine.constraints import values
from engine.constraints.base import Candidate, Derived, Rule
from engine.constraints.combos import Combos
from engine.constraints.names import written_name
from engine.table.schema import Constraint, Kind

if TYPE_CHECKING:
    import pandas as pd

    from engine.constraints.finding import View
    from engine.constraints.values import Ints, Mask

KINDS = (Kind.CATEGORICAL, Kind.BOOLEAN, Kind.INTEGER, Kind.DECIMAL, Kind.DATETIME, Kind.CONSTANT)
_NUMBERS = (Kind.INTEGER, Kind.DECIMAL, Kind.DATETIME)


class Together(Rule):
    """What rules on values seen together share; `_pick` says which of the combinations are allowed."""

    least: ClassVar[int] = 2

    def __init__(self, constraint: Constraint, schema: Any, state: Any = None) -> None:
        super().__init__(constraint, schema, state)
        self._known = None if self.state is None else Combos.from_state(self.state, self.columns)

    def _check(self) -> None:
        self._check_kinds(KINDS)

    def _pick(self, seen: Combos) -> Combos:
        return seen

    def _allowed(self, table: pd.DataFrame) -> Combos:
        """The combinations that are learned, or else those of this table."""
        return self._known or self._pick(Combos.of(table, self.columns))

    def breaking(self, table: pd.DataFrame) -> Mask:
        return np.asarray(~self._allowed(table).contains(table) & self.speaks_of(table), dtype=bool)

    def repair(self, table: pd.DataFrame, rows: Mask, rng: np.random.Generator) -> pd.DataFrame:
        """The first value stays, and the others become ones that go with it, as often as they do.

        A made row whose first value was never seen takes a combination as a whole.
        """
        allowed = self._allowed(table)
        if not len(allowed.rows):
            return table
        chosen = allowed.partners(np.where(rows, allowed.codes(table, 0), -1), 0, rng)
        if self._known is not None:
            strange = rows & (chosen < 0)
            shares = allowed.counts / allowed.counts.sum()
            chosen[strange] = rng.choice(len(shares), size=int(strange.sum()), p=shares)
        return self._put(table, allowed, chosen, rows & (chosen >= 0))

    def _put(self, table: pd.DataFrame, allowed: Combos, chosen: Ints, rows: Mask) -> pd.DataFrame:
        new: dict[str, pd.Series] = {}
        for j, name in enumerate(self.names):
            new[name] = values.replaced(table[name], rows, allowed.cells(chosen[rows], j, table[name]))
        return table.assign(**new)

    def learn(self, table: pd.DataFrame) -> None:
        self._known = self._pick(Combos.of(table, self.columns))
        self.state = self._known.state()
        self._known = Combos.from_state(self.state, self.columns)

    def held(self) -> dict[str, list[Any]]:
        known = self._known
        return {} if known is None else {c.name: list(known.labels[j]) for j, c in enumerate(self.columns)}

    # Making

    def source(self) -> int | None:
        """The column that fixes the others, if one does; one of labels before one of numbers."""
        known = self._known
        assert known is not None
        fixing = [j for j in range(len(self.columns)) if known.fixes(j)]
        return min(fixing, key=lambda j: (self.columns[j].kind in _NUMBERS, j), default=None)

    def derives(self, table: pd.DataFrame) -> tuple[Derived, ...]:
        source = self.source()
        if source is None:
            return ()
        own = self.names[source]
        gaps = values.missing(table[own])
        return tuple(
            Derived(name, (own,), bool((values.missing(table[name]) == gaps).all()))
            for name in self.names
            if name != own
        )

    def complete(self, table: pd.DataFrame, rng: np.random.Generator) -> pd.DataFrame:
        source, known = self.source(), self._known
        if source is None or known is None:
            return table
        table = self._snapped(table, known, source)
        chosen = known.partners(known.codes(table, source), source, rng)
        new: dict[str, pd.Series] = {}
        for j, name in enumerate(self.names):
            if name not in table:
                new[name] = known.cells(chosen, j, None).set_axis(table.index)
            elif j != source:
                rows = (chosen >= 0) & ~values.missing(table[name])
                new[name] = values.replaced(table[name], rows, known.cells(chosen[rows], j, table[name]))
        return table.assign(**new)

    def _snapped(self, table: pd.DataFrame, known: Combos, source: int) -> pd.DataFrame:
        """Numbers and dates that were never seen move to the nearest that was."""
        column = self.columns[source]
        cells = table[column.name]
        strange = (known.codes(table, source) < 0) & ~values.missing(cells)
        if column.kind not in _NUMBERS or not strange.any():
            return table
        seen = values.from_plain(known.labels[source], column, cells)
        own, asked = values.comparable(seen, cells[strange])
        order = np.argsort(own, kind="stable")
        at = np.clip(np.searchsorted(own[order], asked), 1, max(len(own) - 1, 1))
        at = np.minimum(at, len(own) - 1)
        below = np.maximum(at - 1, 0)
        nearest = np.where(asked - own[order][below] <= own[order][at] - asked, below, at)
        moved = seen.take(order[nearest])
        return table.assign(**{column.name: values.replaced(cells, strange, moved)})

    def fixing(self, target: str, wanted: Mask, labels: tuple[Any, ...]) -> list[Any]:
        """Values of the source column whose partner in `target` is one of the marked labels."""
        source, known = self.source(), self._known
        assert source is not None
        assert known is not None
        j = self.names.index(target)
        marked = {label for label, hit in zip(labels, wanted.tolist(), strict=True) if hit}
        rows = [row for row in known.rows.tolist() if known.labels[j][row[j]] in marked]
        return [known.labels[source][row[source]] for row in rows]

    @property
    def known(self) -> Combos | None:
        return self._known


class Combinations(Together):
    key: ClassVar[str] = "combinations"
    label: ClassVar[str] = "Values that belong together"
    form: ClassVar[str] = "together(city, state)"
    enforced: ClassVar[str] = (
        "Where one column fixes the others (a city its state), only that one is learned and the others are looked up; "
        "up to 300 combinations of labels without gaps are learned as one column; else rows with a combination that "
        "was not seen are drawn again, and the last ones keep their first value and take others that go with it."
    )
    repairs: ClassVar[str] = "The first value stays and the others become ones that go with it, as often as they do."
    options: ClassVar[dict[str, str]] = {
        "functional": "whether each value of the first column goes with one combination only",
        "least": "real rows that a combination needs to count as seen",
        "values": "the allowed combinations, instead of those seen",
    }
    most: ClassVar[int] = 10

    def _check(self) -> None:
        super()._check()
        self._check_flag("functional")
        least = self.option("least", 1)
        if isinstance(least, bool) or not isinstance(least, int) or least < 1:
            self.fail("option “least” must be a whole number of 1 or more")
        listed = self.option("values")
        if listed is None:
            return
        width = len(self.names)
        if (
            not isinstance(listed, list)
            or not listed
            or not all(isinstance(r, list) and len(r) == width for r in listed)
        ):
            self.fail(f"option “values” must be a list of lists of {width} values")
        self._listed = Combos.listed([self._canonical(row) for row in listed], self.columns)

    def _canonical(self, row: list[Any]) -> list[Any]:
        from engine.errors import DataError
        from engine.table import convert

        try:
            return [values.plain(convert.parse_value(v, c)) for v, c in zip(row, self.columns, strict=True)]
        except DataError as error:
            self.fail(f"a value of option “values” does not fit: {error}")
            raise

    @property
    def functional(self) -> bool:
        return bool(self.option("functional", False))

    def _pick(self, seen: Combos) -> Combos:
        if self.option("values") is not None:
            seen = _weighted(self._listed, seen)
        seen = seen.only(seen.counts >= int(self.option("least", 1)))
        return seen.commonest(0) if self.functional else seen

    @property
    def sentence(self) -> str:
        if self.functional:
            return f"each value of “{self.names[0]}” goes with one of {values.listed(self.names[1:])}"
        least = int(self.option("least", 1))
        source = "listed" if self.option("values") is not None else "seen together"
        times = f" in at least {least} real rows" if least > 1 else ""
        return f"{values.listed(self.names)} have only values {source}{times}"

    def written(self) -> str:
        function = "belongs" if self.functional else "together"
        return f"{function}({', '.join(written_name(name) for name in self.names)})"

    @classmethod
    def candidates(cls, view: View) -> Iterator[Candidate]:
        """Columns that fix another one, and pairs that use few of the combinations that chance would bring."""
        fixed = view.fixed()
        for a, b in fixed:
            through = any(
                (a, c) in fixed and (c, b) in fixed and (c, a) not in fixed and (b, c) not in fixed for c in view.names
            )
            if (b, a) not in fixed and not through:
                yield Candidate(Constraint("combinations", (a, b), {"functional": True}), fixed[a, b])
        for a, b, evidence in view.sparse():
            if (a, b) not in fixed and (b, a) not in fixed:
                yield Candidate(Constraint("combinations", (a, b)), evidence)


class OneToOne(Together):
    key: ClassVar[str] = "one_to_one"
    label: ClassVar[str] = "Two names for one thing"
    form: ClassVar[str] = "one_to_one(education, education_num)"
    enforced: ClassVar[str] = (
        "Only one of the two columns is learned; the other is looked up in the pairs that were seen."
    )
    repairs: ClassVar[str] = "The second value becomes the one that most often goes with the first."
    most: ClassVar[int] = 2

    def _pick(self, seen: Combos) -> Combos:
        return seen.matched()

    @property
    def sentence(self) -> str:
        return f"each value of “{self.names[0]}” goes with one of “{self.names[1]}”, and back"

    def written(self) -> str:
        return f"one_to_one({', '.join(written_name(name) for name in self.names)})"

    @classmethod
    def candidates(cls, view: View) -> Iterator[Candidate]:
        fixed = view.fixed()
        for a, b in fixed:
            if (b, a) in fixed and view.place(a) < view.place(b):
                yield Candidate(Constraint("one_to_one", (a, b)), fixed[a, b] + fixed[b, a])


def _weighted(listed: Combos, seen: Combos) -> Combos:
    """The listed combinations, as often as they were seen, but at least once."""
    counted = {
        tuple(own[i] for own, i in zip(seen.labels, row, strict=True)): count
        for row, count in zip(seen.rows.tolist(), seen.counts.tolist(), strict=True)
    }
    counts = [
        counted.get(tuple(own[i] for own, i in zip(listed.labels, row, strict=True)), 1) for row in listed.rows.tolist()
    ]
    return Combos(listed.columns, listed.labels, listed.rows, np.array(counts, dtype=np.int64))
