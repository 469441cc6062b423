"""Heat maps of associations: real, synthetic, and what differs."""

from __future__ import annotations

import numpy as np
import plotly.graph_objects as go

from engine.charts import theme
from engine.charts.theme import safe
from engine.evaluation.associations import AssociationComparison, AssociationMatrix
from engine.evaluation.base import FloatArray

SPACIOUS = 5  # columns up to which there is room for larger figures, also on a phone
NUMBERS = 8  # columns up to which each cell shows its figure
BOTH_LABELS = 25  # columns up to which both axes are labelled; beyond, the rows' labels serve for both
LEAST_GAP = 0.1  # the difference's colour scale reaches at least this far, so that noise does not look like signal


def correlation_figures(
    comparison: AssociationComparison, *, dark: bool = False
) -> tuple[go.Figure, go.Figure, go.Figure]:
    """The heat maps of the real table, of the synthetic one, and of synthetic less real."""
    gap = comparison.mean_gap
    note = "" if np.isnan(gap) else f"mean gap {gap:.3f}"
    difference = comparison.difference
    return (
        association_figure(comparison.real, "Real", dark=dark),
        association_figure(comparison.synthetic, "Synthetic", dark=dark),
        _heat_map(comparison.real, difference, "Synthetic − real", note, _reach(difference), dark),
    )


def association_figure(matrix: AssociationMatrix, title: str, *, dark: bool = False) -> go.Figure:
    """One table's heat map; -1 to 1 between numbers, 0 to 1 where a category takes part."""
    return _heat_map(matrix, matrix.values, title, "strength of association", 1.0, dark)


def _reach(difference: FloatArray) -> float:
    gaps = np.abs(difference[np.isfinite(difference)])
    return max(float(gaps.max()), LEAST_GAP) if len(gaps) else LEAST_GAP


def _heat_map(
    matrix: AssociationMatrix, values: FloatArray, title: str, note: str, reach: float, dark: bool
) -> go.Figure:
    k = len(matrix.names)
    size = 12 if k <= 12 else 10.5 if k <= BOTH_LABELS else 9
    fig = theme.figure(title, note, height=_height(k), dark=dark)
    fig.add_trace(
        go.Heatmap(
            z=[[None if np.isnan(v) else float(v) for v in row] for row in values],
            zmin=-reach,
            zmax=reach,
            colorscale=theme.scale(dark),
            xgap=1,
            ygap=1,
            hoverinfo="skip",
            text=_cells(values) if k <= NUMBERS else None,
            texttemplate="%{text}" if k <= NUMBERS else None,
            textfont={"size": 11 if k <= SPACIOUS else 9.5},
            colorbar={
                "title": {"text": ""},  # without, Plotly moves the figure's own title out of sight
                "orientation": "h",
                "thickness": 8,
                "len": 0.6,
                "x": 1,
                "xanchor": "right",
                "y": 1.01,
                "yanchor": "bottom",
                "ticklabelposition": "outside top",
                "tickvals": [-reach, 0, reach],
                "ticktext": [f"−{reach:.2g}", "0", f"{reach:.2g}"],
                "tickfont": {"size": 11},
                "outlinewidth": 0,
            },
        )
    )
    fig.add_trace(_targets(_texts(matrix, values, title)))
    ticks = {"tickvals": list(range(k)), "ticktext": [theme.label(n, 18) for n in matrix.names], "showgrid": False}
    fig.update_xaxes(
        **ticks, tickangle=-90, tickfont={"size": size}, showticklabels=k <= BOTH_LABELS, range=[-0.5, k - 0.5]
    )
    fig.update_yaxes(**ticks, tickfont={"size": size}, range=[k - 0.5, -0.5])
    # The whole of a cell counts as its middle, however large it is drawn.
    fig.update_layout(hovermode="closest", hoverdistance=-1, clickmode="event+select")
    return fig


def _targets(texts: list[list[str]]) -> go.Scatter:
    """Unseen points in the cells of two columns: they tell a cell's figures and can be clicked, which Plotly's heat
    maps cannot. Their x and y are the columns' places."""
    cells = [(i, j) for i in range(len(texts)) for j in range(len(texts)) if i != j]
    unseen = {"marker": {"opacity": 0}}
    return go.Scatter(
        x=[j for _, j in cells],
        y=[i for i, _ in cells],
        mode="markers",
        marker={"symbol": "square", "size": 12, "opacity": 0},
        selected=unseen,
        unselected=unseen,
        hovertext=[texts[i][j] for i, j in cells],
        hovertemplate="%{hovertext}<extra></extra>",
        showlegend=False,
    )


def _height(k: int) -> int:
    """Cells stay about square at half the width of a wide page, and labels readable."""
    return int(np.clip(240 + 18 * k, 330, 960))


def _texts(matrix: AssociationMatrix, values: FloatArray, title: str) -> list[list[str]]:
    names = [safe(theme.shorten(name, 60)) for name in matrix.names]
    return [
        [
            f"<b>{names[i]}</b> with <b>{names[j]}</b><br>{matrix.method(i, j)}: {_figure(values[i, j])}"
            + (" (difference)" if "−" in title else "")
            for j in range(len(names))
        ]
        for i in range(len(names))
    ]


def _figure(value: float) -> str:
    return "not defined" if np.isnan(value) else f"{value:.3f}".replace("-", "−")


def _cells(values: FloatArray) -> list[list[str]]:
    # Adding zero takes the sign from what is rounded to nothing.
    return [["" if np.isnan(v) else f"{round(v, 2) + 0.0:.2f}".replace("-", "−") for v in row] for row in values]
