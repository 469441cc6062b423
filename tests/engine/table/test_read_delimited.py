"""One test per fault of delimited text: what comes out, and what the person is told about it."""

from __future__ import annotations

import csv
import io

import pytest

from engine.errors import ReadError
from engine.table import scan
from engine.table.findings import Severity
from engine.table.read import Reading, ReadOptions, read_table

ROWS = ["name,city,age", "Ann,Oslo,31", "Bo,Rome,45", "Cy,Bern,27", "Di,Kyiv,64", "Ed,Lima,52"]


def text(*lines: str, end: str = "\n") -> bytes:
    return "".join(line + end for line in lines).encode()


def cells(reading: Reading) -> list[list[str | None]]:
    frame = reading.frame.astype(object).where(reading.frame.notna(), None)
    return [list(reading.frame.columns), *frame.to_numpy().tolist()]


def expected(*lines: str) -> list[list[str | None]]:
    first, *rest = [line.split(",") for line in lines]
    return [list(first), *([cell or None for cell in row] for row in rest)]


def found(reading: Reading, code: str) -> list[tuple[int | None, Severity]]:
    return [(f.row, f.severity) for f in reading.findings if f.code == code]


@pytest.fixture
def clean() -> list[list[str | None]]:
    return expected(*ROWS)


def test_a_clean_file_takes_the_fast_path_without_findings(clean: list[list[str | None]]) -> None:
    reading = read_table(text(*ROWS), name="people.csv")
    assert cells(reading) == clean
    assert reading.findings == []
    assert (reading.format, reading.name, reading.facts["path"]) == ("csv", "people", "fast")
    assert all(str(dtype) == "str" for dtype in reading.frame.dtypes)
    assert list(reading.frame.index) == list(range(5))


def test_cells_stay_as_written() -> None:
    reading = read_table(text("a,b,c", "007,NA, x ", "1.50,NULL,nan", '"",-,1e5'))
    assert cells(reading)[1:] == [["007", "NA", " x "], ["1.50", "NULL", "nan"], ["", "-", "1e5"]]


def test_an_empty_cell_is_missing_and_a_quoted_empty_one_is_not() -> None:
    reading = read_table(text("a,b", '1,""', "2,", "3,x"))
    assert cells(reading)[1:] == [["1", ""], ["2", None], ["3", "x"]]


@pytest.mark.parametrize("delimiter", [",", ";", "\t", "|", "^", "~", "||", "::", "~|~", " | ", ", ", ":"])
@pytest.mark.parametrize("end", ["\n", "\r\n", "\r"])
def test_delimiters_and_line_ends(delimiter: str, end: str, clean: list[list[str | None]]) -> None:
    reading = read_table(text(*(row.replace(",", delimiter) for row in ROWS), end=end))
    assert cells(reading) == clean
    assert reading.facts["delimiter"] == delimiter
    assert reading.format == ("tsv" if delimiter == "\t" else "csv")


def test_blanks_as_delimiter_and_aligned_columns(clean: list[list[str | None]]) -> None:
    assert cells(read_table(text(*(row.replace(",", " ") for row in ROWS)))) == clean
    aligned = ["".join(cell.ljust(8) for cell in row.split(",")).rstrip() for row in ROWS]
    reading = read_table(text(*aligned))
    assert cells(reading) == clean
    assert found(reading, "delimiter") == [(None, Severity.INFO)]


def test_semicolons_win_over_decimal_commas() -> None:
    reading = read_table(text("a;b;c", "1,5;2,25;x", "2,5;3,75;y", "0,5;1,00;z"))
    assert cells(reading)[1] == ["1,5", "2,25", "x"]


@pytest.mark.parametrize(
    "lines",
    [
        ["price", "1,5", "2,7", "3,9"],
        ["full name", "John Smith", "Anna Bell", "Bo Li"],
        ["when", "2024-01-05 10:00:00", "2024-01-06 11:30:00"],
        ["time", "10:30", "11:45", "12:00"],
        ["note", "Hello, world", "This, as said, was it", "No comma here", "One, two"],
    ],
)
def test_one_column_is_not_taken_apart(lines: list[str]) -> None:
    reading = read_table(text(*lines))
    assert cells(reading) == [[line] for line in lines]


