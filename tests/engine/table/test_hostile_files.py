"""Files made to hurt: each ends in one sentence, within bounded time and memory, and never in a crash."""

from __future__ import annotations

import gzip
import io
import sys
import zipfile
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from engine.errors import LimitError, ReadError
from engine.limits import Limits
from engine.table import parquet as parquet_reader
from engine.table import source, spreadsheet, trial
from engine.table.findings import Severity
from engine.table.read import read_table
from tests.engine.table.test_read_limits import MAIN, SMALL, row, workbook

HEADER = b'<row r="1"><c r="A1" t="s"><v>0</v></c><c r="B1" t="s"><v>1</v></c></row>'
STRINGS = b"<si><t>a</t></si><si><t>b</t></si>"


def altered(part: str, old: bytes, new: bytes) -> bytes:
    """A workbook of two columns with one part changed."""
    out = io.BytesIO()
    with (
        zipfile.ZipFile(io.BytesIO(workbook(HEADER + row(2, 1, 2), STRINGS))) as archive,
        zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as changed,
    ):
        assert old in archive.read(part)
        for name in archive.namelist():
            data = archive.read(name)
            changed.writestr(name, data.replace(old, new) if name == part else data)
    return out.getvalue()


# Excel. Without the checks the parser, native code, ends the process or panics on these.


@pytest.mark.parametrize("count", ["18446744073709551615", "2147483648", "0002147483648"])
@pytest.mark.parametrize("form", ['<sst uniqueCount="{}" ', "<sst uniqueCount = '+{}' "])
def test_a_workbook_that_declares_more_strings_than_it_holds(count: str, form: str) -> None:
    data = altered("xl/sharedStrings.xml", b"<sst ", form.format(count).encode())
    with pytest.raises(ReadError, match=r"declares [\d,]+ entries"):
        read_table(data)


@pytest.mark.parametrize(
    "cell",
    [
        b'<c r="XFD1048576"><v>1</v></c>',
        b"<c  r = 'XFD1048576' ><v>1</v></c>",
        b"<x:c s='1' r='XFD1048576'><x:v>1</x:v></x:c>",
        b'<c r="' + b"0" * 40 + b'"><v>1</v></c>',
        b'<c r="ZZZZZZZ99999999999"><v>1</v></c>',
        b'<c x=">" r="XFD1048576"><v>1</v></c>',
        b"<c x='>>' r='XFD1048576'><v>1</v></c>",
        b'<c r="A' + b"9" * 6_000 + b'"><v>1</v></c>',
    ],
)
def test_cells_far_from_the_row_they_stand_in(cell: bytes) -> None:
    with pytest.raises((LimitError, ReadError), match=r"reaches to row|does not exist"):
        read_table(workbook(HEADER + b'<row r="2">' + cell + b"</row>", STRINGS))


@pytest.mark.parametrize(
    "tags", [b"<c " * 20_000, b"<c x='' " * 20_000, b"<c " + b'r="A1" ' * 20_000, b"<row " * 20_000]
)
def test_tags_that_do_not_end_are_refused_before_they_are_looked_through(tags: bytes) -> None:
    """With patterns that ran on from each to the end, this took minutes."""
    with pytest.raises(ReadError, match="does not exist"):
        read_table(workbook(HEADER + b'<row r="2">' + tags + b"></row>", STRINGS))


def test_rows_and_cells_without_places_are_counted() -> None:
    wide, tall = b"<row>" + b"<c><v>1</v></c>" * 16_000 + b"</row>", b"<row><c><v>1</v></c></row>" * 4_000
    with pytest.raises(LimitError, match="TABULAR_TWIN_MAX_CELLS"):
        read_table(workbook(wide + tall, STRINGS))
    plain = b"<row><c><v>5</v></c><c><v>7</v></c></row>" * 5_000  # many cells in all, few in each row
    header = HEADER.replace(b' r="1"', b"").replace(b' r="A1"', b"").replace(b' r="B1"', b"")
    assert read_table(workbook(header + plain, STRINGS)).frame.shape == (5_000, 2)


def test_parts_in_utf_16_do_not_pass_unseen() -> None:
    sheet = f'<worksheet xmlns="{MAIN}"><sheetData/></worksheet>'
    data = workbook(b"", **{"xl/worksheets/sheet1.xml": sheet.encode("utf-16")})
    with pytest.raises(ReadError, match="UTF-16"):
        read_table(data)


@pytest.mark.parametrize(("name", "kind"), [("xl/workbook.bin", "xlsb"), ("content.xml", "OpenDocument")])
def test_other_kinds_of_workbooks_in_disguise(name: str, kind: str) -> None:
    with pytest.raises(ReadError, match=kind):
        read_table(workbook(row(1, 1), STRINGS, **{name: b"x"}))


