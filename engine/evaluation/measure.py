"""`evaluate`: all figures of a synthetic table, each beside the one that a fresh real sample gets.

The reference is fair only at equal size, for figures of fewer rows are noisier and so lower. So: a holdout with more
rows than the synthetic table is thinned to as many; where it has fewer, the synthetic table is measured a second time
on as many of its rows (`MetricResult.equal_size`). The headline figure always uses every synthetic row.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, replace
from typing import Any

import pandas as pd

from engine.errors import NotApplicable, SettingsError
from engine.evaluation import registry
from engine.evaluation.base import Goal, Metric, MetricInfo, MetricResult, Part, Score
from engine.evaluation.columns import share_labels
from engine.evaluation.overall import Overall
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
) -> Evaluation:
    """Measure `synthetic` against `real` (the rows that the generator learned), over the schema's selected columns.

    Tables may have any form; they are parsed here. holdout: real rows that the generator never saw; with them every
    figure stands beside the one that a fresh real sample gets. keys: the metrics wanted, all by default. Raises
    SettingsError (unknown key), SchemaError and DataError (a table does not fit the schema), Cancelled.
    """
    asked = list(registry.METRICS if keys is None else keys)
    metrics = {key: registry.get(key) for key in asked}
    reporter = Reporter("evaluate", len(metrics) + 1, progress, cancel)
    tables = _Tables.prepare(real, synthetic, holdout, schema.selected, seed)
    reporter.step(message="The tables are ready to compare.")
    scores = _Scores(tables)
    results = []
    for metric in metrics.values():
        results.append(_result(metric(), scores, tables))
        reporter.step(message=f"Measured: {metric.info.label.lower()}.")
    rows = {"real": len(real), "synthetic": len(synthetic), "holdout": 0 if holdout is None else len(holdout)}
    return Evaluation(tuple(results), rows, seed)


@dataclass(frozen=True, slots=True)
class _Tables:
    """The tables, parsed and encoded alike. fresh: the reference rows; equal: as many synthetic rows."""

    schema: Schema
    seed: int
    real: pd.DataFrame
    synthetic: pd.DataFrame
    fresh: pd.DataFrame | None = None
    equal: pd.DataFrame | None = None  # None where all synthetic rows are as many

    @classmethod
    def prepare(
        cls, real: pd.DataFrame, synthetic: pd.DataFrame, holdout: pd.DataFrame | None, schema: Schema, seed: int
    ) -> _Tables:
        given = [real, synthetic] if holdout is None or not len(holdout) else [real, synthetic, holdout]
        coded = share_labels([schema.parse(table) for table in given], schema)
        if len(coded) == 2:
            return cls(schema, seed, coded[0], coded[1])
        size = min(len(coded[1]), len(coded[2]))
        equal = None if size == len(coded[1]) else _draw(coded[1], size, seed, "synthetic")
        return cls(schema, seed, coded[0], coded[1], _draw(coded[2], size, seed, "holdout"), equal)


def _draw(table: pd.DataFrame, size: int, seed: int, name: str) -> pd.DataFrame:
    """`size` rows without replacement, in their order; all of them where there are no more."""
    if size == len(table):
        return table
    chosen = stream(seed, "evaluate", name).choice(len(table), size, replace=False)
    chosen.sort()
    return table.iloc[chosen]


class _Scores:
    """Scores by metric and compared table, each computed once; combined figures are made of those at hand."""

    def __init__(self, tables: _Tables) -> None:
        self._tables = tables
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

    def _compute(self, metric: type[Metric], side: str) -> Score:
        if issubclass(metric, Overall):
            return metric.combine(self._at_hand(metric.of, side))
        rng = stream(self._tables.seed, "evaluate", metric.info.key, side)
        return metric().compute(self._tables.real, getattr(self._tables, side), self._tables.schema, rng)

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
    except NotApplicable as error:
        return MetricResult(info, None, f"Not measured, because {error}.", not_applicable=str(error))
    plain = MetricResult(
        info, score.value, metric.sentence(score), score.interval, parts=score.parts, skipped=score.skipped
    )
    if tables.fresh is None:
        return replace(plain, reference_reason=NO_HOLDOUT)
    try:
        fresh = _counted(metric, scores, "fresh")
        equal = score if tables.equal is None else _counted(metric, scores, "equal")
    except NotApplicable as error:
        return replace(plain, reference_reason=f"the rows held out cannot be measured: {error}")
    return replace(
        plain,
        sentence=f"{plain.sentence} {_beside(info, equal, fresh, len(tables.fresh))}",
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
    known = {(part.columns, part.method): part.value for part in fresh}
    return tuple(replace(part, reference=known.get((part.columns, part.method), nothing)) for part in parts)


def _beside(info: MetricInfo, twin: Score, fresh: Score, rows: int) -> str:
    """The comparison with a fresh real sample, in words."""
    short = _distance(info)(twin.value) - _distance(info)(fresh.value)
    noise = max((b - a) / 4 for a, b in (s.interval or (s.value, s.value) for s in (twin, fresh)))  # a standard error
    share = (info.high - info.low) or 1.0
    if short <= max(0.002 * share, 2 * noise):
        verdict = "the twin is as close as real data gets"
    elif short <= 0.02 * share:
        verdict = "the twin falls a little short of that"
    else:
        verdict = "the twin falls clearly short of that"
    return f"{rows:,} fresh real rows get {fresh.value:.1%}, as many of the twin's {twin.value:.1%}: {verdict}."


def _distance(info: MetricInfo) -> Callable[[float], float]:
    """How far a value is from the metric's goal."""
    if info.goal is Goal.MAXIMIZE:
        return lambda value: info.high - value
    if info.goal is Goal.MINIMIZE:
        return lambda value: value - info.low
    return lambda value: abs(value - (info.target or 0.0))