def test_the_delimiter_and_quote_can_be_prescribed() -> None:
    data = text("a;b", "1;2,3", "4;5,6")
    assert read_table(data, options=ReadOptions(delimiter=",")).frame.shape[1] == 2
    assert cells(read_table(data, options=ReadOptions(delimiter=",")))[1] == ["1;2", "3"]
    quoted = text("a,b", "$x,y$,1", "$z$,2")
    assert cells(read_table(quoted, options=ReadOptions(quote="$")))[1] == ["x,y", "1"]


def test_a_decimal_comma_can_be_prescribed() -> None:
    reading = read_table(text("1,5", "2,5", "4,5"), options=ReadOptions(decimal=",", header="none"))
    assert cells(reading)[1:] == [["1,5"], ["2,5"], ["4,5"]]


def test_excels_own_line_names_the_delimiter() -> None:
    reading = read_table(text("sep=;", "a;b", "1;2", "3;4"))
    assert cells(reading) == [["a", "b"], ["1", "2"], ["3", "4"]]
    assert found(reading, "delimiter")[0] == (1, Severity.INFO)


def test_doubled_quotes_line_breaks_and_delimiters_inside_quotes() -> None:
    out = io.StringIO()
    rows = [["id", "note", "n"], ["1", 'He said "no", twice', "2"], ["2", "two\nlines", "3"], ["3", "a\r\n\r\nb", "4"]]
    csv.writer(out, lineterminator="\r\n").writerows(rows)
    reading = read_table(out.getvalue().encode())
    assert cells(reading) == rows
    assert reading.facts["path"] == "fast"


def test_backslash_escapes() -> None:
    reading = read_table(text("a,b,c", r'1,"say \"hi\", you",x', r'2,"back\\slash",y', r"3,plain\, comma,z"))
    assert [row[1] for row in cells(reading)[1:]] == ['say "hi", you', "back\\slash", "plain, comma"]
    assert reading.facts["escape"] == "\\"


def test_a_backslash_that_escapes_nothing_stays() -> None:
    reading = read_table(text("path,n", r"C:\temp\new,1", r"\N,2"))
    assert [row[0] for row in cells(reading)[1:]] == [r"C:\temp\new", r"\N"]


def test_apostrophes_as_quotes_and_as_letters() -> None:
    quoted = read_table(text("a,b,n", "'x, y',z,1", "'it''s',w,2", "q,r,3"))
    assert cells(quoted)[1:3] == [["x, y", "z", "1"], ["it's", "w", "2"]]
    plain = read_table(text("a,b,n", "it's,z,1", "rock 'n' roll,w,2", "'tis,r,3"))
    assert [row[0] for row in cells(plain)[1:]] == ["it's", "rock 'n' roll", "'tis"]


def test_a_preamble_is_set_aside_and_reported(clean: list[list[str | None]]) -> None:
    reading = read_table(text("Staff report", "Made in March, by the office", "", *ROWS))
    assert cells(reading) == clean
    assert found(reading, "preamble") == [(1, Severity.REPAIRED)]
    assert "Staff report" in next(f.message for f in reading.findings if f.code == "preamble")
    assert reading.facts["header_rows"] == [4]


def test_comments_before_and_between_rows(clean: list[list[str | None]]) -> None:
    reading = read_table(text("# made by hand", ROWS[0], ROWS[1], "# Bo was asked twice", *ROWS[2:]))
    assert cells(reading) == clean
    assert [row for row, _ in found(reading, "comment")] == [1, 4]


def test_a_first_column_with_the_comment_mark_is_data() -> None:
    reading = read_table(text("tag,n", "#a,1", "#b,2", "#c,3"))
    assert [row[0] for row in cells(reading)[1:]] == ["#a", "#b", "#c"]


def test_several_header_rows_are_joined() -> None:
    reading = read_table(text("size,,weight,", "low,high,low,high", "1,2,3,4", "5,6,7,8"))
    assert cells(reading)[0] == ["size / low", "size / high", "weight / low", "weight / high"]
    assert found(reading, "header_rows") == [(1, Severity.INFO)]
    assert reading.facts["header_rows"] == [1, 2]


