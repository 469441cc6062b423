"""Bars of the tables: plain for the real one, hatched for the synthetic, dotted for held out rows, so that they differ
not by colour alone."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import plotly.graph_objects as go

from engine.charts import theme
from engine.charts.theme import NAMES

_HATCHES = {"synthetic": ("/", 6), "holdout": (".", 5)}  # shape and size


def hatch(colour: str, shape: str = "/", size: int = 6, ground: float = 0.15) -> dict[str, Any]:
    """Plotly's pattern of a bar. ground: the share of the colour between the strokes."""
    return {"shape": shape, "fgcolor": colour, "bgcolor": theme.faded(colour, ground), "size": size}


def table_bar(
    name: str, shares: Iterable[float], texts: list[str], *, dark: bool, upright: bool = False, **how: Any
) -> go.Bar:
    """One table's shares as bars, each telling its text. name: a key of `NAMES`; how: more that Plotly takes."""
    colour = getattr(theme.colours(dark), name)
    marker: dict[str, Any] = {"color": theme.faded(colour, 0.85), "line": {"color": colour, "width": 1}}
    if name in _HATCHES:
        marker["pattern"] = hatch(colour, *_HATCHES[name])
    lengths = [float(share) for share in shares]
    places = list(range(len(lengths)))
    return go.Bar(
        x=places if upright else lengths,
        y=lengths if upright else places,
        orientation="v" if upright else "h",
        name=NAMES[name],
        marker=marker,
        hovertext=texts,
        hovertemplate="%{hovertext}<extra></extra>",
        **how,
    )
