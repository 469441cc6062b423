"""Forest: the columns one after the other, each from decision trees on the earlier ones."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from engine.blas import one_thread
from engine.codecs.numeric import NumericCodec
from engine.codecs.table import TableCodec
from engine.conditions import Condition
from engine.generators import cells as cell_kinds
from engine.generators import weighted
from engine.generators.base import Capability, Family, Generator, GeneratorInfo
from engine.generators.cells import Cells, fit_cells
from engine.generators.chain import Chain
from engine.generators.chaindemands import chain_demands
from engine.generators.chainfit import ChainFit
from engine.generators.costs import Cost, Work
from engine.generators.demands import held_values
from engine.generators.relations import find_links, sentences
from engine.progress import Budget, CancelToken, Listener, Reporter
from engine.seeds import stream
from engine.settings import Settings, option
from engine.table.schema import Schema

if TYPE_CHECKING:
    from engine.codecs.grid import CodeCondition

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]

_MANY = 200  # values from which a number counts as one of many, for the estimate of time


@dataclass(frozen=True)
class ForestSettings(Settings):
    trees: int = option(
        5, "Trees for each column; new rows take one of them at random. More is smoother and slower.", low=1, high=50
    )
    leaf: int = option(
        30, "Rows in each leaf, at least. Fewer is finer and stays nearer to single rows.", low=5, high=10_000
    )
    caution: float = option(
        1.0,
        "A split must explain that many times what a split on pure noise would; more gives fewer leaves.",
        low=0.0,
        high=20.0,
    )
    detail: int = option(512, "Cells into which a number is cut.", low=16, high=4096, advanced=True)
    split_rows: int = option(
        100_000,
        "Rows, drawn at random for each tree, on which splits are sought; all rows fill the leaves.",
        low=500,
        high=2_000_000,
        advanced=True,
    )


class Forest(Generator):
    """Cells of the columns by a chain of trees, values inside the cells."""

    info = GeneratorInfo(
        key="forest",
        label="Forest",
        family=Family.STATISTICAL,
        advanced=True,
        summary="Makes the columns one after the other, each drawn from decision trees on the columns before it.",
        when="For most tables: mixed kinds, gaps, relations of any shape among many columns.",
        holds="Category labels, values that at least five rows share, the range of each number, exact rules between "
        "columns, and how many training rows of each leaf lie in each cell.",
        source="Reiter 2005 (CART for synthetic data); Breiman 2001 (bagging); McCarter 2024 (grids of cells).",
        settings=ForestSettings,
        capabilities=frozenset({Capability.GIVEN, Capability.LIKELIHOOD, Capability.IMPUTE}),
        packages=("sklearn",),
        lighter=("split_rows",),
    )

    settings: ForestSettings
    codec: TableCodec
    cells: list[Cells]
    chain: Chain

    @classmethod
    def cost(cls, settings: ForestSettings, work: Work) -> Cost:
        """A few trees a column, of a depth that grows with the rows, by all columns before; numbers of many values have
        the largest ones."""
        kinds = work.columns + 2 * sum(distinct > _MANY for distinct in work.numbers)
        tried = 0.2 * work.rows + 0.8 * min(work.rows, settings.split_rows)
        largest = work.columns * min(work.rows, settings.split_rows)
        each = (0.6 + 0.025 * work.columns) * (5e-4 * math.sqrt(work.rows) + 1.3e-5 * tried)
        return Cost(
            train=0.02 * work.columns + settings.trees / 5 * kinds * each + work.ordering,
            make=5e-7 * work.cells_made,
            memory=95e6 + 15 * work.cells + 8 * largest + 5 * work.cells_made,
            start=1.2,
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
        reporter = Reporter("train", 3 * len(schema), progress, cancel)
        self.codec = TableCodec(schema).fit(table)
        codes = self.codec.encode(table)
        self.cells = fit_cells(
            self.codec, codes, stream(seed, "forest", "orders"), resolution=self.settings.detail, step=reporter.step
        )
        found = [own.cell(codes[:, j]) for j, own in enumerate(self.cells)]
        numbers = [isinstance(codec, NumericCodec) for codec in self.codec.codecs]
        order, links = find_links(codes, found, [own.size for own in self.cells], numbers, reporter.step)
        cells = np.column_stack(found).astype(np.int32)
        trainer = ChainFit(cells, self.cells, order, links, self.settings)
        names = list(schema.names)
        self.chain = trainer.fit(names, seed, reporter, budget)
        self._note(names, trainer.late)

    def _note(self, names: list[str], late: list[int]) -> None:
        """Plain sentences on what was found and where the time was short."""
        self.notes += sentences(self.chain.links, names)
        if late:
            self.notes.append(f"The time was up: {len(late)} of {len(names)} columns have fewer trees than asked for.")

    def _sample(
        self,
        n: int,
        *,
        seed: int,
        given: tuple[Condition, ...],
        progress: Listener | None,
        cancel: CancelToken | None,
    ) -> pd.DataFrame:
        reporter = Reporter("sample", len(self.cells), progress, cancel)
        demands, weights = chain_demands(given, self.codec, self.cells, self.chain)
        drawn = weighted.draw_rows(self.chain, n, weights, stream(seed, "forest", "rows"), reporter)
        codes = self._codes(drawn, seed, demands)
        reporter.finish()
        return self.codec.decode(codes)

    def _codes(self, drawn: NDArray[np.int32], seed: int, demands: dict[int, CodeCondition]) -> Floats:
        """(rows, columns) cells -> a value in each that fulfils its demand; copies have their source's value."""
        codes = np.empty(drawn.shape)
        for j in self.chain.order:
            source = self.chain.copied(j)
            if source is None:
                rng = stream(seed, "forest", "values", self.codec.codecs[j].column.name)
                codes[:, j] = self.cells[j].value(drawn[:, j].astype(np.int64), rng, demands.get(j))
            else:
                codes[:, j] = codes[:, source]
        return codes

    def _log_likelihood(self, table: pd.DataFrame) -> Floats:
        codes = self.codec.encode(table)
        return self.chain.log_likelihood(self._found(codes), Reporter("score", len(self.cells)))

    def _found(self, codes: Floats) -> NDArray[np.int32]:
        """(rows, columns) codes -> cells, -1 for a gap in a column that had none in training."""
        found = np.column_stack([own.cell(codes[:, j]) for j, own in enumerate(self.cells)]).astype(np.int32)
        strange = np.isnan(codes) & ~np.array([own.missing for own in self.cells])
        return np.where(strange, -1, found).astype(np.int32)

    def _impute(
        self, table: pd.DataFrame, *, seed: int, progress: Listener | None, cancel: CancelToken | None
    ) -> pd.DataFrame:
        codes = self.codec.encode(table)
        wanted = np.isnan(codes)
        reporter = Reporter("impute", int(wanted.any(axis=1).sum()), progress, cancel)
        gaps = [own.missing for own in self.cells]
        rng = stream(seed, "forest", "impute")
        drawn = weighted.fill_in(self.chain, np.maximum(self._found(codes), 0), wanted, gaps, rng, reporter)
        made = self.codec.decode(self._filled(codes, drawn, seed))
        return pd.DataFrame({name: table[name].where(table[name].notna(), made[name]) for name in made})

    def _filled(self, codes: Floats, drawn: NDArray[np.int32], seed: int) -> Floats:
        """Values for (rows, columns) cells; copies and their sources have the same one, the known one if there is."""
        values = self._codes(drawn, seed, {})
        for j, link in self.chain.links.items():
            if self.chain.copied(j) is not None:
                source = codes[:, link.source]
                values[:, link.source] = np.where(np.isnan(codes[:, j]), values[:, link.source], codes[:, j])
                values[:, j] = np.where(np.isnan(source), values[:, link.source], source)
        return values

    def _state(self) -> dict[str, Any]:
        return {
            "codec": self.codec.state(),
            "cells": [own.state() for own in self.cells],
            "chain": self.chain.state(),
        }

    def _set_state(self, state: dict[str, Any]) -> None:
        schema = self._fitted_schema()
        self.codec = TableCodec.from_state(schema, state["codec"])
        self.cells = [cell_kinds.from_state(own) for own in state["cells"]]
        self.chain = Chain.from_state(state["chain"])
        if [own.size for own in self.cells] != [len(own) for own in self.chain.counts]:
            raise ValueError("cells and chain do not agree")

    def _passport(self) -> dict[str, list[Any]]:
        return held_values(self.codec, [own.held() for own in self.cells])
