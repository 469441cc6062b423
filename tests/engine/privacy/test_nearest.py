"""Distances: what a difference costs, that the search is exact, and that only copies are at 0."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from engine.errors import Cancelled
from engine.privacy import nearest as searching
from engine.privacy.encoding import Encoded, encode, ordered
from engine.privacy.nearest import nearest, nearest_by
from tests.engine.privacy.population import SCHEMA, people


@pytest.fixture(scope="module")
def encoded() -> Encoded:
    return encode({"synthetic": people(300, 0), "reference": people(200, 1), "pool": people(50, 2)}, SCHEMA)


def plain(encoded: Encoded, side: str) -> np.ndarray:
    """(pool, rows) distances by the definition."""
    ranks, values = (np.abs(encoded["pool"][:, i, :, None] - encoded[side][:, i, None, :]) for i in (0, 1))
    return np.minimum(np.minimum(ranks, values + ranks / 1_024), 1).sum(axis=0)


def test_the_search_is_exact(encoded: Encoded) -> None:
    found = nearest(encoded["pool"], encoded["synthetic"], 7)
    assert found == pytest.approx(np.sort(plain(encoded, "synthetic"), axis=1)[:, :7], abs=1e-5)


def test_without_numba_the_search_finds_the_same(encoded: Encoded, monkeypatch: pytest.MonkeyPatch) -> None:
    compiled = (
        nearest(encoded["pool"], encoded["synthetic"], 5),
        nearest_by(encoded["pool"], encoded["synthetic"], [5, 6]),
    )
    monkeypatch.setattr(searching, "kernels", lambda: None)
    monkeypatch.setattr(searching, "_CELLS", 50 * 60)  # several blocks of rows
    numpy = nearest(encoded["pool"], encoded["synthetic"], 5), nearest_by(encoded["pool"], encoded["synthetic"], [5, 6])
    assert np.array_equal(compiled[0], numpy[0])
    for name in ("near", "rest", "row"):
        assert np.array_equal(getattr(compiled[1], name), getattr(numpy[1], name))


@pytest.mark.parametrize("threads", [1, 3])
def test_many_queries_are_searched_part_by_part(
    encoded: Encoded, monkeypatch: pytest.MonkeyPatch, threads: int
) -> None:
    """Fifty queries in four parts: with three threads in two rounds. Each is searched once, none is left out."""
    once = nearest(encoded["pool"], encoded["synthetic"], 5)
    match = nearest_by(encoded["pool"], encoded["synthetic"], [5])
    monkeypatch.setattr(searching, "_QUERIES", 16)
    monkeypatch.setattr(searching, "allowed_threads", lambda: threads)
    asked: list[int] = []
    assert np.array_equal(nearest(encoded["pool"], encoded["synthetic"], 5, lambda: asked.append(1)), once)
    assert np.array_equal(nearest_by(encoded["pool"], encoded["synthetic"], [5]).row, match.row)
    assert len(asked) == (4 if threads == 1 else 2)


@pytest.mark.parametrize("compiled", [True, False])
def test_of_rows_as_near_the_first_is_taken(monkeypatch: pytest.MonkeyPatch, compiled: bool) -> None:
    if not compiled:
        monkeypatch.setattr(searching, "kernels", lambda: None)
    rows = np.array([[[0.5, 0, 0, 0]] * 2, [[0.1, 0.3, 0.2, 0.2]] * 2], dtype=np.float32)
    for cells in (1, 1_000):  # a row at a time, and all together
        monkeypatch.setattr(searching, "_CELLS", cells)
        assert nearest_by(np.zeros((2, 2, 1), dtype=np.float32), rows, [0]).row.tolist() == [2]


def test_chosen_rows_are_searched_part_by_part(encoded: Encoded, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(searching, "_CHOSEN", 40)
    chosen = np.random.default_rng(0).permutation(300)[:150]
    found = nearest(encoded["pool"], encoded["synthetic"], 5, chosen=chosen)
    assert np.array_equal(found, nearest(encoded["pool"], encoded["synthetic"][..., chosen].copy(), 5))


def test_fewer_rows_than_neighbours_leave_infinity(encoded: Encoded) -> None:
    found = nearest(encoded["pool"], np.ascontiguousarray(encoded["reference"][..., :3]), 5)
    assert np.isfinite(found[:, :3]).all()
    assert np.isinf(found[:, 3:]).all()


def test_nearest_by_some_columns_breaks_ties_by_the_others() -> None:
    rows = np.array([[[0, 0, 0.5]] * 2, [[0.9, 0.2, 0.1]] * 2], dtype=np.float32)
    found = nearest_by(np.array([[[0.0]] * 2, [[0.1]] * 2], dtype=np.float32), rows, [0])
    assert (int(found.row[0]), float(found.near[0])) == (1, 0.0)
    assert float(found.rest[0]) == pytest.approx(0.1)


def test_the_search_asks_whether_to_stop(encoded: Encoded) -> None:
    def stop() -> None:
        raise Cancelled

    with pytest.raises(Cancelled):
        nearest(encoded["pool"], encoded["synthetic"], 1, stop)


def test_only_copies_are_at_distance_0() -> None:
    rows = people(400, 0)
    pool = pd.concat([rows.iloc[[3, 70]], people(400, 1)], ignore_index=True)
    encoded = encode({"synthetic": rows, "reference": people(100, 5), "pool": pool}, SCHEMA)
    found = nearest(encoded["pool"], encoded["synthetic"], 1)[:, 0]
    assert (found[:2] == 0).all()
    assert (found[2:] > 0).all()


@pytest.mark.parametrize(
    ("column", "value", "distance"),
    [("town", "elsewhere", 1.0), ("job", None, 1.0), ("debt", None, 1.0), ("age", 1, None)],
)
def test_what_a_difference_costs(column: str, value: object, distance: float | None) -> None:
    rows = people(1, 0)
    rows[["job", "debt"]] = ["job 1", 5.0]
    other = rows.copy()
    other[column] = pd.Series([value], dtype=rows[column].dtype)
    encoded = encode({"synthetic": rows, "reference": people(100, 1), "pool": other}, SCHEMA)
    found = float(nearest(encoded["pool"], encoded["synthetic"], 1)[0, 0])
    assert found == distance if distance is not None else 0 < found < 1


def test_missing_equals_missing() -> None:
    rows = people(1, 0)
    rows[["job", "debt"]] = [None, np.nan]
    encoded = encode({"synthetic": rows, "reference": people(9, 1), "pool": rows}, SCHEMA)
    assert nearest(encoded["pool"], encoded["synthetic"], 1)[0, 0] == 0


def test_the_encoding_is_learned_from_synthetic_and_reference_only() -> None:
    fitted = {"synthetic": people(100, 0), "reference": people(50, 1)}
    alone = encode({**fitted, "pool": people(5, 2)}, SCHEMA)
    crowd = encode({**fitted, "pool": pd.concat([people(5, 2), people(3_000, 3)])}, SCHEMA)
    numeric = list(alone.numeric)
    assert np.array_equal(alone["pool"][numeric], crowd["pool"][numeric][..., :5])


def test_an_order_by_content_does_not_depend_on_where_rows_stand(encoded: Encoded) -> None:
    rows = encoded["synthetic"]
    moved = rows[..., np.random.default_rng(0).permutation(rows.shape[-1])]
    assert np.array_equal(rows[..., ordered(rows)], moved[..., ordered(moved)])


def test_a_little_noise_is_near_also_where_most_rows_share_one_value() -> None:
    """Nine in ten have no debt: by ranks alone a debt of 1 would be as far from none as that of the richest."""

    def mostly_zero(rows: int, seed: int) -> pd.DataFrame:
        table = people(rows, seed)
        table.loc[table.index % 10 > 0, "debt"] = 0.0
        return table

    near, far = mostly_zero(1, 0).assign(debt=0.0), mostly_zero(1, 0).assign(debt=1e9)
    pool = pd.concat([near.assign(debt=1.0), far], ignore_index=True)
    encoded = encode({"synthetic": near, "reference": mostly_zero(500, 1), "pool": pool}, SCHEMA)
    found = nearest(encoded["pool"], encoded["synthetic"], 1)[:, 0]
    assert 0 < found[0] < 0.01
    assert found[1] > 0.3


def test_one_outlier_does_not_make_all_others_alike() -> None:
    rows = people(300, 0)
    rows.loc[0, "income"] = 1e15
    encoded = encode({"synthetic": rows, "reference": people(300, 1), "pool": people(200, 2)}, SCHEMA)
    at = encoded.names.index("income")
    values = encoded["pool"][at, 1]
    assert values.std() > 0.1
