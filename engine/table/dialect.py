"""Finds the delimiter, the quote and the escape of a delimited text.

Each candidate splits a sample of lines. It scores by how regular the rows come out (CleverCSV's idea, van den Burg,
Nazabal and Sutton 2019: regular pattern times recognisable cells; the measure here is our own), how recognisable the
cells are, and how usual the delimiter is.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, replace

from engine.table.cells import DATE, EMPTY, MISSING, NUMBER, TEXT, look
from engine.table.records import Dialect, Record, RecordReader

# How usual a delimiter is; what is less usual needs a more regular table to win.
_PRIORS = {
    ",": 1.0,
    "\t": 1.02,
    ";": 1.0,
    "|": 0.98,
    "\x1f": 1.0,
    "\x01": 1.0,
    "~": 0.85,
    "^": 0.85,
    ":": 0.6,
    " ": 0.7,
}
_PRIOR_SEVERAL = 1.01  # for "||" and the like; only candidates that most lines contain are tried
_LEAST_SCORE = 0.2  # below, the text is one column
_TORN = 0.3
_BONUS = 1.1  # for a quote that accounts for all of its kind
_CELLS_LOOKED_AT = 1_500
_SEVERAL = re.compile(r"(?P<mark>[^\w\s\"'.+\-$€£%()]{2,3})|(?P<spaced> ?[,;|:~^] ?)")
_TIME = re.compile(r"\b\d{1,2}:\d{2}\b")
_BROKEN_BY_OTHERS = re.compile(r"[,;|\t^~]")


@dataclass(frozen=True, slots=True)
class Sniffed:
    """The winning dialect, the usual number of fields, and the candidate's score (0 to about 1)."""

    dialect: Dialect
    width: int
    score: float


def sniff(
    lines: Sequence[str], *, delimiter: str | None = None, quote: str | None = None, decimal: str | None = None
) -> Sniffed:
    """The dialect of `lines`; with `delimiter` given, only quote and escape are searched for.

    `quote` and `decimal` are given when the person named them; a decimal mark does not delimit.
    """
    delimiters = [delimiter] if delimiter is not None else _delimiters(lines, decimal)
    expected = quote is not None and any(v.quote == quote for d in delimiters for v in _variants(lines, d))
    best: Sniffed | None = None
    for mark in delimiters:
        if best is not None and _PRIORS.get(mark, _PRIOR_SEVERAL) * _BONUS < best.score:
            continue  # even the most regular table would not make it win
        for variant in _variants(lines, mark) if quote is None or expected else [Dialect(mark, quote)]:
            if quote is not None and variant.quote != quote:
                continue
            trial = _try(lines, variant, chosen=delimiter is not None)
            if trial is not None and (best is None or trial.score > best.score):
                best = trial
    if best is None and delimiter is not None:
        return Sniffed(Dialect(delimiter), 1, 0.0)
    enough = best is not None and (delimiter is not None or best.score >= _LEAST_SCORE)
    return best if best is not None and enough else _single_column(lines)


def _single_column(lines: Sequence[str]) -> Sniffed:
    quoted = sum(line.strip().startswith('"') and line.strip().endswith('"') for line in lines)
    unquoted = sum('"' in line for line in lines) - quoted
    return Sniffed(Dialect("", quote='"' if quoted >= unquoted else None), 1, 0.0)


def _delimiters(lines: Sequence[str], decimal: str | None) -> list[str]:
    text = "".join(lines)
    single = [d for d in _PRIORS if d in text and d != decimal]
    return single + _several_characters(lines)


def _several_characters(lines: Sequence[str]) -> list[str]:
    """Delimiters of two or three characters that most lines contain."""
    filled = [line for line in lines if line.strip()][:60]
    counts: Counter[str] = Counter()
    for line in filled:
        found = {m.group() for m in _SEVERAL.finditer(line)}
        counts.update(f for f in found if len(f) > 1 and len(set(f)) < 4)
    return [mark for mark, count in counts.most_common(8) if count >= 0.6 * len(filled)]


