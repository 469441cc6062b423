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
    from engine.table.profile import ColumnProfile, TableProfile
    from engine.table.read import Reading

HELP = "kinds, missing cells, ranges, warnings and advice"
DESCRIPTION = "Reads a table and says what its columns are, what was mended in reading, and which methods suit it."


def add(parser: argparse.ArgumentParser) -> None:
    common.add_data(parser)
    parser.add_argument("--out", metavar="SCHEMA.json", type=Path, help="write the schema, to correct and reuse")
    common.add_schema(parser)
    parser.add_argument("--json", action="store_true", help="everything as JSON on stdout")


def run(arguments: argparse.Namespace) -> None:
    from engine import advice
    from engine.table.profile import profile_table
    from engine.table.read import read_table

    if arguments.out is not None:
        common.check_file(arguments.out, arguments.data)
    reading = read_table(arguments.data)
    schema = common.schema_of(reading, arguments.schema)
    profile = profile_table(schema.parse(reading.frame), schema)
    advised = advice.advise(schema, profile.rows, profile)
    if arguments.out is not None:
        console.write_text(arguments.out, schema.dumps() + "\n")
    if arguments.json:
        console.say(console.dumps(_facts(reading, schema, profile, advised)))
    else:
        console.say(_text(reading, schema, profile, advised))


def _facts(reading: Reading, schema: Schema, profile: TableProfile, advised: tuple[Advice, ...]) -> dict[str, object]:
    return {
        "name": reading.name,
        "format": reading.format,
        "facts": reading.facts,
        "findings": [f.to_json() for f in reading.findings],
        "rows": profile.rows,
        "schema": schema.to_json(),
        "profile": profile.to_json(),
        "advice": [a.to_json() for a in advised],
    }


def _text(reading: Reading, schema: Schema, profile: TableProfile, advised: tuple[Advice, ...]) -> str:
    header = ("COLUMN", "KIND", "MISSING", "DISTINCT", "FROM", "TO", "BECAUSE")
    columns = [_column(c, schema[c.name].reason) for c in profile.columns]
    parts = [
        f"{reading.name} ({reading.format}): {profile.rows:,} rows, {len(schema)} columns",
        console.table(header, columns),
    ]
    if reading.findings:
        parts.append("Reading\n" + "\n".join(f"  [{f.severity}] {f.message}" for f in reading.findings))
    methods = [(a.method, "suits" if a.suited else "does not suit", a.reason) for a in advised]
    parts.append(console.table(("METHOD", "", "ADVICE"), methods))
    return "\n\n".join(parts)


def _column(column: ColumnProfile, reason: str) -> tuple[str, ...]:
    share = f"{column.missing / column.rows:.1%}" if column.missing else "none"
    low = "" if column.minimum is None else str(column.minimum)
    high = "" if column.maximum is None else str(column.maximum)
    return column.name, str(column.kind), share, f"{column.distinct:,}", low, high, reason
