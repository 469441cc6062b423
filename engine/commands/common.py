"""What several commands share: arguments, reading, choosing columns, and writing."""

from __future__ import annotations

import argparse
import csv
import json
from collections.abc import Iterable, Sequence
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from engine import console
from engine.errors import SchemaError, SettingsError, WriteError
from engine.table.findings import Finding, Severity
from engine.table.schema import TREATMENTS, Schema

if TYPE_CHECKING:
    import pandas as pd

    from engine.table.read import Reading

_NOTES = 5  # findings told before “and more”


def add_data(parser: argparse.ArgumentParser, *, optional: bool = False) -> None:
    parser.add_argument("data", metavar="DATA", type=Path, nargs="?" if optional else None, help="the real table")


def add_out(parser: argparse.ArgumentParser, *, required: bool = True, help: str) -> None:
    parser.add_argument("--out", metavar="OUT", type=Path, required=required, help=help)


def add_schema(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "--schema", metavar="FILE", type=Path, help="kinds and formats of the columns, as `profile --out` wrote them"
    )


def add_rules(parser: argparse.ArgumentParser) -> None:
    """Rules that made rows keep, beside those of the schema."""
    parser.add_argument(
        "--rule",
        metavar="RULE",
        action="append",
        help="holds in every made row: start <= end, price > 0, net + tax = gross, unique(email), "
        'together(city, state), one_to_one(a, b), null_together(a, b), matches(code, "[A-Z]{2}"), or an expression; '
        "may be repeated",
    )
    parser.add_argument("--rules-found", action="store_true", default=None, help="also all rules found in the table")
    parser.add_argument(
        "--broken",
        choices=TREATMENTS,
        help="what becomes of real rows that break a --rule or a found one (default: drop)",
    )


def with_rules(arguments: argparse.Namespace, schema: Schema, frame: pd.DataFrame) -> Schema:
    """The schema with the rules of --rule, then those of --rules-found. Raises ConstraintError."""
    from engine import constraints

    treat = arguments.broken or TREATMENTS[0]
    if arguments.broken is not None and not arguments.rule and not arguments.rules_found:
        raise SettingsError("--broken goes with --rule or --rules-found; rules of a schema say it themselves.")
    asked = tuple(constraints.parse_rule(text, schema, treat) for text in arguments.rule or ())
    schema = replace(schema, constraints=(*schema.constraints, *asked))
    if not arguments.rules_found:
        return schema
    found = constraints.find(schema.selected.parse(frame), schema)
    return replace(schema, constraints=(*schema.constraints, *(replace(f.constraint, treat=treat) for f in found)))


def add_seed(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--seed", type=whole, default=0, help="same seed, same result (default: 0)")


def add_json(parser: argparse.ArgumentParser, what: str) -> None:
    parser.add_argument("--json", metavar="FILE", type=Path, help=f"write {what} as JSON; - for stdout")


def whole(text: str) -> int:
    """An argument that is a whole number."""
    try:
        return int(text)
    except ValueError:
        raise argparse.ArgumentTypeError(f"“{text}” is no whole number") from None


def number(text: str) -> float:
    """An argument that is a finite number."""
    try:
        value = float(text)
    except ValueError:
        value = float("nan")
    if value != value or value in (float("inf"), float("-inf")):
        raise argparse.ArgumentTypeError(f"“{text}” is no number")
    return value


def names(text: str) -> list[str]:
    """Column names divided by commas; a name that holds a comma is quoted, as in CSV."""
    return [name for name in next(csv.reader([text], skipinitialspace=True), []) if name]


def settings(pairs: Iterable[str] | None) -> dict[str, Any]:
    """`key=value` arguments as a mapping; values are read as JSON where they are, else as text."""
    found: dict[str, Any] = {}
    for pair in pairs or ():
        key, sign, value = pair.partition("=")
        if not sign or not key.strip():
            raise SettingsError(f"“{pair}” is no setting. Write it like trees=200.")
        if key.strip() in found:
            raise SettingsError(f"Setting “{key.strip()}” is given twice.")
        try:
            found[key.strip()] = json.loads(value)
        except json.JSONDecodeError:
            found[key.strip()] = value
    return found


def read(path: Path) -> Reading:
    """Read a table and say on stderr what was mended in it. Raises ReadError."""
    from engine.table.read import read_table

    reading = read_table(path)
    tell(reading.findings, path.name)
    return reading


def tell(findings: Sequence[Finding], name: str) -> None:
    """The findings that changed something or need a look; `profile` lists all."""
    telling = [f for f in findings if f.severity is not Severity.INFO]
    for finding in telling[:_NOTES]:
        console.note(f"{name}: {finding.message}")
    if len(telling) > _NOTES:
        console.note(f"{name}: and {len(telling) - _NOTES} more; `{console.PROGRAM} profile` lists them all.")


def schema_of(reading: Reading, schema: Path | None, columns: str | None = None) -> Schema:
    """The schema from a file or inferred, with `columns` selected. Raises SchemaError."""
    from engine.table.infer import infer_schema

    found = infer_schema(reading.frame, name=reading.name) if schema is None else load_schema(schema)
    return found if columns is None else found.select(names(columns))


def load_schema(path: Path) -> Schema:
    try:
        return Schema.loads(path.read_bytes())
    except OSError as error:
        raise SchemaError(f"The schema “{path}” cannot be read: {error.strerror or error}.") from error


def check_out(path: Path, *inputs: Path | None) -> Path:
    """`path` when a table can be written to it, found out before any work. Raises WriteError."""
    from engine.table.write import format_of

    format_of(check_file(path, *inputs))
    return path


def check_file(path: Path, *inputs: Path | None) -> Path:
    """`path` when a file can be written there without destroying an input. Raises WriteError."""
    if path.is_dir():
        raise WriteError(f"“{path}” is a folder; name a file.")
    if not path.parent.is_dir():
        raise WriteError(f"The folder “{path.parent}” does not exist.")
    for source in inputs:
        if source is not None and path.exists() and source.exists() and path.samefile(source):
            raise WriteError(f"“{path}” is the input itself; choose another file to write to.")
    return path


def write_json(data: Any, path: Path | None) -> None:
    """Write figures to a file, or to stdout for “-”; nothing for None."""
    if path is None:
        return
    if str(path) == "-":
        console.say(console.dumps(data))
    else:
        console.write_text(path, console.dumps(data) + "\n")


def add_formulas(parser: argparse.ArgumentParser) -> None:
    """What becomes of cells in OUT that a spreadsheet might run."""
    from engine.table import formulas

    parser.add_argument(
        "--formulas",
        choices=formulas.CHOICES,
        default=formulas.NEUTRALISE,
        help="cells and names in CSV and Excel that begin like a formula: with an apostrophe before them, or marked as "
        f"text in Excel, so that no spreadsheet runs them; or as they are (default: {formulas.NEUTRALISE})",
    )


def write(table: pd.DataFrame, arguments: argparse.Namespace, schema: Schema) -> None:
    """Write OUT, and say on stderr what became of cells that begin like a formula. Raises WriteError."""
    from engine.table import formulas
    from engine.table.write import format_of, write_file

    write_file(table, arguments.out, schema, arguments.formulas)
    found = formulas.counts(schema.parse(table), schema)
    if sentence := formulas.told(found, arguments.formulas, format_of(arguments.out)):
        other = formulas.KEEP if arguments.formulas == formulas.NEUTRALISE else formulas.NEUTRALISE
        console.note(f"{sentence} --formulas {other} changes that.")


def check_json(path: Path | None, *inputs: Path | None) -> None:
    if path is not None and str(path) != "-":
        check_file(path, *inputs)
