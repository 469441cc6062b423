"""Spot the fake: fair rounds, and what hits are worth."""

from __future__ import annotations

from itertools import combinations

import numpy as np
import pytest

from engine.errors import NotApplicable
from engine.evaluation.spotting import Answer, Tally, deal, guessed, shown
from tests.engine.tables import CLUB, club


def test_a_round_holds_half_of_each_written_as_in_the_source() -> None:
    real, other = CLUB.parse(club(seed=0)), CLUB.parse(club(seed=1))
    dealt = deal(real, other, CLUB, np.random.default_rng(0))
    assert sum(dealt.made) == 4
    written = [CLUB.to_text(table)[list(dealt.rows.columns)] for table in (real, other)]
    for place, made in enumerate(dealt.made):
        row = dealt.rows.iloc[place]
        assert any(row.equals(own.set_axis(row.index)) for _, own in written[made].iterrows())
    assert dealt.hits([i for i, made in enumerate(dealt.made) if made]) == 8
    assert dealt.hits([i for i, made in enumerate(dealt.made) if not made]) == 0
    assert dealt.hits([]) == dealt.hits(range(8)) == 4


def test_a_round_depends_on_its_generator_only_and_rounds_differ() -> None:
    real, other = CLUB.parse(club(seed=0)), CLUB.parse(club(seed=1))
    first, again, second = (deal(real, other, CLUB, np.random.default_rng(seed)) for seed in (0, 0, 1))
    assert first.rows.equals(again.rows)
    assert first.made == again.made
    assert not first.rows.equals(second.rows)
    orders = {deal(real, other, CLUB, np.random.default_rng(seed)).made for seed in range(20)}
    assert len(orders) > 10


def test_what_is_made_anew_is_not_shown() -> None:
    assert shown(CLUB) == ("age", "fee", "city", "active", "joined")
    with pytest.raises(NotApplicable):
        deal(club(), club(), CLUB.select(["member", "e-mail"]), np.random.default_rng(0))
    few = CLUB.parse(club(3))
    with pytest.raises(NotApplicable, match="4 rows"):
        deal(few, CLUB.parse(club()), CLUB, np.random.default_rng(0))


@pytest.mark.parametrize("marked", range(5))
def test_guessing_is_counted_out(marked: int) -> None:
    """Against all ways to mark so many of four rows, of which the first two are made."""
    counts = np.zeros(5)
    for said in combinations(range(4), marked):
        counts[sum((place in said) == (place < 2) for place in range(4))] += 1
    assert guessed(4, marked) == pytest.approx(counts / counts.sum())


def test_a_tally_by_hand() -> None:
    """Four of eight marked: all right has the chance 1 in 70; twice, 1 in 4900."""
    once = Tally.of([Answer(8, 4, 8)])
    assert once.chance == pytest.approx(1 / 70)
    assert once.better
    assert Tally.of([Answer(8, 4, 8)] * 2).chance == pytest.approx(1 / 4900)
    fair = Tally.of([Answer(8, 4, 4), Answer(8, 4, 6)])
    assert (fair.rows, fair.hits, fair.expected) == (16, 10, 8)
    assert not fair.better
    assert fair.sentence.startswith("10 of 16 right; guessing gets 8")
    assert "not better than chance" in fair.sentence


def test_who_marks_nothing_learns_nothing() -> None:
    tally = Tally.of([Answer(8, 0, 4)] * 5)
    assert tally.chance == 1.0
    assert not tally.better