def test_a_workbook_with_two_directories() -> None:
    """The parser may go by the one and the checks by the other."""
    data = altered("xl/sharedStrings.xml", b"<sst ", b"<sst ")
    assert len(read_table(data).frame) == 1
    with pytest.raises(ReadError, match="second zip directory"):
        read_table(data + data)


def test_a_shared_string_without_end() -> None:
    """Refused while it is unpacked, not gathered until the part ends."""
    endless = b"a" * (17 * Limits().max_cell_characters + (2 << 20))
    with pytest.raises(LimitError, match="TABULAR_TWIN_MAX_CELL_CHARACTERS"):
        read_table(altered("xl/sharedStrings.xml", b"</si>", endless))


@pytest.mark.parametrize("kind", ["zip", "Excel"])
def test_what_is_protected_by_a_password(kind: str) -> None:
    if kind == "zip":
        packed = io.BytesIO()
        with zipfile.ZipFile(packed, "w") as archive:
            archive.writestr("t.csv", "a,b\n1,2\n")
        data = packed.getvalue()
    else:
        data = altered("xl/sharedStrings.xml", b"<sst ", b"<sst ")
    for head, flags in ((b"PK\x03\x04", 6), (b"PK\x01\x02", 8)):  # the mark of encryption in both heads of each member
        parts = data.split(head)
        data = head.join([parts[0], *(p[: flags - 4] + bytes([p[flags - 4] | 1]) + p[flags - 3 :] for p in parts[1:])])
    with pytest.raises(ReadError, match=f"The {kind} file is protected by a password"):
        read_table(data)


def test_entities_far_into_a_part() -> None:
    bomb = b" " * 1_500_000 + b'<!DOCTYPE x SYSTEM "file:///etc/passwd">'
    with pytest.raises(ReadError, match="XML entities"):
        read_table(workbook(row(1, 1), **{"xl/sharedStrings.xml": bomb}))


def test_a_panic_of_the_parser_is_a_sentence(monkeypatch: pytest.MonkeyPatch) -> None:
    class PanicException(BaseException):  # as native code raises it; it is no Exception
        pass

    def panic(*_: object) -> None:
        raise PanicException("capacity overflow")

    monkeypatch.setattr(spreadsheet, "load_workbook", panic)
    with pytest.raises(ReadError, match="damaged"):
        read_table(workbook(HEADER + row(2, 1, 2), STRINGS))


# Packed files


