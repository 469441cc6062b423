"""Variational autoencoder: rows from a few latent variables, whose distribution is fitted after training."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from engine.blas import one_thread
from engine.codecs.table import TableCodec
from engine.conditions import Condition
from engine.generators.base import Family, Generator, GeneratorInfo
from engine.generators.costs import Cost, Work
from engine.generators.demands import held_values
from engine.progress import Budget, CancelToken, Listener, Reporter
from engine.seeds import stream
from engine.settings import Settings, option
from engine.table.schema import Schema

if TYPE_CHECKING:
    from engine.generators.deep.blocks import TableBlocks
    from engine.generators.deep.training import Outcome
    from engine.generators.deep.vae.decoder import Decoder
    from engine.generators.deep.vae.latent import Mixture

Floats = NDArray[np.float64]

_BATCH = 20_000  # rows that are made at a time
_USUAL_ROWS = 10_000  # with more rows there are fewer passes over them, with fewer rows more
_RATE = 2e-3
_PATIENCE = 10  # epochs
_LEARNED = 28  # epochs until no epoch is better, for 1,000 rows; measured, and used for the estimate alone
_JUDGED = 100  # rows from which made rows can be told from shuffled ones


@dataclass(frozen=True)
class VaeSettings(Settings):
    epochs: int = option(
        50,
        "Passes over a table of 10,000 rows, at most; there are more over a smaller one and fewer over a larger.",
        low=1,
        high=10_000,
    )
    latent: int = option(16, "Latent variables that a row is told by.", low=2, high=256)
    width: int = option(128, "Neurons that a row is gathered in. More is finer and slower.", low=16, high=2_048)
    free_nats: float = option(
        0.25,
        "Nats that each latent variable may tell at no cost; more lets them carry more of a row.",
        low=0.0,
        high=10.0,
        advanced=True,
    )
    dropout: float = option(
        0.25, "Share of neurons left out at random in training; more stays further from single rows.",
        low=0.0, high=0.9, advanced=True,
    )  # fmt: skip


class Vae(Generator):
    """Blocks of options by a decoder that sees the latent variables and the columns before."""

    info = GeneratorInfo(
        key="vae",
        label="Variational autoencoder",
        family=Family.DEEP,
        advanced=True,
        summary="Tells each row by a few latent variables and decodes new draws of them, column by column.",
        when="For tables of some hundred rows and more with many weak relations at once; trains in a minute or two.",
        holds="Category labels, values that at least five rows share, the range of each number, exact rules between "
        "columns, and the weights of the decoder.",
        source="Kingma and Welling 2014; Gulrajani et al. 2017 (PixelVAE); Tomczak and Welling 2018 (VampPrior).",
        settings=VaeSettings,
        packages=("tensorflow", "keras"),
        lighter=("width",),
    )

    settings: VaeSettings
    codec: TableCodec
    blocks: TableBlocks
    decoder: Decoder
    mixture: Mixture

    @classmethod
    def cost(cls, settings: VaeSettings, work: Work) -> Cost:
        """Steps of a fixed size, until no epoch is better: the fewer rows, the sooner that is."""
        tokens = 2 * len(work.numbers) + len(work.levels)
        rows = max(0.9 * work.rows, 1.0)
        epochs = min(settings.epochs * math.sqrt(_USUAL_ROWS / rows), _LEARNED * math.sqrt(rows / 1_000))
        batch = min(max(rows / 16, 16), 512)
        steps = epochs * max(rows / batch, 1.0)
        size = settings.width / 128
        return Cost(
            train=work.ordering + steps * 4e-3 + epochs * rows * tokens * (3e-6 + 5e-6 * size),
            make=work.made * tokens * 4e-6 * size,
            memory=580e6 + 100 * work.cells + 40 * min(batch * tokens, 512 * 32) * settings.width,
            products=0.5,
            threads=8,
            start=6.5,
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
        from engine.generators.deep.blocks import TableBlocks
        from engine.generators.deep.training import STEPS
        from engine.generators.deep.vae.decoder import Decoder
        from engine.generators.deep.vae.latent import standard
        from engine.generators.deep.vae.tokens import Tokens

        no_time = budget.over
        reporter = Reporter("train", STEPS + 1, progress, cancel)
        self.codec = TableCodec(schema).fit(table)
        codes = self.codec.encode(table)
        self.blocks = TableBlocks.fit(self.codec, codes, seed, step=lambda: reporter.step(0))
        tokens = Tokens(self.blocks)
        if len(tokens):
            self._train(tokens, codes, seed, budget, reporter, cancel)
        else:
            self.decoder, self.mixture = Decoder(tokens, {}), standard(self.settings.latent)
            self.notes.append("No column varies on its own, so there was nothing to train.")
        if no_time:
            self.notes.append("There was no time to train: columns are drawn one by one, without their relations.")
        elif len(tokens):
            self._judge(codes, seed, reporter)
        reporter.finish("trained")

    def _train(
        self,
        tokens: Any,
        codes: Floats,
        seed: int,
        budget: Budget,
        reporter: Reporter,
        cancel: CancelToken | None,
    ) -> None:
        from engine.generators.deep import training
        from engine.generators.deep.vae.fit import Shape, Training

        own, held = training.split_rows(len(codes), seed, "vae")
        epochs = math.ceil(self.settings.epochs * math.sqrt(_USUAL_ROWS / len(own)))
        shape = Shape(self.settings.latent, self.settings.width, self.settings.free_nats, self.settings.dropout)
        values = tokens.encode(self.blocks.encode(codes))
        model = Training(tokens, values, own, held, shape, seed)
        schedule = training.Schedule(epochs, _RATE, _PATIENCE)
        self.outcome: Outcome = training.Training(schedule, budget, reporter, cancel).run(model)
        self.notes.append(self.outcome.sentence)
        reporter.step(0, message="distribution of the latent variables")
        self.mixture = model.mixture(stream(seed, "vae", "mixture"))
        self.decoder = model.decoder()
        if self.outcome.learned:
            told = self.outcome.history[self.outcome.best - 1].losses["latent"]
            self.notes.append(
                f"The latent variables tell {told:.1f} nats of a row; "
                f"new ones come from {len(self.mixture.weights)} normal distributions."
            )

    def _judge(self, codes: Floats, seed: int, reporter: Reporter) -> None:
        """Raise FitError where made rows have collapsed, or keep relations no better than shuffled ones."""
        from engine.generators.deep import checks

        rng = stream(seed, "vae", "judge")
        real = codes if len(codes) <= checks.ROWS else codes[rng.choice(len(codes), checks.ROWS, replace=False)]
        if len(real) < _JUDGED:
            return
        made = self._made(checks.ROWS, stream(seed, "vae", "judged"), reporter)
        discrete = [column.discrete for column in self.codec.codecs]
        names = [column.column.name for column in self.codec.codecs]
        checks.refuse_collapse(real, made, names, discrete, rng)
        own, alone = checks.refuse_worse_than_marginals(real, made, discrete, rng)
        if not math.isnan(own.pairs):
            self.notes.append(f"Pairs of columns agree to {own.pairs:.1%}, without any relations to {alone.pairs:.1%}.")

    def _made(self, rows: int, rng: np.random.Generator, reporter: Reporter) -> Floats:
        return self.decoder.make(self.mixture.draw(rows, rng), rng, lambda: reporter.step(0))

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
        parts = []
        for batch, at in enumerate(range(0, n, _BATCH)):
            rows = min(_BATCH, n - at)
            parts.append(self._made(rows, stream(seed, "vae", "rows", batch), reporter))
            reporter.step(rows)
        if not parts:
            reporter.step()
        return self.codec.decode(np.concatenate(parts) if parts else np.empty((0, len(self.codec.codecs))))

    def _state(self) -> dict[str, Any]:
        return {
            "codec": self.codec.state(),
            "blocks": self.blocks.state(),
            "decoder": dict(self.decoder.weights),
            "mixture": self.mixture.state(),
        }

    def _set_state(self, state: dict[str, Any]) -> None:
        from engine.generators.deep.blocks import TableBlocks
        from engine.generators.deep.vae.decoder import Decoder
        from engine.generators.deep.vae.latent import Mixture
        from engine.generators.deep.vae.tokens import Tokens

        schema = self._fitted_schema()
        self.codec = TableCodec.from_state(schema, state["codec"])
        self.blocks = TableBlocks.from_state(state["blocks"])
        self.decoder = Decoder(Tokens(self.blocks), state["decoder"])
        self.mixture = Mixture.from_state(state["mixture"])
        if len(self.blocks.cells) != len(schema):
            raise ValueError("the model and its schema do not agree")

    def _passport(self) -> dict[str, list[Any]]:
        return held_values(self.codec, self.blocks.held())
