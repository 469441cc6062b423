"""`evaluate`: measure a synthetic table against the real one, whoever made it."""

from __future__ import annotations

import argparse
import time
from pathlib import Path
from typing import TYPE_CHECKING, Any

from engine import console, figures, versions
from engine.commands import common
from engine.errors import SchemaError, SettingsError
from engine.table.schema import Schema

if TYPE_CHECKING:
    import pandas as pd

    from engine.evaluation import Evaluation
    from engine.evaluation.base import MetricResult, Part
    from engine.privacy import Audit

HELP = "measure a synthetic table against the real one"
DESCRIPTION = (
    "Measures how alike two tables are. With --holdout, real rows that the generator never saw, every figure stands "
    "beside the one that a fresh real sample gets. Kinds and formats are those of REAL."
)


def add(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("real", metavar="REAL", type=Path, help="the real table that was learned")
    parser.add_argument("synthetic", metavar="SYNTHETIC", type=Path, help="the synthetic table")
    parser.add_argument("--holdout", metavar="HOLDOUT", type=Path, help="real rows that were not learned")
    parser.add_argument(
        "--target",
        metavar="COL",
        help="the column that matters most: its figures come first; with --full the one that models are to tell",
    )
    parser.add_argument(
        "--full",
        action="store_true",
        help="also what takes models that learn: whether rows are told apart, where they lie, what they are good for; "
        "with --holdout also attacks on privacy",
    )
    parser.add_argument("--guess", metavar="A,B", help="with --full: columns that an attacker might want to guess")
    parser.add_argument("--known", metavar="A,B", help="with --full: columns that an outsider may know of somebody")
    common.add_schema(parser)
    common.add_seed(parser)
    parser.add_argument("--html", metavar="REPORT.html", type=Path, help="write the figures as a page")
    common.add_json(parser, "every figure")


def run(arguments: argparse.Namespace) -> None:
    from engine.evaluation import evaluate
    from engine.table.formulas import as_in_source

    inputs = (arguments.real, arguments.synthetic, arguments.holdout)
    if arguments.html is not None:
        common.check_file(arguments.html, *inputs)
    common.check_json(arguments.json, *inputs)
    started = time.monotonic()
    reading = common.read(arguments.real)
    synthetic = as_in_source(common.read(arguments.synthetic).frame, reading.frame)
    holdout = common.read(arguments.holdout).frame if arguments.holdout is not None else None
    schema = shared(common.schema_of(reading, arguments.schema), synthetic, holdout)
    if arguments.target is not None and not schema[arguments.target].selected:
        raise SchemaError(f"The target “{arguments.target}” is not a column of both tables.", column=arguments.target)
    with console.Bar() as bar:
        evaluation = evaluate(
            reading.frame,
            synthetic,
            schema.selected,
            holdout=holdout,
            seed=arguments.seed,
            progress=bar,
            full=arguments.full,
            target=arguments.target,
        )
        audited = _attacked(arguments, reading.frame, synthetic, holdout, schema, bar)
    facts = _facts(arguments, evaluation, time.monotonic() - started)
    facts["privacy"] = None if audited is None else audited.to_json()
    if arguments.html is not None:
        from engine.evaluation import report
        from engine.evaluation.distributions import compare_table

        own = schema.selected
        drawn = compare_table(own.parse(reading.frame), own.parse(synthetic), own).values()
        page = report.html(evaluation, facts=facts, target=arguments.target, comparisons=drawn)
        console.write_text(arguments.html, page)
    common.write_json(facts, arguments.json)
    if str(arguments.json) != "-":
        console.say(text(evaluation, arguments.target))
        if audited is not None:
            console.say(f"\n{_privacy(audited)}")


def _attacked(
    arguments: argparse.Namespace,
    real: pd.DataFrame,
    synthetic: pd.DataFrame,
    holdout: pd.DataFrame | None,
    schema: Schema,
    bar: console.Bar,
) -> Audit | None:
    """The attacks with the rows of both real files, where they were asked for. Raises SettingsError."""
    guess, known = (tuple(common.names(text or "")) for text in (arguments.guess, arguments.known))
    if not arguments.full or holdout is None or not len(holdout):
        if guess or known:
            raise SettingsError("--guess and --known go with --full and --holdout: attacks need rows never trained on.")
        return None
    import pandas as pd

    from engine.privacy import AuditSplit, Questions, audit, units

    own = schema.selected
    table = pd.concat([own.parse(real), own.parse(holdout)], ignore_index=True)
    owner, note = units(table, own)
    split = AuditSplit.of_parts(len(real), len(holdout), arguments.seed, units=owner)
    told = (
        "That the rows held out are a random part of the same table cannot be seen here, and everything rests on it.",
        *([note] if note else []),
    )
    questions = Questions(guess, known)
    return audit(table, [(split, synthetic)], own, seed=arguments.seed, questions=questions, notes=told, progress=bar)


def _privacy(audited: Audit) -> str:
    """The verdict as text."""
    if audited.verdict is None:
        return f"Privacy: not attacked, because {audited.not_applicable}."
    reasons = "\n".join(f"  {reason}" for reason in audited.verdict.reasons)
    return f"Privacy: {audited.verdict.step}\n{reasons}\n  {audited.verdict.summary}"


def shared(schema: Schema, *tables: pd.DataFrame | None) -> Schema:
    """The schema with only those columns selected that every table has; says which are left out."""
    present = [set(map(str, t.columns)) for t in tables if t is not None]
    names = [c.name for c in schema if c.selected and all(c.name in have for have in present)]
    if not names:
        raise SchemaError("The tables have no column in common.")
    absent = [c.name for c in schema if c.selected and c.name not in names]
    if absent:
        console.note(f"Left out, because not every table has them: {', '.join(absent)}.")
    added = sorted(set().union(*present) - set(schema.names))
    if added:
        console.note(f"Left out, because the real table does not have them: {', '.join(added)}.")
    return schema.select(names)


def parts_of(evaluation: Evaluation, target: str) -> list[tuple[MetricResult, Part]]:
    """The figures of one column, alone and in pairs, worst first within a metric."""
    found = []
    for result in evaluation.results:
        parts = [part for part in result.parts if target in part.columns]
        found += [(result, part) for part in sorted(parts, key=lambda p: p.value)]
    return found


def text(evaluation: Evaluation, target: str | None = None) -> str:
    """The figures as text, the target's first."""
    tables = []
    if target is not None:
        parts = [
            (r.info.label, " × ".join(p.columns), f"{p.value:.4f}", _or_dash(p.reference), p.method)
            for r, p in parts_of(evaluation, target)
        ]
        header = ("FIGURE", "COLUMNS", "VALUE", "FRESH REAL", "METHOD")
        tables.append(f"Target “{target}”\n\n{console.table(header, parts)}")
    rows = [
        (r.info.label, _or_dash(r.value), _interval(r), _or_dash(r.reference), r.not_applicable or r.sentence)
        for r in evaluation.results
    ]
    tables.append(console.table(("FIGURE", "VALUE", "95%", "FRESH REAL", "IN WORDS"), rows))
    return "\n\n".join(tables)


def _or_dash(value: float | None) -> str:
    return "–" if value is None else f"{value:.4f}"


def _interval(result: MetricResult) -> str:
    return "–" if result.interval is None else f"{result.interval[0]:.4f}–{result.interval[1]:.4f}"


def _facts(arguments: argparse.Namespace, evaluation: Evaluation, seconds: float) -> dict[str, Any]:
    facts: dict[str, Any] = {
        "format": figures.FORMAT,
        "version": figures.VERSION,
        "table": arguments.real.name,
        "synthetic": arguments.synthetic.name,
        "holdout": None if arguments.holdout is None else arguments.holdout.name,
        "rows": evaluation.rows,
        "seed": arguments.seed,
        "seconds": {"total": round(seconds, 3)},
        "metrics": figures.metrics(evaluation),
        "peak_memory_bytes": figures.peak_memory(),
        "versions": versions.packages(),
    }
    if arguments.target is not None:
        facts["target"] = {
            "column": arguments.target,
            "figures": [
                {"metric": r.info.key, "columns": list(p.columns), "value": p.value, "reference": p.reference}
                for r, p in parts_of(evaluation, arguments.target)
            ],
        }
    return facts
