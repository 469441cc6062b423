"""The figures of the full tier keep their promises; and the honesty of all: what copies, shuffles and noise get.

Each takes models that learn, so that every promise is checked on scores that are computed once.
"""

from __future__ import annotations

import json
from functools import cache

import numpy as np
import pandas as pd
import pytest

from engine.errors import NotApplicable
from engine.evaluation import Evaluation, evaluate, registry
from engine.evaluation.base import Against, Goal, Metric, MetricResult, Score, Tier
from engine.evaluation.toldapart import ALONE, SHUFFLED
from engine.table.schema import Schema
from tests.contracts.test_metrics import worse
from tests.contracts.zoo import ZOO, Animal, mixed

EVERY = [key for key, metric in registry.METRICS.items() if metric.tier is Tier.FULL]
FULL = [key for key in EVERY if key != "memory"]  # which these tables have none of: test_memory
ROWS = 300
AWKWARD = ("two rows", "one column", "empty columns", "huge and tiny", "time zones")


def parts(animal: Animal, count: int, rows: int) -> list[pd.DataFrame]:
    return [animal.table.iloc[i * rows : (i + 1) * rows].reset_index(drop=True) for i in range(count)]


@cache
def tables() -> dict[str, pd.DataFrame]:
    """Real rows, fresh ones, and the ways in which a table can be bad."""
    animal = mixed(3 * ROWS)
    real, fresh, third = parts(animal, 3, ROWS)
    rng = np.random.default_rng(11)
    shuffled = pd.DataFrame({name: real[name].array[rng.permutation(ROWS)] for name in real})
    noise = worse(Animal("noise", third, animal.schema), 1.0)
    turned = real.sample(frac=1, random_state=2).reset_index(drop=True)
    return {"real": real, "fresh": fresh, "copies": turned, "shuffled": shuffled, "noise": noise}


@cache
def metric(key: str) -> Metric:
    return registry.get(key)()


@cache
def score(key: str, real: str, other: str) -> Score:
    found = tables()
    return metric(key).compute(found[real], found[other], mixed(3).schema, np.random.default_rng(3))


@pytest.mark.parametrize("key", EVERY)
def test_what_it_says_of_itself(key: str) -> None:
    info = registry.METRICS[key].info
    assert info.key == key
    assert info.label
    assert info.source
    assert info.meaning.endswith(".")
    assert info.low < info.high
    assert info.goal is Goal.MAXIMIZE
    assert type(info).from_json(info.to_json()) == info


@pytest.mark.parametrize("key", FULL)
def test_scores_are_in_range_and_explained(key: str) -> None:
    info, found = registry.METRICS[key].info, score(key, "real", "fresh")
    assert found.interval is not None
    assert info.low <= found.interval[0] <= found.value <= found.interval[1] <= info.high
    assert all(info.low <= part.value <= info.high for part in found.parts)
    assert all(part.method for part in found.parts)
    assert all(set(part.columns) <= set(mixed(3).schema.names) for part in found.parts)
    sentence = metric(key).sentence(found)
    assert sentence.endswith(".")
    assert "nan" not in sentence


@pytest.mark.parametrize("key", FULL)
def test_neither_row_order_nor_index_matters_and_the_same_seed_gives_the_same(key: str) -> None:
    found = tables()
    turned = found["fresh"].iloc[::-1]  # with its index
    real = found["real"].sample(frac=1, random_state=5)
    again = registry.get(key)().compute(real, turned, mixed(3).schema, np.random.default_rng(3))
    first = score(key, "real", "fresh")
    assert again.value == pytest.approx(first.value, abs=1e-9)
    assert again.interval == pytest.approx(first.interval, abs=1e-9)
    assert [p.value for p in again.parts] == pytest.approx([p.value for p in first.parts], abs=1e-9)


@pytest.mark.parametrize("key", FULL)
def test_no_rows_and_nothing_to_compare_are_reasons(key: str) -> None:
    real, schema = tables()["real"], mixed(3).schema
    rng = np.random.default_rng(0)
    with pytest.raises(NotApplicable, match="no rows"):
        metric(key).compute(real, real.iloc[:0], schema, rng)
    lone = Schema((ZOO["constants"].schema["k"],))
    with pytest.raises(NotApplicable):
        metric(key).compute(ZOO["constants"].table[["k"]], ZOO["constants"].table[["k"]], lone, rng)


