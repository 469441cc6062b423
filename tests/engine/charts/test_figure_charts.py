"""Figures of an evaluation, as bars with their references."""

from __future__ import annotations

from functools import cache

import pytest

from engine import charts
from engine.charts import theme
from engine.evaluation import Evaluation, evaluate
from engine.table.schema import Schema
from tests.contracts.zoo import ZOO, mixed
from tests.engine.charts.drawn import named, plain


@cache
def evaluation() -> Evaluation:
    animal = mixed(600)
    third = [animal.table.iloc[at : at + 200].reset_index(drop=True) for at in (0, 200, 400)]
    return evaluate(third[0], third[1], animal.schema, holdout=third[2])


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
