"""Files with one fault that concerns the whole of them: what stands around the table, header, dialect, encoding."""

from __future__ import annotations

import csv
import io
from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace

from benchmarks.polluted_files import Polluted, Table, clean, insert, render

TEXTS = [
    "Report",
    "Made by: the office, 2024",
    "",
    "# a comment",
    "All figures in euro; see below",
    "Seite 1, von 3, Stand",
]
# Words of each encoding's languages: what a file in it may hold.
WORDS = {
    "cp1252": ["Müller", "naïve", "Curaçao", "5 €", "Señor", "Ærø", "déjà vu"],
    "latin-1": ["Müller", "naïve", "Curaçao", "Göteborg", "Señor", "Ærø", "déjà vu"],
    "iso8859_2": ["Łódź", "Kraków", "Žilina", "Győr", "Plzeň", "Częstochowa", "Ústí"],
    "cp1250": ["Łódź", "Kraków", "Žilina", "Győr", "Plzeň", "Częstochowa", "Ústí"],
    "cp1251": ["Москва", "Казань", "Тверь", "Сочи", "Ярославль", "Пермь"],
    "koi8_r": ["Москва", "Казань", "Тверь", "Сочи", "Ярославль", "Пермь"],
    "cp1253": ["Αθήνα", "Πάτρα", "Χανιά", "Λάρισα", "Βόλος", "Κέρκυρα"],
    "cp1254": ["İstanbul", "Eskişehir", "Muğla", "Iğdır", "Çorum", "Ağrı"],
    "mac_roman": ["Müller", "naïve", "Curaçao", "Göteborg", "Señor", "déjà vu"],
    "cp850": ["Müller", "naïve", "Curaçao", "Göteborg", "Señor", "déjà vu"],
    "cp932": ["東京", "大阪市", "さいたま", "名古屋", "カタカナ", "福岡県"],
    "euc_jp": ["東京", "大阪市", "さいたま", "名古屋", "カタカナ", "福岡県"],
    "gb18030": ["北京市", "上海市", "广州", "深圳经济", "重庆", "西安市"],
    "big5": ["臺北市", "高雄市", "臺中", "新竹縣", "花蓮", "臺南市"],
    "cp949": ["서울특별시", "부산", "대구광역시", "인천", "광주", "대전"],
}  # fmt: skip
WIDE = ("utf-8-sig", "utf-16", "utf-16-le", "utf-16-be", "utf-32", "utf-32-le", "utf-32-be")


def _above(fault: str, table: Table, lines: Sequence[str]) -> Polluted:
    touched = frozenset(range(1, len(lines) + 1))
    data = "".join([*lines, *table.lines()]).encode()
    return Polluted(fault, data, table.header, table.rows, touched, aside=True)


def preamble(table: Table) -> Iterator[Polluted]:
    for count in range(1, len(TEXTS) + 1):
        lines = [t + "\n" for t in TEXTS[:count]]
        yield _above("preamble", table, lines)
        yield _above("preamble", table, [*lines, "\n"])
        yield _above("preamble", table, [*lines, "\n", "\n"])
    if len(table.header) > 2:
        filled = "Report" + table.delimiter * (len(table.header) - 1) + "\n"
        yield _above("preamble", table, [filled])
        yield _above("preamble", table, [filled, table.delimiter * (len(table.header) - 1) + "\n"])


def footer(table: Table) -> Iterator[Polluted]:
    texts = ["Source: the office", "Total,,", "(20 rows)", "* provisional", "End of file", "Copyright 2024, the office"]
    for text in texts:
        for gap in ([], ["\n"]):
            yield insert("footer", table, len(table.rows), [*gap, text.replace(",", table.delimiter) + "\n"])
    yield insert("footer", table, len(table.rows), [f"{text}\n" for text in texts])
    total = ["Total", *("99" for _ in table.header[1:])]
    yield insert("footer", table, len(table.rows), [table.line(total)])


def comments(table: Table) -> Iterator[Polluted]:
    for r in range(-1, len(table.rows)):
        yield insert("comment between rows", table, r, ["# checked by hand\n"])