@cache
def evaluated(other: str) -> Evaluation:
    found = tables()
    return evaluate(found["real"], found[other], mixed(3).schema, holdout=found["fresh"], full=True)


def result(key: str, other: str) -> MetricResult:
    return evaluated(other).get(key)


def reached(found: MetricResult) -> tuple[float, float]:
    """The figure on as many rows as the yardstick has, and the yardstick."""
    assert found.equal_size is not None
    assert found.reference is not None
    return found.equal_size, found.reference


def test_all_are_measured_once_asked_for() -> None:
    assert evaluated("copies").keys == tuple(registry.METRICS)
    data = json.loads(json.dumps(evaluated("copies").to_json(), allow_nan=False))
    assert Evaluation.from_json(data) == evaluated("copies")


@pytest.mark.parametrize("key", FULL)
def test_independent_noise_fails_all(key: str) -> None:
    value, reference = reached(result(key, "noise"))
    assert value < reference - 0.05
    assert "clearly short" in result(key, "noise").sentence


def test_without_held_out_rows_what_needs_them_says_so() -> None:
    keys = [key for key in FULL if registry.METRICS[key].against is Against.UNSEEN]
    found = evaluate(tables()["real"], tables()["noise"], mixed(3).schema, keys=keys)
    assert len(keys) >= 1
    assert all("held out" in one.not_applicable for one in found.results)


class TestHonesty:
    def test_copies_pass_and_stand_above_fresh_rows_only_against_what_they_copy(self) -> None:
        for key in registry.METRICS:
            found = result(key, "copies")
            value, reference = (found.value, found.reference) if found.equal_size is None else reached(found)
            assert value is None or reference is None or value > reference - 0.02, key
        learned, unseen = result("not_told_from_training", "copies"), result("not_told_from_unseen", "copies")
        assert learned.value == 1.0
        assert unseen.value == pytest.approx(unseen.reference, abs=0.05)
        assert result("beta_recall", "copies").value == pytest.approx(1.0)
        assert reached(result("beta_recall", "copies"))[1] < 0.99

    def test_shuffled_columns_pass_shapes_and_fail_what_looks_at_relations(self) -> None:
        assert result("column_shapes", "shuffled").value == pytest.approx(1.0)
        assert result("value_distance", "shuffled").value == pytest.approx(1.0)
        for key in ("pair_trends", "pair_shapes", "relations_kept", "not_told_from_training", "not_told_from_unseen"):
            assert "clearly short" in result(key, "shuffled").sentence, key

    def test_the_holdout_itself_is_the_ceiling(self) -> None:
        found = evaluated("fresh")
        for key in registry.METRICS:
            value, reference = found.get(key).value, found.get(key).reference
            if value is not None and registry.METRICS[key].against is Against.LEARNED:
                assert value == pytest.approx(reference, abs=0.05), key

    def test_what_gives_a_table_away_is_ranked(self) -> None:
        """Only the incomes are doubled."""
        real, fresh = tables()["real"], tables()["fresh"]
        other = fresh.assign(income=fresh["income"] * 2)
        key = "not_told_from_training"
        found = metric(key).compute(real, other, mixed(3).schema, np.random.default_rng(0))
        for method in (SHUFFLED, ALONE):
            worst = min((part for part in found.parts if part.method == method), key=lambda part: part.value)
            assert worst.columns == ("income",)
        assert "“income”" in metric(key).sentence(found)

    def test_a_pair_gives_away_what_single_columns_do_not(self) -> None:
        other = tables()["shuffled"]
        found = metric("not_told_from_training").compute(
            tables()["real"], other, mixed(3).schema, np.random.default_rng(0)
        )
        worst = min((part for part in found.parts if len(part.columns) == 2), key=lambda part: part.value)
        assert set(worst.columns) <= {"age", "income", "city", "active", "seen"}
        assert worst.details["auc"] > worst.details["alone"] + 0.2


@pytest.mark.parametrize("animal", AWKWARD)
def test_awkward_tables(animal: str) -> None:
    """Everything is measured, or says why not."""
    table, schema = ZOO[animal].table, ZOO[animal].schema
    half = len(table) // 2
    found = evaluate(table.iloc[:half], table.iloc[half:], schema, holdout=table.iloc[half:], keys=EVERY)
    for one in found.results:
        assert (one.value is None) == bool(one.not_applicable)
