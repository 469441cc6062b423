"""Many columns at a glance: small overlaid distributions, the least alike first."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from math import ceil

import plotly.graph_objects as go
from plotly.subplots import make_subplots

from engine.charts import theme
from engine.charts.distributions import mini_figure
from engine.evaluation.distributions import ColumnComparison

PANEL = 200  # pixels of height


def worst_first(comparisons: Sequence[ColumnComparison], scores: Mapping[str, float] | None) -> list[ColumnComparison]:
    """Columns by rising score; those without one last, in their order."""
    known = scores or {}
    return sorted(comparisons, key=lambda comparison: known.get(comparison.name, float("inf")))


def small_multiples(
    comparisons: Sequence[ColumnComparison],
    *,
    scores: Mapping[str, float] | None = None,
    limit: int = 12,
    columns: int = 3,
    dark: bool = False,
) -> go.Figure:
    """One figure of up to `limit` columns. On narrow pages, `mini_figure` in a grid of the page's own flows better."""
    shown = worst_first(comparisons, scores)[:limit]
    across = max(min(columns, len(shown)), 1)
    rows = max(ceil(len(shown) / across), 1)
    titles = [_title(comparison, scores) for comparison in shown]
    fig = make_subplots(rows, across, subplot_titles=titles, vertical_spacing=0.42 / rows, horizontal_spacing=0.06)
    note = (
        f"the {len(shown)} least alike of {len(comparisons)}" if len(comparisons) > limit else "the least alike first"
    )
    theme.dress(fig, "Distributions", note, height=110 + PANEL * rows, dark=dark)
    named: set[str] = set()
    for place, comparison in enumerate(shown):
        _panel(fig, comparison, place // across + 1, place % across + 1, named, dark)
    fig.update_annotations(font={"size": 13})
    fig.update_layout(barmode="group", hovermode="closest")
    return fig


def _title(comparison: ColumnComparison, scores: Mapping[str, float] | None) -> str:
    name = theme.label(comparison.name, 24)
    return f"<b>{name}</b> {theme.percent(scores[comparison.name])}" if scores and comparison.name in scores else name


def _panel(fig: go.Figure, comparison: ColumnComparison, row: int, column: int, named: set[str], dark: bool) -> None:
    """Copies a small figure's main traces and axis into the grid; each table is named in the legend once."""
    small = mini_figure(comparison, dark=dark)
    main = small.data[-1].xaxis or "x"
    for trace in small.data:
        if (trace.xaxis or "x") != main:
            continue
        trace.update(xaxis=None, yaxis=None, showlegend=bool(trace.name) and trace.name not in named)
        named |= {trace.name} if trace.name else set()
        fig.add_trace(trace, row=row, col=column)
    source = small.layout["xaxis" + main[1:]], small.layout["yaxis" + main[1:]]
    keys = ("type", "tickformat", "range", "tickvals", "ticktext", "showticklabels", "showgrid", "rangemode", "nticks")
    for axis, update in zip(source, (fig.update_xaxes, fig.update_yaxes), strict=True):
        update(**{key: axis[key] for key in keys if axis[key] is not None}, row=row, col=column)
