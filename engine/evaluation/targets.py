"""Which columns models are to tell: the one that a person names, or every one that can be told, within a budget."""

from __future__ import annotations

import numpy as np
import pandas as pd

from engine.errors import NotApplicable
from engine.evaluation import columns, draws
from engine.evaluation.exact import EQUAL, ONE_TO_ONE, SUM, Relations
from engine.evaluation.exact import FOLLOWS as FOLLOWS_FROM
from engine.evaluation.learners import BOOSTED, task
from engine.evaluation.linear import fitting
from engine.table.schema import Column, Schema

MOST = 4  # columns that are told in turn
CANDIDATES = 24  # columns that are tried; of more some are drawn
SKILL = 0.1  # of a trial, from which a column can be told
FOLLOWS = 0.98  # skill from which a column is taken to follow from the others
_ROWS, _TREES = 1_200, 15  # of a trial


def chosen(real: pd.DataFrame, schema: Schema, target: str | None, rng: np.random.Generator) -> tuple[Column, ...]:
    """The named column, or those that a small model of half of the real rows tells best in the other half.

    Of the latter none follows from others exactly: a code beside its label says nothing of a relation.

    Raises NotApplicable where the named one cannot be told from others, or none can.
    """
    used = columns.comparable(schema)
    if len(used) < 2:
        raise NotApplicable("there are no two columns of which one could tell the other")
    if target is not None:
        named = [column for column in used if column.name == target]
        if not named:
            raise NotApplicable(f"“{target}” is a column that is not learned, so that nothing can tell it")
        return tuple(named)
    used = tuple(column for column in used if column.name not in _bound(real, schema))
    if len(used) > CANDIDATES:
        used = tuple(used[i] for i in np.sort(rng.choice(len(used), CANDIDATES, replace=False)))
    rows = draws.first(real, schema, 2 * _ROWS, rng)
    halves = real.iloc[rows[::2]], real.iloc[rows[1::2]]
    seed, found = int(rng.integers(2**31)), []
    with fitting():
        for column in used:
            trial = task(column, *halves, schema, kinds=(BOOSTED,))
            if trial is not None:
                model = trial.models(BOOSTED, None, _TREES, seed)
                found.append((trial.skill(model(trial.features[BOOSTED][1]))[0], column))
    able = [(skill, column) for skill, column in found if SKILL <= skill < FOLLOWS]
    if not able:
        raise NotApplicable("no column can be told from the others")
    return tuple(column for _, column in sorted(able, key=lambda pair: (-pair[0], pair[1].name))[:MOST])


def _bound(real: pd.DataFrame, schema: Schema) -> set[str]:
    """The columns that others fix."""
    bound: set[str] = set()
    for relation in Relations(real, schema).found:
        if relation.kind in (EQUAL, ONE_TO_ONE):
            bound.update(relation.columns)
        elif relation.kind in (SUM, FOLLOWS_FROM):
            bound.add(relation.columns[-1])
    return bound
