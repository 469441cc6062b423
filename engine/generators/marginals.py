"""Standard statistics: every column from its own best distribution; what is missing together stays together."""

from __future__ import annotations

import math
from collections import Counter
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from engine.codecs.base import Codec
from engine.codecs.grid import CodeCondition, Grid
from engine.codecs.missing import MissingPatterns
from engine.codecs.numeric import NumericCodec
from engine.codecs.table import TableCodec
from engine.conditions import Condition
from engine.generators.base import Capability, Family, Generator, GeneratorInfo
from engine.generators.cells import GridCells, LevelCells
from engine.generators.costs import Cost, Work
from engine.generators.demands import code_demands, held_values, refusal
from engine.generators.margins import CellMargin, ColumnFit, FamilyMargin, Margin, margin_from_state
from engine.progress import Budget, CancelToken, Listener, Reporter
from engine.seeds import stream
from engine.settings import Settings, option
from engine.table.schema import Kind, Schema

if TYPE_CHECKING:
    from engine.statistics.families import Sample

Floats = NDArray[np.float64]

BEST, EMPIRICAL = "best", "empirical"
FAMILY_KEYS = (
    "poisson", "geometric", "negative binomial", "binomial", "normal", "laplace", "logistic", "student", "uniform",
    "triangular", "beta", "exponential", "gamma", "lognormal", "weibull", "pareto",
)  # fmt: skip
_LARGEST = 1e100  # squares of numbers above it, or of differences below its inverse, leave float64
_FEWEST = 20  # rows, and distinct values above, from which on a family is worth looking for


@dataclass(frozen=True)
class MarginalsSettings(Settings):
    numbers: str = option(
        BEST,
        "Distribution of numbers and dates: the best-fitting family where it fits well and the observed distribution "
        "elsewhere, always the observed one, or one family for all columns.",
        choices=(BEST, EMPIRICAL, *FAMILY_KEYS),
    )
    detail: int = option(
        512, "Cells into which the observed distribution of a number is cut.", low=16, high=4096, advanced=True
    )
    smoothing: float = option(
        0.0,
        "Rows added to the count of every observed category; more makes rare categories more frequent.",
        low=0.0,
        high=1000.0,
        advanced=True,
    )


