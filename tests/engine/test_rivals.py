"""Runs side by side: the order, and what lies within noise."""

from __future__ import annotations

import numpy as np
import pytest

from engine.charts import tradeoff_figure
from engine.errors import SettingsError
from engine.rivals import FIGURES, Contender, Mark, rank, surely_below


def contender(
    key: str,
    alike: float,
    *,
    told: float | None = None,
    attack: float | None = None,
    verdict: str = "",
    wide: float = 0.01,
) -> Contender:
    marks: dict[str, Mark | None] = dict.fromkeys(FIGURES)
    marks["overall"] = Mark(alike, (alike - wide, alike + wide), 0.97)
    marks["not_told_from_unseen"] = None if told is None else Mark(told, (told - wide, told + wide))
    strongest = None if attack is None else Mark(attack, (attack - 0.005, attack + 0.005), 0.01)
    return Contender(key, key.upper(), 5.0, marks, strongest, verdict)


def test_the_best_comes_first_and_noise_is_no_difference() -> None:
    ranked = rank([contender("a", 0.90), contender("b", 0.96), contender("c", 0.955)])
    assert [r.contender.key for r in ranked] == ["b", "c", "a"]
    assert [("overall" in r.level) for r in ranked] == [True, True, False]


def test_only_figures_that_all_have_decide() -> None:
    """a is ahead by the second figure, which b lacks; so b is."""
    ranked = rank([contender("a", 0.90, told=1.0), contender("b", 0.93)])
    assert [r.contender.key for r in ranked] == ["b", "a"]
    assert ranked[0].score == pytest.approx(0.93)
    both = rank([contender("a", 0.90, told=1.0), contender("b", 0.93, told=0.5)])
    assert [r.contender.key for r in both] == ["a", "b"]


def test_a_run_not_to_be_shared_comes_last() -> None:
    ranked = rank([contender("a", 0.99, verdict="do not share"), contender("b", 0.5)])
    assert [r.contender.key for r in ranked] == ["b", "a"]


@pytest.mark.parametrize("runs", [1, 5])
def test_two_to_four_runs(runs: int) -> None:
    with pytest.raises(SettingsError, match="Two to 4"):
        rank([contender(str(i), 0.9) for i in range(runs)])


def test_equal_runs_are_called_different_as_rarely_as_stated() -> None:
    """Two samples of the same figure: about one pair in twenty differs surely, in either direction."""
    rng = np.random.default_rng(0)
    draws = rng.normal(0.9, 0.01, size=(4_000, 2))
    called = 0
    for a, b in draws:
        low, high = sorted(
            (Mark(a, (a - 0.0196, a + 0.0196)), Mark(b, (b - 0.0196, b + 0.0196))), key=lambda m: m.value
        )
        called += surely_below(low, high)
    assert called / len(draws) == pytest.approx(0.05, abs=0.015)


@pytest.mark.parametrize("dark", [False, True])
def test_runs_are_drawn_with_chance_and_ceiling(dark: bool) -> None:
    runs = [contender("<b>a</b>", 0.95, attack=0.02), contender("b", 0.9, attack=0.011), contender("c", 0.9)]
    fig = tradeoff_figure(runs, dark=dark)
    assert len(fig.data) == 2
    assert [point.x[0] for point in fig.data] == [0.02, 0.011]
    assert {shape.x0 for shape in fig.layout.shapes} >= {0.01}
    assert {shape.y0 for shape in fig.layout.shapes} >= {0.97}
    assert "<b>" not in fig.data[0].text[0]
