"""Pattern: rows in time. New series with the trend, the seasons and the memory of the real ones."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from engine.blas import one_thread
from engine.codecs.base import Codec
from engine.codecs.numeric import NumericCodec
from engine.codecs.table import TableCodec
from engine.conditions import Condition
from engine.errors import DataError
from engine.generators import cells as cell_kinds
from engine.generators.base import Family, Generator, GeneratorInfo
from engine.generators.cells import Cells, fit_cells
from engine.generators.costs import Cost, Work
from engine.generators.demands import held_values
from engine.progress import Budget, CancelToken, Listener, Reporter
from engine.seeds import stream
from engine.settings import Settings, option
from engine.table.schema import Kind, Schema

if TYPE_CHECKING:
    from engine.generators.series.learned import Learned, Made

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]

AUTO, NONE = "auto", "none"


@dataclass(frozen=True)
class PatternSettings(Settings):
    time: str = option(
        AUTO,
        "Column that tells when each row was; “auto” looks for one, “none” takes the rows in their order.",
    )
    series: str = option(
        AUTO,
        "Column whose values are series of their own (a customer, a station); “auto” looks for one, “none” for a "
        "single series.",
    )
    sweeps: int = option(
        30, "Passes over the rows in which the hand-over from row to row is improved.", low=2, high=1_000
    )
    detail: int = option(512, "Cells into which a number is cut.", low=16, high=4096, advanced=True)


class Pattern(Generator):
    """Columns on normal scores that move in time."""

    info = GeneratorInfo(
        key="pattern",
        label="Patterns in time",
        family=Family.STATISTICAL,
        advanced=True,
        summary="Finds trend, seasons and what one row hands on to the next, and makes new series that move alike.",
        when="For rows in time: daily weather, sales by month, purchases of customers; order and seasons are kept.",
        holds="Category labels, values that at least five rows share, the range of each number and of the dates, the "
        "names of the series, and the usual steps of time.",
        source="Lütkepohl 2005 (vector autoregression); Hoff 2007 (normal scores); Fisher 1929 (periods).",
        settings=PatternSettings,
        packages=("scipy",),
    )

    settings: PatternSettings
    codec: TableCodec
    cells: list[Cells]
    learned: Learned
    sorted_by_time: bool

    @classmethod
    def cost(cls, settings: PatternSettings, work: Work) -> Cost:
        """Passes over all cells, each of which looks at the columns and some rows back."""
        passes = (settings.sweeps + 3) * work.cells
        return Cost(
            train=0.3 + passes * (1.2e-6 + 4e-8 * work.columns) + work.ordering,
            make=work.cells_made * 1.5e-6 + 2e-5 * work.made,
            memory=80e6 + 150 * work.cells + 60 * work.cells_made,
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
        from engine.generators.series.learning import learn

        reporter = Reporter("train", self.settings.sweeps + 2, progress, cancel)
        self.codec = TableCodec(schema).fit(table)
        codes = self.codec.encode(table)
        key, time = self._roles(codes, schema)
        self.cells = fit_cells(
            self.codec,
            codes,
            stream(seed, "pattern", "orders"),
            resolution=self.settings.detail,
            step=lambda: reporter.step(0),
        )
        reporter.step()

        def swept() -> bool:
            reporter.step(message="from row to row")
            return budget.over

        self.learned = learn(
            codes,
            self.cells,
            (time, key),
            None if time is None else _months(self.codec.codecs[time], codes[:, time]),
            None if time is None else self._unit(time),
            0 if time is None else self._decimals(time),
            self.settings.sweeps,
            stream(seed, "pattern", "motion"),
            swept,
        )
        self.sorted_by_time = time is not None and bool((np.diff(codes[:, time]) >= 0).all())
        self._note(list(schema.names), budget)
        reporter.finish()

    def _roles(self, codes: Floats, schema: Schema) -> tuple[int | None, int | None]:
        """Columns of key and time, as the settings say or as they are found. Raises DataError for a wrong name."""
        from engine.generators.series.axis import find_key, find_time

        kinds = [column.kind for column in schema]
        dates = [j for j, kind in enumerate(kinds) if kind is Kind.DATETIME]
        numbers = [j for j, kind in enumerate(kinds) if kind is Kind.INTEGER]
        named = {name: self._named(getattr(self.settings, name), schema, name) for name in ("time", "series")}
        key = named["series"]
        if self.settings.series == AUTO:
            wanted = dates if self.settings.time == AUTO else [j for j in (named["time"],) if j is not None]
            others = [j for j, kind in enumerate(kinds) if kind in (Kind.CATEGORICAL, Kind.INTEGER)]
            key = find_key(codes, wanted, [j for j in others if j not in wanted])
        time = named["time"]
        if self.settings.time == AUTO:
            time = find_time(codes, [j for j in dates if j != key], [j for j in numbers if j != key], key)
        for j, what in ((time, "time"), (key, "series")):
            if j is not None and np.isnan(codes[:, j]).any():
                raise DataError(
                    f"Column “{schema.columns[j].name}” has missing values and cannot tell the {what} of each row.",
                    column=schema.columns[j].name,
                )
        return key, time

    def _named(self, name: str, schema: Schema, setting: str) -> int | None:
        if name in (AUTO, NONE):
            return None
        if name not in schema:
            raise DataError(f"Setting “{setting}” names the column “{name}”, which is not among those to learn.")
        j = list(schema.names).index(name)
        if setting == "time" and not schema.columns[j].kind.numeric:
            raise DataError(
                f"Column “{name}” is {schema.columns[j].kind}; time has to be a date or a number.", column=name
            )
        return j

    def _unit(self, time: int) -> float | None:
        from engine.generators.series.learning import MICROSECONDS

        return MICROSECONDS.get(getattr(self.codec.codecs[time], "resolution", ""))

    def _decimals(self, time: int) -> int:
        codec = self.codec.codecs[time]
        return codec.decimals if isinstance(codec, NumericCodec) else 0

    def _note(self, names: list[str], budget: Budget) -> None:
        """Plain sentences on what was found."""
        found, roles = self.learned, self.learned.roles
        if roles.time is not None:
            told = {"even": "in even steps", "months": "in even steps of months"}.get(
                str(roles.pace), "in steps that vary"
            )
            self.notes.append(f"Rows follow each other by “{names[roles.time]}”, {told}.")
        else:
            self.notes.append("No column tells the time: rows are taken in their order.")
        if roles.key is not None:
            self.notes.append(f"Each value of “{names[roles.key]}” is a series of its own.")
        by_period: dict[float, list[str]] = {}
        for j, periods in found.found.items():
            for period in periods:
                by_period.setdefault(period, []).append(names[j])
        for period, columns in sorted(by_period.items()):
            named = ", ".join(f"“{name}”" for name in columns[:4]) + (" and others" if len(columns) > 4 else "")
            comes = "comes" if len(columns) == 1 else "come"
            self.notes.append(f"{named} {comes} round every {period:.4g} steps.")
        if found.motion.order:
            rows = "row" if found.motion.order == 1 else f"{found.motion.order} rows"
            self.notes.append(f"Each row depends on the {rows} before it.")
        if budget.over:
            self.notes.append("The time was up before all passes were done.")

    def _sample(
        self,
        n: int,
        *,
        seed: int,
        given: tuple[Condition, ...],
        progress: Listener | None,
        cancel: CancelToken | None,
    ) -> pd.DataFrame:
        reporter = Reporter("sample", len(self.cells) + 1, progress, cancel)
        rng = stream(seed, "pattern", "rows")
        made = self.learned.make(n, rng, self.cells)
        reporter.step()
        codes = np.empty((n, len(self.cells)))
        for j, own in enumerate(self.cells):
            codes[:, j] = self._column(j, own, made, stream(seed, "pattern", "values", self._name(j)))
            reporter.step(message=self._name(j))
        if self.sorted_by_time and self.learned.roles.key is not None:
            codes = codes[np.argsort(codes[:, self.learned.roles.time], kind="stable")]
        return self._decoded(codes)

    def _decoded(self, codes: Floats) -> pd.DataFrame:
        """The table of (rows, columns) codes; its time may lie beyond what training saw."""
        table = self.codec.decode(codes)
        time = self.learned.roles.time
        if time is not None:
            codec = self.codec.codecs[time]
            if isinstance(codec, NumericCodec):
                table[self._name(time)] = codec.reaching(codes[:, time]).decode(codes[:, time])
        return table

    def _name(self, j: int) -> str:
        return self.codec.codecs[j].column.name

    def _column(self, j: int, own: Cells, made: Made, rng: np.random.Generator) -> Floats:
        """(rows,) codes of column j."""
        roles = self.learned.roles
        if j == roles.time:
            return self._moments(j, made.time)
        if j == roles.key:
            real = np.flatnonzero(own.counts > 0)
            series = int(made.series.max(initial=-1)) + 1
            label = np.concatenate([rng.permutation(real) for _ in range(series // len(real) + 1)])
            return self.key_codes(j)[label[made.series]] if series else np.empty(0)
        cells = made.cells.get(j)
        if cells is None:
            cells = np.full(len(made.time), int(np.argmax(own.counts)), dtype=np.int64)
        return own.value(cells, rng)

    def key_codes(self, j: int) -> Floats:
        """(cells,) code of each cell of the key column."""
        own = self.cells[j]
        return own.value(np.arange(own.size), np.random.default_rng(0))

    def _moments(self, j: int, time: Floats) -> Floats:
        """(rows,) times as codes of the time column."""
        from engine.generators.series.axis import Pace

        roles = self.learned.roles
        if roles.pace is Pace.FREE:
            return np.asarray(np.round(time, self._decimals(j)))
        if roles.pace is not Pace.MONTHS:
            return np.asarray(np.round(time * roles.step, self._decimals(j)))
        codec = self.codec.codecs[j]
        base = codec.decode(np.array([getattr(codec, "low", 0.0)]))
        start = base.iloc[0]
        month = start.year * 12 + start.month - 1
        ends = bool(start.is_month_end and (start + pd.Timedelta(days=1)).day == 1 and start.day > 27)
        shift = np.round(time * roles.step).astype(np.int64) - month

        def offset(months: int) -> Any:
            return pd.offsets.MonthEnd(months) if ends else pd.DateOffset(months=months)

        moved = [start + offset(k) if k else start for k in shift.tolist()]
        return codec.encode(pd.Series(moved, dtype=base.dtype))

    def _state(self) -> dict[str, Any]:
        return {
            "codec": self.codec.state(),
            "cells": [own.state() for own in self.cells],
            "learned": self.learned.state(),
            "sorted": self.sorted_by_time,
        }

    def _set_state(self, state: dict[str, Any]) -> None:
        from engine.generators.series.learned import Learned

        schema = self._fitted_schema()
        self.codec = TableCodec.from_state(schema, state["codec"])
        self.cells = [cell_kinds.from_state(own) for own in state["cells"]]
        self.learned = Learned.from_state(state["learned"])
        self.sorted_by_time = bool(state["sorted"])
        columns = {score.column for score in self.learned.scores}
        roles = {j for j in (self.learned.roles.time, self.learned.roles.key) if j is not None}
        if len(self.cells) != len(schema) or max(columns | roles, default=-1) >= len(schema):
            raise ValueError("columns do not agree")

    def going_on(self) -> frozenset[str]:
        self._fitted_schema()
        time = self.learned.roles.time
        return frozenset() if time is None else frozenset({self._name(time)})

    def _passport(self) -> dict[str, list[Any]]:
        return held_values(self.codec, [own.held() for own in self.cells])


def _months(codec: Codec, codes: Floats) -> Floats | None:
    """(rows,) calendar months of dates that lie on the same day and hour of their month (or on its end), or None."""
    moments = codec.decode(codes)
    if not pd.api.types.is_datetime64_any_dtype(moments.dtype):
        return None
    ends = bool(moments.dt.is_month_end.all())
    clock = moments.dt.hour * 3_600 + moments.dt.minute * 60 + moments.dt.second
    if clock.nunique() > 1 or (moments.dt.day.nunique() > 1 and not ends):
        return None
    return np.asarray(moments.dt.year * 12 + moments.dt.month - 1, dtype=np.float64)
