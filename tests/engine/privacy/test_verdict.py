"""The verdict at the edges of its rules, what its reasons say, and as JSON."""

from __future__ import annotations

import json
from typing import Any

import pytest

from engine.privacy.comparison import Comparison
from engine.privacy.planted import SelfTest
from engine.privacy.verdict import Evidence, Step, Strongest, Verdict, judge

NEAR = "nearest synthetic row"


def strongest(low: float, high: float = 0.9, label: str = NEAR) -> Strongest:
    return Strongest(label, (low + high) / 2, (low, high))


def evidence(p: float, **more: Any) -> Evidence:
    """Nothing but a p-value: the figures are those of chance."""
    chance = {"tpr": {"everyone": strongest(0.0, 0.02)}, "auc": {"everyone": strongest(0.4, 0.6)}}
    return Evidence(**{"p": p, **chance, "comparisons": (), "self_test": (), "reference": 1_500, "attacks": 3, **more})


def guesses(p: float, low: float, key: str = "attribute_row") -> Comparison:
    return Comparison(key, "something", 0.3, 0.2, 0.1, (low, 0.2), p)


def planted(share: float, p: float) -> SelfTest:
    return SelfTest(share, 10, p, 0.6, 0.1, None)


@pytest.mark.parametrize(
    ("figures", "step"),
    [
        ({"tpr": {"everyone": strongest(0.02)}}, Step.STOP),
        ({"tpr": {"everyone": strongest(0.0199)}}, Step.LOOK),
        ({"tpr": {"everyone": strongest(0.0), "tenth": strongest(0.03)}}, Step.STOP),
        ({"tpr": {"everyone": strongest(0.0), "tenth": strongest(0.0299)}}, Step.LOOK),
        ({"auc": {"everyone": strongest(0.55)}}, Step.STOP),
        ({"auc": {"everyone": strongest(0.5499)}}, Step.LOOK),
        ({"auc": {"everyone": strongest(0.5), "tenth": strongest(0.55)}}, Step.STOP),
    ],
)
def test_how_clear_a_signal_must_be(figures: dict[str, Any], step: Step) -> None:
    assert judge(evidence(0.0099, **figures)).step is step
    assert judge(evidence(0.01, **figures)).step is Step.LOOK  # never without a p-value below 1%
    assert judge(evidence(0.05, **figures)).step is Step.NOTHING


@pytest.mark.parametrize(
    ("found", "step"),
    [
        ([guesses(0.0099, 0.02)], Step.STOP),
        ([guesses(0.0099, 0.0199)], Step.LOOK),
        ([guesses(0.01, 0.02)], Step.LOOK),
        ([guesses(0.0499, 0.02)], Step.LOOK),
        ([guesses(0.05, 0.02)], Step.NOTHING),
        ([guesses(0.0099, 0.0, "copies")], Step.STOP),  # of word for word copies any number is enough
        ([guesses(0.0099, 0.02), guesses(0.9, 0.02)], Step.LOOK),  # one of two: half the error each
        ([Comparison("linking", "a", 0.2, 0.2, 0.0, (0.0, 0.1), 0.001)], Step.NOTHING),
        ([guesses(0.9, 0.02), guesses(0.001, 0.02)], Step.STOP),  # what says nothing does not end the list
    ],
)
def test_comparisons(found: list[Comparison], step: Step) -> None:
    assert judge(evidence(0.5, comparisons=found)).step is step


def test_what_is_said_of_a_signal() -> None:
    tpr = {"everyone": strongest(0.1, 0.2), "tenth": strongest(0.3, 0.5, "density")}
    verdict = judge(evidence(0.001, tpr=tpr, self_test=(planted(0.02, 0.5),)))
    assert verdict.reasons == (
        "Training rows are told from rows never seen (p = 0.001): the attack by nearest synthetic row recognises "
        "15.0% [10.0% to 20.0%] of them where chance is 1%, and of the most unusual tenth 40.0% [30.0% to 50.0%].",
    )  # that the meter would have missed something is no news where it found something
    assert " Among the most unusual tenth: 40.0% [30.0% to 50.0%]. Not tested: " in verdict.summary


def test_what_is_said_of_nothing_and_of_a_comparison() -> None:
    reasons = judge(evidence(0.25, comparisons=[guesses(0.03, 0.0)])).reasons
    assert reasons == (
        "More often for training rows than for rows never seen: something (30.0% against 20.0%).",
        "No attack told training rows from rows never seen (p = 0.25).",
    )
    assert "tenth" not in judge(evidence(0.25)).summary


def test_reasons_stand_from_the_worst_to_the_best() -> None:
    found = judge(evidence(0.5, comparisons=[guesses(0.02, 0.0), guesses(0.001, 0.1)], self_test=[planted(0.1, 0.001)]))
    assert found.step is Step.STOP
    assert [reason[:9] for reason in found.reasons] == ["More ofte", "More ofte", "No attack", "With copi"]
    only = judge(evidence(0.03, comparisons=[guesses(0.001, 0.1)])).reasons
    assert [reason[:9] for reason in only] == ["More ofte", "Training "]


@pytest.mark.parametrize(
    ("tests", "said"),
    [
        (
            [planted(0.02, 0.3), planted(0.05, 0.04), planted(0.1, 0.001)],
            "With copies of 5.0% of the training rows planted, the same attacks found them (p = 0.04); with 2.0% they "
            "did not.",
        ),
        (
            [planted(0.1, 0.001), planted(0.02, 0.01)],
            "With copies of 2.0% of the training rows planted, the same attacks found them (p = 0.01).",
        ),
        (
            [planted(0.1, 0.05), planted(0.02, 0.7)],
            "The attacks would have missed copies of 10.0% of the training rows in this table.",
        ),
    ],
)
def test_what_finding_nothing_is_worth(tests: list[SelfTest], said: str) -> None:
    verdict = judge(evidence(0.5, self_test=tests))
    assert said in verdict.reasons
    assert verdict.step is (Step.LOOK if "missed" in said else Step.NOTHING)


def test_json_and_back() -> None:
    verdict = judge(evidence(0.001))
    data = json.loads(json.dumps(verdict.to_json()))
    assert data["step"] == "look here"
    assert Verdict.from_json(data) == verdict
    for key in data:
        with pytest.raises(KeyError):
            Verdict.from_json({name: value for name, value in data.items() if name != key})
    with pytest.raises(ValueError, match="maybe"):
        Verdict.from_json({**data, "step": "maybe"})
