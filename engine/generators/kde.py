"""Kernel density: new rows are real rows, smoothed as far as left out rows say."""

from __future__ import annotations

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
from engine.generators.base import Capability, Family, Generator, GeneratorInfo
from engine.generators.cells import Cells, GridCells, fit_cells
from engine.generators.chain import Chain
from engine.generators.chaindemands import chain_demands
from engine.generators.costs import Cost, Work
from engine.generators.demands import held_values, refusal
from engine.generators.relations import Link, Relation, find_links, sentences
from engine.progress import Budget, CancelToken, Listener, Reporter
from engine.seeds import stream
from engine.settings import Settings, option
from engine.table.schema import Schema

if TYPE_CHECKING:
    from engine.codecs.grid import CodeCondition
    from engine.generators.density.kernels import Kernel
    from engine.generators.density.smoothed import Smoothed

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]
Mask = NDArray[np.bool_]

_BACKGROUND = 1e-3  # weight of independent columns in likelihoods, so that no row is impossible
_UNSEEN = 0.5  # rows that a state which training never saw counts as
_BATCH = 100_000


@dataclass(frozen=True)
class KdeSettings(Settings):
    smoothing: float = option(
        1.0,
        "Multiplies the widths that left out rows choose: more strays further from real rows and blurs relations.",
        low=0.1,
        high=10.0,
    )
    detail: int = option(256, "Cells into which a number is cut.", low=16, high=1024)
    centres: int = option(
        50_000,
        "Rows that the model keeps and smooths, drawn at random where there are more; distributions use all rows.",
        low=100,
        high=1_000_000,
        advanced=True,
    )


