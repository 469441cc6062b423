"""Which rows a run trains on, and which it holds out."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from engine.request import HOLDOUT, HOLDOUT_ROWS, MOST_SPLITS, RunRequest
from engine.seeds import stream
from engine.table.schema import Schema

if TYPE_CHECKING:
    import pandas as pd

    from engine.privacy import AuditSplit


_SMALL_POOL = 1_000  # rows in a pool under which attacks are run on several splits


@dataclass(frozen=True, slots=True)
class Split:
    """Row numbers of the training part and of the held out part, each rising; `reason` says why nothing is held out.

    audit: who is a member and who a control, where attacks were asked for; note: how rows were grouped for it.
    """

    train: NDArray[np.intp]
    holdout: NDArray[np.intp]
    reason: str = ""
    audit: AuditSplit | None = field(default=None, repr=False)
    note: str = ""

    @classmethod
    def of(cls, rows: int, share: float | None, seed: int) -> Split:
        """A random split of `rows` rows; the same seed gives the same one, whatever the method."""
        count = round(rows * (share if share is not None else HOLDOUT if rows >= HOLDOUT_ROWS else 0.0))
        if count == 0:
            return cls(np.arange(rows), np.arange(0), _why_none(rows, share))
        order = stream(seed, "holdout").permutation(rows)
        return cls(np.sort(order[count:]), np.sort(order[:count]))

    def further(self, request: RunRequest, rows: int) -> tuple[AuditSplit, ...]:
        """More splits for the attacks, whose pools have no row in common: where one alone is too small to tell."""
        from engine.privacy import AuditSplit

        first = self.audit
        if first is None or not first.possible:
            return ()
        count = splits_of(request, len(first.members) + len(first.controls), rows)
        return tuple(
            AuditSplit.of(rows, request.seed, share=request.holdout, units=first.units, turn=turn)
            for turn in range(1, count)
        )

    @classmethod
    def asked(cls, request: RunRequest, table: pd.DataFrame, schema: Schema) -> Split:
        """The split of a parsed table that a request wants.

        For the full figures the audit's coins decide (see `engine.privacy.split`): what they keep from training is at
        once the fresh real sample of all other figures. Where no audit is possible, the split is as for quick ones.
        """
        blind = not request.figures and request.release == "all"
        if blind or not request.figures or request.depth != "full":
            return cls.of(len(table), 0.0 if blind else request.holdout, request.seed)
        from engine.privacy import AuditSplit, units

        owner, note = units(table, schema, request.person)
        found = AuditSplit.of(len(table), request.seed, share=request.holdout, units=owner)
        if found.possible:
            return cls(found.train, found.holdout, "", found, note)
        plain = cls.of(len(table), request.holdout, request.seed)
        return cls(plain.train, plain.holdout, plain.reason, found, note)


def splits_of(request: RunRequest, pool: int, rows: int) -> int:
    """How many times rows are held out for the attacks. pool: rows whose training a coin decides, in each."""
    wanted = request.splits if request.splits is not None else (MOST_SPLITS if pool < _SMALL_POOL else 1)
    return min(wanted, rows // max(pool, 1))


def _why_none(rows: int, share: float | None) -> str:
    if share is None:
        return f"The table has fewer than {HOLDOUT_ROWS} rows, so all are trained on and none is held out."
    if share == 0:
        return "No rows were to be held out."
    return f"{share:g} of {rows} rows is less than one row, so none is held out."
