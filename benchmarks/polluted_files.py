"""Clean tables, and files made of them with one fault each, at every row (the header's too) and every column.

The kinds of fault are those of studies on polluted CSV files (Vitagliano et al., "Pollock: A Data Loading Benchmark",
PVLDB 16(8), 2023) and some met in practice. Each file says what should come out and which lines its fault touches.
"""

from __future__ import annotations

import csv
import io
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import pandas as pd

SAMPLES = Path(__file__).resolve().parent.parent / "assets" / "samples"
Rows = list[list[str]]


@dataclass(frozen=True)
class Table:
    """A clean table of texts; no cell has a line end, so row r (from 0) stands in line r + 2 of its clean file."""

    name: str
    header: list[str]
    rows: Rows
    delimiter: str = ","

    @property
    def all(self) -> Rows:
        return [self.header, *self.rows]

    def lines(self) -> list[str]:
        """The lines of its clean file."""
        return [self.line(row) for row in self.all]

    def line(self, row: Sequence[str]) -> str:
        return render(row, self.delimiter) + "\n"

    def cells(self, row: Sequence[str]) -> list[str]:
        """The cells as its file has them, with quotes where needed."""
        return [render([cell], self.delimiter) if cell else "" for cell in row]

    def having(self, row: int, cells: Sequence[str]) -> Table:
        """The same with another row, -1 for the header."""
        if row < 0:
            return replace(self, header=list(cells))
        return replace(self, rows=[*self.rows[:row], list(cells), *self.rows[row + 1 :]])


@dataclass(frozen=True)
class Polluted:
    """A file with one fault.

    header, rows: what should come out; lines: those (from 1) that the fault touches; rows first to last - 1 (from 0,
    -1 for the header) are touched by it; aside: the lines are no part of the table, and it must be told that they were
    left out.
    """

    fault: str
    data: bytes
    header: list[str]
    rows: Rows
    lines: frozenset[int] = frozenset()
    first: int = 0
    last: int = 0
    aside: bool = False


def render(row: Sequence[str], delimiter: str = ",", quote: str = '"') -> str:
    """One line without its end, quoted where needed."""
    out = io.StringIO()
    csv.writer(out, delimiter=delimiter, quotechar=quote, lineterminator="").writerow(row)
    return out.getvalue()


def tables(rows: int) -> list[Table]:
    """The first rows of the sample tables, and small ones: text with commas, two columns, decimal commas, keys."""
    found = []
    for path in sorted(SAMPLES.glob("*.csv*")):
        frame = pd.read_csv(path, dtype=str, keep_default_na=False, nrows=rows)
        found.append(Table(path.name.split(".")[0], list(frame.columns), frame.to_numpy().tolist()))
    cities = ["Berlin", "São Paulo", "New York", "Kraków", "Tōkyō"]
    people = [[f"P{i:03d}", f"Name {i}", cities[i % 5], f"{20 + i % 50}", f"{i * 1.25:.2f}"] for i in range(rows)]
    notes = [[f"2024-01-{i % 28 + 1:02d}", f"Met, talked and left at {i}:30", str(i)] for i in range(rows)]
    prices = [
        [f"A-{i:02d}", f"{i * 3},{i % 10}0", cities[i % 5], f"{i % 28 + 1:02d}.03.2024", f"-{i},5"] for i in range(rows)
    ]
    shares = [[cities[i % 5], f"{i * 0.37:.3f}"] for i in range(rows)]
    return [
        *found,
        Table("people", ["id", "name", "city", "age", "score"], people),
        Table("notes", ["date", "note", "count"], notes),
        Table("prices", ["Artikel", "Preis", "Ort", "Datum", "Rabatt"], prices, ";"),
        Table("shares", ["city", "share"], shares),
    ]


def clean(fault: str, table: Table, text: str) -> Polluted:
    """A file that should come out as the table is, with nothing to be told."""
    return Polluted(fault, text.encode(), table.header, table.rows)


def _row(fault: str, table: Table, row: int, text: str, expected: Table | None = None, lines: int = 1) -> Polluted:
    """The table's file with other text in place of one row."""
    expected = expected or table
    file = table.lines()
    file[row + 1] = text
    touched = frozenset(range(row + 2, row + 2 + lines))
    return Polluted(fault, "".join(file).encode(), expected.header, expected.rows, touched, row, row + 1)


