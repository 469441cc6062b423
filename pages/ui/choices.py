"""What a person chose on the configure page: plain data, kept beside the table so that a refresh finds it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass, field, replace
from typing import Any, Self

from engine.conditions import quoted, write_name
from engine.errors import TwinError
from engine.generators.base import Capability
from engine.generators.registry import GENERATORS
from engine.protection import Protection
from engine.race import RACE
from engine.run import HOLDOUT, HOLDOUT_ROWS, Depth, Release, RunRequest
from engine.synthesizer import AUTO
from engine.table.schema import Schema
from pages.ui.datasets import Dataset

EQUAL, DATA, OWN = "equal", "data", "own"  # how the rows of a balanced column are shared out


@dataclass(frozen=True, slots=True)
class Choices:
    """The whole form. settings: by method, so that a look at another method loses nothing.

    protection: of rare categories, as `engine.protection.Protection` writes itself.
    given: by column, as `engine.conditions` writes it, "" while incomplete. balance: column, preset, own (per cent
    by value); empty for none.
    """

    method: str = AUTO
    also: tuple[str, ...] = ()  # methods that are trained as well, each in a run of its own
    settings: Mapping[str, Mapping[str, Any]] = field(default_factory=dict)
    rows: int | None = None  # None: as many as the table has
    seed: int = 0
    holdout: float | None = None  # None: the engine's own rule
    release: Release = "all"
    budget: float | None = None
    fallback: bool = True
    charts: bool = True
    protection: Mapping[str, Any] = field(default_factory=dict)
    depth: Depth = "quick"
    target: str | None = None  # these six belong to the full figures
    guess: tuple[str, ...] = ()
    known: tuple[str, ...] = ()
    person: tuple[str, ...] = ()
    drop_near: bool = False
    splits: int | None = None
    given: Mapping[str, str] = field(default_factory=dict)
    balance: Mapping[str, Any] = field(default_factory=dict)

    def request(self) -> RunRequest:
        return RunRequest(
            method=self.method,
            settings=self.settings.get(self.method, {}),
            rows=self.rows,
            seed=self.seed,
            holdout=self.holdout,
            release=self.release,
            budget=self.budget,
            fallback=self.fallback,
            charts=self.charts,
            protection=Protection.from_json(self.protection),
            **self._measured(),
            given=tuple(text for text in self.given.values() if text),
            balance=self.balance_text(),
        )

    def requests(self) -> tuple[RunRequest, ...]:
        """The runs that are to be started: of the chosen method first, then of those that are trained as well.

        A race tries the methods itself, and one that cannot do what is asked of the rows is passed over.
        """
        wanted = self.given or self.balance
        others = [] if self.method == RACE else [key for key in self.also if key in GENERATORS and key != self.method]
        able = [key for key in others if not wanted or Capability.GIVEN in GENERATORS[key].info.capabilities]
        return (self.request(), *(replace(self, method=key).request() for key in able))

    def _measured(self) -> dict[str, Any]:
        """What is measured; what belongs to the full figures is kept for later where only quick ones are wanted."""
        if self.depth != "full":
            return {"depth": self.depth}
        lists = {name: tuple(getattr(self, name)) for name in ("guess", "known", "person")}
        near = self.drop_near and self.release == "audited"
        return {"depth": self.depth, "target": self.target, "drop_near": near, "splits": self.splits, **lists}

    def balance_text(self) -> str:
        """The shares to make, as engine.balance reads them; nothing where none were asked for."""
        if not self.balance:
            return ""
        name = write_name(self.balance["column"])
        if self.balance["preset"] != OWN:
            return f"{name}={self.balance['preset']}"
        own = self.balance["own"].items()
        return f"{name}={','.join(f'{quoted(value)}:{percent:.10g}' for value, percent in own)}"

    def with_settings(self, method: str, values: Mapping[str, Any]) -> Self:
        """A copy with these settings of `method`; the others' stay."""
        return replace(self, settings={**self.settings, method: dict(values)})

    def to_json(self) -> dict[str, Any]:
        return {key: list(value) if isinstance(value, tuple) else value for key, value in asdict(self).items()}

    @classmethod
    def from_json(cls, data: Mapping[str, Any]) -> Self:
        """Unknown entries, and those of another kind, are passed over: another version may have written them."""
        known: dict[str, Any] = {name: data[name] for name in cls.__dataclass_fields__ if name in data}
        known |= {name: tuple(value) for name, value in known.items() if isinstance(value, list)}
        first = cls()
        return cls(**{name: value for name, value in known.items() if _like(value, getattr(first, name), name)})


def _like(value: Any, first: Any, name: str) -> bool:
    """Whether a value is of the kind that its entry begins with; numbers, and the target, begin with none."""
    if first is None:
        return value is None or isinstance(value, str if name == "target" else (int, float))
    return isinstance(value, type(first))


def default_holdout(rows: int) -> float:
    """The share that is held out where the person did not choose."""
    return HOLDOUT if rows >= HOLDOUT_ROWS else 0.0


def keep(table: Dataset, schema: Schema, choices: Choices) -> str:
    """Save what was chosen, where it changed; what is wrong with it as a sentence, or nothing."""
    if schema != table.load_schema():
        table.save_schema(schema)
    if choices.to_json() != table.load_choices():
        table.save_choices(choices.to_json())
    try:
        for request in choices.requests():
            request.check(schema)
    except TwinError as error:
        return str(error)
    return ""
