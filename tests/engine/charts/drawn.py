"""What tests of figures look at: tables compared, hostile names, and what a figure hands to the browser."""

from __future__ import annotations

import json
from functools import cache
from typing import Any

import plotly.graph_objects as go

from engine.evaluation.distributions import ColumnComparison, compare_table
from tests.contracts.zoo import ZOO

HOSTILE = (
    "<img src=x onerror=alert(1)>",
    "<b>bold</b>",
    "$x$ costs $5",
    "a & b &amp; c",
    "%{x}<extra></extra>",
    "two\nlines\x00",
    "   ",
    "x" * 400,
    "日本 🦊",
)


@cache
def compared(name: str) -> dict[str, ColumnComparison]:
    animal = ZOO[name]
    half = len(animal.table) // 2
    return compare_table(animal.table, animal.table.iloc[:half], animal.schema, holdout=animal.table.iloc[half:])


ALL = [(animal, column) for animal in ZOO for column in compared(animal)]


def texts(value: Any) -> list[str]:
    """Every string of a figure that Plotly draws as text."""
    if isinstance(value, dict):
        return [text for v in value.values() for text in texts(v)]
    if isinstance(value, (list, tuple)):
        return [text for v in value for text in texts(v)]
    return [value] if isinstance(value, str) else []


def plain(fig: go.Figure) -> dict[str, Any]:
    """The figure as the browser gets it; fails on what JSON has not."""
    return dict(json.loads(json.dumps(json.loads(fig.to_json()), allow_nan=False)))


def named(fig: go.Figure) -> dict[str, Any]:
    return {trace.name: trace for trace in fig.data if trace.name}
