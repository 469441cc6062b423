"""Who is trained on, so that privacy can be attacked fairly: a pool of rows, and a coin for each unit of it.

    pool ── coin ──> members (trained on) and controls (never seen by the model)
    reference        never seen either; what the attacker has of the same population
    everything else  trained on

A unit is what shares one coin: the rows of one person where a key says so, and rows that are equal in every column.
With fair and independent coins, an attack that tells members from controls better than chance has learned it from the
synthetic table, and from nothing else (Steinke, Nasr and Jagielski 2023, Privacy Auditing with One (1) Training Run).
"""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from engine.errors import SettingsError
from engine.seeds import stream

Rows = NDArray[np.intp]

POOL = 7_500  # rows that a coin is thrown for, at most
PARTS = 3  # of the table; one of them at most is the pool (and as many rows are kept from training)
UNCHECKED = (
    "The figures rest on this: the rows held out are a random part of the same table as the training rows. "
    "Whether that is so cannot be seen from the files."
)
FEWEST = 100  # units in a pool; with fewer, ten copies in a hundred would not be found


@dataclass(frozen=True, slots=True)
class AuditSplit:
    """Row numbers, each rising: `members` is a part of `train`; `controls` and `reference` are held out.

    units: of every row of the table, which unit it belongs to. reason: why there is no audit, where `members` is empty.
    note: what the figures rest on that was not checked.
    """

    train: Rows
    members: Rows
    controls: Rows
    reference: Rows
    units: Rows = field(repr=False)
    reason: str = ""
    note: str = ""

    @property
    def holdout(self) -> Rows:
        """All rows that the model never sees, rising."""
        return np.sort(np.concatenate([self.controls, self.reference]))

    @property
    def possible(self) -> bool:
        return len(self.members) > 0

    @classmethod
    def of(
        cls,
        rows: int,
        seed: int,
        *,
        share: float | None = None,
        units: Rows | None = None,
        turn: int = 0,
        pool: int = POOL,
    ) -> AuditSplit:
        """The split of a table of `rows` rows; the same seed gives the same one.

        share: of the rows to hold out, 0 to 0.5; None takes a third of them, but no more than `pool`. units: (rows,)
        the unit of each row (see `engine.privacy.units`), each its own by default. turn: of repeated splits the
        number of this one; as long as (turn + 1) pools fit into the table, the pools of all turns have no row in
        common. Where no audit is possible, `share` is held out all the same, as reference.

        Raises SettingsError for a share out of bounds.
        """
        if share is not None and not 0 <= share <= 0.5:
            raise SettingsError(f"The share held out must be from 0 to 0.5, not {share}.")
        owner = np.arange(rows, dtype=np.intp) if units is None else _numbered(units)
        held = round(rows * share) if share is not None else min(pool, rows // PARTS)
        size = min(pool, held)
        order = _in_turn(owner, stream(seed, "audit", "order"), turn * size)
        ends = np.searchsorted(order.ends, [size, held], "right")
        reason = _why_not(rows, share, int(ends[0]))
        if reason:
            return cls._without(owner, order, held if share is not None else 0, reason)
        coins = stream(seed, "audit", "coins", turn).random(int(ends[0])) < 0.5
        label = np.zeros(int(owner.max()) + 1, dtype=np.int8)  # 0: trained on
        label[order.units[: ends[0]]] = np.where(coins, 1, 2)
        controls = int((label[owner] == 2).sum())
        rest = order.ends[ends[0] :] - (order.ends[ends[0] - 1] if ends[0] else 0)
        label[order.units[ends[0] :][rest <= max(held - controls, 0)]] = 3
        return cls._labelled(owner, label[owner])

    @classmethod
    def of_parts(cls, trained: int, held: int, seed: int, *, units: Rows | None = None, pool: int = POOL) -> AuditSplit:
        """The split of a table whose first `trained` rows were trained on and whose other `held` rows were not.

        For files that come without a coin: that the rows held out are a random part of the same table cannot be seen
        here, and everything rests on it. Units that lie on both sides are in no pool. Half of the rows held out, but no
        more than half of `pool`, are controls; as many trained ones are members.
        """
        rows = trained + held
        owner = np.arange(rows, dtype=np.intp) if units is None else _numbered(units)
        sides = [np.unique(owner[:trained]), np.unique(owner[trained:])]
        label = np.zeros(rows, dtype=np.int8)
        label[trained:] = 3
        size = min(pool // 2, held // 2)
        for kind, own, others in ((2, sides[1], sides[0]), (1, sides[0], sides[1])):
            order = np.setdiff1d(own, others)
            order = stream(seed, "audit", "part", kind).permutation(order)
            ends = np.cumsum(np.bincount(owner, minlength=1)[order])
            chosen = np.isin(owner, order[: int(np.searchsorted(ends, size, "right"))])
            label[chosen] = kind
            size = min(size, int(chosen.sum()))
        if (fewer := int(min((label == 1).sum(), (label == 2).sum()))) < FEWEST // 2:
            label[:trained], label[trained:] = 0, 3
            wanted = (
                f"at least {FEWEST // 2} trained rows and as many held out ones, which no other one equals, are needed"
            )
            return cls._labelled(owner, label, f"{wanted}, and as many again to compare with; here are {fewer}")
        return cls._labelled(owner, label, note=UNCHECKED)

    @classmethod
    def _without(cls, owner: Rows, order: _Order, held: int, reason: str) -> AuditSplit:
        label = np.zeros(int(owner.max(initial=-1)) + 1, dtype=np.int8)
        label[order.units[order.ends <= held]] = 3
        return cls._labelled(owner, label[owner], reason)

    @classmethod
    def _labelled(cls, owner: Rows, label: NDArray[np.int8], reason: str = "", note: str = "") -> AuditSplit:
        found = [np.flatnonzero(np.isin(label, kinds)) for kinds in ([0, 1], [1], [2], [3])]
        train, members, controls, reference = found
        return cls(train, members, controls, reference, owner, reason, note)


@dataclass(frozen=True, slots=True)
class _Order:
    """Units in the order that they are drawn in, and how many rows these and all before them have."""

    units: Rows
    ends: Rows


def _in_turn(owner: Rows, rng: np.random.Generator, skip: int) -> _Order:
    """Units in random order, the first ones of about `skip` rows moved to the end."""
    sizes = np.bincount(owner)
    units = rng.permutation(len(sizes)).astype(np.intp)
    if skip:
        units = np.roll(units, -int(np.searchsorted(np.cumsum(sizes[units]), skip % max(len(owner), 1), "right")))
    return _Order(units, np.cumsum(sizes[units]).astype(np.intp))


def _numbered(units: Rows) -> Rows:
    return np.unique(units, return_inverse=True)[1].astype(np.intp)


def _why_not(rows: int, share: float | None, pooled: int) -> str:
    if pooled >= FEWEST:
        return ""
    if share == 0:
        return "no rows were to be held out"
    wanted = f"at least {FEWEST} rows, or people, that a coin decides about are needed"
    if share is not None:
        return f"{wanted}; {share:g} of {rows:,} rows gives {pooled}"
    return f"{wanted}, a third of a table; this one has {rows:,} rows, which gives {pooled}"
