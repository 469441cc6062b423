"""Rows drawn by what they hold."""

from __future__ import annotations

import numpy as np
import pandas as pd

from engine.evaluation import draws
from engine.table.schema import Column, Kind, NumberFormat, Schema

SCHEMA = Schema((Column("n", Kind.INTEGER, number=NumberFormat()), Column("c", Kind.CATEGORICAL)))


def table(rows: int, seed: int = 0) -> pd.DataFrame:
    rng = np.random.default_rng(seed)
    return pd.DataFrame(
        {
            "n": pd.Series(rng.integers(0, 5, rows), dtype="Int64").mask(pd.Series(rng.random(rows) < 0.1)),
            "c": pd.Series(rng.choice(["x", "y", None], rows), dtype="str"),
        }
    )


def rng(seed: int = 0) -> np.random.Generator:
    return np.random.default_rng(seed)


def drawn(frame: pd.DataFrame, size: int, seed: int = 0) -> pd.DataFrame:
    return frame.iloc[draws.first(frame, SCHEMA, size, rng(seed))].reset_index(drop=True)


def test_the_order_of_rows_does_not_matter() -> None:
    frame = table(500)
    turned = frame.sample(frac=1, random_state=1).reset_index(drop=True)
    pd.testing.assert_frame_equal(drawn(frame, 100), drawn(turned, 100))


def test_the_seed_does() -> None:
    frame = table(500)
    assert not drawn(frame, 100).equals(drawn(frame, 100, seed=1))


def test_every_row_is_as_likely() -> None:
    """Also of rows that are equal: a draw of a fifth takes a fifth of each kind on average."""
    frame = table(200)
    shares = np.mean([(drawn(frame, 40, seed)["c"] == "x").mean() for seed in range(60)])
    assert abs(shares - (frame["c"] == "x").mean()) < 0.03


def test_equal_rows_of_two_tables_are_drawn_together_and_share_a_fold() -> None:
    first, second = table(400), table(400, seed=1)
    second.iloc[:200] = first.iloc[200:].to_numpy()
    left, right = draws.keys([first, second], SCHEMA, rng())
    both = pd.Series(left).isin(right).mean()
    assert both > 0.8  # few kinds of rows, many of each
    fold = {int(k): int(f) for k, f in zip(left, draws.folds(left, 5), strict=True)}
    assert all(fold[int(k)] == f for k, f in zip(right, draws.folds(right, 5), strict=True) if int(k) in fold)
    assert len(set(left.tolist())) == len(left)


def test_folds_are_about_even() -> None:
    (found,) = draws.keys([table(2_000)], SCHEMA, rng())
    assert np.bincount(draws.folds(found, 5)).min() > 330


def test_no_rows() -> None:
    assert len(draws.first(table(10).iloc[:0], SCHEMA, 5, rng())) == 0
