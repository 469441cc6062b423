"""The plain facts of a column on which guesses rest: its distinct cells as text, how often each appears, and gaps."""

from __future__ import annotations

import re
from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from engine.table import dtypes, tokens
from engine.table.notes import excerpt
from engine.table.schema import TEXT

_WORD = re.compile(r"[^\W_]+")
_HUMP = re.compile(r"(?<=[a-zà-ÿ])(?=[A-Z])")


@dataclass(frozen=True, slots=True)
class Cells:
    """A raw column at a glance.

    values: as they came; text: the (rows,) cells as text, missing as NaN; distinct and counts: (n,) the different
    cells in order of appearance, candidates for missing taken out; found: those candidates with their counts; gaps:
    cells that are absent; words: of the name, in small letters.
    """

    name: str
    storage: str
    values: pd.Series
    text: pd.Series
    distinct: pd.Series
    counts: NDArray[np.int64]
    found: dict[str, int]
    gaps: int
    words: tuple[str, ...]

    @classmethod
    def of(cls, values: pd.Series, name: str, storage: str) -> Cells:
        text = dtypes.labels(values)
        codes, uniques = pd.factorize(text)
        all_distinct = pd.Series(uniques, dtype="str")
        all_counts = np.bincount(codes[codes >= 0], minlength=len(all_distinct))
        found = tokens.candidates(all_distinct) if storage == TEXT or dtypes.is_text(values.dtype) else []
        present = ~all_distinct.isin(found).to_numpy()
        by_cell = dict(zip(all_distinct, all_counts.tolist(), strict=True)) if found else {}
        return cls(
            name,
            storage,
            values,
            text,
            all_distinct[present].reset_index(drop=True),
            all_counts[present],
            {cell: by_cell[cell] for cell in found},
            int((codes < 0).sum()),
            name_words(name),
        )

    @property
    def rows(self) -> int:
        return len(self.text)

    @property
    def known(self) -> int:
        """Cells that are neither absent nor candidates for missing."""
        return int(self.counts.sum())

    @property
    def unique(self) -> bool:
        """Whether every known cell is different from all others."""
        return len(self.distinct) == self.known > 0

    def note(self, missing: list[str]) -> str:
        """Which words were taken for missing, for the end of a reason."""
        shown = [f"“{excerpt(t)}” ({self.found[t]:,})" for t in missing if t.strip()]
        return f"; {', '.join(shown)} taken as missing" if shown else ""

    def token_tuple(self, missing: list[str]) -> tuple[str, ...]:
        """The missing tokens of the column, the commonest first."""
        counts = {cell: self.found[cell] for cell in missing}
        if self.storage != TEXT and not self.gaps:
            return tuple(sorted(counts, key=lambda c: -counts[c]))
        if self.storage != TEXT:  # absent cells are how this source says missing
            return ("", *sorted(counts, key=lambda c: -counts[c])) if counts else ()
        counts[""] = counts.get("", 0) + self.gaps
        return tuple(sorted(counts, key=lambda c: (-counts[c], c != "")))


def name_words(name: str) -> tuple[str, ...]:
    """The words of a name in small letters: "hostID_2" is host, id and 2."""
    return tuple(_WORD.findall(_HUMP.sub(" ", name).lower()))
