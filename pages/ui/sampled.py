"""What inputs for given values and shares stand on: an uploaded table, or rows that a saved model made."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar

from pages.ui.datasets import Dataset

if TYPE_CHECKING:
    import pandas as pd


@dataclass(frozen=True, slots=True)
class Sampled:
    """Rows of a saved model in the place of a real table, which is not there any more.

    version: of the model, for what is remembered of it; frame: parsed; labels: by column the values that the model
    knows, also those that none of the rows has.
    scope: before the keys of the inputs, so that they have nothing to do with those on the configure page.
    """

    version: str
    frame: pd.DataFrame
    labels: Mapping[str, Sequence[str]]
    scope: ClassVar[str] = "kept-"
    row_is: ClassVar[str] = "row of the model’s sample"
    rows_are: ClassVar[str] = "rows of the model’s sample"

    def distinct(self, column: str) -> int:
        """How many different values there are, gaps not counted."""
        return len({*self.labels.get(column, ()), *self.frame[column].dropna().unique()})


Source = Dataset | Sampled
