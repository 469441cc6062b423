"""What made rows look like: how many, of which form, and which values they may hold."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from engine.table.schema import Kind
from tests.contracts.promises.case import Case
from tests.contracts.trainings import MANY, trained
from tests.contracts.zoo import ZOO


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
