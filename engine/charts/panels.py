"""Panels that have an axis in common, so that Plotly zooms and hovers in all of them at once.

Axes that only match each other share a zoom; a hover goes over to another panel only along the very same axis.
"""

from __future__ import annotations

import plotly.graph_objects as go

GAP = 0.09  # of the height, between panels one above the other
STACKED = 480  # pixels
_SPIKE = {"showspikes": True, "spikemode": "across", "spikethickness": 1, "spikedash": "dot", "spikesnap": "data"}


def stack(fig: go.Figure, panels: int) -> None:
    """Turn panels side by side, of as many subplots each, into rows over common horizontal axes."""
    axes = sum(1 for _ in fig.select_xaxes())
    per = axes // panels
    right = fig.layout[_axis("x", per)].domain[1]
    for column in range(1, per + 1):
        x = fig.layout[_axis("x", column)]
        x.update(domain=[edge / right for edge in x.domain], anchor=_id("y", (panels - 1) * per + column), **_SPIKE)
    for panel in range(panels):
        for column in range(1, per + 1):
            _row(fig, panel, column, per, panels)
    for number in range(per + 1, axes + 1):
        fig.layout[_axis("x", number)] = None
    fig.update_layout(height=STACKED, hovermode="x", hoversubplots="axis")


def _row(fig: go.Figure, panel: int, column: int, per: int, panels: int) -> None:
    """Move one subplot of a panel below those of the panels before, with the first panel's vertical axis."""
    number = panel * per + column
    height = (1 - GAP * (panels - 1)) / panels
    top = 1 - panel * (height + GAP)
    look = fig.layout[_axis("y", column)].to_plotly_json()
    y = fig.layout[_axis("y", number)]
    y.update({"showticklabels": True, **look, "matches": y.matches})
    y.update(domain=[max(top - height, 0.0), top], anchor=_id("x", column))
    for trace in fig.select_traces():
        if (trace.xaxis or "x") == _id("x", number):
            trace.update(xaxis=_id("x", column))


def join_rows(fig: go.Figure, panels: int) -> None:
    """Give panels side by side one vertical axis, so that they zoom as one.

    A hover stays in its panel: along a vertical axis, Plotly turns the labels of several points askew.
    """
    for number in range(2, panels + 1):
        for trace in fig.select_traces():
            if trace.yaxis == _id("y", number):
                trace.update(yaxis="y")
        fig.layout[_axis("x", number)].update(anchor="y")
        fig.layout[_axis("y", number)] = None


def _id(letter: str, number: int) -> str:
    return letter if number == 1 else f"{letter}{number}"


def _axis(letter: str, number: int) -> str:
    return f"{letter}axis" if number == 1 else f"{letter}axis{number}"
