"""The small charts of one table's columns, and that values stay data in them."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import Any

import pytest

from engine import charts
from engine.table.profile import profile_table
from tests.contracts.zoo import ZOO
from tests.engine.charts.drawn import HOSTILE, texts


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
