"""Heat maps of how columns go together, in each table and the difference."""

from __future__ import annotations

import numpy as np
import pandas as pd
import plotly.graph_objects as go
import pytest

from engine import charts
from engine.charts import theme
from engine.evaluation import columns
from engine.evaluation.associations import compare_associations
from engine.table.schema import Column, Kind, NumberFormat, Schema
from tests.contracts.zoo import ZOO, Animal
from tests.engine.charts.drawn import HOSTILE, plain, texts


class TestCorrelations:
    def figures(self, animal: Animal, dark: bool = False) -> tuple[go.Figure, go.Figure, go.Figure]:
        return charts.correlation_figures(
            compare_associations(animal.table, animal.table.iloc[::2], animal.schema), dark=dark
        )

    @pytest.mark.parametrize("dark", [False, True])
    def test_real_synthetic_difference(self, dark: bool) -> None:
        found = self.figures(ZOO["mixed"], dark)
        assert [fig.layout.title.text for fig in found] == ["Real", "Synthetic", "Synthetic − real"]
        matrices = [np.array(fig.data[0].z, dtype=float) for fig in found]
        np.testing.assert_allclose(matrices[1] - matrices[0], matrices[2], atol=1e-12)
        for fig in found:
            assert fig.data[0].colorscale[0][1] == theme.colours(dark).diverging[0]
            assert fig.data[0].zmin == -fig.data[0].zmax
            plain(fig)

    def test_undefined_cells_are_empty(self) -> None:
        real, _, difference = self.figures(ZOO["constants"])
        assert real.data[0].z[0][1] is None
        assert "not defined" in real.data[1].hovertext[0]
        assert difference.data[0].zmax >= 0.1
        plain(difference)

    def test_every_cell_of_two_columns_can_be_clicked(self) -> None:
        """And tells what it would be clicked for."""
        names = [c.name for c in columns.comparable(ZOO["mixed"].schema)]
        for fig in self.figures(ZOO["mixed"]):
            targets = fig.data[1]
            assert len(set(zip(targets.x, targets.y, strict=True))) == len(names) * (len(names) - 1)
            for x, y, text in zip(targets.x, targets.y, targets.hovertext, strict=True):
                assert text.startswith(f"<b>{names[y]}</b> with <b>{names[x]}</b>")
            assert targets.hoverinfo is None  # “skip” would swallow clicks
            assert fig.layout.hoverdistance == -1

    def test_names(self) -> None:
        values = pd.Series([1.0, 2.0, 4.0])
        table = pd.DataFrame(dict.fromkeys(HOSTILE, values))
        schema = Schema(tuple(Column(name, Kind.DECIMAL, number=NumberFormat(1)) for name in HOSTILE))
        for fig in self.figures(Animal("hostile", table, schema)):
            for text in texts(plain(fig)["data"]) + texts(fig.layout.to_plotly_json()):
                assert "<img" not in text
                assert "\x00" not in text

    def test_many_columns(self) -> None:
        rng = np.random.default_rng(0)
        names = [f"column {i}" for i in range(60)]
        table = pd.DataFrame({name: rng.normal(size=50) for name in names})
        schema = Schema(tuple(Column(name, Kind.DECIMAL, number=NumberFormat(17)) for name in names))
        real = self.figures(Animal("wide", table, schema))[0]
        assert real.layout.height <= 1_000
        assert not real.layout.xaxis.showticklabels
