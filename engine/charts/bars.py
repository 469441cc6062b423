"""Bars of a column's labels, or of single values, in both tables."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import plotly.graph_objects as go
from plotly.subplots import make_subplots

from engine.charts import labels, theme
from engine.charts.panels import join_rows
from engine.charts.tablebars import table_bar
from engine.charts.theme import safe
from engine.evaluation.distributions import ColumnComparison, Side

MISSING, OTHER = "missing", "all others"


def share(side: Side, count: int) -> float:
    return count / side.rows if side.rows else 0.0


def label_bars(comparison: ColumnComparison, panels: Sequence[Sequence[str]], most: int, dark: bool) -> go.Figure:
    """Horizontal bars, the most frequent real label on top; then all others, and missing."""
    ticks, counts = label_rows(comparison, most)
    fig = make_subplots(1, len(panels), shared_yaxes=True, horizontal_spacing=0.1)
    told = [name for names in panels for name in names]  # also of the other panel
    for column, names in enumerate(panels, start=1):
        for name in names:
            texts = bar_texts(comparison, ticks, counts, told if len(names) == 1 else [name])
            fig.add_trace(bar(comparison, name, counts[name], texts, horizontal=True, dark=dark), row=1, col=column)
    fig.update_yaxes(
        tickvals=list(range(len(ticks))),
        ticktext=[theme.label(tick) for tick in ticks],
        range=[len(ticks) - 0.4, -0.6],
        showgrid=False,
    )
    fig.update_xaxes(tickformat=".2~%", rangemode="tozero", nticks=4, title_text="share of rows")
    _match_x(fig, len(panels))
    across = len(panels[0])
    fig.update_layout(height=max(150 + len(ticks) * (10 + 11 * across), 240), barmode="group", hovermode="closest")
    join_rows(fig, len(panels))
    return fig


def _match_x(fig: go.Figure, panels: int) -> None:
    for column in range(2, panels + 1):
        fig.update_xaxes(matches="x", col=column)


def label_rows(comparison: ColumnComparison, most: int) -> tuple[list[str], dict[str, list[int]]]:
    """Tick labels and, by table, the rows of each."""
    sides = comparison.sides
    shown = len(comparison.labels) if len(comparison.labels) <= most + 1 else most
    pooled = len(comparison.labels) > shown or any(side.rest for side in sides.values())
    missing = any(side.missing for side in sides.values())
    ticks = list(comparison.labels[:shown])
    ticks += [_others(comparison, shown)] if pooled else []
    ticks += [MISSING] if missing else []
    counts = {}
    for name, side in sides.items():
        rest = [sum(side.counts[shown:]) + side.rest] if pooled else []
        counts[name] = [*side.counts[:shown], *rest, *([side.missing] if missing else [])]
    return ticks, counts


def _others(comparison: ColumnComparison, shown: int) -> str:
    left = len(comparison.labels) - shown
    beyond = any(side.rest for side in comparison.sides.values())
    return OTHER if beyond else f"{OTHER} ({left:,})"


def bar_texts(
    comparison: ColumnComparison, ticks: Sequence[str], counts: Mapping[str, Sequence[int]], told: Sequence[str]
) -> list[str]:
    return [
        f"<b>{safe(theme.shorten(tick, 80))}</b><br>"
        + "<br>".join(labels.line(name, comparison.sides[name], counts[name][place]) for name in told)
        for place, tick in enumerate(ticks)
    ]


def bar(
    comparison: ColumnComparison, name: str, counts: Sequence[int], texts: list[str], *, horizontal: bool, dark: bool
) -> go.Bar:
    shares = [share(comparison.sides[name], count) for count in counts]
    how: dict[str, Any] = {"legendgroup": name, "showlegend": horizontal}
    return table_bar(name, shares, texts, dark=dark, upright=not horizontal, **how)
