"""Something that happens to members more often than to controls: two rates, their difference, interval and p-value."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field
from typing import Any

import numpy as np

from engine.evaluation.base import FloatArray
from engine.privacy.nearest import Check, no_check
from engine.privacy.resampling import RESAMPLES, SHUFFLES, Units, blocks, interval
from engine.privacy.roc import Weights
from engine.privacy.scores import Trial


@dataclass(frozen=True, slots=True)
class Comparison:
    """The rate among members and among controls, their difference with its 95% interval, and a one-sided p-value.

    what: a sentence that says what is counted; columns: that it is about; population: the rate among controls of the
    same attack by someone who has other real rows in place of the synthetic ones, None where there is no such attack.
    """

    key: str
    what: str
    members: float
    controls: float
    difference: float
    interval: tuple[float, float]
    p: float
    columns: tuple[str, ...] = ()
    population: float | None = None

    def to_json(self) -> dict[str, Any]:
        return {**asdict(self), "interval": list(self.interval), "columns": list(self.columns)}

    @classmethod
    def from_json(cls, data: Mapping[str, Any]) -> Comparison:
        low, high = data["interval"]
        return cls(**{**data, "interval": (low, high), "columns": tuple(data["columns"])})


@dataclass(frozen=True, slots=True, eq=False)
class Hits:
    """What happened to whom: (records,) 0 to 1 in the records' original order. Never saved, shown or exported.

    population: as in `Comparison`.
    """

    key: str
    what: str
    values: FloatArray = field(repr=False)
    columns: tuple[str, ...] = ()
    population: float | None = None

    @classmethod
    def joined(cls, parts: Sequence[Hits]) -> Hits:
        """The same thing in several splits."""
        known = [part.population for part in parts if part.population is not None]
        population = float(np.mean(known)) if known else None
        values = np.concatenate([part.values for part in parts])
        return cls(parts[0].key, parts[0].what, values, parts[0].columns, population)


def compare(
    hits: Hits,
    trial: Trial,
    rng: np.random.Generator,
    draws: tuple[int, int] = (RESAMPLES, SHUFFLES),
    check: Check = no_check,
) -> Comparison:
    """Compare members with controls. draws: bootstrap samples and shuffles."""
    own = trial.like({hits.key: hits.values})
    units, values = Units(own), own.scores[hits.key]
    facts: dict[str, Any] = {"key": hits.key, "what": hits.what, "columns": hits.columns, "population": hits.population}
    if not values.any():
        return Comparison(**facts, members=0.0, controls=0.0, difference=0.0, interval=(0.0, 0.0), p=1.0)
    samples = []
    for size in blocks(draws[0], len(values), check):
        weights = units.resampled(size, rng)
        samples.append(_gap(weights * own.member, weights * ~own.member, values))
    members, controls = (float(values[side].mean()) for side in (own.member, ~own.member))
    chance: list[float] = [members - controls]
    for size in blocks(draws[1], len(values), check):
        shuffled = units.shuffled(size, rng)
        chance.extend(_gap(shuffled, 1.0 - shuffled, values))
    p = float((np.asarray(chance) >= chance[0] - 1e-12).mean())
    bounds = interval(np.concatenate(samples))
    return Comparison(**facts, members=members, controls=controls, difference=chance[0], interval=bounds, p=p)


def _gap(members: Weights, controls: Weights, values: FloatArray) -> FloatArray:
    """(draws,) the difference of two weighted means."""
    return np.asarray(members @ values / members.sum(axis=1) - controls @ values / controls.sum(axis=1))
