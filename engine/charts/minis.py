"""One column of both tables at a glance, as markup: a page of a dozen is drawn at once, without a library.

Real is filled; synthetic is hatched in bars and a dashed line over histograms. Whatever comes from a table is escaped.
"""

from __future__ import annotations

import unicodedata
from base64 import b64encode
from collections.abc import Mapping, Sequence
from html import escape
from itertools import pairwise
from math import log10

from engine.charts import labels, theme
from engine.charts.bars import MISSING, label_rows, share
from engine.charts.distributions import DWARFS
from engine.evaluation.distributions import ColumnComparison

LABELS = 6  # drawn by name, the others together
_BOTH = ("real", "synthetic")
_SIZE = 100.0  # of a drawing's own height and width; the page stretches it
_STYLE = """<style>
.twin-mini {{ font-size: 12px; line-height: 1.3; color: {soft}; }}
.twin-mini .plot {{ position: relative; height: 128px; border-bottom: 1px solid {line}; }}
.twin-mini img {{ position: absolute; width: 100%; height: 100%; max-width: none; }}
.twin-mini .bins {{ position: absolute; inset: 0; display: flex; }}
.twin-mini .bins > div:hover {{ background: {hover}; }}
.twin-mini .plots {{ display: flex; gap: 10px; }}
.twin-mini .values {{ flex: 1 1 0; min-width: 0; }}
.twin-mini .apart {{ display: flex; gap: 6px; flex: none; max-width: 50%; }}
.twin-mini .single {{ width: 46px; text-align: center; }}
.twin-mini .columns {{ display: flex; align-items: flex-end; gap: 2px; height: 128px; }}
.twin-mini .columns {{ border-bottom: 1px solid {line}; }}
.twin-mini .columns > div {{ flex: 1; min-height: 1px; }}
.twin-mini .ends {{ display: flex; justify-content: space-between; gap: 8px; margin-top: 4px; }}
.twin-mini .text {{ overflow: hidden; text-overflow: ellipsis; white-space: nowrap; }}
.twin-mini .single .text {{ margin-top: 4px; }}
.twin-mini .labels {{ display: grid; grid-template-columns: fit-content(42%) 1fr; gap: 3px 8px; align-items: center; }}
.twin-mini .labels .text {{ text-align: right; }}
.twin-mini .pair {{ display: flex; flex-direction: column; gap: 1px; border-left: 1px solid {line}; }}
.twin-mini .pair > div {{ height: 6px; min-width: 1px; }}
.twin-mini .real {{ background: {real}; }}
.twin-mini .synthetic {{
    outline: 1px solid {synthetic}; outline-offset: -1px;
    background: repeating-linear-gradient(135deg, {synthetic} 0 1.5px, {synthetic_faded} 1.5px 4.5px);
}}
</style>"""
# Inline drawings are not let through by pages that clean markup, pictures are.
_DRAWING = """<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 -2 100 102" preserveAspectRatio="none">
<path d="{real_d}" fill="{real}" fill-opacity=".32" stroke="{real}"
stroke-width="1.2" vector-effect="non-scaling-stroke"/><path d="{synthetic_d}" fill="none" stroke="{synthetic}"
stroke-width="2.2" stroke-dasharray="6 3" vector-effect="non-scaling-stroke"/></svg>"""


def mini_style(dark: bool = False) -> str:
    """The look of all `mini_chart`s, once a page."""
    look = theme.colours(dark)
    return _STYLE.format(
        real=look.real,
        synthetic=look.synthetic,
        synthetic_faded=theme.faded(look.synthetic, 0.15),
        hover=theme.faded(look.soft, 0.18),
        soft=look.soft,
        line=look.line,
    )


def mini_chart(comparison: ColumnComparison, dark: bool = False) -> str:
    """The column's small chart, without its name; needs `mini_style` on the page.

    Its text for screen readers tells the missing cells and the bar or bin in which the tables are farthest apart;
    pointing at a bar or bin tells its figures.
    """
    body = _values(comparison, dark) if comparison.numeric else _labels(comparison)
    return f'<div class="twin-mini" role="img" aria-label="{_text(_told(comparison))}">{body}</div>'


def _text(text: str) -> str:
    """Text of a table as markup shows it: as it is, on one line, and never empty."""
    clean = "".join(" " if unicodedata.category(c) == "Cc" else c for c in text)
    return escape(" ".join(clean.split())) or "(blank)"


def _counts(comparison: ColumnComparison) -> tuple[list[str], Mapping[str, Sequence[int]]]:
    """What each bar or bin holds, in words, and the rows of each table in it."""
    if not comparison.numeric:
        return label_rows(comparison, LABELS)
    ticks, apart = _apart(comparison)
    bins = [labels.bin_label(comparison, i) for i in range(len(comparison.edges) - 1)]
    return [*ticks, *bins], {n: [*apart[n], *comparison.sides[n].counts] for n in _BOTH}


def _told(comparison: ColumnComparison) -> str:
    ticks, counts = _counts(comparison)
    told = [f"Distribution of {comparison.name.strip() or '(blank)'} in both tables."]
    if ticks:
        apart = [abs(_share(comparison, "real", r) - _share(comparison, "synthetic", s)) for r, s in _pairs(counts)]
        place = apart.index(max(apart))
        told.append(f"Farthest apart: {_figures(comparison, ticks[place], counts, place)}.")
    if note := labels.missing_note(comparison):
        told.append(f"{note.capitalize()}.")
    return " ".join(told)


