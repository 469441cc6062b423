"""Charts of the report: both tables are drawn to scale, safely, and nothing is fetched."""

from __future__ import annotations

import re
from xml.etree import ElementTree

import numpy as np
import pandas as pd

from engine.evaluation.distributions import compare_table
from engine.evaluation.svgcharts import LABELS, section
from engine.table.infer import infer_schema


def drawn(real: pd.DataFrame, made: pd.DataFrame) -> str:
    schema = infer_schema(real)
    return section(compare_table(schema.parse(real), schema.parse(made), schema).values())


def heights(page: str, kind: str) -> list[float]:
    return [float(h) for h in re.findall(rf'class="{kind}"[^/]*height="([0-9.]+)"', page)]


def test_bars_stand_in_the_shares_of_the_rows() -> None:
    real = pd.DataFrame({"k": ["a"] * 60 + ["b"] * 30 + ["c"] * 10})
    made = pd.DataFrame({"k": ["a"] * 30 + ["b"] * 60 + ["c"] * 10})
    page = drawn(real, made)
    own, other = heights(page, "real"), heights(page, "made")
    np.testing.assert_allclose([h / max(own) for h in own], [1, 0.5, 1 / 6], atol=0.01)
    np.testing.assert_allclose([h / max(own) for h in other], [0.5, 1, 1 / 6], atol=0.01)


def test_numbers_dates_and_many_labels_are_drawn() -> None:
    rng = np.random.default_rng(0)
    table = pd.DataFrame(
        {
            "x": rng.gamma(2, 5, 400).round(2),
            "when": pd.Timestamp("2020-01-01") + pd.to_timedelta(rng.integers(0, 900, 400), "D"),
            "town": rng.choice([f"town {i}" for i in range(30)], 400),
        }
    )
    page = drawn(table, table.sample(frac=1, random_state=0, ignore_index=True))
    assert page.count("<svg") == 3
    assert heights(page, "real") == heights(page, "made")
    assert "2020-01" in page
    assert "others" in page
    town = page.split("town</figcaption>")[1]
    assert len(heights(town, "real")) == LABELS + 1


def test_names_and_labels_are_escaped_and_the_svg_is_well_formed() -> None:
    odd = pd.DataFrame({"<b>&": ["<script>alert(1)</script>"] * 30 + ["'\"&"] * 20})
    page = drawn(odd, odd)
    assert "<script>" not in page
    assert "<b>" not in page
    for chart in re.findall(r"<svg.*?</svg>", page):
        ElementTree.fromstring(chart)
    assert "http" not in page


def test_without_a_column_to_compare_there_is_no_section() -> None:
    assert section([]) == ""
