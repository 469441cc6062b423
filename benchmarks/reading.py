"""CPU seconds to read 100,000 rows of 20 columns, beside the plain fast path and pandas in the same process.

    python benchmarks/reading.py [--rows 100000] [--columns 20] [--repeat 3] [--memory 200]

The plain fast path is Arrow's reader with all columns as text, into a pandas frame, told the dialect, the encoding and
where the table begins: no proof that the file is clean, no finding out. Each file is read a few times by either, in
turn, and the least time counts. "plain" reads the same file (the clean one in place of a faulty one, which it cannot
read); files in other encodings are decoded for it, once counted and once beforehand (in brackets). The figures to watch
are the ratios, since seconds depend on the machine. --memory N instead reads files of about N megabytes, each in a
process of its own, and gives the peak of its memory beside the size of the file.
"""

from __future__ import annotations

import argparse
import csv
import io
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.csv as arrow_csv

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


@dataclass(frozen=True)
class File:
    """A file, and what the plain path is told of it."""

    name: str
    data: bytes
    delimiter: str = ","
    encoding: str = "utf-8"
    above: int = 0  # lines above the names
    faulty: bool = False


def files(table: pd.DataFrame) -> Iterator[File]:
    """The same table as a clean file, in other dialects and encodings, and with faults."""
    clean = table.to_csv(index=False)
    lines = clean.split("\n")
    windows = table.to_csv(index=False, sep=";", lineterminator="\r\n")
    yield File("clean", clean.encode())
    yield File("everything quoted", table.to_csv(index=False, quoting=csv.QUOTE_ALL).encode())
    yield File("semicolons, CRLF", windows.encode(), delimiter=";")
    yield File("UTF-16", clean.encode("utf-16"), encoding="utf-16")
    yield File("Windows-1252", clean.replace("alpha", "Älpha €").encode("cp1252"), encoding="cp1252")
    yield File("preamble of three lines", ("Report\nmade by hand\n\n" + clean).encode(), above=3)
    ragged = "\n".join([*lines[:-9], lines[-9] + ",x", *lines[-8:]])
    yield File("one row with a field too many", ragged.encode(), faulty=True)
    cut = "\n".join(_cut(line, i) for i, line in enumerate(lines))
    yield File("one row in a hundred cut short", cut.encode(), faulty=True)


def _cut(line: str, index: int) -> str:
    return line.rsplit(",", 1)[0] if index % 100 == 99 else line


def decoded(file: File) -> bytes:
    return file.data if file.encoding == "utf-8" else file.data.decode(file.encoding).encode()


def plain(data: bytes, file: File) -> pd.DataFrame:
    """The plain fast path, on the file's bytes as UTF-8."""
    head = data.split(b"\n", file.above + 1)[file.above].decode()
    names = head.replace('"', "").strip().split(file.delimiter)
    types = dict.fromkeys(names, pa.string())
    read = arrow_csv.ReadOptions(skip_rows=file.above)
    parse = arrow_csv.ParseOptions(delimiter=file.delimiter)
    convert = arrow_csv.ConvertOptions(column_types=types, strings_can_be_null=True, null_values=[""])
    return arrow_csv.read_csv(pa.BufferReader(data), read, parse, convert).to_pandas()


def seconds(action: Callable[[], object]) -> float:
    start = time.process_time()
    action()
    return time.process_time() - start


def measure_time(rows: int, columns: int, repeat: int) -> None:
    table = mixed_table(rows, columns)
    made = list(files(table))
    clean = made[0]
    read_table(clean.data[:10_000].rsplit(b"\n", 1)[0])  # imports are not what is measured
    print(f"{rows:,} rows x {columns} columns, {len(clean.data) / 1e6:.1f} MB; CPU seconds, best of {repeat}")
    print(f"{'file':34} {'seconds':>8} {'plain':>8} {'to plain':>15} {'pandas, all text':>18} {'to it':>6}")
    for file in made:
        peer = clean if file.faulty else file
        text = decoded(peer)
        actions: list[Callable[[], object]] = [
            lambda file=file: read_table(file.data),  # type: ignore[misc]
            lambda peer=peer: plain(decoded(peer), peer),  # type: ignore[misc]
            lambda peer=peer, text=text: plain(text, peer),  # type: ignore[misc]
            lambda peer=peer: _pandas(peer),  # type: ignore[misc]
        ]
        ours, own, bare, pandas = map(min, zip(*([seconds(a) for a in actions] for _ in range(repeat)), strict=True))
        second = f" ({ours / bare:.2f})" if file.encoding != "utf-8" else ""
        ratio = f"{ours / own:.2f}{second}"
        print(f"{file.name:34} {ours:8.2f} {own:8.2f} {ratio:>15} {pandas:18.2f} {ours / pandas:6.2f}")


def _pandas(file: File) -> pd.DataFrame:
    return pd.read_csv(
        io.BytesIO(file.data),
        sep=file.delimiter,
        encoding=file.encoding,
        skiprows=file.above,
        dtype=str,
        keep_default_na=False,
    )


_PEAK = """
import sys
from engine.table.read import read_table
import pandas as pd
def peak():
    lines = open("/proc/self/status").read().splitlines()
    return next(int(line.split()[1]) / 1024 for line in lines if line.startswith("VmHWM"))
before = peak()
if sys.argv[2] == "ours":
    read_table(sys.argv[1])
else:
    pd.read_csv(sys.argv[1], dtype=str, keep_default_na=False)
print(before, peak())
"""


def measure_memory(megabytes: int, columns: int) -> None:
    """Peak memory by Linux's count, which includes the bytes of the file."""
    table = mixed_table(20_000, columns)
    header, body = table.to_csv(index=False).encode().split(b"\n", 1)
    lines = body.split(b"\n")
    ragged = b"\n".join([*lines[:50], lines[50] + b",x", *lines[51:]])
    times = megabytes * 1_000_000 // len(body)
    root = Path(__file__).resolve().parent.parent
    print(f"{'file':34} {'MB':>6} {'reader':>20} {'peak MB':>8} {'before':>7} {'more, to size':>14}")
    with tempfile.TemporaryDirectory() as folder:
        for name, first in (("clean", body), ("one row with a field too many", ragged)):
            path = Path(folder) / "table.csv"
            path.write_bytes(header + b"\n" + first + body * (times - 1))
            for reader in ("ours", "pandas, all text"):
                command = [sys.executable, "-c", _PEAK, str(path), reader]
                said = subprocess.run(command, cwd=root, capture_output=True, text=True, check=False)
                size = path.stat().st_size / 1e6
                if said.returncode:
                    print(f"{name:34} {size:6.0f} {reader:>20} {'cannot read it':>8}")
                    continue
                before, peak = map(float, said.stdout.split())
                ratio = (peak - before) * 1.048576 / size
                print(f"{name:34} {size:6.0f} {reader:>20} {peak:8.0f} {before:7.0f} {ratio:14.1f}")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rows", type=int, default=100_000)
    parser.add_argument("--columns", type=int, default=20)
    parser.add_argument("--repeat", type=int, default=3)
    parser.add_argument("--memory", type=int, metavar="MB", help="measure memory on files of about so many megabytes")
    args = parser.parse_args()
    if args.memory:
        measure_memory(args.memory, args.columns)
    else:
        measure_time(args.rows, args.columns, args.repeat)


if __name__ == "__main__":
    main()
