"""Two columns together, real beside synthetic: points, a heat map of shares, bars, or bands of quantiles."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import plotly.graph_objects as go
from plotly.subplots import make_subplots

from engine.charts import bands, cells, theme
from engine.charts.theme import NAMES
from engine.evaluation.base import FloatArray
from engine.evaluation.joint import JointComparison

JOINT_FORM_LABELS = {"heat": "Heat map", "points": "Points", "bands": "Quantiles", "bars": "Bars"}
SCATTERED = 20_000  # rows of a table up to which points are the first choice
BARS = (12, 5)  # labels of both columns up to which grouped bars stay readable
COLOUR_STEPS = 3  # marks on the colour scale


def joint_forms(comparison: JointComparison) -> tuple[str, ...]:
    """The forms that make sense for the pair; the first is the default."""
    if comparison.sort == "numbers":
        apart = bool(comparison.x.column.atoms or comparison.y.column.atoms)
        many = max(comparison.real.rows, comparison.synthetic.rows) > SCATTERED
        return ("heat", "points") if many or apart else ("points", "heat")
    if comparison.sort == "mixed":
        return ("bands", "heat")
    few = comparison.x.size <= BARS[1] and comparison.y.size <= BARS[0]
    return ("heat", "bars") if few else ("heat",)


def joint_figure(comparison: JointComparison, *, form: str = "auto", dark: bool = False) -> go.Figure:
    """The pair's figure. A form that the pair does not have falls back to its default."""
    chosen = form if form in joint_forms(comparison) else joint_forms(comparison)[0]
    draw: dict[str, Callable[[JointComparison, bool], go.Figure]] = {
        "heat": _heat,
        "points": _points,
        "bands": bands.quantile_boxes,
        "bars": bands.grouped_bars,
    }
    fig = draw[chosen](comparison, dark)
    theme.dress(fig, _title(comparison), _note(comparison, chosen), height=fig.layout.height, dark=dark)
    if chosen in ("heat", "points", "bars"):
        fig.update_annotations(font={"size": 13, "color": theme.colours(dark).ink})
    return fig


def _title(comparison: JointComparison) -> str:
    return f"{theme.shorten(comparison.y.name, 28)} × {theme.shorten(comparison.x.name, 28)}"


def _note(comparison: JointComparison, form: str) -> str:
    if form == "points" and comparison.real.points is not None:
        return f"{len(comparison.real.points):,} rows of each table, drawn at random"
    if form == "bands":
        return "middle half as a box, 5% to 95% as a line, the median marked"
    return "share of all rows" if comparison.sort == "numbers" else f"share of the rows of each {comparison.y.name}"


def _panels() -> go.Figure:
    """Two panels whose axes move together."""
    fig = make_subplots(
        1, 2, subplot_titles=[f"<b>{NAMES[name]}</b>" for name in ("real", "synthetic")], horizontal_spacing=0.04
    )
    fig.update_xaxes(matches="x")
    fig.update_yaxes(matches="y")
    fig.update_yaxes(showticklabels=False, col=2)
    return fig


def _heat(comparison: JointComparison, dark: bool) -> go.Figure:
    fig = _panels()
    found = {name: cells.shares(comparison, side) for name, side in comparison.sides.items()}
    texts = cells.texts(comparison, found)
    for column, (name, side) in enumerate(comparison.sides.items(), start=1):
        # Square roots, so that what few rows hold is seen beside what most do; cells without a row stay empty.
        z = np.where(side.counts > 0, np.sqrt(found[name]), np.nan)
        fig.add_trace(_heat_trace(z, texts), row=1, col=column)
    small = comparison.x.size * comparison.y.size <= 400
    fig.update_traces(xgap=1 if small else 0, ygap=1 if small else 0)
    fig.update_xaxes(**cells.cell_axis(comparison.x, 16), tickangle=0 if comparison.x.numeric else -90)
    fig.update_yaxes(**cells.cell_axis(comparison.y, 18))
    if not comparison.y.numeric:
        fig.update_yaxes(range=[comparison.y.size - 0.5, -0.5])
    fig.update_yaxes(title_text=cells.axis_title(comparison.y), col=1)
    fig.update_xaxes(title_text=cells.axis_title(comparison.x))
    top = max(float(np.sqrt(values).max()) for values in found.values())
    rows = comparison.y.size
    height = 440 if comparison.y.numeric else int(np.clip(210 + 26 * rows, 300, 620))
    fig.update_layout(height=height, hovermode="closest", coloraxis=_colours(top, dark))
    return fig


def _heat_trace(z: FloatArray, texts: list[list[str]]) -> go.Heatmap:
    return go.Heatmap(
        z=[[None if np.isnan(v) else round(float(v), 5) for v in row] for row in z],
        coloraxis="coloraxis",
        hovertext=texts,
        hovertemplate="%{hovertext}<extra></extra>",
        hoverongaps=True,
    )


def _colours(top: float, dark: bool) -> dict[str, Any]:
    """One scale for both tables, told in per cent."""
    at = [top * step / COLOUR_STEPS for step in range(COLOUR_STEPS + 1)]
    return {
        "colorscale": theme.rising(dark),
        "cmin": 0,
        "cmax": top,
        "colorbar": {
            "title": {"text": ""},
            "thickness": 8,
            "len": 0.9,
            "x": 1.01,
            "xpad": 4,
            "tickvals": at,
            "ticktext": [theme.percent(value**2, 0 if value**2 >= 0.02 else 1) for value in at],
            "tickfont": {"size": 11},
            "outlinewidth": 0,
        },
    }


def _points(comparison: JointComparison, dark: bool) -> go.Figure:
    fig = _panels()
    for column, (name, side) in enumerate(comparison.sides.items(), start=1):
        assert side.points is not None  # two numbers have them
        colour = getattr(theme.colours(dark), name)
        symbol = "circle" if name == "real" else "circle-open"
        marker = {"color": colour, "size": 5, "opacity": 0.55, "symbol": symbol}
        x, y = (cells.places(axis, side.points[:, place]) for place, axis in enumerate((comparison.x, comparison.y)))
        fig.add_trace(
            go.Scattergl(x=x, y=y, mode="markers", name=NAMES[name], marker=marker, showlegend=False), row=1, col=column
        )
    fig.update_xaxes(**cells.value_axis(comparison.x), title_text=cells.axis_title(comparison.x))
    fig.update_yaxes(**cells.value_axis(comparison.y))
    fig.update_yaxes(title_text=cells.axis_title(comparison.y), col=1)
    fig.update_layout(height=440, hovermode="closest")
    return fig
