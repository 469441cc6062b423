"""Small charts as markup: well-formed, escaped, told in words, in both tables' looks."""

from __future__ import annotations

import re
from base64 import b64decode
from typing import Any
from xml.etree import ElementTree

import pandas as pd
import pytest

from engine import charts
from engine.charts import theme
from engine.evaluation.distributions import ColumnComparison, compare_column
from engine.table.schema import Column, Kind, NumberFormat
from tests.engine.charts.drawn import ALL, HOSTILE, compared


def parsed(comparison: ColumnComparison, dark: bool = False) -> ElementTree.Element:
    """The markup as a tree; fails where an attribute or element is not closed."""
    text = charts.mini_chart(comparison, dark)
    return ElementTree.fromstring(re.sub(r"(<img [^>]*)>", r"\1/>", text))


def drawing(comparison: ColumnComparison, dark: bool = False) -> tuple[ElementTree.Element, ElementTree.Element]:
    """The outlines of the real and the synthetic histogram."""
    image = parsed(comparison, dark).find(".//img")
    assert image is not None
    root = ElementTree.fromstring(b64decode(image.attrib["src"].partition(",")[2]))
    real, made = root
    return real, made


def labelled(real: list[Any], made: list[Any], name: str = "a") -> ColumnComparison:
    kinds = [pd.Series(values, dtype="str") for values in (real, made)]
    return compare_column(*kinds, Column(name, Kind.CATEGORICAL))


def numbers(real: list[float | None], made: list[float | None], prefix: str = "") -> ColumnComparison:
    column = Column("n", Kind.DECIMAL, number=NumberFormat(1, prefix=prefix))
    return compare_column(pd.Series(real), pd.Series(made), column)


def widths(chart: ElementTree.Element, name: str) -> list[float]:
    found = [bar.attrib["style"] for bar in chart.iterfind(f".//div[@class='{name}']")]
    return [float(style.partition(":")[2].rstrip("%")) for style in found]


@pytest.mark.parametrize(("animal", "column"), ALL)
def test_every_column_is_drawn_and_told(animal: str, column: str) -> None:
    chart = parsed(compared(animal)[column], dark=True)
    assert chart.attrib["role"] == "img"
    assert chart.attrib["aria-label"].startswith(
        f"Distribution of {' '.join(column.split()) or '(blank)'} in both tables."
    )
    assert chart.find(".//*[@title]") is not None
    assert "nan" not in ElementTree.tostring(chart, encoding="unicode").lower().replace(column.lower(), "")


def test_bars_are_scaled_by_the_largest_share_of_either_table() -> None:
    chart = parsed(labelled(["x", "x", "x", "y"], ["x", "y", "y", "y"]))
    assert widths(chart, "real") == pytest.approx([100, 33.33])
    assert widths(chart, "synthetic") == pytest.approx([33.33, 100])


def test_the_place_of_the_largest_difference_is_told() -> None:
    said = parsed(labelled(["x"] * 5 + ["y"] * 5, ["x"] * 5 + ["z"] * 5)).attrib["aria-label"]
    assert "Farthest apart: y; Real: 50.0% (5 rows); Synthetic: 0.0% (0 rows)." in said


def test_histograms_rise_to_the_shares_of_rows() -> None:
    real, made = drawing(numbers([0.0, 1, 1, 2, 3, 3, 3, 3], [0.0, 1, 1, 1, 2, 2, 2, 3]))
    for path in (real, made):
        assert path.attrib["d"].startswith("M0 100V")
        assert path.attrib["d"].endswith("H100.00V100")
    assert "V0.00" in real.attrib["d"]  # the largest share of all
    assert real.attrib["d"] != made.attrib["d"]


def test_missing_cells_stand_apart_and_are_told() -> None:
    chart = parsed(numbers([1.0, 2, 3, None], [1.0, 2, None, None]))
    single = chart.find(".//div[@class='single']")
    assert single is not None
    assert single.attrib["title"] == "missing; Real: 25.0% (1 rows); Synthetic: 50.0% (2 rows)"
    assert "Missing: real 25.0%, synthetic 50.0%." in chart.attrib["aria-label"]


def test_missing_cells_share_the_axis_of_the_histogram_unless_they_dwarf_it() -> None:
    def top(missing: int) -> float:
        values = [*map(float, range(10)), *[None] * missing]
        comparison = numbers(values, values)
        return min(float(at) for at in re.findall(r"V([0-9.]+)", drawing(comparison)[0].attrib["d"]))

    assert top(4) == 75  # of a height of 100, from above: the highest bin has a quarter of the rows without a value
    assert top(990) == 0


@pytest.mark.parametrize("dark", [False, True])
def test_tables_differ_by_the_palette_and_not_by_it_alone(dark: bool) -> None:
    look, style = theme.colours(dark), charts.mini_style(dark)
    assert look.real in style
    assert f"repeating-linear-gradient(135deg, {look.synthetic}" in style
    real, made = drawing(numbers([1.0, 2, 3], [1.0, 2, 3]), dark)
    assert (real.attrib["fill"], made.attrib["stroke"]) == (look.real, look.synthetic)
    assert made.attrib["fill"] == "none"
    assert made.attrib["stroke-dasharray"]


@pytest.mark.parametrize("text", HOSTILE)
def test_nothing_of_a_table_is_markup(text: str) -> None:
    shown = parsed(labelled([text, text, "b"], [text, "b", "b"], name=text))
    known = {"div", "span", "img"}
    assert {element.tag for element in shown.iter()} <= known
    assert {element.tag for element in parsed(numbers([1.0, 2, None], [1.0, 3, None], prefix=text)).iter()} <= known
