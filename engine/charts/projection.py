"""All columns at once: rows of both tables as points of one plane, and what its axes are made of."""

from __future__ import annotations

from typing import Any

import plotly.graph_objects as go
from plotly.subplots import make_subplots

from engine.charts import theme
from engine.charts.theme import NAMES
from engine.evaluation.projection import Projection

WEIGHED = 6  # columns whose weights are drawn


def projection_figure(projection: Projection, *, layout: str = "side by side", dark: bool = False) -> go.Figure:
    """Points by the graphics card; side by side the panels move together, overlaid they share one."""
    aside = layout == "side by side"
    panels = 2 if aside else 1
    titles = [f"<b>{NAMES[name]}</b>" for name in ("real", "synthetic")] if aside else None
    fig = make_subplots(1, panels, subplot_titles=titles, horizontal_spacing=0.04)
    held = projection.explained.sum()
    note = f"{len(projection.real):,} rows of each, drawn at random; {theme.percent(float(held))} of variance"
    theme.dress(fig, "All columns at once", note, height=480, dark=dark)
    for place, name in enumerate(("real", "synthetic")):
        fig.add_trace(_cloud(projection, name, not aside, dark), row=1, col=place + 1 if aside else 1)
    fig.update_xaxes(title_text=_axis(projection, 0), matches="x", **_bare(dark))
    fig.update_yaxes(matches="y", **_bare(dark))
    fig.update_yaxes(title_text=_axis(projection, 1), col=1)
    fig.update_annotations(font={"size": 13})
    fig.update_layout(hovermode=False)
    return fig


def _axis(projection: Projection, axis: int) -> str:
    return f"axis {axis + 1} ({theme.percent(float(projection.explained[axis]))})"


def _bare(dark: bool) -> dict[str, Any]:
    """The axes have no unit, so that figures on them say nothing."""
    line = theme.colours(dark).line
    return {"showticklabels": False, "zeroline": True, "zerolinewidth": 1, "zerolinecolor": line, "showgrid": False}


def _cloud(projection: Projection, name: str, legend: bool, dark: bool) -> go.Scattergl:
    points = getattr(projection, name)
    real = name == "real"
    return go.Scattergl(
        x=points[:, 0].round(4).tolist(),
        y=points[:, 1].round(4).tolist(),
        mode="markers",
        name=NAMES[name],
        marker={
            "color": getattr(theme.colours(dark), name),
            "size": 5,
            "opacity": 0.5 if real else 0.6,
            "symbol": "circle" if real else "circle-open",
        },
        showlegend=legend,
    )


def projection_weights_figure(projection: Projection, axis: int, *, dark: bool = False) -> go.Figure:
    """Bars of the columns that weigh most on an axis, 0 or 1."""
    shown = projection.weights[axis][:WEIGHED]
    share = theme.percent(float(projection.explained[axis]))
    title, note = f"Axis {axis + 1}", f"{share} of the real variance; made of"
    fig = theme.figure(title, note, height=90 + 26 * len(shown), dark=dark)
    names = [theme.label(name, 22) for name, _ in shown]
    fig.add_trace(
        go.Bar(
            x=[weight for _, weight in shown],
            y=list(range(len(shown))),
            orientation="h",
            marker={"color": theme.colours(dark).holdout},
            text=[theme.percent(weight, 0) for _, weight in shown],
            textposition="outside",
            cliponaxis=False,
            hoverinfo="skip",
            showlegend=False,
        )
    )
    top = max((weight for _, weight in shown), default=1.0)
    fig.update_layout(margin={"t": 60})
    fig.update_xaxes(visible=False, range=[0, top * 1.2])
    fig.update_yaxes(tickvals=list(range(len(shown))), ticktext=names, range=[len(shown) - 0.4, -0.6], showgrid=False)
    return fig
