"""From codes to a trained GAN: blocks, training, corrections, the judge, and whether the rows are any good."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from engine.codecs.table import TableCodec
from engine.errors import FitError
from engine.generators.deep import checks, training
from engine.generators.deep.blocks import MODES, TableBlocks
from engine.generators.deep.gan.learner import Learner
from engine.generators.deep.gan.maker import Maker
from engine.generators.deep.gan.model import TableGan, layout_of
from engine.generators.deep.gan.networks import Size
from engine.generators.deep.gan.sizes import neurons
from engine.generators.deep.torchtools import session
from engine.progress import Budget, CancelToken, Reporter
from engine.seeds import stream

if TYPE_CHECKING:
    from engine.generators.gan import GanSettings

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]

_RATE = 1e-3
_PATIENCE = 3  # of all epochs, that part may pass without a better one: a GAN's figures swing while rates are high
_GAIN = 1e-4
_FEWEST_MODES = 4  # ranges of a number in a small table; up to 16 from a thousand rows on
_CALIBRATED = 8_192  # rows by which shares are corrected
_TRAINING = 0.85  # share of the time for generator and critic, the rest is the judge's
_CHOOSABLE = 300  # rows from which a judge is worth it
_JUDGED = 100  # rows from which made rows can be told from shuffled ones
_REAL = 100_000  # rows that the judge learns from, at most
_BATCH, _SMALL = 512, 64  # rows of a batch, at most and at least


class Fitting:
    """One training. notes: plain sentences on how it went."""

    def __init__(
        self, codec: TableCodec, settings: GanSettings, seed: int, reporter: Reporter, cancel: CancelToken | None
    ) -> None:
        self.codec, self.settings, self.seed, self.reporter, self.cancel = codec, settings, seed, reporter, cancel
        self.notes: list[str] = []

    def fit(self, codes: Floats, budget: Budget) -> TableGan:
        """Raises FitError where training diverges or collapses, Cancelled on request."""
        no_time = budget.over
        modes = int(np.clip(np.sqrt(len(codes)) / 2, _FEWEST_MODES, MODES))
        blocks = TableBlocks.fit(self.codec, codes, self.seed, modes=modes, step=lambda: self.reporter.step(0))
        model = TableGan(blocks, layout_of(self.codec, blocks), None)
        if not model.layout.blocks:
            self.notes.append("No column varies on its own, so there was nothing to train.")
            return model
        with session(self.seed, "gan") as where:
            budget = training.with_default(budget, *codes.shape)
            learner = self._learner(model, codes, where)
            outcome = self._train(learner, budget)
            model.maker = self._corrected(learner)
            if no_time:
                self.notes.append("There was no time to train: columns are drawn one by one, without their relations.")
                return model
            outcome.demand()
            self.notes.append(outcome.sentence)
            self._refuse(model, codes, learner.generator.guess is None)
            if self.settings.candidates > 1 and len(codes) >= _CHOOSABLE and not budget.over:
                self._choose(model, codes, budget)
        return model

    def _learner(self, model: TableGan, codes: Floats, where: object) -> Learner:
        own, held = training.split_rows(len(codes), self.seed, "gan")
        encoded, pack = model.blocks.encode(codes), self.settings.pack
        return Learner(
            model.layout,
            Size(width=neurons(len(own), self.settings.width), pack=pack),
            encoded.take(own),
            encoded.take(held),
            batch=training.batch_size(len(own), most=_BATCH, least=_SMALL) // pack * pack,
            pairs=self.settings.pairs,
            rng=stream(self.seed, "gan", "batches"),
            where=where,  # type: ignore[arg-type]
        )

    def _train(self, learner: Learner, budget: Budget) -> training.Outcome:
        schedule = training.Schedule(
            self.settings.epochs, _RATE, max(self.settings.epochs // _PATIENCE, 20), gain=_GAIN
        )
        own = Budget(budget.left() * _TRAINING)
        return training.Training(schedule, own, self.reporter, self.cancel).run(learner)

    def _corrected(self, learner: Learner) -> Maker:
        maker = learner.maker()
        self.reporter.step(0, message="shares of options are corrected")
        maker.calibrate(learner.layout.at_once(_CALIBRATED), stream(self.seed, "gan", "correction"))
        return maker

    def _refuse(self, model: TableGan, codes: Floats, unrelated: bool) -> None:
        """Raise FitError where made rows have collapsed, or keep relations no better than shuffled ones.

        unrelated: whether training started without any relation, so that what it has not learned is not there.
        """
        rng = stream(self.seed, "gan", "refusal")
        real = codes if len(codes) <= checks.ROWS else codes[rng.choice(len(codes), checks.ROWS, replace=False)]
        if len(real) < _JUDGED:
            return
        made = model.candidates(checks.ROWS, rng)
        discrete = [column.discrete for column in self.codec.codecs]
        checks.refuse_collapse(real, made, [column.column.name for column in self.codec.codecs], discrete, rng)
        own, alone = checks.refuse_worse_than_marginals(real, made, discrete, rng)
        if unrelated and own.pairs < alone.pairs:
            raise FitError(
                f"Training learned no relation: pairs of columns agree to {own.pairs:.1%}, "
                f"against {alone.pairs:.1%} without any."
            )
        if not math.isnan(own.pairs):
            self.notes.append(f"Pairs of columns agree to {own.pairs:.1%}, without any relations to {alone.pairs:.1%}.")

    def _choose(self, model: TableGan, codes: Floats, budget: Budget) -> None:
        """Train the judge on as many made rows as real ones."""
        from engine.generators.deep.gan.judge import Judge, train_judge

        rng = stream(self.seed, "gan", "judge")
        real = codes if len(codes) <= _REAL else codes[rng.choice(len(codes), _REAL, replace=False)]
        made = model.candidates(len(real) * 2, rng)
        known, other = model.blocks.encode(real), model.blocks.encode(made)

        def more(share: float) -> bool:
            self.reporter.step(0, message=f"choice among candidates, {share:.0%}")
            return not (budget.over or (self.cancel is not None and self.cancel.finishing))

        weights = train_judge(
            lambda rows: model.layout.features(known.take(rows)),
            lambda rows: model.layout.features(other.take(rows)),
            (len(known), len(other)),
            width=neurons(len(known), self.settings.width),
            batch=training.batch_size(len(known), most=512, least=64),
            rng=rng,
            more=more,
        )
        if weights is not None:
            model.judge = Judge(weights)
        else:
            self.notes.append("Rows are taken as they are made: no network could tell them from real ones.")
