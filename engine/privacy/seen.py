"""What the attackers see of one split: the records of the pool, with all that the tables tell of each."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from engine.evaluation.base import FloatArray
from engine.privacy import attributes, planted, quasi
from engine.privacy.comparison import Hits
from engine.privacy.encoding import Encoded, encode, ordered
from engine.privacy.nearest import Check
from engine.privacy.quasi import Sharing
from engine.privacy.questions import Questions
from engine.privacy.scores import Distances, attack, most_unusual
from engine.privacy.split import AuditSplit, Rows
from engine.seeds import framework_seed, stream
from engine.table.schema import Schema

EXACT = "the row stands word for word in the synthetic table, in all columns that are compared"


@dataclass(frozen=True, eq=False)
class Seen:
    """What the attackers see of one split's pool: members first, then controls. Never saved, shown or exported."""

    member: NDArray[np.bool_] = field(repr=False)
    unit: Rows = field(repr=False)
    tenth: NDArray[np.bool_] = field(repr=False)
    scores: Mapping[str, FloatArray] = field(repr=False)
    planted: list[tuple[float, int, Mapping[str, FloatArray]]] = field(repr=False)
    hits: list[Hits] = field(repr=False)
    likeness: Mapping[str, float]
    sharing: Sharing | None = None

    @classmethod
    def of(
        cls,
        table: pd.DataFrame,
        split: AuditSplit,
        synthetic: pd.DataFrame,
        schema: Schema,
        asked: Questions,
        seed: int,
        number: int,
        check: Check,
    ) -> Seen:
        encoded = _encoded(table, split, synthetic, schema)
        members = np.searchsorted(split.train, split.members)
        rng = stream(seed, "audit", "planted", number)
        plain, copies = planted.with_copies(encoded, members, asked.shares, rng, check)
        exact = np.asarray(plain.synthetic[:, 0] == 0, dtype=np.float64)
        hits = [Hits("copies", EXACT, exact)]
        for secret in asked.secrets:
            hits += attributes.inferred(secret, encoded, framework_seed(seed, "audit", "secret", secret), check)
        sharing = None
        if asked.quasi:
            more, sharing = quasi.found_by(asked.quasi, encoded, check)
            hits += more
        pool = np.concatenate([split.members, split.controls])
        return cls(
            np.arange(len(pool)) < len(members),
            split.units[pool],
            most_unusual(plain),
            attack(plain),
            [(p.share, p.rows, attack(p.distances)) for p in copies],
            hits,
            _likeness(plain, len(members)),
            sharing,
        )


def _likeness(distances: Distances, members: int) -> dict[str, float]:
    """Mean distances to the nearest row, see `Audit`."""
    made, real = distances.synthetic[:, 0], distances.reference[members:, 0]
    sides = {"members": made[:members], "controls": made[members:], "reference": real}
    return {key: float(side.mean(dtype=np.float64)) for key, side in sides.items()}


def _encoded(table: pd.DataFrame, split: AuditSplit, synthetic: pd.DataFrame, schema: Schema) -> Encoded:
    """All tables of one split; the synthetic and reference rows in an order that does not depend on the files'."""
    sides = {side: table.iloc[getattr(split, side)] for side in ("train", "controls", "reference")}
    encoded = encode({"synthetic": synthetic, **sides}, schema)
    tables = dict(encoded.tables)
    for side in ("synthetic", "reference"):
        order = ordered(tables[side])
        for column in tables[side]:  # in its place, since a large table has no room for a second one
            column[:] = column[:, order]
    tables["members"] = tables["train"][..., np.searchsorted(split.train, split.members)]
    return Encoded(encoded.names, encoded.numeric, tables)
