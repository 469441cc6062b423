"""The certificate: true files pass in every format, and every kind of fault fails just its own check."""

from __future__ import annotations

import io
from collections.abc import Callable
from dataclasses import replace

import pandas as pd
import pytest

from engine.certificate import Certificate, Expected, What, certify
from engine.errors import WriteError
from engine.synthesizer import Synthesizer
from engine.table.infer import infer_schema
from engine.table.schema import Schema
from engine.table.write import FORMATS, to_bytes
from tests.engine.tables import CLUB, club

ROWS = 300


@pytest.fixture(scope="module")
def expected() -> Expected:
    return Expected(CLUB, CLUB.parse(club()), ROWS)


@pytest.fixture(scope="module")
def made() -> pd.DataFrame:
    return Synthesizer(CLUB, "marginals").fit(club(), seed=0).sample_parsed(ROWS)


@pytest.mark.parametrize("format", FORMATS)
def test_a_true_file_passes_in_every_format(expected: Expected, made: pd.DataFrame, format: str) -> None:
    found = certify(to_bytes(made, CLUB, format), format, expected)
    assert found.failed == ()
    assert set(found.columns) == set(CLUB.names)
    assert found.rows == ROWS
    whats = {check.what for checks in found.columns.values() for check in checks}
    assert {What.TYPE, What.MISSING, What.CATEGORIES, What.RANGE, What.KEYS, What.NEW, What.FORMAT} <= whats


def faults() -> dict[str, tuple[str, What, Callable[[pd.DataFrame], pd.DataFrame]]]:
    real = club()

    def put(column: str, value: object, rows: int = 1) -> Callable[[pd.DataFrame], pd.DataFrame]:
        def change(table: pd.DataFrame) -> pd.DataFrame:
            table.loc[table.index[:rows], column] = value
            return table

        return change

    return {
        "a word among numbers": ("age", What.TYPE, put("age", "old")),
        "a decimal too many": ("fee", What.FORMAT, put("fee", "33.123")),
        "another date format": ("joined", What.FORMAT, put("joined", "1.02.2021")),
        "a strange category": ("city", What.CATEGORIES, put("city", "Atlantis")),
        "a number out of range": ("age", What.RANGE, put("age", "120")),
        "a real key": ("member", What.NEW, put("member", real["member"].iloc[0])),
        "a key twice": ("member", What.KEYS, lambda t: t.assign(member=[t["member"].iloc[1], *t["member"].iloc[1:]])),
        "a longer key": ("member", What.KEYS, put("member", "XY-123456")),
        "a real address": ("e-mail", What.NEW, put("e-mail", real["e-mail"].iloc[0])),
        "too many gaps": ("city", What.MISSING, put("city", "", 90)),
        "another constant": ("country", What.CATEGORIES, put("country", "BE")),
    }


@pytest.mark.parametrize("name", faults())
def test_a_fault_fails_its_check_and_no_other(expected: Expected, made: pd.DataFrame, name: str) -> None:
    column, what, change = faults()[name]
    table = change(CLUB.to_text(made).copy())
    found = certify(table.to_csv(index=False).encode(), "csv", expected)
    assert {(where, check.what) for where, check in found.failed} == {(column, what)}


def test_rows_columns_and_order_are_counted(expected: Expected, made: pd.DataFrame) -> None:
    table = CLUB.to_text(made)

    def failed(table: pd.DataFrame) -> int:
        return len([c for where, c in certify(table.to_csv(index=False).encode(), "csv", expected).failed if not where])

    assert failed(table) == 0
    assert failed(table.iloc[1:]) == 1
    assert failed(table[list(CLUB.names)[::-1]]) == 1
    missing = certify(table.drop(columns="age").to_csv(index=False).encode(), "csv", expected)
    assert ("age", What.TYPE) in {(where, check.what) for where, check in missing.failed}


def test_types_of_parquet_are_compared() -> None:
    frame = pd.DataFrame({"n": pd.Series([70, 81] * 25, dtype="int32"), "x": pd.Series(range(50), dtype="float32") / 8})
    twin = Synthesizer(method="marginals").fit(frame)
    expected = Expected(twin.schema, twin.schema.parse(frame), 50)
    made = twin.sample(50)
    assert certify(to_bytes(made, twin.schema, "parquet"), "parquet", expected).failed == ()
    wrong = io.BytesIO()
    made.astype({"n": "int64"}).to_parquet(wrong)
    failed = certify(wrong.getvalue(), "parquet", expected).failed
    assert [(where, check.what) for where, check in failed] == [("n", What.TYPE)]


@pytest.mark.parametrize("format", FORMATS)
def test_a_table_of_another_format_passes_too(format: str) -> None:
    """Gaps that the source writes as null, whole rows of them, empty text that is a value, dates in a zone."""
    moments = ["2024-01-24T22:32:58+14:00", None, "2024-01-30T10:42:58-05:30", None, "1850-02-03T00:00:00Z"]
    records = pd.DataFrame(
        {
            "n": pd.Series([1, None, 3, None, 5], dtype="Int64"),
            "long": pd.Series([3, None, 5, None, 2**60 - 1], dtype="Int64"),
            "when": pd.Series(moments, dtype="str"),
            "label": pd.Series(["", None, "b", None, "b"], dtype="str"),
        }
    )
    schema = infer_schema(records)
    parsed = schema.parse(records)
    assert certify(to_bytes(parsed, schema, format), format, Expected(schema, parsed, 5)).failed == ()


def test_time_that_goes_on_and_a_label_of_ones_own_are_no_faults(expected: Expected, made: pd.DataFrame) -> None:
    table = CLUB.to_text(made).copy()
    table.loc[0, ["joined", "city"]] = ["01.01.2040", "Other"]
    content = table.to_csv(index=False).encode()
    assert len(certify(content, "csv", expected).failed) == 2
    knowing = replace(expected, going_on=frozenset({"joined"}), label="Other")
    assert certify(content, "csv", knowing).failed == ()


def test_the_same_bytes_have_the_same_fingerprint_and_json_is_plain(expected: Expected, made: pd.DataFrame) -> None:
    import json

    content = to_bytes(made, CLUB, "csv")
    first, second = (certify(content, "csv", expected) for _ in range(2))
    assert first == second
    assert isinstance(first, Certificate)
    told = json.loads(json.dumps(first.to_json()))
    assert told["passed"] is True
    assert len(told["sha256"]) == 64


def test_no_value_of_the_real_table_is_told(expected: Expected, made: pd.DataFrame) -> None:
    """A failed check counts; it does not quote."""
    table = CLUB.to_text(made).copy()
    real = club()
    table.loc[0, "member"], table.loc[0, "e-mail"] = real["member"].iloc[0], real["e-mail"].iloc[0]
    told = str(certify(table.to_csv(index=False).encode(), "csv", expected).to_json())
    assert real["member"].iloc[0] not in told
    assert real["e-mail"].iloc[0] not in told


def test_bytes_that_are_no_table_are_refused(expected: Expected) -> None:
    with pytest.raises(WriteError, match="cannot be read again"):
        certify(b"\x00\x01", "parquet", expected)
    with pytest.raises(WriteError, match="no format"):
        certify(b"", "docx", expected)


def test_unselected_columns_are_not_missed() -> None:
    schema: Schema = CLUB.select(["fee", "city"])
    made = Synthesizer(schema, "marginals").fit(club(), seed=0).sample_parsed(40)
    found = certify(to_bytes(made, schema, "csv"), "csv", Expected(schema, CLUB.parse(club()), 40))
    assert found.failed == ()
