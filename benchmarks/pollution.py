"""Clean tables with one fault each, at every place: how many are still read rightly?

    python benchmarks/pollution.py [--rows 20] [--every 1] [--show 3] [--peers]

A file counts as right when names and all cells come out as before the fault; as told when only rows with a finding of
their own (repaired or to be looked at) differ; as wrong otherwise. With --peers other readers get the same files, with
their defaults. The corpus is our own, so it shows where we stand, not who is best.
"""

from __future__ import annotations

import argparse
import csv
import io
import sys
import tempfile
from collections import Counter, defaultdict
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

import pandas as pd

from engine.errors import TwinError
from engine.table.findings import Severity
from engine.table.read import Reading, read_table

SAMPLES = Path(__file__).resolve().parent.parent / "assets" / "samples"
Rows = list[list[str]]


@dataclass(frozen=True)
class Table:
    name: str
    header: list[str]
    rows: Rows


@dataclass(frozen=True)
class Polluted:
    """A file with one fault, what should come out, and the lines (from 1) that the fault touches."""

    fault: str
    data: bytes
    header: list[str]
    rows: Rows
    lines: frozenset[int] = field(default_factory=frozenset)


def tables(rows: int) -> list[Table]:
    """The first rows of the sample tables, and two small ones with text, quotes and few columns."""
    found = []
    for path in sorted(SAMPLES.glob("*.csv*")):
        frame = pd.read_csv(path, dtype=str, keep_default_na=False, nrows=rows)
        found.append(Table(path.name.split(".")[0], list(frame.columns), frame.to_numpy().tolist()))
    cities = ["Berlin", "São Paulo", "New York", "Kraków", "Tōkyō"]
    people = [[f"P{i:03d}", f"Name {i}", cities[i % 5], f"{20 + i % 50}", f"{i * 1.25:.2f}"] for i in range(rows)]
    found.append(Table("people", ["id", "name", "city", "age", "score"], people))
    notes = [[f"2024-01-{i % 28 + 1:02d}", f"Met, talked and left at {i}:30", str(i)] for i in range(rows)]
    found.append(Table("notes", ["date", "note", "count"], notes))
    return found


def render(table: Sequence[Sequence[str]], delimiter: str = ",", quote: str = '"', end: str = "\n") -> list[str]:
    """Lines of a clean file, quoted where needed."""
    lines = []
    for row in table:
        out = io.StringIO()
        csv.writer(out, delimiter=delimiter, quotechar=quote, lineterminator="").writerow(row)
        lines.append(out.getvalue() + end)
    return lines


def _file(fault: str, lines: Sequence[str], table: Table, touched: Sequence[int] = ()) -> Polluted:
    return Polluted(fault, "".join(lines).encode(), table.header, table.rows, frozenset(touched))


def _clean(table: Table) -> list[str]:
    return render([table.header, *table.rows])


def _with_row(table: Table, row: int, line: str) -> list[str]:
    lines = _clean(table)
    lines[row + 1] = line
    return lines


def extra_delimiter(table: Table) -> Iterator[Polluted]:
    for r, row in enumerate(table.rows):
        for c in range(len(row) + 1):
            cells = render([row[:c]])[0].rstrip("\n") if c else ""
            rest = render([row[c:]])[0].rstrip("\n") if c < len(row) else ""
            line = f"{cells},,{rest}" if c and c < len(row) else (f",{rest}" if not c else f"{cells},")
            yield _file("extra delimiter", _with_row(table, r, line + "\n"), table, [r + 2])


def missing_delimiter(table: Table) -> Iterator[Polluted]:
    for r, row in enumerate(table.rows):
        for c in range(len(row) - 1):
            fused = [*row[:c], row[c] + row[c + 1], *row[c + 2 :]]
            yield _file("missing delimiter", _with_row(table, r, render([fused])[0]), table, [r + 2])