@pytest.mark.parametrize("first", ["inf", "-Inf", "infinity", "NaN"])
def test_a_first_row_without_a_finite_number_is_a_row(first: str) -> None:
    """“inf” may be a name, but not below one and above numbers: the row would be joined to the names."""
    reading = read_table(text("club,city,size", f"A,B,{first}", *(f"C{i},D{i},{i}.5" for i in range(8))))
    assert list(reading.frame.columns) == ["club", "city", "size"]
    assert len(reading.frame) == 9


def test_no_header() -> None:
    reading = read_table(text("1,2.5,x", "2,3.5,y", "3,4.5,z"))
    assert cells(reading) == [
        ["column_1", "column_2", "column_3"],
        ["1", "2.5", "x"],
        ["2", "3.5", "y"],
        ["3", "4.5", "z"],
    ]
    assert found(reading, "no_header") == [(1, Severity.WARNING)]


def test_years_may_be_names() -> None:
    reading = read_table(text("country,2019,2020,2021", "Chile,1.5,2.5,3.5", "Peru,4.5,5.5,6.5"))
    assert cells(reading)[0] == ["country", "2019", "2020", "2021"]


def test_the_header_can_be_prescribed() -> None:
    data = text("a,b", "c,d", "e,f")
    assert read_table(data, options=ReadOptions(header="none")).frame.shape == (3, 2)
    assert list(read_table(data, options=ReadOptions(header=2)).frame.columns) == ["a / c", "b / d"]


def test_empty_and_repeated_names() -> None:
    reading = read_table(text("id,,id,id_2,", "1,2,3,4,5", "6,7,8,9,0"))
    assert list(reading.frame.columns) == ["id", "column_2", "id_3", "id_2", "column_5"]
    assert found(reading, "duplicate_name") == [(1, Severity.REPAIRED)]
    assert found(reading, "empty_name") == [(1, Severity.REPAIRED)] * 2
    assert {f.column for f in reading.findings if f.code == "empty_name"} == {"column_2", "column_5"}


def test_names_with_emoji_and_markup_stay() -> None:
    names = ["💶 price", "<b>x</b>", "a_b|c", "=cmd()"]
    reading = read_table(text(",".join(names), "1,2,3,4", "5,6,7,8"))
    assert list(reading.frame.columns) == names


def test_row_names_without_a_title() -> None:
    reading = read_table(text("x,y", "r1,1,2", "r2,3,4", "r3,5,6"))
    assert cells(reading) == [["column_1", "x", "y"], ["r1", "1", "2"], ["r2", "3", "4"], ["r3", "5", "6"]]


def test_a_delimiter_at_the_end_of_every_row() -> None:
    for header in ("a,b,c,", "a,b,c"):
        reading = read_table(text(header, "1,2,3,", "4,5,6,"))
        assert cells(reading) == [["a", "b", "c"], ["1", "2", "3"], ["4", "5", "6"]]
        assert reading.findings != []


def test_names_beyond_the_rows() -> None:
    reading = read_table(text("a,b,c,d", "1,2,3", "4,5,6"))
    assert cells(reading)[1] == ["1", "2", "3", None]
    assert [f.column for f in reading.findings if f.code == "missing_column"] == ["d"]


def test_a_short_row_is_padded_and_reported(clean: list[list[str | None]]) -> None:
    lines = [*ROWS]
    lines[3] = "Cy,Bern"
    reading = read_table(text(*lines))
    assert cells(reading)[3] == ["Cy", "Bern", None]
    assert found(reading, "ragged_row") == [(4, Severity.REPAIRED)]
    assert "“age”" in reading.findings[0].message


def test_a_lost_delimiter_leaves_the_other_cells_in_their_columns() -> None:
    lines = [*ROWS]
    lines[3] = "CyBern,27"
    reading = read_table(text(*lines))
    assert cells(reading)[3][2] == "27"
    assert found(reading, "ragged_row") == [(4, Severity.WARNING)]


