"""`generate`: learn a table and write its synthetic twin, or make rows from a saved model."""

from __future__ import annotations

import argparse
import time
from pathlib import Path
from typing import TYPE_CHECKING, Any, get_args

from engine import console, figures
from engine.commands import common, fromschema
from engine.errors import MethodError, SettingsError
from engine.limits import Limits
from engine.protection import KEEP, POOL, Protection
from engine.race import RACE, RaceResult
from engine.reports import FitReport
from engine.run import MAX_HOLDOUT, Depth, RunRequest, RunResult, execute
from engine.synthesizer import AUTO, Synthesizer
from engine.table.schema import Schema

if TYPE_CHECKING:
    import pandas as pd

HELP = "make a synthetic twin"
DESCRIPTION = (
    "Learns a real table and writes a synthetic one. With --json or --report some rows are held out first, and the "
    "twin of the others is measured beside them; the table that is written is the same with and without figures, "
    "because the method is then trained again on all rows (unless --release audited). With --schema and without a "
    "table the rows are made of what the schema describes."
)

# What belongs to training, and so does not go with --model.
_TRAINING = (
    "method",
    "settings",
    "columns",
    "schema",
    "budget",
    "fallback",
    "holdout",
    "release",
    "save",
    "report",
    "rare",
    "rare_label",
    "secret_file",
    "certificate",
    "rule",
    "rules_found",
    "broken",
    "figures",
    "target",
    "guess",
    "known",
    "person",
    "drop_near",
    "splits",
)


def add(parser: argparse.ArgumentParser) -> None:
    common.add_data(parser, optional=True)
    common.add_out(parser, help="the synthetic table to write")
    parser.add_argument(
        "--method",
        help=f"a method of `methods`; or {AUTO}, which picks by the table; or {RACE}, which tries all that suit it and "
        f"takes the best (default: {AUTO})",
    )
    parser.add_argument(
        "--rows", type=common.whole, help="synthetic rows (default: as many as the real table has; without one 1000)"
    )
    common.add_seed(parser)
    parser.add_argument("--columns", metavar="A,B", help="only these columns (default: all)")
    common.add_schema(parser)
    parser.add_argument(
        "--given",
        metavar="CONDITION",
        action="append",
        help="must hold in every row: col=value, col=a|b, col=lo..hi, col>value, col<value; several times for several",
    )
    parser.add_argument(
        "--balance",
        metavar="COLUMN=SHARES",
        help="how many rows each value of a column gets: col=equal, col=data, or per cent as in col=a:70,b:30",
    )
    common.add_rules(parser)
    parser.add_argument("--settings", metavar="KEY=VALUE", action="append", help="a setting of the method")
    parser.add_argument(
        "--rare",
        metavar="ROWS|keep",
        help="categories that fewer rows share are replaced before learning by those of similar rows; keep leaves all "
        "(default: 5, less in tables of under 500 rows)",
    )
    parser.add_argument("--rare-label", metavar="TEXT", help="join rare categories under this label instead")
    parser.add_argument(
        "--secret-file",
        metavar="FILE",
        type=Path,
        help="a file with a secret of yours: the same real value gets the same pseudonym in every run with it "
        "(columns marked “pseudonym” in the schema)",
    )
    parser.add_argument(
        "--budget",
        metavar="SECONDS",
        type=common.number,
        help="for one training; with figures there are two. For all of a race",
    )
    parser.add_argument(
        "--no-fallback",
        dest="fallback",
        action="store_false",
        default=None,
        help="end in an error where the method fails, instead of going on with a simpler one",
    )
    parser.add_argument(
        "--holdout",
        metavar="SHARE",
        type=common.number,
        help=f"rows kept back to measure with, 0 to {MAX_HOLDOUT} (default: 0.2 from 100 rows on)",
    )
    parser.add_argument(
        "--release",
        choices=("all", "audited"),
        help="write the table of a model trained on all rows, or of the very one that was measured (default: all)",
    )
    parser.add_argument("--save", metavar="MODEL.zip", type=Path, help="keep the model")
    parser.add_argument("--model", metavar="MODEL.zip", type=Path, help="make rows from a kept model instead of DATA")
    parser.add_argument("--report", metavar="REPORT.html", type=Path, help="write the full figures as a page")
    parser.add_argument(
        "--figures",
        choices=get_args(Depth),
        help="quick: how alike the tables are, in seconds; full: also by classifiers, models and attacks on privacy, "
        "in a minute or two (default: full with --report, else quick)",
    )
    parser.add_argument("--target", metavar="COL", help="the column that matters most: is the twin good to learn it?")
    parser.add_argument("--guess", metavar="A,B", help="columns that an attacker might want to guess")
    parser.add_argument("--known", metavar="A,B", help="columns that an outsider may know of somebody")
    parser.add_argument("--person", metavar="A,B", help="columns that together name a person with several rows")
    parser.add_argument(
        "--splits",
        type=common.whole,
        help="times that rows are held out anew for the attacks, each with a training (default: 3 for small tables, "
        "else 1)",
    )
    parser.add_argument(
        "--drop-near",
        action="store_true",
        default=None,
        help="replace synthetic rows that lie suspiciously near to one training row (with --release audited)",
    )
    parser.add_argument(
        "--certificate",
        metavar="FILE.json",
        type=Path,
        help="check the bytes of OUT column by column (types, formats, keys, ranges, categories, rules)",
    )
    common.add_formulas(parser)
    common.add_json(parser, "seconds, method used and every figure")


