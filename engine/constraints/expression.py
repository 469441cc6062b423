"""`expression`: a rule of one's own, in the grammar of `engine.constraints.grammar`."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

import numpy as np

from engine.constraints.base import Rule
from engine.errors import ConstraintError

if TYPE_CHECKING:
    import pandas as pd

    from engine.constraints.values import Mask


class Expression(Rule):
    key: ClassVar[str] = "expression"
    label: ClassVar[str] = "A rule of your own"
    form: ClassVar[str] = "if age < 18 then income is missing"
    enforced: ClassVar[str] = (
        "Rows that break it are drawn again, for a bounded number of rounds; if too few rows keep it, the run ends and "
        "names the rule."
    )
    repairs: ClassVar[str] = ""
    unrepairable: ClassVar[str] = "an expression does not say which of its columns is wrong"
    options: ClassVar[dict[str, str]] = {"text": "the rule as text"}
    most: ClassVar[int] = 100

    def _check(self) -> None:
        from engine.constraints import calculation, grammar
        from engine.constraints.kinds import Types

        text = self.option("text")
        if not isinstance(text, str):
            self.fail("option “text” must be the rule as text")
        self.text = str(text)
        self._root = grammar.parse(self.text)
        self._types = Types(self.text, self._root, self.schema)
        names = tuple(dict.fromkeys(name.column for name in calculation.names_in(self._root)))
        if set(names) != set(self.names):
            raise ConstraintError(f"The rule “{self.text}” speaks of other columns than those that it lists.")

    @property
    def sentence(self) -> str:
        return self.text.strip()

    def written(self) -> str:
        return self.text.strip()

    def breaking(self, table: pd.DataFrame) -> Mask:
        from engine.constraints.calculation import Calculator

        found = Calculator(table, self.schema, self._types).truth(self._root)
        return np.asarray(~found.data & ~found.gaps, dtype=bool)

    def speaks_of(self, table: pd.DataFrame) -> Mask:
        from engine.constraints.calculation import Calculator

        return ~Calculator(table, self.schema, self._types).truth(self._root).gaps