def _cell(fault: str, table: Table, row: int, place: int, written: str, meant: str | None = None) -> Polluted:
    """The table's file with one cell written otherwise. meant: what should come out there, where not what was there."""
    clean = table.all[row + 1]
    cells = table.cells(clean)
    cells[place] = written
    expected = None if meant is None else table.having(row, [*clean[:place], meant, *clean[place + 1 :]])
    return _row(fault, table, row, table.delimiter.join(cells) + "\n", expected)


def insert(fault: str, table: Table, row: int, lines: Sequence[str], *, aside: bool = True) -> Polluted:
    """The table's file with further lines before one row (or behind all)."""
    file = table.lines()
    file[row + 1 : row + 1] = lines
    touched = frozenset(range(row + 2, row + 2 + len(lines)))
    return Polluted(fault, "".join(file).encode(), table.header, table.rows, touched, row, row, aside)


def _each(table: Table) -> Iterator[tuple[int, list[str]]]:
    """Header and rows with their numbers."""
    return ((r - 1, row) for r, row in enumerate(table.all))


def _every_cell(table: Table) -> Iterator[tuple[int, int, str]]:
    """Every cell with the numbers of its row and column, the header's too."""
    return ((r, c, cell) for r, row in _each(table) for c, cell in enumerate(row))


# One row


def extra_delimiter(table: Table) -> Iterator[Polluted]:
    for r, row in _each(table):
        cells = table.cells(row)
        for c in range(len(row) + 1):
            yield _row("extra delimiter", table, r, table.delimiter.join([*cells[:c], "", *cells[c:]]) + "\n")


def missing_delimiter(table: Table) -> Iterator[Polluted]:
    for r, row in _each(table):
        for c in range(len(row) - 1):
            yield _row("missing delimiter", table, r, table.line([*row[:c], row[c] + row[c + 1], *row[c + 2 :]]))


def unquoted_delimiter(table: Table) -> Iterator[Polluted]:
    """A delimiter inside a cell that nobody quoted: the cell should come back whole."""
    for r, c, cell in _every_cell(table):
        if cell.isalpha() and len(cell) >= 4:
            inner = f"{cell[:2]}{table.delimiter} {cell[2:]}"
            yield _cell("unquoted delimiter in a cell", table, r, c, inner, inner)


