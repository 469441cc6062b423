"""What every generator promises, one small function each.

`EVERYWHERE` checks run on a fitted model of every animal of the zoo; `ONCE` checks need no zoo and get the class with
its cheap settings. A check that takes a capability runs for the generators that declare it. Training is what costs
time, so checks share what `trainings` has watched: they must not change a model, but may take a copy (`spare`).
"""

from __future__ import annotations

import copy
import json
from collections.abc import Callable
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest

from engine.conditions import Condition
from engine.errors import (
    Cancelled,
    ConditionError,
    DataError,
    FitError,
    MethodError,
    ModelError,
    NotFittedError,
    SettingsError,
)
from engine.generators.base import Capability, Family, Generator
from engine.progress import Budget, CancelToken, Progress
from engine.settings import describe
from engine.table.schema import Column, Kind, Schema
from tests.contracts.trainings import AMPLE, MANY, Trained, random_states, trained, trained_again
from tests.contracts.zoo import ZOO, Animal

SAFE_ENDINGS = {".json", ".safetensors", ".npy", ".keras"}


@dataclass(frozen=True)
class Case:
    """A generator with its cheap settings, an animal, and the model trained on it."""

    kind: type[Generator]
    settings: dict[str, Any]
    animal: Animal
    folder: Path  # empty, of this test alone

    @property
    def training(self) -> Trained:
        return trained(self.kind.info.key, self.animal.name)

    @property
    def model(self) -> Generator:
        """The one that all checks share: to be looked at, not to be changed."""
        return self.training.model

    def spare(self) -> Generator:
        """The trained model, for this check alone."""
        return copy.deepcopy(self.model)

    def fresh(self) -> Generator:
        return self.kind(self.settings)

    def numeric(self) -> list[Column]:
        return [c for c in self.animal.schema if c.kind.numeric]


def varied(animal: Animal) -> bool:
    """Whether samples of the animal can differ at all."""
    return any(animal.table[name].nunique() > 1 for name in animal.table)


# On every animal


def check_exact_rows(case: Case) -> None:
    for n in (0, 1, 2, 33):
        assert len(case.model.sample(n, seed=0)) == n


def check_form(case: Case) -> None:
    """Columns, their order, dtypes and a fresh index, at every size."""
    for n in (0, 1, 50):
        table = case.model.sample(n, seed=0)
        assert list(table.columns) == list(case.animal.schema.names)
        assert table.dtypes.to_dict() == case.animal.table.dtypes.to_dict()
        assert table.index.equals(pd.RangeIndex(n))


def check_only_observed_labels(case: Case) -> None:
    table = case.training.rows()
    for column in case.animal.schema:
        if not column.kind.numeric:
            real = set(case.animal.table[column.name].dropna())
            assert set(table[column.name].dropna()) <= real


def check_inside_the_observed_range(case: Case) -> None:
    table = case.training.rows()
    for column in case.numeric():
        real, made = case.animal.table[column.name].dropna(), table[column.name].dropna()
        if len(made):
            assert real.min() <= made.min()
            assert made.max() <= real.max() or column.name in case.training.model.going_on()


def check_decimals(case: Case) -> None:
    table = case.training.rows()
    for column in case.animal.schema:
        if column.kind is Kind.DECIMAL and column.decimals <= 15:
            made = table[column.name].dropna().to_numpy()
            np.testing.assert_array_equal(made, np.round(made, column.decimals))


def check_dates_at_their_resolution(case: Case) -> None:
    table = case.training.rows()
    for column in case.animal.schema:
        if column.kind is Kind.DATETIME:
            assert column.date is not None
            made = table[column.name].dropna()
            wall = made.dt.tz_localize(None).to_numpy() if made.dt.tz is not None else made.to_numpy()
            assert (wall == wall.astype(f"M8[{column.date.resolution}]")).all()


