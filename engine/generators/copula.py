"""Gaussian copula: every column keeps its own distribution, one multivariate normal ties them together."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from engine.blas import one_thread
from engine.codecs.missing import MissingPatterns
from engine.codecs.numeric import NumericCodec
from engine.codecs.table import TableCodec
from engine.conditions import Condition
from engine.generators.base import Capability, Family, Generator, GeneratorInfo
from engine.generators.costs import Cost, Work
from engine.generators.demands import code_demands, held_values, refusal
from engine.progress import Budget, CancelToken, Listener, Reporter
from engine.seeds import stream
from engine.settings import Settings, option
from engine.table.schema import Schema

if TYPE_CHECKING:
    from engine.generators.conditioning import Demand
    from engine.generators.latentmodel import LatentModel
    from engine.generators.latents import LatentColumn
    from engine.generators.structure import Views

Floats = NDArray[np.float64]

_PILOT_ROWS, _PILOT_SWEEPS, _PILOT_MADE = 4_000, 40, 20_000
AUTO, ORDERED, CHOICE = "auto", "ordered", "choice"


@dataclass(frozen=True)
class CopulaSettings(Settings):
    sweeps: int = option(
        80, "Passes over the rows in which the correlations are improved; more is slower and closer.", low=10, high=2000
    )
    rows: int = option(
        8_000,
        "Rows, drawn at random, from which correlations are learned; margins use all rows.",
        low=500,
        high=200_000,
    )
    categories: str = option(
        AUTO,
        "How categories of three and more levels are tied to other columns: in an order, as a free choice among "
        "levels, or whichever reproduces each column's tables better.",
        choices=(AUTO, ORDERED, CHOICE),
    )
    options: int = option(
        16, "Levels of a category that are told apart in a free choice; alike levels share one.", low=3, high=64,
        advanced=True,
    )  # fmt: skip
    latents: int = option(
        300,
        "Most latent variables in all; above it the categories with the most levels stay ordered.",
        low=10,
        high=3000,
        advanced=True,
    )
    detail: int = option(512, "Cells into which the distribution of a number is cut.", low=16, high=4096, advanced=True)


class Copula(Generator):
    """Numbers, dates, categories and gaps on the latents of one normal."""

    info = GeneratorInfo(
        key="copula",
        label="Gaussian copula",
        family=Family.STATISTICAL,
        advanced=False,
        summary="Keeps every column's distribution and ties columns together by hidden normal variables.",
        when="For quick results on mixed tables, and for small ones; relations that rise or fall steadily are kept, "
        "those of three columns together are not.",
        holds="Category labels, values that at least five rows share, and the range of each number.",
        source="Hoff 2007 (semiparametric copula); McCulloch and Rossi 1994 (multinomial probit).",
        settings=CopulaSettings,
        capabilities=frozenset({Capability.GIVEN}),
        packages=("scipy",),
        lighter=("rows", "latents"),
    )

    settings: CopulaSettings
    codec: TableCodec
    model: LatentModel

    @classmethod
    def cost(cls, settings: CopulaSettings, work: Work) -> Cost:
        """Each sweep redraws every latent variable in every row that is looked at, twice more in pilots."""
        rows = min(work.rows, settings.rows)
        free = sum(min(levels, settings.options) - 1 for levels in work.levels if levels > 1)
        latents = min(len(work.numbers) + free, max(settings.latents, work.columns))
        if settings.categories == ORDERED:
            latents = work.columns
        sweeps = settings.sweeps * latents * (1e-4 + 1.25e-7 * rows)
        piloted = settings.categories == AUTO and any(levels > 2 for levels in work.levels)
        pilots = _PILOT_SWEEPS * (work.columns + latents) * (1e-4 + 1.25e-7 * min(work.rows, _PILOT_ROWS)) * piloted
        return Cost(
            train=sweeps + pilots + 1e-6 * work.cells,
            make=1e-7 * work.made * latents,
            memory=25e6 + 25 * work.cells + 16 * latents * max(rows, work.made, _PILOT_MADE * piloted),
            start=0.35,
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
        from engine.generators import structure

        piloted = self.settings.categories == AUTO
        reporter = Reporter("train", self.settings.sweeps + 2 * _PILOT_SWEEPS * piloted + 1, progress, cancel)
        self.codec = TableCodec(schema).fit(table)
        codes = self.codec.encode(table)
        patterns = MissingPatterns().fit(np.isnan(codes))
        views, rows = structure.view(self.codec, codes, stream(seed, "copula", "views"))
        ordered = []
        for j in range(len(schema)):
            ordered.append(structure.ordered_column(self.codec, codes, j, views, rows, self.settings.detail))
            reporter.step(0, message=f"ordering {schema.columns[j].name}")
        choices = self._choices(codes, views, rows, ordered)
        columns = self._pick(codes, ordered, choices, patterns, reporter, budget, seed)
        self.model = self._trained(codes, columns, patterns, self.settings.sweeps, reporter, budget, seed)
        reporter.finish("done")

    def _choices(
        self, codes: Floats, views: Views, rows: NDArray[np.int64], ordered: list[LatentColumn]
    ) -> dict[int, LatentColumn]:
        """Categories as free choices, those of few levels first, as far as the number of latents allows."""
        from engine.generators.structure import choice_column

        if self.settings.categories == ORDERED:
            return {}
        left = self.settings.latents - len(ordered)
        choices: dict[int, LatentColumn] = {}
        barred = 0
        sizes = [(c.size, j) for j, c in enumerate(self.codec.codecs) if not isinstance(c, NumericCodec) and c.size > 2]
        for size, j in sorted(sizes):
            column = choice_column(codes[:, j], size, views, rows, j, self.settings.options)
            if column is None:
                continue
            if column.latent.dims - 1 > left:
                barred += 1
                continue
            left -= column.latent.dims - 1
            choices[j] = column
        if barred:
            self.notes.append(
                f"{barred} categories stay ordered, because the table would need more than "
                f"{self.settings.latents} latent variables (setting “latents”)."
            )
        return choices

    def _pick(
        self,
        codes: Floats,
        ordered: list[LatentColumn],
        choices: dict[int, LatentColumn],
        patterns: MissingPatterns,
        reporter: Reporter,
        budget: Budget,
        seed: int,
    ) -> list[LatentColumn]:
        """For each category the better of its two forms; both are tried on a part of the rows where it is left open."""
        if not choices or self.settings.categories != AUTO:
            return [choices.get(j, column) for j, column in enumerate(ordered)]
        chosen = [choices.get(j, column) for j, column in enumerate(ordered)]
        errors = [self._errors(codes, form, choices, patterns, reporter, budget, seed) for form in (ordered, chosen)]
        free = [j for j in choices if errors[1][j] < errors[0][j]]
        names = [self.codec.codecs[j].column.name for j in free]
        if names:
            self.notes.append(f"Treated as free choices, not as ordered: {', '.join(names)}.")
        return [choices[j] if j in free else column for j, column in enumerate(ordered)]

    def _errors(
        self,
        codes: Floats,
        columns: list[LatentColumn],
        choices: dict[int, LatentColumn],
        patterns: MissingPatterns,
        reporter: Reporter,
        budget: Budget,
        seed: int,
    ) -> dict[int, float]:
        """How badly a quick fit with these columns reproduces the tables of pairs of each category in question."""
        from engine.generators.structure import grouped, pair_errors

        part = _some_rows(codes, _PILOT_ROWS, stream(seed, "copula", "pilot rows"))
        model = self._trained(part, columns, patterns, _PILOT_SWEEPS, reporter, budget, seed)
        made = self._made(model, _PILOT_MADE, stream(seed, "copula", "pilot"))
        real_groups, made_groups = (grouped(self.codec, which, codes) for which in (codes, made))
        centred = real_groups - real_groups.mean(axis=0)
        spread = np.sqrt((centred**2).sum(axis=0)) + 1e-12
        strength = np.abs(centred.T @ centred) / np.outer(spread, spread)
        return pair_errors(real_groups, made_groups, list(choices), strength)

    def _trained(
        self,
        codes: Floats,
        columns: list[LatentColumn],
        patterns: MissingPatterns,
        sweeps: int,
        reporter: Reporter,
        budget: Budget,
        seed: int,
    ) -> LatentModel:
        """A model of these columns whose correlations are learned from at most `rows` rows of the codes."""
        from engine.generators.gibbs import fit_normal
        from engine.generators.latentmodel import LatentModel

        model = LatentModel(columns, patterns)
        if not model.layout.size:
            return model
        options = model.options(_some_rows(codes, self.settings.rows, stream(seed, "copula", "rows")))
        rng = stream(seed, "copula", "fit")
        message = f"correlations of {model.layout.size} latent variables"
        model.normal, made = fit_normal(model.latents, options, rng, sweeps, reporter, budget, message)
        if made < sweeps:
            self.notes.append(f"The time was up after {made} of {sweeps} passes over the rows.")
        model.calibrate(stream(seed, "copula", "calibration"))
        return model

    @staticmethod
    def _made(model: LatentModel, n: int, rng: np.random.Generator) -> Floats:
        """(n, columns) codes drawn from a model."""
        z = model.draw(n, rng)
        codes = np.column_stack([model.column_codes(z, j, rng) for j in range(len(model.columns))])
        codes[model.missing(z)] = np.nan
        return codes

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
        from engine.generators.conditioning import draw_given

        reporter = Reporter("sample", len(self.model.columns), progress, cancel)
        demands = self._demands(given)
        z = draw_given(self.model, n, demands, stream(seed, "copula", "latents"), reporter)
        wanted = {demand.column: demand.condition for demand in demands}
        codes = np.empty((n, len(self.model.columns)))
        for j, codec in enumerate(self.codec.codecs):
            rng = stream(seed, "copula", "values", codec.column.name)
            codes[:, j] = self.model.column_codes(z, j, rng, wanted.get(j))
            reporter.step(message=codec.column.name)
        missing = self.model.missing(z)
        for demand in demands:
            if not demand.missing:
                missing[:, demand.column] = False  # a latent on the very edge
        codes[missing] = np.nan
        return self.codec.decode(codes)

    def _demands(self, given: tuple[Condition, ...]) -> list[Demand]:
        from engine.generators.conditioning import demands_on, possible

        demands = demands_on(self.model, code_demands(given, self.codec))
        for k, condition in enumerate(given):
            if not possible(self.model, [demands[k]]):
                raise refusal(condition, "training saw no such row")
            if not possible(self.model, demands[: k + 1]):
                raise refusal(condition, "training saw no row that fulfils it together with the other conditions")
        return demands

    def _state(self) -> dict[str, Any]:
        return {"codec": self.codec.state(), "model": self.model.state()}

    def _set_state(self, state: dict[str, Any]) -> None:
        from engine.generators.latentmodel import LatentModel

        schema = self._fitted_schema()
        self.codec = TableCodec.from_state(schema, state["codec"])
        self.model = LatentModel.from_state(state["model"])
        if len(self.model.columns) != len(schema):
            raise ValueError("columns do not agree")

    def _passport(self) -> dict[str, list[Any]]:
        return held_values(self.codec, [column.held() for column in self.model.columns])


def _some_rows(codes: Floats, most: int, rng: np.random.Generator) -> Floats:
    if len(codes) <= most:
        return codes
    return codes[np.sort(rng.choice(len(codes), size=most, replace=False))]
