"""Missing cells of both tables: rates by column, and the patterns in which they are missing together."""

from __future__ import annotations

import numpy as np
import plotly.graph_objects as go
from plotly.subplots import make_subplots

from engine.charts import correlations, theme
from engine.charts.tablebars import table_bar
from engine.charts.theme import NAMES, safe
from engine.evaluation.gaps import MissingComparison

COMPLETE, OTHERS = "nothing missing", "other patterns"
RATES = 24  # columns drawn, those with the largest rates
_PATTERN_ROW, _RATE_ROW = 30, 32  # pixels


def missing_rates_figure(comparison: MissingComparison, *, dark: bool = False) -> go.Figure:
    """Bars of each column's missing share in both tables, the largest first."""
    order = np.argsort(-comparison.rates.max(axis=0), kind="stable")[:RATES]
    names = [comparison.names[place] for place in order]
    of = len(comparison.names)
    note = f"the {RATES} with most of {of:,} columns" if of > RATES else "by column, the largest share first"
    fig = theme.figure("How much is missing", note, height=150 + _RATE_ROW * max(len(names), 2), dark=dark)
    for name, rates in zip(("real", "synthetic"), comparison.rates[:, order], strict=True):
        texts = [
            f"<b>{safe(theme.shorten(column, 80))}</b><br>{NAMES[name]}: {theme.percent(float(rate), 2)} missing"
            for column, rate in zip(names, rates, strict=True)
        ]
        fig.add_trace(table_bar(name, rates, texts, dark=dark))
    _rows(fig, [theme.label(name) for name in names])
    fig.update_xaxes(tickformat=".1~%", rangemode="tozero", nticks=6, title_text="share of rows")
    fig.update_layout(barmode="group", hovermode="closest")
    return fig


def missing_patterns_figure(comparison: MissingComparison, *, dark: bool = False) -> go.Figure:
    """A row for each pattern: dots at the columns that are missing in it, and bars of its share in both tables."""
    fig = make_subplots(1, 2, column_widths=[0.55, 0.45], horizontal_spacing=0.03)
    rows = len(comparison.holes) + (comparison.others > 0)
    height = 190 + _PATTERN_ROW * max(rows, 3)
    cut = len(comparison.names) > len(comparison.among)
    note = f"filled: missing; the {len(comparison.among)} columns with most gaps" if cut else "filled: missing"
    theme.dress(fig, "What is missing together", note, height=height, dark=dark)
    _dots(fig, comparison, dark)
    ticks = _pattern_names(comparison)
    for name, shares, rest in zip(("real", "synthetic"), comparison.shares, comparison.rest, strict=True):
        values = np.append(shares, rest) if comparison.others else shares
        texts = [
            f"<b>{tick}</b><br>{NAMES[name]}: {theme.percent(float(value), 2)} of the rows"
            for tick, value in zip(ticks, values, strict=True)
        ]
        # One vertical axis for dots and bars, so that a zoom moves both.
        bar = table_bar(name, values, texts, dark=dark)
        told = {"text": [theme.percent(float(value)) for value in values], "textposition": "outside"}
        fig.add_trace(bar.update(xaxis="x2", yaxis="y", cliponaxis=False, textfont={"size": 9.5}, **told))
    _rows(fig, [])
    fig.update_layout(barmode="group", hovermode="closest", xaxis2_anchor="y")
    top = max(float(comparison.shares.max()), float(comparison.rest.max()) if comparison.others else 0.0)
    fig.update_xaxes(tickformat=".0%", range=[0, top * 1.35], nticks=3, title_text="share of rows", col=2)
    _notes(fig, comparison, rows)
    return fig


def missing_together_figures(
    comparison: MissingComparison, *, dark: bool = False
) -> tuple[go.Figure, go.Figure, go.Figure] | None:
    """Heat maps of the correlations between missing and not; None where there is one column only."""
    if comparison.together is None:
        return None
    figures = correlations.correlation_figures(comparison.together, dark=dark)
    for fig, title in zip(figures, ("Missing in real", "Missing in synthetic", "Synthetic − real"), strict=True):
        fig.update_layout(title_text=title)
    for fig in figures[:2]:
        fig.update_layout(title_subtitle_text="correlation of being missing")
    return figures


def _rows(fig: go.Figure, ticks: list[str]) -> None:
    rows = max((len(trace.y) for trace in fig.data if trace.type == "bar"), default=1)
    fig.update_yaxes(tickvals=list(range(len(ticks))), ticktext=ticks, range=[rows - 0.4, -0.6], showgrid=False)


def _dots(fig: go.Figure, comparison: MissingComparison, dark: bool) -> None:
    """Filled where a cell is missing, faint where it is there, and a line through the missing ones of a row."""
    look = theme.colours(dark)
    p, k = comparison.holes.shape
    size = float(np.clip(130 / k, 4, 13))
    at = [(row, column) for row in range(p) for column in range(k)]
    filled = [bool(comparison.holes[place]) for place in at]
    for wanted, colour in ((False, look.line), (True, look.ink)):
        cells = [place for place, missing in zip(at, filled, strict=True) if missing is wanted]
        fig.add_trace(
            go.Scatter(
                x=[column for _, column in cells],
                y=[row for row, _ in cells],
                mode="markers",
                marker={"size": size, "color": colour},
                hovertext=[_dot(comparison, column, wanted) for _, column in cells],
                hovertemplate="%{hovertext}<extra></extra>",
                showlegend=False,
            )
        )
    ticks = [theme.label(name, 18) for name in comparison.among]
    fig.update_xaxes(
        tickvals=list(range(k)),
        ticktext=ticks,
        tickfont={"size": 12 if k <= 8 else 10},
        tickangle=-90,
        showgrid=False,
        range=[-0.7, k - 0.3],
        col=1,
    )


def _dot(comparison: MissingComparison, column: int, missing: bool) -> str:
    return f"<b>{safe(theme.shorten(comparison.among[column], 60))}</b>: {'missing' if missing else 'there'}"


def _pattern_names(comparison: MissingComparison) -> list[str]:
    names = []
    for row in comparison.holes:
        missing = [comparison.among[place] for place in np.flatnonzero(row)]
        shown = ", ".join(missing[:3]) + (f" and {len(missing) - 3} more" if len(missing) > 3 else "")
        names.append(safe(theme.shorten(shown, 90)) + " missing" if missing else COMPLETE)
    return names + ([f"{comparison.others:,} {OTHERS}"] if comparison.others else [])


def _notes(fig: go.Figure, comparison: MissingComparison, rows: int) -> None:
    """Words for the rows that have no dots to read them by."""
    if comparison.others:
        fig.add_annotation(
            x=0,
            xref="x domain",
            xanchor="left",
            y=rows - 1,
            yref="y",
            showarrow=False,
            text=f"{comparison.others:,} {OTHERS}",
            font={"size": 12},
        )
