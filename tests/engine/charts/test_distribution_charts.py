"""The two tables' distributions of a column: forms, layouts, axes, shares, and colours."""

from __future__ import annotations

import numpy as np
import pandas as pd
import plotly.graph_objects as go
import pytest

from engine import charts
from engine.charts import theme
from engine.evaluation.distributions import compare_column
from engine.table.schema import Column, Kind, NumberFormat
from tests.engine.charts.drawn import ALL, HOSTILE, compared, named, plain, texts


class TestDistributions:
    @pytest.mark.parametrize(("animal", "column"), ALL)
    def test_every_form_of_every_column(self, animal: str, column: str) -> None:
        comparison = compared(animal)[column]
        for form in charts.forms(comparison):
            for layout, holdout in (("overlaid", True), ("side by side", False), ("stacked", True)):
                fig = charts.distribution_figure(comparison, form=form, layout=layout, show_holdout=holdout)
                wanted = {"Real", "Synthetic"} | ({"Real, held out"} if holdout else set())
                assert set(named(fig)) == wanted
                plain(fig)

    @pytest.mark.parametrize("form", ["histogram", "density", "ecdf"])
    @pytest.mark.parametrize("column", ["a", "x"])
    def test_stacked_panels_have_their_axis_in_common(self, form: str, column: str) -> None:
        """Only the very same axis lets a hover go over; vertical ranges match, and no panel covers another."""
        comparison = compared("gaps" if column == "a" else "independent")[column]
        fig = charts.distribution_figure(comparison, form=form, layout="stacked")
        lines = [trace for trace in fig.data if isinstance(trace, go.Scatter) and trace.mode == "lines"]
        assert [trace.name for trace in lines] == ["Real", "Synthetic"]
        assert lines[0].xaxis == lines[1].xaxis
        assert (fig.layout.hovermode, fig.layout.hoversubplots) == ("x", "axis")
        drawn = [fig.layout["yaxis" + (trace.yaxis or "y")[1:]] for trace in lines]
        assert drawn[0].domain[0] > drawn[1].domain[1]
        assert (drawn[1].showticklabels is not False) == (drawn[0].showticklabels is not False)
        assert drawn[1].matches == (lines[0].yaxis or "y")
        used = {trace.xaxis or "x" for trace in fig.data}
        assert {"x" + key.removeprefix("xaxis") for key in fig.layout.to_plotly_json() if key[:5] == "xaxis"} == used

    @pytest.mark.parametrize("form", ["histogram", "density", "ecdf"])
    def test_panels_side_by_side_zoom_together_and_tell_both_figures(self, form: str) -> None:
        fig = charts.distribution_figure(compared("independent")["x"], form=form, layout="side by side")
        assert (fig.layout.xaxis2.matches, fig.layout.yaxis2.matches) == ("x", "y")
        told = [text for trace in fig.data if trace.hovertext for text in trace.hovertext]
        assert told
        assert all("Real: " in text and "Synthetic: " in text for text in told)

    def test_an_axis_of_a_fixed_range_matches_none(self) -> None:
        """Plotly then leaves all axes of the figure without a range of their own."""
        fig = charts.distribution_figure(compared("gaps")["a"], layout="side by side")
        assert fig.layout.xaxis.range
        assert fig.layout.xaxis3.matches is None
        assert (fig.layout.xaxis4.matches, fig.layout.yaxis4.matches) == ("x2", "y2")

    def test_few_missing_rows_look_few(self) -> None:
        """Their bar has the axis of the bins; in a density its range is at least that of the bins."""
        column = Column("x", Kind.INTEGER, "made up")
        values = pd.Series([1, 2, 3, 4] * 50 + [None], dtype="Int64")
        comparison = compare_column(values, values, column)
        fig = charts.distribution_figure(comparison, layout="side by side")
        assert [fig.layout[f"yaxis{n}"].matches for n in (2, 3, 4)] == ["y", "y", "y2"]
        smooth = charts.distribution_figure(compared("gaps")["a"], form="density")
        side = compared("gaps")["a"].real
        assert smooth.layout.yaxis.range[1] >= max(side.counts) / side.rows
        assert smooth.layout.yaxis2.matches is None

    def test_a_value_in_nearly_all_rows_leaves_the_bins_readable(self) -> None:
        column = Column("x", Kind.INTEGER, "made up")
        values = pd.Series([0] * 950 + list(range(1_000, 51_000, 1_000)), dtype="Int64")
        comparison = compare_column(values, values, column)
        assert comparison.atoms == (0.0,)
        fig = charts.distribution_figure(comparison, form="histogram", layout="side by side")
        assert fig.layout.yaxis2.matches is None
        assert fig.layout.yaxis.range[1] >= 0.95

    def test_bars_side_by_side_have_their_rows_in_common(self) -> None:
        fig = charts.distribution_figure(compared("independent")["k"], layout="side by side")
        assert {trace.yaxis or "y" for trace in fig.data} == {"y"}
        assert [trace.xaxis for trace in fig.data] == ["x", "x2"]
        assert "Synthetic: " in fig.data[0].hovertext[0]
        assert charts.distribution_figure(compared("independent")["k"], layout="stacked") == fig

    @pytest.mark.parametrize("dark", [False, True])
    def test_colours_follow_the_ground(self, dark: bool) -> None:
        look = theme.colours(dark)
        fig = charts.distribution_figure(compared("independent")["x"], form="density", show_holdout=True, dark=dark)
        found = {name: trace.line.color for name, trace in named(fig).items()}
        assert found == {"Real": look.real, "Synthetic": look.synthetic, "Real, held out": look.holdout}
        assert fig.layout.template.layout.font.color == look.ink
        assert fig.layout.template.layout.paper_bgcolor == theme.CLEAR

    def test_tables_differ_not_by_colour_alone(self) -> None:
        fig = charts.distribution_figure(compared("independent")["x"], form="density", show_holdout=True)
        dashes = {trace.line.dash for trace in named(fig).values()}
        assert len(dashes) == 3
        bars = named(charts.distribution_figure(compared("independent")["k"]))
        assert bars["Synthetic"].marker.pattern.shape
        assert not bars["Real"].marker.pattern.shape

    def test_bars_hold_the_shares(self) -> None:
        comparison = compared("independent")["k"]
        fig = charts.distribution_figure(comparison)
        real = named(fig)["Real"]
        assert list(real.x) == pytest.approx([count / comparison.real.rows for count in comparison.real.counts])
        assert list(fig.layout.yaxis.ticktext) == ["a", "b", "c"]

    def test_histograms_hold_the_shares(self) -> None:
        comparison = compared("independent")["count"]
        real = named(charts.distribution_figure(comparison, form="histogram"))["Real"]
        assert sum(real.y[1:-2]) == pytest.approx(1.0)

    def test_cumulative_shares_end_at_one(self) -> None:
        fig = charts.distribution_figure(compared("independent")["x"], form="ecdf")
        assert all(trace.y[-1] == pytest.approx(1.0) for trace in named(fig).values())

    def test_rare_labels_are_one_bar(self) -> None:
        comparison = compared("many levels")["shop"]
        fig = charts.distribution_figure(comparison, max_labels=10)
        ticks = list(fig.layout.yaxis.ticktext)
        assert len(ticks) == 11
        assert ticks[-1] == f"all others ({len(comparison.labels) - 10})"
        assert sum(named(fig)["Real"].x) == pytest.approx(1.0)

    def test_gaps_stand_apart_and_are_told(self) -> None:
        comparison = compared("gaps")["a"]
        fig = charts.distribution_figure(comparison, score=0.987)
        assert "missing" in fig.layout.xaxis.ticktext
        assert fig.layout.title.subtitle.text.startswith("98.7% alike, missing: real ")

    def test_zeros_stand_apart(self) -> None:
        comparison = compared("skewed")["amount"]
        assert comparison.atoms == (0.0,)
        assert "0.00" in charts.distribution_figure(comparison).layout.xaxis.ticktext

    def test_a_form_that_a_column_does_not_have(self) -> None:
        fig = charts.distribution_figure(compared("mixed")["city"], form="density")
        assert isinstance(named(fig)["Real"], go.Bar)

    def test_dates_are_on_a_date_axis(self) -> None:
        fig = charts.distribution_figure(compared("time zones")["month"], form="histogram")
        assert fig.layout.xaxis.type == "date"
        assert not any(np.isnat(np.datetime64(x)) for x in named(fig)["Real"].x)

    @pytest.mark.parametrize("name", HOSTILE)
    def test_nothing_of_a_table_is_drawn_as_markup(self, name: str) -> None:
        values = pd.Series([name, name, "other"], dtype="str")
        comparison = compare_column(values, values, Column(name, Kind.CATEGORICAL))
        numbers = pd.Series([1.0, 2.0, None])
        other = compare_column(numbers, numbers, Column(name, Kind.DECIMAL, number=NumberFormat(1, prefix=name)))
        figures = [
            charts.distribution_figure(comparison),
            charts.distribution_figure(other),
        ]
        for fig in figures:
            for text in texts(plain(fig)["data"]) + texts(fig.layout.to_plotly_json()):
                assert "<img" not in text
                assert "<b>bold" not in text
                assert "\x00" not in text
                assert text.count("$") < 2 or "$\u2060" in text
