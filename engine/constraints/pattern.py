"""`pattern`: text of a form, as a regular expression that the whole cell has to match.

The expressions are those of RE2, which matches in time proportional to the text, whatever the expression: there is no
backtracking to run away, and so no back references and no looking around.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import TYPE_CHECKING, ClassVar

import numpy as np

from engine.constraints.base import Candidate, Rule
from engine.constraints.names import written_name, written_text
from engine.table.schema import Constraint, Kind

if TYPE_CHECKING:
    import pandas as pd

    from engine.constraints.finding import View
    from engine.constraints.values import Mask

KINDS = (Kind.TEXT, Kind.IDENTIFIER, Kind.PERSONAL, Kind.CATEGORICAL, Kind.CONSTANT)
MAX_LENGTH = 300
_LONGEST_SHAPE = 40
_DISTINCT = 20  # different values from which a form is told


class Pattern(Rule):
    key: ClassVar[str] = "pattern"
    label: ClassVar[str] = "Form of a text"
    form: ClassVar[str] = 'matches(code, "[A-Z]{2}-[0-9]{4}")'
    enforced: ClassVar[str] = (
        "Labels and keys are made in the form of the real ones, which the treated rows all match; made rows that do "
        "not are drawn again."
    )
    repairs: ClassVar[str] = ""
    unrepairable: ClassVar[str] = "a form does not say what the text should have been"
    options: ClassVar[dict[str, str]] = {"regex": "the regular expression (RE2), which the whole text must match"}

    def _check(self) -> None:
        self._check_kinds(KINDS)
        regex = self.option("regex")
        if not isinstance(regex, str) or not regex:
            self.fail("option “regex” must be a regular expression")
        self.regex = str(regex)
        if len(self.regex) > MAX_LENGTH:
            self.fail(f"the expression may have {MAX_LENGTH} characters at most, not {len(self.regex)}")
        try:
            _matches(self.regex, [""])
        except ValueError as error:
            self.fail(f"the expression “{self.regex}” cannot be used: {_reason(error)}")

    @property
    def sentence(self) -> str:
        return f"“{self.names[0]}” has the form {self.regex}"

    def written(self) -> str:
        return f"matches({written_name(self.names[0])}, {written_text(self.regex)})"

    def breaking(self, table: pd.DataFrame) -> Mask:
        import pandas as pd

        codes, distinct = pd.factorize(table[self.names[0]])
        matched = np.append(_matches(self.regex, [str(text) for text in distinct]), True)
        return np.asarray(~matched[codes], dtype=bool)

    @classmethod
    def candidates(cls, view: View) -> Iterator[Candidate]:
        """Columns whose texts are nearly all of one form with digits in it."""
        for column in view.schema:
            if column.kind not in KINDS or view.distinct(column.name) < _DISTINCT:
                continue
            texts = view.sample[column.name].dropna().drop_duplicates()
            regex, share = _form([str(text) for text in texts])
            if share >= 0.98 and (column.kind is not Kind.IDENTIFIER or share < 1):
                yield Candidate(Constraint("pattern", (column.name,), {"regex": regex}), float(len(texts)))


def _matches(regex: str, texts: list[str]) -> Mask:
    """(n,) whether each text as a whole matches. Raises ValueError for an expression that RE2 does not take."""
    import pyarrow as pa
    import pyarrow.compute as pc

    _matches_once(regex)
    found = pc.match_substring_regex(pa.array(texts, type=pa.large_string()), rf"\A(?:{regex})\z")
    return np.asarray(found.to_numpy(zero_copy_only=False), dtype=bool)


def _matches_once(regex: str) -> None:
    """An expression that is whole only with the brackets put around it, such as “a)|(b”, is refused by itself."""
    import pyarrow as pa
    import pyarrow.compute as pc

    pc.match_substring_regex(pa.array([""]), regex)


def _reason(error: ValueError) -> str:
    """RE2's own words, without the expression."""
    text = str(error).removeprefix("Invalid regular expression: ").strip()
    return text.rstrip(".") or "it is no regular expression"


def _form(texts: list[str]) -> tuple[str, float]:
    """The commonest form of these texts as an expression, and the share that has it; no share without a digit."""
    shapes: dict[str, int] = {}
    for text in texts:
        if len(text) <= _LONGEST_SHAPE:
            shape = _shape(text)
            shapes[shape] = shapes.get(shape, 0) + 1
    if not shapes:
        return "", 0.0
    best = max(shapes, key=lambda shape: (shapes[shape], shape))
    telling = "[0-9]" in best and best.strip("0123456789[]{}-")
    return best, shapes[best] / len(texts) if telling else 0.0


def _shape(text: str) -> str:
    """“AB-1234” as the expression [A-Z]{2}-[0-9]{4}."""
    parts = []
    for run in re.finditer(r"[A-Z]+|[a-z]+|[0-9]+|.", text, re.DOTALL):
        own = run[0]
        kind = (
            "[A-Z]" if "A" <= own[0] <= "Z" else "[a-z]" if "a" <= own[0] <= "z" else "[0-9]" if own.isdigit() else ""
        )
        if not kind or not own.isascii():
            parts.append(re.escape(own))
        else:
            parts.append(kind if len(own) == 1 else f"{kind}{{{len(own)}}}")
    return "".join(parts)
