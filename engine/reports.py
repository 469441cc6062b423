"""What happened in a training, as plain data that is saved with the model and shown to the person."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from typing import Any

from engine.typed import check_fields


@dataclass(frozen=True, slots=True)
class Fallback:
    """One method that was tried and given up, and why (a sentence)."""

    method: str
    reason: str


@dataclass(frozen=True, slots=True)
class FitReport:
    """The books of one training.

    asked: method as the person chose it ("auto" included); used: key of the method that learned the columns together,
    None when there are none; own: columns learned apart, each with its method's key; protection: what was done with
    rare categories (see `engine.protection`); chosen_because: why "auto" chose what it tried first; settings: those of
    `used`; rules: for each rule what came of the real rows that break it (see `engine.constraints.treating`); rows and
    columns: of what was learned; seconds: of the training, fallbacks included.
    """

    asked: str
    used: str | None
    fallbacks: tuple[Fallback, ...] = ()
    rows: int = 0
    columns: int = 0
    seconds: float = 0.0
    seed: int = 0
    settings: Mapping[str, Any] = field(default_factory=dict)
    notes: tuple[str, ...] = ()
    chosen_because: str = ""
    own: Mapping[str, str] = field(default_factory=dict)
    protection: Mapping[str, Any] = field(default_factory=dict)
    rules: tuple[Mapping[str, Any], ...] = ()

    @property
    def fell_back(self) -> bool:
        return bool(self.fallbacks)

    def to_json(self) -> dict[str, Any]:
        plain = {**asdict(self), "settings": dict(self.settings), "notes": list(self.notes)}
        return {**plain, "own": dict(self.own), "protection": dict(self.protection), "rules": list(self.rules)}

    @classmethod
    def from_json(cls, data: Mapping[str, Any]) -> FitReport:
        """Raises KeyError, TypeError or ValueError when `data` is no report."""
        later = ("own", "protection")  # absent from reports of earlier versions
        fields = {name: data[name] for name in cls.__dataclass_fields__ if name not in (*later, "rules")}
        fields |= {name: dict(data.get(name, {})) for name in later}
        fields["fallbacks"] = tuple(Fallback(str(f["method"]), str(f["reason"])) for f in data["fallbacks"])
        fields["notes"] = tuple(str(note) for note in data["notes"])
        fields["settings"] = dict(data["settings"])
        fields["rules"] = tuple(dict(rule) for rule in data.get("rules", ()))
        made = cls(**fields)
        check_fields(made)
        return made