class Marginals(Generator):
    """Independent columns. `fits` says how each column's distribution was chosen."""

    info = GeneratorInfo(
        key="marginals",
        label="Standard statistics",
        family=Family.STATISTICAL,
        advanced=False,
        summary="Draws every column on its own from its best-fitting or its observed distribution.",
        when="For a quick look, for test data, and as the baseline that other methods must beat; "
        "relations between columns are not kept.",
        holds="Category labels, values that at least five rows share, and the range of each number.",
        source="Maximum likelihood, Akaike's criterion and the Kolmogorov-Smirnov distance (Lilliefors 1967).",
        settings=MarginalsSettings,
        capabilities=frozenset({Capability.GIVEN}),
        packages=("scipy",),
    )

    settings: MarginalsSettings
    codec: TableCodec
    patterns: MissingPatterns
    margins: tuple[Margin, ...]
    fits: tuple[ColumnFit, ...]

    @classmethod
    def cost(cls, settings: MarginalsSettings, work: Work) -> Cost:
        """Families are tried on numbers of more than a few values; all else goes with the cells."""
        tried = sum(distinct > _FEWEST for distinct in work.numbers) * (settings.numbers != EMPIRICAL)
        return Cost(
            train=0.07 * tried + 4e-7 * work.cells,
            make=2e-7 * work.cells_made,
            memory=42e6 + 25 * max(work.cells, work.cells_made),
            start=0.5,
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
        reporter = Reporter("train", len(schema), progress, cancel)
        self.codec = TableCodec(schema).fit(table)
        codes = self.codec.encode(table)
        self.patterns = MissingPatterns().fit(np.isnan(codes))
        margins, fits = [], []
        for j, column in enumerate(self.codec.codecs):
            known = codes[~np.isnan(codes[:, j]), j]
            margin, fit = self._margin(column, known, search=not budget.over)
            margins.append(margin)
            fits.append(fit)
            reporter.step(message=f"{column.column.name}: {fit.chosen}")
        self.margins, self.fits = tuple(margins), tuple(fits)
        self.notes = _notes(self.fits)

    def _margin(self, codec: Codec, known: Floats, *, search: bool) -> tuple[Margin, ColumnFit]:
        if not isinstance(codec, NumericCodec):
            return self._frequencies(codec, known)
        if self.settings.numbers == EMPIRICAL:
            return self._empirical(codec, known, "the observed distribution was asked for")
        forced = self.settings.numbers != BEST
        if why := no_family(codec, known, forced=forced):
            return self._empirical(codec, known, why)
        if not search:
            return self._empirical(codec, known, "the time was up before families could be tried")
        return self._family(codec, known, forced=forced)

    def _frequencies(self, codec: Codec, known: Floats) -> tuple[Margin, ColumnFit]:
        counts = np.bincount(known.astype(np.int64), minlength=codec.size)
        cells = LevelCells(np.arange(codec.size), counts, 0)
        weights = np.where(counts > 0, counts + self.settings.smoothing, 0.0)
        fit = ColumnFit(codec.column.name, "frequencies", "categories are drawn as often as they were seen", {})
        return CellMargin(cells, weights), fit

    def _empirical(self, codec: NumericCodec, known: Floats, reason: str) -> tuple[Margin, ColumnFit]:
        grid = Grid().fit(known, decimals=codec.decimals, cells=self.settings.detail)
        margin = CellMargin(GridCells(grid), grid.counts.astype(np.float64))
        return margin, ColumnFit(codec.column.name, EMPIRICAL, reason, {})

    def _family(self, codec: NumericCodec, known: Floats, *, forced: bool) -> tuple[Margin, ColumnFit]:
        """The best family with its spikes where it fits well enough or is asked for; else the observed distribution."""
        from engine.statistics import fitting

        spikes, masses, rest = without_spikes(known)
        sample = summarised(codec, rest)
        ranked = fitting.best_family(rest, sample, keys=(self.settings.numbers,) if forced else FAMILY_KEYS)
        if not ranked:
            return self._empirical(codec, known, f"a {self.settings.numbers} distribution cannot hold its values")
        best = ranked[0]
        limit = fitting.limit(len(rest), parameters=len(best.family.parameters))
        good = best.distance <= limit
        measured = f"distance {best.distance:.3f}, limit {limit:.3f}"
        if good or forced:
            margin: Margin = FamilyMargin(best, spikes, masses, codec.decimals)
            reason = f"it {'fits well' if good else 'was asked for, though it fits badly'} ({measured})"
        else:
            margin, _ = self._empirical(codec, known, "")
            reason = f"no family fits well enough; the best is {best.family.label} ({measured})"
        parameters = dict(zip(best.family.parameters, best.parameters.tolist(), strict=True))
        return margin, ColumnFit(
            codec.column.name,
            best.family.label if good or forced else EMPIRICAL,
            reason,
            parameters if good or forced else {},
            len(spikes) if good or forced else 0,
            best.distance,
            limit,
            tuple((fit.family.label, round(fit.aic - best.aic, 1)) for fit in ranked),
        )

    def _sample(
        self,
        n: int,
        *,
        seed: int,
        given: tuple[Condition, ...],
        progress: Listener | None,
        cancel: CancelToken | None,
    ) -> pd.DataFrame:
        reporter = Reporter("sample", len(self.margins), progress, cancel)
        demands = code_demands(given, self.codec)
        weights = self._pattern_weights(given, demands)
        missing = self.patterns.draw(n, stream(seed, "marginals", "missing"), weights)
        codes = np.empty((n, len(self.margins)))
        for j, margin in enumerate(self.margins):
            name = self.codec.codecs[j].column.name
            demand = demands.get(j)
            if demand is not None and not weights[j][0] > 0:
                demand = None  # only missing is wanted
            codes[:, j] = margin.draw(n, stream(seed, "marginals", "column", name), demand)
            reporter.step(message=name)
        codes[missing] = np.nan
        return self.codec.decode(codes)

    def _pattern_weights(
        self, given: tuple[Condition, ...], demands: dict[int, CodeCondition]
    ) -> dict[int, tuple[float, float]]:
        """How a demand changes the chance of a value and of a gap in its column."""
        weights: dict[int, tuple[float, float]] = {}
        for condition, (j, demand) in zip(given, demands.items(), strict=True):
            weights[j] = (self.margins[j].share(demand), float(demand.missing))
            if not self.patterns.possible({j: weights[j]}):
                raise refusal(condition, "training saw no such row")
            if not self.patterns.possible(weights):
                raise refusal(condition, "training saw no row that fulfils it together with the other conditions")
        return weights

    def _state(self) -> dict[str, Any]:
        return {
            "codec": self.codec.state(),
            "patterns": self.patterns.state(),
            "margins": [margin.state() for margin in self.margins],
            "fits": [_json(fit.to_json()) for fit in self.fits],
        }

    def _set_state(self, state: dict[str, Any]) -> None:
        schema = self._fitted_schema()
        self.codec = TableCodec.from_state(schema, state["codec"])
        self.patterns = MissingPatterns.from_state(state["patterns"])
        self.margins = tuple(margin_from_state(own) for own in state["margins"])
        self.fits = tuple(ColumnFit.from_json(own) for own in state["fits"])
        if not len(self.margins) == len(self.fits) == self.patterns.columns == len(schema):
            raise ValueError("columns do not agree")

    def _passport(self) -> dict[str, list[Any]]:
        return held_values(self.codec, [margin.held() for margin in self.margins])


def no_family(codec: NumericCodec, known: Floats, *, forced: bool = False) -> str:
    """Why no family is looked for among (rows,) known codes; nothing where one is. forced: one was asked for."""
    if codec.low == codec.high or (not forced and len(np.unique(known)) <= _FEWEST):
        return "it takes only a few different values"
    if max(-codec.low, codec.high) > _LARGEST or codec.high - codec.low < 1 / _LARGEST:
        return "its numbers are too large or too close together for families"
    return ""


def summarised(codec: NumericCodec, codes: Floats) -> Sample:
    """What families are fitted to, of (rows,) codes without spikes."""
    from engine.statistics import fitting

    dates, whole = codec.column.kind is Kind.DATETIME, codec.column.kind is Kind.INTEGER
    return fitting.summarise(codes, step=codec.step, whole=whole, dates=dates)


def without_spikes(known: Floats) -> tuple[Floats, Floats, Floats]:
    """Spikes, their shares of the rows, and the (rows,) values that are none."""
    from engine.statistics.fitting import spikes

    distinct, counts = np.unique(known, return_counts=True)
    spiked = spikes(distinct, counts)
    return distinct[spiked], counts[spiked] / len(known), known[~np.isin(known, distinct[spiked])]


def _json(value: Any) -> Any:
    """JSON has no infinities: they become None."""
    return {k: None if isinstance(v, float) and not math.isfinite(v) else v for k, v in value.items()}


def _notes(fits: tuple[ColumnFit, ...]) -> list[str]:
    """Plain sentences: which distribution how many columns got, and what people should know about single ones."""
    chosen = Counter(fit.chosen for fit in fits if fit.chosen != "frequencies")
    notes = []
    if chosen:
        listed = ", ".join(f"{label} ({count})" for label, count in chosen.most_common())
        notes.append(f"Distributions of numbers and dates: {listed}.")
    notes += [f"Column “{fit.column}”: {fit.chosen}, because {fit.reason}." for fit in fits if fit.limit is not None]
    if late := [fit.column for fit in fits if fit.reason.startswith("the time was up")]:
        notes.append(f"The time was up: {len(late)} columns got their observed distribution without a search.")
    return notes
