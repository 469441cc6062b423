"""Missing cells: rates, patterns, and what is missing together."""

from __future__ import annotations

import pandas as pd
import pytest

from engine import charts
from engine.charts import theme
from engine.evaluation.gaps import compare_missing
from engine.table.schema import Column, Kind, NumberFormat, Schema
from tests.contracts.zoo import ZOO
from tests.engine.charts.drawn import HOSTILE, named, plain, texts


class TestMissing:
    def test_rates_patterns_and_what_is_missing_together(self) -> None:
        animal = ZOO["gaps"]
        found = compare_missing(animal.table, animal.table.iloc[::2], animal.schema)
        rates = named(charts.missing_rates_figure(found))
        assert sorted(rates["Real"].x) == pytest.approx(sorted(found.rates[0]))
        fig = charts.missing_patterns_figure(found, dark=True)
        assert list(named(fig)["Synthetic"].x) == pytest.approx([*found.shares[1], *found.rest[: found.others > 0]])
        assert fig.layout.xaxis2.anchor == "y"
        filled = next(trace for trace in fig.data if trace.marker.color == theme.DARK.ink)
        assert len(filled.x) == found.holes.sum()
        plain(fig)
        figures = charts.missing_together_figures(found)
        assert figures is not None
        assert [f.layout.title.text for f in figures] == ["Missing in real", "Missing in synthetic", "Synthetic − real"]

    @pytest.mark.parametrize("name", HOSTILE)
    def test_nothing_of_a_table_is_drawn_as_markup(self, name: str) -> None:
        table = pd.DataFrame({name: [None, 1.0, None, 2.0], "x": [None, 1.0, 1.0, 2.0]})
        schema = Schema(tuple(Column(n, Kind.DECIMAL, number=NumberFormat(1)) for n in table))
        found = compare_missing(table, table, schema)
        figures = charts.missing_together_figures(found)
        assert figures is not None
        for fig in (charts.missing_rates_figure(found), charts.missing_patterns_figure(found), *figures):
            for text in texts(plain(fig)["data"]) + texts(fig.layout.to_plotly_json()):
                assert "<img" not in text
                assert "<b>bold" not in text
