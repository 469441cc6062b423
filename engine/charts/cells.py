"""Axes and words for the cells into which two columns of a pair are cut."""

from __future__ import annotations

from typing import Any

import numpy as np

from engine.charts import labels, theme
from engine.charts.theme import NAMES, safe
from engine.evaluation.base import FloatArray
from engine.evaluation.joint import Axis, JointComparison, JointSide
from engine.table.schema import Kind

OTHERS = "all others"
TICKS = 5  # marks on an axis of stretches
DATES = 3  # the same, of dates
CLEAR = 0.07  # of an axis, that the labels of two places are apart at least


def cell_label(axis: Axis, cell: int, length: int = 60) -> str:
    """What a cell holds, in words that are safe to draw."""
    column = axis.column
    if not axis.numeric:
        return theme.label(column.labels[cell], length) if cell < len(column.labels) else OTHERS
    if cell < len(column.atoms):
        return safe(labels.value(column, column.atoms[cell]))
    index = cell - len(column.atoms)
    if column.kind is Kind.DATETIME and axis.merged > 1:
        first, last = (labels.stamp(at, column.unit) for at in (column.edges[index], column.edges[index + 1] - 1))
        return f"{first} to {last}"
    return safe(labels.bin_label(column, index))


def cell_axis(axis: Axis, length: int) -> dict[str, Any]:
    """An axis whose places are cells: every label is named, of stretches a few edges."""
    column = axis.column
    if not axis.numeric:
        ticks = [theme.label(label, length) for label in column.labels] + ([OTHERS] if axis.pooled else [])
        return {"tickvals": list(range(axis.size)), "ticktext": ticks, "showgrid": False, "tickfont": {"size": 11}}
    apart, bins = len(column.atoms), len(column.edges) - 1
    even = np.linspace(0, bins - 1, min(TICKS, bins))
    if column.kind is Kind.DATETIME and bins > DATES:  # longer words: fewer, and none that reaches into the next panel
        even = np.linspace(0, bins, DATES + 1)[:-1]
    at = sorted({int(place) for place in even.round()})
    if column.unit == "integer" and axis.merged == 1:
        texts, shift = [labels.bin_label(column, i) for i in at], 0.0
    else:
        texts, shift = [_start(axis, i) for i in at], 0.5
    if apart and at[0] + 1 - shift < CLEAR * (apart + bins):
        at, texts = at[1:], texts[1:]  # its label would run into that of the last single value
    places = [float(i) for i in range(apart)] + [apart + i - shift for i in at]
    names = [labels.value(column, atom) for atom in column.atoms] + texts
    return {"tickvals": places, "ticktext": [theme.label(name, length) for name in names], "showgrid": False}


def _start(axis: Axis, index: int) -> str:
    """The first value of a stretch."""
    column = axis.column
    if column.kind is Kind.DATETIME:
        return labels.stamp(column.edges[index], column.unit)
    half = 0.0 if column.decimals is None else 0.5 * 10.0**-column.decimals
    return labels.value(column, column.edges[index] + half)


def axis_title(axis: Axis) -> str:
    return safe(theme.shorten(labels.axis_title(axis.column), 36))


def places(axis: Axis, values: FloatArray) -> list[Any]:
    return [labels.iso(v) for v in values] if axis.column.kind is Kind.DATETIME else values.tolist()


def value_axis(axis: Axis) -> dict[str, Any]:
    """An axis of values; logarithmic where the column's own chart is, unless it holds zeros beside."""
    if axis.column.kind is Kind.DATETIME:
        return {"type": "date", "nticks": 5}
    if axis.column.log and all(atom > 0 for atom in axis.column.atoms):
        return {"type": "log", "dtick": 1, "tickformat": ",~g"}
    return {"type": "linear", "nticks": 5}


def shares(comparison: JointComparison, side: JointSide) -> FloatArray:
    """(y cells, x cells): of two numbers, shares of all rows; else of the rows of each label of y."""
    total = side.counts.sum() if comparison.sort == "numbers" else side.counts.sum(axis=1, keepdims=True)
    return np.asarray(side.counts / np.maximum(total, 1))


def texts(comparison: JointComparison, found: dict[str, FloatArray]) -> list[list[str]]:
    """What each cell holds in both tables, so that one side's hover tells the other's, too."""
    x_names = [cell_label(comparison.x, i) for i in range(comparison.x.size)]
    y_names = [cell_label(comparison.y, j) for j in range(comparison.y.size)]
    x_column, y_column = (safe(theme.shorten(axis.name, 40)) for axis in (comparison.x, comparison.y))
    return [
        [
            f"{x_column}: <b>{x_names[i]}</b><br>{y_column}: <b>{y_names[j]}</b><br>"
            + "<br>".join(
                f"{NAMES[name]}: {theme.percent(float(found[name][j, i]))} ({int(side.counts[j, i]):,} rows)"
                for name, side in comparison.sides.items()
            )
            for i in range(comparison.x.size)
        ]
        for j in range(comparison.y.size)
    ]