class Kde(Generator):
    """A product kernel on cells; columns that follow from others are computed."""

    info = GeneratorInfo(
        key="kde",
        label="Kernel density",
        family=Family.STATISTICAL,
        advanced=True,
        summary="Takes real rows and moves every cell as far as left out rows say that it may stray.",
        when="For small and middling tables of few columns whose shapes are not normal; with many columns, rows stay "
        "close to real ones or relations blur.",
        holds="Category labels, values that at least five rows share, the range of each number, exact rules between "
        "columns, and of up to 50,000 training rows in which cell of each column they lie.",
        source="Hall, Racine and Li 2004 (cross-validated widths); Aitchison and Aitken 1976 (categories); Geenens, "
        "Charpentier and Paindaveine 2017 (numbers on normal scores).",
        settings=KdeSettings,
        capabilities=frozenset({Capability.GIVEN, Capability.LIKELIHOOD, Capability.IMPUTE}),
        packages=("scipy",),
    )

    settings: KdeSettings
    codec: TableCodec
    cells: list[Cells]
    chain: Chain  # order and links; it has no models of its own
    widths: dict[int, float]
    density: Smoothed

    @classmethod
    def cost(cls, settings: KdeSettings, work: Work) -> Cost:
        """Widths tried on pairs of rows, whose number has an end; the rest is linear in rows and quick."""
        from engine.generators.density.widths import BASES, JUDGED, memory

        tables = sum(memory(min(n, settings.detail + 1), work.rows) for n in work.numbers)
        tables += sum(memory(n, work.rows) for n in work.levels)
        pairs = min(work.rows, BASES) * min(work.rows, JUDGED) / (BASES * JUDGED)
        return Cost(
            train=work.columns * (0.02 + 0.8 * pairs) + 4e-7 * work.cells,
            make=3e-7 * work.cells_made,
            memory=60e6 + 250e6 * pairs + tables + 25 * work.cells + 30 * work.cells_made,
            start=0.5,
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
            self.codec,
            codes,
            stream(seed, "kde", "orders"),
            resolution=self.settings.detail,
            step=reporter.step,
        )
        found = [own.cell(codes[:, j]) for j, own in enumerate(self.cells)]
        numbers = [isinstance(codec, NumericCodec) for codec in self.codec.codecs]
        order, links = find_links(codes, found, [own.size for own in self.cells], numbers, reporter.step)
        self.chain = Chain(order, links, {}, [own.counts for own in self.cells])
        rows = _some(len(codes), self.settings.centres, stream(seed, "kde", "centres"))
        centres = np.column_stack(found).astype(np.int32)[rows]
        self.widths = self._widths(centres, seed, reporter, budget)
        self._assemble(centres)
        self.notes += sentences(links, list(schema.names))
        if len(rows) < len(codes):
            self.notes.append(f"New rows are smoothed from {len(rows):,} of {len(codes):,} rows, drawn at random.")
        reporter.finish()

    def _widths(self, centres: NDArray[np.int32], seed: int, reporter: Reporter, budget: Budget) -> dict[int, float]:
        from engine.generators.density.widths import choose_widths

        free = self._free()
        makers = [lambda width, j=j: self._kernel(j, width) for j in free]
        own = [centres[:, j].astype(np.int64) for j in free]
        rng = stream(seed, "kde", "widths")
        chosen, gain = choose_widths(makers, own, rng, lambda: reporter.step(0), budget)
        if budget.over:
            self.notes.append("The time was up: some columns are smoothed by a common width.")
        if gain <= 0:
            self.notes.append("Columns seem to be independent: left out rows are no likelier with their relations.")
        return {j: min(width * self.settings.smoothing, 1.0) for j, width in zip(free, chosen, strict=True)}

    def _free(self) -> list[int]:
        """Columns with a kernel of their own: all but copies and those that follow by a rule."""
        fixed = {j for j, link in self.chain.links.items() if link.relation is not Relation.GAPS}
        return [j for j in self.chain.order if j not in fixed]

    def _kernel(self, j: int, width: float) -> Kernel:
        from engine.generators.density.kernels import GridKernel, LevelKernel

        own = self.cells[j]
        shares = own.counts / max(int(own.counts.sum()), 1)
        kind = GridKernel if isinstance(own, GridCells) else LevelKernel
        return kind(shares, self._classes(j), width)

    def _classes(self, j: int) -> Ints:
        """(cells,) of column j: which of them may mix. Gaps stay gaps, and what gaps of others follow from is kept."""
        own = self.cells[j]
        states = [(np.arange(own.size) < own.missing).astype(np.int64)]
        states += [
            link.states for link in self.chain.links.values() if link.source == j and link.relation is Relation.GAPS
        ]
        return np.asarray(np.unique(np.column_stack(states), axis=0, return_inverse=True)[1]).reshape(-1)

    def _assemble(self, centres: NDArray[np.int32]) -> None:
        from engine.generators.density.smoothed import Smoothed

        self.density = Smoothed(centres, {j: self._kernel(j, width) for j, width in self.widths.items()})

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
        demands, weights = chain_demands(given, self.codec, self.cells, self.chain)
        parts = []
        for batch, at in enumerate(range(0, n, _BATCH)):
            rows = min(_BATCH, n - at)
            drawn = self.density.draw(rows, weights, stream(seed, "kde", "rows", batch))
            if drawn is None:
                raise refusal(given[-1], "training saw no row that fulfils it together with the other conditions")
            parts.append(self._codes(self._linked(drawn), stream(seed, "kde", "values", batch), demands))
            reporter.step(rows)
        reporter.finish()
        return self.codec.decode(np.concatenate(parts) if parts else np.empty((0, len(self.cells))))

    def _linked(self, cells: NDArray[np.int32]) -> NDArray[np.int32]:
        """Cells with those of copies and rules computed from their sources."""
        for j in self.chain.order:
            fixed, rows = self.chain.rest(j, cells)
            if fixed is not None and not len(rows) and j not in self.widths:
                cells[:, j] = fixed
        return cells

    def _codes(self, cells: NDArray[np.int32], rng: np.random.Generator, demands: dict[int, CodeCondition]) -> Floats:
        """(rows, columns) cells -> a value in each that fulfils its demand; copies have their source's value."""
        codes = np.empty(cells.shape)
        for j in self.chain.order:
            source = self.chain.copied(j)
            own = cells[:, j].astype(np.int64)
            codes[:, j] = self.cells[j].value(own, rng, demands.get(j)) if source is None else codes[:, source]
        return codes

    def _log_likelihood(self, table: pd.DataFrame) -> Floats:
        found, strange = self._found(self.codec.encode(table))
        alone = np.zeros(len(found))
        for j, own in enumerate(self.cells):
            counts = np.maximum(own.counts, _UNSEEN)
            alone += np.log(np.where(strange[:, j], _UNSEEN, counts[found[:, j]]) / max(int(own.counts.sum()), 1))
        joint = self.density.log_ratio(found)
        joint[strange.any(axis=1) | ~self._fits(found)] = -np.inf
        fixed = [j for j in range(len(self.cells)) if j not in self.widths]
        for j in fixed:  # they follow from others, so they cost nothing
            own = self.cells[j]
            joint -= np.log(np.maximum(own.counts, _UNSEEN)[found[:, j]] / max(int(own.counts.sum()), 1))
        return np.asarray(alone + np.logaddexp(joint + np.log1p(-_BACKGROUND), np.log(_BACKGROUND)))

    def _fits(self, found: NDArray[np.int32]) -> Mask:
        """(rows,) whether copies and rules hold."""
        return np.asarray((self._linked(found.copy()) == found).all(axis=1))

    def _found(self, codes: Floats) -> tuple[NDArray[np.int32], Mask]:
        """(rows, columns) cells, and which of them are gaps in columns that had none in training."""
        found = np.column_stack([own.cell(codes[:, j]) for j, own in enumerate(self.cells)]).astype(np.int32)
        return found, np.isnan(codes) & ~np.array([own.missing for own in self.cells])

    def _impute(
        self, table: pd.DataFrame, *, seed: int, progress: Listener | None, cancel: CancelToken | None
    ) -> pd.DataFrame:
        from engine.generators.density.filling import Filling

        codes = self.codec.encode(table)
        reporter = Reporter("impute", int(np.isnan(codes).any(axis=1).sum()), progress, cancel)
        rng = stream(seed, "kde", "impute")
        filling = Filling(self.cells, self.chain, self.density, codes)
        drawn = self._linked(filling.drawn(self._found(codes)[0], rng, reporter))
        values = self._codes(filling.known_again(drawn, self._found(codes)[0]), rng, {})
        reporter.finish()
        made = self.codec.decode(filling.copies_agree(values))
        return pd.DataFrame({name: table[name].where(table[name].notna(), made[name]) for name in made})

    def _state(self) -> dict[str, Any]:
        return {
            "codec": self.codec.state(),
            "cells": [own.state() for own in self.cells],
            "order": self.chain.order,
            "links": {str(j): link.state() for j, link in self.chain.links.items()},
            "widths": {str(j): width for j, width in self.widths.items()},
            "centres": self.density.centres,
        }

    def _set_state(self, state: dict[str, Any]) -> None:
        schema = self._fitted_schema()
        self.codec = TableCodec.from_state(schema, state["codec"])
        self.cells = [cell_kinds.from_state(own) for own in state["cells"]]
        links = {int(j): Link.from_state(link) for j, link in state["links"].items()}
        self.chain = Chain([int(j) for j in state["order"]], links, {}, [own.counts for own in self.cells])
        self.widths = {int(j): float(width) for j, width in state["widths"].items()}
        centres = np.asarray(state["centres"], dtype=np.int32)
        sizes = np.array([own.size for own in self.cells])
        agree = centres.ndim == 2 and centres.shape[1] == len(schema) == len(self.cells) and len(centres)
        if not agree or (centres < 0).any() or (centres >= sizes).any() or sorted(self.widths) != sorted(self._free()):
            raise ValueError("the rows and the cells of the model do not agree")
        self._assemble(centres)

    def _passport(self) -> dict[str, list[Any]]:
        return held_values(self.codec, [own.held() for own in self.cells])


def _some(rows: int, most: int, rng: np.random.Generator) -> Ints:
    return np.arange(rows) if rows <= most else np.sort(rng.choice(rows, most, replace=False))