def test_a_file_that_unpacks_to_hundreds_of_times_its_size(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(source, "_HARMLESS", 1_000_000)
    text = b"1,2\n" * 1_000_000
    zipped = io.BytesIO()
    with zipfile.ZipFile(zipped, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("t.csv", text)
    for data in (gzip.compress(text), zipped.getvalue(), workbook(row(1, 1), **{"xl/media/x.bin": b"\0" * 3_000_000})):
        with pytest.raises(LimitError, match="250 times its size"):
            read_table(data)


def test_files_packed_in_files() -> None:
    inner = gzip.compress(b"a,b\n1,2\n")
    with pytest.raises(ReadError, match="twice"):
        read_table(gzip.compress(inner))
    zipped = io.BytesIO()
    with zipfile.ZipFile(zipped, "w") as archive:
        archive.writestr("inner.zip", b"PK\x05\x06" + b"\0" * 18)
    with pytest.raises(ReadError, match="no table"):
        read_table(zipped.getvalue())


# Text


def test_a_cell_of_a_hundred_megabytes_is_refused_before_it_is_split() -> None:
    limits = replace(SMALL, max_bytes=10**8, max_cell_characters=1_000)
    for cell in (b"x" * 2_000_000, b'"' * 2_000_000, b'"' + b"x" * 2_000_000 + b'"'):
        with pytest.raises(LimitError, match="Line 3 of the file has more than 200,000 bytes"):
            read_table(b"a,b\n1,2\n3," + cell + b"\n5,6\n", limits=limits)


@pytest.mark.parametrize("mark", [b",", b";", b"\t", b"|"])
def test_a_million_columns(mark: bytes) -> None:
    with pytest.raises(LimitError, match="TABULAR_TWIN_MAX_COLUMNS"):
        read_table(mark.join([b"c"] * 1_000_000) + b"\n" + mark.join([b"1"] * 1_000_000))


def test_lines_within_the_bounds_are_read_with_any_line_end() -> None:
    limits = replace(SMALL, max_bytes=10**8, max_cell_characters=100, max_cells=10**7)
    for end in (b"\n", b"\r", b"\r\n"):
        assert read_table(b"a,b" + end + (b"1,22222222" + end) * 5_000, limits=limits).frame.shape == (5_000, 2)


def test_foreign_bytes_and_marks_on_every_line_are_told_in_one_pass() -> None:
    """Quadratic work would take minutes here."""
    foreign = b"a,b\n" + "ä,ö\n".encode() * 100_000 + b"\xff,1\n" * 50_000
    reading = read_table(foreign)
    assert reading.frame.shape == (150_000, 2)
    assert reading.facts["lines"]["encoding_mixed"] == list(range(100_002, 150_002))
    marked = read_table(b"a,b\n" + b"1\0,2\n" * 4_000)
    assert marked.facts["lines"]["nul"] == list(range(2, 4_002))
    assert marked.frame["a"].unique().tolist() == ["1"]


# JSON


@pytest.mark.parametrize(
    "data",
    [b"[" * 100_000, b'{"a":' * 100_000, b'[{"a":' + b"[" * 100_000, b'{"a":1}\n{"a":2}\n{"a":' + b"[" * 100_000],
)
def test_json_nested_a_hundred_thousand_deep(data: bytes) -> None:
    with pytest.raises(ReadError, match="nested too deeply"):
        read_table(data, name="t.json")


def test_whole_numbers_of_a_hundred_thousand_digits_are_text() -> None:
    digits = "9" * 99_000
    for text in (f'[{{"a": {digits}}}, {{"a": 1}}]', f'{{"a": {digits}}}\n{{"a": 1}}\n'):
        reading = read_table(text.encode(), name="t.json")
        assert reading.frame["a"].tolist() == [digits, "1"]
        assert reading.findings[0].code == "mixed_types"


def test_half_characters_in_json_are_replaced() -> None:
    text = r'[{"a": "x\ud800", "b\udfff": "\ud83d\ude00", "c": "\\ud800"}]'
    reading = read_table(text.encode(), name="t.json")
    assert reading.frame.to_dict("list") == {"a": ["x\ufffd"], "b\ufffd": ["\U0001f600"], "c": ["\\ud800"]}
    assert [(f.code, f.severity) for f in reading.findings] == [("half_character", Severity.REPAIRED)]


def test_empty_records_are_no_table() -> None:
    with pytest.raises(ReadError, match="names no columns"):
        read_table(b"[{},{},{}]", name="t.json")


# Parquet


ROOM = Limits(max_unpacked_bytes=60_000_000)


def too_much(data: bytes) -> None:
    """The process that tries files refuses this one before this process reads it."""
    with pytest.raises(LimitError, match="TABULAR_TWIN_MAX_UNPACKED_BYTES"):
        trial.check(data, ROOM)
    with pytest.raises(LimitError, match="TABULAR_TWIN_MAX_UNPACKED_BYTES"):
        read_table(data, limits=ROOM)


def folded(text: str, rows: int) -> bytes:
    """A file that stores a text once and shows it in every row, as a column of plain text."""
    out = io.BytesIO()
    column = pa.DictionaryArray.from_arrays(pa.array([0] * rows, pa.int32()), [text])
    pq.write_table(pa.table({"a": column}), out, store_schema=False)
    return out.getvalue()


def test_a_text_that_a_parquet_file_repeats() -> None:
    assert read_table(folded("x" * 400, 700), limits=SMALL).frame["a"].nunique() == 1
    with pytest.raises(LimitError, match="TABULAR_TWIN_MAX_UNPACKED_BYTES"):
        read_table(folded("x" * 400, 900), limits=SMALL)
    too_much(folded("x" * 10_000_000, 1_000_000))
    with pytest.raises(LimitError, match="TABULAR_TWIN_MAX_CELL_CHARACTERS"):
        read_table(folded("x" * 1_000_000, 100))


def parquet(column: pa.Array, **how: Any) -> bytes:
    out = io.BytesIO()
    pq.write_table(pa.table({"a": column}), out, compression="zstd", **how)
    return out.getvalue()


def test_texts_that_share_their_beginning_in_a_parquet_file() -> None:
    """In this encoding, a text that is as the one before takes no bytes at all, and each is laid out in full."""
    how: dict[str, Any] = {"use_dictionary": False, "column_encoding": {"a": "DELTA_BYTE_ARRAY"}}
    assert len(read_table(parquet(pa.array(["x" * 50_000] * 100), **how), limits=ROOM).frame) == 100
    bomb = parquet(pa.array(["x" * 50_000] * 3_000), **how)
    assert len(bomb) < 100_000
    too_much(bomb)


def lists(each: int, rows: int) -> bytes:
    return parquet(
        pa.ListArray.from_arrays(np.arange(rows + 1, dtype=np.int32) * each, np.zeros(each * rows, np.int64))
    )


def test_lists_that_a_parquet_file_hardly_writes_down() -> None:
    assert read_table(lists(3, 4)).frame["a"].tolist() == ["[0, 0, 0]"] * 4
    bomb = lists(100, 200_000)
    assert len(bomb) < 100_000
    too_much(bomb)
    longer_as_text = parquet(pa.ListArray.from_arrays(np.arange(0, 4_000_001, 40, dtype=np.int32), [None] * 4_000_000))
    with pytest.raises(LimitError, match=r"as JSON.*TABULAR_TWIN_MAX_UNPACKED_BYTES"):
        read_table(longer_as_text, limits=Limits(max_unpacked_bytes=10_000_000))
    one_long = parquet(pa.ListArray.from_arrays([0, 1, 5_000_001], np.zeros(5_000_001, np.int64)))
    with pytest.raises(LimitError, match=r"row 2 of the table, column “a”.*TABULAR_TWIN_MAX_CELL_CHARACTERS"):
        read_table(one_long)


def test_a_list_too_long_for_a_cell_is_not_even_written_out(monkeypatch: pytest.MonkeyPatch) -> None:
    def never(value: object, **how: object) -> str:
        raise AssertionError("it was written out")

    monkeypatch.setattr(parquet_reader, "_BYTES_AT_ONCE", 1_000)
    monkeypatch.setattr(parquet_reader.json, "dumps", never)
    with pytest.raises(LimitError, match="row 1 of the table"):
        read_table(lists(10_000, 1), limits=replace(Limits(), max_cell_characters=100))


def test_a_parquet_file_without_columns() -> None:
    out = io.BytesIO()
    pq.write_table(pa.table({}), out)
    with pytest.raises(ReadError, match="has no columns"):
        read_table(out.getvalue())


def test_a_parquet_file_that_lies_about_its_size() -> None:
    """Its footer says how large it is once unpacked; here each such number is a thousandth of what it was."""
    true = parquet(pa.array(np.zeros(20_000_000)), use_dictionary=False, row_group_size=20_000_000)
    size = pq.ParquetFile(io.BytesIO(true)).metadata.row_group(0).total_byte_size
    assert size > 160_000_000
    lying = without_size(true, size)
    assert pq.ParquetFile(io.BytesIO(lying)).metadata.row_group(0).total_byte_size < 10_000_000
    for data in (true, lying):
        too_much(data)


def without_size(data: bytes, size: int) -> bytes:
    """Every mention of a size in the footer made small; Thrift writes it as a zigzag number in pieces of seven bits."""
    number, pieces = 2 * size, []
    while number:
        pieces.append(number & 0x7F | (0x80 if number > 0x7F else 0))
        number >>= 7
    written = bytes(pieces)
    small = bytes([0x82, *[0x80] * (len(written) - 2), 0])
    at = len(data) - 8 - int.from_bytes(data[-8:-4], "little")
    assert written in data[at:]
    return data[:at] + data[at:].replace(written, small)


def test_a_parquet_file_that_ends_its_reader(monkeypatch: pytest.MonkeyPatch) -> None:
    code = "import os, signal; os.kill(os.getpid(), signal.SIGSEGV)"
    monkeypatch.setattr(trial, "_COMMAND", (sys.executable, "-c", code))
    with pytest.raises(ReadError, match="the reader of such files broke down on it"):
        read_table(parquet(pa.array([1, 2])))


def test_parquet_with_any_byte_changed_is_a_sentence_or_a_table() -> None:
    out = io.BytesIO()
    pq.write_table(pa.table({"a": list(range(50)), "b": ["x", "y"] * 25}), out)
    whole = out.getvalue()
    for place in range(4, len(whole) - 4, 37):
        data = bytearray(whole)
        data[place] ^= 0xFF
        assert len(sentence(bytes(data))) < 300


def sentence(data: bytes) -> str:
    """What is said of the data, nothing where they are read."""
    try:
        read_table(data, limits=SMALL)
    except (ReadError, LimitError) as error:
        return str(error)
    return ""


# Names


@pytest.mark.parametrize(
    ("given", "name"),
    [
        ("../../etc/passwd.csv", "passwd"),
        ("..\\..\\windows\\x.csv", "x"),
        ("a\0b.csv", "ab"),
        ("\x1b[31mred\n.csv", "[31mred"),
        ("..", ""),
        ("/", ""),
        ("n" * 5_000 + ".csv", "n" * 100),
        ("con\u202efdp.csv", "confdp"),
    ],
)
def test_names_of_files_are_plain(given: str, name: str) -> None:
    assert read_table(b"a,b\n1,2\n3,4\n", name=given).name == name


def test_paths_that_no_system_opens(tmp_path: Path) -> None:
    for path in ("a\0b.csv", str(tmp_path / ("n" * 5_000)), str(tmp_path)):
        with pytest.raises(ReadError):
            read_table(path)
