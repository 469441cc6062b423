"""Tables that only a schema describes: each kind, each distribution, bounds, errors, rules; and the command line."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest

from engine import cli, described
from engine.described.describing import LABELS
from engine.errors import ConstraintError, DataError, SchemaError
from engine.fakers.pools import OTHERS, PEOPLE
from engine.statistics.families import FAMILIES
from engine.table.infer import infer_schema
from engine.table.schema import (
    CANONICAL_DTYPES,
    Column,
    Constraint,
    DateFormat,
    Description,
    Kind,
    NumberFormat,
    Schema,
)
from tests.engine.tables import club

EVERY_KIND = Schema(tuple(Column(str(kind), kind) for kind in Kind))


def one(kind: Kind, n: int = 400, *, of: dict[str, Any] | None = None, **told: Any) -> pd.Series:
    """A column `c` of a kind; `of`: fields of Column, the rest of Description."""
    column = Column("c", kind, description=Description(**told), **(of or {}))
    return described.make(Schema((column,)), n, 3)["c"]


@pytest.mark.parametrize(
    ("kind", "told"),
    [
        (Kind.INTEGER, {"low": "0", "high": "9" * 300}),
        (Kind.DECIMAL, {"distribution": "normal", "parameters": (1e308, 1e308)}),
    ],
)
def test_numbers_that_nothing_holds_are_refused(kind: Kind, told: dict[str, Any]) -> None:
    with pytest.raises(SchemaError, match="set bounds"):
        one(kind, **told)


def test_numbers_with_more_decimals_than_there_are_stay_numbers() -> None:
    assert one(Kind.DECIMAL, of={"number": NumberFormat(400)}).between(0, 100).all()


class TestKinds:
    def test_a_kind_alone_is_enough(self) -> None:
        schema = described.complete(EVERY_KIND)
        table = described.make(EVERY_KIND, 60, 1)
        assert list(table.columns) == list(EVERY_KIND.names)
        assert len(table) == 60
        assert {str(table[str(kind)].dtype) for kind in Kind} == set(CANONICAL_DTYPES.values())
        assert not table.drop(columns=str(Kind.CONSTANT)).isna().any().any()
        assert set(table["categorical"]) == set(LABELS)
        pd.testing.assert_frame_equal(schema.parse(schema.to_text(table)), table)

    def test_seeds(self) -> None:
        pd.testing.assert_frame_equal(described.make(EVERY_KIND, 20, 5), described.make(EVERY_KIND, 20, 5))
        assert not described.make(EVERY_KIND, 20, 5).equals(described.make(EVERY_KIND, 20, 6))
        assert len(described.make(EVERY_KIND, 0)) == 0
        with pytest.raises(DataError, match="0 or more"):
            described.make(EVERY_KIND, -1)

    def test_the_schema_is_saved_and_read_again(self) -> None:
        whole = described.complete(EVERY_KIND)
        again = Schema.loads(whole.dumps())
        assert again == whole
        pd.testing.assert_frame_equal(described.make(again, 9, 2), described.make(EVERY_KIND, 9, 2))

    @pytest.mark.parametrize("kind", [k for k in Kind if k is not Kind.CONSTANT])
    def test_missing_share(self, kind: Kind) -> None:
        assert one(kind, 200, missing=0.25).isna().sum() == 50

    def test_categories_and_truth_values_by_weight(self) -> None:
        drawn = one(Kind.CATEGORICAL, 4_000, labels=("a", "b", "c"), weights=(6, 3, 1)).value_counts(normalize=True)
        assert drawn.sort_index().tolist() == pytest.approx([0.6, 0.3, 0.1], abs=0.03)
        assert one(Kind.BOOLEAN, 4_000, weights=(1, 3)).mean() == pytest.approx(0.75, abs=0.03)
        truth = described.complete(Schema((Column("c", Kind.BOOLEAN, description=Description(labels=("no", "yes"))),)))
        assert set(truth.to_text(described.make(truth, 30))["c"]) == {"no", "yes"}

    def test_numbers_and_dates_as_one_of_several(self) -> None:
        assert set(one(Kind.INTEGER, labels=("5", "7"))) == {5, 7}
        days = one(Kind.DATETIME, of={"date": DateFormat("%d.%m.%Y")}, labels=("01.02.2024", "2024-03-05"))
        assert set(days) == {pd.Timestamp("2024-02-01"), pd.Timestamp("2024-03-05")}

    def test_keys(self) -> None:
        keys = one(Kind.IDENTIFIER, of={"pattern": "AB-a9*"})
        assert keys.is_unique
        assert keys.str.fullmatch(r"[A-Z]B-[a-z][0-9][0-9A-Za-z]|[A-Z][A-Z]-[a-z][0-9][0-9A-Za-z]").all()
        assert one(Kind.IDENTIFIER, 5, distribution="sequence", low="101", parameters=(10,)).tolist() == [
            "101", "111", "121", "131", "141",
        ]  # fmt: skip

    @pytest.mark.parametrize("provider", [*PEOPLE, *OTHERS])
    def test_every_provider(self, provider: str) -> None:
        cells = one(Kind.PERSONAL, 12, of={"provider": provider, "locale": "fr_FR"})
        assert len(cells) == 12
        assert cells.str.len().min() > 0

    def test_persons_agree_and_cities_repeat(self) -> None:
        schema = Schema(
            (
                Column("first", Kind.PERSONAL, provider="first_name"),
                Column("mail", Kind.PERSONAL, provider="email"),
                Column("town", Kind.PERSONAL, provider="city"),
                Column("card", Kind.PERSONAL, provider="credit_card_number", description=Description(unique=True)),
            )
        )
        table = described.make(schema, 1_500, 1)
        assert table["mail"].is_unique
        assert table["card"].is_unique
        assert 50 < table["town"].nunique() < 400
        for first, mail in zip(table["first"], table["mail"], strict=True):
            assert mail.startswith(f"{first.lower()}.")

    def test_texts_keep_their_bounds(self) -> None:
        texts = one(Kind.TEXT, 300, low="30", high="45")
        assert texts.is_unique
        assert texts.str.len().between(30, 45).all()
        assert one(Kind.TEXT, 300, low="8").str.len().min() >= 8


class TestNumbers:
    @pytest.mark.parametrize("key", FAMILIES)
    @pytest.mark.parametrize(("low", "high"), [(None, None), ("3", "40")])
    def test_every_family(self, key: str, low: str | None, high: str | None) -> None:
        kind = Kind.INTEGER if FAMILIES[key].discrete else Kind.DECIMAL
        if low is None and key in ("uniform", "triangular", "beta"):
            with pytest.raises(SchemaError, match=r"“c”.*needs a low and a high bound"):
                one(kind, distribution=key)
            return
        numbers = one(kind, 800, distribution=key, low=low, high=high).astype(float)
        assert numbers.nunique() > 5
        if low is not None and high is not None:
            assert numbers.between(float(low), float(high)).all()

    @pytest.mark.parametrize(
        ("key", "parameters", "mean", "sd"),
        [
            ("normal", (50.0, 4.0), 50, 4),
            ("poisson", (6.0,), 6, 6**0.5),
            ("exponential", (3.0,), 3, 3),
            ("gamma", (4.0, 2.0), 8, 4),
            ("lognormal", (1.0, 0.5), np.exp(1.125), np.exp(1.125) * (np.exp(0.25) - 1) ** 0.5),
            ("negative binomial", (5.0, 10.0), 10, 30**0.5),
            ("geometric", (4.0,), 4, 20**0.5),
        ],
    )
    def test_parameters(self, key: str, parameters: tuple[float, ...], mean: float, sd: float) -> None:
        kind = Kind.INTEGER if FAMILIES[key].discrete else Kind.DECIMAL
        numbers = one(kind, 6_000, distribution=key, parameters=parameters).astype(float)
        assert numbers.mean() == pytest.approx(mean, abs=5 * sd / 6_000**0.5)
        assert numbers.std() == pytest.approx(sd, rel=0.08)

    def test_binomial_trials_are_the_high_bound(self) -> None:
        numbers = one(Kind.INTEGER, 6_000, distribution="binomial", parameters=(0.0,), high="10").astype(float)
        assert numbers.mean() == pytest.approx(5, abs=0.1)
        assert numbers.max() <= 10

    def test_formats(self) -> None:
        column = Column("c", Kind.DECIMAL, number=NumberFormat(1, fixed=True, decimal_mark=",", suffix=" €"))
        whole = described.complete(Schema((column,)))
        assert whole.to_text(described.make(whole, 50))["c"].str.fullmatch(r"\d+,\d €").all()

    def test_bounds_of_a_json_file_may_be_numbers(self) -> None:
        plain = {"name": "c", "kind": "integer", "description": {"low": 0, "high": 3, "parameters": []}}
        numbers = described.make(Schema.from_json({"columns": [plain]}), 200)["c"]
        assert set(numbers) == {0, 1, 2, 3}
        plain["description"] = {"distribution": "normal", "parameters": ["x", 1]}
        with pytest.raises(SchemaError, match="must be numbers"):
            described.make(Schema.from_json({"columns": [plain]}), 2)

    def test_dates_of_a_skewed_family_begin_at_the_low_bound(self) -> None:
        days = one(Kind.DATETIME, 2_000, distribution="gamma", parameters=(2.0, 10.0), low="2024-01-01")
        assert days.min() >= pd.Timestamp("2024-01-01")
        assert (days - pd.Timestamp("2024-01-01")).dt.days.mean() == pytest.approx(20, abs=1.5)

    def test_different_numbers(self) -> None:
        assert sorted(one(Kind.INTEGER, 41, unique=True, low="10", high="50")) == list(range(10, 51))
        assert one(Kind.INTEGER, 90, unique=True, distribution="normal", low="1", high="100").is_unique
        assert one(Kind.DECIMAL, 500, unique=True, distribution="normal").is_unique

    def test_sequences(self) -> None:
        assert one(Kind.INTEGER, 3, distribution="sequence", low="10", parameters=(-5,)).tolist() == [10, 5, 0]
        assert one(Kind.DECIMAL, 3, distribution="sequence", parameters=(0.25,)).tolist() == [0, 0.25, 0.5]
        days = one(Kind.DATETIME, 3, distribution="sequence", low="2024-02-28", parameters=(1,))
        assert [f"{day:%m-%d}" for day in days] == ["02-28", "02-29", "03-01"]

    @pytest.mark.parametrize("resolution", ["Y", "M", "D", "h", "m", "s", "ms", "us"])
    def test_dates_at_a_resolution(self, resolution: str) -> None:
        fmt = DateFormat("%Y-%m-%d %H:%M:%S.%f", resolution, "Europe/Berlin" if resolution == "h" else None)
        cells = one(Kind.DATETIME, 300, of={"date": fmt}, low="2022-03-01", high="2024-11-01")
        moments = cells.dt.tz_localize(None).to_numpy()
        assert (moments.astype(f"datetime64[{resolution}]") == moments).all()
        assert moments.min() >= np.datetime64("2022-01-01")
        assert moments.max() <= np.datetime64("2024-11-01")


class TestErrors:
    @pytest.mark.parametrize(
        ("kind", "told", "why"),
        [
            (Kind.INTEGER, {"distribution": "uniform"}, "needs a low and a high bound"),
            (Kind.INTEGER, {"low": "3"}, "needs a low and a high bound"),
            (Kind.INTEGER, {"low": "9", "high": "3"}, "lies above"),
            (Kind.INTEGER, {"low": "many", "high": "3"}, "“many” is no value"),
            (Kind.INTEGER, {"distribution": "bell"}, "there is no distribution “bell”"),
            (Kind.INTEGER, {"unique": True, "low": "1", "high": "50"}, "100 different values do not fit"),
            (Kind.INTEGER, {"unique": True, "distribution": "poisson", "parameters": (1.0,)}, "different values"),
            (Kind.DECIMAL, {"distribution": "normal", "parameters": (1.0,)}, "2 parameters .location, scale., not 1"),
            (Kind.DECIMAL, {"distribution": "normal", "parameters": (1.0, -2.0)}, "must be above 0"),
            (Kind.DECIMAL, {"distribution": "normal", "parameters": (0.0, 1.0), "low": "50"}, "hardly a value"),
            (Kind.DECIMAL, {"distribution": "poisson"}, "whole numbers"),
            (Kind.DECIMAL, {"parameters": (1.0,)}, "need a distribution"),
            (Kind.DATETIME, {"low": "yesterday", "high": "2024-01-01"}, "“yesterday” is no value"),
            (Kind.DATETIME, {"distribution": "sequence", "parameters": (0.5,)}, "whole number of 1"),
            (Kind.INTEGER, {"distribution": "sequence", "high": "20"}, "passes the high bound"),
            (Kind.CATEGORICAL, {"labels": ("a", "b"), "weights": (1.0,)}, "1 weights do not fit 2 labels"),
            (Kind.CATEGORICAL, {"labels": ("a", "b"), "weights": (0.0, 0.0)}, "more than 0"),
            (Kind.CATEGORICAL, {"labels": ("a", "a")}, "named twice"),
            (Kind.CATEGORICAL, {"labels": ("a", "b"), "unique": True}, "cannot all differ"),
            (Kind.CATEGORICAL, {"low": "a"}, "has no bounds"),
            (Kind.BOOLEAN, {"labels": ("a",)}, "two labels"),
            (Kind.TEXT, {"distribution": "normal"}, "no distribution"),
            (Kind.TEXT, {"low": "90", "high": "30"}, "characters"),
            (Kind.IDENTIFIER, {"labels": ("a", "b")}, "not one of several"),
            (Kind.INTEGER, {"missing": 1.5}, "between 0 and 1"),
            (Kind.CONSTANT, {"unique": True, "labels": ("x",)}, "constant"),
        ],
    )
    def test_each_names_its_column(self, kind: Kind, told: dict[str, Any], why: str) -> None:
        with pytest.raises(SchemaError, match=why) as error:
            one(kind, 100, **told)
        assert error.value.column == "c"

    def test_of_the_column(self) -> None:
        with pytest.raises(SchemaError, match="room for 10 keys"):
            one(Kind.IDENTIFIER, 11, of={"pattern": "K9"})
        with pytest.raises(SchemaError, match="cannot be made up"):
            one(Kind.PERSONAL, of={"provider": "password"})
        with pytest.raises(SchemaError, match="no locale"):
            one(Kind.TEXT, of={"locale": "xx_YY"})
        with pytest.raises(SchemaError, match="at least one column"):
            described.make(Schema(()), 3)


class TestRules:
    COLUMNS = (
        Column("id", Kind.INTEGER, description=Description("sequence", low="1")),
        Column("start", Kind.DATETIME),
        Column("end", Kind.DATETIME),
        Column("net", Kind.INTEGER),
        Column("tax", Kind.INTEGER, description=Description(low="1", high="20")),
        Column("gross", Kind.INTEGER),
        Column("size", Kind.CATEGORICAL),
        Column("code", Kind.CATEGORICAL, description=Description(labels=("x", "y", "z"))),
    )

    def rows(self, *rules: Constraint, n: int = 500) -> pd.DataFrame:
        return described.make(Schema(self.COLUMNS, constraints=rules), n, 1)

    def test_every_row_keeps_them(self) -> None:
        table = self.rows(
            Constraint("order", ("start", "end")),
            Constraint("sum", ("net", "tax", "gross")),
            Constraint("one_to_one", ("size", "code")),
            Constraint("range", ("net",), {"low": "50"}),
        )
        assert (table["start"] <= table["end"]).all()
        assert (table["net"] + table["tax"] == table["gross"]).all()
        assert table["net"].min() >= 50
        assert table.groupby("size")["code"].nunique().max() == 1
        assert table["id"].tolist() == list(range(1, 501))

    def test_listed_combinations(self) -> None:
        pairs = [["A", "x"], ["B", "y"], ["B", "z"]]
        table = self.rows(Constraint("combinations", ("size", "code"), {"values": pairs}))
        assert set(zip(table["size"], table["code"], strict=True)) <= {tuple(pair) for pair in pairs}

    def test_a_rule_that_needs_a_table(self) -> None:
        with pytest.raises(ConstraintError, match="learns from a table"):
            self.rows(Constraint("combinations", ("size", "code")))

    def test_a_rule_that_no_row_can_keep(self) -> None:
        with pytest.raises(ConstraintError, match="could be made") as error:
            self.rows(Constraint("expression", ("net", "tax"), {"text": "net + tax > 500"}), n=40)
        assert error.value.column == "net"


class TestStart:
    def test_no_value_of_the_table_goes_over(self) -> None:
        schema = infer_schema(club(), "club")
        begun = described.start(schema)
        assert begun.names == schema.names
        assert [c.kind for c in begun] == [c.kind for c in schema]
        assert begun["joined"].date == schema["joined"].date
        assert begun["fee"].number == schema["fee"].number
        text = begun.dumps()
        for value in ("Amsterdam", "Utrecht", "NL", "AB-0001", "club.example"):
            assert value not in text
        assert len(described.make(begun, 40, 1)) == 40


class TestCommand:
    def schema(self, folder: Path, columns: tuple[Column, ...] = TestRules.COLUMNS) -> Path:
        path = folder / "schema.json"
        path.write_text(Schema(columns).dumps(), encoding="utf-8")
        return path

    def test_rows_without_a_table(self, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
        out, facts = tmp_path / "made.csv", tmp_path / "facts.json"
        told = ["generate", "--schema", str(self.schema(tmp_path)), "--rows", "30", "--out", str(out)]
        assert cli.main([*told, "--json", str(facts), "--rule", "start <= end", "--columns", "id,start,end"]) == 0
        table = pd.read_csv(out)
        assert table.shape == (30, 3)
        assert (table["start"] <= table["end"]).all()
        assert json.loads(facts.read_text())["described"] is True
        assert "30 rows, 3 columns (described, seed 0)" in capsys.readouterr().out

    @pytest.mark.parametrize(
        ("arguments", "why"),
        [
            (["--method", "forest"], "--method needs a table to learn from"),
            (["--given", "net=3"], "--given needs a table"),
            (["--rows", "0"], "at least 1"),
        ],
    )
    def test_what_does_not_go_with_it(
        self, arguments: list[str], why: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
    ) -> None:
        told = ["generate", "--schema", str(self.schema(tmp_path)), "--out", str(tmp_path / "made.csv")]
        assert cli.main([*told, *arguments]) == 2
        assert why in capsys.readouterr().err