def _variants(lines: Sequence[str], delimiter: str) -> list[Dialect]:
    """The delimiter with each quote and escape that the text gives reason to try."""
    text = "".join(lines)
    quotes: list[str | None] = ['"']
    if '"' in text and any(r.odd for r in RecordReader(iter(lines), Dialect(delimiter))):
        quotes.append(None)  # it may be an ordinary character
    quotes += [quote for quote in ("'", "`") if _opens_fields(text, delimiter, quote)]
    variants = [Dialect(delimiter, q, collapse=delimiter == " " and _aligned(lines)) for q in quotes]
    if "\\" in text:
        marks = [q for q in quotes if q and f"\\{q}" in text]
        variants += [Dialect(delimiter, q, "\\") for q in marks]
        if delimiter and f"\\{delimiter}" in text:
            variants += [Dialect(delimiter, q, "\\") for q in quotes if q not in marks]
    return variants


def _opens_fields(text: str, delimiter: str, quote: str) -> bool:
    """Whether the quote both opens and closes fields somewhere (an apostrophe does not)."""
    mark = re.escape(delimiter)
    return bool(
        re.search(rf"(?:^|{mark}) ?{quote}", text, re.MULTILINE)
        and re.search(rf"{quote} ?(?:{mark}|$)", text, re.MULTILINE)
    )


def _aligned(lines: Sequence[str]) -> bool:
    """Whether blanks come in runs, as in columns aligned for the eye."""
    return sum(bool(re.search(r"\S {2,}\S|^ +\S", line)) for line in lines) >= 0.2 * len(lines)


def _try(lines: Sequence[str], dialect: Dialect, *, chosen: bool) -> Sniffed | None:
    """The candidate's score, or None when it does not split this text into a table."""
    records = [r for r in RecordReader(iter(lines), dialect) if not r.blank]
    width = _usual_width(records)
    if width < (1 if chosen else 2):
        return None
    if _last_is_hollow(records, width):
        records = [replace(r, fields=r.fields[:-1]) if len(r.fields) == width else r for r in records]
        width -= 1
    region = _region(records, width)
    rows = [r for r in region if len(r.fields) == width]
    if not chosen and len(rows) == 1 < len(records):
        return None
    if not chosen and _rejected(records, region, rows, dialect, width):
        return None
    inside = len(rows) / len(region)
    pattern = inside * (0.5 + 0.5 * len(region) / len(records))
    looks = _recognisable(rows, dialect) * (1 - _hollow(rows, width))
    odd = sum(r.odd for r in records) / len(records)
    score = pattern**2 * looks * width / (width + 1) * _prior(dialect) * (1 - 0.5 * odd)
    if dialect.quote is None and _tears_quotes(rows):
        score *= _TORN
    if dialect.quote in ("'", "`") and _accounts_for_all(lines, dialect):
        score *= _BONUS
    return Sniffed(dialect, width, score)


def _tears_quotes(rows: Sequence[Record]) -> bool:
    """Whether most rows have a cell that begins with a quote, and a later one that ends with it."""
    torn = 0
    for row in rows:
        cells = [f for f in row.fields if f]
        opened = next((i for i, f in enumerate(cells) if f[0] == '"' and f[-1] != '"'), len(cells))
        torn += any(f[-1] == '"' and f[0] != '"' for f in cells[opened + 1 :])
    return torn >= 0.5 * len(rows)


def _accounts_for_all(lines: Sequence[str], dialect: Dialect) -> bool:
    """Whether every apostrophe (or backtick) of the text belongs to a quoted field; then they are quotes."""
    mark, q = re.escape(dialect.delimiter), str(dialect.quote)
    rest = re.sub(
        rf"(?:^|(?<={mark})){q}(?:[^{q}]|{q}{q})*{q}(?={mark}|[\r\n]|$)", "", "".join(lines), flags=re.MULTILINE
    )
    return q not in rest


