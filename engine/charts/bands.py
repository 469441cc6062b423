"""A category with a number as boxes of quantiles, or with another category as grouped bars: real beside synthetic."""

from __future__ import annotations

import numpy as np
import plotly.graph_objects as go
from plotly.subplots import make_subplots

from engine.charts import cells, labels, theme
from engine.charts.tablebars import table_bar
from engine.charts.theme import NAMES, safe
from engine.evaluation.joint import JointComparison, JointSide


def quantile_boxes(comparison: JointComparison, dark: bool) -> go.Figure:
    """Of each label a box of the number, real above synthetic."""
    fig = go.Figure()
    shift = {"real": -0.19, "synthetic": 0.19}
    for name, side in comparison.sides.items():
        fig.add_trace(_boxes(comparison, name, side, shift[name], dark))
        fig.add_trace(_box_texts(comparison, name, side, shift[name]))
    fig.update_xaxes(**cells.value_axis(comparison.x), title_text=cells.axis_title(comparison.x))
    fig.update_yaxes(
        **cells.cell_axis(comparison.y, 22) | {"range": [comparison.y.size - 0.5, -0.5], "showgrid": False},
    )
    fig.update_layout(height=170 + 38 * comparison.y.size, boxmode="overlay", hovermode="closest")
    return fig


def _boxes(comparison: JointComparison, name: str, side: JointSide, shift: float, dark: bool) -> go.Box:
    assert side.quantiles is not None  # a number and a category have them
    colour = getattr(theme.colours(dark), name)
    there = np.flatnonzero(~np.isnan(side.quantiles[:, 0]))
    low, first, middle, third, high = (cells.places(comparison.x, column) for column in side.quantiles[there].T)
    return go.Box(
        y=[int(place) + shift for place in there],
        lowerfence=low,
        q1=first,
        median=middle,
        q3=third,
        upperfence=high,
        orientation="h",
        width=0.32,
        name=NAMES[name],
        line={"color": colour, "width": 1.6},
        fillcolor=theme.faded(colour, 0.5 if name == "real" else 0.0),
        whiskerwidth=0,
        hoverinfo="skip",
    )


def _box_texts(comparison: JointComparison, name: str, side: JointSide, shift: float) -> go.Scatter:
    """Unseen points on the medians that tell the quantiles."""
    assert side.quantiles is not None  # a number and a category have them
    there = [int(place) for place in np.flatnonzero(~np.isnan(side.quantiles[:, 0]))]
    rows, column = side.counts.sum(axis=1), comparison.x.column
    texts = []
    for place in there:
        low, first, middle, third, high = (safe(labels.value(column, float(q))) for q in side.quantiles[place])
        texts.append(
            f"<b>{cells.cell_label(comparison.y, place)}</b>, {NAMES[name]} ({int(rows[place]):,} rows)<br>"
            f"median {middle}<br>middle half {first} to {third}<br>5% to 95%: {low} to {high}"
        )
    return go.Scatter(
        x=cells.places(comparison.x, side.quantiles[there, 2]),
        y=[place + shift for place in there],
        mode="markers",
        marker={"opacity": 0, "size": 18},
        hovertext=texts,
        hovertemplate="%{hovertext}<extra></extra>",
        showlegend=False,
    )


def grouped_bars(comparison: JointComparison, dark: bool) -> go.Figure:
    """For each label of x a panel of bars, real beside synthetic, by the labels of y."""
    k = comparison.x.size
    names = [cells.cell_label(comparison.x, i, 16) for i in range(k)]
    fig = make_subplots(1, k, subplot_titles=names, horizontal_spacing=0.03)
    found = {name: cells.shares(comparison, side) for name, side in comparison.sides.items()}
    texts = cells.texts(comparison, found)
    for column in range(k):
        for name in comparison.sides:
            fig.add_trace(
                table_bar(
                    name,
                    found[name][:, column],
                    [row[column] for row in texts],
                    dark=dark,
                    legendgroup=name,
                    showlegend=column == 0,
                ),
                row=1,
                col=column + 1,
            )
    fig.update_xaxes(matches="x", tickformat=".0%", nticks=3, rangemode="tozero")
    fig.update_yaxes(
        **cells.cell_axis(comparison.y, 18) | {"range": [comparison.y.size - 0.5, -0.5], "matches": "y"},
    )
    plot = 34 * comparison.y.size  # pixels; the legend stands above the panels' titles
    fig.update_layout(
        height=175 + plot, barmode="group", hovermode="closest", margin={"t": 118}, legend={"y": 1 + 22 / plot}
    )
    for column in range(2, k + 1):
        fig.update_yaxes(showticklabels=False, col=column)
    return fig
