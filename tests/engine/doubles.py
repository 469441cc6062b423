"""Stand-ins for methods, so that tests of the machinery need no training."""

from __future__ import annotations

import threading
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import pandas as pd

from engine.errors import FitError
from engine.generators.base import Capability, Family, Generator, GeneratorInfo
from engine.generators.costs import Cost, Work
from engine.progress import Reporter
from engine.seeds import stream
from engine.settings import Settings, option


@dataclass(frozen=True)
class RowsSettings(Settings):
    steps: int = option(3, "Steps of the make-believe training.", low=1, high=10)


class Rows(Generator):
    """Draws whole rows of the training table with replacement."""

    info = GeneratorInfo(
        key="rows",
        label="Rows",
        family=Family.STATISTICAL,
        advanced=False,
        summary="Draws rows.",
        when="In tests.",
        holds="Every row.",
        source="None.",
        settings=RowsSettings,
        capabilities=frozenset({Capability.LIKELIHOOD, Capability.IMPUTE}),
    )
    fits = 0  # of all instances, for tests that count trainings

    def _fit(self, table: pd.DataFrame, schema: Any, *, seed: int, progress: Any, cancel: Any, budget: Any) -> None:
        type(self).fits += 1
        reporter = Reporter("learn rows", self.settings.steps, progress, cancel)
        for _ in range(self.settings.steps):
            reporter.step()
        self.table = table
        self.notes.append("Learned by heart.")

    def _sample(self, n: int, *, seed: int, given: Any, progress: Any, cancel: Any) -> pd.DataFrame:
        picked = stream(seed, "rows").integers(len(self.table), size=n)
        return self.table.iloc[picked].reset_index(drop=True)

    def _log_likelihood(self, table: pd.DataFrame) -> np.ndarray:
        return -table.isna().sum(axis=1).to_numpy(dtype=float)

    def _impute(self, table: pd.DataFrame, *, seed: int, progress: Any, cancel: Any) -> pd.DataFrame:
        # A sloppy method: it returns other values for cells that were not missing, too.
        first = {name: self.table[name].dropna().iloc[0] for name in table}
        return pd.DataFrame({name: pd.Series([first[name]] * len(table), dtype=table[name].dtype) for name in table})

    def _state(self) -> dict[str, Any]:
        assert self.schema is not None
        text = self.schema.to_text(self.table)
        return {"cells": {name: text[name].tolist() for name in text}}

    def _set_state(self, state: dict[str, Any]) -> None:
        assert self.schema is not None
        self.table = self.schema.parse(pd.DataFrame(state["cells"], dtype="str"))

    def _passport(self) -> dict[str, list[Any]]:
        return {name: self.table[name].dropna().astype("str").unique().tolist() for name in self.table}


@dataclass(frozen=True)
class BigSettings(Settings):
    width: int = option(64, "Size.", low=8, high=512)
    depth: int = option(4, "Height.", low=1, high=9)


class Big(Rows):
    """Takes a second for a thousand rows and a megabyte of memory, each times width and depth."""

    info = replace(Rows.info, key="big", settings=BigSettings, lighter=("width", "depth"))

    @classmethod
    def cost(cls, settings: Any, work: Work) -> Cost:
        size = settings.width * settings.depth
        return Cost(train=size * work.rows / 1_000, make=work.made / 1_000, memory=1e6 * size, threads=2)


class Broken(Rows):
    """Never converges."""

    info = GeneratorInfo(**{**{f: getattr(Rows.info, f) for f in Rows.info.__dataclass_fields__}, "key": "broken"})

    def _fit(self, *args: Any, **kwargs: Any) -> None:
        raise FitError("The loss became infinite at step 2.")


class Greedy(Rows):
    """Takes memory until there is none left; only for processes that are held to some."""

    info = GeneratorInfo(**{**{f: getattr(Rows.info, f) for f in Rows.info.__dataclass_fields__}, "key": "greedy"})

    def _fit(self, *args: Any, **kwargs: Any) -> None:
        held = []
        for _ in range(200):
            held.append(np.ones(2**24))  # 128 MiB
        raise AssertionError("The process was not held to any amount of memory.")


class Patient(Rows):
    """Trains until it is cancelled, or until the test lets it go."""

    info = GeneratorInfo(**{**{f: getattr(Rows.info, f) for f in Rows.info.__dataclass_fields__}, "key": "patient"})
    go = threading.Event()

    def _fit(self, table: pd.DataFrame, schema: Any, **how: Any) -> None:
        reporter = Reporter("wait", 0, how["progress"], how["cancel"])
        while not self.go.wait(0.01):
            reporter.step()
        super()._fit(table, schema, **how)
