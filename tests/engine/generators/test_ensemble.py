"""Trees as arrays: the same scores as LightGBM's own prediction, compiled or not, and no damaged array gets through."""

from __future__ import annotations

import copy
from typing import Any

import lightgbm
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from engine.generators.boosted import ensemble
from engine.generators.boosted.boosting import Boosted
from engine.generators.boosted.ensemble import Ensemble, in_parts

QUIET = {"verbose": -1, "min_data_in_leaf": 5, "num_threads": 1}
STRANGE = np.array(
    [np.nan, 0.0, -0.0, 1e-36, -1e-36, 1e-30, -0.5, -1, -7, 3.7, 400, 2.5e9, 1e30, -1e30, np.inf, -np.inf]
)


@pytest.fixture(params=["compiled", "plain"])
def way(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> str:
    if request.param == "plain":
        monkeypatch.setattr(ensemble, "compiled_kernels", lambda: None)
    else:
        assert ensemble.compiled_kernels() is not None, "numba is missing"
    return str(request.param)


def trained(
    features: np.ndarray,
    target: np.ndarray,
    objective: str,
    rounds: int = 12,
    start: np.ndarray | None = None,
    categories: tuple[int, ...] = (),
    **more: Any,
) -> lightgbm.Booster:
    data = lightgbm.Dataset(
        features.copy(),
        np.array(target),
        init_score=start,
        categorical_feature=list(categories),
        params={"min_data_in_bin": 1, "verbose": -1},
    )
    return lightgbm.train({**QUIET, "objective": objective, **more}, data, rounds)


def same(booster: lightgbm.Booster, features: np.ndarray) -> Ensemble:
    """The ensemble, after its scores were found equal to LightGBM's."""
    made = Ensemble.of_text(booster.model_to_string())
    features = np.ascontiguousarray(features, dtype=np.float32)
    np.testing.assert_allclose(made.raw(features), booster.predict(features, raw_score=True), rtol=1e-12, atol=1e-12)
    return made


def table(rows: int, rng: np.random.Generator) -> np.ndarray:
    """Two numbers, one with gaps, one constant, and a category of 20 levels."""
    x = rng.normal(size=(rows, 4)).astype(np.float32)
    x[rng.random(rows) < 0.1, 1] = np.nan
    x[:, 2] = 7
    x[:, 3] = rng.integers(0, 20, rows)
    return x


def strange(features: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    """Rows with values that training never met."""
    found = features.copy()
    mask = rng.random(found.shape) < 0.4
    found[mask] = rng.choice(STRANGE, int(mask.sum()))
    return found


def test_binary_with_starting_scores(way: str) -> None:
    rng = np.random.default_rng(0)
    x = table(1500, rng)
    y = (x[:, 0] + (x[:, 3] % 3 == 1) > 0.3).astype(int)
    booster = trained(x, y, "binary", start=rng.normal(size=1500), categories=(3,), num_leaves=31)
    same(booster, x)
    same(booster, strange(x, rng))


def test_many_classes(way: str) -> None:
    rng = np.random.default_rng(1)
    x = table(1500, rng)
    y = (x[:, 3].astype(int) * 7 + (x[:, 0] > 0)) % 5
    booster = trained(x, y, "multiclass", categories=(3,), num_class=5, num_leaves=7)
    made = same(booster, x)
    same(booster, strange(x, rng))
    assert (made.rounds, made.classes) == (12, 5)


@pytest.mark.parametrize("objective", ["poisson", "regression"])
def test_other_objectives(objective: str, way: str) -> None:
    rng = np.random.default_rng(2)
    x = table(900, rng)
    booster = trained(x, rng.poisson(np.exp(x[:, 0] / 2)), objective, categories=(3,))
    same(booster, strange(x, rng))


@pytest.mark.parametrize("missing", [{"use_missing": False}, {"zero_as_missing": True}, {}])
def test_missing_values_of_every_kind(missing: dict[str, bool], way: str) -> None:
    rng = np.random.default_rng(3)
    x = table(2000, rng)
    x[rng.random(2000) < 0.2, 0] = 0.0
    y = np.where(np.isnan(x[:, 1]), 2.0, x[:, 1]) + (x[:, 0] == 0)
    same(trained(x, y, "regression", **missing), strange(x, rng))


def test_categories_beyond_several_bytes(way: str) -> None:
    rng = np.random.default_rng(4)
    x = rng.integers(0, 300, (4000, 1)).astype(np.float32)
    worth = rng.normal(size=300)
    booster = trained(x, worth[x[:, 0].astype(int)], "regression", categories=(0,), max_cat_threshold=200, cat_smooth=1)
    same(booster, np.arange(-3, 310, dtype=np.float32)[:, None])


def test_the_largest_trees_and_the_finest_thresholds(way: str) -> None:
    rng = np.random.default_rng(5)
    x = rng.normal(size=(6000, 1)).astype(np.float32)
    booster = trained(x, np.sin(x[:, 0] * 20), "regression", num_leaves=256, min_data_in_leaf=1)
    found = same(booster, np.r_[x, STRANGE[:, None].astype(np.float32)])
    assert np.diff(found.trees[6]).max() > 200
    with pytest.raises(ValueError, match="leaves"):
        Ensemble.of_text(trained(rng.normal(size=(6000, 3)), x[:, 0], "regression", num_leaves=300).model_to_string())
    with pytest.raises(ValueError, match="thresholds"):
        Ensemble.of_text(trained(x, x[:, 0], "regression", max_bin=1000, num_leaves=250).model_to_string())


def test_trees_that_never_split(way: str) -> None:
    x = np.ones((100, 2), dtype=np.float32)
    same(trained(x, np.arange(100), "regression", rounds=3), x)
    same(trained(x, np.arange(100) % 3, "multiclass", rounds=2, num_class=3), x)


def test_no_rows_and_a_wrong_width(way: str) -> None:
    rng = np.random.default_rng(6)
    x = table(300, rng)
    made = same(trained(x, x[:, 0], "regression"), x)
    assert made.raw(x[:0]).shape == (0,)
    with pytest.raises(ValueError, match="4 features"):
        made.raw(x[:, :3])


@settings(max_examples=25, deadline=None)
@given(st.integers(0, 2**31), st.integers(2, 60), st.integers(20, 700), st.booleans())
def test_random_ensembles(seed: int, leaves: int, rows: int, classes: bool) -> None:
    rng = np.random.default_rng(seed)
    x = strange(table(rows, rng), rng) if seed % 2 else table(rows, rng)
    x = np.where(np.abs(x) > 1e20, 3, x)
    x[:, 3] = np.abs(np.nan_to_num(x[:, 3])) % 25
    more = {"num_class": 4} if classes else {}
    y = rng.integers(0, 4, rows)
    y[:4] = np.arange(4)
    booster = trained(
        x, y, "multiclass" if classes else "regression", 4, categories=(3,), num_leaves=leaves, min_data_in_leaf=1,
        min_data_per_group=1, cat_smooth=0.1, **more,
    )  # fmt: skip
    same(booster, x)
    same(booster, strange(x, rng))


def test_scores_do_not_depend_on_threads(monkeypatch: pytest.MonkeyPatch) -> None:
    rng = np.random.default_rng(7)
    x = table(30_000, rng)
    made = Ensemble.of_text(trained(x[:2000], x[:2000, 0], "regression").model_to_string())
    found = []
    for threads in ("1", "2", "5"):
        monkeypatch.setenv("OMP_NUM_THREADS", threads)
        found.append(made.raw(x))
    np.testing.assert_array_equal(found[0], found[1])
    np.testing.assert_array_equal(found[0], found[2])
    np.testing.assert_array_equal(made.raw(x[12_345:12_351]), found[0][12_345:12_351])


def test_parts_cover_every_row_once(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("OMP_NUM_THREADS", "3")
    for rows in (0, 1, 8191, 8193, 100_000):
        seen = np.zeros(rows, dtype=int)

        def add(at: int, end: int, seen: np.ndarray = seen) -> None:
            seen[at:end] += 1

        in_parts(rows, add)
        assert (seen == 1).all()


# States


def a_state() -> dict[str, Any]:
    rng = np.random.default_rng(8)
    x = table(600, rng)
    y = rng.integers(0, 3, 600)
    return Ensemble.of_text(trained(x, y, "multiclass", 3, categories=(3,), num_class=3).model_to_string()).state()


def test_a_state_gives_the_same_scores() -> None:
    rng = np.random.default_rng(9)
    x = table(500, rng)
    made = Ensemble.from_state(a_state())
    np.testing.assert_array_equal(made.raw(x), Ensemble.from_state(made.state()).raw(x))
    model = Boosted.from_state({"trees": made.state(), "loss": None})
    np.testing.assert_array_equal(made.raw(x), model.raw(x))


def test_read_only_arrays_are_taken() -> None:
    state = {key: _frozen(value) for key, value in a_state().items()}
    assert Ensemble.from_state(state).raw(np.zeros((2, 4), np.float32)).shape == (2, 3)


def _frozen(value: Any) -> Any:
    if isinstance(value, np.ndarray):
        value.flags.writeable = False
    return value


def _last(value: Any) -> Any:
    def change(found: np.ndarray) -> np.ndarray:
        found[-1] = value
        return found

    return change


HOSTILE: dict[str, tuple[str, Any]] = {
    "column beyond": ("column", _last(10_000)),
    "column below": ("column", _last(-1)),
    "feature beyond": ("feature", _last(4)),
    "feature below": ("feature", _last(-1)),
    "leaf beyond": ("target", _last(255)),
    "source beyond": ("source", _last(255)),
    "unknown test": ("test", _last(3)),
    "unknown kind": ("kind", _last(6)),
    "moves beyond": ("first_move", _last(10_000)),
    "moves backwards": ("first_move", lambda found: found[::-1].copy()),
    "leaves beyond": ("first_leaf", _last(10_000)),
    "too few leaves": ("leaf", lambda found: found[:-1]),
    "edges beyond": ("first_edge", _last(10_000)),
    "fewer operands": ("operand", lambda found: found[:-1]),
    "no kinds": ("kind", lambda found: found[:0]),
    "numbers that are none": ("leaf", _last(np.nan)),
    "edges that are none": ("edges", _last(np.nan)),
    "other numbers": ("column", lambda found: found.astype(np.float64)),
    "two dimensions": ("leaf", lambda found: found[None]),
    "text": ("leaf", lambda found: ["a"] * len(found)),
    "no classes": ("classes", lambda found: 0),
    "classes that do not fit": ("classes", lambda found: 2),
    "fewer features": ("features", lambda found: 1),
    "nothing": ("first_leaf", lambda found: found[:0]),
}


@pytest.mark.parametrize("name", HOSTILE)
def test_damaged_states_are_refused(name: str) -> None:
    key, change = HOSTILE[name]
    state = copy.deepcopy(a_state())
    state[key] = change(state[key])
    with pytest.raises(ValueError, match="damaged"):
        Ensemble.from_state(state)
