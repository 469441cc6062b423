"""What is written in some dialect comes back cell by cell."""

from __future__ import annotations

import csv
import io
import string

import pandas as pd
from hypothesis import assume, example, given, settings
from hypothesis import strategies as st

from engine.errors import TwinError
from engine.table.ends import looks_like_total
from engine.table.formulas import KEEP, as_in_source
from engine.table.read import ReadOptions, read_table
from engine.table.schema import Column, Kind, Schema
from engine.table.writetext import delimited_bytes

ANY_CHARACTER = st.characters(exclude_categories=("Cs", "Cc"), exclude_characters="\ufeff") | st.sampled_from(
    "\"',;|\t #=\\"
)
ANY_CELL = st.text(ANY_CHARACTER, max_size=12)
NAMES = st.text(string.ascii_letters + "_äß日", min_size=1, max_size=8).map(str.lower)
NUMBERS = st.decimals(-10_000, 10_000, places=2, allow_nan=False).map(str)
WORDS = st.sampled_from(["alpha", "beta", "New York", "São Paulo", "x, y", 'say "no"', "it's", "50 % off; now", "a|b"])
DATES = st.dates().map(str)


@st.composite
def tables(draw: st.DrawFn, cells: st.SearchStrategy[str], *, rows: int, columns: int = 2) -> list[list[str]]:
    names = draw(st.lists(NAMES, min_size=columns, max_size=6, unique=True))
    body = draw(st.lists(st.lists(cells, min_size=len(names), max_size=len(names)), min_size=rows, max_size=12))
    return [names, *body]


@st.composite
def usual_tables(draw: st.DrawFn) -> list[list[str]]:
    """Columns of one kind each, with a number among them, as real tables have."""
    kinds = [NUMBERS, *draw(st.lists(st.sampled_from([NUMBERS, WORDS, DATES]), min_size=1, max_size=4))]
    names = draw(st.lists(NAMES.filter(str.isalpha), min_size=len(kinds), max_size=len(kinds), unique=True))
    return [names, *draw(st.lists(st.tuples(*kinds).map(list), min_size=3, max_size=15))]


def written(table: list[list[str]], delimiter: str, quote: str, end: str, quoting: int = csv.QUOTE_MINIMAL) -> bytes:
    out = io.StringIO()
    csv.writer(out, delimiter=delimiter, quotechar=quote, lineterminator=end, quoting=quoting).writerows(table)  # type: ignore[arg-type]
    return out.getvalue().encode()


def cells(frame: pd.DataFrame) -> list[list[str]]:
    return [list(frame.columns), *frame.fillna("").to_numpy().tolist()]


def sensible(table: list[list[str]]) -> bool:
    """No row that the reader rightly takes for something else: empty at the end, a total, the header again."""
    body = table[1:]
    return any(body[-1]) and not looks_like_total(body[-1]) and table[0] not in body


@settings(max_examples=150, deadline=None)
@given(
    tables(ANY_CELL, rows=1),
    st.sampled_from([",", ";", "\t", "|"]),
    st.sampled_from(['"', "'"]),
    st.sampled_from(["\n", "\r\n", "\r"]),
    st.sampled_from([csv.QUOTE_MINIMAL, csv.QUOTE_ALL]),
)
@example([["a", "b"], ["", ""], ["0", ""]], ",", '"', "\n", csv.QUOTE_MINIMAL)
@example([["a", "b"], ["# x", "1"], ["#", "2"]], ",", '"', "\n", csv.QUOTE_MINIMAL)
def test_any_text_comes_back_when_the_dialect_is_named(
    table: list[list[str]], delimiter: str, quote: str, end: str, quoting: int
) -> None:
    assume(sensible(table))
    options = ReadOptions(delimiter=delimiter, quote=quote, header=1, encoding="utf-8")
    assert cells(read_table(written(table, delimiter, quote, end, quoting), options=options).frame) == table


@settings(max_examples=150, deadline=None)
@given(
    usual_tables(),
    st.sampled_from([",", ";", "\t", "|", "^"]),
    st.sampled_from(["\n", "\r\n", "\r"]),
    st.sampled_from([csv.QUOTE_MINIMAL, csv.QUOTE_ALL]),
    st.sampled_from(["utf-8", "utf-8-sig", "utf-16"]),
)
def test_usual_tables_come_back_with_everything_found_out(
    table: list[list[str]], delimiter: str, end: str, quoting: int, encoding: str
) -> None:
    assume(sensible(table))
    data = written(table, delimiter, '"', end, quoting).decode().encode(encoding)
    assert cells(read_table(data).frame) == table


@settings(max_examples=150, deadline=None)
@given(
    tables(st.text(max_size=10).filter(lambda s: s.isprintable() or s.isspace()), rows=1, columns=1),
    st.sampled_from([",", "\t"]),
)
def test_our_own_files_come_back_with_missing_cells_missing(table: list[list[str]], delimiter: str) -> None:
    names, *body = table
    assume(not any(c in cell for row in body for cell in row for c in "\x00\x1a\ufeff"))
    assume(sensible([names, *body, ["end"] * len(names)]) and not looks_like_total(body[-1]))
    frame = pd.DataFrame(body, columns=names, dtype="str")
    schema = Schema(tuple(Column(name, Kind.TEXT) for name in names))
    options = ReadOptions(delimiter=delimiter, header=1, encoding="utf-8")
    again = read_table(delimited_bytes(frame, schema, delimiter, KEEP), options=options).frame
    assert again.shape == frame.shape
    assert cells(again) == table
    harmless = read_table(delimited_bytes(frame, schema, delimiter), options=options).frame
    assert cells(as_in_source(harmless, frame)) == table


@settings(max_examples=300, deadline=None)
@given(
    st.binary(max_size=400) | st.text(ANY_CHARACTER | st.sampled_from("\n\r,;\"'[]{}:"), max_size=300).map(str.encode)
)
@example(b'"\n')
@example(b"[")
@example(b"{}")
@example(b'a,b\n"')
@example(b"PAR1PAR1")
@example(b"PK\x05\x06" + b"\0" * 18)
@example(b"\x1f\x8b")
def test_any_bytes_end_in_a_table_or_in_one_sentence(data: bytes) -> None:
    try:
        reading = read_table(data, name="table.csv")
    except TwinError as error:
        message = str(error)
    else:
        assert reading.frame.columns.is_unique
        assert all(reading.frame.columns)
        return
    assert "\n" not in message
    assert message.endswith(".")