def several_headers(table: Table) -> Iterator[Polluted]:
    units = [f"unit {i}" for i in range(len(table.header))]
    notes = [f"source {i}" for i in range(len(table.header))]
    for more in ([units], [units, notes]):
        joined = [" / ".join(parts) for parts in zip(table.header, *more, strict=True)]
        text = "".join(map(table.line, [table.header, *more, *table.rows]))
        yield clean("several header rows", replace(table, header=joined), text)
    if len(table.header) > 3:
        half = len(table.header) // 2 + 1
        groups = ["A", *[""] * (half - 1), "B", *[""] * (len(table.header) - half - 1)]
        carried = ["A"] * half + ["B"] * (len(table.header) - half)
        joined = [f"{a} / {b}" for a, b in zip(carried, table.header, strict=True)]
        text = "".join(map(table.line, [groups, table.header, *table.rows]))
        yield clean("several header rows", replace(table, header=joined), text)


def no_header(table: Table) -> Iterator[Polluted]:
    names = [f"column_{i}" for i in range(1, len(table.header) + 1)]
    text = "".join(map(table.line, table.rows))
    yield Polluted("no header", text.encode(), names, table.rows, frozenset({1}), -1, 0)


def header_names(table: Table) -> Iterator[Polluted]:
    """A name that is repeated, empty, or padded by blanks, at every place."""
    for c, name in enumerate(table.header):
        others = [n for i, n in enumerate(table.header) if i != c]
        cases = [
            (others[0], _with(table.header, c, f"{others[0]}_2") if c else None),
            ("", None),
            (f"  {name} ", table.header),
        ]
        for given, expected in cases:
            if given == others[0] and not c:
                expected = _with(_with(table.header, 0, others[0]), 1, f"{others[0]}_2")
            expected = expected or _with(table.header, c, f"column_{c + 1}")
            text = "".join(map(table.line, [_with(table.header, c, given), *table.rows]))
            fault = "name repeated, empty or padded"
            yield Polluted(fault, text.encode(), expected, table.rows, frozenset({1}), -1, 0)


def _with(row: Sequence[str], place: int, cell: str) -> list[str]:
    return [*row[:place], cell, *row[place + 1 :]]


def repeated_header(table: Table) -> Iterator[Polluted]:
    for r in range(1, len(table.rows)):
        yield insert("header repeated", table, r, [table.line(table.header)])


def second_table(table: Table) -> Iterator[Polluted]:
    """Another table below: narrower, wider, or of the same width, behind a blank line or more."""
    width = len(table.header)
    for count in {2, width, width + 2} - ({2} if width < 4 else set()):
        names = [f"key {i}" for i in range(count)]
        other = [table.line(names), *(table.line([f"k{i}", *(f"{i}.{c}" for c in range(1, count))]) for i in range(5))]
        for gap in (["\n"], ["\n", "\n"], ["\n", "Other figures\n", "\n"]):
            yield insert("second table below", table, len(table.rows), [*gap, *other])


def blank_lines(table: Table) -> Iterator[Polluted]:
    for r in range(-1, len(table.rows) + 1):
        yield insert("blank line", table, r, ["\n"], aside=False)
        yield insert("blank line", table, r, ["  \n"], aside=False)
    yield insert("blank line", table, len(table.rows), ["\n"] * 3, aside=False)
    yield insert("blank line", table, len(table.rows), [table.delimiter * (len(table.header) - 1) + "\n"] * 3)
    doubled = "\n".join(table.lines())
    yield clean("blank line", table, doubled)


def line_ends(table: Table) -> Iterator[Polluted]:
    text = "".join(table.lines())
    for end in ("\r\n", "\r"):
        yield clean("line ends of the file", table, text.replace("\n", end))
    for changed in (text[:-1], text + "\n\n", text + "\x1a", text[:-1] + "\r\n"):
        yield clean("end of the file", table, changed)


def dialects(table: Table) -> Iterator[Polluted]:
    for mark in (",", ";", "\t", "|", "^", "~", "\x01", "\x1f"):
        for quote in ('"', "'"):
            text = "".join(render(row, mark, quote) + "\n" for row in table.all)
            yield clean("delimiter and quote of the file", table, text)
    for mark in ("||", "::", ", ", "~|~", " | "):
        lines = [
            mark.join(f'"{v}"' if mark.strip(" ") in v or "," in v else v for v in row) + "\n" for row in table.all
        ]
        yield clean("delimiter of several characters", table, "".join(lines))
    yield clean("sep= line", table, f"sep={table.delimiter}\n" + "".join(table.lines()))


def quoting(table: Table) -> Iterator[Polluted]:
    quoted = [table.delimiter.join('"' + v.replace('"', '""') + '"' for v in row) + "\n" for row in table.all]
    yield clean("everything quoted", table, "".join(quoted))
    padded = [line.replace('",', '" ,').replace(',"', ', "') for line in quoted]
    if table.delimiter == "," and not any("," in v or '"' in v for row in table.all for v in row):
        yield clean("everything quoted", table, "".join(padded))


