"""The privacy section of the report: verdict with reasons, attacks, comparisons, the meter's own test."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from html import escape
from typing import Any

from engine.privacy import Audit, Step
from engine.privacy.result import Figure

Table = Callable[[Sequence[str], Iterable[Sequence[str]]], str]

_NAMES = {"tpr": "recognised at 1% false alarms", "auc": "area under the curve", "advantage": "advantage"}
_MARK = {Step.NOTHING: "", Step.LOOK: ' class="warn"', Step.STOP: ' class="warn stop"'}


def section(data: Mapping[str, Any] | None, table: Table) -> str:
    """HTML of an audit's JSON; a sentence where no attacks were run. table: makes one of a header and HTML cells."""
    if data is None:
        return (
            "<h2>Privacy</h2><p>Not attacked: full figures were not asked for, or no real rows were held out. "
            "Nothing is known of the risk.</p>"
        )
    audit = Audit.from_json(data)
    if audit.verdict is None:
        return f"<h2>Privacy</h2><p>Not attacked, because {escape(audit.not_applicable)}.</p>"
    parts = [_verdict(audit), _attacks(audit, table), _comparisons(audit, table), _sharing(audit, table)]
    return "".join([*parts, _tested(audit, table), _rest(audit)])


def _verdict(audit: Audit) -> str:
    assert audit.verdict is not None
    found = audit.verdict
    reasons = "".join(f"<li>{escape(reason)}</li>" for reason in found.reasons)
    dropped = f"<p>{escape(audit.dropped.sentence)}</p>" if audit.dropped is not None else ""
    return (
        f"<h2>Privacy: {escape(str(found.step))}</h2><div{_MARK[found.step]}><ul>{reasons}</ul></div>"
        f"<p>{escape(found.summary)}</p>{dropped}"
    )


def _attacks(audit: Audit, table: Table) -> str:
    rows = []
    for attack in audit.attacks:
        for among, title in (("everyone", "all records"), ("tenth", "the most unusual tenth")):
            figures: Mapping[str, Figure] = getattr(attack, among)
            rows += [
                (escape(attack.label), title, _NAMES[name], _percent(f.value), _between(f.interval), _percent(f.chance))
                for name, f in figures.items()
                if name in _NAMES
            ]
    header = ("Attack by", "Among", "Figure", "Value", "95% interval", "Chance")
    return f"<h3>Membership: was this row trained on?</h3>{table(header, rows)}"


def _comparisons(audit: Audit, table: Table) -> str:
    rows = [
        (
            escape(c.what),
            _percent(c.members),
            _percent(c.controls),
            f"{_percent(c.difference)} ({_between(c.interval)})",
            f"{c.p:.3g}",
            "–" if c.population is None else _percent(c.population),
        )
        for c in audit.comparisons
    ]
    header = ("What happens", "Training rows", "Rows never seen", "Difference (95%)", "p", "With real rows instead")
    return f"<h3>What happens to training rows more often than to others</h3>{table(header, rows)}" if rows else ""


def _sharing(audit: Audit, table: Table) -> str:
    found = audit.sharing
    if found is None:
        return ""
    rows = [
        (size, _percent(own), _percent(fresh))
        for size, own, fresh in zip(found.sizes, found.synthetic, found.fresh, strict=True)
    ]
    known = escape(", ".join(found.columns))
    header = ("Training rows with the same combination", "Synthetic rows", "Fresh real rows")
    return f"<h3>How many share {known}</h3>{table(header, rows)}"


def _tested(audit: Audit, table: Table) -> str:
    rows = [
        (
            _percent(test.share),
            f"{test.rows:,}",
            "found" if test.found else "missed",
            f"{test.p:.2g}",
            _percent(test.tpr),
            "–" if test.tenth_tpr is None else _percent(test.tenth_tpr),
        )
        for test in audit.self_test
    ]
    header = ("Copies planted", "Rows", "The attacks", "p", "Recognised", "Of the unusual tenth")
    told = (
        "Copies of training rows were planted into this very table, and the same attacks run: "
        "what they find then is what a “nothing found” is worth here."
    )
    return f'<h3>The meter tests itself</h3><p class="soft">{escape(told)}</p>{table(header, rows)}' if rows else ""


def _rest(audit: Audit) -> str:
    assert audit.verdict is not None
    lines = [f"Not tested: {'; '.join(audit.verdict.not_tested)}.", *audit.notes]
    counts = ", ".join(f"{name} {number:,}" for name, number in audit.rows.items())
    shuffles = f"{audit.draws[0]:,} bootstrap samples, {audit.draws[1]:,} shuffles, seed {audit.seed}"
    lines.append(f"Rows: {counts}; {shuffles}.")
    if audit.epsilon is not None:
        e = audit.epsilon
        lines.append(
            f"Lower bound of epsilon from this one run: {e.lower:.2f} at 95% "
            f"({e.right} of {e.guesses} guesses right). 0 is no proof of anything."
        )
    return "".join(f'<p class="soft">{escape(line)}</p>' for line in lines)


def _percent(value: float) -> str:
    return f"{value:.1%}"


def _between(interval: tuple[float, float]) -> str:
    return f"{interval[0]:.1%} to {interval[1]:.1%}"
