"""Attribute inference: who knows all other cells of a record guesses the secret one, with the synthetic table's help.

Two attackers guess: one reads the secret off the nearest synthetic row, one trains boosted trees on the synthetic
rows. What they get right of controls can be said of anybody, trained on or not; only what they get right of members
beyond that is owed to the members' own rows. The same attackers with the reference in place of the synthetic rows show
what other real rows would have told (compare Houssiau et al. 2022, TAPAS: a Toolbox for Adversarial Privacy Auditing
of Synthetic Data).
"""

from __future__ import annotations

from collections.abc import Callable
from importlib.util import find_spec

import numpy as np
from numpy.typing import NDArray

from engine.errors import SettingsError
from engine.evaluation.base import FloatArray
from engine.privacy.comparison import Hits
from engine.privacy.encoding import MISSING, Encoded, Matrix
from engine.privacy.nearest import Check, nearest_by

CLOSE = 0.05  # a number is guessed right within this much of its rank, a tenth of all values
LABELS = 20  # labels that the trees tell apart, the most frequent ones; rarer ones they never guess
_TREES, _LEAVES, _RATE = 60, 31, 0.1

Tell = Callable[[NDArray[np.float32]], FloatArray]  # of records, their numbers or their chances of each label

ATTACKERS = {"row": "from the nearest synthetic row", "model": "by a model trained on the synthetic rows"}


def inferred(secret: str, encoded: Encoded, seed: int, check: Check) -> list[Hits]:
    """Which records each attacker guesses a column right of. Raises SettingsError for a column that is not compared."""
    if secret not in encoded.names:
        raise SettingsError(f"“{secret}” is no column that is learned, so it cannot be guessed.", column=secret)
    if len(encoded.names) < 2:
        raise SettingsError(f"“{secret}” is the only column, so there is nothing to guess it from.", column=secret)
    at = encoded.names.index(secret)
    pool = encoded.pool
    members = encoded["members"].shape[-1]
    found = []
    for key, words in ATTACKERS.items():
        hits = {}
        for side in ("synthetic", "reference"):
            check()
            guess = _read_off(pool, encoded[side], at, check) if key == "row" else _modelled(encoded, side, at, seed)
            hits[side] = _right(guess, pool[at, 0], encoded.numeric[at])
        what = f"“{secret}” is guessed right {words}, all other columns known"
        population = float(hits["reference"][members:].mean())
        found.append(Hits(f"attribute_{key}", what, hits["synthetic"], (secret,), population))
    return found


def _right(guess: Matrix, truth: Matrix, numeric: bool) -> FloatArray:
    gap = np.abs(guess - truth)
    return np.asarray(gap <= CLOSE if numeric else gap == 0, dtype=np.float64)


def _read_off(pool: Matrix, rows: Matrix, at: int, check: Check) -> Matrix:
    """The secret of the nearest row; of several, that of the first, which knows nothing of the truth."""
    others = [c for c in range(len(pool)) if c != at]
    found = nearest_by(pool[others], rows[others], list(range(len(others))), check)
    return np.asarray(rows[at, 0, found.row])


def _modelled(encoded: Encoded, side: str, at: int, seed: int) -> Matrix:
    """The secret as boosted trees tell it for each record of the pool."""
    others = [c for c in range(len(encoded.names)) if c != at]
    rows, pool = encoded[side], encoded.pool
    numeric, target = encoded.numeric[at], rows[at, 0]
    labels = np.unique(target) if numeric else _frequent(target)
    known = (target != MISSING) if numeric else np.isin(target, labels)
    if not known.any() or len(labels) < 2:
        return np.full(pool.shape[-1], labels[0] if len(labels) else np.nan, dtype=np.float32)
    categories = [i for i, c in enumerate(others) if not encoded.numeric[c]]
    answers = target[known] if numeric else np.searchsorted(labels, target[known])
    learn = _boosted if find_spec("lightgbm") is not None else _boosted_without
    tell = learn(_features(encoded, rows, others)[known], answers, categories, 0 if numeric else len(labels), seed)
    told = tell(_features(encoded, pool, others))
    return (told if numeric else labels[told.argmax(axis=1)]).astype(np.float32)


def _boosted(rows: NDArray[np.float32], answers: FloatArray, categories: list[int], classes: int, seed: int) -> Tell:
    """LightGBM's trees. classes: 0 for a number."""
    import lightgbm

    from engine.generators.boosted.ensemble import allowed_threads

    settings = {
        "objective": "multiclass" if classes else "regression_l1",
        **({"num_class": classes} if classes else {}),
        **{"num_leaves": _LEAVES, "learning_rate": _RATE, "verbose": -1, "seed": seed, "deterministic": True},
        **{"force_row_wise": True, "num_threads": allowed_threads(), "min_data_in_leaf": 5},
    }
    data = lightgbm.Dataset(rows, answers, categorical_feature=categories)
    model = lightgbm.train(settings, data, num_boost_round=_TREES)
    return lambda records: np.asarray(model.predict(records))


def _boosted_without(
    rows: NDArray[np.float32], answers: FloatArray, categories: list[int], classes: int, seed: int
) -> Tell:
    """scikit-learn's trees, where LightGBM is not installed; codes of labels serve as numbers."""
    from sklearn.ensemble import HistGradientBoostingClassifier, HistGradientBoostingRegressor

    same = {"max_iter": _TREES, "max_leaf_nodes": _LEAVES, "learning_rate": _RATE, "min_samples_leaf": 5}
    same |= {"early_stopping": False, "random_state": seed}
    if not classes:
        number = HistGradientBoostingRegressor(loss="absolute_error", **same).fit(rows, answers)
        return lambda records: np.asarray(number.predict(records))
    label = HistGradientBoostingClassifier(**same).fit(rows, answers)
    return lambda records: np.asarray(label.predict_proba(records))


def _frequent(codes: Matrix) -> Matrix:
    found, counts = np.unique(codes, return_counts=True)
    return np.sort(found[np.argsort(-counts, kind="stable")[:LABELS]])


def _features(encoded: Encoded, rows: Matrix, columns: list[int]) -> NDArray[np.float32]:
    """(rows, columns); missing is NaN."""
    out = np.ascontiguousarray(rows[columns, 0].T)
    for i, c in enumerate(columns):
        gap = out[:, i] == MISSING if encoded.numeric[c] else out[:, i] < 0
        out[gap, i] = np.nan
    return out
