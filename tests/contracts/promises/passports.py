"""The passport: which real values a model may give out again."""

from __future__ import annotations

import json
from typing import Any

import pandas as pd

from engine.table.schema import Kind
from tests.contracts.promises.case import Case


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
