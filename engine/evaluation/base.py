"""The contract of every metric: a figure with its meaning, its parts, and what a fresh real sample gets."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any, ClassVar

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from engine.errors import NotApplicable
from engine.table.schema import Schema

FloatArray = NDArray[np.float64]


class Goal(StrEnum):
    MAXIMIZE = "maximize"
    MINIMIZE = "minimize"
    TARGET = "target"  # best at `MetricInfo.target`


class Tier(StrEnum):
    """When a figure is measured."""

    QUICK = "quick"  # with every run
    FULL = "full"  # when asked for: it takes models that learn, and so seconds


class Against(StrEnum):
    """The real rows that a table is measured against, and so which real rows are the yardstick."""

    LEARNED = "learned"  # the rows that the generator learned; the yardstick are fresh ones
    UNSEEN = "unseen"  # fresh rows; the yardstick are those that the generator learned


@dataclass(frozen=True, slots=True)
class Options:
    """What a person asks of the figures. target: the column that models are to tell, or None for every suitable one."""

    target: str | None = None


@dataclass(frozen=True, slots=True)
class MetricInfo:
    """What a figure is, for people and for charts."""

    key: str
    label: str
    group: str  # "fidelity", "utility", "privacy"
    goal: Goal
    low: float
    high: float
    meaning: str  # one sentence: what the figure says
    source: str  # paper or library of the method
    target: float | None = None

    def to_json(self) -> dict[str, Any]:
        return {
            "key": self.key,
            "label": self.label,
            "group": self.group,
            "goal": str(self.goal),
            "range": [self.low, self.high],
            "target": self.target,
            "meaning": self.meaning,
            "source": self.source,
        }

    @classmethod
    def from_json(cls, data: Mapping[str, Any]) -> MetricInfo:
        low, high = data["range"]
        same = {key: data[key] for key in ("key", "label", "group", "meaning", "source")}
        return cls(goal=Goal(data["goal"]), low=low, high=high, target=data.get("target"), **same)


@dataclass(frozen=True, slots=True)
class Part:
    """The figure of one column, or of a pair of columns."""

    columns: tuple[str, ...]
    value: float
    method: str = ""  # such as "KS complement"
    reference: float | None = None
    details: dict[str, float] = field(default_factory=dict)  # such as the two correlations behind the value

    def to_json(self) -> dict[str, Any]:
        return {
            "columns": list(self.columns),
            "value": self.value,
            "method": self.method,
            "reference": self.reference,
            "details": self.details,
        }

    @classmethod
    def from_json(cls, data: Mapping[str, Any]) -> Part:
        return cls(
            columns=tuple(data["columns"]),
            value=data["value"],
            method=data.get("method", ""),
            reference=data.get("reference"),
            details=dict(data.get("details", {})),
        )


@dataclass(frozen=True, slots=True)
class Score:
    """What `Metric.compute` gives: the figure and its parts.

    influence: how much each real and each other row moves the figure (two vectors of row length, mean about 0, in units
    of the figure); intervals, also of figures combined from several, come from it.
    """

    value: float
    parts: tuple[Part, ...] = ()
    interval: tuple[float, float] | None = None  # 95%
    skipped: tuple[tuple[str, str], ...] = ()  # columns left out, each with the reason
    influence: tuple[FloatArray, FloatArray] | None = field(default=None, repr=False, compare=False)


@dataclass(frozen=True, slots=True)
class MetricResult:
    """A figure that does not stand alone: value, interval, the fresh real sample's figure, a sentence; or why not."""

    info: MetricInfo
    value: float | None
    sentence: str
    interval: tuple[float, float] | None = None
    reference: float | None = None  # the same figure of a fresh real sample against the same real rows
    reference_reason: str = ""  # why there is no reference
    equal_size: float | None = None  # the synthetic figure on as many rows as the reference has; compare these two
    parts: tuple[Part, ...] = ()
    skipped: tuple[tuple[str, str], ...] = ()  # columns left out, each with the reason
    not_applicable: str = ""  # because ...

    def to_json(self) -> dict[str, Any]:
        return {
            **self.info.to_json(),
            "value": self.value,
            "interval": None if self.interval is None else list(self.interval),
            "reference": self.reference,
            "reference_reason": self.reference_reason,
            "equal_size": self.equal_size,
            "sentence": self.sentence,
            "not_applicable": self.not_applicable,
            "skipped": [list(pair) for pair in self.skipped],
            "parts": [part.to_json() for part in self.parts],
        }

    @classmethod
    def from_json(cls, data: Mapping[str, Any]) -> MetricResult:
        """Raises KeyError, TypeError or ValueError when `data` is no result."""
        interval = data.get("interval")
        return cls(
            info=MetricInfo.from_json(data),
            value=data["value"],
            sentence=data["sentence"],
            interval=None if interval is None else (interval[0], interval[1]),
            reference=data.get("reference"),
            reference_reason=data.get("reference_reason", ""),
            equal_size=data.get("equal_size"),
            parts=tuple(Part.from_json(part) for part in data.get("parts", ())),
            skipped=tuple((name, reason) for name, reason in data.get("skipped", ())),
            not_applicable=data.get("not_applicable", ""),
        )


class Metric(ABC):
    """Compares a synthetic with a real table, both parsed and with the schema's selected columns.

    `compute` is pure: same tables, same generator state, same score; row order never matters. One instance measures
    all tables of an evaluation, so it may keep what it made of the real one.
    nothing: the figure of fresh real rows, or of a part of them, in which there is nothing to measure (no gap where the
    twin invented some); None where that is no figure.
    exact: whether the figure is one of the two distributions alone; otherwise models or drawn rows stand between, and
    the same rows twice get another figure, within its interval.
    beside: the comparison of both figures in words, with places for `rows`, `fresh` and `twin`.
    """

    info: ClassVar[MetricInfo]
    nothing: ClassVar[float | None] = None
    tier: ClassVar[Tier] = Tier.QUICK
    against: ClassVar[Against] = Against.LEARNED
    exact: ClassVar[bool] = True
    beside: ClassVar[str] = "{rows:,} fresh real rows get {fresh:.1%}, as many of the twin's {twin:.1%}"

    def __init__(self, options: Options | None = None) -> None:
        self.options = options or Options()

    def afterword(self, score: Score, others: Mapping[str, Score]) -> str:
        """A further sentence once other figures of the same table are known, by key; empty where there is none."""
        return ""

    def sentence(self, score: Score) -> str:
        """What the figure says here, in plain words for people (the comparison with the reference follows it)."""
        return f"{self.info.label}: {score.value:.3f}. {self.info.meaning}"

    def compute(self, real: pd.DataFrame, other: pd.DataFrame, schema: Schema, rng: np.random.Generator) -> Score:
        """The figure of `other` (synthetic, or a fresh real sample) against `real`.

        Raises NotApplicable with the reason when there is nothing to measure.
        """
        if not len(real) or not len(other):
            raise NotApplicable("one of the tables has no rows")
        return self._compute(real, other, schema, rng)

    @abstractmethod
    def _compute(self, real: pd.DataFrame, other: pd.DataFrame, schema: Schema, rng: np.random.Generator) -> Score: ...
