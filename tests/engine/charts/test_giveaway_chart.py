"""Bars of what gives a twin away: as long as they say, in the order given, whatever the names hold."""

from __future__ import annotations

import pytest

from engine import charts
from engine.evaluation.giveaways import Giveaway

COLUMNS = (
    Giveaway(("a<b>&c",), 0.6, 0.1, 0.25, True, "Tells by its company."),
    Giveaway(("d",), 0.7, 0.2, 0.2, True, "Tells alone."),
    Giveaway(("e",), 0.49, -0.02, -0.01, False, "Tells nothing."),
)
PAIRS = (Giveaway(("a", "d"), 0.8, 0.0, 0.1, True, "Only together."),)


@pytest.mark.parametrize("dark", [False, True])
def test_a_bar_is_divided_into_what_a_column_tells_alone_and_with_others(dark: bool) -> None:
    fig = charts.giveaway_figure("Columns", COLUMNS, dark=dark)
    alone, others = fig.data
    assert list(alone.x) == pytest.approx([0.1, 0.2, 0.0])
    assert list(others.base) == pytest.approx([0.1, 0.2, 0.0])
    assert list(others.x) == pytest.approx([0.15, 0.0, 0.0])
    assert others.marker.pattern.shape
    assert alone.marker.opacity[0] == 1.0 > alone.marker.opacity[2]
    assert not alone.marker.pattern.shape
    assert [note.text for note in fig.layout.annotations] == ["+25.0", "+20.0", "within chance"]
    assert fig.layout.yaxis.ticktext[0] == "a&lt;b&gt;&amp;c"
    assert "Tells by its company." in alone.hovertext[0]


def test_a_pair_has_only_what_it_tells_together() -> None:
    (bars,) = charts.giveaway_figure("Pairs", PAIRS).data
    assert list(bars.x) == pytest.approx([0.1])
    assert bars.name == "Only together"