def _pairs(counts: Mapping[str, Sequence[int]]) -> list[tuple[int, int]]:
    return list(zip(counts["real"], counts["synthetic"], strict=True))


def _share(comparison: ColumnComparison, name: str, count: int) -> float:
    return share(comparison.sides[name], count)


def _figures(comparison: ColumnComparison, tick: str, counts: Mapping[str, Sequence[int]], place: int) -> str:
    lines = [labels.line(name, comparison.sides[name], counts[name][place]) for name in _BOTH]
    return "; ".join([theme.shorten(tick, 80), *lines])


# Labels -----------------------------------------------------------------------------------------------------------


def _labels(comparison: ColumnComparison) -> str:
    ticks, counts = label_rows(comparison, LABELS)
    top = _top(comparison, counts)
    rows = []
    for place, tick in enumerate(ticks):
        bars = "".join(
            f'<div class="{name}" style="width:{_share(comparison, name, counts[name][place]) / top:.2%}"></div>'
            for name in _BOTH
        )
        hint = _text(_figures(comparison, tick, counts, place))
        rows.append(
            f'<div class="text" title="{hint}">{_text(tick)}</div><div class="pair" title="{hint}">{bars}</div>'
        )
    return f'<div class="labels">{"".join(rows)}</div>'


def _top(comparison: ColumnComparison, counts: Mapping[str, Sequence[int]]) -> float:
    """The largest share, by which all are scaled; above zero."""
    return max((_share(comparison, name, count) for name in _BOTH for count in counts[name]), default=0.0) or 1.0


# Numbers and dates ------------------------------------------------------------------------------------------------


def _values(comparison: ColumnComparison, dark: bool) -> str:
    return f'<div class="plots">{_singles(comparison)}{_histogram(comparison, dark)}</div>'


def _apart(comparison: ColumnComparison) -> tuple[list[str], dict[str, list[int]]]:
    """The values kept out of the bins, and missing ones."""
    missing = comparison.real.missing > 0 or comparison.synthetic.missing > 0
    ticks = [labels.value(comparison, atom) for atom in comparison.atoms] + [MISSING] * missing
    sides = comparison.sides
    return ticks, {name: [*sides[name].atoms, *[sides[name].missing] * missing] for name in _BOTH}


def _tops(comparison: ColumnComparison) -> tuple[float, float]:
    """By which the single bars and the bins are scaled: by one share, unless that would leave the bins too low."""
    ticks, counts = _apart(comparison)
    apart = _top(comparison, counts) if ticks else 0.0
    bins = _top(comparison, {name: comparison.sides[name].counts for name in _BOTH})
    return (apart, bins) if apart > DWARFS * bins else (max(apart, bins),) * 2


def _singles(comparison: ColumnComparison) -> str:
    ticks, counts = _apart(comparison)
    if not ticks:
        return ""
    top, _ = _tops(comparison)
    drawn = []
    for place, tick in enumerate(ticks):
        bars = "".join(
            f'<div class="{name}" style="height:{_share(comparison, name, counts[name][place]) / top:.2%}"></div>'
            for name in _BOTH
        )
        drawn.append(
            f'<div class="single" title="{_text(_figures(comparison, tick, counts, place))}">'
            f'<div class="columns">{bars}</div><div class="text">{_text(tick)}</div></div>'
        )
    return f'<div class="apart">{"".join(drawn)}</div>'


def _histogram(comparison: ColumnComparison, dark: bool) -> str:
    if len(comparison.edges) < 2:
        return ""
    counts = {name: comparison.sides[name].counts for name in _BOTH}
    places = _places(comparison)
    words = [labels.bin_label(comparison, i) for i in range(len(places) - 1)]
    bins = "".join(
        f'<div style="flex:{high - low:.3f} 0 0" title="{_text(_figures(comparison, words[i], counts, i))}"></div>'
        for i, (low, high) in enumerate(pairwise(places))
    )
    scale = "<span>log scale</span>" if comparison.log else ""
    first, last = (f'<span class="text">{_text(end)}</span>' for end in (words[0], words[-1]))
    return (
        f'<div class="values"><div class="plot"><img alt="" src="{_picture(comparison, places, counts, dark)}">'
        f'<div class="bins">{bins}</div></div><div class="ends">{first}{scale}{last}</div></div>'
    )


def _picture(
    comparison: ColumnComparison, places: Sequence[float], counts: Mapping[str, Sequence[int]], dark: bool
) -> str:
    """The address of a picture that holds itself; nothing of a table but heights is in it."""
    look = theme.colours(dark)
    _, top = _tops(comparison)
    real, made = (_steps(places, [_share(comparison, n, c) / top for c in counts[n]]) for n in _BOTH)
    drawing = _DRAWING.format(real=look.real, synthetic=look.synthetic, real_d=real, synthetic_d=made)
    return f"data:image/svg+xml;base64,{b64encode(drawing.encode()).decode()}"


def _places(comparison: ColumnComparison) -> list[float]:
    """Where the bins' edges lie across the drawing."""
    at = [log10(edge) for edge in comparison.edges] if comparison.log else list(comparison.edges)
    return [_SIZE * (x - at[0]) / (at[-1] - at[0]) for x in at]


def _steps(places: Sequence[float], heights: Sequence[float]) -> str:
    """A closed outline of steps, from and to the ground."""
    rising = "".join(f"V{_SIZE * (1 - height):.2f}H{end:.2f}" for end, height in zip(places[1:], heights, strict=True))
    return f"M0 {_SIZE:g}{rising}V{_SIZE:g}"
