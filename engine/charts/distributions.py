"""One column of both tables, overlaid, side by side or stacked: histogram, density, cumulative share or bars."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise
from typing import Any, Literal

import plotly.graph_objects as go
from plotly.subplots import make_subplots

from engine.charts import labels, theme
from engine.charts.bars import MISSING, bar, bar_texts, label_bars, share
from engine.charts.panels import stack
from engine.charts.theme import NAMES, safe
from engine.evaluation.distributions import ColumnComparison, Side
from engine.table.schema import Kind

Form = Literal["auto", "histogram", "density", "ecdf", "bars"]
Layout = Literal["overlaid", "side by side", "stacked"]
LAYOUT_LABELS = {"side by side": "Side by side", "stacked": "Stacked", "overlaid": "Overlaid"}
FORM_LABELS = {"histogram": "Histogram", "density": "Density", "ecdf": "Cumulative share", "bars": "Bars"}
DENSE = 15  # bins, above which a smooth density says something
BETWEEN, WITHIN = 0.09, 0.045  # of the width: between two panels, and between a panel's bars and its bins
DWARFS = 4  # times the highest bin, above which a bar kept apart would leave the bins too low to read


def forms(comparison: ColumnComparison) -> tuple[str, ...]:
    """The forms that make sense for the column; the first is the default."""
    if not comparison.numeric:
        return ("bars",)
    if comparison.unit == "integer" and len(comparison.edges) - 1 <= DENSE:
        return ("histogram", "ecdf")
    return ("histogram", "density", "ecdf")


def layouts(comparison: ColumnComparison) -> tuple[str, ...]:
    """How both tables can stand beside each other; the first is the default."""
    return ("side by side", "stacked", "overlaid") if comparison.numeric else ("side by side", "overlaid")


def distribution_figure(
    comparison: ColumnComparison,
    *,
    form: Form = "auto",
    layout: Layout = "overlaid",
    score: float | None = None,
    show_holdout: bool = False,
    max_labels: int = 20,
    only: str | None = None,
    dark: bool = False,
) -> go.Figure:
    """The column's figure. A form or layout that the column does not have falls back to its default.

    Zoom and hover are shared by the panels: stacked ones have their axis in common, so that a hover marks both; of
    those side by side each tells both tables' figures.
    score: the column's shape figure (0 to 1), put into the subtitle; max_labels: the most frequent real labels that
    are drawn by name, all others are one bar; only: the one side to draw ("real").
    """
    chosen = form if form in forms(comparison) else forms(comparison)[0]
    names = [only] if only else [name for name in comparison.sides if name != "holdout" or show_holdout]
    layout = layout if layout in layouts(comparison) else layouts(comparison)[0]  # type: ignore[assignment]
    panels = [names] if layout == "overlaid" else [[name] for name in names]
    told = [names] * len(panels) if layout == "side by side" else panels
    if chosen == "bars":
        fig = label_bars(comparison, panels, max_labels, dark)
    elif chosen == "ecdf":
        fig = _cumulative(comparison, panels, told, dark)
    else:
        fig = _binned(comparison, panels, told, chosen == "density", dark)
    if layout == "stacked" and len(panels) > 1:
        stack(fig, len(panels))
    elif layout == "side by side" and comparison.numeric:
        fig.update_xaxes(nticks=4)  # more would run into each other on a phone
    height = fig.layout.height or 380
    theme.dress(fig, comparison.name, subtitle(comparison, score), height=height, dark=dark)
    return fig


def subtitle(comparison: ColumnComparison, score: float | None) -> str:
    notes = ["" if score is None else f"{theme.percent(score)} alike", labels.missing_note(comparison)]
    return ", ".join(note for note in notes if note)


# Numbers and dates ------------------------------------------------------------------------------------------------


def _binned(
    comparison: ColumnComparison,
    panels: Sequence[Sequence[str]],
    told: Sequence[Sequence[str]],
    smooth: bool,
    dark: bool,
) -> go.Figure:
    """Histogram or density; values that many rows share, and missing ones, stand as bars to the left of each panel.

    told: the tables whose figures the hover of each panel tells.
    """
    apart = bool(comparison.atoms) or comparison.real.missing > 0 or comparison.synthetic.missing > 0
    per = 2 if apart else 1
    groups = len(comparison.atoms) + 1
    widths = ([0.1 + 0.05 * groups, 1.0] if apart else [1.0]) * len(panels)
    one_axis = apart and not smooth and _top(comparison, apart=True) <= DWARFS * _top(comparison, apart=False)
    fig = make_subplots(1, per * len(panels), column_widths=widths, horizontal_spacing=0.05 if apart else 0.06)
    for number, names in enumerate(panels):
        column = number * per + 1
        if apart:
            _apart(fig, comparison, names, told[number], column, dark)
        for name in names:
            add = _density if smooth else _steps
            fig.add_trace(add(comparison, name, len(names) == 1, dark), row=1, col=column + per - 1)
        fig.add_trace(_hover(comparison, names, told[number], smooth), row=1, col=column + per - 1)
        _value_axis(fig, comparison, column + per - 1)
    _match(fig, [i * per + per for i in range(len(panels))])
    if apart:
        _part(fig, len(panels), widths[0] / (widths[0] + widths[1]))
        _match(fig, [i * per + 1 for i in range(len(panels))], "y")  # bars have a fixed range along x
        if one_axis:
            fig.update_yaxes(matches="y", col=per)
        else:
            fig.update_yaxes(range=[0, 1.05 * max(_top(comparison, apart=a) for a in (True, False))], col=1)
    y_title = "density" if smooth else "share of rows"
    for i in range(len(panels)):
        fig.update_yaxes(rangemode="tozero", col=i * per + per)
        fig.update_yaxes(showticklabels=not smooth, tickformat=".2~%" if not smooth else "", col=i * per + per)
    fig.update_yaxes(title_text="share of rows" if apart else y_title, col=1)
    if one_axis or len(panels) > 1:
        _save_room(fig, per, per * len(panels), one_axis)
    fig.update_layout(hovermode="x")  # anywhere above a place, not only near the line
    return fig


def _part(fig: go.Figure, panels: int, bars: float) -> None:
    """Room between the panels for the labels at their ends. bars: the share of a panel that the bars take."""
    width = (1 - BETWEEN * (panels - 1)) / panels
    for i in range(panels):
        left, edge = i * (width + BETWEEN), i * (width + BETWEEN) + bars * (width - WITHIN)
        fig.update_xaxes(domain=[left, edge], col=2 * i + 1)
        fig.update_xaxes(domain=[edge + WITHIN, min(left + width, 1.0)], col=2 * i + 2)


def _top(comparison: ColumnComparison, *, apart: bool) -> float:
    """The highest share of rows in a bin, or (apart) among the values kept out of the bins and missing ones."""
    sides = comparison.sides.values()
    counts = ((side, (*side.atoms, side.missing) if apart else side.counts) for side in sides)
    return max((share(side, n) for side, own in counts for n in own), default=0.0)


def _save_room(fig: go.Figure, per: int, columns: int, one_axis: bool) -> None:
    """Axes of the same range need their labels only once; a phone has no room for more."""
    if per > 1 and not one_axis:
        fig.update_yaxes(ticklabelposition="inside top", col=per)
    for column in range(2 if one_axis else per + 1, columns + 1):
        fig.update_yaxes(showticklabels=False, col=column)


def _match(fig: go.Figure, columns: Sequence[int], letters: str = "xy") -> None:
    """The same ranges, also after a zoom, for panels that show the same thing."""
    first = columns[0] if columns[0] > 1 else ""
    for column in columns[1:]:
        for letter, update in (("x", fig.update_xaxes), ("y", fig.update_yaxes)):
            if letter in letters:
                update(matches=f"{letter}{first}", col=column)


def _x(comparison: ColumnComparison, places: Sequence[float]) -> list[Any]:
    return [labels.iso(p) for p in places] if comparison.kind is Kind.DATETIME else list(places)


def _value_axis(fig: go.Figure, comparison: ColumnComparison, column: int) -> None:
    settings: dict[str, Any] = {"title_text": safe(theme.shorten(labels.axis_title(comparison), 44)), "showgrid": False}
    if comparison.kind is Kind.DATETIME:
        settings |= {"type": "date"} | ({"tickformat": "%H:%M"} if labels.clock(comparison) else {})
    elif comparison.log:
        settings |= {"type": "log", "dtick": "D2" if comparison.edges[-1] / comparison.edges[0] < 50 else 1}
        settings |= {"tickformat": ",~g"}
    else:
        settings |= {"type": "linear", "tickformat": _tick_format(max(map(abs, comparison.edges)))}
    fig.update_xaxes(**settings, nticks=7, col=column)


def _tick_format(largest: float) -> str:
    """Years stay “2007”, tens of thousands are parted, more is shortened."""
    if largest < 1e4:
        return "~g"
    return ",~g" if largest < 1e5 else "~s"


def _styled(name: str, filled: bool, dark: bool) -> dict[str, Any]:
    """How a table's line is drawn: the real one filled, the others by line style; alone, each is filled."""
    colour = getattr(theme.colours(dark), name)
    style: dict[str, Any] = {
        "name": NAMES[name],
        "legendgroup": name,
        "mode": "lines",
        "line": {"color": colour, "width": 1.2 if name == "real" else 2.2},
        "hoverinfo": "skip",
    }
    if name == "real" or filled:
        style |= {"fill": "tozeroy", "fillcolor": theme.faded(colour, 0.32)}
    if name == "synthetic" and filled:
        style["fillpattern"] = {"shape": "/", "fgcolor": colour, "bgcolor": theme.faded(colour, 0.12), "size": 7}
    if name == "holdout":
        style["line"] |= {"dash": "dot"}
    return style


