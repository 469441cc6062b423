"""A number over time: its course in both tables, its seasons, and its memory."""

from __future__ import annotations

import numpy as np
import plotly.graph_objects as go
from numpy.typing import NDArray

from engine.charts import theme
from engine.charts.theme import label, safe
from engine.evaluation.timeview import Season, TimeComparison

Floats = NDArray[np.float64]

HEIGHT = 330


def course_figure(comparison: TimeComparison, *, only: str | None = None, dark: bool = False) -> go.Figure:
    """Means over stretches of time as two lines; only: the one side to draw ("real")."""
    fig = theme.figure(f"{comparison.column} over time", "means of short stretches", height=HEIGHT, dark=dark)
    moments = comparison.moments
    for key, values in _sides(only, real=comparison.real, synthetic=comparison.synthetic):
        fig.add_trace(_line(key, list(moments.astype("datetime64[ms]")), values, dark))
    fig.update_xaxes(title_text=label(comparison.time), nticks=8)
    fig.update_yaxes(title_text=label(comparison.column))
    fig.update_layout(hovermode="x unified")
    return fig


def season_figure(
    comparison: TimeComparison, season: Season, *, only: str | None = None, dark: bool = False
) -> go.Figure:
    """Means by the places of a season; only: the one side to draw ("real")."""
    fig = theme.figure(season.label, f"means of {comparison.column}", height=HEIGHT, dark=dark)
    for key, values in _sides(only, real=season.real, synthetic=season.synthetic):
        fig.add_trace(_line(key, list(season.names), values, dark, markers=True))
    fig.update_yaxes(title_text=label(comparison.column))
    fig.update_layout(hovermode="x unified")
    return fig


def memory_figure(comparison: TimeComparison, *, dark: bool = False) -> go.Figure | None:
    """Correlation of a row with those before it; None where rows have no single order."""
    if comparison.memory is None:
        return None
    fig = theme.figure("Memory", "how a row goes with the ones before it", height=HEIGHT, dark=dark)
    for key, values in zip(("real", "synthetic"), comparison.memory, strict=True):
        fig.add_trace(_line(key, list(range(1, len(values) + 1)), values, dark, markers=True))
    fig.update_xaxes(title_text="rows before", nticks=8)
    fig.update_yaxes(title_text="correlation", nticks=6)
    fig.update_layout(hovermode="x unified")
    return fig


def _sides(only: str | None, **sides: Floats) -> list[tuple[str, Floats]]:
    return [(key, values) for key, values in sides.items() if only in (None, key)]


def _line(key: str, x: list[object], values: Floats, dark: bool, *, markers: bool = False) -> go.Scatter:
    look = theme.colours(dark)
    colour = {"real": look.real, "synthetic": look.synthetic}[key]
    return go.Scatter(
        x=x,
        y=[None if np.isnan(v) else float(v) for v in values],
        mode="lines+markers" if markers else "lines",
        name=theme.NAMES[key],
        line={"color": colour, "width": 2, "dash": theme.DASHES[key]},
        marker={"color": colour, "size": 7, "symbol": "circle" if key == "real" else "diamond-open"},
        connectgaps=False,
        hovertemplate=f"{safe(theme.NAMES[key])}: %{{y:.4~g}}<extra></extra>",
    )
