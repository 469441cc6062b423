"""Rebalancing: exact rows for each value, in mixed order, by seed, under other conditions; and every mistake told."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pandas as pd
import pytest

from engine.balance import Balance, apportion, parse_balance, scaled, write_balance
from engine.errors import ConditionError, MethodError, SettingsError, TwinError
from engine.evaluation import report
from engine.generators import registry
from engine.progress import Progress
from engine.run import RunRequest, execute
from engine.synthesizer import Synthesizer
from engine.table.schema import Column, Kind, NumberFormat, Schema
from tests.engine.doubles import Rows
from tests.engine.tables import CLUB, club

SCHEMA = Schema(
    (
        Column("city", Kind.CATEGORICAL),
        Column("vip", Kind.BOOLEAN, labels=("no", "yes")),
        Column("rooms", Kind.INTEGER, number=NumberFormat()),
        Column("rate", Kind.DECIMAL, number=NumberFormat(1, decimal_mark=",")),
        Column("note", Kind.TEXT),
        Column("left", Kind.CATEGORICAL, selected=False),
    )
)


def counts(cells: pd.Series) -> dict[Any, int]:
    """Rows by value; missing under None."""
    return {None if pd.isna(value) else value: int(n) for value, n in cells.value_counts(dropna=False).items()}


class TestApportion:
    @pytest.mark.parametrize(
        ("n", "shares", "rows"),
        [
            (10, [50, 50], (5, 5)),
            (11, [50, 50], (6, 5)),  # of equal remainders the earlier one
            (10, [33.33, 33.33, 33.34], (3, 3, 4)),
            (100, [99.6, 0.4], (100, 0)),
            (3, [20, 20, 60], (1, 0, 2)),  # quotas .6, .6, 1.8: first the largest remainder, then the earlier one
            (0, [50, 50], (0, 0)),
            (10, [0, 100], (0, 10)),
            (1_000, [0.1 + 0.2, 0.3], (500, 500)),
        ],
    )
    def test_largest_remainders(self, n: int, shares: list[float], rows: tuple[int, ...]) -> None:
        assert apportion(n, shares) == rows

    def test_scaling_ends_at_exactly_100(self) -> None:
        found = scaled((("a", 1.0), ("b", 1.0), ("c", 1.0)))
        assert found == (("a", 33.34), ("b", 33.33), ("c", 33.33))


class TestText:
    @pytest.mark.parametrize(
        ("text", "balance"),
        [
            ("city=equal", Balance("city", "equal")),
            ("city=data", Balance("city", "data")),
            ("city=a:70,b:30", Balance("city", shares=(("a", 70.0), ("b", 30.0)))),
            ("city= a : 70 % , b : 30 %", Balance("city", shares=(("a", 70.0), ("b", 30.0)))),
            ('city="a, b":70,"c:d":30', Balance("city", shares=(("a, b", 70.0), ("c:d", 30.0)))),
            ("city=12:30:70,>=4:30", Balance("city", shares=(("12:30", 70.0), (">=4", 30.0)))),
            ("city=equal:100", Balance("city", shares=(("equal", 100.0),))),
            ("city=:10,a:90", Balance("city", shares=((None, 10.0), ("a", 90.0)))),
            ("vip=yes:50,no:50", Balance("vip", shares=((True, 50.0), (False, 50.0)))),
            ("rooms=1:33.3,2:33.3,3:33.4", Balance("rooms", shares=((1, 33.3), (2, 33.3), (3, 33.4)))),
            ('rate="1,5":50,2:50', Balance("rate", shares=((1.5, 50.0), (2.0, 50.0)))),
        ],
    )
    def test_read_and_written_back(self, text: str, balance: Balance) -> None:
        assert parse_balance(text, SCHEMA) == balance
        assert parse_balance(write_balance(balance, SCHEMA), SCHEMA) == balance

    def test_thirds_may_be_rounded(self) -> None:
        assert len(parse_balance("city=a:33.33,b:33.33,c:33.33", SCHEMA).shares) == 3

    @pytest.mark.parametrize(
        ("text", "says"),
        [
            ("city", "no balance. Write it like"),
            ("colour=equal", "no column “colour”"),
            ("rooms>3", "written with =, like rooms=equal"),
            ("note=equal", "is text and cannot be balanced"),
            ("left=equal", "not among the selected"),
            ("city=a:50,b:40", "add up to 90%, not to 100%.* a:55.56,b:44.44"),
            ("city=a:0.7,b:0.3", "add up to 1%"),
            ("city=a:0,b:0", "add up to 0%"),
            ("city=a,b:50", "“a” is no share"),
            ("city=a:much", "“a:much” is no share"),
            ("city=a:-5,b:105", "“a:-5” is no share"),
            ("city=a:nan,b:50", "“a:nan” is no share"),
            ("city=a:50,a:50", "share of “a” is given twice"),
            ('city="a:50', "no share|must end"),
            ("vip=perhaps:100", "“perhaps” is no value for column “vip”"),
            ("rooms=many:100", "“many” is no value for column “rooms”"),
        ],
    )
    def test_mistakes_are_told(self, text: str, says: str) -> None:
        with pytest.raises((ConditionError, SettingsError), match=says):
            parse_balance(text, SCHEMA)


class TestSettled:
    CITY = pd.Series(["b", "a", "b", None, "b"], dtype="str", name="city")

    def test_equal_takes_every_value_and_no_gap(self) -> None:
        assert parse_balance("city=equal", SCHEMA).settled(self.CITY, SCHEMA["city"]).shares == (
            ("a", 50.0),
            ("b", 50.0),
        )

    def test_data_takes_the_gaps_too(self) -> None:
        settled = parse_balance("city=data", SCHEMA).settled(self.CITY, SCHEMA["city"])
        assert settled.shares == (("a", 20.0), ("b", 60.0), (None, 20.0))
        assert settled.rows(5) == (("a", 1), ("b", 3), (None, 1))

    @pytest.mark.parametrize(
        ("text", "says"),
        [("city=c:100", "no row to learn from has “c”"), ("vip=:100", "no row to learn from has a gap")],
    )
    def test_a_value_that_no_row_has(self, text: str, says: str) -> None:
        cells = self.CITY if text.startswith("city") else pd.Series([True, False], dtype="boolean")
        balance = parse_balance(text, SCHEMA)
        with pytest.raises(ConditionError, match=says):
            balance.settled(cells, SCHEMA[balance.column])

    @pytest.mark.parametrize("text", ["rate=equal", "rate=1:50,2:50"])
    def test_numbers_of_many_values(self, text: str) -> None:
        with pytest.raises(ConditionError, match="200 different values"):
            parse_balance(text, SCHEMA).settled(pd.Series(range(200), dtype="float64"), SCHEMA["rate"])

    def test_a_column_without_a_value(self) -> None:
        with pytest.raises(ConditionError, match="holds no value"):
            parse_balance("city=equal", SCHEMA).settled(pd.Series([None], dtype="str"), SCHEMA["city"])


@pytest.fixture(scope="module")
def twin() -> Synthesizer:
    return Synthesizer(CLUB, "copula").fit(club(), seed=0)


class TestSample:
    def test_exact_rows_for_each_value_in_mixed_order(self, twin: Synthesizer) -> None:
        table = twin.sample_parsed(301, balance="city=Delft:70,Amsterdam:30")
        assert counts(table["city"]) == {"Delft": 211, "Amsterdam": 90}
        changes = (table["city"] != table["city"].shift()).sum()
        assert changes > 50  # sorted by value there would be two
        assert table["member"].is_unique

    def test_equal_shares_of_what_the_model_knows(self, twin: Synthesizer) -> None:
        assert counts(twin.sample_parsed(30, balance="city=equal")["city"]) == {
            "Amsterdam": 10,
            "Delft": 10,
            "Utrecht": 10,
        }
        assert counts(twin.sample_parsed(10, balance="active=equal")["active"]) == {True: 5, False: 5}

    def test_the_seed_decides(self, twin: Synthesizer) -> None:
        first, same, other = (twin.sample(40, seed=seed, balance="city=equal") for seed in (5, 5, 6))
        pd.testing.assert_frame_equal(first, same)
        assert not first.equals(other)

    def test_values_do_not_share_their_chance(self, twin: Synthesizer) -> None:
        """Rows of two values are drawn apart: they are not the same rows with another label."""
        table = twin.sample_parsed(200, balance="active=equal")
        ages = [set(part["fee"]) for _, part in table.groupby("active")]
        assert len(ages[0] & ages[1]) < 20

    def test_other_conditions_hold_too(self, twin: Synthesizer) -> None:
        table = twin.sample_parsed(60, balance="city=Delft:50,:50", given=["age=30..40", "active=yes"])
        assert counts(table["city"]) == {"Delft": 30, None: 30}
        assert table["age"].between(30, 40).all()
        assert table["active"].all()

    def test_no_rows(self, twin: Synthesizer) -> None:
        assert twin.sample_parsed(0, balance="city=equal").shape == (0, len(CLUB))

    def test_progress_is_of_all_rows(self, twin: Synthesizer) -> None:
        heard: list[Progress] = []
        twin.sample_parsed(90, balance="city=equal", progress=heard.append)
        assert {event.total for event in heard} == {90}
        steps = [event.step for event in heard]
        assert steps == sorted(steps)
        assert steps[-1] == 90

    def test_a_loaded_model_makes_the_same(self, twin: Synthesizer, tmp_path: Path) -> None:
        twin.save(tmp_path / "m.zip")
        loaded = Synthesizer.load(tmp_path / "m.zip")
        pd.testing.assert_frame_equal(loaded.sample(50, balance="city=equal"), twin.sample(50, balance="city=equal"))

    @pytest.mark.parametrize(
        ("balance", "given", "says"),
        [
            ("city=Rome:100", (), "“city=Rome” cannot be fulfilled"),
            ("city=equal", ("city=Delft",), "both given and balanced"),
            ("member=equal", (), "is identifier and cannot be balanced"),
            ("country=equal", (), "is constant and cannot be balanced"),
            ("city=data", (), "does not know the real shares"),
            ("age=equal", (), "does not know the real shares"),
        ],
    )
    def test_what_cannot_be_made_is_told(
        self, twin: Synthesizer, balance: str, given: tuple[str, ...], says: str
    ) -> None:
        with pytest.raises(ConditionError, match=says):
            twin.sample_parsed(10, balance=balance, given=given)

    def test_a_method_that_cannot(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setitem(registry.GENERATORS, "rows", Rows)
        model = Synthesizer(CLUB, "rows").fit(club(), seed=0)
        with pytest.raises(MethodError, match="Rows cannot take given values"):
            model.sample_parsed(10, balance="city=equal")


class TestRun:
    def test_the_table_is_balanced_and_the_figures_are_not(self) -> None:
        request = RunRequest("marginals", rows=41, given=("age=30..50",), balance="city=data")
        result = execute(request, club(), CLUB)
        real = counts(CLUB.parse(club())["city"])
        made = counts(result.synthetic["city"])
        assert set(made) == set(real)
        assert all(abs(made[value] - 41 * real[value] / 200) < 1 for value in real)
        assert result.synthetic["age"].between(30, 50).all()
        assert result.figures["balance"]["asked"] == "city=data"
        assert {entry["value"]: entry["rows"] for entry in result.figures["balance"]["rows"]} == {
            value or "": rows for value, rows in made.items()
        }
        assert "without given values and rebalancing" in result.figures["figures_of"]
        page = report.html(result.evaluation, facts=result.figures)  # type: ignore[arg-type]
        assert f"city (Amsterdam: {made['Amsterdam']}" in page
        city = next(p for p in result.evaluation.get("column_shapes").parts if p.columns == ("city",))  # type: ignore[union-attr]
        assert city.value > 0.6

    def test_the_measured_sample_is_not_given_out(self) -> None:
        """Where one training serves both, and as many rows are asked for as were learned."""
        request = RunRequest("marginals", rows=160, release="audited", balance="active=equal")
        assert counts(execute(request, club(), CLUB).synthetic["active"]) == {True: 80, False: 80}

    def test_numbers_of_few_values(self) -> None:
        frame = club().assign(age=[str(20 + i % 4) for i in range(200)])
        result = execute(RunRequest("forest", rows=40, balance="age=equal", figures=False), frame, CLUB)
        assert counts(result.synthetic["age"]) == {20: 10, 21: 10, 22: 10, 23: 10}

    def test_the_same_rows_from_the_kept_model(self) -> None:
        result = execute(RunRequest("marginals", rows=30, balance="city=equal", figures=False), club(), CLUB)
        pd.testing.assert_frame_equal(result.synthesizer.sample_parsed(30, balance="city=equal"), result.synthetic)

    @pytest.mark.parametrize(
        ("request_", "error", "says"),
        [
            (RunRequest("copula", balance="city=Delft:90"), SettingsError, "add up to 90%"),
            (RunRequest("copula", balance="city=Rome:100"), ConditionError, "has “Rome”"),
            (RunRequest("copula", balance="fee=equal"), ConditionError, "different values"),
            (RunRequest("copula", balance="joined=equal"), ConditionError, "is datetime"),
            (RunRequest("copula", balance="city=equal", given=("city=Delft",)), ConditionError, "both given"),
            (RunRequest("copula", given=("city=Rome",)), ConditionError, "“city=Rome” cannot be fulfilled"),
            (RunRequest("rows", balance="city=equal"), MethodError, "Rows cannot balance"),
            (RunRequest("rows", given=("city=Delft",)), MethodError, "Rows cannot take given values"),
        ],
    )
    def test_mistakes_are_found_before_training(
        self, request_: RunRequest, error: type[TwinError], says: str, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        def no_training(*_: object, **__: object) -> None:
            raise AssertionError("trained in vain")

        monkeypatch.setitem(registry.GENERATORS, "rows", Rows)
        monkeypatch.setattr(Synthesizer, "fit", no_training)
        with pytest.raises(error, match=says):
            execute(request_, club(), CLUB)

    def test_a_value_that_only_held_out_rows_have_cannot_be_audited(self) -> None:
        frame = club().assign(city="Delft")
        from engine.run import Split

        frame.loc[Split.of(200, None, 0).holdout[:3], "city"] = "Rome"
        with pytest.raises(ConditionError, match="has “Rome”"):
            execute(RunRequest("marginals", release="audited", balance="city=Rome:50,Delft:50"), frame, CLUB)
