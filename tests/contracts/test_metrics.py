"""Every registered figure keeps its promises: order, indifference to row order, range, reference, reasons."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import cache
from typing import Any

import numpy as np
import pandas as pd
import pytest

from engine.errors import NotApplicable, SettingsError
from engine.evaluation import Evaluation, evaluate, registry
from engine.evaluation.base import Goal, Metric, MetricResult, Score
from engine.evaluation.registry import get
from engine.table.schema import Schema
from tests.contracts.zoo import ZOO, Animal, mixed

ROWS = 600
METRICS = {key: registry.METRICS[key] for key in registry.of_tier()}  # those of the full tier: test_full_metrics
NOISES = (0.0, 0.25, 1.0)  # share of rows replaced by rows of independent, distorted columns: the same, good, bad


@dataclass(frozen=True)
class Case:
    kind: type[Metric]
    animal: Animal

    def score(self, other: pd.DataFrame, real: pd.DataFrame | None = None, seed: int = 0) -> Score:
        table = self.animal.table if real is None else real
        return self.kind().compute(table, other, self.animal.schema, np.random.default_rng(seed))

    def applicable(self) -> bool:
        try:
            self.score(self.animal.table)
        except NotApplicable:
            return False
        return True


def distance(kind: type[Metric], value: float) -> float:
    """How far a value is from the goal."""
    if kind.info.goal is Goal.MAXIMIZE:
        return kind.info.high - value
    if kind.info.goal is Goal.MINIMIZE:
        return value - kind.info.low
    assert kind.info.target is not None
    return abs(value - kind.info.target)


def worse(animal: Animal, share: float, seed: int = 0) -> pd.DataFrame:
    """The animal's table with a share of rows whose columns are torn apart and pushed to one side; more gaps, too."""
    rng = np.random.default_rng(seed)
    table = animal.table.copy()
    rows = rng.permutation(len(table))[: round(share * len(table))]
    for column in animal.schema:
        ordered = table[column.name].sort_values(na_position="last").reset_index(drop=True)
        picked = rng.beta(1, 4, len(rows)) * len(ordered)
        values = table[column.name].copy()
        values.iloc[rows] = ordered.iloc[picked.astype(int)].to_numpy()
        table[column.name] = values.mask(pd.Series(np.isin(np.arange(len(table)), rows[: len(rows) // 2])))
    return table


# On every animal that a figure applies to


def check_identical_tables_score_best(case: Case) -> None:
    found = case.score(case.animal.table)
    assert distance(case.kind, found.value) == pytest.approx(0, abs=1e-9)
    for part in found.parts:
        assert distance(case.kind, part.value) == pytest.approx(0, abs=1e-9)


def check_row_order_does_not_matter(case: Case) -> None:
    other = worse(case.animal, 0.3)
    turned = other.sample(frac=1, random_state=1).reset_index(drop=True)
    moved = case.animal.table.iloc[::-1].reset_index(drop=True)
    first, second = case.score(other), case.score(turned, moved)
    assert first.value == pytest.approx(second.value, abs=1e-12)
    assert [p.value for p in first.parts] == pytest.approx([p.value for p in second.parts], abs=1e-12)


def check_the_index_does_not_matter(case: Case) -> None:
    other = worse(case.animal, 0.3)
    shifted = other.set_axis(np.arange(len(other)) + 1_000)
    assert case.score(shifted).value == case.score(other).value


def check_inside_its_range(case: Case) -> None:
    info = case.kind.info
    for share in (0.0, 0.5, 1.0):
        found = case.score(worse(case.animal, share))
        for value in (found.value, *[part.value for part in found.parts]):
            assert info.low <= value <= info.high
        if found.interval is not None:
            low, high = found.interval
            assert info.low <= low <= found.value <= high <= info.high


def check_parts_name_columns(case: Case) -> None:
    found = case.score(worse(case.animal, 0.3))
    for part in found.parts:
        assert set(part.columns) <= set(case.animal.schema.names)
        assert part.method
    measured = {name for part in found.parts for name in part.columns}
    assert not measured & {name for name, _ in found.skipped}
    assert all(reason for _, reason in found.skipped)


def check_the_tables_are_left_alone(case: Case) -> None:
    other = worse(case.animal, 0.3)
    before, real = other.copy(deep=True), case.animal.table.copy(deep=True)
    case.score(other)
    pd.testing.assert_frame_equal(other, before)
    pd.testing.assert_frame_equal(case.animal.table, real)


def check_same_seed_same_score(case: Case) -> None:
    other = worse(case.animal, 0.3)
    assert case.score(other, seed=4) == case.score(other, seed=4)


def check_a_sentence(case: Case) -> None:
    sentence = case.kind().sentence(case.score(worse(case.animal, 0.3)))
    assert sentence.endswith(".")
    assert "nan" not in sentence


def check_fewer_rows(case: Case) -> None:
    found = case.score(case.animal.table.iloc[: max(len(case.animal.table) // 3, 1)])
    assert case.kind.info.low <= found.value <= case.kind.info.high


EVERYWHERE = (
    check_identical_tables_score_best,
    check_row_order_does_not_matter,
    check_the_index_does_not_matter,
    check_inside_its_range,
    check_parts_name_columns,
    check_the_tables_are_left_alone,
    check_same_seed_same_score,
    check_a_sentence,
    check_fewer_rows,
)


# On one large animal that every figure applies to


def check_info(case: Case) -> None:
    info = case.kind.info
    assert METRICS[info.key] is case.kind
    assert info.label
    assert info.source
    assert info.meaning.endswith(".")
    assert info.low < info.high
    assert (info.target is not None) == (info.goal is Goal.TARGET)
    assert type(info).from_json(info.to_json()) == info


def check_worse_tables_score_worse(case: Case) -> None:
    same, good, bad = (distance(case.kind, case.score(worse(case.animal, share)).value) for share in NOISES)
    assert same < good < bad


def check_no_rows_is_a_reason(case: Case) -> None:
    empty = case.animal.table.iloc[:0]
    with pytest.raises(NotApplicable, match="no rows"):
        case.score(empty)
    with pytest.raises(NotApplicable, match="no rows"):
        case.score(case.animal.table, empty)


def check_a_fresh_real_sample_stands_beside(case: Case) -> None:
    found = measured(case.kind.info.key, holdout=True)
    assert found.value is not None
    assert found.reference is not None
    assert found.equal_size is not None
    assert not found.reference_reason
    # Fresh rows of the same population do better than the twin that was made worse.
    assert distance(case.kind, found.reference) < distance(case.kind, found.equal_size)
    assert all(part.reference is not None for part in found.parts)


def check_without_held_out_rows_it_says_so(case: Case) -> None:
    found = measured(case.kind.info.key, holdout=False)
    assert found.reference is None
    assert found.reference_reason


def check_json(case: Case) -> None:
    import json

    for holdout in (True, False):
        found = measured(case.kind.info.key, holdout=holdout)
        assert MetricResult.from_json(json.loads(json.dumps(found.to_json(), allow_nan=False))) == found


def check_not_applicable_has_a_reason(case: Case) -> None:
    """A table of one constant column has nothing to measure, and nothing missing."""
    animal = ZOO["constants"]
    schema = Schema((animal.schema["k"],))
    (found,) = evaluate(animal.table[["k"]], animal.table[["k"]], schema, keys=[case.kind.info.key]).results
    assert found.value is None
    assert found.not_applicable
    assert found.not_applicable in found.sentence


def check_copies_of_a_table_score_alike(case: Case) -> None:
    """A figure is a property of the distributions: every row twice changes nothing."""
    other = worse(case.animal, 0.3)
    twice = pd.concat([other, other], ignore_index=True)
    assert case.score(twice).value == pytest.approx(case.score(other).value, abs=1e-9)


def check_the_interval_holds_the_spread_of_fresh_samples(case: Case) -> None:
    """Of twins drawn again and again, the middle one's interval covers most others' values."""
    pool = worse(mixed(20_000), 0.4)
    rng = np.random.default_rng(5)
    values = [case.score(pool.iloc[rng.choice(len(pool), ROWS)].reset_index(drop=True)) for _ in range(15)]
    middle = sorted(values, key=lambda found: found.value)[7]
    assert middle.interval is not None
    low, high = middle.interval
    assert sum(low <= found.value <= high for found in values) >= 12


ONCE = (
    check_info,
    check_worse_tables_score_worse,
    check_no_rows_is_a_reason,
    check_a_fresh_real_sample_stands_beside,
    check_without_held_out_rows_it_says_so,
    check_json,
    check_not_applicable_has_a_reason,
    check_copies_of_a_table_score_alike,
    check_the_interval_holds_the_spread_of_fresh_samples,
)

# Promises that a figure is known not to keep: (figure, check, animal) -> why. "*" is any animal.
EXCUSED: dict[tuple[str, str, str], str] = {}


@cache
def evaluated(holdout: bool) -> Evaluation:
    animal = mixed(3 * ROWS)
    real, fresh = (animal.table.iloc[at : at + ROWS].reset_index(drop=True) for at in (0, ROWS))
    third = animal.table.iloc[2 * ROWS :].reset_index(drop=True)
    twin = worse(Animal("third", third, animal.schema), 0.5)
    return evaluate(real, twin, animal.schema, holdout=fresh if holdout else None)


def measured(key: str, *, holdout: bool) -> MetricResult:
    return evaluated(holdout).get(key)


def pairs(checks: tuple[Callable[[Case], None], ...], animals: list[str]) -> list[Any]:
    found = []
    for key in METRICS:
        for check in checks:
            for animal in animals:
                why = EXCUSED.get((key, check.__name__, animal)) or EXCUSED.get((key, check.__name__, "*"))
                marks = [pytest.mark.xfail(reason=why, strict=True)] if why else []
                name = check.__name__.removeprefix("check_")
                found.append(pytest.param(key, check, animal, id=f"{key}-{name}-{animal}", marks=marks))
    return found


def applied() -> dict[str, list[str]]:
    """The animals that each figure applies to."""
    return {
        key: [name for name, animal in ZOO.items() if Case(kind, animal).applicable()] for key, kind in METRICS.items()
    }


APPLIED = applied()


@pytest.mark.parametrize(
    ("key", "check", "animal"),
    [pair for pair in pairs(EVERYWHERE, list(ZOO)) if pair.values[2] in APPLIED[pair.values[0]]],
)
def test_everywhere(key: str, check: Callable[[Case], None], animal: str) -> None:
    check(Case(METRICS[key], ZOO[animal]))


@pytest.mark.parametrize(("key", "check", "animal"), pairs(ONCE, ["mixed"]))
def test_once(key: str, check: Callable[[Case], None], animal: str) -> None:
    check(Case(METRICS[key], mixed(ROWS)))


def test_every_figure_applies_somewhere_and_every_animal_is_measured() -> None:
    assert all(APPLIED.values())
    assert {animal for animals in APPLIED.values() for animal in animals} == set(ZOO)


@pytest.mark.parametrize("animal", ZOO)
def test_evaluation_of_every_animal(animal: str) -> None:
    """All figures at once, from any form of the tables, through JSON and back; what cannot be measured says why."""
    import json

    table, schema = ZOO[animal].table, ZOO[animal].schema
    half = len(table) // 2
    found = evaluate(table.iloc[:half], schema.restore(table.iloc[half:]), schema, holdout=table.iloc[half:], seed=2)
    assert found.keys == tuple(METRICS)
    for result in found.results:
        assert (result.value is None) == bool(result.not_applicable)
        assert result.sentence.endswith(".")
    assert Evaluation.from_json(json.loads(json.dumps(found.to_json(), allow_nan=False))) == found


def test_unknown_figures() -> None:
    with pytest.raises(SettingsError, match="no_such"):
        get("no_such")
    with pytest.raises(SettingsError, match="no_such"):
        evaluate(ZOO["mixed"].table, ZOO["mixed"].table, ZOO["mixed"].schema, keys=["no_such"])
