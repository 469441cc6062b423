"""Figures from result objects: which traces, in which colours, under which names, and nothing of a table executed."""

from __future__ import annotations

import json
import subprocess
import sys
from dataclasses import dataclass
from functools import cache
from itertools import combinations
from typing import Any

import numpy as np
import pandas as pd
import plotly.graph_objects as go
import pytest

from engine import charts
from engine.charts import labels, theme
from engine.evaluation import Evaluation, columns, evaluate
from engine.evaluation.associations import compare_associations
from engine.evaluation.distributions import ColumnComparison, compare_column, compare_table
from engine.evaluation.gaps import compare_missing
from engine.evaluation.joint import JointComparison, compare_pair
from engine.evaluation.projection import project
from engine.table.profile import profile_table
from engine.table.schema import Column, DateFormat, Kind, NumberFormat, Schema
from tests.contracts.zoo import ZOO, Animal, mixed

HOSTILE = (
    "<img src=x onerror=alert(1)>",
    "<b>bold</b>",
    "$x$ costs $5",
    "a & b &amp; c",
    "%{x}<extra></extra>",
    "two\nlines\x00",
    "   ",
    "x" * 400,
    "日本 🦊",
)


@cache
def compared(name: str) -> dict[str, ColumnComparison]:
    animal = ZOO[name]
    half = len(animal.table) // 2
    return compare_table(animal.table, animal.table.iloc[:half], animal.schema, holdout=animal.table.iloc[half:])


ALL = [(animal, column) for animal in ZOO for column in compared(animal)]


@cache
def evaluation() -> Evaluation:
    animal = mixed(600)
    third = [animal.table.iloc[at : at + 200].reset_index(drop=True) for at in (0, 200, 400)]
    return evaluate(third[0], third[1], animal.schema, holdout=third[2])


def texts(value: Any) -> list[str]:
    """Every string of a figure that Plotly draws as text."""
    if isinstance(value, dict):
        return [text for v in value.values() for text in texts(v)]
    if isinstance(value, (list, tuple)):
        return [text for v in value for text in texts(v)]
    return [value] if isinstance(value, str) else []


def plain(fig: go.Figure) -> dict[str, Any]:
    """The figure as the browser gets it; fails on what JSON has not."""
    return dict(json.loads(json.dumps(json.loads(fig.to_json()), allow_nan=False)))


def named(fig: go.Figure) -> dict[str, Any]:
    return {trace.name: trace for trace in fig.data if trace.name}


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


class TestFigures:
    def test_columns_with_their_references(self) -> None:
        result = evaluation().get("column_shapes")
        fig = charts.column_shape_figure(result)
        assert set(named(fig)) == {"Fresh real rows", "Synthetic"}
        values = list(named(fig)["Synthetic"].x)
        assert values == sorted(values)
        assert len(values) == len(result.parts)
        plain(fig)

    def test_the_worst_pairs(self) -> None:
        result = evaluation().get("pair_shapes")
        fig = charts.pair_figure(result, limit=4, dark=True)
        worst = sorted(part.value for part in result.parts)[:4]
        assert list(named(fig)["Synthetic"].x) == pytest.approx(worst)
        assert named(fig)["Synthetic"].marker.color == theme.DARK.synthetic
        assert fig.layout.title.subtitle.text == f"the 4 least alike of {len(result.parts)}"

    def test_without_references(self) -> None:
        animal = mixed(100)
        result = evaluate(animal.table, animal.table, animal.schema, keys=["column_shapes"]).results[0]
        assert set(named(charts.column_shape_figure(result))) == {"Synthetic"}

    def test_missing_rates(self) -> None:
        result = evaluation().get("missing_similarity")
        bars = named(charts.missing_figure(result))
        assert set(bars) == {"Real", "Synthetic"}
        rates = {part.columns[0]: part.details["real"] for part in result.parts}
        assert sorted(bars["Real"].x) == pytest.approx(sorted(rates.values()))

    def test_a_figure_that_is_not_applicable(self) -> None:
        animal = ZOO["constants"]
        schema = Schema((animal.schema["k"],))
        results = evaluate(animal.table[["k"]], animal.table[["k"]], schema).results
        for result in results:
            for draw in (charts.column_shape_figure, charts.pair_figure, charts.missing_figure):
                plain(draw(result))


@dataclass
class Profile:
    name: str
    histogram: tuple[tuple[Any, ...], tuple[int, ...]] | None = None
    top: tuple[tuple[str, int], ...] = ()


def rows_of(spec: dict[str, Any]) -> list[dict[str, Any]]:
    """The data of a Vega specification, which may stand beside it under a name."""
    (rows,) = spec["datasets"].values()
    return list(rows)