def test_empty_fields_too_many_are_dropped(clean: list[list[str | None]]) -> None:
    lines = [*ROWS]
    lines[2] += ",,"
    reading = read_table(text(*lines))
    assert cells(reading) == clean
    assert found(reading, "ragged_row") == [(3, Severity.REPAIRED)]


def test_an_unquoted_delimiter_is_joined_again() -> None:
    lines = [*ROWS]
    lines[2] = "Bo,Rome, Italy,45"
    reading = read_table(text(*lines))
    assert cells(reading)[2] == ["Bo", "Rome, Italy", "45"]
    assert found(reading, "ragged_row") == [(3, Severity.REPAIRED)]


def test_a_row_that_makes_no_sense_is_set_aside_by_name_of_its_line() -> None:
    lines = [*ROWS]
    lines[4] = ",".join("x" * 40)
    reading = read_table(text(*lines))
    assert len(reading.frame) == 4
    assert found(reading, "set_aside") == [(5, Severity.WARNING)]


def test_two_rows_on_one_line_are_taken_apart(clean: list[list[str | None]]) -> None:
    lines = [*ROWS[:2], f"{ROWS[2]},{ROWS[3]}", *ROWS[4:]]
    reading = read_table(text(*lines))
    assert cells(reading) == clean
    assert found(reading, "joined_rows") == [(3, Severity.REPAIRED)]


def test_a_row_broken_over_two_lines_is_joined() -> None:
    lines = [*ROWS[:3], "Cy,Be", "rn,27", *ROWS[4:]]
    reading = read_table(text(*lines))
    assert cells(reading)[3] == ["Cy", "Be\nrn", "27"]
    assert found(reading, "broken_row") == [(4, Severity.REPAIRED)]


@pytest.mark.parametrize(
    "row", ['"Cy,Bern,27', 'C"y,Bern,27', 'Cy,Bern",27', 'Cy,"Bern,27', 'Cy,Bern,"27', 'Cy,Bern,27"']
)
def test_a_stray_quote_touches_its_row_only(row: str, clean: list[list[str | None]]) -> None:
    lines = [*ROWS]
    lines[3] = row
    reading = read_table(text(*lines))
    got = cells(reading)
    assert got[:3] + got[4:] == clean[:3] + clean[4:]
    assert [str(c).replace('"', "") for c in got[3]] == ["Cy", "Bern", "27"]
    assert [row for row, _ in found(reading, "stray_quote")] == [4]


def test_a_stray_quote_in_a_number_is_taken_out() -> None:
    lines = [*ROWS]
    lines[3] = 'Cy,Bern,2"7'
    reading = read_table(text(*lines))
    assert cells(reading)[3] == ["Cy", "Bern", "27"]
    assert [(f.row, f.column) for f in reading.findings if f.code == "stray_quote"] == [(4, "age")]


def test_two_stray_quotes_do_not_swallow_the_rows_between() -> None:
    lines = [*ROWS]
    lines[2], lines[4] = 'Bo,"Rome,45', 'Di,Kyiv",64'
    assert len(read_table(text(*lines)).frame) == 5


@pytest.mark.parametrize("mark", [";", "\t", "|"])
def test_another_delimiter_in_one_row(mark: str, clean: list[list[str | None]]) -> None:
    lines = [*ROWS]
    lines[4] = lines[4].replace(",", mark)
    reading = read_table(text(*lines))
    assert cells(reading) == clean
    assert found(reading, "other_dialect") == [(5, Severity.REPAIRED)]


def test_mixed_line_ends_are_counted(clean: list[list[str | None]]) -> None:
    reading = read_table((ROWS[0] + "\r\n" + ROWS[1] + "\r" + "\n".join(ROWS[2:])).encode())
    assert cells(reading) == clean
    assert reading.facts["line_ends"] == {"\\n": 3, "\\r\\n": 1, "\\r": 1}
    assert found(reading, "line_ends") == [(None, Severity.INFO)]


def test_blank_lines_and_empty_rows_at_the_end(clean: list[list[str | None]]) -> None:
    reading = read_table(text(*ROWS[:3], "", *ROWS[3:], ",,", ",,", "", ""))
    assert cells(reading) == clean
    assert found(reading, "empty_rows") == [(7 + 1, Severity.INFO)]
    assert len(found(reading, "blank_lines")) == 2


