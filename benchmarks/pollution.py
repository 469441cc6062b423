"""Clean tables with one fault each, at every place: how many are still read rightly?

    python benchmarks/pollution.py [--rows 20] [--every 1] [--show 3] [--peers] [--markdown]

Right: names and all cells as they should be, and where lines were left out, it is told. Told: only the rows that the
fault touches differ, and their lines, no others, are named by a finding (repaired or to be looked at). Wrong: anything
else. With --peers other readers get the same files, with their defaults. The corpus is our own, so it shows where we
stand, not who is best.
"""

from __future__ import annotations

import argparse
import io
import sys
import tempfile
from collections import Counter, defaultdict
from collections.abc import Callable, Iterator
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

import pandas as pd

from benchmarks.polluted_files import ROW_FAULTS, Polluted, Table, tables
from benchmarks.polluted_layouts import LAYOUT_FAULTS
from engine.errors import TwinError
from engine.table.findings import Severity
from engine.table.read import Reading, read_table

FAULTS = (*ROW_FAULTS, *LAYOUT_FAULTS)
_MOST_NAMES_LOST = 2  # by a fault in the header, where a delimiter is missing or too many


def corpus(rows: int = 20, every: int = 1) -> Iterator[tuple[Table, Polluted]]:
    """All files, or of each kind and table every so-manieth, beginning with another one for each table."""
    for place, table in enumerate(tables(rows)):
        for fault in FAULTS:
            files = list(fault(table))
            for index in range(place * 5 % min(every, len(files) or 1), len(files), every):
                yield table, files[index]


def judge(polluted: Polluted) -> str:
    """ "right", "told" or "wrong: why"."""
    try:
        reading = read_table(polluted.data, name="table.csv")
    except TwinError as error:
        return f"wrong: {error}"
    return _judge_reading(polluted, reading)


def _judge_reading(polluted: Polluted, reading: Reading) -> str:
    told = {f.row for f in reading.findings if f.row is not None and f.severity != Severity.INFO}
    named = {f.row for f in reading.findings if f.row is not None}
    names, got = list(reading.frame.columns), reading.frame.fillna("").to_numpy().tolist()
    if strange := told - polluted.lines:
        return f"wrong: lines {sorted(strange)} are said to be faulty"
    if names == polluted.header and got == polluted.rows:
        return "wrong: lines left out without a word" if polluted.aside and not named & polluted.lines else "right"
    if not told:
        return f"wrong: {names if names != polluted.header else 'rows'} differ and no finding says so"
    if names != polluted.header and not _names_may_differ(polluted, names):
        return f"wrong: names {names}"
    return "told" if _others_are_right(polluted, got) else "wrong: other rows differ"


def _names_may_differ(polluted: Polluted, names: list[str]) -> bool:
    """Whether the fault is in the header, and takes no more names than it must."""
    return polluted.first < 0 and len(Counter(polluted.header) - Counter(names)) <= _MOST_NAMES_LOST


def _others_are_right(polluted: Polluted, got: list[list[str]]) -> bool:
    """Whether all rows before and behind those that the fault touches came out, in order."""
    first, last = max(polluted.first, 0), max(polluted.last, 0)
    before, behind = polluted.rows[:first], polluted.rows[last:]
    between = len(got) - len(before) - len(behind)
    if not 0 <= between <= max(len(polluted.lines), last - first):
        return False
    return got[:first] == before and got[len(got) - len(behind) :] == behind


def pandas_right(polluted: Polluted) -> bool:
    """Whether pandas with its defaults gives names and cells as they should be."""
    try:
        frame = pd.read_csv(io.BytesIO(polluted.data), dtype=str, keep_default_na=False)
    except (ValueError, pd.errors.ParserError, UnicodeError, LookupError):
        return False
    return list(frame.columns) == polluted.header and frame.to_numpy().tolist() == polluted.rows


def clevercsv_right(polluted: Polluted) -> bool:
    import clevercsv

    text = polluted.data.decode("utf-8", "replace")
    try:
        dialect = clevercsv.Sniffer().sniff(text)
        if dialect is None:
            return False
        rows = list(clevercsv.reader(io.StringIO(text, newline=""), dialect))
    except (clevercsv.Error, ValueError, TypeError):
        return False
    return rows == [polluted.header, *polluted.rows]


def duckdb_right(polluted: Polluted) -> bool:
    import duckdb

    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "table.csv"
        path.write_bytes(polluted.data)
        try:
            relation = duckdb.read_csv(str(path), all_varchar=True)
            rows = [["" if v is None else v for v in row] for row in relation.fetchall()]
        except (duckdb.Error, UnicodeDecodeError):
            return False
        return list(relation.columns) == polluted.header and rows == polluted.rows


PEERS: dict[str, Callable[[Polluted], bool]] = {
    "pandas": pandas_right,
    "CleverCSV": clevercsv_right,
    "DuckDB": duckdb_right,
}


def count_verdicts(rows: int, every: int, show: int, peers: list[str]) -> dict[str, Counter[str]]:
    """By kind of fault how many files were right, told, wrong, and right for each peer; prints wrong ones."""
    counts: dict[str, Counter[str]] = defaultdict(Counter)
    for table, polluted in corpus(rows, every):
        verdict = judge(polluted)
        count = counts[polluted.fault]
        count[verdict.split(":")[0]] += 1
        count["files"] += 1
        for name in peers:
            count[name] += PEERS[name](polluted)
        if verdict.startswith("wrong") and count["wrong"] <= show:
            print(f"--- {polluted.fault} | {table.name} | lines {sorted(polluted.lines)} | {verdict}")
            print(polluted.data[:600].decode("utf-8", "replace"))
    return counts


def report(counts: dict[str, Counter[str]], peers: list[str], markdown: bool) -> Iterator[str]:
    """A line per kind of fault, all files, and the mean of the kinds."""
    titles = ["right", "told", "wrong", *peers]
    shares = {fault: [count[t] / count["files"] for t in titles] for fault, count in counts.items()}
    whole = sum(counts.values(), Counter())
    means = [sum(column) / len(shares) for column in zip(*shares.values(), strict=True)]
    rows = [(fault, f"{counts[fault]['files']:,}", values) for fault, values in shares.items()]
    rows += [("all files", f"{whole['files']:,}", [whole[t] / whole["files"] for t in titles])]
    rows += [("mean of the kinds", "", means)]
    if markdown:
        yield f"| fault | files | {' | '.join(titles)} |\n|{'---|' * (len(titles) + 2)}"
        yield from (f"| {fault} | {files} | {' | '.join(f'{v:.1%}' for v in vs)} |" for fault, files, vs in rows)
        return
    yield f"{'fault':44} {'files':>6} {' '.join(f'{t:>9}' for t in titles)}"
    yield from (f"{fault:44} {files:>6} {' '.join(f'{v:9.1%}' for v in vs)}" for fault, files, vs in rows)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rows", type=int, default=20)
    parser.add_argument("--every", type=int, default=1)
    parser.add_argument("--show", type=int, default=0, help="print so many wrong files per fault")
    parser.add_argument("--peers", action="store_true", help="let pandas, CleverCSV and DuckDB read the files too")
    parser.add_argument("--markdown", action="store_true", help="print the table as docs/reading.md has it")
    args = parser.parse_args()
    peers = list(PEERS) if args.peers else []
    for line in report(count_verdicts(args.rows, args.every, args.show, peers), peers, args.markdown):
        print(line)


if __name__ == "__main__":
    main()
