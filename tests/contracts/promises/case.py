"""What a promise is checked on: one generator, one animal of the zoo, and the model trained on it."""

from __future__ import annotations

import copy
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from engine.generators.base import Generator
from engine.table.schema import Column
from tests.contracts.trainings import Trained, trained
from tests.contracts.zoo import Animal


@dataclass(frozen=True)
class Case:
    """A generator with its cheap settings, an animal, and the model trained on it."""

    kind: type[Generator]
    settings: dict[str, Any]
    animal: Animal
    folder: Path  # empty, of this test alone

    @property
    def training(self) -> Trained:
        return trained(self.kind.info.key, self.animal.name)

    @property
    def model(self) -> Generator:
        """The one that all checks share: to be looked at, not to be changed."""
        return self.training.model

    def spare(self) -> Generator:
        """The trained model, for this check alone."""
        return copy.deepcopy(self.model)

    def fresh(self) -> Generator:
        return self.kind(self.settings)

    def numeric(self) -> list[Column]:
        return [c for c in self.animal.schema if c.kind.numeric]


def varied(animal: Animal) -> bool:
    """Whether samples of the animal can differ at all."""
    return any(animal.table[name].nunique() > 1 for name in animal.table)
