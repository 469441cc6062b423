"""Seconds to read 100,000 rows of 20 columns, beside pandas in the same run.

    python benchmarks/reading.py [--rows 100000] [--columns 20] [--repeat 3]

The figure to watch is the ratio to `pandas.read_csv`, since seconds depend on the machine. Each file is read a few
times by either, in turn, and the fastest time counts.
"""

from __future__ import annotations

import argparse
import csv
import io
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

import numpy as np
import pandas as pd

from engine.table.read import read_table


def mixed_table(rows: int, columns: int) -> pd.DataFrame:
    """Decimals, integers, labels with commas, and moments, in turn."""
    rng = np.random.default_rng(0)
    makers: list[Callable[[], object]] = [
        lambda: rng.normal(size=rows).round(3),
        lambda: rng.integers(0, 1000, rows),
        lambda: rng.choice(["alpha", "beta", "gamma, delta"], rows),
        lambda: pd.date_range("2020-01-01", periods=rows, freq="min").strftime("%Y-%m-%d %H:%M"),
    ]
    return pd.DataFrame({f"column_{i}": makers[i % len(makers)]() for i in range(columns)})


def files(table: pd.DataFrame) -> Iterator[tuple[str, bytes]]:
    """The same table as a clean file, in other dialects and encodings, and with faults."""
    clean = table.to_csv(index=False)
    lines = clean.split("\n")
    yield "clean", clean.encode()
    yield "everything quoted", table.to_csv(index=False, quoting=csv.QUOTE_ALL).encode()
    yield "semicolons, CRLF", table.to_csv(index=False, sep=";", lineterminator="\r\n").encode()
    yield "UTF-16", clean.encode("utf-16")
    yield "Windows-1252", clean.replace("alpha", "Älpha €").encode("cp1252")
    yield "preamble of three lines", ("Report\nmade by hand\n\n" + clean).encode()
    yield "one row with a field too many", "\n".join([*lines[:-9], lines[-9] + ",x", *lines[-8:]]).encode()
    yield "one row in a hundred cut short", "\n".join(_cut(line, i) for i, line in enumerate(lines)).encode()


def _cut(line: str, index: int) -> str:
    return line.rsplit(",", 1)[0] if index % 100 == 99 else line


def seconds(action: Callable[[], object]) -> float:
    start = time.perf_counter()
    action()
    return time.perf_counter() - start


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rows", type=int, default=100_000)
    parser.add_argument("--columns", type=int, default=20)
    parser.add_argument("--repeat", type=int, default=3)
    args = parser.parse_args()
    table = mixed_table(args.rows, args.columns)
    clean = table.to_csv(index=False).encode()
    read_table(clean[:10_000].rsplit(b"\n", 1)[0])  # imports are not what is measured
    ours: dict[str, list[float]] = {}
    typed: list[float] = []
    text: list[float] = []
    for _ in range(args.repeat):
        typed.append(seconds(lambda: pd.read_csv(io.BytesIO(clean))))
        text.append(seconds(lambda: pd.read_csv(io.BytesIO(clean), dtype=str, keep_default_na=False)))
        for name, data in files(table):
            ours.setdefault(name, []).append(seconds(lambda data=data: read_table(data)))  # type: ignore[misc]
    print(f"{args.rows:,} rows x {args.columns} columns, {len(clean) / 1e6:.1f} MB; best of {args.repeat}")
    print(f"{'file':34} {'seconds':>8} {'to pandas':>10} {'to pandas, all text':>20}")
    for name, times in {"(pandas)": typed, "(pandas, all text)": text, **ours}.items():
        best = min(times)
        print(f"{name:34} {best:8.2f} {best / min(typed):10.2f} {best / min(text):20.2f}")


if __name__ == "__main__":
    main()
