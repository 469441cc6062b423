"""Quasi-identifiers on tables small enough to count by hand."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from engine.privacy.encoding import encode
from engine.privacy.quasi import GROUPS, SIZES, found_by
from engine.table.schema import Column, Kind, NumberFormat, Schema
from tests.engine.privacy.population import SCHEMA, people


def test_a_synthetic_row_as_near_as_the_reference_row_links_by_half() -> None:
    same = people(60, 1)
    sides = {"synthetic": same, "reference": same, "train": people(60, 2)}
    encoded = encode({**sides, "members": people(20, 3), "controls": people(20, 4)}, SCHEMA)
    linking = next(hits for hits in found_by(["town", "job"], encoded, lambda: None)[0] if hits.key == "linking")
    assert linking.values.tolist() == [0.5] * 40


def test_a_number_of_many_values_is_known_by_its_group() -> None:
    """Of 400 values 20 fall into each group: the training rows that share one are many, and none is singled out."""
    schema = Schema((Column("x", Kind.INTEGER, number=NumberFormat()),))
    table = schema.parse(pd.DataFrame({"x": np.arange(400)}))
    sides = {"synthetic": table, "reference": table, "train": table[:: 400 // GROUPS // 2]}
    encoded = encode({**sides, "members": table[:10], "controls": table[10:20]}, schema)
    hits, sharing = found_by(["x"], encoded, lambda: None)
    assert [found.key for found in hits] == ["singling_out"]  # no other column is left to link
    assert not hits[0].values.any()
    assert dict(zip(SIZES, sharing.synthetic, strict=True))["2 to 4"] == pytest.approx(1.0)


def test_shares_are_told_for_all_sizes_also_where_none_is_so_large() -> None:
    schema = Schema((Column("town", Kind.CATEGORICAL),))
    made, fresh = schema.parse(pd.DataFrame({"town": list("abbz")})), schema.parse(pd.DataFrame({"town": list("zzzz")}))
    train = schema.parse(pd.DataFrame({"town": list("abb")}))
    sides = {"synthetic": made, "reference": fresh, "train": train, "members": train[:1], "controls": fresh[:1]}
    sharing = found_by(["town"], encode(sides, schema), lambda: None)[1]
    assert sharing.synthetic == (0.25, 0.25, 0.5, 0.0, 0.0)
    assert sharing.fresh == (1.0, 0.0, 0.0, 0.0, 0.0)