def _usual_width(records: Sequence[Record]) -> int:
    """The most frequent number of fields, where more fields weigh a little more."""
    counts = Counter(len(r.fields) for r in records)
    return max(counts, key=lambda n: (counts[n] * (1 - 1 / n), n), default=0)


def _last_is_hollow(records: Sequence[Record], width: int) -> bool:
    """Whether the last field is always empty, and many rows do not have it: then it is a delimiter too many."""
    last = [r.fields[-1] for r in records if len(r.fields) == width]
    fewer = sum(len(r.fields) == width - 1 for r in records)
    return width > 2 and fewer >= 2 and fewer >= 0.2 * len(records) and all(f is None for f in last)


def _region(records: Sequence[Record], width: int) -> Sequence[Record]:
    """From the first to the last record of the usual width: without preamble and footer."""
    fitting = [i for i, r in enumerate(records) if len(r.fields) == width]
    return records[fitting[0] : fitting[-1] + 1]


def _prior(dialect: Dialect) -> float:
    prior = _PRIORS.get(dialect.delimiter, _PRIOR_SEVERAL)
    if dialect.quote in ("'", "`"):
        prior *= 0.98
    return prior * (0.999 if dialect.escape else 1.0) * (0.9 if dialect.quote is None else 1.0)


def _rejected(
    records: Sequence[Record], region: Sequence[Record], rows: Sequence[Record], dialect: Dialect, width: int
) -> bool:
    """Splits that only take values apart: "1,5" as a decimal, "10:30", "2020-01-01 10:00", "John Smith"."""
    first = next(i for i, r in enumerate(records) if r is region[0])
    headed = first == 0 or len(records[first - 1].fields) > 1  # no line above that could be a one-column header
    sample = rows[:200]
    whole = sum(look(r.text) in (NUMBER, DATE) for r in sample) >= 0.9 * len(sample)
    if whole and (dialect.delimiter not in ",;\t|" or not headed):
        return True
    if dialect.delimiter not in " :":
        return False
    if dialect.delimiter == ":" and sum(bool(_TIME.search(r.text)) for r in sample) >= 0.5 * len(sample):
        return True
    body = sample[1:] or sample  # without what may be the header
    columns = zip(*(r.fields for r in body), strict=True)
    typed = sum(sum(look(c) in (NUMBER, DATE) for c in column) >= 0.8 * len(body) for column in columns)
    return typed == 0 or (width == 2 and not headed)


def _recognisable(rows: Sequence[Record], dialect: Dialect) -> float:
    """Mean over a spread of cells: 1 for numbers, dates and the like, less for text that holds other delimiters."""
    step = max(1, sum(len(r.fields) for r in rows) // _CELLS_LOOKED_AT)
    cells = [(f, r.text) for r in rows for f in r.fields][::step]
    scores = [_cell_score(cell, text, dialect) for cell, text in cells if look(cell) != EMPTY]
    return sum(scores) / len(scores) if scores else 0.5


def _cell_score(cell: str | None, text: str, dialect: Dialect) -> float:
    kind = look(cell)
    if kind != TEXT or cell is None:
        return 0.95 if kind == MISSING else 1.0
    if dialect.quote and f"{dialect.quote}{cell}{dialect.quote}" in text:
        return 0.95  # the writer of the file protected it
    score = 0.9
    if len(_BROKEN_BY_OTHERS.findall(cell)) > (cell.count(", ") if dialect.delimiter != "," else 0):
        score = 0.3
    if cell[0] in "\"'" or cell[-1] in "\"'":
        score *= 0.4  # a quote that this dialect did not take for one
    if cell != cell.strip() and dialect.delimiter != " ":
        score *= 0.93
    return score


def _hollow(rows: Sequence[Record], width: int) -> float:
    """The share of columns without any content, as "||" read by "|" has."""
    filled = set().union(*({i for i, f in enumerate(r.fields) if f is not None} for r in rows))
    return 1 - len(filled) / width
