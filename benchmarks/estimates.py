"""How near the time and memory that are told before a run come to what it takes.

    python benchmarks/estimates.py [--methods cascade,forest] [--tables census,made:300x20] [--figures]
        [--settings transformer:epochs=2]

Each run has a process of its own, held to one thread, and is compared in CPU seconds: they hardly depend on what else
the machine does, where the time of the clock does. The estimate is made for one thread too, from the probe of the same
process. `--figures` makes whole runs with figures, which train twice; without, each trains once on all rows and makes
as many. Tables are samples, all of them or `census:4000` for so many rows of it, and made-up ones of any size.
"""

from __future__ import annotations

import argparse
import json
import math
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT))

METHODS = "marginals,copula,forest,cascade,vae,transformer"
SAMPLES = "penguins,titanic,weather,census,airbnb"
MADE = "made:300x5,made:300x50,made:3000x20,made:50000x5,made:50000x20"
HEADER = (
    "| method | table | rows | columns | CPU s, told | CPU s | ratio | MB, told | MB | ratio |\n"
    "|---|---|---|---|---|---|---|---|---|---|"
)
ALONE = ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS", "NUMEXPR_NUM_THREADS", "NUMBA_NUM_THREADS")


def table_of(name: str):  # type: ignore[no-untyped-def]
    """A parsed table with its schema: “census”, “census:4000”, “made:300x20”."""
    from engine import samples
    from engine.table.infer import infer_schema
    from engine.table.read import read_table

    key, _, size = name.partition(":")
    if key == "made":
        from scale import made_up

        rows, _, columns = size.partition("x")
        return made_up(int(rows), int(columns))
    frame = read_table(samples.get(key).path).frame
    schema = infer_schema(frame)
    parsed = schema.parse(frame)
    return (parsed.sample(int(size), random_state=0).reset_index(drop=True) if size else parsed), schema


def store(name: str, folder: Path) -> None:
    """The table as the folder of a run has it, so that reading it is no part of what is measured."""
    table, schema = table_of(name)
    table.to_parquet(folder / "table.parquet")
    (folder / "schema.json").write_text(schema.dumps())


def point(method: str, settings: dict[str, Any], figures: bool, folder: Path) -> dict[str, Any]:
    """One run in this process, beside its estimate."""
    import time
    from dataclasses import replace

    import pandas as pd

    from engine import estimates, facts, machine
    from engine.run import RunRequest, execute
    from engine.table.schema import Schema

    schema = Schema.loads((folder / "schema.json").read_text())
    table = schema.parse(pd.read_parquet(folder / "table.parquet"))
    request = RunRequest(method=method, settings=settings, figures=figures, fallback=False)
    work = facts.look(table, schema).work
    alone = replace(machine.this(), threads=1)
    told = estimates.of_run(request, method, work, alone)
    assert told is not None
    apart = time.process_time()
    execute(request, table, schema)
    used = time.process_time() - apart
    return {
        "rows": work.rows,
        "columns": work.columns,
        "told": told.seconds - alone.seconds(estimates.START),
        "seconds": used,
        "told_memory": told.memory,
        "memory": _peak(),
        "machine": [alone.steady, alone.products],
    }


def _peak() -> int:
    """The most memory that this process has held; without what its parent held, which `getrusage` tells as its own."""
    for line in Path("/proc/self/status").read_text().splitlines():
        if line.startswith("VmHWM:"):
            return int(line.split()[1]) * 1024
    raise SystemExit("This needs Linux.")


def child(*arguments: str) -> str:
    environment = {**os.environ, **dict.fromkeys(ALONE, "1")}
    command = ["taskset", "-c", str(min(os.sched_getaffinity(0))), sys.executable, __file__, *arguments]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, env=environment)
    if done.returncode:
        raise RuntimeError(done.stderr.strip().splitlines()[-1][:150] if done.stderr.strip() else "killed")
    return done.stdout


def chosen_settings(texts: list[str]) -> dict[str, dict[str, Any]]:
    """“transformer:epochs=2” and its like, by method."""
    found: dict[str, dict[str, Any]] = {}
    for text in texts:
        method, _, pair = text.partition(":")
        name, _, value = pair.partition("=")
        found.setdefault(method, {})[name] = json.loads(value)
    return found


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--methods", default=METHODS)
    parser.add_argument("--tables", default=f"{SAMPLES},{MADE}")
    parser.add_argument("--figures", action="store_true", help="whole runs, which measure and train twice")
    parser.add_argument("--settings", action="append", default=[], metavar="METHOD:NAME=VALUE")
    parser.add_argument("--store", nargs=2, help=argparse.SUPPRESS)
    parser.add_argument("--point", nargs=4, help=argparse.SUPPRESS)
    args = parser.parse_args()
    if args.store:
        store(args.store[0], Path(args.store[1]))
    elif args.point:
        method, settings, figures, folder = args.point
        print(json.dumps(point(method, json.loads(settings), figures == "True", Path(folder))))
    else:
        compare(args.methods.split(","), args.tables.split(","), args.figures, chosen_settings(args.settings))


def compare(methods: list[str], tables: list[str], figures: bool, settings: dict[str, dict[str, Any]]) -> None:
    import tempfile

    ratios: list[tuple[float, float]] = []
    print(HEADER, flush=True)
    for name in tables:
        with tempfile.TemporaryDirectory() as folder:
            child("--store", name, folder)
            for method in methods:
                try:
                    own = json.dumps(settings.get(method, {}))
                    found = json.loads(child("--point", method, own, str(figures), folder).splitlines()[-1])
                except RuntimeError as error:
                    print(f"| {method} | {name} | failed: {error} | | | | | | | |", flush=True)
                    continue
                time, memory = found["told"] / found["seconds"], found["told_memory"] / found["memory"]
                ratios.append((time, memory))
                print(
                    f"| {method} | {name} | {found['rows']:,} | {found['columns']} | {found['told']:.1f}"
                    f" | {found['seconds']:.1f} | {time:.2f} | {found['told_memory'] / 1e6:.0f}"
                    f" | {found['memory'] / 1e6:.0f} | {memory:.2f} |",
                    flush=True,
                )
    for what, own in zip(("time", "memory"), zip(*ratios, strict=True), strict=True):
        inside = sum(abs(math.log(ratio)) <= math.log(2) for ratio in own)
        print(f"{what}: {inside} of {len(own)} within a factor of two; {min(own):.2f} to {max(own):.2f}")


if __name__ == "__main__":
    main()
