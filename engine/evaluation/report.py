"""The figures as one HTML page that needs nothing else: no network, no script, light and dark, fit for print.

Everything that comes from a table (its name, its columns, sentences that quote them) is escaped.
"""

from __future__ import annotations

import math
import re
from collections.abc import Iterable, Mapping, Sequence
from html import escape
from typing import TYPE_CHECKING, Any

from engine.evaluation import privacyhtml, svgcharts
from engine.evaluation.base import Goal, MetricInfo, MetricResult, Part
from engine.race import RaceResult, telling

if TYPE_CHECKING:
    from engine.evaluation import Evaluation
    from engine.evaluation.distributions import ColumnComparison

_TAG = re.compile(r"<[^>]*>")
_ONE_LINE = 24  # characters

PAIRS = 50  # of the column pairs of a metric, this many are shown, the worst first; the page says so

_STYLE = """
:root { color-scheme: light dark; --ink: #1b1f24; --soft: #59636e; --line: #d4d9df; --back: #fff; --card: #f6f8fa;
  --bar: #0072b2; --ref: #d55e00; }
@media (prefers-color-scheme: dark) { :root { --ink: #e6e9ed; --soft: #9aa4af; --line: #3a424b; --back: #14181c;
  --card: #1c2127; --bar: #56b4e9; --ref: #e69f00; } }
* { box-sizing: border-box; }
body { margin: 0 auto; max-width: 62rem; padding: 2rem 1rem 4rem; background: var(--back); color: var(--ink);
  font: 16px/1.5 system-ui, sans-serif; overflow-wrap: anywhere; }
h1 { font-size: 1.75rem; line-height: 1.2; margin: 0 0 .5rem; } h2 { font-size: 1.2rem; margin: 2.5rem 0 .5rem; }
p { margin: .25rem 0 .75rem; } .soft { color: var(--soft); font-size: .9rem; }
.wide { overflow-x: auto; } table { border-collapse: collapse; width: 100%; font-variant-numeric: tabular-nums; }
th, td { text-align: left; padding: .4rem .75rem .4rem 0; border-bottom: 1px solid var(--line); vertical-align: top; }
thead th { color: var(--soft); font-size: .85rem; font-weight: 600; } td.n, thead th { white-space: nowrap; }
.bar { position: relative; display: inline-block; width: 8rem; height: .7rem; background: var(--card);
  border: 1px solid var(--line); vertical-align: baseline; }
.bar i { position: absolute; inset: 0 auto 0 0; width: var(--v); background: var(--bar); }
.bar b { position: absolute; top: -.25rem; bottom: -.25rem; left: var(--r); width: 3px; margin-left: -1.5px;
  background: var(--ref); }
.warn { border-left: 4px solid var(--ref); padding-left: .75rem; } .stop { border-left-width: 10px; }
.charts { display: grid; grid-template-columns: repeat(auto-fill, minmax(14rem, 1fr)); gap: 1rem; }
figure { margin: 0; border: 1px solid var(--line); padding: .5rem .75rem; break-inside: avoid; }
figcaption { font-weight: 600; } figure p { margin: 0; } svg { width: 100%; height: auto; }
svg text { font-size: 10px; fill: var(--soft); } svg line { stroke: var(--line); }
svg .real { fill: var(--bar); } svg .made { fill: none; stroke: var(--ref); stroke-width: .8; }
@media print { svg .real { print-color-adjust: exact; } }
h3 { font-size: 1rem; margin: 1.5rem 0 .5rem; } ul { margin: .25rem 0 .75rem; padding-left: 1.25rem; }
dl { display: grid; grid-template-columns: max-content 1fr; gap: .25rem 1.5rem; } dt { color: var(--soft); }
dd { margin: 0; } @media (max-width: 34rem) { dl { grid-template-columns: 1fr; } dd { margin-bottom: .5rem; } }
@media print { body { max-width: none; padding: 0; } .bar, .bar i, .bar b { print-color-adjust: exact; } }
"""


