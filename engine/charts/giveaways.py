"""What gives a table away, as ranked bars."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import plotly.graph_objects as go

from engine.charts import theme
from engine.charts.tablebars import hatch

if TYPE_CHECKING:
    from engine.evaluation.giveaways import Giveaway

_LEAST = 0.04  # that the axis reaches at least
_PALE = 0.35  # opacity of what is within chance
_ROOM = 0.26  # of the axis, for the figure after the longest bar


def giveaway_figure(title: str, found: Sequence[Giveaway], *, dark: bool = False) -> go.Figure:
    """A bar for each, in the order given: by how much more often it tells made rows than fresh real ones.

    Solid: by the values of one column alone; hatched: only together with others.
    """
    fig = theme.figure(title, "points beyond fresh real rows", height=134 + 34 * max(len(found), 2), dark=dark)
    look = theme.colours(dark)
    alone = [min(max(one.alone, 0.0), max(one.excess, 0.0)) for one in found]
    ends = [max(one.excess, 0.0) for one in found]
    if any(len(one.columns) == 1 for one in found):
        _bars(fig, found, [0.0] * len(found), alone, "Alone", look.synthetic, "")
        _bars(fig, found, alone, ends, "With others", look.synthetic, "/")
    else:
        _bars(fig, found, alone, ends, "Only together", look.synthetic, "/")
    for place, (one, end) in enumerate(zip(found, ends, strict=True)):
        fig.add_annotation(
            x=end,
            y=place,
            text=f"+{100 * end:.1f}" if one.tells else "within chance",
            showarrow=False,
            xanchor="left",
            xshift=6,
            font={"size": 12, "color": look.ink if one.tells else look.soft},
        )
    fig.update_xaxes(range=[0, max([*ends, _LEAST]) * (1 + _ROOM)], tickformat=".0%", nticks=5)
    fig.update_yaxes(
        tickvals=list(range(len(found))),
        ticktext=[theme.label(" × ".join(one.columns), 26) for one in found],
        range=[len(found) - 0.4, -0.6],
        showgrid=False,
    )
    fig.update_layout(barmode="overlay", hovermode="closest", showlegend=True, clickmode="event+select")
    return fig


def _bars(
    fig: go.Figure,
    found: Sequence[Giveaway],
    starts: Sequence[float],
    ends: Sequence[float],
    name: str,
    colour: str,
    pattern: str,
) -> None:
    marker: dict[str, Any] = {"color": colour, "opacity": [1.0 if one.tells else _PALE for one in found]}
    if pattern:
        marker["pattern"] = hatch(colour, pattern, ground=0.2)
    fig.add_trace(
        go.Bar(
            x=[end - start for start, end in zip(starts, ends, strict=True)],
            base=list(starts),
            y=list(range(len(found))),
            orientation="h",
            name=name,
            marker=marker,
            hovertext=[_hover(one) for one in found],
            hovertemplate="%{hovertext}<extra></extra>",
            unselected={"marker": {"opacity": 0.55}},
        )
    )


def _hover(one: Giveaway) -> str:
    name = theme.safe(theme.shorten(" × ".join(one.columns), 80))
    return f"<b>{name}</b><br>{theme.safe(one.sentence)}"
