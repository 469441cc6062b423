"""What a person chose on the configure page: plain data, kept beside the table so that a refresh finds it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass, field, replace
from typing import Any, Self

from engine.errors import TwinError
from engine.run import HOLDOUT, HOLDOUT_ROWS, Release, RunRequest
from engine.synthesizer import AUTO
from engine.table.schema import Schema
from pages.ui.datasets import Dataset


@dataclass(frozen=True, slots=True)
class Choices:
    """The whole form. settings: by method, so that a look at another method loses nothing."""

    method: str = AUTO
    settings: Mapping[str, Mapping[str, Any]] = field(default_factory=dict)
    rows: int | None = None  # None: as many as the table has
    seed: int = 0
    holdout: float | None = None  # None: the engine's own rule
    release: Release = "all"
    budget: float | None = None
    charts: bool = True

    def request(self) -> RunRequest:
        return RunRequest(
            method=self.method,
            settings=self.settings.get(self.method, {}),
            rows=self.rows,
            seed=self.seed,
            holdout=self.holdout,
            release=self.release,
            budget=self.budget,
            charts=self.charts,
        )

    def with_settings(self, method: str, values: Mapping[str, Any]) -> Self:
        """A copy with these settings of `method`; the others' stay."""
        return replace(self, settings={**self.settings, method: dict(values)})

    def to_json(self) -> dict[str, Any]:
        return asdict(self)

    @classmethod
    def from_json(cls, data: Mapping[str, Any]) -> Self:
        """Unknown entries are passed over: an older or later version may have written them."""
        return cls(**{name: data[name] for name in cls.__dataclass_fields__ if name in data})


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
        choices.request().check(schema)
    except TwinError as error:
        return str(error)
    return ""