def stray_quote(table: Table) -> Iterator[Polluted]:
    for r, c, cell in _every_cell(table):
        inside = table.cells([cell]) != [cell]  # quoted in the file
        for place in sorted({0, len(cell) // 2, len(cell)}):
            written = f'"{cell[:place]}"{cell[place:]}"' if inside else cell[:place] + '"' + cell[place:]
            yield _cell("stray quote in a quoted field" if inside else "stray quote", table, r, c, written)


def lost_quote(table: Table) -> Iterator[Polluted]:
    """One of the two quotes around a field is missing."""
    for r, c, cell in _every_cell(table):
        for damaged in (f'"{cell}', f'{cell}"') if cell else ():
            yield _cell("opening or closing quote missing", table, r, c, damaged)


def other_quotes(table: Table) -> Iterator[Polluted]:
    """One row quoted by apostrophes, or by the quotes of a word processor."""
    for r, row in _each(table):
        for opening, closing in (("'", "'"), ("“", "”"), ("„", "“"), ("«", "»"), ("`", "`")):
            text = table.delimiter.join(f"{opening}{cell}{closing}" for cell in row) + "\n"
            yield _row("quotes of another kind in one row", table, r, text)


def other_delimiter(table: Table) -> Iterator[Polluted]:
    for r, row in _each(table):
        for mark in (",", ";", "\t", "|", ":", "^"):
            if mark != table.delimiter:
                yield _row("other delimiter in one row", table, r, render(row, mark) + "\n")


def blanks_behind_delimiters(table: Table) -> Iterator[Polluted]:
    for r, row in _each(table):
        text = f"{table.delimiter} ".join(table.cells(row)) + "\n"
        yield _row("delimiter and blank as delimiter in one row", table, r, text)


def other_line_end(table: Table) -> Iterator[Polluted]:
    for r, row in _each(table):
        for end in ("\r", "\r\n", "\n\n", "\n\r"):
            yield _row("other line end in one row", table, r, table.line(row)[:-1] + end, lines=2)


def broken_row(table: Table) -> Iterator[Polluted]:
    for r, row in _each(table):
        for c in range(1, len(row)):
            text = table.line(row[:c])[:-1] + table.delimiter + "\n" + table.line(row[c:])
            yield _row("row broken after a delimiter", table, r, text, lines=2)


def fused_rows(table: Table) -> Iterator[Polluted]:
    """The line end between two rows is missing, with and without a delimiter in its place."""
    lines = table.lines()
    for i in range(len(lines) - 1):
        for mark in ("", table.delimiter):
            text = "".join([*lines[:i], lines[i][:-1] + mark, *lines[i + 1 :]])
            touched = frozenset({i + 1})
            yield Polluted("line end missing", text.encode(), table.header, table.rows, touched, i - 1, i + 1)


def short_row(table: Table) -> Iterator[Polluted]:
    for r, row in _each(table):
        for keep in range(1, len(row)):
            rest = [f"column_{i + 1}" if r < 0 else "" for i in range(keep, len(row))]
            yield _row("row cut short", table, r, table.line(row[:keep]), table.having(r, [*row[:keep], *rest]))


def escaped_quote(table: Table) -> Iterator[Polluted]:
    """A backslash before a quote, in one row of a file that doubles quotes elsewhere."""
    for r, c, cell in _every_cell(table):
        if cell.replace(" ", "").isalpha():
            written, meant = f'"{cell} \\"x{table.delimiter} y\\""', f'{cell} "x{table.delimiter} y"'
            yield _cell("backslash before a quote", table, r, c, written, meant)


def escaped_delimiter(table: Table) -> Iterator[Polluted]:
    for r, c, cell in _every_cell(table):
        if cell.isalpha() and len(cell) >= 4:
            written, meant = (f"{cell[:2]}{mark}{table.delimiter}{cell[2:]}" for mark in ("\\", ""))
            yield _cell("backslash before a delimiter", table, r, c, written, meant)


def undoubled_quotes(table: Table) -> Iterator[Polluted]:
    """Quotes inside a quoted field that are neither doubled nor escaped."""
    for r, c, cell in _every_cell(table):
        if cell.replace(" ", "").isalpha():
            yield _cell("quotes not doubled in a field", table, r, c, f'"{cell} "x" y"', f'{cell} "x" y')


def nul_in_row(table: Table) -> Iterator[Polluted]:
    for r, c, cell in _every_cell(table):
        (plain,) = table.cells([cell])
        written = cell[: len(cell) // 2] + "\0" + cell[len(cell) // 2 :] if plain == cell else plain + "\0"
        yield _cell("NUL in a cell", table, r, c, written)


def mixed_encoding(table: Table) -> Iterator[Polluted]:
    """One row in Windows-1252 in a file of UTF-8."""
    place = next((c for c, cell in enumerate(table.rows[0]) if any(map(str.isalpha, cell))), 0)
    foreign = replace(table, rows=[[*row[:place], row[place] + " Zoë", *row[place + 1 :]] for row in table.rows])
    for r in range(len(foreign.rows)):
        row = foreign.rows[r]
        if all(ord(c) < 256 for c in "".join(row)):
            lines = [line.encode() for line in foreign.lines()]
            lines[r + 1] = foreign.line(row).encode("cp1252")
            touched = frozenset({r + 2})
            yield Polluted(
                "one row in another encoding", b"".join(lines), foreign.header, foreign.rows, touched, r, r + 1
            )


ROW_FAULTS: tuple[Callable[[Table], Iterator[Polluted]], ...] = (
    extra_delimiter,
    missing_delimiter,
    unquoted_delimiter,
    stray_quote,
    lost_quote,
    other_quotes,
    other_delimiter,
    blanks_behind_delimiters,
    other_line_end,
    broken_row,
    fused_rows,
    short_row,
    escaped_quote,
    escaped_delimiter,
    undoubled_quotes,
    nul_in_row,
    mixed_encoding,
)
