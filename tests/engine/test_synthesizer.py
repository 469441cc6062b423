"""The object people use: splits the work by kind, keeps order and formats, saves and loads."""

from __future__ import annotations

import json
import zipfile
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from engine.conditions import Condition
from engine.errors import (
    ConditionError,
    DataError,
    MethodError,
    MissingPackageError,
    ModelError,
    NotFittedError,
    SchemaError,
    WriteError,
)
from engine.generators import registry
from engine.generators.base import Capability
from engine.progress import Budget
from engine.synthesizer import Synthesizer
from engine.table.schema import Kind, Schema
from tests.engine.doubles import Rows
from tests.engine.tables import CLUB, club


@pytest.fixture(autouse=True)
def rows(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(registry.GENERATORS, "rows", Rows)


@pytest.fixture
def twin() -> Synthesizer:
    return Synthesizer(CLUB, "rows").fit(club(), seed=3)


def test_exact_rows_in_the_schemas_order(twin: Synthesizer) -> None:
    for n in (0, 1, 7, 500):
        table = twin.sample(n)
        assert table.shape == (n, len(CLUB))
        assert tuple(table.columns) == CLUB.names
        assert list(table.index) == list(range(n))


def test_what_is_not_learned_is_made_anew(twin: Synthesizer) -> None:
    real, table = club(), twin.sample(200)
    for name in ("member", "e-mail"):
        assert not set(real[name]) & set(table[name].dropna())
    assert table["member"].is_unique
    assert set(table["country"]) == {"NL"}


def test_unselected_columns_are_left_out() -> None:
    schema = CLUB.select(["fee", "city"])
    table = Synthesizer(schema, "rows").fit(club()).sample(5)
    assert list(table.columns) == ["fee", "city"]


def test_unselected_columns_need_not_even_be_there() -> None:
    schema = CLUB.select(["fee", "city"])
    assert len(Synthesizer(schema, "rows").fit(club()[["city", "fee"]]).sample(5)) == 5


def test_a_table_without_a_column_to_learn() -> None:
    schema = CLUB.select(["member", "e-mail"])
    twin = Synthesizer(schema).fit(club(), seed=1)
    table = twin.sample(300)
    assert table.shape == (300, 2)
    assert table["member"].is_unique
    assert twin.report.used is None
    assert twin.report.notes


def test_only_constants_work() -> None:
    table = Synthesizer(CLUB.select(["country"])).fit(club()).sample(4)
    assert table["country"].tolist() == ["NL"] * 4


@pytest.mark.parametrize("form", ["raw", "parsed", "restored"])
def test_all_forms_of_a_table_train_the_same_model(form: str, twin: Synthesizer) -> None:
    frame = club()
    if form != "raw":
        frame = CLUB.parse(frame)
    if form == "restored":
        frame = CLUB.restore(frame)
    again = Synthesizer(CLUB, "rows").fit(frame, seed=3).sample(50, seed=1)
    pd.testing.assert_frame_equal(again, twin.sample(50, seed=1))


def test_the_schema_is_inferred_when_none_is_given() -> None:
    twin = Synthesizer(method="rows").fit(club())
    assert twin.schema.names == CLUB.names
    assert twin.schema["age"].kind is Kind.INTEGER


def test_seeds(twin: Synthesizer) -> None:
    pd.testing.assert_frame_equal(twin.sample(40), twin.sample(40, seed=3))
    assert not twin.sample(40, seed=4).equals(twin.sample(40, seed=3))


def test_the_report(twin: Synthesizer) -> None:
    report = twin.report
    assert (report.asked, report.used, report.rows, report.columns, report.seed) == ("rows", "rows", 200, 6, 3)
    assert report.settings == {"steps": 3}
    assert report.seconds > 0
    assert report.notes == ("Learned by heart.",)
    assert type(report).from_json(json.loads(json.dumps(report.to_json()))) == report


def test_auto_says_why() -> None:
    report = Synthesizer(CLUB, "auto").fit(club(120)).report
    assert report.asked == "auto"
    assert report.used == "copula"
    assert report.chosen_because


def test_the_methods_own_settings_are_checked_with_auto_too() -> None:
    from engine.errors import SettingsError

    with pytest.raises(SettingsError, match="no_such_setting"):
        Synthesizer(CLUB, "auto", {"no_such_setting": 1}).fit(club())


def test_budgets_may_be_numbers() -> None:
    assert Synthesizer(CLUB, "rows").fit(club(), budget=5).report.used == "rows"
    assert Synthesizer(CLUB, "rows").fit(club(), budget=Budget(5)).report.used == "rows"


def test_guards(twin: Synthesizer) -> None:
    with pytest.raises(NotFittedError):
        Synthesizer(CLUB).sample(1)
    with pytest.raises(NotFittedError):
        _ = Synthesizer().schema
    with pytest.raises(DataError, match="0 or more"):
        twin.sample(-1)
    with pytest.raises(DataError, match="no rows"):
        Synthesizer(CLUB, "rows").fit(club().iloc[:0])
    with pytest.raises(SchemaError, match="age"):
        Synthesizer(CLUB, "rows").fit(club().drop(columns="age"))


def test_a_failed_training_keeps_the_model_before(twin: Synthesizer) -> None:
    before = twin.sample(20)
    with pytest.raises(DataError):
        twin.fit(club().iloc[:0])
    pd.testing.assert_frame_equal(twin.sample(20), before)


class TestGiven:
    @pytest.fixture
    def copula(self) -> Synthesizer:
        return Synthesizer(CLUB, "forest").fit(club())

    def test_all_forms_mean_the_same(self, copula: Synthesizer) -> None:
        asked = [["city=Delft"], {"city": "Delft"}, [Condition("city", values=("Delft",))]]
        tables = [copula.sample(30, given=given) for given in asked]
        assert set(tables[0]["city"]) == {"Delft"}
        for table in tables[1:]:
            pd.testing.assert_frame_equal(table, tables[0])

    def test_columns_that_are_not_learned_cannot_be_given(self, copula: Synthesizer) -> None:
        for given in (["member=AB-0001"], {"member": "AB-0001"}, [Condition("member", values=("x",))]):
            with pytest.raises(ConditionError, match="member"):
                copula.sample(3, given=given)

    def test_two_conditions_for_one_column(self, copula: Synthesizer) -> None:
        with pytest.raises(ConditionError, match="twice"):
            copula.sample(3, given=["age>20", "age<30"])

    def test_an_unknown_column_is_named(self, copula: Synthesizer) -> None:
        with pytest.raises(ConditionError, match="colour"):
            copula.sample(3, given=["colour=red"])


class TestFillingAndScoring:
    def test_only_missing_cells_of_learned_columns_change(self, twin: Synthesizer) -> None:
        frame = club()
        frame.loc[0, "e-mail"] = None
        before, after = CLUB.parse(frame), CLUB.parse(twin.impute(frame))
        assert tuple(after.columns) == CLUB.names
        assert not after[list(CLUB.modelled.names)].isna().any(axis=None)
        assert pd.isna(after.loc[0, "e-mail"])
        for name in CLUB.names:
            kept = before[name].notna()
            pd.testing.assert_series_equal(after.loc[kept, name], before.loc[kept, name])

    def test_one_score_a_row(self, twin: Synthesizer) -> None:
        scores = twin.score(club(50, seed=9))
        assert scores.shape == (50,)
        assert np.isfinite(scores).all()

    def test_methods_without_likelihoods_say_so(self) -> None:
        marginals = Synthesizer(CLUB, "marginals").fit(club())
        if marginals.can(Capability.IMPUTE):
            pytest.skip("marginals can impute")
        with pytest.raises(MethodError):
            marginals.impute(club())

    def test_nothing_learned_nothing_to_score(self) -> None:
        only = Synthesizer(CLUB.select(["member"])).fit(club())
        assert not only.can(Capability.LIKELIHOOD)
        with pytest.raises(MethodError, match="No column"):
            only.score(club())


class TestKeeping:
    @pytest.fixture
    def path(self, twin: Synthesizer, tmp_path: Path) -> Path:
        twin.save(tmp_path / "twin.zip")
        return tmp_path / "twin.zip"

    def test_a_loaded_model_makes_the_same_rows(self, twin: Synthesizer, path: Path) -> None:
        for source in (path, str(path), path.read_bytes()):
            loaded = Synthesizer.load(source)
            pd.testing.assert_frame_equal(loaded.sample(60, seed=8), twin.sample(60, seed=8))
            assert loaded.report == twin.report
            assert loaded.schema == twin.schema

    def test_without_a_column_to_learn(self, tmp_path: Path) -> None:
        only = Synthesizer(CLUB.select(["member"])).fit(club())
        only.save(tmp_path / "only.zip")
        pd.testing.assert_frame_equal(Synthesizer.load(tmp_path / "only.zip").sample(9), only.sample(9))

    def test_no_real_value_of_what_is_made_anew_is_kept(self, path: Path) -> None:
        with zipfile.ZipFile(path) as bundle:
            body = b"".join(bundle.read(name) for name in bundle.namelist())
        assert b"AB-0001" not in body
        assert b"person1@club.example" not in body

    def test_the_passport_lists_what_is_kept(self, twin: Synthesizer) -> None:
        passport = twin.passport()
        assert tuple(passport) == CLUB.names
        assert sorted(passport["city"]) == ["Amsterdam", "Delft", "Utrecht"]
        assert passport["country"] == ["NL"]
        assert passport["member"] == passport["e-mail"] == []

    def test_an_untrained_model_is_not_saved(self, tmp_path: Path) -> None:
        with pytest.raises(NotFittedError):
            Synthesizer(CLUB).save(tmp_path / "x.zip")
        assert not list(tmp_path.iterdir())

    def test_a_place_that_cannot_be_written(self, twin: Synthesizer, tmp_path: Path) -> None:
        with pytest.raises(WriteError):
            twin.save(tmp_path / "no" / "such" / "folder.zip")

    def test_a_method_that_this_version_does_not_have(self, path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.delitem(registry.GENERATORS, "rows")
        with pytest.raises(ModelError, match="“rows”"):
            Synthesizer.load(path)

    def test_a_package_that_is_not_installed_is_named(self, path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        info = Rows.info
        facts = {f: getattr(info, f) for f in info.__dataclass_fields__}
        absent = type("Absent", (Rows,), {"info": type(info)(**{**facts, "packages": ("no_such_thing",)})})
        monkeypatch.setitem(registry.GENERATORS, "rows", absent)
        with pytest.raises(MissingPackageError, match="no_such_thing"):
            Synthesizer.load(path)

    @pytest.mark.parametrize(
        ("part", "value"),
        [
            ("report", {}),
            ("report", {"used": None}),
            ("report", {"fallbacks": 3}),
            ("schema", {"columns": []}),
            ("schema", {"columns": [{"name": "a", "kind": "magic"}]}),
            ("schema", Schema(tuple(c for c in CLUB if c.name != "age")).to_json()),
        ],
    )
    def test_a_tampered_manifest(self, path: Path, tmp_path: Path, part: str, value: dict[str, object]) -> None:
        changed = tmp_path / "changed.zip"
        with zipfile.ZipFile(path) as old, zipfile.ZipFile(changed, "w") as new:
            for info in old.infolist():
                body = old.read(info)
                if info.filename == "manifest.json":
                    data = json.loads(body)
                    data[part] = {**data[part], **value} if part == "report" and value else value
                    body = json.dumps(data).encode()
                new.writestr(info.filename, body)
        with pytest.raises(ModelError):
            Synthesizer.load(changed)
