"""Figures of columns and pairs as marks on a common scale, the worst first, each with what fresh real rows get.

Marks, not bars: all values lie near the best, so the axis does not start at zero, where bars would mislead.
"""

from __future__ import annotations

from collections.abc import Sequence

import plotly.graph_objects as go

from engine.charts import theme
from engine.charts.tablebars import hatch
from engine.charts.theme import safe
from engine.evaluation.base import MetricResult, Part


def column_shape_figure(result: MetricResult, *, limit: int = 40, dark: bool = False) -> go.Figure:
    """The columns' shape figures (result of "column_shapes"), the `limit` worst."""
    return _marks(result, limit, dark)


def pair_figure(result: MetricResult, *, limit: int = 20, dark: bool = False) -> go.Figure:
    """The pairs' figures (result of "pair_trends" or "pair_shapes"), the `limit` worst."""
    return _marks(result, limit, dark)


def _marks(result: MetricResult, limit: int, dark: bool) -> go.Figure:
    parts = sorted((p for p in result.parts if p.columns), key=lambda part: (part.value, part.columns))
    shown = parts[:limit]
    note = f"the {len(shown)} least alike of {len(parts):,}" if len(parts) > len(shown) else "the least alike first"
    fig = theme.figure(result.info.label, note, height=150 + 24 * max(len(shown), 3), dark=dark)
    look = theme.colours(dark)
    _links(fig, shown, look.line)
    if any(part.reference is not None for part in shown):
        _points(fig, shown, [part.reference for part in shown], "Fresh real rows", "line-ns-open", look.holdout)
    _points(fig, shown, [part.value for part in shown], "Synthetic", "circle", look.synthetic)
    names = [" × ".join(part.columns) for part in shown]
    length = 22 if all(len(part.columns) == 1 for part in shown) else 34
    fig.update_yaxes(
        tickvals=list(range(len(shown))),
        ticktext=[theme.label(name, length) for name in names],
        range=[len(shown) - 0.4, -0.6],
        showgrid=True,
        griddash="dot",
    )
    low = min([p.value for p in shown] + [p.reference for p in shown if p.reference is not None], default=0.0)
    margin = max((1 - low) * 0.06, 0.002)
    fig.update_xaxes(range=[max(low - margin, -0.01), 1 + margin], tickformat=".1~%", nticks=6, title_text="likeness")
    fig.update_layout(hovermode="closest")
    return fig


def _links(fig: go.Figure, parts: Sequence[Part], colour: str) -> None:
    """A line from each value to its reference."""
    x: list[float | None] = []
    y: list[float | None] = []
    for place, part in enumerate(parts):
        if part.reference is not None:
            x += [part.value, part.reference, None]
            y += [place, place, None]
    fig.add_trace(
        go.Scatter(x=x, y=y, mode="lines", line={"color": colour, "width": 4}, hoverinfo="skip", showlegend=False)
    )


def _points(
    fig: go.Figure, parts: Sequence[Part], values: Sequence[float | None], name: str, symbol: str, colour: str
) -> None:
    marker = {"symbol": symbol, "size": 11, "color": colour, "line": {"width": 2.5 if "open" in symbol else 0}}
    fig.add_trace(
        go.Scatter(
            x=list(values),
            y=list(range(len(parts))),
            mode="markers",
            name=name,
            marker=marker | {"line": {"width": 2.5 if "open" in symbol else 0, "color": colour}},
            hovertext=[_hover(part) for part in parts],
            hovertemplate="%{hovertext}<extra></extra>",
        )
    )


def _hover(part: Part) -> str:
    name = safe(theme.shorten(" × ".join(part.columns), 90))
    lines = [f"<b>{name}</b>", f"{part.method}: {part.value:.4f}"]
    if part.reference is not None:
        lines.append(f"Fresh real rows: {part.reference:.4f}")
    return "<br>".join(lines)


def missing_figure(result: MetricResult, *, limit: int = 40, dark: bool = False) -> go.Figure:
    """Both tables' missing rates per column (result of "missing_similarity"), the largest gap first."""
    parts = sorted((p for p in result.parts if "real" in p.details), key=lambda part: (part.value, part.columns))
    shown = parts[:limit]
    note = f"the {limit} largest gaps of {len(parts):,}" if len(parts) > limit else "the largest gap first"
    fig = theme.figure("Missing values", note, height=150 + 32 * max(len(shown), 3), dark=dark)
    look = theme.colours(dark)
    for key, name, colour in (("real", "Real", look.real), ("other", "Synthetic", look.synthetic)):
        rates = [part.details[key] for part in shown]
        fig.add_trace(
            go.Bar(
                x=rates,
                y=list(range(len(shown))),
                orientation="h",
                name=name,
                marker={"color": colour} | ({"pattern": hatch(colour)} if key == "other" else {}),
                hovertext=[
                    f"<b>{safe(theme.shorten(part.columns[0], 80))}</b><br>{name}: {theme.percent(rate, 2)} missing"
                    for part, rate in zip(shown, rates, strict=True)
                ],
                hovertemplate="%{hovertext}<extra></extra>",
            )
        )
    ticks = [theme.label(part.columns[0]) for part in shown]
    fig.update_yaxes(tickvals=list(range(len(shown))), ticktext=ticks, range=[len(shown) - 0.4, -0.6], showgrid=False)
    fig.update_xaxes(tickformat=".1~%", rangemode="tozero", nticks=6, title_text="share of rows")
    fig.update_layout(barmode="group", hovermode="closest")
    return fig
