"""Infinite numbers are told with their column and rows, and with what to do."""

from __future__ import annotations

from dataclasses import replace
from io import BytesIO

import numpy as np
import pandas as pd
import pytest

from engine.errors import DataError
from engine.synthesizer import Synthesizer
from engine.table.findings import Severity
from engine.table.infer import infer_schema
from engine.table.infinite import find, refused
from engine.table.read import read_table
from engine.table.schema import Schema


def table(places: list[int]) -> pd.DataFrame:
    values = np.linspace(0.25, 9.5, 60)
    values[places] = np.inf
    return pd.DataFrame({"level": values, "site": ["a", "b", "c"] * 20})


@pytest.mark.parametrize(
    ("places", "told"),
    [
        ([4], "has 1 infinite number (row 5). No method can learn it:"),
        ([4, 7], "has 2 infinite numbers (rows 5 and 8). No method can learn them:"),
        ([4, 7, 59], "has 3 infinite numbers (rows 5, 8 and 60)."),
        ([0, 4, 7, 59], "has 4 infinite numbers (the first in rows 1, 5, 8)."),
    ],
)
def test_what_a_training_refuses_is_told_before(places: list[int], told: str) -> None:
    frame = table(places)
    schema = infer_schema(frame)
    (finding,) = find(frame, schema)
    assert (finding.severity, finding.column) == (Severity.WARNING, "level")
    assert told in finding.message
    assert "leave the column out" in finding.message
    assert refused((finding,), schema) == (finding.message,)
    with pytest.raises(DataError, match="infinite"):
        Synthesizer(schema, "marginals").fit(schema.parse(frame))


def test_a_column_that_is_left_out_stands_in_nobodys_way() -> None:
    frame = table([4])
    schema = infer_schema(frame)
    without = replace(schema, columns=tuple(replace(c, selected=c.name != "level") for c in schema))
    assert refused(find(frame, schema), without) == ()


def test_words_for_infinity_are_told_as_taken_as_missing() -> None:
    lines = [f"{n / 4},x" for n in range(40)]
    lines[2], lines[9] = "inf,x", "-inf,x"
    frame = read_table(BytesIO("\n".join(["level,site", *lines]).encode()), name="levels.csv").frame
    schema = infer_schema(frame)
    (finding,) = find(frame, schema)
    assert finding.severity is Severity.REPAIRED
    assert finding.message == (
        "Column “level” has 2 infinite numbers (rows 3 and 10), which are taken as missing cells."
    )
    assert refused((finding,), schema) == ()
    assert list(np.flatnonzero(schema.parse(frame)["level"].isna())) == [2, 9]


def test_other_tables_are_left_in_peace() -> None:
    frame = table([])
    assert find(frame, infer_schema(frame)) == ()
    assert find(frame.head(0), Schema(infer_schema(frame).columns)) == ()
    words = pd.DataFrame({"word": ["inf", "tea", "milk"] * 9})
    assert find(words, infer_schema(words)) == ()
