"""Small charts of columns for the report, drawn as inline SVG: no script, no network, light and dark, fit for print.

Real rows are filled bars, synthetic ones outlined bars beside them, so that they differ without colour, too.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from html import escape

import numpy as np

from engine.evaluation.distributions import ColumnComparison, Side
from engine.table.schema import Kind

MOST = 60  # charts in a report; the page says so
LABELS = 12  # categories drawn by name, the rest together
_WIDTH, _HEIGHT, _BASE = 260, 110, 92


def section(comparisons: Iterable[ColumnComparison]) -> str:
    """HTML of all columns' charts; nothing where there is none."""
    every = list(comparisons)
    if not every:
        return ""
    shown = every[:MOST]
    note = "Filled: real rows. Outlined: synthetic rows. Heights are shares of the rows that have a value."
    if len(every) > MOST:
        note += f" The first {MOST} of {len(every):,} columns."
    charts = "".join(_chart(comparison) for comparison in shown)
    return f'<h2>Distributions</h2><p class="soft">{note}</p><div class="charts">{charts}</div>'


def _chart(comparison: ColumnComparison) -> str:
    real, made = _shares(comparison, comparison.real), _shares(comparison, comparison.synthetic)
    name = escape(comparison.name)
    told = f"missing: real {comparison.real.missing_share:.1%}, synthetic {comparison.synthetic.missing_share:.1%}"
    return (
        f"<figure><figcaption>{name}</figcaption>"
        f'<svg viewBox="0 0 {_WIDTH} {_HEIGHT}" role="img" aria-label="Distribution of {name} in both tables">'
        f"{_bars(real, made)}{_ends(comparison)}</svg>"
        f'<p class="soft">{told}</p></figure>'
    )


def _shares(comparison: ColumnComparison, side: Side) -> list[float]:
    """Heights of one table's bars: of each bin, or of the commonest labels and of all others together."""
    shares = [side.share(count) for count in side.counts]
    if comparison.labels:
        rest = sum(shares[LABELS:]) + side.share(side.rest)
        return [*shares[:LABELS], *([rest] if rest or len(shares) > LABELS else [])]
    return [*(side.share(count) for count in side.atoms), *shares]


def _bars(real: Sequence[float], made: Sequence[float]) -> str:
    count = max(len(real), len(made), 1)
    top = max([*real, *made, 1e-12])
    step = _WIDTH / count
    width = max(step / 2 - 0.5, 0.4)
    drawn = []
    for kind, shares, shift in (("real", real, 0.0), ("made", made, step / 2)):
        for place, share in enumerate(shares):
            height = (_BASE - 4) * share / top
            drawn.append(
                f'<rect class="{kind}" x="{place * step + shift:.2f}" y="{_BASE - height:.2f}" '
                f'width="{width:.2f}" height="{height:.2f}"/>'
            )
    return f'{"".join(drawn)}<line x1="0" x2="{_WIDTH}" y1="{_BASE}" y2="{_BASE}"/>'


def _ends(comparison: ColumnComparison) -> str:
    """What stands at both ends of the axis: the range, or the commonest and the last label drawn."""
    if comparison.labels:
        last = min(len(comparison.labels), LABELS) - 1
        first = comparison.labels[0]
        other = "others" if len(comparison.labels) > LABELS else comparison.labels[last] if last else ""
    elif comparison.edges:
        first, other = (_value(comparison, edge) for edge in (comparison.edges[0], comparison.edges[-1]))
    else:
        return ""
    return (
        f'<text x="0" y="{_HEIGHT - 4}">{escape(_short(first))}</text>'
        f'<text x="{_WIDTH}" y="{_HEIGHT - 4}" text-anchor="end">{escape(_short(other))}</text>'
    )


def _value(comparison: ColumnComparison, x: float) -> str:
    if comparison.kind is Kind.DATETIME:
        return str(np.datetime64(round(x), "us").astype("M8[D]"))
    text = f"{x:,.0f}" if float(x).is_integer() and abs(x) < 1e12 else f"{x:,.4g}"
    return f"{comparison.prefix}{text}{comparison.suffix}"


def _short(text: str) -> str:
    return text if len(text) <= 18 else f"{text[:17]}…"
