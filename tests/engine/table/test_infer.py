"""What each column is, guessed from its values; and the person's corrections."""

from __future__ import annotations

import gzip
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from engine.errors import DataError, SchemaError
from engine.table.infer import fix, infer_column, infer_schema, recast, validate
from engine.table.read import read_table
from engine.table.schema import Column, DateFormat, Kind, NumberFormat, Schema
from tests.engine.tables import CLUB, club

SAMPLES = Path(__file__).resolve().parents[3] / "assets" / "samples"


def cells(values: list[str | None], name: str = "x") -> Column:
    return infer_column(pd.Series(values, dtype="str"), name)


def numbered(pattern: str, n: int = 60) -> list[str]:
    return [pattern.format(i) for i in range(n)]


# Kinds


@pytest.mark.parametrize(
    ("values", "name", "kind"),
    [
        (["1", "5", "5", "7"] * 10, "visits", Kind.INTEGER),
        (["1.0", "5.0", "5.0"] * 10, "visits", Kind.INTEGER),
        (["1", "2", "3"] * 10, "rating", Kind.INTEGER),
        (["2007", "2008", "2009"] * 10, "year", Kind.INTEGER),
        (["9", "13", "10"] * 10, "education-num", Kind.INTEGER),
        (["10", "20", "30"] * 10, "department_code", Kind.CATEGORICAL),
        (["1.5", "2.25"] * 10, "price", Kind.DECIMAL),
        (["1.234,50 €", "99,00 €"] * 10, "price", Kind.DECIMAL),
        (["0", "1", "1"] * 10, "survived", Kind.BOOLEAN),
        (["yes", "no"] * 10, "smokes", Kind.BOOLEAN),
        (["Ja", "Nein"] * 10, "raucht", Kind.BOOLEAN),
        (["True", None] * 10, "flag", Kind.BOOLEAN),
        (["male", "female"] * 10, "sex", Kind.CATEGORICAL),
        (["1", "2"] * 10, "sex", Kind.INTEGER),
        (["007", "012", "007"] * 10, "agent", Kind.CATEGORICAL),
        (numbered("{:05d}"), "number", Kind.IDENTIFIER),
        (numbered("AB-{:04d}"), "member", Kind.IDENTIFIER),
        (numbered("{}"), "row", Kind.IDENTIFIER),
        ([str(i * 7919 % 100_003) for i in range(60)], "user_id", Kind.IDENTIFIER),
        ([str(i * 7919 % 100_003) for i in range(60)], "population", Kind.INTEGER),
        ([str(i * 7919 % 100_003) for i in range(60)], "number_of_people", Kind.INTEGER),
        ([str(i * 7919 % 100_003) for i in range(60)], "orderNumber", Kind.IDENTIFIER),
        ([str(i // 3 * 7919) for i in range(60)], "host_id", Kind.INTEGER),
        (["2024-01-05", "2024-02-29"] * 10, "day", Kind.DATETIME),
        (["05.01.2024", "31.01.2024"] * 10, "day", Kind.DATETIME),
        ([f"2024{m:02d}{d:02d}" for m in range(1, 10) for d in (3, 28)], "x", Kind.DATETIME),
        ([str(1_700_000_000_000 + i * 86_400_123) for i in range(40)], "x", Kind.DATETIME),
        ([str(1_700_000_000 + i * 86_411) for i in range(40)], "created_at", Kind.DATETIME),
        ([str(1_700_000_000 + i * 86_411) for i in range(40)], "amount", Kind.INTEGER),
        (["12:30", "09:15"] * 10, "opens", Kind.DATETIME),
        (numbered("Bright room number {} by the park"), "name", Kind.TEXT),
        ([f"{'long words ' * 9}{i % 40}" for i in range(60)], "remark", Kind.TEXT),
        (["Berlin", "New York City", "Rome"] * 10, "city", Kind.CATEGORICAL),
        (numbered("p{}@mail.example"), "contact", Kind.PERSONAL),
        (["x"] * 20, "x", Kind.CONSTANT),
        ([None] * 20, "x", Kind.CONSTANT),
        (["x", None] * 20, "x", Kind.CATEGORICAL),
        (["1" * 30, "2" * 30] * 5, "x", Kind.CATEGORICAL),
    ],
)  # fmt: skip
def test_kinds(values: list[str | None], name: str, kind: Kind) -> None:
    column = cells(values, name)
    assert column.kind is kind
    assert column.reason
    assert 0 < column.confidence <= 1


@pytest.mark.parametrize(
    ("values", "name", "provider"),
    [
        (numbered("p{}@mail.example"), "x", "email"),
        (numbered("+49 30 1234{:03d}"), "Telefon", "phone_number"),
        ([f"192.168.0.{i}" for i in range(60)], "x", "ipv4"),
        (["DE89370400440532013000", "GB82WEST12345698765432"] * 10, "x", "iban"),
        (["4111 1111 1111 1111", "5500 0000 0000 0004"] * 10, "x", "credit_card_number"),
        ([f"{c}{d}anna" for c in "ABCDEFGH" for d in "aeio"], "host_name", "first_name"),
        ([f"Anna{c} {d}chmidt" for c in "abcdefgh" for d in "SBTR"], "CustomerName", "name"),
        (numbered("{} Main Street"), "address", "street_address"),
        (numbered("{:03d}-45-6789"), "x", "ssn"),
    ],
)
def test_personal_data(values: list[str], name: str, provider: str) -> None:
    column = cells(values, name)
    assert (column.kind, column.provider) == (Kind.PERSONAL, provider)


@pytest.mark.parametrize(
    ("values", "name"),
    [
        (["new", "old"] * 30, "customer"),
        (["1111111111111111", "2222222222222222"] * 10, "x"),
        (["DE00370400440532013000", "DE11370400440532013000"] * 10, "x"),
        (["300.1.1.1", "10.0.0.999"] * 10, "x"),
    ],
)
def test_what_only_looks_personal(values: list[str], name: str) -> None:
    assert cells(values, name).kind is not Kind.PERSONAL


def test_the_letters_point_to_a_locale() -> None:
    column = cells([f"Jürgen{c} Schäfer{d}" for c in "abcdefgh" for d in "abcd"], "full name")
    assert column.locale == "de_DE"


def test_keys_have_a_pattern() -> None:
    assert cells(numbered("XY-{:04d}"), "key").pattern == "XY-9999"
    assert cells(numbered("AB-{:04d}"), "key").pattern == "AA-9999"
    assert cells([f"{'fghk'[i % 4]}{i:03d}" for i in range(60)], "key").pattern == "a999"


# Missing values


class TestMissing:
    def test_words_for_missing_among_numbers(self) -> None:
        column = cells(["1.5", "NA", "-", "2.5", "unknown", "-"])
        assert column.kind is Kind.DECIMAL
        assert column.missing_tokens == ("-", "NA", "unknown", "")
        assert "“-” (2)" in column.reason

    def test_a_question_mark_among_words(self) -> None:
        column = cells(["Private", "?", "State-gov"] * 10)
        assert column.missing_tokens[0] == "?"
        assert "“?” (10) taken as missing" in column.reason

    def test_answers_are_no_missing_values(self) -> None:
        for word in ("None", "unknown", "missing"):
            assert cells(["Brick", word, "Stone"] * 10).missing_tokens == ("",)

    def test_codes_of_two_letters_may_be_na(self) -> None:
        assert cells(["NA", "US", "DE", "FR", "IT", "ES"] * 10).missing_tokens == ("",)
        assert cells(["NA", "Paris", "Rome", "Berlin", "Oslo", "Bern"] * 10).missing_tokens == ("NA", "")

    def test_marks_among_marks_are_values(self) -> None:
        assert cells(["?", "!", "-"] * 10).missing_tokens == ("",)

    def test_the_commonest_token_comes_first(self) -> None:
        assert cells(["1", "2", "n/a", "n/a", None]).missing_tokens == ("n/a", "")
        assert cells(["1", "2", "n/a", None, None]).missing_tokens == ("", "n/a")

    def test_nothing_but_tokens(self) -> None:
        column = cells(["NA", "NA", None])
        assert (column.kind, column.value, column.missing_tokens) == (Kind.CONSTANT, None, ("NA", ""))


# Whole tables


@pytest.mark.parametrize("file", sorted(p.name for p in SAMPLES.glob("*.csv*")))
def test_samples_come_back_cell_by_cell(file: str) -> None:
    raw = read_table(SAMPLES / file).frame
    schema = Schema.loads(infer_schema(raw, file).dumps())
    text = schema.to_text(schema.parse(raw))
    expected = {c.name: raw[c.name].fillna(c.missing_tokens[0]) for c in schema}
    pd.testing.assert_frame_equal(text, pd.DataFrame(expected))


def test_census_as_a_person_would_see_it() -> None:
    schema = infer_schema(read_table(gzip.decompress((SAMPLES / "census.csv.gz").read_bytes())).frame)
    integers = {c.name for c in schema if c.kind is Kind.INTEGER}
    assert integers == {"age", "fnlwgt", "education_num", "capital_gain", "capital_loss", "hours_per_week"}
    assert all(c.kind in (Kind.INTEGER, Kind.CATEGORICAL) for c in schema)
    assert schema["workclass"].missing_tokens[0] == "?"


def test_the_club() -> None:
    schema = infer_schema(club(), "club")
    assert schema.name == "club"
    assert {c.name: c.kind for c in schema} == {c.name: c.kind for c in CLUB}
    assert schema["member"].pattern == CLUB["member"].pattern
    assert schema["joined"].date == CLUB["joined"].date
    assert schema["fee"].number == CLUB["fee"].number
    assert schema["active"].labels == CLUB["active"].labels


def test_other_dates_decide_on_day_and_month() -> None:
    frame = pd.DataFrame({"a": ["01/02/2024", "03/04/2023"], "b": ["25/12/2024", "01/02/2024"]}, dtype="str")
    column = infer_schema(frame)["a"]
    assert column.date == DateFormat("%d/%m/%Y")
    assert "“b”" in column.reason
    assert infer_schema(frame[["a"]])["a"].date == DateFormat("%m/%d/%Y")


@pytest.mark.parametrize("rows", [0, 1])
def test_tiny_tables(rows: int) -> None:
    raw = club(3).iloc[:rows]
    schema = infer_schema(raw)
    assert schema.names == CLUB.names
    assert all(c.confidence < 1 for c in schema)
    text = schema.to_text(schema.parse(raw))
    pd.testing.assert_frame_equal(text, raw.fillna(""))


def test_one_row_is_no_constant() -> None:
    assert cells(["5"], "n").kind is Kind.INTEGER
    assert cells(["a"], "n").kind is Kind.CATEGORICAL


def test_no_columns() -> None:
    assert len(infer_schema(pd.DataFrame())) == 0


def test_odd_cells_among_numbers_are_named() -> None:
    assert "all but “n.k.” are numbers" in cells([*numbered("{}", 30), "n.k.", "5"]).reason


_CELLS = st.none() | st.text(max_size=8) | st.integers().map(str) | st.floats().map(str)


@settings(max_examples=60, deadline=None)
@given(
    st.dictionaries(
        st.text(min_size=1, max_size=5),
        st.lists(_CELLS, min_size=6, max_size=6),
        min_size=1, max_size=4,
    )
)  # fmt: skip
def test_no_text_table_breaks_anything(columns: dict[str, list[str | None]]) -> None:
    raw = pd.DataFrame({name: pd.Series(values, dtype="str") for name, values in columns.items()})
    schema = infer_schema(raw)
    assert Schema.loads(schema.dumps()) == schema
    table = schema.parse(raw)
    pd.testing.assert_frame_equal(schema.parse(schema.to_text(table)), table)
    for column in schema:  # no cell is lost but those that are said to be missing
        gone = raw[column.name][table[column.name].isna()].dropna()
        assert set(gone) <= set(column.missing_tokens)


# Corrections


def recasted(values: list[Any], kind: Kind, name: str = "x") -> Column:
    frame = pd.DataFrame({name: pd.Series(values, dtype="str")})
    return recast(frame, infer_schema(frame), name, kind)[name]


@pytest.mark.parametrize(
    ("values", "kind", "expected"),
    [
        (["007", "012"], Kind.INTEGER, {"number": NumberFormat(width=3)}),
        (["1", "2"], Kind.DECIMAL, {"number": NumberFormat()}),
        (["1", "2"], Kind.BOOLEAN, {"labels": ("1", "2")}),
        (["yes", "no"], Kind.CATEGORICAL, {"labels": None}),
        (["2007", "2008"], Kind.DATETIME, {"date": DateFormat("%Y", "Y")}),
        (["1700000040", "1700000100"], Kind.DATETIME, {"date": DateFormat("epoch:s", "m")}),
        (["5", "7"], Kind.IDENTIFIER, {"pattern": "9"}),
        (["Anna", "Bo"], Kind.PERSONAL, {"provider": "name", "locale": "en_US"}),
        (["a", "b"], Kind.TEXT, {}),
        (["a", "a"], Kind.CONSTANT, {"value": "a"}),
    ],
)
def test_recast(values: list[str], kind: Kind, expected: dict[str, Any]) -> None:
    column = recasted(values, kind)
    assert column.kind is kind
    assert column.chosen
    assert column.confidence == 1.0
    assert {key: getattr(column, key) for key in expected} == expected


def attempted(raw: pd.DataFrame, schema: Schema, name: str, kind: Kind) -> Schema | None:
    """The recast schema; None where it is refused, with the column named."""
    refused: list[str | None] = []
    try:
        return recast(raw, schema, name, kind)
    except DataError as error:
        refused.append(error.column)
    assert refused == [name]
    return None


def test_every_recast_that_is_allowed_parses() -> None:
    raw = club(50)
    schema = infer_schema(raw)
    done = 0
    for name in schema.names:
        for kind in Kind:
            changed = attempted(raw, schema, name, kind)
            if changed is None:
                continue
            table = changed.parse(raw)
            pd.testing.assert_series_equal(changed.parse(changed.to_text(table))[name], table[name], check_names=True)
            done += 1
    assert done > 30


@pytest.mark.parametrize(
    ("values", "kind", "message"),
    [
        (["1", "a"], Kind.INTEGER, "row 2 holds “a”"),
        (["1.5", "2"], Kind.INTEGER, "row 1 holds “1.5”"),
        (["a", "b", "c"], Kind.BOOLEAN, "3 different values"),
        (["2024-01-05", "soon"], Kind.DATETIME, "row 2 holds “soon”"),
        (["a", "b", "a"], Kind.IDENTIFIER, "“a” appears more than once"),
        (["a", "b"], Kind.CONSTANT, "2 different values"),
        (["a", None], Kind.CONSTANT, "missing cells"),
    ],
)
def test_what_does_not_fit_the_wish(values: list[str], kind: Kind, message: str) -> None:
    with pytest.raises(DataError, match=message) as caught:
        recasted(values, kind)
    assert caught.value.column == "x"


def test_recasting_keeps_the_other_columns_and_the_selection() -> None:
    raw = club(30)
    schema = infer_schema(raw).select(["age", "city"])
    changed = recast(raw, schema, "age", Kind.CATEGORICAL)
    assert changed["age"].selected
    assert not changed["fee"].selected
    assert [c for c in changed if c.name != "age"] == [c for c in schema if c.name != "age"]
    with pytest.raises(SchemaError, match="no column “colour”"):
        recast(raw, schema, "colour", Kind.TEXT)


def test_typed_columns_can_be_recast() -> None:
    raw = pd.DataFrame({"code": np.array([3, 1, 3], dtype="int16"), "day": pd.to_datetime(["2024-01-05"] * 3)})
    schema = recast(raw, infer_schema(raw), "code", Kind.CATEGORICAL)
    assert schema.parse(raw)["code"].tolist() == ["3", "1", "3"]
    pd.testing.assert_frame_equal(schema.restore(schema.parse(raw)), raw)
    assert recast(raw, schema, "day", "datetime")["day"].date == DateFormat()


def test_a_schema_is_checked_against_a_table() -> None:
    validate(CLUB, club())
    with pytest.raises(SchemaError, match="no column “age”"):
        validate(CLUB, club().drop(columns="age"))
    with pytest.raises(DataError, match="“old”"):
        validate(CLUB, club(3).assign(age="old"))
    with pytest.raises(SchemaError, match="no dtype"):
        validate(Schema((Column("age", Kind.INTEGER, storage="int7"),)), club())


# Round trips of whole columns


_FORMATS: list[NumberFormat | DateFormat] = [
    NumberFormat(),
    NumberFormat(thousands=","),
    NumberFormat(suffix=" %"),
    NumberFormat(2, fixed=True),
    NumberFormat(3, least=1),
    NumberFormat(2, fixed=True, decimal_mark=",", thousands=".", suffix=" €"),
    NumberFormat(2, fixed=True, thousands=",", prefix="$", negative="()"),
    NumberFormat(17, exponent="e", mantissa=4),
    DateFormat("%Y-%m-%d"),
    DateFormat("%d.%m.%Y"),
    DateFormat("%-m/%-d/%Y"),
    DateFormat("%d %B %Y"),
    DateFormat("%Y-%m-%d %H:%M:%S", "s"),
    DateFormat("%m/%d/%Y %I:%M %p", "m"),
    DateFormat("%Y-%m-%dT%H:%M:%S.%3f", "ms"),
]


@settings(max_examples=15, deadline=None)
@given(st.data())
@pytest.mark.parametrize("fmt", _FORMATS)
def test_text_comes_back_whatever_its_format(fmt: NumberFormat | DateFormat, data: st.DataObject) -> None:
    numbers = st.lists(st.integers(-(10**9), 10**9), min_size=15, max_size=30, unique=True)
    units = np.array(data.draw(numbers), dtype=np.int64)
    if isinstance(fmt, DateFormat):
        column = Column("x", Kind.DATETIME, date=fmt)
        moments = (units * 1_003).astype("M8[ms]").astype(f"M8[{fmt.resolution}]")
        table = pd.DataFrame({"x": pd.Series(moments.astype("M8[us]"))})
    elif fmt.decimals:
        column = Column("x", Kind.DECIMAL, number=fmt)
        table = pd.DataFrame({"x": units / 10.0 ** min(fmt.decimals, 3)})
    else:
        column = Column("x", Kind.INTEGER, number=fmt)
        table = pd.DataFrame({"x": pd.Series(units, dtype="Int64")})
    text = Schema((column,)).to_text(table)
    schema = infer_schema(text)
    whole = isinstance(fmt, NumberFormat) and fmt.exponent  # "1.2500e+05" is a whole number
    assert schema["x"].kind in (column.kind, Kind.INTEGER if whole else column.kind)
    pd.testing.assert_frame_equal(schema.to_text(schema.parse(text)), text)


def test_a_column_can_be_fixed_at_one_value() -> None:
    """Any value that the file's own type can hold; whatever the column held before is not learned."""
    frame = pd.DataFrame(
        {"a": ["1", "2", "2", ""], "b": pd.array([1, 2, 2, 3], dtype="int32"), "c": pd.Categorical(list("uuvw"))}
    )
    schema = infer_schema(frame)
    for name, usual in (("a", "2"), ("b", "2"), ("c", "u")):
        fixed = fix(frame, schema, name)
        assert fixed[name].kind is Kind.CONSTANT
        assert fixed[name].value == usual
        assert fixed.parse(frame)[name].tolist() == [usual] * 4
        assert fixed.restore(fixed.parse(frame)).dtypes[name] == (frame.dtypes[name] if name != "a" else "str")
    assert fix(frame, schema, "a", "new").parse(frame)["a"].unique().tolist() == ["new"]
    assert fix(frame, schema, "b", "7").restore(frame)["b"].tolist() == [7] * 4
    with pytest.raises(DataError, match="int32, which cannot hold “seven”"):
        fix(frame, schema, "b", "seven")
    with pytest.raises(DataError, match="needs a value"):
        fix(frame, schema, "a", " ")


@pytest.mark.parametrize("blank", ["\u00a0", "\u2009", "\u3000", "\u202f", "\x1f", "\t", " "], ids=ascii)
@pytest.mark.parametrize("first", [1, 20_240_101, 1_700_000_000_000])
def test_a_blank_of_any_kind_beside_one_number_is_no_part_of_it(blank: str, first: int) -> None:
    cells = [str(first + i) for i in range(24)]
    clean = pd.DataFrame({"count": pd.Series(cells, dtype="str")})
    cells[5], cells[7] = blank + cells[5], cells[7] + blank
    frame = pd.DataFrame({"count": pd.Series(cells, dtype="str")})
    schema = infer_schema(frame)
    assert schema["count"].kind is infer_schema(clean)["count"].kind
    if schema["count"].kind is not Kind.IDENTIFIER:
        assert schema.parse(frame)["count"].tolist() == schema.parse(clean)["count"].tolist()
