"""`profile`: what is in a table, before anything is learned from it."""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import TYPE_CHECKING

from engine import console
from engine.commands import common
from engine.table.schema import Schema

if TYPE_CHECKING:
    from engine.advice import Advice
    from engine.constraints import Found
    from engine.estimates import Smaller
    from engine.facts import Facts
    from engine.table.profile import ColumnProfile, TableProfile
    from engine.table.read import Reading

HELP = "kinds, missing cells, ranges, warnings and advice"
DESCRIPTION = "Reads a table and says what its columns are, what was mended in reading, and which methods suit it."


def add(parser: argparse.ArgumentParser) -> None:
    common.add_data(parser)
    parser.add_argument("--out", metavar="SCHEMA.json", type=Path, help="write the schema, to correct and reuse")
    common.add_schema(parser)
    common.add_rules(parser)
    parser.add_argument("--json", action="store_true", help="everything as JSON on stdout")


def run(arguments: argparse.Namespace) -> None:
    from engine import advice, constraints
    from engine.facts import look
    from engine.run import RunRequest
    from engine.table.profile import profile_table
    from engine.table.read import read_table

    if arguments.out is not None:
        common.check_file(arguments.out, arguments.data)
    reading = read_table(arguments.data)
    schema = common.schema_of(reading, arguments.schema)
    parsed = schema.parse(reading.frame)
    found = constraints.find(parsed, schema)
    schema = common.with_rules(arguments, schema, reading.frame)
    profile, known = profile_table(parsed, schema), look(parsed, schema)
    advised = advice.advise(schema, known.rows, known, RunRequest())
    if arguments.out is not None:
        console.write_text(arguments.out, schema.dumps() + "\n")
    if arguments.json:
        console.say(console.dumps(_facts(reading, schema, profile, known, advised, found)))
    else:
        console.say(_text(reading, schema, profile, known, advised, found))


def _facts(
    reading: Reading,
    schema: Schema,
    profile: TableProfile,
    known: Facts,
    advised: tuple[Advice, ...],
    found: tuple[Found, ...],
) -> dict[str, object]:
    from engine import constraints
    from engine.table import infinite

    return {
        "name": reading.name,
        "format": reading.format,
        "facts": reading.facts,
        "findings": [f.to_json() for f in infinite.beside(reading.findings, infinite.find(reading.frame, schema))],
        "rows": profile.rows,
        "schema": schema.to_json(),
        "profile": profile.to_json(),
        "seen": known.to_json(),
        "rules_found": [{"rule": constraints.write_rule(f.constraint, schema), **f.to_json()} for f in found],
        "advice": [{**a.to_json(), "smaller": _smaller(a, known)} for a in advised],
    }


def _smaller(advice: Advice, known: Facts) -> dict[str, object] | None:
    """Settings with which the method fits into memory, where it does not with its own."""
    lower = _lower(advice, known)
    return None if lower is None else {"settings": dict(lower.changed), "estimate": lower.estimate.to_json()}


def _lower(advice: Advice, known: Facts) -> Smaller | None:
    from engine.estimates import smaller
    from engine.run import RunRequest

    if advice.estimate is None or advice.estimate.fits:
        return None
    return smaller(RunRequest(), advice.method, known.work)


def _text(
    reading: Reading,
    schema: Schema,
    profile: TableProfile,
    known: Facts,
    advised: tuple[Advice, ...],
    found: tuple[Found, ...],
) -> str:
    from engine.advice import remarks
    from engine.table import infinite

    header = ("COLUMN", "KIND", "MISSING", "DISTINCT", "FROM", "TO", "BECAUSE")
    columns = [_column(c, schema[c.name].reason) for c in profile.columns]
    parts = [
        f"{reading.name} ({reading.format}): {profile.rows:,} rows, {len(schema)} columns",
        console.table(header, columns),
    ]
    if findings := infinite.beside(reading.findings, infinite.find(reading.frame, schema)):
        parts.append("Reading\n" + "\n".join(f"  [{f.severity}] {f.message}" for f in findings))
    if seen := remarks(known):
        parts.append("Seen\n" + "\n".join(f"  {sentence}" for sentence in seen))
    if found:
        parts.append(console.table(("RULE FOUND", "ROWS", "BROKEN", "IN ROWS"), [_rule(f, schema) for f in found]))
        parts.append("Found rules are kept with `generate --rules-found`, single ones with --rule.")
    parts.append(console.table(("METHOD", "", "SECONDS", "MEMORY", "ADVICE"), [_method(a) for a in advised]))
    parts.append(_ESTIMATED)
    parts += [_too_large(a, known) for a in advised if a.estimate is not None and not a.estimate.fits]
    return "\n\n".join(parts)


def _rule(found: Found, schema: Schema) -> tuple[str, ...]:
    from engine import constraints

    examples = ", ".join(f"{row:,}" for row in found.examples)
    more = ", …" if found.broken > len(found.examples) else ""
    return constraints.write_rule(found.constraint, schema), f"{found.rows:,}", f"{found.broken:,}", examples + more


_ESTIMATED = (
    "Seconds and memory are estimates for this machine, of a run with figures and default settings on all rows. "
    "Without figures (`generate` without --json and --report) it trains once and takes about half."
)


def _method(advice: Advice) -> tuple[str, ...]:
    suits = "suits" if advice.suited else "does not suit"
    if advice.estimate is None:
        return advice.method, suits, "unknown", "unknown", advice.reason
    seconds, memory = advice.estimate.seconds, advice.estimate.memory
    return advice.method, suits, f"about {seconds:,.0f}", _megabytes(memory), advice.reason


def _too_large(advice: Advice, known: Facts) -> str:
    """That a method does not fit into memory, and the setting with which it does."""
    assert advice.estimate is not None
    told = (
        f"Method “{advice.method}” would need about {_megabytes(advice.estimate.memory)} of memory; "
        f"{_megabytes(advice.estimate.room)} are free for it. "
    )
    lower = _lower(advice, known)
    if lower is None:
        return told + "No smaller setting of it fits; fewer columns or another method may."
    settings = " ".join(f"--settings {name}={value}" for name, value in lower.changed.items())
    return told + f"With {settings} it needs about {_megabytes(lower.estimate.memory)}."


def _megabytes(count: int) -> str:
    return f"{count / 1e6:,.0f} MB"


def _column(column: ColumnProfile, reason: str) -> tuple[str, ...]:
    share = f"{column.missing / column.rows:.1%}" if column.missing else "none"
    low = "" if column.minimum is None else str(column.minimum)
    high = "" if column.maximum is None else str(column.maximum)
    return column.name, str(column.kind), share, f"{column.distinct:,}", low, high, reason
