"""Tables of known distribution, parsed, with their schema."""

from __future__ import annotations

import numpy as np
import pandas as pd

from engine.table.schema import CANONICAL_DTYPES, Column, Schema
from tests.contracts.zoo import boolean, category, constant, date, dates, decimal, integer

__all__ = [
    "boolean", "category", "constant", "date", "dates", "decimal", "distance", "gappy", "integer", "linked", "of",
    "people", "shares",
]  # fmt: skip


def of(*columns: tuple[Column, object]) -> tuple[pd.DataFrame, Schema]:
    table = pd.DataFrame(
        {
            column.name: values
            if isinstance(values, pd.Series)
            else pd.Series(values, dtype=CANONICAL_DTYPES[column.kind])  # type: ignore[call-overload]
            for column, values in columns
        }
    )
    return table, Schema(tuple(column for column, _ in columns))


def gappy(values: object, missing: np.ndarray, column: Column) -> pd.Series:
    series = pd.Series(values, dtype=CANONICAL_DTYPES[column.kind])  # type: ignore[call-overload]
    return series.mask(pd.Series(missing))


def people(rows: int = 4_000, seed: int = 0) -> tuple[pd.DataFrame, Schema]:
    """Height and weight with correlation 0.8; a group that moves both; a rare flag that depends on the group."""
    rng = np.random.default_rng(seed)
    group = rng.choice(["a", "b", "c"], rows, p=[0.5, 0.3, 0.2])
    shift = pd.Series(group).map({"a": 0.0, "b": 6.0, "c": 12.0}).to_numpy()
    common = rng.normal(0, 1, rows)
    height = np.round(165 + shift + 6 * (np.sqrt(0.8) * common + np.sqrt(0.2) * rng.normal(0, 1, rows)), 1)
    weight = np.round(60 + shift + 8 * (np.sqrt(0.8) * common + np.sqrt(0.2) * rng.normal(0, 1, rows)), 2)
    flag = rng.random(rows) < np.where(group == "c", 0.4, 0.05)
    return of(
        (category("group"), group),
        (decimal("height", 1), height),
        (decimal("weight", 2), weight),
        (boolean("flag"), flag),
    )


def linked(rows: int = 1_500, seed: int = 0) -> tuple[pd.DataFrame, Schema]:
    """A price and its copy, a city that lies in one country, and a date that is missing where there are no visits."""
    rng = np.random.default_rng(seed)
    city = rng.integers(0, 40, rows)
    price = np.round(rng.lognormal(3, 1, rows) + city, 2)
    visits = rng.poisson(1, rows)
    last = date("last")
    return of(
        (category("country"), np.array([f"country {i // 10}" for i in city])),
        (decimal("price", 2), price),
        (category("city"), np.array([f"city {i:02d}" for i in city])),
        (integer("visits"), visits),
        (last, gappy(dates(19_000 + rng.integers(0, 300, rows)), visits == 0, last)),
        (decimal("paid", 2), price),
    )


def shares(cells: pd.Series) -> pd.Series:
    return cells.value_counts(normalize=True)


def distance(real: pd.Series, made: pd.Series) -> float:
    """Largest difference of two distribution functions."""
    points, twin = np.sort(real.to_numpy(dtype=float)), np.sort(made.to_numpy(dtype=float))
    return float(np.abs(reach(points, points) - reach(twin, points)).max())


def reach(ordered: np.ndarray, points: np.ndarray) -> np.ndarray:
    return np.searchsorted(ordered, points, side="right") / len(ordered)
