"""The main job on every sample table with every method: time, memory, and whether the result keeps its promises.

    python benchmarks/samples.py [--tables census,airbnb] [--methods forest] [--seed 0]

Each table is learned by the command line as a person would, twice with the same seed: rows, columns, types, categories
and missing rates are compared with the real table, and both files byte by byte. Then the half protocol: one half of the
rows is learned, the other half is the fresh real sample, whose figures stand beside those of the twin.
"""

from __future__ import annotations

import argparse
import json
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

import pandas as pd

from engine import samples
from engine.generators import registry
from engine.table.infer import infer_schema
from engine.table.read import read_table
from engine.table.schema import Kind, Schema

ROOT = Path(__file__).resolve().parent.parent


@dataclass(frozen=True)
class Line:
    """One row of the result: a method on a table."""

    table: str
    method: str
    seconds: float
    peak: int
    faults: list[str]
    shape: tuple[float, float]
    trend: tuple[float, float]

    def __str__(self) -> str:
        kept = "yes" if not self.faults else "; ".join(self.faults)
        (shape, fresh_shape), (trend, fresh_trend) = self.shape, self.trend
        return (
            f"| {self.table} | {self.method} | {self.seconds:.1f} | {self.peak / 1e6:.0f}"
            f" | {shape:.3f} | {fresh_shape:.3f} | {trend:.3f} | {fresh_trend:.3f} | {kept} |"
        )


HEADER = (
    "| table | method | seconds, half | peak MB | shape | fresh real | trend | fresh real | promises kept |\n"
    "|---|---|---|---|---|---|---|---|---|"
)


def engine(*arguments: object) -> None:
    """One command of the command line, in a process of its own."""
    command = [sys.executable, "-m", "engine", *map(str, arguments)]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True)
    if done.returncode:
        raise SystemExit(f"{' '.join(command)}\n{done.stderr}")


def faults(real: pd.DataFrame, twin: pd.DataFrame, schema: Schema) -> Iterator[str]:
    """What is wrong with a twin that was read back; nothing when all promises are kept. Both tables raw."""
    if len(twin) != len(real):
        yield f"{len(twin)} rows instead of {len(real)}"
    if list(twin.columns) != list(real.columns):
        yield "other columns"
        return
    left, right = schema.parse(real), schema.parse(twin)  # raises when a cell is not in its column's format
    for column in schema:
        a, b = left[column.name], right[column.name]
        if abs(a.isna().mean() - b.isna().mean()) > 0.01:
            yield f"{column.name}: missing {a.isna().mean():.1%} and {b.isna().mean():.1%}"
        if column.kind in (Kind.CATEGORICAL, Kind.BOOLEAN) and set(b.dropna()) - set(a.dropna()):
            yield f"{column.name}: a category that the real table does not have"
        if column.kind.numeric and not a.dropna().empty and (b.min() < a.min() or b.max() > a.max()):
            yield f"{column.name}: outside the real range"
        if not column.kind.modelled and set(b.dropna()) & set(a.dropna()):
            yield f"{column.name}: a real value that should have been made up"


def measure(path: Path, name: str, method: str, seed: int, folder: Path) -> Line:
    real = read_table(path).frame
    schema = infer_schema(real)
    first, second = folder / "first.csv", folder / "second.csv"
    for out in (first, second):
        engine("generate", path, "--out", out, "--method", method, "--rows", len(real), "--seed", seed)
    found = list(faults(real, read_table(first).frame, schema))
    if first.read_bytes() != second.read_bytes():
        found.append("the same seed gave other bytes")
    shuffled = real.sample(frac=1, random_state=2)
    half = len(real) // 2
    train, holdout = folder / "train.csv", folder / "holdout.csv"
    shuffled.iloc[:half].to_csv(train, index=False)
    shuffled.iloc[half : 2 * half].to_csv(holdout, index=False)
    json_path, schema_path = folder / "figures.json", folder / "schema.json"
    schema_path.write_text(schema.dumps())
    engine("generate", train, "--schema", schema_path, "--out", first, "--method", method, "--seed", seed,
           "--holdout", 0, "--json", json_path)  # fmt: skip
    run: dict[str, Any] = json.loads(json_path.read_text())
    engine("evaluate", train, first, "--holdout", holdout, "--schema", schema_path, "--json", json_path)
    metrics: dict[str, Any] = json.loads(json_path.read_text())["metrics"]
    seconds = sum(run["seconds"].get(stage, 0.0) for stage in ("train", "sample"))

    def figure(key: str) -> tuple[float, float]:
        nan = float("nan")
        return metrics[key]["value"] or nan, metrics[key]["reference"] or nan

    return Line(name, method, seconds, run["peak_memory_bytes"], found, figure("column_shapes"), figure("pair_trends"))


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--tables", default=",".join(s.key for s in samples.SAMPLES))
    parser.add_argument("--methods", default=",".join(registry.GENERATORS))
    parser.add_argument("--seed", type=int, default=0)
    args = parser.parse_args()
    print(HEADER)
    for key in args.tables.split(","):
        for method in args.methods.split(","):
            with tempfile.TemporaryDirectory() as folder:
                print(measure(samples.get(key).path, key, method, args.seed, Path(folder)), flush=True)


if __name__ == "__main__":
    main()
