"""The contract of every metric: a figure with its meaning, its parts, and what a fresh real sample gets."""

from __future__ import annotations

from abc import ABC, abstractmethod
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any, ClassVar

import numpy as np
import pandas as pd

from engine.errors import NotApplicable
from engine.table.schema import Schema


class Goal(StrEnum):
    MAXIMIZE = "maximize"
    MINIMIZE = "minimize"
    TARGET = "target"  # best at `MetricInfo.target`


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


@dataclass(frozen=True, slots=True)
class Part:
    """The figure of one column, or of a pair of columns."""

    columns: tuple[str, ...]
    value: float
    method: str = ""  # such as "KS complement"
    reference: float | None = None
    details: dict[str, float] = field(default_factory=dict)  # such as the two correlations behind the value


@dataclass(frozen=True, slots=True)
class Score:
    """What `Metric.compute` gives: the figure and its parts."""

    value: float
    parts: tuple[Part, ...] = ()
    interval: tuple[float, float] | None = None  # 95 %


@dataclass(frozen=True, slots=True)
class MetricResult:
    """A figure that does not stand alone: value, interval, the fresh real sample's figure, a sentence; or why not."""

    info: MetricInfo
    value: float | None
    sentence: str
    interval: tuple[float, float] | None = None
    reference: float | None = None  # the same figure of a fresh real sample against the same real rows
    reference_reason: str = ""  # why there is no reference
    parts: tuple[Part, ...] = ()
    not_applicable: str = ""  # because ...

    def to_json(self) -> dict[str, Any]:
        return {
            "key": self.info.key,
            "label": self.info.label,
            "group": self.info.group,
            "goal": str(self.info.goal),
            "range": [self.info.low, self.info.high],
            "meaning": self.info.meaning,
            "value": self.value,
            "interval": None if self.interval is None else list(self.interval),
            "reference": self.reference,
            "reference_reason": self.reference_reason,
            "sentence": self.sentence,
            "not_applicable": self.not_applicable,
            "parts": [
                {
                    "columns": list(p.columns),
                    "value": p.value,
                    "method": p.method,
                    "reference": p.reference,
                    "details": p.details,
                }
                for p in self.parts
            ],
        }


class Metric(ABC):
    """Compares a synthetic with a real table, both parsed and with the schema's selected columns.

    `compute` is pure: same tables, same generator state, same score; row order never matters.
    """

    info: ClassVar[MetricInfo]

    def compute(self, real: pd.DataFrame, other: pd.DataFrame, schema: Schema, rng: np.random.Generator) -> Score:
        """The figure of `other` (synthetic, or a fresh real sample) against `real`.

        Raises NotApplicable with the reason when there is nothing to measure.
        """
        if not len(real) or not len(other):
            raise NotApplicable("one of the tables has no rows")
        return self._compute(real, other, schema, rng)

    @abstractmethod
    def _compute(self, real: pd.DataFrame, other: pd.DataFrame, schema: Schema, rng: np.random.Generator) -> Score: ...