def unquoted_delimiter(table: Table) -> Iterator[Polluted]:
    """A delimiter inside a cell that nobody quoted: the cell should come back whole."""
    for r, row in enumerate(table.rows):
        for c, cell in enumerate(row):
            if not cell.isalpha() or len(cell) < 4:
                continue
            mended = [*row[:c], f"{cell[:2]}, {cell[2:]}", *row[c + 1 :]]
            line = ",".join(render([[v]])[0].strip() if i != c else v for i, v in enumerate(mended)) + "\n"
            changed = Table(table.name, table.header, [*table.rows[:r], mended, *table.rows[r + 1 :]])
            yield _file("unquoted delimiter in a cell", _with_row(table, r, line), changed, [r + 2])


def stray_quote(table: Table) -> Iterator[Polluted]:
    for r, row in enumerate(table.rows):
        for c, cell in enumerate(row):
            for place in sorted({0, len(cell) // 2, len(cell)}):
                cells = render([[v] for v in row])
                cells = [v.rstrip("\n") if v.strip() != '""' else "" for v in cells]
                cells[c] = cell[:place] + '"' + cell[place:]
                yield _file("stray quote", _with_row(table, r, ",".join(cells) + "\n"), table, [r + 2])


def other_delimiter_in_row(table: Table) -> Iterator[Polluted]:
    for r, row in enumerate(table.rows):
        for mark in (";", "\t", "|"):
            yield _file("other delimiter in one row", _with_row(table, r, render([row], mark)[0]), table, [r + 2])


def other_line_end_in_row(table: Table) -> Iterator[Polluted]:
    for r, row in enumerate(table.rows):
        for end in ("\r", "\r\n", "\n\n"):
            yield _file("other line end in one row", _with_row(table, r, render([row], end=end)[0]), table, [r + 2])


def broken_row(table: Table) -> Iterator[Polluted]:
    for r, row in enumerate(table.rows):
        for c in range(1, len(row)):
            first, second = render([row[:c]])[0], render([row[c:]])[0]
            line = first.rstrip("\n") + ",\n" + second
            yield _file("row broken after a delimiter", _with_row(table, r, line), table, [r + 2, r + 3])


def short_row(table: Table) -> Iterator[Polluted]:
    for r, row in enumerate(table.rows):
        for keep in range(1, len(row)):
            changed = [*row[:keep], *[""] * (len(row) - keep)]
            expected = Table(table.name, table.header, [*table.rows[:r], changed, *table.rows[r + 1 :]])
            yield _file("row cut short", _with_row(table, r, render([row[:keep]])[0]), expected, [r + 2])


def escaped_quote(table: Table) -> Iterator[Polluted]:
    """A backslash before a quote, in one row of a file that doubles quotes elsewhere."""
    for r, row in enumerate(table.rows):
        for c, cell in enumerate(row):
            if not cell.replace(" ", "").isalpha():
                continue
            cells = [v.rstrip("\n") if v.strip() != '""' else "" for v in render([[v] for v in row])]
            cells[c] = f'"{cell} \\"x, y\\""'
            changed = [*row[:c], f'{cell} "x, y"', *row[c + 1 :]]
            expected = Table(table.name, table.header, [*table.rows[:r], changed, *table.rows[r + 1 :]])
            yield _file("backslash before a quote", _with_row(table, r, ",".join(cells) + "\n"), expected, [r + 2])


def preamble(table: Table) -> Iterator[Polluted]:
    texts = [
        "Report",
        "Made by: the office, 2024",
        "",
        "# a comment",
        "All figures in euro; see below",
        "Seite 1, von 3, Stand",
    ]
    for count in range(1, len(texts) + 1):
        yield _file("preamble", [*(t + "\n" for t in texts[:count]), *_clean(table)], table)
        yield _file("preamble", [*(t + "\n" for t in texts[:count]), "\n", *_clean(table)], table)
    yield _file("preamble", ["Report" + "," * (len(table.header) - 1) + "\n", *_clean(table)], table, [1])


def footer(table: Table) -> Iterator[Polluted]:
    texts = ["Source: the office", "Total,,", "(20 rows)", "* provisional", "End of file", "Copyright 2024, the office"]
    for text in texts:
        for gap in ("", "\n"):
            yield _file(
                "footer", [*_clean(table), gap, text + "\n"], table, range(len(table.rows) + 2, len(table.rows) + 5)
            )


def comments(table: Table) -> Iterator[Polluted]:
    for r in range(len(table.rows)):
        lines = _clean(table)
        lines.insert(r + 1, "# checked by hand\n")
        yield _file("comment between rows", lines, table)


def two_headers(table: Table) -> Iterator[Polluted]:
    units = [f"unit {i}" for i in range(len(table.header))]
    joined = [f"{a} / {b}" for a, b in zip(table.header, units, strict=True)]
    yield _file("two header rows", render([table.header, units, *table.rows]), Table(table.name, joined, table.rows))
    if len(table.header) > 3:
        groups = ["A", *[""] * (len(table.header) // 2), "B"]
        groups += [""] * (len(table.header) - len(groups))
        carried = ["A"] * (len(table.header) // 2 + 1)
        carried += ["B"] * (len(table.header) - len(carried))
        joined = [f"{a} / {b}" for a, b in zip(carried, table.header, strict=True)]
        yield _file(
            "two header rows", render([groups, table.header, *table.rows]), Table(table.name, joined, table.rows)
        )


def no_header(table: Table) -> Iterator[Polluted]:
    names = [f"column_{i}" for i in range(1, len(table.header) + 1)]
    yield _file("no header", render(table.rows), Table(table.name, names, table.rows))


def repeated_header(table: Table) -> Iterator[Polluted]:
    for r in range(1, len(table.rows)):
        lines = _clean(table)
        lines.insert(r + 1, lines[0])
        yield _file("header repeated", lines, table)


def second_table(table: Table) -> Iterator[Polluted]:
    other = ["\n", "key,value\n", *(f"k{i},{i}\n" for i in range(5))]
    touched = range(len(table.rows) + 2, len(table.rows) + 9)
    if len(table.header) > 2:
        yield _file("second table below", [*_clean(table), *other], table, touched)
        yield _file("second table below", [*_clean(table), "\n", *other], table, touched)


def blank_lines(table: Table) -> Iterator[Polluted]:
    for r in range(len(table.rows) + 1):
        lines = _clean(table)
        lines.insert(r + 1, "\n")
        yield _file("blank line", lines, table)
    yield _file("blank line", [*_clean(table), "\n", "\n", "\n"], table)
    yield _file("blank line", [*_clean(table), *["," * (len(table.header) - 1) + "\n"] * 3], table)
    yield _file("blank line", ["\n", "\n", *_clean(table)], table)


def whole_dialect(table: Table) -> Iterator[Polluted]:
    every = [table.header, *table.rows]
    for mark in (",", ";", "\t", "|", "^", "~"):
        for end in ("\n", "\r\n", "\r"):
            yield _file("delimiter, quote, line end of the file", render(every, mark, end=end), table)
            yield _file("delimiter, quote, line end of the file", render(every, mark, "'", end), table)
    for mark in ("||", "::", ", ", "~|~", " | "):
        lines = [mark.join(f'"{v}"' if mark.strip(" ") in v or "," in v else v for v in row) + "\n" for row in every]
        yield _file("delimiter of several characters", lines, table)
    lines = [",".join('"' + v.replace('"', '""') + '"' for v in row) + "\n" for row in every]
    yield Polluted("everything quoted", "".join(lines).encode(), table.header, table.rows)
    yield _file(
        "trailing delimiter in every row",
        [",".join(render([row])[0].rstrip("\n") for row in [r]) + ",\n" for r in every],
        table,
    )


def encodings(table: Table) -> Iterator[Polluted]:
    lines = "".join(_clean(table))
    for name in (
        "utf-8",
        "utf-8-sig",
        "utf-16",
        "utf-16-le",
        "utf-16-be",
        "cp1252",
        "latin-1",
        "cp932",
        "cp1250",
        "utf-32",
    ):
        try:
            data = lines.encode(name)
        except UnicodeEncodeError:
            continue
        yield Polluted("encoding", data, table.header, table.rows)
    yield Polluted(
        "NUL characters", lines.replace(table.rows[0][0], table.rows[0][0] + "\0").encode(), table.header, table.rows
    )


FAULTS: tuple[Callable[[Table], Iterator[Polluted]], ...] = (
    extra_delimiter,
    missing_delimiter,
    unquoted_delimiter,
    stray_quote,
    other_delimiter_in_row,
    other_line_end_in_row,
    broken_row,
    short_row,
    escaped_quote,
    preamble,
    footer,
    comments,
    two_headers,
    no_header,
    repeated_header,
    second_table,
    blank_lines,
    whole_dialect,
    encodings,
)


def corpus(rows: int = 20, every: int = 1) -> Iterator[tuple[Table, Polluted]]:
    """All files, or of each kind and table only every so-manieth."""
    for table in tables(rows):
        for fault in FAULTS:
            for index, polluted in enumerate(fault(table)):
                if index % every == 0:
                    yield table, polluted


def judge(polluted: Polluted) -> str:
    """ "right", "told" or "wrong: why"."""
    try:
        reading = read_table(polluted.data, name="table.csv")
    except TwinError as error:
        return f"wrong: {error}"
    return _judge_frame(polluted, reading)


def _judge_frame(polluted: Polluted, reading: Reading) -> str:
    if list(reading.frame.columns) != polluted.header:
        return f"wrong: names {list(reading.frame.columns)}"
    got = reading.frame.fillna("").to_numpy().tolist()
    if got == polluted.rows:
        return "right"
    told = {f.row for f in reading.findings if f.row is not None and f.severity != Severity.INFO}
    if not polluted.lines & told:
        return "wrong: rows differ and no finding says so"
    rest = Counter(map(tuple, got))
    rest.subtract(Counter(map(tuple, polluted.rows)))
    strange = sum(abs(n) for n in rest.values())
    return "told" if strange <= 2 * len(polluted.lines) else f"wrong: {strange} rows differ"


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


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rows", type=int, default=20)
    parser.add_argument("--every", type=int, default=1)
    parser.add_argument("--show", type=int, default=0, help="print so many wrong files per fault")
    parser.add_argument("--peers", action="store_true", help="let pandas, CleverCSV and DuckDB read the files too")
    args = parser.parse_args()
    counts: dict[str, Counter[str]] = defaultdict(Counter)
    for table, polluted in corpus(args.rows, args.every):
        verdict = judge(polluted)
        count = counts[polluted.fault]
        count[verdict.split(":")[0]] += 1
        for name in PEERS if args.peers else ():
            count[name] += PEERS[name](polluted)
        if verdict.startswith("wrong") and count["wrong"] <= args.show:
            print(f"--- {polluted.fault} | {table.name} | lines {sorted(polluted.lines)} | {verdict}")
            print(polluted.data[:600].decode("utf-8", "replace"))
    peers = list(PEERS) if args.peers else []
    print(f"{'fault':40} {'files':>6} {'right':>7} {'told':>7} {'wrong':>7}  {' '.join(f'{p:>10}' for p in peers)}")
    for fault, count in [*counts.items(), ("all", sum(counts.values(), Counter()))]:
        files = count["right"] + count["told"] + count["wrong"]
        shares = " ".join(f"{count[k] / files:7.1%}" for k in ("right", "told", "wrong"))
        print(f"{fault:40} {files:6} {shares}  {' '.join(f'{count[p] / files:10.1%}' for p in peers)}")


if __name__ == "__main__":
    main()
