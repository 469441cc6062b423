"""Boosted cascade: the columns one after the other, each decided in halves by boosted trees on those before it."""

from __future__ import annotations

import math
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
from engine.seeds import stream
from engine.settings import Settings, option
from engine.table.schema import Schema

if TYPE_CHECKING:
    from engine.generators.boosted.chain import BoostedChain
    from engine.generators.boosted.chainfit import ChainFit
    from engine.generators.boosted.columnfit import Plan
    from engine.generators.boosted.columns import Wanted
    from engine.generators.boosted.judge import Judge

Floats = NDArray[np.float64]

_BATCH = 100_000  # rows that are made at a time
_GIVEN = 5  # candidates for each kept row under conditions, at least
_JUDGED = 100_000  # real rows, and as many made ones, that the judge learns from


@dataclass(frozen=True)
class CascadeSettings(Settings):
    leaf_rows: int = option(
        100, "Decisions in each leaf of a tree, at least. More stays further from single rows.", low=10, high=100_000
    )
    candidates: int = option(
        2,
        "Rows made for each row that is kept: a model that tells made rows from real ones chooses. 1 is quicker.",
        low=1,
        high=20,
    )
    leaves: int = option(127, "Leaves of a tree, at most; fewer where rows are few.", low=7, high=256, advanced=True)
    decisions: int = option(
        1_500_000,
        "Decisions that one column's trees learn from, at most; a row takes about nine for a number. Beyond about "
        "150,000 rows it is this that bounds time and memory.",
        low=10_000,
        high=100_000_000,
        advanced=True,
    )
    detail: int = option(512, "Cells into which a number is cut.", low=16, high=4096, advanced=True)