def run(arguments: argparse.Namespace) -> None:
    common.check_out(arguments.out, arguments.data, arguments.model)
    for path in (arguments.save, arguments.report, arguments.certificate):
        if path is not None:
            common.check_file(path, arguments.data)
    common.check_json(arguments.json, arguments.data, arguments.model)
    if arguments.model is not None:
        _from_model(arguments)
    elif arguments.data is None and arguments.schema is not None:
        fromschema.run(arguments, _TRAINING)
    elif arguments.data is None:
        raise SettingsError("Name a table to learn from, a saved model with --model, or a described one with --schema.")
    else:
        _from_data(arguments)


def request_of(arguments: argparse.Namespace) -> RunRequest:
    """The arguments as a request; what was left out takes the request's own defaults."""
    given: dict[str, Any] = {
        "method": arguments.method,
        "settings": common.settings(arguments.settings),
        "rows": arguments.rows,
        "seed": arguments.seed,
        "holdout": arguments.holdout,
        "release": arguments.release,
        "given": tuple(arguments.given or ()),
        "balance": arguments.balance,
        "budget": arguments.budget,
        "fallback": arguments.fallback,
        "protection": protection_of(arguments),
        "depth": arguments.figures or ("quick" if arguments.report is None else "full"),
        "target": arguments.target,
        "guess": tuple(common.names(arguments.guess or "")),
        "known": tuple(common.names(arguments.known or "")),
        "person": tuple(common.names(arguments.person or "")),
        "drop_near": arguments.drop_near,
        "splits": arguments.splits,
        "figures": arguments.json is not None or arguments.report is not None or arguments.figures is not None,
    }
    return RunRequest(**{key: value for key, value in given.items() if value is not None})


def protection_of(arguments: argparse.Namespace) -> Protection:
    """What --rare and --rare-label ask for. Raises SettingsError."""
    rare, label = arguments.rare, arguments.rare_label
    if rare == KEEP:
        if label is not None:
            raise SettingsError(f"--rare {KEEP} leaves all categories, so --rare-label has nothing to do.")
        return Protection(KEEP)
    if rare is not None and not rare.isdecimal():
        raise SettingsError(f"--rare takes a whole number of rows, or {KEEP}; “{rare}” is neither.")
    rows = None if rare is None else int(rare)
    return Protection(rows=rows) if label is None else Protection(POOL, rows, label)


def rules_of(arguments: argparse.Namespace, schema: Schema, frame: pd.DataFrame) -> Schema:
    """The schema with the rules that the arguments ask for; on stderr those that were found."""
    found = common.with_rules(arguments, schema, frame)
    for constraint in found.constraints[len(schema.constraints) + len(arguments.rule or ()) :]:
        from engine import constraints

        console.note(f"Rule found: {constraints.describe(constraint, found)}.")
    return found


def secret_in(path: Path | None) -> bytes | None:
    """The secret in a file, without the line end that editors add. Raises SettingsError."""
    if path is None:
        return None
    try:
        return path.read_bytes().rstrip(b"\r\n")
    except OSError as error:
        raise SettingsError(f"The secret “{path}” cannot be read: {error.strerror or error}.") from error


def _from_data(arguments: argparse.Namespace) -> None:
    request = request_of(arguments)
    started = time.monotonic()
    reading = common.read(arguments.data)
    schema = rules_of(arguments, common.schema_of(reading, arguments.schema, arguments.columns), reading.frame)
    read_seconds = time.monotonic() - started
    with console.Bar() as bar:
        result = execute(request, reading.frame, schema, progress=bar, secret=secret_in(arguments.secret_file))
    started = time.monotonic()
    common.write(result.synthetic, arguments, schema.selected)
    if arguments.save is not None:
        result.synthesizer.save(arguments.save)
    facts = _with_files(result, reading, read_seconds, time.monotonic() - started)
    if arguments.certificate is not None:
        _certify(arguments, result, schema.selected.parse(reading.frame), schema)
    if arguments.report is not None:
        _write_report(arguments.report, result, facts, schema.selected, reading.frame)
    common.write_json(facts, arguments.json)
    if result.race is not None and str(arguments.json) != "-":
        _tell_race(result.race)
    _tell_broken(result.report)
    _tell(result.report, len(result.synthetic), len(result.synthetic.columns), arguments)


