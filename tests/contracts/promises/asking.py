"""What a generator says of itself, and how it refuses what is asked wrongly."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from engine.conditions import Condition
from engine.errors import DataError, MethodError, NotFittedError, SettingsError
from engine.generators.base import Capability, Generator
from engine.settings import describe
from engine.table.schema import Column, Kind, Schema
from tests.contracts.promises.case import Case


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
