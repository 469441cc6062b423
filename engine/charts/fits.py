"""One real column before training, with the distribution that is drawn from laid over it."""

from __future__ import annotations

from itertools import pairwise

import plotly.graph_objects as go

from engine.charts import labels, theme
from engine.charts.distributions import distribution_figure
from engine.columnfit import FamilyFit
from engine.evaluation.distributions import ColumnComparison
from engine.table.schema import Kind

HEIGHT = 300
LABELS = 8  # of a category, drawn by name


def portrait_figure(shape: ColumnComparison, fit: FamilyFit | None = None, *, dark: bool = False) -> go.Figure:
    """The column's histogram or bars; with a fit, what it puts into each bin as a line."""
    fig = distribution_figure(shape, form="histogram", only="real", max_labels=LABELS, dark=dark)
    missing = shape.real.missing_share
    notes = [f"{theme.percent(missing)} missing" if shape.real.missing else "", _told(fit)]
    fig.update_layout(
        title={"text": "", "subtitle": {"text": theme.safe(", ".join(filter(None, notes)))}},
        margin={"t": 64 if any(notes) else 24},
        showlegend=fit is not None,
    )
    if shape.numeric:
        fig.update_layout(height=HEIGHT)
        fig.update_xaxes(title_text=None)
    if fit is not None and shape.numeric:
        _add_fit(fig, shape, fit, dark)
    return fig


def _told(fit: FamilyFit | None) -> str:
    return "" if fit is None else f"distance {fit.distance:.3f}, limit {fit.limit:.3f}"


def _add_fit(fig: go.Figure, shape: ColumnComparison, fit: FamilyFit, dark: bool) -> None:
    """A line through the middles of the bins, in the panel of the histogram: the last one."""
    edges = shape.edges
    middles = [(a * b) ** 0.5 if shape.log else (a + b) / 2 for a, b in pairwise(edges)]
    apart = bool(shape.atoms) or shape.real.missing > 0
    line = go.Scatter(
        x=[labels.iso(m) for m in middles] if shape.kind is Kind.DATETIME else middles,
        y=list(fit.expected),
        mode="lines",
        name=fit.label,
        line={"color": theme.colours(dark).ink, "width": 2, "shape": "spline", "smoothing": 0.6},
        hoverinfo="skip",
    )
    fig.add_trace(line, row=1, col=2 if apart else 1)