def _with_files(result: RunResult, reading: Any, read_seconds: float, write_seconds: float) -> dict[str, Any]:
    """The run's figures and what only the command line knows."""
    seconds = {"read": round(read_seconds, 3), **result.figures["seconds"], "write": round(write_seconds, 3)}
    seconds["total"] = round(seconds["total"] + read_seconds + write_seconds, 3)
    return {
        **result.figures,
        "table": reading.name,
        "findings": [f.to_json() for f in reading.findings],
        "seconds": seconds,
    }


def _certify(arguments: argparse.Namespace, result: RunResult, real: pd.DataFrame, schema: Schema) -> None:
    """Check what was written, and tell what failed."""
    from engine.certificate import Expected, certify
    from engine.table.write import format_of

    protection = result.synthesizer.protection
    expected = Expected(
        schema,
        real,
        len(result.synthetic),
        result.synthesizer.going_on(),
        protection.label if protection.how == POOL else None,
        arguments.formulas,
    )
    found = certify(arguments.out.read_bytes(), format_of(arguments.out), expected)
    common.write_json(found.to_json(), arguments.certificate)
    for column, check in found.failed:
        console.note(f"Certificate: {f'“{column}”: ' if column else ''}{check.sentence}")


def _write_report(path: Path, result: RunResult, facts: dict[str, Any], schema: Schema, frame: pd.DataFrame) -> None:
    from engine.evaluation import report
    from engine.evaluation.distributions import compare_table

    assert result.evaluation is not None  # asked for with --report
    comparisons = compare_table(schema.parse(frame), result.synthetic, schema).values()
    console.write_text(path, report.html(result.evaluation, facts=facts, comparisons=comparisons))


def _from_model(arguments: argparse.Namespace) -> None:
    _refuse_training(arguments)
    model = Synthesizer.load(arguments.model)
    RunRequest(rows=arguments.rows, seed=arguments.seed).check(model.schema, Limits.from_environment())
    rows = model.report.rows if arguments.rows is None else arguments.rows
    balance = model.settled(arguments.balance)
    started = time.monotonic()
    with console.Bar() as bar:
        table = model.sample_parsed(rows, seed=arguments.seed, given=arguments.given, balance=balance, progress=bar)
    seconds = time.monotonic() - started
    common.write(table, arguments, model.schema.selected)
    facts = figures.of_sample(
        model.report,
        rows,
        arguments.seed,
        tuple(arguments.given or ()),
        {"sample": seconds},
        figures.balance_facts(arguments.balance or "", balance, rows, model.schema),
        model.made,
    )
    common.write_json(facts, arguments.json)
    _tell(model.report, rows, len(table.columns), arguments)


def _refuse_training(arguments: argparse.Namespace) -> None:
    if arguments.data is not None:
        raise MethodError("Name either a table to learn from or a saved model with --model, not both.")
    for name in _TRAINING:
        if getattr(arguments, name) is not None:
            flag = "no-fallback" if name == "fallback" else name.replace("_", "-")
            raise MethodError(f"--{flag} belongs to training and does not go with --model.")


def _tell_race(race: RaceResult) -> None:
    from engine.race import telling

    console.say(console.table(telling.HEADER, telling.rows(race)))
    console.say(race.reason)


def _tell_broken(report: FitReport) -> None:
    """On stderr, what became of real rows that break a rule."""
    from engine.constraints.treating import Treatment

    for rule in report.rules:
        treatment = Treatment.from_json(rule)
        if treatment.broken:
            more = " and others" if treatment.broken > len(treatment.examples) else ""
            rows = ", ".join(f"{row:,}" for row in treatment.examples)
            console.note(f"{treatment.told()} In row{'s' * (treatment.broken > 1)} {rows}{more}.")


def _tell(report: FitReport, rows: int, columns: int, arguments: argparse.Namespace) -> None:
    """What was made, on stdout unless the figures go there; and on stderr which method failed.

    A method's notes are for those who look closer: they are in the figures and in the report.
    """
    for failed in report.fallbacks:
        console.note(f"Method “{failed.method}” failed and another took over: {failed.reason}")
    if str(arguments.json) != "-":
        by = f"method {report.used}" if report.used else "columns apart" if report.own else "nothing to learn"
        console.say(f"{arguments.out}: {rows:,} rows, {columns} columns ({by}, seed {arguments.seed})")
