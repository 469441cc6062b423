"""Our methods beside other synthesizers on the same tables in one run, as ratios and in a table for the README.

    python benchmarks/peers.py --score SCORE.py --score-python PYTHON
        [--tables census,airbnb] [--methods cascade,forest] [--seeds 0]
        [--script NAME=SCRIPT.py] [--peer NAME=PYTHON] [--folder DIR]

Half protocol: a table is shuffled once, one half trains, the other is the fresh real sample. SCORE.py is called as
`SCORE.py TRAIN SYNTHETIC HOLDOUT TARGET` by an interpreter of its own and prints one JSON line. A script is called as
`SCRIPT.py TRAIN.csv OUT.csv` in the same environment. Peers live in environments of their own: `sdv-tvae`,
`sdv-ctgan` and `sdv-copula` need a PYTHON with sdv. All run one after the other on this machine, so that their times
can be compared.
"""

from __future__ import annotations

import argparse
import json
import resource
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

import madeup
import pandas as pd

from engine import samples
from engine.table.read import read_table

ROOT = Path(__file__).resolve().parent.parent
TARGETS = {
    "census": "income",
    "airbnb": "room_type",
    "titanic": "survived",
    "penguins": "species",
}  # others: the last column
FIGURES = ("shape", "trend", "lr_c2st", "xgb_c2st", "xgb_c2st_holdout", "tstr", "dcr_share", "copies", "mia_rare_auc")

SDV = """
import sys
import pandas as pd
from sdv.metadata import Metadata
from sdv.single_table import {name} as Synthesizer
table = pd.read_csv(sys.argv[1])
model = Synthesizer(Metadata.detect_from_dataframes({{"table": table}}))
model.fit({{"table": table}})
model.sample(len(table))["table"].to_csv(sys.argv[2], index=False)
"""
PEERS: Mapping[str, str] = {
    "sdv-copula": SDV.format(name="GaussianCopulaSynthesizer"),
    "sdv-tvae": SDV.format(name="TVAESynthesizer"),
    "sdv-ctgan": SDV.format(name="CTGANSynthesizer"),
}


@dataclass
class Result:
    """Figures of one maker on one table, a list over seeds each."""

    table: str
    maker: str
    seconds: list[float] = field(default_factory=list)
    figures: dict[str, list[float]] = field(default_factory=dict)

    def add(self, seconds: float, figures: Mapping[str, float]) -> None:
        self.seconds.append(seconds)
        for name in FIGURES:
            if figures.get(name) is not None:
                self.figures.setdefault(name, []).append(float(figures[name]))

    def mean(self, name: str) -> float:
        values = self.figures.get(name, [])
        return sum(values) / len(values) if values else float("nan")


class Halves:
    """A sample table, or one of `madeup.py`, cut in two, as files."""

    def __init__(self, key: str, folder: Path) -> None:
        table = madeup.TABLES[key]() if key in madeup.TABLES else read_table(samples.get(key).path).frame
        table = table.sample(frac=1, random_state=2)
        half = len(table) // 2
        self.key, self.target = key, TARGETS.get(key, str(table.columns[-1]))
        self.train, self.holdout, self.made = (folder / f"{key}.{part}.csv" for part in ("train", "holdout", "made"))
        table.iloc[:half].to_csv(self.train, index=False)
        table.iloc[half : 2 * half].to_csv(self.holdout, index=False)


def timed(command: list[str]) -> float:
    """Seconds of one command. Raises SystemExit with what it said when it fails."""
    started = time.monotonic()
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True)
    if done.returncode:
        raise SystemExit(f"{' '.join(command)}\n{done.stderr[-2000:]}")
    return time.monotonic() - started


def commands(args: argparse.Namespace, halves: Halves, seed: int, folder: Path) -> Iterator[tuple[str, list[str]]]:
    """(maker, command that writes the synthetic table) of everything that is to be run."""
    train, made = str(halves.train), str(halves.made)
    rows = str(len(pd.read_csv(halves.train, usecols=[0])))
    for method in args.methods.split(","):
        yield method, [
            sys.executable, "-m", "engine", "generate", train, "--out", made, "--method", method,
            "--rows", rows, "--seed", str(seed), "--holdout", "0",
        ]  # fmt: skip
    if seed == int(args.seeds.split(",")[0]):  # makers without a seed of their own run once
        for name, script in (entry.split("=", 1) for entry in args.script or []):
            yield name, [args.score_python, script, train, made]
        for name, python in (entry.split("=", 1) for entry in args.peer or []):
            script = folder / f"{name}.py"
            script.write_text(PEERS[name])
            yield name, [python, str(script), train, made]


def scored(args: argparse.Namespace, halves: Halves) -> dict[str, float]:
    files = [str(halves.train), str(halves.made), str(halves.holdout)]
    done = subprocess.run(
        [args.score_python, args.score, *files, halves.target], capture_output=True, text=True, check=True
    )
    found: dict[str, float] = json.loads(done.stdout.strip().splitlines()[-1])
    return found


def lines(results: list[Result]) -> Iterator[str]:
    """The table in Markdown; times as ratios to the first maker of each table."""
    yield "| table | maker | seconds | times the first | " + " | ".join(FIGURES) + " |"
    yield "|" + "---|" * (4 + len(FIGURES))
    first: dict[str, float] = {}
    for result in results:
        seconds = sum(result.seconds) / len(result.seconds)
        ratio = seconds / first.setdefault(result.table, seconds)
        figures = " | ".join(f"{result.mean(name):.3f}" for name in FIGURES)
        yield f"| {result.table} | {result.maker} | {seconds:.1f} | {ratio:.2f} | {figures} |"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--score", required=True, help="script that prints figures as one JSON line")
    parser.add_argument("--score-python", default=sys.executable, help="interpreter for the score and for scripts")
    parser.add_argument("--tables", default="census,airbnb")
    parser.add_argument("--methods", default="cascade,forest,copula,marginals")
    parser.add_argument("--seeds", default="0")
    parser.add_argument("--script", action="append", metavar="NAME=SCRIPT")
    parser.add_argument("--peer", action="append", metavar="NAME=PYTHON", help=f"NAME is one of {', '.join(PEERS)}")
    parser.add_argument("--folder", type=Path, help="where tables are kept (default: a temporary folder)")
    args = parser.parse_args()
    results: dict[tuple[str, str], Result] = {}
    with tempfile.TemporaryDirectory() as temporary:
        folder = args.folder or Path(temporary)
        for key in args.tables.split(","):
            halves = Halves(key, folder)
            for seed in map(int, args.seeds.split(",")):
                for maker, command in commands(args, halves, seed, folder):
                    try:
                        seconds = timed(command)
                    except SystemExit as error:  # a peer that cannot run is told, the others go on
                        print(key, maker, "failed:", error, file=sys.stderr, flush=True)
                        continue
                    figures = scored(args, halves)
                    results.setdefault((key, maker), Result(key, maker)).add(seconds, figures)
                    print(key, maker, seed, f"{seconds:.1f} s", json.dumps(figures), file=sys.stderr, flush=True)
    print("\n".join(lines(list(results.values()))))
    peak = resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss / 1000
    print(f"\nLargest process of all: {peak:.0f} MB.")


if __name__ == "__main__":
    main()
