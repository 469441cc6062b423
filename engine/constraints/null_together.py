"""`null_together`: columns that are missing in the same rows."""

from __future__ import annotations

from collections.abc import Iterator
from math import lgamma
from typing import TYPE_CHECKING, ClassVar

import numpy as np

from engine.constraints import values
from engine.constraints.base import Candidate, Rule
from engine.constraints.names import written_name
from engine.table.schema import Constraint

if TYPE_CHECKING:
    import pandas as pd

    from engine.constraints.finding import View
    from engine.constraints.values import Mask

_EVIDENCE = 8.0  # nats


class NullTogether(Rule):
    key: ClassVar[str] = "null_together"
    label: ClassVar[str] = "Missing together"
    form: ClassVar[str] = "null_together(a, b)"
    enforced: ClassVar[str] = (
        "The gaps of the first column hold for all: where it is missing the others are emptied, and where only others "
        "are missing, their values are taken from another made row that has them."
    )
    repairs: ClassVar[str] = "All of the columns are emptied in the row."
    least: ClassVar[int] = 2
    most: ClassVar[int] = 20

    def _check(self) -> None:
        return

    @property
    def sentence(self) -> str:
        return f"{values.listed(self.names)} are missing in the same rows"

    def written(self) -> str:
        return f"null_together({', '.join(written_name(name) for name in self.names)})"

    def breaking(self, table: pd.DataFrame) -> Mask:
        gaps = table[list(self.names)].isna().to_numpy()
        return np.asarray(gaps.any(axis=1) & ~gaps.all(axis=1), dtype=bool)

    def speaks_of(self, table: pd.DataFrame) -> Mask:
        return values.any_missing(table, self.names)

    def repair(self, table: pd.DataFrame, rows: Mask, rng: np.random.Generator) -> pd.DataFrame:
        return table.assign(**{name: table[name].mask(rows) for name in self.names})

    def complete(self, table: pd.DataFrame, rng: np.random.Generator) -> pd.DataFrame:
        first = values.missing(table[self.names[0]])
        table = self.repair(table, first & self.breaking(table), rng)
        lacking = np.flatnonzero(self.breaking(table))
        donors = np.flatnonzero(~values.any_missing(table, self.names))
        if not len(lacking) or not len(donors):
            return table
        chosen = rng.choice(donors, size=len(lacking))
        new: dict[str, pd.Series] = {}
        for name in self.names[1:]:
            cells = table[name]
            empty = values.missing(cells.iloc[lacking])
            rows = np.zeros(len(table), dtype=bool)
            rows[lacking[empty]] = True
            new[name] = values.replaced(cells, rows, cells.iloc[chosen[empty]])
        return table.assign(**new)

    @classmethod
    def candidates(cls, view: View) -> Iterator[Candidate]:
        """Groups of columns whose gaps agree but for a few rows, where chance is no explanation."""
        left = [n for n in view.names if 2 <= int(view.gaps(n).sum()) <= view.rows - 2]
        while left:
            first, rest = left[0], left[1:]
            own = view.gaps(first)
            group = [n for n in rest if _alike(own, view.gaps(n))]
            left = [n for n in rest if n not in group]
            gaps, rows = int(own.sum()), view.rows
            ways = lgamma(rows + 1) - lgamma(gaps + 1) - lgamma(rows - gaps + 1)
            if group and ways >= _EVIDENCE:
                yield Candidate(Constraint("null_together", (first, *group)[: cls.most]), ways)


def _alike(first: Mask, second: Mask) -> bool:
    """Whether of the rows with a gap in either at most one in fifty has it in one only."""
    either = int((first | second).sum())
    return int((first ^ second).sum()) <= 0.02 * either
