"""Our column shapes and pair trends beside those of SDMetrics' Quality Report, on the same tables; and detection.

    python3 -m venv /tmp/sdmetrics && /tmp/sdmetrics/bin/pip install sdmetrics pyarrow
    python benchmarks/sdmetrics_agreement.py DATA... --python /tmp/sdmetrics/bin/python [--methods marginals,copula]
           [--seed 0] [--json FIGURES.json]

SDMetrics lives in an environment of its own, since part of what it pulls in is not under an open licence; this script
runs itself there with `--score`. Each table is shuffled and halved: the first half trains, as many rows are made by
each method, and the second half stands in for a perfect twin. Prints a Markdown table; exit status 1 when a figure
differs by more than 0.005.
"""

from __future__ import annotations

import argparse
import json
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pandas as pd

TOLERANCE = 0.005
SHUFFLE = 2  # the seed of the half protocol
FIGURES = {"column_shapes": "Column Shapes", "pair_trends": "Column Pair Trends"}
DETECTION, LOGISTIC = "not_told_from_training", "Logistic regression"
SDTYPES = {
    "integer": "numerical",
    "decimal": "numerical",
    "datetime": "datetime",
    "categorical": "categorical",
    "boolean": "categorical",
}


def main() -> int:
    if sys.argv[1:2] == ["--score"]:
        print(json.dumps(their_figures(*sys.argv[2:5])))
        return 0
    arguments = parsed_arguments()
    rows = [row for data in arguments.data for row in compared(data, arguments)]
    print_table(rows)
    if arguments.json:
        arguments.json.write_text(json.dumps(rows, indent=1), encoding="utf-8")
    return int(any(row["difference"] > TOLERANCE for row in rows if row["figure"] in FIGURES))


def parsed_arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("data", nargs="+", type=Path, help="tables to split and measure")
    parser.add_argument("--python", required=True, help="the Python of an environment with sdmetrics and pyarrow")
    parser.add_argument("--methods", default="", help="methods that make twins, separated by commas; all by default")
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--json", type=Path, help="where the figures go")
    return parser.parse_args()


def compared(data: Path, arguments: argparse.Namespace) -> Iterator[dict[str, Any]]:
    """One row of figures for each method, metric and program."""
    sys.path.insert(0, str(Path(__file__).resolve().parent.parent))
    from engine.evaluation import evaluate
    from engine.generators.registry import GENERATORS
    from engine.synthesizer import Synthesizer
    from engine.table.infer import infer_schema
    from engine.table.read import read_table

    raw = read_table(data).frame
    schema = infer_schema(raw)
    shuffled = schema.parse(raw).sample(frac=1, random_state=SHUFFLE)
    half = len(shuffled) // 2
    real, holdout = (part.reset_index(drop=True) for part in (shuffled.iloc[:half], shuffled.iloc[half:]))
    for method in ["fresh real rows", *(arguments.methods.split(",") if arguments.methods else GENERATORS)]:
        if method in GENERATORS:
            twin = Synthesizer(schema, method).fit(real, seed=arguments.seed).sample_parsed(half)
        else:
            twin = holdout
        start = time.perf_counter()
        ours = evaluate(real, twin, schema, keys=list(FIGURES))
        seconds = time.perf_counter() - start
        theirs = run_sdmetrics(real, twin, schema, arguments.python)
        detection = evaluate(real, twin, schema, keys=[DETECTION]).get(DETECTION)
        values = {key: ours.get(key).value for key in FIGURES}
        values[DETECTION] = next(part.value for part in detection.parts if part.method == LOGISTIC)
        for key, value in values.items():
            assert value is not None
            yield {
                "table": data.name.split(".")[0],
                "twin": method,
                "figure": key,
                "ours": value,
                "sdmetrics": theirs[key],
                "difference": abs(value - theirs[key]),
                "our_seconds": seconds,
                "their_seconds": theirs["seconds"],
                "sdmetrics_version": theirs["version"],
            }


def run_sdmetrics(real: pd.DataFrame, twin: pd.DataFrame, schema: Any, python: str) -> dict[str, Any]:
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        real.to_parquet(folder / "real.parquet")
        twin.to_parquet(folder / "twin.parquet")
        columns = {c.name: {"sdtype": SDTYPES[str(c.kind)]} for c in schema if str(c.kind) in SDTYPES}
        (folder / "metadata.json").write_text(json.dumps({"columns": columns}), encoding="utf-8")
        files = [str(folder / name) for name in ("real.parquet", "twin.parquet", "metadata.json")]
        done = subprocess.run([python, __file__, "--score", *files], check=True, capture_output=True, text=True)
        return dict(json.loads(done.stdout.splitlines()[-1]))


def their_figures(real_path: str, twin_path: str, metadata_path: str) -> dict[str, Any]:
    """Runs in the environment of SDMetrics."""
    import sdmetrics
    from sdmetrics.reports.single_table import QualityReport
    from sdmetrics.single_table import LogisticDetection

    metadata = json.loads(Path(metadata_path).read_text(encoding="utf-8"))
    real, twin = (plain(pd.read_parquet(path), metadata) for path in (real_path, twin_path))
    start = time.perf_counter()
    report = QualityReport()
    report.generate(real, twin, metadata, verbose=False)
    scores = report.get_properties().set_index("Property")["Score"]
    seconds = time.perf_counter() - start
    return {
        **{key: float(scores[name]) for key, name in FIGURES.items()},
        DETECTION: float(LogisticDetection.compute(real, twin, metadata)),
        "seconds": seconds,
        "version": sdmetrics.__version__,
    }


def plain(table: pd.DataFrame, metadata: dict[str, Any]) -> pd.DataFrame:
    """The columns in the dtypes that SDMetrics knows: float64, datetime64, objects."""
    table = table[list(metadata["columns"])].copy()
    for name, column in metadata["columns"].items():
        if column["sdtype"] == "numerical":
            table[name] = table[name].astype("float64")
        elif column["sdtype"] == "categorical":
            values = table[name].astype("object")
            table[name] = values.where(values.notna(), None)
    return table


def print_table(rows: list[dict[str, Any]]) -> None:
    print("| table | twin | figure | ours | SDMetrics | difference |\n|---|---|---|---|---|---|")
    for row in rows:
        figure = FIGURES.get(row["figure"], "logistic detection").lower()
        figures = f"{row['ours']:.4f} | {row['sdmetrics']:.4f} | {row['difference']:.4f}"
        print(f"| {row['table']} | {row['twin']} | {figure} | {figures} |")


if __name__ == "__main__":
    sys.exit(main())
