"""What else a person wants to know of a synthetic table, beside who was trained on."""

from __future__ import annotations

from dataclasses import dataclass

from engine.errors import SettingsError
from engine.evaluation.columns import comparable
from engine.privacy.planted import SHARES
from engine.privacy.resampling import RESAMPLES, SHUFFLES
from engine.table.schema import Schema


@dataclass(frozen=True, slots=True)
class Questions:
    """What else a person wants to know.

    secrets: columns that an attacker might guess; quasi: columns that an outsider may know of a person; shares: of the
    training rows that are planted as copies to test the meter; resamples, shuffles: draws of intervals and p-values.
    """

    secrets: tuple[str, ...] = ()
    quasi: tuple[str, ...] = ()
    shares: tuple[float, ...] = SHARES
    resamples: int = RESAMPLES
    shuffles: int = SHUFFLES

    def check(self, schema: Schema) -> None:
        """Raises SettingsError for a column or number that cannot be."""
        names = {column.name for column in comparable(schema)}
        for name in (*self.secrets, *self.quasi):
            if name not in names:
                raise SettingsError(
                    f"“{name}” cannot be asked about: it is no column that is learned. Those are: {', '.join(names)}.",
                    column=name,
                )
        if any(not 0 < share <= 1 for share in self.shares):
            raise SettingsError("The shares of rows to plant must be above 0 and at most 1.")
        if min(self.resamples, self.shuffles) < 100:
            raise SettingsError("At least 100 bootstrap samples and 100 shuffles are needed.")
