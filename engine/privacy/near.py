"""Synthetic rows that lie suspiciously near to one real row, so that they can be dropped.

A synthetic row is judged as an attacker would: how much nearer it is to a training row than that row is to other real
rows, on the logarithmic scale of the "calibrated" attack. Fresh real rows, judged in the same way, say what is usual:
the limit is the value that one in a hundred of them passes. Of a table that remembers nothing about one row in a
hundred is dropped, too, as it would be of a fresh real table.

A filter is no protection in itself: a table with holes around the training rows says where these are, and a real row
that is common may stay in the table as a copy (Ganev and De Cristofaro 2023, On the Inadequacy of Similarity-based
Privacy Metrics). The attacks have to be run again on what is left.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np
import pandas as pd

from engine.errors import NotApplicable
from engine.evaluation.base import FloatArray
from engine.evaluation.columns import comparable
from engine.privacy.encoding import Matrix, encode, ordered
from engine.privacy.nearest import Check, nearest_by, no_check
from engine.privacy.split import AuditSplit, Rows
from engine.table.schema import Schema

USUAL = 0.01  # share of fresh rows that pass the limit
FEWEST = 100  # fresh rows that the limit rests on
_NEAR_ZERO = 0.001


@dataclass(frozen=True, slots=True)
class Dropped:
    """How many of how many synthetic rows lie suspiciously near, and how many would among as many fresh real rows."""

    rows: int
    of: int
    usual: float = USUAL

    @property
    def sentence(self) -> str:
        share = self.rows / max(self.of, 1)
        return (
            f"{self.rows:,} of {self.of:,} synthetic rows ({share:.1%}) lay nearer to one training row than "
            f"{1 - self.usual:.0%} of fresh real rows do, and were dropped; {self.usual:.0%} would be usual. "
            "All figures are of the rows that are left."
        )

    def to_json(self) -> dict[str, Any]:
        return {**asdict(self), "sentence": self.sentence}

    @classmethod
    def from_json(cls, data: Mapping[str, Any]) -> Dropped:
        return cls(data["rows"], data["of"], data["usual"])


def suspicious(
    table: pd.DataFrame, split: AuditSplit, synthetic: pd.DataFrame, schema: Schema, check: Check = no_check
) -> tuple[Rows, Dropped]:
    """Row numbers of the synthetic rows to drop, rising, and the figures that say so.

    table: the whole real table, in any form; only its training and reference rows are looked at, so that the controls
    stay unspent for the attacks. Half of the reference says how lonely a training row is, the other half what is usual.
    Every synthetic is compared with every training row: seconds for 25,000 of each, half an hour for a million of each.
    Raises NotApplicable where there is nothing to compare with.
    """
    schema = schema.selected
    if not comparable(schema) or not len(synthetic):
        raise NotApplicable("there are no rows or columns to compare")
    if len(split.reference) < 2 * FEWEST:
        raise NotApplicable(f"at least {2 * FEWEST} real rows beside the training rows are needed to say what is near")
    real = schema.parse(table)
    sides = {"reference": real.iloc[split.reference], "train": real.iloc[split.train]}
    encoded = encode({"synthetic": schema.parse(synthetic), **sides}, schema)
    fresh = encoded["reference"][..., ordered(encoded["reference"])]
    halves = [np.ascontiguousarray(fresh[..., at::2]) for at in (0, 1)]
    train_rows = np.ascontiguousarray(encoded["train"][..., ordered(encoded["train"])])
    limit = np.quantile(_nearness(halves[1], train_rows, halves[0], check), 1.0 - USUAL, method="higher")
    found = _nearness(encoded["synthetic"], train_rows, halves[0], check) > limit
    rows = np.flatnonzero(found)
    return rows, Dropped(len(rows), len(synthetic))


def _nearness(rows: Matrix, train: Matrix, others: Matrix, check: Check) -> FloatArray:
    """(rows,) how much nearer each row is to its nearest training row than that one is to `others`.

    (columns, 2, n) each.
    """
    every = list(range(len(train)))
    found = nearest_by(rows, train, every, check)
    known, place = np.unique(found.row, return_inverse=True)
    lonely = nearest_by(np.ascontiguousarray(train[..., known]), others, every, check).near[place]
    far, near = lonely.astype(np.float64), found.near.astype(np.float64)
    return np.asarray(np.log(far + _NEAR_ZERO) - np.log(near + _NEAR_ZERO))