def html(
    evaluation: Evaluation,
    *,
    facts: Mapping[str, Any] | None = None,
    target: str | None = None,
    comparisons: Iterable[ColumnComparison] = (),
) -> str:
    """The page. facts: as in FIGURES.json, as far as known; target: a column whose figures come first; comparisons:
    columns whose distributions are drawn."""
    facts = facts or {}
    sections = [
        _head(facts),
        _events(facts),
        _race(facts),
        _target(evaluation.results, target),
        privacyhtml.section(facts.get("privacy"), _table) if "metrics" in facts else "",
        _verdict(evaluation.results),
        svgcharts.section(comparisons),
        *(_parts(result) for result in evaluation.results),
        _run(facts),
    ]
    title = _title(facts)
    return (
        '<!DOCTYPE html>\n<html lang="en"><head><meta charset="utf-8">'
        '<meta name="viewport" content="width=device-width, initial-scale=1">'
        "<meta http-equiv=\"Content-Security-Policy\" content=\"default-src 'none'; style-src 'unsafe-inline'\">"
        f"<title>{escape(title)}</title><style>{_STYLE}</style></head>\n"
        f"<body><main>{''.join(sections)}</main></body></html>\n"
    )


def _title(facts: Mapping[str, Any]) -> str:
    table = facts.get("table")
    return f"Synthetic twin of {table}" if table else "Synthetic twin"


def _head(facts: Mapping[str, Any]) -> str:
    lines = [f"<h1>{escape(_title(facts))}</h1>"]
    lines += [f"<p>{escape(str(facts[key]))}</p>" for key in ("figures_of", "holdout_reason") if facts.get(key)]
    return "".join(lines)


def _events(facts: Mapping[str, Any]) -> str:
    """Fallbacks and notes, which belong before the figures."""
    lines = [f"Method “{f['method']}” failed and another took over: {f['reason']}" for f in facts.get("fallbacks", ())]
    lines += [str(note) for note in facts.get("notes", ())]
    return "".join(f'<p class="warn">{escape(line)}</p>' for line in lines)


def _race(facts: Mapping[str, Any]) -> str:
    """The race that chose the method, where there was one."""
    if not facts.get("race"):
        return ""
    race = RaceResult.from_json(facts["race"])
    rows = [tuple(escape(cell) for cell in row) for row in telling.rows(race)]
    legend = (
        f"{race.rows['learned']:,} rows were learned by every method, {race.rows['aside']:,} set aside to judge by. "
        "The figures below are of the winner's training afterwards. Mark: the mean of fidelity (shapes, trends, "
        "not told apart by a classifier) and utility. Nearer to training rows: 50% is the aim."
    )
    return (
        f'<h2>The race</h2><p>{escape(race.reason)}</p><p class="soft">{escape(legend)}</p>'
        f"{_table(telling.HEADER, rows)}"
    )


def _verdict(results: Sequence[MetricResult]) -> str:
    rows = [
        (
            f"<strong>{escape(r.info.label)}</strong>",
            _value(r.info, r.value, r.reference),
            _interval(r),
            _number(r.reference) if r.reference is not None else _soft(r.reference_reason),
            escape(f"Not applicable: {r.not_applicable}" if r.not_applicable else r.sentence),
        )
        for r in results
    ]
    legend = '<p class="soft">The mark on a bar is what a fresh real sample gets: the aim, not the end of the bar.</p>'
    header = ("Figure", "Value", "95% interval", "Fresh real sample", "In words")
    return f"<h2>All figures</h2>{legend}{_table(header, rows)}"


def _target(results: Sequence[MetricResult], target: str | None) -> str:
    if target is None:
        return ""
    rows = [
        (escape(r.info.label), escape(" × ".join(p.columns)), escape(p.method), *_figures(r.info, p))
        for r in results
        for p in worst_first(r.info, (p for p in r.parts if target in p.columns))
    ]
    header = ("Figure", "Columns", "Method", "Value", "Fresh real sample")
    return f"<h2>Target “{escape(target)}”</h2>{_table(header, rows)}"


def _parts(result: MetricResult) -> str:
    """The figure's parts: every column, and the worst of the pairs."""
    if not result.parts:
        return ""
    singles = worst_first(result.info, (p for p in result.parts if len(p.columns) == 1))
    pairs = worst_first(result.info, (p for p in result.parts if len(p.columns) > 1))
    shown = [*singles, *pairs[:PAIRS]]
    note = f"{len(shown)} in all, the worst first."
    if len(pairs) > PAIRS:
        note = f"The {PAIRS} worst of {len(pairs):,} pairs; FIGURES.json holds them all."
    rows = [(escape(" × ".join(p.columns)), escape(p.method), *_figures(result.info, p)) for p in shown]
    header = ("Columns", "Method", "Value", "Fresh real sample")
    return (
        f"<h2>{escape(result.info.label)}</h2><p>{escape(result.info.meaning)} "
        f'<span class="soft">{escape(note)}</span></p>{_table(header, rows)}'
        f'<p class="soft">Source: {escape(result.info.source)}</p>'
    )