def test_an_empty_row_inside_the_table_is_a_row() -> None:
    reading = read_table(text(*ROWS[:3], ",,", *ROWS[3:]))
    assert cells(reading)[3] == [None, None, None]


@pytest.mark.parametrize(
    "lines",
    [
        ["Total,,219"],
        ["", "Source: the register"],
        ["(5 rows)"],
        ["* as of May", "* provisional"],
        ["Sum:,,219", "Note: done"],
    ],
)
def test_footers_and_totals_are_set_aside(lines: list[str], clean: list[list[str | None]]) -> None:
    reading = read_table(text(*ROWS, *lines))
    assert cells(reading) == clean
    filled = [7 + i for i, line in enumerate(lines) if line]
    assert found(reading, "footer") == [(row, Severity.WARNING) for row in filled]


def test_a_word_for_totals_that_is_a_value_stays() -> None:
    rows = ["kind,n", "mean,1", "max,2", "mean,3", "max,4", "mean,5"]
    assert read_table(text(*rows)).frame.shape == (5, 2)


@pytest.mark.parametrize("more", [("key,value", "a,1", "b,2"), ("a,b,c,d", "1,2,3,4", "5,6,7,8")])
def test_a_second_table_below_is_set_aside_in_one_sentence(
    clean: list[list[str | None]], more: tuple[str, ...]
) -> None:
    reading = read_table(text(*ROWS, "", *more))
    assert cells(reading) == clean
    assert found(reading, "second_table") == [(8, Severity.WARNING)]
    assert "lines 8 to 10" in next(f.message for f in reading.findings if f.code == "second_table")
    assert not found(reading, "footer")


def test_a_total_above_a_footer_behind_a_blank_line_is_no_row(clean: list[list[str | None]]) -> None:
    reading = read_table(text(*ROWS, "Total,,7", "", "Source: the office"))
    assert cells(reading) == clean
    assert [row for row, _ in found(reading, "footer")] == [7, 9]


def test_rows_at_the_end_stay_in_their_order() -> None:
    """A short row waits for what may complete it; a word for totals that is a value stands behind it."""
    rows = ["kind,n,x", "mean,1,2", "max,2,3", "mean,3,4", "max,4,5", "short,6", "mean,5,6"]
    assert read_table(text(*rows)).frame["kind"].tolist() == ["mean", "max", "mean", "max", "short", "mean"]


def test_a_second_table_of_the_same_width_is_set_aside(clean: list[list[str | None]]) -> None:
    reading = read_table(text(*ROWS, "", "key,value,unit", "a,1,m", "b,2,m"))
    assert cells(reading) == clean
    assert found(reading, "second_table") == [(8, Severity.WARNING)]
    assert "lines 8 to 10" in next(f.message for f in reading.findings if f.code == "second_table")


def test_a_repeated_header_is_skipped(clean: list[list[str | None]]) -> None:
    reading = read_table(text(*ROWS[:3], ROWS[0], *ROWS[3:]))
    assert cells(reading) == clean
    assert found(reading, "repeated_header") == [(4, Severity.REPAIRED)]


def test_nul_characters_are_removed_and_reported(clean: list[list[str | None]]) -> None:
    data = text(*ROWS).replace(b"Cy", b"C\0y").replace(b"64", b"\0\x0064")
    reading = read_table(data)
    assert cells(reading) == clean
    assert found(reading, "nul") == [(4, Severity.REPAIRED), (5, Severity.REPAIRED)]


def test_an_extra_field_in_most_rows_becomes_a_column() -> None:
    rows = [f"{i},{i * 2},x{i}" for i in range(50)]
    reading = read_table(text("a,b", "1,2", "3,4", *rows))
    assert reading.frame.shape == (52, 3)
    assert reading.frame.iloc[51, 2] == "x49"


def test_no_row_is_lost_when_every_second_one_has_a_delimiter_too_many() -> None:
    rows = [f"{i},{i * 2}" + ("," if i % 2 else "") for i in range(600)]
    reading = read_table(text("a,b", *rows))
    assert reading.frame["a"].tolist() == [str(i) for i in range(600)]


