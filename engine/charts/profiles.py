"""Mini charts of single columns, for the table of columns: what is in it, at a glance."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Protocol, cast

import altair as alt
import numpy as np
import pandas as pd

from engine.charts import theme

HEIGHT = 72  # pixels
BARS = 4  # labels shown
FAR = 8  # times as wide as the usual bin is a far tail's
BARE = {"left": 0, "right": 0, "top": 0, "bottom": 0}


class Profile(Protocol):
    """What is needed of `engine.table.profile.ColumnProfile`."""

    @property
    def name(self) -> str: ...
    @property
    def histogram(self) -> tuple[Sequence[Any], Sequence[int]] | None: ...
    @property
    def top(self) -> Sequence[tuple[str, int]]: ...


def profile_chart(profile: Profile, *, dark: bool = False) -> alt.Chart | alt.LayerChart:
    """A histogram of a number or date, else bars of the most frequent values; empty where there is neither.

    Values are data to Vega, never part of an expression or of a field's name, so they may hold anything.
    """
    look = theme.colours(dark)
    chart: Any
    if profile.histogram is not None and len(profile.histogram[1]):
        chart, height = _histogram(*profile.histogram, look.real), HEIGHT
    else:
        top = profile.top[:BARS]
        chart, height = _bars(top, look), max(len(top), 1) * HEIGHT // BARS
    sized = chart.properties(height=height, width="container", background="transparent", padding=BARE)
    return cast("alt.Chart | alt.LayerChart", sized.configure_view(stroke=None))


def _histogram(edges: Sequence[Any], counts: Sequence[int], colour: str) -> alt.Chart:
    values = [
        {"place": i, "range": f"{_text(low)} to {_text(high)}", "rows": int(count), "far": far}
        for i, (low, high, count, far) in enumerate(zip(edges[:-1], edges[1:], counts, _far(edges), strict=True))
    ]
    chart: alt.Chart = (
        alt.Chart(alt.InlineData(values=values))
        .mark_bar(color=colour, cornerRadiusTopLeft=1, cornerRadiusTopRight=1)
        .encode(
            x=alt.X("place:O", axis=None, scale=alt.Scale(paddingInner=0.12, paddingOuter=0)),
            y=alt.Y("rows:Q", axis=None),
            opacity=alt.Opacity("far:N", scale=alt.Scale(domain=[False, True], range=[1, 0.45]), legend=None),
            tooltip=[alt.Tooltip("range:N", title="values"), alt.Tooltip("rows:Q", format=",")],
        )
    )
    return chart


def _far(edges: Sequence[Any]) -> list[bool]:
    """Which bins are much wider than the others: they hold a far tail, and are drawn paler."""
    places = pd.to_datetime(pd.Series(edges)).astype("int64") if isinstance(edges[0], str) else edges
    widths = np.diff(np.asarray(places, dtype=np.float64))
    return [bool(width > FAR * np.median(widths)) for width in widths]


def _bars(top: Sequence[tuple[str, int]], look: theme.Palette) -> alt.LayerChart:
    """Bars with their values written on them."""
    values = [
        {"place": i, "value": str(label), "shown": theme.shorten(str(label), 28) or "(blank)", "rows": int(count)}
        for i, (label, count) in enumerate(top)
    ]
    place = alt.Y("place:O", axis=None, scale=alt.Scale(paddingInner=0.18, paddingOuter=0))
    base = alt.Chart(alt.InlineData(values=values)).encode(
        y=place, tooltip=[alt.Tooltip("value:N"), alt.Tooltip("rows:Q", format=",")]
    )
    bars = base.mark_bar(color=look.real, opacity=0.3, cornerRadiusEnd=2).encode(
        x=alt.X("rows:Q", axis=None, scale=alt.Scale(domainMin=0))
    )
    names = base.mark_text(align="left", baseline="middle", dx=5, font=theme.FONT, fontSize=12, color=look.ink).encode(
        x=alt.value(0), text="shown:N"
    )
    layered: alt.LayerChart = bars + names
    return layered


def _text(edge: Any) -> str:
    """An edge as people write it; dates may come as text or as timestamps."""
    if isinstance(edge, str):
        return edge[:10] if len(edge) > 10 and edge[10:].strip("T 0:.") == "" else edge
    if isinstance(edge, pd.Timestamp):
        return str(edge.date()) if edge == edge.normalize() else str(edge)
    return f"{edge:,.6g}"