def worst_first(info: MetricInfo, parts: Iterable[Part]) -> list[Part]:
    """Parts ordered by how far they are from the metric's goal."""

    def badness(part: Part) -> float:
        if info.goal is Goal.MAXIMIZE:
            return -part.value
        return part.value if info.goal is Goal.MINIMIZE else abs(part.value - (info.target or 0.0))

    return sorted(parts, key=lambda p: (-badness(p), p.columns))


def _run(facts: Mapping[str, Any]) -> str:
    """All that is needed to understand and repeat the run."""
    entries = [
        ("Method", _method(facts)),
        ("Settings", _pairs(facts.get("settings"))),
        ("Rows", _pairs(facts.get("rows"))),
        ("Given", ", ".join(map(str, facts.get("given") or ()))),
        ("Balance", _balance(facts.get("balance"))),
        ("Seed", "" if facts.get("seed") is None else str(facts["seed"])),
        ("Seconds", _pairs(facts.get("seconds"))),
        ("Peak memory", f"{facts['peak_memory_bytes'] / 1e6:,.0f} MB" if facts.get("peak_memory_bytes") else ""),
        ("Versions", _pairs(facts.get("versions"))),
    ]
    lines = "".join(f"<dt>{escape(k)}</dt><dd>{escape(v)}</dd>" for k, v in entries if v)
    return f"<h2>The run</h2><dl>{lines}</dl>" if lines else ""


def _balance(balance: Mapping[str, Any] | None) -> str:
    """Column, and rows of each value."""
    if not balance:
        return ""
    rows = ", ".join(f"{entry['value'] or '(missing)'}: {entry['rows']:,}" for entry in balance["rows"])
    return f"{balance['column']} ({rows})"


def _method(facts: Mapping[str, Any]) -> str:
    label = facts.get("method_label")
    if not label:
        return ""
    asked = facts.get("method_asked")
    why = f" {facts['chosen_because']}" if facts.get("chosen_because") else ""
    return f"{label} (asked for: {asked}).{why}"


def _pairs(values: Any) -> str:
    if not isinstance(values, Mapping):
        return ""
    return ", ".join(f"{key} {_plain(value)}" for key, value in values.items())


def _plain(value: Any) -> str:
    return f"{value:,}" if isinstance(value, int) and not isinstance(value, bool) else str(value)


def _table(header: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    """`rows` hold HTML already; `header` is text."""
    head = "".join(f'<th scope="col">{escape(cell)}</th>' for cell in header)
    body = "".join(f"<tr>{''.join(_cell(cell) for cell in row)}</tr>" for row in rows)
    return f'<div class="wide"><table><thead><tr>{head}</tr></thead><tbody>{body}</tbody></table></div>'


def _cell(cell: str) -> str:
    """What is short stays on one line: numbers, intervals, names of figures."""
    short = 'class="bar"' in cell or len(_TAG.sub("", cell)) <= _ONE_LINE
    return f'<td class="n">{cell}</td>' if short else f"<td>{cell}</td>"


def _figures(info: MetricInfo, part: Part) -> tuple[str, str]:
    return _value(info, part.value, part.reference), _number(part.reference)


def _value(info: MetricInfo, value: float | None, reference: float | None) -> str:
    if value is None or not math.isfinite(value):
        return "–"
    mark = "" if reference is None else f'<b style="--r:{_share(info, reference)}"></b>'
    return f'{value:.4f} <span class="bar" aria-hidden="true"><i style="--v:{_share(info, value)}"></i>{mark}</span>'


def _share(info: MetricInfo, value: float) -> str:
    """Where a value lies in the metric's range, in percent of the bar."""
    span = info.high - info.low
    share = (value - info.low) / span if math.isfinite(span) and span > 0 else 0.0
    return f"{min(max(share, 0.0), 1.0) * 100:.1f}%"


def _interval(result: MetricResult) -> str:
    return "–" if result.interval is None else f"{result.interval[0]:.4f} to {result.interval[1]:.4f}"


def _number(value: float | None) -> str:
    return "–" if value is None else f"{value:.4f}"


def _soft(text: str) -> str:
    return f'<span class="soft">{escape(text)}</span>' if text else "–"
