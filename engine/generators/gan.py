"""Generative adversarial network: a generator makes rows from noise, a critic tells them from real ones."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import pandas as pd

from engine.blas import one_thread
from engine.codecs.table import TableCodec
from engine.conditions import Condition
from engine.generators.base import Family, Generator, GeneratorInfo
from engine.generators.costs import Cost, Work
from engine.generators.demands import held_values
from engine.generators.relations import Relation
from engine.progress import Budget, CancelToken, Listener, Reporter
from engine.settings import Settings, option
from engine.table.schema import Schema

if TYPE_CHECKING:
    from engine.generators.deep.gan.model import TableGan

_SPEED = 3e10  # operations in a second of one core, in products of matrices of these sizes


@dataclass(frozen=True)
class GanSettings(Settings):
    epochs: int = option(20, "How often all rows are learned from, at most.", low=1, high=10_000)
    width: int = option(
        256, "Neurons of a hidden layer, at most; small tables get fewer. More is finer and slower.", low=16, high=2_048
    )
    candidates: int = option(
        4,
        "Rows made for each row that is kept: a second critic chooses. 1 takes rows as they are made.",
        low=1,
        high=20,
    )
    pack: int = option(
        8,
        "Rows that the critic judges together; packs show when rows are too much alike.",
        low=1,
        high=16,
        advanced=True,
    )
    pairs: float = option(
        0.6,
        "Weight of the averages of all products of two entries beside the critic; 0 leaves all to the critic.",
        low=0.0,
        high=100.0,
        advanced=True,
    )


class Gan(Generator):
    """Blocks of options and places from one network, taught by a packed critic and by products of entries."""

    info = GeneratorInfo(
        key="gan",
        label="Generative adversarial network",
        family=Family.DEEP,
        advanced=True,
        summary="A network makes rows from noise; a critic, trained against it, says how to come closer to real ones.",
        when="From some hundred rows on, where numbers pile up around several values; seconds to minutes of training.",
        holds="Category labels, values that at least five rows share, the range of each number, exact rules between "
        "columns, shares of pairs of values that are not rare, and the weights of two networks.",
        source="Xu et al. 2019 (CTGAN); Lin et al. 2018 (PacGAN); Gulrajani et al. 2017 (WGAN-GP); Li et al. 2017 "
        "(MMD GAN); Azadi et al. 2019 (discriminator rejection sampling).",
        settings=GanSettings,
        packages=("torch",),
        lighter=("width",),
    )

    settings: GanSettings
    codec: TableCodec
    model: TableGan

    @classmethod
    def cost(cls, settings: GanSettings, work: Work) -> Cost:
        """Batches of a fixed size through two networks, then passes of the judge over the rows."""
        from engine.generators.deep.gan.sizes import batches, neurons
        from engine.generators.deep.training import batch_size, default_seconds

        rows = max(int(0.9 * work.rows), 1)
        batch, width = batch_size(rows, most=512, least=64), neurons(rows, settings.width)
        options = sum(min(n, 18) for n in work.numbers) + sum(min(n, 100) for n in work.levels) + 1
        row = (
            6 * (width * (128 + 4 * width + options) + 2.5 * width * (options + width / 8))
            + 4 * min(options, 1_024) ** 2
        )
        judged, candidate = (0, 1) if settings.candidates == 1 else (15 * 2 * work.rows, settings.candidates)
        seen = 6 * width * (options + width)
        return Cost(
            train=1.0 + settings.epochs * batches(rows, batch) * (4e-3 + batch * row / _SPEED) + judged * seen / _SPEED,
            make=work.made * candidate * (6e-6 * work.columns + (row + seen) / 6 / _SPEED),
            memory=340e6 + 60 * work.cells + 40 * options * (width + min(options, 1_500)),
            products=0.5,
            start=2.0,
            most=default_seconds(work.rows, work.columns),
        )

    @one_thread()
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
        from engine.generators.deep.gan.fitting import Fitting
        from engine.generators.deep.training import STEPS

        reporter = Reporter("train", STEPS + 1, progress, cancel)
        self.codec = TableCodec(schema).fit(table)
        fitting = Fitting(self.codec, self.settings, seed, reporter, cancel)
        self.model = fitting.fit(self.codec.encode(table), budget)
        names = schema.names
        links = self.model.blocks.links.items()
        self.notes += [_SENTENCES[link.relation].format(names[j], names[link.source]) for j, link in links]
        self.notes += fitting.notes
        reporter.finish()

    @one_thread()
    def _sample(
        self,
        n: int,
        *,
        seed: int,
        given: tuple[Condition, ...],
        progress: Listener | None,
        cancel: CancelToken | None,
    ) -> pd.DataFrame:
        reporter = Reporter("sample", max(n, 1), progress, cancel)
        codes = self.model.make(n, self.settings.candidates, seed, "rows", reporter.step)
        reporter.finish()
        return self.codec.decode(codes)

    def _state(self) -> dict[str, Any]:
        return {"codec": self.codec.state(), "model": self.model.state()}

    def _set_state(self, state: dict[str, Any]) -> None:
        from engine.generators.deep.gan.model import TableGan

        schema = self._fitted_schema()
        self.codec = TableCodec.from_state(schema, state["codec"])
        self.model = TableGan.from_state(self.codec, state["model"])
        if len(self.model.blocks.cells) != len(schema):
            raise ValueError("the model and its schema do not agree")

    def _passport(self) -> dict[str, list[Any]]:
        return held_values(self.codec, self.model.blocks.held())


_SENTENCES = {
    Relation.COPY: "Column “{}” is a copy of “{}”.",
    Relation.RULE: "Column “{}” follows from “{}”, row by row; this holds in all made rows.",
    Relation.GAPS: "Where column “{}” is missing follows from “{}”; this holds in all made rows.",
}
