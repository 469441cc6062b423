"""Seconds and peak memory of a method as tables grow in rows and in columns.

    python benchmarks/scale.py [--methods cascade,forest] [--rows 1000,100000] [--columns 5,50] [--base-rows 10000]

Tables are made up: numbers that hang together in chains, categories that follow from numbers, gaps. Rows grow at 15
columns, columns at --base-rows rows. Last come awkward tables: categories of 20,000 levels; and a constant, an
all-missing and a unique column, read as a person's file would be. Every point runs in a process of its own, so that
its peak is its own; the table itself and the imports are part of it and are shown beside it. CPU seconds count all
threads of training and sampling; they hardly depend on what else the machine does.
"""

from __future__ import annotations

import argparse
import json
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT))

COLUMNS = 15  # where rows grow


def made_up(rows: int, columns: int):  # type: ignore[no-untyped-def]
    """A parsed table with its schema."""
    import numpy as np
    import pandas as pd

    from engine.table.schema import Column, Kind, NumberFormat, Schema

    rng = np.random.default_rng(0)
    table, schema = {}, []
    hidden = rng.normal(size=rows)
    for j in range(columns):
        hidden = 0.8 * hidden + 0.6 * rng.normal(size=rows)
        name = f"c{j}"
        if j % 3 == 0:
            values = pd.Series(np.round(np.exp(hidden), 2)).mask(rng.random(rows) < 0.05)
            schema.append(Column(name, Kind.DECIMAL, number=NumberFormat(2)))
        elif j % 3 == 1:
            values = pd.Series(np.round(hidden * 10).astype(np.int64), dtype="Int64")
            schema.append(Column(name, Kind.INTEGER, number=NumberFormat()))
        else:
            values = pd.Series(np.array(list("abcdefgh"))[np.clip(hidden * 1.5 + 4, 0, 7).astype(int)], dtype="str")
            schema.append(Column(name, Kind.CATEGORICAL))
        table[name] = values
    return pd.DataFrame(table), Schema(tuple(schema))


def many_levels(rows: int):  # type: ignore[no-untyped-def]
    """A parsed table with two categories of 20,000 levels each, which say something about the other columns."""
    import numpy as np
    import pandas as pd

    from engine.table.schema import Column, Kind, Schema

    table, schema = made_up(rows, 4)
    rng = np.random.default_rng(1)
    for name in ("town", "product"):
        level = np.minimum(rng.pareto(0.7, rows) * 10, 19_999).astype(int)
        level[: min(rows, 20_000)] = np.arange(min(rows, 20_000))
        table["c1"] += pd.Series(level % 50)
        table[name] = pd.Series([f"{name} {k}" for k in level], dtype="str")
        schema = Schema((*schema, Column(name, Kind.CATEGORICAL)))
    return table, schema


def odd_columns(rows: int):  # type: ignore[no-untyped-def]
    """A table as text with a constant, an all-missing and a unique column, and what is modelled of it."""
    import pandas as pd

    from engine.table.infer import infer_schema
    from engine.table.schema import Schema

    table, schema = made_up(rows, 5)
    raw = schema.to_text(table)
    raw["constant"], raw["nothing"], raw["unique"] = "x", pd.NA, [f"AB-{k * 7919 % 10**7:07d}" for k in range(rows)]
    found = infer_schema(raw)
    modelled = Schema(tuple(column for column in found if column.modelled))
    return found.parse(raw)[list(modelled.names)], modelled


AWKWARD = {"20,000 levels, twice": many_levels, "constant, missing, unique": odd_columns}


def point(method: str, rows: int, columns: str) -> dict[str, float]:
    """Train on the table and make as many rows, in this process. columns: their number, or one of AWKWARD."""
    import resource
    import time

    from engine.generators import registry

    table, schema = AWKWARD[columns](rows) if columns in AWKWARD else made_up(rows, int(columns))
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    started, used = time.monotonic(), time.process_time()
    model = registry.get(method)().fit(table, schema, seed=0)
    trained = time.monotonic()
    model.sample(rows, seed=0)
    sampled = time.monotonic()
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return {
        "train": trained - started,
        "sample": sampled - trained,
        "cpu": time.process_time() - used,
        "table_mb": before / 1000,
        "peak_mb": peak / 1000,
    }


def measured(method: str, rows: int, columns: int | str) -> str:
    command = [sys.executable, __file__, "--point", method, str(rows), str(columns)]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True)
    if done.returncode:
        return f"| {method} | {rows:,} | {columns} | failed: {done.stderr.strip().splitlines()[-1][:100]} | | | | |"
    found = json.loads(done.stdout)
    return (
        f"| {method} | {rows:,} | {columns} | {found['train']:.1f} | {found['sample']:.1f} | {found['cpu']:.1f}"
        f" | {found['table_mb']:.0f} | {found['peak_mb']:.0f} |"
    )


def numbers(text: str) -> list[int]:
    return [int(part) for part in text.split(",") if part]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--methods", default="cascade,forest")
    parser.add_argument("--rows", type=numbers, default=[1_000, 10_000, 100_000, 1_000_000])
    parser.add_argument("--columns", type=numbers, default=[5, 20, 50, 200])
    parser.add_argument("--base-rows", type=int, default=10_000)
    parser.add_argument("--awkward-rows", type=int, default=60_000, help="0: no awkward tables")
    parser.add_argument("--point", nargs=3, metavar=("METHOD", "ROWS", "COLUMNS"), help="one point, as JSON")
    args = parser.parse_args()
    if args.point:
        print(json.dumps(point(args.point[0], int(args.point[1]), args.point[2])))
        return
    print("| method | rows | columns | train, s | sample, s | CPU s | table and imports, MB | peak, MB |")
    print("|---|---|---|---|---|---|---|---|")
    for method in args.methods.split(","):
        for rows in args.rows:
            print(measured(method, rows, COLUMNS), flush=True)
        for columns in args.columns:
            print(measured(method, args.base_rows, columns), flush=True)
        for awkward in AWKWARD if args.awkward_rows else ():
            print(measured(method, args.awkward_rows, awkward), flush=True)


if __name__ == "__main__":
    main()