class TestProfiles:
    @pytest.mark.parametrize("animal", ZOO)
    def test_of_every_column(self, animal: str) -> None:
        for profile in profile_table(ZOO[animal].table, ZOO[animal].schema).columns:
            for dark in (False, True):
                spec = json.loads(json.dumps(charts.profile_chart(profile, dark=dark).to_dict(), allow_nan=False))
                assert spec["height"] <= 80
                assert spec["background"] == "transparent"

    def test_a_histogram_and_bars(self) -> None:
        histogram = charts.profile_chart(Profile("n", ((0, 10, 20), (3, 4)))).to_dict()
        assert [v["rows"] for v in rows_of(histogram)] == [3, 4]
        tailed = charts.profile_chart(Profile("n", ((0, 10, 20, 900), (3, 4, 1)))).to_dict()
        assert [bar["far"] for bar in rows_of(tailed)] == [False, False, True]
        dated = ("2001-01-01", "2024-01-01", "2024-02-01", "2024-03-01")
        tailed = charts.profile_chart(Profile("d", (dated, (1, 4, 3)))).to_dict()
        assert [bar["far"] for bar in rows_of(tailed)] == [True, False, False]
        bars = charts.profile_chart(Profile("c", top=(("a", 5), ("", 2), ("b" * 99, 1)))).to_dict()
        values = rows_of(bars)
        assert [v["rows"] for v in values] == [5, 2, 1]
        assert values[1]["shown"] == "(blank)"

    @pytest.mark.parametrize("name", HOSTILE)
    def test_values_are_data_only(self, name: str) -> None:
        """A value appears in the data and nowhere else: not in a field's name, an expression or a title."""
        spec = charts.profile_chart(Profile(name, top=((name, 3), ("datum.x", 1)))).to_dict()

        def outside(value: Any) -> list[str]:
            if isinstance(value, dict):
                return [t for k, v in value.items() if k not in ("values", "datasets") for t in [k, *outside(v)]]
            return [t for v in value for t in outside(v)] if isinstance(value, list) else texts(value)

        assert name.strip() == "" or not any(name in text for text in outside(spec))


class TestWords:
    @pytest.mark.parametrize(
        ("text", "drawn"),
        [
            ("<b>", "&lt;b&gt;"),
            ("a & b", "a &amp; b"),
            ("&lt;", "&amp;lt;"),
            ("$5", "$5"),
            ("$x$", "$\u2060x$\u2060"),
            ("a\tb\u2028c", "a b c"),
        ],
    )
    def test_safe(self, text: str, drawn: str) -> None:
        assert theme.safe(text) == drawn

    def test_short(self) -> None:
        assert theme.shorten("abcdef", 4) == "abc…"
        assert theme.label(" ") == "(blank)"

    @pytest.mark.parametrize(("share", "text"), [(0.5, "50.0%"), (0.00001, "< 0.1%"), (0.0, "0.0%"), (1.0, "100.0%")])
    def test_percent(self, share: float, text: str) -> None:
        assert theme.percent(share) == text

    def test_numbers(self) -> None:
        assert labels.number(1234.5, 2) == "1,234.50"
        assert labels.number(1234567.0, 0) == "1,234,567"
        assert labels.number(1e300) == "1e+300"

    @pytest.mark.parametrize(
        ("unit", "text"),
        [("D", "2024-05-06"), ("M", "May 2024"), ("Q", "Q2 2024"), ("Y", "2024"), ("h", "2024-05-06 07:00")],
    )
    def test_dates(self, unit: str, text: str) -> None:
        assert labels.stamp(pd.Timestamp("2024-05-06 07:08").value / 1000, unit) == text

    def test_dates_beyond_the_calendar(self) -> None:
        far = float(np.datetime64("12024-05-06", "us").astype(np.int64))
        assert labels.stamp(far) == labels.iso(far)[:10]

    def test_bins(self) -> None:
        column = Column("n", Kind.INTEGER, number=NumberFormat())
        values = pd.Series(range(1_000), dtype="Int64")
        found = compare_column(values, values, column)
        first, second = labels.bin_label(found, 0), labels.bin_label(found, 1)
        assert first.startswith("0 to ")
        assert int(second.split(" to ")[0]) == int(first.split(" to ")[1]) + 1  # no gap, no overlap

    def test_calendar_bins(self) -> None:
        column = Column("t", Kind.DATETIME, date=DateFormat("%Y-%m-%d", "D"))
        values = pd.Series(pd.date_range("2020-01-01", periods=900)).dt.as_unit("us")
        found = compare_column(values, values, column)
        assert labels.bin_label(found, 0) == {"M": "Jan 2020"}.get(found.unit, labels.bin_label(found, 0))


def test_names_are_loaded_on_first_use() -> None:
    for name in charts.__all__:
        assert getattr(charts, name) is not None
    with pytest.raises(AttributeError, match="no_such"):
        _ = charts.no_such
    code = "import sys, engine.charts; print('plotly' in sys.modules)"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "False"
