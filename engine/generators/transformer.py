"""Transformer: the columns one after the other, each told in a few tokens by attention to the columns before it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from engine.codecs.table import TableCodec
from engine.conditions import Condition
from engine.generators.base import Capability, Family, Generator, GeneratorInfo
from engine.generators.costs import Cost, Work
from engine.generators.demands import held_values, refusal
from engine.generators.relations import sentences
from engine.progress import Budget, CancelToken, Listener, Reporter
from engine.settings import Settings, option
from engine.table.schema import Schema

if TYPE_CHECKING:
    from engine.generators.deep.transformer.model import TableModel

Floats = NDArray[np.float64]

_CELLS = 400_000  # rows times columns that are made at a time


@dataclass(frozen=True)
class TransformerSettings(Settings):
    epochs: int = option(
        16, "How often all rows are learned from, at most. More fits closer, and takes longer.", low=1, high=1_000
    )
    width: int = option(64, "Numbers that describe a row's state inside the network.", low=8, high=1_024)
    layers: int = option(2, "Layers of attention.", low=1, high=24, advanced=True)
    detail: int = option(512, "Cells into which a number is cut.", low=16, high=4096, advanced=True)


class Transformer(Generator):
    """Cells of the columns by a network with attention, in any order; values inside the cells."""

    info = GeneratorInfo(
        key="transformer",
        label="Transformer",
        family=Family.DEEP,
        advanced=True,
        summary="Makes the columns one after the other, each in a few tokens, by attention to the columns before it.",
        when="From about 1,000 rows on: structured tables, relations of many columns, given values on any columns.",
        holds="Category labels, values that at least five rows share, the range of each number, exact rules between "
        "columns, and a network's weights.",
        source="Vaswani et al. 2017 (attention); Pannatier et al. 2024 (σ-GPT); Tiwald et al. 2025 (TabularARGN).",
        settings=TransformerSettings,
        capabilities=frozenset({Capability.GIVEN, Capability.LIKELIHOOD, Capability.IMPUTE, Capability.TRAIN_ON}),
        packages=("torch",),
        lighter=("width", "detail"),
    )

    settings: TransformerSettings
    codec: TableCodec
    model: TableModel
    rows: int  # that the model has learned from

    @classmethod
    def cost(cls, settings: TransformerSettings, work: Work) -> Cost:
        """Steps of a fixed size, at least some hundred; a small table has learned all it can sooner."""
        from engine.generators.deep.training import batch_size, default_seconds

        rows, columns = max(int(0.9 * work.rows), 1), max(work.columns, 1)
        batch = batch_size(rows, most=512, least=32, batches=16)
        batches = max(rows // batch, 1)
        epochs = max(settings.epochs, min(600 // batches, 10 * settings.epochs)) * 0.75 * rows / (rows + 300)
        size = settings.layers / 2 * (settings.width / 64 + (settings.width / 64) ** 2) / 2
        learning = 160 * min(batch * columns, 16_384) * settings.width * settings.layers
        making = 2_300 * min(work.cells_made, _CELLS) * settings.width / 64
        return Cost(
            train=1.0 + work.ordering + epochs * batches * columns * (3e-3 + 1.4e-5 * batch * size),
            make=work.cells_made * 2e-5 * size,
            memory=340e6 + 60 * work.cells + max(learning, making),
            products=0.5,
            threads=1 if batch * columns * settings.width < 1_000_000 else 8,
            start=2.0,
            most=default_seconds(rows, columns),
        )

    def _fit(
        self,
        table: pd.DataFrame,
        schema: Schema,
        *,
        seed: int,
        progress: Listener | None,
        cancel: CancelToken | None,
        budget: Budget,
    ) -> None:
        from engine.generators.deep.training import STEPS
        from engine.generators.deep.transformer.fitting import begun, trained

        reporter = Reporter("train", STEPS + 1, progress, cancel)
        self.codec = TableCodec(schema).fit(table)
        codes = self.codec.encode(table)
        self.model = begun(self.codec, codes, self.settings, seed, reporter)
        self.rows = len(codes)
        self.notes += sentences(self.model.links, schema.names)
        self.notes += trained(self.model, self.codec, codes, self.settings, seed, reporter, cancel, budget)
        reporter.finish()

    def _train_on(
        self,
        table: pd.DataFrame,
        *,
        seed: int,
        progress: Listener | None,
        cancel: CancelToken | None,
        budget: Budget,
    ) -> None:
        from engine.generators.deep.training import STEPS
        from engine.generators.deep.transformer.fitting import trained_on

        reporter = Reporter("train", STEPS + 1, progress, cancel)
        codes = self.codec.encode(table)
        model, notes = trained_on(
            self.model, self.codec, codes, self.rows, self.settings, seed, reporter, cancel, budget
        )
        self.model = model
        self.rows += len(codes)
        self.notes.append(f"Trained on with {len(codes):,} added rows.")
        self.notes += notes
        reporter.finish()

    def _sample(
        self,
        n: int,
        *,
        seed: int,
        given: tuple[Condition, ...],
        progress: Listener | None,
        cancel: CancelToken | None,
    ) -> pd.DataFrame:
        from engine.generators.boosted.demanding import wanted_of
        from engine.generators.deep import torchtools
        from engine.generators.deep.transformer.walk import new_rows

        wanted = wanted_of(self.model, self.codec, given)
        reporter = Reporter("sample", max(n, 1), progress, cancel)
        step = max(_CELLS // len(self.model.cells), 1)
        parts = [np.empty((0, len(self.model.cells)))]
        for batch, at in enumerate(range(0, n, step)):
            rows = min(step, n - at)
            with torchtools.session(seed, "transformer", "sample"):
                made = new_rows(self.model, rows, wanted, seed, f"sample {batch}", reporter)
            if made is None:
                raise refusal(given[-1], "no row that fulfils it together with the other conditions was found")
            parts.append(made)
            reporter.step(rows)
        reporter.finish()
        return self.codec.decode(np.concatenate(parts))

    def _log_likelihood(self, table: pd.DataFrame) -> Floats:
        from engine.generators.deep import torchtools

        with torchtools.session(0, "transformer", "likelihood"):
            return np.asarray(self.model.log_chances(self.codec.encode(table)).sum(axis=1))

    def _impute(
        self, table: pd.DataFrame, *, seed: int, progress: Listener | None, cancel: CancelToken | None
    ) -> pd.DataFrame:
        from engine.generators.deep import torchtools
        from engine.generators.deep.transformer.filling import fill_in

        codes = self.codec.encode(table)
        gaps = int(np.isnan(codes).any(axis=1).sum())
        reporter = Reporter("impute", max(gaps, 1), progress, cancel)
        with torchtools.session(seed, "transformer", "impute"):
            made = self.codec.decode(fill_in(self.model, codes, seed, reporter))
        reporter.finish()
        return pd.DataFrame({name: table[name].where(table[name].notna(), made[name]) for name in made})

    def _state(self) -> dict[str, Any]:
        return {"codec": self.codec.state(), "model": self.model.state(), "rows": self.rows}

    def _set_state(self, state: dict[str, Any]) -> None:
        from engine.generators.deep.transformer.model import TableModel

        schema = self._fitted_schema()
        self.codec = TableCodec.from_state(schema, state["codec"])
        self.model = TableModel.from_state(state["model"])
        self.rows = int(state["rows"])
        if len(self.model.cells) != len(schema):
            raise ValueError("the model and its schema do not agree")

    def _passport(self) -> dict[str, list[Any]]:
        return held_values(self.codec, [own.held() for own in self.model.cells])