def escapes(table: Table) -> Iterator[Polluted]:
    """Quotes inside fields of the whole file: doubled, escaped by a backslash, or by nothing."""
    place = next((c for c, cell in enumerate(table.rows[0]) if any(map(str.isalpha, cell))), 0)
    rows = [_with(row, place, f'{row[place]} "{i}" a{table.delimiter} x') for i, row in enumerate(table.rows)]
    told = replace(table, rows=rows)
    for escape in ('""', '\\"', '"'):
        lines = [table.line(table.header)]
        for row in rows:
            cells = [f'"{v.replace(chr(34), escape)}"' if c == place else v for c, v in enumerate(table.cells(row))]
            cells[place] = '"' + row[place].replace('"', escape) + '"'
            lines.append(table.delimiter.join(cells) + "\n")
        each = frozenset(range(2, len(rows) + 2)) if escape == '"' else frozenset()
        yield Polluted("escapes of the file", "".join(lines).encode(), told.header, told.rows, each, 0, len(rows))


def trailing_delimiters(table: Table) -> Iterator[Polluted]:
    lines = [line[:-1] for line in table.lines()]
    mark = table.delimiter
    yield clean("trailing delimiters", table, "".join(f"{line}{mark}\n" for line in lines))
    yield clean("trailing delimiters", table, "".join(f"{line}{mark * 3}\n" for line in lines))
    yield clean("trailing delimiters", table, "".join([lines[0] + "\n", *(f"{line}{mark}\n" for line in lines[1:])]))
    touched = frozenset({1})
    text = "".join([f"{lines[0]}{mark}\n", *(f"{line}\n" for line in lines[1:])])
    yield Polluted("trailing delimiters", text.encode(), table.header, table.rows, touched, -1, 0)


def encodings(table: Table) -> Iterator[Polluted]:
    text = "".join(table.lines())
    for name in WIDE:
        yield Polluted("encoding: UTF-8, 16 or 32", text.encode(name), table.header, table.rows)
    place = next((c for c, cell in enumerate(table.rows[0]) if any(map(str.isalpha, cell))), 0)
    for name, words in WORDS.items():
        rows = [_with(row, place, words[i % len(words)]) for i, row in enumerate(table.rows)]
        rows = [[v if c == place else v.encode("ascii", "ignore").decode() for c, v in enumerate(row)] for row in rows]
        foreign = replace(table, rows=rows)
        try:
            data = "".join(foreign.lines()).encode(name)
        except UnicodeEncodeError:
            continue
        yield Polluted("encoding: older ones", data, foreign.header, foreign.rows)


def marks_inside(table: Table) -> Iterator[Polluted]:
    """Byte order marks inside the file, as in files put together; NUL characters at its end."""
    text = "".join(table.lines())
    for r in range(0, len(table.rows), 5):
        file = table.lines()
        file[r + 1] = "\ufeff" + file[r + 1]
        touched = frozenset({r + 2})
        yield Polluted("byte order mark inside", "".join(file).encode(), table.header, table.rows, touched, r, r + 1)
    doubled = ("\ufeff\ufeff" + text).encode()
    yield Polluted("byte order mark inside", doubled, table.header, table.rows, frozenset({1}))
    touched = frozenset({len(table.rows) + 2})
    yield Polluted("NULs at the end", (text + "\0" * 512).encode(), table.header, table.rows, touched)


def truncated(table: Table) -> Iterator[Polluted]:
    """The last row breaks off anywhere."""
    file = table.lines()
    last, r = file.pop(), len(table.rows) - 1
    for end in range(1, len(last) - 1):
        cells = next(csv.reader(io.StringIO(last[:end]), delimiter=table.delimiter))
        expected = table.having(r, [*cells, *[""] * (len(table.header) - len(cells))])
        touched = frozenset({r + 2})
        yield Polluted(
            "last row breaks off",
            ("".join(file) + last[:end]).encode(),
            expected.header,
            expected.rows,
            touched,
            r,
            r + 1,
        )


LAYOUT_FAULTS: tuple[Callable[[Table], Iterator[Polluted]], ...] = (
    preamble,
    footer,
    comments,
    several_headers,
    no_header,
    header_names,
    repeated_header,
    second_table,
    blank_lines,
    line_ends,
    dialects,
    quoting,
    escapes,
    trailing_delimiters,
    encodings,
    marks_inside,
    truncated,
)