class Cascade(Generator):
    """Cells of the columns by a chain of boosted trees, values inside the cells, rows chosen by a judge."""

    info = GeneratorInfo(
        key="cascade",
        label="Boosted cascade",
        family=Family.STATISTICAL,
        advanced=True,
        summary="Makes the columns one after the other, each decided in halves by boosted trees on the columns before.",
        when="For most tables of 200 rows and more, where quality counts: mixed kinds, gaps, relations of any shape.",
        holds="Category labels, values that at least five rows share, the range of each number, exact rules between "
        "columns, and trees whose leaves pool many rows.",
        source="McCarter 2024 (Unmasking Trees); Tiwald et al. 2025 (TabularARGN); Azadi et al. 2019 (resampling).",
        settings=CascadeSettings,
        capabilities=frozenset({Capability.GIVEN, Capability.LIKELIHOOD, Capability.IMPUTE}),
        packages=("lightgbm",),
        lighter=("decisions",),
    )

    settings: CascadeSettings
    codec: TableCodec
    chain: BoostedChain
    judge: Judge | None

    @classmethod
    def cost(cls, settings: CascadeSettings, work: Work) -> Cost:
        """Trees learn from every halving of every number, by all columns before; several columns train side by side.
        Categories take smaller trees, and those of very many levels long ones."""
        halvings = [min(work.rows * math.log2(min(n, settings.detail) + 1), settings.decisions) for n in work.numbers]
        choices = [min(work.rows * math.log2(n + 1), settings.decisions) for n in work.levels]
        learned = sum(halvings) + 0.3 * sum(choices)
        widest = max([*halvings, *choices], default=0.0)
        return Cost(
            train=work.columns * (0.1 + 1.4e-6 * learned) + 2.4 * work.ordering,
            make=2.5e-6 * settings.candidates * work.cells_made,
            memory=200e6 + 60 * work.cells_made + 3.5 * widest * (8 * work.columns + 60),
            threads=4,
            start=2.3,
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
        from engine.generators.boosted.chainfit import ChainFit

        reporter = Reporter("train", len(schema) + 1, progress, cancel)
        self.codec = TableCodec(schema).fit(table)
        codes = self.codec.encode(table)
        trainer = ChainFit(self.codec, codes, self._plan(), self.settings.detail, seed)
        self.chain = trainer.fit(reporter, budget)
        self.judge = None
        if self.settings.candidates > 1 and not budget.over:
            self.judge = self._trained_judge(codes, seed, reporter, budget)
        reporter.step(message="choice among candidates")
        self._note(list(schema.names), trainer)

    def _plan(self) -> Plan:
        from engine.generators.boosted.boosting import Boosting
        from engine.generators.boosted.columnfit import Plan

        rows = self.settings.leaf_rows
        return Plan(
            halves=Boosting(self.settings.leaves, rows),
            choice=Boosting(min(7, self.settings.leaves), rows),
            steps=self.settings.decisions,
        )

    def _trained_judge(self, codes: Floats, seed: int, reporter: Reporter, budget: Budget) -> Judge | None:
        from engine.generators.boosted.judge import train_judge

        rng = stream(seed, "cascade", "judge")
        if len(codes) > _JUDGED:
            codes = codes[rng.choice(len(codes), _JUDGED, replace=False)]
        made, _ = self.chain.walk(len(codes), seed, "judge", reporter=reporter, step=0)

        def watch(rounds: int, loss: float) -> bool:
            reporter.step(0)
            return budget.over

        return train_judge(self.chain.view(codes), made, self.chain.looks, rng, watch)

    def _note(self, names: list[str], trainer: ChainFit) -> None:
        """Plain sentences on what was found and where the time was short."""
        self.notes += sentences(self.chain.links, names)
        if trainer.late:
            self.notes.append(f"The time was up: {len(trainer.late)} of {len(names)} columns have fewer trees.")
        if self.settings.candidates > 1 and self.judge is None:
            self.notes.append("Rows are taken as they are made: no model could tell them from real ones.")

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

        demands = wanted_of(self.chain, self.codec, given)
        reporter = Reporter("sample", max(n, 1), progress, cancel)
        kept = max(_BATCH // self.settings.candidates, 1)
        parts = []
        for batch, at in enumerate(range(0, n, kept)):
            rows = min(kept, n - at)
            parts.append(self._kept(rows, demands, given, seed, batch, reporter))
            reporter.step(rows)
        codes = np.concatenate(parts) if parts else np.empty((0, len(self.chain.cells)))
        if not parts:
            reporter.step()
        return self.codec.decode(codes)

    def _kept(
        self,
        rows: int,
        wanted: dict[int, Wanted],
        given: tuple[Condition, ...],
        seed: int,
        batch: int,
        reporter: Reporter,
    ) -> Floats:
        """(rows, columns) codes of new rows, chosen among candidates."""
        from engine.generators.boosted.demanding import candidates
        from engine.generators.boosted.judge import chosen

        factor = self.settings.candidates if self.judge is not None else 1
        if not wanted:
            view, log_weight = self.chain.walk(rows * factor, seed, f"sample {batch}", reporter=reporter, step=0)
        else:
            found = candidates(self.chain, rows * max(factor, _GIVEN), wanted, seed, f"given {batch}", reporter)
            view, log_weight = found.view, found.log_weight
            if not np.isfinite(log_weight.max()):
                together = "together with the other conditions" if len(given) > 1 else "at all"
                raise refusal(given[-1], f"no row that fulfils it {together} was found among {len(view):,}")
            share = found.effective / len(view)
            reporter.step(0, message=f"effective sample size {found.effective:,.0f} of {len(view):,} ({share:.0%})")
        if self.judge is not None:
            log_weight = log_weight + self.judge.log_weight(view)
        if len(view) == rows and self.judge is None and not wanted:
            return view.codes
        return view.codes[chosen(log_weight, rows, stream(seed, "cascade", "choice", batch))]

    def _log_likelihood(self, table: pd.DataFrame) -> Floats:
        return np.asarray(self.cell_log_likelihood(table).sum(axis=1))

    def cell_log_likelihood(self, table: pd.DataFrame) -> Floats:
        """(rows, columns) natural log of the chance of each cell given the columns before it in the model's order.

        Rows sum to `log_likelihood`.
        """
        codes = self.codec.encode(self._own(table))
        logs = np.zeros(codes.shape)
        for at in range(0, len(codes), _BATCH):
            part = slice(at, at + _BATCH)
            view = self.chain.view(codes[part])
            for j, own in enumerate(self.chain.cells):
                logs[part, j] = self.chain.log_chance(view, j, np.isnan(view.codes[:, j]) & (not own.missing))
        return logs

    def _impute(
        self, table: pd.DataFrame, *, seed: int, progress: Listener | None, cancel: CancelToken | None
    ) -> pd.DataFrame:
        from engine.generators.boosted.filling import fill_in

        codes = self.codec.encode(table)
        gaps = int(np.isnan(codes).any(axis=1).sum())
        reporter = Reporter("impute", max(gaps, 1), progress, cancel)
        made = self.codec.decode(fill_in(self.chain, codes, stream(seed, "cascade", "impute"), reporter))
        if not gaps:
            reporter.step()
        return pd.DataFrame({name: table[name].where(table[name].notna(), made[name]) for name in made})

    def _state(self) -> dict[str, Any]:
        judge = None if self.judge is None else self.judge.state()
        return {"codec": self.codec.state(), "chain": self.chain.state(), "judge": judge}

    def _set_state(self, state: dict[str, Any]) -> None:
        from engine.generators.boosted.chain import BoostedChain
        from engine.generators.boosted.judge import Judge

        schema = self._fitted_schema()
        self.codec = TableCodec.from_state(schema, state["codec"])
        self.chain = BoostedChain.from_state(state["chain"])
        self.judge = None if state["judge"] is None else Judge.from_state(state["judge"])
        if len(self.chain.cells) != len(schema):
            raise ValueError("the model and its schema do not agree")

    def _passport(self) -> dict[str, list[Any]]:
        return held_values(self.codec, [own.held() for own in self.chain.cells])
