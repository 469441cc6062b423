"""Losses of a training as it goes on: lines that fill the height, since no loss has to reach zero."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, cast

import altair as alt

from engine.charts import theme

HEIGHT = 200  # pixels


def loss_chart(points: Sequence[tuple[int, str, float]], *, dark: bool = False) -> alt.Chart:
    """points: (step of the training, name of the loss, its value). Names are data to Vega, never expressions."""
    look = theme.colours(dark)
    values = [{"step": step, "loss": name, "value": value} for step, name, value in points]
    names = list(dict.fromkeys(name for _, name, _ in points))
    inks = [look.real, look.synthetic, look.holdout]
    axis: dict[str, Any] = {
        "labelColor": look.soft, "titleColor": look.soft, "gridColor": look.line, "domainColor": look.line,
        "tickColor": look.line, "labelFont": theme.FONT, "titleFont": theme.FONT, "titleFontWeight": "normal",
    }  # fmt: skip
    chart: Any = (
        alt.Chart(alt.InlineData(values=values))
        .mark_line(point=alt.OverlayMarkDef(size=28), strokeWidth=2)
        .encode(
            x=alt.X(
                "step:Q", title="progress of the training", axis=alt.Axis(labels=False, ticks=False, grid=False, **axis)
            ),
            y=alt.Y(
                "value:Q", title="loss", scale=alt.Scale(zero=False, nice=True), axis=alt.Axis(tickCount=5, **axis)
            ),
            color=alt.Color(
                "loss:N",
                scale=alt.Scale(domain=names, range=[inks[i % len(inks)] for i in range(len(names))]),
                legend=alt.Legend(
                    orient="top", title=None, symbolType="stroke", labelColor=look.ink, labelFont=theme.FONT
                ),
            ),
            strokeDash=alt.StrokeDash("loss:N", scale=alt.Scale(domain=names), legend=None),
            tooltip=[alt.Tooltip("loss:N"), alt.Tooltip("value:Q", format=".4~g")],
        )
        .properties(height=HEIGHT, width="container", background="transparent")
        .configure_view(stroke=None)
    )
    return cast("alt.Chart", chart)
