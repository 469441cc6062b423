"""Many rows, and rows with given values: seconds, peak memory, and how close the other columns come to real ones.

    python benchmarks/sampling.py [--table census] [--rows 1000000] [--methods cascade,forest]
        [--given "income=>50K" --given "age=30..40,sex=Female"]

Every method trains on the whole table in a process of its own and then makes --rows rows. Under each --given
(conditions divided by commas) it makes 10,000 rows; *hold* is the share of rows in which all conditions hold, *shape*
compares the other columns with the real rows that meet the conditions, whose number stands beside it.
"""

from __future__ import annotations

import argparse
import resource
import subprocess
import sys
import time
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

import numpy as np
import pandas as pd

import engine
from engine import samples
from engine.conditions import parse_condition
from engine.evaluation.shapes import ColumnShapes
from engine.table.read import read_table
from engine.table.schema import Schema

ROOT = Path(__file__).resolve().parent.parent
GIVEN_ROWS = 10_000
CONDITIONS = ("income=>50K", "age=30..40,sex=Female", "native_country=Germany,education=Masters")


def one(method: str, key: str, rows: int, given: list[str]) -> None:
    """Print the lines of one method, in this process."""
    frame = read_table(samples.get(key).path).frame
    schema = engine.infer_schema(frame)
    started = time.monotonic()
    model = engine.Synthesizer(schema, method).fit(frame, seed=0)
    trained = time.monotonic()
    made = len(model.sample_parsed(rows, seed=1))
    took = time.monotonic() - trained
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1000
    print(f"| {method} | {len(frame):,} | {trained - started:.0f} | {made:,} | {took:.1f} | {peak:.0f} |")
    for texts in given:
        print(under(model, frame, schema, texts.split(",")), file=sys.stderr)


def under(model: engine.Synthesizer, frame: pd.DataFrame, schema: Schema, texts: list[str]) -> str:
    conditions = [parse_condition(text, schema) for text in texts]
    started = time.monotonic()
    made = model.sample_parsed(GIVEN_ROWS, seed=1, given=texts)
    took = time.monotonic() - started
    real = schema.parse(frame)
    held = np.all([c.holds(made[c.column]) for c in conditions], axis=0)
    real = real[np.all([c.holds(real[c.column]) for c in conditions], axis=0)].reset_index(drop=True)
    others = Schema(tuple(column for column in schema if column.name not in {c.column for c in conditions}))
    names = list(others.names)
    shape = float(ColumnShapes().compute(real[names], made[names], others, np.random.default_rng(0)).value)
    name = model.report.used
    return f"| {name} | {', '.join(texts)} | {took:.1f} | {held.mean():.1%} | {shape:.3f} | {len(real):,} |"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--table", default="census")
    parser.add_argument("--rows", type=int, default=1_000_000)
    parser.add_argument("--methods", default="cascade,forest")
    parser.add_argument("--given", action="append")
    parser.add_argument("--one", metavar="METHOD", help="a single method, in this process")
    args = parser.parse_args()
    given = list(CONDITIONS) if args.given is None else args.given
    if args.one:
        one(args.one, args.table, args.rows, given)
        return
    print("| method | learned rows | train, s | made rows | seconds | peak MB |\n|---|---|---|---|---|---|")
    told = ["| method | given | seconds | hold | shape | real rows |\n|---|---|---|---|---|---|"]
    for method in args.methods.split(","):
        command = [sys.executable, __file__, "--one", method, "--table", args.table, "--rows", str(args.rows)]
        command += [part for condition in given for part in ("--given", condition)]
        done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=True)
        print(done.stdout.strip(), flush=True)
        told.append(done.stderr.strip())
    print("\n" + "\n".join(told))


if __name__ == "__main__":
    main()
