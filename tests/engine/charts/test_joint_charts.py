"""Two columns together: heat maps, points, and boxes."""

from __future__ import annotations

from itertools import combinations

import numpy as np
import pandas as pd
import plotly.graph_objects as go
import pytest

from engine import charts
from engine.evaluation import columns
from engine.evaluation.joint import JointComparison, compare_pair
from engine.table.schema import Column, Kind, NumberFormat
from tests.contracts.zoo import ZOO
from tests.engine.charts.drawn import HOSTILE, compared, named, plain, texts


class TestJoint:
    def figure(self, names: tuple[str, str], form: str, name: str = "mixed") -> tuple[JointComparison, go.Figure]:
        animal = ZOO[name]
        pair = (animal.schema[names[0]], animal.schema[names[1]])
        found = compare_pair(animal.table, animal.table.iloc[::2], pair, np.random.default_rng(0))
        return found, charts.joint_figure(found, form=form)

    @pytest.mark.parametrize("animal", ["mixed", "gaps", "skewed", "many levels", "time zones", "independent"])
    def test_every_form_of_every_pair(self, animal: str) -> None:
        used = [c for c in columns.comparable(ZOO[animal].schema) if c.name in compared(animal)]
        for first, second in combinations(used, 2):
            pair = (first, second)
            found = compare_pair(ZOO[animal].table, ZOO[animal].table.iloc[::2], pair, np.random.default_rng(0))
            for form in charts.joint_forms(found):
                plain(charts.joint_figure(found, form=form, dark=True))

    def test_both_heat_maps_have_one_scale_and_axes_that_move_together(self) -> None:
        found, fig = self.figure(("age", "income"), "heat")
        shown = [np.array(trace.z, dtype=float) ** 2 for trace in fig.data]
        assert [np.nansum(z) for z in shown] == pytest.approx([1.0, 1.0], abs=1e-2)
        assert {trace.coloraxis for trace in fig.data} == {"coloraxis"}
        assert [fig.layout.xaxis2.matches, fig.layout.yaxis2.matches] == ["x", "y"]
        assert "Real: " in fig.data[1].hovertext[0][0]
        assert "Synthetic: " in fig.data[0].hovertext[0][0]
        assert found.real.rows == ZOO["mixed"].table[["age", "income"]].dropna().shape[0]

    def test_points_are_drawn_by_the_graphics_card(self) -> None:
        found, fig = self.figure(("age", "income"), "points")
        assert all(isinstance(trace, go.Scattergl) for trace in fig.data)
        assert fig.layout.title.subtitle.text.startswith(f"{found.synthetic.rows} rows of each")
        assert fig.data[0].marker.symbol != fig.data[1].marker.symbol

    def test_shares_of_labels_are_of_each_row(self) -> None:
        found, fig = self.figure(("city", "active"), "heat")
        assert found.sort == "labels"
        sums = np.nansum(np.array(fig.data[0].z, dtype=float) ** 2, axis=1)
        assert list(sums) == pytest.approx([1.0] * found.y.size, abs=1e-3)

    def test_boxes_are_the_quantiles(self) -> None:
        found, fig = self.figure(("city", "age"), "bands")
        assert found.real.quantiles is not None
        assert list(named(fig)["Real"].median) == pytest.approx(list(found.real.quantiles[:, 2]))
        assert named(fig)["Real"].y[0] < named(fig)["Synthetic"].y[0]

    @pytest.mark.parametrize("name", HOSTILE)
    def test_nothing_of_a_table_is_drawn_as_markup(self, name: str) -> None:
        table = pd.DataFrame({name: [name, name, "b"], "x": [name, "o", "o"], "n": [1.0, 2.0, 3.0]})
        schema = [Column(name, Kind.CATEGORICAL), Column("x", Kind.CATEGORICAL)]
        schema += [Column("n", Kind.DECIMAL, number=NumberFormat(1, prefix=name))]
        for pair in combinations(schema, 2):
            found = compare_pair(table, table, pair, np.random.default_rng(0))
            for form in charts.joint_forms(found):
                fig = charts.joint_figure(found, form=form)
                for text in texts(plain(fig)["data"]) + texts(fig.layout.to_plotly_json()):
                    assert "<img" not in text
                    assert "<b>bold" not in text
                    assert "\x00" not in text
