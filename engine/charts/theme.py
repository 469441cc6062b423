"""The one look of all charts: colours, fonts, Plotly templates for light and dark, and text made safe to draw.

Real is blue, synthetic is orange, held-out is grey: far apart also for colour-blind eyes, and never by colour alone
(real is filled and solid; synthetic is hatched, outlined or dashed; held-out is dotted). Grounds are transparent, so
that a chart takes the page's own.
"""

from __future__ import annotations

import unicodedata
from dataclasses import dataclass
from typing import Any

import plotly.graph_objects as go

FONT = "Geist, 'Helvetica Neue', Arial, sans-serif"
CLEAR = "rgba(0,0,0,0)"

# For st.plotly_chart(config=...) and write_html(config=...).
CONFIG: dict[str, Any] = {
    "displaylogo": False,
    "responsive": True,
    "modeBarButtonsToRemove": ["select2d", "lasso2d", "autoScale2d"],
    "toImageButtonOptions": {"format": "svg"},
}


@dataclass(frozen=True, slots=True)
class Palette:
    """Colours for one ground. diverging: below zero, zero, above zero, from end to end."""

    real: str
    synthetic: str
    holdout: str
    ink: str
    soft: str
    line: str
    ground: str  # what the page is expected to be; labels that cover something are drawn on it
    diverging: tuple[str, ...]
    sequential: tuple[str, ...]  # from nearly nothing to most; of neither table's colour


LIGHT = Palette(
    real="#0B63A8",
    synthetic="#D9590B",
    holdout="#5C6773",
    ink="#0E1620",
    soft="#5C6773",
    line="#DFE2DB",
    ground="#FBFBF8",
    diverging=("#8A3404", "#D9741F", "#F3C9A0", "#F4F4EF", "#A9CBE6", "#3D88BF", "#084B80"),
    sequential=("#E9E6F3", "#C3B9E2", "#9A89CC", "#6A4FB3", "#432D80", "#231547"),
)
DARK = Palette(
    real="#5AAEF0",
    synthetic="#F0914A",
    holdout="#A3AFBB",
    ink="#E6ECF1",
    soft="#A3AFBB",
    line="#2D3944",
    ground="#10161C",
    diverging=("#FBC08F", "#E07F35", "#7A431D", "#1C252E", "#1F4E78", "#3F93D6", "#B4DBFB"),
    sequential=("#1F1F33", "#3A3163", "#5E4E9C", "#8E79D2", "#BDAEF0", "#EDE8FD"),
)
REAL, SYNTHETIC, HOLDOUT = LIGHT.real, LIGHT.synthetic, LIGHT.holdout
NAMES = {"real": "Real", "synthetic": "Synthetic", "holdout": "Real, held out"}
DASHES = {"real": "solid", "synthetic": "6px,3px", "holdout": "dot"}


def colours(dark: bool = False) -> Palette:
    return DARK if dark else LIGHT


def scale(dark: bool = False) -> list[list[float | str]]:
    """The diverging scale as Plotly wants it."""
    return _steps(colours(dark).diverging)


def rising(dark: bool = False) -> list[list[float | str]]:
    """The sequential scale as Plotly wants it."""
    return _steps(colours(dark).sequential)


def _steps(steps: tuple[str, ...]) -> list[list[float | str]]:
    return [[i / (len(steps) - 1), colour] for i, colour in enumerate(steps)]


def faded(colour: str, share: float) -> str:
    """A hex colour with opacity 0 to 1."""
    red, green, blue = (int(colour[i : i + 2], 16) for i in (1, 3, 5))
    return f"rgba({red},{green},{blue},{share:g})"


def template(dark: bool = False) -> go.layout.Template:
    """Everything that all charts share."""
    look = colours(dark)
    axis = {
        "gridcolor": look.line,
        "linecolor": look.line,
        "zeroline": False,
        "tickfont": {"size": 12, "color": look.soft},
        "title": {"font": {"size": 12.5, "color": look.soft}, "standoff": 10},
        "automargin": True,
        "ticks": "",
        "ticklabelstandoff": 5,
    }
    return go.layout.Template(
        layout={
            "font": {"family": FONT, "size": 13, "color": look.ink},
            "paper_bgcolor": CLEAR,
            "plot_bgcolor": CLEAR,
            "colorway": [look.real, look.synthetic, look.holdout],
            "title": {
                "font": {"size": 16, "weight": 600},
                "x": 0,
                "xref": "container",
                "xanchor": "left",
                "yref": "container",
                "y": 1,
                "yanchor": "top",
                "pad": {"t": 8, "l": 4},
                "subtitle": {"font": {"size": 12.5, "color": look.soft}},
            },
            "margin": {"l": 8, "r": 12, "t": 92, "b": 8},
            "legend": {
                "orientation": "h",
                "x": 0,
                "xref": "paper",
                "xanchor": "left",
                "y": 1,
                "yref": "paper",
                "yanchor": "bottom",
                "font": {"size": 12.5},
                "itemclick": "toggle",
                "bgcolor": CLEAR,
            },
            "hoverlabel": {
                "bgcolor": look.ground,
                "bordercolor": look.line,
                "font": {"family": FONT, "size": 13, "color": look.ink},
                "align": "left",
            },
            "modebar": {"bgcolor": CLEAR, "color": look.soft, "activecolor": look.ink},
            "hoverdistance": 40,
            "xaxis": axis,
            "yaxis": axis,
            "bargap": 0.28,
            "bargroupgap": 0.06,
            "barcornerradius": 2,
            "dragmode": False,
        }
    )


def figure(title: str, subtitle: str = "", *, height: int = 380, dark: bool = False) -> go.Figure:
    """An empty figure with the look. title and subtitle are plain text; both may come from a table."""
    fig = go.Figure()
    dress(fig, title, subtitle, height=height, dark=dark)
    return fig


def dress(fig: go.Figure, title: str, subtitle: str = "", *, height: int = 380, dark: bool = False) -> None:
    """Give a figure (also one with subplots) the look, a title and its height in pixels."""
    fig.update_layout(
        template=template(dark),
        height=height,
        title={"text": safe(shorten(title, 60)), "subtitle": {"text": safe(subtitle)}},
    )


def safe(text: str) -> str:
    """Text that Plotly draws as it is: its few HTML tags and entities have no effect, control characters are gone.

    A dollar sign is kept apart from others of its kind by an invisible joiner, as two of them would start a formula.
    """
    clean = "".join(" " if unicodedata.category(c) in ("Cc", "Zl", "Zp") else c for c in text)
    clean = clean.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")
    return clean.replace("$", "$\u2060") if clean.count("$") > 1 else clean


def shorten(text: str, length: int) -> str:
    """At most `length` characters, the last an ellipsis where something was cut."""
    return text if len(text) <= length else text[: length - 1].rstrip() + "…"


def label(text: str, length: int = 22) -> str:
    """A tick label: short, safe, and never empty."""
    return safe(shorten(text, length)) if text.strip() else "(blank)"


def percent(share: float, digits: int = 1) -> str:
    """A share of 1 as per cent; small ones keep a digit that counts."""
    if 0 < abs(share) < 0.5 * 10.0 ** -(digits + 2):
        return f"< {10.0**-digits:g}%"
    return f"{share * 100:.{digits}f}%"
