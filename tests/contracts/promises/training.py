"""The course of a training: progress, budget, being stopped, and what it leaves behind."""

from __future__ import annotations

from itertools import pairwise

import pandas as pd
import pytest

from engine.errors import Cancelled, FitError, NotFittedError
from engine.generators.base import Family, Generator
from engine.progress import Budget, CancelToken, Progress
from tests.contracts.promises.case import Case
from tests.contracts.trainings import AMPLE, trained, trained_again
from tests.contracts.zoo import ZOO


def check_the_table_is_left_alone(case: Case) -> None:
    for training in (case.training, trained_again(case.kind.info.key, case.animal.name)):
        pd.testing.assert_frame_equal(training.after, training.before)


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
