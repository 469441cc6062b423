"""What an audit found, as plain data: figures with intervals beside chance, a verdict, and nothing of a single row."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from typing import Any

from engine.privacy.comparison import Comparison
from engine.privacy.epsilon import Epsilon
from engine.privacy.near import Dropped
from engine.privacy.planted import SelfTest
from engine.privacy.quasi import Sharing
from engine.privacy.verdict import Verdict

VERSION = 1


@dataclass(frozen=True, slots=True)
class Figure:
    """A value with its 95% interval, and what an attacker gets who knows nothing."""

    value: float
    interval: tuple[float, float]
    chance: float

    def to_json(self) -> dict[str, Any]:
        return {"value": self.value, "interval": list(self.interval), "chance": self.chance}

    @classmethod
    def from_json(cls, data: Mapping[str, Any]) -> Figure:
        low, high = data["interval"]
        return cls(data["value"], (low, high), data["chance"])


@dataclass(frozen=True, slots=True)
class Attack:
    """One score's figures, among all records and among the most unusual tenth (empty where there is none).

    By name: "auc" (0.5 to 1), "tpr" (share of members recognised at 1% false alarms), "advantage" (true minus false
    positive rate at a threshold chosen on other records).
    """

    key: str
    label: str
    everyone: Mapping[str, Figure]
    tenth: Mapping[str, Figure]

    def to_json(self) -> dict[str, Any]:
        sides = {"everyone": self.everyone, "tenth": self.tenth}
        figures = {side: {name: f.to_json() for name, f in found.items()} for side, found in sides.items()}
        return {"key": self.key, "label": self.label, **figures}

    @classmethod
    def from_json(cls, data: Mapping[str, Any]) -> Attack:
        everyone, tenth = (
            {name: Figure.from_json(f) for name, f in data[side].items()} for side in ("everyone", "tenth")
        )
        return cls(data["key"], data["label"], everyone, tenth)


@dataclass(frozen=True, slots=True)
class Audit:
    """All privacy figures of one synthetic table. Where no audit is possible, `not_applicable` says why.

    rows: of "train", "members", "controls", "reference", "synthetic", the pool's "units" and its "unusual" tenth;
    p: one p-value of all attacks; comparisons: exact copies, secrets, quasi-identifiers; draws: bootstrap samples and
    shuffles; splits: how many splits the figures are of; dropped: what was taken out of the synthetic table before.
    likeness: mean distances, which say how alike the tables are and nothing of privacy: of "members" and "controls" to
    their nearest synthetic row, and of controls to their nearest "reference" row.
    """

    rows: Mapping[str, int]
    verdict: Verdict | None
    attacks: tuple[Attack, ...] = ()
    p: float | None = None
    epsilon: Epsilon | None = None
    comparisons: tuple[Comparison, ...] = ()
    sharing: Sharing | None = None
    self_test: tuple[SelfTest, ...] = ()
    dropped: Dropped | None = None
    likeness: Mapping[str, float] = field(default_factory=dict)
    notes: tuple[str, ...] = ()
    seed: int = 0
    draws: tuple[int, int] = (0, 0)
    splits: int = 1
    not_applicable: str = ""
    skipped: tuple[tuple[str, str], ...] = field(default=())  # columns left out, each with the reason

    def comparison(self, key: str) -> Comparison | None:
        """The first of this key: "copies", "singling_out", "linking", "attribute_row", "attribute_model"."""
        return next((c for c in self.comparisons if c.key == key), None)

    def strongest(self, figure: str = "tpr", among: str = "everyone") -> tuple[Attack, Figure] | None:
        """The attack with the largest figure; None where none has it."""
        found = [
            (attack, getattr(attack, among)[figure]) for attack in self.attacks if figure in getattr(attack, among)
        ]
        return max(found, key=lambda pair: pair[1].value, default=None)

    def to_json(self) -> dict[str, Any]:
        return {
            "version": VERSION,
            "rows": dict(self.rows),
            "verdict": None if self.verdict is None else self.verdict.to_json(),
            "attacks": [attack.to_json() for attack in self.attacks],
            "p": self.p,
            "epsilon": None if self.epsilon is None else asdict(self.epsilon),
            "comparisons": [c.to_json() for c in self.comparisons],
            "sharing": None if self.sharing is None else self.sharing.to_json(),
            "self_test": [test.to_json() for test in self.self_test],
            "dropped": None if self.dropped is None else self.dropped.to_json(),
            "likeness": dict(self.likeness),
            "notes": list(self.notes),
            "seed": self.seed,
            "draws": list(self.draws),
            "splits": self.splits,
            "not_applicable": self.not_applicable,
            "skipped": [list(pair) for pair in self.skipped],
        }

    @classmethod
    def from_json(cls, data: Any) -> Audit:
        """Raises ValueError when `data` is no audit, or one of another version."""
        if not isinstance(data, Mapping) or data.get("version") != VERSION:
            raise ValueError("This is not a privacy audit that this program can read.")
        try:
            return cls(
                rows={str(key): int(value) for key, value in data["rows"].items()},
                verdict=None if data["verdict"] is None else Verdict.from_json(data["verdict"]),
                attacks=tuple(Attack.from_json(attack) for attack in data["attacks"]),
                p=data["p"],
                epsilon=None if data["epsilon"] is None else Epsilon(**data["epsilon"]),
                comparisons=tuple(Comparison.from_json(c) for c in data["comparisons"]),
                sharing=None if data["sharing"] is None else Sharing.from_json(data["sharing"]),
                self_test=tuple(SelfTest.from_json(test) for test in data["self_test"]),
                dropped=None if data["dropped"] is None else Dropped.from_json(data["dropped"]),
                likeness={str(key): float(value) for key, value in data.get("likeness", {}).items()},
                notes=tuple(data["notes"]),
                seed=int(data["seed"]),
                draws=(int(data["draws"][0]), int(data["draws"][1])),
                splits=int(data["splits"]),
                not_applicable=str(data["not_applicable"]),
                skipped=tuple((name, reason) for name, reason in data["skipped"]),
            )
        except (KeyError, TypeError, AttributeError, IndexError) as error:
            raise ValueError(f"The privacy audit is damaged ({error}).") from error