def check_missing_rates(case: Case) -> None:
    table = case.training.rows()
    rows = len(case.animal.table)
    for name in case.animal.schema.names:
        rate = float(case.animal.table[name].isna().mean())
        noise = 4 * np.sqrt(rate * (1 - rate) * (1 / rows + 1 / MANY))
        assert table[name].isna().mean() == pytest.approx(rate, abs=noise)


def check_numbers_are_finite(case: Case) -> None:
    table = case.training.rows()
    for column in case.numeric():
        if column.kind is not Kind.DATETIME:
            assert np.isfinite(table[column.name].dropna().to_numpy(dtype=np.float64)).all()


def check_seeds(case: Case) -> None:
    pd.testing.assert_frame_equal(case.model.sample(60, seed=5), case.model.sample(60, seed=5))
    if varied(case.animal):
        assert not case.model.sample(60, seed=5).equals(case.model.sample(60, seed=6))


def check_training_again_gives_the_same_model(case: Case) -> None:
    """Also where the rows have another index, and whether or not somebody listens."""
    again = trained_again(case.kind.info.key, case.animal.name).model
    pd.testing.assert_frame_equal(again.sample(40, seed=2), case.model.sample(40, seed=2))


def check_the_table_is_left_alone(case: Case) -> None:
    for training in (case.training, trained_again(case.kind.info.key, case.animal.name)):
        pd.testing.assert_frame_equal(training.after, training.before)


def check_saved_and_loaded(case: Case) -> None:
    case.model.save(case.folder)
    loaded = case.kind.load(case.folder)
    pd.testing.assert_frame_equal(loaded.sample(80, seed=3), case.model.sample(80, seed=3))
    assert loaded.settings == case.model.settings
    assert loaded.schema == case.model.schema
    assert loaded.notes == case.model.notes
    assert loaded.passport() == case.model.passport()


def check_no_pickle(case: Case) -> None:
    case.model.save(case.folder)
    files = [path for path in case.folder.rglob("*") if path.is_file()]
    assert files
    for path in files:
        assert path.suffix in SAFE_ENDINGS
        if path.suffix == ".json":
            json.loads(path.read_text(encoding="utf-8"), parse_constant=_no_constant)
        if path.suffix == ".npy":
            np.load(path, allow_pickle=False)


def _no_constant(name: str) -> None:
    raise AssertionError(f"{name} is no JSON")


def check_passport_names_every_label(case: Case) -> None:
    """Each emitted label is listed, and everything listed is real."""
    passport = case.model.passport()
    assert list(passport) == list(case.animal.schema.names)
    table = case.training.rows()
    for column in case.animal.schema:
        real = case.animal.table[column.name].dropna()
        listed = passport[column.name]
        if column.kind is Kind.DATETIME:
            assert {pd.Timestamp(value) for value in listed} <= set(real)
        else:
            assert set(listed) <= set(real.tolist())
        if not column.kind.numeric:
            assert set(table[column.name].dropna().tolist()) <= set(listed)


def check_passport_names_every_label_in_the_files(case: Case) -> None:
    case.model.save(case.folder)
    model = json.loads((case.folder / "model.json").read_text(encoding="utf-8"))
    kept = _texts({**model, "schema": None})
    passport = case.model.passport()
    for column in case.animal.schema:
        if column.kind is Kind.CATEGORICAL:
            found = set(case.animal.table[column.name].dropna()) & kept
            assert found <= {str(v) for values in passport.values() for v in values}


def _texts(value: Any) -> set[str]:
    if isinstance(value, dict):
        return {text for v in value.values() for text in _texts(v)}
    if isinstance(value, list):
        return {text for v in value for text in _texts(v)}
    return {value} if isinstance(value, str) else set()


def check_progress(case: Case) -> None:
    """Steps of a stage never go back, and every stage ends complete."""
    drawing: list[Progress] = []
    case.model.sample(20, seed=0, progress=drawing.append)
    for part in (case.training.events, drawing):
        assert part
        for before, after in pairwise(part):
            assert before.stage != after.stage or before.step <= after.step
        for event, following in zip(part, [*part[1:], None], strict=True):
            assert event.total > 0
            assert 0 <= event.step <= event.total
            if following is None or following.stage != event.stage:
                assert event.share == 1.0


