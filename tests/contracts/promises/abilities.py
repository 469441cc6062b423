"""What else some generators can: likelihoods, filling gaps, training on more rows."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from engine.errors import Cancelled, DataError
from engine.progress import Budget, CancelToken
from tests.contracts.promises.case import Case
from tests.contracts.trainings import AMPLE, MANY


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
