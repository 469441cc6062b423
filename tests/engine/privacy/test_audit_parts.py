"""What an audit counts, beside the attacks' figures: on tables of one number, small enough to say by hand."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
import pandas as pd
import pytest

from engine.errors import SettingsError
from engine.privacy import Audit, AuditSplit, Questions, audit
from engine.privacy.audit import CHANCE, _ranked
from engine.privacy.scores import ATTACKS
from engine.privacy.seen import EXACT
from engine.progress import CancelToken, Progress
from engine.table.schema import Column, Kind, NumberFormat, Schema

SCHEMA = Schema((Column("x", Kind.DECIMAL, number=NumberFormat(4)), Column("key", Kind.IDENTIFIER)))
FEW = Questions(shares=(0.1,), resamples=100, shuffles=100)


def table(values: np.ndarray) -> pd.DataFrame:
    return SCHEMA.parse(pd.DataFrame({"x": values, "key": [str(i) for i in range(len(values))]}))


def numbers(rows: int, seed: int) -> np.ndarray:
    return np.random.default_rng(seed).random(rows).round(4)


@pytest.fixture(scope="module")
def split() -> AuditSplit:
    """150 trained rows, 100 of them members; 100 controls and 80 reference rows."""
    at = np.arange(330)
    return AuditSplit(at[:150], at[30:130], at[150:250], at[250:], at)


@pytest.fixture(scope="module")
def runs(split: AuditSplit) -> list[tuple[AuditSplit, pd.DataFrame]]:
    """Two thirds of 90 synthetic rows are copies, of 40 members and of the 20 other training rows."""
    copies = numbers(330, 0)[[*range(30, 70), *range(10, 30)]]
    return [(split, table(np.concatenate([copies, numbers(30, 1)])))]


@pytest.fixture(scope="module")
def found(runs: list[tuple[AuditSplit, pd.DataFrame]]) -> Audit:
    return audit(table(numbers(330, 0)), runs, SCHEMA, seed=5, questions=FEW)


def test_what_was_counted(found: Audit) -> None:
    sizes = {"train": 150, "members": 100, "controls": 100, "reference": 80, "synthetic": 90, "units": 200}
    assert {name: found.rows[name] for name in sizes} == sizes
    assert found.rows["unusual"] == 20  # a tenth
    assert (found.seed, found.draws, found.splits, found.not_applicable) == (5, (100, 100), 1, "")
    assert [name for name, _ in found.skipped] == ["key"]
    assert found.notes == ()
    assert found.sharing is None
    assert found.epsilon is not None
    assert found.epsilon.guesses == 10


def test_copies_are_counted_among_members_and_controls(found: Audit) -> None:
    (copies,) = found.comparisons
    assert (copies.key, copies.what, copies.columns) == ("copies", EXACT, ())
    real = numbers(330, 0)
    synthetic = {*real[30:70], *real[10:30], *numbers(30, 1)}
    assert copies.members == pytest.approx(np.mean([x in synthetic for x in real[30:130]]))
    assert copies.controls == pytest.approx(np.mean([x in synthetic for x in real[150:250]]))
    assert 0.4 <= copies.members < 0.45


def test_each_attack_has_its_figures_with_what_chance_gives(found: Audit) -> None:
    assert [(attack.key, attack.label) for attack in found.attacks] == list(ATTACKS.items())
    for attack in found.attacks:
        assert {name: figure.chance for name, figure in attack.everyone.items()} == CHANCE
        assert not attack.tenth  # of twenty unusual records there are fewer than twenty of each side
        for figure in attack.everyone.values():
            assert figure.interval[0] <= figure.value + 0.1
            assert figure.interval[0] < figure.interval[1]
    nearest = found.attacks[0].everyone
    assert nearest["tpr"].value == pytest.approx(0.4, abs=0.05)  # the copied members
    assert nearest["auc"].value > 0.6


def test_the_verdict_rests_on_the_strongest_figures(found: Audit) -> None:
    assert found.verdict is not None
    attack, tpr = found.strongest("tpr", "everyone")  # type: ignore[misc]
    assert "We ran 3 attacks by someone who holds the synthetic table and 80 real rows" in found.verdict.summary
    assert f"recognised {tpr.value:.1%} [{tpr.interval[0]:.1%} to {tpr.interval[1]:.1%}]" in found.verdict.summary
    assert any(attack.label in reason for reason in found.verdict.reasons)


def test_planted_copies_are_counted(found: Audit) -> None:
    (test,) = found.self_test
    assert (test.share, test.rows, test.tenth_tpr) == (0.1, 15, None)
    assert 0.5 < test.auc <= 1
    assert 0 < test.tpr <= 1
    assert 0 < test.p <= 1


def test_mean_distances(split: AuditSplit) -> None:
    """All real rows are 0, all synthetic ones 1: ranks of 1/4 and 3/4 in both tables together, so half apart."""
    values = np.zeros(330)
    likeness = audit(table(values), [(split, table(np.ones(50)))], SCHEMA, questions=FEW).likeness
    assert likeness == {"members": 0.5, "controls": 0.5, "reference": 0.0}
    values[split.members] = 1
    mixed = audit(table(values), [(split, table(np.ones(50)))], SCHEMA, questions=FEW).likeness
    assert mixed == {"members": 0.0, "controls": 0.5, "reference": 0.0}
    values[split.reference[1:]] = 1  # the nearest counts, though all others are far
    assert audit(table(values), [(split, table(np.ones(50)))], SCHEMA, questions=FEW).likeness["reference"] == 0


def test_what_else_is_asked_and_what_is_said_of_the_unusual() -> None:
    """Six hundred of 1,000 rows in the pool, so that there are members and controls enough among its tenth."""
    schema = Schema((*SCHEMA, Column("town", Kind.CATEGORICAL)))

    def towns(rows: int, seed: int) -> pd.DataFrame:
        town = np.random.default_rng([seed, 1]).choice(["a", "b", "c"], rows)
        return schema.parse(table(numbers(rows, seed)).assign(town=town))

    at = np.arange(1_000)
    split = AuditSplit(at[:400], at[:300], at[400:700], at[700:], at)
    asked = replace(FEW, secrets=("town",), quasi=("town",))
    found = audit(towns(1_000, 0), [(split, towns(400, 1))], schema, questions=asked, cancel=CancelToken())
    keys = ["copies", "attribute_row", "attribute_model", "singling_out", "linking"]
    assert [comparison.key for comparison in found.comparisons] == keys
    assert found.sharing is not None
    assert (found.sharing.columns, found.sharing.sizes[0], found.sharing.synthetic[0]) == (("town",), "0", 0.0)
    assert found.rows["unusual"] == 60
    assert found.verdict is not None
    _, tenth = found.strongest("tpr", "tenth")  # type: ignore[misc]
    low, high = tenth.interval
    assert f"Among the most unusual tenth: {tenth.value:.1%} [{low:.1%} to {high:.1%}]." in found.verdict.summary
    assert found.self_test[0].tenth_tpr is not None
    assert any("planted" in reason or "would have missed" in reason for reason in found.verdict.reasons)


def test_units_are_counted_not_rows(runs: list[tuple[AuditSplit, pd.DataFrame]]) -> None:
    split, made = runs[0]
    paired = audit(table(numbers(330, 0)), [(replace(split, units=split.units // 2), made)], SCHEMA, questions=FEW)
    assert paired.rows["units"] == 100


def test_several_splits(runs: list[tuple[AuditSplit, pd.DataFrame]]) -> None:
    """Three splits of one table: a row is another unit in each, and the same note is said once."""
    real, told = table(numbers(330, 0)), []
    split, made = runs[0]
    splits = [(replace(split, note=note), made) for note in ("first", "", "first")]
    found = audit(real, splits, SCHEMA, questions=FEW, notes=["before", "before"], progress=told.append)
    assert found.splits == 3
    assert (found.rows["units"], found.rows["members"], found.rows["synthetic"]) == (600, 300, 270)
    assert found.notes == ("before", "first")
    one = audit(real, runs, SCHEMA, questions=FEW)
    assert found.comparisons[0].members == pytest.approx(one.comparisons[0].members)
    assert found.likeness == pytest.approx(one.likeness)
    assert found.self_test[0].rows == 45
    assert found.self_test[0].share == pytest.approx(0.1)
    steps = [event for event in told if isinstance(event, Progress)]
    assert (steps[-1].step, steps[-1].total) == (6, 6)
    said = {event.step: event.message for event in steps if event.step}
    assert list(said) == [1, 2, 3, 4, 5, 6]
    assert [said[step] for step in (3, 4, 5, 6)] == [
        "The synthetic table is searched for the records.",
        "The attacks are measured.",
        "Members are compared with controls.",
        "The meter is tested with planted copies.",
    ]


def test_ranks_make_scores_of_several_splits_comparable() -> None:
    assert _ranked(np.array([30.0, -1.0, -1.0, 2.0])).tolist() == [1.0, 0.375, 0.375, 0.75]


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        ({"members": np.arange(0), "reason": "too small"}, "too small"),
        ({"controls": np.arange(0)}, "no real rows beside the training rows"),
        ({"reference": np.arange(0)}, "no real rows beside the training rows"),
    ],
)
def test_why_there_is_no_audit(
    change: dict[str, Any], reason: str, runs: list[tuple[AuditSplit, pd.DataFrame]]
) -> None:
    split, made = runs[0]
    found = audit(table(numbers(330, 0)), [*runs, (replace(split, **change), made)], SCHEMA, seed=3, notes=["kept"])
    assert reason in found.not_applicable
    assert (found.verdict, found.attacks, found.seed, found.notes) == (None, (), 3, ("kept",))
    assert [name for name, _ in found.skipped] == ["key"]
    assert found.rows["synthetic"] == 180
    assert "units" not in found.rows


def test_nothing_to_attack(runs: list[tuple[AuditSplit, pd.DataFrame]]) -> None:
    real, (split, made) = table(numbers(330, 0)), runs[0]
    keys = Schema((SCHEMA["key"],))
    assert audit(real, runs, keys).not_applicable == "no column is learned, so there is nothing to attack"
    assert audit(real, [(split, made[:0])], SCHEMA).not_applicable == "the synthetic table has no rows"
    with pytest.raises(SettingsError, match="no synthetic table"):
        audit(table(numbers(9, 0)), [], SCHEMA)