def check_no_time_at_all(case: Case) -> None:
    """With its budget spent before the start a method still ends with a model that keeps the form.

    A deep method may say instead that it learned nothing in that time, so that another one takes over.
    """
    model = _trained_in_no_time(case)
    if model is None:
        return
    table = model.sample(25, seed=0)
    assert table.dtypes.to_dict() == case.animal.table.dtypes.to_dict()
    for column in case.animal.schema:
        if not column.kind.numeric:
            assert set(table[column.name].dropna()) <= set(case.animal.table[column.name].dropna())


def _trained_in_no_time(case: Case) -> Generator | None:
    try:
        return case.fresh().fit(case.animal.table, case.animal.schema, seed=1, budget=Budget(0))
    except FitError as error:
        if case.kind.info.family is not Family.DEEP or "the time was up" not in str(error):
            raise
        return None


def check_a_damaged_folder(case: Case) -> None:
    for damage in DAMAGES:
        folder = case.folder / damage.__name__
        folder.mkdir()
        case.model.save(folder)
        damage(folder)
        with pytest.raises(ModelError):
            case.kind.load(folder)


def _lose_json(folder: Path) -> None:
    (folder / "model.json").unlink()


def _cut_json(folder: Path) -> None:
    text = (folder / "model.json").read_text(encoding="utf-8")
    (folder / "model.json").write_text(text[: len(text) // 2], encoding="utf-8")


def _lose_arrays(folder: Path) -> None:
    (folder / "arrays.safetensors").unlink()


def _cut_arrays(folder: Path) -> None:
    body = (folder / "arrays.safetensors").read_bytes()
    (folder / "arrays.safetensors").write_bytes(body[: len(body) // 2])


def _changed(folder: Path, **parts: Any) -> None:
    model = json.loads((folder / "model.json").read_text(encoding="utf-8"))
    (folder / "model.json").write_text(json.dumps({**model, **parts}), encoding="utf-8")


def _empty_state(folder: Path) -> None:
    _changed(folder, state={})


def _alien_state(folder: Path) -> None:
    _changed(folder, state=[1, 2, 3])


def _alien_key(folder: Path) -> None:
    _changed(folder, key="something else")


def _alien_settings(folder: Path) -> None:
    _changed(folder, settings={"no_such_setting": 1})


def _another_schema(folder: Path) -> None:
    model = json.loads((folder / "model.json").read_text(encoding="utf-8"))
    more = [*model["schema"]["columns"], {"name": "one more", "kind": "integer"}]
    _changed(folder, schema={**model["schema"], "columns": more})


DAMAGES = (
    _lose_json, _cut_json, _lose_arrays, _cut_arrays, _empty_state, _alien_state, _alien_key, _alien_settings,
    _another_schema,
)  # fmt: skip


# With a capability, on every animal


def check_given_each_column(case: Case) -> None:
    """For each column alone: a value or a range that training saw holds in every row."""
    for column in case.animal.schema:
        known = case.animal.table[column.name].dropna().sort_values()
        for condition in _conditions(column, known):
            table = case.model.sample(40, seed=0, given=[condition])
            assert len(table) == 40
            assert condition.holds(table[column.name]).all(), condition.describe()
            assert table.dtypes.to_dict() == case.animal.table.dtypes.to_dict()
        if case.animal.table[column.name].isna().any():
            gap = case.model.sample(20, seed=0, given=[Condition(column.name, values=(None,))])
            assert gap[column.name].isna().all()


def _conditions(column: Column, known: pd.Series) -> list[Condition]:
    if not len(known):
        return []
    first, middle, last = known.iloc[0], known.iloc[len(known) // 2], known.iloc[-1]
    if not column.kind.numeric:
        found = [(first,), (first, last)]
        return [Condition(column.name, values=values) for values in found]
    return [
        Condition(column.name, low=middle, high=last),
        Condition(column.name, low=middle),
        Condition(column.name, high=middle),
    ]


def check_given_what_was_never_seen(case: Case) -> None:
    for column in case.animal.schema:
        known = case.animal.table[column.name].dropna()
        if column.kind is Kind.CATEGORICAL:
            impossible = Condition(column.name, values=("no such label",))
        elif column.kind is Kind.INTEGER and (not len(known) or known.max() < 2**61):
            impossible = Condition(column.name, low=2**62)
        else:
            continue
        with pytest.raises(ConditionError, match="cannot be fulfilled"):
            case.model.sample(5, seed=0, given=[impossible])


def check_likelihoods(case: Case) -> None:
    """One finite figure a row that follows the row wherever it stands."""
    rows = case.animal.table
    found = case.model.log_likelihood(rows)
    assert found.shape == (len(rows),)
    assert np.isfinite(found).all()
    np.testing.assert_allclose(case.model.log_likelihood(rows.iloc[::-1]), found[::-1], rtol=1e-9)


def check_imputation(case: Case) -> None:
    """Gaps are filled with possible values, and nothing else changes."""
    table = case.animal.table
    filled = case.model.impute(table, seed=4)
    assert filled.dtypes.to_dict() == table.dtypes.to_dict()
    for column in case.animal.schema:
        before, after = table[column.name], filled[column.name]
        known = before.notna()
        if not known.any():
            assert after.isna().all()  # there is nothing to fill it with
            continue
        assert not after.isna().any()
        pd.testing.assert_series_equal(after[known], before[known])
        if not column.kind.numeric:
            assert set(after) <= set(before[known])
        else:
            assert before[known].min() <= after.min()
            assert after.max() <= before[known].max()
    pd.testing.assert_frame_equal(case.model.impute(table, seed=4), filled)


EVERYWHERE: tuple[tuple[Callable[[Case], None], Capability | None], ...] = (
    (check_exact_rows, None),
    (check_form, None),
    (check_only_observed_labels, None),
    (check_inside_the_observed_range, None),
    (check_decimals, None),
    (check_dates_at_their_resolution, None),
    (check_missing_rates, None),
    (check_numbers_are_finite, None),
    (check_seeds, None),
    (check_training_again_gives_the_same_model, None),
    (check_the_table_is_left_alone, None),
    (check_saved_and_loaded, None),
    (check_no_pickle, None),
    (check_passport_names_every_label, None),
    (check_passport_names_every_label_in_the_files, None),
    (check_progress, None),
    (check_no_time_at_all, None),
    (check_a_damaged_folder, None),
    (check_given_each_column, Capability.GIVEN),
    (check_given_what_was_never_seen, Capability.GIVEN),
    (check_likelihoods, Capability.LIKELIHOOD),
    (check_imputation, Capability.IMPUTE),
)


# Once for each generator


def check_info(case: Case) -> None:
    info = case.kind.info
    for sentence in (info.summary, info.when, info.holds, info.source):
        assert sentence.endswith(".")
        assert sentence[0].isupper()
    assert info.label
    assert info.missing_packages() == ()
    assert info.settings() == case.kind().settings
    for capability, method in METHODS.items():
        own = getattr(case.kind, method) is not getattr(Generator, method, None)
        assert own == (capability in info.capabilities), method


METHODS = {
    Capability.LIKELIHOOD: "_log_likelihood",
    Capability.IMPUTE: "_impute",
    Capability.TRAIN_ON: "_train_on",
}


def check_settings(case: Case) -> None:
    """Every bound is honoured, every default passes, unknown names are told."""
    kind = case.kind.info.settings
    for field in describe(kind):
        assert field.help.endswith(".")
        assert getattr(kind(**{field.name: field.default}), field.name) == field.default
        wrong: list[Any] = []
        if field.low is not None:
            wrong += [field.low - 1, float("nan")]
        if field.high is not None:
            wrong.append(field.high + 1)
        if field.choices is not None:
            wrong.append("no such choice")
        assert wrong or field.type in (bool, str), f"{field.name} has no bounds"
        for value in wrong:
            with pytest.raises(SettingsError, match=field.name):
                case.kind({field.name: value})
    with pytest.raises(SettingsError, match="no_such_setting"):
        case.kind({"no_such_setting": 1})


def check_before_training(case: Case) -> None:
    model = case.fresh()
    uses: tuple[Callable[[], Any], ...] = (
        lambda: model.sample(1, seed=0),
        lambda: model.save(case.folder),
        lambda: model.passport(),
        lambda: model.log_likelihood(case.animal.table),
        lambda: model.impute(case.animal.table, seed=0),
        lambda: model.train_on(case.animal.table, seed=0),
    )
    for use in uses:
        with pytest.raises(NotFittedError):
            use()
    assert not list(case.folder.iterdir())


def check_wrong_tables(case: Case) -> None:
    table, schema = case.animal.table, case.animal.schema
    with pytest.raises(DataError, match="not those of the schema"):
        case.fresh().fit(table.iloc[:, ::-1], schema, seed=0)
    with pytest.raises(DataError, match="made anew"):
        case.fresh().fit(table[["city"]], Schema((Column("city", Kind.IDENTIFIER),)), seed=0)
    with pytest.raises(DataError, match="no column"):
        case.fresh().fit(table[[]], Schema(()), seed=0)
    for rows in range(case.kind.info.min_rows):
        with pytest.raises(DataError, match="at least"):
            case.fresh().fit(table.iloc[:rows], schema, seed=0)


def check_wrong_numbers_of_rows(case: Case) -> None:
    with pytest.raises(DataError, match="0 or more"):
        case.model.sample(-1, seed=0)


def check_what_is_not_declared_is_refused(case: Case) -> None:
    able = case.kind.info.capabilities
    if Capability.GIVEN not in able:
        with pytest.raises(MethodError):
            case.model.sample(1, seed=0, given=[Condition("city", values=("Bern",))])
    if Capability.LIKELIHOOD not in able:
        with pytest.raises(MethodError):
            case.model.log_likelihood(case.animal.table)
    if Capability.IMPUTE not in able:
        with pytest.raises(MethodError):
            case.model.impute(case.animal.table, seed=0)
    if Capability.TRAIN_ON not in able:
        with pytest.raises(MethodError):
            case.model.train_on(case.animal.table, seed=0)


def check_stopping_the_training(case: Case) -> None:
    """Asked at whichever event, the training stops there and leaves no model."""
    events = case.training.events
    for wanted in sorted({0, 1, len(events) // 2, len(events) - 1}):
        token, heard = CancelToken(), 0
        if not wanted:
            token.cancel()

        def listen(_: Progress, token: CancelToken = token, wanted: int = wanted) -> None:
            nonlocal heard
            heard += 1
            if heard == wanted:
                token.cancel()

        model = case.fresh()
        with pytest.raises(Cancelled):
            model.fit(
                case.animal.table, case.animal.schema, seed=1, progress=listen, cancel=token, budget=Budget(AMPLE)
            )
        assert heard <= wanted + 1
        with pytest.raises(NotFittedError):
            model.sample(1, seed=0)


def check_stopping_the_sampling(case: Case) -> None:
    token = CancelToken()
    token.cancel()
    with pytest.raises(Cancelled):
        case.model.sample(10, seed=0, cancel=token)
    assert len(case.model.sample(10, seed=0)) == 10


def check_a_failed_training_leaves_no_model(case: Case) -> None:
    model, token = case.spare(), CancelToken()
    token.cancel()
    with pytest.raises(Cancelled):
        model.fit(case.animal.table, case.animal.schema, seed=1, cancel=token)
    with pytest.raises(NotFittedError):
        model.sample(1, seed=0)


def check_training_anew_forgets(case: Case) -> None:
    other = trained(case.kind.info.key, "gaps").model
    model = case.spare().fit(ZOO["gaps"].table, ZOO["gaps"].schema, seed=1, budget=Budget(AMPLE))
    pd.testing.assert_frame_equal(model.sample(50, seed=0), other.sample(50, seed=0))
    assert model.notes == other.notes


def check_the_training_seed_matters_to_nobody_else(case: Case) -> None:
    """NumPy's and Python's own random states are left as they were."""
    training = trained_again(case.kind.info.key, case.animal.name)
    assert training.random_after == training.random_before
    before = random_states()
    case.model.sample(10, seed=0)
    assert random_states() == before


def check_independent_columns_stay_independent(case: Case) -> None:
    """Each column draws from a stream of its own: no column echoes another."""
    animal = ZOO["independent"]
    table = trained(case.kind.info.key, animal.name).model.sample(4_000, seed=0)
    ranks = table[["x", "y", "count"]].astype("float64").rank()
    ranks["k"] = (table["k"] == "a").astype("float64")
    related = ranks.corr().to_numpy()
    real = animal.table[["x", "y", "count"]].astype("float64").rank()
    real["k"] = (animal.table["k"] == "a").astype("float64")
    # As independent as noise in training (1,500 rows) and in the sample allow.
    noise = 4 * np.sqrt(1 / len(real) + 1 / len(ranks))
    assert np.abs(related[np.triu_indices(4, 1)]).max() < noise


def check_a_heavy_value_comes_back_as_often_and_is_listed(case: Case) -> None:
    animal = ZOO["skewed"]
    training = trained(case.kind.info.key, animal.name)
    amounts = training.rows()["amount"]
    assert (amounts == 0).mean() == pytest.approx((animal.table["amount"] == 0).mean(), abs=0.05)
    assert 0 in training.model.passport()["amount"]


def check_demand_13_empty_columns_are_passed_through(case: Case) -> None:
    """Empty they stay, of their types; the one beside them is learned as ever."""
    animal = ZOO["empty columns"]
    made = trained(case.kind.info.key, animal.name).rows()
    assert made.drop(columns="known").isna().to_numpy().all()
    assert made.dtypes.to_dict() == animal.table.dtypes.to_dict()
    assert set(made["known"]) == set(animal.table["known"])


def check_demand_14_no_token_of_ours_comes_out(case: Case) -> None:
    """Categories of which one label is rare, or which look like tokens themselves: all come back, and no other one."""
    for name, column in (("names", "🦊"), ("many levels", "size"), ("mixed", "city")):
        made = trained(case.kind.info.key, name).rows()
        assert set(made[column].dropna()) == set(ZOO[name].table[column].dropna())
    for name in ("many levels", "two rows", "gaps"):
        made, real = trained(case.kind.info.key, name).rows(), ZOO[name].table
        for column in ZOO[name].schema:
            if column.kind is Kind.CATEGORICAL:
                assert set(made[column.name].dropna()) <= set(real[column.name].dropna())


def check_given_several(case: Case) -> None:
    """Conditions of every kind at once."""
    given = [
        Condition("age", low=30, high=45),
        Condition("income", low=900.0, open_low=True),
        Condition("city", values=("Bern", "Genève")),
        Condition("active", values=(True, False)),
        Condition("seen", low=pd.Timestamp("2020-03-01")),
        Condition("country", values=("CH",)),
    ]
    table = case.model.sample(50, seed=0, given=given)
    for condition in given:
        assert condition.holds(table[condition.column]).all(), condition.describe()
    assert (table["income"] > 900).all()


def check_given_with_gaps(case: Case) -> None:
    wanted = Condition("active", values=(None, True))
    table = case.model.sample(300, seed=0, given=[wanted])
    assert wanted.holds(table["active"]).all()
    assert table["active"].isna().any()
    assert table["active"].notna().any()


def check_given_is_refused_by_name(case: Case) -> None:
    for given, words in (
        ([Condition("colour", values=("red",))], "colour"),
        ([Condition("age", low=200)], "age"),
        ([Condition("age", values=(30,)), Condition("age", low=3)], "twice"),
        ([Condition("country", values=("NL",))], "country"),
        ([Condition("age", values=(None,))], "age"),
    ):
        with pytest.raises(ConditionError, match=words):
            case.model.sample(3, seed=0, given=given)


def check_given_no_rows(case: Case) -> None:
    assert len(case.model.sample(0, seed=0, given=[Condition("city", values=("Bern",))])) == 0


def check_likely_rows_are_likelier(case: Case) -> None:
    """Real rows against rows whose columns were shuffled apart: the same margins, the relations gone."""
    table = case.animal.table
    rng = np.random.default_rng(0)
    apart = pd.DataFrame({name: table[name].iloc[rng.permutation(len(table))].array for name in table})
    assert case.model.log_likelihood(table).mean() > case.model.log_likelihood(apart).mean()


def check_filled_cells_follow_their_row(case: Case) -> None:
    """Income rises with age: filled incomes do, too."""
    table = case.animal.table
    filled = case.model.impute(table, seed=0)
    gap = table["income"].isna()
    pair = filled.loc[gap, ["age", "income"]].astype("float64")
    assert pair.corr().iloc[0, 1] > 0.5


def check_training_on(case: Case) -> None:
    """Added rows move the model towards them; what it knew stays, and the same rows give the same model."""
    added = case.animal.table[case.animal.table["city"] == "Zürich"].reset_index(drop=True)
    added = pd.concat([added] * 3, ignore_index=True)
    models = [case.spare().train_on(added, seed=2, budget=Budget(AMPLE)) for _ in range(2)]
    table = models[0].sample(MANY, seed=0)
    before = (case.training.rows()["city"] == "Zürich").mean()
    assert before + 0.05 < (table["city"] == "Zürich").mean() < 1
    assert set(table["city"]) == set(case.animal.table["city"])
    assert table.dtypes.to_dict() == case.animal.table.dtypes.to_dict()
    pd.testing.assert_frame_equal(models[1].sample(MANY, seed=0), table)
    models[0].save(case.folder)
    pd.testing.assert_frame_equal(case.kind.load(case.folder).sample(MANY, seed=0), table)


def check_training_on_that_fails_changes_nothing(case: Case) -> None:
    model, token = case.spare(), CancelToken()
    before = model.sample(50, seed=0)
    token.cancel()
    with pytest.raises(Cancelled):
        model.train_on(case.animal.table, seed=0, cancel=token)
    with pytest.raises(DataError, match="no rows"):
        model.train_on(case.animal.table.iloc[:0], seed=0)
    with pytest.raises(DataError, match="city"):
        model.train_on(case.animal.table.assign(city="Oslo").astype({"city": "str"}), seed=0)
    pd.testing.assert_frame_equal(model.sample(50, seed=0), before)
    assert model.notes == case.model.notes


ONCE: tuple[tuple[Callable[[Case], None], Capability | None], ...] = (
    (check_info, None),
    (check_settings, None),
    (check_before_training, None),
    (check_wrong_tables, None),
    (check_wrong_numbers_of_rows, None),
    (check_what_is_not_declared_is_refused, None),
    (check_stopping_the_training, None),
    (check_stopping_the_sampling, None),
    (check_a_failed_training_leaves_no_model, None),
    (check_training_anew_forgets, None),
    (check_the_training_seed_matters_to_nobody_else, None),
    (check_independent_columns_stay_independent, None),
    (check_a_heavy_value_comes_back_as_often_and_is_listed, None),
    (check_demand_13_empty_columns_are_passed_through, None),
    (check_demand_14_no_token_of_ours_comes_out, None),
    (check_given_several, Capability.GIVEN),
    (check_given_with_gaps, Capability.GIVEN),
    (check_given_is_refused_by_name, Capability.GIVEN),
    (check_given_no_rows, Capability.GIVEN),
    (check_likely_rows_are_likelier, Capability.LIKELIHOOD),
    (check_filled_cells_follow_their_row, Capability.IMPUTE),
    (check_training_on, Capability.TRAIN_ON),
    (check_training_on_that_fails_changes_nothing, Capability.TRAIN_ON),
)
