"""`score`: how plausible each row is under a method that has likelihoods."""

from __future__ import annotations

import argparse
import time
from dataclasses import replace

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from engine import console
from engine.commands import common
from engine.commands.impute import add_training, trained
from engine.generators.base import Capability
from engine.table.schema import Column, Kind, NumberFormat, Schema

HELP = "how plausible each row is"
DESCRIPTION = (
    "Gives each row the natural log of its likelihood: the higher, the more plausible. Unless --model names a model "
    "of other rows, the model has seen the very rows that it scores, so the figures compare rows with each other."
)
SCORE = "log_likelihood"
RANK = "percentile"
_SHOWN = 10  # least plausible rows that are told


def add(parser: argparse.ArgumentParser) -> None:
    common.add_data(parser)
    common.add_out(parser, required=False, help=f"write the table with two columns more, {SCORE} and {RANK}")
    add_training(parser, Capability.LIKELIHOOD)
    common.add_formulas(parser)
    common.add_json(parser, "every row's score")


def run(arguments: argparse.Namespace) -> None:
    if arguments.out is not None:
        common.check_out(arguments.out, arguments.data, arguments.model)
    common.check_json(arguments.json, arguments.data, arguments.model)
    started = time.monotonic()
    reading = common.read(arguments.data)
    model = trained(arguments, reading, Capability.LIKELIHOOD)
    scores = model.score(reading.frame)
    ranks = percentiles(scores)
    if arguments.out is not None:
        table, schema = scored(model.schema.parse(reading.frame), model.schema, scores, ranks)
        common.write(table, arguments, schema)
    facts = {
        "method_used": model.report.used,
        "seed": arguments.seed,
        "rows": len(scores),
        "mean": float(scores.mean()) if len(scores) else None,
        SCORE: scores,
        "seconds": {"total": round(time.monotonic() - started, 3)},
    }
    common.write_json(facts, arguments.json)
    if str(arguments.json) != "-":
        console.say(_text(scores, ranks, arguments, model.report.used))


def percentiles(scores: NDArray[np.float64]) -> NDArray[np.float64]:
    """(rows,) scores -> the share of rows, in percent, that are no more plausible."""
    ordered = np.sort(scores)
    return np.searchsorted(ordered, scores, side="right") / max(len(scores), 1) * 100


def scored(
    table: pd.DataFrame, schema: Schema, scores: NDArray[np.float64], ranks: NDArray[np.float64]
) -> tuple[pd.DataFrame, Schema]:
    """The table and its schema with the two columns added; a name that is taken gets underscores."""
    table = table.copy()
    columns = list(schema.columns)
    for name, values, decimals in ((SCORE, scores, 6), (RANK, ranks, 2)):
        while name in table:
            name += "_"
        table[name] = np.round(values, decimals)
        columns.append(Column(name, Kind.DECIMAL, number=NumberFormat(decimals)))
    return table, replace(schema, columns=tuple(columns))


def _text(
    scores: NDArray[np.float64], ranks: NDArray[np.float64], arguments: argparse.Namespace, used: str | None
) -> str:
    if arguments.out is not None:
        return f"{arguments.out}: {len(scores):,} rows scored (method {used}, mean {scores.mean():.3f})"
    least = np.argsort(scores, kind="stable")[:_SHOWN]
    rows = [(str(i + 1), f"{scores[i]:.3f}", f"{ranks[i]:.2f}") for i in least]
    header = ("ROW", "LOG LIKELIHOOD", "PERCENTILE")
    return f"The least plausible of {len(scores):,} rows (method {used}):\n\n{console.table(header, rows)}"