def test_thousands_of_repairs_are_all_listed_and_summed_up() -> None:
    rows = [f"{i},{i * 2},x" + (",," if i % 3 == 0 else "") for i in range(900)]
    reading = read_table(text("a,b,c", *rows))
    assert reading.facts["lines"]["ragged_row"] == [i + 2 for i in range(900) if i % 3 == 0]
    summary = [f for f in reading.findings if f.code == "ragged_row" and f.row is None]
    assert len(summary) == 1
    assert "300 lines" in summary[0].message


def test_one_row_one_column_and_a_header_only() -> None:
    assert cells(read_table(text("a,b", "1,2"))) == [["a", "b"], ["1", "2"]]
    assert cells(read_table(text("a", "1"))) == [["a"], ["1"]]
    only = read_table(text("a,b,c"))
    assert only.frame.shape == (0, 3)
    assert found(only, "no_rows") == [(None, Severity.WARNING)]


def test_blank_lines_of_a_single_column_are_missing_values() -> None:
    reading = read_table(text("age", "23", "", "45", "31", ""))
    assert cells(reading) == [["age"], ["23"], [None], ["45"], ["31"]]
    assert [row for row, _ in found(reading, "blank_lines")] == [3, 6]


def test_an_all_missing_column_keeps_its_place() -> None:
    reading = read_table(text("a,b,c", "1,,x", "2,,y"))
    assert cells(reading)[1:] == [["1", None, "x"], ["2", None, "y"]]
    assert str(reading.frame["b"].dtype) == "str"


def test_five_hundred_columns() -> None:
    reading = read_table(text(",".join(f"c{i}" for i in range(500)), ",".join("1" * 500), ",".join("2" * 500)))
    assert reading.frame.shape == (2, 500)


@pytest.mark.parametrize("data", [b"", b"\n\n\n", b"   ", b"\xef\xbb\xbf", b"\xff\xfe"])
def test_an_empty_file_is_one_clear_sentence(data: bytes) -> None:
    with pytest.raises(ReadError, match="empty"):
        read_table(data, name="x.csv")


@pytest.mark.parametrize(
    "options",
    [
        {"header": 0},
        {"header": "first"},
        {"header": True},
        {"delimiter": ""},
        {"delimiter": "\n"},
        {"quote": "''"},
        {"decimal": ";"},
    ],
)
def test_senseless_options_are_refused(options: dict[str, object]) -> None:
    with pytest.raises(ReadError):
        ReadOptions(**options)  # type: ignore[arg-type]


@pytest.mark.parametrize("rows", range(1, 6))
def test_stray_quotes_on_both_sides_of_a_blocks_end(rows: int, monkeypatch: pytest.MonkeyPatch) -> None:
    """A pair that could be one field over several lines, wherever it lies: no row may vanish in it."""
    monkeypatch.setattr(scan, "BLOCK", 64)
    for at in range(2, 30):
        lines = [f"{i},word,{i * 7}" for i in range(40)]
        lines[at] = f'{at},"word,{at * 7}'
        lines[at + rows] = f'{at + rows},word",{(at + rows) * 7}'
        reading = read_table("\n".join(["a,b,c", *lines, ""]).encode())
        assert reading.frame["a"].tolist() == [str(i) for i in range(40)], at
        assert str(at + 2) in {str(line) for found in reading.facts["lines"].values() for line in found}


@pytest.mark.parametrize("rows", range(1, 6))
def test_a_field_over_several_lines_and_blocks(rows: int, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(scan, "BLOCK", 64)
    text = "\n".join(["several words and more"] * rows)
    for at in range(2, 30):
        lines = [f"{i},word,{i * 7}" for i in range(40)]
        lines[at] = f'{at},"{text}",{at * 7}'
        reading = read_table("\n".join(["a,b,c", *lines, ""]).encode())
        assert reading.facts["path"] == "fast"
        assert reading.frame["b"].tolist() == ["word"] * at + [text] + ["word"] * (39 - at)
