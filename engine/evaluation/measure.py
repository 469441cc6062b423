"""`evaluate`: all figures of a synthetic table, each beside the one that a fresh real sample gets.

The reference is fair only at equal size, for figures of fewer rows are noisier and so lower. So: a holdout with more
rows than the synthetic table is thinned to as many; where it has fewer, the synthetic table is measured a second time
on as many of its rows (`MetricResult.equal_size`). The headline figure always uses every synthetic row.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import pandas as pd

from engine.errors import NotApplicable, SchemaError, SettingsError
from engine.evaluation import registry
from engine.evaluation.base import Against, Goal, Metric, MetricInfo, MetricResult, Options, Part, Score
from engine.evaluation.columns import share_labels
from engine.evaluation.draws import first
from engine.evaluation.overall import Overall
from engine.evaluation.verdicts import Standing
from engine.progress import CancelToken, Listener, Reporter
from engine.seeds import stream
from engine.table.schema import Schema

VERSION = 1
NO_HOLDOUT = "no real rows were held out"


@dataclass(frozen=True, slots=True)
class Evaluation:
    """All figures of one synthetic table. rows: how many rows the tables had ("real", "synthetic", "holdout")."""

    results: tuple[MetricResult, ...]
    rows: dict[str, int]
    seed: int = 0

    @property
    def keys(self) -> tuple[str, ...]:
        return tuple(result.info.key for result in self.results)

    @property
    def overall(self) -> MetricResult:
        return self.get(Overall.info.key)

    def get(self, key: str) -> MetricResult:
        """The result of a metric. Raises SettingsError when it was not measured."""
        for result in self.results:
            if result.info.key == key:
                return result
        raise SettingsError(f"The figure “{key}” was not measured. Measured: {', '.join(self.keys)}.")

    def to_json(self) -> dict[str, Any]:
        results = [result.to_json() for result in self.results]
        return {"version": VERSION, "rows": dict(self.rows), "seed": self.seed, "results": results}

    @classmethod
    def from_json(cls, data: Mapping[str, Any]) -> Evaluation:
        """Raises ValueError when `data` is no evaluation, or one of another version."""
        if not isinstance(data, Mapping) or data.get("version") != VERSION:
            raise ValueError("This is not an evaluation that this program can read.")
        try:
            results = tuple(MetricResult.from_json(result) for result in data["results"])
            return cls(results, dict(data["rows"]), int(data["seed"]))
        except (KeyError, TypeError) as error:
            raise ValueError(f"The evaluation is damaged ({error}).") from error


def evaluate(
    real: pd.DataFrame,
    synthetic: pd.DataFrame,
    schema: Schema,
    *,
    holdout: pd.DataFrame | None = None,
    seed: int = 0,
    progress: Listener | None = None,
    cancel: CancelToken | None = None,
    keys: Iterable[str] | None = None,
    full: bool = False,
    target: str | None = None,
) -> Evaluation:
    """Measure `synthetic` against `real` (the rows that the generator learned), over the schema's selected columns.

    Tables may have any form; they are parsed here. holdout: real rows that the generator never saw; with them every
    figure stands beside the one that a fresh real sample gets. keys: the metrics wanted, the quick ones by default, or
    all with `full`. target: the column whose usefulness is measured, every suitable one by default. Raises
    SettingsError (unknown key), SchemaError and DataError (a table does not fit the schema, or has no such target),
    Cancelled.
    """
    if target is not None and not schema[target].selected:
        raise SchemaError(f"The target “{target}” is not selected. Choose a column of the table.", column=target)
    asked = registry.of_tier(full=full) if keys is None else list(keys)
    options = Options(target)
    metrics = [registry.get(key)(options) for key in asked]
    reporter = Reporter("evaluate", len(metrics) + 1, progress, cancel)
    tables = _Tables.prepare(real, synthetic, holdout, schema.selected, seed)
    reporter.step(message="The tables are ready to compare.")
    scores = _Scores(tables, options)
    results = []
    for metric in metrics:
        results.append(_result(metric, scores, tables))
        reporter.step(message=f"Measured: {metric.info.label.lower()}.")
    rows = {"real": len(real), "synthetic": len(synthetic), "holdout": 0 if holdout is None else len(holdout)}
    return Evaluation(tuple(results), rows, seed)


@dataclass(frozen=True, slots=True)
class _Sides:
    """Tables to compare: `real` with the twin's rows, with the yardstick's (`fresh`), and with as many of the twin's.

    equal: None where all synthetic rows are as many; fresh: None where there are no held-out rows.
    """

    real: pd.DataFrame
    synthetic: pd.DataFrame
    fresh: pd.DataFrame | None = None
    equal: pd.DataFrame | None = None

    @classmethod
    def of(cls, tables: list[pd.DataFrame], schema: Schema, seed: int) -> _Sides:
        """Of (real, synthetic, fresh), the latter two with as many rows."""
        real, synthetic, fresh = tables
        size = min(len(synthetic), len(fresh))
        equal = None if size == len(synthetic) else _draw(synthetic, schema, size, seed, "synthetic")
        return cls(real, synthetic, _draw(fresh, schema, size, seed, "fresh"), equal)


@dataclass(frozen=True, slots=True)
class _Tables:
    """The tables, parsed and encoded alike, by what the twin is measured against; unseen: None without a holdout."""

    schema: Schema
    seed: int
    learned: _Sides
    unseen: _Sides | None = None

    @classmethod
    def prepare(
        cls, real: pd.DataFrame, synthetic: pd.DataFrame, holdout: pd.DataFrame | None, schema: Schema, seed: int
    ) -> _Tables:
        given = [real, synthetic] if holdout is None or not len(holdout) else [real, synthetic, holdout]
        coded = share_labels([schema.parse(table) for table in given], schema)
        if len(coded) == 2:
            return cls(schema, seed, _Sides(*coded))
        learned, twin, unseen = coded
        return cls(
            schema,
            seed,
            _Sides.of([learned, twin, unseen], schema, seed),
            _Sides.of([unseen, twin, learned], schema, seed),
        )

    def sides(self, against: Against) -> _Sides:
        """Raises NotApplicable where the rows to measure against are not there."""
        if against is Against.LEARNED:
            return self.learned
        if self.unseen is None:
            raise NotApplicable(NO_HOLDOUT)
        return self.unseen


def _draw(table: pd.DataFrame, schema: Schema, size: int, seed: int, name: str) -> pd.DataFrame:
    """`size` rows without replacement, whichever order they stand in; all of them where there are no more."""
    if size == len(table):
        return table
    return table.iloc[np.sort(first(table, schema, size, stream(seed, "evaluate", name)))]


class _Scores:
    """Scores by metric and compared table, each computed once; combined figures are made of those at hand."""

    def __init__(self, tables: _Tables, options: Options) -> None:
        self._tables, self._options = tables, options
        self._metrics: dict[str, Metric] = {}
        self._known: dict[tuple[str, str], Score | NotApplicable] = {}

    def get(self, metric: type[Metric], side: str) -> Score:
        """The score of the table `side` ("synthetic", "fresh", "equal"). Raises NotApplicable."""
        key = metric.info.key, side
        if key not in self._known:
            try:
                self._known[key] = self._compute(metric, side)
            except NotApplicable as error:
                self._known[key] = error
        found = self._known[key]
        if isinstance(found, NotApplicable):
            raise NotApplicable(found.message)
        return found

    def known(self, side: str) -> dict[str, Score]:
        """What was measured of a side so far, by key."""
        return {key: found for (key, of), found in self._known.items() if of == side and isinstance(found, Score)}

    def _compute(self, metric: type[Metric], side: str) -> Score:
        if issubclass(metric, Overall):
            return metric.combine(self._at_hand(metric.of, side))
        key, sides = metric.info.key, self._tables.sides(metric.against)
        rng = stream(self._tables.seed, "evaluate", key, side)
        if key not in self._metrics:
            self._metrics[key] = metric(self._options)
        return self._metrics[key].compute(sides.real, getattr(sides, side), self._tables.schema, rng)

    def _at_hand(self, metrics: Iterable[type[Metric]], side: str) -> dict[str, Score]:
        found = {}
        for metric in metrics:
            try:
                found[metric.info.key] = self.get(metric, side)
            except NotApplicable:
                continue
        return found


def _result(metric: Metric, scores: _Scores, tables: _Tables) -> MetricResult:
    info = metric.info
    try:
        score = scores.get(type(metric), "synthetic")
        sides = tables.sides(metric.against)
    except NotApplicable as error:
        return MetricResult(info, None, f"Not measured, because {error}.", not_applicable=str(error))
    said = [metric.sentence(score), metric.afterword(score, scores.known("synthetic"))]
    plain = MetricResult(
        info, score.value, " ".join(filter(None, said)), score.interval, parts=score.parts, skipped=score.skipped
    )
    if sides.fresh is None:
        return replace(plain, reference_reason=NO_HOLDOUT)
    try:
        fresh = _counted(metric, scores, "fresh")
        equal = score if sides.equal is None else _counted(metric, scores, "equal")
    except NotApplicable as error:
        return replace(plain, reference_reason=f"the rows held out cannot be measured: {error}")
    return replace(
        plain,
        sentence=f"{plain.sentence} {_beside(metric, equal, fresh, len(sides.fresh))}",
        reference=fresh.value,
        equal_size=equal.value,
        parts=_with_references(score.parts, fresh.parts, metric.nothing),
    )


def _counted(metric: Metric, scores: _Scores, side: str) -> Score:
    """The score of a side where also having nothing to measure may be a figure. Raises NotApplicable."""
    try:
        return scores.get(type(metric), side)
    except NotApplicable:
        if metric.nothing is None:
            raise
        return Score(metric.nothing)


def _with_references(parts: tuple[Part, ...], fresh: tuple[Part, ...], nothing: float | None) -> tuple[Part, ...]:
    """The parts, each with the yardstick's value and with the figures behind that."""
    known = {(part.columns, part.method): part for part in fresh}
    out = []
    for part in parts:
        beside = known.get((part.columns, part.method))
        if beside is None:
            out.append(replace(part, reference=nothing))
            continue
        behind = {f"fresh_{key}": value for key, value in beside.details.items()}
        out.append(replace(part, reference=beside.value, details={**part.details, **behind}))
    return tuple(out)


def _beside(metric: Metric, twin: Score, fresh: Score, rows: int) -> str:
    """The comparison with a fresh real sample, in words."""
    info = metric.info
    short = _distance(info)(twin.value) - _distance(info)(fresh.value)
    noise = max((b - a) / 4 for a, b in (s.interval or (s.value, s.value) for s in (twin, fresh)))  # a standard error
    share = (info.high - info.low) or 1.0
    if short <= max(0.002 * share, 2 * noise):
        verdict = Standing.CLOSE
    elif short <= 0.02 * share:
        verdict = Standing.LITTLE
    else:
        verdict = Standing.CLEARLY
    return f"{metric.beside.format(rows=rows, fresh=fresh.value, twin=twin.value)}: {verdict}."


def _distance(info: MetricInfo) -> Callable[[float], float]:
    """How far a value is from the metric's goal."""
    if info.goal is Goal.MAXIMIZE:
        return lambda value: info.high - value
    if info.goal is Goal.MINIMIZE:
        return lambda value: value - info.low
    return lambda value: abs(value - (info.target or 0.0))
