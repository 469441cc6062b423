"""`generate --schema` without a table: rows of a table that only its schema describes."""

from __future__ import annotations

import argparse
import time
from collections.abc import Iterable
from dataclasses import replace

from engine import console
from engine.commands import common
from engine.errors import SettingsError
from engine.limits import Limits
from engine.run import RunRequest
from engine.table.schema import Schema

ROWS = 1_000
_TAKEN = ("schema", "columns", "rule")  # arguments of training that go with a schema alone
_ASKING = ("given", "balance")


def run(arguments: argparse.Namespace, training: Iterable[str]) -> None:
    """training: the arguments that belong to training; those that have nothing to do here are refused."""
    from engine import described

    for name in (*training, *_ASKING):
        if name not in _TAKEN and getattr(arguments, name) is not None:
            flag = "no-fallback" if name == "fallback" else name.replace("_", "-")
            raise SettingsError(f"--{flag} needs a table to learn from, and does not go with a --schema alone.")
    schema = described.complete(_schema(arguments))
    rows = ROWS if arguments.rows is None else arguments.rows
    RunRequest(rows=rows, seed=arguments.seed).check(schema, Limits.from_environment())
    started = time.monotonic()
    table = described.make(schema, rows, arguments.seed)
    seconds = round(time.monotonic() - started, 3)
    common.write(table, arguments, schema.selected)
    many = len(schema.selected)
    facts = {"described": True, "rows": rows, "columns": many, "seed": arguments.seed, "seconds": {"make": seconds}}
    common.write_json(facts, arguments.json)
    if str(arguments.json) != "-":
        console.say(f"{arguments.out}: {rows:,} rows, {many} columns (described, seed {arguments.seed})")


def _schema(arguments: argparse.Namespace) -> Schema:
    from engine import constraints

    schema = common.load_schema(arguments.schema)
    if arguments.columns is not None:
        schema = schema.select(common.names(arguments.columns))
    asked = tuple(constraints.parse_rule(text, schema) for text in arguments.rule or ())
    return replace(schema, constraints=(*schema.constraints, *asked))
