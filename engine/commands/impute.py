"""`impute`: fill in missing cells with a method that has likelihoods."""

from __future__ import annotations

import argparse
import time
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

import pandas as pd

from engine import console
from engine.commands import common
from engine.generators.base import Capability
from engine.synthesizer import AUTO, Synthesizer
from engine.table.schema import Schema

if TYPE_CHECKING:
    from engine.table.read import Reading

HELP = "fill in missing cells"
DESCRIPTION = (
    "Draws every missing cell from its distribution given the other cells of its row. Identifiers, personal data and "
    "free text are left as they are, and so are columns that --columns leaves out."
)


def add(parser: argparse.ArgumentParser) -> None:
    common.add_data(parser)
    common.add_out(parser, help="the table to write")
    add_training(parser, Capability.IMPUTE)
    common.add_formulas(parser)
    common.add_json(parser, "counts, seconds and the method used")


def add_training(parser: argparse.ArgumentParser, capability: Capability) -> None:
    """The arguments of a command that trains a method with some capability, or loads one."""
    what = {Capability.IMPUTE: "that can impute", Capability.LIKELIHOOD: "that has likelihoods"}[capability]
    parser.add_argument("--method", default=AUTO, help=f"a method {what} (default: the best suited one)")
    parser.add_argument("--settings", metavar="KEY=VALUE", action="append", help="a setting of the method")
    parser.add_argument("--budget", metavar="SECONDS", type=common.number, help="for the training")
    parser.add_argument("--columns", metavar="A,B", help="only these columns are looked at (default: all)")
    parser.add_argument("--model", metavar="MODEL.zip", type=Path, help="a kept model instead of training on DATA")
    common.add_schema(parser)
    common.add_seed(parser)


def trained(arguments: argparse.Namespace, reading: Reading, capability: Capability) -> Synthesizer:
    """The model that --model names, or one trained on the table. Raises MethodError for what cannot go together."""
    if arguments.model is not None:
        _refuse_training(arguments)
        model = Synthesizer.load(arguments.model)
        without_rules(model.schema)
        return model
    from engine import advice
    from engine.protection import KEEP, Protection
    from engine.run import RunRequest

    schema = without_rules(common.schema_of(reading, arguments.schema, arguments.columns))
    rows = len(reading.frame)
    method = advice.able(schema, rows, capability) if arguments.method == AUTO else arguments.method
    settings = common.settings(arguments.settings)
    RunRequest(method, settings, seed=arguments.seed, budget=arguments.budget).check(schema)
    with console.Bar() as bar:
        model = Synthesizer(schema, method, settings, Protection(KEEP)).fit(
            reading.frame, seed=arguments.seed, progress=bar, budget=arguments.budget
        )
    for failed in model.report.fallbacks:
        console.note(f"Method “{failed.method}” failed and another took over: {failed.reason}")
    return model


def without_rules(schema: Schema) -> Schema:
    """The schema without its rules, which are for made rows; on stderr that it is so."""
    if schema.constraints:
        console.note(f"The schema's rules ({len(schema.constraints)}) are for made rows and play no part here.")
    return replace(schema, constraints=())


def _refuse_training(arguments: argparse.Namespace) -> None:
    from engine.errors import MethodError

    asked = [name for name in ("settings", "budget", "columns", "schema") if getattr(arguments, name) is not None]
    asked += ["method"] if arguments.method != AUTO else []
    if asked:
        raise MethodError(f"--{asked[0]} belongs to training and does not go with --model.")


def run(arguments: argparse.Namespace) -> None:
    common.check_out(arguments.out, arguments.data, arguments.model)
    common.check_json(arguments.json, arguments.data, arguments.model)
    started = time.monotonic()
    reading = common.read(arguments.data)
    model = trained(arguments, reading, Capability.IMPUTE)
    before = model.schema.parse(reading.frame)
    with console.Bar() as bar:
        after = model.impute(reading.frame, arguments.seed, progress=bar)
    common.write(after, arguments, model.schema)
    filled, left = _counts(before, model.schema.parse(after), model.schema)
    facts = {
        "method_used": model.report.used,
        "seed": arguments.seed,
        "rows": len(after),
        "filled": filled,
        "left_missing": left,
        "seconds": {"total": round(time.monotonic() - started, 3)},
    }
    common.write_json(facts, arguments.json)
    if str(arguments.json) != "-":
        rest = f", {sum(left.values()):,} left in columns that are not learned" if any(left.values()) else ""
        console.say(f"{arguments.out}: {sum(filled.values()):,} cells filled in{rest} (method {model.report.used})")


def _counts(before: pd.DataFrame, after: pd.DataFrame, schema: Schema) -> tuple[dict[str, int], dict[str, int]]:
    """Per column the cells that were filled in, and those still missing; columns without any are left out."""
    filled = {n: int(before[n].isna().sum() - after[n].isna().sum()) for n in schema.names}
    left = {n: int(after[n].isna().sum()) for n in schema.names}
    return {n: c for n, c in filled.items() if c}, {n: c for n, c in left.items() if c}
