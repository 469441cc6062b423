"""Several runs in one picture: how alike each is against what the strongest attack recognises."""

from __future__ import annotations

from collections.abc import Sequence

import plotly.graph_objects as go

from engine.charts import theme
from engine.charts.theme import colours
from engine.rivals import Contender

_SYMBOLS = ("circle", "square", "diamond", "triangle-up")
_ALIKE = "overall"


def tradeoff_figure(contenders: Sequence[Contender], *, dark: bool = False) -> go.Figure:
    """Up is more alike, left is less recognised; the lines are fresh real rows and chance. Runs without either are left
    out."""
    palette = colours(dark)
    fig = theme.figure("Alike against recognised", dark=dark)
    drawn = [c for c in contenders if c.attack is not None and c.marks[_ALIKE] is not None]
    for place, c in enumerate(drawn):
        attack, alike = c.attack, c.marks[_ALIKE]
        assert attack is not None
        assert alike is not None
        fig.add_scatter(
            x=[attack.value],
            y=[alike.value],
            mode="markers+text",
            text=[theme.safe(c.label)],
            textposition="top right",
            cliponaxis=False,
            name=theme.safe(c.label),
            marker={"symbol": _SYMBOLS[place % len(_SYMBOLS)], "size": 13, "color": palette.synthetic},
            error_x=_bar(attack.value, attack.interval, palette.soft),
            error_y=_bar(alike.value, alike.interval, palette.soft),
            hovertemplate="%{text}<br>alike %{y:.1%}<br>recognised %{x:.1%}<extra></extra>",
        )
    for c in drawn[:1]:
        attack, alike = c.attack, c.marks[_ALIKE]
        if attack is not None and attack.reference is not None:
            fig.add_vline(x=attack.reference, line={"dash": "dot", "color": palette.soft}, annotation_text="chance")
        if alike is not None and alike.reference is not None:
            fig.add_hline(y=alike.reference, line={"dash": "dot", "color": palette.real}, annotation_text="fresh real")
    fig.update_layout(
        showlegend=False,
        xaxis={"title": "Training rows recognised at 1% false alarms", "tickformat": ".1%", "rangemode": "tozero"},
        yaxis={"title": "Alike", "tickformat": ".1%"},
    )
    return fig


def _bar(value: float, interval: tuple[float, float] | None, colour: str) -> dict[str, object]:
    """An interval as Plotly's error bar."""
    if interval is None:
        return {"visible": False}
    low, high = interval
    return {
        "type": "data",
        "symmetric": False,
        "array": [max(high - value, 0.0)],
        "arrayminus": [max(value - low, 0.0)],
        "color": colour,
        "thickness": 1,
    }