def _steps(comparison: ColumnComparison, name: str, filled: bool, dark: bool) -> go.Scatter:
    side = comparison.sides[name]
    heights = [share(side, count) for count in side.counts]
    x = [comparison.edges[0], *comparison.edges, comparison.edges[-1]]
    y = [0.0, *heights, heights[-1], 0.0]
    style = _styled(name, filled, dark)
    style["line"] |= {"shape": "hv"}
    return go.Scatter(x=_x(comparison, x), y=y, **style)


def _density(comparison: ColumnComparison, name: str, filled: bool, dark: bool) -> go.Scatter:
    style = _styled(name, filled, dark)
    style["line"] |= {"dash": theme.DASHES[name], "width": 2.0}
    return go.Scatter(x=_x(comparison, comparison.density_at), y=list(comparison.sides[name].density), **style)


def _hover(comparison: ColumnComparison, names: Sequence[str], told: Sequence[str], smooth: bool) -> go.Scatter:
    """Unseen points in the bins' middles, at the height of the drawn tables, that tell figures of some."""
    edges, sides = comparison.edges, comparison.sides
    middles = [(a * b) ** 0.5 if comparison.log else (a + b) / 2 for a, b in pairwise(edges)]
    texts = []
    for i in range(len(middles)):
        lines = [labels.line(name, sides[name], sides[name].counts[i]) for name in told]
        texts.append("<br>".join([f"<b>{safe(labels.bin_label(comparison, i))}</b>", *lines]))
    if smooth:
        heights = [max(_near(comparison, sides[name], m) for name in names) for m in middles]
    else:
        heights = [max(share(sides[name], sides[name].counts[i]) for name in names) for i in range(len(middles))]
    return _unseen(_x(comparison, middles), heights, texts)


