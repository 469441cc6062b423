"""Rows of both tables as points in one plane."""

from __future__ import annotations

import numpy as np
import plotly.graph_objects as go

from engine import charts
from engine.evaluation.projection import project
from tests.contracts.zoo import ZOO
from tests.engine.charts.drawn import named, plain


class TestProjection:
    def test_points_of_both_tables_in_one_plane(self) -> None:
        animal = ZOO["mixed"]
        found = project(animal.table, animal.table.iloc[::2], animal.schema, np.random.default_rng(0))
        for layout, panels in (("side by side", 2), ("overlaid", 1)):
            fig = charts.projection_figure(found, layout=layout)
            assert all(isinstance(trace, go.Scattergl) for trace in fig.data)
            assert len({trace.xaxis for trace in fig.data}) == panels
            assert set(named(fig)) == {"Real", "Synthetic"}
            plain(fig)
        bars = charts.projection_weights_figure(found, 1, dark=True)
        assert list(bars.data[0].x) == [share for _, share in found.weights[1]][: len(bars.data[0].x)]
        plain(bars)