def _near(comparison: ColumnComparison, side: Side, place: float) -> float:
    """The density drawn next to `place`."""
    at = comparison.density_at
    index = min(range(len(at)), key=lambda i: abs(at[i] - place))
    return side.density[index]


def _unseen(x: list[Any], y: list[float], texts: list[str]) -> go.Scatter:
    return go.Scatter(
        x=x,
        y=y,
        mode="markers",
        marker={"opacity": 0, "size": 18},
        hovertext=texts,
        hovertemplate="%{hovertext}<extra></extra>",
        showlegend=False,
    )


def _apart(
    fig: go.Figure, comparison: ColumnComparison, names: Sequence[str], told: Sequence[str], column: int, dark: bool
) -> None:
    """Bars for the values kept out of the bins and for missing ones."""
    ticks = [labels.value(comparison, atom) for atom in comparison.atoms]
    missing = comparison.real.missing > 0 or comparison.synthetic.missing > 0
    ticks += [MISSING] if missing else []
    counts = {name: [*side.atoms, *([side.missing] if missing else [])] for name, side in comparison.sides.items()}
    for name in names:
        texts = bar_texts(comparison, ticks, counts, told if len(names) == 1 else [name])
        fig.add_trace(bar(comparison, name, counts[name], texts, horizontal=False, dark=dark), row=1, col=column)
    fig.update_xaxes(
        tickvals=list(range(len(ticks))),
        ticktext=[theme.label(tick, 10) for tick in ticks],
        showgrid=False,
        range=[-0.6, len(ticks) - 0.4],
        tickangle=0 if len(ticks) == 1 else -90,
        col=column,
    )
    fig.update_yaxes(tickformat=".2~%", rangemode="tozero", nticks=5, col=column)


def _cumulative(
    comparison: ColumnComparison, panels: Sequence[Sequence[str]], told: Sequence[Sequence[str]], dark: bool
) -> go.Figure:
    fig = make_subplots(1, len(panels), shared_yaxes=True, horizontal_spacing=0.05)
    shown = [i for i, place in enumerate(comparison.ecdf_at) if not comparison.log or place > 0]
    places = [comparison.ecdf_at[i] for i in shown]
    for column, names in enumerate(panels, start=1):
        for name in names:
            side = comparison.sides[name]
            colour = getattr(theme.colours(dark), name)
            known = told[column - 1] if len(names) == 1 else [name]
            texts = [
                f"<b>{safe(labels.value(comparison, comparison.ecdf_at[i]))} or less</b>"
                + "".join(f"<br>{NAMES[n]}: {theme.percent(comparison.sides[n].ecdf[i])} of the values" for n in known)
                for i in shown
            ]
            trace = go.Scatter(
                x=_x(comparison, places),
                y=[side.ecdf[i] for i in shown],
                name=NAMES[name],
                legendgroup=name,
                mode="lines",
                line={"color": colour, "width": 2.2, "dash": theme.DASHES[name], "shape": "hv"},
                hovertext=texts,
                hovertemplate="%{hovertext}<extra></extra>",
            )
            fig.add_trace(trace, row=1, col=column)
        _value_axis(fig, comparison, column)
    _match(fig, range(1, len(panels) + 1))
    fig.update_yaxes(tickformat=".0%", range=[0, 1.02])
    fig.update_yaxes(title_text="share of values", col=1)
    fig.update_layout(hovermode="x")  # anywhere above a place, not only near the line
    return fig
